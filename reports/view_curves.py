"""Curves of the model's output over a column's values: by group, and accumulated local effects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from ..audit.record_global import CurveFacts, DependenceFacts, EffectsFacts, WholeFacts
from ..metrics.results import Group, Level
from . import formats
from .charts_global import MOST_SERIES
from .formats import figure, span
from .names import isolate, listed, named, shorten, unlike
from .view_parts import Cell, Column, Fold, LineChart, Mean, Row, Series, Table
from .wording import say

_NAME, _TICK = 14, 18
Names = dict[Group, str]
_BY_VALUE = ("mean", "low", "high", "supported")
_T = TypeVar("_T")
_Curved = TypeVar("_Curved", DependenceFacts, EffectsFacts)


def level_name(value: Level) -> str:
    """Write a column's value: numbers short, all else as it is.

    Examples
    --------
    >>> level_name(40.0), level_name("Wife")
    ('40', 'Wife')
    """
    if isinstance(value, float):
        return f"{value:,.6g}".replace("-", "\u2212")
    return say("global.missing") if value is None else str(value)


def without_values(whole: WholeFacts, rare: frozenset[tuple[str, Level]]) -> WholeFacts:
    """Take values, as (column, value), out of all curves.

    Parameters
    ----------
    whole : WholeFacts
    rare : frozenset of tuple
        Such as those that only withheld people have.
    """
    return whole.model_copy(
        update={
            "dependences": tuple(_without(item, rare) for item in whole.dependences),
            "effects": tuple(_without(item, rare) for item in whole.effects),
        }
    )


def _without(item: _Curved, rare: frozenset[tuple[str, Level]]) -> _Curved:
    kept = [place for place, value in enumerate(item.values) if (item.column, value) not in rare]
    if len(kept) == len(item.values):
        return item
    update: dict[str, Any] = {"values": _at(item.values, kept)}
    if isinstance(item, EffectsFacts):
        update["effects"] = _at(item.effects, kept)
    else:
        update["curves"] = tuple(
            curve.model_copy(update={name: _at(getattr(curve, name), kept) for name in _BY_VALUE})
            for curve in item.curves
        )
    return item.model_copy(update=update)


def _at(values: Sequence[_T], kept: list[int]) -> tuple[_T, ...]:
    return tuple(values[place] for place in kept)


def _of(whole: WholeFacts, grouping: str) -> Iterator[DependenceFacts]:
    return (item for item in whole.dependences if item.grouping == grouping and len(item.values) > 1)


def _output(whole: WholeFacts) -> str:
    return say("global.curve.score" if whole.scored else "global.curve.decision")


def _curves(item: DependenceFacts, names: Names) -> list[CurveFacts]:
    by_group = {curve.group: curve for curve in item.curves}
    return [by_group[group] for group in names if group in by_group][:MOST_SERIES]


def curve_charts(whole: WholeFacts, grouping: str, names: Names, anchor: str) -> tuple[LineChart, ...]:
    """Draw the curves of each column, by the groups of one attribute."""
    return tuple(
        _chart(whole, item, names, f"{anchor}-curve-{place}")
        for place, item in enumerate(_of(whole, grouping), start=1)
        if _curves(item, names)
    )


def _chart(whole: WholeFacts, item: DependenceFacts, names: Names, anchor: str) -> LineChart:
    curves = _curves(item, names)
    labels = unlike((names[curve.group] for curve in curves), _NAME)
    figures = "; ".join(
        say("global.curve.point", group=isolate(names[curve.group]), low=low, high=high)
        for curve in curves[:4]
        for low, high in [_ends(curve)]
    )
    described = say(
        "global.curve.described",
        column=isolate(item.column),
        count=formats.count(len(item.values)),
        figures=figures,
    )
    series = (Series(label, _points(item, curve)) for label, curve in zip(labels, curves, strict=True))
    return LineChart(
        id=anchor,
        title=say("global.curve.title", column=shorten(item.column), figure=_output(whole)),
        description=described,
        kind="rate",
        series=tuple(one for one in series if one.points),
        ticks=_ticks(item.kind == "category", item.values),
    )


def _ticks(category: bool, values: tuple[Level, ...]) -> tuple[str, ...]:  # noqa: FBT001 - a fact of the column
    return unlike((level_name(value) for value in values), _TICK) if category else ()


def _ends(curve: CurveFacts) -> tuple[str, str]:
    held = [point.value for point, ok in zip(curve.mean, curve.supported, strict=True) if ok]
    held = held or [point.value for point in curve.mean]
    return figure(min(held), "rate"), figure(max(held), "rate")


def _points(item: DependenceFacts, curve: CurveFacts) -> tuple[Mean, ...]:
    """Draw only values that the group itself holds."""
    places = range(len(item.values)) if item.kind == "category" else item.values
    return tuple(
        Mean(float(str(at)), round(point.value * 100, 2))
        for at, point, ok in zip(places, curve.mean, curve.supported, strict=True)
        if ok
    )


def curve_tables(whole: WholeFacts, grouping: str, names: Names, anchor: str) -> tuple[Table, ...]:
    """Write all values of the curves, with their intervals and the spread of single people's outputs."""
    return tuple(
        _table(item, names, grouping, f"{anchor}-values-{place}")
        for place, item in enumerate(_of(whole, grouping), start=1)
        if _curves(item, names)
    )


