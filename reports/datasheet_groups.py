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
    columns_of,
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
from .wording import clauses, passage, say

Facts = dict[str, Any]
MOST_GROUPS = 40


def splits(facts: Facts, shown: Shown) -> list[Block]:
    """C8: the splits, how they compare, and what stands in several of them."""
    found = facts["splits"]
    if found is None:
        return []
    column, known = found["column"], facts["label"]["overall"]["rate"] is not None
    rows = tuple(_split(shown, column, part, rate, known=known) for part, rate in found["parts"])
    head = heads(*columns_of("split", "rows", *(("label_rate",) if known else ())), numbers=(1, 2))
    blocks: list[Block] = [Table(say("datasheet.splits.caption", column=said(column)), head, rows)]
    blocks += [_shares(facts, shown, name) for name in facts["sensitive"] if _short(facts, name)]
    overlap = say("datasheet.splits.apart")
    if found["shared_rows"]:
        overlap = say(
            "datasheet.splits.shared",
            rows=count(found["shared_rows"]),
            patterns=plural(found["shared_patterns"], "different_row"),
            ignored=listed(facts["repeats"]["ignored"]),
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
    for levels, sides in facts["joint"]["cells"]:
        totals[levels[at]] = totals.get(levels[at], 0) + sum(sides)
        sizes_[levels[place], levels[at]] = sizes_.get((levels[place], levels[at]), 0) + sum(sides)
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
    return Table(say("datasheet.splits.shares", name=said(name)), head, tuple(rows))


def groups(facts: Facts, shown: Shown) -> list[Block]:
    """C13: every group and intersection, its share and its label rate."""
    if not facts["groupings"]:
        return []
    cut = [
        say("datasheet.groups.cut", name=said(name), edges=", ".join(f"{edge:g}" for edge in edges))
        for name, edges in facts["bands"].items()
    ]
    formed = clauses([say("datasheet.groups", names=listed(facts["sensitive"])), *cut])
    small = say("datasheet.groups.small", minimum=facts["min_group_size"])
    words = passage((say("sheet.sentence", text=formed), small))
    return [Para(words), *(_grouping(facts, shown, item) for item in facts["groupings"])]


def _grouping(facts: Facts, shown: Shown, grouping: dict[str, Any]) -> Table:
    known = facts["label"]["overall"]["rate"] is not None
    rows = tuple(
        _group(shown, grouping["attributes"], item, known=known) for item in grouping["groups"][:MOST_GROUPS]
    )
    rate = ("label_rate",) if known else ()
    head = heads(*columns_of("group", "rows", "share", *rate), numbers=(1, 2, 3))
    caption = clean(TIMES.join(grouping["attributes"]), 200)
    if grouping["total"] > MOST_GROUPS:
        caption = say(
            "datasheet.groups.most", name=caption, shown=MOST_GROUPS, groups=count(grouping["total"])
        )
    return Table(caption, head, rows)


def _group(shown: Shown, attributes: list[str], item: dict[str, Any], *, known: bool) -> tuple[Cell, ...]:
    name = group_name(item["levels"])
    if not shown.size(attributes, item["levels"]):
        return (Cell(name), *withheld(3 if known else 2))
    marked = say("datasheet.groups.mark", name=name) if item["small"] else name
    cells = (Cell(marked), number(count(item["label"]["rows"])), share_cell(item["share"]))
    if not known:
        return cells
    return (*cells, rate_cell(item["label"]) if shown.rate(attributes, item["levels"]) else withheld(1)[0])
