"""What stands folded beneath the trade-off: who gains and loses, the alternatives, the methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..audit.record import MitigationFigure
from ..audit.record_frontier import FrontierFacts, FrontierPoint, GroupChange, ImpactFacts
from ..metrics.catalogue import CATALOGUE
from ..metrics.results import Estimate, Group
from ..mitigation.frontier import told_rates
from . import formats
from .formats import Kind, bare, figure, kind_of, span
from .names import clean, isolate, named, prose
from .view_effects import is_wider
from .view_frontier_words import candidate_name, lower_name, score_kind
from .view_parts import Cell, Column, Fold, Mark, Row, Table
from .wording import say, say_many

Gone = Mapping[str, frozenset[Group]]
"""Groups whose figures are withheld, by grouping."""

MOST_WORSE = 6


def worse_notes(facts: FrontierFacts, gone: Gone) -> Iterator[str]:
    """Name who is clearly worse off with the chosen candidate, what it widens, and what levels down."""
    chosen = next((point for point in facts.points if point.name == facts.chosen), None)
    if chosen is not None and chosen.method != "refit":
        lost = _lost(chosen, gone)
        yield _worse(chosen, lost) if lost else say("frontier.none_worse", name=candidate_name(chosen.name))
        wider = [item for item in chosen.others if is_wider(item)]
        if wider:
            yield say("frontier.wider", name=candidate_name(chosen.name), gaps=", ".join(map(_wider, wider)))
    levelled = [candidate_name(p.name) for p in facts.points if p.levelling_down]
    if levelled:
        yield say("frontier.levelled", names=", ".join(levelled))


def _lost(point: FrontierPoint, gone: Gone) -> list[GroupChange]:
    return [g for g in point.groups if g.effect == "lost" and g.group not in gone.get(g.grouping, ())]


def _others_worse(facts: FrontierFacts, order: dict[str, int], gone: Gone) -> Iterator[str]:
    for point in _ranked(facts, order):
        lost = _lost(point, gone)
        if lost and point.pareto and point.name != facts.chosen:
            yield _worse(point, lost)


def _worse(point: FrontierPoint, lost: list[GroupChange]) -> str:
    ranked = sorted(lost, key=lambda item: (-abs(item.change.value), item.name, item.rate))
    groups = ", ".join(
        say(
            "frontier.worse.group",
            group=isolate(item.name),
            rate=lower_name(item.rate),
            before=bare(item.before.value, kind_of(item.rate)),
            after=figure(item.after.value, kind_of(item.rate)),
        )
        for item in ranked[:MOST_WORSE]
    )
    rest = len(ranked) - MOST_WORSE
    more = f" {say_many('frontier.worse.more', rest)}" if rest > 0 else ""
    return say("frontier.worse", name=candidate_name(point.name), groups=groups, more=more)


def _wider(item: MitigationFigure) -> str:
    kind = kind_of(item.metric)
    return say(
        "frontier.wider.gap",
        metric=lower_name(item.metric),
        grouping=isolate(item.grouping),
        before=bare(item.before.value, kind),
        after=figure(item.after.value, kind),
    )


def groups_fold(facts: FrontierFacts, order: dict[str, int], gone: Gone) -> Fold:
    """Show each candidate's change in the rates that the disparity compares, group by group."""
    rates = dict.fromkeys((*told_rates(CATALOGUE[facts.metric].rates), "accuracy"))
    return Fold(
        say("frontier.groups"),
        lead=say("frontier.groups.lead"),
        tables=tuple(_groups_table(facts, order, gone, rate) for rate in rates),
        notes=tuple(_others_worse(facts, order, gone)),
        printed="not",
    )


def _groups_table(facts: FrontierFacts, order: dict[str, int], gone: Gone, rate: str) -> Table:
    hidden = gone.get(facts.grouping, frozenset())
    groups: dict[Group, str] = {}
    for point in facts.points:
        for item in point.groups:
            if item.grouping == facts.grouping and item.rate == rate and item.group not in hidden:
                groups[item.group] = item.name
    caption = say("frontier.groups.caption", rate=lower_name(rate), grouping=isolate(facts.grouping))
    return Table(
        id=f"frontier-groups-{rate.replace('_', '-')}",
        caption=caption,
        corner=say("frontier.table.corner"),
        columns=tuple(Column(clean(name)) for name in groups.values()),
        rows=tuple(
            Row(_head(point, order), tuple(_moved(point, facts.grouping, rate, group) for group in groups))
            for point in _ranked(facts, order)
            if point.method != "refit"
        ),
    )


