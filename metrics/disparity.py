"""Comparisons of rates: each group against something, or the worst of all pairs.

Differences and ratios of two groups carry Miettinen and Nurminen's score interval (1985). The
worst of several carries the interval of `evenhand.metrics.worst_case`, which is right when the
true gap is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ..errors import InputError, Reason, did_you_mean
from .catalogue import Metric
from .intervals import score_z_difference, widened_difference, widened_ratio
from .rates import RATES, Counted, GroupTable, count, divide, rate_named
from .results import WIDENED_INTERVAL, Against, Comparison, Disparity, Group, Interval
from .worst_case import WorstOf, worst_difference, worst_mean_difference, worst_ratio

Floats = NDArray[np.float64]
Choice = Against | Group


@dataclass(frozen=True)
class Options:
    """How groups are compared.

    Parameters
    ----------
    level : float
        Coverage of the intervals, in (0, 1).
    min_group_size : int
        Groups with fewer rows in the rate's denominator stay out of worst-of-several figures.
    compare_missing : bool
        Whether rows with a missing sensitive value are compared like a group.
    seed : int
        Of the permutation test of worst-of-several figures.
    draws : int
        Number of permutations.
    """

    level: float = 0.95
    min_group_size: int = 1
    compare_missing: bool = False
    seed: int = 0
    draws: int = 2000


def find_reference(counted: Counted, groups: Sequence[Group], reference: Choice, sizes: Floats) -> int:
    """Give the position of the group that others are compared with.

    Parameters
    ----------
    reference : "largest", "best" or a group
        The group with most rows, that with the highest rate, or the one named.
    sizes : ndarray of shape (G,)
        Rows of each group.

    Raises
    ------
    InputError
        No group is called that, or the choice is not known.
    """
    if isinstance(reference, tuple):
        if reference in groups:
            return groups.index(reference)
        spelled = [tuple(map(str, group)) for group in groups]
        if tuple(map(str, reference)) in spelled:
            return spelled.index(tuple(map(str, reference)))
        known = [" x ".join(map(str, group)) for group in groups]
        name = " x ".join(map(str, reference))
        raise InputError.of(
            "unknown_group", "reference", f"no group is called {name!r}; {did_you_mean(name, known)}"
        )
    if reference not in ("largest", "best"):
        allowed = ("largest", "best", "overall", "rest")
        raise InputError.of(
            "choice", "reference", f"a group or one of {', '.join(allowed)} is wanted, got {reference!r}"
        )
    whole = np.array([None not in group for group in groups])
    if not whole.any():
        whole = ~whole
    merit = counted.value if reference == "best" else sizes
    candidates = np.where(whole & ~np.isnan(merit), merit, -np.inf)
    return int(np.argmax(candidates))


def against_each(
    table: GroupTable,
    metric: Metric,
    comparison: Comparison,
    reference: Choice = "largest",
    options: Options | None = None,
) -> list[Disparity]:
    """Compare each group's rate with a reference group, the overall rate, or the rest.

    Parameters
    ----------
    table : GroupTable
    metric : Metric
        A rate of the catalogue.
    comparison : {"difference", "ratio", "log_ratio"}
    reference : {"largest", "best", "overall", "rest"} or a group
    options : Options, optional

    Returns
    -------
    list of Disparity
        One a group, the reference group itself excepted; signed: positive means the group's rate is higher.
        Groups with a missing level are compared only if the options ask for it; they are among all and
        the rest in any case.

    Raises
    ------
    InputError
        The metric is not a rate, or no group is called that.

    Examples
    --------
    >>> from evenhand.metrics.catalogue import metric_named
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of(None, [1, 0, 1, 1] * 25, sensitive_features=["F", "F", "M", "M"] * 25)
    >>> table = group_table(cube, "sensitive_feature")
    >>> [gap] = against_each(table, metric_named("selection_rate"), "difference", ("M",))
    >>> gap.group, gap.value, gap.interval.high < 0
    (('F',), -0.5, True)
    """
    options = options or Options()
    counted = count(table, rate_named(metric.name))
    compared = [i for i, group in enumerate(table.groups) if options.compare_missing or None not in group]
    if reference in ("overall", "rest"):
        found = _against_pool(table, counted, metric, comparison, reference, options=options)
        return [found[i] for i in compared]
    at = find_reference(counted, table.groups, reference, table.rows)
    others = [i for i in compared if i != at]
    x1, n1 = counted.successes[others], counted.effective[others]
    x2, n2 = counted.successes[at], counted.effective[at]
    values = _compare(counted.value[others], counted.value[at], comparison)
    low, high = _pair_interval(x1, n1, x2, n2, comparison, level=options.level)
    p_values = _two_sided(score_z_difference(x1, n1, x2, n2))
    against: Against = reference if isinstance(reference, str) else "reference"
    return [
        Disparity(
            metric=metric.name,
            comparison=comparison,
            against=against,
            group=table.groups[i],
            reference=table.groups[at],
            value=float(values[k]),
            interval=_interval(
                values[k], low[k], high[k], options.level, counted.method(_METHOD[comparison])
            ),
            p_value=float(p_values[k]),
            fair=_FAIR[comparison],
            reason=_why(values[k], counted.reason(i) or counted.reason(at), comparison),
        )
        for k, i in enumerate(others)
    ]


_FAIR: dict[Comparison, float] = {"difference": 0.0, "ratio": 1.0, "log_ratio": 0.0}
_METHOD: dict[Comparison, str] = {
    "difference": WIDENED_INTERVAL,
    "ratio": WIDENED_INTERVAL,
    "log_ratio": WIDENED_INTERVAL,
}


def _two_sided(z: Floats) -> Floats:
    return np.asarray(2 * ndtr(-np.abs(z)))


def _compare(first: Floats, second: Floats, comparison: Comparison) -> Floats:
    if comparison == "difference":
        return np.asarray(first - second)
    ratio = divide(first, second)
    if comparison == "ratio":
        return ratio
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(ratio))


def _pair_interval(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, comparison: Comparison, *, level: float
) -> tuple[Floats, Floats]:
    if comparison == "difference":
        return widened_difference(x1, n1, x2, n2, level)
    low, high = widened_ratio(x1, n1, x2, n2, level)
    if comparison == "ratio":
        return low, high
    with np.errstate(divide="ignore"):
        return np.log(low), np.log(high)


def _interval(value: float, low: float, high: float, level: float, method: str) -> Interval | None:
    if np.isnan(value) or np.isnan(low):
        return None
    return Interval(float(low), float(high), level, method)


def _why(value: float, reason: Reason | None, comparison: Comparison) -> Reason | None:
    if not np.isnan(value):
        return None
    return reason or (Reason.ZERO_REFERENCE if comparison != "difference" else Reason.GROUP_UNDEFINED)


def _against_pool(
    table: GroupTable,
    counted: Counted,
    metric: Metric,
    comparison: Comparison,
    reference: Against,
    *,
    options: Options,
) -> list[Disparity]:
    x, n = counted.successes, counted.effective
    # A group's sum of squared weights is weight^2 / n; the rest's effective size follows from its sums.
    square = np.nan_to_num(divide(counted.denominator**2, n))
    rest_weight = counted.denominator.sum() - counted.denominator
    rest_value = divide(np.nansum(counted.numerator) - counted.numerator, rest_weight)
    pooled = divide(np.nansum(counted.numerator), counted.denominator.sum())
    rest_size = np.nan_to_num(divide(rest_weight**2, square.sum() - square))
    rest_x = np.nan_to_num(rest_value) * rest_size
    share = divide(counted.denominator, counted.denominator.sum())
    low, high = _pair_interval(
        x, n, rest_x, rest_size, "difference" if comparison == "difference" else "ratio", level=options.level
    )
    if reference == "overall":
        # p - p_all = (1 - s)(p - p_rest) and p / p_all = r / (s r + 1 - s) with r = p / p_rest: an interval
        # for the comparison with the rest, who are other people, becomes one for the comparison with all.
        low, high = _pool_ends(low, share, comparison), _pool_ends(high, share, comparison)
        values = _compare(counted.value, np.broadcast_to(pooled, counted.value.shape), comparison)
        values = np.where(rest_weight > 0, values, np.nan)
    else:
        values = _compare(counted.value, rest_value, comparison)
    if comparison == "log_ratio":
        with np.errstate(divide="ignore"):
            low, high = np.log(low), np.log(high)
    p_values = _two_sided(score_z_difference(x, n, rest_x, rest_size))
    return [
        Disparity(
            metric=metric.name,
            comparison=comparison,
            against=reference,
            group=group,
            reference=None,
            value=float(values[i]),
            interval=_interval(
                values[i], low[i], high[i], options.level, counted.method(_METHOD[comparison])
            ),
            p_value=float(p_values[i]),
            fair=_FAIR[comparison],
            reason=_why(
                values[i],
                counted.reason(i) or (Reason.SINGLE_GROUP if rest_weight[i] == 0 else None),
                comparison,
            ),
        )
        for i, group in enumerate(table.groups)
    ]


def _pool_ends(end: Floats, share: Floats, comparison: Comparison) -> Floats:
    if comparison == "difference":
        return np.asarray((1 - share) * end)
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(end), divide(1.0, share), end / (share * end + 1 - share))


def all_pairs(
    table: GroupTable, metric: Metric, comparison: Comparison, options: Options | None = None
) -> list[Disparity]:
    """Compare every group with every group that stands before it; the arguments are as in `against_each`."""
    options = options or Options()
    found: list[Disparity] = []
    for i, group in enumerate(table.groups[:-1]):
        if None in group and not options.compare_missing:
            continue
        later = set(table.groups[i + 1 :])
        pairs = against_each(table, metric, comparison, group, options)
        found += [replace(pair, against="all_pairs") for pair in pairs if pair.group in later]
    return found


def worst_of(table: GroupTable, metric: Metric, options: Options | None = None) -> Disparity:
    """Give the worst comparison of all pairs of groups.

    Parameters
    ----------
    table : GroupTable
    metric : Metric
        A difference or ratio of the catalogue, for example ``equalized_odds_difference``.
    options : Options, optional
        Groups below ``min_group_size`` in the denominator of a rate stay out, and are named in ``left_out``.

    Returns
    -------
    Disparity
        Undefined, with the reason, where fewer than two groups remain or a group's rate is undefined
        although the group is not left out.

    Raises
    ------
    InputError
        The metric is a rate, which compares nothing.

    Examples
    --------
    >>> from evenhand.metrics.catalogue import metric_named
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([1, 1, 0, 0] * 50, [1, 1, 1, 0] * 50, sensitive_features=["F", "M", "M", "F"] * 50)
    >>> metric = metric_named("demographic_parity_difference")
    >>> worst = worst_of(group_table(cube, "sensitive_feature"), metric)
    >>> worst.value, worst.group, worst.reference
    (0.5, ('F',), ('M',))
    """
    options = options or Options()
    if not metric.rates:
        raise InputError.of(
            "not_a_comparison", "metric", f"a difference or ratio is wanted, got {metric.name!r}"
        )
    counted = [count(table, RATES[rate]) for rate in metric.rates]
    inside, left_out = entrants(table, metric, options)
    blank = Disparity(
        metric=metric.name,
        comparison="difference" if metric.kind == "difference" else "ratio",
        against="all_pairs",
        group=None,
        reference=None,
        value=np.nan,
        fair=0.0 if metric.fair is None else metric.fair,
        compared=len(inside),
        left_out=left_out,
    )
    reason = _undefined(counted, inside, left_out)
    if reason is not None:
        return replace(blank, reason=reason)
    x = np.stack([c.successes[inside] for c in counted])
    n = np.stack([c.effective[inside] for c in counted])
    worst = _worst(metric, x, n, options)
    if np.isnan(worst.value):
        return replace(blank, reason=Reason.ALL_ZERO)
    rates = divide(x, n)[worst.rate_index]
    lower, higher = sorted(worst.pair, key=lambda i: float(rates[i]))
    return replace(
        blank,
        group=table.groups[inside[lower]],
        reference=table.groups[inside[higher]],
        value=worst.value,
        interval=Interval(worst.low, worst.high, options.level, counted[0].method(worst.method)),
        p_value=worst.p_value,
        null_median=worst.null_median,
        null_95=worst.null_95,
    )


def entrants(table: GroupTable, metric: Metric, options: Options) -> tuple[list[int], tuple[Group, ...]]:
    """Tell which groups enter a worst-of-several figure, by position, and which are left out.

    Left out are groups below the minimum size in a rate's denominator, and groups with a missing level
    unless they are to be compared.
    """
    small = np.zeros(len(table.groups), dtype=bool)
    if options.min_group_size > 1:
        rows = [count(table, RATES[rate]).rows for rate in metric.rates]
        small = np.any([row < options.min_group_size for row in rows], axis=0)
    unknown = np.array([None in group and not options.compare_missing for group in table.groups], dtype=bool)
    out = small | unknown
    return np.flatnonzero(~out).tolist(), tuple(table.groups[i] for i in np.flatnonzero(out))


def _undefined(counted: Sequence[Counted], inside: list[int], left_out: tuple[Group, ...]) -> Reason | None:
    for c in counted:
        if c.missing_input is not None:
            return c.missing_input
    if len(inside) < 2:
        return Reason.BELOW_MINIMUM if left_out and len(inside) + len(left_out) > 1 else Reason.SINGLE_GROUP
    return next((reason for c in counted for i in inside if (reason := c.reason(i)) is not None), None)


def _worst(metric: Metric, x: Floats, n: Floats, options: Options) -> WorstOf:
    if metric.kind == "ratio":
        return worst_ratio(x, n, level=options.level, draws=options.draws, seed=options.seed)
    compute = worst_mean_difference if metric.combine == "mean" else worst_difference
    return compute(x, n, level=options.level, draws=options.draws, seed=options.seed)
