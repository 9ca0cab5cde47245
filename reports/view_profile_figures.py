"""The tables of profiles: four-fifths, fair lending, the draft test of Colorado."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ..audit.privacy import Hidden
from ..audit.record import MitigationFacts, MitigationFigure, Record
from ..audit.record_profiles import (
    ImpactGrouping,
    ImpactRow,
    InsuranceGrouping,
    InsuranceRow,
    LendingGrouping,
    LendingRow,
    ProfileFacts,
)
from ..metrics.results import Estimate, Group
from . import formats
from .formats import Kind, bare, figure, span
from .names import isolate, named
from .view_effects import Concealed
from .view_marks import mark
from .view_parts import Cell, Column, Row, Table
from .wording import say, say_many

MOST = 20
"""Groups that stand unfolded, worst first."""

R = TypeVar("R", ImpactRow, LendingRow, InsuranceRow)

GAP = "demographic_parity_difference"


def figure_tables(
    item: ProfileFacts, record: Record, hidden: Hidden, concealed: Concealed, anchor: str
) -> tuple[Table, ...]:
    """Build the tables of a profile's figures; groups that are withheld stand without any."""
    least = record.min_group_size
    made = (
        *(_impact(part, hidden[part.grouping], least) for part in item.impact if part.reference is not None),
        *(_lending(part, hidden[part.grouping], least) for part in item.lending),
        *(_insurance(part, hidden[part.grouping], least) for part in item.insurance),
        *(_alternatives(record, concealed) if item.lending else ()),
    )
    return tuple(
        Table(
            f"{anchor}-figures-{place}",
            caption,
            corner,
            columns,
            rows[:MOST],
            more=rows[MOST:],
            more_label=say_many("grouping.more", len(rows) - MOST),
        )
        for place, (caption, corner, columns, rows) in enumerate(made, start=1)
        if rows
    )


def figure_notes(item: ProfileFacts) -> Iterator[str]:
    """Say how the figures are read, and which groupings have none."""
    for part in item.impact:
        if part.reference is None:
            yield say("profiles.impact.none", grouping=isolate(part.grouping))
    for name in ("impact", "lending", "insurance"):
        if getattr(item, name):
            yield say(f"profiles.{name}.note")


_Made = tuple[str, str, tuple[Column, ...], tuple[Row, ...]]


def _columns(*names: str, words: tuple[str, ...] = ()) -> tuple[Column, ...]:
    return tuple(Column(say(f"profiles.{name}"), number=name not in words) for name in names)


def _withheld(name: str, cells: int) -> Row:
    return Row(named(name, marks=(mark("withheld"),)), tuple(Cell(formats.NO_FIGURE) for _ in range(cells)))


def _head(one: ImpactRow | LendingRow | InsuranceRow, least: int) -> Cell:
    """Name a group; one below the minimum size is marked, as everywhere on the page."""
    return named(one.name, marks=(mark("small"),) if one.rows < least else ())


def _split(
    rows: Sequence[R], worth: Callable[[R], float], gone: frozenset[Group], *, conceals: bool
) -> tuple[list[R], list[R]]:
    """Tell the groups that are shown, worst first where they are many, from those that are withheld."""
    shown = [one for one in rows if not conceals and one.group not in gone]
    rest = [one for one in rows if conceals or one.group in gone]
    if len(rows) > MOST:
        shown.sort(key=lambda one: worth(one) if math.isfinite(worth(one)) else math.inf)
    return shown, rest


def _cell(item: Estimate, kind: Kind) -> Cell:
    return Cell(figure(item.value, kind), sub=span(item.interval, kind))


def _impact(part: ImpactGrouping, gone: frozenset[Group], least: int) -> _Made:
    columns = _columns(
        "rows", "rate", "impact.ratio", "impact.deviations", "impact.finding", "impact.shortfall",
        "impact.flip", words=("impact.finding",),
    )  # fmt: skip
    conceals = part.reference in gone
    shown, rest = _split(part.rows, lambda one: one.ratio.value, gone, conceals=conceals)
    rows = (*(_impact_row(one, least) for one in shown), *(_withheld(one.name, len(columns)) for one in rest))
    rate = say("mark.withheld") if conceals else figure(part.reference_rate, "rate")
    caption = say(
        "profiles.impact.caption",
        grouping=isolate(part.grouping),
        reference=isolate(part.reference_name),
        rate=rate,
    )
    return caption, say("profiles.group"), columns, rows


