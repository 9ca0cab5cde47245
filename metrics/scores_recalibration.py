"""Calibration slope and intercept of every group: logistic recalibration of the scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from ..errors import InputError, Reason
from .interval_basics import critical_value
from .rates import divide
from .scores_logistic import LogitCounts, fit_line, fit_offset
from .scores_reliability import refuse_other_scores
from .scores_results import ScoreFigures
from .scores_table import Floats, ScoreTable, Why

_SHAPES = (Reason.SEPARATED, Reason.CONSTANT_SCORES)


@dataclass(frozen=True, eq=False)
class Recalibration:
    """What would have to be done to a group's scores on the logit scale.

    Parameters
    ----------
    slope : ScoreFigures
        1 is calibrated; below 1 the scores are too extreme, above 1 too timid.
    intercept : ScoreFigures
        0 is calibrated, at the slope found.
    in_the_large : ScoreFigures
        Intercept with the slope held at 1; 0 is calibrated, above 0 the scores are too low on the whole.
    """

    slope: ScoreFigures
    intercept: ScoreFigures
    in_the_large: ScoreFigures


def recalibration(table: ScoreTable, *, clip: float = 1e-6, level: float = 0.95) -> Recalibration:
    """Fit ``logit P(Y = 1) = intercept + slope * logit(score)`` in every group (Cox 1958).

    Maximum likelihood by Newton's method on the counts by bin, each bin at its mean score. Intervals are
    Wald's; with survey weights from the sandwich variance.

    Parameters
    ----------
    table : ScoreTable
        Its scores are probabilities.
    clip : float
        Scores are held within ``[clip, 1 - clip]``, as 0 and 1 have no logit. In (0, 0.5).
    level : float

    Returns
    -------
    Recalibration
        nan with a reason for groups of one class, of one score, or whose scores separate the labels.
        ``bound`` is an estimate of first order, from the spread of scores within bins.

    Raises
    ------
    InputError
        Scores outside [0, 1], a clip outside (0, 0.5), or a level outside (0, 1).

    References
    ----------
    Cox (1958), Two further applications of a model for binary regression. Van Calster et al. (2019),
    Calibration: the Achilles heel of predictive analytics.

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> y, score = [1] * 6 + [0] * 4 + [1] * 4 + [0] * 6, [0.8] * 10 + [0.2] * 10
    >>> found = recalibration(score_table(cube_of(y, y_score=score, sensitive_features=["F"] * 20)))
    >>> found.slope.value.round(4).tolist(), bool(abs(found.intercept.value[0]) < 1e-9)
    ([0.2925], True)
    """
    refuse_other_scores(table)
    if not 0 < clip < 0.5:
        raise InputError.of("clip", "clip", f"the clip lies between 0 and 0.5, got {clip}; write 1e-6")
    mean = np.clip(np.nan_to_num(table.mean, nan=0.5), clip, 1 - clip)
    data = LogitCounts(special.logit(mean), table.weight[:, 0], table.weight[:, 1])
    reasons = _reasons(table, data)
    usable = np.array([why is None for why in reasons])
    one_class = np.array([why is not None and why not in _SHAPES for why in reasons])
    a, b = fit_line(data, usable)
    large = fit_offset(data, ~one_class)
    errors, bounds = _errors(table, data, a, b, mean)
    offset = _offset_errors(table, data, large, mean)
    plain: tuple[Why, ...] = tuple(None if why in _SHAPES else why for why in reasons)
    return Recalibration(
        _figures("calibration_slope", table, b, errors[1], bounds[1], level, reasons),
        _figures("calibration_intercept", table, a, errors[0], bounds[0], level, reasons),
        _figures("calibration_in_the_large", table, large, *offset, level, plain),
    )


def _figures(  # noqa: PLR0917 - the parts of one figure
    metric: str,
    table: ScoreTable,
    value: Floats,
    error: Floats,
    bound: Floats,
    level: float,
    why: tuple[Why, ...],
) -> ScoreFigures:
    half = critical_value(level) * error
    method = "Wald, sandwich variance" if table.weight_kind == "survey" else "Wald"
    low, high, freedom = value - half, value + half, np.full_like(value, np.inf)
    parts = value, low, high, bound, error, freedom, table.total, table.size
    return ScoreFigures(metric, table.groups, *parts, level, method, why)


def _reasons(table: ScoreTable, data: LogitCounts) -> tuple[Why, ...]:
    """One class, one score, or no row of one label among the scores of the other."""
    ranges = [
        (
            data.x.min(axis=1, where=counts > 0, initial=np.inf),
            data.x.max(axis=1, where=counts > 0, initial=-np.inf),
        )
        for counts in (data.negatives, data.positives)
    ]
    (least_0, most_0), (least_1, most_1) = ranges
    constant = np.maximum(most_0, most_1) == np.minimum(least_0, least_1)
    apart = (most_0 <= least_1) | (most_1 <= least_0)
    found: list[Why] = []
    for why, same, split in zip(table.reasons(), constant, apart, strict=True):
        shape = Reason.CONSTANT_SCORES if same else Reason.SEPARATED if split else None
        found.append(why if why is not None else shape)
    return tuple(found)


def _errors(
    table: ScoreTable, data: LogitCounts, a: Floats, b: Floats, mean: Floats
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Give standard errors of intercept and slope, and first-order bounds of their errors from bins."""
    p = data.chance(np.nan_to_num(a), np.nan_to_num(b))
    _, _, h, k, q = data.sums(p)
    inverse = tuple(divide(part, h * q - k * k) for part in (q, -k, h))
    if table.weight_kind == "survey":
        spread = table.spread[:, 1] * (1 - p) ** 2 + table.spread[:, 0] * p**2
        meat = spread.sum(axis=1), (spread * data.x).sum(axis=1), (spread * data.x**2).sum(axis=1)
        variances = _quadratic(inverse[:2], meat), _quadratic(inverse[1:], meat)
    else:
        variances = inverse[0], inverse[2]
    errors = [np.where(np.isnan(a), np.nan, np.sqrt(np.maximum(one, 0))) for one in variances]
    u, v = _pull(table, data, p, np.nan_to_num(b), mean)
    bounds = [
        np.where(np.isnan(a), np.nan, np.abs(i) * u + np.abs(j) * v) for i, j in (inverse[:2], inverse[1:])
    ]
    return (errors[0], errors[1]), (bounds[0], bounds[1])


