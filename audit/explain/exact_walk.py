"""One pass over each tree: rows are counted at its leaves by miss set, and the leaves' games are solved.

The cost grows with rows times leaves, not with pairs of rows. Low in a tree few conditions are left, and rows
are merged there that have missed the same players and will answer the rest alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .exact_crowd import MOST_DENSE, Crowd, Labels, kind_of
from .exact_games import Gap, Shares, solve_dense, solve_sparse
from .exact_trees import Bools, Coded, Tree, goes_left, most_players
from .pairing import Floats, Ints

BATCH = 400_000
"""Numbers in a batch of leaves: small enough for the processor's cache."""
MOST_LEAVES = 512
"""In a batch."""
MOST_MERGED = 16
"""Different conditions below a node up to which merging rows is thought of."""


@dataclass(frozen=True)
class Plan:
    """What of a tree must be walked.

    Parameters
    ----------
    base : float
        The commonest leaf value. A constant off all leaves changes no contribution, and spares those leaves.
    needed : ndarray of bool, shape (nodes,)
        Whether a leaf of another value lies below.
    below : list of frozenset of int, or None for each node
        The numbers of the conditions below; None where there are more than can be merged by.
    condition : ndarray of int, shape (nodes,)
        Number of the node's condition.
    """

    base: float
    needed: Bools
    below: list[frozenset[int] | None]
    condition: Ints


def plan_of(tree: Tree) -> Plan:
    """Plan the walk over a tree."""
    leaf = tree.left < 0
    values, times = np.unique(tree.value[leaf], return_counts=True)
    base = float(values[np.argmax(times)])
    needed = leaf & (tree.value != base)
    keys = zip(tree.reading.tolist(), tree.threshold.tolist(), tree.missing_left.tolist(), strict=True)
    numbers: dict[object, int] = {}
    condition = np.array(
        [numbers.setdefault((key, tree.subsets.get(i)), len(numbers)) for i, key in enumerate(keys)]
    )
    below: list[frozenset[int] | None] = [frozenset()] * len(leaf)
    for node in reversed(_from_root(tree)):
        one, two = int(tree.left[node]), int(tree.right[node])
        needed[node] = needed[one] or needed[two]
        below[node] = _joined(below[one], below[two], int(condition[node])) if needed[node] else frozenset()
    return Plan(base, needed, below, condition)


def _from_root(tree: Tree) -> list[int]:
    # Inner nodes, each before those below it.
    order: list[int] = []
    waiting = [0]
    while waiting:
        node = waiting.pop()
        if tree.left[node] >= 0:
            order.append(node)
            waiting += [int(tree.left[node]), int(tree.right[node])]
    return order


def _joined(one: frozenset[int] | None, two: frozenset[int] | None, own: int) -> frozenset[int] | None:
    if one is None or two is None:
        return None
    joined = one | two | {own}
    return joined if len(joined) <= MOST_MERGED else None


def _numbered(tree: Tree, plan: Plan, top: int) -> dict[int, int]:
    found: dict[int, int] = {}
    numbers: dict[int, int] = {}
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if tree.left[node] >= 0 and plan.needed[node]:
            found[node] = numbers.setdefault(int(plan.condition[node]), len(numbers))
            waiting += [int(tree.left[node]), int(tree.right[node])]
    return found


@dataclass
class Totals:
    """Contributions to one gap by player, added up over leaves.

    Parameters
    ----------
    gap : Gap
    sides : ndarray of float, shape (players, sides)
    blocks : ndarray of float, shape (players, blocks)
    """

    gap: Gap
    sides: Floats
    blocks: Floats

    @classmethod
    def of(cls, gap: Gap, players: int) -> Totals:
        """Start from zero."""
        return cls(
            gap, np.zeros((players, len(gap.foreground))), np.zeros((players, len(gap.block_foreground)))
        )

    def add(self, who: Ints, value: Floats, shares: Shares) -> None:
        """Add leaves' contributions; ``who`` has shape (leaves, players of the leaf)."""
        member = np.zeros((len(self.sides), who.size))
        member[who.ravel(), np.arange(who.size)] = np.repeat(value, who.shape[1])
        self.sides += member @ shares.sides.reshape(who.size, -1)
        self.blocks += member @ shares.blocks.reshape(who.size, -1)


