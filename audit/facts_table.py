"""A DuckDB relation behind safe names, so that SQL counts from it whatever its columns are called."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import duckdb
import numpy as np

from ..errors import InputError, Problem, did_you_mean
from ..metrics.results import Level
from .bands import band_levels
from .duck import connect

Kind = Literal["number", "text", "yes or no", "date", "other"]

HELD_CELLS = 10_000_000
"""Tables of at most so many cells are kept in memory while their facts are counted."""
BATCH = 100_000
"""Different values that are looked at together."""

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_WHOLE = frozenset(_INTEGERS) | frozenset("U" + name for name in _INTEGERS)
_REAL = frozenset({"FLOAT", "DOUBLE"})


@dataclass(frozen=True)
class Column:
    """One column: its own name, and the safe name that the SQL uses."""

    name: str
    dtype: str
    kind: Kind
    ref: str


@dataclass(frozen=True)
class Table:
    """The rows, with their columns renamed ``c0``, ``c1``, ... and NaN turned into a missing value."""

    relation: duckdb.DuckDBPyRelation
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query over the table ``t`` and give its rows."""
        answer: list[tuple[Any, ...]] = self.relation.query("t", sql).fetchall()
        return answer

    def row(self, sql: str) -> tuple[Any, ...]:
        """Run a query that gives one row."""
        return self.rows(sql)[0]


def quoted(name: str) -> str:
    """Quote an identifier for SQL.

    Examples
    --------
    >>> print(quoted('a "b" c'))
    "a ""b"" c"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string for SQL.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def kind_of(dtype: str) -> Kind:
    """Tell what a SQL type holds.

    Examples
    --------
    >>> kind_of("DECIMAL(18,3)"), kind_of("TIMESTAMP WITH TIME ZONE"), kind_of("INTEGER[]")
    ('number', 'date', 'other')
    """
    if dtype.endswith("]"):
        return "other"
    stem = dtype.split("(", maxsplit=1)[0].strip()
    if stem in _WHOLE or stem in _REAL or stem == "DECIMAL":
        return "number"
    if stem in {"VARCHAR", "ENUM", "UUID"}:
        return "text"
    if stem == "BOOLEAN":
        return "yes or no"
    return "date" if stem == "DATE" or stem.startswith("TIMESTAMP") else "other"


@dataclass(frozen=True)
class Walk:
    """What a walk through a column's values in ascending order has seen.

    Parameters
    ----------
    distinct : int
        Different values.
    at : dict of int to value
        The values at the ranks asked for.
    top : tuple of (value, int)
        The commonest values with their rows; the lesser one first of two that are as common.
    ends : tuple of (value, int)
        The least and the greatest value with their rows; one where there is one.
    """

    distinct: int
    at: Mapping[int, Any]
    top: tuple[tuple[Any, int], ...]
    ends: tuple[tuple[Any, int], ...]


def in_order(table: Table, column: Column, ranks: Sequence[int] = (), most: int = 0) -> Walk:
    """Walk through a column's values in ascending order.

    DuckDB groups and sorts on disk what does not fit into its memory, and the values come in batches; so this
    takes no more memory for more rows, which DuckDB's own quantiles do.

    Parameters
    ----------
    table : Table
    column : Column
    ranks : sequence of int
        Of the values wanted, counted from 0 among the rows with a value.
    most : int
        How many of the commonest values are wanted.

    Examples
    --------
    >>> table = open_table(duckdb.sql("SELECT unnest([30, 10, NULL, 20, 10]) AS age"))
    >>> in_order(table, table["age"], [0, 2], most=1)
    Walk(distinct=3, at={0: 10, 2: 20}, top=((10, 2),), ends=((10, 2), (30, 1)))
    """
    ref = column.ref
    sql = f"SELECT {ref}, count(*) FROM t WHERE {ref} IS NOT NULL GROUP BY 1 ORDER BY 1"  # noqa: S608 - a safe name
    distinct, done = 0, 0
    at: dict[int, Any] = {}
    top: list[tuple[Any, int]] = []
    ends: tuple[tuple[Any, int], ...] = ()
    for batch in table.relation.query("t", sql).to_arrow_reader(BATCH):
        values, counts = batch.column(0), batch.column(1).to_numpy()
        passed = done + np.cumsum(counts)
        for rank in ranks:
            if done <= rank < passed[-1]:
                at[rank] = values[int(np.searchsorted(passed, rank, side="right"))].as_py()
        common = np.argsort(-counts, kind="stable")[:most].tolist()
        # Both lists are in ascending order among values that are as common, and sorting keeps that.
        top = sorted(top + [(values[i].as_py(), int(counts[i])) for i in common], key=lambda one: -one[1])
        del top[most:]
        last = (values[-1].as_py(), int(counts[-1]))
        ends = (ends[0] if ends else (values[0].as_py(), int(counts[0])), last)
        distinct, done = distinct + batch.num_rows, int(passed[-1])
    return Walk(distinct, at, tuple(top), ends[:distinct])


def rank_of(share: float, held: int) -> int:
    """Give the rank, from 0, of the value below or at which a share of ``held`` values lies.

    Examples
    --------
    >>> rank_of(0.5, 4), rank_of(0.5, 5), rank_of(0.1, 3)
    (1, 2, 0)
    """
    return max(0, math.ceil(round(share * held, 9)) - 1)


def is_whole(column: Column) -> bool:
    """Tell whether a column's type holds whole numbers only."""
    return column.dtype in _WHOLE


