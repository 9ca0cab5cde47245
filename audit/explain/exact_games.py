"""The game that one leaf plays: which players' conditions rows miss, and what each player contributes.

A leaf pays its value to a hybrid of two rows if the hybrid meets every player's conditions on its path. Over
all pairs of a foreground and a background row, a coalition S is worth P(a foreground row meets its
conditions) times P(a background row meets those of all others): the rows of a pair are independent, so two
sums over subsets of a histogram replace the pairs. Histograms are by *miss set*: the players whose conditions
a row misses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .pairing import Floats, Ints


@dataclass(frozen=True)
class Gap:
    """Which rows stand in the foreground and in the background of a gap, as factors on histograms.

    Parameters
    ----------
    foreground : ndarray of float, shape (sides, labels)
        Each side's share per unit of weight, by the rows' label; a reference's is negative.
    background : ndarray of float, shape (labels,)
    block_foreground, block_background : ndarray of float, shape (blocks,)
        The same for the blocks of the jackknife: all sides together.
    """

    foreground: Floats
    background: Floats
    block_foreground: Floats
    block_background: Floats


@dataclass(frozen=True)
class Shares:
    """What leaves of one kind contribute for one gap.

    Parameters
    ----------
    sides : ndarray of float, shape (leaves, players, sides)
    blocks : ndarray of float, shape (leaves, players, blocks)
        The part that the rows of a block have in it, as foreground and as background.
    """

    sides: Floats
    blocks: Floats


@cache
def shapley_matrix(players: int) -> Floats:
    """Give the matrix that turns worths of coalitions into Shapley values.

    Parameters
    ----------
    players : int

    Returns
    -------
    ndarray of float, shape (2 ** players, players)
        Coalitions as binary numbers.

    Examples
    --------
    >>> np.array([0.0, 1.0, 3.0, 6.0]) @ shapley_matrix(2)
    array([2., 4.])
    """
    member = (np.arange(2**players)[:, None] >> np.arange(players)) & 1
    size = member.sum(axis=1)
    weights = [factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)]
    joined = np.array([0.0, *weights])[size][:, None]
    without = -np.array([*weights, 0.0])[size][:, None]
    matrix: Floats = np.where(member == 1, joined, without)
    matrix.setflags(write=False)
    return matrix


def _sum_subsets(values: Floats, players: int) -> None:
    # In place, over axis 1 of (n, 2 ** players, ...): each set's value plus those of its subsets.
    for bit in range(players):
        pairs = values.reshape(len(values), -1, 2, 2**bit, *values.shape[2:])
        pairs[:, :, 1] += pairs[:, :, 0]


def _sum_supersets(values: NDArray[np.floating[Any]], players: int) -> None:
    for bit in range(players):
        pairs = values.reshape(len(values), -1, 2, 2**bit, *values.shape[2:])
        pairs[:, :, 0] += pairs[:, :, 1]


def solve_dense(counts: Floats, blocks: NDArray[np.floating[Any]], players: int, gap: Gap) -> Shares:
    """Solve the games of leaves with as many players each, from full histograms.

    Parameters
    ----------
    counts : ndarray of float, shape (leaves, 2 ** players, labels)
        Weight of the rows by miss set and label.
    blocks : ndarray of float, shape (leaves, 2 ** players, blocks)
        Single precision will do.
    players : int
    gap : Gap

    Returns
    -------
    Shares

    Examples
    --------
    One condition, which the group's only row meets and the background's only row misses:

    >>> gap = Gap(np.array([[1.0, 0.0]]), np.array([0.0, 1.0]), np.zeros(0), np.zeros(0))
    >>> solve_dense(np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.zeros((1, 2, 0)), 1, gap).sides
    array([[[1.]]])
    """
    leaves, labels = len(counts), counts.shape[2]
    factors = np.vstack([gap.foreground, gap.background])
    wide = (factors @ counts.reshape(-1, labels).T).reshape(len(factors) * leaves, 2**players)
    _sum_subsets(wide, players)
    # Rows that miss nothing of a coalition S have their miss set within the others, which are S reversed.
    met = wide.reshape(len(factors), leaves, 2**players)
    fore, back = met[:-1, :, ::-1], met[-1]
    matrix = shapley_matrix(players)
    sides = np.moveaxis((fore * back) @ matrix, 0, -1)
    if not blocks.shape[2]:
        return Shares(sides, np.zeros((leaves, players, 0)))
    # Single precision will do: these sums tell how sure the bars are.
    worth = np.empty((leaves, 2**players, 2 * players), dtype=np.float32)
    worth[:, :, :players] = (back[:, :, None] * matrix)[:, ::-1]
    worth[:, :, players:] = fore.sum(axis=0)[:, :, None] * matrix
    _sum_supersets(worth, players)
    parts = np.swapaxes(worth, 1, 2) @ blocks.astype(np.float32, copy=False)
    return Shares(
        sides, parts[:, :players] * gap.block_foreground + parts[:, players:] * gap.block_background
    )


@dataclass(frozen=True)
class Seen:
    """Miss sets that occur at one leaf, and the rows that have them.

    Parameters
    ----------
    sets : ndarray of int, shape (sets,)
        As binary numbers.
    counts : ndarray of float, shape (sets, labels or blocks)
    """

    sets: Ints
    counts: Floats


CHUNK = 4_000_000
"""Pairs of miss sets that are held at once."""
SORTED_BY = 7
"""Players by whom sets are told apart before pairs are tried: most pairs miss one of these in common."""


def solve_sparse(rows: Seen, blocks: Seen, players: int, gap: Gap) -> Shares:
    """Solve one leaf's game from the miss sets that occur: there are too many players for full histograms.

    Two rows make a difference only if no player's conditions are missed by both. If the foreground row
    misses c players and the background row a, each of the a gets (a - 1)! c! / (a + c)!, each of the c minus
    a! (c - 1)! / (a + c)!.

    Parameters
    ----------
    rows, blocks : Seen
    players : int
    gap : Gap
    """
    fore = rows.counts @ gap.foreground.T
    back = rows.counts @ gap.background
    as_fore = _effects(rows.sets, rows.sets, back, players, background_misses=True)
    sides = as_fore.T @ fore
    if not blocks.counts.shape[1]:
        return Shares(sides[None], np.zeros((1, players, 0)))
    if not np.array_equal(blocks.sets, rows.sets):
        as_fore = _effects(blocks.sets, rows.sets, back, players, background_misses=True)
    as_back = _effects(blocks.sets, rows.sets, fore.sum(axis=1), players, background_misses=False)
    parts = as_fore.T @ blocks.counts * gap.block_foreground
    parts += as_back.T @ blocks.counts * gap.block_background
    return Shares(sides[None], parts[None])


def _effects(sets: Ints, others: Ints, weight: Floats, players: int, *, background_misses: bool) -> Floats:
    # What a row with each set contributes to each player, against all others by weight.
    gain, loss = _pair_weights(players)
    if not background_misses:
        gain, loss = loss.T, gain.T
    bits, other_bits = _bits(sets, players), _bits(others, players)
    size, other_size = bits.sum(axis=1).astype(int), other_bits.sum(axis=1).astype(int)
    found = np.zeros((len(sets), players))
    for mine, theirs in _meetings(sets, others, weight, players):
        at, other = np.divmod(np.flatnonzero((sets[mine, None] & others[theirs]) == 0), len(theirs))
        of_both = other_size[theirs][other], size[mine][at]
        shape = len(mine), len(theirs)
        taken = sparse.csr_matrix((gain[of_both] * weight[theirs][other], (at, other)), shape=shape)
        lost = np.bincount(at, loss[of_both] * weight[theirs][other], minlength=len(mine))
        found[mine] = taken @ other_bits[theirs] + lost[:, None] * bits[mine]
    return found


def _meetings(sets: Ints, others: Ints, weight: Floats, players: int) -> Iterator[tuple[Ints, Ints]]:
    # Sets that agree on the highest players meet only others that share none of these.
    below = max(0, players - SORTED_BY)
    high, other_high = sets >> below, others >> below
    for value in np.unique(high):
        mine, theirs = (
            np.flatnonzero(high == value),
            np.flatnonzero((other_high & value == 0) & (weight != 0)),
        )
        step = max(1, CHUNK // max(len(theirs), 1))
        for low in range(0, len(mine) if len(theirs) else 0, step):
            yield mine[low : low + step], theirs


def _bits(sets: Ints, players: int) -> Floats:
    bits: Floats = ((sets[:, None] >> np.arange(players)) & 1).astype(np.float64)
    return bits


@cache
def _pair_weights(players: int) -> tuple[Floats, Floats]:
    gain, loss = np.zeros((2, players + 1, players + 1))
    for one in range(players + 1):
        for two in range(players + 1 - one):
            if one:
                gain[one, two] = factorial(one - 1) * factorial(two) / factorial(one + two)
            if two:
                loss[one, two] = -factorial(one) * factorial(two - 1) / factorial(one + two)
    return gain, loss
