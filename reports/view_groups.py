"""The section of one attribute or intersection: its groups and their rates, as pictures and tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from ..audit.record import GroupFacts
from ..errors import Reason
from ..metrics.catalogue import CATALOGUE
from ..metrics.results import Estimate
from . import formats
from .formats import Kind, figure, kind_of, scaled, span
from .names import isolate, listed, unlike
from .phrases import reworded
from .view_gaps import against_folds, gaps_section
from .view_marks import mark
from .view_parts import Cell, Column, Dot, DotChart, Fold, Row, Section, Table, Tone
from .view_reach import reach_folds
from .view_scope import (
    CHARTED,
    LABEL,
    OPEN,
    TOP,
    Scope,
    axis_from_zero,
    gathered,
    glossary_id,
    group_head,
    too_small,
)
from .wording import lowered, passage, say, say_many, words_of

_FIRST = ("base_rate", "selection_rate", "accuracy", "mean_score")
_SECOND = (
    "true_positive_rate",
    "false_negative_rate",
    "false_positive_rate",
    "true_negative_rate",
    "positive_predictive_value",
    "negative_predictive_value",
)
SHOWN_RATES = frozenset((*_FIRST, *_SECOND))
"""The rates that the tables show."""


def grouping_section(scope: Scope) -> Section:
    """Build the whole section of one grouping."""
    parts = (gaps_section(scope), _rates(scope))
    return Section(
        id=scope.id,
        heading=say("grouping.heading", name=scope.name),
        intro=_intro(scope),
        sections=tuple(item for item in parts if item is not None),
        notes=tuple(_notes(scope)),
    )


def _intro(scope: Scope) -> str:
    words = [say_many("grouping.intro", len(scope.part.groups))]
    if scope.part.reference is not None:
        reference = isolate(scope.name_of(scope.part.reference))
        words.append(say("grouping.intro.reference", reference=reference))
    if any(too_small(scope, item, None) for item in scope.shown):
        words.append(say("grouping.intro.small", minimum=scope.record.min_group_size))
    return passage(words)


def _notes(scope: Scope) -> Iterator[str]:
    gone = [item.name for item in scope.ordered if item.group in scope.hidden]
    if gone:
        yield say("grouping.withheld_note", groups=listed(gone), privacy=scope.record.privacy_minimum)


def _rates(scope: Scope) -> Section:
    present = [name for name in CATALOGUE if any(name in item.rates for item in scope.part.groups)]
    charts = {name: rate_chart(scope, name) for name in CHARTED if name in present}
    drawn = {name: chart for name, chart in charts.items() if chart.dots}
    first = [name for name in drawn if name in OPEN] or list(drawn)
    rest = tuple(chart for name, chart in drawn.items() if name not in first)
    tables = (
        _group_table(scope, "first", [name for name in _FIRST if name in present], sizes=True),
        _group_table(scope, "second", [name for name in _SECOND if name in present], sizes=False),
    )
    notes = [say("grouping.worst_first")]
    if any(item.below_minimum for item in scope.shown):
        notes.append(say("grouping.small_last"))
    notes.extend(first_only((scope,)))
    folds = (
        Fold(_pictures_label(rest), charts=rest),
        Fold(say("grouping.tables"), tables=tuple(table for table in tables if table.columns)),
        *against_folds(scope),
        *reach_folds(scope),
    )
    return Section(
        id=f"{scope.id}-rates",
        heading=say("grouping.rates.heading"),
        intro=passage((say("grouping.rates.intro"), *notes)),
        charts=tuple(drawn[name] for name in first),
        folds=tuple(fold for fold in folds if fold.charts or fold.tables),
    )


def first_only(scopes: Iterable[Scope]) -> Iterator[str]:
    """Say of each grouping whose pictures cannot hold every group which groups they show."""
    for scope in scopes:
        if len(scope.shown) > TOP:
            yield say("grouping.chart_top", count=TOP, total=formats.count(len(scope.part.groups)))


def _pictures_label(charts: tuple[DotChart, ...]) -> str:
    return say("grouping.more_pictures", names=listed(lowered(chart.title) for chart in charts))


def rate_chart(scope: Scope, metric: str, *, title: str = "", suffix: str = "") -> DotChart:
    """Draw one rate of the groups: dots with intervals, the lowest selection rate first."""
    kind = kind_of(metric)
    items = [item for item in scope.shown[:TOP] if metric in item.rates]
    labels = unlike((item.name for item in items), LABEL)
    everybody = scope.record.overall.rates.get(metric)
    highs = [_high(item.rates[metric]) for item in items]
    return DotChart(
        id=f"{scope.id}-{metric.replace('_', '-')}{suffix}",
        title=title or words_of(metric).name,
        description=_describe(scope, metric, items),
        kind=kind,
        dots=tuple(_rate_dot(scope, item, metric, label) for item, label in zip(items, labels, strict=True)),
        rule=None if everybody is None else scaled(everybody.value, kind),
        domain=axis_from_zero(highs, kind),
    )


def _describe(scope: Scope, metric: str, items: list[GroupFacts]) -> str:
    kind = kind_of(metric)
    known = sorted(
        (i for i in items if formats.defined(i.rates[metric])), key=lambda i: i.rates[metric].value
    )
    name = words_of(metric).name
    if not known:
        return say("grouping.rates.described.none", metric=name, name=scope.name)
    everybody = scope.record.overall.rates.get(metric)
    return say(
        "grouping.rates.described",
        metric=name,
        name=scope.name,
        count=formats.count(len(items)),
        low_group=isolate(known[0].name),
        low=figure(known[0].rates[metric].value, kind),
        high_group=isolate(known[-1].name),
        high=figure(known[-1].rates[metric].value, kind),
        overall=figure(everybody.value if everybody else math.nan, kind),
    )


def _rate_dot(scope: Scope, item: GroupFacts, metric: str, label: str) -> Dot:
    estimate, kind = item.rates[metric], kind_of(metric)
    tone: Tone = "plain"
    if too_small(scope, item, estimate):
        tone = "small"
    elif item.group == scope.part.reference:
        tone = "reference"
    absent = say("mark.withheld" if estimate.reason is Reason.WITHHELD else "state.undefined")
    return Dot(
        label=label,
        value=scaled(estimate.value, kind),
        low=scaled(estimate.interval.low, kind) if estimate.interval else None,
        high=scaled(estimate.interval.high, kind) if estimate.interval else None,
        text=figure(estimate.value, kind) if formats.defined(estimate) else absent,
        tone=tone,
    )


def _high(estimate: Estimate) -> float:
    end = estimate.interval.high if estimate.interval else estimate.value
    return end if math.isfinite(end) else 0.0


def _group_table(scope: Scope, which: str, metrics: list[str], *, sizes: bool) -> Table:
    columns = [Column(say("column.rows")), Column(say("column.share"))] if sizes else []
    columns += [Column(words_of(name).name, link=glossary_id(name)) for name in metrics]
    rows = gathered(_group_row(scope, item, metrics, sizes=sizes) for item in scope.ordered)
    return Table(
        id=f"{scope.id}-{which}",
        caption=say(f"grouping.table.{which}", name=scope.name),
        corner=say("column.group"),
        columns=tuple(columns) if metrics else (),
        rows=(_group_row(scope, scope.record.overall, metrics, sizes=sizes, everyone=True), *rows[:TOP]),
        more=rows[TOP:],
        more_label=say_many("grouping.more", len(rows) - TOP),
    )


def _group_row(
    scope: Scope, item: GroupFacts, metrics: list[str], *, sizes: bool, everyone: bool = False
) -> Row:
    if everyone:
        head, tone = Cell(say("grouping.everyone")), "reference"
    else:
        head, tone = group_head(scope, item), "plain"
    if not everyone and item.group in scope.hidden:
        gone = Cell(formats.NO_FIGURE)
        return Row(head, (gone,) * (len(metrics) + 2 * sizes), "muted")
    size_cells = (Cell(formats.count(item.rows)), Cell(figure(item.share, "rate"))) if sizes else ()
    cells = tuple(rate_cell(scope, item.rates.get(name), kind_of(name)) for name in metrics)
    return Row(head, (*size_cells, *cells), "reference" if tone == "reference" else "plain")


def rate_cell(scope: Scope, estimate: Estimate | None, kind: Kind) -> Cell:
    """Write a rate with its interval, or why there is none; small denominators are marked."""
    if estimate is None:
        return Cell(formats.NO_FIGURE)
    if estimate.reason is Reason.WITHHELD:
        return Cell("", title=reworded(estimate.reason.sentence), marks=(mark("withheld"),))
    if not formats.defined(estimate):
        reason = say("cell.reason", reason=reworded(estimate.reason.sentence)) if estimate.reason else ""
        return Cell(formats.NO_FIGURE, title=reason, sub=say("state.undefined"))
    small = 0 < estimate.rows < scope.record.min_group_size
    text = figure(estimate.value, kind)
    return Cell(f"{text} ○" if small else text, sub=span(estimate.interval, kind))
