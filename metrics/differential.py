"""Differential fairness: the largest ratio of any outcome's probability between any two groups.

One figure for any number of groups and intersections, for every outcome at once (Foulds, Islam, Keya &
Pan 2020, An Intersectional Definition of Fairness).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from .careful_intervals import seminorm_of
from .cube import DECISION, Cube
from .outcomes import OutcomeTable, outcome_table, resampled_figures
from .rates import divide
from .results import Group, Interval, Level

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class DifferentialFairness:
    """How far apart the outcomes' probabilities of any two groups are.

    Parameters
    ----------
    value : float
        Epsilon, at least 0; 0 is fair. Infinite where an outcome never happens to one group and does to
        another, and nothing smooths it.
    interval : Interval or None
    group, reference : tuple or None
        The pair that attains it: the one with the lower probability of ``outcome`` first.
    outcome : str, int, float, bool or None
        The outcome at which they attain it.
    compared : int
    left_out : tuple of tuple
        Groups below the minimum size, or with a missing level.
    concentration : float
        Rows of smoothing added to each group.
    reason : Reason or None
    """

    value: float
    interval: Interval | None
    group: Group | None
    reference: Group | None
    outcome: Level
    compared: int
    left_out: tuple[Group, ...]
    concentration: float
    reason: Reason | None = None

    @property
    def worst_ratio(self) -> float:
        """Every ratio of two groups' probabilities, of any outcome, is at least this: e^-epsilon.

        At 0.8 and above (epsilon at most 0.223) the four-fifths benchmark is met for acceptance and
        for rejection.
        """
        return math.exp(-self.value)


def log_probabilities(counts: Floats, concentration: float) -> Floats:
    """Logarithms of ``(count + concentration / outcomes) / (n + concentration)`` over the last axis.

    Without rows and without smoothing ``nan``; an outcome of probability 0 has ``-inf``.

    Examples
    --------
    >>> np.exp(log_probabilities(np.array([3.0, 0.0]), 1.0)).round(3).tolist()
    [0.875, 0.125]
    """
    shares = divide(
        counts + concentration / counts.shape[-1], counts.sum(axis=-1, keepdims=True) + concentration
    )
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(shares))


def epsilon_of(counts: Floats, concentration: float = 1.0) -> Floats:
    """Epsilon of counts of shape (..., groups, outcomes).

    Examples
    --------
    >>> float(epsilon_of(np.array([[8.0, 2.0], [5.0, 5.0]]), 0.0).round(4))
    0.9163
    """
    return np.asarray(_spread(log_probabilities(counts, concentration)).max(axis=-1))


def _spread(logs: Floats) -> Floats:
    """Give the largest distance for each outcome; an outcome that nobody ever has is equal for all."""
    low, high = logs.min(axis=-2), logs.max(axis=-2)
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(high), 0.0, high - low)


def differential_fairness(
    cube: Cube,
    *attributes: str,
    outcome: str = DECISION,
    concentration: float = 1.0,
    min_group_size: int = 1,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> DifferentialFairness:
    """Epsilon-differential fairness of decisions or labels; 0 is fair.

    ``max over groups i, j and outcomes y of |ln P(y | i) - ln P(y | j)|``, each probability smoothed by
    ``concentration`` rows spread evenly over the outcomes, as AIF360 does with 1.

    Parameters
    ----------
    cube : Cube
        Outcomes may have any number of levels.
    *attributes : str
        Several make intersections. Groups with a missing level are left out.
    outcome : str
        ``"y_pred"`` or ``"y_true"``.
    concentration : float
        At least 0; 0 gives the empirical figure.
    min_group_size : int
        Smaller groups are left out.
    level, draws, seed
        Of the interval, from resamples of rows within groups; see
        `evenhand.metrics.careful_intervals.seminorm_of`.

    Returns
    -------
    DifferentialFairness
        Undefined with fewer than two groups.

    Raises
    ------
    InputError
        No such axis, or a negative concentration.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> decisions = [1] * 8 + [0] * 2 + [1] * 5 + [0] * 5
    >>> cube = cube_of(None, decisions, sensitive_features=["M"] * 10 + ["F"] * 10)
    >>> found = differential_fairness(cube, "sensitive_feature", concentration=0)
    >>> round(found.value, 4), found.group, found.outcome, round(found.worst_ratio, 2)
    (0.9163, ('M',), 0, 0.4)
    """
    _refuse_concentration(concentration)
    table = outcome_table(cube, *attributes, outcomes=(outcome,))
    inside = comparable_groups(table, min_group_size)
    found = _point(table, table.weights[0][inside], inside, concentration)
    if found.reason is not None:
        return found
    ours = log_probabilities(table.weights[0][inside], concentration)

    def figures(block: Floats) -> Floats:
        logs = log_probabilities(block, concentration)
        with np.errstate(invalid="ignore"):
            return np.stack([_spread(logs).max(axis=-1), _spread(logs - ours).max(axis=-1)], axis=-1)

    cells = table.measures[0][inside]
    drawn = resampled_figures(figures, cells, table.weight_kind, draws, seed, stratified=True)
    interval = seminorm_of(found.value, drawn[:, 0], drawn[:, 1], level)
    return replace(found, interval=interval)


def _refuse_concentration(concentration: float) -> None:
    if not (math.isfinite(concentration) and concentration >= 0):
        raise InputError.of(
            "concentration",
            "concentration",
            f"a finite number of at least 0 is wanted, got {concentration}; write 1",
        )


def comparable_groups(table: OutcomeTable, least: int) -> list[int]:
    """Positions of the groups that are compared: at least so many rows, some weight, no missing level."""
    rows = table.rows[0].reshape(len(table.groups), -1).sum(axis=-1)
    weight = table.weights[0].reshape(len(table.groups), -1).sum(axis=-1)
    return [
        i for i, group in enumerate(table.groups) if None not in group and rows[i] >= least and weight[i] > 0
    ]


def _point(
    table: OutcomeTable, counts: Floats, inside: list[int], concentration: float
) -> DifferentialFairness:
    left_out = tuple(group for i, group in enumerate(table.groups) if i not in inside)
    if len(inside) < 2:
        reason = Reason.BELOW_MINIMUM if len(table.groups) > 1 else Reason.SINGLE_GROUP
        return DifferentialFairness(
            math.nan, None, None, None, None, len(inside), left_out, concentration, reason
        )
    logs = log_probabilities(counts, concentration)
    spread = _spread(logs)
    at = int(np.argmax(spread))
    low, high = int(np.argmin(logs[:, at])), int(np.argmax(logs[:, at]))
    value = float(spread[at])
    return DifferentialFairness(
        value=value,
        interval=None,
        group=table.groups[inside[low]],
        reference=table.groups[inside[high]],
        outcome=table.classes[-1][at],
        compared=len(inside),
        left_out=left_out,
        concentration=concentration,
        reason=Reason.ZERO_DENOMINATOR if math.isinf(value) else None,
    )
