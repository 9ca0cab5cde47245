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
    count,
    group_name,
    heads,
    listed,
    number,
    percent,
    plural,
    said,
)

Facts = dict[str, Any]
_OUTSIDE = ("web address", "file path")
_FEW_CLASSES = 3


def errors(facts: Facts, shown: Shown) -> list[Block]:
    """C9: repeats, contradictions, constants, impossible values, codes at the ends of ranges."""
    del shown
    repeats = facts["repeats"]
    but = f" in every column but {listed(repeats['ignored'])}" if repeats["ignored"] else " in every column"
    found = [f"No two rows are equal{but}."]
    if repeats["repeats"]:
        first = f"Rows equal to an earlier one{but}: {count(repeats['repeats'])}"
        several = f"repeating {plural(repeats['patterns'], 'different row')}"
        found = [f"{first}, {several}; the commonest stands {count(repeats['most'])} times."]
    if repeats["contradictions"] is not None:
        found.append(_contradictions(repeats))
    constant = [column["name"] for column in facts["columns"] if column["constant"]]
    if constant:
        found.append(f"Without any variation: {listed(constant)}.")
    if facts["impossible"]:
        found.append(f"Values that no age can have stand in {listed(facts['impossible'])}.")
    for column in facts["columns"]:
        if column["kind"] == "number" and column["blanks"]:
            value, rows = column["blanks"][0]
            found.append(
                f"{said(column['name'])} ends at {value:,}, which {plural(rows, 'row')} hold: "
                "a cap or a code rather than a measured value."
            )
    return [Para(text) for text in found]


def _contradictions(repeats: dict[str, Any]) -> str:
    if not repeats["contradictions"]:
        return "No rows with equal features have different labels."
    return (
        f"Rows with equal features but different labels: {count(repeats['contradicting_rows'])}, "
        f"in {plural(repeats['contradictions'], 'set')}."
    )


def outside(facts: Facts, shown: Shown) -> list[Block]:
    """C10: columns that point to something outside."""
    del shown
    found = [item for item in facts["detections"] if item["what"] in _OUTSIDE]
    if not found:
        return [Para("No column holds web addresses or file paths: every value is in the file itself.")]
    return [
        Para(f"{said(i['column'])} holds a {i['what']} in {percent(i['share'])} of its rows.") for i in found
    ]


def confidential(facts: Facts, shown: Shown) -> list[Block]:
    """C11: what looks confidential by name or value."""
    del shown
    direct = [item for item in facts["detections"] if item["what"] not in _OUTSIDE]
    closed = sorted(
        {item["column"] for item in facts["content"] if item["content"] in {"health", "finances"}}
    )
    text = "Names and values were searched for direct identifiers and free text"
    text += (
        f": {listed(sorted({item['column'] for item in direct}))} (see C14)." if direct else ": none found."
    )
    if closed:
        text += f" Named like health or financial content, which may be confidential: {listed(closed)}."
    return [Para(text)]


def identification(facts: Facts, shown: Shown) -> list[Block]:
    """C14: direct identifiers, and k-anonymity."""
    del shown
    direct = [item for item in facts["detections"] if item["what"] not in _OUTSIDE]
    blocks: list[Block] = []
    if direct:
        head = heads("Column", "Looks like", "Known from", "Distinct values", numbers=(3,))
        rows = tuple(_detection(item) for item in direct)
        blocks.append(Table("Columns that may identify a person directly", head, rows))
    else:
        blocks.append(
            Para(
                "No direct identifier was found by name or value (name, e-mail, telephone, official number)."
            )
        )
    if facts["anonymity"] is not None:
        blocks += _anonymity(facts["anonymity"], facts)
    return blocks


def _detection(item: dict[str, Any]) -> tuple[Cell, ...]:
    known = "its name" if item["by"] == "name" else f"{percent(item['share'])} of its values"
    few = "; few values, so rather a code" if item["by"] == "name" and item["distinct"] <= 20 else ""
    return Cell(clean(item["column"])), Cell(item["what"]), Cell(known + few), number(count(item["distinct"]))