def _impact_row(one: ImpactRow, least: int) -> Row:
    reading = (
        say(f"profiles.impact.{one.finding}")
        if one.finding is not None
        else say("profiles.impact.undefined", reason=one.reason.sentence if one.reason else formats.NO_FIGURE)
    )
    test = "exact" if one.test.startswith("Fisher") else "z"
    flip = say("profiles.impact.no_flip") if one.flip is None else formats.count(one.flip)
    return Row(
        _head(one, least),
        (
            Cell(formats.count(one.rows)),
            Cell(figure(one.rate, "rate")),
            _cell(one.ratio, "ratio"),
            Cell(_signed(one.deviations), sub=say(f"profiles.p.{test}", p=formats.p_value(one.p_value))),
            Cell(reading),
            Cell(_signed(one.shortfall, 1)),
            Cell(flip, sub=say("profiles.impact.flip_flop") if one.flip_flop else ""),
        ),
    )


def _signed(value: float, digits: int = 2) -> str:
    if not math.isfinite(value):
        return formats.NO_FIGURE
    text = f"{value:,.{digits}f}"
    return (text if text.strip("-0.,") else text.lstrip("-")).replace("-", "\u2212")


def _lending(part: LendingGrouping, gone: frozenset[Group], least: int) -> _Made:
    names = ("rows", "lending.air", "lending.band", "lending.effect", "lending.smd")
    columns = _columns(*names, words=("lending.band",))
    conceals = part.control in gone
    shown, rest = _split(part.rows, lambda one: one.air.value, gone, conceals=conceals)
    rows = (
        *(_lending_row(one, least) for one in shown),
        *(_withheld(one.name, len(columns)) for one in rest),
    )
    caption = say(
        "profiles.lending.caption",
        grouping=isolate(part.grouping),
        control=isolate(part.control_name),
        rate=say("mark.withheld") if conceals else figure(part.control_rate, "rate"),
    )
    return caption, say("profiles.group"), columns, rows


def _lending_row(one: LendingRow, least: int) -> Row:
    ends = span(one.smd.interval, "score")
    flag = say("profiles.lending.flagged") if one.flagged else ""
    return Row(
        _head(one, least),
        (
            Cell(formats.count(one.rows)),
            _cell(one.air, "ratio"),
            Cell(say(f"profiles.lending.band.{one.band}")),
            _cell(one.effect, "points"),
            Cell(bare(one.smd.value, "score"), sub="; ".join(text for text in (ends, flag) if text)),
        ),
    )


def _insurance(part: InsuranceGrouping, gone: frozenset[Group], least: int) -> _Made:
    columns = _columns(
        "rows", "insurance.coefficient", "insurance.odds", "p", "insurance.effect", "insurance.flag",
        words=("insurance.flag",),
    )  # fmt: skip
    conceals = part.reference in gone
    shown, rest = _split(part.rows, lambda one: -one.effect, gone, conceals=conceals)
    rows = (
        *(_insurance_row(one, least) for one in shown),
        *(_withheld(one.name, len(columns)) for one in rest),
    )
    caption = say(
        "profiles.insurance.caption",
        grouping=isolate(part.grouping),
        reference=isolate(part.reference_name),
    )
    return caption, say("profiles.group"), columns, rows


def _insurance_row(one: InsuranceRow, least: int) -> Row:
    flag = {True: "yes", False: "no", None: "unknown"}[one.flagged]
    reason = one.coefficient.reason.sentence if one.coefficient.reason else ""
    return Row(
        _head(one, least),
        (
            Cell(formats.count(one.rows)),
            _cell(one.coefficient, "score"),
            Cell(figure(one.odds, "ratio")),
            Cell(formats.p_value(one.p_value)),
            Cell(figure(one.effect, "points")),
            Cell(say(f"profiles.insurance.flag.{flag}"), sub=reason),
        ),
    )


def _alternatives(record: Record, concealed: Concealed) -> Iterator[_Made]:
    """Put the ways to retrain that were tried side by side."""
    names = [
        part.name
        for part in record.groupings
        if any(_moved(item, part.name, GAP) is not None for item in record.mitigation)
        and (part.name, GAP) not in concealed
    ]
    if not names:
        return
    columns = (
        Column(say("profiles.alternatives.accuracy")),
        *(Column(say("profiles.alternatives.gap", grouping=isolate(name))) for name in names),
        Column(say("profiles.alternatives.sensitive"), number=False),
    )
    rows = tuple(_alternative(item, names) for item in record.mitigation)
    yield say("profiles.alternatives"), say("profiles.alternatives.column"), columns, rows


def _moved(item: MitigationFacts, grouping: str, metric: str) -> MitigationFigure | None:
    return next((one for one in item.figures if (one.grouping, one.metric) == (grouping, metric)), None)


def _alternative(item: MitigationFacts, names: list[str]) -> Row:
    found = [_moved(item, "overall", "accuracy"), *(_moved(item, name, GAP) for name in names)]
    cells = (Cell(formats.NO_FIGURE) if one is None else _cell(one.change, "points") for one in found)
    needs = Cell(say(f"profiles.alternatives.{item.needs_sensitive}"))
    return Row(named(item.method), (*cells, needs))
