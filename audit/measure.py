"""What the cube says of every grouping: sizes, rates, disparities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Reason
from ..metrics.catalogue import CATALOGUE, Metric
from ..metrics.cube import SCORE, Cube
from ..metrics.disparity import Choice, Options, against_each, all_pairs, find_reference, worst_of
from ..metrics.intervals import welch_difference
from ..metrics.rates import (
    RATES,
    GroupTable,
    Means,
    count,
    effective_size,
    estimates,
    group_table,
    mean_estimates,
    score_means,
)
from ..metrics.results import Against, Disparity, Estimate, Group, Interval
from .gate import OVERALL
from .limit_figures import group_name
from .record import GroupFacts, GroupingFacts

COMPARED_RATES = (
    "selection_rate",
    "base_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "negative_predictive_value",
    "accuracy",
)


@dataclass(frozen=True)
class Plan:
    """What is compared with what.

    Parameters
    ----------
    groupings : tuple of tuple of str
        Attributes of each grouping.
    reference : str or mapping
        ``"largest"``, ``"best"``, ``"overall"``, ``"rest"`` or ``"all_pairs"``; or the reference level of
        each attribute (an intersection's reference is made of its attributes').
    options : Options
    privacy_minimum : int
        Groups with fewer rows have their figures withheld on pages.
    """

    groupings: tuple[tuple[str, ...], ...]
    reference: str | Mapping[str, object]
    options: Options
    privacy_minimum: int

    def choice(self, attributes: tuple[str, ...]) -> Choice | str:
        """Give the reference of one grouping; the largest group where none is named."""
        if isinstance(self.reference, str):
            return self.reference
        name = " x ".join(attributes)
        whole = self.reference.get(name)
        if whole is not None:
            return tuple(whole) if isinstance(whole, tuple | list) else (whole,)  # type: ignore[return-value]
        if all(attribute in self.reference for attribute in attributes):
            return tuple(self.reference[attribute] for attribute in attributes)  # type: ignore[return-value]
        return "largest"


def tables_of(cube: Cube, groupings: Sequence[tuple[str, ...]]) -> dict[str, GroupTable]:
    """Make the confusion matrices of every grouping, by name, and those of all rows as ``overall``."""
    tables = {" x ".join(attributes): group_table(cube, *attributes) for attributes in groupings}
    return {OVERALL: group_table(cube), **tables}


def overall_facts(cube: Cube, plan: Plan) -> GroupFacts:
    """Describe all rows together as one group."""
    table = group_table(cube)
    return _groups(table, cube, plan, cube.rows)[0]


def grouping_facts(cube: Cube, plan: Plan) -> tuple[GroupingFacts, ...]:
    """Describe every grouping of the plan."""
    return tuple(_grouping(cube, attributes, plan) for attributes in plan.groupings)


def _grouping(cube: Cube, attributes: tuple[str, ...], plan: Plan) -> GroupingFacts:
    table = group_table(cube, *attributes)
    choice = plan.choice(attributes)
    at = _reference(table, choice)
    return GroupingFacts(
        name=" x ".join(attributes),
        attributes=attributes,
        reference=None if at is None else table.groups[at],
        groups=tuple(_groups(table, cube, plan, cube.rows)),
        disparities=tuple(_disparities(table, cube, choice, plan.options)),
    )


def _reference(table: GroupTable, choice: Choice | str) -> int | None:
    if choice in ("overall", "rest", "all_pairs"):
        return None
    rate = RATES["selection_rate" if table.has_decision else "base_rate"]
    return find_reference(count(table, rate), table.groups, choice, table.rows)  # type: ignore[arg-type]


def _groups(table: GroupTable, cube: Cube, plan: Plan, total: int) -> list[GroupFacts]:
    rates: dict[str, list[Estimate]] = {
        name: estimates(count(table, rate), plan.options.level)
        for name, rate in RATES.items()
        if (table.has_label or not rate.label) and (table.has_decision or not rate.decision)
    }
    if SCORE in cube.names:
        rates["mean_score"] = mean_estimates(score_means(table), plan.options.level)
    sums = table.measures.sum(axis=(1, 2))
    effective = effective_size(sums[:, 1], sums[:, 2], sums[:, 0], table.weight_kind)
    return [
        GroupFacts(
            group=group,
            name=group_name(group),
            rows=int(sums[i, 0]),
            share=float(sums[i, 1] / sums[:, 1].sum()) if table.attributes else 1.0,
            weight=float(sums[i, 1]),
            effective=float(effective[i]),
            below_minimum=bool(sums[i, 0] < plan.options.min_group_size),
            withheld=bool(sums[i, 0] < plan.privacy_minimum),
            missing=None in group,
            rates={name: values[i] for name, values in rates.items()},
        )
        for i, group in enumerate(table.groups)
    ]


def measurable(table: GroupTable, metric: Metric) -> bool:
    """Tell whether the table holds what the metric needs."""
    return all(
        (table.has_label or not RATES[rate].label) and (table.has_decision or not RATES[rate].decision)
        for rate in metric.rates or (metric.name,)
    )


def _disparities(table: GroupTable, cube: Cube, choice: Choice | str, options: Options) -> list[Disparity]:
    found: list[Disparity] = []
    for name in COMPARED_RATES:
        metric = CATALOGUE[name]
        if measurable(table, metric):
            found += _compared(table, metric, choice, options)
    if SCORE in cube.names and len(table.groups) > 1:
        found += _mean_gaps(table, choice, options)
    for metric in CATALOGUE.values():
        if metric.kind in ("difference", "ratio") and measurable(table, metric):
            found.append(worst_of(table, metric, options))
    return found


def _compared(table: GroupTable, metric: Metric, choice: Choice | str, options: Options) -> list[Disparity]:
    kinds = ("difference", "ratio") if metric.name == "selection_rate" else ("difference",)
    if choice == "all_pairs":
        return [d for kind in kinds for d in all_pairs(table, metric, kind, options)]
    return [d for kind in kinds for d in against_each(table, metric, kind, choice, options)]  # type: ignore[arg-type]


def _mean_gaps(table: GroupTable, choice: Choice | str, options: Options) -> list[Disparity]:
    means = score_means(table)
    at = _reference(table, choice)
    if at is not None:
        others = [i for i in range(len(table.groups)) if i != at]
        against: Against = choice if choice in ("largest", "best") else "reference"  # type: ignore[assignment]
        return [_mean_gap(table.groups[i], table.groups[at], means, i, _one(means, at), against, options.level) for i in others]
    return [
        _mean_gap(group, None, means, i, _pool(means, i), "rest", options.level) for i, group in enumerate(table.groups)
    ]


def _one(means: Means, i: int) -> tuple[float, float, float]:
    return float(means.value[i]), float(means.variance[i]), float(means.effective[i])


def _pool(means: Means, without: int) -> tuple[float, float, float]:
    keep = np.arange(len(means.value)) != without
    n, value = means.effective[keep], means.value[keep]
    total = n.sum()
    mean = float((n * value).sum() / total)
    within = np.nan_to_num(means.variance[keep]) * np.maximum(n - 1, 0)
    return mean, float((within + n * (value - mean) ** 2).sum() / max(total - 1, 1)), float(total)


def _mean_gap(
    group: Group, reference: Group | None, means: Means, i: int, other: tuple[float, float, float], against: Against, level: float
) -> Disparity:
    value = float(means.value[i] - other[0])
    low, high = welch_difference(*_one(means, i), *other, level)
    interval = None if math.isnan(float(low)) else Interval(float(low), float(high), level, "Welch")
    reason = Reason.EMPTY_GROUP if math.isnan(value) else None
    return Disparity("mean_score", "difference", against, group, reference, value, interval, reason=reason)
