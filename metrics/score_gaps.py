"""The standardised mean difference of scores or prices between groups."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..errors import InputError, Reason
from .disparity import Choice
from .intervals import critical_value
from .outcomes import reference_position
from .rates import GroupTable, Means, divide, score_means
from .results import Against, Disparity, Interval


def standardised_mean_difference(
    table: GroupTable,
    reference: Choice = "largest",
    *,
    spread: Literal["all", "within"] = "all",
    level: float = 0.95,
) -> list[Disparity]:
    """Mean score of each group minus that of the reference, in standard deviations; 0 is fair.

    Parameters
    ----------
    table : GroupTable
        Of a cube with scores.
    reference : "largest", "best" or a group
    spread : {"all", "within"}
        The standard deviation of all rows together, as lenders report it, or the pooled one within the two
        groups (Cohen's d).
    level : float

    Returns
    -------
    list of Disparity
        One a group, the reference and groups with a missing level excepted; normal intervals by the delta
        method, which take scores as roughly normal. In lending 0.30 is a common flag; the sign that is
        adverse depends on whether a high score is good.

    Raises
    ------
    InputError
        No such group, an unknown spread, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of(y_score=[0.2, 0.4, 0.6, 0.8], sensitive_features=["F", "F", "M", "M"])
    >>> [gap] = standardised_mean_difference(group_table(cube, "sensitive_feature"), ("M",), spread="within")
    >>> round(gap.value, 4)
    -2.8284
    """
    if spread not in ("all", "within"):
        raise InputError.of("choice", "spread", f"one of all, within is wanted, got {spread!r}")
    means, z = score_means(table), float(critical_value(level))
    at = reference_position(table.groups, table.rows, reference, means.value)
    against: Against = reference if isinstance(reference, str) else "reference"
    overall = score_means(table.overall)
    found = []
    for i, group in enumerate(table.groups):
        if i == at or None in group:
            continue
        variance, size = (
            _spread(means, i, at) if spread == "within" else (overall.variance[0], overall.effective[0])
        )
        value = float(divide(means.value[i] - means.value[at], np.sqrt(variance)))
        interval = None
        if not np.isnan(value):
            own = divide(means.variance[[i, at]], means.effective[[i, at]]).sum() / variance
            half = z * float(np.sqrt(own + value**2 / (2 * size)))
            interval = None if np.isnan(half) else Interval(value - half, value + half, level, "delta")
        reason = Reason.ZERO_DENOMINATOR if np.isnan(value) else None
        found.append(
            Disparity(
                "standardised_mean_difference",
                "difference",
                against,
                group,
                table.groups[at],
                value,
                interval,
                reason=reason,
            )
        )
    return found


def _spread(means: Means, i: int, at: int) -> tuple[float, float]:
    n, m = means.effective[[i, at]]
    pooled = divide((n - 1) * means.variance[i] + (m - 1) * means.variance[at], n + m - 2)
    return float(pooled), float(n + m)
