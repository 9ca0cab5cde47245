"""The section on where a gap comes from: contributions of columns, and the check that they add up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..audit.privacy import Hidden
from ..audit.record import Record
from ..audit.record_explain import Bar, GapExplanation
from ..metrics.results import Group
from . import formats
from .explain_words import gap_kind, sentences
from .formats import Kind, scaled, span
from .names import clean, isolate, named, unlike
from .phrases import reworded
from .view_label_check import label_checks
from .view_parts import BarChart, Cell, Column, Dot, Fold, Row, Section, Table
from .view_scope import LABEL, name_of_group
from .wording import clauses, has_message, passage, say, words_of

TOP_BARS = 8
_LOG_ODDS = "mean_log_odds"
_Pair = tuple[str, Group, Group, str]


def explain_section(record: Record, hidden: Hidden) -> Section:
    """Build the section of all explained gaps, one block for each pair of groups."""
    blocks: dict[_Pair, list[tuple[int, GapExplanation]]] = {}
    for place, item in enumerate(record.explanations, start=1):
        if not _conceals(item, hidden):
            pair = (item.grouping, item.group, item.reference, item.against)
            blocks.setdefault(pair, []).append((place, item))
    concealed = sorted({item.grouping for item in record.explanations if _conceals(item, hidden)})
    notes = tuple(say("explain.withheld", grouping=isolate(name)) for name in concealed)
    if not record.explanations:
        notes = (say("explain.none", reason=_why_absent(record)),)
    return Section(
        id="explanation",
        heading=say("explain.heading"),
        intro=say("explain.intro") if blocks else "",
        sections=(
            *(
                _block(record, pair, items, f"explained-{place}")
                for place, (pair, items) in enumerate(blocks.items(), start=1)
            ),
            *label_checks(record, hidden),
        ),
        notes=(*notes, say("explain.caveats")) if blocks else notes,
    )


def _conceals(item: GapExplanation, hidden: Hidden) -> bool:
    gone = hidden.get(item.grouping, frozenset())
    return item.group in gone or item.reference in gone


def _why_absent(record: Record) -> str:
    for item in record.absent:
        if item.part.startswith("expla"):
            return reworded(item.reason)
    return say("explain.none.default")


def _block(record: Record, pair: _Pair, items: list[tuple[int, GapExplanation]], anchor: str) -> Section:
    grouping, group, reference, against = pair
    first = isolate(name_of_group(record, grouping, group))
    second = (
        say("explain.rest_of") if against == "rest" else isolate(name_of_group(record, grouping, reference))
    )
    attributes = next((part.attributes for part in record.groupings if part.name == grouping), ())
    heading = say("explain.block", grouping=isolate(grouping), group=first, reference=second)
    found = [(item, f"explanation-{place}") for place, item in items]
    return Section(
        id=anchor,
        heading=heading,
        intro="",
        sections=tuple(
            _panel(item, name, heading, sentences(item, first, second, attributes))
            for item, name in found
            if item.metric != _LOG_ODDS
        ),
        folds=tuple(
            _log_odds(item, name, heading, sentences(item, first, second, attributes))
            for item, name in found
            if item.metric == _LOG_ODDS
        ),
    )


def _panel(item: GapExplanation, anchor: str, pair: str, words: list[str]) -> Section:
    fold = Fold(
        say("explain.figures"), notes=_method(item), tables=(_table(item, anchor, pair),), printed="not"
    )
    return Section(
        id=anchor,
        heading=gap_name(item),
        intro="",
        charts=(_chart(item, anchor),),
        notes=(_check(item), passage(words)),
        folds=(fold,),
        panel=True,
    )


def _log_odds(item: GapExplanation, anchor: str, pair: str, words: list[str]) -> Fold:
    return Fold(
        label=say("explain.log_odds", engine=reworded(clean(item.engine).partition(",")[0])),
        charts=(_chart(item, anchor),),
        notes=(_check(item), passage(words), *_method(item)),
        tables=(_table(item, anchor, pair),),
        printed="plain",
    )


def gap_name(item: GapExplanation) -> str:
    """Name the figure whose gap is explained."""
    key = f"gap.{item.metric}"
    name = say(key) if has_message(key) else words_of(item.metric).name
    return name if item.control is None else say("gap.within", gap=name, control=isolate(item.control))


def _check(item: GapExplanation) -> str:
    kind = gap_kind(item.metric)
    return say(
        "explain.check.start" if item.start else "explain.check",
        total=formats.figure(item.total, kind),
        measured=formats.bare(item.measured, kind),
        residual=formats.bare(item.residual, kind),
        start=formats.bare(item.start, kind),
    )


def _method(item: GapExplanation) -> tuple[str, ...]:
    engine = "explain.engine" if item.walks else "explain.engine.exact"
    if not item.rows:
        engine = "explain.engine.unsaid"
    computed = say(
        engine,
        engine=reworded(item.engine),
        rows=formats.count(item.rows),
        walks=formats.count(item.walks),
        seed=item.seed,
        game=say(f"explain.game.{item.game}"),
    )
    said = [
        computed,
        say("explain.errors"),
        say("explain.gross", gross=formats.figure(item.gross, gap_kind(item.metric))),
    ]
    if item.control is not None:
        control = isolate(item.control)
        said.append(say("explain.strata", count=formats.count(item.strata), control=control))
    if item.approximate:
        said.append(say("explain.approximate"))
    if not item.reached:
        said.append(say("explain.not_reached"))
    return tuple(said)


def _ordered(item: GapExplanation) -> list[Bar]:
    return sorted(item.bars, key=lambda bar: (-abs(bar.value), bar.column))


def _chart(item: GapExplanation, anchor: str) -> BarChart:
    kind, bars = gap_kind(item.metric), _ordered(item)
    figures = clauses(f"{isolate(_column(bar))} {formats.figure(bar.value, kind)}" for bar in bars[:5])
    described = say(
        "explain.described",
        count=formats.count(len(bars)),
        measured=formats.figure(item.measured, kind),
        figures=figures,
    )
    title = say(f"explain.chart.{kind}", measured=formats.figure(item.measured, kind))
    return BarChart(f"{anchor}-bars", title, described, kind, tuple(_bars(bars, kind)))


def _bars(bars: list[Bar], kind: Kind) -> Iterator[Dot]:
    """Draw the largest contributions one by one, and all others as one bar where they are several."""
    top = TOP_BARS if len(bars) > TOP_BARS + 1 else len(bars)
    labels = unlike((_column(bar) for bar in bars[:top]), LABEL)
    for bar, label in zip(bars[:top], labels, strict=True):
        yield _bar(bar, label, kind)
    if len(bars) > top:
        left = math.fsum(bar.value for bar in bars[top:])
        label = say("explain.rest", count=formats.count(len(bars) - top))
        yield Dot(label, scaled(left, kind), None, None, formats.bare(left, kind), "muted")


def _column(bar: Bar) -> str:
    return bar.column if bar.role == "column" else say("explain.true_label")


def _bar(bar: Bar, label: str, kind: Kind) -> Dot:
    return Dot(
        label=label,
        value=scaled(bar.value, kind),
        low=scaled(bar.interval.low, kind) if bar.interval else None,
        high=scaled(bar.interval.high, kind) if bar.interval else None,
        text=formats.bare(bar.value, kind),
        chance=None if bar.band is None else scaled(bar.band, kind),
    )


def _table(item: GapExplanation, anchor: str, pair: str) -> Table:
    kind = gap_kind(item.metric)
    rows = [
        Row(
            named(_column(bar)),
            (
                Cell(formats.bare(bar.value, kind), sub=span(bar.interval, kind)),
                Cell(_error(bar.sampling_error, kind), sub=_error(bar.monte_carlo_error, kind)),
                Cell(formats.NO_FIGURE if bar.band is None else formats.bare(bar.band, kind)),
            ),
        )
        for bar in _ordered(item)
    ]
    total = Row(
        Cell(say("explain.sum")), (Cell(formats.bare(item.total, kind)), Cell(""), Cell("")), "reference"
    )
    return Table(
        id=f"{anchor}-table",
        caption=say(f"explain.table.{kind}", gap=gap_name(item), pair=pair),
        corner=say("column.column"),
        columns=tuple(Column(say(f"column.{name}")) for name in ("bar", "errors", "band")),
        rows=(*rows, total),
    )


def _error(value: float, kind: Kind) -> str:
    """Write a standard error with one digit more than the figures."""
    if math.isnan(value):
        return formats.NO_FIGURE
    return formats.parted(f"{value * (100 if kind == 'points' else 1):.{2 if kind == 'points' else 4}f}")
