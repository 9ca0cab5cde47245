"""fairlearn's derived functions: one figure of every group, compared or at its worst, as one number.

Each takes ``(y_true, y_pred, *, sensitive_features, method=, sample_weight=, pos_label=)``, as fairlearn's
does, and is ``nan`` where a group's figure is undefined. fairlearn's plots are left out: the pages draw them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

from ..errors import InputError
from . import frame_scores
from .metric_frame import MetricFrame

Transform = Literal["difference", "ratio", "group_min", "group_max"]


@dataclass(frozen=True)
class DerivedMetric:
    """A figure of the groups as one number; made by `make_derived_metric`.

    Parameters
    ----------
    name : str
    metric : str or callable
        As for `evenhand.metrics.MetricFrame`.
    transform : {"difference", "ratio", "group_min", "group_max"}
    sample_param_names : tuple of str
        Which keyword arguments hold one value a row.

    Examples
    --------
    >>> accuracy_score_difference([1, 0, 1, 0], [1, 0, 0, 0], sensitive_features=list("FFMM"))
    0.5
    """

    name: str
    metric: str | Callable[..., Any]
    transform: Transform
    sample_param_names: tuple[str, ...] = ("sample_weight",)

    @property
    def __name__(self) -> str:
        """The function's name."""
        return self.name

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        *,
        sensitive_features: Any,
        method: Literal["between_groups", "to_overall"] = "between_groups",
        **params: Any,
    ) -> float:
        """Compute the figure of every group and reduce it to one number.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (rows,)
        sensitive_features : series, frame, mapping, array or list
        method : {"between_groups", "to_overall"}
            For differences and ratios.
        **params
            ``sample_weight`` and other values by row; anything else, like ``pos_label``, goes to the metric.

        Returns
        -------
        float
            ``nan`` where a group's figure is undefined.

        Raises
        ------
        InputError
            As `evenhand.metrics.MetricFrame`.
        """
        by_row = {key: value for key, value in params.items() if key in self.sample_param_names}
        options = {key: value for key, value in params.items() if key not in self.sample_param_names}
        pos_label = options.pop("pos_label", None) if isinstance(self.metric, str) else None
        if isinstance(self.metric, str) and options:
            rule = "sample_weight and pos_label are the options"
            raise InputError.of("unknown_option", next(iter(options)), f"{rule} of {self.name}; leave it out")
        frame = MetricFrame(
            metrics=partial(self.metric, **options) if callable(self.metric) and options else self.metric,
            y_true=y_true,
            y_pred=y_pred,
            sensitive_features=sensitive_features,
            sample_params=by_row,
            pos_label=pos_label,
        )
        if self.transform == "difference":
            return _number(frame.difference(method=method))
        if self.transform == "ratio":
            return _number(frame.ratio(method=method))
        return _number(frame.group_min() if self.transform == "group_min" else frame.group_max())


def _number(value: Any) -> float:
    return float(value)


def make_derived_metric(
    *,
    metric: str | Callable[..., Any],
    transform: Transform,
    sample_param_names: Sequence[str] | None = ("sample_weight",),
) -> DerivedMetric:
    """Make a function that reduces a figure of every group to one number.

    Parameters
    ----------
    metric : str or callable
        As for `evenhand.metrics.MetricFrame`; it may not take an argument called ``method``.
    transform : {"difference", "ratio", "group_min", "group_max"}
    sample_param_names : sequence of str, optional
        Keyword arguments of the metric that hold one value a row; None is ``sample_weight``, as in fairlearn.

    Returns
    -------
    DerivedMetric
        A callable ``(y_true, y_pred, *, sensitive_features, method=, **params)``.

    Raises
    ------
    InputError
        The metric is not callable, takes ``method``, or the transform is unknown.

    Examples
    --------
    >>> gap = make_derived_metric(metric="f1", transform="difference")
    >>> gap([1, 0, 1, 0], [1, 0, 1, 1], sensitive_features=list("FFMM"))
    0.33333333333333337
    """
    if transform not in get_args(Transform):
        shown = ", ".join(get_args(Transform))
        raise InputError.of("choice", "transform", f"one of {shown} is wanted, got {transform!r}")
    if not isinstance(metric, str) and not callable(metric):
        raise InputError.of("not_a_metric", "metric", f"a name or a callable is wanted, got {metric!r}")
    if callable(metric) and "method" in inspect.signature(metric).parameters:
        rule = "method says how groups are compared, so the metric itself may not take it"
        raise InputError.of("method_taken", "metric", f"{rule}; fix it first with functools.partial")
    called = metric if isinstance(metric, str) else getattr(metric, "__name__", "metric")
    names = ("sample_weight",) if sample_param_names is None else tuple(sample_param_names)
    return DerivedMetric(f"{called}_{transform}", metric, transform, names)


