"""Gaps of regression figures between groups: against a reference, and the largest of all pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import Reason
from .disparity import Choice, Options
from .intervals import welch_difference
from .regression import Fitted
from .results import Against, Disparity, Interval
from .row_groups import RowGroups
from .worst_case import worst_mean_gap


def regression_gaps(
    found: Fitted, rows: RowGroups, reference: Choice = "largest", level: float = 0.95
) -> list[Disparity]:
    """Compare a figure of each group with that of the reference group; 0 is fair.

    Parameters
    ----------
    found : Fitted
    rows : RowGroups
    reference : "largest" or a group
    level : float

    Returns
    -------
    list of Disparity
        Group minus reference with Welch's interval; one a group, the reference and groups with a missing
        level excepted.

    Raises
    ------
    InputError
        No such group, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.regression import fitted, regression_rows
    >>> rows = regression_rows([1, 2, 3, 4], [1, 3, 3, 6], sensitive_features=["F", "F", "M", "M"])
    >>> [gap] = regression_gaps(fitted(rows, "mean_error"), rows, ("M",))
    >>> gap.value, gap.interval.method
    (-0.5, 'Welch')
    """
    at = rows.find(reference)
    v, s, n = found.value, np.nan_to_num(found.variance), found.effective
    low, high = welch_difference(v, s, n, v[at], s[at], n[at], level)
    against: Against = "largest" if reference == "largest" else "reference"
    return [
        Disparity(
            metric=found.name,
            comparison="difference",
            against=against,
            group=group,
            reference=found.groups[at],
            value=float(v[i] - v[at]),
            interval=None if np.isnan(low[i]) else Interval(float(low[i]), float(high[i]), level, "Welch"),
            reason=found.reason(i) or found.reason(at),
        )
        for i, group in enumerate(found.groups)
        if i != at and None not in group
    ]


def worst_regression_gap(found: Fitted, options: Options | None = None) -> Disparity:
    """Give the largest gap of a figure between any two groups, with an interval that is right at 0.

    Groups below the minimum size, of fewer than two rows, or with a missing level are left out and named.

    Examples
    --------
    >>> from evenhand.metrics.regression import fitted, regression_rows
    >>> rows = regression_rows([1, 2, 3, 4], [1, 3, 3, 6], sensitive_features=["F", "F", "M", "M"])
    >>> worst_regression_gap(fitted(rows, "mean_prediction")).value
    2.5
    """
    options = options or Options()
    least = max(options.min_group_size, 2)
    inside = [
        i
        for i, group in enumerate(found.groups)
        if found.rows[i] >= least
        and found.effective[i] > 1
        and (options.compare_missing or None not in group)
    ]
    left_out = tuple(group for i, group in enumerate(found.groups) if i not in inside)
    blank = Disparity(
        found.name, "difference", "all_pairs", None, None, np.nan, compared=len(inside), left_out=left_out
    )
    if len(inside) < 2:
        return replace(blank, reason=Reason.BELOW_MINIMUM if len(found.groups) > 1 else Reason.SINGLE_GROUP)
    if np.isnan(found.value[inside]).any():
        return replace(blank, reason=Reason.GROUP_UNDEFINED)
    moments = found.value[inside], found.variance[inside], found.effective[inside]
    worst = worst_mean_gap(*moments, level=options.level, draws=options.draws, seed=options.seed)
    return replace(
        blank,
        group=found.groups[inside[worst.pair[0]]],
        reference=found.groups[inside[worst.pair[1]]],
        value=worst.value,
        interval=Interval(worst.low, worst.high, options.level, worst.method),
        p_value=worst.p_value,
        null_median=worst.null_median,
        null_95=worst.null_95,
    )
