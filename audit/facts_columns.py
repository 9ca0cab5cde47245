"""Facts about each column: type, range, missing and distinct values, the commonest levels."""

# ruff: noqa: S608 - only names made by the table and quoted literals enter the SQL

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..metrics.results import Level
from .facts_table import Column, Table, in_order, is_whole, rank_of

TOP = 12
"""How many of a column's commonest levels are kept."""

_CODES = ("-9", "-99", "-999", "-9999", "999", "9999", "99999", "999999")
_BLANKS = ("?", "", "-", "na", "n/a", "nan", "null", "unknown", "missing", "unknown/invalid", "not available")


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


def column_facts(table: Table, roles: dict[str, str]) -> tuple[int, tuple[ColumnFacts, ...]]:
    """Count the rows and describe every column."""
    held = ", ".join(f"count({column.ref})" for column in table.columns)
    rows, *counts = table.row(f"SELECT count(*), {held} FROM t")
    # One column at a time: the different values of all of them together may not fit into memory.
    facts = tuple(
        _describe(table, column, roles.get(column.name), int(rows), int(count))
        for column, count in zip(table.columns, counts, strict=True)
    )
    return int(rows), facts


def _spread(table: Table, column: Column, held: int) -> tuple[int, list[Any]]:
    """Count a column's different values, and give the least, the lower median and the greatest."""
    if column.kind in {"number", "date"} and held:
        return in_order(table, column, [0, rank_of(0.5, held), held - 1])
    different = f"SELECT DISTINCT {column.ref} FROM t WHERE {column.ref} IS NOT NULL"
    return int(table.row(f"SELECT count(*) FROM ({different})")[0]), [None, None, None]


def _describe(table: Table, column: Column, role: str | None, rows: int, held: int) -> ColumnFacts:
    distinct, (low, middle, high) = _spread(table, column, held)
    key = rows > 1 and distinct == rows and (column.kind == "text" or is_whole(column))
    return ColumnFacts(
        name=column.name,
        dtype="ENUM" if column.dtype.startswith("ENUM") else column.dtype,
        kind=column.kind,
        role=role,
        missing=rows - held,
        missing_share=(rows - held) / rows,
        distinct=distinct,
        low=_plain(low),
        middle=_plain(middle),
        high=_plain(high),
        top=() if key or column.kind == "other" else _levels(table, column, ""),
        constant=distinct <= 1,
        key=key,
        blanks=_blanks(table, column, rows),
    )


def _plain(value: Any) -> Level:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return float(value) if hasattr(value, "as_tuple") else str(value)


def _levels(table: Table, column: Column, where: str) -> tuple[tuple[Level, int], ...]:
    sql = (
        f"SELECT {column.ref}, count(*) AS n FROM t WHERE {column.ref} IS NOT NULL {where} "
        f"GROUP BY 1 ORDER BY n DESC, 1 LIMIT {TOP}"
    )
    return tuple((_plain(level), int(count)) for level, count in table.rows(sql))


def _blanks(table: Table, column: Column, rows: int) -> tuple[tuple[Level, int], ...]:
    """Find levels that look like codes for "missing": by spelling, or nines at an end of the range."""
    if column.kind == "text":
        listed = ", ".join(f"'{token}'" for token in _BLANKS)
        return _levels(table, column, f"AND lower(trim({column.ref})) IN ({listed})")
    if column.kind != "number":
        return ()
    ends = f"(SELECT min({column.ref}) FROM t), (SELECT max({column.ref}) FROM t)"
    where = f"AND {column.ref} IN ({', '.join(_CODES)}) AND {column.ref} IN ({ends})"
    return tuple(found for found in _levels(table, column, where) if found[1] >= max(10, rows // 2000))
