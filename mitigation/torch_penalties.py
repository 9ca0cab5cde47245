"""Fairness penalties that a network can be trained with: differences of soft rates among groups.

A rate is a fraction of two sums over rows that are linear in the decision, so with a soft decision (the
probability) in its place it has a slope. That covers every rate of the confusion matrix; M. Buyl,
M. Defrance and T. De Bie, "fairret: a Framework for Differentiable Fairness Regularization Terms",
ICLR 2024, section 3, show how far linear fractions reach.
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
class GapMemory:
    """The gaps of the batches so far, so that a batch's own noise is not punished.

    The absolute gap of a small batch is large by chance alone, and its slope would push every rate to 0 or 1,
    where no batch shows a gap. So the *sign* of each gap is taken from a moving average over batches, and
    only its slope from the batch.

    Parameters
    ----------
    keep : float in [0, 1)
        The share of the average that stays at each batch.
    width : float
        Below about this gap the sign fades to 0, so that a gap that is closed is let be.
    """

    keep: float = 0.9
    width: float = 0.01
    means: list[Any] | None = None

    def penalty(self, gaps: Sequence[Any]) -> Any:
        """Take a batch's gaps into the average, and give what has the slope of the penalty.

        Parameters
        ----------
        gaps : sequence of tensor or array, shape (groups,)

        Returns
        -------
        tensor or number
            Not the penalty's value, but with its slope.

        Examples
        --------
        >>> memory = GapMemory(keep=0.5)
        >>> [round(float(memory.penalty([np.array([gap, -gap])])), 3) for gap in (0.3, -0.1)]
        [0.6, -0.199]
        """
        seen = [gap.detach() if hasattr(gap, "detach") else gap for gap in gaps]
        old = seen if self.means is None else self.means
        self.means = [self.keep * a + (1 - self.keep) * b for a, b in zip(old, seen, strict=True)]
        signs = [mean / (mean**2 + self.width**2) ** 0.5 for mean in self.means]
        return sum(2 * (sign * gap).mean() for sign, gap in zip(signs, gaps, strict=True))


def _positive(mass: Any) -> Any:
    """Stand a 1 in for a mass of 0, whose rate is then struck out."""
    return mass + (mass <= 0) * 1.0
