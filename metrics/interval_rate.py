"""Intervals of one rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from .interval_basics import Array, Ends, checked_counts, critical_value


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
