"""What subtraction tells of counts that are withheld: the bounds that published sums leave to each.

A reader knows that counts are no less than zero, that a group which is named has somebody in it, and every
sum of counts that is published. From each sum follow an upper and a lower end for each of its parts, given
the ends of all others; this is done until no end moves any more. A count whose ends meet is known. What
several sums tell only together is found by linear programming, where the counts are not too many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

Floats = NDArray[np.float64]

ROUNDS = 60
"""Passes over all sums; the ends settle in a few."""
EXACT = 1e-5
MOST = 600
"""Counts of which several sums together are looked at."""


@dataclass(frozen=True)
class Sum:
    """A published sum of withheld counts: what is left of a total when the shown counts are taken off.

    Parameters
    ----------
    parts : tuple of int
        The numbers of the counts.
    total : float
    minus : int or None
        A withheld total: the parts add up to it and ``total``.
    plain : bool
        Whether no withholding would change it, such as a total of nobody.
    """

    parts: tuple[int, ...]
    total: float
    minus: int | None = None
    plain: bool = False


@dataclass(frozen=True, eq=False)
class _System:
    """All sums as equations of numbered counts, and the ends of each count."""

    matrix: sparse.csr_array
    totals: Floats
    low: Floats
    high: Floats


def known_counts(
    ends: Mapping[int, tuple[float, float]],
    sums: Sequence[Sum],
    asked: set[int] | None = None,
    *,
    together: bool = True,
) -> set[int]:
    """Name the counts that the sums leave one value.

    Parameters
    ----------
    ends : mapping of int to (float, float)
        The least and the greatest value of each withheld count before anything is summed; finite.
    sums : sequence of Sum
        Their counts are among those of ``ends``.
    asked : set of int, optional
        Only these are looked at; by default all.
    together : bool
        Whether to find what several sums tell together, too; of very many counts it is not found.

    Returns
    -------
    set of int

    Examples
    --------
    Two groups share three people, and the second has one at most: nothing is known. That the first and a
    third share two tells all.

    >>> ends = {1: (0, 9), 2: (0, 1), 3: (0, 9)}
    >>> sorted(known_counts(ends, [Sum((1, 2), 3)]))
    []
    >>> sorted(known_counts(ends, [Sum((1, 2), 3), Sum((1, 3), 2)]))
    [1, 2, 3]
    """
    if not ends:
        return set()
    numbers = np.array(list(ends))
    system = _tightened(_system(ends, sums))
    wanted = np.ones(len(numbers), dtype=bool) if asked is None else np.isin(numbers, list(asked))
    known = wanted & (system.high - system.low < EXACT)
    if together and len(numbers) <= MOST:
        known |= _settled(system, wanted & ~known)
    return set(numbers[known].tolist())


def _system(ends: Mapping[int, tuple[float, float]], sums: Sequence[Sum]) -> _System:
    places = {number: place for place, number in enumerate(ends)}
    lines: list[int] = []
    counts: list[int] = []
    signs: list[float] = []
    for at, item in enumerate(sums):
        counts += [places[part] for part in item.parts]
        signs += [1.0] * len(item.parts)
        if item.minus is not None:
            counts.append(places[item.minus])
            signs.append(-1.0)
        lines += [at] * (len(counts) - len(lines))
    matrix = sparse.csr_array((signs, (lines, counts)), shape=(len(sums), len(ends)))
    low, high = (np.array([end[side] for end in ends.values()], dtype=np.float64) for side in (0, 1))
    return _System(matrix, np.array([item.total for item in sums], dtype=np.float64), low, high)


def _tightened(system: _System) -> _System:
    """Draw the ends of each count in, as far as each sum by itself and the ends of its other parts allow."""
    entries = system.matrix.tocoo()
    line, count, sign = entries.row, entries.col, entries.data
    low, high, totals = system.low.copy(), system.high.copy(), system.totals
    for _ in range(ROUNDS if len(line) else 0):
        before = low.copy(), high.copy()
        least, most = (
            np.where(sign > 0, one[count], -other[count]) for one, other in ((low, high), (high, low))
        )
        # What the others of its sum leave to each count.
        top = totals[line] - np.bincount(line, least, len(totals))[line] + least
        bottom = totals[line] - np.bincount(line, most, len(totals))[line] + most
        np.minimum.at(high, count, np.where(sign > 0, top, -bottom))
        np.maximum.at(low, count, np.where(sign > 0, bottom, -top))
        if np.allclose(before[0], low, atol=EXACT) and np.allclose(before[1], high, atol=EXACT):
            break
    return _System(system.matrix, totals, low, high)


def _settled(system: _System, open_: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the counts that have one value in every solution, by linear programming.

    Solutions at opposite ends of some sum of all open counts show most of them free at once; the few that are
    left are looked at one by one.
    """
    left, first = open_.copy(), None
    weights = np.random.default_rng(0).random(len(left))
    goals = [sign * weights for sign in (1.0, -1.0)]
    goals += [sign * one for one in np.eye(len(left)) for sign in (1.0, -1.0)]
    for goal in goals:
        if not (goal * left).any():
            continue
        found = _solved(system, goal * left)
        if found is None:
            return np.zeros_like(left)
        first = found if first is None else first
        left &= np.abs(found - first) < EXACT
    return left


def _solved(system: _System, goal: Floats) -> Floats | None:
    found = optimize.linprog(
        goal,
        A_eq=system.matrix,
        b_eq=system.totals,
        bounds=np.stack([system.low, np.maximum(system.low, system.high)], axis=1),
        method="highs",
    )
    return None if found.x is None else np.asarray(found.x)
