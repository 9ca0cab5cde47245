"""The section on proxies: a map and a ranked list for each sensitive attribute."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..audit.privacy import Hidden
from ..audit.record import Record
from ..audit.record_proxies import ProxyFacts, ProxyRow, RemainingFacts
from ..metrics.results import Estimate, Group
from . import formats
from .formats import figure, span
from .names import isolate, listed, named, unlike
from .view_parts import Cell, Column, Fold, MapChart, Place, Row, Section, Table
from .wording import clauses, say, say_many, series

_FEW, _NAMED, _NAME = 6, 5, 16
_COLUMNS = ("auc", "use", "product", "information")


def proxies_section(record: Record, hidden: Hidden) -> Section | None:
    """Build the section of all attributes; None where no proxies were looked for."""
    if not record.proxies:
        return None
    parts = tuple(
        _part(item, _names(record, hidden, item.attribute), f"proxies-{place}")
        for place, item in enumerate(record.proxies, start=1)
    )
    methods = dict.fromkeys(map(_method, record.proxies))
    several = (say("proxies.several"),) if any(len(item.groups) > 2 for item in record.proxies) else ()
    notes = (*methods, *several)
    return Section("proxies", say("proxies.heading"), say("proxies.intro"), sections=parts, notes=notes)


def _method(item: ProxyFacts) -> str:
    return say("proxies.method", rows=formats.count(item.sampled), folds=item.folds, seed=item.seed)


def _names(record: Record, hidden: Hidden, attribute: str) -> dict[Group, str]:
    """Name the groups that may be shown."""
    return {
        group.group: group.name
        for part in record.groupings
        if part.name == attribute
        for group in part.groups
        if group.group not in hidden[part.name]
    }


def _part(item: ProxyFacts, names: dict[Group, str], anchor: str) -> Section:
    attribute = isolate(item.attribute)
    rows = tuple(_row(row) for row in item.rows)
    table = Table(
        id=f"{anchor}-table",
        caption=say("proxies.table", attribute=attribute),
        corner=say("column.column"),
        columns=tuple(Column(say(f"proxies.column.{name}")) for name in _COLUMNS),
        rows=rows[:_FEW],
        more=rows[_FEW:],
        more_label=say_many("proxies.more", len(rows) - _FEW),
    )
    return Section(
        id=anchor,
        heading=say("proxies.part", attribute=attribute),
        intro=_first(item, attribute),
        charts=(_chart(item, attribute, anchor),),
        notes=(*_own(item), *_lefts(item, names, attribute)),
        folds=(Fold(say("proxies.figures"), tables=(table,), printed="not"),),
        panel=True,
    )


def _first(item: ProxyFacts, attribute: str) -> str:
    top = item.rows[0] if item.rows else None
    if top is None or top.product <= 0 or not _above_chance(top.auc):
        return say("proxies.none", attribute=attribute)
    return say(
        "proxies.first",
        attribute=attribute,
        column=isolate(top.column),
        auc=_auc(top.auc),
        use=figure(top.use, "rate"),
    )


def _above_chance(auc: Estimate) -> bool:
    return (auc.value if auc.interval is None else auc.interval.low) > 0.5


def _auc(auc: Estimate) -> str:
    return formats.with_span(auc.value, auc.interval, "rate")


def _own(item: ProxyFacts) -> tuple[str, ...]:
    if not item.own or not all(math.isfinite(one.use) for one in item.own):
        return ()
    use = math.fsum(one.use for one in item.own)
    columns = listed(one.column for one in item.own)
    return (say("proxies.own", columns=columns, use=figure(use, "rate")),)


def _lefts(item: ProxyFacts, names: dict[Group, str], attribute: str) -> Iterator[str]:
    for left in item.remaining:
        yield _left(left, item, attribute)
        if left.why == "own" and len(item.groups) > 2 and left.by_group:
            found = sorted(zip(left.by_group, item.groups, strict=True), reverse=True, key=lambda one: one[0])
            told = [
                say("proxies.group", group=isolate(names[group]), auc=figure(auc, "rate"))
                for auc, group in found
                if group in names
            ]
            yield say("proxies.groups", groups=series(told[:_FEW]))


def _left(left: RemainingFacts, item: ProxyFacts, attribute: str) -> str:
    dropped = listed(left.dropped)
    if left.auc is None:
        return say("proxies.left.none", dropped=dropped)
    if left.why == "own":
        key = "own" if left.dropped else "nothing"
        return say(f"proxies.left.{key}", dropped=dropped, attribute=attribute, auc=_auc(left.auc))
    before = {name for other in item.remaining if other.why == "own" for name in other.dropped}
    more = listed(name for name in left.dropped if name not in before)
    return say(f"proxies.left.{left.why}", dropped=more, auc=_auc(left.auc))


def _chart(item: ProxyFacts, attribute: str, anchor: str) -> MapChart:
    ranked = [row for row in item.rows if row.product > 0][:_NAMED]
    names = dict(
        zip((row.column for row in ranked), unlike((row.column for row in ranked), _NAME), strict=True)
    )
    figures = clauses(
        say(
            "proxies.point",
            column=isolate(row.column),
            auc=figure(row.auc.value, "rate"),
            use=figure(row.use, "rate"),
        )
        for row in ranked[:3]
    )
    spots = tuple(
        Place(names.get(row.column, ""), round(row.auc.value * 100, 2), round(row.use * 100, 2))
        for row in item.rows
        if math.isfinite(row.auc.value) and math.isfinite(row.use)
    )
    described = say(
        "proxies.described",
        count=formats.count(len(item.rows)),
        attribute=attribute,
        figures=figures or formats.NO_FIGURE,
    )
    least = min((spot.x for spot in spots), default=50.0)
    return MapChart(
        id=f"{anchor}-map",
        title=say("proxies.chart", attribute=attribute),
        description=described,
        spots=spots,
        x_title=say("proxies.x"),
        y_title=say("proxies.y"),
        domain=(min(50.0, math.floor(least)), 100.0),
    )


def _row(row: ProxyRow) -> Row:
    cells = (
        Cell(figure(row.auc.value, "rate"), sub=span(row.auc.interval, "rate")),
        Cell(figure(row.use, "rate")),
        Cell(figure(row.product, "rate")),
        Cell(figure(row.information, "rate")),
    )
    return Row(named(row.column), cells)
