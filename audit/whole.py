"""The model as a whole, in an audit: proxies, importance, curves, a surrogate, and whether to trust it all.

Everything is asked on a sample of rows in which no group is lost; figures are weighted back to all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ..errors import InputError, ModelError
from ..metrics.results import Group
from ..mitigation.rows import RowGroups
from .explain.asking import Scorer, scorer_of
from .explain.averages import grouped, stratified_rows
from .explain.blocks import quick_scorer
from .explain.dependence import partial_dependence_by_group
from .explain.effects import accumulated_local_effects
from .explain.importance import Importances, Reliance, Shuffled, importances_of, shuffled_columns
from .explain.pairing import Floats, Ints
from .explain.surrogate import fidelity_of, grow_tree
from .explaining import Subject
from .labels import plain, resolve_label
from .mitigating import crossed
from .model import MODEL_FAULTS
from .record import Absent, GapExplanation, GroupingFacts
from .record_global import (
    DependenceFacts,
    EffectsFacts,
    FidelityFacts,
    ImportanceFacts,
    RelianceFacts,
    SurrogateFacts,
    WholeFacts,
)
from .record_proxies import ProxyFacts
from .record_trust import TrustFacts
from .whole_parts import dependence_facts, effects_facts, surrogate_facts
from .whole_proxies import proxy_facts
from .whole_trust import Trusted, trust_facts

Progress = Callable[[str, int, int], None]

ROWS = 2_500
"""Rows asked; more where groups are small."""
REPEATS = 5
TOP_COLUMNS = 3
"""Columns whose curves are drawn where the settings name none."""
CURVE_ROWS = 150
CURVE_VALUES = 9
EFFECT_BINS = 12


@dataclass(frozen=True)
class Wanted:
    """What the settings ask for.

    Parameters
    ----------
    columns : tuple of str
        Columns whose curves and effects are drawn; empty: those that the model leans on most.
    sensitive, proxies : tuple of str
    min_group_size : int
    """

    columns: tuple[str, ...]
    sensitive: tuple[str, ...]
    proxies: tuple[str, ...]
    min_group_size: int


@dataclass(frozen=True)
class Examined:
    """What was found, and what could not be looked at."""

    proxies: tuple[ProxyFacts, ...] = ()
    whole: WholeFacts | None = None
    trust: TrustFacts | None = None
    absent: tuple[Absent, ...] = ()


NOT_EXAMINED = Examined()


@dataclass(frozen=True, eq=False)
class Asked:
    """The sample, the model as a function of its rows, and the groups.

    Parameters
    ----------
    scorer : Scorer
    labels : ndarray of bool, shape (rows,)
    weight : ndarray of float, shape (rows,)
    groups : dict of str to RowGroups
        By attribute, of the sampled rows.
    plain : ndarray of int
        Positions of the simple random sample among them.
    """

    scorer: Scorer
    labels: Any
    weight: Floats
    groups: dict[str, RowGroups]
    plain: Ints


def examine_model(
    subject: Subject,
    groupings: Sequence[GroupingFacts],
    wanted: Wanted,
    explanations: Sequence[GapExplanation],
    progress: Progress,
) -> Examined:
    """Look at a model as a whole: which columns it leans on, by group, and whether to trust what explains it.

    Parameters
    ----------
    subject : Subject
        The model on the rows of the audit.
    groupings : sequence of GroupingFacts
        Figures are by the groups of single attributes; intersections are left to the gaps' explanations.
    wanted : Wanted
    explanations : sequence of GapExplanation
        Those of the audit, whose sums are checked.
    progress : callable

    Returns
    -------
    Examined
        A part that the model or the data do not allow is among the absent ones, with the reason.
    """
    absent: list[Absent] = []
    steps = len(subject.attributes) + 3
    progress("examining", 0, steps)
    asked = _tried("the model as a whole", absent, lambda: ask_model(subject))
    shuffled = (
        None if asked is None else _tried("the model as a whole", absent, partial(_shuffle, subject, asked))
    )
    if asked is None or shuffled is None:
        return Examined(absent=tuple(absent))
    everybody = importances_of(
        shuffled, grouped(None, len(asked.weight)), asked.weight, min_group_size=1, level=subject.level
    )
    progress("examining", 1, steps)
    found = []
    for done, name in enumerate(subject.attributes, start=2):
        told = partial(proxy_facts, subject, name, everybody.reliance, wanted.sensitive, wanted.proxies)
        one = _tried(f"proxies of {name}", absent, told)
        found += [] if one is None else [one]
        progress("examining", done, steps)
    whole = _tried(
        "the model as a whole", absent, lambda: _whole(subject, asked, shuffled, everybody, wanted, absent)
    )
    progress("examining", steps - 1, steps)
    trusted = Trusted(subject, asked.scorer, asked.groups, asked.plain, wanted.min_group_size)
    trust = trust_facts(trusted, groupings, explanations)
    progress("examining", steps, steps)
    return Examined(tuple(found), whole, trust, tuple(absent))


_Found = TypeVar("_Found")


def _tried(part: str, absent: list[Absent], make: Callable[[], _Found]) -> _Found | None:
    try:
        return make()
    except InputError as error:
        absent.append(Absent(part=part, reason=error.problems[0].message))
        return None


def ask_model(subject: Subject) -> Asked:
    """Draw the sample, and make the model a function of its rows.

    Raises
    ------
    ModelError
        The model fails on them.
    """
    codes, _ = crossed(subject.attributes, tuple(subject.attributes))
    sample = stratified_rows(codes, ROWS, subject.seed)
    frame = subject.frame.iloc[sample.rows].reset_index(drop=True)
    weight = sample.weight if subject.weight is None else sample.weight * subject.weight[sample.rows]
    groups = {name: _of_attribute(subject, name, sample.rows) for name in subject.attributes}
    return Asked(
        _scorer(subject, frame), subject.labels[sample.rows], weight, groups, np.flatnonzero(sample.plain)
    )


def _shuffle(subject: Subject, asked: Asked) -> Shuffled:
    return shuffled_columns(
        asked.scorer, asked.labels, threshold=_threshold(subject), repeats=REPEATS, seed=subject.seed
    )


def _of_attribute(subject: Subject, name: str, rows: Ints) -> RowGroups:
    codes, levels = crossed(subject.attributes, (name,))
    return RowGroups((name,), levels, codes[rows])


def _scorer(subject: Subject, frame: pd.DataFrame) -> Scorer:
    model, positive, threshold = subject.model, subject.pos_label, subject.threshold
    if not model.has_scores:
        return scorer_of(lambda rows: model.decide(rows, positive, threshold).astype(np.float64), frame)
    rows = model.rows(frame)
    if isinstance(rows, pd.DataFrame):
        at = model.classes.index(resolve_label(plain(positive), model.classes, "pos_label"))
        quick = _guarded(lambda given: quick_scorer(model.estimator, given, output=at))(rows)
        if quick is not None:
            quick = replace(quick, score=_guarded(quick.score))
            return scorer_of(quick.score, rows, quick)
    return scorer_of(lambda rows: model.scores(rows, positive), frame)


def _guarded(call: Callable[[Any], _Found]) -> Callable[[Any], _Found]:
    """Turn whatever a model raises into the error that says so."""

    def asked(rows: Any) -> _Found:
        try:
            return call(rows)
        except MODEL_FAULTS as error:
            said = (
                f"the model fails on these rows: {type(error).__name__}: {error}; give it rows like its own"
            )
            raise ModelError.of("model_failed", "model", said) from error

    return asked


def _threshold(subject: Subject) -> float:
    """Decisions come as 0 and 1, which any threshold between tells apart."""
    return subject.threshold if subject.model.has_scores else 0.5


def _whole(  # noqa: PLR0917 - what was found so far
    subject: Subject,
    asked: Asked,
    shuffled: Shuffled,
    everybody: Importances,
    wanted: Wanted,
    absent: list[Absent],
) -> WholeFacts:
    columns = _columns(asked, everybody.reliance, wanted, absent)
    importances = [_importance(item, "") for item in everybody.items]
    dependences: list[DependenceFacts] = []
    for name, groups in asked.groups.items():
        parts = importances_of(
            shuffled, groups, asked.weight, min_group_size=wanted.min_group_size, level=subject.level
        )
        importances += [_importance(item, name) for item in parts.items if _shown(item.group)]
        dependences += [_dependence(subject, asked, column, name, wanted) for column in columns]
    return WholeFacts(
        rows=len(asked.weight),
        available=len(subject.frame),
        repeats=REPEATS,
        scored=subject.model.has_scores,
        seed=subject.seed,
        columns=columns,
        reliance=tuple(
            RelianceFacts(column=item.column, moved=item.moved, share=item.share)
            for item in everybody.reliance
        ),
        importances=tuple(importances),
        dependences=tuple(dependences),
        effects=tuple(_effects(subject, asked, column) for column in columns),
        surrogate=_surrogate(subject, asked, wanted),
    )


def _columns(
    asked: Asked, reliance: Sequence[Reliance], wanted: Wanted, absent: list[Absent]
) -> tuple[str, ...]:
    known = asked.scorer.columns
    if not wanted.columns:
        return tuple(item.column for item in reliance if item.moved.value > 0)[:TOP_COLUMNS]
    absent.extend(
        Absent(part=f"curves of {name}", reason="the model does not read this column")
        for name in wanted.columns
        if name not in known
    )
    return tuple(name for name in wanted.columns if name in known)


def _shown(group: Group) -> bool:
    """Leave out everybody, who stand there already, and the rows whose attribute is missing."""
    return bool(group) and None not in group


def _importance(item: Any, grouping: str) -> ImportanceFacts:
    return ImportanceFacts(
        column=item.column, grouping=grouping, group=item.group, figure=item.figure, change=item.change
    )


def _dependence(subject: Subject, asked: Asked, column: str, name: str, wanted: Wanted) -> DependenceFacts:
    found = partial_dependence_by_group(
        asked.scorer,
        asked.scorer.X,
        column,
        sensitive_features=asked.groups[name],
        sample_weight=asked.weight,
        values=CURVE_VALUES,
        max_rows=CURVE_ROWS,
        min_group_size=wanted.min_group_size,
        level=subject.level,
        seed=subject.seed,
    )
    return dependence_facts(found, name)


def _effects(subject: Subject, asked: Asked, column: str) -> EffectsFacts:
    found = accumulated_local_effects(
        asked.scorer,
        asked.scorer.X,
        column,
        sample_weight=asked.weight,
        bins=EFFECT_BINS,
        level=subject.level,
    )
    return effects_facts(found)


def _surrogate(subject: Subject, asked: Asked, wanted: Wanted) -> SurrogateFacts:
    """Grow one tree, and measure its fidelity by every attribute."""
    parts = np.column_stack([groups.codes for groups in asked.groups.values()])
    codes = np.ravel(np.unique(parts, axis=0, return_inverse=True)[1])
    grown = grow_tree(asked.scorer, asked.weight, codes, threshold=_threshold(subject), seed=subject.seed)
    everybody = {"": grouped(None, len(asked.weight))}
    found = [
        FidelityFacts(grouping=name, group=item.group, agreement=item.agreement, r2=item.r2)
        for name, groups in {**everybody, **asked.groups}.items()
        for item in fidelity_of(grown, groups, minimum=wanted.min_group_size, level=subject.level)
        if not name or _shown(item.group)
    ]
    return surrogate_facts(grown, tuple(found))
