"""Facts about each column: type, range, missing and distinct values, the commonest levels."""

# ruff: noqa: S608 - only names made by the table and quoted literals enter the SQL

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..metrics.results import Level
from .facts_table import Column, Table, in_order, is_whole, literal, rank_of

TOP = 12
"""How many of a column's commonest levels are kept."""

TENTHS = 10
_CODES = (-9, -99, -999, -9999, 999, 9999, 99999, 999999)
_BLANKS = ("?", "", "-", "na", "n/a", "nan", "null", "unknown", "missing", "unknown/invalid", "not available")

Tenths = dict[str, tuple[Any, ...]]
"""By column, the values at its nine inner tenths; none for columns that are not of numbers."""
Listed = tuple[tuple[Any, int], ...]


@dataclass(frozen=True)
class ColumnFacts:
    """One column.

    Parameters
    ----------
    name, dtype, kind : str
        As in the file, its SQL type, and what that holds.
    role : str or None
        ``"target"``, ``"sensitive"``, ``"split"``, ``"weight"``, ``"id"``; None for the rest.
    missing, distinct : int
        Rows without a value; different values among the rest.
    missing_share : float
        In [0, 1].
    low, middle, high : level
        Least value, lower median and greatest value of numbers and dates; None for other kinds.
    top : tuple of (level, int)
        The commonest levels with their rows, at most 12.
    constant : bool
        Whether at most one value occurs.
    key : bool
        Whether every row holds a different value, and the column is of text or whole numbers.
    blanks : tuple of (level, int)
        Levels that look like codes for a missing value, with their rows.
    """

    name: str
    dtype: str
    kind: str
    role: str | None
    missing: int
    missing_share: float
    distinct: int
    low: Level
    middle: Level
    high: Level
    top: tuple[tuple[Level, int], ...]
    constant: bool
    key: bool
    blanks: tuple[tuple[Level, int], ...]


@dataclass(frozen=True)
class _Seen:
    """What one look at a column's values told."""

    distinct: int
    low: Any = None
    middle: Any = None
    high: Any = None
    top: Listed = ()
    blanks: Listed = ()
    tenths: tuple[Any, ...] = ()


def column_facts(table: Table, roles: dict[str, str]) -> tuple[int, tuple[ColumnFacts, ...], Tenths]:
    """Count the rows, describe every column, and give the values at the tenths of columns of numbers."""
    held = ", ".join(f"count({column.ref})" for column in table.columns)
    rows, *counts = table.row(f"SELECT count(*), {held} FROM t")
    facts, tenths = [], {}
    # One column at a time: the different values of all of them together may not fit into memory.
    for column, count in zip(table.columns, counts, strict=True):
        seen = _look(table, column, int(rows), int(count))
        facts.append(_describe(column, roles.get(column.name), int(rows), int(count), seen))
        tenths[column.name] = seen.tenths
    return int(rows), tuple(facts), tenths


def _look(table: Table, column: Column, rows: int, held: int) -> _Seen:
    if column.kind not in {"number", "date"}:
        return _look_at_words(table, column)
    cuts = [rank_of(k / TENTHS, held) for k in range(1, TENTHS)] if column.kind == "number" else []
    middle = rank_of(0.5, held)
    walk = in_order(table, column, [middle, *cuts], TOP)
    if not walk.distinct:
        return _Seen(0)
    codes = [one for one in walk.ends if column.kind == "number" and one[0] in _CODES]
    blanks = tuple(sorted((one for one in codes if one[1] >= max(10, rows // 2000)), key=lambda one: -one[1]))
    low, high = walk.ends[0][0], walk.ends[-1][0]
    return _Seen(
        walk.distinct, low, walk.at[middle], high, walk.top, blanks, tuple(walk.at[cut] for cut in cuts)
    )


def _look_at_words(table: Table, column: Column) -> _Seen:
    listed = ", ".join(literal(token) for token in _BLANKS)
    counted = f"SELECT {column.ref} AS v, count(*) AS n FROM t WHERE {column.ref} IS NOT NULL GROUP BY 1"
    parts = ["SELECT 'distinct' AS part, NULL AS v, count(*) AS n FROM counted"]
    if column.kind != "other":
        parts.append(f"(SELECT 'top', v, n FROM counted ORDER BY n DESC, v LIMIT {TOP})")
    if column.kind == "text":
        blank = f"lower(trim(v)) IN ({listed})"
        parts.append(f"(SELECT 'blank', v, n FROM counted WHERE {blank} ORDER BY n DESC, v LIMIT {TOP})")
    found = table.rows(f"WITH counted AS MATERIALIZED ({counted}) {' UNION ALL '.join(parts)}")
    ordered = sorted(found, key=lambda one: (-one[2], str(one[1])))
    named = {name: tuple(one[1:] for one in ordered if one[0] == name) for name in ("top", "blank")}
    (distinct,) = (n for part, _, n in found if part == "distinct")
    return _Seen(int(distinct), top=named["top"], blanks=named["blank"])


def _describe(column: Column, role: str | None, rows: int, held: int, seen: _Seen) -> ColumnFacts:
    key = rows > 1 and seen.distinct == rows and (column.kind == "text" or is_whole(column))
    return ColumnFacts(
        name=column.name,
        dtype="ENUM" if column.dtype.startswith("ENUM") else column.dtype,
        kind=column.kind,
        role=role,
        missing=rows - held,
        missing_share=(rows - held) / rows,
        distinct=seen.distinct,
        low=_plain(seen.low),
        middle=_plain(seen.middle),
        high=_plain(seen.high),
        top=() if key else _levels(seen.top),
        constant=seen.distinct <= 1,
        key=key,
        blanks=_levels(seen.blanks),
    )


def _levels(counted: Listed) -> tuple[tuple[Level, int], ...]:
    return tuple((_plain(level), int(count)) for level, count in counted)


def _plain(value: Any) -> Level:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return float(value) if hasattr(value, "as_tuple") else str(value)
