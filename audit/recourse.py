"""Recourse in an audit: what refused people of each group would have to change, and why they were refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ModelError, Reason
from ..metrics.flips import counterfactual_flip_rate
from ..metrics.groups import Column
from .explain.counterfactual import find_counterfactuals
from .explain.counterfactual_rules import Rules, check_rules, tied_columns
from .explain.counterfactual_search import Limits
from .explain.local_pool import Pool, pool_of
from .explain.pairing import Ints
from .explain.reasons import compared_with, principal, shortfalls
from .explain.recourse_groups import People, grouping_recourse
from .explain.recourse_rules import rules_of
from .explaining import Subject
from .explaining_model import last_step
from .limit_figures import group_name
from .model import Model
from .paired_figures import crossed
from .record import Absent, GroupingFacts
from .record_recourse import FlipShare, RecourseFacts
from .roles import Roles
from .settings import Settings

Progress = Callable[[str, int, int], None]

MOST_GROUPS = 12
COMPARED = 2000
FLIPPED = 5000
MOST_LEVELS = 12


@dataclass(frozen=True)
class Effort:
    """How much is asked of a model.

    Parameters
    ----------
    sample : int
        Refused people drawn of each group; one person may stand for several groups.
    draws : int
        Rows that each is compared with, for the reasons.
    limits : Limits
    """

    sample: int
    draws: int
    limits: Limits


LIGHT = Effort(80, 100, Limits(wanted=1, budget=2000, beam=8))
"""For linear models, which answer a million times a second."""
HEAVY = Effort(40, 40, Limits(wanted=1, budget=500, beam=6))
"""For all others."""


def effort_for(model: Model) -> Effort:
    """Choose how much is asked: it depends on the kind of model alone, so that results do not on the clock.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from evenhand.audit.model import wrap_model
    >>> model = wrap_model(LogisticRegression().fit([[0.0], [1.0]], [0, 1]))
    >>> effort_for(model).sample, effort_for(wrap_model(lambda rows: rows["a"], ["a"], [0, 1])).sample
    (80, 40)
    """
    return LIGHT if hasattr(last_step(model.estimator), "coef_") else HEAVY


@dataclass(frozen=True)
class RecourseJob:
    """What recourse is measured on.

    Parameters
    ----------
    model : Model
    frame : pandas.DataFrame
        The model's input columns.
    attributes : dict of str to Column
        The sensitive attributes of the same rows.
    banded : frozenset of str
        Attributes that are cut from a column of numbers.
    pos_label : object
    threshold : float
    rules : Rules
    min_group_size : int
    seed : int
    level : float
    effort : Effort
    """

    model: Model
    frame: pd.DataFrame
    attributes: dict[str, Column]
    banded: frozenset[str]
    pos_label: Any
    threshold: float
    rules: Rules
    min_group_size: int
    seed: int
    level: float
    effort: Effort = LIGHT


def group_recourse(
    subject: Subject,
    settings: Settings,
    roles: Roles,
    groupings: Sequence[GroupingFacts],
    progress: Progress,
) -> tuple[RecourseFacts | None, tuple[Absent, ...]]:
    """Measure recourse in an audit, by its settings; or say why it was not measured.

    Raises
    ------
    InputError
        The settings' rules do not fit the model's columns.
    """
    progress("recourse", 0, 1)
    job = RecourseJob(
        model=subject.model,
        frame=subject.frame,
        attributes=subject.attributes,
        banded=frozenset(roles.bands),
        pos_label=subject.pos_label,
        threshold=subject.threshold,
        rules=rules_of(
            settings.recourse,
            [str(name) for name in subject.frame.columns],
            sensitive=roles.sensitive,
            proxies=settings.proxies,
        ),
        min_group_size=settings.fewest,
        seed=subject.seed,
        level=subject.level,
        effort=effort_for(subject.model),
    )
    found: RecourseFacts | Absent
    try:
        found = recourse_facts(job, groupings)
    except ModelError as error:
        # Changed rows are asked about that nobody has; a model may refuse them, and the audit goes on.
        found = Absent(part="recourse by group", reason=error.problems[0].message)
    progress("recourse", 1, 1)
    return (None, (found,)) if isinstance(found, Absent) else (found, ())


def recourse_facts(job: RecourseJob, groupings: Sequence[GroupingFacts]) -> RecourseFacts | Absent:
    """Measure recourse, principal reasons and flips for the groups of every attribute.

    Refused people are sampled: the same number of each group, by one random order of all people, so that
    each group's are a simple random sample of its refused. Everyone drawn counts once, whatever the weight.

    Returns
    -------
    RecourseFacts or Absent
        Absent where nobody is refused, nobody is accepted, or no group has enough refused people.

    Raises
    ------
    InputError
        The rules do not fit the columns.
    ModelError
        The model fails on a changed row.
    """
    refused = np.flatnonzero(~job.model.decide(job.frame, job.pos_label, job.threshold))
    if len(refused) in {0, len(job.frame)}:
        all_of = "nobody is refused" if not len(refused) else "nobody is accepted"
        return Absent(part="recourse by group", reason=f"it is for refused people among others, and {all_of}")
    singles = [part for part in groupings if len(part.attributes) == 1]
    codes = {part.name: crossed(job.attributes, part.attributes) for part in singles}
    chosen = _sampled(job, singles, codes, refused)
    if not len(chosen):
        reason = f"no group has {job.min_group_size} refused people, the minimum size"
        return Absent(part="recourse by group", reason=reason)
    pool = pool_of(
        job.model,
        job.frame,
        chosen.tolist(),
        pos_label=job.pos_label,
        threshold=job.threshold,
        draws=COMPARED,
        seed=job.seed,
    )
    check_rules(job.rules, pool)
    if not pool.selected[pool.others].any():
        reason = (
            f"nobody of {len(pool.others):,} people drawn is accepted, so there is nobody to compare with"
        )
        return Absent(part="recourse by group", reason=reason)
    people = _people(job, pool, refused, chosen)
    return RecourseFacts(
        groupings=tuple(
            grouping_recourse(part, *codes[part.name], people, job.min_group_size, job.level)
            for part in singles
        ),
        flips=tuple(_flips(job, pool)),
        immutable=tuple(name for name in pool.columns if name in job.rules.immutable),
        changeable=tuple(name for name in pool.columns if name not in job.rules.immutable),
        monotone={name: str(way) for name, way in job.rules.monotone.items()},
        ranges=dict(job.rules.ranges),
        tied=tuple(tuple(pool.columns[at] for at in block) for block in tied_columns(pool) if len(block) > 1),
        sampled=len(chosen),
        compared=len(pool.others),
        most_changes=job.effort.limits.most_changes,
        draws=job.effort.draws,
        flip_rows=min(FLIPPED, len(job.frame)),
        seed=job.seed,
    )


def _sampled(
    job: RecourseJob,
    groupings: Sequence[GroupingFacts],
    codes: dict[str, tuple[NDArray[np.int64], tuple[Any, ...]]],
    refused: Ints,
) -> Ints:
    ordered = np.random.default_rng(job.seed).permutation(refused)
    kept: set[int] = set()
    for part in groupings:
        row_codes, groups = codes[part.name]
        able = {
            item.group for item in part.groups if not (item.withheld or item.missing or item.below_minimum)
        }
        sizes = np.bincount(row_codes[refused], minlength=len(groups))
        largest = np.argsort(-sizes, kind="stable")[:MOST_GROUPS]
        for at in largest:
            if groups[at] in able and sizes[at] >= job.min_group_size:
                kept.update(ordered[row_codes[ordered] == at][: job.effort.sample].tolist())
    return ordered[np.isin(ordered, list(kept))]


def _people(job: RecourseJob, pool: Pool, refused: Ints, chosen: Ints) -> People:
    places = list(range(len(chosen)))
    ways = find_counterfactuals(pool, places, job.rules, job.effort.limits)
    first = [found[0] if found and found[0].plausible else None for found in ways]
    approved = compared_with(pool, "approved")
    draws = [
        shortfalls(pool, places, approved, draws=job.effort.draws, seed=job.seed + more) for more in (1, 2)
    ]
    everyone = compared_with(pool, "all")
    other = shortfalls(pool, places, everyone, draws=job.effort.draws, seed=job.seed + 3)
    return People(
        columns=pool.columns,
        refused=refused,
        chosen=chosen,
        most=job.effort.sample,
        costs=np.array([np.inf if way is None else way.cost for way in first]),
        changes=np.array([np.nan if way is None else way.changes for way in first]),
        reasons=tuple(tuple(principal(values)) for values in draws[0]),
        again=tuple(tuple(principal(values)) for values in draws[1]),
        otherwise=tuple(tuple(principal(values)) for values in other),
    )


def _flips(job: RecourseJob, pool: Pool) -> list[FlipShare]:
    rows = np.random.default_rng(job.seed).permutation(len(job.frame))[:FLIPPED]
    sample = job.frame.iloc[np.sort(rows)].reset_index(drop=True)
    found = []
    for name, attribute in job.attributes.items():
        if name in pool.columns and name not in job.banded and len(attribute.levels) <= MOST_LEVELS:
            share = counterfactual_flip_rate(
                lambda rows: job.model.decide(rows, job.pos_label, job.threshold).astype(int),
                sample,
                name,
                level=job.level,
            )
            by_group = tuple((group_name((level,)), item) for level, item in share.by_group.items())
            found.append(FlipShare(column=name, value=share.value, by_group=by_group))
    return [item for item in found if item.value.reason is not Reason.SINGLE_GROUP]
