"""Worst-of-several figures (largest difference, smallest ratio) with ends that are right at zero.

A maximum over groups is above 0 by chance alone, so the end that lies next to the fair value moves
away from it only if a permutation test of the largest |z| rejects; it then is a simultaneous bound at
that test's critical value. The other end is the largest *unadjusted* pairwise end: the true worst pair
is one of the pairs, and its own interval already holds it.

Beyond `PAIRED` groups the test compares each group with all the rest instead of with each other group.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .intervals import (
    Array,
    Ends,
    checked_counts,
    critical_value,
    miettinen_nurminen_difference,
    miettinen_nurminen_ratio,
    newcombe_difference,
    score_z_difference,
    score_z_ratio,
    welch_difference,
)

Places = NDArray[np.intp]

PAIRED = 60
"""Largest number of groups for which the test looks at every pair."""
_CHUNK = 400_000
"""Elements of one block of replicates x comparisons; bounds the memory."""
_FIRST = 64
"""Pairs whose exact end is computed before the others are screened against it."""
_MARGINALS_LIMIT = 10**9
"""numpy's hypergeometric sampler takes fewer rows than this; above, the normal law is exact enough."""


@dataclass(frozen=True)
class WorstOf:
    """The worst of several comparisons, how sure it is, and what chance alone would have shown.

    Parameters
    ----------
    value : float
        Largest difference, or smallest ratio; nan with fewer than two groups or where undefined.
    low, high : float
        Ends of the interval.
    p_value : float
        Of the permutation test that all groups share each rate.
    pair : tuple of int
        Positions of the two groups that are furthest apart, the lower rate first; (-1, -1) if undefined.
    rate_index : int
        Which rate of the family they are furthest apart on; -1 if undefined.
    null_median, null_95 : float
        The figure when no gap exists: its median, and the value that 95 % of the draws stay within
        (the 95th percentile of a difference, the 5th of a ratio).
    method : str
        Names of the test and of the pairwise interval.
    compared : int
        Number of groups.
    """

    value: float
    low: float
    high: float
    p_value: float
    pair: tuple[int, int]
    rate_index: int
    null_median: float
    null_95: float
    method: str
    compared: int


@dataclass(frozen=True)
class _Null:
    """What the draws said: p-value, critical value, whether it rejects, and the figure's null."""

    p_value: float
    critical: float
    rejects: bool
    median: float
    tail: float


@dataclass(frozen=True)
class _Pairs:
    """Counts of two sides to compare, (R, P) each."""

    x1: Array
    n1: Array
    x2: Array
    n2: Array

    @property
    def counts(self) -> tuple[Array, Array, Array, Array]:
        return self.x1, self.n1, self.x2, self.n2

    def take(self, keep: Places) -> _Pairs:
        return _Pairs(*(a.ravel()[keep] for a in self.counts))


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
        return _undefined(x.shape[1], _METHOD_DIFFERENCE)
    p = x / n
    spread = p.max(axis=1) - p.min(axis=1)
    rate = int(np.argmax(spread))
    null = _permute(x, n, level, draws, seed, figure=_largest_spread)
    low = _lowest_gap(x, n, null.critical, _largest) if null.rejects else 0.0
    high = _largest_upper(x, n, critical_value(level))
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
        return _undefined(groups, _METHOD_MEAN)
    p = x / n
    value, pair, rate = _worst_mean(p)
    null = _permute(x, n, level, draws, seed, figure=_largest_mean)
    low = _lowest_gap(x, n, null.critical, _mean_or_share) if null.rejects else 0.0
    high = _largest_mean_upper(x, n, level)
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
        return _undefined(x.shape[1], _METHOD_RATIO)
    ratios = p.min(axis=1) / p.max(axis=1)
    rate = int(np.argmin(ratios))
    null = _permute(x, n, level, draws, seed, figure=_smallest_ratio)
    high = _highest_ratio(x, n, null.critical) if null.rejects else 1.0
    low = _smallest_lower(x, n, critical_value(level))
    value = float(ratios[rate])
    pair = int(np.argmin(p[rate])), int(np.argmax(p[rate]))
    ends = min(low, value), max(high, value)
    return WorstOf(value, *ends, null.p_value, pair, rate, null.median, null.tail, _METHOD_RATIO, x.shape[1])