def _ranked(facts: FrontierFacts, order: dict[str, int]) -> list[FrontierPoint]:
    return sorted(facts.points, key=lambda point: order[point.name])


def _head(point: FrontierPoint, order: dict[str, int]) -> Cell:
    return named(say("frontier.numbered", number=order[point.name], name=candidate_name(point.name)))


def _moved(point: FrontierPoint, grouping: str, rate: str, group: Group) -> Cell:
    found = next((g for g in point.groups if (g.grouping, g.rate, g.group) == (grouping, rate, group)), None)
    if found is None or not formats.defined(found.change):
        return Cell(formats.NO_FIGURE)
    marks = {
        "gained": (Mark("pass", "▲", say("frontier.group.gained")),),
        "lost": (Mark("fail", "▼", say("frontier.group.lost")),),
    }.get(found.effect, ())
    return Cell(figure(found.change.value, "points"), sub=span(found.change.interval, "points"), marks=marks)


def alternatives_fold(facts: FrontierFacts, order: dict[str, int], gone: Gone) -> Fold:
    """Show the table that fair-lending practice asks for."""
    hidden = gone.get(facts.grouping, frozenset())
    reference = next((item.reference for p in facts.points for item in p.impact), "")
    tolerance = figure(facts.tolerance, "points" if score_kind(facts) == "rate" else "score")
    headings = (
        (say("frontier.alternatives.area"), True),
        (say("frontier.alternatives.air"), True),
        (say("frontier.alternatives.smd"), True),
        (say("frontier.alternatives.tolerance", tolerance=tolerance), False),
        (say("frontier.alternatives.limit"), False),
    )
    table = Table(
        id="frontier-alternatives",
        caption=say("frontier.alternatives.caption"),
        corner=say("frontier.table.corner"),
        columns=tuple(Column(text, number=number) for text, number in headings),
        rows=tuple(_alternative(p, order, hidden) for p in _ranked(facts, order)),
    )
    lead = say("frontier.alternatives.lead", reference=isolate(reference) if reference else formats.NO_FIGURE)
    return Fold(say("frontier.alternatives"), lead=lead, tables=(table,), printed="not")


def _alternative(point: FrontierPoint, order: dict[str, int], hidden: frozenset[Group]) -> Row:
    able = [item for item in point.impact if item.group not in hidden]
    return Row(
        _head(point, order),
        (
            _estimate(point.area.after, "score"),
            _least(able, "air", "ratio"),
            _least(able, "smd", "ratio"),
            Cell(_yes(point.within_tolerance)),
            Cell(formats.NO_FIGURE if point.keeps_limit is None else _yes(point.keeps_limit)),
        ),
    )


def _least(impact: list[ImpactFacts], which: str, kind: Kind) -> Cell:
    able = [(item, getattr(item, which)) for item in impact if formats.defined(getattr(item, which))]
    if not able:
        return Cell(formats.NO_FIGURE)
    group, estimate = min(able, key=lambda pair: pair[1].value)
    ends = span(estimate.interval, kind)
    return Cell(figure(estimate.value, kind), sub=f"{isolate(group.name)}, {ends}" if ends else group.name)


def _estimate(estimate: Estimate, kind: Kind) -> Cell:
    if not formats.defined(estimate):
        return Cell(formats.NO_FIGURE, sub=estimate.reason.sentence if estimate.reason else "")
    return Cell(figure(estimate.value, kind), sub=span(estimate.interval, kind))


def _yes(value: bool) -> str:  # noqa: FBT001 - a fact to be worded
    return say("frontier.yes" if value else "frontier.no")


def methods_fold(facts: FrontierFacts) -> Fold:
    """Say of each method what it does and when it needs the attribute."""
    columns = (say("frontier.methods.what"), say("column.needs"), say("frontier.methods.dial"))
    table = Table(
        id="frontier-methods",
        caption=say("frontier.methods"),
        corner=say("frontier.methods.corner"),
        columns=tuple(Column(text, number=False) for text in columns),
        rows=tuple(
            Row(
                named(candidate_name(item.name)),
                (
                    Cell(prose(item.description)),
                    Cell(say(f"frontier.needs.{item.needs_sensitive}")),
                    Cell(prose(item.dial) if item.dial else say("frontier.methods.none")),
                ),
            )
            for item in facts.methods
        ),
    )
    return Fold(say("frontier.methods"), tables=(table,), printed="not")
