"""What the data say of how well they stand for a population: C3 of a datasheet."""

from __future__ import annotations

from typing import Any

from .datasheet_counts import Shown
from .datasheet_parts import (
    Block,
    Cell,
    Para,
    Table,
    chance,
    heads,
    level,
    listed,
    number,
    percent,
    said,
    share_cell,
    withheld,
)
from .formats import parted
from .wording import passage, say

Facts = dict[str, Any]


def references(facts: Facts, shown: Shown) -> list[Block]:
    """Compare the shares of the groups with those of the population that was given."""
    return [block for item in facts.get("references", ()) for block in _attribute(item, shown)]


def _attribute(item: dict[str, Any], shown: Shown) -> list[Block]:
    name = item["attribute"]
    # Shares are among the groups compared: with a hidden group left out, they would tell its size.
    if not all(shown.size([name], [left]) for left in item["left_out"]):
        return [Para(say("datasheet.reference.withheld", attribute=said(name)))]
    seen = [not share["rows"] or shown.size([name], [share["level"]]) for share in item["shares"]]
    rows = tuple(_row(share, told=told) for share, told in zip(item["shares"], seen, strict=True))
    head = heads(*(say(f"datasheet.reference.head.{at}") for at in range(1, 5)), numbers=(1, 2, 3))
    table = Table(say("datasheet.reference.caption", attribute=said(name)), head, rows)
    return [table, Para(passage(_words(item, told=all(seen))))]


def _row(share: dict[str, Any], *, told: bool) -> tuple[Cell, ...]:
    """Draw a group; one that the data do not hold is told, as the population's shares named it."""
    wanted = number(percent(share["reference"]))
    if not told:
        return (Cell(level(share["level"])), *withheld(1), wanted, *withheld(1))
    gap = 100 * (share["share"] - share["reference"])
    signed = f"{gap:+.1f}".replace("-", "\u2212") if abs(gap) >= 0.05 else "0.0"
    return (
        Cell(level(share["level"])),
        share_cell(share["share"], share["reference"]),
        wanted,
        number(signed),
    )


def _words(item: dict[str, Any], *, told: bool) -> list[str]:
    """Give the two figures of the whole; with groups hidden, they would tell how these are parted."""
    found = []
    if not told:
        found.append(say("datasheet.reference.figures_withheld"))
    elif item["psi"] is None:
        found.append(say("datasheet.reference.no_psi"))
    else:
        key = "large" if item["psi"] >= 0.25 else "some" if item["psi"] >= 0.1 else "small"
        found.append(say(f"datasheet.reference.psi.{key}", psi=parted(f"{item['psi']:.3f}")))
    if told and item["p_value"] is not None:
        found.append(say("datasheet.reference.chi", chance=chance(item["p_value"])))
    if item["left_out"]:
        names = listed([level(left) for left in item["left_out"]])
        found.append(say("datasheet.reference.left_out", names=names))
    return found