def worst_mean_gap(
    mean: ArrayLike,
    variance: ArrayLike,
    n: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> WorstOf:
    """Largest difference of a mean (of scores, of errors) between any two groups; 0 is fair.

    The test draws means and variances of groups that share one mean (parametric bootstrap of the
    studentised largest difference, Krishnamoorthy, Lu & Mathew 2007) in place of permutations,
    which would need the rows. The upper end is the largest pairwise Welch end.

    Parameters
    ----------
    mean, variance, n : array-like of shape (G,)
        Mean, sample variance (divisor n - 1) and rows (or effective rows) of each group; at least 2 rows.
    level, draws, seed
        As for `worst_difference`.

    Returns
    -------
    WorstOf
        ``rate_index`` is 0.

    Raises
    ------
    InputError
        A group with fewer than two rows, a negative variance, a figure that is not finite, or a level
        or number of draws out of range.

    Examples
    --------
    >>> worst = worst_mean_gap([0.50, 0.58, 0.52], [0.04, 0.05, 0.04], [400, 400, 400])
    >>> round(worst.value, 3), worst.pair, worst.low > 0
    (0.08, (0, 1), True)
    """
    m, v, k = (np.atleast_1d(np.asarray(a, dtype=np.float64)) for a in (mean, variance, n))
    _check_moments(m, v, k, draws)
    critical_value(level)
    if m.size < 2:
        return _undefined(m.size, _METHOD_GAP)
    null = _draw_means(m, v, k, level, draws, seed=seed)
    i, j = np.triu_indices(m.size, 1)
    low = _lowest_mean_gap(m, v, k, null.critical) if null.rejects else 0.0
    lower, upper = welch_difference(m[i], v[i], k[i], m[j], v[j], k[j], level)
    value, high = float(m.max() - m.min()), float(np.maximum(upper, -lower).max())
    pair = int(np.argmin(m)), int(np.argmax(m))
    ends = min(low, value), max(high, value)
    return WorstOf(value, *ends, null.p_value, pair, 0, null.median, null.tail, _METHOD_GAP, m.size)


_METHOD_DIFFERENCE = "permutation of max |z|; Miettinen-Nurminen pairwise"
_METHOD_MEAN = "permutation of max |z|; Miettinen-Nurminen pairwise, joined by MOVER"
_METHOD_RATIO = "permutation of max |z|; Miettinen-Nurminen ratio pairwise"
_METHOD_GAP = "parametric bootstrap of max |t|; Welch pairwise"


# ---- input and output ----------------------------------------------------------------------------


def _checked(x: ArrayLike, n: ArrayLike, level: float, draws: int) -> Ends:
    x, n = checked_counts((x, n))
    x, n = np.atleast_2d(x), np.atleast_2d(n)
    critical_value(level)
    _check_draws(draws)
    empty = int((~(n > 0) | np.isnan(x)).sum())
    if empty:
        raise InputError.of(
            "empty_group",
            "n",
            f"every group compared has rows, got {empty} without; leave them out and say so",
        )
    return x, n


def _check_draws(draws: int) -> None:
    if draws < 100:
        raise InputError.of("draws", "draws", f"a test needs at least 100 draws, got {draws}; write 2000")


def _check_moments(m: Array, v: Array, k: Array, draws: int) -> None:
    _check_draws(draws)
    if m.ndim != 1 or m.shape != v.shape or m.shape != k.shape:
        got = f"got {m.shape}, {v.shape}, {k.shape}"
        raise InputError.of("shape", "mean, variance, n", f"one figure per group in each, {got}")
    if not (np.isfinite(m) & np.isfinite(v) & (v >= 0) & (k >= 2)).all():
        raise InputError.of(
            "moments",
            "mean, variance, n",
            "every group has a finite mean, a variance >= 0 and at least two rows; leave the others out",
        )


def _undefined(groups: int, method: str) -> WorstOf:
    nan = float("nan")
    return WorstOf(nan, nan, nan, nan, (-1, -1), -1, nan, nan, method, groups)


# ---- the permutation test ------------------------------------------------------------------------


def _permute(
    x: Array, n: Array, level: float, draws: int, seed: int, *, figure: Callable[[Array], Array]
) -> _Null:
    """Deal the successes out to the groups at random, and compare the largest |z| with ours."""
    rows = np.maximum(np.rint(n), 1)
    hits = np.clip(np.rint(x.sum(axis=1)), 0, rows.sum(axis=1))
    rng = np.random.default_rng(seed)
    dealt = np.stack([_deal(rng, rows[r], hits[r], draws) for r in range(len(rows))], axis=1)
    largest = np.concatenate([_largest_z(part, rows) for part in _blocks(dealt)])
    figures = np.concatenate([figure(part / rows) for part in _blocks(dealt)])
    ours = float(_largest_z(x[None], n)[0])
    tail = 0.05 if figure is _smallest_ratio else 0.95
    return _judge(ours, largest, level, np.quantile(figures, [0.5, tail]))


def _judge(ours: float, largest: Array, level: float, null: Array) -> _Null:
    """Reject where at most ``allowed`` draws reach ours; the critical value is the next draw's."""
    draws = largest.size
    reached = int((largest >= ours - 1e-9).sum())
    allowed = max(int(np.floor((1 - level) * (draws + 1) + 1e-9)) - 1, 0)
    critical = float(np.sort(largest)[draws - 1 - allowed])
    p_value = (1 + reached) / (draws + 1)
    rejects = p_value <= 1 - level + 1e-12
    return _Null(p_value, critical, rejects, float(null[0]), float(null[1]))


def _deal(rng: np.random.Generator, rows: Array, hits: float, draws: int) -> Array:
    """Successes per group, (draws, G), when ``hits`` successes fall on the rows at random."""
    total = rows.sum()
    if total < _MARGINALS_LIMIT:
        dealt = rng.multivariate_hypergeometric(
            rows.astype(np.int64), int(hits), size=draws, method="marginals"
        )
        return dealt.astype(np.float64)
    rate = hits / total
    noise = rng.standard_normal((draws, rows.size)) * np.sqrt(rows)
    noise -= noise.sum(axis=1, keepdims=True) * (rows / total)
    dealt_normal: Array = np.clip(rows * rate + np.sqrt(rate * (1 - rate)) * noise, 0, rows)
    return dealt_normal


def _blocks(dealt: Array) -> Iterator[Array]:
    rates, groups = dealt.shape[1:]
    width = rates * (groups * (groups - 1) // 2 if groups <= PAIRED else groups)
    step = max(1, _CHUNK // width)
    for start in range(0, len(dealt), step):
        yield dealt[start : start + step]


def _largest_z(x: Array, n: Array) -> Array:
    """Largest |z| over rates and comparisons of each replicate; x is (B, R, G)."""
    groups = n.shape[1]
    if groups > PAIRED:
        x2, n2 = x.sum(axis=2, keepdims=True) - x, n.sum(axis=1, keepdims=True) - n
        squared = _squared_z(x, n, x2, n2)
    else:
        i, j = np.triu_indices(groups, 1)
        squared = _squared_z(x[:, :, i], n[:, i], x[:, :, j], n[:, j])
    largest: Array = np.sqrt(squared.max(axis=(1, 2)))
    return largest


def _squared_z(x1: Array, n1: Array, x2: Array, n2: Array) -> Array:
    """Square of `score_z_difference` at 0, without its checks; 0 where the pair does not vary."""
    total = n1 + n2
    gap = x1 * (1 / n1) - x2 * (1 / n2)
    rate = (x1 + x2) * (1 / total)
    variance = rate * (1 - rate) * (1 / n1 + 1 / n2) * (total / np.maximum(total - 1, 1e-9))
    squared: Array = np.divide(gap**2, variance, out=np.zeros_like(gap), where=variance > 1e-14 / total)
    return squared


def _largest_spread(p: Array) -> Array:
    spread: Array = np.ptp(p, axis=-1).max(axis=-1)
    return spread


def _smallest_ratio(p: Array) -> Array:
    top = p.max(axis=-1)
    ratio: Array = np.divide(p.min(axis=-1), top, out=np.ones_like(top), where=top > 0).min(axis=-1)
    return ratio


def _signs(rates: int) -> Array:
    """Return all choices of signs up to a common one, (2^(R-1), R)."""
    return np.array([(1.0, *rest) for rest in itertools.product((1.0, -1.0), repeat=rates - 1)])


def _largest_mean(p: Array) -> Array:
    """Largest mean of |differences|: over pairs it is the widest range of a signed sum of the rates."""
    combined = np.einsum("sr,...rg->...sg", _signs(p.shape[-2]), p) / p.shape[-2]
    widest: Array = np.ptp(combined, axis=-1).max(axis=-1)
    return widest


def _worst_mean(p: Array) -> tuple[float, tuple[int, int], int]:
    combined = _signs(len(p)) @ p / len(p)
    widest = combined[int(np.argmax(np.ptp(combined, axis=1)))]
    i, j = int(np.argmin(widest)), int(np.argmax(widest))
    rate = int(np.argmax(np.abs(p[:, i] - p[:, j])))
    pair = (i, j) if p[rate, i] <= p[rate, j] else (j, i)
    return float(np.ptp(widest)), pair, rate


# ---- the end next to the fair value --------------------------------------------------------------


def _comparisons(x: Array, n: Array) -> _Pairs:
    """Return the counts (R, P) of what the test compared: all pairs, or each group with the rest."""
    if n.shape[1] > PAIRED:
        return _Pairs(x, n, x.sum(axis=1, keepdims=True) - x, n.sum(axis=1, keepdims=True) - n)
    return _all_pairs(x, n)


def _all_pairs(x: Array, n: Array) -> _Pairs:
    i, j = np.triu_indices(n.shape[1], 1)
    return _Pairs(x[:, i], n[:, i], x[:, j], n[:, j])


def _lowest_gap(x: Array, n: Array, critical: float, join: Callable[[Array, bool], float]) -> float:
    """Simultaneous lower bound of the figure, from the lower ends at the test's critical value."""
    pairs = _comparisons(x, n)
    low, high = miettinen_nurminen_difference(*pairs.counts, z=critical)
    above, below = np.maximum(low, 0), np.maximum(-high, 0)
    many = n.shape[1] > PAIRED
    bound = join(above + below, many)
    if many:  # what lies above the mean and what lies below it add up
        share = 1 - n / n.sum(axis=1, keepdims=True)
        both = (above * share).max(axis=1) + (below * share).max(axis=1)
        bound = max(bound, float(both.max()) / (1 if join is _largest else len(n)))
    return bound


def _largest(ends: Array, rest: bool) -> float:  # noqa: FBT001, ARG001 - one of two ways to join
    return float(ends.max())


def _mean_or_share(ends: Array, rest: bool) -> float:  # noqa: FBT001 - one of two ways to join
    """Mean over rates; against the rest only one rate's share, as the rest differs from rate to rate."""
    return float(ends.max()) / len(ends) if rest else float(ends.mean(axis=0).max())


def _highest_ratio(x: Array, n: Array, critical: float) -> float:
    low, high = miettinen_nurminen_ratio(*_comparisons(x, n).counts, z=critical)
    with np.errstate(divide="ignore"):
        return float(np.minimum(np.minimum(high, 1 / low), 1).min())


# ---- the end away from the fair value ------------------------------------------------------------


def _largest_upper(x: Array, n: Array, c: Array) -> float:
    """Largest pairwise upper end of |p_i - p_j|; exact, though few pairs are solved.

    A pair's upper end exceeds a bound only if its score statistic there is above -z, so one
    evaluation per pair screens out all that cannot be the largest.
    """
    i, j = np.triu_indices(n.shape[1], 1)
    swap = x[:, i] * n[:, j] < x[:, j] * n[:, i]
    pairs = _ordered(_all_pairs(x, n), swap)
    cheap = newcombe_difference(*pairs.counts, z=c)[1].ravel()
    bound = _upper(pairs.take(_top(cheap, _FIRST)), c)
    # The reverse direction matters only where the groups are close: |d| ends at max(high, -low).
    for x1, n1, x2, n2 in (pairs.counts, (pairs.x2, pairs.n2, pairs.x1, pairs.n1)):
        flat = _Pairs(x1, n1, x2, n2)
        reach = score_z_difference(*flat.counts, delta=min(bound, 1.0)).ravel() > -c
        if bound < 1 and reach.any():
            bound = max(bound, _upper(flat.take(np.flatnonzero(reach)), c))
    return bound


def _upper(pairs: _Pairs, c: Array) -> float:
    return float(miettinen_nurminen_difference(*pairs.counts, z=c)[1].max())


def _smallest_lower(x: Array, n: Array, c: Array) -> float:
    """Smallest pairwise lower end of min(p_i / p_j, p_j / p_i), screened as in `_largest_upper`."""
    i, j = np.triu_indices(n.shape[1], 1)
    swap = x[:, i] * n[:, j] > x[:, j] * n[:, i]
    pairs = _ordered(_all_pairs(x, n), swap)
    if (pairs.x1 == 0).any():
        return 0.0
    log_low = np.log(pairs.x1 * pairs.n2 / (pairs.x2 * pairs.n1))
    log_low -= c * np.sqrt(np.maximum(1 / pairs.x1 - 1 / pairs.n1 + 1 / pairs.x2 - 1 / pairs.n2, 0))
    bound = _lower(pairs.take(_top(-log_low.ravel(), _FIRST)), c)
    for x1, n1, x2, n2 in (pairs.counts, (pairs.x2, pairs.n2, pairs.x1, pairs.n1)):
        flat = _Pairs(x1, n1, x2, n2)
        reach = score_z_ratio(*flat.counts, ratio=bound).ravel() < c
        if reach.any():
            bound = min(bound, _lower(flat.take(np.flatnonzero(reach)), c))
    return bound


def _lower(pairs: _Pairs, c: Array) -> float:
    return float(miettinen_nurminen_ratio(*pairs.counts, z=c)[0].min())


def _ordered(pairs: _Pairs, swap: NDArray[np.bool_]) -> _Pairs:
    x1, n1 = np.where(swap, pairs.x2, pairs.x1), np.where(swap, pairs.n2, pairs.n1)
    x2, n2 = np.where(swap, pairs.x1, pairs.x2), np.where(swap, pairs.n1, pairs.n2)
    return _Pairs(x1, n1, x2, n2)


def _top(figures: Array, count: int) -> Places:
    if figures.size <= count:
        return np.arange(figures.size)
    return np.argpartition(-figures, count)[:count]


def _largest_mean_upper(x: Array, n: Array, level: float) -> float:
    """Largest upper end over pairs and signs; with many groups, of the pairs that Newcombe ranks first."""
    pairs, p = _all_pairs(x, n), x / n
    i, j = np.triu_indices(n.shape[1], 1)
    gap = p[:, i] - p[:, j]
    keep: Places = np.arange(i.size)
    if n.shape[1] > PAIRED:
        keep = _top(_join_ends(gap, newcombe_difference(*pairs.counts, level)), 4 * PAIRED)
    few = _Pairs(*(a[:, keep] for a in pairs.counts))
    ends = miettinen_nurminen_difference(*few.counts, level)
    return float(_join_ends(gap[:, keep], ends).max())


def _join_ends(gap: Array, ends: Ends) -> Array:
    """Upper end (MOVER) of the mean of |gaps|: the largest over signs; ends and gaps are (R, P)."""
    both = np.concatenate([_signs(len(gap)), -_signs(len(gap))])[:, :, None]
    outward = np.where(both > 0, ends[1] - gap, gap - ends[0])
    upper: Array = ((both * gap).sum(axis=1) + np.sqrt((outward**2).sum(axis=1))).max(axis=0)
    return upper / len(gap)


# ---- means ---------------------------------------------------------------------------------------


def _draw_means(m: Array, v: Array, k: Array, level: float, draws: int, *, seed: int) -> _Null:
    rng = np.random.default_rng(seed)
    means = rng.standard_normal((draws, m.size)) * np.sqrt(v / k)
    variances = v * rng.chisquare(k - 1, (draws, m.size)) / (k - 1)
    width = m.size * (m.size - 1) // 2 if m.size <= PAIRED else m.size
    step = max(1, _CHUNK // width)
    starts = range(0, draws, step)
    largest = np.concatenate([_largest_t(means[s : s + step], variances[s : s + step], k) for s in starts])
    ours = float(_largest_t(m[None], v[None], k)[0])
    return _judge(ours, largest, level, np.quantile(np.ptp(means, axis=1), [0.5, 0.95]))


def _largest_t(m: Array, v: Array, k: Array) -> Array:
    """Largest studentised difference of each replicate; m and v are (B, G)."""
    if k.size > PAIRED:
        gap, variance = _against_rest(m, v, k)
    else:
        i, j = np.triu_indices(k.size, 1)
        gap, variance = m[:, i] - m[:, j], v[:, i] / k[i] + v[:, j] / k[j]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(gap == 0, 0.0, np.abs(gap) / np.sqrt(variance))
    largest: Array = t.max(axis=1)
    return largest


def _against_rest(m: Array, v: Array, k: Array) -> Ends:
    others = k.sum() - k
    rest = ((m * k).sum(axis=-1, keepdims=True) - m * k) / others
    spread = ((v * k).sum(axis=-1, keepdims=True) - v * k) / others**2
    return m - rest, v / k + spread


def _lowest_mean_gap(m: Array, v: Array, k: Array, critical: float) -> float:
    if m.size > PAIRED:
        gap, variance = _against_rest(m, v, k)
    else:
        i, j = np.triu_indices(m.size, 1)
        gap, variance = m[i] - m[j], v[i] / k[i] + v[j] / k[j]
    return float(np.maximum(np.abs(gap) - critical * np.sqrt(variance), 0).max())
