"""A column of groups: its codes and levels, and the order of levels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .results import Level

MAX_LEVELS = 100_000
"""More distinct values than this are a sign of a number or an id, not of a group."""

Codes = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Column:
    """A column of groups: ``levels[codes[i]]`` is the level of row ``i``.

    Parameters
    ----------
    name : str
    codes : ndarray of int, shape (rows,)
        Each in ``0 .. len(levels) - 1``.
    levels : tuple
        Distinct; ``None`` stands for a missing value. A level may have no rows.
    ordered : bool
        Whether the order of the levels means something and is kept.
    """

    name: str
    codes: Codes
    levels: tuple[Level, ...]
    ordered: bool = False


def with_missing(column: Column) -> Column:
    """Make codes below zero a level of their own, ``None``.

    Examples
    --------
    >>> with_missing(Column("sex", np.array([0, -1]), ("F",))).codes.tolist()
    [0, 1]
    """
    if column.codes.size and int(column.codes.min()) < 0:
        codes = np.where(column.codes < 0, len(column.levels), column.codes)
        return replace(column, codes=codes, levels=(*column.levels, None))
    return column


def missing_last(name: str, codes: Codes, levels: tuple[Level, ...]) -> Column:
    """Make a column whose missing level, if it has one, is the last.

    Examples
    --------
    >>> missing_last("sex", np.array([0, 1, 2]), ("F", None, "M")).codes.tolist()
    [0, 2, 1]
    """
    if None not in levels or levels[-1] is None:
        return Column(name, codes, levels)
    at = levels.index(None)
    lookup = np.arange(len(levels), dtype=np.int32)
    lookup[at] = len(levels) - 1
    lookup[at + 1 :] -= 1
    return Column(name, lookup[codes], (*levels[:at], *levels[at + 1 :], None))


def tidy(column: Column) -> Column:
    """Merge levels that stand twice, and missing ones into one that is the last.

    Examples
    --------
    >>> tidy(Column("sex", np.array([0, 1, 2]), ("F", "M", "F"))).codes.tolist()
    [0, 1, 0]
    """
    # Dictionaries and categories may hold a value twice, or a missing one, as different entries.
    levels = column.levels
    keys = [(type(level), level) for level in levels]
    if None not in levels[:-1] and len(set(keys)) == len(keys):
        return column
    distinct = [*dict.fromkeys(key for key in keys if key[1] is not None)]
    places = {key: i for i, key in enumerate(distinct)}
    lookup = np.array([places.get(key, len(distinct)) for key in keys], dtype=np.int32)
    missing = (None,) if None in levels else ()
    return replace(column, codes=lookup[column.codes], levels=(*(level for _, level in distinct), *missing))


def refuse_many(count: int, name: str) -> None:
    """Raise where a column has more levels than groups can be.

    Raises
    ------
    InputError
        More than 100,000.
    """
    if count > MAX_LEVELS:
        raise InputError.of(
            "too_many_levels",
            name,
            f"a column of groups has at most {MAX_LEVELS:,} distinct values, got more;"
            " is it a number or an id? band it, or leave it out",
        )


def sort_key(level: Level) -> tuple[bool, bool, float, str]:
    """Order levels: numbers by value, then text by its characters, a missing value last."""
    if level is None:
        return (True, True, 0.0, "")
    if isinstance(level, str):
        return (False, True, 0.0, level)
    return (False, False, level, type(level).__name__)


def sort_column(column: Column) -> Column:
    """Put the levels of a column in their natural order, unless they have an order of their own.

    Examples
    --------
    >>> sort_column(Column("sex", np.array([0, 1, 2, 0]), ("M", "F", None))).codes.tolist()
    [1, 0, 2, 1]
    """
    order = sorted(range(len(column.levels)), key=lambda i: sort_key(column.levels[i]))
    if column.ordered or order == list(range(len(order))):
        return column
    lookup: Codes = np.empty(len(order), dtype=np.uint8 if len(order) <= 1 << 8 else np.int32)
    lookup[order] = np.arange(len(order))
    return replace(column, codes=lookup[column.codes], levels=tuple(column.levels[i] for i in order))
