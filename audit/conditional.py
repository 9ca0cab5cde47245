"""Gaps within the levels of a control column, and what is left of the gap when like is compared with like.

The levels of a control column (an occupation, a region) are strata: groups are compared only within each of
them, and the differences are pooled with Mantel and Haenszel's weights. Beside the pooled difference stands
the crude one, which throws the strata together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import Reason
from ..metrics.catalogue import CATALOGUE
from ..metrics.clusters import ClusterCounts, clustered_table, contrast_variance
from ..metrics.cube import Cube
from ..metrics.disparity import find_reference, worst_of
from ..metrics.interval_basics import critical_value
from ..metrics.rates import RATES, Counted, GroupTable, Rate, count, group_table
from ..metrics.results import Group, Interval, Level
from ..metrics.significance import Pooled, mantel_haenszel_difference
from .limit_figures import group_name
from .measure import Plan, measurable
from .record import ConditionalFacts, PooledFacts, StratumFacts

Floats = NDArray[np.float64]

WITHIN = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "accuracy_difference",
)
"""The worst-of-several figures within each level."""

POOLED = ("selection_rate", "true_positive_rate", "false_positive_rate")
"""The rates whose differences are pooled over the levels."""


def conditional_facts(
    cube: Cube,
    controls: Sequence[str],
    plan: Plan,
    within: Mapping[tuple[str, str], ClusterCounts] | None = None,
) -> tuple[ConditionalFacts, ...]:
    """Compare the groups of every grouping within the levels of every control column.

    Parameters
    ----------
    cube : Cube
    controls : sequence of str
        Axes of the cube.
    plan : Plan
    within : mapping of (str, str) to ClusterCounts, optional
        By control column and grouping, the people of every group within every level, where people repeat.

    Returns
    -------
    tuple of ConditionalFacts
        One for each control column and grouping.
    """
    return tuple(
        _conditional(cube, control, attributes, plan, (within or {}).get((control, " x ".join(attributes))))
        for control in controls
        for attributes in plan.groupings
    )


@dataclass(frozen=True)
class _Strata:
    """The groups within every level, and the people in them where people repeat."""

    levels: tuple[Level, ...]
    tables: tuple[GroupTable, ...]
    people: ClusterCounts | None

    def place(self, group: Group, level: Level) -> int | None:
        """Find a group within a level among the people's groups."""
        held = () if self.people is None else self.people.table.groups
        return held.index((*group, level)) if (*group, level) in held else None


def _conditional(
    cube: Cube, control: str, attributes: tuple[str, ...], plan: Plan, people: ClusterCounts | None
) -> ConditionalFacts:
    whole = group_table(cube, *attributes)
    levels = tuple(group[0] for group in group_table(cube, control).groups)
    tables = tuple(group_table(cube.slice(control, level), *attributes) for level in levels)
    strata = _Strata(levels, tables, people)
    sized = tables if people is None else _sized(strata, people, plan)
    return ConditionalFacts(
        control=control,
        grouping=" x ".join(attributes),
        strata=tuple(_stratum(level, table, plan) for level, table in zip(levels, sized, strict=True)),
        pooled=tuple(_pooled(whole, strata, plan)),
    )


def _sized(strata: _Strata, people: ClusterCounts, plan: Plan) -> tuple[GroupTable, ...]:
    """Give every level's groups the effective sizes that their people make."""
    design = clustered_table(people, level=plan.options.level).design
    if design is None:
        raise TypeError("a table of clusters has a design")
    places = [
        [strata.place(group, level) for group in table.groups]
        for level, table in zip(strata.levels, strata.tables, strict=True)
    ]
    return tuple(
        replace(table, design=design.only([at for at in place if at is not None]))
        for table, place in zip(strata.tables, places, strict=True)
    )


