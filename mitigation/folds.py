"""Which training rows are held back: one part of several, or each part in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .rows import Integers

HELD_OUT_OF = 3
"""A held-out split keeps back one part of so many."""


@dataclass(frozen=True)
class Folds:
    """Training rows in parts.

    Parameters
    ----------
    part : ndarray of int, shape (rows,)
        The part of each row, from 0.
    turns : int
        How many parts are held back in turn: 1 for a held-out split, all for a cross-validation.
    """

    part: Integers
    turns: int

    @property
    def pairs(self) -> tuple[tuple[Integers, Integers], ...]:
        """Positions to train on and to validate on, for each turn."""
        return tuple(
            (np.flatnonzero(self.part != turn), np.flatnonzero(self.part == turn))
            for turn in range(self.turns)
        )

    @property
    def validated(self) -> Integers:
        """Positions of all rows that are held back once."""
        return np.flatnonzero(self.part < self.turns)


def folds_of(strata: Integers, cv: int = 0, *, seed: int = 0, people: Integers | None = None) -> Folds:
    """Part rows so that every part holds its share of each stratum.

    Parameters
    ----------
    strata : ndarray of int, shape (rows,)
        What the parts should share alike: a number for each combination of group and label.
    cv : int
        Parts that are held back in turn; 0 holds back one part in three, once.
    seed : int
    people : ndarray of int, shape (rows,), optional
        A number for each person: the rows of one person stay together.

    Returns
    -------
    Folds

    Raises
    ------
    InputError
        cv is 1 or below 0, or there are fewer people than parts.

    Examples
    --------
    >>> strata = np.array([0, 0, 0, 1, 1, 1])
    >>> [sorted(strata[held].tolist()) for _, held in folds_of(strata, 3).pairs]
    [[0, 1], [0, 1], [0, 1]]
    """
    if cv < 0 or cv == 1:
        message = f"2 or more parts are held back in turn, or 0 for one held-out part, got {cv}"
        raise InputError.of("cv", "cv", message)
    parts = cv or HELD_OUT_OF
    rows = np.arange(len(strata)) if people is None else people
    _, first, owner = np.unique(rows, return_index=True, return_inverse=True)
    if len(first) < parts:
        message = f"rows of at least {parts} people are needed to hold back a part, got {len(first)}"
        raise InputError.of("too_few_rows", "train", message)
    shuffled = np.random.default_rng(seed).permutation(len(first))
    ordered = shuffled[np.argsort(strata[first][shuffled], kind="stable")]
    part = np.empty(len(first), dtype=np.int64)
    part[ordered] = np.arange(len(first)) % parts
    return Folds(part[owner], cv or 1)
