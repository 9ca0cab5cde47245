"""What figures of scores are given as: one per group, or one per pair of groups."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from ..errors import Reason
from .interval_basics import critical_value
from .results import Estimate, Group, Interval
from .scores_pairs import (
    Pair,
    Reference,
    joint_error,
    paired_groups,
    pairs_of,
    student_ends,
    undefined_pairs,
)
from .scores_table import Floats, ScoreTable, Why


@dataclass(frozen=True, eq=False)
class ScoreFigures:
    """One figure of every group, with its interval; arrays of shape (G,).

    Parameters
    ----------
    metric : str
    groups : tuple of tuple
    value, low, high : ndarray of float
        nan where undefined; the ends are nan too where no interval is known.
    bound : ndarray of float
        How far the figure may lie from that of the scores before they were binned; 0 is exact, nan unknown.
        It does not enter the interval.
    error, freedom : ndarray of float
        Standard error, and the degrees of freedom that it is estimated with.
    rows : ndarray of float
        Rows of the group.
    size : ndarray of float
        Effective number of rows that the figure rests on.
    level : float
    method : str
        Of the interval.
    reasons : tuple
        Why each group's figure is undefined, or None.
    """

    metric: str
    groups: tuple[Group, ...]
    value: Floats
    low: Floats
    high: Floats
    bound: Floats
    error: Floats
    freedom: Floats
    rows: Floats
    size: Floats
    level: float
    method: str
    reasons: tuple[Why, ...] = field(repr=False)

    def estimate(self, i: int) -> Estimate:
        """Give the figure of group ``i`` in the form that other rooms use."""
        ends = float(self.low[i]), float(self.high[i])
        interval = None if math.isnan(ends[0]) else Interval(*ends, self.level, self.method)
        return Estimate(float(self.value[i]), interval, effective=float(self.size[i]), reason=self.reasons[i])


@dataclass(frozen=True, eq=False)
class ScoreGaps:
    """One comparison of every pair of groups; arrays of shape (P,). Zero is fair.

    Parameters
    ----------
    metric : str
    pairs : tuple of pairs of groups
        The figure of the first minus that of the second.
    value, low, high, p_value : ndarray of float
    bound : ndarray of float
        Sum of both figures' bounds of the error from bins.
    level : float
    method : str
    reasons : tuple
        Why a comparison is undefined, or None.
    """

    metric: str
    pairs: tuple[Pair, ...]
    value: Floats
    low: Floats
    high: Floats
    p_value: Floats
    bound: Floats
    level: float
    method: str
    reasons: tuple[Why, ...] = field(repr=False)


def differences(
    figures: ScoreFigures,
    reference: Reference = "largest",
    *,
    with_missing: bool = False,
) -> ScoreGaps:
    """Compare one figure between independent groups by its standard errors; 0 is fair.

    ``value_i - value_j`` over ``sqrt(error_i^2 + error_j^2)``, read from Student's t with Satterthwaite's
    degrees of freedom, so that in all but small groups it is z; for AUC the unpaired test of DeLong, DeLong &
    Clarke-Pearson (1988). Interval and test agree.

    Parameters
    ----------
    figures : ScoreFigures
    reference, with_missing
        As for `pairs_of`.

    Returns
    -------
    ScoreGaps

    Raises
    ------
    InputError
        No group is called as the reference.

    Examples
    --------
    >>> from evenhand.metrics.scores import auc, score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> y, score = [0, 1, 0, 1, 0, 1], [0.1, 0.8, 0.3, 0.2, 0.4, 0.9]
    >>> cube = cube_of(y, y_score=score, sensitive_features=list("FFFFMM"))
    >>> gaps = differences(auc(score_table(cube, "sensitive_feature")))
    >>> gaps.pairs, gaps.value.tolist()
    (((('M',), ('F',)),), [0.25])
    """
    i, j = pairs_of(figures.groups, figures.rows, reference, with_missing=with_missing)
    value = figures.value[i] - figures.value[j]
    error, freedom = joint_error(figures.error[i], figures.error[j], figures.freedom[i], figures.freedom[j])
    low, high, p_value = student_ends(value, error, freedom, figures.level)
    return ScoreGaps(
        f"{figures.metric}_difference",
        paired_groups(figures.groups, i, j),
        value, low, high, p_value, figures.bound[i] + figures.bound[j], figures.level,
        f"{figures.method}; t of the difference",
        undefined_pairs(value),
    )  # fmt: skip


def mean_figures(  # noqa: PLR0917 - the parts of one figure
    metric: str, table: ScoreTable, value: Floats, variance: Floats, size: Floats, bound: Floats, level: float
) -> ScoreFigures:
    """Give a mean of rows with Student's t interval, from the variance of rows and the effective size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(np.where(size > 1, variance / size, np.nan))
        half = special.stdtrit(np.maximum(size - 1, 1e-9), 0.5 + level / 2) * error
    critical_value(level)
    reasons: tuple[Why, ...] = tuple(Reason.EMPTY_GROUP if math.isnan(v) else None for v in value)
    return ScoreFigures(
        metric,
        table.groups,
        value,
        value - half,
        value + half,
        bound,
        error,
        np.maximum(size - 1, 0),
        table.total,
        size,
        level,
        "Student t",
        reasons,
    )
