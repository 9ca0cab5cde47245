"""How sure the bars are: the error of other draws, and the error of other rows.

A pair's contribution is an effect of its row of the group, an effect of its row of the reference, and a rest.
Each row is used exactly by its share, so the two effects are the same in any draw: the **Monte Carlo error**
comes from the rest alone. The **sampling error** comes from the effects: other rows would have had others
(the bar is a U-statistic of two samples, and the effects are its first projections). Least squares tells them
apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse, stats

from .pairing import Floats, Ints, Side

SWEEPS = (12, 300)
"""Rounds of backfitting, for many pairs and for few; too few only make the Monte Carlo error too large."""
ENOUGH_PAIRS = 1.2
"""Pairs for each effect fitted; with fewer the rest is too small a part to judge its size by."""
AFFORDED = 100_000_000
"""Values that all rounds together may go through, beyond the first twelve."""


@dataclass(frozen=True)
class Draws:
    """All pairs drawn so far, and what each column contributed in them.

    Parameters
    ----------
    at_group, at_reference : ndarray of int, shape (pairs,)
        Positions in the sides.
    at_background : ndarray of int, shape (pairs,), or None
        Positions in the common background; None in the direct game.
    share : ndarray of float, shape (pairs,)
        Sums to 1 over all passes.
    values : ndarray of float, shape (pairs, players)
    """

    at_group: Ints
    at_reference: Ints
    at_background: Ints | None
    share: Floats
    values: Floats


@dataclass(frozen=True)
class Effects:
    """Row effects of a set of draws, with the rest.

    Parameters
    ----------
    group, reference : ndarray of float, shape (rows of the side, players)
    background : ndarray of float, shape (rows of the background, players), or None
    rest : ndarray of float, shape (pairs, players)
    """

    group: Floats
    reference: Floats
    background: Floats | None
    rest: Floats


def _averager(at: Ints, size: int) -> Any:
    # A row of this matrix averages the pairs in which one row of the table stands.
    count = np.bincount(at, minlength=size)
    weights = 1.0 / np.maximum(count, 1)[at]
    return sparse.csr_matrix((weights, (at, np.arange(len(at)))), shape=(size, len(at)))


def fit_effects(draws: Draws, group: int, reference: int, background: int = 0) -> Effects:
    """Split contributions into effects of rows and a rest, by least squares (backfitting).

    Parameters
    ----------
    draws : Draws
    group, reference, background : int
        Rows of each side.
    """
    by_group, by_reference = _averager(draws.at_group, group), _averager(draws.at_reference, reference)
    of_group = np.zeros((group, draws.values.shape[1]))
    of_reference = np.zeros((reference, draws.values.shape[1]))
    rest = draws.values
    left = float((rest**2).sum())
    for _ in range(int(np.clip(AFFORDED / max(rest.size, 1), *SWEEPS))):
        step = by_group @ rest
        of_group += step
        rest = rest - step[draws.at_group]
        step = by_reference @ rest
        of_reference += step
        rest = rest - step[draws.at_reference]
        before, left = left, float((rest**2).sum())
        if left > 0.998 * before:
            break
    of_background = None if draws.at_background is None else _averager(draws.at_background, background) @ rest
    return Effects(of_group, of_reference, of_background, rest)


def monte_carlo_variance(draws: Draws, effects: Effects) -> Floats:
    """Estimate each bar's variance over other draws of the same rows.

    Returns
    -------
    ndarray of float, shape (players,)
        ``inf`` where there are hardly more pairs than effects to fit (two passes over groups of equal size).
    """
    pairs = len(draws.share)
    fitted = len(np.unique(draws.at_group)) + len(np.unique(draws.at_reference)) - 1
    if pairs < ENOUGH_PAIRS * fitted:
        return np.where((draws.values == 0).all(axis=0), 0.0, np.inf)
    variance: Floats = (draws.share**2) @ effects.rest**2 * (pairs / (pairs - fitted))
    return variance


def jackknife_variance(influence: Floats, blocks: int, rng: np.random.Generator) -> tuple[Floats, int]:
    """Estimate the variance of a sum of independent rows' influences from sums over random blocks of rows.

    Parameters
    ----------
    influence : ndarray of float, shape (rows, players)
    blocks : int
        At most so many blocks of (nearly) equal size.
    rng : numpy.random.Generator

    Returns
    -------
    variance : ndarray of float, shape (players,)
        ``nan`` for a single row.
    degrees : int
        Degrees of freedom: blocks minus one.

    Notes
    -----
    Delete-a-group jackknife, linearised: leaving a block out moves the mean by minus its influence.
    """
    count = min(blocks, len(influence))
    if count < 2:
        return np.full(influence.shape[1], np.nan), 0
    member = rng.permutation(len(influence)) % count
    sums = np.zeros((count, influence.shape[1]))
    np.add.at(sums, member, influence)
    variance: Floats = count / (count - 1) * ((sums - sums.mean(axis=0)) ** 2).sum(axis=0)
    return variance, count - 1


def influences(side: Side, effects: Floats) -> Floats:
    """Give each row's part in the side's mean effect: its share times its distance from the mean.

    Returns
    -------
    ndarray of float, shape (rows of the side, players)
    """
    shares = side.shares[:, None]
    part: Floats = shares * (effects - side.shares @ effects)
    return part


def given_output(side: Side, influence: Floats, values: Floats) -> Floats:
    """Take from influences what follows the output f linearly, which a calibrated sample does not miss.

    Parameters
    ----------
    side : Side
    influence : ndarray of float, shape (rows of the side, players)
    values : ndarray of float, shape (rows of the side,)
        f of the side's rows.
    """
    centred = values - side.shares @ values
    spread = float(side.shares @ centred**2)
    if spread == 0.0:
        return influence
    slope = (centred @ influence) / spread
    rest: Floats = influence - side.shares[:, None] * centred[:, None] * slope
    return rest


def noise_of(side: Side, at: Ints, rest_variance: Floats) -> Floats:
    """Give the variance that noisy row effects add to the jackknife: each effect is a mean of a few pairs.

    Parameters
    ----------
    side : Side
    at : ndarray of int, shape (pairs,)
        The side's row of each pair.
    rest_variance : ndarray of float, shape (players,)
        Variance of a single pair's rest.
    """
    count = np.maximum(np.bincount(at, minlength=len(side.rows)), 1)
    noise: Floats = float((side.shares**2 / count).sum()) * rest_variance
    return noise


def quantile(level: float, variances: list[Floats], degrees: list[int]) -> Floats:
    """Give Student's quantile for a sum of variances, with Welch and Satterthwaite's degrees of freedom.

    Parameters
    ----------
    level : float
    variances : list of ndarray of float, shape (players,)
        Estimated ones, each with its degrees of freedom in ``degrees``.
    degrees : list of int
    """
    total: Floats = np.sum(variances, axis=0)
    # An infinite variance gives an infinite interval, whatever its degrees of freedom.
    below = np.sum([v**2 / max(d, 1) for v, d in zip(variances, degrees, strict=True)], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.where((below > 0) & np.isfinite(below), total**2 / below, np.inf)
    found: Floats = stats.t.ppf(0.5 + level / 2, np.maximum(freedom, 1.0))
    return np.where(np.isnan(total), np.nan, found)
