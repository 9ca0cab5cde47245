"""The counts of every slice that is large enough, by products of matrices.

Let H be the rows x conditions matrix of zeros and ones. Then H'H holds the rows of every pair of conditions
at once, and H'H over the rows that meet a condition holds every triple that begins with it. So the search
goes depth first, one product for each beginning, and never leaves the processor's fastest routine.

A slice cannot have more rows than any part of its conditions, so a beginning below the minimum size ends
there. Counts of whole rows are exact in 32 bits, because blocks of rows stay below 2^24.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .slice_columns import Conditions

ROWS, WEIGHT, SQUARE, HITS = range(4)
"""What is counted of a slice: rows, sum of weights, of their squares, and of the weights of successes."""

Floats = NDArray[np.float64]
Members = NDArray[np.int32]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]
Hope = Callable[[Floats], Flags]
"""Tells of counts of shape (4, ...) which slices, or any part of them, could matter."""

_BLOCK = 1 << 15
"""Rows at a time: the block of H stays small."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What is known of each row of the rate's denominator.

    Parameters
    ----------
    hits : ndarray of bool, shape (rows,)
        Whether the row is in the numerator too.
    weight : ndarray of float, shape (rows,), or None
    """

    hits: Flags
    weight: Floats | None

    def totals(self, rows: Any = slice(None)) -> Floats:
        """Sum over some rows; shape (4,)."""
        hits = self.hits[rows]
        if self.weight is None:
            return np.array([hits.size, hits.size, hits.size, np.count_nonzero(hits)], dtype=np.float64)
        w = self.weight[rows]
        return np.array([hits.size, w.sum(), (w * w).sum(), w[hits].sum()])


@dataclass(frozen=True, eq=False)
class Block:
    """Slices of one length.

    Parameters
    ----------
    members : ndarray of int, shape (slices, length)
        Conditions of each slice, rising.
    counts : ndarray of float, shape (4, slices)
    tested : int
        How many slices of this block are large enough; those without hope are counted here only.
    """

    members: Members
    counts: Floats
    tested: int


@dataclass(frozen=True, eq=False)
class _Node:
    """A beginning of slices: its conditions, its rows, and the later conditions that may be added."""

    prefix: tuple[int, ...]
    rows: Places
    alive: Places
    hopeful: Flags


def every_slice(
    conditions: Conditions, outcomes: Outcomes, *, depth: int, least: int, hope: Hope
) -> Iterator[Block]:
    """Count every slice of up to ``depth`` conditions and at least ``least`` rows.

    Parameters
    ----------
    conditions : Conditions
        Of the rows in the denominator.
    outcomes : Outcomes
    depth : int
        At least 1.
    least : int
    hope : callable
        Where it says no, neither the slice nor any part of it is counted further than its rows.

    Yields
    ------
    Block
        In an order that depends on the conditions alone.

    Examples
    --------
    >>> from evenhand.metrics.groups import encode
    >>> from evenhand.metrics.slice_columns import conditions_of
    >>> columns = [(encode(list(values), name), False) for name, values in (("a", "xxyy"), ("b", "uvuu"))]
    >>> found = conditions_of(columns, np.arange(4), 1)
    >>> outcomes = Outcomes(np.array([True, False, True, True]), None)
    >>> blocks = every_slice(found, outcomes, depth=2, least=1, hope=lambda counts: counts[0] > 0)
    >>> [(m.tolist(), c.tolist()) for b in blocks for m, c in zip(b.members, b.counts[[0, 3]].T)][:2]
    [([0], [2.0, 1.0]), ([1], [2.0, 2.0])]
    """
    everything = np.arange(len(conditions.listed))
    if not everything.size:
        return
    one = _singles(conditions, outcomes)
    bright = hope(one)
    yield Block(everything[bright, None].astype(np.int32), one[:, bright], int(everything.size))
    if depth > 1:
        root = _Node((), np.arange(conditions.rows), everything, bright)
        yield from _descend(root, conditions, outcomes, depth, least, hope)


def _singles(conditions: Conditions, outcomes: Outcomes) -> Floats:
    size = len(conditions.listed)
    counts = np.zeros((4, size + 1))
    w = outcomes.weight
    weights: list[Floats | None] = [None, w, None if w is None else w * w]
    hit_weight = outcomes.hits if w is None else w * outcomes.hits
    for met in conditions.met:
        for measure, value in enumerate([*weights, hit_weight]):
            counts[measure] += np.bincount(met, weights=value, minlength=size + 1)
    return counts[:, :size]


def _descend(  # noqa: PLR0917 - the node, what it is counted from, and the rules
    node: _Node,
    conditions: Conditions,
    outcomes: Outcomes,
    depth: int,
    least: int,
    hope: Hope,
) -> Iterator[Block]:
    counts = _pairs(node, conditions, outcomes)
    apart = conditions.column[node.alive][:, None] < conditions.column[node.alive][None, :]
    large = apart & (counts[ROWS] >= least)
    bright = large & node.hopeful[:, None] & node.hopeful[None, :]
    bright[bright] = hope(counts[:, bright])
    first, second = np.nonzero(bright)
    ends = np.stack([node.alive[first], node.alive[second]], axis=1)
    begin = np.broadcast_to(np.array(node.prefix, dtype=np.intp), (len(ends), len(node.prefix)))
    members = np.concatenate([begin, ends], axis=1).astype(np.int32)
    yield Block(members, counts[:, first, second], int(np.count_nonzero(large)))
    if len(node.prefix) + 2 >= depth:
        return
    for place in range(len(node.alive)):
        child = _child(node, place, large[place], bright[place], conditions)
        if child is not None:
            yield from _descend(child, conditions, outcomes, depth, least, hope)


def _child(node: _Node, place: int, large: Flags, bright: Flags, conditions: Conditions) -> _Node | None:
    member = int(node.alive[place])
    if np.unique(conditions.column[node.alive[large]]).size < 2:
        return None
    rows = node.rows[conditions.met[conditions.column[member], node.rows] == member]
    return _Node((*node.prefix, member), rows, node.alive[large], bright[large])


def _pairs(node: _Node, conditions: Conditions, outcomes: Outcomes) -> Floats:
    """Count every pair of the node's later conditions; hits only where both give hope."""
    size = len(node.alive)
    counts = np.zeros((4, size, size))
    hopeful = np.flatnonzero(node.hopeful)
    among = np.ix_(hopeful, hopeful)
    lookup = np.full(len(conditions.listed) + 1, size, dtype=np.intp)
    lookup[node.alive] = np.arange(size)
    columns = np.unique(conditions.column[node.alive])
    for start in range(0, len(node.rows), _BLOCK):
        rows = node.rows[start : start + _BLOCK]
        matrix = _one_hot(lookup, conditions.met, columns, rows, size)
        counts[ROWS] += matrix.T @ matrix
        if not hopeful.size:
            continue
        hits = outcomes.hits[rows]
        chosen = matrix if hopeful.size == size else matrix[:, hopeful]
        if outcomes.weight is None:
            part = chosen[hits]
            counts[HITS][among] += part.T @ part
        else:
            _add_weighted(counts, among, chosen.astype(np.float64), outcomes.weight[rows], hits)
    if outcomes.weight is None:
        counts[WEIGHT] = counts[SQUARE] = counts[ROWS]
    return counts


def _add_weighted(counts: Floats, among: Any, chosen: Floats, weight: Floats, hits: Flags) -> None:
    heavy = chosen * weight[:, None]
    counts[WEIGHT][among] += chosen.T @ heavy
    counts[SQUARE][among] += heavy.T @ heavy
    counts[HITS][among] += chosen[hits].T @ heavy[hits]


def _one_hot(
    lookup: Places, met: NDArray[np.int32], columns: NDArray[np.int32], rows: Places, size: int
) -> NDArray[np.float32]:
    matrix = np.zeros((len(rows), size + 1), dtype=np.float32)
    line = np.arange(len(rows))
    for column in columns:
        matrix[line, lookup[met[column, rows]]] = 1
    # The last place took the levels that make no condition here.
    return matrix[:, :size]


def shuffled(outcomes: Outcomes, rng: np.random.Generator) -> Outcomes:
    """Deal the successes out anew among the rows.

    Examples
    --------
    >>> dealt = shuffled(Outcomes(np.array([True, False, False]), None), np.random.default_rng(0))
    >>> int(dealt.hits.sum())
    1
    """
    return replace(outcomes, hits=rng.permutation(outcomes.hits))
