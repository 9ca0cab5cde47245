"""Which hidden units detect a group, and what silencing them does."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.privacy import Hidden
from ..audit.record_neural import AblationFacts, NeuralFacts, UnitFacts
from ..metrics.results import Group
from . import formats
from .formats import bare, figure, span
from .names import isolate, named
from .view_parts import Cell, Column, Fold, Row, ScatterChart, Section, Spot, Table
from .wording import say

_SERIES = ("both", "detects", "matters", "neither")
_COLUMNS = (
    "beyond_chance",
    "unit_auc",
    "chance_weights",
    "best_input",
    "adjusted",
    "silenced_gap",
    "silenced_accuracy",
)
_TOLD = 3
_Key = tuple[str, Group, str]


def units_part(facts: NeuralFacts, hidden: Hidden) -> Section | None:
    """Show the units that fit each group best; None where every group is withheld."""
    shown = [item for item in facts.units if item.group not in hidden.get(item.attribute, frozenset())]
    if not shown:
        return None
    keys = tuple(dict.fromkeys(_key(item) for item in shown))
    found = [(key, [item for item in shown if _key(item) == key]) for key in keys]
    together = [item for item in facts.together if _key(item) in keys]
    counted = {"tested": formats.count(facts.tested), "detectors": formats.count(facts.detectors)}
    return Section(
        id="network-units",
        heading=say("neural.units.heading"),
        intro=say("neural.units.intro"),
        charts=tuple(_chart(key[2], items, place) for place, (key, items) in enumerate(found, start=1)),
        notes=(
            say("neural.units.found" if facts.detectors else "neural.units.none", **counted),
            *(word for _, items in found for word in _words(items)),
            *(_together(item) for item in together),
        ),
        folds=(
            Fold(
                say("neural.units.method"),
                notes=(say("neural.units.note"),),
                tables=tuple(
                    _table(key[2], items, place) for place, (key, items) in enumerate(found, start=1)
                ),
                printed="not",
            ),
        ),
    )


def _key(item: UnitFacts | AblationFacts) -> _Key:
    return item.attribute, item.group, item.name


def _kind(item: UnitFacts) -> str:
    if item.detects:
        return "both" if item.ablation.matters else "detects"
    return "matters" if item.ablation.matters else "neither"


def _unit(item: UnitFacts) -> str:
    return say("neural.units.row", layer=isolate(item.layer), unit=item.unit + 1)


def _chart(name: str, items: list[UnitFacts], place: int) -> ScatterChart:
    kinds = [kind for kind in _SERIES if any(_kind(item) == kind for item in items)]
    figures = "; ".join(f"{_unit(item)} {figure(item.excess, 'rate')}" for item in items[:3])
    return ScatterChart(
        id=f"network-units-{place}",
        title=say("neural.units.chart", name=isolate(name)),
        description=say("neural.units.described", name=isolate(name), figures=figures),
        x_title=say("neural.units.x"),
        y_title=say("neural.units.y"),
        kinds=("rate", "points"),
        series=tuple(say(f"neural.units.series.{kind}") for kind in kinds),
        spots=tuple(
            Spot(
                x=100 * item.excess,
                y=100 * item.ablation.selection.change,
                series=kinds.index(_kind(item)),
                label=say("neural.units.unit", unit=item.unit + 1) if _kind(item) == "both" else "",
            )
            for item in items
        ),
    )


def _words(items: list[UnitFacts]) -> Iterator[str]:
    for item in [one for one in items if one.detects][:_TOLD]:
        selection = item.ablation.selection
        said = {"unit": _unit(item), "name": isolate(item.name), "excess": figure(item.excess, "rate")}
        if not item.ablation.matters:
            yield say("neural.units.word.only", **said)
            continue
        yield say(
            "neural.units.word",
            **said,
            by_input=figure(item.by_input, "rate"),
            before=figure(selection.before, "points"),
            after=figure(selection.before + selection.change, "points"),
            accuracy=figure(item.ablation.accuracy.change, "points"),
        )


def _together(item: AblationFacts) -> str:
    return say(
        "neural.units.together",
        count=formats.count(len(item.units)),
        name=isolate(item.name),
        layer=isolate(item.layer),
        before=figure(item.selection.before, "points"),
        after=figure(item.selection.before + item.selection.change, "points"),
        change=f"{bare(item.selection.change, 'points')}, {span(item.selection.interval, 'points')}",
        accuracy=figure(item.accuracy.change, "points"),
    )


def _table(name: str, items: list[UnitFacts], place: int) -> Table:
    columns = tuple(Column(say(f"column.{column}")) for column in _COLUMNS)
    return Table(
        id=f"network-units-table-{place}",
        caption=say("neural.units.table", name=isolate(name)),
        corner=say("column.unit"),
        columns=(*columns, Column(say("column.detects"), number=False)),
        rows=tuple(_row(item) for item in items),
    )


def _row(item: UnitFacts) -> Row:
    selection, accuracy = item.ablation.selection, item.ablation.accuracy
    return Row(
        named(_unit(item)),
        (
            Cell(figure(item.excess, "rate"), sub="" if item.sign > 0 else say("neural.units.low")),
            Cell(figure(item.auc, "rate")),
            Cell(figure(item.by_chance, "rate")),
            Cell(figure(item.by_input, "rate")),
            Cell(formats.p_value(item.adjusted_p)),
            Cell(bare(selection.change, "points"), sub=span(selection.interval, "points")),
            Cell(bare(accuracy.change, "points"), sub=span(accuracy.interval, "points")),
            Cell(say(f"neural.units.series.{_kind(item)}")),
        ),
    )
