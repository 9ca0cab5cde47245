"""The section of one attribute or intersection: its groups, their rates, and the gaps between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ..audit.record import GroupFacts, GroupingFacts, Record, Verdict
from ..metrics.catalogue import CATALOGUE
from ..metrics.results import Disparity, Estimate, Group
from . import numbers
from .names import isolate, listed, named, unlike
from .numbers import Kind, figure, kind_of, scaled, span
from .view_marks import mark, state_mark
from .view_parts import Cell, Chart, Column, Dot, DotChart, Mark, Row, Section, Table, Tone
from .view_privacy import conceals
from .wording import say, say_many, words_of

TOP = 30
"""How many groups a picture shows; the tables hold the rest."""

CHARTED = (
    "selection_rate",
    "base_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "accuracy",
    "mean_score",
)
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

LABEL = 27
"""How many letters of a name a picture shows."""


@dataclass(frozen=True)
class Scope:
    """One grouping, and what its section must know of the record."""

    record: Record
    part: GroupingFacts
    hidden: frozenset[Group]
    id: str

    @property
    def name(self) -> str:
        """The grouping's name, ready for a sentence."""
        return isolate(self.part.name)

    @cached_property
    def ordered(self) -> tuple[GroupFacts, ...]:
        """All groups, the lowest selection rate first, undefined and withheld ones last."""
        return tuple(sorted(self.part.groups, key=self._rank))

    @cached_property
    def shown(self) -> tuple[GroupFacts, ...]:
        """The groups whose figures are not withheld, in order."""
        return tuple(item for item in self.ordered if item.group not in self.hidden)

    @cached_property
    def names(self) -> dict[Group, str]:
        """The name of each group."""
        return {item.group: item.name for item in self.part.groups}

    def name_of(self, group: Group | None) -> str:
        """Name a group; a group that the grouping does not list is named by its levels."""
        if group is None:
            return say("grouping.everyone")
        return self.names.get(group) or " x ".join(map(str, group))

    def verdicts(self, metric: str) -> tuple[Verdict, ...]:
        """Give what the policy says of a metric here."""
        return tuple(
            item
            for item in self.record.verdicts
            if item.limit.metric == metric and item.limit.attribute == self.part.name
        )

    def _rank(self, item: GroupFacts) -> tuple[int, float, str]:
        if item.group in self.hidden:
            return (2, 0.0, item.name)
        estimate = item.rates.get("selection_rate")
        if estimate is None or not numbers.defined(estimate):
            return (1, 0.0, item.name)
        return (0, estimate.value, item.name)


def worst_of(part: GroupingFacts) -> tuple[Disparity, ...]:
    """Give the worst-of-several figures of a grouping, in the order of the glossary."""
    order = list(CATALOGUE)
    found = [item for item in part.disparities if item.against == "all_pairs"]
    return tuple(sorted(found, key=lambda d: order.index(d.metric) if d.metric in CATALOGUE else len(order)))


def grouping_section(scope: Scope) -> Section:
    """Build the whole section of one grouping."""
    parts = (_gaps(scope), _rates(scope), *_against(scope))
    return Section(
        id=scope.id,
        heading=say("grouping.heading", name=scope.name),
        intro=_intro(scope),
        sections=tuple(item for item in parts if item is not None),
        notes=tuple(_notes(scope)),
    )


def _intro(scope: Scope) -> str:
    words = [
        say(
            "grouping.intro",
            count=numbers.count(len(scope.part.groups)),
            level=numbers.level(scope.record.level),
        )
    ]
    if scope.part.reference is not None:
        reference = isolate(scope.name_of(scope.part.reference))
        words.append(say("grouping.intro.reference", reference=reference))
    if any(_too_small(scope, item, None) for item in scope.shown):
        words.append(say("grouping.intro.small", minimum=scope.record.min_group_size))
    return " ".join(words)


def _notes(scope: Scope) -> Iterator[str]:
    gone = [item.name for item in scope.ordered if item.group in scope.hidden]
    if gone:
        yield say("grouping.withheld_note", groups=listed(gone), privacy=scope.record.privacy_minimum)


# --- widest gaps ---------------------------------------------------------------------------------------------


def _gaps(scope: Scope) -> Section | None:
    found = worst_of(scope.part)
    if not found:
        return None
    visible = [item for item in found if not conceals(item, scope.hidden)]
    return Section(
        id=f"{scope.id}-gaps",
        heading=say("grouping.gaps.heading"),
        intro=say("grouping.gaps.legend"),
        charts=tuple(_gap_charts(scope, visible)),
        tables=(_worst_table(scope, found),),
    )


