"""The model as a whole, in an audit: proxies, importance, curves, a surrogate, and whether to trust it all.

Everything is asked on a sample of rows in which no group is lost; figures are weighted back to all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from ..errors import InputError
from ..metrics.results import Group
from .explain.averages import grouped
from .explain.dependence import partial_dependence_by_group
from .explain.effects import accumulated_local_effects
from .explain.importance import Importances, Reliance, Shuffled, importances_of
from .explain.surrogate import fidelity_of, grow_tree
from .explaining import Subject
from .record import Absent, GroupingFacts
from .record_explain import GapExplanation
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
from .whole_rows import REPEATS, Asked, ask_model, shuffled_of, threshold_of
from .whole_trust import Trusted, trust_facts

Progress = Callable[[str, int, int], None]

TOP_COLUMNS = 3
"""Columns whose curves are drawn where the settings name none."""
CURVE_ROWS = 150
CURVE_VALUES = 9
EFFECT_BINS = 12


@dataclass(frozen=True)
class WholeWanted:
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


def examine_model(
    subject: Subject,
    groupings: Sequence[GroupingFacts],
    wanted: WholeWanted,
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
    wanted : WholeWanted
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
        None
        if asked is None
        else _tried("the model as a whole", absent, partial(shuffled_of, subject, asked))
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


def _whole(  # noqa: PLR0917 - what was found so far
    subject: Subject,
    asked: Asked,
    shuffled: Shuffled,
    everybody: Importances,
    wanted: WholeWanted,
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
    asked: Asked, reliance: Sequence[Reliance], wanted: WholeWanted, absent: list[Absent]
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


def _dependence(
    subject: Subject, asked: Asked, column: str, name: str, wanted: WholeWanted
) -> DependenceFacts:
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


def _surrogate(subject: Subject, asked: Asked, wanted: WholeWanted) -> SurrogateFacts:
    """Grow one tree, and measure its fidelity by every attribute."""
    parts = np.column_stack([groups.codes for groups in asked.groups.values()])
    codes = np.ravel(np.unique(parts, axis=0, return_inverse=True)[1])
    grown = grow_tree(asked.scorer, asked.weight, codes, threshold=threshold_of(subject), seed=subject.seed)
    everybody = {"": grouped(None, len(asked.weight))}
    found = [
        FidelityFacts(grouping=name, group=item.group, agreement=item.agreement, r2=item.r2)
        for name, groups in {**everybody, **asked.groups}.items()
        for item in fidelity_of(grown, groups, minimum=wanted.min_group_size, level=subject.level)
        if not name or _shown(item.group)
    ]
    return surrogate_facts(grown, tuple(found))
