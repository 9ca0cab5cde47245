"""Intervals for a rate, for a difference and a ratio of two rates, and for a difference of means.

All functions work elementwise on arrays that broadcast. ``x`` is a number of successes among ``n``;
both may be fractions of a row: for survey weights pass ``x = p * n`` with ``n`` the effective sample
size. Every interval is a pair of arrays ``(low, high)``; both are nan where a group has no rows.
``z`` replaces the level by a critical value of one's own, as simultaneous bounds need it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..errors import InputError, Problem

Array = NDArray[np.float64]
Ends = tuple[Array, Array]
Table = tuple[Array, Array, Array, Array]
"""``x1, n1, x2, n2``: successes and rows of two groups."""

_SLACK = 1e-9
"""Rounding of weighted sums may push a count this far (relative) beyond its bounds."""
_FURTHEST = 60.0
"""Bracket of a ratio on the log scale: e^-60 to e^60 holds every ratio of counts that fit a float."""


def critical_value(level: float = 0.95, z: ArrayLike | None = None) -> Array:
    """Give the two-sided normal critical value of a level, or the one that the caller has chosen.

    Parameters
    ----------
    level : float
        Nominal coverage, in (0, 1); not read where ``z`` is given.
    z : array-like, optional
        Critical value(s), at least 0.

    Raises
    ------
    InputError
        The level lies outside (0, 1), or a critical value is negative.

    Examples
    --------
    >>> float(critical_value(0.95).round(3))
    1.96
    """
    if z is None:
        if not 0 < level < 1:
            raise InputError.of(
                "level", "level", f"the level lies between 0 and 1, both excluded, got {level}; write 0.95"
            )
        return np.asarray(special.ndtri(0.5 + level / 2), dtype=np.float64)
    value = np.asarray(z, dtype=np.float64)
    if np.any(value < 0):
        raise InputError.of("critical_value", "z", f"a critical value is at least 0, got {value.min()}")
    return value


def checked_counts(*pairs: tuple[ArrayLike, ArrayLike]) -> tuple[Array, ...]:
    """Broadcast counts ``(x1, n1), (x2, n2), ...`` against each other and hold them to 0 <= x <= n.

    Raises
    ------
    InputError
        With one problem for each pair that breaks the rule; a count of nan is not a breach.

    Examples
    --------
    >>> [a.tolist() for a in checked_counts(([1, 2], 4))]
    [[1.0, 2.0], [4.0, 4.0]]
    """
    flat = [np.asarray(item, dtype=np.float64) for pair in pairs for item in pair]
    arrays = [np.array(item) for item in np.broadcast_arrays(*flat)]
    problems = []
    for place in range(len(pairs)):
        x, n = arrays[2 * place], arrays[2 * place + 1]
        slack = _SLACK * (1 + np.abs(n))
        wrong = (x < -slack) | (x > n + slack) | (n < 0) | np.isinf(x) | np.isinf(n)
        if wrong.any():
            name = f"{place + 1}" if len(pairs) > 1 else ""
            got = f"x={x[wrong].flat[0]:g}, n={n[wrong].flat[0]:g} ({int(wrong.sum())} such)"
            rule = f"successes lie between 0 and a finite number of rows, got {got}; check the counts"
            problems.append(Problem("count_range", f"x{name}, n{name}", rule))
        arrays[2 * place] = np.clip(x, 0, np.maximum(n, 0))
    if problems:
        raise InputError(problems)
    return tuple(arrays)


def checked_table(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> Table:
    """Broadcast the counts of two groups and hold them to 0 <= x <= n, as `checked_counts` does.

    Raises
    ------
    InputError
        With one problem for each group that breaks the rule.

    Examples
    --------
    >>> [float(a) for a in checked_table(1, 4, 2, 5)]
    [1.0, 4.0, 2.0, 5.0]
    """
    a, n, b, m = checked_counts((x1, n1), (x2, n2))
    return a, n, b, m


def falling_root(function: Callable[[Array], Array], low: Array, high: Array, *, steps: int = 80) -> Array:
    """Solve ``function(x) = 0`` for every element at once (Chandrupatla 1997).

    Parameters
    ----------
    function : callable
        Elementwise; taken as positive at ``low`` and negative at ``high`` whatever rounding says there.
    low, high : array
        The bracket; where both agree the answer is that point.
    steps : int
        Upper bound on the number of evaluations; bisection alone would need about 50.

    Examples
    --------
    >>> falling_root(lambda x: 2 - x**2, np.array([0.0]), np.array([2.0])).round(6)
    array([1.414214])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _chandrupatla(function, np.array(high), np.array(low), steps)


