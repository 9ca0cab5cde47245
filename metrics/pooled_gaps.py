"""Differences and ratios pooled over strata, with the crude ones beside them, and Simpson's reversal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import Reason
from .conditional import accepted_or_not, stratified_table
from .cube import DECISION, Cube
from .intervals import widened_difference, widened_ratio
from .outcomes import OutcomeTable
from .rates import WEIGHT, divide
from .results import WIDENED_INTERVAL, Disparity, Group, Interval, Level
from .significance import (
    breslow_day,
    cochran_mantel_haenszel,
    mantel_haenszel_difference,
    mantel_haenszel_ratio,
)

Floats = NDArray[np.float64]
Reversal = Literal["none", "possible", "clear"]
_Comparison = Literal["difference", "ratio"]
_Counts = tuple[Floats, Floats, Floats, Floats]
_Ends = tuple[float, float, float, str]
_COMPARISONS: tuple[_Comparison, ...] = ("difference", "ratio")


@dataclass(frozen=True)
class PooledGaps:
    """Difference and ratio of two groups' rates pooled over strata, with the crude ones beside them.

    Parameters
    ----------
    difference, ratio : Disparity
        Mantel and Haenszel's; the p-value is of the Cochran-Mantel-Haenszel test.
    crude_difference, crude_ratio : Disparity
        Without strata.
    homogeneity : float
        p-value of the test that the odds ratio is one in all strata (Breslow & Day 1980, with Tarone's
        correction); where it is small a pooled figure hides differences. ``nan`` where it cannot be tested.
    reversal : {"none", "possible", "clear"}
        Simpson's reversal: the crude and the pooled difference differ in sign; clear where both intervals
        exclude 0.
    strata : int
        Strata that hold both groups.
    """

    difference: Disparity
    ratio: Disparity
    crude_difference: Disparity
    crude_ratio: Disparity
    homogeneity: float
    reversal: Reversal
    strata: int


def stratified_disparity(
    cube: Cube,
    attributes: Sequence[str],
    group: Group,
    *,
    reference: Group | None = None,
    strata: Sequence[str] | None = None,
    outcome: str = DECISION,
    positive: Level = 1,
    level: float = 0.95,
) -> PooledGaps:
    """Pool the difference and ratio of two groups' rates over strata (Mantel & Haenszel 1959).

    Parameters and errors are as in `evenhand.metrics.conditional.conditional_disparity`. With survey
    weights a stratum counts with its effective rows.

    Returns
    -------
    PooledGaps
        The differences are group minus reference (or everybody else), 0 is fair; the ratios group over
        reference, 1 is fair.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cells = [("F", "hard", 30, 70), ("F", "easy", 18, 2), ("M", "hard", 4, 16), ("M", "easy", 80, 20)]
    >>> rows = [(s, j, d) for s, j, yes, no in cells for d in [1] * yes + [0] * no]
    >>> sex, job, decision = zip(*rows)
    >>> columns = {"sensitive_features": {"sex": list(sex)}, "control_features": {"job": list(job)}}
    >>> cube = cube_of(None, list(decision), **columns)
    >>> found = stratified_disparity(cube, ["sex"], ("F",), reference=("M",))
    >>> round(found.crude_difference.value, 2), round(found.difference.value, 2), found.reversal
    (-0.3, 0.1, 'possible')
    """
    table, at = stratified_table(cube, attributes, strata, outcome, positive)
    pair = accepted_or_not(table.split(group, reference), at)
    x, n = _effective_counts(table, pair)
    counts = x[0], n[0], x[1], n[1]
    inside = int((n > 0).all(axis=0).sum())
    p_value = float(cochran_mantel_haenszel(*counts).p_value) if inside else np.nan
    difference, ratio = (
        _disparity(comparison, (group, reference), _pool(comparison, counts, level), level, p_value)
        for comparison in _COMPARISONS
    )
    crude = _crude(table, pair, level)
    crude_difference, crude_ratio = (
        _disparity(comparison, (group, reference), crude[comparison], level, np.nan)
        for comparison in _COMPARISONS
    )
    homogeneity = float(breslow_day(*counts).p_value)
    flag = _reversal(crude_difference, difference)
    return PooledGaps(difference, ratio, crude_difference, crude_ratio, homogeneity, flag, inside)


def _effective_counts(table: OutcomeTable, pair: Floats) -> tuple[Floats, Floats]:
    size = table.effective(pair.sum(axis=-2))
    share = np.nan_to_num(divide(pair[..., 1, WEIGHT], pair[..., WEIGHT].sum(axis=-1)))
    return share * size, size


def _pool(comparison: _Comparison, counts: _Counts, level: float) -> _Ends:
    pool = mantel_haenszel_difference if comparison == "difference" else mantel_haenszel_ratio
    pooled = pool(*counts, level)
    return float(pooled.value), float(pooled.low), float(pooled.high), pooled.method


def _crude(table: OutcomeTable, pair: Floats, level: float) -> dict[_Comparison, _Ends]:
    x, n = _effective_counts(table, pair.sum(axis=1))
    p, q = divide(x, n)
    low, high = widened_difference(x[0], n[0], x[1], n[1], level)
    down, up = widened_ratio(x[0], n[0], x[1], n[1], level)
    return {
        "difference": (float(p - q), float(low), float(high), WIDENED_INTERVAL),
        "ratio": (float(divide(p, q)), float(down), float(up), WIDENED_INTERVAL),
    }


def _disparity(
    comparison: _Comparison, pair: tuple[Group, Group | None], ends: _Ends, level: float, p_value: float
) -> Disparity:
    value, low, high, method = ends
    group, reference = pair
    defined = np.isfinite(value)
    return Disparity(
        metric="selection_rate",
        comparison=comparison,
        against="rest" if reference is None else "reference",
        group=group,
        reference=reference,
        value=value if defined else np.nan,
        interval=Interval(low, high, level, method) if defined else None,
        p_value=p_value,
        fair=0.0 if comparison == "difference" else 1.0,
        reason=None if defined else _why(comparison),
    )


def _why(comparison: _Comparison) -> Reason:
    return Reason.ZERO_REFERENCE if comparison == "ratio" else Reason.GROUP_UNDEFINED


def _reversal(crude: Disparity, pooled: Disparity) -> Reversal:
    if not crude.value * pooled.value < 0 or crude.interval is None or pooled.interval is None:
        return "none"
    return "possible" if crude.interval.holds(0) or pooled.interval.holds(0) else "clear"
