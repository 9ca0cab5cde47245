"""What the data say of their composition: records, columns, labels, gaps and relations."""

from __future__ import annotations

from typing import Any

from .datasheet_counts import Shown
from .datasheet_parts import (
    NO_BREAK,
    WITHHELD,
    Block,
    Cell,
    Para,
    Table,
    chance,
    clean,
    count,
    heads,
    level,
    listed,
    number,
    percent,
    plural,
    said,
    share_cell,
    withheld,
)
from .datasheet_reference import references
from .wording import say

Facts = dict[str, Any]
MOST_COLUMNS = 200


def records(facts: Facts, shown: Shown) -> list[Block]:
    """C1: what a row is, as far as keys tell."""
    del shown
    rows, columns = plural(facts["rows"], "row"), plural(len(facts["columns"]), "column")
    text = f"The file is one table of {rows} and {columns}."
    keys = [column["name"] for column in facts["columns"] if column["key"]]
    text += (
        f" Every row has its own value of {listed(keys)}." if keys else " No column tells every row apart."
    )
    repeated = [
        f"{said(item['column'])} holds {count(item['distinct'])} different values; {count(item['repeated'])} "
        f"of them have several rows, at most {count(item['most_rows'])}. If it names a person or a case, one "
        "row is not one person or case."
        for item in facts["ids"]
        if item["repeated"]
    ]
    return [Para(words) for words in (text, *repeated)]


def sizes(facts: Facts, shown: Shown) -> list[Block]:
    """C2: how many rows, by split and by label."""
    label = facts["label"]
    blocks: list[Block] = [Para(f"There are {plural(facts['rows'], 'row')}.")]
    if label["overall"]["rate"] is not None:
        rows = label["overall"]
        blocks[0] = Para(
            f"There are {plural(facts['rows'], 'row')}; {count(rows['labelled'])} have a label, and of these "
            f"{count(rows['positives'])} have the positive one."
        )
    if facts["splits"] is not None:
        column = facts["splits"]["column"]
        found = [
            (Cell(level(part)), *((number(count(rate["rows"])), share_cell(rate["rows"] / facts["rows"]))
             if shown.size([column], [part]) else withheld(2)))
            for part, rate in facts["splits"]["parts"]
        ]  # fmt: skip
        head = heads("Split", "Rows", "Share", numbers=(1, 2))
        blocks.append(Table(f"Rows by split, column {said(column)}", head, tuple(found)))
    if facts["groupings"]:
        blocks.append(Para("Counts by group stand under C13."))
    return blocks


def sample(facts: Facts, shown: Shown) -> list[Block]:
    """C3: the shares against those of a population, and what hints at a sample."""
    compared = references(facts, shown)
    hints = [facts["weight"]] if facts["weight"] else facts["weight_like"]
    if not hints:
        return compared
    words = [] if compared else [say("datasheet.sample.none")]
    key = "datasheet.sample.weight" if facts["weight"] else "datasheet.sample.weight_like"
    words.append(say(key, names=listed(hints)))
    if facts["groupings"] and not compared:
        words.append(say("datasheet.sample.shares"))
    return [*compared, Para(" ".join(words))]


def schema(facts: Facts, shown: Shown) -> list[Block]:
    """C4: every column."""
    rows = tuple(_column(column, facts, shown) for column in facts["columns"][:MOST_COLUMNS])
    head = heads(
        "Column", "Holds", "Role", "Missing", "Distinct", "Range or commonest values", numbers=(3, 4)
    )
    blocks: list[Block] = [Table("Columns, in the order of the file", head, rows)]
    if len(facts["columns"]) > MOST_COLUMNS:
        blocks.append(
            Para(f"{plural(len(facts['columns']) - MOST_COLUMNS, 'further column')} not listed here.")
        )
    blocks.append(Para(f"A value is named only where at least {facts['privacy_minimum']} rows hold it."))
    return blocks


def _told(column: dict[str, Any], facts: Facts, shown: Shown) -> bool:
    """Tell whether a column's missing values may be counted: in a sensitive column they are a group."""
    return column["name"] not in facts["sensitive"] or shown.size([column["name"]], [None])


def _column(column: dict[str, Any], facts: Facts, shown: Shown) -> tuple[Cell, ...]:
    missing = percent(column["missing_share"]) if column["missing"] else "0"
    if column["missing"] and not _told(column, facts, shown):
        missing = WITHHELD
    return (
        Cell(clean(column["name"])),
        Cell(f"{column['kind']} ({column['dtype'].lower()})".replace(" ", NO_BREAK)),
        Cell(column["role"] or "\u2013", muted=column["role"] is None),
        number(missing),
        number(count(column["distinct"])),
        Cell(_values(column, facts)),
    )


def _values(column: dict[str, Any], facts: Facts) -> str:
    """Write a column's range, or its commonest values; nothing that would name a single person."""
    identifying = {
        found["column"] for found in facts["detections"] if found["what"] not in {"web address", "file path"}
    }
    if column["key"] or (column["name"] in identifying and column["distinct"] > 20):
        return "not shown: may identify"
    if column["kind"] in {"number", "date"}:
        if column["low"] is None:
            return "\u2013"
        return f"{level(column['low'])} to {level(column['high'])}, median {level(column['middle'])}"
    common = [value for value, rows in column["top"] if rows >= facts["privacy_minimum"]]
    shown = ", ".join(clean(level(value), 30) for value in common[:4])
    more = column["distinct"] - len(common[:4])
    return (shown or "no common value") + (f" and {count(more)} more" if more > 0 and shown else "")


