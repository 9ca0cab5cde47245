"""From what a candidate decided to a point of the frontier: what it costs, what it narrows, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import Reason
from ..metrics.catalogue import metric_named
from ..metrics.disparity import Options, against_each
from ..metrics.groups import Column
from ..metrics.rates import RATES, count, estimates, group_table
from ..metrics.results import Disparity, Estimate, Group
from ..metrics.score_gaps import standardised_mean_difference
from ..metrics.tally import cube_of
from ..mitigation.frontier import Shift, levels_down, told_rates
from ..mitigation.paired import rate_changes
from ..mitigation.paired_area import area_change
from ..mitigation.scoring import Ready, ScoreChange, score_change
from ..mitigation.search import Trial
from .frontier_question import Question
from .limit_figures import group_name
from .paired_figures import Grouped, Paired, accuracy_figure, gap_figure, grouped
from .record import MitigationFigure
from .record_frontier import Effect, FrontierPoint, GroupChange, ImpactFacts

BESIDE = ("demographic_parity_difference", "equalized_odds_difference", "accuracy_difference")
"""Disparities that are watched beside the one that is narrowed."""

RATES_BESIDE = ("selection_rate", "accuracy")
"""Rates of every group that are watched beside those that the disparity compares."""


@dataclass(frozen=True)
class Bench:
    """What every candidate is measured with.

    Parameters
    ----------
    question : Question
    labels : ndarray of bool, shape (validation rows,)
    attributes : mapping of str to Column
    weight : ndarray of float or None
    weight_kind : {"frequency", "survey"}
    groupings : tuple of tuple of str
    reference : tuple
        The group that others are compared with, of the grouping in question.
    options : Options
    """

    question: Question
    labels: NDArray[np.bool_]
    attributes: Mapping[str, Column]
    weight: NDArray[np.float64] | None
    weight_kind: Literal["frequency", "survey"]
    groupings: tuple[tuple[str, ...], ...]
    reference: Group
    options: Options


def measured(bench: Bench, unmitigated: Trial, trial: Trial) -> FrontierPoint:
    """Measure one candidate against the unmitigated model on the same rows.

    Whether it is dominated, and by whom, is told later, when all are measured.
    """
    question = bench.question
    paired = Paired(
        bench.labels, unmitigated.decisions, trial.decisions, bench.attributes, bench.weight,
        bench.weight_kind, bench.options,
    )  # fmt: skip
    every = {" x ".join(names): grouped(paired, names) for names in bench.groupings}
    mine = every[question.grouping]
    gap = gap_figure(paired, mine, question.metric.name)
    area = _area(bench, unmitigated, trial)
    score = _score(bench, paired, unmitigated, trial, area)
    changes = tuple(change for by in every.values() for change in _changes(bench, by))
    return FrontierPoint(
        name=trial.candidate.name,
        method=trial.candidate.method,
        strength=trial.candidate.strength,
        needs_sensitive=trial.needs_sensitive,
        score=score,
        area=area,
        gap=gap,
        pareto=False,
        dominated_by=None,
        within_noise=gap.change.interval is not None and gap.change.interval.holds(0.0),
        levelling_down=_levelled(question, gap, changes),
        keeps_limit=_keeps(question, gap.after.value),
        within_tolerance=score.before.value - score.after.value <= question.tolerance,
        others=tuple(_others(bench, paired, every)),
        groups=changes,
        impact=tuple(_impact(bench, trial, mine)),
        notes=trial.notes,
    )


def _keeps(question: Question, gap: float) -> bool | None:
    return None if question.bounds is None else question.bounds.excess(gap) == 0


def _figure(metric: str, found: ScoreChange) -> MitigationFigure:
    return MitigationFigure(
        grouping="overall", metric=metric, before=found.before, after=found.after, change=found.change
    )


def _area(bench: Bench, unmitigated: Trial, trial: Trial) -> MitigationFigure:
    found = area_change(
        bench.labels,
        unmitigated.scores,
        trial.scores,
        sample_weight=bench.weight,
        level=bench.options.level,
    )
    return _figure("roc_auc", found)


def _score(
    bench: Bench, paired: Paired, unmitigated: Trial, trial: Trial, area: MitigationFigure
) -> MitigationFigure:
    scoring = bench.question.scoring
    if scoring == "accuracy":
        return accuracy_figure(paired)
    if scoring == "roc_auc":
        return area
    found = score_change(
        scoring,
        bench.labels.astype(int),
        Ready(unmitigated.decisions, unmitigated.scores),
        Ready(trial.decisions, trial.scores),
        sample_weight=bench.weight,
        level=bench.options.level,
        seed=bench.options.seed,
    )
    return _figure(scoring, found)


def _others(bench: Bench, paired: Paired, every: Mapping[str, Grouped]) -> list[MitigationFigure]:
    """Measure the same disparity by every other grouping, and other disparities by this one."""
    metric, here = bench.question.metric.name, bench.question.grouping
    same = [gap_figure(paired, by, metric) for name, by in every.items() if name != here]
    beside = [gap_figure(paired, every[here], name) for name in BESIDE if name != metric]
    return [*same, *beside]


def _changes(bench: Bench, by: Grouped) -> list[GroupChange]:
    """Tell what happens to every group that has enough people for the rate."""
    rates = dict.fromkeys((*bench.question.metric.rates, *RATES_BESIDE))
    found = []
    for rate in rates:
        sides = [estimates(count(table, RATES[rate]), bench.options.level) for table in (by.before, by.after)]
        moved = rate_changes(by.joint, rate, level=bench.options.level, seed=bench.options.seed)
        for group, before, after, change in zip(by.groups, *sides, moved, strict=True):
            if change.rows < bench.options.min_group_size or None in group:
                continue
            effect = _effect(rate, before, change)
            if len(group) > 1 and by.name != bench.question.grouping and effect != "lost":
                continue  # intersections are many: of those not in question only losses are told
            found.append(
                GroupChange(
                    grouping=by.name,
                    group=group,
                    name=group_name(group),
                    rate=rate,
                    before=before,
                    after=after,
                    change=change,
                    effect=effect,
                )
            )
    return found


def _effect(rate: str, before: Estimate, change: Estimate) -> Effect:
    shift = _shift(rate, before, change)
    if shift is None:
        return "undefined"
    return "gained" if shift.gained else "lost" if shift.lost else "noise"


def _shift(rate: str, before: Estimate, change: Estimate) -> Shift | None:
    if change.interval is None:
        return None
    return Shift(rate, before.value, change.interval.low, change.interval.high)


def _levelled(question: Question, gap: MitigationFigure, changes: tuple[GroupChange, ...]) -> bool:
    """Tell whether the gap was clearly narrowed, and only by making the better-off group worse off."""
    narrower = abs(gap.after.value - question.fair) < abs(gap.before.value - question.fair)
    if not narrower or gap.change.interval is None or gap.change.interval.holds(0.0):
        return False
    here = [item for item in changes if item.grouping == question.grouping]
    rates = told_rates(question.metric.rates)
    by_rate = [[_shift(i.rate, i.before, i.change) for i in here if i.rate == rate] for rate in rates]
    return any(levels_down([shift for shift in shifts if shift is not None]) for shifts in by_rate)


def _impact(bench: Bench, trial: Trial, by: Grouped) -> list[ImpactFacts]:
    """Give what lenders report: selection ratios and standardised mean scores against the reference."""
    if bench.reference not in by.after.groups:
        return []
    airs = against_each(by.after, metric_named("selection_rate"), "ratio", bench.reference, bench.options)
    means = {gap.group: gap for gap in _mean_gaps(bench, trial, by)}
    rows = dict(zip(by.after.groups, by.after.rows.tolist(), strict=True))
    return [
        ImpactFacts(
            group=air.group,
            name=group_name(air.group),
            reference=group_name(bench.reference),
            rows=int(rows[air.group]),
            air=_plain(air),
            smd=_plain(means.get(air.group)),
        )
        for air in airs
        if air.group is not None and rows[air.group] >= bench.options.min_group_size
    ]


def _mean_gaps(bench: Bench, trial: Trial, by: Grouped) -> list[Disparity]:
    if trial.scores is None:
        return []
    names = by.after.attributes
    cube = cube_of(
        y_score=trial.scores,
        sensitive_features={name: bench.attributes[name] for name in names},
        sample_weight=bench.weight,
        weight_kind=bench.weight_kind,
    )
    return standardised_mean_difference(group_table(cube, *names), bench.reference, level=bench.options.level)


def _plain(found: Disparity | None) -> Estimate:
    if found is None:
        return Estimate(float("nan"), reason=Reason.NO_SCORES)
    return Estimate(found.value, found.interval, reason=found.reason)
