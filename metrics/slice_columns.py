"""Columns to conditions: every column that is searched becomes a few levels, and every level a condition.

A condition is one column at one level ("sex = F", "age 28 to 36", "job is missing"). Levels with too few
rows make no condition, because no slice with that condition could be large enough either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from .groups import Column, encode, one_column, sort_key
from .labels import numbers
from .results import Level

FEW = 10
"""A column of numbers with at most so many distinct values is taken as it is, and not binned."""

Floats = NDArray[np.float64]
Places = NDArray[np.int32]


@dataclass(frozen=True)
class Condition:
    """One column at one level.

    Parameters
    ----------
    column : str
    level : str, int, float, bool or None
        None is a missing value; for a binned column the bin's name.
    binned : bool
        Whether the level is a bin of numbers.

    Examples
    --------
    >>> str(Condition("sex", "F")), str(Condition("job", None))
    ('sex = F', 'job is missing')
    >>> str(Condition("age", "28 to 36", binned=True))
    'age 28 to 36'
    """

    column: str
    level: Level
    binned: bool = False

    def __str__(self) -> str:
        if self.level is None:
            return f"{self.column} is missing"
        return f"{self.column} {self.level}" if self.binned else f"{self.column} = {self.level}"


@dataclass(frozen=True, eq=False)
class Conditions:
    """The conditions that slices are made of, and which of them each row meets.

    Parameters
    ----------
    listed : tuple of Condition, length C
        Column by column, in the order of the columns.
    column, code : ndarray of int, shape (C,)
        The column of each condition, and its level's code there.
    met : ndarray of int, shape (columns, rows)
        The condition that a row meets in a column; C where its level makes none.
    """

    listed: tuple[Condition, ...]
    column: Places
    code: Places
    met: Places

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.met.shape[1])

    def mask(self, members: Sequence[int]) -> NDArray[np.bool_]:
        """Tell which rows meet all of these conditions."""
        inside = np.ones(self.rows, dtype=bool)
        for member in members:
            inside &= self.met[self.column[member]] == member
        return inside


def searchable(values: Any, name: str, bins: int) -> tuple[Column, bool]:
    """Turn a column into few levels; numbers with many values are binned at their quantiles.

    Parameters
    ----------
    values : array-like of shape (rows,) or Column
    name : str
    bins : int
        At least 2; ties among the quantiles make fewer.

    Returns
    -------
    column : Column
    binned : bool

    Raises
    ------
    InputError
        As `encode` and `numbers` raise it.

    Examples
    --------
    >>> column, binned = searchable(list(range(20, 60)), "age", 4)
    >>> binned, column.levels
    (True, ('under 30', '30 to 39', '40 to 49', '50 and over'))
    """
    if isinstance(values, Column) or not _numeric(values):
        return encode(values, name), False
    given = numbers(values, name)
    present = given[~np.isnan(given)]
    if np.unique(present).size <= FEW:
        return encode(values, name), False
    edges = quantile_edges(present, bins)
    codes = np.where(np.isnan(given), len(edges) + 1, np.searchsorted(edges, given, side="right"))
    whole = bool(np.all(present == np.floor(present)))
    missing = (None,) if present.size < given.size else ()
    return Column(name, codes, (*bin_names(edges.tolist(), whole=whole), *missing), ordered=True), True


def _numeric(values: Any) -> bool:
    values = one_column(values, "column")
    wrapped = nw.from_native(values, allow_series=True, pass_through=True)
    if isinstance(wrapped, nw.Series):
        return wrapped.dtype.is_numeric()
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    if array.dtype.kind != "O":
        return array.dtype.kind in "iuf"
    kinds = {type(value) for value in array.ravel().tolist()} - {type(None)}
    return bool(kinds) and all(issubclass(k, int | float | np.number) and k is not bool for k in kinds)


def quantile_edges(present: Floats, bins: int) -> Floats:
    """Find rising edges that part numbers into bins of like size; a bin begins at its edge.

    Examples
    --------
    >>> quantile_edges(np.arange(20.0, 60.0), 4).tolist()
    [30.0, 40.0, 50.0]
    """
    inner = np.quantile(present, np.arange(1, bins) / bins, method="higher")
    edges = np.unique(inner)
    # An edge at the smallest value would make a bin that no row can fall into.
    return np.asarray(edges[edges > present.min()])


def bin_names(edges: Sequence[float], *, whole: bool) -> tuple[str, ...]:
    """Name the bins that edges make; no edges make one bin.

    Examples
    --------
    >>> bin_names([28, 37], whole=True), bin_names([0.5], whole=False)
    (('under 28', '28 to 36', '37 and over'), ('under 0.5', '0.5 and over'))
    """
    if not edges:
        return ("any number",)
    exact = whole and all(float(edge).is_integer() for edge in edges)
    middle = [_between(low, high, exact=exact) for low, high in pairwise(edges)]
    return (f"under {_number(edges[0])}", *middle, f"{_number(edges[-1])} and over")


def _between(low: float, high: float, *, exact: bool) -> str:
    if not exact:
        return f"{_number(low)} to under {_number(high)}"
    return _number(low) if high - low == 1 else f"{_number(low)} to {_number(high - 1)}"


def _number(value: float) -> str:
    # Every digit is kept: two edges that differ are never written alike.
    return str(int(value)) if math.isfinite(value) and float(value).is_integer() else repr(float(value))


def conditions_of(columns: Sequence[tuple[Column, bool]], rows: NDArray[np.intp], least: int) -> Conditions:
    """List the conditions that enough of the chosen rows meet.

    Parameters
    ----------
    columns : sequence of (Column, bool)
        With whether each is binned.
    rows : ndarray of int, shape (chosen,)
        The rows that count: those in the rate's denominator.
    least : int
        Fewest rows of a condition.

    Examples
    --------
    >>> found = conditions_of([(encode(["F", "F", "M"], "sex"), False)], np.arange(3), 2)
    >>> [str(condition) for condition in found.listed], found.met.tolist()
    (['sex = F'], [[0, 0, 1]])
    """
    listed: list[Condition] = []
    owner: list[int] = []
    code: list[int] = []
    looked: list[NDArray[np.int64]] = []
    for place, (column, binned) in enumerate(columns):
        codes = np.asarray(column.codes, dtype=np.intp)[rows]
        held = np.bincount(codes, minlength=len(column.levels))
        # A condition that every row meets makes no slice of its own.
        kept = np.flatnonzero((held >= least) & (held < len(rows)))
        if not column.ordered:
            # Levels come in an order that depends on the library; conditions do not.
            kept = np.array(sorted(kept, key=lambda i: sort_key(column.levels[i])), dtype=np.intp)
        lookup = np.full(len(column.levels), -1, dtype=np.int64)
        lookup[kept] = len(listed) + np.arange(len(kept))
        listed += [Condition(column.name, column.levels[i], binned) for i in kept]
        owner += [place] * len(kept)
        code += kept.tolist()
        looked.append(lookup[codes])
    met = np.stack(looked)
    met[met < 0] = len(listed)
    return Conditions(tuple(listed), _places(owner), _places(code), met.astype(np.int32))


def _places(values: list[int]) -> Places:
    return np.array(values, dtype=np.int32)
