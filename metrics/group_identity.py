"""Columns of Python's own strings that are the same few objects over and over: told apart by where they lie.

Whoever makes such a column from a list of levels, or reads it from a file, has a handful of objects and many
references to them. Looking at an object itself is slow, as it lies somewhere else in memory; its address is
in the array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .group_arrays import level_of
from .group_levels import Codes, Column

_SAMPLE = 65_536
"""Rows that are looked at first, and at a time."""
_FEW = 256
"""Beyond so many distinct objects a column is looked up by value."""
_ROUNDS = 8
_TABLES = [(shift, 1 << bits) for bits in (10, 13, 16) for shift in range(4, 13)]

_Addresses = NDArray[np.uintp]


def encode_few(array: NDArray[Any], name: str) -> Column | None:
    """Code an array of few distinct strings, some maybe missing; None where this is not the way.

    Examples
    --------
    >>> words = ["F", None, "M"]
    >>> column = encode_few(np.array([words[i] for i in (2, 0, 2, 1)], dtype=object), "sex")
    >>> column.levels, column.codes.tolist()
    (('M', 'F', None), [0, 1, 0, 2])
    """
    if not array.size or array.ndim != 1:
        return None
    addresses = np.asarray(_Pointers(array))
    found = _objects(addresses)
    if found is None:
        return None
    rows, places = found
    values = [array[row] for row in rows]
    levels = [level_of(value) for value in values]
    words = [type(value) is str for value in values]
    if not any(words) or any(
        level is not None and not word for level, word in zip(levels, words, strict=True)
    ):
        return None
    # Distinct objects may be equal strings, or all stand for a missing value, which comes last.
    ordered = sorted(dict.fromkeys(levels), key=lambda level: level is None)
    lookup = np.array([ordered.index(level) for level in levels], dtype=np.uint8)
    plain = np.array_equal(lookup, np.arange(len(lookup)))
    return Column(name, places if plain else lookup[places], tuple(ordered))


class _Pointers:
    """Shows an array of objects as the addresses that it holds."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.__array_interface__ = {
            "version": 3,
            "shape": array.shape,
            "typestr": np.dtype(np.uintp).str,
            "data": (array.__array_interface__["data"][0], True),
            "strides": array.strides,
        }
        self._held = array


def _objects(addresses: _Addresses) -> tuple[list[int], Codes] | None:
    """Give the row where each distinct object is first seen, and which of them every row holds."""
    rows = _first_rows(addresses[:_SAMPLE])
    for _ in range(_ROUNDS):
        table = None if len(rows) > _FEW else _table(addresses[rows])
        if table is None:
            return None
        places = np.empty(len(addresses), dtype=np.uint8)
        unknown = _look_up(addresses, table, places)
        if unknown is None:
            return rows, places
        new = addresses[unknown : unknown + _SAMPLE]
        fresh = np.flatnonzero(~np.isin(new, addresses[rows]))
        rows += [unknown + int(fresh[row]) for row in _first_rows(new[fresh])]
    return None


def _first_rows(addresses: _Addresses) -> list[int]:
    _, first = np.unique(addresses, return_index=True)
    return sorted(first.tolist())


_Table = tuple[int, int, _Addresses, NDArray[np.uint8]]


def _table(known: _Addresses) -> _Table | None:
    """Find a table in which no two addresses share a place: shift, mask, the address and number at each."""
    for shift, size in _TABLES:
        at = (known >> np.uintp(shift)) & np.uintp(size - 1)
        if len(np.unique(at)) == len(known):
            keys, numbers = np.zeros(size, dtype=np.uintp), np.zeros(size, dtype=np.uint8)
            keys[at], numbers[at] = known, np.arange(len(known), dtype=np.uint8)
            return shift, size - 1, keys, numbers
    return None


def _look_up(addresses: _Addresses, table: _Table, places: NDArray[np.uint8]) -> int | None:
    """Fill in the number of every row's object; or give the first row of a part that holds an unknown one."""
    shift, mask, keys, numbers = table
    for start in range(0, len(addresses), _SAMPLE):
        part = addresses[start : start + _SAMPLE]
        at = (part >> np.uintp(shift)) & np.uintp(mask)
        if (keys[at] != part).any():
            return start
        places[start : start + _SAMPLE] = numbers[at]
    return None
