"""Facts about what could identify or harm people: identifiers, k-anonymity, sensitive content, proxies."""

# ruff: noqa: S608 - only names made by the table and quoted literals enter the SQL

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .facts_columns import TENTHS, ColumnFacts, Tenths
from .facts_names import CLASSES, IDENTIFIERS, RACE_VALUES, RELIGION_VALUES
from .facts_quality import words
from .facts_table import Column, Table

_EMAIL = r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$"
_PHONE = r"^\+?\(?[0-9]{2,4}[)\s./-]+[0-9]{2,4}[\s./-]+[0-9]{2,6}([\s./-]?[0-9]+)*$"
_NATIONAL = r"^[0-9]{3}-[0-9]{2}-[0-9]{4}$"
_PERSON = r"\b(Mr|Mrs|Miss|Ms|Dr|Master|Rev)\. "
_URL = r"^(https?|ftp|s3|gs)://"
_PATH = r"^(/|[A-Za-z]:\\|\.{1,2}/)[^\s]+[/\\.][^\s]+"
_DETECTORS = {
    "e-mail address": _EMAIL,
    "telephone number": _PHONE,
    "social security number": _NATIONAL,
    "name of a person": _PERSON,
    "web address": _URL,
    "file path": _PATH,
}
_WEIGHTS = frozenset({"weight", "weights", "wgt", "fnlwgt", "pwgtp", "wt", "perwt"})
PROXY_FROM = 0.3


@dataclass(frozen=True)
class Detection:
    """What a column seems to hold.

    Parameters
    ----------
    column, what : str
    by : {"name", "values"}
        Whether the column's name or its values gave it away.
    share : float or None
        Of the rows with a value, those whose value matches; None for a name.
    distinct : int
        Different values of the column.
    """

    column: str
    what: str
    by: str
    share: float | None
    distinct: int


@dataclass(frozen=True)
class Sensitive:
    """A column whose content may be sensitive: the class, its article of law if it has one, and the sign."""

    column: str
    content: str
    article: str | None
    by: str


@dataclass(frozen=True)
class Anonymity:
    """k-anonymity over quasi-identifiers.

    Parameters
    ----------
    columns : tuple of str
    declared : bool
        Whether the user named them; if not, they are the sensitive columns.
    classes : int
        Different combinations of values.
    smallest : int
        Rows of the rarest combination: the data are k-anonymous for this k.
    unique, below_5, below_10 : tuple of (classes, rows)
        Combinations held by one row, by fewer than 5, and by fewer than 10; and the rows in them.
    """

    columns: tuple[str, ...]
    declared: bool
    classes: int
    smallest: int
    unique: tuple[int, int]
    below_5: tuple[int, int]
    below_10: tuple[int, int]


@dataclass(frozen=True)
class Proxy:
    """A column that goes with a sensitive attribute: Cramér's V (numbers in tenths), in [0, 1]."""

    column: str
    attribute: str
    strength: float


def named(column: str, phrases: Sequence[str]) -> bool:
    """Tell whether a column's name holds one of the phrases as whole words.

    Examples
    --------
    >>> named("patient_dateOfBirth", ["date of birth"]), named("average", ["age"])
    (True, False)
    """
    text = f" {' '.join(words(column))} "
    return any(f" {phrase} " in text for phrase in phrases)


def detections(table: Table, columns: Sequence[ColumnFacts]) -> tuple[Detection, ...]:
    """Look for direct identifiers, addresses of other resources and free text, by name and by value."""
    found = []
    for facts in columns:
        found += [
            Detection(facts.name, what, "name", None, facts.distinct)
            for what, phrases in IDENTIFIERS.items()
            if named(facts.name, phrases)
        ]
        if facts.kind == "text" and facts.distinct:
            found += _by_values(table, table[facts.name], facts.distinct)
    return tuple(found)


def _by_values(table: Table, column: Column, distinct: int) -> list[Detection]:
    matches = [f"regexp_matches(v, '{pattern}')" for pattern in _DETECTORS.values()]
    prose = "length(v) - length(replace(v, ' ', '')) >= 4 AND length(v) >= 30"
    counts = ", ".join(f"sum(n) FILTER ({match})" for match in (*matches, prose))
    values = f"SELECT {column.ref} AS v, count(*) AS n FROM t WHERE {column.ref} IS NOT NULL GROUP BY 1"
    total, *hits = table.row(f"SELECT sum(n), {counts} FROM ({values})")
    shares = {what: float(hit or 0) / float(total) for what, hit in zip((*_DETECTORS, ""), hits, strict=True)}
    prose_share = shares.pop("")
    found = [
        Detection(column.name, what, "values", share, distinct)
        for what, share in shares.items()
        if share >= 0.02
    ]
    if prose_share >= 0.2 and distinct > 50 and not found:
        found.append(Detection(column.name, "free text", "values", prose_share, distinct))
    return found


