"""The gaps between groups: the widest of each measure, and each group against another."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..audit.privacy import conceals
from ..audit.record import GroupFacts, Verdict
from ..errors import Reason
from ..metrics.catalogue import CATALOGUE
from ..metrics.results import Disparity, Group
from . import formats
from .formats import Kind, figure, kind_of, scaled, span
from .names import isolate
from .phrases import reworded
from .view_marks import mark, state_mark
from .view_parts import Cell, Chart, Column, Dot, DotChart, Fold, Row, Section, Table
from .view_scope import (
    TOP,
    Scope,
    axis_from_zero,
    gathered,
    glossary_id,
    group_head,
    limit_text,
    worst_of,
)
from .wording import clauses, passage, say, say_many, series, words_of

_Lookup = dict[tuple[Group | None, str, str], Disparity]


@dataclass(frozen=True)
class _Against:
    """One table of comparisons: its columns as (metric, comparison), and where to find the figures."""

    id: str
    title: str
    reference: str
    pairs: list[tuple[str, str]]
    lookup: _Lookup

    @property
    def with_p(self) -> bool:
        """Whether the table ends in p-values: that of selection does."""
        return self.title == "grouping.table.against"


def gaps_section(scope: Scope) -> Section | None:
    """Build the part on the widest gaps; None where the record compares nothing."""
    found = worst_of(scope.part)
    if not found:
        return None
    visible = [item for item in found if not conceals(item, scope.hidden)]
    return Section(
        id=f"{scope.id}-gaps",
        heading=say("grouping.gaps.heading"),
        intro=_legend(scope, visible),
        charts=tuple(_gap_charts(scope, visible)),
        tables=(_worst_table(scope, found),),
    )


def _legend(scope: Scope, found: list[Disparity]) -> str:
    """Say what the pictures of gaps show, as far as they show it."""
    words = [say("grouping.gaps.legend")]
    if any(math.isfinite(item.null_95) for item in found):
        words.append(say("grouping.gaps.legend.chance"))
    if any(scope.verdicts(item.metric) for item in found):
        words.append(say("grouping.gaps.legend.limit"))
    return passage(words)


def _gap_charts(scope: Scope, found: list[Disparity]) -> Iterator[Chart]:
    for comparison, title in (("difference", "grouping.gaps.title"), ("ratio", "grouping.gaps.ratio_title")):
        chosen = [item for item in found if item.comparison == comparison and math.isfinite(item.value)]
        if not chosen:
            continue
        kind: Kind = "ratio" if comparison == "ratio" else "points"
        figures = clauses(
            f"{words_of(d.metric).name} {formats.with_span(d.value, d.interval, kind)}" for d in chosen
        )
        yield DotChart(
            id=f"{scope.id}-gaps-{comparison}",
            title=say(title, name=scope.name),
            description=say("grouping.gaps.described", name=scope.name, figures=figures),
            kind=kind,
            dots=tuple(_gap_dot(scope, item, kind) for item in chosen),
            rule=chosen[0].fair,
            domain=axis_from_zero([d.interval.high if d.interval else d.value for d in chosen], kind),
        )


def _gap_dot(scope: Scope, item: Disparity, kind: Kind) -> Dot:
    verdicts = scope.verdicts(item.metric)
    state = state_mark(_worst_state(verdicts)) if verdicts else None
    limit = next((end for v in verdicts for end in (v.limit.max, v.limit.min) if end is not None), None)
    text = formats.bare(item.value, kind)
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
    judged = any(scope.verdicts(item.metric) for item in found)
    first = [item for item in found if leads(item.metric, judged=bool(scope.verdicts(item.metric)))]
    rest = [item for item in found if item not in first]
    headings = ("gap", "between", "chance", "p", *(("limit", "verdict") if judged else ()))
    return Table(
        id=f"{scope.id}-worst",
        caption=say("grouping.table.worst", name=scope.name),
        corner=say("column.measure"),
        columns=tuple(
            Column(say(f"column.{item}"), number=item in ("gap", "chance", "p")) for item in headings
        ),
        rows=tuple(_worst_row(scope, item, judged=judged) for item in first or rest),
        more=tuple(_worst_row(scope, item, judged=judged) for item in rest if first),
        more_label=say_many("grouping.more_ratios", len(rest)),
    )


def leads(metric: str, *, judged: bool) -> bool:
    """Tell whether a measure stands in the open: all but the ratios that the policy has no limit for.

    Examples
    --------
    >>> leads("accuracy_ratio", judged=False), leads("accuracy_ratio", judged=True)
    (False, True)
    """
    return judged or not metric.endswith("_ratio") or metric == "demographic_parity_ratio"


def _worst_row(scope: Scope, item: Disparity, *, judged: bool) -> Row:
    kind = kind_of(item.metric, item.comparison)
    head = Cell(words_of(item.metric).name, link=glossary_id(item.metric))
    verdict = _verdict_cells(scope, item.metric) if judged else ()
    if conceals(item, scope.hidden):
        gone = Cell("", marks=(mark("withheld"),))
        return Row(head, (gone, gone, gone, gone, *verdict), "muted")
    figures = (
        _disparity_cell(item, kind),
        _pair_cell(scope, item),
        Cell(figure(item.null_95, kind)),
        Cell(formats.p_value(item.p_value)),
    )
    return Row(head, (*figures, *verdict))


def _verdict_cells(scope: Scope, metric: str) -> tuple[Cell, Cell]:
    verdicts = scope.verdicts(metric)
    limits = series(map(limit_text, verdicts)) or say("cell.no_limit")
    marks = tuple(state_mark(item.state) for item in verdicts)
    return Cell(limits), Cell("" if marks else formats.NO_FIGURE, marks=marks)


def _pair_cell(scope: Scope, item: Disparity) -> Cell:
    out = say("cell.left_out", count=formats.count(len(item.left_out))) if item.left_out else ""
    if item.group is None or item.reference is None:
        return Cell(formats.NO_FIGURE, sub=out)
    first, second = (isolate(scope.name_of(group), 40) for group in (item.group, item.reference))
    return Cell(say("cell.between", first=first, second=second), sub=out)


def _disparity_cell(item: Disparity, kind: Kind, written: Callable[[float, Kind], str] = figure) -> Cell:
    if item.reason is Reason.WITHHELD:
        return Cell("", title=reworded(item.reason.sentence), marks=(mark("withheld"),))
    if math.isnan(item.value):
        reason = say("cell.reason", reason=reworded(item.reason.sentence)) if item.reason else ""
        return Cell(formats.NO_FIGURE, sub=reason)
    return Cell(written(item.value, kind), sub=span(item.interval, kind))


def against_folds(scope: Scope) -> Iterator[Fold]:
    """Fold away the tables of one thing that the groups are compared with, each in turn."""
    for against in ("reference", "largest", "best", "overall", "rest"):
        found = [item for item in scope.part.disparities if item.against == against]
        if found:
            yield _against_fold(scope, against, found)


def _against_fold(scope: Scope, against: str, found: list[Disparity]) -> Fold:
    lookup: _Lookup = {(d.group, d.metric, d.comparison): d for d in found}
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
        _against_table(scope, _Against(f"{against}-{which}", title, isolate(other), pairs, lookup))
        for which, title, pairs in (
            ("first", "grouping.table.against", first),
            ("more", "grouping.table.against_more", rest),
        )
        if pairs
    ]
    return Fold(
        label=say("grouping.against.heading", reference=isolate(other)),
        lead=say("grouping.against.intro", reference=isolate(other)),
        tables=tuple(tables),
    )


def _against_table(scope: Scope, shown: _Against) -> Table:
    columns = [_against_column(metric, comparison, plain=shown.with_p) for metric, comparison in shown.pairs]
    columns += [Column(say("column.p"))] if shown.with_p else []
    groups = [g for g in scope.ordered if any((g.group, *pair) in shown.lookup for pair in shown.pairs)]
    rows = gathered(_against_row(scope, item, shown) for item in groups)
    return Table(
        id=f"{scope.id}-{shown.id}",
        caption=say(shown.title, name=scope.name, reference=shown.reference),
        corner=say("column.group"),
        columns=tuple(columns),
        rows=rows[:TOP],
        more=rows[TOP:],
        more_label=say_many("grouping.more", len(rows) - TOP),
    )


def _against_column(metric: str, comparison: str, *, plain: bool) -> Column:
    text = say(f"column.{comparison}") if plain else words_of(metric).name
    return Column(text, link=glossary_id(metric))


def _against_row(scope: Scope, item: GroupFacts, shown: _Against) -> Row:
    found = [shown.lookup.get((item.group, *pair)) for pair in shown.pairs]
    head = group_head(scope, item)
    if item.group in scope.hidden or any(d is not None and conceals(d, scope.hidden) for d in found):
        return Row(head, (Cell(formats.NO_FIGURE),) * (len(shown.pairs) + shown.with_p), "muted")
    # The caption of the table of other rates names the unit.
    written = figure if shown.with_p else formats.bare
    cells = [Cell(formats.NO_FIGURE) if d is None else _disparity_cell(d, _kind(d), written) for d in found]
    if shown.with_p:
        cells.append(Cell(formats.p_value(found[0].p_value if found[0] else math.nan)))
    return Row(head, tuple(cells))


def _kind(item: Disparity) -> Kind:
    """Give the units of a comparison of rates; that of mean scores stays a plain number."""
    kind = kind_of(item.metric, item.comparison)
    return "score" if kind_of(item.metric) == "score" and kind == "points" else kind
