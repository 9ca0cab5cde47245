"""Explanation in an audit: which gaps are explained, with which engine, and how they enter the record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ModelError, Reason
from ..metrics.groups import Column
from .explain.blocks import Quick, quick_scorer
from .explain.explained import Explained
from .explain.gap import KINDS, GapRows, explain_gap, gap_rows
from .explain.shap_values import explain_mean_score
from .explain.words import to_record
from .gate import group_name
from .mitigating import crossed
from .model import Model
from .record import Absent, GapExplanation, GroupingFacts

Progress = Callable[[str, int, int], None]
Flags = NDArray[np.bool_]

METRICS = ("selection_rate", "mean_score", "true_positive_rate", "false_positive_rate")
TOLERANCE = 0.004
"""95 % Monte Carlo half width that a bar is drawn to, in units of the gap: 0.4 percentage points."""
MAX_CALLS = 400_000


@dataclass(frozen=True)
class Subject:
    """What is explained: the model on the rows of the audit.

    Parameters
    ----------
    model : Model
    frame : pandas.DataFrame
        The model's input columns.
    labels : ndarray of bool, shape (rows,)
    attributes : dict of str to Column
    weight : ndarray of float or None
    pos_label : object
    threshold : float
    seed : int
    level : float
    """

    model: Model
    frame: pd.DataFrame
    labels: Flags
    attributes: dict[str, Column]
    weight: NDArray[np.float64] | None
    pos_label: Any
    threshold: float
    seed: int
    level: float


def explain_gaps(
    subject: Subject, groupings: Sequence[GroupingFacts], progress: Progress
) -> tuple[tuple[GapExplanation, ...], tuple[Absent, ...]]:
    """Explain, for every grouping, the gaps of the group that is furthest from the reference.

    Returns
    -------
    explanations : tuple of GapExplanation
        Up to four a grouping: selection rate, mean score, true and false positive rate.
    absent : tuple of Absent
        Gaps that could not be explained, each with the reason.
    """
    quick = _quick(subject)
    jobs = [(grouping, metric) for grouping in groupings for metric in METRICS]
    found, absent = [], []
    for i, (grouping, metric) in enumerate(jobs):
        progress("explaining", i, len(jobs))
        pair = furthest(grouping)
        outcome = Reason.SINGLE_GROUP if pair is None else _explain(subject, quick, grouping, metric, pair)
        if isinstance(outcome, GapExplanation):
            found.append(outcome)
        else:
            part = f"explanation of the gap in {metric.replace('_', ' ')} by {grouping.name}"
            absent.append(Absent(part=part, reason=outcome.sentence))
    progress("explaining", len(jobs), len(jobs))
    return tuple(found), tuple(absent)


def furthest(grouping: GroupingFacts) -> tuple[int, int] | None:
    """Choose the groups to explain: the reference (else the largest), and the group whose selection rate is furthest from it.

    Only groups of at least the minimum size count; None where fewer than two are left.
    """
    able = [
        i for i, group in enumerate(grouping.groups) if not (group.below_minimum or group.withheld or group.missing)
    ]
    if len(able) < 2:
        return None
    named = [i for i in able if grouping.groups[i].group == grouping.reference]
    reference = named[0] if named else max(able, key=lambda i: grouping.groups[i].rows)
    rates = [group.rates["selection_rate"].value for group in grouping.groups]
    others = [i for i in able if i != reference]
    return max(others, key=lambda i: abs(rates[i] - rates[reference])), reference


def _quick(subject: Subject) -> Quick | None:
    rows = subject.model.rows(subject.frame)
    if not subject.model.has_scores or not isinstance(rows, pd.DataFrame):
        return None
    return quick_scorer(subject.model.estimator, rows, output=_position(subject))


def _position(subject: Subject) -> int:
    labels = [str(label) for label in subject.model.classes]
    return labels.index(str(subject.pos_label)) if str(subject.pos_label) in labels else 1


def _explain(
    subject: Subject, quick: Quick | None, grouping: GroupingFacts, metric: str, pair: tuple[int, int]
) -> GapExplanation | Reason:
    if KINDS[metric].output == "score" and not subject.model.has_scores:
        return Reason.NO_SCORES
    codes, groups = crossed(subject.attributes, grouping.attributes)
    one, other = (groups.index(grouping.groups[i].group) for i in pair)
    rows = gap_rows(metric, codes == one, codes == other, subject.labels)
    if rows.reason is not None:
        return rows.reason
    explained = _engine(subject, quick, metric, rows)
    return to_record(
        explained,
        metric,
        grouping=grouping.name,
        group=groups[one],
        reference=groups[other],
        group_name=group_name(groups[one]),
        reference_name=group_name(groups[other]),
        sensitive=grouping.attributes,
    )


def _engine(subject: Subject, quick: Quick | None, metric: str, rows: GapRows) -> Explained:
    if KINDS[metric].output == "score":
        try:
            return _by_shap(subject, rows)
        except ModelError:
            pass  # SHAP has no sound explainer for this model on the scale of its scores; the walks explain any model
    frame, players, predict = _function(subject, quick, decision=KINDS[metric].output == "decision")
    return explain_gap(
        predict,
        frame,
        group_rows=rows.group,
        reference_rows=rows.reference,
        sample_weight=subject.weight,
        players=players,
        as_array=quick is not None,
        tolerance=TOLERANCE,
        max_calls=MAX_CALLS,
        seed=subject.seed,
        level=subject.level,
        workers=2,
    )


def _by_shap(subject: Subject, rows: GapRows) -> Explained:
    return explain_mean_score(
        subject.model.estimator,
        subject.frame,
        group_rows=rows.group,
        reference_rows=rows.reference,
        sample_weight=subject.weight,
        seed=subject.seed,
        level=subject.level,
    )


def _function(
    subject: Subject, quick: Quick | None, *, decision: bool
) -> tuple[pd.DataFrame, dict[str, list[str]] | None, Callable[[Any], NDArray[np.float64]]]:
    model, threshold, positive = subject.model, subject.threshold, subject.pos_label
    if quick is not None:
        score = quick.score
        if not decision:
            return quick.frame, quick.players, score
        return quick.frame, quick.players, lambda rows: (score(rows) >= threshold).astype(float)
    if decision:
        return subject.frame, None, lambda rows: model.decide(rows, positive, threshold).astype(float)
    return subject.frame, None, lambda rows: np.asarray(model.scores(rows, positive), dtype=float)