def _gap_charts(scope: Scope, found: list[Disparity]) -> Iterator[Chart]:
    for comparison, title in (("difference", "grouping.gaps.title"), ("ratio", "grouping.gaps.ratio_title")):
        chosen = [item for item in found if item.comparison == comparison and math.isfinite(item.value)]
        if not chosen:
            continue
        kind: Kind = "ratio" if comparison == "ratio" else "points"
        figures = "; ".join(
            f"{words_of(d.metric).name} {numbers.with_span(d.value, d.interval, kind)}" for d in chosen
        )
        yield DotChart(
            id=f"{scope.id}-gaps-{comparison}",
            title=say(title, name=scope.name),
            description=say("grouping.gaps.described", name=scope.name, figures=figures),
            kind=kind,
            dots=tuple(_gap_dot(scope, item, kind) for item in chosen),
            rule=chosen[0].fair,
            domain=_domain([d.interval.high if d.interval else d.value for d in chosen], kind),
        )


def _gap_dot(scope: Scope, item: Disparity, kind: Kind) -> Dot:
    verdicts = scope.verdicts(item.metric)
    state = state_mark(_worst_state(verdicts)) if verdicts else None
    limit = next((end for v in verdicts for end in (v.limit.max, v.limit.min) if end is not None), None)
    text = numbers.bare(item.value, kind)
    return Dot(
        label=words_of(item.metric).short,
        value=scaled(item.value, kind),
        low=scaled(item.interval.low, kind) if item.interval else None,
        high=scaled(item.interval.high, kind) if item.interval else None,
        text=f"{text} {state.symbol}" if state else text,
        tone=state.tone if state else "plain",
        limit=None if limit is None else scaled(limit, kind),
        chance=scaled(item.null_95, kind),
    )


def _worst_state(verdicts: Iterable[Verdict]) -> str:
    order = ("fail", "undefined", "inconclusive", "pass")
    return min((item.state for item in verdicts), key=order.index)


def _worst_table(scope: Scope, found: tuple[Disparity, ...]) -> Table:
    headings = ("gap", "between", "chance", "p", "limit", "verdict")
    return Table(
        id=f"{scope.id}-worst",
        caption=say("grouping.table.worst", name=scope.name),
        corner=say("column.measure"),
        columns=tuple(
            Column(say(f"column.{item}"), number=item in ("gap", "chance", "p")) for item in headings
        ),
        rows=tuple(_worst_row(scope, item) for item in found),
    )


def _worst_row(scope: Scope, item: Disparity) -> Row:
    kind = kind_of(item.metric, item.comparison)
    head = Cell(words_of(item.metric).name, link=glossary_id(item.metric))
    verdicts = scope.verdicts(item.metric)
    limits = Cell(", ".join(map(limit_text, verdicts)) or say("cell.no_limit"))
    marks = Cell("" if verdicts else numbers.NO_FIGURE, marks=tuple(state_mark(v.state) for v in verdicts))
    if conceals(item, scope.hidden):
        gone = Cell("", marks=(mark("withheld"),))
        return Row(head, (gone, gone, gone, gone, limits, marks), "muted")
    return Row(
        head,
        (
            _disparity_cell(item, kind),
            _pair_cell(scope, item),
            Cell(figure(item.null_95, kind)),
            Cell(numbers.p_value(item.p_value)),
            limits,
            marks,
        ),
    )


def _pair_cell(scope: Scope, item: Disparity) -> Cell:
    out = say("cell.left_out", count=numbers.count(len(item.left_out))) if item.left_out else ""
    if item.group is None or item.reference is None:
        return Cell(numbers.NO_FIGURE, sub=out)
    first, second = (isolate(scope.name_of(group), 40) for group in (item.group, item.reference))
    return Cell(say("cell.between", first=first, second=second), sub=out)


def limit_text(verdict: Verdict) -> str:
    """Write a limit's ends."""
    limit, kind = verdict.limit, kind_of(verdict.limit.metric)
    ends = []
    if limit.min is not None:
        ends.append(say("cell.at_least", limit=figure(limit.min, kind)))
    if limit.max is not None:
        ends.append(say("cell.at_most", limit=figure(limit.max, kind)))
    return ", ".join(ends)


def glossary_id(metric: str) -> str:
    """Give the anchor of a metric's entry in the glossary, empty where it has none."""
    return f"term-{metric.replace('_', '-')}" if metric in CATALOGUE else ""


def _disparity_cell(item: Disparity, kind: Kind) -> Cell:
    if math.isnan(item.value):
        reason = say("cell.reason", reason=item.reason.sentence) if item.reason else ""
        return Cell(numbers.NO_FIGURE, sub=reason)
    return Cell(figure(item.value, kind), sub=span(item.interval, kind))


