"""From a record to the plain sections of the report: what is said, in which order, in which words.

No HTML here: :mod:`.html` draws what this module returns, and :mod:`.charts` the pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace

from ..audit.record import Record, SourceFacts, Verdict
from ..metrics.catalogue import CATALOGUE
from ..metrics.results import Interval
from . import numbers
from .names import isolate, listed, prose, shorten
from .numbers import figure, kind_of
from .view_explain import explain_section
from .view_groups import SHOWN_RATES, grouping_section, rate_chart
from .view_marks import mark, state_mark
from .view_mitigation import mitigation_section
from .view_parts import Cell, Chart, Column, Fact, Mark, Page, Row, Section, Table, Term, VerdictLine
from .view_privacy import Hidden, concealed_figures, conceals, hidden_groups
from .view_scope import Scope, glossary_id, limit_text, worst_of
from .wording import say, say_many, words_of


def build_page(record: Record) -> Page:
    """Turn a record into the plain sections of its report.

    Parameters
    ----------
    record : Record

    Returns
    -------
    Page
        Everything that the page says; the same record gives the same page.
    """
    hidden = hidden_groups(record)
    concealed = concealed_figures(record, hidden)
    scopes = _scopes(record, hidden)
    return Page(
        title=shorten(record.title, 200),
        kicker=say("page.kicker"),
        mark=None if record.verdict is None else state_mark(record.verdict),
        headline=_headline(record),
        summary=_summary(record),
        lines=tuple(_line(item, scopes, concealed) for item in record.verdicts),
        facts=tuple(_facts(record)),
        picture=_picture(scopes),
        unknown=_unknown(record, scopes),
        matrix=_matrix(record, scopes),
        groupings=tuple(grouping_section(scope) for scope in scopes),
        explanations=explain_section(record, hidden),
        mitigation=mitigation_section(record, concealed),
        methods=_methods(record),
        method_facts=tuple(_software(record)),
        glossary=_glossary(record),
        footer=tuple(_footer(record)),
    )


def _scopes(record: Record, hidden: Hidden) -> tuple[Scope, ...]:
    return tuple(
        Scope(record, part, hidden[part.name], f"by-{place}")
        for place, part in enumerate(record.groupings, start=1)
    )


# --- verdict -------------------------------------------------------------------------------------------


def _tally(record: Record) -> dict[str, int]:
    states = [item.state for item in record.verdicts]
    return {state: states.count(state) for state in ("pass", "fail", "inconclusive", "undefined")}


def _headline(record: Record) -> str:
    total, tally = len(record.verdicts), _tally(record)
    if not total:
        return say("headline.none")
    if tally["fail"]:
        if tally["fail"] == 1 < total:
            return say("headline.fail_single", count=total)
        return say_many("headline.fail", total, part=tally["fail"])
    if tally["pass"] == total:
        return say_many("headline.pass", total)
    return say("headline.open", part=total - tally["pass"], count=total)


def _summary(record: Record) -> str:
    if not record.verdicts:
        return say("headline.none_note")
    tally = _tally(record)
    counted = say(
        "headline.tally",
        passed=tally["pass"],
        failed=tally["fail"],
        inconclusive=tally["inconclusive"],
        undefined=tally["undefined"],
    )
    return f"{counted} {say('headline.rule')}"


def _line(verdict: Verdict, scopes: tuple[Scope, ...], concealed: frozenset[tuple[str, str]]) -> VerdictLine:
    limit = verdict.limit
    anchors = {scope.part.name: f"{scope.id}-gaps" for scope in scopes if worst_of(scope.part)}
    if (limit.attribute, limit.metric) in concealed or _is_of_hidden_group(verdict, scopes):
        found, words = say("verdict.found.withheld"), ""
    else:
        found, words = _found(verdict), _why(verdict)
    return VerdictLine(
        state_mark(verdict.state), _claim(verdict), found, words, anchors.get(limit.attribute, "")
    )


def _is_of_hidden_group(verdict: Verdict, scopes: tuple[Scope, ...]) -> bool:
    """Tell whether the figure of a limit on a rate is that of a withheld group."""
    limit = verdict.limit
    return any(
        item.group in scope.hidden and item.rates[limit.metric].value == verdict.value
        for scope in scopes
        if scope.part.name == limit.attribute
        for item in scope.part.groups
        if limit.metric in item.rates
    )


def _claim(verdict: Verdict) -> str:
    limit = verdict.limit
    metric, attribute = words_of(limit.metric).name, isolate(limit.attribute)
    ends = limit_text(verdict)
    return say("verdict.claim", metric=metric, attribute=attribute, ends=ends)


def _found(verdict: Verdict) -> str:
    kind = kind_of(verdict.limit.metric)
    if math.isnan(verdict.value):
        return ""
    shown = figure(verdict.value, kind)
    if verdict.interval is None:
        return say("verdict.found.bare", figure=shown)
    return say(
        "verdict.found",
        figure=shown,
        level=numbers.level(verdict.interval.level),
        interval=numbers.span(verdict.interval, kind),
    )


def _why(verdict: Verdict) -> str:
    """Say how the state follows from the figure, and what the policy asked for beyond the limit."""
    reason = prose(verdict.reason).rstrip(".") if verdict.reason else ""
    if verdict.state == "undefined" or verdict.limit.decide_on == "interval":
        held = verdict.state == "inconclusive" and reason
        words = [say("verdict.words.held" if held else f"verdict.words.{verdict.state}", reason=reason)]
    else:
        words = [say("verdict.point")]
    if verdict.limit.waive:
        words.append(say("verdict.waived", groups=listed(verdict.limit.waive)))
    return " ".join(words)


# --- what was audited ----------------------------------------------------------------------------------


def _facts(record: Record) -> Iterator[Fact]:
    yield Fact(say("facts.system"), shorten(record.title, 200))
    yield from _model_facts(record)
    yield _source(say("facts.data"), record.data)
    if record.train is not None:
        yield _source(say("facts.train"), record.train)
    yield from _task_facts(record)
    yield Fact(say("facts.attributes"), listed(part.name for part in record.groupings))
    yield _policy(record)
    yield Fact(say("facts.settings"), say("facts.settings.text"), record.settings_sha256)
    yield Fact(say("facts.level"), say("facts.level.text", level=numbers.level(record.level)))
    sizes = say("facts.sizes.text", minimum=record.min_group_size, privacy=record.privacy_minimum)
    yield Fact(say("facts.sizes"), sizes)
    yield Fact(say("facts.seed"), str(record.seed))
    yield Fact(say("facts.created"), prose(record.created))
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
    rows, columns = numbers.count(source.rows), numbers.count(source.columns)
    text = say("facts.table", name=isolate(source.name), rows=rows, columns=columns)
    return Fact(label, text, source.sha256 or "")


def _task_facts(record: Record) -> Iterator[Fact]:
    task = record.task
    if task.target is not None and task.pos_label is not None:
        text = say("facts.favourable.text", target=isolate(task.target), label=isolate(task.pos_label))
        yield Fact(say("facts.favourable"), text)
    yield Fact(say("facts.decision"), _decision(record))
    if task.weight is not None:
        text = say("facts.weight.text", weight=isolate(task.weight), kind=task.weight_kind or "")
        yield Fact(say("facts.weight"), text)


def _decision(record: Record) -> str:
    task = record.task
    if task.prediction is not None:
        return say("facts.decision.prediction", prediction=isolate(task.prediction))
    if task.score is not None and task.threshold is not None:
        return say("facts.decision.score", score=isolate(task.score), threshold=f"{task.threshold:g}")
    if task.score is not None:
        return say("facts.decision.score_only", score=isolate(task.score))
    return say("facts.decision.model")


def _policy(record: Record) -> Fact:
    if not record.verdicts and record.policy_name is None:
        return Fact(say("facts.policy"), say("facts.no_policy"))
    name = isolate(record.policy_name) if record.policy_name else say("facts.unnamed_policy")
    return Fact(say("facts.policy"), name, record.policy_sha256 or "")


# --- picture, unknowns, matrix -------------------------------------------------------------------------


def _picture(scopes: tuple[Scope, ...]) -> Section:
    single = [scope for scope in scopes if len(scope.part.attributes) == 1] or list(scopes)
    charts = [
        rate_chart(scope, "selection_rate", title=say("picture.title", name=scope.name), suffix="-picture")
        for scope in single
    ]
    shared = max((chart.domain[1] for chart in charts if chart.domain), default=100.0)
    charts = [replace(chart, domain=(0.0, shared)) for chart in charts if chart.dots]
    record = scopes[0].record if scopes else None
    estimate = record.overall.rates.get("selection_rate") if record else None
    overall = figure(estimate.value if estimate else math.nan, "rate")
    level = numbers.level(record.level if record else 0.95)
    intro = say("picture.intro", level=level, overall=overall)
    return Section("picture", say("picture.heading"), intro, charts=tuple(charts))


def _unknown(record: Record, scopes: tuple[Scope, ...]) -> Section:
    notes = tuple(_unknowns(record, scopes)) or (say("unknown.none"),)
    return Section("unknown", say("unknown.heading"), say("unknown.intro"), notes=notes)


def _unknowns(record: Record, scopes: tuple[Scope, ...]) -> Iterator[str]:
    tally = _tally(record)
    for state in ("inconclusive", "undefined"):
        if tally[state]:
            yield say_many(f"unknown.{state}", tally[state])
    for item in record.absent:
        yield say("unknown.absent", part=_sentence(item.part), reason=prose(item.reason).rstrip("."))
    for note in record.notes:
        yield prose(note.text)
    for scope in scopes:
        yield from _unknown_groups(scope)


def _unknown_groups(scope: Scope) -> Iterator[str]:
    small = [item.name for item in scope.shown if item.below_minimum]
    if small:
        minimum = scope.record.min_group_size
        yield say("unknown.small", name=scope.name, minimum=minimum, groups=listed(small))
    if scope.hidden:
        yield say_many("unknown.withheld", len(scope.hidden), name=scope.name)
    missing = sum(item.rows for item in scope.shown if item.missing)
    if missing and len(scope.part.attributes) == 1:
        yield say("unknown.missing", name=scope.name, count=numbers.count(missing))


def _sentence(text: str) -> str:
    words = prose(text).replace("_", " ")
    return words[:1].upper() + words[1:]


def _matrix(record: Record, scopes: tuple[Scope, ...]) -> Section:
    """Lay out measures by groupings: a line for each measure, for measures are many and groupings few."""
    found = {item.metric for scope in scopes for item in worst_of(scope.part)}
    metrics = [name for name in CATALOGUE if name in found] + sorted(found - set(CATALOGUE))
    table = Table(
        id="matrix-table",
        caption=say("matrix.caption"),
        corner=say("column.measure"),
        columns=tuple(Column(say("matrix.column", name=scope.name), link=scope.id) for scope in scopes),
        rows=tuple(
            Row(
                Cell(words_of(metric).name, link=glossary_id(metric)),
                tuple(_matrix_cell(scope, metric) for scope in scopes),
            )
            for metric in metrics
        ),
    )
    intro = say("matrix.intro", level=numbers.level(record.level))
    return Section("matrix", say("matrix.heading"), intro, tables=(table,) if metrics else ())


def _matrix_cell(scope: Scope, metric: str) -> Cell:
    marks: tuple[Mark, ...] = tuple(state_mark(v.state) for v in scope.verdicts(metric))
    item = next((d for d in worst_of(scope.part) if d.metric == metric), None)
    if item is None:
        return Cell(numbers.NO_FIGURE, marks=marks)
    if conceals(item, scope.hidden):
        return Cell("", marks=(mark("withheld"), *marks))
    kind = kind_of(metric, item.comparison)
    return Cell(figure(item.value, kind), sub=numbers.span(item.interval, kind), marks=marks)


# --- methods, glossary, footer -------------------------------------------------------------------------


def _methods(record: Record) -> Section:
    level = numbers.level(record.level)
    notes = (
        say("methods.counts"),
        say("methods.sign"),
        say(
            "methods.interval",
            level=level,
            methods=" · ".join(_interval_methods(record)) or numbers.NO_FIGURE,
        ),
        say("methods.worst"),
        say("headline.rule"),
        say("methods.minimum", minimum=record.min_group_size),
        say("methods.privacy", privacy=record.privacy_minimum),
        say("methods.undefined"),
        say("methods.point"),
    )
    return Section("methods", say("methods.heading"), say("methods.intro"), notes=notes)


def _interval_methods(record: Record) -> list[str]:
    """Name every interval method that the record's figures carry, in order of first use."""
    parts = (record.overall, record.groupings, record.explanations, record.mitigation, record.verdicts)
    return list(dict.fromkeys(prose(item.method) for part in parts for item in _intervals(part)))


