"""The section on the trade-off: what narrows the gap at what price, what was chosen and why, who pays."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.privacy import Hidden
from ..audit.record import MitigationFigure, Record, Verdict
from ..audit.record_frontier import FrontierFacts, FrontierPoint
from . import formats
from .formats import Kind, count, figure, kind_of, span
from .names import isolate, named
from .phrases import reworded
from .view_effects import Concealed
from .view_frontier_chart import frontier_chart, numbered
from .view_frontier_folds import alternatives_fold, groups_fold, methods_fold, worse_notes
from .view_frontier_words import candidate_name, limit_words, lower_name, score_kind, score_name
from .view_marks import state_mark
from .view_parts import Cell, Column, Mark, Row, Section, Table
from .view_scope import glossary_id, limit_text
from .wording import passage, say, say_many, series, words_of


def frontier_section(record: Record, hidden: Hidden, concealed: Concealed) -> Section | None:
    """Build the section; None where no frontier was searched.

    Parameters
    ----------
    record : Record
    hidden : mapping of str to frozenset of tuple
        Groups whose figures are withheld, by grouping.
    concealed : frozenset of (grouping, metric)
        Figures that rest on a withheld group.
    """
    facts = record.frontier
    if facts is None:
        return None
    if (facts.grouping, facts.metric) in concealed:
        return Section("frontier", say("frontier.heading"), "", notes=(say("frontier.withheld"),))
    order = numbered(facts)
    chart, key = frontier_chart(facts, order, record.level)
    gone = {item.grouping: hidden.get(item.grouping, frozenset()) for p in facts.points for item in p.groups}
    picture = Section("frontier-trade", say("frontier.picture.heading"), key, charts=(chart,))
    judged = Section("frontier-judged", say("frontier.judged.heading"), "", tables=tuple(_verdicts(facts)))
    return Section(
        id="frontier",
        heading=say("frontier.heading"),
        intro=passage((_intro(facts), *_answer(facts))),
        sections=(
            *((picture,) if chart.dots else ()),
            Section("frontier-candidates", say("frontier.candidates"), "", tables=(_table(facts, order),)),
            *((judged,) if facts.verdicts else ()),
        ),
        notes=(*worse_notes(facts, gone), *_left_out(facts)),
        folds=(
            groups_fold(facts, order, gone),
            alternatives_fold(facts, order, gone),
            methods_fold(facts),
        ),
    )


def _intro(facts: FrontierFacts) -> str:
    rows = {"trained": count(facts.trained_rows), "validated": count(facts.validated_rows)}
    if facts.folds == 1:
        return say("frontier.intro", **rows)
    return say("frontier.intro.cv", validated=rows["validated"], turns=facts.folds)


def _answer(facts: FrontierFacts) -> Iterator[str]:
    score, kind = score_name(facts), score_kind(facts)
    tolerance = figure(facts.tolerance, "points" if kind == "rate" else kind)
    yield say(f"frontier.rule.{facts.rule}", score=score, limit=limit_words(facts), tolerance=tolerance)
    point = next((item for item in facts.points if item.name == facts.chosen), None)
    if point is not None:
        yield from _chosen(facts, point)
    if facts.forbids_decision:
        yield say("frontier.forbidden")
        if facts.hides_sensitive:
            yield say("frontier.hidden")
    if facts.cut_short:
        yield say("frontier.cut_short", budget=formats.number(facts.budget or 0.0))


def _chosen(facts: FrontierFacts, point: FrontierPoint) -> Iterator[str]:
    score_as, gap_as = score_kind(facts), kind_of(facts.metric)
    values = {
        "name": candidate_name(point.name),
        "score": score_name(facts),
        "metric": lower_name(facts.metric),
        "score_before": figure(point.score.before.value, score_as),
        "score_after": figure(point.score.after.value, score_as),
        "score_change": _changed(point.score, score_as),
        "gap_before": figure(point.gap.before.value, gap_as),
        "gap_after": figure(point.gap.after.value, gap_as),
        "gap_change": _changed(point.gap, gap_as),
    }
    unmitigated = point.method == "refit"
    yield say("frontier.chosen.unmitigated" if unmitigated else "frontier.chosen", **values)
    if point.within_noise and not unmitigated:
        yield say("frontier.chosen.noise")
    if point.levelling_down:
        yield say("frontier.chosen.levelling")
    yield say(f"frontier.chosen.{point.needs_sensitive}")
    yield say(f"frontier.judged.{facts.verdict or 'none'}")


def _changed(item: MitigationFigure, kind: Kind) -> str:
    shown: Kind = "points" if kind == "rate" else kind
    return formats.with_span(item.change.value, item.change.interval, shown)


def _table(facts: FrontierFacts, order: dict[str, int]) -> Table:
    ranked = sorted(facts.points, key=lambda point: order[point.name])
    front = [p for p in ranked if p.dominated_by is None or p.name in (facts.chosen, "refit")]
    rest = [p for p in ranked if p not in front]
    return Table(
        id="frontier-table",
        caption=say("frontier.table"),
        corner=say("frontier.table.corner"),
        columns=(
            Column(score_name(facts).capitalize()),
            Column(words_of(facts.metric).name, link=glossary_id(facts.metric)),
            Column(say("column.needs"), number=False),
            Column(say("frontier.column.standing"), number=False),
        ),
        rows=tuple(_row(facts, point, order) for point in front),
        more=tuple(_row(facts, point, order) for point in rest),
        more_label=say_many("frontier.table.more", len(rest)),
    )


def _row(facts: FrontierFacts, point: FrontierPoint, order: dict[str, int]) -> Row:
    head = say("frontier.numbered", number=order[point.name], name=candidate_name(point.name))
    return Row(
        named(head),
        (
            _cell(point, point.score, score_kind(facts)),
            _cell(point, point.gap, kind_of(facts.metric)),
            Cell(say(f"frontier.needs.{point.needs_sensitive}")),
            Cell("", marks=tuple(_marks(facts, point))),
        ),
    )


def _cell(point: FrontierPoint, item: MitigationFigure, kind: Kind) -> Cell:
    if not formats.defined(item.after):
        return Cell(formats.NO_FIGURE, sub=reworded(item.after.reason.sentence) if item.after.reason else "")
    shown: Kind = "points" if kind == "rate" else kind
    sub = "" if point.method == "refit" else span(item.change.interval, shown)
    return Cell(figure(item.after.value, kind), sub=sub)


def _marks(facts: FrontierFacts, point: FrontierPoint) -> Iterator[Mark]:
    if point.name == facts.chosen:
        yield Mark("pass", "✚", say("frontier.standing.chosen"))
    if point.pareto:
        yield Mark("plain", "●", say("frontier.standing.pareto"))
    if point.dominated_by is not None:
        name = candidate_name(point.dominated_by)
        yield Mark("muted", "○", say("frontier.standing.dominated", name=name))
    if point.keeps_limit:
        yield Mark("pass", "✓", say("frontier.standing.limit"))
    if point.within_noise and point.method != "refit":
        yield Mark("undefined", "≈", say("frontier.standing.noise"))
    if point.levelling_down:
        yield Mark("fail", "↓", say("frontier.standing.levelling"))


def _verdicts(facts: FrontierFacts) -> Iterator[Table]:
    """Judge the chosen model on the test rows, limit by limit."""
    if not facts.verdicts:
        return
    headings = (("figure", True), ("limit", True), ("verdict", False))
    yield Table(
        id="frontier-verdicts",
        caption=say("frontier.verdicts"),
        corner=say("frontier.verdicts.corner"),
        columns=tuple(Column(say(f"column.{name}"), number=number) for name, number in headings),
        rows=tuple(map(_verdict_row, facts.verdicts)),
    )


def _verdict_row(item: Verdict) -> Row:
    limit, kind = item.limit, kind_of(item.limit.metric)
    name = say("frontier.verdict", metric=words_of(limit.metric).name, grouping=isolate(limit.attribute))
    cells = (
        Cell(figure(item.value, kind), sub=span(item.interval, kind)),
        Cell(limit_text(item)),
        Cell("", marks=(state_mark(item.state),)),
    )
    return Row(named(name, link=glossary_id(limit.metric)), cells)


def _left_out(facts: FrontierFacts) -> Iterator[str]:
    for item in facts.left_out:
        if item.why != "no_time":
            yield say(
                f"frontier.left_out.{item.why}",
                name=isolate(item.name),
                reason=reworded(item.reason).rstrip("."),
            )
    late = [item.name for item in facts.left_out if item.why == "no_time"]
    if late:
        yield say("frontier.left_out.no_time", names=series(map(isolate, late)))
