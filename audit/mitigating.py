"""Mitigation in an audit: the pipeline is trained again in each way, and measured on the same test rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import EvenhandWarning, InputError
from ..metrics.disparity import Options
from ..metrics.groups import Column
from ..mitigation.method import Plan
from ..mitigation.methods import METHODS
from ..mitigation.retrain import Retrained, plan_for, retrain_model
from ..mitigation.search import decided
from .model import MODEL_FAULTS, Model
from .paired_figures import COMPARED, Paired, accuracy_figure, gap_figure, grouped
from .record import Absent, MitigationFacts, MitigationFigure

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Rows:
    """Rows of a table as the model and the metrics see them.

    Parameters
    ----------
    frame : pandas.DataFrame
        The model's input columns.
    labels : ndarray of bool, shape (rows,)
    target : pandas.Series
        The labels as the table has them, for training.
    attributes : dict of str to Column
        The sensitive attributes, banded.
    weight : ndarray of float or None
    control : dict of str to Column
        The columns within whose levels like is compared with like.
    """

    frame: pd.DataFrame
    labels: NDArray[np.bool_]
    target: pd.Series[Any]
    attributes: Mapping[str, Column]
    weight: NDArray[np.float64] | None
    control: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """What is compared: the model, its rows, and how figures are made."""

    model: Model
    pos_label: Any
    threshold: float
    train: Rows
    test: Rows
    groupings: tuple[tuple[str, ...], ...]
    options: Options
    weight_kind: Literal["frequency", "survey"]
    proxies: tuple[str, ...]


def mitigate(
    job: Job, methods: Sequence[str], progress: Progress
) -> tuple[tuple[MitigationFacts, ...], tuple[Absent, ...]]:
    """Train the model again in each way and measure before, after and the change.

    Returns
    -------
    facts : tuple of MitigationFacts
        One for each method that suits the model.
    absent : tuple of Absent
        The methods that do not, with the reason.
    """
    before = job.model.decide(job.test.frame, job.pos_label, job.threshold)
    found, absent = [], []
    plan = plan_of(job)
    for i, name in enumerate(methods):
        progress("mitigating", i, len(methods))
        reason = METHODS[name].why_not(plan)
        if reason is not None:
            absent.append(Absent(part=f"mitigation by {name}", reason=reason))
            continue
        again = _tried(job, name)
        if isinstance(again, Absent):
            absent.append(again)
            continue
        found.append(_facts(job, again, before, _decisions(job, again)))
    progress("mitigating", len(methods), len(methods))
    return tuple(found), tuple(absent)


def plan_of(job: Job) -> Plan:
    """Say what the methods may use for the audited model."""
    groups, columns = spelled_groups(job.train.attributes), list(job.train.attributes)
    return plan_for(job.model.estimator, job.train.frame, groups, columns, job.proxies)


def _decisions(job: Job, again: Retrained) -> NDArray[np.bool_]:
    if _as_the_model(again.method):
        same = replace(job.model, estimator=again.estimator)
        return same.decide(job.test.frame, job.pos_label, job.threshold)
    groups = spelled_groups(job.test.attributes)
    return decided(again.estimator, METHODS[again.method], job.test.frame, groups, job.threshold)[0]


def _as_the_model(method: str) -> bool:
    """Tell whether a method's object decides as the audited model does: on its own labels, without groups."""
    chosen = METHODS[method]
    return chosen.decides == "score" and chosen.needs_sensitive != "decision"


def spelled_groups(attributes: Mapping[str, Column]) -> dict[str, NDArray[Any]]:
    """Spell the group of every row as a text, as the methods are given them.

    Examples
    --------
    >>> sex = Column("sex", np.array([0, 1, 1]), ("F", None))
    >>> spelled_groups({"sex": sex})["sex"].tolist()
    ['F', '(missing)', '(missing)']
    """
    return {
        name: np.array([_text(level) for level in column.levels], dtype=object)[column.codes]
        for name, column in attributes.items()
    }


def _text(level: Any) -> str:
    return "(missing)" if level is None else str(level)


def _tried(job: Job, method: str) -> Retrained | Absent:
    """Train again; a model that fails on its training rows is told and leaves the audit standing."""
    try:
        return _retrain(job, method)
    except InputError:
        raise
    except MODEL_FAULTS as error:
        first = (str(error).strip().splitlines() or [""])[0][:300]
        reason = f"the model fails on the training rows: {type(error).__name__}: {first}"
        return Absent(part=f"mitigation by {method}", reason=reason)


def _retrain(job: Job, method: str) -> Retrained:
    with warnings.catch_warnings():
        # What the method warns of stands in the notes of its result, which the record carries.
        warnings.simplefilter("ignore", EvenhandWarning)
        return retrain_model(
            job.model.estimator,
            job.train.frame,
            job.train.target if _as_the_model(method) else job.train.labels.astype(np.int64),
            method=method,
            sensitive_features=spelled_groups(job.train.attributes),
            sensitive_columns=list(job.train.attributes),
            proxies=job.proxies,
            sample_weight=job.train.weight,
            seed=job.options.seed,
        )


def _facts(
    job: Job, again: Retrained, before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> MitigationFacts:
    return MitigationFacts(
        method=again.method,
        description=again.description,
        needs_sensitive=again.needs_sensitive,
        figures=figures_of(job, before, after),
        notes=again.notes,
    )


def figures_of(job: Job, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> tuple[MitigationFigure, ...]:
    """Compare two models' decisions on the test rows: accuracy, and every gap by every grouping."""
    test = job.test
    paired = Paired(test.labels, before, after, test.attributes, test.weight, job.weight_kind, job.options)
    every = [grouped(paired, attributes) for attributes in job.groupings]
    gaps = (gap_figure(paired, by, name) for by in every for name in COMPARED)
    return (accuracy_figure(paired), *gaps)
