"""What groups of these sizes can tell: rates drawn together, and the smallest gaps that could have shown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..metrics.catalogue import CATALOGUE
from ..metrics.cube import Cube
from ..metrics.disparity import find_reference
from ..metrics.pooling import partial_pooling
from ..metrics.power import smallest_detectable_gap
from ..metrics.rates import RATES, GroupTable, count
from .measure import Plan, measurable
from .record_reach import PooledRate, PoolingFacts, PowerFacts, ReachFacts, SmallestGap

RATES_SHOWN = ("selection_rate", "true_positive_rate", "false_positive_rate")
"""The rates that are drawn together, and whose power is told."""
POWER = 0.8
"""Chance with which a gap would have shown."""


def reach_facts(cube: Cube, plan: Plan) -> ReachFacts:
    """Draw the rates of intersections together, and work out the power of every grouping.

    Parameters
    ----------
    cube : Cube
    plan : Plan

    Returns
    -------
    ReachFacts
        Groups with a missing level are left out of both.

    Examples
    --------
    >>> from evenhand.metrics.disparity import Options
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of(None, [1, 0, 1, 1] * 50, sensitive_features={"sex": ["F", "F", "M", "M"] * 50})
    >>> found = reach_facts(cube, Plan((("sex",),), {"sex": "M"}, Options(), 10))
    >>> found.power[0].reference, round(found.power[0].groups[0].lower, 3)
    (('M',), 0.075)
    """
    tables = [plan.table(cube, *attributes) for attributes in plan.groupings]
    return ReachFacts(
        pooling=tuple(one for table in tables if len(table.attributes) > 1 for one in _pooling(table, plan)),
        power=tuple(one for table in tables for one in _power(table, plan)),
    )


def _known(table: GroupTable) -> list[int]:
    return [i for i, group in enumerate(table.groups) if None not in group]


def _shown(table: GroupTable) -> list[str]:
    return [name for name in RATES_SHOWN if measurable(table, CATALOGUE[name])]


def _pooling(table: GroupTable, plan: Plan) -> Iterator[PoolingFacts]:
    known, level = _known(table), plan.options.level
    for name in _shown(table):
        counted = count(table, RATES[name])
        x, n = counted.successes[known], counted.effective[known]
        if len(known) < 3 or not n.sum() > 0:
            continue
        shrunk = partial_pooling(x, n, level)
        yield PoolingFacts(
            grouping=" x ".join(table.attributes),
            metric=name,
            mean=float(shrunk.mean),
            strength=float(shrunk.strength),
            level=level,
            groups=tuple(
                PooledRate(
                    group=table.groups[i],
                    raw=float(shrunk.raw[k]),
                    pooled=float(shrunk.rate[k]),
                    low=float(shrunk.low[k]),
                    high=float(shrunk.high[k]),
                )
                for k, i in enumerate(known)
            ),
        )


def _power(table: GroupTable, plan: Plan) -> Iterator[PowerFacts]:
    choice = plan.choice(table.attributes, table.groups)
    named = choice if isinstance(choice, tuple) or choice == "best" else "largest"
    merit = count(table, RATES["selection_rate" if table.has_decision else "base_rate"])
    at = find_reference(merit, table.groups, named, table.rows)
    others = [i for i in _known(table) if i != at]
    for name in _shown(table):
        counted = count(table, RATES[name])
        rate = float(counted.value[at])
        if np.isnan(rate) or not others:
            continue
        sizes = counted.effective[others], counted.effective[at]
        level = plan.options.level
        lower = smallest_detectable_gap(*sizes, rate, level=level, power=POWER, direction="lower")
        higher = smallest_detectable_gap(*sizes, rate, level=level, power=POWER, direction="higher")
        yield PowerFacts(
            grouping=" x ".join(table.attributes),
            metric=name,
            reference=table.groups[at],
            rate=rate,
            level=level,
            power=POWER,
            groups=tuple(
                SmallestGap(group=table.groups[i], lower=float(lower[k]), higher=float(higher[k]))
                for k, i in enumerate(others)
            ),
        )
