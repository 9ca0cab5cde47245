"""Rows that walk down a tree together, each with the players whose conditions it has missed so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .exact_games import Seen
from .exact_trees import Bools
from .pairing import Floats, Ints

MOST_DENSE = 18
"""Players on a path up to which all miss sets are counted; above, only those that occur."""
MERGE_FROM = 4_000
"""Fewer rows than this are not sorted to merge them."""
SOON = 4
"""Sorting pays where so many further players make miss sets too many to count."""
WORTH = 2
"""Rows for each cell from which counting them to merge them pays."""


@dataclass(frozen=True)
class Labels:
    """What rows are told apart by when they are counted, and how much each counts.

    Parameters
    ----------
    label : ndarray of int, shape (rows,)
        Below ``2 ** width``.
    weight : ndarray of float, shape (rows,)
        Above zero.
    width : int
    """

    label: Ints
    weight: Floats
    width: int


@dataclass(frozen=True)
class Crowd:
    """Rows that walk together.

    Parameters
    ----------
    missed : ndarray of int, shape (rows,)
        The row's label in the lowest ``width`` bits, above it a bit for each player missed.
    weight : ndarray of float, shape (rows,)
    width : int
    goes : callable
        A node to which rows take its left branch.
    """

    missed: Ints
    weight: Floats
    width: int
    goes: Callable[[int], Bools]

    def past(self, node: int, bit: int) -> tuple[Crowd, Crowd]:
        """Step below a node, left and right: rows that belong on the other side miss the player."""
        one = self.missed.dtype.type(1 << (self.width + bit))
        left = self.goes(node).view(np.uint8) * one
        return self._with(self.missed | (left ^ one)), self._with(self.missed | left)

    def _with(self, missed: Ints) -> Crowd:
        return Crowd(missed, self.weight, self.width, self.goes)

    def counts(self, players: int) -> Floats:
        """Sum weights by miss set and label, shape (2 ** players, 2 ** width)."""
        cells = 1 << (players + self.width)
        return _sums(self.missed, self.weight, cells).reshape(-1, 1 << self.width)

    def seen(self) -> Seen:
        """Sum weights by the miss sets that occur."""
        missed = self.missed.astype(np.int64)
        sets, at = np.unique(missed >> self.width, return_inverse=True)
        cell = (at << self.width) + (missed & ((1 << self.width) - 1))
        counts = _sums(cell, self.weight, len(sets) << self.width)
        return Seen(sets, counts.reshape(len(sets), -1))

    def merged(self, players: int, conditions: int, nodes: Callable[[], dict[int, int]]) -> Crowd:
        """Make one row of those that have missed the same and answer all conditions below alike.

        Parameters
        ----------
        players : int
            On the path so far.
        conditions : int
            How many different ones there are below.
        nodes : callable
            Gives the nodes below, each with the number of its condition.

        Returns
        -------
        Crowd
            This one, where merging would not pay.
        """
        low = players + self.width
        dense = len(self.missed) >= WORTH << (low + conditions)
        if not dense and (
            len(self.missed) < MERGE_FROM
            or players + min(conditions, SOON) <= MOST_DENSE
            or low + conditions > 62
        ):
            return self
        numbered = nodes()
        code = self._coded(numbered, low, conditions)
        cells, sums = _counted(code, self.weight) if dense else _sorted(code, self.weight, low + conditions)
        if 2 * len(cells) > len(code):
            return self
        missed = (cells & ((1 << low) - 1)).astype(self.missed.dtype)
        return Crowd(missed, sums, self.width, lambda node: (cells >> (low + numbered[node])) & 1 == 1)

    def _coded(self, numbered: dict[int, int], low: int, conditions: int) -> Ints:
        kind = kind_of(low + conditions)
        code: NDArray[Any] = self.missed.astype(kind)
        asked = {condition: node for node, condition in numbered.items()}
        for condition, node in asked.items():
            code |= self.goes(node).view(np.uint8) * kind(1 << (low + condition))
        return code


def _sums(cell: Ints, weight: Floats, cells: int = 0) -> Floats:
    return np.bincount(cell, weight, minlength=cells).astype(np.float64, copy=False)


def _counted(code: Ints, weight: Floats) -> tuple[Ints, Floats]:
    sums = _sums(code, weight)
    cells = np.flatnonzero(sums)
    return cells, sums[cells]


def _sorted(code: Ints, weight: Floats, bits: int) -> tuple[Ints, Floats]:
    # The same by sorting. Code and position in one number sort much faster than positions by code.
    wide = len(code).bit_length()
    if bits + wide > 62:
        cells, at = np.unique(code, return_inverse=True)
        return cells, _sums(at, weight)
    both = np.sort((code.astype(np.int64) << wide) | np.arange(len(code)))
    ordered = both >> wide
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    return ordered[starts], np.add.reduceat(weight[both & ((1 << wide) - 1)], starts)


def kind_of(bits: int) -> type[np.uint16 | np.int32 | np.int64]:
    """Choose the smallest kind of number with so many bits."""
    if bits <= 16:
        return np.uint16
    return np.int32 if bits < 32 else np.int64
