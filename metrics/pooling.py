"""Rates of many small groups, drawn towards their mean by empirical Bayes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from .interval_basics import Array, Ends, checked_counts, critical_value


@dataclass(frozen=True, eq=False)
class Shrunk:
    """Rates of many small groups, drawn towards their mean by empirical Bayes.

    Parameters
    ----------
    rate : array of shape (..., G)
        Partially pooled rates; they stand beside the raw ones and never replace them.
    low, high : array of shape (..., G)
        Ends of the posterior interval (equal tails, moved where needed to hold the rate); the error
        in ``mean`` and ``strength`` is not in them.
    raw : array of shape (..., G)
    mean, strength : array
        Of the beta distribution of true rates; strength is counted in rows, inf where the groups
        differ by no more than chance explains.
    level : float
    """

    rate: Array
    low: Array
    high: Array
    raw: Array
    mean: Array
    strength: Array
    level: float


def partial_pooling(x: ArrayLike, n: ArrayLike, level: float = 0.95) -> Shrunk:
    """Draw the rates of many small groups towards their mean (beta-binomial, method of moments).

    The spread of true rates is what the spread of the raw ones exceeds chance by (Kleinman 1973,
    weights n). With strength s and mean m the pooled rate is ``(x + s m) / (n + s)``.

    Parameters
    ----------
    x, n : array-like of shape (..., G)
        Successes and rows; a group without rows gets the mean.
    level : float
        Of the posterior interval.

    Raises
    ------
    InputError
        Counts outside 0 <= x <= n, or a level outside (0, 1).

    Examples
    --------
    >>> shrunk = partial_pooling([0, 30, 45, 100], [5, 100, 100, 200])
    >>> shrunk.raw.round(2).tolist(), shrunk.rate.round(2).tolist()
    ([0.0, 0.3, 0.45, 0.5], [0.35, 0.32, 0.45, 0.49])
    """
    x, n = checked_counts((x, n))
    critical_value(level)
    total = n.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = x / n
        mean = x.sum(axis=-1, keepdims=True) / total
        strength = _strength(np.where(n > 0, raw, mean), n, mean)
        share = np.where(np.isinf(strength), 1.0, strength / (n + strength))
    rate = np.where(n > 0, (1 - share) * np.where(n > 0, raw, 0) + share * mean, mean)
    low, high = _posterior(rate, n + strength, level)
    return Shrunk(rate, low, high, raw, mean[..., 0], strength[..., 0], level)


def _strength(raw: Array, n: Array, mean: Array) -> Array:
    total, groups = n.sum(axis=-1, keepdims=True), (n > 0).sum(axis=-1, keepdims=True)
    spread = (n * (raw - mean) ** 2).sum(axis=-1, keepdims=True)
    by_chance = mean * (1 - mean) * (groups - 1)
    room = mean * (1 - mean) * (total - (n**2).sum(axis=-1, keepdims=True) / total - (groups - 1))
    alike = np.clip((spread - by_chance) / room, 0, 1)
    return np.where(alike > 0, (1 - alike) / alike, np.inf)


def _posterior(rate: Array, strength: Array, level: float) -> Ends:
    """Quantiles of Beta(rate s, (1 - rate) s); a point where the strength is infinite or the rate 0 or 1."""
    spread = np.isfinite(strength) & (rate > 0) & (rate < 1) & (strength > 0)
    held = np.where(spread, strength, 1.0)
    a, b = np.where(spread, rate * held, 1.0), np.where(spread, (1 - rate) * held, 1.0)
    tail = (1 - level) / 2
    low, high = special.betaincinv(a, b, tail), special.betaincinv(a, b, 1 - tail)
    # The mean of a very skewed posterior lies outside its equal tails; the end is then moved to hold it.
    low, high = np.minimum(low, rate), np.maximum(high, rate)
    return np.where(spread, low, rate), np.where(spread, high, rate)
