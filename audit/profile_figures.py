"""The figures of profiles that every grouping has: four-fifths, fair lending, Colorado's draft test."""

from __future__ import annotations

import math

import numpy as np

from ..errors import Reason
from ..metrics.cube import SCORE, Cube
from ..metrics.disparity import Options
from ..metrics.group_regression import GroupEffect, approval_regression
from ..metrics.practical import AdverseImpact, adverse_impact
from ..metrics.rates import RATES, GroupTable, count, group_table
from ..metrics.results import Disparity, Estimate, Group, Interval
from ..metrics.score_gaps import standardised_mean_difference
from .limit_figures import group_name
from .record import GroupingFacts, Record
from .record_profiles import (
    Band,
    ImpactGrouping,
    ImpactRow,
    InsuranceGrouping,
    InsuranceRow,
    LendingGrouping,
    LendingRow,
)

Numbers = dict[str, float]


def impact_facts(record: Record, cube: Cube, numbers: Numbers) -> tuple[ImpactGrouping, ...]:
    """Hold every group against the one with the highest rate, of those that reach the minimum size."""
    return tuple(
        found
        for part in record.groupings
        if (found := _impact(record, part, group_table(cube, *part.attributes), numbers)) is not None
    )


def _options(record: Record) -> Options:
    return Options(level=record.level, min_group_size=record.min_group_size, seed=record.seed)


def _impact(
    record: Record, part: GroupingFacts, table: GroupTable, numbers: Numbers
) -> ImpactGrouping | None:
    if not table.has_decision:
        return None
    known = np.array([None not in group for group in table.groups])
    small = known & (table.rows < record.min_group_size)
    left_out = tuple(table.groups[i] for i in np.flatnonzero(small))
    rates = count(table, RATES["selection_rate"]).value
    merit = np.where(known & ~small & ~np.isnan(rates), rates, -np.inf)
    if not np.isfinite(merit).any():
        return ImpactGrouping(
            grouping=part.name, reference=None, reference_name="", reference_rate=math.nan,
            left_out=left_out, rows=(),
        )  # fmt: skip
    at = int(np.argmax(merit))
    limits = {"benchmark": numbers["benchmark"], "alpha": numbers["alpha"]}
    found = adverse_impact(table, table.groups[at], options=_options(record), **limits)
    return ImpactGrouping(
        grouping=part.name,
        reference=table.groups[at],
        reference_name=group_name(table.groups[at]),
        reference_rate=float(rates[at]),
        left_out=left_out,
        rows=tuple(_impact_row(one) for one in found),
    )


def _impact_row(one: AdverseImpact) -> ImpactRow:
    return ImpactRow(
        group=one.group,
        name=group_name(one.group),
        rows=one.rows,
        selected=one.selected,
        rate=one.rate,
        ratio=_estimate(one.ratio),
        difference=_estimate(one.difference),
        deviations=one.deviations,
        p_value=one.p_value,
        test=one.test,
        finding=one.finding,
        shortfall=one.shortfall,
        flip=one.flip,
        flip_flop=one.flip_flop,
        reason=one.reason,
    )


def _estimate(item: Disparity) -> Estimate:
    return Estimate(item.value, item.interval, reason=item.reason)


def _fixed(part: GroupingFacts, table: GroupTable) -> Group | None:
    """Give the fixed group to compare with: the audit's reference, else the largest; None without two."""
    known = [i for i, group in enumerate(table.groups) if None not in group]
    if not table.has_decision or len(known) < 2:
        return None
    return part.reference or table.groups[max(known, key=lambda i: table.rows[i])]


def lending_facts(
    record: Record, cube: Cube, numbers: Numbers, *, higher_is_better: bool
) -> tuple[LendingGrouping, ...]:
    """Hold every group against a fixed control group: approvals, points and scores."""
    found = []
    for part in record.groupings:
        table = group_table(cube, *part.attributes)
        control = _fixed(part, table)
        if control is not None:
            gaps = _gaps(table, control, record.level) if SCORE in cube.names else {}
            found.append(_lending(record, part, table, control, gaps, numbers, higher=higher_is_better))
    return tuple(found)


def _gaps(table: GroupTable, control: Group, level: float) -> dict[Group | None, Disparity]:
    return {gap.group: gap for gap in standardised_mean_difference(table, control, level=level)}


def _lending(  # noqa: PLR0917 - what was counted, and how it is read
    record: Record,
    part: GroupingFacts,
    table: GroupTable,
    control: Group,
    gaps: dict[Group | None, Disparity],
    numbers: Numbers,
    *,
    higher: bool,
) -> LendingGrouping:
    rows = []
    for one in adverse_impact(table, control, options=_options(record)):
        gap = gaps.get(one.group)
        adverse = math.nan if gap is None else -gap.value if higher else gap.value
        rows.append(
            LendingRow(
                group=one.group,
                name=group_name(one.group),
                rows=one.rows,
                air=_estimate(one.ratio),
                effect=_turned(one.difference),
                smd=Estimate(math.nan, reason=Reason.NO_SCORES) if gap is None else _estimate(gap),
                band=_band(one.ratio.value, numbers),
                flagged=adverse >= numbers["smd_flag"],
            )
        )
    rate = count(table, RATES["selection_rate"]).value[table.groups.index(control)]
    return LendingGrouping(
        grouping=part.name,
        control=control,
        control_name=group_name(control),
        control_rate=float(rate),
        rows=tuple(rows),
    )


def _turned(item: Disparity) -> Estimate:
    """Give the control's rate minus the group's."""
    ends = item.interval
    turned = None if ends is None else Interval(-ends.high, -ends.low, ends.level, ends.method)
    return Estimate(-item.value, turned, reason=item.reason)


def _band(ratio: float, numbers: Numbers) -> Band:
    if math.isnan(ratio):
        return "undefined"
    if ratio < numbers["low"]:
        return "low"
    return "fine" if ratio > numbers["concern"] else "concern"


def insurance_facts(record: Record, cube: Cube, numbers: Numbers) -> tuple[InsuranceGrouping, ...]:
    """Regress approval on membership, by every grouping."""
    found = []
    for part in record.groupings:
        table = group_table(cube, *part.attributes)
        reference = _fixed(part, table)
        if reference is not None:
            rows = tuple(
                _insured(one, int(table.rows[table.groups.index(one.group)]), numbers)
                for one in approval_regression(table, reference, level=record.level)
            )
            found.append(
                InsuranceGrouping(
                    grouping=part.name, reference=reference, reference_name=group_name(reference), rows=rows
                )
            )
    return tuple(found)


def _insured(one: GroupEffect, rows: int, numbers: Numbers) -> InsuranceRow:
    unknown = math.isnan(one.p_value)
    # Sums of rates carry rounding: a gap of exactly five points is large enough.
    large = one.effect >= numbers["points"] - 1e-12
    return InsuranceRow(
        group=one.group,
        name=group_name(one.group),
        rows=rows,
        coefficient=Estimate(one.coefficient, one.interval, reason=one.reason),
        odds=math.exp(one.coefficient),
        z=one.z,
        p_value=one.p_value,
        effect=one.effect,
        flagged=None if unknown else bool(one.p_value < numbers["alpha"] and large),
    )
