"""Facts about the quality of the rows: repeats, contradictions, overlap of splits, gaps, dates."""

# ruff: noqa: S608 - only names made by the table and quoted literals enter the SQL

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..metrics.results import Level
from .facts_columns import ColumnFacts
from .facts_groups import RateFacts, Roles, rate_facts, rate_sql
from .facts_table import Column, Table, as_level

_ID_WORDS = frozenset({"id", "ids", "uuid", "guid", "key", "nbr", "number", "no", "index", "idx"})
_AGE_WORDS = frozenset({"age", "agep", "alter"})
MAX_PATTERNS = 6


@dataclass(frozen=True)
class RepeatFacts:
    """Rows that are equal in every column compared.

    Parameters
    ----------
    ignored : tuple of str
        Columns left out of the comparison: keys, ids, the split and the weight.
    repeats : int
        Rows that have an equal row before them.
    patterns : int
        Different rows that occur more than once.
    most : int
        How often the commonest row occurs.
    contradictions, contradicting_rows : int or None
        Sets of equal features whose labels differ, and the rows in them; None without a label.
    """

    ignored: tuple[str, ...]
    repeats: int
    patterns: int
    most: int
    contradictions: int | None
    contradicting_rows: int | None


@dataclass(frozen=True)
class SplitFacts:
    """The splits: their sizes and label rates, and what stands in more than one of them.

    Parameters
    ----------
    column : str
    parts : tuple of (level, RateFacts)
    shared_patterns, shared_rows : int
        Different rows (in all columns compared) that stand in several splits, and how many rows they are.
    shared_ids : int or None
        Ids that stand in several splits; None without an id column.
    """

    column: str
    parts: tuple[tuple[Level, RateFacts], ...]
    shared_patterns: int
    shared_rows: int
    shared_ids: int | None


@dataclass(frozen=True)
class IdFacts:
    """A column of ids: how many there are, and how many rows one of them has at most."""

    column: str
    declared: bool
    distinct: int
    repeated: int
    most_rows: int


@dataclass(frozen=True)
class TimeFacts:
    """A column of dates or years: first and last, and months without a row (None for years)."""

    column: str
    first: str
    last: str
    empty_months: int | None


@dataclass(frozen=True)
class PatternFacts:
    """Columns that are missing together, and in how many rows just these are."""

    columns: tuple[str, ...]
    rows: int


def words(name: str) -> list[str]:
    """Cut a column's name into lower-case words.

    Examples
    --------
    >>> words("homeAddress_line2"), words("DOB_yr")
    (['home', 'address', 'line'], ['dob', 'yr'])
    """
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return [word for word in re.split(r"[^a-z]+", parted.lower()) if word]


def repeat_facts(table: Table, roles: Roles, ignored: Sequence[str]) -> RepeatFacts:
    """Count equal rows, and equal features with different labels."""
    left = [column for column in table.columns if column.name not in ignored]
    counted = f"SELECT count(*) AS n FROM t {_alike(left)} HAVING count(*) > 1"
    repeats, patterns, most = table.row(f"SELECT sum(n - 1), count(*), max(n) FROM ({counted})")
    contradictions = rows = None
    if roles.target is not None and roles.target in left:
        label = roles.target.ref
        features = _alike([column for column in left if column != roles.target])
        differ = f"HAVING min({label}) <> max({label})"
        sets = f"SELECT count(*) AS n FROM t WHERE {label} IS NOT NULL {features} {differ}"
        contradictions, rows = (
            int(found or 0) for found in table.row(f"SELECT count(*), sum(n) FROM ({sets})")
        )
    return RepeatFacts(tuple(ignored), int(repeats or 0), int(patterns), int(most or 1), contradictions, rows)


def _alike(columns: Sequence[Column]) -> str:
    """Group the rows that are equal in some columns, which may be many and wide: by two hashes of 64 bits.

    Rows that differ share one of these once in 10^19 pairs, and both in no table there will ever be.
    """
    refs = [column.ref for column in columns]
    if not refs:
        return "GROUP BY ()"
    return f"GROUP BY hash({', '.join(refs)}), hash({', '.join(['17', *reversed(refs)])})"


