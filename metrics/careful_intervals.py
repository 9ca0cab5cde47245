"""Intervals from resamples of figures that a plain percentile interval would get wrong: distances, maxima.

A distance or a largest gap cannot fall below 0: it is too large by chance, and resampling makes it
larger again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .bootstrap import percentile_interval
from .results import Interval

OUTER = "bootstrap, basic below and percentile above"


def percentile_of(value: float, replicates: ArrayLike, level: float) -> Interval | None:
    """Give the percentile interval of a signed figure; None where the figure is not finite.

    Examples
    --------
    >>> round(percentile_of(0.5, np.linspace(0, 1, 999), 0.95).low, 3)
    0.024
    """
    found = percentile_interval(replicates, level)
    if not np.isfinite(value):
        return None
    return Interval(float(found.low), float(found.high), level, "bootstrap, percentile")


def outer_of(
    value: float, replicates: ArrayLike, level: float, *, floor: float = 0.0, ceiling: float = np.inf
) -> Interval | None:
    """Give a careful interval of a figure that cannot fall below ``floor``, such as a distance.

    Such a figure is too large by chance, and resampling makes it larger again. So the upper end is the
    percentile, which errs upward, and the lower end mirrors the upper one at the figure (the basic
    bootstrap), which errs downward; near the floor the interval holds the floor.

    Examples
    --------
    >>> outer_of(0.05, np.linspace(0.02, 0.12, 999), 0.95).low
    0.0
    """
    found = percentile_interval(replicates, level)
    if not np.isfinite(value):
        return None
    low = min(max(floor, 2 * value - float(found.high)), value)
    return Interval(low, min(max(float(found.high), value), ceiling), level, OUTER)


def seminorm_of(value: float, replicates: ArrayLike, noise: ArrayLike, level: float) -> Interval | None:
    """Give the interval of a figure that is a norm of a gap, such as a total variation.

    By the triangle inequality the true norm is at least the one found minus the norm of the noise, whose
    spread the resamples show. So the interval holds 0 as often as it should where there is no gap, with
    any number of groups or outcomes. The upper end is the percentile.

    Parameters
    ----------
    value : float
    replicates : array-like of shape (draws,)
        The figure of each resample.
    noise : array-like of shape (draws,)
        The norm of each resample's gap minus the gap found.
    level : float

    Examples
    --------
    >>> seminorm_of(0.05, np.linspace(0.02, 0.12, 999), np.linspace(0.0, 0.08, 999), 0.95).low
    0.0
    """
    if not np.isfinite(value):
        return None
    high, slack = (float(percentile_interval(each, level).high) for each in (replicates, noise))
    return Interval(max(0.0, value - slack), max(high, value), level, "bootstrap, triangle inequality below")


def hull_of(value: float, replicates: ArrayLike, level: float) -> Interval | None:
    """Give the hull of the basic and the percentile interval, for figures that resampling shifts.

    Examples
    --------
    >>> hull = hull_of(0.5, np.linspace(0.2, 0.7, 999), 0.95)
    >>> round(hull.low, 2), round(hull.high, 2)
    (0.21, 0.79)
    """
    found = percentile_interval(replicates, level)
    if not np.isfinite(value):
        return None
    low, high = float(found.low), float(found.high)
    ends = min(low, 2 * value - high), max(high, 2 * value - low)
    return Interval(*ends, level, "bootstrap, hull of basic and percentile")
