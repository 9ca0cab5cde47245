"""The interval of a median by order statistics: no law of the values is supposed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from ..errors import Reason
from .results import Estimate, Interval

METHOD = "order statistics (binomial)"


def median_of(values: ArrayLike, level: float = 0.95) -> Estimate:
    """Give the median, with the interval between the two order statistics that the binomial law names.

    How many of ``n`` values lie below the true median is binomial with one half, whatever their law (David
    and Nagaraja 2003, section 7.1); so the interval covers at least its level.

    Parameters
    ----------
    values : array-like, shape (n,)
        Infinite values are values like others: the median, or an end, may be infinite.
    level : float in (0, 1)

    Returns
    -------
    Estimate
        The interval is unbounded where ``n`` is too small (below 6 at 95 %); undefined without values.

    Examples
    --------
    >>> found = median_of([1, 2, 3, 4, 5, 6, 7, 8, float("inf")])
    >>> found.value, found.interval.low, found.interval.high
    (5.0, 2.0, 8.0)
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    count = len(ordered)
    if count == 0:
        return Estimate(float("nan"), reason=Reason.EMPTY_GROUP)
    below = int(stats.binom.ppf((1 - level) / 2, count, 0.5))
    low, high = -np.inf, np.inf
    if below > 0:
        low, high = float(ordered[below - 1]), float(ordered[count - below])
    middle = float(ordered[count // 2])
    if count % 2 == 0 and np.isfinite(middle):
        middle = (middle + float(ordered[count // 2 - 1])) / 2
    return Estimate(middle, Interval(low, high, level, METHOD), rows=count, effective=float(count))