def _chandrupatla(function: Callable[[Array], Array], a: Array, b: Array, steps: int) -> Array:
    fa = np.minimum(function(a), -np.finfo(float).tiny)
    fb = np.maximum(function(b), np.finfo(float).tiny)
    t = np.full_like(a, 0.5)
    root, done = np.where(np.abs(fa) < np.abs(fb), a, b), a == b
    for _ in range(steps):
        x = a + t * (b - a)
        fx = function(x)
        same = (fx > 0) == (fa > 0)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        best = np.where(np.abs(fa) < np.abs(fb), a, b)
        root = np.where(done, root, best)
        nearest = (4 * np.finfo(float).eps * np.abs(best) + 1e-15) / np.abs(b - a)
        done = done | (nearest > 0.5) | (fa == 0)
        if done.all():
            break
        t = np.clip(_step((a, b, c), (fa, fb, fc)), nearest, 1 - nearest)
    return root


def _step(points: tuple[Array, Array, Array], values: tuple[Array, Array, Array]) -> Array:
    """Interpolate by the inverse quadratic where it is safe, halve where it is not."""
    (a, b, c), (fa, fb, fc) = points, values
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
    t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return np.where(safe & np.isfinite(t), t, 0.5)


# ---- one rate ------------------------------------------------------------------------------------


