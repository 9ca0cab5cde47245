"""Ends of worst-of-several figures: simultaneous next to the fair value, pairwise away from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .interval_basics import Array, Ends
from .interval_difference import miettinen_nurminen_difference, newcombe_difference, score_z_difference
from .interval_ratio import miettinen_nurminen_ratio, score_z_ratio
from .worst_null import signs
from .worst_result import PAIRED

Places = NDArray[np.intp]
FILLED = 10
"""Successes and failures from which on a group is well filled."""
_FIRST = 64
"""Pairs whose exact end is computed before the others are screened against it."""


@dataclass(frozen=True)
class Pairs:
    """Counts of two sides to compare, (R, P) each.

    Examples
    --------
    >>> two = Pairs(*(np.array([[1.0, 2.0]]) for _ in range(4)))
    >>> two.take(np.array([1])).x1.tolist()
    [2.0]
    """

    x1: Array
    n1: Array
    x2: Array
    n2: Array

    @property
    def counts(self) -> tuple[Array, Array, Array, Array]:
        """The four arrays, in the order of an interval's parameters."""
        return self.x1, self.n1, self.x2, self.n2

    def take(self, keep: Places) -> Pairs:
        """Keep only the pairs at these places, as one row."""
        return Pairs(*(a.ravel()[keep] for a in self.counts))


def _comparisons(x: Array, n: Array) -> Pairs:
    """Return the counts (R, P) of what the test compared: all pairs, or each group with the rest."""
    if n.shape[1] > PAIRED:
        return Pairs(x, n, x.sum(axis=1, keepdims=True) - x, n.sum(axis=1, keepdims=True) - n)
    return _all_pairs(x, n)


def _all_pairs(x: Array, n: Array) -> Pairs:
    i, j = np.triu_indices(n.shape[1], 1)
    return Pairs(x[:, i], n[:, i], x[:, j], n[:, j])


def lowest_gap(x: Array, n: Array, critical: float, join: Callable[[Array, bool], float]) -> float:
    """Simultaneous lower bound of the figure, from the lower ends at the test's critical value."""
    pairs = _comparisons(x, n)
    low, high = miettinen_nurminen_difference(*pairs.counts, z=critical)
    above, below = np.maximum(low, 0), np.maximum(-high, 0)
    many = n.shape[1] > PAIRED
    bound = join(above + below, many)
    if many:  # what lies above the mean and what lies below it add up
        share = 1 - n / n.sum(axis=1, keepdims=True)
        both = (above * share).max(axis=1) + (below * share).max(axis=1)
        bound = max(bound, float(both.max()) / (1 if join is largest_end else len(n)))
    return bound


def largest_end(ends: Array, rest: bool) -> float:  # noqa: FBT001, ARG001 - one of two ways to join
    """Largest of the ends over rates and pairs.

    Examples
    --------
    >>> largest_end(np.array([[0.1, 0.3]]), False)
    0.3
    """
    return float(ends.max())


def mean_or_share(ends: Array, rest: bool) -> float:  # noqa: FBT001 - one of two ways to join
    """Mean over rates; against the rest only one rate's share, as the rest differs from rate to rate."""
    return float(ends.max()) / len(ends) if rest else float(ends.mean(axis=0).max())


def highest_ratio(x: Array, n: Array, critical: float) -> float:
    """Simultaneous upper bound of the smallest ratio, at the test's critical value."""
    low, high = miettinen_nurminen_ratio(*_comparisons(x, n).counts, z=critical)
    with np.errstate(divide="ignore"):
        return float(np.minimum(np.minimum(high, 1 / low), 1).min())


def remaining_critical(level: float, simultaneous: float) -> float:
    """Critical value of an upper end that takes the error which the lower end leaves for the worst pair.

    The lower end, at the simultaneous critical value, misses a single pair with a chance of
    ``1 - Phi(simultaneous)`` only, the less the more groups there are; where many pairs are nearly the worst
    it misses more, and the upper end, the largest of theirs, hardly ever. Half the error is the least.

    Examples
    --------
    >>> round(remaining_critical(0.95, 1.96), 2), round(remaining_critical(0.95, 3.6), 2)
    (1.96, 1.65)
    """
    error = 1 - level
    return float(-special.ndtri(max(error - special.ndtr(-simultaneous), error / 2)))


