"""What the data say of their composition: records, columns, labels, gaps and relations."""

from __future__ import annotations

from typing import Any

from .datasheet_counts import Shown
from .datasheet_parts import (
    NO_BREAK,
    Block,
    Cell,
    Para,
    Table,
    chance,
    clean,
    columns_of,
    count,
    heads,
    level,
    listed,
    number,
    percent,
    plural,
    said,
    share_cell,
    span,
    term,
    withheld,
)
from .datasheet_reference import references
from .wording import passage, say, say_many

Facts = dict[str, Any]
MOST_COLUMNS = 200


def records(facts: Facts, shown: Shown) -> list[Block]:
    """C1: what a row is, as far as keys tell."""
    del shown
    rows, columns = plural(facts["rows"], "row"), plural(len(facts["columns"]), "column")
    keys = [column["name"] for column in facts["columns"] if column["key"]]
    text = say("datasheet.records", rows=rows, columns=columns)
    text += " " + (
        say("datasheet.records.key", columns=listed(keys)) if keys else say("datasheet.records.no_key")
    )
    repeated = [
        say(
            "datasheet.records.repeated",
            column=said(item["column"]),
            distinct=count(item["distinct"]),
            repeated=count(item["repeated"]),
            most=count(item["most_rows"]),
        )
        for item in facts["ids"]
        if item["repeated"]
    ]
    return [Para(words) for words in (text, *repeated)]


def sizes(facts: Facts, shown: Shown) -> list[Block]:
    """C2: how many rows, by split and by label."""
    label = facts["label"]
    number_of_rows = plural(facts["rows"], "row")
    blocks: list[Block] = [Para(say("datasheet.sizes", rows=number_of_rows))]
    if label["overall"]["rate"] is not None:
        labelled, positives = (count(label["overall"][key]) for key in ("labelled", "positives"))
        blocks[0] = Para(
            say("datasheet.sizes.label", rows=number_of_rows, labelled=labelled, positives=positives)
        )
    if facts["splits"] is not None:
        column = facts["splits"]["column"]
        found = [
            (Cell(level(part)), *((number(count(rate["rows"])), share_cell(rate["rows"] / facts["rows"]))
             if shown.size([column], [part]) else withheld(2)))
            for part, rate in facts["splits"]["parts"]
        ]  # fmt: skip
        head = heads(*columns_of("split", "rows", "share"), numbers=(1, 2))
        blocks.append(Table(say("datasheet.sizes.caption", column=said(column)), head, tuple(found)))
    if facts["groupings"]:
        blocks.append(Para(say("datasheet.sizes.groups")))
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
    return [*compared, Para(passage(words))]


def schema(facts: Facts, shown: Shown) -> list[Block]:
    """C4: every column."""
    rows = tuple(_column(column, facts, shown) for column in facts["columns"][:MOST_COLUMNS])
    head = heads(*columns_of("column", "holds", "role", "missing", "distinct", "values"), numbers=(3, 4))
    blocks: list[Block] = [Table(say("datasheet.schema.caption"), head, rows)]
    if len(facts["columns"]) > MOST_COLUMNS:
        more = len(facts["columns"]) - MOST_COLUMNS
        blocks.append(Para(say_many("datasheet.schema.more", more)))
    blocks.append(Para(say("datasheet.schema.note", minimum=facts["privacy_minimum"])))
    return blocks


def _told(column: dict[str, Any], facts: Facts, shown: Shown) -> bool:
    """Tell whether a column's missing values may be counted: of sensitive columns and the split, a group."""
    return not _grouped(column["name"], facts) or shown.size([column["name"]], [None])


def _grouped(name: str, facts: Facts) -> bool:
    return name in facts["sensitive"] or (facts["splits"] is not None and name == facts["splits"]["column"])


def _column(column: dict[str, Any], facts: Facts, shown: Shown) -> tuple[Cell, ...]:
    missing = percent(column["missing_share"]) if column["missing"] else "0"
    if column["missing"] and not _told(column, facts, shown):
        missing = say("sheet.withheld")
    return (
        Cell(clean(column["name"])),
        Cell(f"{term(column['kind'])} ({column['dtype'].lower()})".replace(" ", NO_BREAK)),
        Cell(term(column["role"]) if column["role"] else "\u2013", muted=column["role"] is None),
        number(missing),
        number(count(column["distinct"])),
        Cell(_values(column, facts, shown)),
    )


def _values(column: dict[str, Any], facts: Facts, shown: Shown) -> str:
    """Write a column's range, or its commonest values; nothing that would name a single person."""
    identifying = {
        found["column"] for found in facts["detections"] if found["what"] not in {"web address", "file path"}
    }
    if column["key"] or (column["name"] in identifying and column["distinct"] > 20):
        return say("datasheet.schema.identifies")
    if column["kind"] in {"number", "date"}:
        if column["low"] is None:
            return "\u2013"
        low, middle, high = (level(column[key]) for key in ("low", "middle", "high"))
        return say("datasheet.schema.range", low=low, high=high, middle=middle)
    common = [
        value
        for value, rows in column["top"]
        if rows >= facts["privacy_minimum"]
        # That a withheld group is among the common ones would tell which of them are small.
        and (not _grouped(column["name"], facts) or shown.size([column["name"]], [value]))
    ]
    named = say("sheet.comma").join(clean(level(value), 30) for value in common[:4])
    more = column["distinct"] - len(common[:4])
    if not named:
        return say("datasheet.schema.none")
    return say("sheet.list", first=named, last=say("sheet.more", count=count(more))) if more > 0 else named