def count(y_true: Any, y_pred: Any) -> int:
    """Count the rows; the size of each group in a `evenhand.metrics.MetricFrame`.

    Raises
    ------
    InputError
        The lengths differ.

    Examples
    --------
    >>> count([1, 0, 1], [1, 1, 1])
    3
    """
    _refuse_lengths(y_true, y_pred)
    return len(y_true)


def mean_prediction(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
    """Weighted mean of the predictions, which may be any numbers; only the length of ``y_true`` is read.

    Raises
    ------
    InputError
        The lengths differ, or a prediction is missing or infinite.

    Examples
    --------
    >>> mean_prediction([0, 1], [0.25, 0.75])
    0.5
    """
    _refuse_lengths(y_true, y_pred)
    return frame_scores.weighted_mean(y_pred, "y_pred", sample_weight)


def _refuse_lengths(y_true: Any, y_pred: Any) -> None:
    if len(y_true) != len(y_pred):
        rule = "y_true and y_pred have one value a row"
        raise InputError.of("lengths_differ", "", f"{rule}, got {len(y_true):,} and {len(y_pred):,}")


def _derived(name: str, metric: str | Callable[..., Any]) -> DerivedMetric:
    transform: Transform = next(known for known in get_args(Transform) if name.endswith(f"_{known}"))
    return DerivedMetric(name, metric, transform)


accuracy_score_difference = _derived("accuracy_score_difference", "accuracy")
accuracy_score_ratio = _derived("accuracy_score_ratio", "accuracy")
accuracy_score_group_min = _derived("accuracy_score_group_min", "accuracy")
balanced_accuracy_score_group_min = _derived("balanced_accuracy_score_group_min", "balanced_accuracy")
f1_score_group_min = _derived("f1_score_group_min", "f1")
false_negative_rate_difference = _derived("false_negative_rate_difference", "false_negative_rate")
false_negative_rate_ratio = _derived("false_negative_rate_ratio", "false_negative_rate")
false_positive_rate_difference = _derived("false_positive_rate_difference", "false_positive_rate")
false_positive_rate_ratio = _derived("false_positive_rate_ratio", "false_positive_rate")
log_loss_group_max = _derived("log_loss_group_max", frame_scores.log_loss)
mean_absolute_error_group_max = _derived("mean_absolute_error_group_max", frame_scores.mean_absolute_error)
mean_squared_error_group_max = _derived("mean_squared_error_group_max", frame_scores.mean_squared_error)
precision_score_group_min = _derived("precision_score_group_min", "positive_predictive_value")
r2_score_group_min = _derived("r2_score_group_min", frame_scores.r2_score)
recall_score_group_min = _derived("recall_score_group_min", "true_positive_rate")
roc_auc_score_group_min = _derived("roc_auc_score_group_min", frame_scores.roc_auc_score)
selection_rate_difference = _derived("selection_rate_difference", "selection_rate")
selection_rate_ratio = _derived("selection_rate_ratio", "selection_rate")
true_negative_rate_difference = _derived("true_negative_rate_difference", "true_negative_rate")
true_negative_rate_ratio = _derived("true_negative_rate_ratio", "true_negative_rate")
true_positive_rate_difference = _derived("true_positive_rate_difference", "true_positive_rate")
true_positive_rate_ratio = _derived("true_positive_rate_ratio", "true_positive_rate")
zero_one_loss_difference = _derived("zero_one_loss_difference", "error_rate")
zero_one_loss_ratio = _derived("zero_one_loss_ratio", "error_rate")
zero_one_loss_group_max = _derived("zero_one_loss_group_max", "error_rate")