def wilson(x: ArrayLike, n: ArrayLike, level: float = 0.95, *, z: ArrayLike | None = None) -> Ends:
    """Interval of a rate by inverting the score test (Wilson 1927); the default of the product.

    Parameters
    ----------
    x, n : array-like
        Successes and rows, or ``p * n`` and the effective sample size.
    level, z
        Nominal coverage in (0, 1), or a critical value that replaces it.

    Returns
    -------
    low, high : array
        Within [0, 1]; ``low`` is exactly 0 at x = 0, ``high`` exactly 1 at x = n; nan at n = 0.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n, or a level outside (0, 1).

    Examples
    --------
    >>> low, high = wilson(81, 263)
    >>> float(low.round(4)), float(high.round(4))
    (0.2553, 0.3662)
    """
    x, n = checked_counts((x, n))
    c = critical_value(level, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / n
        middle = (x + c**2 / 2) / (n + c**2)
        half = c / (n + c**2) * np.sqrt(n * p * (1 - p) + c**2 / 4)
    return _ladder(x, n, middle - half, middle + half)


def clopper_pearson(x: ArrayLike, n: ArrayLike, level: float = 0.95, *, z: ArrayLike | None = None) -> Ends:
    """Interval of a rate that never covers less than its level (Clopper & Pearson 1934); wide.

    Parameters, returns and errors as for `wilson`.

    Examples
    --------
    >>> low, high = clopper_pearson(0, 20)
    >>> float(low), float(high.round(4))
    (0.0, 0.1684)
    """
    x, n = checked_counts((x, n))
    tail = special.ndtr(-critical_value(level, z))
    low = special.betaincinv(x, n - x + 1, tail)
    high = special.betaincinv(x + 1, n - x, 1 - tail)
    return _ladder(x, n, low, high)


def jeffreys(x: ArrayLike, n: ArrayLike, level: float = 0.95, *, z: ArrayLike | None = None) -> Ends:
    """Interval of a rate from the Beta(1/2, 1/2) prior (Brown, Cai & DasGupta 2001).

    Parameters, returns and errors as for `wilson`.

    Examples
    --------
    >>> low, high = jeffreys(5, 20)
    >>> float(low.round(4)), float(high.round(4))
    (0.1024, 0.4642)
    """
    x, n = checked_counts((x, n))
    tail = special.ndtr(-critical_value(level, z))
    low = special.betaincinv(x + 0.5, n - x + 0.5, tail)
    high = special.betaincinv(x + 0.5, n - x + 0.5, 1 - tail)
    return _ladder(x, n, low, high)


def _ladder(x: Array, n: Array, low: Array, high: Array) -> Ends:
    low = np.where(x == 0, 0.0, np.clip(low, 0, 1))
    high = np.where(x == n, 1.0, np.clip(high, 0, 1))
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


# ---- the difference of two rates -----------------------------------------------------------------


def score_z_difference(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, delta: ArrayLike = 0.0
) -> Array:
    """Score statistic of ``p1 - p2 = delta`` (Miettinen & Nurminen 1985, with the factor N/(N-1)).

    The variance is taken at the maximum of the likelihood under the hypothesis; at ``delta = 0`` that
    is the pooled variance. Standard normal under the hypothesis; 0 where neither rate varies; nan
    where a group has no rows.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n.

    Examples
    --------
    >>> float(score_z_difference(56, 70, 48, 80).round(3))
    2.641
    """
    x1, n1, x2, n2 = checked_table(x1, n1, x2, n2)
    with np.errstate(divide="ignore", invalid="ignore"):
        d = np.asarray(delta, dtype=np.float64)
        gap = x1 / n1 - x2 / n2 - d
        z = gap / np.sqrt(_variance_difference(x1, n1, x2, n2, d))
    return np.where(np.abs(gap) < 1e-15, 0.0, z)


def _variance_difference(x1: Array, n1: Array, x2: Array, n2: Array, delta: Array) -> Array:
    p1, p2 = _restricted_difference(x1, n1, x2, n2, delta)
    return (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * _inflation(n1 + n2)


def _inflation(total: Array) -> Array:
    return total / np.maximum(total - 1, 1e-9)


def _restricted_difference(x1: Array, n1: Array, x2: Array, n2: Array, delta: Array) -> Ends:
    """Most likely rates given their difference, by the cubic's closed form (Farrington & Manning 1990).

    statsmodels 0.15 has a count where the cubic's linear coefficient needs a number of rows, so its
    score interval of a difference is another one, nan at corners. Newcombe's 1998 table agrees with ours.
    """
    theta, p1, p2 = n2 / n1, x1 / n1, x2 / n2
    a = 1 + theta
    b = -(a + p1 + theta * p2 + delta * (theta + 2)) / (3 * a)
    c = (delta**2 + delta * (2 * p1 + a) + p1 + theta * p2) / (3 * a)
    d = -p1 * delta * (1 + delta) / (2 * a)
    v = b**3 - 1.5 * b * c + d
    u = np.where(v < 0, -1.0, 1.0) * np.sqrt(np.maximum(b**2 - c, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(u == 0, 0.0, np.clip(v / u**3, -1, 1))
    rate = 2 * u * np.cos((np.pi + np.arccos(cosine)) / 3) - b
    rate = np.clip(rate, np.maximum(0, delta), np.minimum(1, 1 + delta))
    return rate, np.clip(rate - delta, 0, 1)


def miettinen_nurminen_difference(
    x1: ArrayLike,
    n1: ArrayLike,
    x2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
    *,
    z: ArrayLike | None = None,
) -> Ends:
    """Interval of ``p1 - p2`` by inverting the score test; the default of the product.

    Defined for all counts, the corners (0/n, n/n) included.

    Parameters
    ----------
    x1, n1, x2, n2 : array-like
        Successes and rows of the two groups, or ``p * n`` and effective sample sizes.
    level, z
        Nominal coverage in (0, 1), or a critical value that replaces it.

    Returns
    -------
    low, high : array
        Within [-1, 1]; nan where a group has no rows.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n, or a level outside (0, 1).

    References
    ----------
    Miettinen & Nurminen (1985), Statistics in Medicine 4, 213-226.

    Examples
    --------
    >>> low, high = miettinen_nurminen_difference(56, 70, 48, 80)
    >>> float(low.round(4)), float(high.round(4))
    (0.0528, 0.3382)
    """
    counts = checked_table(x1, n1, x2, n2)
    c = critical_value(level, z)
    low = _lower_difference(counts, c)
    high = -_lower_difference((*counts[2:], *counts[:2]), c)
    return low, high


def _lower_difference(counts: Table, c: Array) -> Array:
    x1, n1, x2, n2, c = np.broadcast_arrays(*counts, c)
    defined = (n1 > 0) & (n2 > 0)
    m1, m2 = np.where(defined, n1, 1.0), np.where(defined, n2, 1.0)
    y1, y2 = np.where(defined, x1, 0.0), np.where(defined, x2, 0.0)
    gap = y1 / m1 - y2 / m2

    def excess(delta: Array) -> Array:
        return gap - delta - c * np.sqrt(_variance_difference(y1, m1, y2, m2, delta))

    low = falling_root(excess, np.full_like(gap, -1.0), gap)
    return np.where(defined, np.where(c == 0, gap, low), np.nan)


def newcombe_difference(
    x1: ArrayLike,
    n1: ArrayLike,
    x2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
    *,
    z: ArrayLike | None = None,
) -> Ends:
    """Interval of ``p1 - p2`` from the two Wilson intervals (Newcombe 1998, method 10); no iteration.

    Parameters, returns and errors as for `miettinen_nurminen_difference`.

    Examples
    --------
    >>> low, high = newcombe_difference(56, 70, 48, 80)
    >>> float(low.round(4)), float(high.round(4))
    (0.0524, 0.3339)
    """
    x1, n1, x2, n2 = checked_table(x1, n1, x2, n2)
    (l1, u1), (l2, u2) = wilson(x1, n1, level, z=z), wilson(x2, n2, level, z=z)
    with np.errstate(divide="ignore", invalid="ignore"):
        p1, p2 = x1 / n1, x2 / n2
    return p1 - p2 - np.hypot(p1 - l1, u2 - p2), p1 - p2 + np.hypot(u1 - p1, p2 - l2)


def agresti_caffo_difference(
    x1: ArrayLike,
    n1: ArrayLike,
    x2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
    *,
    z: ArrayLike | None = None,
) -> Ends:
    """Interval of ``p1 - p2``: the plain one after adding a success and a failure to each group.

    Parameters, returns and errors as for `miettinen_nurminen_difference`. Agresti & Caffo (2000).

    Examples
    --------
    >>> low, high = agresti_caffo_difference(56, 70, 48, 80)
    >>> float(low.round(4)), float(high.round(4))
    (0.0525, 0.3358)
    """
    x1, n1, x2, n2 = checked_table(x1, n1, x2, n2)
    p1, p2 = (x1 + 1) / (n1 + 2), (x2 + 1) / (n2 + 2)
    half = critical_value(level, z) * np.sqrt(p1 * (1 - p1) / (n1 + 2) + p2 * (1 - p2) / (n2 + 2))
    defined = (n1 > 0) & (n2 > 0)
    low, high = np.clip(p1 - p2 - half, -1, 1), np.clip(p1 - p2 + half, -1, 1)
    return np.where(defined, low, np.nan), np.where(defined, high, np.nan)


# ---- the ratio of two rates ----------------------------------------------------------------------


def score_z_ratio(
    x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike, ratio: ArrayLike = 1.0
) -> Array:
    """Score statistic of ``p1 / p2 = ratio`` (Miettinen & Nurminen 1985, with the factor N/(N-1)).

    At ``ratio = 1`` it equals `score_z_difference` at 0. Zero where neither rate varies.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n.

    Examples
    --------
    >>> float(score_z_ratio(56, 70, 48, 80).round(3))
    2.641
    """
    x1, n1, x2, n2 = checked_table(x1, n1, x2, n2)
    r = np.asarray(ratio, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = x1 / n1 - r * x2 / n2
        z = gap / np.sqrt(_variance_ratio(x1, n1, x2, n2, r) * _inflation(n1 + n2))
    return np.where(np.abs(gap) < 1e-15, 0.0, z)


def _variance_ratio(x1: Array, n1: Array, x2: Array, n2: Array, r: Array) -> Array:
    """Variance of ``p1 - r * p2`` at the most likely rates given their ratio."""
    a, c = (n1 + n2) * r, x1 + x2
    b = n1 * r + x1 + n2 + x2 * r
    p2 = 2 * c / (b + np.sqrt(np.maximum(b**2 - 4 * a * c, 0)))
    p1 = np.minimum(r * p2, 1)
    variance: Array = p1 * (1 - p1) / n1 + r**2 * p2 * np.maximum(1 - p2, 0) / n2
    return variance


def miettinen_nurminen_ratio(
    x1: ArrayLike,
    n1: ArrayLike,
    x2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
    *,
    z: ArrayLike | None = None,
) -> Ends:
    """Interval of ``p1 / p2`` by inverting the score test; the default of the product.

    Parameters
    ----------
    x1, n1, x2, n2 : array-like
        Successes and rows of the two groups, or ``p * n`` and effective sample sizes.
    level, z
        Nominal coverage in (0, 1), or a critical value that replaces it.

    Returns
    -------
    low, high : array
        ``low`` is 0 at x1 = 0, ``high`` is inf at x2 = 0, so that two zeros give (0, inf); nan where
        a group has no rows.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n, or a level outside (0, 1).

    References
    ----------
    Miettinen & Nurminen (1985), Statistics in Medicine 4, 213-226.

    Examples
    --------
    >>> low, high = miettinen_nurminen_ratio(56, 70, 48, 80)
    >>> float(low.round(4)), float(high.round(4))
    (1.079, 1.6721)
    """
    counts = checked_table(x1, n1, x2, n2)
    return _score_ratio(counts, critical_value(level, z), _inflation(counts[1] + counts[3]))


def koopman_ratio(
    x1: ArrayLike,
    n1: ArrayLike,
    x2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
    *,
    z: ArrayLike | None = None,
) -> Ends:
    """Interval of ``p1 / p2`` by inverting Pearson's test (Koopman 1984): no factor N/(N-1).

    Parameters, returns and errors as for `miettinen_nurminen_ratio`.

    Examples
    --------
    >>> low, high = koopman_ratio(36, 40, 16, 80)
    >>> float(low.round(3)), float(high.round(3))
    (2.94, 7.152)
    """
    counts = checked_table(x1, n1, x2, n2)
    return _score_ratio(counts, critical_value(level, z), np.float64(1.0))


def _score_ratio(counts: Table, c: Array, factor: Array | np.float64) -> Ends:
    low = _lower_ratio(counts, c, factor)
    with np.errstate(divide="ignore"):
        return low, 1 / _lower_ratio((*counts[2:], *counts[:2]), c, factor)


def _lower_ratio(counts: Table, c: Array, factor: Array | np.float64) -> Array:
    x1, n1, x2, n2, c, factor = np.broadcast_arrays(*counts, c, factor)
    defined, zero = (n1 > 0) & (n2 > 0), x1 == 0
    usable = defined & ~zero
    y1, m1 = np.where(usable, x1, 1.0), np.where(usable, n1, 2.0)
    y2, m2 = np.where(usable, x2, 1.0), np.where(usable, n2, 2.0)
    with np.errstate(divide="ignore"):
        point = np.minimum(np.log(y1 / m1) - np.log(y2 / m2), _FURTHEST)

    def excess(log_ratio: Array) -> Array:
        r = np.exp(log_ratio)
        return y1 / m1 - r * y2 / m2 - c * np.sqrt(_variance_ratio(y1, m1, y2, m2, r) * factor)

    low = np.exp(falling_root(excess, np.full_like(point, -_FURTHEST), point))
    low = np.where(c == 0, np.exp(point), low)
    return np.where(defined, np.where(zero, 0.0, low), np.nan)


def katz_ratio(
    x1: ArrayLike,
    n1: ArrayLike,
    x2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
    *,
    z: ArrayLike | None = None,
) -> Ends:
    """Interval of ``p1 / p2`` from the normal law of its logarithm (Katz et al. 1978); for large cells.

    Parameters and errors as for `miettinen_nurminen_ratio`. Where a count of successes is 0 the
    logarithm has no variance and the interval is (0, inf); where all rows of both groups are
    successes, half a success is taken off each (scipy gives the point 1 there).

    Examples
    --------
    >>> low, high = katz_ratio(56, 70, 48, 80)
    >>> float(low.round(4)), float(high.round(4))
    (1.0766, 1.6512)
    """
    x1, n1, x2, n2 = checked_table(x1, n1, x2, n2)
    full = (x1 == n1) & (x2 == n2)
    y1, y2 = np.where(full, x1 - 0.5, x1), np.where(full, x2 - 0.5, x2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (x1 / n1) / (x2 / n2)
        half = critical_value(level, z) * np.sqrt(1 / y1 - 1 / n1 + 1 / y2 - 1 / n2)
        low, high = ratio * np.exp(-half), ratio * np.exp(half)
    defined, zero = (n1 > 0) & (n2 > 0), (x1 == 0) | (x2 == 0)
    low, high = np.where(zero, 0.0, low), np.where(zero, np.inf, high)
    return np.where(defined, low, np.nan), np.where(defined, high, np.nan)


# ---- the difference of two means -----------------------------------------------------------------


def welch_difference(  # noqa: PLR0917 - two groups of three sums each, as scipy's ttest_ind_from_stats
    mean1: ArrayLike,
    var1: ArrayLike,
    n1: ArrayLike,
    mean2: ArrayLike,
    var2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
    *,
    z: ArrayLike | None = None,
) -> Ends:
    """Interval of a difference of two means whose variances may differ (Welch 1947).

    Parameters
    ----------
    mean1, var1, n1, mean2, var2, n2 : array-like
        Mean, sample variance (divisor n - 1) and rows (or effective rows) of the two groups.
    level, z
        Nominal coverage in (0, 1), read from Student's t with Satterthwaite's degrees of freedom; or
        a critical value that replaces t.

    Returns
    -------
    low, high : array
        nan where a group has fewer than two rows; a point where neither group varies.

    Raises
    ------
    InputError
        A variance or a number of rows below 0, or a level outside (0, 1).

    Examples
    --------
    >>> low, high = welch_difference(5.0, 4.0, 30, 4.0, 9.0, 40)
    >>> float(low.round(4)), float(high.round(4))
    (-0.1948, 2.1948)
    """
    m1, v1, k1, m2, v2, k2 = (np.asarray(a, dtype=np.float64) for a in (mean1, var1, n1, mean2, var2, n2))
    if np.any(v1 < 0) or np.any(v2 < 0) or np.any(k1 < 0) or np.any(k2 < 0):
        raise InputError.of(
            "moments", "var, n", "variances and numbers of rows are at least 0; check the sums"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        s1, s2 = v1 / k1, v2 / k2
        freedom = (s1 + s2) ** 2 / (s1**2 / (k1 - 1) + s2**2 / (k2 - 1))
        c = critical_value(level, z) if z is not None else _student(level, freedom)
        half = np.where(s1 + s2 == 0, 0.0, c * np.sqrt(s1 + s2))
    half = np.where((k1 > 1) & (k2 > 1), half, np.nan)
    return m1 - m2 - half, m1 - m2 + half


def _student(level: float, freedom: Array) -> Array:
    critical_value(level)
    return np.asarray(special.stdtrit(freedom, 0.5 + level / 2), dtype=np.float64)
