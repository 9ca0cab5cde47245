"""What subtraction tells of counts that are withheld: the bounds that published sums leave to each.

A reader knows that counts are no less than zero, that a group which is named has somebody in it, and every
sum of counts that is published. From each sum follow an upper and a lower end for each of its parts, given
the ends of all others; this is done until no end moves any more. A count whose ends meet is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 60
"""Passes over all sums; the ends settle in a few."""
_EXACT = 1e-6


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


def known_counts(ends: Mapping[int, tuple[float, float]], sums: Sequence[Sum]) -> set[int]:
    """Name the counts that the sums leave one value.

    Parameters
    ----------
    ends : mapping of int to (float, float)
        The least and the greatest value of each withheld count before anything is summed; finite.
    sums : sequence of Sum
        Their keys are among those of ``ends``.

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
    places = {key: place for place, key in enumerate(ends)}
    low, high = (np.array([end[side] for end in ends.values()], dtype=np.float64) for side in (0, 1))
    line, count, sign = _entries(sums, places)
    totals = np.array([item.total for item in sums], dtype=np.float64)
    for _ in range(ROUNDS if len(line) else 0):
        before = low.copy(), high.copy()
        least, most = (
            np.where(sign > 0, one[count], -other[count]) for one, other in ((low, high), (high, low))
        )
        # What the others of its sum leave to each count.
        top = totals[line] - np.bincount(line, least, len(sums))[line] + least
        bottom = totals[line] - np.bincount(line, most, len(sums))[line] + most
        np.minimum.at(high, count, np.where(sign > 0, top, -bottom))
        np.maximum.at(low, count, np.where(sign > 0, bottom, -top))
        if np.allclose(before[0], low, atol=_EXACT) and np.allclose(before[1], high, atol=_EXACT):
            break
    return {key for key, place in places.items() if high[place] - low[place] < _EXACT}


def _entries(
    sums: Sequence[Sum], places: Mapping[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Give for each count in a sum the sum's place, the count's place, and the sign it has there."""
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
    return np.array(lines, dtype=np.int64), np.array(counts, dtype=np.int64), np.array(signs)
