"""Worst-of-several figures (largest difference, smallest ratio) with ends that are right at zero.

A maximum over groups is above 0 by chance alone, so the end that lies next to the fair value moves
away from it only if a permutation test of the largest |z| rejects; it then is a simultaneous bound at
that test's critical value. The other end is the largest *unadjusted* pairwise end: the true worst pair
is one of the pairs, and its own interval already holds it. Of a difference, that end is somewhat nearer
where groups are several and well filled: it takes the error that the lower end leaves.

Beyond `PAIRED` groups the test compares each group with all the rest instead of with each other group.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from .interval_basics import Ends, checked_counts, critical_value
from .worst_ends import (
    highest_ratio,
    largest_end,
    largest_mean_upper,
    largest_upper,
    lowest_gap,
    mean_or_share,
    remaining_critical,
    smallest_lower,
)
from .worst_means import worst_mean_gap
from .worst_null import largest_mean, largest_spread, permute, smallest_ratio, worst_mean
from .worst_result import PAIRED, WorstOf, check_draws, undefined

__all__ = ["PAIRED", "WorstOf", "worst_difference", "worst_mean_difference", "worst_mean_gap", "worst_ratio"]

_METHOD_DIFFERENCE = "permutation of max |z|; Miettinen-Nurminen pairwise, error shared between the ends"
_METHOD_MEAN = "permutation of max |z|; Miettinen-Nurminen pairwise, joined by MOVER"
_METHOD_RATIO = "permutation of max |z|; Miettinen-Nurminen ratio pairwise"


def worst_difference(
    x: ArrayLike, n: ArrayLike, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> WorstOf:
    """Largest absolute difference of a rate between any two groups, over one or several rates.

    ``max_r max_ij |p_ri - p_rj|``; 0 is fair. One rate gives demographic parity, TPR and FPR as two
    rows give equalized odds: the family of the test is then pairs times two.

    Parameters
    ----------
    x, n : array-like of shape (G,) or (R, G)
        Successes and rows of each group (a column) for each rate (a row); fractions of a row are
        allowed (``p * n`` and effective sample sizes) and rounded for the permutation draws only.
    level : float
        Nominal coverage, in (0, 1).
    draws : int
        Permutations, at least 100; the smallest p-value is ``1 / (draws + 1)``.
    seed : int
        Equal seeds give equal results.

    Returns
    -------
    WorstOf
        With one group, or none, all figures are nan.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n, a group without rows (leave it out and say so), or a level or
        number of draws out of range.

    Examples
    --------
    >>> worst = worst_difference([90, 60, 75], [200, 200, 200])
    >>> round(worst.value, 3), worst.pair, worst.low > 0
    (0.15, (1, 0), True)
    >>> worst_difference([21, 19, 20], [200, 200, 200]).low
    0.0
    """
    x, n = _checked(x, n, level, draws)
    if x.shape[1] < 2:
        return undefined(x.shape[1], _METHOD_DIFFERENCE)
    p = x / n
    spread = p.max(axis=1) - p.min(axis=1)
    rate = int(np.argmax(spread))
    null = permute(x, n, level, draws, seed, figure=largest_spread)
    low = lowest_gap(x, n, null.critical, largest_end) if null.rejects else 0.0
    # A single pair is treated evenly; beyond so many groups the test's critical value is not one of pairs.
    several = 2 < x.shape[1] <= PAIRED
    narrow = remaining_critical(level, null.critical) if several else None
    high = largest_upper(x, n, critical_value(level), narrow)
    value = float(spread[rate])
    pair = int(np.argmin(p[rate])), int(np.argmax(p[rate]))
    ends = min(low, value), max(high, value)
    return WorstOf(
        value, *ends, null.p_value, pair, rate, null.median, null.tail, _METHOD_DIFFERENCE, x.shape[1]
    )


def worst_mean_difference(
    x: ArrayLike, n: ArrayLike, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> WorstOf:
    """Largest mean, over several rates, of the absolute differences between two groups.

    ``max_ij (1/R) sum_r |p_ri - p_rj|``; 0 is fair. With TPR and FPR it is the average odds error.

    The test for zero is that of `worst_difference`. The lower end is the mean of the rates'
    simultaneous lower ends. The upper end joins the rates' upper ends by their squares (MOVER, Zou &
    Donner 2008) for every choice of signs, and takes the largest: the rates must come from
    different rows (as TPR and FPR, or PPV and FOR, do), so that they are independent.

    Parameters, returns and errors as for `worst_difference`; ``rate_index`` names the rate on which
    the worst pair differs most.

    Examples
    --------
    >>> worst = worst_mean_difference([[80, 60], [30, 20]], [[100, 100], [100, 100]])
    >>> round(worst.value, 3), worst.rate_index
    (0.15, 0)
    """
    x, n = _checked(x, n, level, draws)
    groups = x.shape[1]
    if groups < 2:
        return undefined(groups, _METHOD_MEAN)
    p = x / n
    value, pair, rate = worst_mean(p)
    null = permute(x, n, level, draws, seed, figure=largest_mean)
    low = lowest_gap(x, n, null.critical, mean_or_share) if null.rejects else 0.0
    high = largest_mean_upper(x, n, level)
    ends = min(low, value), max(high, value)
    return WorstOf(value, *ends, null.p_value, pair, rate, null.median, null.tail, _METHOD_MEAN, groups)


def worst_ratio(
    x: ArrayLike, n: ArrayLike, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> WorstOf:
    """Smallest ratio of a rate between any two groups, over one or several rates.

    ``min_r min_ij p_ri / p_rj``, in [0, 1]; 1 is fair. The mirror of `worst_difference`: the upper
    end leaves 1 only if the permutation test rejects, the lower end is the smallest unadjusted
    pairwise lower end.

    Parameters and errors as for `worst_difference`.

    Returns
    -------
    WorstOf
        nan with fewer than two groups, and where all groups of a rate are at zero (0/0 means nothing).

    Examples
    --------
    >>> worst = worst_ratio([90, 60, 75], [200, 200, 200])
    >>> round(worst.value, 3), worst.pair, worst.high < 1
    (0.667, (1, 0), True)
    >>> worst_ratio([0, 0], [20, 30]).value
    nan
    """
    x, n = _checked(x, n, level, draws)
    p = x / n
    if x.shape[1] < 2 or not (p.max(axis=1) > 0).all():
        return undefined(x.shape[1], _METHOD_RATIO)
    ratios = p.min(axis=1) / p.max(axis=1)
    rate = int(np.argmin(ratios))
    null = permute(x, n, level, draws, seed, figure=smallest_ratio)
    high = highest_ratio(x, n, null.critical) if null.rejects else 1.0
    low = smallest_lower(x, n, critical_value(level))
    value = float(ratios[rate])
    pair = int(np.argmin(p[rate])), int(np.argmax(p[rate]))
    ends = min(low, value), max(high, value)
    return WorstOf(value, *ends, null.p_value, pair, rate, null.median, null.tail, _METHOD_RATIO, x.shape[1])


def _checked(x: ArrayLike, n: ArrayLike, level: float, draws: int) -> Ends:
    x, n = checked_counts((x, n))
    x, n = np.atleast_2d(x), np.atleast_2d(n)
    critical_value(level)
    check_draws(draws)
    empty = int((~(n > 0) | np.isnan(x)).sum())
    if empty:
        raise InputError.of(
            "empty_group",
            "n",
            f"every group compared has rows, got {empty} without; leave them out and say so",
        )
    return x, n
