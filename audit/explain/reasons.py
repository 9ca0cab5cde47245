"""Principal reasons for a refusal, at most four, in the form that credit notices need.

A notice of adverse action states the specific principal reasons, from the factors actually scored; that an
applicant failed to reach a qualifying score is no reason (12 CFR 1002.9(b)(2) and its official
interpretations, which find more than four reasons unlikely to help). No single method is prescribed; the
interpretations name comparison with applicants at or slightly above the passing score, and with all
applicants. Here a refused row is compared with rows of the *approved* by default: a reason is a column whose
value lowers the row's score, by its Shapley value against them. Other methods may give other reasons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ...errors import InputError
from .local_pool import Pool
from .pairing import Floats, Ints
from .walks import Walker, random_ranks

Against = Literal["approved", "threshold", "all"]
Direction = Literal["low", "high", "category", "missing"]
Measure = Literal["median", "mean", "mode"]

MOST_REASONS = 4
LEAST_SHARE = 0.05
"""A reason carries at least this share of all that lowers the score."""
DRAWS = 100
"""Rows compared with, for each refused row; each with two orders of the columns, one the other reversed."""
SLIGHTLY_ABOVE = 0.25
"""With "threshold": the approved rows in the lowest quarter of the approved scores."""


@dataclass(frozen=True)
class ReasonItem:
    """One reason: a column whose value lowered the score.

    Parameters
    ----------
    column : str
    value : object
        The row's own; None where it is missing.
    usual : object
        Of those compared with; None where nobody of them states it, or too few do.
    measure : {"median", "mean", "mode"}
        What ``usual`` is: the median for numbers (the mean, where the row's value is the median), the most
        frequent value for categories.
    direction : {"low", "high", "category", "missing"}
        Whether a number is lower or higher than is usual among those compared with.
    contribution : float
        What the column takes from the output; negative.
    share : float
        Of all that lowers it, in (0, 1].
    few : bool
        Whether ``usual`` is withheld: it would speak of few people.
    """

    column: str
    value: Any
    usual: Any
    measure: Measure
    direction: Direction
    contribution: float
    share: float
    few: bool = False


def compared_with(pool: Pool, against: Against) -> Ints:
    """Choose the drawn rows that refused ones are compared with.

    Raises
    ------
    InputError
        Nobody drawn was approved, so there is nobody to compare with; or the choice is not known.
    """
    if against == "all":
        return pool.others
    approved = pool.others[pool.selected[pool.others]]
    if against not in {"approved", "threshold"}:
        message = f"one of approved, threshold, all is needed, got {against!r}"
        raise InputError.of("choice", "against", message)
    if not len(approved):
        message = f"reasons compare a refused row with approved ones, and of {len(pool.others)} rows none is"
        raise InputError.of("no_approved", "model", f"{message}; check the threshold and the positive label")
    if against == "threshold" and pool.output == "score":
        ordered = approved[np.argsort(pool.known[approved], kind="stable")]
        return ordered[: max(1, math.ceil(SLIGHTLY_ABOVE * len(ordered)))]
    return approved


def shortfalls(pool: Pool, rows: Sequence[int], others: Ints, *, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Estimate what each column adds to refused rows' outputs, compared with other rows, by walks.

    Parameters
    ----------
    pool : Pool
    rows : sequence of int
        Places of the refused rows.
    others : ndarray of int
        Places of the rows compared with.
    draws : int
        For each row, drawn without replacement where there are enough.
    seed : int

    Returns
    -------
    ndarray of float, shape (rows, columns)
        A row's values sum to its output minus the mean output of the rows drawn for it.
    """
    rng = np.random.default_rng(seed)
    replace = len(others) < draws
    drawn = np.stack([rng.choice(others, draws, replace=replace) for _ in rows])
    ranks = random_ranks(drawn.size, len(pool.columns), rng)
    both = np.concatenate([ranks, len(pool.columns) - 1 - ranks])
    own = np.repeat(np.asarray(rows), draws)
    walker = Walker(pool.table, pool.predict, pool.known)
    found, _ = walker.walk(np.tile(own, 2), np.tile(drawn.ravel(), 2), both)
    means: Floats = found.reshape(2, len(rows), draws, -1).mean(axis=(0, 2))
    return means


def principal(values: Floats, most: int = MOST_REASONS) -> list[int]:
    """Choose the columns that lower the output most, the foremost first.

    Parameters
    ----------
    values : ndarray of float, shape (columns,)
    most : int

    Returns
    -------
    list of int
        At most ``most`` columns, each with at least a twentieth of all that lowers the output; none where
        nothing does.

    Examples
    --------
    >>> principal(np.array([-0.3, 0.2, -0.01, -0.1]))
    [0, 3]
    """
    lowering = np.minimum(values, 0.0)
    total = lowering.sum()
    order = np.argsort(lowering, kind="stable")[:most]
    return [int(at) for at in order if lowering[at] < 0 and lowering[at] / total >= LEAST_SHARE]


def reasons_of(
    pool: Pool, row: int, *, against: Against = "approved", draws: int = DRAWS, seed: int = 0, least: int = 1
) -> tuple[ReasonItem, ...]:
    """Give the principal reasons for refusing a row.

    Parameters
    ----------
    pool : Pool
    row : int
        Place of a refused row.
    against : {"approved", "threshold", "all"}
        Compare with the approved; with those of them whose score lies in the lowest quarter; with everyone.
    draws : int
    seed : int
    least : int
        What is usual is said where so many people have a value.

    Returns
    -------
    tuple of ReasonItem
        At most four, the foremost first.

    Raises
    ------
    InputError
        The row was not refused, or nobody drawn was approved.
    """
    if pool.selected[row]:
        raise InputError.of("not_refused", "row", "reasons are for refusals, and this row is accepted")
    others = compared_with(pool, against)
    values = shortfalls(pool, [row], others, draws=draws, seed=seed)[0]
    total = np.minimum(values, 0.0).sum()
    found = []
    for at in principal(values):
        usual, measure, direction = _usual(pool, row, at, others)
        value, share = float(values[at]), float(values[at] / total)
        own = pool.value_at(row, at)
        few = 0 < int((~pool.absent[others, at]).sum()) < least
        found.append(
            ReasonItem(pool.columns[at], own, None if few else usual, measure, direction, value, share, few)
        )
    return tuple(found)


def _usual(pool: Pool, row: int, at: int, others: Ints) -> tuple[Any, Measure, Direction]:
    held = others[~pool.absent[others, at]]
    gone: Direction = "missing" if pool.absent[row, at] else "category"
    if not len(held):
        return None, "mode", gone
    if not pool.numeric[at]:
        places, counts = np.unique(pool.places[held, at], return_counts=True)
        return pool.value_at(int(places[np.argmax(counts)]), at), "mode", gone
    own, middle = pool.numbers[row, at], float(np.median(pool.numbers[held, at]))
    if gone == "missing":
        return middle, "median", gone
    if own == middle:
        mean = float(pool.numbers[held, at].mean())
        return mean, "mean", "low" if own < mean else "high"
    return middle, "median", "low" if own < middle else "high"
