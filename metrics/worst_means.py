"""The worst of several differences of means, tested by a parametric bootstrap."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from .interval_basics import Array, Ends, critical_value
from .interval_mean import welch_difference
from .worst_result import CHUNK, PAIRED, Null, WorstOf, check_draws, judge, undefined

_METHOD_GAP = "parametric bootstrap of max |t|; Welch pairwise"


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
        return undefined(m.size, _METHOD_GAP)
    null = _draw_means(m, v, k, level, draws, seed=seed)
    i, j = np.triu_indices(m.size, 1)
    low = _lowest_mean_gap(m, v, k, null.critical) if null.rejects else 0.0
    lower, upper = welch_difference(m[i], v[i], k[i], m[j], v[j], k[j], level)
    value, high = float(m.max() - m.min()), float(np.maximum(upper, -lower).max())
    pair = int(np.argmin(m)), int(np.argmax(m))
    ends = min(low, value), max(high, value)
    return WorstOf(value, *ends, null.p_value, pair, 0, null.median, null.tail, _METHOD_GAP, m.size)


def _check_moments(m: Array, v: Array, k: Array, draws: int) -> None:
    check_draws(draws)
    if m.ndim != 1 or m.shape != v.shape or m.shape != k.shape:
        got = f"got {m.shape}, {v.shape}, {k.shape}"
        raise InputError.of("shape", "mean, variance, n", f"one figure per group in each, {got}")
    if not (np.isfinite(m) & np.isfinite(v) & (v >= 0) & (k >= 2)).all():
        raise InputError.of(
            "moments",
            "mean, variance, n",
            "every group has a finite mean, a variance >= 0 and at least two rows; leave the others out",
        )


def _draw_means(m: Array, v: Array, k: Array, level: float, draws: int, *, seed: int) -> Null:
    rng = np.random.default_rng(seed)
    means = rng.standard_normal((draws, m.size)) * np.sqrt(v / k)
    variances = v * rng.chisquare(k - 1, (draws, m.size)) / (k - 1)
    width = m.size * (m.size - 1) // 2 if m.size <= PAIRED else m.size
    step = max(1, CHUNK // width)
    starts = range(0, draws, step)
    largest = np.concatenate([_largest_t(means[s : s + step], variances[s : s + step], k) for s in starts])
    ours = float(_largest_t(m[None], v[None], k)[0])
    return judge(ours, largest, level, np.quantile(np.ptp(means, axis=1), [0.5, 0.95]))


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