def label(facts: Facts, shown: Shown) -> list[Block]:
    """C5: the label and its rate."""
    del shown
    target, overall = facts["label"]["target"], facts["label"]["overall"]
    if target is None:
        return []
    column = next(column for column in facts["columns"] if column["name"] == target)
    text = f"The label is {said(target)}, {plural(column['distinct'], 'different value')}."
    unlabelled = overall["rows"] - overall["labelled"]
    if overall["rate"] is None:
        return [Para(f"{text} No value was named as the positive one, so there are no label rates.")]
    ends = f"{percent(overall['low'])} to {percent(overall['high'])}"
    text += f" The positive one is {said(facts['label']['pos_label'])}: {percent(overall['rate'])} of the"
    text += f" labelled rows (95 % interval {ends})."
    text += f" Rows without a label: {count(unlabelled)}." if unlabelled else " Every row has a label."
    if overall["weighted"] is not None:
        text += f" Weighted by {said(facts['weight'])}, the rate is {percent(overall['weighted'])}."
    more = " Rates by group stand under C13." if facts["groupings"] else ""
    return [Para(text + more)]


def gaps(facts: Facts, shown: Shown) -> list[Block]:
    """C6: missing values by column, by group and by label."""
    columns = [column for column in facts["columns"] if column["missing"]]
    if not columns:
        return [Para("No value is missing."), *_codes(facts)]
    text = f"Columns with missing values: {len(columns)} of {len(facts['columns'])}."
    told = [column for column in columns if _told(column, facts, shown)]
    blocks: list[Block] = [Para(text), *([_missing_table(told)] if told else [])]
    names = {column["name"] for column in told}
    together = [
        i for i in facts["missing_patterns"] if len(i["columns"]) > 1 and names.issuperset(i["columns"])
    ]
    if together:
        rows = plural(together[0]["rows"], "row")
        blocks.append(
            Para(f"{listed(together[0]['columns'])} are missing together, and no other column, in {rows}.")
        )
    return [*blocks, *_missing_by_group(facts, shown), *_codes(facts)]


def _codes(facts: Facts) -> list[Block]:
    """Name the values that look like codes for a missing one."""
    coded = [column for column in facts["columns"] if column["blanks"]][:12]
    named = "; ".join(f"{said(c['name'])}: {listed([value for value, _ in c['blanks']], 4)}" for c in coded)
    return (
        [Para(f"Values that look like codes for a missing one, counted here as values: {named}.")]
        if coded
        else []
    )


def _missing_table(columns: list[dict[str, Any]]) -> Table:
    ordered = sorted(columns, key=lambda column: -column["missing"])[:30]
    rows = tuple(
        (
            Cell(clean(column["name"])),
            number(count(column["missing"])),
            share_cell(column["missing_share"]),
        )
        for column in ordered
    )
    caption = "Missing values by column" + (
        f", the 30 most affected of {len(columns)}" if len(columns) > 30 else ""
    )
    return Table(caption, heads("Column", "Rows", "Share", numbers=(1, 2)), rows)


def _missing_by_group(facts: Facts, shown: Shown) -> list[Block]:
    """Show the columns and attributes where missing values depend most clearly on the group."""
    aside = {*facts["sensitive"], facts["label"]["target"], facts["splits"] and facts["splits"]["column"]}
    tested = [i for i in facts["missing"] if i["column"] not in aside and i["p_value"] is not None]
    uneven = [item for item in tested if item["p_value"] < 0.05]
    if tested and not uneven:
        return [Para("No column's missing values differ by group beyond chance (chi-squared, 5 % level).")]
    uneven.sort(key=lambda item: (item["p_value"], item["column"], item["attribute"]))
    rows = tuple(row for item in uneven[:12] for row in _uneven(item, shown))
    head = heads("Column", "By", "Share missing", "Chi-squared", numbers=(3,))
    return [Table("Where missing values depend on the group or the label", head, rows)] if rows else []


def _uneven(item: dict[str, Any], shown: Shown) -> list[tuple[Cell, ...]]:
    parts = [
        f"{level(name)}: {percent(missing / size)}"
        for name, size, missing in item["cells"][:6]
        if shown.missing(item["attribute"], item["column"], name)
    ]
    text = "; ".join(parts) + ("; …" if len(item["cells"]) > 6 else "")
    names = [Cell(clean(item[key])) for key in ("column", "attribute")]
    cells = (*names, Cell(text), number(chance(item["p_value"])))
    return [cells] if parts else []


def relations(facts: Facts, shown: Shown) -> list[Block]:
    """C7: ids and what they tie together."""
    del shown
    if not facts["ids"]:
        return [
            Para("No column was named as an id, and none looks like one: the file ties no rows together.")
        ]
    head = heads("Column", "Known from", "Values", "With several rows", "Most rows", numbers=(2, 3, 4))
    rows = tuple(
        (
            Cell(clean(item["column"])),
            Cell("the settings" if item["declared"] else "its name and values"),
            number(count(item["distinct"])),
            number(count(item["repeated"])),
            number(count(item["most_rows"])),
        )
        for item in facts["ids"]
    )
    blocks: list[Block] = [Table("Ids", head, rows)]
    splits = facts["splits"]
    if splits is not None and splits["shared_ids"] is not None:
        blocks.append(Para(f"Ids that stand in more than one split: {count(splits['shared_ids'])}."))
    return blocks
