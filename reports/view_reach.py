"""What groups of these sizes can tell, and resampled people: tables that stand folded away."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..audit.record import GroupFacts
from ..audit.record_reach import PooledRate, SmallestGap
from ..errors import Reason
from ..metrics.results import Disparity, Estimate, Group
from . import formats
from .formats import figure, kind_of, span
from .names import isolate
from .view_marks import mark
from .view_parts import Cell, Column, Fold, Row, Table
from .view_scope import TOP, Scope, glossary_id, group_head
from .wording import say, say_many, words_of


def reach_folds(scope: Scope) -> Iterator[Fold]:
    """Fold away the pooled rates, the smallest gaps that could have shown, and resampled people."""
    for fold in (_pooled(scope), _power(scope), _people(scope)):
        if fold is not None:
            yield fold


def _gone(scope: Scope, item: GroupFacts, metric: str) -> bool:
    """Tell whether a figure of a group is withheld, by itself or as a joint one."""
    estimate = item.rates.get(metric)
    return item.group in scope.hidden or (estimate is not None and estimate.reason is Reason.WITHHELD)


def _withheld() -> Cell:
    return Cell("", marks=(mark("withheld"),))


def _table(scope: Scope, which: str, columns: list[Column], rows: list[Row], **values: str) -> Table:
    return Table(
        id=f"{scope.id}-{which}",
        caption=say(f"reach.{which}.table", name=scope.name, **values),
        corner=say("column.group"),
        columns=tuple(columns),
        rows=tuple(rows[:TOP]),
        more=tuple(rows[TOP:]),
        more_label=say_many("grouping.more", len(rows) - TOP),
    )


def _pooled(scope: Scope) -> Fold | None:
    reach = scope.record.reach
    found = [] if reach is None else [one for one in reach.pooling if one.grouping == scope.part.name]
    if not found:
        return None
    columns = [
        Column(say(f"reach.pooled.{which}", metric=words_of(one.metric).name), link=glossary_id(one.metric))
        for one in found
        for which in ("raw", "drawn")
    ]
    drawn = [({item.group: item for item in one.groups}, one.metric) for one in found]
    rows = [
        Row(group_head(scope, item), tuple(_pooled_cells(scope, item, drawn)))
        for item in scope.ordered
        if item.group in drawn[0][0]
    ]
    lead = say("reach.pooled.lead", level=formats.level(found[0].level))
    return Fold(
        say("reach.pooled.label"),
        lead=lead,
        tables=(_table(scope, "pooled", columns, rows),),
        printed="not",
    )


def _pooled_cells(
    scope: Scope, item: GroupFacts, drawn: list[tuple[dict[Group, PooledRate], str]]
) -> Iterator[Cell]:
    for rates, metric in drawn:
        rate, estimate = rates[item.group], item.rates.get(metric)
        if _gone(scope, item, metric):
            yield from (_withheld(), _withheld())
            continue
        interval = None if estimate is None else estimate.interval
        yield Cell(figure(rate.raw, "rate"), sub=span(interval, "rate"))
        yield Cell(figure(rate.pooled, "rate"), sub=formats.ends(rate.low, rate.high, "rate"))


def _power(scope: Scope) -> Fold | None:
    reach = scope.record.reach
    found = [] if reach is None else [one for one in reach.power if one.grouping == scope.part.name]
    if not found:
        return None
    columns = [Column(words_of(one.metric).name, link=glossary_id(one.metric)) for one in found]
    seen = [({item.group: item for item in one.groups}, one.metric) for one in found]
    head = next(item for item in scope.part.groups if item.group == found[0].reference)
    rows = [
        Row(group_head(scope, item), tuple(_power_cell(scope, (item, head), gaps, m) for gaps, m in seen))
        for item in scope.ordered
        if item.group != head.group and any(item.group in gaps for gaps, _ in seen)
    ]
    reference = isolate(scope.name_of(head.group))
    lead = say(
        "reach.power.lead",
        power=formats.level(found[0].power),
        level=formats.level(found[0].level),
        reference=reference,
    )
    table = _table(scope, "power", columns, rows, reference=reference)
    return Fold(say("reach.power.label"), lead=lead, tables=(table,), printed="not")


def _power_cell(
    scope: Scope, pair: tuple[GroupFacts, GroupFacts], gaps: dict[Group, SmallestGap], metric: str
) -> Cell:
    gap = gaps.get(pair[0].group)
    if any(_gone(scope, item, metric) for item in pair):
        return _withheld()
    if gap is None:
        return Cell(formats.NO_FIGURE)
    ends = [
        say(f"reach.power.{side}", gap=figure(value, "points"))
        for side, value in (("lower", gap.lower), ("higher", gap.higher))
        if math.isfinite(value)
    ]
    return Cell(ends[0], sub="".join(ends[1:])) if ends else Cell(say("reach.power.none"))


def _people(scope: Scope) -> Fold | None:
    people = scope.record.people
    part = None if people is None else next((g for g in people.groupings if g.name == scope.part.name), None)
    if people is None or part is None:
        return None
    metrics = list(part.rates)
    places = {item.group: place for place, item in enumerate(scope.part.groups)}
    rows = [
        Row(group_head(scope, item), tuple(
            _withheld() if _gone(scope, item, name) else _estimate(part.rates[name][places[item.group]], name)
            for name in metrics
        ))
        for item in scope.ordered
    ]  # fmt: skip
    rows.extend(_worst(scope, item, len(metrics)) for item in part.worst)
    columns = [Column(words_of(name).name, link=glossary_id(name)) for name in metrics]
    lead = say("reach.people.lead", draws=formats.count(people.draws))
    return Fold(say("reach.people.label"), lead=lead, tables=(_table(scope, "people", columns, rows),))


def _estimate(item: Estimate, name: str) -> Cell:
    return Cell(figure(item.value, kind_of(name)), sub=span(item.interval, kind_of(name)))


def _worst(scope: Scope, item: Disparity, width: int) -> Row:
    """Give the widest gap as a row: under the first rate, as it belongs to no group."""
    head = Cell(words_of(item.metric).name, link=glossary_id(item.metric))
    shown = next((d for d in scope.part.disparities if d.metric == item.metric), None)
    hidden = {item.group, item.reference} & scope.hidden
    if hidden or (shown is not None and shown.reason is Reason.WITHHELD):
        cell = _withheld()
    else:
        cell = Cell(figure(item.value, "points"), sub=span(item.interval, "points"))
    return Row(head, (cell, *(Cell(formats.NO_FIGURE),) * (width - 1)), "reference")
