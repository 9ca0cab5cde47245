"""The functions that fairlearn's users know, under fairlearn's names and keyword names.

They give fairlearn's numbers wherever every denominator is above zero. Where a group's rate is
undefined the aggregate is ``nan``; fairlearn counts that rate as 0. Labels that were not declared,
and probabilities given as decisions, are errors; fairlearn answers them with 0.0.
"""

from __future__ import annotations

import itertools
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem, did_you_mean
from .catalogue import Metric, metric_named
from .groups import one_column
from .rates import RATES, count, divide, group_table
from .results import Level
from .tally import cube_of

Floats = NDArray[np.float64]
Method = Literal["between_groups", "to_overall"]
Agg = Literal["worst_case", "mean"]


def group_metric(
    name: str,
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    method: Method = "between_groups",
    agg: Agg = "worst_case",
    sample_weight: Any = None,
    pos_label: Level = None,
    compare_missing: bool = False,
) -> float:
    """Compute any comparison of the catalogue from arrays or frames.

    Parameters
    ----------
    name : str
        A difference or ratio of the catalogue, for example ``"equalized_odds_difference"``.
    y_true, y_pred : array-like of shape (rows,)
        Labels and decisions in {0, 1}, booleans or {-1, 1}, or any values with ``pos_label``.
    sensitive_features : series, frame, mapping, array or list
        Several columns make intersections.
    method : {"between_groups", "to_overall"}
        Compare the groups with each other, or each with the pooled rate.
    agg : {"worst_case", "mean"}
        For comparisons of two rates: the worse of the two, or their mean. The average odds difference
        is a mean by its definition: of the same two groups' gaps.
    sample_weight : array-like of shape (rows,), optional
    pos_label : optional
        The positive label.
    compare_missing : bool
        Whether rows whose sensitive value is missing are compared like a group. They are part of the
        pooled rate in any case.

    Returns
    -------
    float
        ``nan`` where a group's rate is undefined, or no group is left.

    Raises
    ------
    InputError
        As `evenhand.metrics.tally.cube_of`, and for an unknown name, method or agg, and where labels or
        decisions that the metric needs are not given.

    Examples
    --------
    >>> group_metric("demographic_parity_ratio", [0, 1, 0, 1], [1, 0, 1, 1], sensitive_features=list("FFMM"))
    0.5
    """
    metric = metric_named(name)
    _refuse_choice("method", method, ("between_groups", "to_overall"))
    _refuse_choice("agg", agg, ("worst_case", "mean"))
    if metric.kind not in ("difference", "ratio"):
        raise InputError.of(
            "not_a_comparison", "name", f"a difference or ratio is wanted, got the {metric.kind} {name!r}"
        )
    _refuse_absent(metric, y_true, y_pred)
    cube = cube_of(
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        pos_label=pos_label,
    )
    table = group_table(cube, *cube.of_role("sensitive"))
    compared = [compare_missing or None not in group for group in table.groups]
    values = np.stack([count(table, RATES[rate]).value[compared] for rate in metric.rates])
    overall = np.stack([count(table.overall, RATES[rate]).value for rate in metric.rates])
    if values.size == 0 or np.isnan(values).any():
        return float("nan")
    if metric.combine == "mean":
        return _largest_mean(values, overall, method)
    single = [
        _aggregate(rates, pooled[0], metric.kind, method)
        for rates, pooled in zip(values, overall, strict=True)
    ]
    if agg == "mean":
        return float(np.mean(single))
    return float(np.max(single) if metric.kind == "difference" else np.min(single))


def _refuse_absent(metric: Metric, y_true: Any, y_pred: Any) -> None:
    given = {"y_true": y_true, "y_pred": y_pred}
    absent = [need for need in metric.needs if given[need] is None]
    if absent:
        raise InputError(
            Problem("absent", need, f"the {metric.title} needs it, got None; give one value a row")
            for need in absent
        )


def _largest_mean(values: Floats, overall: Floats, method: Method) -> float:
    if method == "to_overall":
        return float(np.abs(values - overall).mean(axis=0).max())
    # The largest mean of |gaps| over pairs is the widest range of a signed sum of the rates.
    signs = itertools.product((1.0, -1.0), repeat=len(values))
    return max(float(np.ptp(np.array(sign) @ values)) for sign in signs) / len(values)


def _refuse_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError.of(
            "choice",
            name,
            f"one of {', '.join(allowed)} is wanted, got {value!r}; {did_you_mean(value, allowed)}",
        )


def _aggregate(values: Floats, overall: float, kind: str, method: Method) -> float:
    if kind == "difference":
        gaps = np.abs(values - overall) if method == "to_overall" else values - values.min()
        return float(gaps.max())
    if method == "between_groups":
        return float(divide(values.min(), values.max()))
    shares = divide(values, overall)
    with np.errstate(divide="ignore"):
        return float(np.minimum(shares, np.where(shares > 0, 1 / shares, 0.0)).min())


def _rate_of(name: str, y_true: Any, y_pred: Any, sample_weight: Any, pos_label: Level) -> float:
    _refuse_absent(metric_named(name), y_true, y_pred)
    y_pred = one_column(y_pred, "y_pred")
    everyone = np.zeros(len(y_pred), dtype=np.int8)
    cube = cube_of(
        y_true, y_pred, sensitive_features=everyone, sample_weight=sample_weight, pos_label=pos_label
    )
    return float(count(group_table(cube), RATES[name]).value[0])


