"""Distributions of groups as ranks, and values moved between them without changing their order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .group_reader import POOLED
from .rows import Floats, Integers

MOST = 1001
"""A distribution of more distinct values keeps so many, at even ranks: a model should not carry its rows."""


@dataclass(frozen=True, eq=False)
class Distributions:
    """The distribution of one column in every group, and last in all rows together.

    Parameters
    ----------
    values, ranks : list of ndarray
        Distinct values in order, and the middle of the ranks, in (0, 1), of the rows that have them.

    Examples
    --------
    >>> two = distributions(np.array([1.0, 3.0, 2.0, 6.0]), np.array([0, 0, 1, 1]), np.ones(4), groups=2)
    >>> two.ranks_of(np.array([3.0, 2.0]), np.array([0, 1])).tolist()
    [0.75, 0.25]
    """

    values: list[Floats]
    ranks: list[Floats]

    def ranks_of(self, values: Floats, codes: Integers) -> Floats:
        """Give the rank of each value within its group; an unseen group's among all rows."""
        last = len(self.values) - 1
        codes = np.where(codes == POOLED, last, codes)
        found = np.full(len(values), np.nan)
        for group in range(last + 1):
            held = codes == group
            found[held] = np.interp(values[held], self.values[group], self.ranks[group])
        return found

    def at(self, ranks: Floats) -> Floats:
        """Give the value at each rank in each group, shape (groups, rows)."""
        pairs = zip(self.values[:-1], self.ranks[:-1], strict=True)
        return np.stack([np.interp(ranks, known, values) for values, known in pairs])


def distributions(values: Floats, codes: Integers, weights: Floats, groups: int) -> Distributions:
    """Read the distribution of a column in every group.

    Parameters
    ----------
    values : ndarray of float, shape (rows,)
        Missing ones are left out.
    codes : ndarray of int, shape (rows,)
    weights : ndarray of float, shape (rows,)
    groups : int

    Returns
    -------
    Distributions
        A group without values takes that of all rows.
    """
    used = (weights > 0) & ~np.isnan(values)
    everyone = _distribution(values[used], weights[used])
    found = []
    for group in range(groups):
        held = used & (codes == group)
        found.append(_distribution(values[held], weights[held]) if held.any() else everyone)
    found.append(everyone)
    return Distributions([v for v, _ in found], [r for _, r in found])


def _distribution(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    if not len(values):
        return np.array([np.nan]), np.array([0.5])
    distinct, place = np.unique(values, return_inverse=True)
    weight = np.bincount(place, weights=weights, minlength=len(distinct))
    ranks = (np.cumsum(weight) - weight / 2) / weight.sum()
    if len(distinct) <= MOST:
        return distinct, ranks
    even = np.linspace(ranks[0], ranks[-1], MOST)
    return np.interp(even, ranks, distinct), even
