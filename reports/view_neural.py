"""The section on the inside of a neural network: what layers know, which units carry it, and what they do."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.privacy import Hidden
from ..audit.record import Record
from ..audit.record_neural import AreaFacts, NeuralFacts, ProbeFacts
from . import formats
from .formats import bare, figure, scaled, span
from .names import isolate, listed, named, shorten
from .view_neural_clouds import clouds_part
from .view_neural_gaps import exciting_part, gaps_part
from .view_neural_units import units_part
from .view_parts import Cell, Column, Dot, DotChart, Fold, Row, Section, Table
from .view_scope import LABEL
from .wording import say, say_many

_PROBED = ("read", "control_task", "chance_weights", "given_positive", "given_negative")


def neural_sections(record: Record, hidden: Hidden) -> Iterator[Section]:
    """Build the section; nothing where the model is no network, or nobody could look inside.

    Parameters
    ----------
    record : Record
    hidden : Hidden
        Groups whose figures are withheld: nothing is said of them here either.
    """
    facts = record.neural
    if facts is None:
        return
    parts = [
        probes_part(facts),
        units_part(facts, hidden),
        clouds_part(facts, hidden, record.privacy_minimum),
        exciting_part(facts, hidden),
        gaps_part(record, facts, hidden),
    ]
    widths = listed(formats.count(layer.width) for layer in facts.layers)
    layers = say_many("neural.layers", len(facts.layers), widths=widths)
    notes = tuple(
        say("neural.withheld", attribute=isolate(name))
        for name in dict.fromkeys(item.attribute for item in facts.probes)
        if hidden.get(name)
    )
    yield Section(
        id="network",
        heading=say("neural.heading"),
        intro=say("neural.intro", layers=layers, rows=formats.count(facts.rows)),
        sections=tuple(part for part in parts if part is not None),
        notes=notes,
    )


def probes_part(facts: NeuralFacts) -> Section:
    """Show how well each attribute can be read, a picture and a table each."""
    attributes = tuple(dict.fromkeys(item.attribute for item in facts.probes))
    found = [(name, [item for item in facts.probes if item.attribute == name]) for name in attributes]
    return Section(
        id="network-probes",
        heading=say("neural.probes.heading"),
        intro=say("neural.probes.intro"),
        charts=tuple(_chart(name, items, place) for place, (name, items) in enumerate(found, start=1)),
        notes=tuple(_word(name, items[-1]) for name, items in found if items[-1].chance is not None),
        folds=(
            Fold(
                say("neural.probes.method"),
                notes=(say("neural.probes.note"),),
                tables=tuple(
                    _table(name, items, place) for place, (name, items) in enumerate(found, start=1)
                ),
                printed="not",
            ),
        ),
    )


def _layer(item: ProbeFacts) -> str:
    return item.layer or say("neural.probes.raw")


def _chart(attribute: str, items: list[ProbeFacts], place: int) -> DotChart:
    figures = "; ".join(f"{isolate(_layer(item))} {figure(item.area.value, 'rate')}" for item in items[:6])
    return DotChart(
        id=f"network-probes-{place}",
        title=say("neural.probes.chart", attribute=isolate(attribute)),
        description=say("neural.probes.described", figures=figures),
        kind="rate",
        dots=tuple(_dot(item) for item in items),
        rule=50.0,
    )


def _dot(item: ProbeFacts) -> Dot:
    interval = item.area.interval
    return Dot(
        label=shorten(_layer(item), LABEL),
        value=scaled(item.area.value, "rate"),
        low=scaled(interval.low, "rate") if interval else None,
        high=scaled(interval.high, "rate") if interval else None,
        text=figure(item.area.value, "rate"),
        limit=scaled(item.control, "rate"),
        chance=scaled(item.chance.value, "rate") if item.chance else None,
    )


def _word(attribute: str, item: ProbeFacts) -> str:
    """Say whether the last layer tells more of an attribute than chance weights do, by the intervals."""
    chance, area = item.chance, item.area
    told = "same"
    if chance is not None and chance.interval is not None and area.interval is not None:
        if area.interval.low > chance.interval.high:
            told = "rise"
        elif area.interval.high < chance.interval.low:
            told = "fall"
    return say(
        f"neural.probes.word.{told}",
        attribute=isolate(attribute),
        area=figure(area.value, "rate"),
        chance=figure(chance.value, "rate") if chance else formats.NO_FIGURE,
    )


def _table(attribute: str, items: list[ProbeFacts], place: int) -> Table:
    return Table(
        id=f"network-probes-table-{place}",
        caption=say("neural.probes.table", attribute=isolate(attribute)),
        corner=say("column.layer"),
        columns=tuple(Column(say(f"column.{name}")) for name in _PROBED),
        rows=tuple(_row(item) for item in items),
    )


def _row(item: ProbeFacts) -> Row:
    areas = (item.chance, item.given_positive, item.given_negative)
    return Row(
        named(_layer(item)),
        (_cell(item.area), Cell(bare(item.control, "rate") + "%"), *(_cell(area) for area in areas)),
    )


def _cell(area: AreaFacts | None) -> Cell:
    if area is None:
        return Cell(formats.NO_FIGURE)
    return Cell(figure(area.value, "rate"), sub=span(area.interval, "rate"))
