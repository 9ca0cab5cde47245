"""What the data say of their splits and groups."""

from __future__ import annotations

from typing import Any

from .datasheet_counts import Shown
from .datasheet_parts import (
    TIMES,
    Block,
    Cell,
    Para,
    Table,
    clean,
    count,
    group_name,
    heads,
    level,
    listed,
    number,
    percent,
    plural,
    rate_cell,
    said,
    share_cell,
    withheld,
)

Facts = dict[str, Any]
MOST_GROUPS = 40


def splits(facts: Facts, shown: Shown) -> list[Block]:
    """C8: the splits, how they compare, and what stands in several of them."""
    found = facts["splits"]
    if found is None:
        return []
    column, known = found["column"], facts["label"]["overall"]["rate"] is not None
    rows = tuple(_split(shown, column, part, rate, known=known) for part, rate in found["parts"])
    label_rate = ("Label rate, % (95 % interval)",) if known else ()
    head = heads("Split", "Rows", *label_rate, numbers=(1, 2))
    blocks: list[Block] = [Table(f"Splits, column {said(column)}", head, rows)]
    blocks += [_shares(facts, shown, name) for name in facts["sensitive"] if _short(facts, name)]
    overlap = "No row stands in more than one split."
    if found["shared_rows"]:
        overlap = (
            f"Rows that stand in more than one split: {count(found['shared_rows'])} "
            f"({plural(found['shared_patterns'], 'different row')}); they are equal in every column but "
            f"{listed(facts['repeats']['ignored'])}."
        )
    return [*blocks, Para(overlap)]


def _split(shown: Shown, column: str, part: Any, rate: dict[str, Any], *, known: bool) -> tuple[Cell, ...]:
    size = number(count(rate["rows"])) if shown.size([column], [part]) else withheld(1)[0]
    label_rate = rate_cell(rate) if shown.rate([column], [part]) else withheld(1)[0]
    return (Cell(level(part)), size, *((label_rate,) if known else ()))


def _short(facts: Facts, name: str) -> bool:
    if facts["joint"] is None:
        return False
    place = facts["joint"]["attributes"].index(name)
    return len({levels[place] for levels, _ in facts["joint"]["cells"]}) <= 12


def _shares(facts: Facts, shown: Shown, name: str) -> Table:
    """Compare the splits by the shares of the groups of an attribute."""
    split = facts["splits"]["column"]
    place, at = (facts["joint"]["attributes"].index(item) for item in (name, split))
    totals: dict[Any, int] = {}
    sizes_: dict[tuple[Any, Any], int] = {}
    for levels, (yes, no) in facts["joint"]["cells"]:
        totals[levels[at]] = totals.get(levels[at], 0) + yes + no
        sizes_[levels[place], levels[at]] = sizes_.get((levels[place], levels[at]), 0) + yes + no
    parts = [part for part, _ in facts["splits"]["parts"]][:6]
    grouping = next(
        item for item in facts["groupings"] if item["attributes"] == [name] or item["attributes"] == (name,)
    )
    rows = []
    for group in grouping["groups"]:
        cells = [
            number(percent(sizes_.get((group["levels"][0], part), 0) / totals[part]))
            if shown.size([name, split], [group["levels"][0], part]) and shown.size([split], [part])
            else withheld(1)[0]
            for part in parts
        ]
        rows.append((Cell(level(group["levels"][0])), *cells))
    head = heads(clean(name), *(level(part) for part in parts), numbers=range(1, len(parts) + 1))
    return Table(f"Share of each group of {said(name)} in each split", head, tuple(rows))


def groups(facts: Facts, shown: Shown) -> list[Block]:
    """C13: every group and intersection, its share and its label rate."""
    if not facts["groupings"]:
        return []
    text = f"Groups are formed by {listed(facts['sensitive'])}, by the values in the file"
    cut = [
        f"{said(name)} is cut at {', '.join(f'{edge:g}' for edge in edges)}"
        for name, edges in facts["bands"].items()
    ]
    text += ("; " + "; ".join(cut) if cut else "") + "."
    small = f"A group of fewer than {facts['min_group_size']} rows is marked “small”: its rate says little."
    return [Para(f"{text} {small}"), *(_grouping(facts, shown, item) for item in facts["groupings"])]


def _grouping(facts: Facts, shown: Shown, grouping: dict[str, Any]) -> Table:
    known = facts["label"]["overall"]["rate"] is not None
    rows = tuple(
        _group(shown, grouping["attributes"], item, known=known) for item in grouping["groups"][:MOST_GROUPS]
    )
    rate = ("Label rate, % (95 % interval)",) if known else ()
    head = heads("Group", "Rows", "Share", *rate, numbers=(1, 2, 3))
    more = (
        f", the {MOST_GROUPS} largest of {count(grouping['total'])}"
        if grouping["total"] > MOST_GROUPS
        else ""
    )
    return Table(f"{clean(TIMES.join(grouping['attributes']), 200)}{more}", head, rows)


def _group(shown: Shown, attributes: list[str], item: dict[str, Any], *, known: bool) -> tuple[Cell, ...]:
    name = group_name(item["levels"])
    if not shown.size(attributes, item["levels"]):
        return (Cell(name), *withheld(3 if known else 2))
    small = " · small" if item["small"] else ""
    cells = (Cell(name + small), number(count(item["label"]["rows"])), share_cell(item["share"]))
    if not known:
        return cells
    return (*cells, rate_cell(item["label"]) if shown.rate(attributes, item["levels"]) else withheld(1)[0])
