"""What scores tell of each group, apart from the threshold: areas, calibration, losses, balance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from ..audit.record import Record
from ..audit.record_scores import GroupingScores, GroupScores, ScoreFacts, ScoreFigure
from ..errors import Reason
from ..metrics.results import Disparity, Group
from . import formats
from .formats import figure, kind_of, span
from .names import isolate, listed, named
from .phrases import reworded
from .view_marks import mark
from .view_parts import Cell, Column, Fold, Row, Section, Table
from .view_scope import TOP, gathered, glossary_id
from .view_score_pictures import score_charts, score_points
from .wording import say, say_many, words_of

_FIGURES = (
    "roc_auc",
    "expected_calibration_error",
    "brier_score",
    "mean_score_positive",
    "mean_score_negative",
)
_GAPS = ("roc_auc_difference", "balance_for_the_positive_class", "balance_for_the_negative_class")
SHOWN_SCORES = frozenset((*_FIGURES, *_GAPS))
"""What the tables show."""
_BOUNDED = ("roc_auc", "expected_calibration_error")


def scores_section(record: Record) -> Section | None:
    """Build the section on scores; None where the record has none."""
    facts = record.scores
    if facts is None:
        return None
    parts = tuple(
        _part(record, facts, item, f"scores-{place}") for place, item in enumerate(facts.groupings, 1)
    )
    intro = say("scores.intro", level=formats.level(record.level))
    return Section("scores", say("scores.heading"), intro, notes=tuple(_notes(facts)), sections=parts)


def _notes(facts: ScoreFacts) -> Iterator[str]:
    if facts.bins is None:
        yield say("scores.exact")
    else:
        shown = [facts.overall, *(g for part in facts.groupings for g in part.groups if not g.withheld)]
        bounds = {name: _largest(group.figures.get(name) for group in shown) for name in _BOUNDED}
        yield say("scores.bins", count=formats.count(facts.bins), area=_bound(bounds["roc_auc"]))
        if facts.kind == "probability":
            yield say("scores.bins.error", error=_bound(bounds["expected_calibration_error"]))
    if facts.kind == "real":
        yield say("scores.real")
    if facts.left_out:
        yield say("scores.left_out", names=listed(facts.left_out))


def _largest(figures: Iterable[ScoreFigure | None]) -> float:
    found = [one.bound for one in figures if one is not None and math.isfinite(one.bound)]
    return max(found, default=math.nan)


def _bound(value: float) -> str:
    """Write a bound rounded up, so that it stays one."""
    return formats.NO_FIGURE if math.isnan(value) else formats.parted(f"{math.ceil(value * 1e5) / 1e5:.5f}")


def _part(record: Record, facts: ScoreFacts, item: GroupingScores, anchor: str) -> Section:
    names = [name for name in _FIGURES if name in facts.overall.figures]
    rows = gathered(_row(group, names, isolate(group.name)) for group in _worst_first(item.groups))
    everyone = _row(facts.overall, names, say("grouping.everyone"), everyone=True)
    table = Table(
        id=f"{anchor}-table",
        caption=say("scores.table", name=isolate(item.name)),
        corner=say("column.group"),
        columns=tuple(_column(name) for name in names),
        rows=(everyone, *rows[:TOP]),
        more=rows[TOP:],
        more_label=say_many("grouping.more", len(rows) - TOP),
    )
    gaps = _gap_table(item, anchor)
    return Section(
        id=anchor,
        heading=say("scores.part", name=isolate(item.name)),
        intro="",
        charts=score_charts(record, item.name, anchor),
        tables=(table,),
        folds=(
            *(() if gaps is None else (Fold(say("scores.gaps"), tables=(gaps,)),)),
            *score_points(record, item.name, anchor),
        ),
    )


def _worst_first(groups: tuple[GroupScores, ...]) -> tuple[GroupScores, ...]:
    """Leave a few groups in their order; of many, put first whom the scores tell apart worst."""
    if len(groups) <= TOP:
        return groups
    return tuple(sorted(groups, key=_area))


def _area(group: GroupScores) -> float:
    item = None if group.withheld else group.figures.get("roc_auc")
    return item.estimate.value if item is not None and formats.defined(item.estimate) else math.inf


def _column(name: str) -> Column:
    known = glossary_id(name)
    return Column(words_of(name).name if known else say(f"scores.column.{name}"), link=known)


def _row(group: GroupScores, names: list[str], name: str, *, everyone: bool = False) -> Row:
    if group.withheld:
        gone = (Cell(formats.NO_FIGURE),) * len(names)
        return Row(named(group.name, marks=(mark("withheld"),)), gone, "muted")
    head = Cell(name) if everyone else named(group.name)
    return Row(
        head, tuple(_cell(group.figures[one], one) for one in names), "reference" if everyone else "plain"
    )


def _cell(item: ScoreFigure, name: str) -> Cell:
    kind, estimate = kind_of(name), item.estimate
    if not formats.defined(estimate):
        reason = say("cell.reason", reason=reworded(estimate.reason.sentence)) if estimate.reason else ""
        return Cell(formats.NO_FIGURE, title=reason, sub=say("state.undefined"))
    if estimate.interval is None and math.isfinite(item.null_95):
        sub = say("scores.chance", most=figure(item.null_95, kind))
        return Cell(figure(estimate.value, kind), sub=sub)
    return Cell(figure(estimate.value, kind), sub=span(estimate.interval, kind))


def _gap_table(item: GroupingScores, anchor: str) -> Table | None:
    withheld = {group.group for group in item.groups if group.withheld}
    found: dict[Group | None, dict[str, Disparity]] = {}
    for gap in item.gaps:
        found.setdefault(gap.group, {})[gap.metric] = gap
    if not found:
        return None
    names = {group.group: group.name for group in item.groups}
    reference = next(gap.reference for gap in item.gaps)
    rows = gathered(
        _gap_row(names[group], gaps, gone=bool({group, reference} & withheld))
        for group, gaps in found.items()
        if group is not None
    )
    other = isolate(names[reference]) if reference is not None else say("against.largest")
    return Table(
        id=f"{anchor}-gaps",
        caption=say("scores.gap_table", name=isolate(item.name), reference=other),
        corner=say("column.group"),
        columns=tuple(_column(name) for name in _GAPS),
        rows=rows[:TOP],
        more=rows[TOP:],
        more_label=say_many("grouping.more", len(rows) - TOP),
    )


def _gap_row(name: str, gaps: dict[str, Disparity], *, gone: bool) -> Row:
    if gone:
        return Row(named(name, marks=(mark("withheld"),)), (Cell(formats.NO_FIGURE),) * len(_GAPS), "muted")
    return Row(named(name), tuple(_gap_cell(gaps[one]) for one in _GAPS))


def _gap_cell(item: Disparity) -> Cell:
    if item.reason is not None and item.reason is not Reason.WITHHELD:
        return Cell(formats.NO_FIGURE, sub=say("cell.reason", reason=reworded(item.reason.sentence)))
    return Cell(figure(item.value, "score"), sub=span(item.interval, "score"))
