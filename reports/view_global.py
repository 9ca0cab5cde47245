"""The section on the model as a whole: what it leans on, for whom, its curves, and a tree in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..audit.privacy import Hidden
from ..audit.record import Record
from ..audit.record_global import ImportanceFacts, WholeFacts
from ..metrics.results import Group, Level
from . import formats
from .formats import Kind, figure, scaled, span
from .names import fitted, isolate, named
from .view_curves import curve_charts, curve_notes, curve_tables, effects_fold, without_values
from .view_parts import Cell, Column, Dot, DotChart, Fold, Row, Section, Table
from .view_scope import LABEL
from .view_surrogate import tree_section
from .wording import clauses, passage, say, say_many, series

_DOTS, _SHARES, _LINES = 16, 5, 12
_FIGURES = ("accuracy", "selection_rate", "log_loss")
_PICTURED = ("accuracy", "selection_rate")
_HEADS = ("accuracy_change", "selection_change", "loss_change")


@dataclass(frozen=True)
class Shown:
    """The groups of one attribute whose figures may be shown, the largest first, and their names."""

    name: str
    names: dict[Group, str]

    @property
    def label(self) -> str:
        """The attribute's name, ready for a sentence."""
        return isolate(self.name)


def shown_groups(record: Record, hidden: Hidden) -> tuple[Shown, ...]:
    """Give the groups of every attribute by itself."""
    return tuple(
        Shown(
            part.name,
            {
                group.group: group.name
                for group in sorted(part.groups, key=lambda item: (-item.rows, item.name))
                if group.group not in hidden[part.name] and not group.missing
            },
        )
        for part in record.groupings
        if len(part.attributes) == 1
    )


def global_section(record: Record, hidden: Hidden) -> Section | None:
    """Build the section; None where the model was not looked at as a whole."""
    whole = record.whole
    if whole is None:
        return None
    whole = without_values(whole, _rare(hidden))
    shown = shown_groups(record, hidden)
    parts = tuple(_part(whole, item, f"whole-{place}") for place, item in enumerate(shown, start=1))
    tree = tree_section(whole, {item.name: item.names for item in shown})
    effects = effects_fold(whole)
    method = say(
        "global.method",
        rows=formats.count(whole.rows),
        available=formats.count(whole.available),
        repeats=whole.repeats,
        seed=whole.seed,
    )
    return Section(
        id="whole",
        heading=say("global.heading"),
        intro=passage((say("global.intro"), _reliance(whole))),
        sections=(*parts, *([] if tree is None else [tree])),
        notes=(method,),
        folds=() if effects is None else (effects,),
    )


def _rare(hidden: Hidden) -> frozenset[tuple[str, Level]]:
    """Name the values, as (column, value), that only withheld people have."""
    return frozenset(
        (name, group[0]) for name, groups in hidden.items() for group in groups if len(group) == 1
    )


def _reliance(whole: WholeFacts) -> str:
    moving = [item for item in whole.reliance if item.moved.value > 0][:_SHARES]
    if not moving:
        return say("global.reliance.none")
    figures = series(
        say("global.share", column=isolate(item.column), share=figure(item.share, "rate")) for item in moving
    )
    return say("global.reliance", figures=figures)


def _part(whole: WholeFacts, shown: Shown, anchor: str) -> Section:
    found = [item for item in whole.importances if item.grouping == shown.name and item.group in shown.names]
    table = _table(whole, found, shown, anchor)
    folds = [Fold(say("global.importance.figures", name=shown.label), tables=(table,), printed="not")]
    curves = curve_tables(whole, shown.name, shown.names, anchor)
    if curves:
        notes = curve_notes(whole, shown.name)
        label = say("global.curve.figures", name=shown.label)
        drawn = curve_charts(whole, shown.name, shown.names, anchor)
        folds.append(Fold(label, charts=drawn, tables=curves, notes=notes, printed="not"))
    charts = (chart for name in _PICTURED for chart in _dots(whole, found, shown, name, anchor))
    return Section(
        id=anchor,
        heading=say("global.part", name=shown.label),
        intro="",
        charts=tuple(charts),
        folds=tuple(folds),
    )


def _kind(name: str) -> Kind:
    return "score" if name == "log_loss" else "points"


def _dots(
    whole: WholeFacts, found: list[ImportanceFacts], shown: Shown, name: str, anchor: str
) -> Iterator[DotChart]:
    """Draw the first columns, each with the groups under one another, as many as the picture holds."""
    able = {(item.column, item.group): item for item in found if item.figure == name and _known(item)}
    groups = [group for group in shown.names if any(key[1] == group for key in able)][:6]
    if not groups:
        return
    columns = [item.column for item in whole.reliance if item.moved.value > 0][: max(2, _DOTS // len(groups))]
    items = [able[column, group] for column in columns[:4] for group in groups if (column, group) in able]
    if not items:
        return
    figures = clauses(
        say(
            "global.importance.point",
            column=isolate(item.column),
            group=isolate(shown.names[item.group]),
            change=figure(item.change.value, "points"),
        )
        for item in items[:4]
    )
    described = say(
        "global.importance.described",
        count=formats.count(len({item.column for item in items})),
        figures=figures,
    )
    yield DotChart(
        id=f"{anchor}-{name.replace('_', '-')}",
        title=say(f"global.importance.{name}"),
        description=described,
        kind="points",
        dots=tuple(_dot(item, shown) for item in items),
        rule=0.0,
    )


def _known(item: ImportanceFacts) -> bool:
    return formats.defined(item.change)


def _dot(item: ImportanceFacts, shown: Shown) -> Dot:
    change = item.change
    column, group = fitted(item.column, shown.names[item.group], LABEL - 3)
    label = say("global.importance.label", column=column, group=group)
    return Dot(
        label=label,
        value=scaled(change.value, "points"),
        low=scaled(change.interval.low, "points") if change.interval else None,
        high=scaled(change.interval.high, "points") if change.interval else None,
        text=formats.bare(change.value, "points"),
    )


def _table(whole: WholeFacts, found: list[ImportanceFacts], shown: Shown, anchor: str) -> Table:
    by_key: dict[tuple[str, Group, str], ImportanceFacts] = {
        (item.column, item.group, item.figure): item for item in found
    }
    by_key |= {(item.column, (), item.figure): item for item in whole.importances if not item.grouping}
    rows = []
    for item in whole.reliance:
        for group in [(), *shown.names]:
            cells = [by_key.get((item.column, group, name)) for name in _FIGURES]
            if not any(cell is not None and _known(cell) for cell in cells):
                continue
            who = say("grouping.everyone") if group == () else shown.names[group]
            head = named(say("global.importance.label", column=item.column, group=who))
            rows.append(Row(head, tuple(map(_cell, cells)), "reference" if group == () else "plain"))
    return Table(
        id=f"{anchor}-importance",
        caption=say("global.importance.table", name=shown.label),
        corner=say("global.column.shuffled"),
        columns=tuple(Column(say(f"global.column.{name}")) for name in _HEADS),
        rows=tuple(rows[:_LINES]),
        more=tuple(rows[_LINES:]),
        more_label=say_many("global.importance.more", len(rows) - _LINES),
    )


def _cell(item: ImportanceFacts | None) -> Cell:
    if item is None or not _known(item):
        return Cell(formats.NO_FIGURE)
    kind = _kind(item.figure)
    return Cell(figure(item.change.value, kind), sub=span(item.change.interval, kind))
