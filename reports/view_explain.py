"""The section on where a gap comes from: contributions of columns, and the check that they add up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..audit.privacy import Hidden
from ..audit.record import Bar, GapExplanation, Record
from ..metrics.results import Group
from . import formats
from .formats import Kind, kind_of, scaled, span
from .names import clean, isolate, named, prose, unlike
from .view_parts import BarChart, Cell, Column, Dot, Fold, Row, Section, Table
from .view_scope import LABEL
from .wording import has_message, say, words_of

TOP_BARS = 8
_LOG_ODDS = "mean_log_odds"
_Pair = tuple[str, Group, Group]


def explain_section(record: Record, hidden: Hidden) -> Section:
    """Build the section of all explained gaps, one block for each pair of groups."""
    blocks: dict[_Pair, list[tuple[int, GapExplanation]]] = {}
    for place, item in enumerate(record.explanations, start=1):
        if not _conceals(item, hidden):
            blocks.setdefault((item.grouping, item.group, item.reference), []).append((place, item))
    concealed = sorted({item.grouping for item in record.explanations if _conceals(item, hidden)})
    notes = tuple(say("explain.withheld", grouping=isolate(name)) for name in concealed)
    if not record.explanations:
        notes = (say("explain.none", reason=_why_absent(record)),)
    return Section(
        id="explanation",
        heading=say("explain.heading"),
        intro=say("explain.intro") if blocks else "",
        sections=tuple(
            _block(record, pair, items, f"explained-{place}")
            for place, (pair, items) in enumerate(blocks.items(), start=1)
        ),
        notes=notes,
    )


def _conceals(item: GapExplanation, hidden: Hidden) -> bool:
    gone = hidden.get(item.grouping, frozenset())
    return item.group in gone or item.reference in gone


def _why_absent(record: Record) -> str:
    for item in record.absent:
        if item.part.startswith("expla"):
            return prose(item.reason)
    return say("explain.none.default")


def _block(record: Record, pair: _Pair, items: list[tuple[int, GapExplanation]], anchor: str) -> Section:
    grouping, group, reference = pair
    first, second = (isolate(_group_name(record, grouping, key)) for key in (group, reference))
    heading = say("explain.block", grouping=isolate(grouping), group=first, reference=second)
    found = [(item, f"explanation-{place}") for place, item in items]
    return Section(
        id=anchor,
        heading=heading,
        intro="",
        sections=tuple(_panel(item, name, heading) for item, name in found if item.metric != _LOG_ODDS),
        folds=tuple(_log_odds(item, name, heading) for item, name in found if item.metric == _LOG_ODDS),
    )


def _group_name(record: Record, grouping: str, key: Group) -> str:
    groups = (group for part in record.groupings if part.name == grouping for group in part.groups)
    return next((group.name for group in groups if group.group == key), " x ".join(map(str, key)))


def _panel(item: GapExplanation, anchor: str, pair: str) -> Section:
    fold = Fold(
        say("explain.figures"), notes=_method(item), tables=(_table(item, anchor, pair),), printed="not"
    )
    return Section(
        id=anchor,
        heading=gap_name(item),
        intro="",
        charts=(_chart(item, anchor),),
        notes=(_check(item), *_words(item)),
        folds=(fold,),
        panel=True,
    )


def _log_odds(item: GapExplanation, anchor: str, pair: str) -> Fold:
    return Fold(
        label=say("explain.log_odds", engine=clean(item.engine).partition(",")[0]),
        charts=(_chart(item, anchor),),
        notes=(_check(item), *_words(item), *_method(item)),
        tables=(_table(item, anchor, pair),),
        printed="plain",
    )


def gap_name(item: GapExplanation) -> str:
    """Name the figure whose gap is explained."""
    key = f"gap.{item.metric}"
    return say(key) if has_message(key) else words_of(item.metric).name


def _kind(item: GapExplanation) -> Kind:
    return "score" if kind_of(item.metric) == "score" else "points"


def _words(item: GapExplanation) -> tuple[str, ...]:
    """Give the record's sentences; the section's first paragraph has said that these are no causes."""
    words = prose(item.words).removesuffix(say("explain.not_causes")).rstrip()
    return (words,) if item.words else ()


def _check(item: GapExplanation) -> str:
    kind = _kind(item)
    return say(
        "explain.check",
        total=formats.figure(item.total, kind),
        measured=formats.bare(item.measured, kind),
        residual=formats.bare(item.residual, kind),
    )


def _method(item: GapExplanation) -> tuple[str, ...]:
    engine = "explain.engine" if item.walks else "explain.engine.exact"
    computed = say(
        engine,
        engine=clean(item.engine),
        rows=formats.count(item.rows),
        walks=formats.count(item.walks),
        seed=item.seed,
        game=say(f"explain.game.{item.game}"),
    )
    return computed, say("explain.gross", gross=formats.figure(item.gross, _kind(item)))


def _ordered(item: GapExplanation) -> list[Bar]:
    return sorted(item.bars, key=lambda bar: (-abs(bar.value), bar.column))


def _chart(item: GapExplanation, anchor: str) -> BarChart:
    kind, bars = _kind(item), _ordered(item)
    figures = "; ".join(f"{isolate(bar.column)} {formats.figure(bar.value, kind)}" for bar in bars[:5])
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
    labels = unlike((bar.column for bar in bars[:top]), LABEL)
    for bar, label in zip(bars[:top], labels, strict=True):
        yield _bar(bar, label, kind)
    if len(bars) > top:
        left = math.fsum(bar.value for bar in bars[top:])
        label = say("explain.rest", count=formats.count(len(bars) - top))
        yield Dot(label, scaled(left, kind), None, None, formats.bare(left, kind), "muted")


def _bar(bar: Bar, label: str, kind: Kind) -> Dot:
    return Dot(
        label=label,
        value=scaled(bar.value, kind),
        low=scaled(bar.interval.low, kind) if bar.interval else None,
        high=scaled(bar.interval.high, kind) if bar.interval else None,
        text=formats.bare(bar.value, kind),
    )


def _table(item: GapExplanation, anchor: str, pair: str) -> Table:
    kind = _kind(item)
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
        caption=say("explain.table", gap=gap_name(item), pair=pair),
        corner=say("column.column"),
        columns=tuple(Column(say(f"column.{name}")) for name in ("contribution", "sampling", "monte_carlo")),
        rows=(*rows, total),
    )


def _error(value: float, kind: Kind) -> str:
    """Write a standard error with one digit more than the figures."""
    if math.isnan(value):
        return formats.NO_FIGURE
    return f"{value * (100 if kind == 'points' else 1):.{2 if kind == 'points' else 4}f}"
