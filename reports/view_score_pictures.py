"""ROC curves and calibration by group, drawn from the coarsened counts that the page carries anyway."""

from __future__ import annotations

from ..audit.coarse_figures import CurvePoint, Foretold, reliability, roc_points
from ..audit.record import Record
from ..audit.record_coarse import CoarseFacts, CoarseGroup, CoarseGrouping
from . import formats
from .charts_global import MOST_SERIES
from .formats import figure
from .names import isolate, listed, named, unlike
from .view_parts import Cell, Column, Fold, LineChart, Mean, Row, Series, Table
from .wording import say

_NAME = 14
_DIAGONAL = (Mean(0.0, 0.0), Mean(100.0, 100.0))
_Found = tuple[LineChart, ...]


def score_charts(record: Record, grouping: str, anchor: str) -> _Found:
    """Draw the ROC curve and the calibration of each group of one attribute; empty where counts are lacking.

    Parameters
    ----------
    record : Record
    grouping : str
    anchor : str
        Begins the ids of the pictures.
    """
    part = _counts(record, grouping)
    if part is None or record.coarse is None:
        return ()
    drawn = [_roc(record.coarse, part, anchor)]
    if record.settings.get("score_kind", "probability") == "probability":
        drawn.append(_calibration(record.coarse, part, anchor))
    return tuple(drawn)


def score_points(record: Record, grouping: str, anchor: str) -> tuple[Fold, ...]:
    """Write the points of the pictures as tables."""
    part, facts = _counts(record, grouping), record.coarse
    if part is None or facts is None:
        return ()
    tables = [_roc_table(facts, part, anchor)]
    notes = [say("scores.pictures.roc.note", minimum=facts.minimum)]
    if record.settings.get("score_kind", "probability") == "probability":
        tables.append(_calibration_table(facts, part, anchor))
        notes.append(say("scores.pictures.calibration.note"))
    drawn = {group.group for _, group in _drawn(part)}
    known = {group.group: group.name for item in record.groupings for group in item.groups}
    more = [group.name for group in part.groups if group.group not in drawn]
    if more:
        notes.append(say("scores.pictures.more", groups=listed(more)))
    if part.left_out:
        left = [known[group] for group in part.left_out if group in known]
        notes.append(say("what_if.left_out", groups=listed(left)))
    return (Fold(say("scores.pictures.points"), tables=tuple(tables), notes=tuple(notes), printed="not"),)


def _counts(record: Record, grouping: str) -> CoarseGrouping | None:
    facts = record.coarse
    if facts is None or not facts.labelled:
        return None
    return next((part for part in facts.groupings if part.name == grouping), None)


def _drawn(part: CoarseGrouping) -> tuple[tuple[str, CoarseGroup], ...]:
    """Choose the groups that can be told apart in one picture, the largest first, and their labels."""
    by_size = sorted(part.groups, key=lambda group: (-sum(map(sum, group.counts)), group.name))
    groups = by_size[: MOST_SERIES - 1]
    return tuple(zip(unlike((group.name for group in groups), _NAME), groups, strict=True))


def _roc(facts: CoarseFacts, part: CoarseGrouping, anchor: str) -> LineChart:
    curves = [(label, roc_points(facts, group)) for label, group in _drawn(part)]
    figures = "; ".join(_in_use(facts, label, points) for label, points in curves)
    series = [Series(label, _curve(points)) for label, points in curves]
    return LineChart(
        id=f"{anchor}-roc",
        title=say("scores.pictures.roc"),
        description=say("scores.pictures.roc.described", figures=figures),
        kind="rate",
        series=(*series, Series(say("scores.pictures.chance"), _DIAGONAL)),
    )


def _in_use(facts: CoarseFacts, label: str, points: tuple[CurvePoint, ...]) -> str:
    point = next(point for point in points if point.threshold == facts.thresholds[facts.at])
    true, false = point.true_positive_rate, point.false_positive_rate
    words = {"true": figure(true, "rate"), "false": figure(false, "rate")}
    return say("scores.pictures.roc.point", group=isolate(label), **words)


def _curve(points: tuple[CurvePoint, ...]) -> tuple[Mean, ...]:
    inner = (_mean(point.false_positive_rate, point.true_positive_rate) for point in points)
    return (_DIAGONAL[0], *inner, _DIAGONAL[1])


def _mean(at: float, value: float) -> Mean:
    return Mean(round(at * 100, 2), round(value * 100, 2))


def _calibration(facts: CoarseFacts, part: CoarseGrouping, anchor: str) -> LineChart:
    found = [(label, reliability(facts, group)) for label, group in _drawn(part)]
    figures = "; ".join(_ends(label, stretches) for label, stretches in found)
    series = [Series(label, tuple(_mean(one.score, one.share) for one in items)) for label, items in found]
    return LineChart(
        id=f"{anchor}-calibration",
        title=say("scores.pictures.calibration"),
        description=say("scores.pictures.calibration.described", figures=figures),
        kind="rate",
        series=(*series, Series(say("scores.pictures.ideal"), _DIAGONAL)),
    )


def _ends(label: str, stretches: tuple[Foretold, ...]) -> str:
    """Say what came of the highest scores."""
    last = stretches[-1]
    words = {"score": figure(last.score, "rate"), "share": figure(last.share, "rate")}
    return say("scores.pictures.calibration.point", group=isolate(label), **words)


def _roc_table(facts: CoarseFacts, part: CoarseGrouping, anchor: str) -> Table:
    rows = tuple(
        Row(
            named(group.name),
            (
                Cell(f"{point.threshold:.3g}"),
                Cell(figure(point.false_positive_rate, "rate")),
                Cell(figure(point.true_positive_rate, "rate")),
            ),
        )
        for _, group in _drawn(part)
        for point in roc_points(facts, group)
    )
    columns = ("column.threshold", "scores.pictures.false", "scores.pictures.true")
    return _table(
        f"{anchor}-roc-table", say("scores.pictures.roc.table", name=isolate(part.name)), columns, rows
    )


def _calibration_table(facts: CoarseFacts, part: CoarseGrouping, anchor: str) -> Table:
    rows = tuple(
        Row(
            named(group.name),
            (
                Cell(figure(item.score, "rate")),
                Cell(figure(item.share, "rate")),
                Cell(formats.count(round(item.rows))),
            ),
        )
        for _, group in _drawn(part)
        for item in reliability(facts, group)
    )
    columns = ("scores.pictures.foretold", "scores.pictures.came", "column.people")
    return _table(
        f"{anchor}-calibration-table",
        say("scores.pictures.calibration.table", name=isolate(part.name)),
        columns,
        rows,
    )


def _table(anchor: str, caption: str, columns: tuple[str, ...], rows: tuple[Row, ...]) -> Table:
    heads = tuple(Column(say(key)) for key in columns)
    return Table(id=anchor, caption=caption, corner=say("column.group"), columns=heads, rows=rows)
