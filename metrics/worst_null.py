"""The permutation test of the largest |z|, and what chance alone makes of each figure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from .interval_basics import Array
from .worst_result import CHUNK, PAIRED, Null, judge

_MARGINALS_LIMIT = 10**9
"""numpy's hypergeometric sampler takes fewer rows than this; above, the normal law is exact enough."""


def permute(
    x: Array, n: Array, level: float, draws: int, seed: int, *, figure: Callable[[Array], Array]
) -> Null:
    """Deal the successes out to the groups at random, and compare the largest |z| with ours."""
    rows = np.maximum(np.rint(n), 1)
    hits = np.clip(np.rint(x.sum(axis=1)), 0, rows.sum(axis=1))
    rng = np.random.default_rng(seed)
    dealt = np.stack([deal(rng, rows[r], hits[r], draws) for r in range(len(rows))], axis=1)
    largest = np.concatenate([_largest_z(part, rows) for part in _blocks(dealt)])
    figures = np.concatenate([figure(part / rows) for part in _blocks(dealt)])
    ours = float(_largest_z(x[None], n)[0])
    tail = 0.05 if figure is smallest_ratio else 0.95
    return judge(ours, largest, level, np.quantile(figures, [0.5, tail]))


def deal(rng: np.random.Generator, rows: Array, hits: float, draws: int) -> Array:
    """Successes per group, (draws, G), when ``hits`` successes fall on the rows at random.

    Examples
    --------
    >>> deal(np.random.default_rng(0), np.array([3.0, 2.0]), 4.0, draws=2).sum(axis=1).tolist()
    [4.0, 4.0]
    """
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
    step = max(1, CHUNK // width)
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


def largest_spread(p: Array) -> Array:
    """Largest difference between groups (last axis) over the rates (the axis before).

    Examples
    --------
    >>> float(largest_spread(np.array([[0.2, 0.5], [0.1, 0.2]])))
    0.3
    """
    spread: Array = np.ptp(p, axis=-1).max(axis=-1)
    return spread


def smallest_ratio(p: Array) -> Array:
    """Smallest ratio between groups over the rates; a rate that is 0 everywhere counts as 1.

    Examples
    --------
    >>> float(smallest_ratio(np.array([[0.2, 0.5], [0.1, 0.2]])))
    0.4
    """
    top = p.max(axis=-1)
    ratio: Array = np.divide(p.min(axis=-1), top, out=np.ones_like(top), where=top > 0).min(axis=-1)
    return ratio


def signs(rates: int) -> Array:
    """Return all choices of signs up to a common one, (2^(R-1), R)."""
    return np.array([(1.0, *rest) for rest in itertools.product((1.0, -1.0), repeat=rates - 1)])


def largest_mean(p: Array) -> Array:
    """Largest mean of |differences|: over pairs it is the widest range of a signed sum of the rates."""
    combined = np.einsum("sr,...rg->...sg", signs(p.shape[-2]), p) / p.shape[-2]
    widest: Array = np.ptp(combined, axis=-1).max(axis=-1)
    return widest


def worst_mean(p: Array) -> tuple[float, tuple[int, int], int]:
    """Largest mean of |differences|, the pair (lower first) and the rate on which that pair differs most.

    Examples
    --------
    >>> worst_mean(np.array([[0.75, 0.5], [0.25, 0.5]]))
    (0.25, (1, 0), 0)
    """
    combined = signs(len(p)) @ p / len(p)
    widest = combined[int(np.argmax(np.ptp(combined, axis=1)))]
    i, j = int(np.argmin(widest)), int(np.argmax(widest))
    rate = int(np.argmax(np.abs(p[:, i] - p[:, j])))
    pair = (i, j) if p[rate, i] <= p[rate, j] else (j, i)
    return float(np.ptp(widest)), pair, rate
