"""The section on where a gap comes from: contributions of columns, and the check that they add up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..audit.record import Bar, GapExplanation, Record
from . import formats
from .formats import Kind, scaled, span
from .names import clean, isolate, named, prose, unlike
from .view_parts import BarChart, Cell, Column, Dot, Row, Section, Table
from .view_privacy import Hidden
from .view_scope import LABEL
from .wording import ENGLISH, say, words_of

TOP_BARS = 12


def explain_section(record: Record, hidden: Hidden) -> Section:
    """Build the section of all explained gaps."""
    parts = tuple(_parts(record, hidden))
    concealed = sorted({item.grouping for item in record.explanations if _conceals(item, hidden)})
    notes = tuple(say("explain.withheld", grouping=isolate(name)) for name in concealed)
    if not record.explanations:
        notes = (say("explain.none", reason=_why_absent(record)),)
    return Section(
        id="explanation",
        heading=say("explain.heading"),
        intro=say("explain.intro") if parts else "",
        sections=parts,
        notes=notes,
    )


def _parts(record: Record, hidden: Hidden) -> Iterator[Section]:
    for place, item in enumerate(record.explanations, start=1):
        if not _conceals(item, hidden):
            yield _explained(record, item, f"explanation-{place}")


def _conceals(item: GapExplanation, hidden: Hidden) -> bool:
    gone = hidden.get(item.grouping, frozenset())
    return item.group in gone or item.reference in gone


def _why_absent(record: Record) -> str:
    for item in record.absent:
        if item.part.startswith("expla"):
            return prose(item.reason)
    return say("explain.none.default")


def gap_name(item: GapExplanation) -> str:
    """Name a gap in words; one outside the catalogue is named by its metric."""
    key = f"gap.{item.gap.replace(' ', '_')}"
    return say(key) if key in ENGLISH else words_of(item.metric).name


def _explained(record: Record, item: GapExplanation, anchor: str) -> Section:
    kind: Kind = "score" if item.metric == "mean_score" else "points"
    group, reference = (isolate(_group_name(record, item, key)) for key in (item.group, item.reference))
    measured = formats.figure(item.measured, kind)
    heading = say(
        "explain.item", gap=gap_name(item), group=group, reference=reference, grouping=isolate(item.grouping)
    )
    return Section(
        id=anchor,
        heading=heading,
        intro=prose(item.words)
        if item.words
        else say("explain.measured", measured=measured, group=group, reference=reference),
        charts=(_chart(item, kind, anchor),),
        tables=(_table(item, kind, anchor, heading),),
        notes=_checks(item, kind),
    )


def _group_name(record: Record, item: GapExplanation, key: tuple[object, ...]) -> str:
    for part in record.groupings:
        if part.name == item.grouping:
            for group in part.groups:
                if group.group == key:
                    return group.name
    return " x ".join(map(str, key))


def _checks(item: GapExplanation, kind: Kind) -> tuple[str, ...]:
    total, measured, residual, gross = (
        formats.figure(value, kind) for value in (item.total, item.measured, item.residual, item.gross)
    )
    engine = "explain.engine" if item.walks else "explain.engine.exact"
    return (
        say("explain.check", total=total, measured=measured, residual=residual),
        say("explain.gross", gross=gross),
        say(
            engine,
            engine=clean(item.engine),
            rows=formats.count(item.rows),
            walks=formats.count(item.walks),
            seed=item.seed,
            game=say(f"explain.game.{item.game}"),
        ),
    )


def _ordered(item: GapExplanation) -> list[Bar]:
    return sorted(item.bars, key=lambda bar: (-abs(bar.value), bar.column))


def _chart(item: GapExplanation, kind: Kind, anchor: str) -> BarChart:
    bars = _ordered(item)
    labels = unlike((bar.column for bar in bars[:TOP_BARS]), LABEL)
    drawn = [_bar(bar, label, kind) for bar, label in zip(bars[:TOP_BARS], labels, strict=True)]
    rest = bars[TOP_BARS:]
    if rest:
        left = math.fsum(bar.value for bar in rest)
        label = say("explain.rest", count=formats.count(len(rest)))
        drawn.append(Dot(label, scaled(left, kind), None, None, formats.bare(left, kind), "muted"))
    figures = "; ".join(f"{isolate(bar.column)} {formats.figure(bar.value, kind)}" for bar in bars[:5])
    described = say(
        "explain.described",
        count=formats.count(len(bars)),
        measured=formats.figure(item.measured, kind),
        figures=figures,
    )
    return BarChart(f"{anchor}-bars", say(f"explain.chart.{kind}"), described, kind, tuple(drawn))


def _bar(bar: Bar, label: str, kind: Kind) -> Dot:
    return Dot(
        label=label,
        value=scaled(bar.value, kind),
        low=scaled(bar.interval.low, kind) if bar.interval else None,
        high=scaled(bar.interval.high, kind) if bar.interval else None,
        text=formats.bare(bar.value, kind),
    )


def _table(item: GapExplanation, kind: Kind, anchor: str, heading: str) -> Table:
    rows = [
        Row(
            named(bar.column),
            (
                Cell(formats.figure(bar.value, kind), sub=span(bar.interval, kind)),
                Cell(_error(bar.sampling_error, kind)),
                Cell(_error(bar.monte_carlo_error, kind)),
            ),
        )
        for bar in _ordered(item)
    ]
    total = Row(
        Cell(say("explain.sum")), (Cell(formats.figure(item.total, kind)), Cell(""), Cell("")), "reference"
    )
    return Table(
        id=f"{anchor}-table",
        caption=f"{say('explain.table')}. {heading}",
        corner=say("column.column"),
        columns=tuple(Column(say(f"column.{name}")) for name in ("contribution", "sampling", "monte_carlo")),
        rows=(),
        more=(*rows, total),
        more_label=say("explain.figures"),
    )


def _error(value: float, kind: Kind) -> str:
    """Write a standard error with one digit more than the figures."""
    if math.isnan(value):
        return formats.NO_FIGURE
    return f"{value * (100 if kind == 'points' else 1):.{2 if kind == 'points' else 4}f}"
