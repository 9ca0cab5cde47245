"""The cluster bootstrap: people are resampled, and each carries all of its rows.

People with equal rows are interchangeable, so a resample is a multinomial draw of *profiles* (distinct
confusion matrices of a person), and the cost grows with the profiles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..errors import InputError, Reason
from .bootstrap import Resampled, bca_interval, percentile_interval
from .catalogue import Metric, metric_named
from .cluster_worst import worst_gap
from .clusters import ClusterCounts
from .people import Repeats, profiles
from .rates import RATES, Rate, count
from .replicates import whole_cells
from .results import Disparity, Estimate, Interval
from .worst_result import PAIRED

Floats = NDArray[np.float64]
Method = Literal["percentile", "BCa"]
GROUPED = 2000
"""Beyond so many profiles the jackknife leaves out one of so many random groups of them."""
_BLOCK = 2_000_000


@dataclass(frozen=True, eq=False)
class ClusterBootstrap:
    """Rates, their differences and the worst of them, with intervals from resampled people.

    Parameters
    ----------
    rates : dict of str to tuple of Estimate
        By rate, in the order of the groups.
    differences : tuple of Disparity
        Of every pair of groups, the earlier minus the later, for each rate; none beyond 60 groups.
    worst : Disparity
        The largest difference, largest mean difference or smallest ratio of all pairs.
    repeats : Repeats
    draws, profiles : int
        Replicates, and distinct people.
    """

    rates: dict[str, tuple[Estimate, ...]]
    differences: tuple[Disparity, ...]
    worst: Disparity
    repeats: Repeats
    draws: int
    profiles: int


def cluster_bootstrap(
    counts: ClusterCounts,
    metric: Metric | str,
    *,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    method: Method = "BCa",
    min_group_size: int = 1,
) -> ClusterBootstrap:
    """Resample people with replacement.

    Intervals of rates and pairwise differences are percentile or BCa ones (Efron 1987; Davison & Hinkley
    1997, 3.8). A percentile interval of the worst of several would never hold zero; its end next to the
    fair value comes from the triangle inequality instead (see `careful_intervals.seminorm_of`).

    Parameters
    ----------
    counts : ClusterCounts
    metric : Metric or str
        A rate, or a difference or ratio of the catalogue that is made from rates.
    draws, seed
        Replicates; equal seeds give equal results, whatever the order of the rows.
    level : float
        In (0, 1).
    method : {"percentile", "BCa"}
        The acceleration of BCa is from the jackknife over people.
    min_group_size : int
        Groups with fewer rows in a rate's denominator stay out of the worst, as do missing levels.

    Returns
    -------
    ClusterBootstrap
        Undefined replicates count as lying beyond both ends. No interval where replicates never vary, as
        at a rate of 0; `clusters.clustered` has one there.

    Raises
    ------
    InputError
        The metric is not made from rates, the counts lack labels or decisions, or draws, level or
        method are out of range.

    Examples
    --------
    >>> from evenhand.metrics.clusters import cluster_counts
    >>> counts = cluster_counts(
    ...     None, [1, 1, 0, 0] * 20, sensitive_features=["F", "M"] * 40, ids=[i // 4 for i in range(80)])
    >>> found = cluster_bootstrap(counts, "selection_rate", draws=200)
    >>> found.rates["selection_rate"][0].value, found.profiles, found.worst.value
    (0.5, 1, 0.0)
    """
    metric = metric_named(metric) if isinstance(metric, str) else metric
    rates = [RATES[name] for name in _rates_of(metric)]
    _refuse(counts, rates, method)
    cells, people = profiles(counts.cells)
    figures = partial(_figures, rates=rates, shape=counts.shape)
    resampled = _resampled(figures, cells, people, draws, seed)
    ends = partial(_ends, figures=figures, cells=cells, people=people, level=level, seed=seed, method=method)
    point = figures(np.asarray(counts.cells.sum(axis=0))[None])[0]
    inside = [
        i
        for i, group in enumerate(counts.table.groups)
        if None not in group and all(count(counts.table, r).rows[i] >= min_group_size for r in rates)
    ]
    return ClusterBootstrap(
        rates=_estimates(counts, rates, point, ends(lambda p: p, resampled)),
        differences=_differences(counts, rates, point, inside, partial(ends, resampled=resampled)),
        worst=worst_gap(metric, counts.table.groups, inside, point, resampled, level),
        repeats=counts.repeats,
        draws=draws,
        profiles=len(people),
    )


def _rates_of(metric: Metric) -> tuple[str, ...]:
    names = (metric.name,) if metric.name in RATES else metric.rates
    if not names:
        rule = "a rate, or a difference or ratio of rates, is wanted"
        raise InputError.of("not_of_rates", "metric", f"{rule}, got {metric.name!r}; selection_rate is one")
    return names


def _refuse(counts: ClusterCounts, rates: list[Rate], method: str) -> None:
    for rate in rates:
        reason = count(counts.table, rate).missing_input
        if reason is not None:
            rule = f"{rate.name} cannot be counted: {reason.sentence}"
            raise InputError.of(reason.value, "metric", f"{rule}; count with y_true and y_pred")
    if method not in ("percentile", "BCa"):
        raise InputError.of("choice", "method", f"one of percentile, BCa is wanted, got {method!r}")


def _figures(counts: Floats, *, rates: list[Rate], shape: tuple[int, ...]) -> Floats:
    array = counts.reshape(len(counts), *shape)
    return np.stack([rate(array) for rate in rates], axis=1)


def _resampled(
    figures: Callable[[Floats], Floats], cells: Any, people: Floats, draws: int, seed: int
) -> Floats:
    whole_cells(people, draws)
    rng = np.random.default_rng(seed)
    total, step = int(people.sum()), max(1, _BLOCK // max(len(people), cells.shape[1]))
    parts = []
    for start in range(0, draws, step):
        drawn = rng.multinomial(total, people / total, size=min(step, draws - start)).astype(float)
        parts.append(figures(drawn @ cells))
    return np.concatenate(parts)


def _ends(
    of: Callable[[Floats], Floats],
    resampled: Floats,
    *,
    figures: Callable[[Floats], Floats],
    cells: Any,
    people: Floats,
    level: float,
    seed: int,
    method: Method,
) -> Resampled:
    """Give the ends of what ``of`` makes from the rates of all groups."""
    values = of(resampled)
    if method == "percentile":
        return percentile_interval(values, level)
    if len(people) > GROUPED:
        # A group of people left out moves the figure as the sum of its members would, to first order.
        block = np.random.default_rng(seed).permutation(len(people)) % GROUPED
        fold = sparse.csr_array((people, (block, np.arange(len(people)))), shape=(GROUPED, len(people)))
        cells, people = fold @ cells, np.ones(GROUPED)
    return bca_interval(lambda drawn: of(figures(drawn @ cells)), people, values, level, stratified=False)


def _estimates(
    counts: ClusterCounts, rates: list[Rate], point: Floats, ends: Resampled
) -> dict[str, tuple[Estimate, ...]]:
    found = {}
    for r, rate in enumerate(rates):
        c = count(counts.table, rate)
        found[rate.name] = tuple(
            Estimate(
                value=float(point[r, i]),
                interval=_interval(point[r, i], ends, (r, i)),
                numerator=float(c.numerator[i]),
                denominator=float(c.denominator[i]),
                rows=int(c.rows[i]),
                effective=float(c.effective[i]),
                reason=c.reason(i),
            )
            for i in range(len(c.value))
        )
    return found


def _interval(value: float, ends: Resampled, at: tuple[int, int]) -> Interval | None:
    low, high = float(ends.low[at]), float(ends.high[at])
    # Replicates that never vary, as at a rate of 0, know nothing: a range of no width would claim certainty.
    if np.isnan(value) or np.isnan(low) or low == high:
        return None
    return Interval(low, high, ends.level, f"cluster bootstrap, {ends.method}")


def _differences(
    counts: ClusterCounts,
    rates: list[Rate],
    point: Floats,
    inside: list[int],
    ends: Callable[[Callable[[Floats], Floats]], Resampled],
) -> tuple[Disparity, ...]:
    if not 2 <= len(inside) <= PAIRED:
        return ()
    i, j = (np.asarray(inside)[part] for part in np.triu_indices(len(inside), 1))
    values, found = point[:, i] - point[:, j], ends(lambda p: p[..., i] - p[..., j])
    groups = counts.table.groups
    return tuple(
        Disparity(
            metric=rate.name,
            comparison="difference",
            against="all_pairs",
            group=groups[i[k]],
            reference=groups[j[k]],
            value=float(values[r, k]),
            interval=_interval(values[r, k], found, (r, k)),
            reason=Reason.GROUP_UNDEFINED if np.isnan(values[r, k]) else None,
        )
        for r, rate in enumerate(rates)
        for k in range(len(i))
    )
