"""Logistic regression of the decision on group membership, in closed form from counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from ..errors import Reason
from .disparity import Choice, find_reference
from .intervals import critical_value
from .rates import RATES, Counted, GroupTable, count
from .results import Group, Interval


@dataclass(frozen=True)
class GroupEffect:
    """One group's coefficient against the reference.

    Parameters
    ----------
    group, reference : tuple
    coefficient : float
        Logarithm of the odds ratio; negative where the group is approved less.
    interval : Interval or None
        Of the coefficient (Wald).
    z, p_value : float
        Wald's statistic, and its two-sided p-value.
    effect : float
        Rate of the reference minus that of the group, as a share.
    reason : Reason or None
        ``SEPARATED`` where a group's decisions are all the same, so that no coefficient is finite.
    """

    group: Group
    reference: Group
    coefficient: float
    interval: Interval | None
    z: float
    p_value: float
    effect: float
    reason: Reason | None = None


def approval_regression(
    table: GroupTable, reference: Choice = "largest", *, level: float = 0.95
) -> list[GroupEffect]:
    """Regress the decision on membership of each group; coefficients of 0 are fair.

    With one dummy a group the model is saturated, so that the coefficients are the logarithms of the odds
    ratios against the reference, and their variance is the sum of the four counts' reciprocals.

    Parameters
    ----------
    table : GroupTable
        With decisions.
    reference : "largest", "best" or a group
    level : float
        Of Wald's intervals, in (0, 1).

    Returns
    -------
    list of GroupEffect
        One a group, the reference and groups with a missing level excepted. Survey weights count by the
        effective number of rows.

    Raises
    ------
    InputError
        No such group, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> decisions = [1] * 60 + [0] * 40 + [1] * 45 + [0] * 55
    >>> cube = cube_of(None, decisions, sensitive_features=["W"] * 100 + ["B"] * 100)
    >>> [found] = approval_regression(group_table(cube, "sensitive_feature"), ("W",))
    >>> round(found.coefficient, 3), round(found.p_value, 3), round(found.effect, 2)
    (-0.606, 0.034, 0.15)
    """
    counted = count(table, RATES["selection_rate"])
    at = find_reference(counted, table.groups, reference, table.rows)
    return [
        _effect(table, counted, i, at, level)
        for i, group in enumerate(table.groups)
        if i != at and None not in group
    ]


def _effect(table: GroupTable, counted: Counted, i: int, at: int, level: float) -> GroupEffect:
    pair = table.groups[i], table.groups[at]
    x, n = counted.successes, counted.effective
    cells = [float(x[i]), float(n[i] - x[i]), float(x[at]), float(n[at] - x[at])]
    gap = float(counted.value[at] - counted.value[i])
    half = float(critical_value(level))
    if min(cells) <= 0:
        reason = counted.reason(i) or counted.reason(at) or Reason.SEPARATED
        return GroupEffect(*pair, math.nan, None, math.nan, math.nan, gap, reason)
    logs = [math.log(cell) for cell in cells]
    coefficient = logs[0] - logs[1] - logs[2] + logs[3]
    error = math.sqrt(sum(1 / cell for cell in cells))
    z = coefficient / error
    p_value = float(2 * special.ndtr(-abs(z)))
    ends = Interval(coefficient - half * error, coefficient + half * error, level, "Wald")
    return GroupEffect(*pair, coefficient, ends, z, p_value, gap)