# --- rates of each group -------------------------------------------------------------------------------------


def _rates(scope: Scope) -> Section:
    present = [name for name in CATALOGUE if any(name in item.rates for item in scope.part.groups)]
    charts = (rate_chart(scope, name) for name in CHARTED if name in present)
    tables = (
        _group_table(scope, "first", [name for name in _FIRST if name in present], sizes=True),
        _group_table(scope, "second", [name for name in _SECOND if name in present], sizes=False),
    )
    notes = [say("grouping.worst_first")]
    if len(scope.shown) > TOP:
        notes.append(say("grouping.chart_top", count=TOP, total=numbers.count(len(scope.part.groups))))
    return Section(
        id=f"{scope.id}-rates",
        heading=say("grouping.rates.heading"),
        intro=" ".join((say("grouping.rates.intro"), *notes)),
        charts=tuple(chart for chart in charts if chart.dots),
        tables=tuple(table for table in tables if table.columns),
    )


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
        domain=_domain(highs, kind),
    )


def _describe(scope: Scope, metric: str, items: list[GroupFacts]) -> str:
    kind = kind_of(metric)
    known = sorted(
        (i for i in items if numbers.defined(i.rates[metric])), key=lambda i: i.rates[metric].value
    )
    name = words_of(metric).name
    if not known:
        return say("grouping.rates.described.none", metric=name, name=scope.name)
    everybody = scope.record.overall.rates.get(metric)
    return say(
        "grouping.rates.described",
        metric=name,
        name=scope.name,
        count=numbers.count(len(items)),
        low_group=isolate(known[0].name),
        low=figure(known[0].rates[metric].value, kind),
        high_group=isolate(known[-1].name),
        high=figure(known[-1].rates[metric].value, kind),
        overall=figure(everybody.value if everybody else math.nan, kind),
    )


def _rate_dot(scope: Scope, item: GroupFacts, metric: str, label: str) -> Dot:
    estimate, kind = item.rates[metric], kind_of(metric)
    tone: Tone = "plain"
    if _too_small(scope, item, estimate):
        tone = "small"
    elif item.group == scope.part.reference:
        tone = "reference"
    known = numbers.defined(estimate)
    return Dot(
        label=label,
        value=scaled(estimate.value, kind),
        low=scaled(estimate.interval.low, kind) if estimate.interval else None,
        high=scaled(estimate.interval.high, kind) if estimate.interval else None,
        text=figure(estimate.value, kind) if known else say("state.undefined"),
        tone=tone,
    )


def _too_small(scope: Scope, item: GroupFacts, estimate: Estimate | None) -> bool:
    if item.below_minimum:
        return True
    checked = [estimate] if estimate else [item.rates[name] for name in CHARTED if name in item.rates]
    return any(0 < one.rows < scope.record.min_group_size for one in checked)


def _high(estimate: Estimate) -> float:
    end = estimate.interval.high if estimate.interval else estimate.value
    return end if math.isfinite(end) else 0.0


def _domain(highs: list[float], kind: Kind) -> tuple[float, float]:
    """Start the axis at zero and end it at the next round number."""
    known = [value for value in highs if math.isfinite(value)]
    step = {"rate": 0.1, "points": 0.05, "ratio": 0.25, "score": 0.1}[kind]
    top = max(1, math.ceil(max(known, default=step) / step - 1e-9)) * step
    if kind == "rate":
        top = min(top, 1.0)
    if kind == "ratio":
        top = max(1.0, min(top, 3.0))
    scale = 100 if kind in ("rate", "points") else 1
    return (0.0, round(top * scale, 6))


def _group_table(scope: Scope, which: str, metrics: list[str], *, sizes: bool) -> Table:
    columns = [Column(say("column.rows")), Column(say("column.share"))] if sizes else []
    columns += [Column(words_of(name).name, link=glossary_id(name)) for name in metrics]
    rows = tuple(_group_row(scope, item, metrics, sizes=sizes) for item in scope.ordered)
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
        head, tone = _group_head(scope, item), "plain"
    if not everyone and item.group in scope.hidden:
        gone = Cell(numbers.NO_FIGURE)
        return Row(head, (gone,) * (len(metrics) + 2 * sizes), "muted")
    size_cells = (Cell(numbers.count(item.rows)), Cell(figure(item.share, "rate"))) if sizes else ()
    cells = tuple(rate_cell(scope, item.rates.get(name), kind_of(name)) for name in metrics)
    return Row(head, (*size_cells, *cells), "reference" if tone == "reference" else "plain")


