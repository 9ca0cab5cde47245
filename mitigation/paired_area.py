"""The area under the ROC curve of two models on the same rows (DeLong, DeLong and Clarke-Pearson 1988)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..errors import Reason
from ..metrics.intervals import critical_value
from ..metrics.results import Estimate, Interval
from .rows import Floats
from .scoring import ScoreChange


def area_change(
    labels: NDArray[np.bool_],
    before: Floats | None,
    after: Floats | None,
    *,
    sample_weight: Floats | None = None,
    level: float = 0.95,
) -> ScoreChange:
    """Compare two models' areas under the ROC curve on the same rows.

    Parameters
    ----------
    labels : ndarray of bool, shape (rows,)
    before, after : ndarray of float, shape (rows,), or None
        Scores; None for a model without.
    sample_weight : ndarray of float, shape (rows,), optional
    level : float
        Nominal coverage, in (0, 1).

    Returns
    -------
    ScoreChange
        nan with a reason where scores or a label are lacking. Intervals are normal, cut to the range.

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, Biometrics 44 (1988) 837-845.

    Examples
    --------
    >>> labels = np.array([False, True] * 20)
    >>> found = area_change(labels, np.linspace(0, 1, 40), labels + np.linspace(0, 0.5, 40))
    >>> round(found.before.value, 3), found.after.value, round(found.change.value, 3)
    (0.525, 1.0, 0.475)
    """
    weight = np.ones(len(labels)) if sample_weight is None else sample_weight
    places = [None if scores is None else _placements(labels, scores, weight) for scores in (before, after)]
    first, second = places
    both = None if first is None or second is None else second - first
    ends = ((0.0, 1.0), (0.0, 1.0), (-1.0, 1.0))
    found = (
        _area(labels, each, weight, level, end) for each, end in zip((first, second, both), ends, strict=True)
    )
    return ScoreChange(*found)


def _placements(labels: NDArray[np.bool_], scores: Floats, weight: Floats) -> Floats:
    """Give each row the weighted share of rows of the other label that it is told apart from; ties half."""
    found = np.empty(len(scores))
    for label in (False, True):
        mine, other = labels == label, labels != label
        order = np.argsort(scores[other], kind="stable")
        ranked, total = scores[other][order], np.concatenate([[0.0], np.cumsum(weight[other][order])])
        below, upto = (total[np.searchsorted(ranked, scores[mine], side)] for side in ("left", "right"))
        share = (below + upto) / 2 / total[-1] if total[-1] else np.full(int(mine.sum()), np.nan)
        found[mine] = share if label else 1 - share
    return found


def _area(
    labels: NDArray[np.bool_], places: Floats | None, weight: Floats, level: float, ends: tuple[float, float]
) -> Estimate:
    if places is None:
        return Estimate(math.nan, reason=Reason.NO_SCORES)
    if labels.all() or not labels.any():
        reason = Reason.NO_NEGATIVES if labels.all() else Reason.NO_POSITIVES
        return Estimate(math.nan, rows=len(labels), reason=reason)
    value = float(np.average(places[labels], weights=weight[labels]))
    variance = sum(_variance(places[mine], weight[mine]) for mine in (labels, ~labels))
    half = float(critical_value(level)) * math.sqrt(variance)
    interval = Interval(max(value - half, ends[0]), min(value + half, ends[1]), level, "DeLong")
    return Estimate(value, interval, rows=len(labels))


def _variance(places: Floats, weight: Floats) -> float:
    """Variance of a weighted mean of independent rows."""
    if len(places) < 2:
        return 0.0
    mean = np.average(places, weights=weight)
    spread = float((weight**2 * (places - mean) ** 2).sum() / weight.sum() ** 2)
    return spread * len(places) / (len(places) - 1)
