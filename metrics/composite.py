"""Figures of a confusion matrix that are no single fraction: balanced accuracy, F1, MCC, error balance.

Each is a function of counts with leading axes, as the rates are; ``COMPOSITES`` is the one table of
them. Their intervals come from replicates of the four cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason, did_you_mean
from .intervals import critical_value
from .rates import ROWS, SQUARE, WEIGHT, Cells, GroupTable, Sum, divide, effective_size
from .results import Estimate, Interval

Floats = NDArray[np.float64]
METHOD = "Jeffreys posterior of the cells"

_BLOCK = 2_000_000
"""Cells of one block of replicates; bounds the memory."""


@dataclass(frozen=True)
class Composite:
    """A figure of the four cells of a confusion matrix.

    Parameters
    ----------
    name : str
    function : callable
        Of `Cells` with leading axes; ``nan`` where undefined.
    empty : tuple of (callable, Reason)
        Sums of cells that must not be zero, in the order in which their reasons are given.
    low, high : float
        Range.
    """

    name: str
    function: Callable[[Cells], Floats]
    empty: tuple[tuple[Sum, Reason], ...]
    low: float = 0.0
    high: float = 1.0

    def __call__(self, array: Floats) -> Floats:
        """Give the figure of each confusion matrix of shape (..., 2, 2); ``nan`` where undefined."""
        return self.function(Cells(array))

    def reason(self, array: Floats) -> Reason | None:
        """Why the figure of one confusion matrix is undefined, or None."""
        cells = Cells(array)
        return next((reason for total, reason in self.empty if not total(cells) > 0), None)


def _balanced(c: Cells) -> Floats:
    return np.asarray((divide(c.tp, c.positives) + divide(c.tn, c.negatives)) / 2)


def _f1(c: Cells) -> Floats:
    return divide(2 * c.tp, 2 * c.tp + c.fp + c.fn)


def _matthews(c: Cells) -> Floats:
    # Roots before products: the product of four margins of millions leaves the range of whole floats.
    margins = np.sqrt(c.positives) * np.sqrt(c.negatives) * np.sqrt(c.selected) * np.sqrt(c.rejected)
    return np.clip(divide(c.tp * c.tn - c.fp * c.fn, margins), -1.0, 1.0)


_LABELS: tuple[tuple[Sum, Reason], ...] = (
    (lambda c: c.positives, Reason.NO_POSITIVES),
    (lambda c: c.negatives, Reason.NO_NEGATIVES),
)
_DECISIONS: tuple[tuple[Sum, Reason], ...] = (
    (lambda c: c.selected, Reason.NO_SELECTED),
    (lambda c: c.rejected, Reason.NO_REJECTED),
)
_TABLE = (
    Composite("balanced_accuracy", _balanced, _LABELS),
    Composite("f1_score", _f1, ((lambda c: 2 * c.tp + c.fp + c.fn, Reason.ZERO_DENOMINATOR),)),
    Composite("matthews_corrcoef", _matthews, (*_LABELS, *_DECISIONS), low=-1.0),
    Composite(
        "false_negative_false_positive_ratio",
        lambda c: divide(c.fn, c.fp),
        ((lambda c: c.fp, Reason.ZERO_DENOMINATOR),),
        high=np.inf,
    ),
)
COMPOSITES: dict[str, Composite] = {composite.name: composite for composite in _TABLE}


def composite_named(name: str) -> Composite:
    """Look a composite up by its name.

    Raises
    ------
    InputError
        There is none of that name; the closest is suggested.

    Examples
    --------
    >>> float(composite_named("f1_score")(np.array([[50, 10], [5, 35]])).round(4))
    0.8235
    """
    if name not in COMPOSITES:
        raise InputError.of(
            "unknown_rate", "rate", f"no composite is called {name!r}; {did_you_mean(name, COMPOSITES)}"
        )
    return COMPOSITES[name]


def composite_replicates(table: GroupTable, composite: Composite, draws: int, seed: int) -> Floats:
    """Draw a composite of every group from the posterior of its four cells, shape (draws, G).

    A multinomial resample of a group without errors has no errors either, so that its interval would be
    a point. The posterior under Jeffreys' prior (half a row in each cell) is the same draw for large
    groups and does not collapse for small ones. Weighted rows count with their effective size.
    """
    weight = table.measures[..., WEIGHT].reshape(len(table.groups), -1)
    totals = table.measures.sum(axis=(1, 2))
    size = effective_size(totals[:, WEIGHT], totals[:, SQUARE], totals[:, ROWS], table.weight_kind)
    counts = np.nan_to_num(divide(weight, weight.sum(axis=1, keepdims=True))) * size[:, None]
    rng, step = np.random.default_rng(seed), max(1, _BLOCK // counts.size)
    blocks = []
    for start in range(0, draws, step):
        drawn = rng.standard_gamma(counts + 0.5, size=(min(step, draws - start), *counts.shape))
        blocks.append(composite(drawn.reshape(*drawn.shape[:2], 2, 2)))
    return np.concatenate(blocks)


def composite_estimates(
    table: GroupTable, name: str, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> list[Estimate]:
    """Give a composite of every group with its interval.

    Parameters
    ----------
    table : GroupTable
    name : str
        Of `COMPOSITES`.
    level : float
        In (0, 1).
    draws, seed : int
        Of the replicates.

    Returns
    -------
    list of Estimate
        In the order of the groups; undefined, with the reason, where a denominator is zero. scikit-learn
        answers 0 there.

    Raises
    ------
    InputError
        No such composite, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([1, 1, 0, 0], [1, 0, 1, 0], sensitive_features={"sex": ["F", "F", "M", "M"]})
    >>> [one.reason.value for one in composite_estimates(group_table(cube, "sex"), "balanced_accuracy")]
    ['no_negatives', 'no_positives']
    """
    composite, lacking = composite_named(name), lacking_axis(table)
    critical_value(level)
    rows = table.rows
    if lacking is not None:
        return [Estimate(np.nan, rows=int(count), reason=lacking) for count in rows]
    weights = table.measures[..., WEIGHT]
    values, replicates = composite(weights), composite_replicates(table, composite, draws, seed)
    return [
        Estimate(
            float(values[i]),
            posterior_interval(float(values[i]), replicates[:, i], level),
            rows=int(rows[i]),
            reason=composite.reason(weights[i]),
        )
        for i in range(len(rows))
    ]


def lacking_axis(table: GroupTable) -> Reason | None:
    """Why no composite can be had from this table, or None."""
    if not table.has_label:
        return Reason.NO_LABELS
    return None if table.has_decision else Reason.NO_DECISIONS


def posterior_interval(value: float, replicates: Floats, level: float) -> Interval | None:
    """Give the middle part of the replicates, widened to hold the figure; None where it is undefined."""
    if np.isnan(value):
        return None
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return Interval(min(float(low), value), max(float(high), value), level, METHOD)
