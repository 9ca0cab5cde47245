"""ROC curves of every group, and the area between two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .rates import divide
from .results import Group
from .scores_table import Floats, Places, ScoreTable


@dataclass(frozen=True, eq=False)
class RocCurves:
    """One ROC curve per group, at common thresholds.

    Parameters
    ----------
    groups : tuple of tuple
    thresholds : ndarray of float, shape (K,)
        Descending, from infinity (none selected) to the lowest bin (all selected); rows with scores of at
        least the threshold are selected.
    false_positive_rate, true_positive_rate : ndarray of float, shape (G, K)
        nan for a group of one class. The points are exact; only the lines between them are drawn.
    """

    groups: tuple[Group, ...]
    thresholds: Floats
    false_positive_rate: Floats
    true_positive_rate: Floats


def roc_curves(table: ScoreTable, points: int = 101) -> RocCurves:
    """Give each group's ROC curve at no more than so many thresholds, common to all groups.

    The thresholds are spread evenly along the pooled curve, by the mean of its two rates.

    Parameters
    ----------
    table : ScoreTable
    points : int
        At least 2, both corners included.

    Raises
    ------
    InputError
        Fewer than two points.

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([0, 1, 1], y_score=[0.25, 0.75, 0.5], sensitive_features=["F"] * 3)
    >>> curves = roc_curves(score_table(cube, "sensitive_feature"))
    >>> curves.thresholds.tolist(), curves.true_positive_rate.tolist()
    ([inf, 0.75, 0.5, 0.25], [[0.0, 0.5, 1.0, 1.0]])
    """
    if points < 2:
        raise InputError.of("points", "points", f"a curve has at least 2 points, got {points}; write 101")
    pooled = table.weight.sum(axis=0)
    along = np.nan_to_num(divide(pooled, pooled.sum(axis=1, keepdims=True))).mean(axis=0)
    reached = np.cumsum(along[::-1])
    whole = reached[-1] if reached.size else 1.0
    wanted = np.searchsorted(reached, np.arange(1, points) / (points - 1) * whole * (1 - 1e-12))
    keep = np.unique(wanted[wanted < reached.size])
    rates = np.cumsum(table.weight[..., ::-1], axis=-1)[..., keep]
    rates = divide(rates, table.weight.sum(axis=-1, keepdims=True))
    corner = np.where(np.isnan(rates[..., :1]), np.nan, 0.0)
    rates = np.concatenate([corner, rates], axis=-1)
    thresholds = np.concatenate([[np.inf], table.lows[::-1][keep]])
    return RocCurves(table.groups, thresholds, rates[:, 0], rates[:, 1])


def area_between(first: Floats, second: Floats) -> Floats:
    """Area between pairs of ROC curves of straight pieces, exactly; any number of pairs at once.

    Parameters
    ----------
    first, second : array of shape (R, 2, B)
        Counts by label (negative, positive) and score bin, ascending, of the two groups.

    Returns
    -------
    array of shape (R,)
        nan where a group lacks a label.

    Examples
    --------
    >>> one, two = np.array([[[2.0, 1, 1], [0, 1, 3]]]), np.array([[[1.0, 1, 1], [1, 1, 1]]])
    >>> area_between(one, two).tolist()
    [0.3125]
    """
    (fa, ta), (fb, tb) = _curve(first), _curve(second)
    both = np.concatenate([fa, fb], axis=1)
    order = np.argsort(both, axis=1, kind="stable")
    at = np.take_along_axis(both, order, axis=1)
    mine = np.cumsum(order < fa.shape[1], axis=1)
    place = np.arange(1, at.shape[1] + 1)
    one = _heights(fa, ta, mine - 1, at)
    two = _heights(fb, tb, place - mine - 1, at)
    width = np.diff(at, axis=1)
    area: Floats = (width * _mean_gap(one[0] - two[0], one[1] - two[1])).sum(axis=1)
    return np.where(np.isnan(fa[:, -1] + ta[:, -1] + fb[:, -1] + tb[:, -1]), np.nan, area)


def _curve(counts: Floats) -> tuple[Floats, Floats]:
    """Give false and true positive rates from (0, 0) to (1, 1), each (R, B + 1)."""
    rates = np.cumsum(divide(counts, counts.sum(axis=-1, keepdims=True))[..., ::-1], axis=-1)
    rates = np.concatenate([np.zeros((*rates.shape[:2], 1)), rates], axis=-1)
    rates[..., -1] = np.where(np.isnan(rates[..., -1]), np.nan, 1.0)
    rates = np.minimum(rates, 1.0)
    return rates[:, 0], rates[:, 1]


def _heights(x: Floats, y: Floats, piece: Places, at: Floats) -> tuple[Floats, Floats]:
    """Height of each curve at both ends of the intervals of ``at``, along the piece that spans each."""
    left = np.clip(piece[:, :-1], 0, x.shape[1] - 2)
    x0, y0 = np.take_along_axis(x, left, axis=1), np.take_along_axis(y, left, axis=1)
    run = np.take_along_axis(x, left + 1, axis=1) - x0
    rise = np.take_along_axis(y, left + 1, axis=1) - y0
    slope = np.divide(rise, run, out=np.zeros_like(rise), where=run > 0)
    return y0 + slope * (at[:, :-1] - x0), y0 + slope * (at[:, 1:] - x0)


def _mean_gap(start: Floats, end: Floats) -> Floats:
    """Mean of |a line| from ``start`` to ``end``: two triangles where it crosses zero."""
    crosses = start * end < 0
    total = np.abs(start) + np.abs(end)
    parts = np.divide(start**2 + end**2, 2 * total, out=np.zeros_like(total), where=crosses)
    return np.where(crosses, parts, total / 2)
