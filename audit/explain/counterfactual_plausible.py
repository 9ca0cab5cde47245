"""Whether a changed row could be somebody's: how far its nearest neighbour in the data is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .local_pool import Pool
from .pairing import Floats, Ints

CAP = 3.0
"""A column counts at most so many units, so that a single far value does not decide who is whose neighbour."""
MOST_JUDGED = 400
"""Rows whose own nearest neighbour tells what is usual."""
MOST_NEIGHBOURS = 2000
USUAL = 0.95
"""A changed row is plausible where at most this share of the rows lie closer to their neighbours."""


@dataclass(frozen=True)
class Neighbourhood:
    """The drawn rows with the wanted decision, and how far each is from its nearest neighbour.

    Parameters
    ----------
    pool : Pool
    scales : ndarray of float, shape (columns,)
    members : ndarray of int
        Places of drawn rows with the wanted decision.
    usual : ndarray of float
        Their distances to the nearest other member, in ascending order.
    """

    pool: Pool
    scales: Floats
    members: Ints
    usual: Floats

    def judge(self, places: Ints) -> tuple[Floats, Floats]:
        """Measure rows.

        Returns
        -------
        distance : ndarray of float, shape (n,)
            To the nearest member, in units summed over the columns; infinite without members.
        rarity : ndarray of float in [0, 1], shape (n,)
            Share of the members that lie closer to their nearest neighbour; 1 without members.
        """
        if not len(self.usual):
            return np.full(len(places), np.inf), np.ones(len(places))
        found = np.array([_distances(self.pool, self.scales, one, self.members).min() for one in places])
        return found, np.searchsorted(self.usual, found - 1e-9, side="left") / len(self.usual)


def neighbourhood_of(pool: Pool, scales: Floats, *, selected: bool) -> Neighbourhood:
    """Gather the drawn rows that have the wanted decision."""
    members = pool.others[pool.selected[pool.others] == selected][:MOST_NEIGHBOURS]
    usual = []
    for at in range(min(len(members), MOST_JUDGED) if len(members) > 1 else 0):
        away = _distances(pool, scales, pool.places[members[at]], members)
        away[at] = np.inf
        usual.append(away.min())
    return Neighbourhood(pool, scales, members, np.sort(np.array(usual, dtype=np.float64)))


def _distances(pool: Pool, scales: Floats, places: Ints, members: Ints) -> Floats:
    columns = np.arange(len(places))
    moved = (pool.places[members] != places).astype(np.float64)
    step = np.abs(pool.numbers[members] - pool.numbers[places, columns]) / scales
    total: Floats = np.minimum(np.where(np.isfinite(step), step, moved), CAP).sum(axis=1)
    return total
