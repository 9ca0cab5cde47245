"""Fairness of predicted numbers: means, errors and fit of every group, and the gaps between groups.

Everything here needs the rows, as a cube does not keep labels that are numbers. Each figure is a mean
over rows, or a smooth function of means whose variance follows from the rows' influence on it, so one
path gives all intervals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason, did_you_mean
from .intervals import critical_value, welch_difference
from .rates import divide
from .results import Estimate, Group, Interval
from .row_groups import RowGroups, grouped_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """One figure of every group; all arrays of shape (G,).

    Parameters
    ----------
    name : str
    groups : tuple of tuple
    value : ndarray
        ``nan`` where undefined.
    variance : ndarray
        Of one row's influence on the figure (divisor n - 1); divided by ``effective`` it is the figure's own.
    effective, rows : ndarray
    """

    name: str
    groups: tuple[Group, ...]
    value: Floats
    variance: Floats
    effective: Floats
    rows: Floats

    def reason(self, i: int) -> Reason | None:
        """Why the figure of group ``i`` is undefined, or None."""
        if not np.isnan(self.value[i]):
            return None
        return Reason.EMPTY_GROUP if self.effective[i] == 0 else Reason.ZERO_DENOMINATOR


def regression_rows(
    y_true: Any, y_pred: Any, *, sensitive_features: Any, sample_weight: Any = None
) -> RowGroups:
    """Read labels and predictions that are numbers, sorted by group; the columns ``y_true`` and ``y_pred``.

    Parameters and errors are as in `evenhand.metrics.row_groups.grouped_rows`.

    Examples
    --------
    >>> regression_rows([1, 2], [1.5, 2.5], sensitive_features=["F", "M"]).groups
    (('F',), ('M',))
    """
    columns = {"y_true": y_true, "y_pred": y_pred}
    return grouped_rows(sensitive_features, columns, sample_weight=sample_weight)


def _mean(rows: RowGroups, values: Floats) -> tuple[Floats, Floats]:
    mean = divide(rows.sums(values), rows.total)
    centred = (values - rows.spread(np.nan_to_num(mean))) ** 2
    bessel = divide(rows.effective, np.maximum(rows.effective - 1, 0.0))
    return mean, divide(rows.sums(centred), rows.total) * bessel


def _prediction(rows: RowGroups) -> tuple[Floats, Floats]:
    return _mean(rows, rows.columns["y_pred"])


def _error(rows: RowGroups) -> tuple[Floats, Floats]:
    return _mean(rows, rows.columns["y_pred"] - rows.columns["y_true"])


def _absolute(rows: RowGroups) -> tuple[Floats, Floats]:
    return _mean(rows, np.abs(rows.columns["y_pred"] - rows.columns["y_true"]))


def _squared(rows: RowGroups) -> tuple[Floats, Floats]:
    return _mean(rows, (rows.columns["y_pred"] - rows.columns["y_true"]) ** 2)


def _root(rows: RowGroups) -> tuple[Floats, Floats]:
    mean, variance = _squared(rows)
    slope = divide(1.0, 4 * mean)
    return np.sqrt(mean), np.where(mean == 0, 0.0, variance * slope)


def _r2(rows: RowGroups) -> tuple[Floats, Floats]:
    y, error = rows.columns["y_true"], rows.columns["y_pred"] - rows.columns["y_true"]
    centred = (y - rows.spread(np.nan_to_num(divide(rows.sums(y), rows.total)))) ** 2
    scatter = divide(rows.sums(centred), rows.total)
    # Rounding leaves a scatter of about (1e-16 y)^2 where all labels are equal.
    scale = divide(rows.sums(y**2), rows.total)
    scatter = np.where(scatter <= 1e-24 * scale, 0.0, scatter)
    value = 1 - divide(rows.sums(error**2), rows.total * scatter)
    influence = (1 - rows.spread(value)) * centred - error**2
    _, variance = _mean(rows, np.nan_to_num(influence))
    return value, divide(variance, scatter**2)


REGRESSION: dict[str, Callable[[RowGroups], tuple[Floats, Floats]]] = {
    "mean_prediction": _prediction,
    "mean_error": _error,
    "mean_absolute_error": _absolute,
    "mean_squared_error": _squared,
    "root_mean_squared_error": _root,
    "r2_score": _r2,
}


def fitted(rows: RowGroups, name: str) -> Fitted:
    """Compute one figure of every group.

    Parameters
    ----------
    rows : RowGroups
        Of `regression_rows`.
    name : str
        Of `REGRESSION`; the mean error is prediction minus label, above 0 where the model promises too much.

    Raises
    ------
    InputError
        No such figure.

    Examples
    --------
    >>> rows = regression_rows([1, 2, 3, 4], [1, 3, 3, 6], sensitive_features=["F", "F", "M", "M"])
    >>> fitted(rows, "mean_error").value.tolist()
    [0.5, 1.0]
    """
    if name not in REGRESSION:
        raise InputError.of(
            "unknown_metric", "name", f"no figure is called {name!r}; {did_you_mean(name, REGRESSION)}"
        )
    value, variance = REGRESSION[name](rows)
    return Fitted(name, rows.groups, value, variance, rows.effective, rows.sizes)


_PLAIN = ("mean_prediction", "mean_error", "mean_absolute_error")
_SKEWED = ("mean_squared_error", "root_mean_squared_error")
_BOUNDS = {"mean_absolute_error": (0.0, np.inf), "r2_score": (-np.inf, 1.0)}


def regression_estimates(found: Fitted, level: float = 0.95) -> list[Estimate]:
    """Give each group's figure with Student's t interval, of the mean or by the delta method.

    Examples
    --------
    >>> rows = regression_rows([1, 2, 3, 4], [1, 3, 3, 6], sensitive_features=["F", "F", "M", "M"])
    >>> [one.rows for one in regression_estimates(fitted(rows, "r2_score"))]
    [2, 2]
    """
    critical_value(level)
    zero = np.zeros_like(found.value)
    # Against a mean known for sure, Welch's interval is Student's.
    low, high = welch_difference(
        found.value, found.variance, found.effective, zero, zero, zero + np.inf, level
    )
    if found.name in _SKEWED:
        # The spread of a mean of squares grows with it, so the interval is even on the scale of logarithms.
        relative = divide(found.value - low, found.value)
        with np.errstate(over="ignore"):
            low, high = found.value * np.exp(-relative), found.value * np.exp(relative)
        low, high = (np.where(found.variance == 0, found.value, end) for end in (low, high))
    least, most = _BOUNDS.get(found.name, (-np.inf, np.inf))
    method = "Student t" if found.name in _PLAIN else "Student t, delta method"
    return [
        Estimate(
            float(found.value[i]),
            None
            if np.isnan(low[i])
            else Interval(max(float(low[i]), least), min(float(high[i]), most), level, method),
            rows=int(found.rows[i]),
            effective=float(found.effective[i]),
            reason=found.reason(i),
        )
        for i in range(len(found.groups))
    ]
