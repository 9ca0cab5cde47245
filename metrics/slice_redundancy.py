"""Few slices for many: what a shorter slice explains, and what overlaps with a better one, is left out.

One badly treated group shows in every slice that shares rows with it. Of all those findings three kinds say
nothing new:

- "shorter": the added conditions change nothing, because the slice is no worse than the rest of a shorter
  finding (told apart at the level divided by the number of slices tested, as the most extreme of many);
- "shared": the gap comes from rows shared with a better slice. Without them it would be no finding, and the
  shared rows are no worse than the other rows of the better slice;
- "overlap": more than 80 % of the rows of this slice and a better one together are common (Jaccard).

Sifting happens before the correction is final: a thousand variants of one true finding must not buy fifty
false ones (focused Benjamini-Hochberg; Katsevich, Sabatti & Bogomolov 2023, JASA 118, 165-176).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .intervals import widened_difference
from .slice_columns import Conditions
from .slice_counts import ROWS, Outcomes
from .slice_search import Findings
from .slice_tests import Compared, Rules, compare, p_values

Why = Literal["shorter", "shared", "overlap"]
Bits = NDArray[np.uint8]
Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MOST_SHARED = 0.8
"""Jaccard overlap above which two slices are told as one."""


@dataclass(frozen=True)
class Dropped:
    """A finding that says nothing new.

    Parameters
    ----------
    place : int
        Among the findings.
    why : {"shorter", "shared", "overlap"}
    by : int
        The finding that says it already.
    """

    place: int
    why: Why
    by: int


def explained_by_shorter(found: Findings, side: Floats, rules: Rules, level: float) -> Places:
    """Give for each finding the shorter finding that explains it, or -1.

    Parameters
    ----------
    found : Findings
    side : ndarray of float, shape (found,)
        Sign of each gap: a longer slice is kept only where it is further out on the same side.
    rules : Rules
    level : float
        Divided by the number of slices tested.

    Returns
    -------
    ndarray of int, shape (found,)
        A shorter finding that is not itself explained; the shortest, and then the first in order.
    """
    by = np.full(len(found.members), -1, dtype=np.intp)
    length = (found.members >= 0).sum(axis=1)
    index = _Index(found.members)
    for long in range(2, found.members.shape[1] + 1):
        here = np.flatnonzero(length == long)
        for kept in (kept for short in range(1, long) for kept in combinations(range(long), short)):
            child = here[by[here] < 0]
            parent = index.places(found.members[child][:, kept])
            known = parent >= 0
            known[known] = by[parent[known]] < 0
            child, parent = child[known], parent[known]
            inside = found.counts[:, child]
            c = compare(inside, found.counts[:, parent] - inside, rules.kind)
            sure = p_values(c, exact=rules.exact) * found.tested <= level
            by[child] = np.where(sure & (np.sign(c.gap) == side[parent]), -1, parent)
    return by


class _Index:
    """Finds slices by their conditions; -1 where there is no such finding."""

    def __init__(self, members: NDArray[np.int32]) -> None:
        self._width = members.shape[1]
        self._base = int(members.max(initial=0)) + 2
        keys = self._keys(members)
        self._order = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]

    def _keys(self, members: NDArray[np.int32]) -> NDArray[np.int64]:
        keys = np.zeros(len(members), dtype=np.int64)
        for place in range(self._width):
            keys = keys * self._base + (members[:, place] + 1 if place < members.shape[1] else 0)
        return keys

    def places(self, members: NDArray[np.int32]) -> Places:
        if not self._sorted.size:
            return np.full(len(members), -1, dtype=np.intp)
        keys = self._keys(members)
        at = np.minimum(np.searchsorted(self._sorted, keys), self._sorted.size - 1)
        return np.where(self._sorted[at] == keys, self._order[at], -1)


@dataclass(frozen=True, eq=False)
class Sifted:
    """What is left of the findings.

    Parameters
    ----------
    found : Findings
        Those at or below the final threshold.
    kept : tuple of int
        Places of the slices that say something new, best first.
    dropped : tuple of Dropped
    unseen : int
        How many were not looked at, because enough were kept.
    """

    found: Findings
    kept: tuple[int, ...]
    dropped: tuple[Dropped, ...]
    unseen: int


def sift(
    found: Findings, conditions: Conditions, outcomes: Outcomes, rules: Rules, *, level: float, top: int
) -> Sifted:
    """Keep the findings that say something new, and that are sure enough without the others' company.

    Benjamini and Hochberg allow ``level`` x (findings) false ones. Here those kept are counted as findings,
    no others: the threshold of p-values is level x kept / tested, lowered until it holds.

    Parameters
    ----------
    found : Findings
        From `find`.
    conditions, outcomes, rules
        What they were found in.
    level : float
        False discovery rate of the slices kept.
    top : int
        Keep at most so many.

    Examples
    --------
    >>> from evenhand.metrics.slice_search import find
    >>> from evenhand.metrics.slice_columns import conditions_of
    >>> from evenhand.metrics.groups import encode
    >>> sex, job = encode(["F", "M"] * 100, "sex"), encode(["a", "a", "b", "b"] * 50, "job")
    >>> columns = [(sex, False), (job, False)]
    >>> found, rules = conditions_of(columns, np.arange(200), 30), Rules(True, False, 0.05, 30, None, True)
    >>> outcomes = Outcomes(np.arange(200) % 2 == 1, None)
    >>> some = find(found, outcomes, rules, 2, 0.05)
    >>> sifted = sift(some, found, outcomes, rules, level=0.05, top=5)
    >>> some.members.tolist(), [some.members[i].tolist() for i in sifted.kept]
    ([[0, -1], [0, 2], [0, 3]], [[0, -1]])
    """
    while True:
        result = _sift_once(found, conditions, outcomes, rules, level, top)
        sure = np.flatnonzero(found.p_value * found.tested <= level * len(result.kept) * (1 + 1e-12))
        if len(sure) == len(found.p_value):
            return result
        found = found.take(sure)


def _sift_once(  # noqa: PLR0917 - the findings, what they were found in, and the rules
    found: Findings, conditions: Conditions, outcomes: Outcomes, rules: Rules, level: float, top: int
) -> Sifted:
    whole = outcomes.totals()
    c = compare(found.counts, whole[:, None] - found.counts, rules.kind)
    by = explained_by_shorter(found, np.sign(c.gap), rules, level)
    order = _worst_first(found, c, np.flatnonzero(by < 0), level, top)
    look = _Overlaps(conditions, outcomes, rules, found, level)
    dropped = [Dropped(int(i), "shorter", int(by[i])) for i in np.flatnonzero(by >= 0)]
    sifted: list[Dropped] = []
    for seen, place in enumerate(order.tolist()):
        if len(look.kept) == top:
            return Sifted(found, tuple(look.kept), (*sifted, *dropped), len(order) - seen)
        drop = look.at(place, float(np.sign(c.gap[place])))
        if drop is not None:
            sifted.append(drop)
    return Sifted(found, tuple(look.kept), (*sifted, *dropped), 0)


def _worst_first(found: Findings, c: Compared, places: Places, level: float, top: int) -> Places:
    """Order by the end of the widened interval that is nearer to 0; then the shorter slice first."""
    some = Compared(c.rate[places], c.size[places], c.rest_rate[places], c.rest_size[places])
    low, high = selected_ends(some, min(top, len(places)), found.tested, level)
    length = (found.members[places] >= 0).sum(axis=1)
    order: Places = places[np.lexsort((np.arange(len(places)), length, -np.maximum(low, -high)))]
    return order


def selected_ends(c: Compared, chosen: int, tested: int, level: float) -> tuple[Floats, Floats]:
    """Widen intervals of the difference for having chosen so many of all that were tested.

    Examples
    --------
    >>> pair = Compared(np.array([0.3]), np.array([100.0]), np.array([0.6]), np.array([900.0]))
    >>> low, high = selected_ends(pair, 1, 100, 0.05)
    >>> float(low[0].round(2)), float(high[0].round(2))
    (-0.44, -0.12)
    """
    z = -special.ndtri(level * max(chosen, 1) / max(tested, 1) / 2)
    return widened_difference(c.hits, c.size, c.rest_hits, c.rest_size, z=z)


class _Overlaps:
    """Holds slices against those kept so far; rows are bits."""

    def __init__(
        self, conditions: Conditions, outcomes: Outcomes, rules: Rules, found: Findings, level: float
    ) -> None:
        self._conditions, self._outcomes, self._rules = conditions, outcomes, rules
        self._found, self._level = found, level
        self._hits = np.packbits(outcomes.hits)
        self._masks = np.zeros((0, self._hits.size), dtype=np.uint8)
        self.kept: list[int] = []

    def at(self, place: int, side: float) -> Dropped | None:
        """Keep a finding, or say why it is left out."""
        own = [member for member in self._found.members[place].tolist() if member >= 0]
        mask = np.packbits(self._conditions.mask(own))
        if self.kept:
            drop = self._alike(place, mask) or self._shared(place, mask, side)
            if drop is not None:
                return drop
        self.kept.append(place)
        self._masks = np.concatenate([self._masks, mask[None, :]])
        return None

    def _alike(self, place: int, mask: Bits) -> Dropped | None:
        shared, either = _ones(self._masks & mask), _ones(self._masks | mask)
        return self._first(place, "overlap", shared > MOST_SHARED * either)

    def _shared(self, place: int, mask: Bits, side: float) -> Dropped | None:
        """Test what the slice has without each better one, and what it tells within that one."""
        both, alone = self._sums(self._masks & mask), self._sums(mask & ~self._masks)
        other = self._sums(self._masks & ~mask)
        outside = np.maximum(self._outcomes.totals()[:, None] - both - alone - other, 0)
        rules = self._rules
        c = compare(alone, outside, rules.kind)
        still = (side * c.gap >= rules.effect) & (p_values(c, exact=rules.exact) <= self._found.cut)
        d = compare(both, other, rules.kind)
        sure = p_values(d, exact=rules.exact) * self._found.tested <= self._level
        return self._first(place, "shared", ~still & ~(sure & (np.sign(d.gap) == side)) & (both[ROWS] > 0))

    def _first(self, place: int, why: Why, said: NDArray[np.bool_]) -> Dropped | None:
        return Dropped(place, why, self.kept[int(np.argmax(said))]) if said.any() else None

    def _sums(self, masks: Bits) -> Floats:
        weight, hits = self._outcomes.weight, self._hits
        if weight is None:
            rows = _ones(masks)
            return np.stack([rows, rows, rows, _ones(masks & hits)])
        met = np.unpackbits(masks, axis=1, count=weight.size).astype(np.float64)
        parts = np.stack([np.ones_like(weight), weight, weight * weight, weight * self._outcomes.hits])
        return np.asarray(parts @ met.T)


def _ones(masks: Bits) -> Floats:
    return np.asarray(np.bitwise_count(masks).sum(axis=1, dtype=np.float64))
