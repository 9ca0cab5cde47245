"""Which row of the group meets which row of the reference: balanced passes, and samples of rows.

A pass lays the rows of both groups, in random order, side by side on the line from 0 to 1, each row as long
as its share of its group's weight. Every stretch between two neighbouring ends is a pair of rows, and its
length the pair's share. So each row is used exactly by its share, whatever the sizes and weights of the
groups, and a weighted sum of ``f(row) - f(other)`` over the pairs *is* the difference of the group means.
Random order makes the expected share of a pair the product of its rows' shares; where weights differ, a
random turn of one layout (its end wraps to its start) is needed for that, and is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]

SHORTEST = 1e-13
"""A stretch below this is rounding: two ends that fall together."""


@dataclass(frozen=True)
class Side:
    """The rows of one side of a comparison, and how much each counts.

    Parameters
    ----------
    rows : ndarray of int, shape (n,)
        Positions in the table.
    shares : ndarray of float, shape (n,)
        Each row's share of the side's weight; not negative, they sum to 1.
    population : int
        Rows that ``rows`` were drawn from; ``n`` where all are used.
    """

    rows: Ints
    shares: Floats
    population: int

    @property
    def even(self) -> bool:
        """Whether all rows count alike."""
        return bool(np.ptp(self.shares) <= 1e-12 * self.shares.max())

    @property
    def unused(self) -> float:
        """The fraction of the population's rows that are not used, in [0, 1)."""
        return 1.0 - len(self.rows) / self.population


def side_of(rows: Ints, weight: Floats) -> Side:
    """Make the side of all given rows; rows of weight zero are left out.

    Parameters
    ----------
    rows : ndarray of int, shape (n,)
    weight : ndarray of float, shape (rows of the table,)

    Examples
    --------
    >>> side_of(np.array([0, 2]), np.array([1.0, 5.0, 3.0])).shares
    array([0.25, 0.75])
    """
    kept = rows[weight[rows] > 0]
    return Side(kept, weight[kept] / weight[kept].sum(), len(kept))


def pair(group: Side, reference: Side, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """Draw one balanced pass.

    Parameters
    ----------
    group, reference : Side
    rng : numpy.random.Generator

    Returns
    -------
    at_group, at_reference : ndarray of int, shape (pairs,)
        Positions in ``group.rows`` and ``reference.rows``; at most ``n_group + n_reference`` pairs.
    share : ndarray of float, shape (pairs,)
        The sum over a row's pairs is the row's share.

    Examples
    --------
    >>> two, three = Side(np.arange(2), np.full(2, 1 / 2), 2), Side(np.arange(3), np.full(3, 1 / 3), 3)
    >>> at_group, at_reference, share = pair(two, three, np.random.default_rng(0))
    >>> np.bincount(at_group, share).round(12), np.bincount(at_reference, share).round(3)
    (array([0.5, 0.5]), array([0.333, 0.333, 0.333]))
    """
    order_g, ends_g = _layout(group, rng)
    order_r, ends_r = _layout(reference, rng)
    turn = 0.0 if group.even and reference.even else float(rng.random())
    ends = np.sort(np.concatenate([ends_g, np.mod(ends_r + turn, 1.0), [1.0]]))
    share = np.diff(ends, prepend=0.0)
    kept = share > SHORTEST
    share, middle = share[kept], (ends - share / 2)[kept]
    at_group = order_g[_slot(ends_g, middle)]
    at_reference = order_r[_slot(ends_r, np.mod(middle - turn, 1.0))]
    return at_group, at_reference, share


def spread_over(side: Side, share: Floats, rng: np.random.Generator) -> Ints:
    """Draw a row of a side for each stretch of the line, by its shares, spread as evenly as can be.

    Parameters
    ----------
    side : Side
    share : ndarray of float, shape (pairs,)
        Lengths of the stretches; they sum to 1.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (pairs,)
        Positions in ``side.rows``.
    """
    order, ends = _layout(side, rng)
    shuffled = rng.permutation(len(share))
    middle = np.empty(len(share))
    middle[shuffled] = np.cumsum(share[shuffled]) - share[shuffled] / 2
    return order[_slot(ends, np.mod(middle + rng.random(), 1.0))]


def _layout(side: Side, rng: np.random.Generator) -> tuple[Ints, Floats]:
    order = rng.permutation(len(side.rows))
    ends = np.cumsum(side.shares[order])
    return order, ends / ends[-1]


def _slot(ends: Floats, at: Floats) -> Ints:
    return np.minimum(np.searchsorted(ends, at), len(ends) - 1)


def sample(side: Side, size: int, values: Floats, rng: np.random.Generator) -> Side:
    """Draw rows of a side, spread over the values of f, and calibrate their shares to the mean of f.

    Rows are taken at equal steps after sorting by ``values`` (ties in random order; of several outputs, by
    the first). The shares are then tilted linearly in ``values`` until the sample's means are the side's, so
    that what is explained stays the gap measured on all rows.

    Parameters
    ----------
    side : Side
    size : int
        Rows wanted; all rows are kept where the side has no more.
    values : ndarray of float, shape (outputs, rows of the side)
    rng : numpy.random.Generator

    Notes
    -----
    Calibration estimator with the linear distance, Deville and Sarndal (1992), JASA 87, 376-382, section 1.
    Where no tilt with shares above zero exists, the sample's own shares stay; the remainder is then
    visible as the explanation's residual.
    """
    if size >= len(side.rows):
        return side
    order = rng.permutation(len(side.rows))
    order = order[np.argsort(values[0, order], kind="stable")]
    steps = np.floor((np.arange(size) + rng.random()) * len(order) / size).astype(np.int64)
    kept = np.sort(order[np.minimum(steps, len(order) - 1)])
    shares = side.shares[kept] / side.shares[kept].sum()
    return Side(side.rows[kept], _calibrate(shares, values[:, kept], values @ side.shares), side.population)


def _calibrate(shares: Floats, values: Floats, target: Floats) -> Floats:
    centred = values - (values @ shares)[:, None]
    spread = (centred * shares) @ centred.T
    tilt = np.linalg.lstsq(spread, target - values @ shares, rcond=1e-10)[0]
    tilted: Floats = shares * (1.0 + tilt @ centred)
    return tilted if bool((tilted > 0).all()) else shares