def _intervals(part: object) -> Iterator[Interval]:
    if isinstance(part, Interval):
        yield part
    elif isinstance(part, dict):
        yield from _intervals(tuple(part.values()))
    elif isinstance(part, tuple | list):
        for item in part:
            yield from _intervals(item)
    else:
        yield from _intervals(tuple(_children(part)))


def _children(part: object) -> Iterable[object]:
    names = (
        [field.name for field in fields(part)]
        if is_dataclass(part)
        else getattr(type(part), "model_fields", ())
    )
    found = (getattr(part, name) for name in names)
    return [item for item in found if not isinstance(item, str | int | float | None)]


def _software(record: Record) -> Iterator[Fact]:
    software = record.software
    yield Fact(say("facts.software"), f"Evenhand {prose(software.evenhand)}, Python {prose(software.python)}")
    packages = ", ".join(
        f"{prose(name)} {prose(version)}" for name, version in sorted(software.packages.items())
    )
    if packages:
        yield Fact(say("facts.packages"), packages)


def _glossary(record: Record) -> tuple[Term, ...]:
    """Give an entry for every measure that the page shows."""
    shown = {name for name in record.overall.rates if name in SHOWN_RATES}
    shown |= {item.metric for part in record.groupings for item in part.disparities}
    shown |= {item.limit.metric for item in record.verdicts}
    shown |= {line.metric for item in record.mitigation for line in item.figures}
    return tuple(
        Term(glossary_id(name), words.name, words.plain, words.formula, words.fair, words.source)
        for name, words in ((name, words_of(name)) for name in CATALOGUE if name in shown)
    )


def _footer(record: Record) -> Iterator[str]:
    yield say(
        "footer.made",
        version=prose(record.software.evenhand),
        created=prose(record.created),
        seed=record.seed,
    )
    hashes = {
        "data": record.data.sha256,
        "model": record.model.sha256 if record.model else None,
        "settings": record.settings_sha256,
        "policy": record.policy_sha256,
    }
    yield "; ".join(say(f"footer.{name}", sha=sha[:12]) for name, sha in hashes.items() if sha)
    yield say("footer.legal")


def charts_of(page: Page) -> tuple[Chart, ...]:
    """Give every picture of a page, in reading order."""
    sections = (page.picture, *page.groupings, page.explanations, page.mitigation)
    return tuple(chart for section in sections for chart in _charts_in(section))


def _charts_in(section: Section) -> Iterator[Chart]:
    yield from section.charts
    for part in section.sections:
        yield from _charts_in(part)