def sensitive_content(columns: Sequence[ColumnFacts]) -> tuple[Sensitive, ...]:
    """Map columns to classes of sensitive content, by name and by the commonest values."""
    found = []
    for column in columns:
        classes = [c for c in CLASSES if named(column.name, c.phrases)]
        found += [Sensitive(column.name, c.content, c.article, "name") for c in classes]
        if not any(c.article for c in classes):
            found += _by_levels(column)
    return tuple(found)


def _by_levels(column: ColumnFacts) -> list[Sensitive]:
    levels = {" ".join(words(str(level))) for level, _ in column.top}
    if len(levels & RELIGION_VALUES) >= 2:
        return [Sensitive(column.name, "religious or philosophical beliefs", "GDPR Art. 9", "values")]
    if len(levels & RACE_VALUES) >= 2:
        return [Sensitive(column.name, "racial or ethnic origin", "GDPR Art. 9", "values")]
    return []


def weight_like(columns: Sequence[ColumnFacts]) -> tuple[str, ...]:
    """Name the number columns that are named like a sampling weight and hold many positive values."""
    return tuple(
        column.name
        for column in columns
        if column.kind == "number" and column.distinct > 50 and _WEIGHTS & set(words(column.name))
    )


def anonymity(table: Table, columns: Sequence[Column], *, declared: bool) -> Anonymity | None:
    """Measure k-anonymity over quasi-identifiers, by their exact values (bands are not used)."""
    if not columns:
        return None
    listed = ", ".join(column.ref for column in columns)
    classes = f"SELECT count(*) AS n FROM t GROUP BY {listed}"
    limits = ", ".join(f"count(*) FILTER (n < {k}), coalesce(sum(n) FILTER (n < {k}), 0)" for k in (2, 5, 10))
    total, smallest, *small = (
        int(x) for x in table.row(f"SELECT count(*), min(n), {limits} FROM ({classes})")
    )
    names = tuple(column.name for column in columns)
    return Anonymity(
        names, declared, total, smallest, (small[0], small[1]), (small[2], small[3]), (small[4], small[5])
    )


def proxies(
    table: Table, attributes: Sequence[tuple[Column, str]], columns: Sequence[ColumnFacts], tenths: Tenths
) -> tuple[Proxy, ...]:
    """Find the columns that go with a sensitive attribute (Cramér's V of 0.3 and more), strongest first.

    Parameters
    ----------
    table : Table
    attributes : sequence of (column, SQL of its level)
    columns : sequence of ColumnFacts
        Numbers of more than 10 values are cut at their tenths; other columns of more than 100 are left out.
    tenths : dict of str to tuple
        As ``column_facts`` gives them.
    """
    varied = [column for column in columns if not column.constant and not column.key]
    candidates = [(column, _binned(table, column, tenths[column.name])) for column in varied]
    found = []
    for attribute, level in attributes:
        for column, value in candidates:
            if value is not None and column.name != attribute.name:
                strength = _cramer(table, level, value)
                if strength >= PROXY_FROM:
                    found.append(Proxy(column.name, attribute.name, strength))
    return tuple(sorted(found, key=lambda proxy: (-round(proxy.strength, 9), proxy.column, proxy.attribute)))


def _binned(table: Table, facts: ColumnFacts, tenths: Sequence[Any]) -> str | None:
    ref = table[facts.name].ref
    if facts.distinct <= TENTHS or (facts.kind == "text" and facts.distinct <= 100):
        return ref
    if facts.kind != "number":
        return None
    cases = " ".join(f"WHEN {ref} <= {edge} THEN {at}" for at, edge in enumerate(sorted(set(tenths))))
    return f"CASE WHEN {ref} IS NULL THEN NULL {cases} ELSE {TENTHS} END"


def _cramer(table: Table, level: str, value: str) -> float:
    """Cramér's V from the counts of both columns, rows with a missing value left out."""
    cells = f"SELECT {level} AS g, {value} AS v, count(*) AS n FROM t GROUP BY 1, 2"
    counts = table.rows(f"SELECT * FROM ({cells}) WHERE g IS NOT NULL AND v IS NOT NULL ORDER BY ALL")
    by_level: dict[object, int] = {}
    by_value: dict[object, int] = {}
    for g, v, n in counts:
        by_level[g] = by_level.get(g, 0) + n
        by_value[v] = by_value.get(v, 0) + n
    smaller = min(len(by_level), len(by_value)) - 1
    if smaller < 1:
        return 0.0
    squares = math.fsum(n * n / (by_level[g] * by_value[v]) for g, v, n in counts)
    return math.sqrt(max(0.0, (squares - 1) / smaller))
