"""Explanation in an audit: every gap that is asked for, by the engine that suits it, into the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError, Reason
from ..metrics.groups import Column
from .explain.explained import Explained
from .explain.gap import explain_outputs
from .explain.kinds import KINDS, GapRows, gap_rows, output_of
from .explain.metric_game import explain_metric
from .explain.recorded import Between, to_record
from .explain.within import pooled
from .explaining_model import Asked, Counted, blocks_of, counted, question, rows_of_model
from .explaining_pairs import Comparison, Wanted, comparisons
from .model import Model
from .paired_figures import crossed
from .record import Absent, GroupingFacts
from .record_explain import GapExplanation

Progress = Callable[[str, int, int], None]
Flags = NDArray[np.bool_]
Outcome = Explained | Reason | str

TOLERANCE = 0.004
"""95 % Monte Carlo half width that a bar is drawn to, in units of the gap: 0.4 percentage points."""
MAX_CALLS = 400_000
"""Predictions for one walk over the rows of two groups."""
MAX_METRIC_CALLS = 1_200_000
"""Predictions for a game of the metric itself."""
WITHIN = ("selection_rate", "true_positive_rate", "false_positive_rate")
"""Gaps that are explained within the levels of control columns too."""
FEWEST = 10
"""Rows that each of the groups must have in a level of a control column; other levels are left out.