def selection_rate(y_true: Any, y_pred: Any, *, pos_label: Level = None, sample_weight: Any = None) -> float:
    """Share of rows whose decision is positive; in [0, 1].

    Examples
    --------
    >>> selection_rate([0, 1, 1, 1], [1, 0, 1, 1])
    0.75
    """
    return _rate_of("selection_rate", y_true, y_pred, sample_weight, pos_label)


def true_positive_rate(
    y_true: Any, y_pred: Any, *, pos_label: Level = None, sample_weight: Any = None
) -> float:
    """Share of positive labels that were selected; in [0, 1], ``nan`` without positive labels.

    Examples
    --------
    >>> true_positive_rate([1, 1, 0], [1, 0, 0])
    0.5
    """
    return _rate_of("true_positive_rate", y_true, y_pred, sample_weight, pos_label)


def false_positive_rate(
    y_true: Any, y_pred: Any, *, pos_label: Level = None, sample_weight: Any = None
) -> float:
    """Share of negative labels that were selected; in [0, 1], ``nan`` without negative labels.

    Examples
    --------
    >>> false_positive_rate([1, 0, 0], [1, 1, 0])
    0.5
    """
    return _rate_of("false_positive_rate", y_true, y_pred, sample_weight, pos_label)


def true_negative_rate(
    y_true: Any, y_pred: Any, *, pos_label: Level = None, sample_weight: Any = None
) -> float:
    """Share of negative labels that were rejected; in [0, 1], ``nan`` without negative labels.

    Examples
    --------
    >>> true_negative_rate([1, 0, 0], [1, 1, 0])
    0.5
    """
    return _rate_of("true_negative_rate", y_true, y_pred, sample_weight, pos_label)


def false_negative_rate(
    y_true: Any, y_pred: Any, *, pos_label: Level = None, sample_weight: Any = None
) -> float:
    """Share of positive labels that were rejected; in [0, 1], ``nan`` without positive labels.

    Examples
    --------
    >>> false_negative_rate([1, 1, 0], [1, 0, 0])
    0.5
    """
    return _rate_of("false_negative_rate", y_true, y_pred, sample_weight, pos_label)


def demographic_parity_difference(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    method: Method = "between_groups",
    sample_weight: Any = None,
    pos_label: Level = None,
) -> float:
    """Largest minus smallest selection rate of the groups; in [0, 1], 0 is fair. See `group_metric`.

    Examples
    --------
    >>> demographic_parity_difference([0, 1, 0, 1], [1, 0, 1, 1], sensitive_features=list("FFMM"))
    0.5
    """
    return group_metric(
        "demographic_parity_difference",
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        method=method,
        sample_weight=sample_weight,
        pos_label=pos_label,
    )


def demographic_parity_ratio(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    method: Method = "between_groups",
    sample_weight: Any = None,
    pos_label: Level = None,
) -> float:
    """Smallest by largest selection rate of the groups; in [0, 1], 1 is fair. See `group_metric`.

    Examples
    --------
    >>> demographic_parity_ratio([0, 1, 0, 1], [1, 0, 1, 1], sensitive_features=list("FFMM"))
    0.5
    """
    return group_metric(
        "demographic_parity_ratio",
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        method=method,
        sample_weight=sample_weight,
        pos_label=pos_label,
    )


def equal_opportunity_difference(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    method: Method = "between_groups",
    sample_weight: Any = None,
    pos_label: Level = None,
) -> float:
    """Largest minus smallest true positive rate of the groups; in [0, 1], 0 is fair. See `group_metric`.

    Examples
    --------
    >>> equal_opportunity_difference([1, 1, 1, 1], [1, 0, 1, 1], sensitive_features=list("FFMM"))
    0.5
    """
    return group_metric(
        "equal_opportunity_difference",
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        method=method,
        sample_weight=sample_weight,
        pos_label=pos_label,
    )


def equal_opportunity_ratio(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    method: Method = "between_groups",
    sample_weight: Any = None,
    pos_label: Level = None,
) -> float:
    """Smallest by largest true positive rate of the groups; in [0, 1], 1 is fair. See `group_metric`.

    Examples
    --------
    >>> equal_opportunity_ratio([1, 1, 1, 1], [1, 0, 1, 1], sensitive_features=list("FFMM"))
    0.5
    """
    return group_metric(
        "equal_opportunity_ratio",
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        method=method,
        sample_weight=sample_weight,
        pos_label=pos_label,
    )


def equalized_odds_difference(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    method: Method = "between_groups",
    sample_weight: Any = None,
    agg: Agg = "worst_case",
    pos_label: Level = None,
) -> float:
    """Larger of the gaps in true and false positive rate; in [0, 1], 0 is fair. See `group_metric`.

    Examples
    --------
    >>> equalized_odds_difference([1, 0, 1, 0], [1, 0, 1, 1], sensitive_features=list("FFMM"), agg="mean")
    0.5
    """
    return group_metric(
        "equalized_odds_difference",
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        method=method,
        agg=agg,
        sample_weight=sample_weight,
        pos_label=pos_label,
    )


def equalized_odds_ratio(
    y_true: Any,
    y_pred: Any,
    *,
    sensitive_features: Any,
    method: Method = "between_groups",
    sample_weight: Any = None,
    agg: Agg = "worst_case",
    pos_label: Level = None,
) -> float:
    """Smaller of the ratios of true and false positive rate; in [0, 1], 1 is fair. See `group_metric`.

    Examples
    --------
    >>> equalized_odds_ratio([1, 0, 1, 0], [1, 1, 1, 1], sensitive_features=list("FFMM"))
    1.0
    """
    return group_metric(
        "equalized_odds_ratio",
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        method=method,
        agg=agg,
        sample_weight=sample_weight,
        pos_label=pos_label,
    )