def label(facts: Facts, shown: Shown) -> list[Block]:
    """C5: the label and its rate."""
    del shown
    target, overall = facts["label"]["target"], facts["label"]["overall"]
    if target is None:
        return []
    column = next(column for column in facts["columns"] if column["name"] == target)
    words = [say_many("datasheet.label", column["distinct"], column=said(target))]
    if overall["rate"] is None:
        return [Para(passage([*words, say("datasheet.label.no_positive")]))]
    unlabelled = overall["rows"] - overall["labelled"]
    positive, rate = said(facts["label"]["pos_label"]), percent(overall["rate"])
    ends = span(overall["low"], overall["high"])
    words.append(say("datasheet.label.rate", positive=positive, rate=rate, ends=ends))
    words.append(
        say("datasheet.label.without", rows=count(unlabelled)) if unlabelled else say("datasheet.label.all")
    )
    if overall["weighted"] is not None:
        rate = percent(overall["weighted"])
        words.append(say("datasheet.label.weighted", weight=said(facts["weight"]), rate=rate))
    if facts["groupings"]:
        words.append(say("datasheet.label.groups"))
    return [Para(passage(words))]


def gaps(facts: Facts, shown: Shown) -> list[Block]:
    """C6: missing values by column, by group and by label."""
    columns = [column for column in facts["columns"] if column["missing"]]
    if not columns:
        return [Para(say("datasheet.gaps.none")), *_codes(facts)]
    text = say("datasheet.gaps", some=len(columns), columns=len(facts["columns"]))
    told = [column for column in columns if _told(column, facts, shown)]
    blocks: list[Block] = [Para(text), *([_missing_table(told)] if told else [])]
    names = {column["name"] for column in told}
    together = [
        i for i in facts["missing_patterns"] if len(i["columns"]) > 1 and names.issuperset(i["columns"])
    ]
    if together:
        rows = plural(together[0]["rows"], "row")
        blocks.append(Para(say("datasheet.gaps.together", columns=listed(together[0]["columns"]), rows=rows)))
    return [*blocks, *_missing_by_group(facts, shown), *_codes(facts)]


def _codes(facts: Facts) -> list[Block]:
    """Name the values that look like codes for a missing one."""
    coded = [column for column in facts["columns"] if column["blanks"]][:12]
    named = "; ".join(f"{said(c['name'])}: {listed([value for value, _ in c['blanks']], 4)}" for c in coded)
    return [Para(say("datasheet.gaps.codes", named=named))] if coded else []


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
    caption = say("datasheet.gaps.caption")
    if len(columns) > 30:
        caption = say("datasheet.gaps.caption.most", shown=30, columns=len(columns))
    return Table(caption, heads(*columns_of("column", "rows", "share"), numbers=(1, 2)), rows)


def _missing_by_group(facts: Facts, shown: Shown) -> list[Block]:
    """Show the columns and attributes where missing values depend most clearly on the group."""
    aside = {*facts["sensitive"], facts["label"]["target"], facts["splits"] and facts["splits"]["column"]}
    tested = [i for i in facts["missing"] if i["column"] not in aside and i["p_value"] is not None]
    uneven = [item for item in tested if item["p_value"] < 0.05]
    if tested and not uneven:
        return [Para(say("datasheet.gaps.even"))]
    uneven.sort(key=lambda item: (item["p_value"], item["column"], item["attribute"]))
    rows = tuple(row for item in uneven[:12] for row in _uneven(item, shown))
    head = heads(*columns_of("column", "by", "share_missing", "chi"), numbers=(3,))
    return [Table(say("datasheet.gaps.uneven"), head, rows)] if rows else []


def _uneven(item: dict[str, Any], shown: Shown) -> list[tuple[Cell, ...]]:
    parts = [
        f"{level(name)}: {percent(missing / size)}"
        for name, size, missing in item["cells"][:6]
        if shown.missing(item["attribute"], item["column"], name)
    ]
    text = "; ".join(parts) + ("; …" if len(item["cells"]) > 6 else "")
    names = [Cell(clean(item[key])) for key in ("column", "attribute")]
    # With every group but some known, the test would tell how the rest is parted among these.
    told = all(shown.missing(item["attribute"], item["column"], name) for name, _, _ in item["cells"])
    cells = (*names, Cell(text), number(chance(item["p_value"])) if told else withheld(1)[0])
    return [cells] if parts else []


def relations(facts: Facts, shown: Shown) -> list[Block]:
    """C7: ids and what they tie together."""
    del shown
    if not facts["ids"]:
        return [Para(say("datasheet.relations.none"))]
    head = heads(*columns_of("column", "known", "distinct_values", "several", "most"), numbers=(2, 3, 4))
    rows = tuple(
        (
            Cell(clean(item["column"])),
            Cell(say(f"datasheet.relations.{'declared' if item['declared'] else 'guessed'}")),
            number(count(item["distinct"])),
            number(count(item["repeated"])),
            number(count(item["most_rows"])),
        )
        for item in facts["ids"]
    )
    blocks: list[Block] = [Table(say("datasheet.relations.caption"), head, rows)]
    splits = facts["splits"]
    if splits is not None and splits["shared_ids"] is not None:
        blocks.append(Para(say("datasheet.relations.shared", ids=count(splits["shared_ids"]))))
    return blocks