The privacy minimum, where it is larger.
"""


@dataclass(frozen=True)
class Subject:
    """What is explained: the model on the rows of the audit.

    Parameters
    ----------
    model : Model
    frame : pandas.DataFrame
        The model's input columns.
    labels : ndarray of bool, shape (rows,)
    attributes : dict of str to Column
    weight : ndarray of float or None
    pos_label : object
    threshold : float
    seed : int
    level : float
    controls : dict of str to Column
    """

    model: Model
    frame: Any
    labels: Flags
    attributes: dict[str, Column]
    weight: NDArray[np.float64] | None
    pos_label: Any
    threshold: float
    seed: int
    level: float
    controls: dict[str, Column] = field(default_factory=dict)


def explain_gaps(
    subject: Subject, groupings: Sequence[GroupingFacts], progress: Progress, wanted: Wanted
) -> tuple[tuple[GapExplanation, ...], tuple[Absent, ...]]:
    """Explain, for every grouping, the gaps that are wanted.

    Returns
    -------
    explanations : tuple of GapExplanation
        By grouping, comparison and metric; those within the levels of a control column last.
    absent : tuple of Absent
        Gaps that could not be explained, each with the reason.
    """
    work = _Work(subject, wanted)
    jobs: list[Comparison] = []
    absent: list[Absent] = []
    for grouping in groupings:
        made, lacking = comparisons(grouping, wanted)
        jobs += made
        absent += [_absent(metric, grouping.name, Reason.BELOW_MINIMUM) for metric in lacking]
    found: list[GapExplanation] = []
    for i, job in enumerate(jobs):
        progress("explaining", i, len(jobs))
        for between, metric, outcome in work.explain(job):
            if isinstance(outcome, Explained):
                found.append(to_record(outcome, metric, between))
            else:
                absent.append(_absent(metric, between.grouping, outcome, between.control))
    progress("explaining", len(jobs), len(jobs))
    return tuple(sorted(found, key=lambda item: item.control is not None)), tuple(dict.fromkeys(absent))


def _absent(metric: str, grouping: str, why: Reason | str, control: str | None = None) -> Absent:
    held = "" if control is None else f" within {control}"
    part = f"explanation of the gap in {metric.replace('_', ' ')} by {grouping}{held}"
    return Absent(part=part, reason=why.sentence if isinstance(why, Reason) else why)


@dataclass(frozen=True)
class _Sides:
    """The rows of two groups, or of one group and all others."""

    group: Flags
    reference: Flags

    def within(self, rows: Flags) -> _Sides:
        return _Sides(self.group & rows, self.reference & rows)


class _Work:
    """The model, asked in the quickest way that it allows, and what each comparison needs of it."""

    def __init__(self, subject: Subject, wanted: Wanted) -> None:
        self.subject = subject
        self.wanted = wanted
        rows = rows_of_model(subject.model, subject.frame)
        blocks = blocks_of(subject.model, rows)
        self.ask: Asked = question(subject.model, subject.frame, rows, blocks, subject.pos_label)
        self.counted: Counted | None = counted(subject.model, rows, blocks, subject.pos_label)
        self.threshold = subject.threshold if subject.model.has_scores else 0.5

    def explain(self, job: Comparison) -> Iterator[tuple[Between, str, Outcome]]:
        sides = self._sides(job)
        metrics = [metric for metric in job.metrics if metric != "mean_log_odds" or self._log_odds(job)]
        found = dict(self._all(metrics, sides))
        yield from ((job.between, metric, found[metric]) for metric in metrics)
        for name, column in self.subject.controls.items():
            if name in job.attributes:
                continue
            for metric in (item for item in metrics if item in WITHIN):
                yield replace(job.between, control=name), metric, self._within(metric, sides, column)

    def _sides(self, job: Comparison) -> _Sides:
        codes, groups = crossed(self.subject.attributes, job.attributes)
        one = codes == groups.index(job.between.group)
        if job.between.against == "reference":
            return _Sides(one, codes == groups.index(job.between.reference))
        known = [i for i, group in enumerate(groups) if None not in group]
        return _Sides(one, np.isin(codes, known) & ~one)

    def _log_odds(self, job: Comparison) -> bool:
        return (
            self.counted is not None and self.counted.exact.scale == "log-odds" and len(job.attributes) == 1
        )

    def _all(self, metrics: Iterable[str], sides: _Sides) -> Iterator[tuple[str, Outcome]]:
        walked: dict[bool | None, list[str]] = {}
        exact: list[str] = []
        for metric in metrics:
            kind = KINDS[metric]
            if kind.needs == "score" and not self.subject.model.has_scores:
                yield metric, Reason.NO_SCORES
            elif kind.output == "metric":
                yield metric, self._guarded(partial(self._metric, metric, sides))[0]
            elif self.counted is not None and kind.output in self.counted.outputs:
                exact.append(metric)
            else:
                walked.setdefault(kind.label, []).append(metric)
        yield from self._exact(exact, sides)
        for names in walked.values():
            yield from self._walked(names, sides)

    def _rows(self, metric: str, sides: _Sides) -> GapRows:
        return gap_rows(metric, sides.group, sides.reference, self.subject.labels)

    def _exact(self, metrics: Sequence[str], sides: _Sides) -> Iterator[tuple[str, Outcome]]:
        rows = {metric: self._rows(metric, sides) for metric in metrics}
        yield from ((metric, item.reason) for metric, item in rows.items() if item.reason is not None)
        able = [metric for metric, item in rows.items() if item.reason is None]
        if not able or self.counted is None:
            return
        gaps = [(rows[metric].group, rows[metric].reference) for metric in able]
        subject = self.subject
        found = self.counted.explain(gaps, subject.weight, self.wanted.game, subject.level)
        if found is None:
            for metric in able:
                yield from self._walked([metric], sides)
            return
        bands = self.ask.bands(gaps, subject.weight, self.wanted.game, self.counted.exact.scale, subject.seed)
        yield from zip(
            able, (item.banded(band) for item, band in zip(found, bands, strict=True)), strict=True
        )

    def _walked(self, metrics: Sequence[str], sides: _Sides) -> Iterator[tuple[str, Outcome]]:
        rows = self._rows(metrics[0], sides)
        if rows.reason is not None:
            found: list[Outcome] = [rows.reason] * len(metrics)
        else:
            found = self._guarded(lambda: list(self._walk(metrics, rows, TOLERANCE, MAX_CALLS)), len(metrics))
        yield from zip(metrics, found, strict=True)

    def _walk(
        self,
        metrics: Sequence[str],
        rows: GapRows,
        tolerance: float,
        max_calls: int,
        weight: NDArray[np.float64] | None = None,
    ) -> tuple[Explained, ...]:
        subject = self.subject
        return explain_outputs(
            self.ask.predict,
            self.ask.frame,
            outputs=[output_of(metric, self.threshold, subject.labels) for metric in metrics],
            group_rows=rows.group,
            reference_rows=rows.reference,
            sample_weight=subject.weight if weight is None else weight,
            players=self.ask.players,
            as_array=self.ask.as_array,
            game=self.wanted.game,
            tolerance=tolerance,
            max_calls=max_calls,
            seed=subject.seed,
            level=subject.level,
            workers=2,
        )

    def _metric(self, metric: str, sides: _Sides) -> list[Outcome]:
        subject = self.subject
        found = explain_metric(
            self.ask.predict,
            self.ask.frame,
            metric=metric,
            labels=subject.labels,
            threshold=self.threshold,
            group_rows=sides.group,
            reference_rows=sides.reference,
            sample_weight=subject.weight,
            players=self.ask.players,
            as_array=self.ask.as_array,
            max_calls=MAX_METRIC_CALLS,
            seed=subject.seed,
            level=subject.level,
        )
        return [found]

    def _within(self, metric: str, sides: _Sides, column: Column) -> Outcome:
        weight = np.ones(len(sides.group)) if self.subject.weight is None else self.subject.weight
        fewest = max(FEWEST, self.wanted.privacy_minimum)
        strata = []
        for code in np.unique(column.codes):
            held = np.asarray(column.codes) == code
            rows = self._rows(metric, sides.within(held))
            if rows.reason is None and min(len(rows.group), len(rows.reference)) >= fewest:
                one, two = weight[rows.group].sum(), weight[rows.reference].sum()
                strata.append((one * two / (one + two), rows, weight * held))
        if not strata:
            return Reason.NO_STRATUM
        shares = np.array([size for size, _, _ in strata]) / sum(size for size, _, _ in strata)

        def parts() -> list[Outcome]:
            made = []
            for share, (_, rows, here) in zip(shares, strata, strict=True):
                effort = TOLERANCE / float(np.sqrt(share)), max(2_000, int(share * MAX_CALLS))
                made.append(self._walk([metric], rows, *effort, weight=here)[0])
            return [pooled(made, shares, self.subject.level)]

        return self._guarded(parts)[0]

    @staticmethod
    def _guarded(make: Callable[[], list[Any]], count: int = 1) -> list[Outcome]:
        # A model may score all rows of the table and still fail on rows that are put together of two.
        try:
            return make()
        except ModelError as error:
            return [f"rows put together of two people cannot be scored: {error.problems[0].message}"] * count
