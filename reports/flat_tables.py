"""The figures of a record as plain tables, for spreadsheets and other programs.

They are made of the public record: what a page withholds is empty here too, and marked.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..audit.limit_figures import group_name
from ..audit.public import public_record
from ..audit.record import Record
from ..metrics.results import Group, Interval

Rows = list[dict[str, Any]]
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def flat_tables(record: Record) -> dict[str, Rows]:
    """Make the tables: every list holds one dictionary a row, all with the same keys.

    Parameters
    ----------
    record : Record

    Returns
    -------
    dict of str to list of dict
        ``groups`` (one row a group and rate), ``disparities``, ``verdicts`` and ``mitigation``.
    """
    shown = public_record(record)
    return {
        "groups": _groups(shown),
        "disparities": _disparities(shown),
        "verdicts": _verdicts(shown),
        "mitigation": _mitigation(shown),
    }


def csv_text(rows: Rows) -> str:
    r"""Write a table as CSV: no cell that a spreadsheet would take for a formula.

    A text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets an apostrophe before
    it, as spreadsheets themselves do; numbers are left alone. Lines end as RFC 4180 says.

    Examples
    --------
    >>> csv_text([{"group": "=1+1", "value": -0.5}])
    "group,value\r\n'=1+1,-0.5\r\n"
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]) if rows else [], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return buffer.getvalue()


def parquet_bytes(rows: Rows) -> bytes:
    """Write a table as a Parquet file."""
    import pyarrow as pa  # noqa: PLC0415 - it loads slowly
    import pyarrow.parquet as pq  # noqa: PLC0415

    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue())


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_DANGEROUS) else value
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else value


def _ends(interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return {"low": math.nan, "high": math.nan, "level": math.nan, "method": ""}
    return {"low": interval.low, "high": interval.high, "level": interval.level, "method": interval.method}


def _name(group: Group | None) -> str:
    return "" if group is None else group_name(group)


def _groups(record: Record) -> Rows:
    rows: Rows = []
    parts: Sequence[tuple[str, Any]] = [
        ("overall", record.overall),
        *((part.name, group) for part in record.groupings for group in part.groups),
    ]
    for grouping, group in parts:
        head = {"grouping": grouping, "group": group.name, "withheld": group.withheld}
        if group.withheld:
            rows.append(_rate_row(head, None, "", {}))
        rows += [_rate_row(head, group, name, {"estimate": rate}) for name, rate in group.rates.items()]
    return rows


def _rate_row(head: Mapping[str, Any], group: Any, rate: str, found: Mapping[str, Any]) -> dict[str, Any]:
    estimate = found.get("estimate")
    return {
        **head,
        "group_rows": None if group is None else group.rows,
        "share": math.nan if group is None else group.share,
        "rate": rate,
        "value": math.nan if estimate is None else estimate.value,
        **_ends(None if estimate is None else estimate.interval),
        "rows": None if estimate is None or math.isnan(estimate.value) else estimate.rows,
        "reason": "withheld" if estimate is None else str(estimate.reason or ""),
    }


def _disparities(record: Record) -> Rows:
    return [
        {
            "grouping": part.name,
            "metric": item.metric,
            "comparison": item.comparison,
            "against": item.against,
            "group": _name(item.group),
            "reference": _name(item.reference),
            "value": item.value,
            **_ends(item.interval),
            "p_value": item.p_value,
            "fair": item.fair,
            "reason": str(item.reason or ""),
        }
        for part in record.groupings
        for item in part.disparities
    ]


def _verdicts(record: Record) -> Rows:
    return [
        {
            "attribute": item.limit.attribute,
            "metric": item.limit.metric,
            "min": math.nan if item.limit.min is None else item.limit.min,
            "max": math.nan if item.limit.max is None else item.limit.max,
            "state": item.state,
            "value": item.value,
            **_ends(item.interval),
            "group": _name(item.group),
            "reference": _name(item.reference),
            "reason": item.reason or "",
        }
        for item in record.verdicts
    ]


def _mitigation(record: Record) -> Rows:
    return [
        {
            "method": item.method,
            "needs_sensitive": item.needs_sensitive,
            "grouping": figure.grouping,
            "metric": figure.metric,
            "before": figure.before.value,
            "after": figure.after.value,
            "change": figure.change.value,
            **_ends(figure.change.interval),
        }
        for item in record.mitigation
        for figure in item.figures
    ]
