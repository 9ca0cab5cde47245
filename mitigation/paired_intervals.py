"""Intervals for a change on the same rows: Tango's score interval, and the bootstrap of joint cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..metrics.intervals import critical_value, falling_root
from ..metrics.rates import Rate
from ..metrics.results import Interval
from .joint import PairedCounts
from .rows import Floats

MAX_UNDEFINED = 0.05
"""With a larger share of undefined draws than this, a bootstrap interval is not given."""

_CELLS_AT_ONCE = 4_000_000


def tango(before_only: float, after_only: float, rows: float, *, level: float = 0.95) -> Interval:
    """Interval for a difference of two proportions of the same rows, after minus before.

    Parameters
    ----------
    before_only, after_only : float
        Rows that count before but not after, and after but not before; 0 or more.
    rows : float
        All rows, above 0; an effective number of rows where they are weighted.
    level : float
        Nominal coverage, in (0, 1).

    Returns
    -------
    Interval
        Score interval, in [-1, 1]; it has a width even where no row changed.

    References
    ----------
    T. Tango, Statistics in Medicine 17 (1998) 891-908.

    Examples
    --------
    Airways of 21 children before and after a transplantation (M. W. Fagerland, S. Lydersen and P. Laake,
    Statistics in Medicine 33, 2014, table 5): 7 worse only before, 1 only after.

    >>> change = tango(7, 1, 21)
    >>> round(change.low, 3), round(change.high, 3)
    (-0.517, -0.026)
    """
    low, high = tango_ends(np.array(before_only), np.array(after_only), np.array(rows), level=level)
    return Interval(float(low), float(high), level, "Tango")


def tango_ends(
    before_only: Floats, after_only: Floats, rows: Floats, *, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Give the ends of Tango's interval for every element of arrays at once.

    Examples
    --------
    >>> low, high = tango_ends(np.array([7.0, 0.0]), np.array([1.0, 0.0]), np.array([21.0, 10.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([-0.517, -0.278], [-0.026, 0.278])
    """
    z = float(critical_value(level))
    change = (after_only - before_only) / rows

    def statistic(delta: Floats) -> Floats:
        return _tango_statistic(before_only, after_only, rows, delta)

    low = falling_root(lambda delta: statistic(delta) - z, -np.ones_like(change), change)
    high = falling_root(lambda delta: statistic(delta) + z, change, np.ones_like(change))
    return low, high


def _tango_statistic(b: Floats, c: Floats, n: Floats, delta: Floats) -> Floats:
    # q: maximum-likelihood probability of "before only" when "after only" is q + delta.
    slope = (b + c) * (1 - delta) - 2 * delta * (n - c)
    q = (slope + np.sqrt(np.maximum(slope**2 + 8 * n * b * delta * (1 - delta), 0.0))) / (4 * n)
    distance = c - b - n * delta
    spread = np.sqrt(np.maximum(n * (2 * q + delta * (1 - delta)), 0.0))
    return np.where(distance == 0, 0.0, distance / spread)


def resampled_rates(
    joint: PairedCounts, rates: Sequence[Rate], draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Draw the rows again by drawing the joint cells, and compute each draw's rates.

    Parameters
    ----------
    joint : PairedCounts
    rates : sequence of Rate
    draws, seed : int

    Returns
    -------
    before, after : ndarray of float, shape (rates, draws, groups)
        nan where a draw leaves a rate undefined.

    Examples
    --------
    >>> from evenhand.metrics.rates import rate_named
    >>> from evenhand.mitigation.joint import paired_counts
    >>> joint = paired_counts([0] * 100, [1] * 100, [1] * 90 + [0] * 10, [0] * 2 + [1] * 98)
    >>> before, after = resampled_rates(joint, [rate_named("accuracy")], 2000, 0)
    >>> before.shape, bool(abs((after - before).mean() - 0.08) < 0.005)
    ((1, 2000, 1), True)
    """
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS_AT_ONCE // joint.counts.size)
    before, after = [], []
    for start in range(0, draws, at_once):
        drawn = _drawn(joint, min(at_once, draws - start), rng)
        before.append(np.stack([rate(drawn.sum(axis=-1)) for rate in rates]))
        after.append(np.stack([rate(drawn.sum(axis=-2)) for rate in rates]))
    return np.concatenate(before, axis=1), np.concatenate(after, axis=1)


def percentile(replicates: Floats, level: float) -> tuple[float, float] | None:
    """Give the percentile interval's ends; None where more than 5 % of the draws are undefined.

    Examples
    --------
    >>> percentile(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    defined = replicates[np.isfinite(replicates)]
    if len(defined) < (1 - MAX_UNDEFINED) * len(replicates):
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _drawn(joint: PairedCounts, draws: int, rng: np.random.Generator) -> Floats:
    squares = joint.counts if joint.squares is None else joint.squares
    smoothed, unit = _with_possible_changes(joint.counts, squares)
    shape = (draws, *joint.counts.shape)
    if joint.squares is None:
        share = smoothed.ravel() / smoothed.sum()
        return (
            rng.multinomial(round(float(joint.counts.sum())), share, size=draws).reshape(shape).astype(float)
        )
    # Weighted cells: scaled Poisson draws with the sum of weights as mean and of their squares as variance,
    # the first two moments of a bootstrap in which each row is drawn a Poisson(1) number of times.
    rate = np.divide(smoothed, unit, out=np.zeros_like(smoothed), where=unit > 0)
    return np.asarray(unit * rng.poisson(rate, size=shape))


def _with_possible_changes(counts: Floats, squares: Floats) -> tuple[Floats, Floats]:
    """Add half a row to both kinds of changed decision in each group and label that has rows.

    Without it, where no row changed no draw would either, and the interval would have no width
    (A. Agresti and Y. Min, Statistics in Medicine 24, 2005, 729-740, add as much to the closed form).
    Gives the counts and what one row weighs in each cell.
    """
    stratum, stratum_squares = (each.sum(axis=(-2, -1), keepdims=True) for each in (counts, squares))
    typical = np.divide(stratum_squares, stratum, out=np.zeros_like(stratum), where=stratum > 0)
    unit = np.divide(squares, counts, out=np.broadcast_to(typical, counts.shape).copy(), where=counts > 0)
    changed = np.array([[0.0, 1.0], [1.0, 0.0]])
    return counts + 0.5 * unit * changed, unit
