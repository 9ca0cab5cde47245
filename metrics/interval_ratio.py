"""Intervals of the ratio of two rates, and the score statistic that the default one inverts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .interval_basics import (
    Array,
    Ends,
    Table,
    blank_outside,
    checked_table,
    critical_value,
    falling_root,
    inflation,
    stand_ins,
    with_rows,
)
from .interval_rate import modified_wilson, rarity_below

_FURTHEST = 60.0
"""Bracket of a ratio on the log scale: e^-60 to e^60 holds every ratio of counts that fit a float."""


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
        z = gap / np.sqrt(_variance_ratio(x1, n1, x2, n2, r) * inflation(n1 + n2))
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
    """Interval of ``p1 / p2`` by inverting the score test, without the change for rare outcomes.

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
    return _score_ratio(counts, critical_value(level, z), inflation(counts[1] + counts[3]))


def widened_ratio(
    x1: ArrayLike,
    n1: ArrayLike,
    x2: ArrayLike,
    n2: ArrayLike,
    level: float = 0.95,
    *,
    z: ArrayLike | None = None,
) -> Ends:
    """Interval of ``p1 / p2`` by the score test, with wider ends where outcomes are rare; the default.

    Beside a large group the score interval of a ratio is Wilson's of the small group's rate, and covers
    rates near 0 as seldom. An end that rests on 1 to 3 successes (or 1 to 3 failures of the rate that it
    would raise) is moved out to the one that the two modified Wilson intervals make, joined on the log
    scale; the change fades out between 3 and 4.

    Parameters, returns and errors as for `miettinen_nurminen_ratio`.

    References
    ----------
    Miettinen & Nurminen (1985); joining two intervals: Donner & Zou (2012), Statistical Methods in Medical
    Research 21, 347-359; the rates: Brown, Cai & DasGupta (2001), section 4.1.1.

    Examples
    --------
    >>> low, high = widened_ratio(1, 17, 200, 300)
    >>> float(low.round(4)), float(miettinen_nurminen_ratio(1, 17, 200, 300)[0].round(4))
    (0.0045, 0.0156)
    """
    counts = checked_table(x1, n1, x2, n2)
    ends = miettinen_nurminen_ratio(*counts, level, z=z)
    rates = (*modified_wilson(*counts[:2], level, z=z), *modified_wilson(*counts[2:], level, z=z))
    low = _moved_out(counts, ends[0], rates[0], rates[3])
    with np.errstate(divide="ignore"):
        return low, 1 / _moved_out((*counts[2:], *counts[:2]), 1 / ends[1], rates[2], rates[1])


def _moved_out(counts: Table, low: Array, low1: Array, high2: Array) -> Array:
    """Lower end of ``p1 / p2``, moved to that of the rates' own ends where few outcomes carry it."""
    few = rarity_below(counts)
    usable = with_rows(counts) & (counts[0] > 0) & (counts[2] > 0)
    x1, n1, x2, n2 = stand_ins(counts, usable)
    p1, p2 = x1 / n1, x2 / n2
    reach = np.hypot(np.log(p1 / np.where(usable, low1, p1)), np.log(np.where(usable, high2, p2) / p2))
    joined = np.where(usable, p1 / p2 * np.exp(-reach), low)
    moved: Array = low - few * np.maximum(low - joined, 0)
    return moved


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
    defined, zero = with_rows((x1, n1, x2, n2)), x1 == 0
    y1, m1, y2, m2 = stand_ins((x1, n1, x2, n2), defined & ~zero)
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
    zero = (x1 == 0) | (x2 == 0)
    return blank_outside(
        (np.where(zero, 0.0, low), np.where(zero, np.inf, high)), with_rows((x1, n1, x2, n2))
    )
