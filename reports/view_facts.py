"""What was audited: system, model, data, task, policy, each with its fingerprint."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.record import Record, SourceFacts
from . import formats
from .names import isolate, listed, prose, shorten
from .phrases import reworded
from .view_parts import Fact
from .view_verdict import IN_SETTINGS
from .wording import say


def facts(record: Record) -> Iterator[Fact]:
    """List system, model, data, task, policy and settings, with their fingerprints."""
    yield Fact(say("facts.system"), shorten(record.title, 200))
    yield from _model_facts(record)
    yield _source(say("facts.data"), record.data)
    if record.train is not None:
        yield _source(say("facts.train"), record.train)
    yield from _task_facts(record)
    yield Fact(say("facts.attributes"), listed(part.name for part in record.groupings))
    yield from _policy(record)
    yield Fact(say("facts.settings"), say("facts.settings.text"), record.settings_sha256)
    yield Fact(say("facts.level"), say("facts.level.text", level=formats.level(record.level)))
    sizes = say("facts.sizes.text", minimum=record.min_group_size, privacy=record.privacy_minimum)
    yield Fact(say("facts.sizes"), sizes)
    yield Fact(say("facts.seed"), str(record.seed))
    yield Fact(say("facts.created"), formats.moment(prose(record.created)))
    sources = dict.fromkeys(
        source.credit for source in (record.data, record.train) if source and source.credit
    )
    for credit in sources:
        yield Fact(say("facts.credit"), prose(credit))


def _model_facts(record: Record) -> Iterator[Fact]:
    model = record.model
    if model is None:
        yield Fact(say("facts.model"), say("facts.no_model"))
        return
    yield Fact(say("facts.model"), prose(model.description), model.sha256 or "")
    if model.inputs:
        yield Fact(say("facts.inputs"), listed(model.inputs, 30))
        yield Fact(say("facts.uses"), listed(model.uses_sensitive) or say("facts.uses.none"))


def _source(label: str, source: SourceFacts) -> Fact:
    rows, columns = formats.count(source.rows), formats.count(source.columns)
    text = say("facts.table", name=isolate(source.name), rows=rows, columns=columns)
    return Fact(label, text, source.sha256 or "")


def _task_facts(record: Record) -> Iterator[Fact]:
    task = record.task
    if task.target is not None and task.pos_label is not None:
        text = say("facts.favourable.text", target=isolate(task.target), label=isolate(task.pos_label))
        yield Fact(say("facts.favourable"), text)
    yield Fact(say("facts.decision"), _decision(record))
    if task.weight is not None:
        text = say("facts.weight.text", weight=isolate(task.weight), kind=reworded(task.weight_kind or ""))
        yield Fact(say("facts.weight"), text)


def _decision(record: Record) -> str:
    task = record.task
    if task.prediction is not None:
        return say("facts.decision.prediction", prediction=isolate(task.prediction))
    if task.score is not None and task.threshold is not None:
        return say(
            "facts.decision.score", score=isolate(task.score), threshold=formats.number(task.threshold)
        )
    if task.score is not None:
        return say("facts.decision.score_only", score=isolate(task.score))
    return say("facts.decision.model")


def _policy(record: Record) -> Iterator[Fact]:
    if not record.verdicts and record.policy_name is None:
        yield Fact(say("facts.policy"), say("facts.no_policy"))
        return
    own = record.policy_name not in (None, IN_SETTINGS)
    name = isolate(reworded(record.policy_name or "")) if own else say("facts.unnamed_policy")
    yield Fact(say("facts.policy"), name, record.policy_sha256 or "")
    fixed = record.settings.get("policy_fixed")
    yield Fact(say("facts.policy_fixed"), prose(fixed) if fixed else say("facts.policy_fixed.unsaid"))
