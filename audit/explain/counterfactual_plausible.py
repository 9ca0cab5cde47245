"""Whether a changed row could be somebody's: how far its nearest neighbour in the data is.

Categories that stay as they are do not count: else people of small groups would be called unusual whatever
they changed, because few are like them. Numbers that stay do count: a degree at eighteen is unusual.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .local_pool import Pool
from .pairing import Floats, Ints

CAP = 3.0
"""A column counts at most so many units: a single far value does not decide who is whose neighbour."""
MOST_JUDGED = 400
"""Rows whose own nearest neighbour tells what is usual."""
MOST_NEIGHBOURS = 1000
USUAL = 0.95
"""A changed row is plausible where at most this share of the rows lie closer to their neighbours."""


@dataclass(frozen=True)
class Neighbourhood:
    """The drawn rows, whatever their decision, and how far they are from their nearest neighbours.

    Parameters
    ----------
    pool : Pool
    scales : ndarray of float, shape (columns,)
    members : ndarray of int
        Places of the drawn rows.
    counted : ndarray of bool, shape (columns,)
        The columns that make a distance.
    usual : ndarray of float
        Distances of some of them to the nearest other one, in ascending order.
    """

    pool: Pool
    scales: Floats
    members: Ints
    counted: NDArray[np.bool_]
    usual: Floats

    def judge(self, places: Ints) -> tuple[Floats, Floats]:
        """Measure rows.

        Returns
        -------
        distance : ndarray of float, shape (n,)
            To the nearest drawn row, in units summed over the columns; infinite where fewer than two were
            drawn.
        rarity : ndarray of float in [0, 1], shape (n,)
            Share of the drawn rows that lie closer to their nearest neighbour; 1 where fewer than two were.
        """
        if not len(self.usual):
            return np.full(len(places), np.inf), np.ones(len(places))
        found = np.array([self.distances(one).min() for one in places])
        return found, np.searchsorted(self.usual, found - 1e-9, side="left") / len(self.usual)

    def distances(self, places: Ints) -> Floats:
        """Measure how far a row is from each member."""
        at = np.flatnonzero(self.counted)
        moved = (self.pool.places[np.ix_(self.members, at)] != places[at]).astype(np.float64)
        with np.errstate(invalid="ignore"):
            away = np.abs(self.pool.numbers[np.ix_(self.members, at)] - self.pool.numbers[places[at], at])
        step = away / self.scales[at]
        total: Floats = np.minimum(np.where(np.isfinite(step), step, moved), CAP).sum(axis=1)
        return total


def neighbourhood_of(pool: Pool, scales: Floats, fixed: Container[str]) -> Neighbourhood:
    """Gather the drawn rows, and measure how close to their neighbours people usually are.

    Parameters
    ----------
    pool : Pool
    scales : ndarray of float
    fixed : container of str
        Columns that stay as they are.
    """
    counted = np.array(
        [numeric or name not in fixed for name, numeric in zip(pool.columns, pool.numeric, strict=True)]
    )
    members = pool.others[:MOST_NEIGHBOURS]
    found = Neighbourhood(pool, scales, members, counted, np.zeros(0))
    usual = []
    for at in range(min(len(members), MOST_JUDGED) if len(members) > 1 else 0):
        away = found.distances(pool.places[members[at]])
        away[at] = np.inf
        usual.append(away.min())
    return replace(found, usual=np.sort(np.array(usual, dtype=np.float64)))