def _stratum(level: Level, table: GroupTable, plan: Plan) -> StratumFacts:
    rows = int(table.rows.sum())
    known = [CATALOGUE[name] for name in WITHIN if measurable(table, CATALOGUE[name])]
    return StratumFacts(
        level=level,
        name=group_name((level,)),
        rows=rows,
        withheld=rows < plan.privacy_minimum,
        figures=tuple(worst_of(table, metric, plan.options) for metric in known),
    )


def _pooled(whole: GroupTable, strata: _Strata, plan: Plan) -> list[PooledFacts]:
    names = [name for name in POOLED if measurable(whole, CATALOGUE[name])]
    choice = plan.choice(whole.attributes, whole.groups)
    named = choice if isinstance(choice, tuple) or choice == "best" else "largest"
    merit = count(whole, RATES["selection_rate" if whole.has_decision else "base_rate"])
    at = find_reference(merit, whole.groups, named, whole.rows)
    others = [i for i, group in enumerate(whole.groups) if i != at and None not in group]
    return [_pool(whole, (i, at), RATES[name], strata, plan) for name in names for i in others]


def _pool(whole: GroupTable, pair: tuple[int, int], rate: Rate, strata: _Strata, plan: Plan) -> PooledFacts:
    group, reference = (whole.groups[i] for i in pair)
    fewest = int(whole.rows[list(pair)].min())
    counted = [count(table, rate) for table in strata.tables]
    x1, n1 = _successes(group, strata.tables, counted)
    x2, n2 = _successes(reference, strata.tables, counted)
    pooled = mantel_haenszel_difference(x1, n1, x2, n2, plan.options.level)
    both = (n1 > 0) & (n2 > 0)
    # Where no stratum varies Sato's variance is zero, which would claim certainty.
    varies = bool(np.any(both & (x1 + x2 > 0) & (x1 + x2 < n1 + n2)))
    span = _by_people(pooled, (group, reference), rate, strata)
    return PooledFacts(
        metric=rate.name,
        group=group,
        reference=reference,
        crude=float(pooled.crude),
        value=float(pooled.value),
        interval=span if varies else None,
        strata=int(both.sum()),
        below_minimum=fewest < plan.options.min_group_size,
        withheld=fewest < plan.privacy_minimum,
        reason=None if both.any() else Reason.NO_STRATUM,
    )


def _successes(
    group: Group, strata: Sequence[GroupTable], counted: Sequence[Counted]
) -> tuple[Floats, Floats]:
    """Give the group's successes and effective rows in each stratum; 0 of 0 where it does not occur."""
    places = [table.groups.index(group) if group in table.groups else None for table in strata]
    found = [
        (0.0, 0.0) if i is None else (c.successes[i], c.effective[i])
        for i, c in zip(places, counted, strict=True)
    ]
    sums = np.array(found, dtype=np.float64).reshape(-1, 2)
    return sums[:, 0], sums[:, 1]


def _by_people(pooled: Pooled, pair: tuple[Group, Group], rate: Rate, strata: _Strata) -> Interval:
    """Give the pooled difference's interval: Sato's, or that over people where it is wider."""
    own = Interval(float(pooled.low), float(pooled.high), pooled.level, pooled.method)
    _, n1, _, n2 = pooled.counts
    share = n1 * n2 / np.maximum(n1 + n2, 1)
    if strata.people is None or not share.sum():
        return own
    weights = np.zeros(len(strata.people.table.groups))
    for group, sign in zip(pair, (1, -1), strict=True):
        for level, part in zip(strata.levels, share / share.sum(), strict=True):
            if (at := strata.place(group, level)) is not None:
                weights[at] = sign * part
    half = float(critical_value(pooled.level)) * np.sqrt(contrast_variance(strata.people, rate, weights))
    value = float(pooled.value)
    ends = min(own.low, max(value - half, -1.0)), max(own.high, min(value + half, 1.0))
    return own if not half > 0 else Interval(*ends, pooled.level, "Mantel-Haenszel, Sato or over people")
