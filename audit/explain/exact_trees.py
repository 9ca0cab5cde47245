"""Sums over trees in one vocabulary, whatever library they come from, and rows coded for their conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError, Problem
from .pairing import Floats, Ints

Bools = NDArray[np.bool_]
Scale = Literal["probability", "log-odds", "prediction", "margin"]
Absent = Literal["nan", "never", "zero"]

ZERO = 1e-35
"""LightGBM takes values this near to zero for zero."""


@dataclass(frozen=True)
class Reading:
    """How conditions read one column of the matrix.

    Parameters
    ----------
    column : int
        Of the matrix.
    absent : {"nan", "never", "zero"}
        What counts as missing: no number; nothing (no number is read as 0); no number, and zero.
    strict : bool
        Left is ``x < threshold`` rather than ``x <= threshold``.
    single : bool
        Values are rounded to single precision first.
    categorical : bool
        Left is a set of categories, which are whole numbers.
    known : tuple of int, or None
        Any other category counts as missing.
    """

    column: int
    absent: Absent = "nan"
    strict: bool = False
    single: bool = False
    categorical: bool = False
    known: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Tree:
    """One tree, as arrays over its nodes; node 0 is the root.

    Parameters
    ----------
    left, right : ndarray of int, shape (nodes,)
        Children; -1 at a leaf.
    reading : ndarray of int, shape (nodes,)
        Position of the condition's ``Reading`` in the ensemble.
    threshold : ndarray of float, shape (nodes,)
    missing_left : ndarray of bool, shape (nodes,)
    value : ndarray of float, shape (nodes,)
        Read at leaves only.
    subsets : dict of int to tuple of int
        Categories that go left, by node.
    """

    left: Ints
    right: Ints
    reading: Ints
    threshold: Floats
    missing_left: Bools
    value: Floats
    subsets: dict[int, tuple[int, ...]]


@dataclass(frozen=True)
class Ensemble:
    """An output that is a constant plus a sum over trees.

    Parameters
    ----------
    trees : tuple of Tree
    readings : tuple of Reading
    scale : {"probability", "log-odds", "prediction", "margin"}
        What the sum is.
    exactness : float
        How near the library itself computes its sum, relative to its size.
    of_raw : float
        This sum as a multiple of the library's raw score.
    """

    trees: tuple[Tree, ...]
    readings: tuple[Reading, ...]
    scale: Scale
    exactness: float = 1e-8
    of_raw: float = 1.0


@dataclass(frozen=True)
class Coded:
    """Rows as small whole numbers, so that each condition is one comparison.

    Parameters
    ----------
    codes : tuple of ndarray of unsigned int, each of shape (rows,)
        By reading; 0 is missing.
    steps : tuple of ndarray of float
        By reading: the thresholds in order, or the categories that occur.
    gaps : tuple of bool
        By reading: whether any row is missing.
    """

    codes: tuple[NDArray[np.unsignedinteger], ...]
    steps: tuple[Floats, ...]
    gaps: tuple[bool, ...]

    def at(self, rows: Ints) -> Coded:
        """Select rows."""
        return Coded(tuple(codes[rows] for codes in self.codes), self.steps, self.gaps)


def coded(ensemble: Ensemble, matrix: Floats) -> Coded:
    """Code rows by the thresholds and categories of an ensemble.

    Parameters
    ----------
    ensemble : Ensemble
    matrix : ndarray of float, shape (rows, columns)

    Examples
    --------
    >>> stump = Tree(*(np.array(a) for a in ([1, -1, -1], [2, -1, -1], [0, 0, 0], [0.5, 0, 0],
    ...              [False] * 3, [0.0, 1.0, 2.0])), {})
    >>> rows = coded(Ensemble((stump,), (Reading(0),), "margin"), np.array([[0.5], [0.6], [np.nan]]))
    >>> rows.codes[0], goes_left(stump, 0, rows)
    (array([1, 2, 0], dtype=uint8), array([ True, False, False]))
    """
    codes, steps = [], []
    for at, reading in enumerate(ensemble.readings):
        values, missing = _read(reading, matrix[:, reading.column])
        # Categories are those that occur: a set's other members move no row.
        found = np.unique(values[~missing]) if reading.categorical else _thresholds(ensemble.trees, at)
        side: Literal["left", "right"] = "right" if reading.strict else "left"
        rank = np.searchsorted(found, values, side="left" if reading.categorical else side) + 1
        kind = np.min_scalar_type(len(found) + 1)
        codes.append(np.where(missing, 0, rank).astype(kind))
        steps.append(found)
    return Coded(tuple(codes), tuple(steps), tuple(bool((code == 0).any()) for code in codes))


def _thresholds(trees: Sequence[Tree], reading: int) -> Floats:
    parts = [tree.threshold[(tree.left >= 0) & (tree.reading == reading)] for tree in trees]
    return np.unique(np.concatenate([*parts, np.zeros(0)]))


def _read(reading: Reading, column: Floats) -> tuple[Floats, Bools]:
    values = column.astype(np.float32).astype(np.float64) if reading.single else column
    missing = np.isnan(values)
    if reading.absent != "nan":
        values = np.where(missing, 0.0, values)
        missing = np.abs(values) <= ZERO if reading.absent == "zero" else np.zeros(len(values), dtype=bool)
    if reading.categorical:
        values = np.where(missing, -1.0, np.trunc(values))
        missing = values < 0
        if reading.known is not None:
            missing |= ~np.isin(values, np.asarray(reading.known, dtype=np.float64))
    return values, missing


def goes_left(tree: Tree, node: int, rows: Coded) -> Bools:
    """Tell which rows take the left branch of a node."""
    at = int(tree.reading[node])
    codes, missing_left = rows.codes[at], bool(tree.missing_left[node])
    left: Bools
    if node in tree.subsets:
        table = np.isin(rows.steps[at], np.asarray(tree.subsets[node], dtype=np.float64))
        left = np.concatenate([[missing_left], table])[codes]
        return left
    last = codes.dtype.type(np.searchsorted(rows.steps[at], tree.threshold[node]) + 1)
    left = codes <= last
    if rows.gaps[at] and not missing_left:
        left &= codes != 0
    return left


def sums(ensemble: Ensemble, rows: Coded) -> Floats:
    """Evaluate the sum over trees: the plain way, to check that the trees were read rightly.

    Returns
    -------
    ndarray of float, shape (rows,)
        Without the constant.
    """
    count = len(rows.codes[0]) if rows.codes else 0
    total = np.zeros(count)
    for tree in ensemble.trees:
        waiting = [(0, np.arange(count))]
        while waiting:
            node, here = waiting.pop()
            if tree.left[node] < 0:
                total[here] += tree.value[node]
            elif len(here):
                left = goes_left(tree, node, _only(tree, node, rows, here))
                waiting += [(int(tree.left[node]), here[left]), (int(tree.right[node]), here[~left])]
    return total


def _only(tree: Tree, node: int, rows: Coded, here: Ints) -> Coded:
    at = int(tree.reading[node])
    codes = list(rows.codes)
    codes[at] = codes[at][here]
    return Coded(tuple(codes), rows.steps, rows.gaps)


def most_players(tree: Tree, owner: Ints, limit: int) -> int:
    """Count the players on the path that has most; ``ModelError`` where they are more than the limit."""
    most, waiting = 0, [(0, frozenset[int]())]
    while waiting:
        node, met = waiting.pop()
        most = max(most, len(met))
        if tree.left[node] >= 0:
            met |= {int(owner[tree.reading[node]])}
            waiting += [(int(tree.left[node]), met), (int(tree.right[node]), met)]
    if most <= limit:
        return most
    message = f"a path may ask about at most {limit} columns, got {most}; explain_gap explains any model"
    raise ModelError([Problem("deep_path", "model", message)])
