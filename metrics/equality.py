"""Tests that groups share one rate, and that two rates are as good as equal."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ..errors import InputError
from .interval_basics import Array, checked_counts, checked_table
from .interval_difference import score_z_difference


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
    statistic = np.where(freedom > 0, pearson(x, n), np.nan)
    p_value = np.where(freedom > 0, special.chdtrc(np.maximum(freedom, 1), statistic), np.nan)
    return Significance(statistic, p_value, "Pearson's chi-squared", freedom, (x, n))


def pearson(x: Array, n: Array) -> Array:
    """Pearson's statistic of the groups along the last axis; 0 where nothing varies.

    Examples
    --------
    >>> float(pearson(np.array([90.0, 60.0, 75.0]), np.array([200.0, 200.0, 200.0])).round(2))
    9.6
    """
    total = n.sum(axis=-1, keepdims=True)
    rate = x.sum(axis=-1, keepdims=True) / np.where(total > 0, total, 1)
    variance = n * rate * (1 - rate)
    parts = np.divide((x - n * rate) ** 2, variance, out=np.zeros_like(x + variance), where=variance > 0)
    statistic: Array = parts.sum(axis=-1)
    return statistic


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
