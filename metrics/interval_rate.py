"""Intervals of one rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from .interval_basics import Array, Ends, Table, checked_counts, critical_value

_FEW = 3
"""Up to so many successes or failures have an end from Poisson's law; it fades out until one more."""


def wilson(x: ArrayLike, n: ArrayLike, level: float = 0.95, *, z: ArrayLike | None = None) -> Ends:
    """Interval of a rate by inverting the score test (Wilson 1927), without the change for rare outcomes.

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


def modified_wilson(x: ArrayLike, n: ArrayLike, level: float = 0.95, *, z: ArrayLike | None = None) -> Ends:
    """Interval of a rate by Wilson's test, with wider ends for very few successes or failures; the default.

    Wilson's interval covers a rate near 0 or 1 too seldom: the lower end at one success is too high. There
    the end is that of a count of Poisson's law, tested on one side, where it lies further out: with 1 to 3
    successes the low one, with 1 to 3 failures the high one. Fractions of a success, as weights make them,
    follow without a jump: the change fades out between 3 and 4.

    Parameters, returns and errors as for `wilson`.

    References
    ----------
    Brown, Cai and DasGupta (2001), Statistical Science 16, 101-133, section 4.1.1; they change 1 and 2
    successes below 51 rows, and 3 from there on.

    Examples
    --------
    >>> low, high = modified_wilson(1, 20)
    >>> float(low.round(4)), float(high.round(4))
    (0.0026, 0.2361)
    >>> float(wilson(1, 20)[0].round(4))
    0.0089
    """
    x, n = checked_counts((x, n))
    c = critical_value(level, z)
    low, high = wilson(x, n, level, z=z)
    return _lower_end(x, n, low, c), 1 - _lower_end(n - x, n, 1 - high, c)


def _lower_end(x: Array, n: Array, low: Array, c: Array) -> Array:
    few = rarity(x)
    if not few.any():
        return low
    count = special.gammaincinv(np.where(few > 0, x, 1.0), 2 * special.ndtr(-c))
    end = np.divide(count, n, out=np.zeros(np.broadcast_shapes(count.shape, n.shape)), where=n > 0)
    moved: Array = low - few * np.maximum(low - end, 0)
    return moved


def rarity(x: Array) -> Array:
    """Give 1 for one to three successes (and for a fraction of the first), 0 for none and from four.

    Examples
    --------
    >>> rarity(np.array([0.0, 0.2, 3.0, 3.5, 4.0])).tolist()
    [0.0, 1.0, 1.0, 0.5, 0.0]
    """
    share: Array = np.where(x > 0, np.clip(_FEW + 1 - x, 0, 1), 0.0)
    return share


def rarity_below(counts: Table) -> Array:
    """Give `rarity` of the outcomes that carry the lower end of ``p1 - p2`` or ``p1 / p2``.

    Those are the successes of the first group and the failures of the second.
    """
    x1, _, x2, n2 = counts
    return np.maximum(rarity(x1), rarity(n2 - x2))


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
