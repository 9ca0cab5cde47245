"""The section on what narrows a gap: every method's figures before and after, on the same test rows."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.record import MitigationFacts, MitigationFigure, Record
from ..metrics.catalogue import CATALOGUE
from ..metrics.results import Estimate
from . import formats
from .formats import Kind, kind_of, scaled, span
from .names import clean, isolate, named, prose, unlike
from .view_marks import mark
from .view_parts import Cell, Column, Dot, Mark, Pair, PairChart, Row, Section, Table
from .view_scope import LABEL, glossary_id
from .wording import say, words_of

TOP_PAIRS = 24
_RATES = frozenset(name for name in CATALOGUE if kind_of(name) in ("rate", "score"))


def mitigation_section(record: Record, concealed: frozenset[tuple[str, str]]) -> Section:
    """Build the section of all methods tried.

    Parameters
    ----------
    record : Record
    concealed : frozenset of (grouping, metric)
        Figures that rest on a withheld group; they are left out.
    """
    if not record.mitigation:
        return Section(
            "mitigation", say("mitigate.heading"), "", notes=(say("mitigate.none", reason=_why(record)),)
        )
    return Section(
        id="mitigation",
        heading=say("mitigate.heading"),
        intro=say("mitigate.intro", level=formats.level(record.level)),
        charts=tuple(_charts(record, concealed)),
        sections=tuple(
            _method(item, f"mitigation-{place}", concealed)
            for place, item in enumerate(record.mitigation, start=1)
        ),
    )


def _why(record: Record) -> str:
    for item in record.absent:
        if item.part.startswith(("mitig", "retrain")):
            return prose(item.reason)
    return say("mitigate.none.default")


_Line = tuple[MitigationFacts, MitigationFigure]


def _charts(record: Record, concealed: frozenset[tuple[str, str]]) -> Iterator[PairChart]:
    by_metric: dict[str, list[_Line]] = {}
    for method in record.mitigation:
        for item in method.figures:
            known = formats.defined(item.before) and formats.defined(item.after)
            if known and (item.grouping, item.metric) not in concealed:
                by_metric.setdefault(item.metric, []).append((method, item))
    for place, (metric, lines) in enumerate(by_metric.items(), start=1):
        yield _chart(metric, sorted(lines, key=lambda line: line[1].grouping)[:TOP_PAIRS], place)


def _chart(metric: str, lines: list[_Line], place: int) -> PairChart:
    kind = kind_of(metric)
    names = [
        say("mitigate.label", grouping=clean(item.grouping), method=clean(method.method))
        for method, item in lines
    ]
    labels = unlike(names, LABEL)
    figures = "; ".join(
        say(
            "mitigate.line",
            label=isolate(name),
            before=formats.figure(item.before.value, kind),
            after=formats.figure(item.after.value, kind),
        )
        for name, (_, item) in zip(names, lines, strict=True)
    )
    return PairChart(
        id=f"mitigation-chart-{place}",
        title=say("mitigate.chart", metric=words_of(metric).name),
        description=say("mitigate.described", metric=words_of(metric).name, figures=figures),
        kind=kind,
        pairs=tuple(
            Pair(label, _dot(item.before, kind), _dot(item.after, kind))
            for label, (_, item) in zip(labels, lines, strict=True)
        ),
        rule={"points": 0.0, "ratio": 1.0}.get(kind),
    )


def _dot(estimate: Estimate, kind: Kind) -> Dot:
    return Dot(
        label="",
        value=scaled(estimate.value, kind),
        low=scaled(estimate.interval.low, kind) if estimate.interval else None,
        high=scaled(estimate.interval.high, kind) if estimate.interval else None,
        text=formats.bare(estimate.value, kind),
    )


def _method(item: MitigationFacts, anchor: str, concealed: frozenset[tuple[str, str]]) -> Section:
    headings = ("before", "after", "change", "effect")
    figures = [line for line in item.figures if (line.grouping, line.metric) not in concealed]
    table = Table(
        id=f"{anchor}-table",
        caption=say("mitigate.table", method=isolate(item.method)),
        corner=say("column.figure"),
        columns=tuple(Column(say(f"column.{name}"), number=name != "effect") for name in headings),
        rows=tuple(_row(line) for line in figures),
    )
    return Section(
        id=anchor,
        heading=isolate(item.method),
        intro=" ".join((prose(item.description), say(f"mitigate.needs.{item.needs_sensitive}"))),
        tables=(table,),
        notes=tuple(prose(note) for note in item.notes),
    )


def _row(item: MitigationFigure) -> Row:
    kind = kind_of(item.metric)
    name = f"{words_of(item.metric).name}, {clean(item.grouping)}"
    change: Kind = "points" if kind == "rate" else kind
    effect = effect_of(item)
    return Row(
        named(name, link=glossary_id(item.metric)),
        (
            _cell(item.before, kind),
            _cell(item.after, kind),
            _cell(item.change, change),
            Cell("" if effect else formats.NO_FIGURE, marks=(effect,) if effect else ()),
        ),
    )


def _cell(estimate: Estimate, kind: Kind) -> Cell:
    if not formats.defined(estimate):
        return Cell(formats.NO_FIGURE, sub=estimate.reason.sentence if estimate.reason else "")
    return Cell(formats.figure(estimate.value, kind), sub=span(estimate.interval, kind))


def effect_of(item: MitigationFigure) -> Mark | None:
    """Say what a method did to a figure: nothing beyond noise, or which way it moved it.

    Parameters
    ----------
    item : MitigationFigure

    Returns
    -------
    Mark or None
        None where a figure or the interval of the change is lacking.
    """
    span_ = item.change.interval
    if span_ is None or not (formats.defined(item.before) and formats.defined(item.after)):
        return None
    if span_.holds(0.0):
        return mark("noise")
    if item.metric in _RATES:
        return mark("higher" if item.after.value > item.before.value else "lower")
    fair = 1.0 if kind_of(item.metric) == "ratio" else 0.0
    nearer = abs(item.after.value - fair) < abs(item.before.value - fair)
    return mark("narrower" if nearer else "wider")
