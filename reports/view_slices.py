"""The slices that are treated worst: a table for each rate that was searched."""

from __future__ import annotations

from ..audit.record import Record, SliceFacts, SliceRow
from ..metrics.results import Level
from . import formats
from .bands import said_band
from .formats import figure, span
from .names import listed, named
from .view_marks import mark
from .view_parts import Cell, Column, Fold, Row, Section, Table
from .view_scope import TOP
from .wording import say, say_many, words_of

_FEW = 5
_COLUMNS = ("rows", "slice_rate", "rest_rate", "slice_gap", "adjusted")


def slices_section(record: Record) -> Section | None:
    """Build the section of all searches; None where nothing was searched. The record is a masked one."""
    if not record.slices:
        return None
    first = record.slices[0]
    intro = say(
        "slices.intro",
        columns=listed(first.columns),
        depth=say_many("slices.depth", first.depth),
        minimum=first.min_size,
        share=formats.figure(first.level, "rate"),
    )
    parts = tuple(_part(item, f"slices-{place}") for place, item in enumerate(record.slices, 1))
    return Section("slices", say("slices.heading"), intro, sections=parts)


def _part(item: SliceFacts, anchor: str) -> Section:
    rows = tuple(_row(line) for line in item.slices[:TOP])
    table = Table(
        id=f"{anchor}-table",
        caption=say("slices.table", metric=words_of(item.metric).inline),
        corner=say("column.slice"),
        columns=tuple(Column(say(f"column.{name}")) for name in _COLUMNS),
        rows=rows[:_FEW],
        more=rows[_FEW:],
        more_label=say_many("slices.more", len(rows) - _FEW),
    )
    return Section(
        id=anchor,
        heading=say(f"slices.part.{item.direction}", metric=words_of(item.metric).name),
        intro="" if rows else say("slices.none"),
        tables=(table,) if rows else (),
        folds=(Fold(say("slices.method"), notes=(_searched(item),)),),
    )


def _searched(item: SliceFacts) -> str:
    """Say how many slices were tested, and what became of those that differ."""
    return say_many(
        "slices.searched",
        item.tested,
        depth=item.depth,
        columns=len(item.columns),
        minimum=item.min_size,
        metric=words_of(item.metric).inline,
        found=formats.count(item.found),
        effect=formats.number(item.effect),
        level=formats.number(item.level, 3),
        shorter=formats.count(item.shorter),
        shared=formats.count(item.shared),
        overlap=formats.count(item.overlap),
        not_shown=formats.count(item.not_shown),
    )


def _name(item: SliceRow) -> str:
    return say("slices.and").join(_condition(item, column, level) for column, level in item.conditions)


def _condition(item: SliceRow, column: str, level: Level) -> str:
    """Write one condition; the record's own name tells whether its level is a bin of numbers."""
    if level is None:
        return say("slices.missing", column=column)
    if f"{column} = " in item.name:
        return say("slices.equals", column=column, level=level)
    return say("slices.within", column=column, level=said_band(str(level)))


def _row(item: SliceRow) -> Row:
    if item.withheld:
        gone = (Cell(formats.NO_FIGURE),) * len(_COLUMNS)
        return Row(named(_name(item), marks=(mark("withheld"),)), gone, "muted")
    return Row(
        named(_name(item), limit=120),
        (
            Cell(formats.count(item.rows)),
            Cell(figure(item.rate.value, "rate"), sub=span(item.rate.interval, "rate")),
            Cell(figure(item.rest.value, "rate"), sub=span(item.rest.interval, "rate")),
            Cell(figure(item.difference, "points"), sub=span(item.selected, "points")),
            Cell(formats.p_value(item.adjusted_p)),
        ),
    )
