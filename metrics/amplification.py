"""Bias amplification: how much disparity a model adds to that of the labels it learned from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import Reason
from .careful_intervals import hull_of
from .cube import DECISION, LABEL, Cube
from .differential import DifferentialFairness, comparable_groups, differential_fairness, epsilon_of
from .outcomes import outcome_table, resampled_figures
from .results import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BiasAmplification:
    """Epsilon of the decisions minus epsilon of the labels; above 0 the model adds to the data's disparity.

    Parameters
    ----------
    value : float
    interval : Interval or None
        From resamples of rows, in which labels and decisions stay together.
    model, data : DifferentialFairness
    reason : Reason or None
    """

    value: float
    interval: Interval | None
    model: DifferentialFairness
    data: DifferentialFairness
    reason: Reason | None = None


def bias_amplification(
    cube: Cube,
    *attributes: str,
    concentration: float = 1.0,
    min_group_size: int = 1,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> BiasAmplification:
    """Compute how much the model adds to the disparity of the data: epsilon(decisions) - epsilon(labels).

    Parameters and errors are as in `differential_fairness`.

    Returns
    -------
    BiasAmplification
        0 is neutral; undefined where either epsilon is undefined or infinite.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> decisions = [1, 0, 0, 0] * 5 + [1, 1, 0, 0] * 5
    >>> cube = cube_of([1, 1, 0, 0] * 10, decisions, sensitive_features=["F"] * 20 + ["M"] * 20)
    >>> found = bias_amplification(cube, "sensitive_feature", concentration=0)
    >>> round(found.data.value, 3), round(found.value, 3)
    (0.0, 0.693)
    """
    model, data = (
        differential_fairness(
            cube,
            *attributes,
            outcome=name,
            concentration=concentration,
            min_group_size=min_group_size,
            level=level,
            draws=draws,
            seed=seed,
        )
        for name in (DECISION, LABEL)
    )
    value = model.value - data.value if model.reason is None and data.reason is None else math.nan
    if math.isnan(value):
        return BiasAmplification(value, None, model, data, model.reason or data.reason)
    table = outcome_table(cube, *attributes, outcomes=(LABEL, DECISION))
    cells = table.measures[0][comparable_groups(table, min_group_size)]
    flat = cells.reshape(len(cells), -1, cells.shape[-1])

    def gains(block: Floats) -> Floats:
        counts = block.reshape(len(block), *cells.shape[:-1])
        labels, decisions = counts.sum(axis=-1), counts.sum(axis=-2)
        return epsilon_of(decisions, concentration) - epsilon_of(labels, concentration)

    drawn = resampled_figures(gains, flat, table.weight_kind, draws, seed, stratified=True)
    return BiasAmplification(value, hull_of(value, drawn, level), model, data)