def open_table(relation: duckdb.DuckDBPyRelation) -> Table:
    """Put safe names over a relation.

    Raises
    ------
    InputError
        The relation has no rows or no columns.
    """
    names, types = list(relation.columns), [str(kind) for kind in relation.types]
    columns = tuple(
        Column(name, dtype, kind_of(dtype), f"c{at}")
        for at, (name, dtype) in enumerate(zip(names, types, strict=True))
    )
    if not columns or not relation.limit(1).fetchall():
        rule = "a datasheet needs at least one row and one column, got an empty table"
        raise InputError.of("empty", "data", rule)
    return Table(_held(relation.project(", ".join(_projected(column) for column in columns))), columns)


def _held(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Keep a table of moderate size in memory, so that its file is read once."""
    ((rows,),) = relation.query("t", "SELECT count(*) FROM t").fetchall()
    if rows * len(relation.columns) > HELD_CELLS:
        return relation
    return connect(len(relation.columns)).from_arrow(relation.to_arrow_table())


def _projected(column: Column) -> str:
    name = quoted(column.name)
    if column.dtype in _REAL:
        return f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {column.ref}"
    if column.kind == "text":
        return f"CAST({name} AS VARCHAR) AS {column.ref}"
    return f"{name} AS {column.ref}"


def level_sql(column: Column, bands: Mapping[str, Sequence[float]]) -> str:
    """Write the expression of a row's level on an attribute: its value, or the name of its band."""
    edges = bands.get(column.name)
    if not edges:
        return column.ref
    names = band_levels(edges, whole=is_whole(column))
    cases = " ".join(
        f"WHEN {column.ref} < {float(edge)!r} THEN {literal(name)}"
        for edge, name in zip(edges, names, strict=False)
    )
    return f"CASE WHEN {column.ref} IS NULL THEN NULL {cases} ELSE {literal(names[-1])} END"


def as_level(value: Any) -> Level:
    """Turn a value of the database into a group's level; what JSON does not hold becomes its text."""
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def unknown_columns(table: Table, wanted: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Report the names that are not columns, by the argument that named them."""
    known = [column.name for column in table.columns]
    return [
        Problem("unknown_column", where, f"must name a column, got {name!r}; {did_you_mean(name, known)}")
        for where, names in wanted.items()
        for name in names
        if name not in known
    ]
