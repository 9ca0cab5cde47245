"""What figures of scores are given as: one per group, or one per pair of groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import special

from ..errors import InputError, Reason, did_you_mean
from .interval_basics import critical_value
from .results import Estimate, Group, Interval
from .scores_table import Floats, Places, ScoreTable, Why

Reference = Literal["largest", "all_pairs"] | Group
Pair = tuple[Group, Group]


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
    error : ndarray of float
        Standard error.
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
    rows: Floats
    size: Floats
    level: float
    method: str
    reasons: tuple[Why, ...] = field(repr=False)

    def estimate(self, i: int) -> Estimate:
        """Give the figure of group ``i`` in the form that other rooms use.

        A `ScoreReason` becomes ``Reason.ZERO_DENOMINATOR``: scores that separate, or do not vary, leave no
        information to divide by.
        """
        ends = float(self.low[i]), float(self.high[i])
        interval = None if math.isnan(ends[0]) else Interval(*ends, self.level, self.method)
        why = self.reasons[i]
        reason = why if isinstance(why, Reason) else None if why is None else Reason.ZERO_DENOMINATOR
        return Estimate(float(self.value[i]), interval, effective=float(self.size[i]), reason=reason)


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


def pairs_of(
    groups: Sequence[Group], sizes: Floats, reference: Reference = "largest", *, with_missing: bool = False
) -> tuple[Places, Places]:
    """Give the positions of the groups that are compared.

    Parameters
    ----------
    groups : sequence of tuple
    sizes : array of shape (G,)
        Rows of each group.
    reference : "largest", "all_pairs" or a group
        Each other group against the largest (or the named) one, or each against each later one.
    with_missing : bool
        Whether groups with a missing level are compared; a named reference always is.

    Raises
    ------
    InputError
        No group is called that.

    Examples
    --------
    >>> first, second = pairs_of([("F",), ("M",), (None,)], np.array([3.0, 5.0, 9.0]))
    >>> first.tolist(), second.tolist()
    ([0], [1])
    """
    known = [i for i, group in enumerate(groups) if with_missing or None not in group]
    if reference == "all_pairs":
        first, second = np.triu_indices(len(known), 1)
        return np.asarray(known, dtype=np.intp)[first], np.asarray(known, dtype=np.intp)[second]
    if reference == "largest":
        at = max(known, key=lambda i: float(sizes[i])) if known else -1
    elif reference in groups:
        at = list(groups).index(reference)
    else:
        names = [" x ".join(map(str, group)) for group in groups]
        name = " x ".join(map(str, reference))
        raise InputError.of("unknown_group", "reference", f"no such group; {did_you_mean(name, names)}")
    others = np.asarray([i for i in known if i != at], dtype=np.intp)
    return others, np.full(others.size, at, dtype=np.intp)


def differences(
    figures: ScoreFigures,
    reference: Reference = "largest",
    *,
    with_missing: bool = False,
) -> ScoreGaps:
    """Compare one figure between independent groups by its standard errors; 0 is fair.

    ``value_i - value_j`` with ``z = difference / sqrt(error_i^2 + error_j^2)``; for AUC the unpaired test of
    DeLong, DeLong & Clarke-Pearson (1988). Interval and test agree.

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
    value, error = figures.value[i] - figures.value[j], np.hypot(figures.error[i], figures.error[j])
    low, high, p_value = normal_ends(value, error, figures.level)
    return ScoreGaps(
        f"{figures.metric}_difference",
        paired_groups(figures.groups, i, j),
        value, low, high, p_value, figures.bound[i] + figures.bound[j], figures.level,
        f"{figures.method}; z of the difference",
        undefined_pairs(value),
    )  # fmt: skip


def normal_ends(value: Floats, error: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    """Give both ends and the two-sided p-value of figures that are normal around the truth.

    Examples
    --------
    >>> [float(a.round(3)) for a in normal_ends(np.array(0.2), np.array(0.1), 0.95)]
    [0.004, 0.396, 0.046]
    """
    half = critical_value(level) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(value == 0, np.where(np.isnan(error), np.nan, 0.0), np.abs(value) / error)
    return value - half, value + half, 2 * special.ndtr(-z)


def paired_groups(groups: Sequence[Group], i: Places, j: Places) -> tuple[Pair, ...]:
    """Name the groups at two lists of positions.

    Examples
    --------
    >>> paired_groups([("F",), ("M",)], np.array([0]), np.array([1]))
    ((('F',), ('M',)),)
    """
    return tuple((groups[a], groups[b]) for a, b in zip(i.tolist(), j.tolist(), strict=True))


def undefined_pairs(value: Floats) -> tuple[Why, ...]:
    """Say of each comparison that lacks a value that one of its groups lacks the figure.

    Examples
    --------
    >>> undefined_pairs(np.array([0.1, np.nan]))
    (None, <Reason.GROUP_UNDEFINED: 'group_undefined'>)
    """
    return tuple(Reason.GROUP_UNDEFINED if np.isnan(one) else None for one in value)


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
        table.total,
        size,
        level,
        "Student t",
        reasons,
    )