def _quadratic(row: tuple[Floats, ...], meat: tuple[Floats, Floats, Floats]) -> Floats:
    return np.asarray(row[0] ** 2 * meat[0] + 2 * row[0] * row[1] * meat[1] + row[1] ** 2 * meat[2])


def _pull(table: ScoreTable, data: LogitCounts, p: Floats, b: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """How far the scores' spread within bins can move the two score equations, to first order."""
    if table.exact:
        return np.zeros(len(b)), np.zeros(len(b))
    weight, score_square = table.weight.sum(axis=1), table.measures[4].sum(axis=1)
    variance = np.maximum(np.nan_to_num(divide(score_square, weight) - table.mean**2), 0)
    moved = weight * np.sqrt(variance) / (mean * (1 - mean))
    level = p * (1 - p) * b[:, None]
    tilt = np.maximum(np.abs(1 - p - data.x * level), np.abs(p + data.x * level))
    return (moved * np.abs(level)).sum(axis=1), (moved * tilt).sum(axis=1)


def _offset_errors(
    table: ScoreTable, data: LogitCounts, large: Floats, mean: Floats
) -> tuple[Floats, Floats]:
    """Give the standard error of the intercept at slope 1, and its first-order bound from bins."""
    p = data.chance(np.nan_to_num(large), 1.0)
    h = data.sums(p)[2]
    meat = h
    if table.weight_kind == "survey":
        meat = (table.spread[:, 1] * (1 - p) ** 2 + table.spread[:, 0] * p**2).sum(axis=1)
    moved = divide(_pull(table, data, p, np.ones(len(h)), mean)[0], h)
    known = ~np.isnan(large)
    return np.where(known, np.sqrt(divide(meat, h**2)), np.nan), np.where(known, moved, np.nan)