def _anonymity(found: dict[str, Any], facts: Facts) -> list[Block]:
    minimum = facts["privacy_minimum"]
    chosen = "named in the settings" if found["declared"] else "the sensitive columns, as none were named"
    smallest = (
        f"fewer than {minimum} rows" if found["smallest"] < minimum else plural(found["smallest"], "row")
    )
    classes = plural(found["classes"], "combination")
    text = (
        f"Taken together, {listed(found['columns'])} ({chosen}) form {classes} of exact values; "
        f"the rarest is held by {smallest}."
    )
    rows = tuple(
        (
            Cell(name),
            number(_few(classes, classes)),
            number(_few(held, classes)),
            number(_share(held, classes, facts)),
        )
        for name, (classes, held) in (
            ("1 row (unique)", found["unique"]),
            ("fewer than 5 rows", found["below_5"]),
            ("fewer than 10 rows", found["below_10"]),
        )
    )
    head = heads("Combinations held by", "Combinations", "Rows in them", "Share of rows", numbers=(1, 2, 3))
    return [Para(text), Table("How many rows stand out (k-anonymity)", head, rows)]


def _few(value: int, classes: int) -> str:
    return "few" if 0 < classes < _FEW_CLASSES else count(value)


def _share(held: int, classes: int, facts: Facts) -> str:
    return "\u2013" if 0 < classes < _FEW_CLASSES else percent(held / facts["rows"])


def sensitive(facts: Facts, shown: Shown) -> list[Block]:
    """C15: the map of sensitive content."""
    del shown
    note = (
        "A map by column names and common values: a hint, no legal finding. Articles are of the GDPR "
        "(Regulation (EU) 2016/679); content without an article is no special category there, but is often "
        "protected or private."
    )
    if not facts["content"]:
        return [Para("No column is named like sensitive content, and no common value is. " + note)]
    found: dict[tuple[str, str | None], list[str]] = {}
    for item in facts["content"]:
        found.setdefault((item["content"], item["article"]), []).append(item["column"])
    ordered = sorted(found.items(), key=lambda entry: (entry[0][1] is None, entry[0][1] or "", entry[0][0]))
    rows = tuple(
        (Cell(content), Cell(article or "none", muted=article is None), Cell(listed(columns, 20)))
        for (content, article), columns in ordered
    )
    return [Table("Content that may be sensitive", heads("Content", "Article", "Columns"), rows), Para(note)]


def harm(facts: Facts, shown: Shown) -> list[Block]:
    """U4: what in the make-up of the data can lead to unfair treatment."""
    found = [*_rate_gaps(facts, shown), *_small_groups(facts, shown), *_uneven_gaps(facts)]
    if facts["proxies"]:
        pairs = "; ".join(
            f"{said(p['column'])} with {said(p['attribute'])} ({p['strength']:.2f})"
            for p in facts["proxies"][:8]
        )
        found.append(
            "Columns that go with a sensitive attribute, so that leaving the attribute out does not hide it "
            f"(Cramér's V, 0 none to 1 complete; from 0.30): {pairs}."
        )
    splits = facts["splits"]
    if splits is not None and splits["shared_rows"]:
        rows = count(splits["shared_rows"])
        found.append(f"Rows that stand in more than one split, which flatters tests: {rows} (C8).")
    if not found and not facts["groupings"]:
        found = ["No sensitive column was named, so groups were not compared."]
    return [Para(text) for text in found or ["No gap, small group, uneven missing value or proxy was found."]]


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
                f"Label rates differ by {said(TIMES.join(grouping['attributes']))}: from "
                f"{percent(low['label']['rate'])} ({group_name(low['levels'])}) to "
                f"{percent(high['label']['rate'])} ({group_name(high['levels'])}). "
                "A model that learns the labels learns this gap."
            )
    return found


def _small_groups(facts: Facts, shown: Shown) -> list[str]:
    del shown
    small = sum(group["small"] for grouping in facts["groupings"] for group in grouping["groups"])
    if not small:
        return []
    return [f"Groups under {facts['min_group_size']} rows, too few to judge treatment by: {count(small)}."]


def _uneven_gaps(facts: Facts) -> list[str]:
    uneven = {
        item["column"]
        for item in facts["missing"]
        if item["p_value"] is not None
        and item["p_value"] < 0.001
        and item["attribute"] != facts["label"]["target"]
    }
    ordered = [column["name"] for column in facts["columns"] if column["name"] in uneven]
    return [f"Missing values of {listed(ordered, 6)} depend on the group (C6)."] if ordered else []
