"""The worst of several comparisons, as a result; what its test's draws said; and what they must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .interval_basics import Array

PAIRED = 60
"""Largest number of groups for which the test looks at every pair."""
CHUNK = 400_000
"""Elements of one block of replicates x comparisons; bounds the memory."""


@dataclass(frozen=True)
class WorstOf:
    """The worst of several comparisons, how sure it is, and what chance alone would have shown.

    Parameters
    ----------
    value : float
        Largest difference, or smallest ratio; nan with fewer than two groups or where undefined.
    low, high : float
        Ends of the interval.
    p_value : float
        Of the permutation test that all groups share each rate.
    pair : tuple of int
        Positions of the two groups that are furthest apart, the lower rate first; (-1, -1) if undefined.
    rate_index : int
        Which rate of the family they are furthest apart on; -1 if undefined.
    null_median, null_95 : float
        The figure when no gap exists: its median, and the value that 95 % of the draws stay within
        (the 95th percentile of a difference, the 5th of a ratio).
    method : str
        Names of the test and of the pairwise interval.
    compared : int
        Number of groups.
    """

    value: float
    low: float
    high: float
    p_value: float
    pair: tuple[int, int]
    rate_index: int
    null_median: float
    null_95: float
    method: str
    compared: int


@dataclass(frozen=True)
class Null:
    """What the draws said: p-value, critical value, whether it rejects, and the figure's null."""

    p_value: float
    critical: float
    rejects: bool
    median: float
    tail: float


def judge(ours: float, largest: Array, level: float, null: Array) -> Null:
    """Reject where at most ``allowed`` draws reach ours; the critical value is the next draw's."""
    draws = largest.size
    reached = int((largest >= ours - 1e-9).sum())
    allowed = max(int(np.floor((1 - level) * (draws + 1) + 1e-9)) - 1, 0)
    critical = float(np.sort(largest)[draws - 1 - allowed])
    p_value = (1 + reached) / (draws + 1)
    rejects = p_value <= 1 - level + 1e-12
    return Null(p_value, critical, rejects, float(null[0]), float(null[1]))


def check_draws(draws: int) -> None:
    """Hold a test to at least 100 draws.

    Raises
    ------
    InputError
        There are fewer.
    """
    if draws < 100:
        raise InputError.of("draws", "draws", f"a test needs at least 100 draws, got {draws}; write 2000")


def undefined(groups: int, method: str) -> WorstOf:
    """Give the result of a comparison that has no figure.

    Examples
    --------
    >>> undefined(1, "any").value
    nan
    """
    nan = float("nan")
    return WorstOf(nan, nan, nan, nan, (-1, -1), -1, nan, nan, method, groups)
