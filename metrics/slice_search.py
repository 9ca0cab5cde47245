"""From counts to findings: which slices have a gap large and sure enough, of all that were tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .slice_columns import Conditions
from .slice_counts import Block, Outcomes, every_slice
from .slice_tests import Rules, beyond_hope, compare, p_values

Floats = NDArray[np.float64]
Members = NDArray[np.int32]

_BATCH = 200_000
"""Slices whose tails are summed together."""


@dataclass(frozen=True, eq=False)
class Findings:
    """The slices found, and how many were tested to find them.

    Parameters
    ----------
    members : ndarray of int, shape (found, depth)
        Conditions of each slice, rising; -1 fills up.
    counts : ndarray of float, shape (4, found)
    p_value, adjusted : ndarray of float, shape (found,)
    tested : int
    """

    members: Members
    counts: Floats
    p_value: Floats
    adjusted: Floats
    tested: int

    @property
    def cut(self) -> float:
        """The largest p-value that is still a finding; 0 where nothing was found."""
        return float(self.p_value.max(initial=0.0))

    def take(self, places: NDArray[np.intp]) -> Findings:
        """Keep some of them."""
        return Findings(
            self.members[places],
            self.counts[:, places],
            self.p_value[places],
            self.adjusted[places],
            self.tested,
        )


def find(conditions: Conditions, outcomes: Outcomes, rules: Rules, depth: int, level: float) -> Findings:
    """Find the slices whose gap counts and whose adjusted p-value is at most the level.

    The family is every slice with enough rows, whatever its outcomes. A slice whose gap is too small, or on
    the other side, enters it with a p-value of 1: so choosing by size of gap and by p-value together keeps
    the false discovery rate, and slices given up early change nothing.
    """
    found = candidates(conditions, outcomes, rules, depth, level)
    adjusted = step_up(found.p_value, found.tested)
    return replace(found, adjusted=adjusted).take(np.flatnonzero(adjusted <= level))


def step_up(p_value: Floats, tested: int) -> Floats:
    """Adjust the smallest p-values of a family by Benjamini and Hochberg, the others being larger.

    Examples
    --------
    >>> step_up(np.array([0.04, 0.01]), 10).round(3).tolist()
    [0.2, 0.1]
    """
    order = np.argsort(p_value, kind="stable")
    scaled = p_value[order] * tested / np.arange(1, len(order) + 1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def candidates(conditions: Conditions, outcomes: Outcomes, rules: Rules, depth: int, cap: float) -> Findings:
    """Give the slices whose gap counts and whose own p-value is at most ``cap``; ``adjusted`` is 1 yet."""
    whole = outcomes.totals()
    blocks = every_slice(
        conditions,
        outcomes,
        depth=depth,
        least=rules.least,
        hope=lambda counts: ~beyond_hope(counts, whole, rules),
    )
    tested, kept = 0, []
    for batch in _batches(_wide(blocks, whole, rules, depth)):
        tested += batch.tested
        kept.append(_sure(batch, whole, rules, cap))
    members = np.concatenate([np.empty((0, depth), dtype=np.int32), *(part[0] for part in kept)])
    counts = np.concatenate([np.empty((4, 0)), *(part[1] for part in kept)], axis=1)
    p = np.concatenate([np.empty(0), *(part[2] for part in kept)])
    return Findings(members, counts, p, np.ones_like(p), tested)


def _wide(blocks: Iterable[Block], whole: Floats, rules: Rules, depth: int) -> Iterator[Block]:
    """Keep the slices whose gap counts."""
    for block in blocks:
        gap = compare(block.counts, whole[:, None] - block.counts, rules.kind).gap
        wide = np.flatnonzero(rules.counts(gap))
        members = np.full((len(wide), depth), -1, dtype=np.int32)
        members[:, : block.members.shape[1]] = block.members[wide]
        yield Block(members, block.counts[:, wide], block.tested)


def _batches(blocks: Iterable[Block]) -> Iterator[Block]:
    held: list[Block] = []
    for block in blocks:
        held.append(block)
        if sum(len(one.members) for one in held) >= _BATCH:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def _joined(blocks: list[Block]) -> Block:
    return Block(
        np.concatenate([block.members for block in blocks]),
        np.concatenate([block.counts for block in blocks], axis=1),
        sum(block.tested for block in blocks),
    )


def _sure(block: Block, whole: Floats, rules: Rules, cap: float) -> tuple[Members, Floats, Floats]:
    compared = compare(block.counts, whole[:, None] - block.counts, rules.kind)
    p = p_values(compared, exact=rules.exact, cap=cap)
    sure = p <= cap
    return block.members[sure], block.counts[:, sure], p[sure]
