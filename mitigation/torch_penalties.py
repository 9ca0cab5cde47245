"""Fairness penalties that a network can be trained with: differences of soft rates among groups.

A rate is a fraction of two sums over rows that are linear in the decision, so with a soft decision (the
probability) in its place it has a slope. That covers every rate of the confusion matrix; M. Buyl,
M. Defrance and T. De Bie, "fairret: a Framework for Differentiable Fairness Regularization Terms",
ICLR 2024, section 3, show how far linear fractions reach.

Soft rates are not the rates of decisions, and a network can close the one gap and leave the other open. So
the soft rates lend their slope only, and the gaps of the decisions say how hard to push: the proxy-Lagrangian
of A. Cotter, H. Jiang and K. Sridharan, "Two-Player Games for Efficient Non-Convex Constrained
Optimization", ALT 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .rows import Integers, RowGroups

GROUPINGS = ("intersection", "each", "both")


@dataclass(frozen=True)
class SoftRate:
    """A rate as a fraction of sums of soft counts: of the cells ``tp``, ``fp``, ``fn`` and ``tn``."""

    name: str
    above: tuple[str, ...]
    below: tuple[str, ...]


_ALL = ("tp", "fp", "fn", "tn")
_RATES = (
    SoftRate("selection_rate", ("tp", "fp"), _ALL),
    SoftRate("true_positive_rate", ("tp",), ("tp", "fn")),
    SoftRate("false_positive_rate", ("fp",), ("fp", "tn")),
    SoftRate("true_negative_rate", ("tn",), ("fp", "tn")),
    SoftRate("false_negative_rate", ("fn",), ("tp", "fn")),
    SoftRate("positive_predictive_value", ("tp",), ("tp", "fp")),
    SoftRate("negative_predictive_value", ("tn",), ("fn", "tn")),
    SoftRate("error_rate", ("fp", "fn"), _ALL),
)

RATES: dict[str, SoftRate] = {rate.name: rate for rate in _RATES}

PENALTIES: dict[str, tuple[str, ...]] = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "predictive_equality": ("false_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
    "error_rate_parity": ("error_rate",),
    "predictive_parity": ("positive_predictive_value",),
    **{name: (name,) for name in RATES},
}
"""The rates that each penalty holds together: every constraint of the room, and every rate by its name."""


def groupings(groups: RowGroups, which: str) -> list[Integers]:
    """Give the ways in which rows are grouped: by their intersection, by each column, or both.

    Parameters
    ----------
    groups : RowGroups
    which : {"intersection", "each", "both"}

    Returns
    -------
    list of ndarray of int, shape (rows,)

    Examples
    --------
    >>> from .rows import row_groups
    >>> rows = row_groups({"sex": ["F", "M", "F"], "race": ["A", "A", "B"]})
    >>> [codes.tolist() for codes in groupings(rows, "both")]
    [[0, 2, 1], [0, 1, 0], [0, 0, 1]]
    """
    whole = [groups.codes]
    if which == "intersection" or len(groups.names) == 1:
        return whole
    each = []
    for position in range(len(groups.names)):
        order = {level: code for code, level in enumerate(dict.fromkeys(g[position] for g in groups.levels))}
        lookup = np.array([order[group[position]] for group in groups.levels], dtype=np.int64)
        each.append(lookup[groups.codes])
    return whole + each if which == "both" else each


def soft_gaps(rates: Sequence[SoftRate], p: Any, y: Any, members: Sequence[Any], weights: Any) -> list[Any]:
    """Measure how far the groups' soft rates lie from those of all rows.

    Parameters
    ----------
    rates : sequence of SoftRate
    p : tensor or array in [0, 1], shape (rows,)
        Soft decisions.
    y : tensor or array of 0 and 1, shape (rows,)
    members : sequence of tensor or array, shape (rows, groups)
        One for each grouping: 1 where the row belongs to the group.
    weights : tensor or array, shape (rows,)

    Returns
    -------
    list of tensor or array, shape (groups,)
        One for each rate and grouping; 0 for a group in which the rate is undefined.

    Examples
    --------
    >>> one = np.ones(4)
    >>> members = [np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])]
    >>> soft_gaps([RATES["selection_rate"]], np.array([1.0, 0.5, 0.5, 0.0]), one, members, one)
    [array([ 0.25, -0.25])]
    """
    soft = {"tp": p * y, "fp": p * (1 - y), "fn": (1 - p) * y, "tn": (1 - p) * (1 - y)}
    found = []
    for rate in rates:
        above = sum(soft[cell] for cell in rate.above) * weights
        below = sum(soft[cell] for cell in rate.below) * weights
        overall = above.sum() / _positive(below.sum())
        for matrix in members:
            mass = matrix.T @ below
            found.append(((matrix.T @ above) / _positive(mass) - overall) * (mass > 0))
    return found


def penalty_value(gaps: Sequence[Any]) -> Any:
    """Make one figure of gaps: twice the mean absolute gap, summed over rates and groupings.

    For two groups that is the absolute difference of their rates.

    Examples
    --------
    >>> float(penalty_value([np.array([0.25, -0.25]), np.array([0.1, -0.3])]))
    0.9
    """
    return sum(2 * abs(gap).mean() for gap in gaps)


@dataclass
class Prices:
    """The slope of the penalty, without the noise of its batches.

    The absolute gap of a small batch is large by chance alone, and its slope would push every rate to 0 or 1,
    where no batch shows a gap. An absolute value is the most that a price between -1 and 1 can make of a
    number, ``|gap| = max(price * gap)``; so each gap has a price, which climbs by a small step of every
    batch's gap and never leaves -1 to 1. Noise cancels in the sum of the steps, and a gap that is closed
    keeps the price that holds it closed.

    Parameters
    ----------
    step : float
        How much a gap of 1 moves its price at each batch.
    values : list or None
        The prices so far; None: all 0.
    """

    step: float = 0.1
    values: list[Any] | None = None

    def penalty(self, gaps: Sequence[Any], decided: Sequence[Any]) -> Any:
        """Move the prices by a batch's gaps, and give what has the slope of the penalty.

        Parameters
        ----------
        gaps : sequence of tensor or array, shape (groups,)
            Of soft decisions.
        decided : sequence of tensor or array, shape (groups,)
            Of the decisions themselves; these move the prices.

        Returns
        -------
        tensor or number
            Not the penalty's value, but with its slope where the prices are at their ends.

        Examples
        --------
        >>> prices, gap = Prices(step=2.0), np.array([0.1, -0.1])
        >>> [round(float(prices.penalty([gap], [3 * gap])), 3) for _ in range(3)]
        [0.12, 0.2, 0.2]
        """
        old = [0.0 * gap for gap in decided] if self.values is None else self.values
        self.values = [(a + self.step * b).clip(-1.0, 1.0) for a, b in zip(old, decided, strict=True)]
        return sum(2 * (price * gap).mean() for price, gap in zip(self.values, gaps, strict=True))


def _positive(mass: Any) -> Any:
    """Stand a 1 in for a mass of 0, whose rate is then struck out."""
    return mass + (mass <= 0) * 1.0
