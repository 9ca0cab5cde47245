"""The bootstrap over cells: a resample of rows is a multinomial draw of the cells' counts.

The cost does not depend on the number of rows. It needs rows that are independent; where people
repeat, whole people must be resampled, which needs the rows again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from .interval_basics import Array, critical_value
from .replicates import CHUNK, multinomial_replicates, replicate_blocks, weighted_replicates, whole_cells

__all__ = [
    "Resampled",
    "Statistic",
    "bca_interval",
    "bootstrap_interval",
    "multinomial_replicates",
    "percentile_interval",
    "replicate_blocks",
    "weighted_replicates",
]

Statistic = Callable[[Array], Array]
"""A figure as a function of counts: takes (..., *cells), gives (..., *figure)."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """An interval from replicates, and how many of them were undefined.

    Parameters
    ----------
    low, high : array
        Ends; infinite where so many replicates are undefined that they could lie beyond any end.
    level : float
    method : {"percentile", "BCa"}
    draws : int
    undefined : array
        Share of replicates that are nan, in [0, 1].
    replicates : array of shape (draws, ...)
    """

    low: Array
    high: Array
    level: float
    method: str
    draws: int
    undefined: Array
    replicates: Array = field(repr=False)


def percentile_interval(replicates: ArrayLike, level: float = 0.95) -> Resampled:
    """Take the middle part of the replicates (Efron 1979).

    Right for smooth figures of large samples; wrong for a largest difference near 0, which has
    `worst_case`. An undefined replicate counts as lying beyond *both* ends, so that small groups lost
    in a draw widen the interval and never narrow it.

    Parameters
    ----------
    replicates : array-like of shape (draws, ...)
    level : float
        In (0, 1).

    Returns
    -------
    Resampled

    Raises
    ------
    InputError
        A level outside (0, 1).

    Examples
    --------
    >>> found = percentile_interval(range(1, 1000))
    >>> float(found.low), float(found.high)
    (25.0, 975.0)
    """
    critical_value(level)
    values = np.asarray(replicates, dtype=np.float64)
    tail = np.full(values.shape[1:], (1 - level) / 2)
    return _cut(values, tail, 1 - tail, level, "percentile")


def _cut(values: Array, lower: Array, upper: Array, level: float, method: str) -> Resampled:
    draws, lost = len(values), np.isnan(values)
    down = np.sort(np.where(lost, -np.inf, values), axis=0)
    up = np.sort(np.where(lost, np.inf, values), axis=0)
    at_low = np.floor((draws + 1) * np.nan_to_num(lower) + 1e-9).astype(np.intp) - 1
    at_high = np.ceil((draws + 1) * np.nan_to_num(upper) - 1e-9).astype(np.intp) - 1
    low = np.take_along_axis(down, np.clip(at_low, 0, draws - 1)[None], axis=0)[0]
    high = np.take_along_axis(up, np.clip(at_high, 0, draws - 1)[None], axis=0)[0]
    low, high = np.where(np.isnan(lower), np.nan, low), np.where(np.isnan(upper), np.nan, high)
    return Resampled(low, high, level, method, draws, lost.mean(axis=0), values)


def bootstrap_interval(
    statistic: Statistic,
    counts: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    stratified: bool = True,
    method: Literal["percentile", "BCa"] = "BCa",
) -> Resampled:
    """Give a bootstrap interval of a smooth figure of counts.

    Parameters
    ----------
    statistic : callable
        Takes counts of shape (B, *counts.shape) and gives figures of shape (B, ...).
    counts : array-like of shape (..., K)
        Whole numbers of rows by cell.
    level, draws, seed, stratified
        As for `multinomial_replicates` and `percentile_interval`.
    method : {"percentile", "BCa"}

    Returns
    -------
    Resampled

    Raises
    ------
    InputError
        Counts that are not whole numbers, no draws, or a level outside (0, 1).

    Examples
    --------
    >>> rate = lambda cells: cells[..., 0] / cells.sum(axis=-1)
    >>> found = bootstrap_interval(rate, [30, 70])
    >>> bool(found.low < 0.3 < found.high)
    True
    """
    blocks = replicate_blocks(counts, draws, seed, stratified=stratified)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.concatenate([np.asarray(statistic(block), dtype=np.float64) for block in blocks])
    if method == "percentile":
        return percentile_interval(values, level)
    return bca_interval(statistic, counts, values, level, stratified=stratified)


def bca_interval(
    statistic: Statistic,
    counts: ArrayLike,
    replicates: ArrayLike,
    level: float = 0.95,
    *,
    stratified: bool = True,
) -> Resampled:
    """Correct a percentile interval for bias and for acceleration (Efron 1987).

    The jackknife leaves one row of each cell out, and counts that cell's change as often as it has rows.
    In stratified designs the changes are centred within strata (Davison & Hinkley 1997, 5.3).

    Parameters
    ----------
    statistic : callable
        As for `bootstrap_interval`.
    counts : array-like of shape (..., K)
        The counts that the replicates were drawn from.
    replicates : array-like of shape (draws, ...)
        The statistic of each replicate.
    level : float
    stratified : bool
        As the replicates were drawn.

    Returns
    -------
    Resampled
        nan where the figure itself is undefined; no acceleration where leaving one row out makes it
        undefined.

    Raises
    ------
    InputError
        Counts that are not whole numbers, or a level outside (0, 1).

    Examples
    --------
    >>> rate = lambda cells: cells[..., 0] / cells.sum(axis=-1)
    >>> values = rate(multinomial_replicates([3, 97], 2000))
    >>> found = bca_interval(rate, [3, 97], values)
    >>> bool(found.low < 0.03 < found.high)
    True
    """
    cells, values = whole_cells(counts, 1), np.asarray(replicates, dtype=np.float64)
    z = critical_value(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        point = np.asarray(statistic(cells[None]), dtype=np.float64)[0]
        below = ((values < point).sum(axis=0) + 0.5 * (values == point).sum(axis=0)) / _defined(values)
        bias = special.ndtri(np.clip(below, 0.5 / len(values), 1 - 0.5 / len(values)))
        speed = _acceleration(statistic, cells, stratified=stratified)
        lower = special.ndtr(bias + (bias - z) / (1 - speed * (bias - z)))
        upper = special.ndtr(bias + (bias + z) / (1 - speed * (bias + z)))
    lower, upper = np.where(np.isnan(point), np.nan, lower), np.where(np.isnan(point), np.nan, upper)
    return _cut(values, np.asarray(lower), np.asarray(upper), level, "BCa")


def _defined(values: Array) -> Array:
    return np.asarray(np.maximum((~np.isnan(values)).sum(axis=0), 1), dtype=np.float64)


def _acceleration(statistic: Statistic, cells: Array, *, stratified: bool) -> Array:
    """Skewness of the rows' influences over six; 0 where it is undefined."""
    used = np.flatnonzero(cells.ravel() > 0)
    step = max(1, CHUNK // max(cells.size, 1))
    left_out = [_without(statistic, cells, used[s : s + step]) for s in range(0, used.size, step)]
    if not left_out:
        return np.zeros(np.asarray(statistic(cells[None])).shape[1:])
    change = np.concatenate(left_out)
    flat = change.reshape(used.size, -1)
    stratum = used // cells.shape[-1] if stratified else np.zeros(used.size, dtype=np.intp)
    rows = cells.ravel()[used]
    _, first, which = np.unique(stratum, return_index=True, return_inverse=True)
    size = np.add.reduceat(rows, first)[which][:, None]
    middle = np.add.reduceat(rows[:, None] * flat, first)[which] / size
    influence = (size - 1) * (middle - flat) / size
    cube, square = (rows @ influence**3), (rows @ influence**2)
    speed = np.divide(cube, 6 * square**1.5, out=np.zeros_like(cube), where=square > 1e-300)
    return np.asarray(np.nan_to_num(speed).reshape(change.shape[1:]))


def _without(statistic: Statistic, cells: Array, places: NDArray[np.intp]) -> Array:
    """Give the figure with one row of each of these cells left out."""
    fewer = np.repeat(cells.reshape(1, -1), places.size, axis=0)
    fewer[np.arange(places.size), places] -= 1
    return np.asarray(statistic(fewer.reshape(-1, *cells.shape)), dtype=np.float64)
