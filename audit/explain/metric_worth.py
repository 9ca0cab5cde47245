"""What a coalition of columns is worth in the game of a metric: the metric of rows with mixed scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .group_metric import GroupMetric
from .pairing import Floats, Ints, Side

REGROUPINGS = 24
BINS = 400
"""Scores are told apart by so many steps."""


@dataclass(frozen=True)
class Rows:
    """The rows of both groups, and the ways in which they are counted.

    Parameters
    ----------
    at : ndarray of int, shape (n,)
        Positions in the table.
    weight : ndarray of float, shape (n,)
    label : ndarray of int, shape (n,)
        1 where the true label is positive.
    side : ndarray of int, shape (1 + regroupings, n)
        0 for the group, 1 for the reference: as they are, and as regrouped at random.
    block : ndarray of int, shape (n,)
        For the jackknife.
    """

    at: Ints
    weight: Floats
    label: Ints
    side: Ints
    block: Ints


@dataclass(frozen=True)
class Worth:
    """What a coalition is worth: by all rows, without each block, and with the rows regrouped."""

    value: float
    without: Floats
    regrouped: Floats

    def less(self, other: Worth) -> Floats:
        """Give the differences to another worth, in one row."""
        return np.concatenate(
            [
                [self.value - other.value],
                self.without - other.without,
                self.regrouped - other.regrouped,
            ]
        )


def rows_of(
    sides: tuple[Side, Side], weight: Floats, labels: Any, blocks: int, rng: np.random.Generator
) -> Rows:
    """Put both sides together, deal the jackknife's blocks and the regroupings."""
    at = np.concatenate([side.rows for side in sides])
    side = np.repeat([0, 1], [len(one.rows) for one in sides])
    dealt = np.stack([side, *(rng.permutation(side) for _ in range(REGROUPINGS))])
    count = max(2, min(blocks, *(len(one.rows) for one in sides)))
    block = np.concatenate([rng.permutation(len(one.rows)) % count for one in sides])
    return Rows(at, weight[at], np.asarray(labels)[at].astype(np.int64), dealt, block)


def edges_of(known: Floats, threshold: float, kind: GroupMetric) -> Floats:
    """Give the scores at which rows are told apart: the threshold, or quantiles of the model's scores."""
    if kind.needs == "decision":
        return np.array([threshold])
    return np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))


def bins_of(score: Floats, edges: Floats) -> Ints:
    """Give the bin of each score."""
    # A score that equals an edge is above it, as a score that equals the threshold is selected.
    return np.searchsorted(edges, score, side="right")


def worth_of(rows: Rows, bins: Ints | None, kind: GroupMetric, edges: int) -> Worth:
    """Take the metric of rows in bins; without bins every score is as likely, whatever the label."""
    width = edges + 1
    blocks = int(rows.block.max()) + 1
    if bins is None:
        cell, spread = rows.label * width, 1.0 / width
    else:
        cell, spread = rows.label * width + bins, 0.0
    by_block = _counts(
        (rows.side[0] * blocks + rows.block) * 2 * width + cell, rows.weight, (2, blocks, 2, width)
    )
    whole = by_block.sum(axis=1)
    regrouped = np.stack(
        [_counts(side * 2 * width + cell, rows.weight, (2, 2, width)) for side in rows.side[1:]]
    )
    every = np.concatenate([whole[None], whole[None] - np.moveaxis(by_block, 1, 0), regrouped])
    if spread:
        every = np.broadcast_to(every.sum(axis=-1, keepdims=True) * spread, every.shape)
    values = kind.between(every[:, 0], every[:, 1])
    return Worth(float(values[0]), values[1 : 1 + blocks], values[1 + blocks :])


def _counts(cell: Ints, weight: Floats, shape: tuple[int, ...]) -> Floats:
    sums: Floats = np.bincount(cell, weight, minlength=int(np.prod(shape))).astype(np.float64, copy=False)
    return sums.reshape(shape)


def constant(value: float, like: Worth) -> Worth:
    """Give a worth that is the same for all ways of counting."""
    return Worth(value, np.full(len(like.without), value), np.full(len(like.regrouped), value))
