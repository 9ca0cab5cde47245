"""What may be changed, how far and which way: the contract of a counterfactual, and the moves it allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError, Problem, did_you_mean
from .local_pool import Pool
from .pairing import Floats, Ints

Way = Literal["up", "down"]

MOST_TIED = 50
"""Columns with more values than this are never taken for two names of the same thing."""
TIED_ROWS = 10
"""Rows a value that are needed to believe that two columns go together."""


@dataclass(frozen=True)
class Rules:
    """What a counterfactual may change.

    Parameters
    ----------
    immutable : frozenset of str
        Columns that stay as they are.
    ranges : mapping of str to (float, float)
        New values of a column of numbers lie within, ends included.
    monotone : mapping of str to {"up", "down"}
        A column of numbers that only grows, or only shrinks: age, education.
    """

    immutable: frozenset[str] = frozenset()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    monotone: Mapping[str, Way] = field(default_factory=dict)


def check_rules(rules: Rules, pool: Pool) -> None:
    """Hold the rules against the columns.

    Raises
    ------
    InputError
        A range or a direction is for a column that holds no numbers, or for none at all.
    """
    problems = []
    numeric = dict(zip(pool.columns, pool.numeric, strict=True))
    for key, named in (("ranges", rules.ranges), ("monotone", rules.monotone)):
        for name in named:
            if name not in numeric:
                message = f"the model reads no column {name!r}; {did_you_mean(name, pool.columns)}"
                problems.append(Problem("unknown_column", f"recourse.{key}", message))
            elif not numeric[name]:
                message = f"only a column of numbers has an order, and {name!r} holds categories; remove it"
                problems.append(Problem("no_order", f"recourse.{key}", message))
    for name, (low, high) in rules.ranges.items():
        if low > high:
            message = f"a range is [lowest, highest], got [{low:g}, {high:g}] for {name!r}; swap the two"
            problems.append(Problem("empty_range", "recourse.ranges", message))
    if problems:
        raise InputError(problems)


def tied_columns(pool: Pool) -> tuple[tuple[int, ...], ...]:
    """Find columns that are two names of one thing, as ``education`` and ``education-num``.

    Each value of one goes with exactly one value of the other among the drawn rows, at least ten rows a
    value. Such columns change together, or what comes out is no person.

    Returns
    -------
    tuple of tuple of int
        All columns in blocks; most hold a single one.
    """
    places = pool.places[pool.others]
    distinct = [len(np.unique(places[:, at])) for at in range(places.shape[1])]
    block = np.arange(len(distinct))
    for one, two in combinations(range(len(distinct)), 2):
        alike = distinct[one] == distinct[two] and 2 < distinct[one] <= MOST_TIED
        if alike and len(places) >= TIED_ROWS * distinct[one]:
            both = len(np.unique(places[:, [one, two]], axis=0))
            if both == distinct[one]:
                block[block == block[two]] = block[one]
    return tuple(tuple(np.flatnonzero(block == at).tolist()) for at in dict.fromkeys(block.tolist()))


@dataclass(frozen=True)
class Space:
    """The values of the data that changes are made of, and how changes are measured.

    Parameters
    ----------
    blocks : tuple of tuple of int
        Columns that change together; most stand alone.
    donors : tuple of ndarray of int
        For each block one drawn row a value, without missing values.
    scales : ndarray of float, shape (columns,)
        Each column's unit of change.
    """

    blocks: tuple[tuple[int, ...], ...]
    donors: tuple[Ints, ...]
    scales: Floats


def space_of(pool: Pool) -> Space:
    """Gather the values of a pool's drawn rows."""
    blocks = tied_columns(pool)
    return Space(blocks, tuple(_donors(pool, list(block)) for block in blocks), scales_of(pool))


def _donors(pool: Pool, columns: list[int]) -> Ints:
    _, first = np.unique(pool.places[pool.others][:, columns], axis=0, return_index=True)
    donors = pool.others[np.sort(first)]
    return donors[~pool.absent[donors][:, columns].any(axis=1)]


@dataclass(frozen=True)
class Moves:
    """The single changes that the rules allow to one row.

    Parameters
    ----------
    blocks : tuple of tuple of int
        Columns that change together.
    weights : ndarray of float, shape (columns, blocks)
        How much each column counts in the cost of its block.
    block : ndarray of int, shape (moves,)
        Which block a move changes.
    places : ndarray of int, shape (moves, columns)
        The row after the move alone.
    cost : ndarray of float, shape (moves,)
    coarse : ndarray of bool, shape (moves,)
        The moves that a search begins with; the others serve to make a change smaller.
    """

    blocks: tuple[tuple[int, ...], ...]
    weights: Floats
    block: Ints
    places: Ints
    cost: Floats
    coarse: NDArray[np.bool_]


def scales_of(pool: Pool) -> Floats:
    """Give each column's unit of change: the median absolute deviation of the drawn rows.

    The mean absolute deviation where the median one is 0 (most rows hold one value), and 1 where every row
    holds one value, or for categories.
    """
    found = np.ones(len(pool.columns))
    for at in np.flatnonzero(pool.numeric):
        known = pool.numbers[pool.others, at]
        known = known[np.isfinite(known)]
        if len(known):
            away = np.abs(known - np.median(known))
            found[at] = next((size for size in (np.median(away), away.mean()) if size > 0), 1.0)
    return found