def _group_head(scope: Scope, item: GroupFacts) -> Cell:
    marks: list[Mark] = []
    if item.group in scope.hidden:
        marks.append(mark("withheld"))
    elif item.below_minimum:
        marks.append(mark("small"))
    if item.group == scope.part.reference:
        marks.append(mark("reference"))
    if item.missing:
        marks.append(mark("missing"))
    return named(item.name, marks=tuple(marks))


def rate_cell(scope: Scope, estimate: Estimate | None, kind: Kind) -> Cell:
    """Write a rate with its interval, or why there is none; small denominators are marked."""
    if estimate is None:
        return Cell(numbers.NO_FIGURE)
    if not numbers.defined(estimate):
        reason = say("cell.reason", reason=estimate.reason.sentence) if estimate.reason else ""
        return Cell(numbers.NO_FIGURE, title=reason, sub=say("state.undefined"))
    small = 0 < estimate.rows < scope.record.min_group_size
    text = figure(estimate.value, kind)
    return Cell(f"{text} ○" if small else text, sub=span(estimate.interval, kind))


# --- each group against the reference ------------------------------------------------------------------------


def _against(scope: Scope) -> Iterator[Section]:
    for against in ("reference", "largest", "best", "overall", "rest"):
        found = [item for item in scope.part.disparities if item.against == against]
        if found:
            yield _against_section(scope, against, found)


def _against_section(scope: Scope, against: str, found: list[Disparity]) -> Section:
    lookup = {(d.group, d.metric, d.comparison): d for d in found}
    references = {item.reference for item in found}
    other = scope.name_of(references.pop()) if len(references) == 1 else say(f"against.{against}")
    first = [
        (metric, comparison)
        for metric in ("selection_rate",)
        for comparison in ("difference", "ratio")
        if any(d.metric == metric and d.comparison == comparison for d in found)
    ]
    rest = [
        (metric, "difference")
        for metric in CATALOGUE
        if metric != "selection_rate"
        and any(d.metric == metric and d.comparison == "difference" for d in found)
    ]
    tables = [
        _against_table(scope, f"{against}-{which}", title, pairs, lookup, isolate(other))
        for which, title, pairs in (
            ("first", "grouping.table.against", first),
            ("more", "grouping.table.against_more", rest),
        )
        if pairs
    ]
    return Section(
        id=f"{scope.id}-{against}",
        heading=say("grouping.against.heading", reference=isolate(other)),
        intro=say("grouping.against.intro", reference=isolate(other)),
        tables=tuple(tables),
    )


_Lookup = dict[tuple[Group | None, str, str], Disparity]


def _against_table(
    scope: Scope, which: str, title: str, pairs: list[tuple[str, str]], lookup: _Lookup, reference: str
) -> Table:
    with_p = title == "grouping.table.against"
    columns = [_against_column(metric, comparison, plain=with_p) for metric, comparison in pairs]
    columns += [Column(say("column.p"))] if with_p else []
    listed_groups = [item for item in scope.ordered if any((item.group, *pair) in lookup for pair in pairs)]
    rows = tuple(_against_row(scope, item, pairs, lookup, with_p=with_p) for item in listed_groups)
    return Table(
        id=f"{scope.id}-{which}",
        caption=say(title, name=scope.name, reference=reference),
        corner=say("column.group"),
        columns=tuple(columns),
        rows=rows[:TOP],
        more=rows[TOP:],
        more_label=say_many("grouping.more", len(rows) - TOP),
    )


def _against_column(metric: str, comparison: str, *, plain: bool) -> Column:
    text = say(f"column.{comparison}") if plain else words_of(metric).name
    return Column(text, link=glossary_id(metric))


def _against_row(
    scope: Scope, item: GroupFacts, pairs: list[tuple[str, str]], lookup: _Lookup, *, with_p: bool
) -> Row:
    found = [lookup.get((item.group, *pair)) for pair in pairs]
    head = _group_head(scope, item)
    if item.group in scope.hidden or any(d is not None and conceals(d, scope.hidden) for d in found):
        return Row(head, (Cell(numbers.NO_FIGURE),) * (len(pairs) + with_p), "muted")
    cells = [Cell(numbers.NO_FIGURE) if d is None else _disparity_cell(d, _kind(d)) for d in found]
    if with_p:
        cells.append(Cell(numbers.p_value(found[0].p_value if found[0] else math.nan)))
    return Row(head, tuple(cells))


def _kind(item: Disparity) -> Kind:
    """Give the units of a comparison of rates; that of mean scores stays a plain number."""
    kind = kind_of(item.metric, item.comparison)
    return "score" if kind_of(item.metric) == "score" and kind == "points" else kind
