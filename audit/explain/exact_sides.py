"""Which rows stand where in the gaps that are explained together, and how sure their bars are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .exact_crowd import Labels
from .exact_games import Gap
from .explained import Game
from .pairing import Floats, Ints, Side

SAMPLED = 4_000
"""Rows from which sampling errors are estimated; their number limits the error's own precision only."""


@dataclass(frozen=True)
class Strata:
    """Rows by the sides that they stand on, and a sample of them in blocks.

    Parameters
    ----------
    rows : Ints
        Positions of all rows that stand anywhere, with ``labels`` (the stratum of each).
    labels : Labels
    sample : Ints
        Positions of the rows of the jackknife, with ``blocks``.
    blocks : Labels
        Block numbers, stratum by stratum; weights stretched to stand for the whole stratum.
    stratum_of_block : ndarray of int, shape (blocks,)
    sizes, sampled : ndarray of int, shape (strata,)
        Rows, and rows in the sample.
    """

    rows: Ints
    labels: Labels
    sample: Ints
    blocks: Labels
    stratum_of_block: Ints
    sizes: Ints
    sampled: Ints


def strata_of(
    weight: Floats, sides: Sequence[tuple[Side, Side]], game: Game, blocks: int
) -> tuple[Strata, tuple[tuple[Gap, Ints], ...]]:
    """Sort rows by the sides they stand on, and express each gap in these strata.

    Parameters
    ----------
    weight : ndarray of float, shape (rows,)
    sides : sequence of (Side, Side)
        Group and reference of each gap.
    game : {"direct", "common"}
    blocks : int
        Of rows, in each stratum.

    Returns
    -------
    strata : Strata
    gaps : tuple of (Gap, ndarray of int, shape (strata,))
        With the role of each stratum: 0 group, 1 reference, 2 others.
    """
    member = np.zeros((len(weight), 2 * len(sides)), dtype=bool)
    for at, pair in enumerate(sides):
        for where, side in enumerate(pair):
            member[side.rows, 2 * at + where] = True
    stands = (weight > 0) & (member.any(axis=1) | (game == "common"))
    rows = np.flatnonzero(stands)
    kinds, stratum = np.unique(member[rows], axis=0, return_inverse=True)
    strata = _sampled(rows, stratum.ravel(), weight, blocks)
    totals = np.bincount(stratum.ravel(), weight[rows]).astype(np.float64, copy=False)
    gaps = tuple(_gap(kinds[:, 2 * at : 2 * at + 2], totals, game, strata) for at in range(len(sides)))
    return strata, gaps


def _sampled(rows: Ints, stratum: Ints, weight: Floats, blocks: int) -> Strata:
    rng = np.random.default_rng(0)
    sizes = np.bincount(stratum)
    taken, numbers, stretched = [], [], []
    owner: list[int] = []
    for at, size in enumerate(sizes):
        here = rng.permutation(rows[stratum == at])[: max(SAMPLED // len(sizes), 2 * blocks)]
        count = min(blocks, len(here))
        taken.append(here)
        numbers.append(len(owner) + np.arange(len(here)) % count)
        stretched.append(weight[here] * np.sqrt(size / len(here)))
        owner += [at] * count
    labels = Labels(stratum, weight[rows], _width(len(sizes)))
    in_blocks = Labels(np.concatenate(numbers), np.concatenate(stretched), _width(len(owner)))
    sampled = np.array([len(here) for here in taken])
    return Strata(rows, labels, np.concatenate(taken), in_blocks, np.array(owner), sizes, sampled)


def _width(labels: int) -> int:
    return (labels - 1).bit_length()


def _gap(kinds: NDArray[np.bool_], totals: Floats, game: Game, strata: Strata) -> tuple[Gap, Ints]:
    group, reference = (kinds[:, at] / (kinds[:, at] @ totals) for at in (0, 1))
    common = np.ones(len(totals)) / totals.sum()
    foreground = np.array([group, -reference]) if game == "common" else group[None]
    background = common if game == "common" else reference
    role = np.where(kinds[:, 0], 0, np.where(kinds[:, 1], 1, 2))
    owner = strata.stratum_of_block
    gap = Gap(
        _padded(foreground, strata.labels.width),
        _padded(background, strata.labels.width),
        _padded(foreground.sum(axis=0)[owner], strata.blocks.width),
        _padded(background[owner], strata.blocks.width),
    )
    return gap, role


def _padded(factors: Floats, width: int) -> Floats:
    missing = (1 << width) - factors.shape[-1]
    return np.pad(factors, [(0, 0)] * (factors.ndim - 1) + [(0, missing)])


def sampling_variance(
    gap: Gap, role: Ints, strata: Strata, by_side: Floats, by_block: Floats
) -> tuple[Floats, int]:
    """Estimate each bar's variance over other rows by the jackknife over blocks of rows.

    Parameters
    ----------
    gap : Gap
    role : ndarray of int, shape (strata,)
    strata : Strata
    by_side : ndarray of float, shape (players, sides)
        Bars of the group, and of minus the reference.
    by_block : ndarray of float, shape (players, blocks)
        The part that each block's rows have in the bars, as foreground and as background.

    Returns
    -------
    variance : ndarray of float, shape (players,)
        ``nan`` where a group has a single row.
    degrees : int

    Notes
    -----
    Delete-a-group jackknife, linearised, within strata. A side's strata are no strata of its design (their
    sizes would differ among other rows), so the variance between them is added.
    """
    owner = strata.stratum_of_block
    heft = np.bincount(strata.blocks.label, strata.blocks.weight, minlength=len(owner))
    expected = np.zeros((len(by_side), len(owner)))
    for at, side in enumerate(gap.foreground):
        sign = np.sign(side[np.argmax(np.abs(side))])
        expected += sign * by_side[:, at, None] * side[owner]
    expected += by_side.sum(axis=1)[:, None] * gap.background[owner]
    influence = by_block[:, : len(owner)] - heft * expected
    total, degrees = np.zeros(len(by_side)), []
    for which in (0, 1, 2):
        members = np.flatnonzero(role == which)
        size = int(strata.sizes[members].sum())
        if size == 1 and which < 2:
            return np.full(len(by_side), np.nan), 0
        if size < 2:
            continue
        total += _within_and_between(influence, members, strata)
        degrees.append(int(np.isin(owner, members).sum()) - len(members))
    return total, max(1, min(degrees))


def _within_and_between(influence: Floats, members: Ints, strata: Strata) -> Floats:
    variance, means, sizes = np.zeros(len(influence)), [], strata.sizes[members]
    for at in members:
        sums = influence[:, strata.stratum_of_block == at]
        count = sums.shape[1]
        if count > 1:
            variance += count / (count - 1) * ((sums - sums.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        means.append(sums.sum(axis=1) * np.sqrt(strata.sizes[at] / strata.sampled[at]))
    apart = np.array(means)
    between: Floats = (apart**2 / sizes[:, None]).sum(axis=0) - apart.sum(axis=0) ** 2 / sizes.sum()
    return variance + np.maximum(between, 0.0)
