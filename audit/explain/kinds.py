"""Which gaps can be explained: what each is an average of, over which rows, and how the bars are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from ...errors import InputError, Reason
from .pairing import Floats, Ints
from .walks import Output

CERTAIN = 2.0**-52
"""Probabilities are held this far from 0 and 1, as the catalogue's log loss holds them."""


@dataclass(frozen=True)
class GapKind:
    """A group metric whose gap can be explained.

    Parameters
    ----------
    metric : str
        The catalogue's name.
    gap : str
        The field's name of the gap.
    output : {"decision", "score", "log-odds", "accuracy", "log loss", "brier", "metric"}
        What the metric is an average of; ``"metric"`` for one that is no average of a fixed figure, and whose
        bars are Shapley values of the metric itself: approximate.
    label : bool or None
        The true label of the rows averaged over; None for all rows.
    needs : {"decision", "score"}
    """

    metric: str
    gap: str
    output: Literal["decision", "score", "log-odds", "accuracy", "log loss", "brier", "metric"]
    label: bool | None
    needs: Literal["decision", "score"] = "score"


KINDS = {
    kind.metric: kind
    for kind in (
        GapKind("selection_rate", "demographic parity", "decision", None, "decision"),
        GapKind("mean_score", "demographic parity of the mean score", "score", None),
        GapKind(
            "mean_log_odds", "demographic parity of the mean score on the log-odds scale", "log-odds", None
        ),
        GapKind("true_positive_rate", "equal opportunity", "decision", label=True, needs="decision"),
        GapKind("false_positive_rate", "predictive equality", "decision", label=False, needs="decision"),
        GapKind("balance_for_the_positive_class", "balance for the positive class", "score", label=True),
        GapKind("balance_for_the_negative_class", "balance for the negative class", "score", label=False),
        GapKind("accuracy", "overall accuracy equality", "accuracy", None, "decision"),
        GapKind("log_loss", "equal log loss", "log loss", None),
        GapKind("brier_score", "equal Brier score", "brier", None),
        GapKind("demographic_parity_ratio", "ratio of selection rates", "metric", None, "decision"),
        GapKind("positive_predictive_value", "predictive parity", "metric", None, "decision"),
        GapKind("roc_auc", "equal area under the ROC curve", "metric", None),
    )
}
"""Gaps that can be explained, by metric."""

DEFAULT_GAPS = (
    "selection_rate",
    "mean_score",
    "mean_log_odds",
    "true_positive_rate",
    "false_positive_rate",
)
"""What an audit explains where settings name nothing."""

BY_LABEL = ("accuracy", "log loss", "brier")
"""Outputs that hold what the model gives against the true label."""


def uses_labels(metric: str) -> bool:
    """Tell whether a gap rests on true labels: then it may speak of the few people of one label.

    Examples
    --------
    >>> uses_labels("selection_rate"), uses_labels("log_loss"), uses_labels("roc_auc")
    (False, True, True)
    """
    kind = KINDS.get(metric)
    if kind is None:
        return False
    of_metric = metric in ("positive_predictive_value", "roc_auc")
    return kind.label is not None or kind.output in BY_LABEL or of_metric


def output_of(metric: str, threshold: float, labels: NDArray[np.bool_]) -> Output:
    """Make the output whose average a metric is.

    Parameters
    ----------
    metric : str
        A key of ``KINDS``, not of one that is no average.
    threshold : float
        Scores at or above it are selected.
    labels : ndarray of bool, shape (rows of the table,)

    Examples
    --------
    >>> brier = output_of("brier_score", 0.5, np.array([True, False]))
    >>> brier.of(np.array([0.75, 0.5]), np.array([0, 1]))
    array([0.0625, 0.25  ])
    """
    kind = KINDS[metric].output
    made: dict[str, Callable[[Floats, Ints], Floats]] = {
        "decision": lambda score, _: (score >= threshold).astype(np.float64),
        "score": lambda score, _: score,
        "log-odds": lambda score, _: logit(np.clip(score, CERTAIN, 1 - CERTAIN)),
        "accuracy": lambda score, rows: ((score >= threshold) == labels[rows]).astype(np.float64),
        "log loss": lambda score, rows: _log_loss(score, labels[rows]),
        "brier": lambda score, rows: (score - labels[rows]) ** 2,
    }
    # Log losses and log-odds range wider than shares and probabilities.
    unit = 2.5 if kind in ("log-odds", "log loss") else 1.0
    return Output(metric, made[kind], by_label=kind in BY_LABEL, unit=unit)


def _log_loss(score: Floats, label: NDArray[np.bool_]) -> Floats:
    found: Floats = -np.log(np.clip(np.where(label, score, 1.0 - score), CERTAIN, 1.0 - CERTAIN))
    return found


@dataclass(frozen=True)
class GapRows:
    """The rows that a gap is an average over.

    Parameters
    ----------
    group, reference : ndarray of int
        Positions.
    reason : Reason or None
        Why the gap is undefined; None where both sides have rows.
    """

    group: Ints
    reference: Ints
    reason: Reason | None


def gap_rows(metric: str, group: Any, reference: Any, positive: Any = None) -> GapRows:
    """Select the rows that a metric's gap is an average over.

    Parameters
    ----------
    metric : str
        A key of ``KINDS``.
    group, reference : array-like of bool, shape (rows,)
    positive : array-like of bool, shape (rows,), optional
        Where the true label is positive; needed for the true and the false positive rate.

    Raises
    ------
    InputError
        The metric is not one of ``KINDS``.

    Examples
    --------
    >>> women, men, hired = [True, True, False], [False, False, True], [True, False, True]
    >>> gap_rows("true_positive_rate", women, men, hired).group
    array([0])
    >>> str(gap_rows("false_positive_rate", women, men, hired).reason)
    'no_negatives'
    """
    if metric not in KINDS:
        raise InputError.of("unknown_gap", "metric", f"one of {', '.join(KINDS)} is needed, got {metric!r}")
    label = KINDS[metric].label
    one, other = np.asarray(group, dtype=bool), np.asarray(reference, dtype=bool)
    empty = np.zeros(0, dtype=np.int64)
    if label is None:
        chosen, missing = np.ones(len(one), dtype=bool), Reason.EMPTY_GROUP
    elif positive is None:
        return GapRows(empty, empty, Reason.NO_LABELS)
    else:
        chosen = np.asarray(positive, dtype=bool) == label
        missing = Reason.NO_POSITIVES if label else Reason.NO_NEGATIVES
    if not one.any() or not other.any():
        missing = Reason.EMPTY_GROUP
    found = GapRows(np.flatnonzero(one & chosen), np.flatnonzero(other & chosen), None)
    if len(found.group) and len(found.reference):
        return found
    return GapRows(found.group, found.reference, missing)
