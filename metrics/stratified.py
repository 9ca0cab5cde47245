"""Two groups compared within strata: the test, the pooled difference and ratio, and their homogeneity."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from .equality import Significance
from .interval_basics import Array, checked_table, critical_value


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
