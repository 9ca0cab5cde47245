"""The section on refusals: ways to acceptance and principal reasons, by group."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..audit.privacy import Hidden
from ..audit.record import Record
from ..audit.record_recourse import GroupingRecourse, GroupRecourse, RecourseFacts, RecourseGap
from ..metrics.results import Estimate, Group
from . import formats
from .formats import Kind, span
from .names import isolate, listed, named, unlike
from .view_parts import Cell, Column, Dot, DotChart, Fold, Row, Section, Table
from .view_scope import LABEL, TOP
from .wording import say, say_many

_FIGURES = ("refused", "searched", "with_way", "median_size", "columns_changed", "costlier")
_STABILITY = ("same_first", "same_all", "other_method", "reasons")
MOST_GAPS = 6


def recourse_section(record: Record, hidden: Hidden) -> Section | None:
    """Build the section of refusals; None where the record holds nothing of them."""
    facts = record.recourse
    if facts is None:
        return None
    parts = tuple(
        _part(part, hidden.get(part.name, frozenset()), f"recourse-{place}")
        for place, part in enumerate(facts.groupings, 1)
    )
    flips = tuple(
        say(
            "recourse.flip",
            column=isolate(item.column),
            value=formats.with_span(item.value.value, item.value.interval, "rate"),
            rows=formats.count(facts.flip_rows),
        )
        for item in facts.flips
    )
    return Section(
        id="recourse",
        heading=say("recourse.heading"),
        intro=say("recourse.intro"),
        sections=parts,
        notes=flips,
        folds=(Fold(say("recourse.method"), notes=tuple(_method(facts))),),
    )


def _part(part: GroupingRecourse, gone: frozenset[Group], anchor: str) -> Section:
    shown = [item for item in part.groups if item.reason is None and item.group not in gone]
    shown.sort(key=lambda item: (item.share.value, item.name))
    gaps = {item.group: item for item in part.gaps if part.reference not in gone}
    left = len(part.groups) - len(shown)
    notes = [_gap(part, gaps[item.group]) for item in shown if item.group in gaps][:MOST_GAPS]
    if left:
        notes.append(say_many("recourse.withheld", left))
    grouping = isolate(part.name)
    return Section(
        id=anchor,
        heading=say("recourse.part", grouping=grouping),
        intro="",
        charts=_charts(shown[:TOP], grouping, part.reference, anchor),
        tables=(
            Table(
                id=f"{anchor}-table",
                caption=say("recourse.table", grouping=grouping),
                corner=say("column.group"),
                columns=tuple(Column(say(f"recourse.column.{name}")) for name in _FIGURES),
                rows=tuple(_row(item, gaps.get(item.group)) for item in shown),
            ),
        )
        if shown
        else (),
        notes=tuple(notes),
        folds=(
            Fold(
                say("recourse.reasons.table", grouping=grouping), tables=(_reasons(shown, grouping, anchor),)
            ),
        )
        if shown
        else (),
    )


def _reasons(shown: Sequence[GroupRecourse], grouping: str, anchor: str) -> Table:
    columns = (Column(say(f"recourse.column.{name}"), number=name != "reasons") for name in _STABILITY)
    return Table(
        id=f"{anchor}-reasons-table",
        caption=say("recourse.reasons.table", grouping=grouping),
        corner=say("column.group"),
        columns=tuple(columns),
        rows=tuple(_reasons_row(item) for item in shown),
    )


def _gap(part: GroupingRecourse, item: RecourseGap) -> str:
    names = {group.group: group.name for group in part.groups}
    return say(
        "recourse.gap.share",
        group=isolate(names[item.group]),
        reference=isolate(names[item.reference]),
        value=formats.with_span(item.share.value, item.share.interval, "points"),
        costlier=formats.with_span(item.costlier.value, item.costlier.interval, "rate"),
    )


def _row(item: GroupRecourse, gap: RecourseGap | None) -> Row:
    pair = Cell(formats.NO_FIGURE) if gap is None else _cell(gap.costlier, "rate")
    cells = (
        Cell(formats.count(item.refused)),
        Cell(formats.count(item.sampled)),
        _cell(item.share, "rate"),
        _size(item.cost),
        _cell(item.changes, "ratio"),
        pair,
    )
    return Row(named(item.name), cells)


def _cell(found: Estimate, kind: Kind) -> Cell:
    return Cell(formats.figure(found.value, kind), sub=span(found.interval, kind))


def _size(found: Estimate) -> Cell:
    text = say("recourse.none") if math.isinf(found.value) else formats.figure(found.value, "ratio")
    return Cell(text, sub=span(found.interval, "ratio"))


def _reasons_row(item: GroupRecourse) -> Row:
    reasons = ", ".join(
        say("recourse.reason", column=isolate(one.column), share=formats.figure(one.share.value, "rate"))
        for one in item.reasons[:4]
    )
    figures = (item.same_first, item.same_all, item.other_method)
    return Row(named(item.name), (*(_cell(one, "rate") for one in figures), Cell(reasons)))


def _charts(
    shown: Sequence[GroupRecourse], grouping: str, reference: Group | None, anchor: str
) -> tuple[DotChart, ...]:
    if not shown:
        return ()
    labels = unlike((item.name for item in shown), LABEL)
    shares = tuple(
        _dot(label, item.share, "rate", lead=item.group == reference)
        for label, item in zip(labels, shown, strict=True)
    )
    costs = tuple(
        _dot(label, item.cost, "ratio", lead=item.group == reference)
        for label, item in zip(labels, shown, strict=True)
    )
    return (
        DotChart(
            id=f"{anchor}-share",
            title=say("recourse.chart.share"),
            description=say("recourse.described.share", grouping=grouping, figures=_figures(shares)),
            kind="rate",
            dots=shares,
            domain=(0.0, 100.0),
        ),
        DotChart(
            id=f"{anchor}-cost",
            title=say("recourse.chart.cost"),
            description=say("recourse.described.cost", grouping=grouping, figures=_figures(costs)),
            kind="ratio",
            dots=costs,
            domain=(0.0, _top(costs)),
        ),
    )


def _dot(label: str, found: Estimate, kind: Kind, *, lead: bool) -> Dot:
    ends = found.interval
    low = None if ends is None else formats.scaled(ends.low, kind)
    high = None if ends is None else formats.scaled(ends.high, kind)
    # An interval without an upper end is told in the table: a line must end somewhere.
    known = low is not None and high is not None
    text = say("recourse.dot.none") if math.isinf(found.value) else formats.figure(found.value, kind)
    return Dot(
        label,
        formats.scaled(found.value, kind),
        low if known else None,
        high if known else None,
        text,
        "reference" if lead else "plain",
    )


def _top(dots: Sequence[Dot]) -> float:
    ends = [end for dot in dots for end in (dot.value, dot.high) if end is not None]
    return math.ceil(max(ends, default=1.0) * 1.05)


def _figures(dots: Sequence[Dot]) -> str:
    return "; ".join(f"{isolate(dot.label)} {dot.text}" for dot in dots[:6])


def _method(facts: RecourseFacts) -> Iterator[str]:
    if facts.immutable:
        fixed, free = listed(facts.immutable), listed(facts.changeable)
        yield say("recourse.method.fixed", columns=fixed, changeable=free or formats.NO_FIGURE)
    else:
        yield say("recourse.method.unfixed")
    for way in ("up", "down"):
        named_so = [name for name, its in facts.monotone.items() if its == way]
        if named_so:
            key = "recourse.method.monotone" if way == "up" else "recourse.method.monotone.down"
            yield say(key, **{way: listed(named_so)})
    for name, (low, high) in facts.ranges.items():
        yield say("recourse.method.ranges", column=isolate(name), low=f"{low:g}", high=f"{high:g}")
    for block in facts.tied:
        yield say("recourse.method.tied", columns=listed(block))
    yield say(
        "recourse.method.search",
        most=facts.most_changes,
        sampled=formats.count(facts.sampled),
        compared=formats.count(facts.compared),
    )
    yield say("recourse.method.reasons", draws=facts.draws)
    yield say("recourse.method.seed", seed=facts.seed)
