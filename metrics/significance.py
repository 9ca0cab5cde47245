"""Tests of equal rates, pooling over strata, corrections for many tests, power, and partial pooling.

Counts are arrays that broadcast; results carry what they were computed from. A table in which
nothing varies (all succeed, or none) holds no evidence against equal rates: statistic 0, p-value 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..errors import InputError
from .intervals import (
    Array,
    Ends,
    checked_counts,
    checked_table,
    critical_value,
    falling_root,
    score_z_difference,
)

_TABLES = 2_000_000
"""Elements of one block of the exact test's tables; bounds the memory."""


@dataclass(frozen=True, eq=False)
class Significance:
    """A test's outcome, elementwise over the leading axes of its counts.

    Parameters
    ----------
    statistic, p_value : array
        Two-sided p-value unless the method says otherwise.
    method : str
    freedom : array or None
        Degrees of freedom of a chi-squared statistic.
    counts : tuple of array
        The counts that went in, in the order of the function's parameters.
    """

    statistic: Array
    p_value: Array
    method: str
    freedom: Array | None = None
    counts: tuple[Array, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class Pooled:
    """A Mantel-Haenszel figure over strata, its interval, and the crude figure beside it.

    Parameters
    ----------
    value, low, high : array
        Pooled over strata.
    crude : array
        The same comparison with the strata thrown together; a sign that differs is Simpson's reversal.
    level : float
    method : str
    counts : tuple of array
        ``x1, n1, x2, n2`` by stratum.
    """

    value: Array
    low: Array
    high: Array
    crude: Array
    level: float
    method: str
    counts: tuple[Array, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class Shrunk:
    """Rates of many small groups, drawn towards their mean by empirical Bayes.

    Parameters
    ----------
    rate : array of shape (..., G)
        Partially pooled rates; they stand beside the raw ones and never replace them.
    low, high : array of shape (..., G)
        Ends of the posterior interval (equal tails, moved where needed to hold the rate); the error
        in ``mean`` and ``strength`` is not in them.
    raw : array of shape (..., G)
    mean, strength : array
        Of the beta distribution of true rates; strength is counted in rows, inf where the groups
        differ by no more than chance explains.
    level : float
    """

    rate: Array
    low: Array
    high: Array
    raw: Array
    mean: Array
    strength: Array
    level: float


# ---- two groups, K groups ------------------------------------------------------------------------


def two_proportion_z(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> Significance:
    """Test ``p1 = p2`` by the z statistic with pooled variance; nan where a group has no rows.

    Parameters
    ----------
    x1, n1, x2, n2 : array-like
        Successes and rows (or ``p * n`` and effective sample sizes).

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n.

    Examples
    --------
    >>> float(two_proportion_z(56, 70, 48, 80).p_value.round(4))
    0.008
    """
    counts = checked_table(x1, n1, x2, n2)
    a, n, b, m = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (a + b) / (n + m)
        gap, error = a / n - b / m, np.sqrt(rate * (1 - rate) * (1 / n + 1 / m))
        z = np.where(gap == 0, 0.0, gap / error)
    return Significance(z, 2 * special.ndtr(-np.abs(z)), "two-proportion z, pooled", counts=counts)


def chi_squared(x: ArrayLike, n: ArrayLike) -> Significance:
    """Test that K groups share one rate (Pearson's chi-squared of the K x 2 table, no correction).

    Parameters
    ----------
    x, n : array-like of shape (..., K)
        Successes and rows of each group; groups without rows do not count.

    Returns
    -------
    Significance
        nan with fewer than two groups that have rows.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n.

    Examples
    --------
    >>> test = chi_squared([90, 60, 75], [200, 200, 200])
    >>> float(test.statistic.round(2)), float(test.p_value.round(4))
    (9.6, 0.0082)
    """
    x, n = checked_counts((x, n))
    freedom = np.asarray((n > 0).sum(axis=-1) - 1, dtype=np.float64)
    statistic = np.where(freedom > 0, _pearson(x, n), np.nan)
    p_value = np.where(freedom > 0, special.chdtrc(np.maximum(freedom, 1), statistic), np.nan)
    return Significance(statistic, p_value, "Pearson's chi-squared", freedom, (x, n))


def _pearson(x: Array, n: Array) -> Array:
    total = n.sum(axis=-1, keepdims=True)
    rate = x.sum(axis=-1, keepdims=True) / np.where(total > 0, total, 1)
    variance = n * rate * (1 - rate)
    parts = np.divide((x - n * rate) ** 2, variance, out=np.zeros_like(x + variance), where=variance > 0)
    statistic: Array = parts.sum(axis=-1)
    return statistic


def fisher_exact(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, *, mid_p: bool = False
) -> Significance:
    """Test ``p1 = p2`` exactly, given both margins: the tables no likelier than ours, added up.

    Parameters
    ----------
    x1, n1, x2, n2 : array-like
        Whole numbers. Time and memory grow with the smallest margin of each table.
    mid_p : bool
        Count only half of the probability of our own table: less conservative.

    Returns
    -------
    Significance
        The statistic is the sample odds ratio.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n, or not whole.

    Examples
    --------
    >>> float(fisher_exact(8, 10, 1, 6).p_value.round(4))
    0.035
    >>> float(fisher_exact(8, 10, 1, 6, mid_p=True).p_value.round(4))
    0.0232
    """
    counts = checked_table(x1, n1, x2, n2)
    if any(np.any(a != np.rint(a)) for a in counts):
        raise InputError.of(
            "whole_counts",
            "x, n",
            "an exact test takes whole numbers of rows; for weighted rows use two_proportion_z",
        )
    a, n, b, m = (c.ravel() for c in counts)
    p_value = np.empty(a.size)
    support = np.minimum(n, a + b) - np.maximum(0, a + b - m) + 1
    for block in np.split(np.arange(a.size), _cuts(support)):
        p_value[block] = _exact([c[block] for c in (a, n, b, m)], support[block], 0.5 if mid_p else 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.where(a * m == b * n, 1.0, a * (m - b) / (b * (n - a)))
    method = "Fisher's exact, mid-p" if mid_p else "Fisher's exact"
    shape = counts[0].shape
    return Significance(odds.reshape(shape), p_value.reshape(shape), method, counts=counts)


def _cuts(support: Array) -> list[int]:
    """Places at which to cut the list of tables so that each block stays within memory."""
    blocks = np.floor(np.cumsum(support) / _TABLES)
    return [int(place) for place in np.flatnonzero(np.diff(blocks)) + 1]


def _exact(table: list[Array], support: Array, own: float) -> Array:
    """Sum hypergeometric probabilities over the tables of each support, laid end to end."""
    a, n, b, m = table
    if a.size == 0:
        return a
    length = support.astype(np.int64)
    first = np.cumsum(length) - length
    which = np.repeat(np.arange(a.size), length)
    k = np.arange(length.sum()) - first[which] + np.maximum(0, a + b - m)[which]
    weight = -_log_binomials(k, n[which], (a + b)[which] - k, m[which])
    ours = -_log_binomials(a, n, b, m)
    top = np.minimum.reduceat(weight, first)
    chance = np.exp(top[which] - weight)
    total = np.add.reduceat(chance, first)
    extreme = np.add.reduceat(np.where(weight >= ours[which] - 1e-7, chance, 0), first)
    p_value: Array = np.clip((extreme - own * np.exp(top - ours)) / total, 0, 1)
    return p_value


def _log_binomials(a: Array, n: Array, b: Array, m: Array) -> Array:
    log = special.gammaln
    value: Array = log(n + 1) - log(a + 1) - log(n - a + 1) + log(m + 1) - log(b + 1) - log(m - b + 1)
    return value


def permutation_of_labels(
    x: ArrayLike,
    n: ArrayLike,
    *,
    statistic: Literal["chi_squared", "range"] = "chi_squared",
    draws: int = 2000,
    seed: int = 0,
) -> Significance:
    """Test that K groups share one rate by dealing the group labels out anew.

    Parameters
    ----------
    x, n : array-like of shape (K,)
        Whole numbers; fewer than a thousand million rows in all.
    statistic : {"chi_squared", "range"}
        What is compared: Pearson's statistic, or the largest rate minus the smallest.
    draws, seed
        Permutations (at least 100), and the seed of the draws.

    Raises
    ------
    InputError
        Counts out of range or not whole, fewer than two groups with rows, or too few draws.

    Examples
    --------
    >>> bool(permutation_of_labels([90, 60, 75], [200, 200, 200]).p_value < 0.02)
    True
    """
    x, n = checked_counts((x, n))
    x, n = x[n > 0], n[n > 0]
    if x.size < 2 or draws < 100 or np.any(x != np.rint(x)) or np.any(n != np.rint(n)):
        rule = "whole counts of at least two groups with rows, and at least 100 draws, are needed"
        raise InputError.of("permutation", "x, n, draws", f"{rule}, got {x.size} groups and {draws} draws")
    rng = np.random.default_rng(seed)
    dealt = rng.multivariate_hypergeometric(
        n.astype(np.int64), int(x.sum()), size=draws, method="marginals"
    ).astype(np.float64)
    measure = _pearson if statistic == "chi_squared" else _range
    ours, others = measure(x, n), measure(dealt, n)
    p_value = (1 + (others >= ours - 1e-9).sum()) / (draws + 1)
    return Significance(ours, np.asarray(p_value), f"permutation of group labels, {statistic}", counts=(x, n))


def _range(x: Array, n: Array) -> Array:
    spread: Array = np.ptp(x / n, axis=-1)
    return spread


def equivalence(
    x1: ArrayLike,
    n1: ArrayLike,
    x2: ArrayLike,
    n2: ArrayLike,
    margin: float,
) -> Significance:
    """Test that two rates differ by less than a margin (TOST by score statistics).

    A small p-value *shows* that the gap is small, which the lack of a significant gap does not.

    Parameters
    ----------
    x1, n1, x2, n2 : array-like
        Successes and rows.
    margin : float
        In (0, 1): the smallest gap that matters.

    Returns
    -------
    Significance
        ``p_value <= a`` exactly where the Miettinen-Nurminen interval at level ``1 - 2a`` lies within
        the margin; the statistic is the smaller of the two one-sided z.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n, or a margin outside (0, 1).

    Examples
    --------
    >>> float(equivalence(500, 1000, 505, 1000, margin=0.05).p_value.round(3))
    0.022
    """
    if not 0 < margin < 1:
        raise InputError.of("margin", "margin", f"the margin lies between 0 and 1, got {margin}; write 0.05")
    counts = checked_table(x1, n1, x2, n2)
    above = score_z_difference(*counts, delta=-margin)
    below = -score_z_difference(*counts, delta=margin)
    z = np.minimum(above, below)
    return Significance(z, special.ndtr(-z), "TOST, score", counts=counts)


# ---- strata --------------------------------------------------------------------------------------


def cochran_mantel_haenszel(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, *, continuity: bool = False
) -> Significance:
    """Test that two groups have equal rates within strata (Mantel & Haenszel 1959).

    ``(sum(x1 - n1 m / N))^2 / sum(n1 n2 m (N - m) / (N^2 (N - 1)))`` with m the successes of a stratum.

    Parameters
    ----------
    x1, n1, x2, n2 : array-like of shape (..., K)
        Successes and rows of the two groups in each stratum; a stratum that lacks a group adds nothing.
    continuity : bool
        Take half a row off the difference first.

    Returns
    -------
    Significance
        One degree of freedom; statistic 0 where no stratum varies.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n.

    Examples
    --------
    >>> test = cochran_mantel_haenszel([10, 20], [50, 50], [20, 30], [50, 50])
    >>> float(test.statistic.round(3))
    8.609
    """
    counts = checked_table(x1, n1, x2, n2)
    a, n, b, m = counts
    total, hits = n + m, a + b
    safe = np.maximum(total, 2)
    gap = np.abs((a - n * hits / safe).sum(axis=-1))
    variance = (n * m * hits * (total - hits) / (safe**2 * (safe - 1))).sum(axis=-1)
    gap = np.maximum(gap - 0.5, 0) if continuity else gap
    statistic = np.divide(gap**2, variance, out=np.zeros_like(gap), where=variance > 0)
    return Significance(
        statistic, special.chdtrc(1, statistic), "Cochran-Mantel-Haenszel", np.ones_like(statistic), counts
    )


def breslow_day(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, *, tarone: bool = True
) -> Significance:
    """Test that the odds ratio is the same in all strata (Breslow & Day 1980; Tarone 1985).

    Parameters
    ----------
    x1, n1, x2, n2 : array-like of shape (..., K)
        As for `cochran_mantel_haenszel`.
    tarone : bool
        Apply Tarone's correction.

    Returns
    -------
    Significance
        ``K - 1`` degrees of freedom, strata that do not vary left out; nan with fewer than two such
        strata, or where the pooled odds ratio is 0 or infinite.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n.

    Examples
    --------
    >>> test = breslow_day([10, 30], [50, 50], [20, 20], [50, 50])
    >>> float(test.p_value.round(4))
    0.0031
    """
    counts = checked_table(x1, n1, x2, n2)
    a, n, b, m = counts
    total, hits = np.maximum(n + m, 1), a + b
    used = (n > 0) & (m > 0) & (hits > 0) & (hits < n + m)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = (a * (m - b) / total).sum(axis=-1) / (b * (n - a) / total).sum(axis=-1)
        expected = _expected(odds[..., None], n, m, hits)
        variance = 1 / (1 / expected + 1 / (hits - expected) + 1 / (n - expected) + 1 / (m - hits + expected))
        gap = np.where(used, a - expected, 0)
        statistic = np.where(used, gap**2 / variance, 0).sum(axis=-1)
        if tarone:
            statistic = statistic - gap.sum(axis=-1) ** 2 / np.where(used, variance, 0).sum(axis=-1)
    freedom = np.asarray(used.sum(axis=-1) - 1, dtype=np.float64)
    defined = (freedom > 0) & np.isfinite(odds) & (odds > 0)
    statistic = np.where(defined, statistic, np.nan)
    method = "Breslow-Day with Tarone's correction" if tarone else "Breslow-Day"
    p_value = special.chdtrc(np.maximum(freedom, 1), statistic)
    return Significance(statistic, p_value, method, freedom, counts)


def _expected(odds: Array, n: Array, m: Array, hits: Array) -> Array:
    """Successes of the first group, given all margins and the odds ratio: the root within the margins."""
    a, b = 1 - odds, m - hits + odds * (n + hits)
    c = -odds * n * hits
    return -2 * c / (b + np.sqrt(np.maximum(b**2 - 4 * a * c, 0)))


def mantel_haenszel_difference(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: float = 0.95
) -> Pooled:
    """Difference of two rates pooled over strata, with Sato's (1989) variance; 0 is fair.

    ``sum((x1 n2 - x2 n1) / N) / sum(n1 n2 / N)``. The variance holds for few large strata and for many
    small ones.

    Parameters
    ----------
    x1, n1, x2, n2 : array-like of shape (..., K)
        Successes and rows of the two groups in each stratum; a stratum that lacks a group adds nothing.
    level : float

    Returns
    -------
    Pooled
        nan where no stratum holds both groups.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n, or a level outside (0, 1).

    Examples
    --------
    >>> pooled = mantel_haenszel_difference([10, 20], [50, 50], [20, 30], [50, 50])
    >>> float(pooled.value.round(3)), float(pooled.low.round(3)), float(pooled.high.round(3))
    (-0.2, -0.33, -0.07)
    """
    counts = checked_table(x1, n1, x2, n2)
    a, n, b, m = counts
    total = np.maximum(n + m, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = (n * m / total).sum(axis=-1)
        value = ((a * m - b * n) / total).sum(axis=-1) / weight
        p = ((n**2 * b - m**2 * a + n * m * (m - n) / 2) / total**2).sum(axis=-1)
        q = ((a * (m - b) + b * (n - a)) / (2 * total)).sum(axis=-1)
        half = critical_value(level) * np.sqrt(np.maximum(value * p + q, 0)) / weight
        crude = a.sum(axis=-1) / n.sum(axis=-1) - b.sum(axis=-1) / m.sum(axis=-1)
    ends = np.clip(value - half, -1, 1), np.clip(value + half, -1, 1)
    return Pooled(value, *ends, crude, level, "Mantel-Haenszel, Sato", counts)


def mantel_haenszel_ratio(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, level: float = 0.95
) -> Pooled:
    """Ratio of two rates pooled over strata, with the variance of Greenland & Robins (1985); 1 is fair.

    ``sum(x1 n2 / N) / sum(x2 n1 / N)``.

    Parameters and errors as for `mantel_haenszel_difference`.

    Returns
    -------
    Pooled
        Without a success in the first group 0 with interval (0, inf), without one in the second inf
        with (0, inf): the logarithm then has no variance; nan without any.

    Examples
    --------
    >>> pooled = mantel_haenszel_ratio([10, 20], [50, 50], [20, 30], [50, 50])
    >>> float(pooled.value.round(3)), float(pooled.low.round(3)), float(pooled.high.round(3))
    (0.6, 0.423, 0.852)
    """
    counts = checked_table(x1, n1, x2, n2)
    a, n, b, m = counts
    total = np.maximum(n + m, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        up, down = (a * m / total).sum(axis=-1), (b * n / total).sum(axis=-1)
        value = up / down
        spread = (((a + b) * n * m - a * b * total) / total**2).sum(axis=-1)
        half = critical_value(level) * np.sqrt(np.maximum(spread, 0) / (up * down))
        low, high = value * np.exp(-half), value * np.exp(half)
        crude = (a.sum(axis=-1) / n.sum(axis=-1)) / (b.sum(axis=-1) / m.sum(axis=-1))
    zero = (up == 0) ^ (down == 0)
    low, high = np.where(zero, 0.0, low), np.where(zero, np.inf, high)
    return Pooled(value, low, high, crude, level, "Mantel-Haenszel, Greenland-Robins", counts)


# ---- many tests ----------------------------------------------------------------------------------


def holm(p_value: ArrayLike) -> Array:
    """Adjust p-values so that the chance of any false alarm in the family stays bounded (Holm 1979).

    Parameters
    ----------
    p_value : array-like of shape (..., m)
        The family lies along the last axis; nan stays nan and does not count.

    Raises
    ------
    InputError
        A p-value outside [0, 1].

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    ordered, back, size = _sorted(p_value)
    rank = np.arange(ordered.shape[-1])
    adjusted = np.fmax.accumulate(ordered * np.maximum(size - rank, 1), axis=-1)
    return _unsorted(adjusted, ordered, back)


def benjamini_hochberg(p_value: ArrayLike) -> Array:
    """Adjust p-values so that the expected share of false alarms stays bounded (1995).

    Parameters and errors as for `holm`.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    ordered, back, size = _sorted(p_value)
    rank = np.arange(1, ordered.shape[-1] + 1)
    scaled = ordered * size / rank
    adjusted = np.flip(np.fmin.accumulate(np.flip(scaled, axis=-1), axis=-1), axis=-1)
    return _unsorted(adjusted, ordered, back)


def _sorted(p_value: ArrayLike) -> tuple[Array, NDArray[np.intp], Array]:
    p = np.asarray(p_value, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise InputError.of(
            "p_value", "p_value", f"p-values lie in [0, 1], got {np.nanmin(p)} to {np.nanmax(p)}"
        )
    order = np.argsort(p, axis=-1, kind="stable")
    size = (~np.isnan(p)).sum(axis=-1, keepdims=True).astype(np.float64)
    return np.take_along_axis(p, order, axis=-1), np.argsort(order, axis=-1, kind="stable"), size


def _unsorted(adjusted: Array, ordered: Array, back: NDArray[np.intp]) -> Array:
    adjusted = np.where(np.isnan(ordered), np.nan, np.minimum(adjusted, 1))
    return np.take_along_axis(adjusted, back, axis=-1)


# ---- power and partial pooling -------------------------------------------------------------------


def smallest_detectable_gap(
    n1: ArrayLike,
    n2: ArrayLike,
    rate: ArrayLike,
    *,
    level: float = 0.95,
    power: float = 0.8,
    direction: Literal["lower", "higher"] = "lower",
) -> Array:
    """Give the smallest true gap that groups of these sizes would have shown, most of the time.

    Solves ``gap = z_a sqrt(p q (1/n1 + 1/n2)) + z_b sqrt(p1 q1 / n1 + p2 q2 / n2)`` with ``p2 = rate``,
    p1 below (or above) it, and p, q pooled: the power of the two-proportion z test.

    Parameters
    ----------
    n1, n2 : array-like
        Rows (or effective rows) of the group and of the one compared with.
    rate : array-like
        Rate of the group compared with, in [0, 1].
    level, power : float
        Confidence of the test and chance to see the gap, in (0, 1).
    direction : {"lower", "higher"}
        Which way the first group's rate lies.

    Returns
    -------
    array
        At least 0; nan where no gap in that direction could be seen, or a group has no rows.

    Raises
    ------
    InputError
        Sizes below 0, a rate outside [0, 1], or a level or power outside (0, 1).

    Examples
    --------
    >>> float(smallest_detectable_gap(200, 200, 0.5).round(3))
    0.138
    """
    n, m, p2 = (
        np.array(a) for a in np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (n1, n2, rate)))
    )
    if not 0 < power < 1 or np.any((p2 < 0) | (p2 > 1)) or np.any((n < 0) | (m < 0)):
        rule = "sizes are at least 0, the rate lies in [0, 1], and the power in (0, 1)"
        raise InputError.of("power", "n1, n2, rate, power", f"{rule}; got power {power}")
    sign = -1.0 if direction == "lower" else 1.0
    z_a, z_b = critical_value(level), special.ndtri(power)
    size, other = np.maximum(n, 1e-12), np.maximum(m, 1e-12)

    def excess(gap: Array) -> Array:
        p1 = np.clip(p2 + sign * gap, 0, 1)
        pooled = (size * p1 + other * p2) / (size + other)
        chance = z_a * np.sqrt(pooled * (1 - pooled) * (1 / size + 1 / other))
        value: Array = chance + z_b * np.sqrt(p1 * (1 - p1) / size + p2 * (1 - p2) / other) - gap
        return value

    room = p2 if direction == "lower" else 1 - p2
    seen = (n > 0) & (m > 0) & (excess(room) < 0)
    return np.where(seen, falling_root(excess, np.zeros_like(room), room), np.nan)


def partial_pooling(x: ArrayLike, n: ArrayLike, level: float = 0.95) -> Shrunk:
    """Draw the rates of many small groups towards their mean (beta-binomial, method of moments).

    The spread of true rates is what the spread of the raw ones exceeds chance by (Kleinman 1973,
    weights n). With strength s and mean m the pooled rate is ``(x + s m) / (n + s)``.

    Parameters
    ----------
    x, n : array-like of shape (..., G)
        Successes and rows; a group without rows gets the mean.
    level : float
        Of the posterior interval.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n, or a level outside (0, 1).

    Examples
    --------
    >>> shrunk = partial_pooling([0, 30, 45, 100], [5, 100, 100, 200])
    >>> shrunk.raw.round(2).tolist(), shrunk.rate.round(2).tolist()
    ([0.0, 0.3, 0.45, 0.5], [0.35, 0.32, 0.45, 0.49])
    """
    x, n = checked_counts((x, n))
    critical_value(level)
    total = n.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = x / n
        mean = x.sum(axis=-1, keepdims=True) / total
        strength = _strength(np.where(n > 0, raw, mean), n, mean)
        share = np.where(np.isinf(strength), 1.0, strength / (n + strength))
    rate = np.where(n > 0, (1 - share) * np.where(n > 0, raw, 0) + share * mean, mean)
    low, high = _posterior(rate, n + strength, level)
    return Shrunk(rate, low, high, raw, mean[..., 0], strength[..., 0], level)


def _strength(raw: Array, n: Array, mean: Array) -> Array:
    total, groups = n.sum(axis=-1, keepdims=True), (n > 0).sum(axis=-1, keepdims=True)
    spread = (n * (raw - mean) ** 2).sum(axis=-1, keepdims=True)
    by_chance = mean * (1 - mean) * (groups - 1)
    room = mean * (1 - mean) * (total - (n**2).sum(axis=-1, keepdims=True) / total - (groups - 1))
    alike = np.clip((spread - by_chance) / room, 0, 1)
    return np.where(alike > 0, (1 - alike) / alike, np.inf)


def _posterior(rate: Array, strength: Array, level: float) -> Ends:
    """Quantiles of Beta(rate s, (1 - rate) s); a point where the strength is infinite or the rate 0 or 1."""
    spread = np.isfinite(strength) & (rate > 0) & (rate < 1) & (strength > 0)
    held = np.where(spread, strength, 1.0)
    a, b = np.where(spread, rate * held, 1.0), np.where(spread, (1 - rate) * held, 1.0)
    tail = (1 - level) / 2
    low, high = special.betaincinv(a, b, tail), special.betaincinv(a, b, 1 - tail)
    # The mean of a very skewed posterior lies outside its equal tails; the end is then moved to hold it.
    low, high = np.minimum(low, rate), np.maximum(high, rate)
    return np.where(spread, low, rate), np.where(spread, high, rate)
