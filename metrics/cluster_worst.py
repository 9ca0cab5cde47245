"""The worst of several comparisons where people repeat: by effective sizes, or from resampled people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import Reason
from .bootstrap import percentile_interval
from .careful_intervals import seminorm_of
from .catalogue import Metric, metric_named
from .clusters import ClusterCounts, clustered_table
from .disparity import Options, worst_of
from .rates import divide
from .results import Disparity, Group, Interval
from .worst_null import largest_mean, largest_spread, smallest_ratio, worst_mean

Floats = NDArray[np.float64]
_RATIO = "cluster bootstrap, triangle inequality above"


def worst_of_clustered(
    counts: ClusterCounts, metric: Metric | str, options: Options | None = None
) -> Disparity:
    """Give the worst comparison of all pairs of groups, by cluster-robust effective sizes.

    `disparity.worst_of` with the sizes of `clusters.clustered`: the permutation test deals out as many
    rows as the people are worth. Without repeats it equals that function's result.

    Parameters
    ----------
    counts : ClusterCounts
    metric : Metric or str
        A difference or ratio of the catalogue.
    options : Options, optional

    Returns
    -------
    Disparity
        Undefined, with the reason, as `disparity.worst_of` is.

    Raises
    ------
    InputError
        The metric is a rate, which compares nothing.

    Examples
    --------
    >>> from evenhand.metrics.clusters import cluster_counts
    >>> counts = cluster_counts(None, [1, 1, 1, 0] * 50, sensitive_features=["F", "M"] * 100, ids=range(200))
    >>> worst = worst_of_clustered(counts, "demographic_parity_difference")
    >>> worst.value, worst.interval.low > 0
    (0.5, True)
    """
    metric = metric_named(metric) if isinstance(metric, str) else metric
    options = options or Options()
    return worst_of(clustered_table(counts, metric.rates, options.level), metric, options)


def _blank(metric: Metric, compared: int) -> Disparity:
    return Disparity(
        metric=metric.name,
        comparison="ratio" if metric.kind == "ratio" else "difference",
        against="all_pairs",
        group=None,
        reference=None,
        value=np.nan,
        fair=1.0 if metric.kind == "ratio" else 0.0,
        compared=compared,
    )


def worst_gap(  # noqa: PLR0917 - the figure, whose it is, and what it is made from
    metric: Metric,
    groups: tuple[Group, ...],
    inside: list[int],
    point: Floats,
    resampled: Floats,
    level: float,
) -> Disparity:
    """Give the worst of all pairs, with an interval from replicates of the rates.

    A largest difference is a norm of the rates' differences: by the triangle inequality the true one is
    at least the one found minus the norm of the noise. So is the logarithm of a smallest ratio.

    Parameters
    ----------
    metric : Metric
        A rate stands for its largest difference.
    inside : list of int
        Groups that are compared.
    point : ndarray of shape (R, G)
    resampled : ndarray of shape (draws, R, G)
    level : float

    Examples
    --------
    >>> point = np.array([[0.2, 0.5]])
    >>> noise = np.linspace(-0.1, 0.1, 999)[:, None, None] * np.array([1.0, -1.0])
    >>> gap = worst_gap(metric_named("selection_rate"), (("F",), ("M",)), [0, 1], point, point + noise, 0.95)
    >>> round(gap.value, 3), round(gap.interval.low, 2), round(gap.interval.high, 2)
    (0.3, 0.1, 0.49)
    """
    blank = _blank(metric, len(inside))
    p, drawn = point[:, inside], resampled[..., inside]
    if len(inside) < 2:
        return replace(blank, reason=Reason.SINGLE_GROUP)
    if np.isnan(p).any():
        return replace(blank, reason=Reason.GROUP_UNDEFINED)
    if metric.kind == "ratio" and not (p.max(axis=1) > 0).all():
        return replace(blank, reason=Reason.ALL_ZERO)
    value, (lower, higher) = _figure(metric, p)
    interval = _careful(metric, p, drawn, value, level)
    return replace(
        blank,
        group=groups[inside[lower]],
        reference=groups[inside[higher]],
        value=value,
        interval=None if interval is None or interval.low == interval.high else interval,
    )


def _figure(metric: Metric, p: Floats) -> tuple[float, tuple[int, int]]:
    if metric.kind == "ratio":
        rate = p[int(np.argmin(divide(p.min(axis=1), p.max(axis=1))))]
        return float(smallest_ratio(p)), (int(np.argmin(rate)), int(np.argmax(rate)))
    if metric.combine == "mean" and len(p) > 1:
        value, pair, _ = worst_mean(p)
        return value, pair
    rate = p[int(np.argmax(np.ptp(p, axis=1)))]
    return float(largest_spread(p)), (int(np.argmin(rate)), int(np.argmax(rate)))


def _careful(metric: Metric, p: Floats, drawn: Floats, value: float, level: float) -> Interval | None:
    if metric.kind == "ratio":
        return _careful_ratio(p, drawn, value, level)
    norm = largest_mean if metric.combine == "mean" and len(p) > 1 else largest_spread
    found = seminorm_of(value, norm(drawn), norm(drawn - p), level)
    return (
        None if found is None else replace(found, method=f"cluster {found.method}", high=min(found.high, 1.0))
    )


def _careful_ratio(p: Floats, drawn: Floats, value: float, level: float) -> Interval:
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = np.ptp(np.log(drawn) - np.log(p), axis=-1).max(axis=-1)
        slack = float(percentile_interval(noise, level).high)
        high = 1.0 if np.isinf(slack) else min(1.0, float(np.exp(np.log(value) + slack)))
    low = float(percentile_interval(smallest_ratio(drawn), level).low)
    return Interval(max(0.0, min(low, value)), max(high, value), level, _RATIO)
