"""The search for a better trade-off: train, measure, choose on held-back rows, compare on test rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier

from ..errors import InputError
from ..metrics.groups import Column
from ..mitigation.folds import Folds, folds_of
from ..mitigation.frontier import Choice, Point, choose, dominators
from ..mitigation.method import Plan
from ..mitigation.methods import METHODS
from ..mitigation.search import (
    ALONE_BELOW,
    CONTROL,
    Candidate,
    Searched,
    Trial,
    candidates_of,
    decided,
    search,
    trained,
    work_of,
)
from ..mitigation.search import Rows as SearchRows
from .deployed import MitigatedModel
from .frontier_points import Bench, measured
from .frontier_question import Question
from .frontier_task import Search
from .mitigating import Job, Rows, figures_of
from .paired_figures import crossed
from .record import MitigationFacts
from .record_frontier import FrontierFacts, FrontierPoint, LeftOut, MethodFacts

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Found:
    """What a search found; the model is None where the unmitigated one was chosen, or none could be."""

    facts: FrontierFacts
    model: MitigatedModel | None


def explore(task: Search, progress: Progress) -> Found:
    """Search the frontier, choose on held-back training rows, and train the chosen model on all of them.

    Returns
    -------
    Found
        Without verdicts: the caller judges the model, as it judges every other.

    Raises
    ------
    InputError
        The model is no classifier, the labels are not two, or the unmitigated model itself cannot be trained
        again.
    """
    job = task.job
    negative = _negative_label(job)
    plan = task.plan
    suited, left_out = _sorted_out(task, plan)
    rows = SearchRows(
        job.train.frame.reset_index(drop=True), job.train.labels.astype(np.int64), task.groups(job.train),
        job.train.weight,
    )  # fmt: skip
    folds = folds_of(_strata(task), task.asked.cv, seed=job.options.seed, people=task.people)
    candidates = candidates_of(suited)
    jobs = _jobs(len(rows.labels) * folds.turns * work_of(candidates))
    searched = search(
        plan, rows, folds, candidates,
        threshold=job.threshold, budget=task.asked.budget, jobs=jobs, progress=progress,
    )  # fmt: skip
    _refuse_untrainable(searched)
    points = _points(task, folds, searched.trials, jobs, progress)
    choice = _choice(task, points)
    facts = _facts(task, folds, searched, points, choice, left_out)
    chosen = next((t.candidate for t in searched.trials if t.candidate.name == choice.name), None)
    if chosen is None or chosen.method == CONTROL:
        return Found(facts, None)
    return _finished(task, plan, rows, chosen, negative, facts)


def _negative_label(job: Job) -> Any:
    if not is_classifier(job.model.estimator):
        said = type(job.model.estimator).__name__
        message = f"a classifier of scikit-learn is searched, got {said}, which is none"
        raise InputError.of("not_a_classifier", "model", message)
    values = job.train.target[~job.train.labels].dropna().unique().tolist()
    if len(values) != 1 or job.train.labels.all() or not job.train.labels.any():
        listed = ", ".join(map(repr, values[:5])) or "none"
        message = f"training rows need the positive label and one other, got besides it: {listed}"
        raise InputError.of("not_two_labels", "target", message)
    return values[0]


def _sorted_out(task: Search, plan: Plan) -> tuple[list[str], list[LeftOut]]:
    """Tell the methods that can be searched from those that cannot, or must not."""
    suited, left_out = [], []
    for name in dict.fromkeys(task.asked.methods):
        method = METHODS[name]
        reason = method.why_not(plan)
        if reason is not None:
            left_out.append(LeftOut(name=name, why="unsuited", reason=reason))
        elif task.forbids_decision and method.needs_of(plan) == "decision":
            why = "it needs the sensitive attribute for every decision, which the policy forbids"
            left_out.append(LeftOut(name=name, why="forbidden", reason=why))
        else:
            suited.append(name)
    return suited, left_out


def _strata(task: Search) -> NDArray[np.int64]:
    codes, _ = crossed(task.job.train.attributes, task.question.attributes)
    return codes * 2 + task.job.train.labels.astype(np.int64)


def _jobs(work: int) -> int:
    """Choose the number of processes; what is found does not depend on it."""
    import joblib  # noqa: PLC0415 - only a search needs it

    return 1 if work < ALONE_BELOW else int(joblib.cpu_count())


def _refuse_untrainable(searched: Searched) -> None:
    failed = next((item for item in searched.failed if item.candidate.method == CONTROL), None)
    if failed is not None:
        message = f"the model cannot be trained again on its training rows: {failed.reason}"
        raise InputError.of("untrainable", "model", message)


def _points(
    task: Search, folds: Folds, trials: Sequence[Trial], jobs: int, progress: Progress
) -> list[FrontierPoint]:
    """Measure every candidate on the rows that were held back."""
    import joblib  # noqa: PLC0415 - only a search needs it

    bench = _bench(task, folds)
    pool = joblib.Parallel(n_jobs=jobs, return_as="generator")
    found = []
    for point in pool(joblib.delayed(measured)(bench, trials[0], trial) for trial in trials):
        found.append(point)
        progress("measuring the frontier", len(found), len(trials))
    return _ranked(task.question, found)


def _bench(task: Search, folds: Folds) -> Bench:
    job, at = task.job, folds.validated
    held: Rows = job.train
    return Bench(
        question=task.question,
        labels=held.labels[at],
        attributes={
            name: Column(name, column.codes[at], column.levels, column.ordered)
            for name, column in held.attributes.items()
        },
        weight=None if held.weight is None else held.weight[at],
        weight_kind=job.weight_kind,
        groupings=job.groupings,
        reference=task.reference,
        options=job.options,
    )


def _as_points(points: Sequence[FrontierPoint]) -> list[Point]:
    return [
        Point(p.name, p.score.after.value, p.gap.after.value, p.score.before.value - p.score.after.value)
        for p in points
    ]


def _ranked(question: Question, points: Sequence[FrontierPoint]) -> list[FrontierPoint]:
    over = dominators(_as_points(points), question.fair)
    return [
        point.model_copy(
            update={
                "pareto": point.name in over and over[point.name] is None,
                "dominated_by": over.get(point.name),
            }
        )
        for point in points
    ]


def _choice(task: Search, points: Sequence[FrontierPoint]) -> Choice:
    question = task.question
    able = [point for point in points if not (task.forbids_decision and point.needs_sensitive == "decision")]
    return choose(_as_points(able), question.bounds, tolerance=question.tolerance, fair=question.fair)


def _facts(  # noqa: PLR0917 - what was found, in the order of the work
    task: Search,
    folds: Folds,
    searched: Searched,
    points: Sequence[FrontierPoint],
    choice: Choice,
    left_out: Sequence[LeftOut],
) -> FrontierFacts:
    question, asked, bounds = task.question, task.asked, task.question.bounds
    failed = [LeftOut(name=i.candidate.name, why="failed", reason=i.reason) for i in searched.failed]
    late = [
        LeftOut(name=item.name, why="no_time", reason="the time budget was spent before its turn")
        for item in searched.not_tried
    ]
    return FrontierFacts(
        metric=question.metric.name,
        grouping=question.grouping,
        scoring=question.scoring,
        limit_min=None if bounds is None or not np.isfinite(bounds.low) else bounds.low,
        limit_max=None if bounds is None or not np.isfinite(bounds.high) else bounds.high,
        tolerance=question.tolerance,
        folds=folds.turns,
        trained_rows=len(folds.pairs[0][0]),
        validated_rows=len(folds.validated),
        budget=asked.budget,
        cut_short=bool(searched.not_tried),
        forbids_decision=task.forbids_decision,
        hides_sensitive=task.forbids_decision and bool(task.plan.sensitive_columns),
        methods=tuple(_method_facts(task, name) for name in dict.fromkeys(p.method for p in points)),
        points=tuple(points),
        left_out=(*left_out, *failed, *late),
        chosen=choice.name,
        rule=choice.rule,
        judged=None,
    )


def _method_facts(task: Search, name: str) -> MethodFacts:
    method = METHODS[name]
    return MethodFacts(
        name=name,
        description=method.description,
        family=method.family,
        dial=method.dial,
        needs_sensitive=method.needs_of(task.plan),
    )


def _finished(  # noqa: PLR0917 - the chosen candidate, and what it is trained with
    task: Search, plan: Plan, rows: SearchRows, chosen: Candidate, negative: Any, facts: FrontierFacts
) -> Found:
    """Train the chosen model on all training rows, and compare it with the given one on the test rows."""
    job, method = task.job, METHODS[chosen.method]
    again = trained(plan, method, chosen.strength, rows)
    test = job.test
    before = job.model.decide(test.frame, job.pos_label, job.threshold)
    after, _ = decided(again.estimator, method, test.frame, task.groups(test), job.threshold)
    judged = MitigationFacts(
        method=chosen.name,
        description=again.description,
        needs_sensitive=again.needs_sensitive,
        figures=figures_of(job, before, after),
        notes=again.notes,
    )
    needs_groups = method.needs_sensitive == "decision"
    positive = job.train.target[job.train.labels].iloc[0]
    sensitive = list(task.question.attributes) if needs_groups else []
    model = MitigatedModel(
        again.estimator,
        method=chosen.method,
        inputs=[str(name) for name in job.train.frame.columns],
        classes=[negative, positive],
        threshold=job.threshold,
        sensitive=sensitive,
        bands={name: list(task.roles.bands[name]) for name in sensitive if name in task.roles.bands},
        whole={name: bool(task.roles.whole[name]) for name in sensitive if name in task.roles.bands},
    )
    return Found(facts.model_copy(update={"judged": judged}), model)
