"""The check of the labels: what a protected attribute takes over when a diagnostic model is given it."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.privacy import Hidden
from ..audit.record import Record
from ..audit.record_explain import LabelCheck
from . import formats
from .names import clean, isolate, named
from .view_parts import Cell, Column, Row, Section, Table
from .view_scope import name_of_group
from .wording import say

SMALL = 0.1
"""A part of the gap below this is called small."""


def label_checks(record: Record, hidden: Hidden) -> Iterator[Section]:
    """Give one part for each check that no withheld group has a share in."""
    for place, item in enumerate(record.label_checks, start=1):
        gone = hidden.get(item.grouping, frozenset())
        if item.group not in gone and item.reference not in gone:
            yield _check(record, item, f"labels-{place}")


def _check(record: Record, item: LabelCheck, anchor: str) -> Section:
    group, reference = (
        isolate(name_of_group(record, item.grouping, key)) for key in (item.group, item.reference)
    )
    heading = say("explain.labels.heading", group=group, reference=reference, grouping=isolate(item.grouping))
    moved = say(
        "explain.labels.moved",
        without=formats.figure(item.without, "score"),
        added=formats.figure(item.added, "score"),
        own=formats.with_span(item.own, item.own_interval, "score"),
        moved=formats.figure(item.moved, "score"),
    )
    small = [say("explain.labels.small")] if abs(item.own) < SMALL * abs(item.added) else []
    method = say(
        "explain.labels.method",
        learner=clean(item.learner),
        trained=formats.count(item.trained_on),
        rows=formats.count(item.rows),
    )
    return Section(
        id=anchor,
        heading=heading,
        intro=say("explain.labels.intro"),
        tables=(_table(item, anchor, heading),),
        notes=(moved, *small, method),
    )


def _table(item: LabelCheck, anchor: str, heading: str) -> Table:
    rows = tuple(
        Row(
            named(bar.column),
            (Cell(formats.figure(bar.without, "score")), Cell(formats.figure(bar.added, "score"))),
        )
        for bar in sorted(item.bars, key=lambda bar: -max(abs(bar.without), abs(bar.added)))
    )
    return Table(
        id=f"{anchor}-table",
        caption=f"{say('explain.labels.table')}. {heading}",
        corner=say("column.column"),
        columns=tuple(Column(say(f"column.{name}")) for name in ("without", "added")),
        rows=rows,
    )
