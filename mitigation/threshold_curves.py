"""What every threshold does in every group: counts read off scores, or off a cube, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from ..errors import InputError
from ..metrics.cube import LABEL, SCORE, Cube
from ..metrics.rates import WEIGHT
from ..metrics.results import Group
from .rows import Floats, Integers


@dataclass(frozen=True, eq=False)
class Curve:
    """The counts of one group at each of its thresholds, from the one that selects nobody downwards.

    Parameters
    ----------
    thresholds : ndarray of float, shape (T,)
        Descending; the first is infinite. A row is selected if its score reaches the threshold. Each lies
        half way between two scores that occur.
    lowest : ndarray of float, shape (T,)
        The lowest score selected at each; infinite where nobody is.
    tp, fp : ndarray of float, shape (T,)
        Weighted rows selected whose label is positive, and negative.

    Examples
    --------
    >>> curve = curves_of_rows([0.9, 0.4, 0.4], [1, 0, 1], [0, 0, 0], groups=1)[0]
    >>> curve.thresholds.tolist(), curve.tp.tolist(), curve.fp.tolist()
    ([inf, 0.65, 0.2], [0.0, 1.0, 2.0], [0.0, 0.0, 1.0])
    >>> curve.place([0.5, 0.4, 0.3]).tolist()
    [1, 2, 2]
    """

    thresholds: Floats
    lowest: Floats
    tp: Floats
    fp: Floats

    @property
    def positives(self) -> float:
        """Weighted rows whose label is positive."""
        return float(self.tp[-1])

    @property
    def negatives(self) -> float:
        """Weighted rows whose label is negative."""
        return float(self.fp[-1])

    @property
    def cells(self) -> Floats:
        """Confusion matrices, indexed by label and decision, shape (T, 2, 2)."""
        return cells_of(self.tp, self.fp, self.positives, self.negatives)

    def place(self, thresholds: Any) -> Integers:
        """Give the position whose counts hold at any thresholds, of the same shape."""
        return np.searchsorted(-self.lowest, -np.asarray(thresholds, dtype=float), side="right") - 1

    def at(self, threshold: float) -> tuple[float, float]:
        """Count true and false positives at any threshold."""
        place = self.place(threshold)
        return float(self.tp[place]), float(self.fp[place])

    def cells_at(self, threshold: float) -> Floats:
        """Give the confusion matrix at any threshold, shape (2, 2)."""
        return cells_of(*self.at(threshold), self.positives, self.negatives)

    def take(self, places: NDArray[Any]) -> Curve:
        """Keep some of the thresholds."""
        return Curve(self.thresholds[places], self.lowest[places], self.tp[places], self.fp[places])


def cells_of(tp: Any, fp: Any, positives: Any, negatives: Any) -> Floats:
    """Arrange counts as confusion matrices of shape (..., 2, 2), indexed by label and decision.

    Examples
    --------
    >>> cells_of(3, 1, 4, 9).tolist()
    [[8, 1], [1, 3]]
    """
    tp, fp, p, n = np.broadcast_arrays(tp, fp, positives, negatives)
    return np.stack([np.stack([n - fp, fp], axis=-1), np.stack([p - tp, tp], axis=-1)], axis=-2)


def curves_of_rows(
    scores: Any, positive: Any, codes: Any, groups: int, weights: Floats | None = None
) -> list[Curve]:
    """Count what every threshold does, from ready scores.

    Parameters
    ----------
    scores : array-like of float, shape (rows,)
        Finite.
    positive : array-like of bool, shape (rows,)
        Whether the label is positive.
    codes : array-like of int, shape (rows,)
        The group of each row, in ``0 .. groups - 1``.
    groups : int
    weights : ndarray of float, shape (rows,), optional

    Returns
    -------
    list of Curve
        One a group; that of a group without rows has the infinite threshold only.
    """
    scores, high = np.asarray(scores, dtype=float), np.asarray(positive, dtype=float)
    codes = np.asarray(codes).astype(np.min_scalar_type(groups), copy=False)
    low = 1.0 - high
    if weights is not None:
        used = np.flatnonzero(weights)  # a row without weight must not move a threshold
        scores, codes = scores[used], codes[used]
        high, low = high[used] * weights[used], low[used] * weights[used]
    by_group = np.argsort(codes, kind="stable")  # of narrow whole numbers: a radix sort
    ends = np.cumsum(np.bincount(codes, minlength=groups))
    curves = []
    for rows in np.split(by_group, ends[:-1]):
        order = rows[np.argsort(-scores[rows])]
        curves.append(_curve(scores[order], high[order], low[order]))
    return curves


def _curve(scores: Floats, positives: Floats, negatives: Floats) -> Curve:
    """Make a curve of rows, or of cells, in the order of falling scores."""
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)[: len(scores)]
    lowest = np.append(np.inf, scores[last])
    return Curve(
        _between(lowest),
        lowest,
        np.append(0.0, np.cumsum(positives)[last]),
        np.append(0.0, np.cumsum(negatives)[last]),
    )


def _between(lowest: Floats) -> Floats:
    """Put thresholds half way between each score and the next below; the last is half way to 0."""
    if len(lowest) == 1:
        return lowest
    below = np.append(lowest[2:], min(0.0, lowest[-1]))
    middle = (lowest[1:] + below) / 2
    # Between two neighbouring doubles there is no middle: the upper one itself is the threshold.
    return np.append(np.inf, np.where(middle > below, middle, lowest[1:]))


def curves_of_cube(cube: Cube, *attributes: str) -> tuple[tuple[Group, ...], list[Curve]]:
    """Count what every threshold does, from a cube with binary labels and a score axis.

    Parameters
    ----------
    cube : Cube
    *attributes : str
        Sensitive columns; several mean their intersections. None: a single group of all rows.

    Returns
    -------
    groups : tuple of tuple
    curves : list of Curve
        On a fixed grid the thresholds are the lower ends of its bins, at which decisions are exact.

    Raises
    ------
    InputError
        The cube has no labels or scores, or its labels are not binary.

    Examples
    --------
    >>> from evenhand.metrics.grid import Grid
    >>> from evenhand.metrics.tally import cube_of
    >>> rows = {"y_true": [1, 0, 1], "y_score": [0.8, 0.3, 0.6], "sensitive_features": {"sex": list("FFM")}}
    >>> groups, curves = curves_of_cube(cube_of(**rows, grid=Grid(bins=8)), "sex")
    >>> groups, curves[0].thresholds.tolist()
    ((('F',), ('M',)), [inf, 0.75, 0.25])
    """
    if cube.axis(LABEL).levels != (0, 1):
        said = f"two labels are wanted, got the classes {cube.axis(LABEL).levels[:6]}"
        raise InputError.of("not_binary", LABEL, said)
    kept = cube.keep(*attributes, SCORE, LABEL)
    lows = _lower_ends(kept)
    groups = cube.groups(*attributes) if attributes else ((),)
    place = {group: i for i, group in enumerate(groups)}
    names = [kept.axis(name).levels for name in attributes]
    flat, inverse = np.unique(kept.codes[:, : len(attributes)], axis=0, return_inverse=True)
    where = np.array([place[tuple(n[c] for n, c in zip(names, row, strict=True))] for row in flat.tolist()])
    codes = where[inverse.ravel()]
    scores = lows[kept.codes[:, len(attributes)]]
    curves = curves_of_rows(scores, kept.codes[:, -1] == 1, codes, len(groups), kept.measures[:, WEIGHT])
    if kept.grid is not None and kept.grid.kind != "distinct":
        curves = [replace(curve, thresholds=curve.lowest) for curve in curves]
    return groups, curves


def _lower_ends(cube: Cube) -> Floats:
    if cube.grid is not None and cube.grid.kind != "distinct":
        return cube.grid.edges
    return np.array(cube.axis(SCORE).levels, dtype=float)


def pooled_curve(curves: Sequence[Curve]) -> Curve:
    """Add the curves of several groups into the curve of all their rows.

    Examples
    --------
    >>> curves = curves_of_rows([0.9, 0.4], [1, 0], [0, 1], groups=2)
    >>> pooled = pooled_curve(curves)
    >>> pooled.thresholds.tolist(), pooled.tp.tolist(), pooled.fp.tolist()
    ([inf, 0.65, 0.2], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0])
    """
    lowest = np.unique(np.concatenate([curve.lowest for curve in curves]))[::-1]
    on_edges = all(np.array_equal(curve.thresholds, curve.lowest) for curve in curves)
    places = [curve.place(lowest) for curve in curves]
    return Curve(
        lowest if on_edges else _between(lowest),
        lowest,
        np.sum([c.tp[at] for c, at in zip(curves, places, strict=True)], axis=0),
        np.sum([c.fp[at] for c, at in zip(curves, places, strict=True)], axis=0),
    )


def hull_of(curve: Curve) -> Curve:
    """Keep the thresholds at the corners of the convex hull of the group's ROC points.

    Any mixture of thresholds lies within this hull, so that mixtures of its corners reach all that can be
    reached. The upper side are the blocks of an isotonic regression of labels on scores.

    Examples
    --------
    >>> curve = curves_of_rows([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0], [0] * 4, groups=1)[0]
    >>> hull_of(curve).thresholds.round(2).tolist()
    [inf, 0.85, 0.65, 0.3]
    """
    gained = np.diff(curve.tp) + np.diff(curve.fp)
    used = gained > 0
    if not used.any():
        return curve.take(np.array([0]))
    share = np.diff(curve.tp)[used] / gained[used]
    ends = np.append(0, np.flatnonzero(used) + 1)
    corners = [
        isotonic_regression(share, weights=gained[used], increasing=rising).blocks for rising in (False, True)
    ]
    return curve.take(ends[np.union1d(*corners)])