def largest_upper(x: Array, n: Array, c: Array, narrow: float | None = None) -> float:
    """Largest pairwise upper end of |p_i - p_j|; exact, though few pairs are solved.

    ``narrow`` replaces the critical value for pairs of groups that have at least `FILLED` of both outcomes:
    a score interval's one-sided error is its nominal one only there.

    A pair's upper end exceeds a bound only if its score statistic there is above -z, so one
    evaluation per pair screens out all that cannot be the largest.
    """
    i, j = np.triu_indices(n.shape[1], 1)
    swap = x[:, i] * n[:, j] < x[:, j] * n[:, i]
    pairs = _ordered(_all_pairs(x, n), swap)
    z = np.broadcast_to(c, pairs.x1.shape)
    if narrow is not None:
        z = np.where(_fewest(pairs) >= FILLED, narrow, z)
    cheap, flat_z = newcombe_difference(*pairs.counts, z=z)[1].ravel(), z.ravel()
    first = _top(cheap, _FIRST)
    bound = _upper(pairs.take(first), flat_z[first])
    # The reverse direction matters only where the groups are close: |d| ends at max(high, -low).
    for x1, n1, x2, n2 in (pairs.counts, (pairs.x2, pairs.n2, pairs.x1, pairs.n1)):
        flat = Pairs(x1, n1, x2, n2)
        reach = np.flatnonzero(score_z_difference(*flat.counts, delta=min(bound, 1.0)).ravel() > -flat_z)
        if bound < 1 and reach.size:
            bound = max(bound, _upper(flat.take(reach), flat_z[reach]))
    return bound


def _fewest(pairs: Pairs) -> Array:
    """Fewest successes or failures of the two groups of each pair."""
    both = (pairs.x1, pairs.n1 - pairs.x1, pairs.x2, pairs.n2 - pairs.x2)
    fewest: Array = np.minimum.reduce(both)
    return fewest


def _upper(pairs: Pairs, c: Array) -> float:
    return float(miettinen_nurminen_difference(*pairs.counts, z=c)[1].max())


def smallest_lower(x: Array, n: Array, c: Array) -> float:
    """Smallest pairwise lower end of min(p_i / p_j, p_j / p_i), screened as in `largest_upper`."""
    i, j = np.triu_indices(n.shape[1], 1)
    swap = x[:, i] * n[:, j] > x[:, j] * n[:, i]
    pairs = _ordered(_all_pairs(x, n), swap)
    if (pairs.x1 == 0).any():
        return 0.0
    log_low = np.log(pairs.x1 * pairs.n2 / (pairs.x2 * pairs.n1))
    log_low -= c * np.sqrt(np.maximum(1 / pairs.x1 - 1 / pairs.n1 + 1 / pairs.x2 - 1 / pairs.n2, 0))
    bound = _lower(pairs.take(_top(-log_low.ravel(), _FIRST)), c)
    for x1, n1, x2, n2 in (pairs.counts, (pairs.x2, pairs.n2, pairs.x1, pairs.n1)):
        flat = Pairs(x1, n1, x2, n2)
        reach = score_z_ratio(*flat.counts, ratio=bound).ravel() < c
        if reach.any():
            bound = min(bound, _lower(flat.take(np.flatnonzero(reach)), c))
    return bound


def _lower(pairs: Pairs, c: Array) -> float:
    return float(miettinen_nurminen_ratio(*pairs.counts, z=c)[0].min())


def _ordered(pairs: Pairs, swap: NDArray[np.bool_]) -> Pairs:
    x1, n1 = np.where(swap, pairs.x2, pairs.x1), np.where(swap, pairs.n2, pairs.n1)
    x2, n2 = np.where(swap, pairs.x1, pairs.x2), np.where(swap, pairs.n1, pairs.n2)
    return Pairs(x1, n1, x2, n2)


def _top(figures: Array, count: int) -> Places:
    if figures.size <= count:
        return np.arange(figures.size)
    return np.argpartition(-figures, count)[:count]


def largest_mean_upper(x: Array, n: Array, level: float) -> float:
    """Largest upper end over pairs and signs; with many groups, of the pairs that Newcombe ranks first."""
    pairs, p = _all_pairs(x, n), x / n
    i, j = np.triu_indices(n.shape[1], 1)
    gap = p[:, i] - p[:, j]
    keep: Places = np.arange(i.size)
    if n.shape[1] > PAIRED:
        keep = _top(_join_ends(gap, newcombe_difference(*pairs.counts, level)), 4 * PAIRED)
    few = Pairs(*(a[:, keep] for a in pairs.counts))
    ends = miettinen_nurminen_difference(*few.counts, level)
    return float(_join_ends(gap[:, keep], ends).max())


def _join_ends(gap: Array, ends: Ends) -> Array:
    """Upper end (MOVER) of the mean of |gaps|: the largest over signs; ends and gaps are (R, P)."""
    both = np.concatenate([signs(len(gap)), -signs(len(gap))])[:, :, None]
    outward = np.where(both > 0, ends[1] - gap, gap - ends[0])
    upper: Array = ((both * gap).sum(axis=1) + np.sqrt((outward**2).sum(axis=1))).max(axis=0)
    return upper / len(gap)
