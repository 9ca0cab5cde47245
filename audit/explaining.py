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
from .labels import plain, resolve_label
from .limit_figures import group_name
from .mitigating import crossed
from .model import Model
from .record import Absent, GapExplanation, GroupingFacts

Progress = Callable[[str, int, int], None]
Flags = NDArray[np.bool_]

METRICS = ("selection_rate", "mean_score", "mean_log_odds", "true_positive_rate", "false_positive_rate")
TOLERANCE = 0.004
"""95 % Monte Carlo half width that a bar is drawn to, in units of the gap: 0.4 percentage points."""
MAX_CALLS = 400_000
MOST_LEAVES = 2_000
"""Larger tree models take SHAP's explainer minutes; the walks explain their mean score in seconds."""
LOGISTIC = ("LogisticRegression", "LogisticRegressionCV")


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
    subject: Subject, groupings: Sequence[GroupingFacts], progress: Progress, *, min_group_size: int = 1
) -> tuple[tuple[GapExplanation, ...], tuple[Absent, ...]]:
    """Explain, for every grouping, the gaps of the group that is furthest from the reference.

    Returns
    -------
    explanations : tuple of GapExplanation
        Up to five a grouping: selection rate, mean score, its log-odds where SHAP's explainers work on
        that scale (attributes only), true and false positive rate.
    absent : tuple of Absent
        Gaps that could not be explained, each with the reason.
    """
    quick = _quick(subject)
    jobs = [
        (grouping, metric)
        for grouping in groupings
        for metric in METRICS
        if metric != "mean_log_odds"
        or (len(grouping.attributes) == 1 and has_log_odds(subject.model.estimator))
    ]
    found, absent = [], []
    for i, (grouping, metric) in enumerate(jobs):
        progress("explaining", i, len(jobs))
        pair = furthest(grouping, metric, min_group_size)
        outcome = Reason.BELOW_MINIMUM if pair is None else _explain(subject, quick, grouping, metric, pair)
        if isinstance(outcome, GapExplanation):
            found.append(outcome)
        else:
            part = f"explanation of the gap in {metric.replace('_', ' ')} by {grouping.name}"
            absent.append(Absent(part=part, reason=outcome.sentence))
    progress("explaining", len(jobs), len(jobs))
    return tuple(found), tuple(absent)


def has_log_odds(estimator: Any) -> bool:
    """Tell whether a model, or a pipeline's last step, scores by log-odds that are linear in its inputs.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> has_log_odds(LogisticRegression())
    True
    """
    last = last_step(estimator)
    return hasattr(last, "predict_proba") and type(last).__name__ in LOGISTIC


def last_step(estimator: Any) -> Any:
    """Return a pipeline's last step, or the estimator itself."""
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if steps else estimator


def _leaves(estimator: Any) -> int:
    """Count the leaves of a tree model: the work of SHAP's tree explainer grows with them."""
    last = last_step(estimator)
    trees = [last] if hasattr(last, "tree_") else np.ravel(getattr(last, "estimators_", []))
    boosted = [tree for stage in getattr(last, "_predictors", []) for tree in stage]
    return sum(int(tree.tree_.n_leaves) for tree in trees) + sum(
        int(tree.get_n_leaf_nodes()) for tree in boosted
    )


def furthest(grouping: GroupingFacts, metric: str, minimum: int) -> tuple[int, int] | None:
    """Choose the groups to explain: the reference (else the largest), and the one selected most unlike it.

    Only groups with at least the minimum size in the metric's denominator (its positives, for the true
    positive rate) count; those that have it for every metric are preferred, so that one pair serves all.
    None where fewer than two groups are left.
    """
    able = _able(grouping, METRICS, minimum)
    if len(able) < 2:
        able = _able(grouping, (metric,), minimum)
    if len(able) < 2:
        return None
    named = [i for i in able if grouping.groups[i].group == grouping.reference]
    reference = named[0] if named else max(able, key=lambda i: grouping.groups[i].rows)
    rates = [group.rates["selection_rate"].value for group in grouping.groups]
    others = [i for i in able if i != reference]
    return max(others, key=lambda i: abs(rates[i] - rates[reference])), reference


def _able(grouping: GroupingFacts, metrics: Sequence[str], minimum: int) -> list[int]:
    return [
        i
        for i, group in enumerate(grouping.groups)
        if not (group.below_minimum or group.withheld or group.missing)
        and all(group.rates[name].rows >= minimum for name in metrics if name in group.rates)
    ]


def _quick(subject: Subject) -> Quick | None:
    rows = subject.model.rows(subject.frame)
    if not _probable(subject) or not isinstance(rows, pd.DataFrame):
        return None
    return quick_scorer(subject.model.estimator, rows, output=_position(subject))


def _probable(subject: Subject) -> bool:
    """Tell whether the audited scores are the probabilities that the quick readers of models give."""
    return subject.model.has_scores and subject.model.score_kind == "probability"


def _position(subject: Subject) -> int:
    classes = subject.model.classes
    return classes.index(resolve_label(plain(subject.pos_label), classes, "pos_label"))


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
    if isinstance(explained, Reason):
        return explained
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


def _engine(subject: Subject, quick: Quick | None, metric: str, rows: GapRows) -> Explained | Reason:
    on_its_scale = metric == "mean_log_odds" or _probable(subject)
    if KINDS[metric].output == "score" and on_its_scale and _leaves(subject.model.estimator) <= MOST_LEAVES:
        try:
            return _by_shap(subject, rows, log_odds=metric == "mean_log_odds")
        except ModelError:
            # SHAP has no sound explainer for this model on this scale; the walks explain any model's scores.
            if metric == "mean_log_odds":
                return Reason.NO_EXPLAINER
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


def _by_shap(subject: Subject, rows: GapRows, *, log_odds: bool) -> Explained:
    return explain_mean_score(
        subject.model.estimator,
        subject.frame,
        group_rows=rows.group,
        reference_rows=rows.reference,
        sample_weight=subject.weight,
        output=_position(subject),
        log_odds=log_odds,
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
