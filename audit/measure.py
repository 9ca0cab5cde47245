"""What the cube says of every grouping: sizes, rates, disparities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from ..errors import InputError, Problem, Reason, did_you_mean
from ..metrics.catalogue import CATALOGUE, Metric
from ..metrics.cube import SCORE, Cube
from ..metrics.disparity import Choice, Options, against_each, all_pairs, find_reference, worst_of
from ..metrics.intervals import welch_difference
from ..metrics.rates import (
    RATES,
    Design,
    GroupTable,
    Means,
    count,
    effective_size,
    estimates,
    group_table,
    mean_estimates,
    score_means,
)
from ..metrics.results import Against, Comparison, Disparity, Estimate, Group, Interval, Level
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
    designs : mapping of str to Design
        By grouping; what the rows of people who repeat are worth.
    """

    groupings: tuple[tuple[str, ...], ...]
    reference: str | Mapping[str, Level | tuple[Level, ...]]
    options: Options
    privacy_minimum: int
    designs: Mapping[str, Design] = field(default_factory=dict)

    @property
    def enough(self) -> Options:
        """The options for figures that compare only groups of the privacy minimum and more."""
        return replace(self.options, min_group_size=max(self.options.min_group_size, self.privacy_minimum))

    def table(self, cube: Cube, *attributes: str) -> GroupTable:
        """Make the confusion matrices of one grouping, with its effective sizes where a design gives them."""
        return _designed(group_table(cube, *attributes), self.designs)

    def choice(self, attributes: tuple[str, ...], groups: Sequence[Group]) -> Choice:
        """Give the reference of one grouping; the largest group where none is named."""
        if isinstance(self.reference, str):
            return cast("Against", self.reference)
        whole = self.reference.get(" x ".join(attributes))
        if whole is not None:
            return tuple(whole) if isinstance(whole, tuple | list) else (whole,)
        if all(attribute in self.reference for attribute in attributes):
            made = tuple(cast("Level", self.reference[attribute]) for attribute in attributes)
            # The references of the attributes by themselves need not occur together in any row.
            if len(attributes) == 1 or _spelled(made) in map(_spelled, groups):
                return made
        return "largest"


def _spelled(group: Group) -> tuple[str, ...]:
    return tuple(map(str, group))


def check_reference(plan: Plan, tables: Mapping[str, GroupTable]) -> None:
    """Hold the references that are named against the groups of the audit.

    Raises
    ------
    InputError
        A grouping or a group is not there; all are listed.
    """
    named = {} if isinstance(plan.reference, str) else plan.reference
    problems = []
    for name, level in named.items():
        where = f"reference.{name}"
        if name not in tables or name == OVERALL:
            known = [item for item in tables if item != OVERALL]
            message = f"the audit has no grouping {name!r}; {did_you_mean(name, known)}"
            problems.append(Problem("unknown_attribute", where, message))
            continue
        wanted = level if isinstance(level, tuple | list) else (level,)
        groups = tables[name].groups
        if _spelled(tuple(wanted)) not in map(_spelled, groups):
            spelled = " x ".join(map(str, wanted))
            hint = did_you_mean(spelled, map(group_name, groups))
            message = f"the reference must be a group of the audit, got {spelled!r}; {hint}"
            problems.append(Problem("unknown_group", where, message))
    if problems:
        raise InputError(problems)


def tables_of(
    cube: Cube, groupings: Sequence[tuple[str, ...]], designs: Mapping[str, Design] | None = None
) -> dict[str, GroupTable]:
    """Make the confusion matrices of every grouping, by name, and those of all rows as ``overall``."""
    found = [group_table(cube, *attributes) for attributes in ((), *groupings)]
    return {_name(table.attributes): _designed(table, designs or {}) for table in found}


def _name(attributes: tuple[str, ...]) -> str:
    return " x ".join(attributes) or OVERALL


def _designed(table: GroupTable, designs: Mapping[str, Design]) -> GroupTable:
    return replace(table, design=designs.get(_name(table.attributes)))


def overall_facts(cube: Cube, plan: Plan) -> GroupFacts:
    """Describe all rows together as one group."""
    return _groups(plan.table(cube), cube, plan)[0]


def grouping_facts(cube: Cube, plan: Plan) -> tuple[GroupingFacts, ...]:
    """Describe every grouping of the plan."""
    return tuple(_grouping(cube, attributes, plan) for attributes in plan.groupings)


def _grouping(cube: Cube, attributes: tuple[str, ...], plan: Plan) -> GroupingFacts:
    table = plan.table(cube, *attributes)
    choice = plan.choice(attributes, table.groups)
    at = _reference(table, choice)
    return GroupingFacts(
        name=" x ".join(attributes),
        attributes=attributes,
        reference=None if at is None else table.groups[at],
        groups=tuple(_groups(table, cube, plan)),
        disparities=tuple(_disparities(table, cube, choice, plan.options)),
    )


def _reference(table: GroupTable, choice: Choice) -> int | None:
    if choice in ("overall", "rest", "all_pairs"):
        return None
    rate = RATES["selection_rate" if table.has_decision else "base_rate"]
    return find_reference(count(table, rate), table.groups, choice, table.rows)


def _groups(table: GroupTable, cube: Cube, plan: Plan) -> list[GroupFacts]:
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


def _disparities(table: GroupTable, cube: Cube, choice: Choice, options: Options) -> list[Disparity]:
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


def _compared(table: GroupTable, metric: Metric, choice: Choice, options: Options) -> list[Disparity]:
    kinds: tuple[Comparison, ...] = ("difference", "ratio")
    kinds = kinds if metric.name == "selection_rate" else kinds[:1]
    if choice == "all_pairs":
        return [d for kind in kinds for d in all_pairs(table, metric, kind, options)]
    return [d for kind in kinds for d in against_each(table, metric, kind, choice, options)]


def _mean_gaps(table: GroupTable, choice: Choice, options: Options) -> list[Disparity]:
    """Compare mean scores: with the reference, or with the rest where no group is one."""
    means = score_means(table)
    at = _reference(table, choice)
    able = [i for i, group in enumerate(table.groups) if options.compare_missing or None not in group]
    if at is None:
        return [
            _mean_gap((table.groups[i], None), _one(means, i), _pool(means, i), "rest", options) for i in able
        ]
    against: Against = choice if choice in ("largest", "best") else "reference"
    other = _one(means, at)
    return [
        _mean_gap((table.groups[i], table.groups[at]), _one(means, i), other, against, options)
        for i in able
        if i != at
    ]


Moments = tuple[float, float, float]
"""Mean, variance and effective size of the scores of a group."""


def _one(means: Means, i: int) -> Moments:
    return float(means.value[i]), float(means.variance[i]), float(means.effective[i])


def _pool(means: Means, without: int) -> Moments:
    keep = np.arange(len(means.value)) != without
    n, value = means.effective[keep], means.value[keep]
    total = n.sum()
    mean = float((n * value).sum() / total)
    within = np.nan_to_num(means.variance[keep]) * np.maximum(n - 1, 0)
    return mean, float((within + n * (value - mean) ** 2).sum() / max(total - 1, 1)), float(total)


def _mean_gap(
    pair: tuple[Group, Group | None], one: Moments, other: Moments, against: Against, options: Options
) -> Disparity:
    value = one[0] - other[0]
    low, high = welch_difference(*one, *other, options.level)
    span = Interval(float(low), float(high), options.level, "Welch")
    interval = None if math.isnan(span.low) else span
    reason = Reason.EMPTY_GROUP if math.isnan(value) else None
    return Disparity("mean_score", "difference", against, *pair, value, interval, reason=reason)
