"""A hidden layer in two dimensions, coloured by group and by label; no point is a single person."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.explain.neural.embedding import LEAST
from ..audit.privacy import Hidden
from ..audit.record_neural import CloudFacts, DotFacts, NeuralFacts
from . import formats
from .charts_neural import SERIES
from .formats import figure
from .names import isolate, listed, named, shorten
from .view_parts import Cell, Column, Fold, Row, ScatterChart, Section, Spot, Table
from .wording import say

_COLUMNS = ("points", "people", "middle", "spread")
_LABEL = 44


def clouds_part(facts: NeuralFacts, hidden: Hidden, minimum: int) -> Section | None:
    """Show the last hidden layer; None where nothing could be laid out."""
    shown = [(item, _drawn(item, hidden)) for item in facts.clouds]
    shown = [(item, dots) for item, dots in shown if dots]
    if not shown:
        return None
    pca, tsne = ([one for one in shown if one[0].method == method] for method in ("pca", "tsne"))
    note = tuple(
        say("neural.clouds.kept", kept=figure(item.kept, "rate"), layer=isolate(item.layer))
        for item, _ in pca[:1]
    )
    return Section(
        id="network-clouds",
        heading=say("neural.clouds.heading"),
        intro=say("neural.clouds.intro", least=max(minimum, LEAST)),
        charts=tuple(_chart(*one) for one in pca),
        notes=note,
        folds=(
            Fold(
                say("neural.clouds.tsne_fold"),
                lead=say("neural.clouds.tsne_note"),
                charts=tuple(_chart(*one) for one in tsne),
                printed="plain",
            ),
            Fold(say("neural.clouds.table"), tables=(_table(shown),), printed="not"),
        ),
    )


def _names(item: CloudFacts) -> tuple[str, ...]:
    if item.colouring:
        return item.levels
    return say("neural.clouds.negative"), say("neural.clouds.positive")


def _drawn(item: CloudFacts, hidden: Hidden) -> tuple[DotFacts, ...]:
    """Leave out withheld groups, and those beyond as many as there are colours, the smallest first."""
    gone = hidden.get(item.colouring, frozenset())
    people = [0] * len(_names(item))
    for dot in item.dots:
        people[dot.level] += dot.people
    groups = item.groups or (None,) * len(people)
    kept = [level for level, count in enumerate(people) if count and groups[level] not in gone]
    most = set(sorted(kept, key=lambda level: (-people[level], level))[: len(SERIES)])
    return tuple(dot for dot in item.dots if dot.level in most)


def _title(item: CloudFacts) -> str:
    colouring = isolate(item.colouring) if item.colouring else say("neural.clouds.label")
    return say(f"neural.clouds.{item.method}", colouring=colouring)


def _chart(item: CloudFacts, dots: tuple[DotFacts, ...]) -> ScatterChart:
    levels = sorted({dot.level for dot in dots})
    names = [_names(item)[level] for level in levels]
    return ScatterChart(
        id=f"network-{item.method}-{_anchor(item)}",
        title=_title(item),
        description=say(
            "neural.clouds.described",
            dots=formats.count(len(dots)),
            people=formats.count(sum(dot.people for dot in dots)),
            series=listed(names),
        ),
        x_title="",
        y_title="",
        kinds=("score", "score"),
        series=tuple(shorten(name, _LABEL) for name in names),
        spots=tuple(Spot(dot.x, dot.y, levels.index(dot.level)) for dot in dots),
    )


def _anchor(item: CloudFacts) -> str:
    """Spell an attribute in numbers, for any text may be its name."""
    return "label" if not item.colouring else "".join(f"{ord(letter):x}" for letter in item.colouring)[:60]


def _table(shown: list[tuple[CloudFacts, tuple[DotFacts, ...]]]) -> Table:
    return Table(
        id="network-clouds-table",
        caption=say("neural.clouds.table"),
        corner=say("column.group"),
        columns=tuple(Column(say(f"column.{name}")) for name in _COLUMNS),
        rows=tuple(row for item, dots in shown for row in _rows(item, dots)),
    )


def _rows(item: CloudFacts, dots: tuple[DotFacts, ...]) -> Iterator[Row]:
    shown = {dot.level for dot in dots}
    for place in item.places:
        if place.level in shown:
            yield Row(
                named(say("neural.clouds.row", chart=_title(item), name=_names(item)[place.level])),
                (
                    Cell(formats.count(place.dots)),
                    Cell(formats.count(place.people)),
                    Cell(_pair(place.middle)),
                    Cell(_pair(place.spread)),
                ),
            )


def _pair(values: tuple[float, float]) -> str:
    return ", ".join(formats.bare(value, "ratio") for value in values)