@dataclass
class Batch:
    """Leaves with as many players each, waiting to be solved together."""

    counts: Floats
    blocks: NDArray[np.float32]
    who: Ints
    value: Floats
    size: int = 0


@dataclass
class Walk:
    """A walk over trees.

    Parameters
    ----------
    totals : tuple of Totals
        One for each gap.
    owner : ndarray of int, shape (readings,)
        The player behind each reading.
    crowds : pair of (Coded, Labels)
        All rows, labelled by the sides they belong to, and those of the jackknife, labelled by block.
    batches : dict of int to Batch
        By number of players.
    """

    totals: tuple[Totals, ...]
    owner: Ints
    crowds: tuple[tuple[Coded, Labels], tuple[Coded, Labels]]
    batches: dict[int, Batch] = field(default_factory=dict)

    def over(self, tree: Tree) -> None:
        """Walk a tree; call ``finish`` after the last."""
        plan = plan_of(tree)
        width = max(labels.width for _, labels in self.crowds)
        kind = kind_of(width + most_players(tree, self.owner, 62 - width))
        rows, sample = (
            Crowd(labels.label.astype(kind), labels.weight, labels.width, partial(_goes, tree, coded))
            for coded, labels in self.crowds
        )
        self._visit(tree, plan, 0, (rows, sample), [])

    def _visit(self, tree: Tree, plan: Plan, node: int, crowds: tuple[Crowd, Crowd], path: list[int]) -> None:
        if not plan.needed[node]:
            return
        if tree.left[node] < 0:
            self._leaf(float(tree.value[node]) - plan.base, crowds, path)
            return
        rows, sample = crowds
        below = plan.below[node]
        if below is not None:
            rows = rows.merged(len(path), len(below), partial(_numbered, tree, plan, node))
        player = int(self.owner[tree.reading[node]])
        onward = path if player in path else [*path, player]
        bit = onward.index(player)
        pairs = zip(rows.past(node, bit), sample.past(node, bit), strict=True)
        for child, pair in zip((int(tree.left[node]), int(tree.right[node])), pairs, strict=True):
            self._visit(tree, plan, child, pair, onward)

    def _leaf(self, value: float, crowds: tuple[Crowd, Crowd], path: list[int]) -> None:
        if not path:
            return
        rows, sample = crowds
        if len(path) > MOST_DENSE:
            seen = rows.seen(), sample.seen()
            for total in self.totals:
                shares = solve_sparse(*seen, len(path), total.gap)
                total.add(np.array([path]), np.array([value]), shares)
            return
        batch = self.batches.get(len(path))
        if batch is None:
            batch = self.batches[len(path)] = _empty(len(path), crowds)
        batch.counts[batch.size] = rows.counts(len(path))
        batch.blocks[batch.size] = sample.counts(len(path))
        batch.who[batch.size] = path
        batch.value[batch.size] = value
        batch.size += 1
        if batch.size == len(batch.value):
            self._solve(batch)

    def _solve(self, batch: Batch) -> None:
        used = slice(0, batch.size)
        for total in self.totals:
            shares = solve_dense(batch.counts[used], batch.blocks[used], batch.who.shape[1], total.gap)
            total.add(batch.who[used], batch.value[used], shares)
        batch.size = 0

    def finish(self) -> None:
        """Solve the leaves that still wait."""
        for batch in self.batches.values():
            if batch.size:
                self._solve(batch)


def _goes(tree: Tree, rows: Coded, node: int) -> Bools:
    return goes_left(tree, node, rows)


def _empty(players: int, crowds: tuple[Crowd, Crowd]) -> Batch:
    sets, labels = 1 << players, [1 << crowd.width for crowd in crowds]
    leaves = int(np.clip(BATCH // (sets * max(2 * players, labels[1])), 1, MOST_LEAVES))
    return Batch(
        np.empty((leaves, sets, labels[0])),
        np.empty((leaves, sets, labels[1]), dtype=np.float32),
        np.empty((leaves, players), dtype=np.int64),
        np.empty(leaves),
    )
