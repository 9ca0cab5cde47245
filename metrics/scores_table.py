"""The score axis of a cube as one table: counts by group, label and score bin."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from .cube import LABEL, SCORE, Axis, Cube, WeightKind
from .grid import Grid
from .rates import divide, effective_size
from .results import Group

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MAX_CELLS = 1 << 28
"""Largest table, in groups x labels x bins x measures: 2 GiB."""


Why = Reason | None


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Counts of rows by group, true label and score bin; only bins that hold a row.

    Parameters
    ----------
    attributes : tuple of str
    groups : tuple of tuple, length G
    lows, highs : ndarray of float, shape (B,)
        Range of the scores in each bin, ascending; equal where a bin is one score.
    measures : ndarray of float, shape (5, G, 2, B)
        Rows, sums of weights, of squared weights, of weight x score, and of weight x score squared, by
        group, label (negative, positive) and bin.
    weight_kind : {"frequency", "survey"} or None
    """

    attributes: tuple[str, ...]
    groups: tuple[Group, ...]
    lows: Floats
    highs: Floats
    measures: Floats = field(repr=False)
    weight_kind: WeightKind | None = None

    @property
    def rows(self) -> Floats:
        """Rows, shape (G, 2, B)."""
        return np.asarray(self.measures[0])

    @property
    def weight(self) -> Floats:
        """Sums of weights, shape (G, 2, B)."""
        return np.asarray(self.measures[1])

    @property
    def spread(self) -> Floats:
        """What a cell adds to a variance: rows, frequency weights, or squared survey weights; (G, 2, B)."""
        return np.asarray(self.measures[{None: 0, "frequency": 1, "survey": 2}[self.weight_kind]])

    @property
    def exact(self) -> bool:
        """Whether every bin is one score, so that figures have no error from bins."""
        return bool(np.array_equal(self.lows, self.highs))

    @property
    def effective(self) -> Floats:
        """Effective number of rows of each group and label, shape (G, 2)."""
        rows, weight, square = self.measures[:3].sum(axis=-1)
        return effective_size(weight, square, rows, self.weight_kind)

    @property
    def total(self) -> Floats:
        """Rows of each group, shape (G,)."""
        return np.asarray(self.rows.sum(axis=(1, 2)))

    @property
    def size(self) -> Floats:
        """Effective number of rows of each group, shape (G,)."""
        rows, weight, square = self.measures[:3].sum(axis=(-2, -1))
        return effective_size(weight, square, rows, self.weight_kind)

    @property
    def mean(self) -> Floats:
        """Mean score of the rows of each group and bin, shape (G, B); nan in empty ones."""
        return divide(self.measures[3].sum(axis=1), self.weight.sum(axis=1))

    @property
    def overall(self) -> ScoreTable:
        """All groups pooled into one."""
        pooled = self.measures.sum(axis=1, keepdims=True)
        return ScoreTable((), ((),), self.lows, self.highs, pooled, self.weight_kind)

    def reasons(self) -> tuple[Why, ...]:
        """Say of each group why it has no figure that needs both labels, or None."""
        negatives, positives = self.weight.sum(axis=-1).T
        return tuple(
            Reason.EMPTY_GROUP
            if p + n == 0
            else Reason.NO_POSITIVES
            if p == 0
            else Reason.NO_NEGATIVES
            if n == 0
            else None
            for p, n in zip(positives, negatives, strict=True)
        )


def score_table(cube: Cube, *attributes: str) -> ScoreTable:
    """Sum a cube into counts by group of the named attributes, label and score bin.

    Parameters
    ----------
    cube : Cube
        With true labels, binary, and scores. A multiclass one is made binary with `Cube.against_rest`.
    *attributes : str
        None: a single group of all rows.

    Raises
    ------
    InputError
        There are no scores or labels, the labels are not binary, there is no such axis, or the table would
        hold more than 2 GiB.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([1, 0, 1], y_score=[0.9, 0.2, 0.6], sensitive_features={"sex": ["F", "M", "M"]})
    >>> table = score_table(cube, "sex")
    >>> table.groups, table.weight.sum(axis=-1).tolist()
    ((('F',), ('M',)), [[0.0, 1.0], [1.0, 1.0]])
    """
    _refuse_lacking(cube)
    names = tuple(cube.axis(name).levels for name in attributes)
    keys, group = _groups(cube, attributes)
    axis = cube.axis(SCORE)
    used, place = _occupied(cube.codes[:, cube.position(SCORE)], len(axis.levels))
    shape = (len(keys), 2, len(used))
    if 5 * np.prod(shape, dtype=float) > MAX_CELLS:
        rule = f"a table of scores holds up to {MAX_CELLS // 5:,} cells, got {shape[0]} x 2 x {shape[2]}"
        raise InputError.of("too_many_bins", SCORE, f"{rule}; count scores on a fixed grid, or fewer groups")
    flat = (group * 2 + cube.codes[:, cube.position(LABEL)]) * shape[2] + place
    measures = np.zeros((5, *shape))
    for i in range(5):
        measures[i] = np.bincount(flat, cube.measures[:, i], minlength=measures[i].size).reshape(shape)
    lows, highs = _ranges(axis, cube.grid)
    at = np.stack(np.unravel_index(keys, [len(n) for n in names]), axis=1) if names else np.empty((1, 0), int)
    groups = tuple(tuple(n[i] for n, i in zip(names, row, strict=True)) for row in at.tolist())
    return ScoreTable(attributes, groups, lows[used], highs[used], measures, cube.weight_kind)


def _refuse_lacking(cube: Cube) -> None:
    if SCORE not in cube.names:
        raise InputError.of("no_scores", SCORE, "figures of scores need scores; give y_score when counting")
    if LABEL not in cube.names:
        raise InputError.of("no_labels", LABEL, "figures of scores need labels; give y_true when counting")
    if cube.axis(LABEL).levels != (0, 1):
        rule = "one class is compared with the rest: choose it with against_rest"
        raise InputError.of("not_binary", LABEL, f"{rule}; got the classes {cube.axis(LABEL).levels[:6]}")


def _groups(cube: Cube, attributes: tuple[str, ...]) -> tuple[Places, Places]:
    """Numbers of the combinations of levels that occur, and which of them each cell is in."""
    if not attributes:
        return np.zeros(1, dtype=np.intp), np.zeros(len(cube.codes), dtype=np.intp)
    places = [cube.position(name) for name in attributes]
    shape = tuple(len(cube.axes[place].levels) for place in places)
    flat = np.ravel_multi_index(tuple(cube.codes[:, place] for place in places), shape)
    return _occupied(flat, math.prod(shape))


def _occupied(codes: NDArray[np.integer[Any]], size: int) -> tuple[Places, Places]:
    """Which of the codes below ``size`` occur, ascending, and the place of each code among them."""
    if size > 4 * len(codes) + 1_000_000:
        used, place = np.unique(codes, return_inverse=True)
        return used.astype(np.intp), place
    seen = np.bincount(codes, minlength=size) > 0
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[codes]


def _ranges(axis: Axis, grid: Grid | None) -> tuple[Floats, Floats]:
    if grid is None or grid.kind == "distinct":
        values = np.asarray(axis.levels, dtype=np.float64)
        return values, values
    last = 1.0 if grid.kind == "uniform" else np.inf
    return grid.edges, np.append(grid.edges[1:], last)
