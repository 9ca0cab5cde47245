"""Figures of scores for the record: made from the cube's score axis, for every group of every grouping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..metrics.cube import LABEL, SCORE, Cube
from ..metrics.intervals import modified_wilson
from ..metrics.results import RATE_INTERVAL, Disparity, Estimate, Group, Interval
from ..metrics.scores import (
    Reliability,
    RocCurves,
    ScoreFigures,
    ScoreGaps,
    ScoreTable,
    auc,
    balance,
    brier_score,
    differences,
    expected_calibration_error,
    log_loss,
    mean_score,
    reliability,
    roc_curves,
    score_table,
)
from .limit_figures import group_name
from .privacy import Hidden, hidden_groups, hidden_joints
from .record import GroupingFacts, Record
from .record_scores import GroupingScores, GroupScores, ReliabilityBin, RocPoint, ScoreFacts, ScoreFigure

BINS = 10
"""Parts of [0, 1] in which what scores foretell is compared with what came."""
POINTS = 101
MOST_CELLS = 1 << 23
"""Largest table of scores that is made: groups x labels x score bins; 320 MiB."""


def with_scores(record: Record, cube: Cube) -> Record:
    """Add figures of scores to a record whose cube has scores and labels."""
    if SCORE not in cube.names or cube.grid is None or LABEL not in cube.names or cube.rows == 0:
        return record
    wide = [part for part in record.groupings if _cells(cube, part) > MOST_CELLS]
    hidden = hidden_joints(record, hidden_groups(record))
    probable = bool(record.settings.get("score_kind", "probability") == "probability")
    minimum = max(record.privacy_minimum, 1)
    scores = ScoreFacts(
        kind="probability" if probable else "real",
        bins=None if cube.grid.kind == "distinct" else len(cube.grid.edges),
        overall=_groups(score_table(cube), frozenset(), minimum, record, probable=probable)[0],
        groupings=tuple(
            _grouping(cube, part, hidden, record, minimum, probable=probable)
            for part in record.groupings
            if part not in wide
        ),
        left_out=tuple(part.name for part in wide),
    )
    return record.model_copy(update={"scores": scores})


def _cells(cube: Cube, part: GroupingFacts) -> int:
    return len(part.groups) * 2 * len(np.unique(cube.codes[:, cube.position(SCORE)]))


def _grouping(
    cube: Cube, part: GroupingFacts, hidden: Hidden, record: Record, minimum: int, *, probable: bool
) -> GroupingScores:
    table = score_table(cube, *part.attributes)
    return GroupingScores(
        name=part.name,
        groups=_groups(table, hidden[part.name], minimum, record, probable=probable),
        gaps=tuple(_gaps(table, part, record.level)),
    )


def _groups(
    table: ScoreTable, hidden: frozenset[Group], minimum: int, record: Record, *, probable: bool
) -> tuple[GroupScores, ...]:
    figures = list(_figures(table, record.level, probable=probable))
    curves = roc_curves(table, POINTS)
    found = reliability(table, BINS, level=record.level) if probable else None
    error = None if found is None else expected_calibration_error(found, seed=record.seed)
    parts = []
    for i, group in enumerate(table.groups):
        named = {one.metric: _figure(one, i) for one in figures}
        if error is not None:
            named["expected_calibration_error"] = ScoreFigure(
                estimate=Estimate(
                    float(error.value[i]),
                    rows=int(table.total[i]),
                    effective=float(table.size[i]),
                    reason=error.reasons[i],
                ),
                bound=float(error.bound[i]),
                null_mean=float(error.null_mean[i]),
                null_95=float(error.null_95[i]),
                p_value=float(error.p_value[i]),
            )
        withheld = group in hidden or bool(table.total[i] < minimum)
        parts.append(
            GroupScores(
                group=group,
                name=group_name(group),
                rows=int(table.total[i]),
                withheld=withheld,
                figures=named,
                curve=() if withheld else tuple(_curve(table, curves, i, minimum)),
                bins=() if withheld or found is None else tuple(_bins(found, i, minimum)),
            )
        )
    return tuple(parts)


def _figures(table: ScoreTable, level: float, *, probable: bool) -> Iterator[ScoreFigures]:
    yield replace(auc(table, level=level), metric="roc_auc")
    if probable:
        yield brier_score(table, level=level)
        yield log_loss(table, level=level)
    yield mean_score(table, "positive", level=level)
    yield mean_score(table, "negative", level=level)


def _figure(figures: ScoreFigures, i: int) -> ScoreFigure:
    estimate = replace(figures.estimate(i), rows=int(figures.rows[i]))
    return ScoreFigure(estimate=estimate, bound=float(figures.bound[i]))


def _gaps(table: ScoreTable, part: GroupingFacts, level: float) -> Iterator[Disparity]:
    """Compare areas and both balances with the reference, else with the largest group."""
    known = part.reference if part.reference in table.groups else None
    found = (
        replace(differences(auc(table, level=level), known or "largest"), metric="roc_auc_difference"),
        balance(table, "positive", known or "largest", level=level),
        balance(table, "negative", known or "largest", level=level),
    )
    for gaps in found:
        yield from (_gap(gaps, k, named=known is not None) for k in range(len(gaps.pairs)))


def _gap(gaps: ScoreGaps, k: int, *, named: bool) -> Disparity:
    group, reference = gaps.pairs[k]
    ends = float(gaps.low[k]), float(gaps.high[k])
    return Disparity(
        metric=gaps.metric,
        comparison="difference",
        against="reference" if named else "largest",
        group=group,
        reference=reference,
        value=float(gaps.value[k]),
        interval=None if np.isnan(ends).any() else Interval(*ends, gaps.level, gaps.method),
        p_value=float(gaps.p_value[k]),
        reason=gaps.reasons[k],
    )


def _curve(table: ScoreTable, curves: RocCurves, i: int, minimum: int) -> Iterator[RocPoint]:
    """Give the points of a curve, so far apart that each step is made by enough people."""
    above = np.cumsum(table.rows[i].sum(axis=0)[::-1])[::-1]
    # How many people score at least each threshold; nobody above the first, which is infinite.
    counted = np.concatenate([above, [0.0]])[np.searchsorted(table.lows, curves.thresholds)]
    for k in _apart(counted, minimum):
        false, true = curves.false_positive_rate[i, k], curves.true_positive_rate[i, k]
        if not (np.isnan(false) or np.isnan(true)):
            yield RocPoint(
                threshold=float(curves.thresholds[k]),
                false_positive_rate=round(float(false), 6),
                true_positive_rate=round(float(true), 6),
            )


def _apart(counted: NDArray[np.float64], minimum: int) -> list[int]:
    """Choose places, the first and the last among them, between which counts grow by the minimum at least."""
    kept = [0]
    for k in range(1, len(counted) - 1):
        if counted[k] - counted[kept[-1]] >= minimum and counted[-1] - counted[k] >= minimum:
            kept.append(k)
    return [*kept, len(counted) - 1]


def _bins(found: Reliability, i: int, minimum: int) -> Iterator[ReliabilityBin]:
    """Give the bins of a group; neighbours are joined until each holds enough people."""
    edges = np.round(np.linspace(0, 1, BINS + 1), 10)
    weight, rows = found.weight[i], found.rows[i]
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.nan_to_num(weight**2 / found.size[i])
    for start, stop in pairwise(_joined(rows, minimum)):
        at = slice(start, stop)
        total = float(weight[at].sum())
        if total <= 0:
            continue
        rate = float(np.nansum(found.rate[i, at] * weight[at]) / total)
        size = total**2 / float(square[at].sum())
        low, high = modified_wilson(rate * size, size, found.level)
        yield ReliabilityBin(
            low=float(edges[start]),
            high=float(edges[stop]),
            rows=int(rows[at].sum()),
            mean_score=float(np.nansum(found.mean_score[i, at] * weight[at]) / total),
            rate=Estimate(
                rate,
                Interval(float(low), float(high), found.level, RATE_INTERVAL),
                rows=int(rows[at].sum()),
                effective=size,
            ),
        )


def _joined(rows: NDArray[np.float64], minimum: int) -> list[int]:
    """Choose edges, from 0 to the number of bins, between which at least the minimum of people lie."""
    edges = [0]
    for k in range(1, len(rows)):
        if rows[edges[-1] : k].sum() >= minimum and rows[k:].sum() >= minimum:
            edges.append(k)
    return [*edges, len(rows)]
