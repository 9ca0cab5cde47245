"""What a threshold search wants: a utility of counts, and a limit on a disparity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, Problem, did_you_mean
from ..metrics.catalogue import CATALOGUE, Metric, metric_named
from ..metrics.rates import RATES
from .rows import Floats
from .threshold_curves import Curve

CELLS = ("tp", "fp", "fn", "tn")
OBJECTIVES = ("accuracy", "balanced_accuracy")
FIXED = (
    "selection_rate", "true_positive_rate", "false_negative_rate", "false_positive_rate",
    "true_negative_rate", "accuracy", "error_rate",
)  # fmt: skip
"""Rates whose denominator does not depend on decisions, so that a mixture of thresholds mixes them."""

SLACK = 1e-9


@dataclass(frozen=True)
class Utility:
    """What one row of each cell of the confusion matrix is worth.

    Parameters
    ----------
    tp, fp, fn, tn : float

    Examples
    --------
    >>> Utility(1, -5, 0, 0).of(np.array([3.0]), np.array([1.0]), 4, 9).tolist()
    [-2.0]
    """

    tp: float
    fp: float
    fn: float
    tn: float

    def of(self, tp: Floats, fp: Floats, positives: float, negatives: float) -> Floats:
        """Sum the worth of all rows, for counts of any shape."""
        return np.asarray(
            self.tp * tp + self.fp * fp + self.fn * (positives - tp) + self.tn * (negatives - fp)
        )

    def of_curve(self, curve: Curve) -> Floats:
        """Give the utility of a group at each of its thresholds."""
        return self.of(curve.tp, curve.fp, curve.positives, curve.negatives)


def utility_of(objective: Any, positives: float, negatives: float) -> Utility:
    """Turn an objective into the worth of each cell.

    Parameters
    ----------
    objective : {"accuracy", "balanced_accuracy"} or mapping
        A mapping gives the worth of ``tp``, ``fp``, ``fn`` and ``tn``; those left out are worth 0.
    positives, negatives : float
        Weighted rows of each label.

    Returns
    -------
    Utility
        Accuracy and balanced accuracy are their usual figures, between 0 and 1.

    Raises
    ------
    InputError
        The objective is not known, or is no finite worth of cells.

    Examples
    --------
    >>> utility_of("accuracy", 4, 6)
    Utility(tp=0.1, fp=0.0, fn=0.0, tn=0.1)
    >>> utility_of({"tp": 1, "fp": -5}, 4, 6)
    Utility(tp=1.0, fp=-5.0, fn=0.0, tn=0.0)
    """
    if isinstance(objective, Mapping):
        return Utility(*(float(value) for value in _worths(objective)))
    if objective == "accuracy":
        one = 1.0 / (positives + negatives)
        return Utility(one, 0.0, 0.0, one)
    if objective == "balanced_accuracy":
        return Utility(0.5 / positives, 0.0, 0.0, 0.5 / negatives)
    said = f"must be one of {', '.join(OBJECTIVES)}, or the worth of {', '.join(CELLS)}, got {objective!r}"
    raise InputError.of("unknown_objective", "objective", f"{said}; {did_you_mean(objective, OBJECTIVES)}")


def _worths(objective: Mapping[Any, Any]) -> list[float]:
    problems = [
        Problem("unknown_cell", "objective", f"a cell is called {name!r}; {did_you_mean(name, CELLS)}")
        for name in objective
        if name not in CELLS
    ]
    problems += [
        Problem("not_finite", "objective", f"the worth of {name} must be a finite number, got {value!r}")
        for name, value in objective.items()
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
    ]
    if not problems and not any(objective.values()):
        problems.append(Problem("all_zero", "objective", "at least one cell must have a worth other than 0"))
    if problems:
        raise InputError(problems)
    return [objective.get(name, 0.0) for name in CELLS]


@dataclass(frozen=True)
class Constraint:
    """A limit on a comparison of the catalogue.

    Parameters
    ----------
    metric : Metric
    limit : float
        A difference must not exceed it, a ratio must reach it.

    Notes
    -----
    Every comparison is the widest spread of one or two coordinates: a difference of the rates themselves,
    a ratio of their logarithms. The mean of two gaps ``(|x| + |y|) / 2`` is half the larger of
    ``|x + y|`` and ``|x - y|``, so that its coordinates are the sum and the difference of the rates.
    """

    metric: Metric
    limit: float

    @property
    def is_ratio(self) -> bool:
        """Whether rates are divided."""
        return self.metric.kind == "ratio"

    @property
    def is_mean(self) -> bool:
        """Whether the gaps of two rates are averaged."""
        return self.metric.combine == "mean" and len(self.metric.rates) == 2

    @property
    def width(self) -> float:
        """How far apart coordinates of two groups may lie."""
        if self.is_ratio:
            return -math.log(self.limit) if self.limit > 0 else math.inf
        return 2 * self.limit if self.is_mean else self.limit

    def rates(self, cells: Floats) -> Floats:
        """Give the rates compared, shape (rates, ...), of confusion matrices of shape (..., 2, 2)."""
        return np.stack([RATES[name](cells) for name in self.metric.rates])

    def coordinates(self, cells: Floats) -> Floats:
        """Give the coordinates of confusion matrices; nan or infinite where the comparison is undefined."""
        rates = self.rates(cells)
        if self.is_mean:
            return np.stack([rates[0] + rates[1], rates[0] - rates[1]])
        if not self.is_ratio:
            return rates
        return np.log(rates, out=np.full_like(rates, -np.inf), where=rates > 0)

    def gap(self, rates: Floats) -> Floats:
        """Give the comparison of rates of shape (rates, groups, ...); nan where it is undefined."""
        low, high = rates.min(axis=1), rates.max(axis=1)
        if self.is_ratio:
            ratio = np.divide(low, high, out=np.full_like(low, np.nan), where=high > 0)
            return np.asarray(ratio.min(axis=0))
        if self.is_mean:
            turned = np.stack([rates[0] + rates[1], rates[0] - rates[1]])
            return np.asarray((turned.max(axis=1) - turned.min(axis=1)).max(axis=0) / 2)
        return np.asarray((high - low).max(axis=0))

    def meets(self, gap: Any) -> Any:
        """Tell whether gaps keep the limit, up to rounding; an undefined gap does not."""
        gap = np.asarray(gap, dtype=float)
        return gap >= self.limit - SLACK if self.is_ratio else gap <= self.limit + SLACK

    def measured(self, gap: float, strength: float) -> Constraint:
        """Give the constraint a part of the way from a measured gap to the limit."""
        if math.isnan(gap) or bool(self.meets(gap)):
            return self
        return Constraint(self.metric, gap + (self.limit - gap) * strength)


def constraint_of(name: Any, limit: Any, *, mixed: bool = False) -> Constraint:
    """Make a constraint of a metric's name and a limit.

    Parameters
    ----------
    name : str
        A difference or a ratio of the catalogue.
    limit : float in [0, 1]
        For a difference the most, for a ratio the least.
    mixed : bool
        Whether thresholds are to be mixed at random, which suits only rates in ``FIXED``.

    Raises
    ------
    InputError
        All problems at once.

    Examples
    --------
    >>> constraint_of("equalized_odds_difference", 0.05).metric.rates
    ('true_positive_rate', 'false_positive_rate')
    >>> constraint_of("selection_rate", 0.05)
    Traceback (most recent call last):
        ...
    evenhand.errors.InputError: constraint: must be a difference or a ratio between groups, but \
selection_rate is a rate; did you mean 'demographic_parity_difference'?
    """
    metric = metric_named(str(name))
    problems = []
    if metric.kind not in ("difference", "ratio"):
        known = [row.name for row in CATALOGUE.values() if row.kind in ("difference", "ratio")]
        guess = next((one for one in known if CATALOGUE[one].rates == (metric.name,)), None)
        hint = f"did you mean {guess!r}?" if guess else f"known are: {', '.join(known)}"
        said = f"must be a difference or a ratio between groups, but {metric.name} is a {metric.kind}; {hint}"
        problems.append(Problem("not_a_comparison", "constraint", said))
    if isinstance(limit, bool) or not isinstance(limit, int | float | np.number) or not 0 <= limit <= 1:
        problems.append(Problem("limit", "limit", f"must be a number between 0 and 1, got {limit!r}"))
    loose = [rate for rate in metric.rates if rate not in FIXED] if mixed else []
    if loose:
        said = f"random thresholds suit rates with a fixed denominator only, not {', '.join(loose)}"
        problems.append(Problem("not_mixable", "randomised", f"{said}; set randomised=False"))
    if problems:
        raise InputError(problems)
    return Constraint(metric, float(limit))
