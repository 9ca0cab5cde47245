"""Tests of equal rates that hold at any size: Fisher's, and the permutation of group labels."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ..errors import InputError
from .equality import Significance, pearson
from .interval_basics import Array, checked_counts, checked_table

_TABLES = 2_000_000
"""Elements of one block of the exact test's tables; bounds the memory."""


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
    measure = pearson if statistic == "chi_squared" else _range
    ours, others = measure(x, n), measure(dealt, n)
    p_value = (1 + (others >= ours - 1e-9).sum()) / (draws + 1)
    return Significance(ours, np.asarray(p_value), f"permutation of group labels, {statistic}", counts=(x, n))


def _range(x: Array, n: Array) -> Array:
    spread: Array = np.ptp(x / n, axis=-1)
    return spread
