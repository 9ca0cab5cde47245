"""The order of work: read, count, measure, explain, mitigate, judge, document."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..errors import InputError, Problem
from ..metrics.cube import SCORE, Cube
from ..metrics.cube_io import cube_to_dict
from ..metrics.disparity import Options
from ..metrics.rates import GroupTable
from .answers import Answers
from .clock import now
from .coarse import with_coarse
from .conditional import conditional_facts
from .deployed import MitigatedModel
from .document import datasheet_facts
from .frontier_run import asked_question
from .gate import judge, refuse_unknown, worst_state
from .local_law import scored_cube
from .measure import Plan, check_reference, grouping_facts, overall_facts, tables_of
from .people import repeated_people
from .policy import Policy
from .profile_evidence import check_profiles, with_profiles
from .reach import reach_facts
from .record import (
    GroupingFacts,
    ModelFacts,
    Record,
    Software,
    SourceFacts,
    Task,
)
from .request import Request
from .rows import Table, count_rows, inputs_of
from .run_extras import Extras, model_extras
from .run_notes import count_notes, model_notes
from .scoring import with_scores
from .settings import Settings
from .slices import search_table

Progress = Callable[[str, int, int], None]

PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "duckdb", "pyarrow", "narwhals", "shap", "fairlearn")
MOST_CELLS = 100_000
"""A record keeps the score axis of its cube up to so many cells; beyond, counts of decisions only."""


@dataclass(frozen=True)
class Sources:
    """What was audited."""

    data: SourceFacts
    train: SourceFacts | None
    model: ModelFacts | None
    task: Task
    datasheet: dict[str, Any] | None
    answers: Answers | None


def run_search(request: Request, progress: Progress) -> tuple[Record, Cube, MitigatedModel | None]:
    """Make an audit, and hand over the model that the search of the frontier chose.

    Parameters
    ----------
    request : Request
    progress : callable
        Called with the stage, what is done of it, and its total.

    Returns
    -------
    record : Record
    cube : Cube
        The full one; the record's may be without its score axis.
    chosen : MitigatedModel or None
        None where no frontier was searched, or the unmitigated model was chosen.
    """
    progress("reading rows", 0, 1)
    cube = count_rows(request.test, request.roles, request.model)
    progress("reading rows", 1, 1)
    plan = plan_of(request.settings, request.roles.groupings)
    tables = tables_of(cube, plan.groupings)
    check_names(plan, request.policy, tables)
    scored = scored_cube(request.test, request.roles, request.model, request.settings)
    check_profiles(cube, scored, request.settings, plan.groupings)
    question = asked_question(request, tables, plan.options)
    people = repeated_people(request.test, request.roles, request.model, cube, plan.options)
    plan = replace(plan, designs=people.designs)
    groupings = grouping_facts(cube, plan)
    made = model_extras(request, plan, groupings, question, progress)
    extras = replace(
        made,
        people=people.facts,
        within=people.within,
        notes=(*made.notes, *model_notes(request.model), *people.notes),
        slices=search_table(request.test, request.roles, request.model, request.settings, progress),
        scored=scored,
    )
    progress("documenting", 0, 1)
    sources = Sources(
        data=_source(request.test, request.settings.credit),
        train=None if request.train is None else _source(request.train, None),
        model=_model_facts(request),
        task=_task(request),
        datasheet=datasheet_facts(request.test.dataset, request.settings, request.roles),
        answers=request.answers,
    )
    progress("documenting", 1, 1)
    record = record_of(cube, plan, groupings, request.settings, request.policy, extras, sources)
    return record, cube, extras.chosen


def check_names(plan: Plan, policy: Policy | None, tables: Mapping[str, GroupTable]) -> None:
    """Refuse a reference or a policy that does not fit, before the long work and not after it.

    Raises
    ------
    InputError
        With every name that the audit does not have.
    """
    problems: list[Problem] = []
    limits = () if policy is None else policy.limits
    checks = (partial(check_reference, plan, tables), partial(refuse_unknown, limits, tables))
    for check in checks:
        try:
            check()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def record_of(  # noqa: PLR0917 - what was found, in the order of the work
    cube: Cube,
    plan: Plan,
    groupings: tuple[GroupingFacts, ...],
    s: Settings,
    policy: Policy | None,
    extras: Extras,
    sources: Sources,
) -> Record:
    """Judge, and put everything that was found into one record."""
    limits = () if policy is None else policy.limits
    tables = tables_of(cube, plan.groupings, plan.designs)
    verdicts = judge(limits, tables, min_group_size=s.min_group_size, seed=s.seed)
    kept = cube if len(cube.codes) <= MOST_CELLS else cube.keep(*(n for n in cube.names if n != SCORE))
    record = Record(
        created=now(),
        title=s.title or sources.data.name,
        software=_software(),
        data=sources.data,
        train=sources.train,
        model=sources.model,
        task=sources.task,
        settings=s.canonical(),
        settings_sha256=s.sha256,
        policy_name=None if policy is None else policy.name,
        policy_sha256=None if policy is None else policy.sha256,
        seed=s.seed,
        level=s.level,
        min_group_size=s.min_group_size,
        privacy_minimum=s.privacy_minimum,
        overall=overall_facts(cube, plan),
        groupings=groupings,
        explanations=extras.explanations,
        mitigation=extras.mitigation,
        verdicts=verdicts,
        verdict=worst_state(verdicts),
        absent=extras.absent,
        notes=(*extras.notes, *count_notes(cube, kept, groupings, s)),
        cube=cube_to_dict(kept),
        datasheet=sources.datasheet,
        answers=sources.answers,
        conditional=conditional_facts(cube, cube.of_role("control"), plan, extras.within),
        slices=extras.slices,
        proxies=extras.examined.proxies,
        whole=extras.examined.whole,
        trust=extras.examined.trust,
        people=extras.people,
        reach=reach_facts(cube, plan),
        label_checks=extras.label_checks,
        recourse=extras.recourse,
        neural=extras.neural,
        frontier=extras.frontier,
    )
    return with_profiles(with_scores(with_coarse(record, cube), cube), cube, extras.scored, s)


def plan_of(s: Settings, groupings: tuple[tuple[str, ...], ...]) -> Plan:
    """Say what is compared with what."""
    options = Options(level=s.level, min_group_size=s.min_group_size, seed=s.seed)
    return Plan(groupings, s.reference, options, s.privacy_minimum)


def _software() -> Software:
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return Software(evenhand=version("evenhand"), python=platform.python_version(), packages=found)


def _source(table: Table, credit: str | None) -> SourceFacts:
    data = table.dataset
    return SourceFacts(
        name=data.name, sha256=data.sha256, rows=data.rows, columns=len(data.columns), credit=credit
    )


def _model_facts(request: Request) -> ModelFacts | None:
    model = request.model
    if model is None:
        return None
    inputs = inputs_of(model, request.roles)
    uses = tuple(name for name in request.roles.sensitive if name in inputs)
    return ModelFacts(description=model.description, sha256=model.sha256, inputs=inputs, uses_sensitive=uses)


def _task(request: Request) -> Task:
    roles, model = request.roles, request.model
    scored = roles.score is not None or (model is not None and model.has_scores)
    return Task(
        target=roles.target,
        pos_label=None if roles.pos_label is None else _label(roles.pos_label),
        prediction=roles.prediction,
        score=roles.score,
        threshold=roles.threshold if scored and roles.prediction is None else None,
        weight=roles.weight,
        weight_kind=None if roles.weight is None else request.settings.weight_kind,
    )


def _label(value: Any) -> str:
    return str(value)