def split_facts(
    table: Table, roles: Roles, ignored: Sequence[str], identity: Column | None
) -> SplitFacts | None:
    """Describe the splits, and what stands in more than one of them."""
    if roles.split is None:
        return None
    split = roles.split.ref
    counts = rate_sql(roles.target, roles.positive, roles.weight)
    found = table.rows(f"SELECT {split}, {counts} FROM t GROUP BY 1 ORDER BY 2 DESC, 1")
    parts = tuple((as_level(row[0]), rate_facts(row[1:], known=roles.known)) for row in found)
    features = _alike([column for column in table.columns if column.name not in ignored])
    shared = f"SELECT count(*) AS n FROM t {features} HAVING min({split}) <> max({split})"
    patterns, rows = table.row(f"SELECT count(*), sum(n) FROM ({shared})")
    ids = None
    if identity is not None:
        several = f"SELECT 1 FROM t GROUP BY {identity.ref} HAVING min({split}) <> max({split})"
        ids = int(table.row(f"SELECT count(*) FROM ({several})")[0])
    return SplitFacts(roles.split.name, parts, int(patterns), int(rows or 0), ids)


def looks_like_id(column: ColumnFacts, rows: int) -> bool:
    """Tell whether a column is named like an id and has nearly as many values."""
    named = bool(_ID_WORDS & set(words(column.name)))
    return named and column.kind != "date" and column.distinct > rows / 2


def id_facts(
    table: Table, columns: Sequence[ColumnFacts], declared: str | None, rows: int
) -> tuple[IdFacts, ...]:
    """Describe the declared id, and columns that look like one."""
    named = [column for column in columns if column.name == declared]
    guessed = [c for c in columns if c.name != declared and c.role is None and looks_like_id(c, rows)]
    return tuple(_id(table, column.name, declared=column.name == declared) for column in (*named, *guessed))


def _id(table: Table, name: str, *, declared: bool) -> IdFacts:
    ref = table[name].ref
    counted = f"SELECT count(*) AS n FROM t WHERE {ref} IS NOT NULL GROUP BY {ref}"
    distinct, repeated, most = table.row(f"SELECT count(*), count(*) FILTER (n > 1), max(n) FROM ({counted})")
    return IdFacts(name, declared, int(distinct), int(repeated), int(most or 0))


def time_facts(table: Table, columns: Sequence[ColumnFacts]) -> tuple[TimeFacts, ...]:
    """Find the columns of dates, also those written as text, and of years, and give their ranges."""
    found = []
    for facts in columns:
        column = table[facts.name]
        if facts.kind == "date" or (facts.kind == "text" and _holds_dates(table, column)):
            found.append(_dates(table, column))
        elif facts.kind == "number" and {"year", "yr"} & set(words(facts.name)) and facts.low is not None:
            found.append(TimeFacts(facts.name, str(facts.low), str(facts.high), None))
    return tuple(item for item in found if item is not None)


def _holds_dates(table: Table, column: Column) -> bool:
    ref = column.ref
    sample = f"SELECT DISTINCT {ref} AS v FROM t WHERE {ref} IS NOT NULL ORDER BY 1 LIMIT 200"
    dated = "regexp_matches(v, '^\\d{4}-\\d{2}-\\d{2}') AND try_cast(v AS TIMESTAMP) IS NOT NULL"
    seen, dates = table.row(f"SELECT count(*), count(*) FILTER ({dated}) FROM ({sample})")
    return bool(seen and dates >= 0.95 * seen)


def _dates(table: Table, column: Column) -> TimeFacts | None:
    day = f"try_cast({column.ref} AS DATE)"
    span = f"date_diff('month', min({day}), max({day})) + 1"
    sql = f"SELECT min({day}), max({day}), {span} - count(DISTINCT date_trunc('month', {day})) FROM t"
    first, last, empty = table.row(sql)
    return TimeFacts(column.name, str(first), str(last), int(empty)) if first is not None else None


def patterns(table: Table, columns: Sequence[Column]) -> tuple[PatternFacts, ...]:
    """Count which columns are missing together, commonest first."""
    if not columns:
        return ()
    flags = ", ".join(f"{column.ref} IS NULL" for column in columns)
    anyone = " OR ".join(f"{column.ref} IS NULL" for column in columns)
    order = ", ".join(["n DESC", *(str(at + 1) for at in range(len(columns)))])
    counted = f"SELECT {flags}, count(*) AS n FROM t WHERE {anyone} GROUP BY ALL"
    sql = f"{counted} ORDER BY {order} LIMIT {MAX_PATTERNS}"
    return tuple(
        PatternFacts(tuple(c.name for c, gone in zip(columns, row, strict=False) if gone), int(row[-1]))
        for row in table.rows(sql)
    )


def impossible(columns: Sequence[ColumnFacts]) -> tuple[str, ...]:
    """Name the age columns whose range no age can have."""
    return tuple(
        column.name
        for column in columns
        if column.kind == "number"
        and _AGE_WORDS & set(words(column.name))
        and isinstance(column.low, (int, float))
        and isinstance(column.high, (int, float))
        and (column.low < 0 or column.high > 125)
    )
