"""Distances between groups' distributions of predictions, and statistical parity over all thresholds.

For predictions that are numbers the share selected depends on where the line is drawn. The gap of the
two shares over every possible line has a largest value (the Kolmogorov-Smirnov distance) and an area
(the Wasserstein-1 distance); both are exact here, from the sorted rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov

from ..errors import InputError, Reason
from .careful_intervals import seminorm_of
from .intervals import critical_value
from .results import Group, Interval
from .row_groups import RowGroups

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PredictionDistance:
    """How far the predictions of a group lie from those of the reference, or of everybody else.

    Parameters
    ----------
    group, reference : tuple or None
        ``reference`` is None where the comparison is with everybody else.
    wasserstein : float
        Area between the two distribution functions, in the unit of the predictions; 0 is fair.
    wasserstein_interval : Interval or None
        From resamples of rows within both groups; None where no draws were asked for.
    largest_gap : float
        Largest difference of the shares above a threshold (Kolmogorov-Smirnov), in [0, 1]; 0 is fair.
    gap_interval : Interval or None
        From the Dvoretzky-Kiefer-Wolfowitz bounds of both distribution functions: right for any sizes, wide.
    threshold : float
        Where the largest gap is: the shares are of predictions *above* it.
    mean_gap : float
        Area divided by the range of both groups' predictions: the mean gap over thresholds in it; in [0, 1].
    p_value : float
        Of the Kolmogorov-Smirnov test, by its limit for large groups; too large where predictions tie.
    reason : Reason or None
    """

    group: Group
    reference: Group | None
    wasserstein: float
    wasserstein_interval: Interval | None
    largest_gap: float
    gap_interval: Interval | None
    threshold: float
    mean_gap: float
    p_value: float
    reason: Reason | None = None


@dataclass(frozen=True)
class _Merged:
    """The values of two samples in one order; ``first`` marks the first one, ``weight`` sums to 1 in each."""

    values: Floats
    first: NDArray[np.bool_]
    weight: Floats

    def gaps(self, weight: Floats | None = None) -> Floats:
        """Shares of both at or below each value, one minus the other; right at the last of equal values."""
        shares = self.weight if weight is None else weight
        return np.cumsum(np.where(self.first, shares, -shares))[:-1]


def wasserstein_1(
    u: Floats, v: Floats, u_weight: Floats | None = None, v_weight: Floats | None = None
) -> float:
    """Area between two distribution functions; ``nan`` without weight.

    Examples
    --------
    >>> wasserstein_1(np.array([0.0, 1.0, 3.0]), np.array([5.0, 6.0, 8.0]))
    5.0
    """
    merged = _merge(u, v, u_weight, v_weight)
    return float("nan") if merged is None else _area(merged, merged.gaps())


def _merge(u: Floats, v: Floats, u_weight: Floats | None, v_weight: Floats | None) -> _Merged | None:
    weights = [np.ones(len(x)) if w is None else w for x, w in ((u, u_weight), (v, v_weight))]
    if not all(w.sum() > 0 for w in weights):
        return None
    values = np.concatenate([u, v])
    order = np.argsort(values, kind="stable")
    first = np.arange(len(values)) < len(u)
    weight = np.concatenate([w / w.sum() for w in weights])
    return _Merged(values[order], first[order], weight[order])


def _area(merged: _Merged, gaps: Floats) -> float:
    return float(np.abs(gaps) @ np.diff(merged.values))


def _largest(merged: _Merged, gaps: Floats) -> tuple[float, float]:
    # Between equal values the distribution functions have not arrived yet.
    steps = np.where(np.diff(merged.values) > 0, np.abs(gaps), 0.0)
    if not steps.size:
        return 0.0, float(merged.values[0])
    at = int(np.argmax(steps))
    return float(steps[at]), float(merged.values[at])


def prediction_distances(
    rows: RowGroups,
    *,
    reference: Group | None = None,
    column: str = "y_pred",
    level: float = 0.95,
    draws: int = 0,
    seed: int = 0,
) -> list[PredictionDistance]:
    """Compare the distribution of each group's predictions with the reference group's, or everybody else's.

    Parameters
    ----------
    rows : RowGroups
        Of `evenhand.metrics.regression.regression_rows`.
    reference : tuple, optional
        Everybody else without one.
    column : str
        ``"y_pred"``, or ``"y_true"`` for the labels.
    level : float
    draws, seed : int
        Of the resamples for the interval of the Wasserstein distance; each costs a pass over the rows, so
        there are none unless asked for.

    Returns
    -------
    list of PredictionDistance
        One a group, the reference and groups with a missing level excepted.

    Raises
    ------
    InputError
        No such group or column, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.row_groups import grouped_rows
    >>> rows = grouped_rows({"sex": ["F", "F", "M", "M"]}, {"y_pred": [1.0, 2.0, 2.0, 5.0]})
    >>> [found] = prediction_distances(rows, reference=("M",))
    >>> found.wasserstein, found.largest_gap, found.threshold, found.mean_gap
    (2.0, 0.5, 1.0, 0.5)
    """
    critical_value(level)
    if column not in rows.columns:
        raise InputError.of(
            "unknown_column", "column", f"one of {', '.join(rows.columns)} is wanted, got {column!r}"
        )
    fixed = None if reference is None else rows.find(reference)
    return [
        _compare(rows, column, (i, fixed), level, (draws, seed))
        for i, group in enumerate(rows.groups)
        if i != fixed and None not in group
    ]


def _compare(
    rows: RowGroups, column: str, pair: tuple[int, int | None], level: float, resamples: tuple[int, int]
) -> PredictionDistance:
    i, at = pair
    group, reference = rows.groups[i], None if at is None else rows.groups[at]
    inside = np.zeros(len(rows.order), dtype=bool)
    inside[rows.starts[i] : rows.starts[i + 1]] = True
    other = ~inside
    if at is not None:
        other[:] = False
        other[rows.starts[at] : rows.starts[at + 1]] = True
    values, weight = rows.columns[column], rows.weight
    weights = (None, None) if weight is None else (weight[inside], weight[other])
    merged = _merge(values[inside], values[other], *weights)
    if merged is None:
        reason = Reason.EMPTY_GROUP if other.any() else Reason.SINGLE_GROUP
        nan = np.nan
        return PredictionDistance(group, reference, nan, None, nan, None, nan, nan, nan, reason)
    gaps = merged.gaps()
    area, (gap, threshold) = _area(merged, gaps), _largest(merged, gaps)
    width = float(merged.values[-1] - merged.values[0])
    n, m = (_size(weights[k], mask) for k, mask in enumerate((inside, other)))
    # Each function lies within its band with 1 - alpha/2, so both do with 1 - alpha.
    slack = sum(np.sqrt(np.log(4 / (1 - level)) / (2 * size)) for size in (n, m))
    return PredictionDistance(
        group=group,
        reference=reference,
        wasserstein=area,
        wasserstein_interval=_resampled(merged, area, level, resamples),
        largest_gap=gap,
        gap_interval=Interval(
            max(0.0, gap - slack), min(1.0, gap + slack), level, "Dvoretzky-Kiefer-Wolfowitz"
        ),
        threshold=threshold,
        mean_gap=area / width if width > 0 else 0.0,
        p_value=float(kolmogorov(np.sqrt(n * m / (n + m)) * gap)),
    )


def _size(weight: Floats | None, mask: NDArray[np.bool_]) -> float:
    return float(mask.sum()) if weight is None else float(weight.sum() ** 2 / (weight @ weight))


def _resampled(merged: _Merged, area: float, level: float, resamples: tuple[int, int]) -> Interval | None:
    draws, seed = resamples
    if draws < 1:
        return None
    rng = np.random.default_rng(seed)
    sides = [np.flatnonzero(merged.first), np.flatnonzero(~merged.first)]
    values, noise, ours = np.empty(draws), np.empty(draws), merged.gaps()
    for draw in range(draws):
        weight = np.zeros_like(merged.weight)
        for side in sides:
            times = np.bincount(rng.integers(0, len(side), len(side)), minlength=len(side))
            drawn = times * merged.weight[side]
            weight[side] = drawn / drawn.sum() if drawn.any() else np.nan
        gaps = merged.gaps(weight)
        values[draw], noise[draw] = _area(merged, gaps), _area(merged, gaps - ours)
    return seminorm_of(area, values, noise, level)
