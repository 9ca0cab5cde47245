"""The interval of a difference of two means."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ..errors import InputError
from .interval_basics import Array, Ends, critical_value


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
