"""What the data say of their errors, of people who could be recognised, and of later harm."""

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
    listed,
    number,
    percent,
    plural,
    said,
    term,
    withheld,
)
from .formats import parted
from .wording import clauses, passage, say

Facts = dict[str, Any]
_OUTSIDE = ("web address", "file path")
_FEW_CLASSES = 3


def errors(facts: Facts, shown: Shown) -> list[Block]:
    """C9: repeats, contradictions, constants, impossible values, codes at the ends of ranges."""
    del shown
    repeats = facts["repeats"]
    where = say("datasheet.errors.every")
    if repeats["ignored"]:
        where = say("datasheet.errors.but", columns=listed(repeats["ignored"]))
    found = [say("datasheet.errors.unequal", where=where)]
    if repeats["repeats"]:
        patterns = plural(repeats["patterns"], "different_row")
        rows, most = count(repeats["repeats"]), count(repeats["most"])
        found = [say("datasheet.errors.equal", where=where, rows=rows, patterns=patterns, most=most)]
    if repeats["contradictions"] is not None:
        found.append(_contradictions(repeats))
    constant = [column["name"] for column in facts["columns"] if column["constant"]]
    if constant:
        found.append(say("datasheet.errors.constant", columns=listed(constant)))
    if facts["impossible"]:
        found.append(say("datasheet.errors.impossible", columns=listed(facts["impossible"])))
    for column in facts["columns"]:
        if column["kind"] == "number" and column["blanks"]:
            value, rows = column["blanks"][0]
            end = {"column": said(column["name"]), "value": parted(f"{value:,}"), "rows": plural(rows, "row")}
            found.append(say("datasheet.errors.end", **end))
    return [Para(text) for text in found]


def _contradictions(repeats: dict[str, Any]) -> str:
    if not repeats["contradictions"]:
        return say("datasheet.errors.agree")
    rows, sets = count(repeats["contradicting_rows"]), plural(repeats["contradictions"], "set")
    return say("datasheet.errors.contradict", rows=rows, sets=sets)


def outside(facts: Facts, shown: Shown) -> list[Block]:
    """C10: columns that point to something outside."""
    del shown
    found = [item for item in facts["detections"] if item["what"] in _OUTSIDE]
    if not found:
        return [Para(say("datasheet.outside.none"))]
    return [
        Para(
            say(
                "datasheet.outside",
                column=said(item["column"]),
                what=term(item["what"]),
                share=percent(item["share"]),
            )
        )
        for item in found
    ]


def confidential(facts: Facts, shown: Shown) -> list[Block]:
    """C11: what looks confidential by name or value."""
    del shown
    direct = [item for item in facts["detections"] if item["what"] not in _OUTSIDE]
    closed = sorted(
        {item["column"] for item in facts["content"] if item["content"] in {"health", "finances"}}
    )
    words = [say("datasheet.confidential.none")]
    if direct:
        words = [say("datasheet.confidential", columns=listed(sorted({item["column"] for item in direct})))]
    if closed:
        words.append(say("datasheet.confidential.like", columns=listed(closed)))
    return [Para(passage(words))]


def identification(facts: Facts, shown: Shown) -> list[Block]:
    """C14: direct identifiers, and k-anonymity."""
    del shown
    direct = [item for item in facts["detections"] if item["what"] not in _OUTSIDE]
    blocks: list[Block] = []
    if direct:
        head = heads(*columns_of("column", "looks", "known", "distinct_values_of"), numbers=(3,))
        alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for item in direct:
            alike.setdefault((item["column"], item["what"]), []).append(item)
        rows = tuple(map(_detection, alike.values()))
        blocks.append(Table(say("datasheet.identity.caption"), head, rows))
    else:
        blocks.append(Para(say("datasheet.identity.none")))
    if facts["anonymity"] is not None:
        blocks += _anonymity(facts["anonymity"], facts)
    return blocks


def _detection(items: list[dict[str, Any]]) -> tuple[Cell, ...]:
    """Say of a column and what it looks like from what that is known."""
    first = items[0]
    return (
        Cell(clean(first["column"])),
        Cell(term(first["what"])),
        Cell(clauses(map(_known, items))),
        number(count(first["distinct"])),
    )


def _known(item: dict[str, Any]) -> str:
    if item["by"] == "name":
        return say(f"datasheet.identity.{'code' if item['distinct'] <= 20 else 'name'}")
    return say("datasheet.identity.values", share=percent(item["share"] or 0.0))


