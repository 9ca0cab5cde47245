"""Scores above the median of all: the scoring rate of New York City's rules (6 RCNY 5-300)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .cube import DECISION, SCORE, Axis, Cube
from .labels import numbers


def weighted_median(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Middle of the values: half of the weight lies at or below it; between two middle values their mean.

    Examples
    --------
    >>> weighted_median([3, 1, 2, 10]), weighted_median([1, 2, 3], [5, 1, 1])
    (2.5, 1.0)
    """
    array = np.asarray(values, dtype=float)
    weight = np.ones_like(array) if weights is None else np.asarray(weights, dtype=float)
    order = np.argsort(array, kind="stable")
    array, below = array[order], np.cumsum(weight[order])
    half = below[-1] / 2
    low = array[np.searchsorted(below, half * (1 - 1e-12))]
    high = array[min(int(np.searchsorted(below, half * (1 + 1e-12), side="right")), len(array) - 1)]
    return float((low + high) / 2)


def above_median(y_score: Any) -> NDArray[np.uint8]:
    """Mark the scores *strictly* above the median of all of them, as the rules define the scoring rate.

    Parameters
    ----------
    y_score : array-like of shape (rows,)
        Of the full sample, people of unknown category included; leave them out first where they
        should not count.

    Returns
    -------
    ndarray of 0 and 1
        To be counted as decisions. Ties at the median are 0, so that less than half may be 1.

    Raises
    ------
    InputError
        Scores that are missing, infinite or not numbers, or none.

    Examples
    --------
    >>> above_median([1, 2, 2, 3]).tolist()
    [0, 0, 0, 1]
    """
    scores = numbers(y_score, SCORE)
    if not scores.size or not np.isfinite(scores).all():
        raise InputError.of(
            "bad_scores", SCORE, "at least one score, and finite ones, are needed; correct those rows"
        )
    return (scores > np.median(scores)).astype(np.uint8)


def median_split(cube: Cube) -> Cube:
    """Replace the scores of a cube by the decision "strictly above the median of all".

    Raises
    ------
    InputError
        The cube's grid does not keep every distinct score, so that the median is not exact.

    Examples
    --------
    >>> from evenhand.metrics.grid import Grid
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of(y_score=[1, 2, 2, 3], sensitive_features=["F", "F", "M", "M"], grid=Grid("distinct"))
    >>> split = median_split(cube)
    >>> split.slice("y_pred", 1).groups("sensitive_feature")
    (('M',),)
    """
    if cube.grid is None or cube.grid.kind != "distinct":
        rule = "the median is exact only where every distinct score is kept"
        raise InputError.of(
            "grid", SCORE, f"{rule}; count with Grid('distinct'), or decide rows with above_median"
        )
    kept = cube.keep(*(name for name in cube.names if name != DECISION))
    scores = np.array(kept.axis(SCORE).levels, dtype=float)
    weights = kept.keep(SCORE)
    middle = weighted_median(scores[weights.codes[:, 0]], weights.measures[:, 1])
    split = kept.recode(SCORE, (scores > middle).astype(int).tolist(), (0, 1))
    axes = tuple(Axis(DECISION, "decision", (0, 1)) if a.role == "score" else a for a in split.axes)
    return Cube(axes, split.codes, split.measures, None, split.weight_kind)
