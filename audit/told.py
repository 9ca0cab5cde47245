"""What a report tells of the groups of the same rows that a datasheet describes.

Both go to the same readers. So a datasheet withholds what would give away a small count together with the
report: each group that the report shows is known to whoever reads the datasheet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .privacy import hidden_groups
from .record import GroupFacts, Record


def told_counts(record: Record) -> list[dict[str, Any]]:
    """List the counts that a record's report shows.

    Parameters
    ----------
    record : Record

    Returns
    -------
    list of dict
        With ``levels`` (by column; the split's, where the audited rows are a part of a file), ``rows`` and
        ``positives``, None where labels are unknown.
    """
    split = record.settings.get("split")
    part = {split["column"]: split["test"]} if split else {}
    return [
        {"levels": {**levels, **part}, "rows": item.rows, "positives": _positives(item)}
        for levels, item in _shown(record)
    ]


def _shown(record: Record) -> Iterator[tuple[dict[str, Any], GroupFacts]]:
    yield {}, record.overall
    hidden = hidden_groups(record)
    for grouping in record.groupings:
        for item in grouping.groups:
            if item.group not in hidden[grouping.name]:
                yield dict(zip(grouping.attributes, item.group, strict=True)), item


def _positives(item: GroupFacts) -> int | None:
    positive = item.rates.get("true_positive_rate")
    if positive is not None:
        return positive.rows
    base = item.rates.get("base_rate")
    return None if base is None or not base.rows else round(base.value * base.rows)
