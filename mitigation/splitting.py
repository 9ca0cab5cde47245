"""Holding rows out, and dealing them over folds, evenly from every cell."""

from __future__ import annotations

import numpy as np

from .rows import Integers


def held_out(cells: Integers, fraction: float, seed: int) -> tuple[Integers, Integers]:
    """Split rows in two, each cell in the same proportion as far as its rows allow.

    Parameters
    ----------
    cells : ndarray of int, shape (rows,)
        The cell of every row. Every cell keeps a row to train on.
    fraction : float in [0, 1)
        The share to hold out.
    seed : int

    Returns
    -------
    kept, held : ndarray of int
        Positions, ascending.

    Examples
    --------
    >>> kept, held = held_out(np.array([0] * 8 + [1] * 4 + [2]), 0.25, 0)
    >>> len(kept), len(held), 12 in kept
    (10, 3, True)
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(cells))
    chosen: list[Integers] = []
    for cell in np.unique(cells):
        members = order[cells[order] == cell]
        chosen.append(members[: min(round(fraction * len(members)), len(members) - 1)])
    held = np.sort(np.concatenate([np.empty(0, dtype=np.int64), *chosen]))
    return np.setdiff1d(np.arange(len(cells)), held), held


def dealt_folds(cells: Integers, folds: int, seed: int) -> Integers:
    """Deal the rows of each cell over folds evenly, in random order.

    Parameters
    ----------
    cells : ndarray of int, shape (rows,)
    folds : int
    seed : int

    Returns
    -------
    ndarray of int in ``0 .. folds - 1``, shape (rows,)

    Examples
    --------
    >>> fold = dealt_folds(np.array([0, 0, 1, 1]), 2, seed=0)
    >>> sorted(fold[:2].tolist()), sorted(fold[2:].tolist())
    ([0, 1], [0, 1])
    """
    order = np.lexsort((np.random.default_rng(seed).random(len(cells)), cells))
    fold = np.empty(len(cells), dtype=np.int64)
    fold[order] = np.arange(len(cells)) % folds
    return fold
