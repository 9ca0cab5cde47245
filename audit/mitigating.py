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
from ..metrics.catalogue import CATALOGUE, RATE_ROWS, Metric
from ..metrics.disparity import Options, entrants, worst_of
from ..metrics.groups import Column
from ..metrics.rates import RATES, GroupTable, count, estimates
from ..metrics.results import Estimate, Group
from ..mitigation.joint import PairedCounts, paired_counts
from ..mitigation.paired import rate_change, worst_gap_change
from ..mitigation.retrain import METHODS, Retrained, plan_for, retrain_model
from .model import MODEL_FAULTS, Model
from .record import Absent, MitigationFacts, MitigationFigure

Progress = Callable[[str, int, int], None]

COMPARED = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "predictive_parity_difference",
    "accuracy_difference",
)


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
    plan = plan_for(
        job.model.estimator, job.train.frame, _groups(job.train), list(job.train.attributes), job.proxies
    )
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
        after = replace(job.model, estimator=again.estimator).decide(
            job.test.frame, job.pos_label, job.threshold
        )
        found.append(_facts(job, again, before, after))
    progress("mitigating", len(methods), len(methods))
    return tuple(found), tuple(absent)


def _groups(rows: Rows) -> dict[str, NDArray[Any]]:
    return {
        name: np.array([_text(level) for level in column.levels], dtype=object)[column.codes]
        for name, column in rows.attributes.items()
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
            job.train.target,
            method=method,
            sensitive_features=_groups(job.train),
            sensitive_columns=list(job.train.attributes),
            proxies=job.proxies,
            sample_weight=job.train.weight,
            seed=job.options.seed,
        )


def _facts(
    job: Job, again: Retrained, before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> MitigationFacts:
    figures = [_accuracy(job, before, after)]
    for attributes in job.groupings:
        figures += _gaps(job, attributes, before, after)
    return MitigationFacts(
        method=again.method,
        description=again.description,
        needs_sensitive=again.needs_sensitive,
        figures=tuple(figures),
        notes=again.notes,
    )


def _joint(
    job: Job, codes: NDArray[Any], size: int, before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> PairedCounts:
    return paired_counts(
        codes,
        job.test.labels,
        before,
        after,
        group_count=size,
        sample_weight=job.test.weight,
        weight_kind=job.weight_kind,
    )


def _accuracy(job: Job, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> MitigationFigure:
    joint = _joint(job, np.zeros(len(before), dtype=np.int64), 1, before, after)
    kind = None if job.test.weight is None else job.weight_kind
    level = job.options.level
    figure = [
        estimates(count(_table((), ((),), joint, side, kind), RATES["accuracy"]), level)[0]
        for side in ("before", "after")
    ]
    change = rate_change(joint, "accuracy", level=level, seed=job.options.seed)
    return MitigationFigure(
        grouping="overall", metric="accuracy", before=figure[0], after=figure[1], change=change
    )


def _table(
    attributes: tuple[str, ...], groups: tuple[Group, ...], joint: PairedCounts, side: str, kind: Any
) -> GroupTable:
    axis = -1 if side == "before" else -2
    rows = joint.rows.sum(axis=axis).astype(float)
    weight = joint.counts.sum(axis=axis)
    square = weight if joint.squares is None else joint.squares.sum(axis=axis)
    measures = np.stack([rows, weight, square, np.zeros_like(rows), np.zeros_like(rows)], axis=-1)
    return GroupTable(attributes, groups, measures, has_label=True, has_decision=True, weight_kind=kind)


def crossed(
    attributes: Mapping[str, Column], names: Sequence[str]
) -> tuple[NDArray[np.int64], tuple[Group, ...]]:
    """Give every row the number of its group in an intersection, in the order of the levels.

    Examples
    --------
    >>> sex = Column("sex", np.array([0, 1, 1]), ("F", "M"))
    >>> codes, groups = crossed({"sex": sex}, ["sex"])
    >>> codes.tolist(), groups
    ([0, 1, 1], (('F',), ('M',)))
    """
    columns = [attributes[name] for name in names]
    shape = [len(column.levels) for column in columns]
    flat = np.ravel_multi_index([np.asarray(column.codes, dtype=np.int64) for column in columns], shape)
    keys, codes = np.unique(flat, return_inverse=True)
    places = np.unravel_index(keys, shape)
    groups = tuple(
        tuple(column.levels[place[i]] for column, place in zip(columns, places, strict=True))
        for i in range(len(keys))
    )
    return codes.astype(np.int64), groups


def _gaps(
    job: Job, attributes: tuple[str, ...], before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> list[MitigationFigure]:
    codes, groups = crossed(job.test.attributes, attributes)
    joint = _joint(job, codes, len(groups), before, after)
    kind = None if job.test.weight is None else job.weight_kind
    tables = [_table(attributes, groups, joint, side, kind) for side in ("before", "after")]
    return [_gap(job, " x ".join(attributes), CATALOGUE[name], tables, joint) for name in COMPARED]


def _gap(
    job: Job, grouping: str, metric: Metric, tables: list[GroupTable], joint: PairedCounts
) -> MitigationFigure:
    compared = sorted(set.intersection(*(set(entrants(table, metric, job.options)[0]) for table in tables)))
    kept = [
        GroupTable(
            t.attributes,
            tuple(t.groups[i] for i in compared),
            t.measures[compared],
            t.has_label,
            t.has_decision,
            t.weight_kind,
        )
        for t in tables
    ]
    before, after = (_estimate(worst_of(table, metric, job.options)) for table in kept)
    change = worst_gap_change(
        joint,
        [RATE_ROWS[rate].name for rate in metric.rates],
        groups=compared,
        comparison="ratio" if metric.kind == "ratio" else "difference",
        level=job.options.level,
        seed=job.options.seed,
    )
    return MitigationFigure(grouping=grouping, metric=metric.name, before=before, after=after, change=change)


def _estimate(figure: Any) -> Estimate:
    return Estimate(figure.value, figure.interval, reason=figure.reason)
