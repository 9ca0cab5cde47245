"""What an audit finds beyond the cube's figures: what the model tells, and what training it again does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ..metrics.clusters import ClusterCounts
from ..metrics.cube import Cube
from .deployed import MitigatedModel
from .explaining import Subject, explain_gaps
from .explaining_pairs import Wanted
from .frontier_question import Question
from .frontier_run import searched_frontier
from .label_checking import label_checks
from .looking_inside import look_inside
from .measure import Plan
from .mitigating import Job, Rows, mitigate
from .model import Model
from .record import (
    Absent,
    GroupingFacts,
    MitigationFacts,
    Note,
    SliceFacts,
)
from .record_explain import GapExplanation, LabelCheck
from .record_frontier import FrontierFacts
from .record_neural import NeuralFacts
from .record_people import PeopleFacts
from .record_recourse import RecourseFacts
from .recourse import group_recourse
from .request import Request
from .roles import Roles
from .rows import Table, columns_read, inputs_of, part_of
from .run_notes import not_made, overlap_notes, ready_already
from .whole import NOT_EXAMINED, Examined, WholeWanted, examine_model

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Extras:
    """What was found beyond the cube's figures, and what was not made."""

    explanations: tuple[GapExplanation, ...] = ()
    mitigation: tuple[MitigationFacts, ...] = ()
    absent: tuple[Absent, ...] = ()
    notes: tuple[Note, ...] = ()
    slices: tuple[SliceFacts, ...] = ()
    examined: Examined = NOT_EXAMINED
    people: PeopleFacts | None = None
    within: Mapping[tuple[str, str], ClusterCounts] = field(default_factory=dict)
    label_checks: tuple[LabelCheck, ...] = ()
    recourse: RecourseFacts | None = None
    neural: NeuralFacts | None = None
    scored: Cube | None = None
    """With "above the median" for decisions, where a profile wants scoring rates."""
    frontier: FrontierFacts | None = None
    chosen: MitigatedModel | None = None


def model_extras(
    request: Request,
    plan: Plan,
    groupings: tuple[GroupingFacts, ...],
    question: Question | None,
    progress: Progress,
) -> Extras:
    """Do what needs rows and a model: explain, look inside, and train again."""
    s, model = request.settings, request.model
    absent = not_made(s, model=model is not None, train=request.train is not None)
    if model is None:
        return Extras(absent=tuple(absent))
    test = _rows(request.test, request.roles, model)
    found = _asked(request, _subject(request, model, test), groupings, Extras(absent=tuple(absent)), progress)
    if request.train is None:
        return found
    train = _rows(request.train, request.roles, model)
    job = Job(
        model=model,
        pos_label=request.roles.pos_label,
        threshold=request.roles.threshold,
        train=train,
        test=test,
        groupings=plan.groupings,
        options=plan.options,
        weight_kind=s.weight_kind,
        proxies=s.proxies,
    )
    return _trained_again(request, job, groupings, question, found, progress)


def _subject(request: Request, model: Model, test: Rows) -> Subject:
    return Subject(
        model=model,
        frame=test.frame,
        labels=test.labels,
        attributes=dict(test.attributes),
        weight=test.weight,
        pos_label=request.roles.pos_label,
        threshold=request.roles.threshold,
        seed=request.settings.seed,
        level=request.settings.level,
        controls=dict(test.control),
    )


def _asked(
    request: Request,
    subject: Subject,
    groupings: tuple[GroupingFacts, ...],
    found: Extras,
    progress: Progress,
) -> Extras:
    """Add what the model tells when it is asked about rows."""
    s = request.settings
    if s.neural:
        neural, missing = look_inside(
            subject, groupings, progress, minimum=s.min_group_size, least=s.privacy_minimum
        )
        found = replace(found, neural=neural, absent=(*found.absent, *missing))
    if s.explain:
        wanted = Wanted(s.explain_gaps, s.explain_game, s.explain_against, s.explain_groups, s.min_group_size)
        explanations, missing = explain_gaps(subject, groupings, progress, wanted)
        recourse, closed = group_recourse(subject, s, request.roles, groupings, progress)
        absent = (*found.absent, *missing, *closed)
        found = replace(found, explanations=explanations, recourse=recourse, absent=absent)
    if s.whole:
        asked = WholeWanted(s.global_columns, request.roles.sensitive, s.proxies, s.min_group_size)
        examined = examine_model(subject, groupings, asked, found.explanations, progress)
        found = replace(found, examined=examined, absent=(*found.absent, *examined.absent))
    return found


def _trained_again(  # noqa: PLR0917 - what is known, in the order of the work
    request: Request,
    job: Job,
    groupings: tuple[GroupingFacts, ...],
    question: Question | None,
    found: Extras,
    progress: Progress,
) -> Extras:
    """Add what training rows tell: overlap, checks of the labels, other ways to train."""
    s = request.settings
    found = replace(found, notes=overlap_notes(job.train, job.test))
    if s.explain_labels:
        least = {"minimum": s.min_group_size, "seed": s.seed}
        checks, missing = label_checks(job.train, job.test, groupings, **least, level=s.level)
        found = replace(found, label_checks=checks, absent=(*found.absent, *missing))
    if isinstance(job.model.estimator, MitigatedModel):
        ready = ready_already(s, frontier=question is not None)
        return replace(found, absent=(*found.absent, *ready))
    if s.mitigate:
        mitigation, missing = mitigate(job, s.methods, progress)
        found = replace(found, mitigation=mitigation, absent=(*found.absent, *missing))
    if question is not None:
        frontier, chosen = searched_frontier(request, job, question, groupings, progress)
        found = replace(found, frontier=frontier, chosen=chosen)
    return found


def _rows(table: Table, roles: Roles, model: Model) -> Rows:
    frame = table.frame(columns_read(roles, model))
    part = part_of(frame, roles, None)
    target = frame[roles.target]
    labels = part.labels
    if labels is None:
        raise TypeError("a model is audited with labels")
    inputs = frame[list(inputs_of(model, roles))]
    return Rows(inputs, labels, target, part.attributes, part.weight, part.control)
