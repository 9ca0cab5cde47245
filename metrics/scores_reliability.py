"""Calibration within groups: reliability bins and the expected calibration error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..errors import InputError, Reason
from .interval_rate import modified_wilson
from .rates import divide, effective_size
from .results import Group
from .scores_table import Floats, Places, ScoreTable, Why

Strategy = Literal["equal_width", "equal_mass"]
_CHUNK = 2_000_000
"""Elements of one block of draws; bounds the memory."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """Mean score beside rate of positives in bins of the score; arrays of shape (G, K).

    Parameters
    ----------
    groups : tuple of tuple
    mean_score, rate : ndarray of float
        nan in empty bins.
    low, high : ndarray of float
        Modified Wilson interval of the rate.
    weight, rows, size : ndarray of float
        Sum of weights, rows, effective rows.
    noise : ndarray of float
        Standard error that ``rate - mean_score`` has in a calibrated group.
    strategy : {"equal_width", "equal_mass"}
    level : float
    moved : ndarray of float, shape (G,)
        Share of the group in grid bins that straddle an edge of the K bins; each went to the side of its
        middle.
    """

    groups: tuple[Group, ...]
    mean_score: Floats
    rate: Floats
    low: Floats
    high: Floats
    weight: Floats
    rows: Floats
    size: Floats
    noise: Floats
    strategy: Strategy
    level: float
    moved: Floats


@dataclass(frozen=True, eq=False)
class CalibrationError:
    """Expected calibration error of every group beside that of a calibrated group; arrays of shape (G,).

    Parameters
    ----------
    groups : tuple of tuple
    value : ndarray of float
        In [0, 1]; 0 is calibrated, but above 0 in any sample.
    null_mean, null_95 : ndarray of float
        Mean and 95th percentile where the group is calibrated: the bias of a sample of this size.
    p_value : ndarray of float
        Share of calibrated samples whose error is as large.
    bound : ndarray of float
        How far the error of the scores before they were counted on a grid may lie from the value.
    bins : int
    strategy : {"equal_width", "equal_mass"}
    reasons : tuple
        Why a group's figure is undefined, or None.
    """

    groups: tuple[Group, ...]
    value: Floats
    null_mean: Floats
    null_95: Floats
    p_value: Floats
    bound: Floats
    bins: int
    strategy: Strategy
    reasons: tuple[Why, ...] = field(repr=False)


def reliability(
    table: ScoreTable, bins: int = 10, strategy: Strategy = "equal_width", *, level: float = 0.95
) -> Reliability:
    """Compare scores with outcomes in bins of the score, for every group.

    Parameters
    ----------
    table : ScoreTable
        Its scores are probabilities.
    bins : int
        At least 1. On a fixed grid a number that divides the grid's bins (8, 16) keeps edges where they are.
    strategy : {"equal_width", "equal_mass"}
        Equal parts of [0, 1], or parts that hold about the same weight of the group; a grid bin is not split.
    level : float
        Of the modified Wilson intervals.

    Raises
    ------
    InputError
        Scores outside [0, 1], no bins, an unknown strategy, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([0, 1, 1, 1], y_score=[0.125, 0.25, 0.75, 0.875], sensitive_features=["F"] * 4)
    >>> found = reliability(score_table(cube, "sensitive_feature"), bins=2)
    >>> found.mean_score.tolist(), found.rate.tolist()
    ([[0.1875, 0.8125]], [[0.5, 1.0]])
    """
    refuse_other_scores(table)
    if strategy not in ("equal_width", "equal_mass"):
        raise InputError.of(
            "choice", "strategy", f"one of equal_width, equal_mass is wanted, got {strategy!r}"
        )
    if bins < 1:
        raise InputError.of("bins", "bins", f"at least one bin is needed, got {bins}; write 10")
    edges = np.linspace(0, 1, bins + 1)
    place = _by_width(table, edges) if strategy == "equal_width" else _by_mass(table, bins)
    rows, weight, square, score, score_square = (
        _sums(column.sum(axis=1), place, bins) for column in table.measures
    )
    spread = _sums(table.spread.sum(axis=1), place, bins)
    positive = _sums(table.weight[:, 1], place, bins)
    size = effective_size(weight, square, rows, table.weight_kind)
    rate = divide(positive, weight)
    low, high = modified_wilson(np.nan_to_num(rate) * size, size, level)
    noise = np.sqrt(divide(spread * np.maximum(score - score_square, 0), weight**3))
    moved = np.zeros(len(table.groups))
    if strategy == "equal_width":
        astride = np.searchsorted(edges, table.lows, side="right") < np.searchsorted(edges, table.highs)
        moved = divide(table.weight.sum(axis=1) @ astride, table.weight.sum(axis=(1, 2)))
    return Reliability(
        table.groups,
        divide(score, weight),
        rate,
        low,
        high,
        weight,
        rows,
        size,
        noise,
        strategy,
        level,
        moved,
    )


def refuse_other_scores(table: ScoreTable) -> None:
    """Raise where scores are not probabilities.

    Raises
    ------
    InputError
        A mean score of a group's bin lies outside [0, 1].
    """
    mean = table.mean
    outside = (mean < -1e-9) | (mean > 1 + 1e-9)
    if outside.any():
        rule = f"calibration and losses need probabilities in [0, 1], got {mean[outside][0]:g}"
        raise InputError.of("scores_outside", "y_score", f"{rule}; turn the scores into probabilities first")


def _by_width(table: ScoreTable, edges: Floats) -> Places:
    middle = (table.lows + table.highs) / 2
    place = np.clip(np.searchsorted(edges, middle, side="right") - 1, 0, edges.size - 2)
    return np.broadcast_to(place, (len(table.groups), place.size))


def _by_mass(table: ScoreTable, bins: int) -> Places:
    weight = table.weight.sum(axis=1)
    middle = divide(np.cumsum(weight, axis=1) - weight / 2, weight.sum(axis=1, keepdims=True))
    return np.minimum((np.nan_to_num(middle) * bins).astype(np.intp), bins - 1)


def _sums(counts: Floats, place: Places, bins: int) -> Floats:
    """Add (G, B) counts up within K bins, (G, K)."""
    groups = len(counts)
    flat = (np.arange(groups)[:, None] * bins + place).ravel()
    summed = np.bincount(flat, counts.ravel(), minlength=groups * bins)
    return summed.reshape(groups, bins).astype(np.float64, copy=False)


def expected_calibration_error(found: Reliability, *, draws: int = 1000, seed: int = 0) -> CalibrationError:
    """Weighted mean over bins of ``|rate - mean score|``; 0 is fair (Naeini et al. 2015).

    It rises with the number of bins and falls with the number of rows, so it is compared between groups only
    beside its null: in a calibrated group each bin's difference is noise around 0 (normal, with the variance
    that the scores themselves imply).

    Parameters
    ----------
    found : Reliability
        Its bins are those of the error.
    draws : int
        Of the null, at least 100.
    seed : int

    Raises
    ------
    InputError
        Fewer than 100 draws.

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([0, 1, 1, 1], y_score=[0.125, 0.25, 0.75, 0.875], sensitive_features=["F"] * 4)
    >>> error = expected_calibration_error(reliability(score_table(cube, "sensitive_feature"), bins=2))
    >>> error.value.tolist(), bool(error.p_value[0] > 0.05)
    ([0.25], True)
    """
    if draws < 100:
        raise InputError.of("draws", "draws", f"a null needs at least 100 draws, got {draws}; write 1000")
    share = divide(found.weight, found.weight.sum(axis=1, keepdims=True))
    gap = np.where(found.weight > 0, np.abs(found.rate - found.mean_score), 0.0)
    value, scale = (share * gap).sum(axis=1), share * np.nan_to_num(found.noise)
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // max(scale.size, 1))
    null = np.concatenate([
        (np.abs(rng.standard_normal((min(step, draws - start), *scale.shape))) * scale).sum(axis=-1)
        for start in range(0, draws, step)
    ])  # fmt: skip
    known = ~np.isnan(value)
    mean = np.where(known, np.nan_to_num(scale).sum(axis=1) * np.sqrt(2 / np.pi), np.nan)
    p_value = np.where(known, (1 + (null >= value - 1e-12).sum(axis=0)) / (draws + 1), np.nan)
    tail = np.where(known, np.quantile(np.nan_to_num(null), 0.95, axis=0), np.nan)
    reasons = tuple(None if one else Reason.EMPTY_GROUP for one in known)
    bins, bound = found.rate.shape[1], np.where(known, 2 * found.moved, np.nan)
    return CalibrationError(found.groups, value, mean, tail, p_value, bound, bins, found.strategy, reasons)