def distances(pool: Pool, scales: Floats, places: Ints, row: int) -> Floats:
    """Measure how far each column moved: in its unit for numbers, 1 for categories; shape (n, columns)."""
    own = pool.places[row]
    moved = (places != own).astype(np.float64)
    columns = np.arange(places.shape[1])
    with np.errstate(invalid="ignore"):  # infinite values differ by nothing or by a whole change
        step = np.abs(pool.numbers[places, columns] - pool.numbers[row]) / scales
    found: Floats = np.where(np.isfinite(step), step, moved)
    return found


def block_weights(pool: Pool, blocks: Sequence[tuple[int, ...]]) -> Floats:
    """Weigh columns into blocks: of a block its numbers count, by their mean, else its categories.

    Returns
    -------
    ndarray of float, shape (columns, blocks)
        Columns outside all blocks weigh nothing.
    """
    weights = np.zeros((len(pool.columns), len(blocks)))
    for number, block in enumerate(blocks):
        counted = [at for at in block if pool.numeric[at]] or list(block)
        weights[counted, number] = 1 / len(counted)
    return weights


def moves_of(
    pool: Pool,
    row: int,
    rules: Rules,
    space: Space,
    *,
    coarse: int = 20,
    fine: int = 120,
) -> Moves:
    """List the single changes that the rules allow to a row; every value occurs in the data.

    Parameters
    ----------
    pool : Pool
    row : int
    rules : Rules
    space : Space
    coarse, fine : int
        Most values of a column to begin with, and to make a change smaller with: of numbers evenly by rank,
        of categories the most frequent.
    """
    free = [at for at, block in enumerate(space.blocks) if not _fixed(pool, block, rules)]
    own, blocks = pool.places[row], tuple(space.blocks[at] for at in free)
    places, number, begins = [np.zeros((0, len(own)), np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, bool)]
    for at, block in enumerate(blocks):
        allowed = _allowed(pool, row, block, space.donors[free[at]], rules)
        begin = _thinned(pool, block, allowed, coarse)
        kept = begin | _thinned(pool, block, allowed, fine)
        donors = allowed[kept]
        moved = np.tile(own, (len(donors), 1))
        moved[:, list(block)] = pool.places[donors][:, list(block)]
        places.append(moved)
        number.append(np.full(len(donors), at))
        begins.append(begin[kept])
    weights = block_weights(pool, blocks)
    every = np.concatenate(places)
    cost = (distances(pool, space.scales, every, row) @ weights).sum(axis=1)
    return Moves(blocks, weights, np.concatenate(number), every, cost, np.concatenate(begins))


def _fixed(pool: Pool, block: tuple[int, ...], rules: Rules) -> bool:
    return any(pool.columns[at] in rules.immutable for at in block)


def _allowed(pool: Pool, row: int, block: tuple[int, ...], donors: Ints, rules: Rules) -> Ints:
    """Choose the donors of a block whose value the row may take over."""
    columns = list(block)
    keep: NDArray[np.bool_] = (pool.places[donors][:, columns] != pool.places[row, columns]).any(axis=1)
    for fine in _limits(pool, row, columns, rules):
        keep &= fine(donors)
    allowed: Ints = donors[keep]
    return allowed


def _limits(pool: Pool, row: int, columns: list[int], rules: Rules) -> Iterator[_Limit]:
    for at in columns:
        name = pool.columns[at]
        if name in rules.ranges:
            yield _Limit(pool.numbers[:, at], *rules.ranges[name])
        way, now = rules.monotone.get(name), pool.numbers[row, at]
        if way is not None and np.isfinite(now):
            yield _Limit(pool.numbers[:, at], *((now, np.inf) if way == "up" else (-np.inf, now)))


@dataclass(frozen=True)
class _Limit:
    numbers: Floats
    low: float
    high: float

    def __call__(self, donors: Ints) -> NDArray[np.bool_]:
        values = self.numbers[donors]
        return (values >= self.low) & (values <= self.high)


def _thinned(pool: Pool, block: tuple[int, ...], donors: Ints, most: int) -> NDArray[np.bool_]:
    """Mark as many donors as are wanted: of numbers evenly by rank, of categories the most frequent."""
    if len(donors) <= most:
        return np.ones(len(donors), dtype=bool)
    numbers = [at for at in block if pool.numeric[at]]
    if numbers:
        order = np.argsort(pool.numbers[donors, numbers[0]], kind="stable")
        chosen = order[np.linspace(0, len(order) - 1, most).round().astype(np.int64)]
    else:
        at = block[0]
        held = pd.Series(pool.places[pool.others, at]).value_counts(sort=False)
        counts = held.reindex(pool.places[donors, at], fill_value=0).to_numpy()
        chosen = np.argsort(-counts, kind="stable")[:most]
    marked = np.zeros(len(donors), dtype=bool)
    marked[chosen] = True
    return marked