def _anonymity(found: dict[str, Any], facts: Facts) -> list[Block]:
    minimum = facts["privacy_minimum"]
    smallest = plural(found["smallest"], "row")
    if found["smallest"] < minimum:
        smallest = say("datasheet.anonymity.fewer", minimum=minimum)
    text = say(
        f"datasheet.anonymity.{'declared' if found['declared'] else 'sensitive'}",
        columns=listed(found["columns"]),
        classes=plural(found["classes"], "combination"),
        smallest=smallest,
    )
    # Combinations of the groups' own columns are groups: their rows would tell the sizes of small ones.
    told = not set(found["columns"]) <= set(facts["sensitive"])
    rows = tuple(
        (
            Cell(name),
            number(_few(classes, classes)),
            *(
                (number(_few(held, classes)), number(_share(held, classes, facts)))
                if told or not classes
                else withheld(2)
            ),
        )
        for name, (classes, held) in (
            (say("datasheet.anonymity.unique"), found["unique"]),
            (say("datasheet.anonymity.fewer", minimum=5), found["below_5"]),
            (say("datasheet.anonymity.fewer", minimum=10), found["below_10"]),
        )
    )
    head = heads(*columns_of("held_by", "combinations", "rows_in", "share_of_rows"), numbers=(1, 2, 3))
    return [Para(text), Table(say("datasheet.anonymity.caption"), head, rows)]


def _few(value: int, classes: int) -> str:
    return say("datasheet.anonymity.few") if 0 < classes < _FEW_CLASSES else count(value)


def _share(held: int, classes: int, facts: Facts) -> str:
    return "\u2013" if 0 < classes < _FEW_CLASSES else percent(held / facts["rows"])


def sensitive(facts: Facts, shown: Shown) -> list[Block]:
    """C15: the map of sensitive content."""
    del shown
    note = say("datasheet.content.note")
    if not facts["content"]:
        return [Para(f"{say('datasheet.content.none')} {note}")]
    found: dict[tuple[str, str | None], list[str]] = {}
    for item in facts["content"]:
        found.setdefault((item["content"], item["article"]), []).append(item["column"])
    ordered = sorted(found.items(), key=lambda entry: (entry[0][1] is None, entry[0][1] or "", entry[0][0]))
    rows = tuple(
        (
            Cell(term(content)),
            Cell(article or say("datasheet.content.no_article"), muted=article is None),
            Cell(listed(columns, 20)),
        )
        for (content, article), columns in ordered
    )
    head = heads(*columns_of("content", "article", "columns"))
    return [Table(say("datasheet.content.caption"), head, rows), Para(note)]


def harm(facts: Facts, shown: Shown) -> list[Block]:
    """U4: what in the make-up of the data can lead to unfair treatment."""
    found = [*_rate_gaps(facts, shown), *_small_groups(facts, shown), *_uneven_gaps(facts)]
    if facts["proxies"]:
        pairs = "; ".join(
            say(
                "datasheet.harm.pair",
                column=said(p["column"]),
                attribute=said(p["attribute"]),
                strength=parted(f"{p['strength']:.2f}"),
            )
            for p in facts["proxies"][:8]
        )
        found.append(say("datasheet.harm.proxies", pairs=pairs))
    splits = facts["splits"]
    if splits is not None and splits["shared_rows"]:
        rows = count(splits["shared_rows"])
        found.append(say("datasheet.harm.overlap", rows=rows))
    if not found:
        found = [say(f"datasheet.harm.{'none' if facts['groupings'] else 'undeclared'}")]
    return [Para(text) for text in found]


def _rate_gaps(facts: Facts, shown: Shown) -> list[str]:
    """Say where the label rates of two groups lie apart by more than their intervals."""
    found = []
    for grouping in facts["groupings"]:
        rated = [
            group
            for group in grouping["groups"]
            if group["label"]["rate"] is not None
            and not group["small"]
            and None not in group["levels"]
            and shown.rate(grouping["attributes"], group["levels"])
        ]
        if len(rated) < 2:
            continue
        low, high = (pick(rated, key=lambda group: group["label"]["rate"]) for pick in (min, max))
        if low["label"]["high"] < high["label"]["low"]:
            found.append(
                say(
                    "datasheet.harm.gap",
                    name=said(TIMES.join(grouping["attributes"])),
                    low=percent(low["label"]["rate"]),
                    low_group=group_name(low["levels"]),
                    high=percent(high["label"]["rate"]),
                    high_group=group_name(high["levels"]),
                )
            )
    return found


def _small_groups(facts: Facts, shown: Shown) -> list[str]:
    del shown
    small = sum(group["small"] for grouping in facts["groupings"] for group in grouping["groups"])
    if not small:
        return []
    return [say("datasheet.harm.small", minimum=facts["min_group_size"], groups=count(small))]


def _uneven_gaps(facts: Facts) -> list[str]:
    uneven = {
        item["column"]
        for item in facts["missing"]
        if item["p_value"] is not None
        and item["p_value"] < 0.001
        and item["attribute"] != facts["label"]["target"]
    }
    ordered = [column["name"] for column in facts["columns"] if column["name"] in uneven]
    return [say("datasheet.harm.missing", columns=listed(ordered, 6))] if ordered else []
