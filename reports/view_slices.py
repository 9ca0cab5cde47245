"""The slices that are treated worst: a table for each rate that was searched."""

from __future__ import annotations

from ..audit.record import Record, SliceFacts, SliceRow
from . import formats
from .formats import figure, span
from .names import listed, named, prose
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
        folds=(Fold(say("slices.method"), notes=(prose(item.words),)),),
    )


def _row(item: SliceRow) -> Row:
    if item.withheld:
        gone = (Cell(formats.NO_FIGURE),) * len(_COLUMNS)
        return Row(named(item.name, marks=(mark("withheld"),)), gone, "muted")
    return Row(
        named(item.name, limit=120),
        (
            Cell(formats.count(item.rows)),
            Cell(figure(item.rate.value, "rate"), sub=span(item.rate.interval, "rate")),
            Cell(figure(item.rest.value, "rate"), sub=span(item.rest.interval, "rate")),
            Cell(figure(item.difference, "points"), sub=span(item.selected, "points")),
            Cell(formats.p_value(item.adjusted_p)),
        ),
    )