def _table(item: DependenceFacts, names: Names, grouping: str, anchor: str) -> Table:
    curves = _curves(item, names)
    rows = tuple(
        Row(named(level_name(value)), tuple(_cell(curve, place) for curve in curves))
        for place, value in enumerate(item.values)
    )
    return Table(
        id=anchor,
        caption=say("global.curve.table", column=isolate(item.column), name=isolate(grouping)),
        corner=isolate(item.column),
        columns=tuple(Column(isolate(names[curve.group])) for curve in curves),
        rows=rows,
    )


def _cell(curve: CurveFacts, place: int) -> Cell:
    mean = curve.mean[place]
    spread = f"{formats.bare(curve.low[place], 'rate')} to {formats.bare(curve.high[place], 'rate')}"
    text = formats.with_span(mean.value, mean.interval, "rate")
    if not curve.supported[place]:
        return Cell(text, sub=say("global.curve.unsupported"))
    return Cell(text, sub=spread)


def curve_notes(whole: WholeFacts, grouping: str) -> tuple[str, ...]:
    """Say what the curves leave out."""
    return tuple(_notes(whole, grouping))


def _notes(whole: WholeFacts, grouping: str) -> Iterator[str]:
    items = [item for item in whole.dependences if item.grouping == grouping]
    small = sorted({group for item in items for group in item.too_small if None not in group}, key=str)
    if small and any(item.curves for item in items):
        groups = listed(" x ".join(map(str, group)) for group in small)
        yield say("global.curve.small", name=isolate(grouping), groups=groups)
    for item in items:
        column = isolate(item.column)
        if len(item.values) < 2:
            yield say("global.curve.constant", column=column)
        if item.missing:
            yield say("global.curve.missing", column=column, count=formats.count(item.missing))
        if item.left_out:
            yield say("global.curve.rare", column=column, count=formats.count(item.left_out))


def effects_fold(whole: WholeFacts) -> Fold | None:
    """Draw the accumulated local effects of all columns; None where no column has any."""
    items = [(place, item) for place, item in enumerate(whole.effects, start=1) if item.values]
    if not items:
        return None
    return Fold(
        say("global.effects"),
        lead=say("global.effects.lead"),
        charts=tuple(_effects_chart(whole, item, f"effects-{place}") for place, item in items),
        tables=tuple(_effects_table(item, f"effects-{place}-table") for place, item in items),
        printed="plain",
    )


def _effects_chart(whole: WholeFacts, item: EffectsFacts, anchor: str) -> LineChart:
    values = [point.value for point in item.effects]
    places = range(len(item.values)) if item.kind == "category" else item.values
    described = say(
        "global.effects.described",
        column=isolate(item.column),
        count=formats.count(len(values)),
        low=figure(min(values), "points"),
        high=figure(max(values), "points"),
    )
    points = tuple(
        Mean(float(str(at)), round(value * 100, 2)) for at, value in zip(places, values, strict=True)
    )
    return LineChart(
        id=anchor,
        title=say("global.effects.title", column=shorten(item.column), figure=_output(whole)),
        description=described,
        kind="points",
        series=(Series(say("global.effects.all"), points),),
        ticks=_ticks(item.kind == "category", item.values),
    )


def _effects_table(item: EffectsFacts, anchor: str) -> Table:
    rows = tuple(
        Row(
            named(level_name(value)),
            (Cell(figure(point.value, "points"), sub=span(point.interval, "points")),),
        )
        for value, point in zip(item.values, item.effects, strict=True)
    )
    return Table(
        id=anchor,
        caption=say("global.effects.table", column=isolate(item.column)),
        corner=say("global.column.value"),
        columns=(Column(say("global.column.effect_size")),),
        rows=rows,
    )
