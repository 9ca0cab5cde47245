"""The section on what narrows a gap: every method's figures before and after, on the same test rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..audit.record import MitigationFacts, MitigationFigure, Record
from . import formats
from .formats import Kind, kind_of, span
from .names import clean, isolate, named
from .phrases import reworded
from .view_effects import Concealed, effect_of, shown_figures, worsened
from .view_pairs import folded_pairs, pictured_pairs
from .view_parts import Cell, Column, Fold, Row, Section, Table
from .view_scope import glossary_id
from .wording import passage, say, say_many, series, words_of

OVERALL = "overall"
MOST_WORSE = 6
_SUMMED_UP = ("equalized_odds_difference", "demographic_parity_difference")
"""The summary shows the first of these that the record holds."""


def mitigation_section(record: Record, concealed: Concealed, frontier: Section | None = None) -> Section:
    """Build the section of all methods tried.

    Parameters
    ----------
    record : Record
    concealed : frozenset of (grouping, metric)
        Figures that rest on a withheld group; they are left out.
    frontier : Section, optional
        The trade-off, which leads; its chosen model then stands with the others on the test rows.
    """
    record = _with_chosen(record)
    led = () if frontier is None else (frontier,)
    if not record.mitigation and frontier is not None:
        return Section("mitigation", say("mitigate.heading"), "", sections=led)
    if not record.mitigation:
        return Section(
            "mitigation", say("mitigate.heading"), "", notes=(say("mitigate.none", reason=_why(record)),)
        )
    shared = _shared(record.mitigation)
    methods = tuple(
        _method(item, f"mitigation-{place}", concealed, shared)
        for place, item in enumerate(record.mitigation, start=1)
    )
    return Section(
        id="mitigation",
        heading=say("mitigate.heading"),
        intro=say("mitigate.intro", level=formats.level(record.level)),
        sections=(*led, _glance(record, concealed), _pictures(record, concealed), *methods),
        notes=tuple(say("mitigate.every", note=reworded(note)) for note in shared),
    )


def _shared(methods: Sequence[MitigationFacts]) -> tuple[str, ...]:
    """Give the notes that every one of several methods has; they are said once."""
    if len(methods) == 1:
        return ()
    return tuple(note for note in methods[0].notes if all(note in item.notes for item in methods))


def _with_chosen(record: Record) -> Record:
    """Add the model that the frontier chose, judged on the same test rows."""
    judged = None if record.frontier is None else record.frontier.judged
    if judged is None:
        return record
    others = tuple(item for item in record.mitigation if item.method != judged.method)
    return record.model_copy(update={"mitigation": (*others, judged)})


def _why(record: Record) -> str:
    for item in record.absent:
        if item.part.startswith(("mitig", "retrain")):
            return reworded(item.reason)
    return say("mitigate.none.default")


def _glance(record: Record, concealed: Concealed) -> Section:
    """One row a method, and below it what each method made clearly worse."""
    every = [figure for item in record.mitigation for figure in shown_figures(item, concealed)]
    held = {figure.metric for figure in every}
    metric = next((name for name in _SUMMED_UP if name in held), "")
    groupings = dict.fromkeys(f.grouping for f in every if f.metric == metric)
    columns = [Column(say("column.needs"), number=False), Column(say("column.accuracy"))]
    columns += [Column(say("matrix.column", name=isolate(name))) for name in groupings]
    places = [(OVERALL, "accuracy"), *((name, metric) for name in groupings)]
    table = Table(
        id="mitigation-glance-table",
        caption=say("mitigate.glance.caption", metric=_lower(metric)) if metric else say("column.accuracy"),
        corner=say("column.method"),
        columns=tuple(columns),
        rows=tuple(
            _glance_row(item, f"mitigation-{at}", places) for at, item in enumerate(record.mitigation, 1)
        ),
    )
    worse = tuple(_worse(item, concealed) for item in record.mitigation)
    return Section(
        id="mitigation-glance",
        heading=say("mitigate.glance"),
        intro="",
        tables=(table,),
        notes=tuple(line for line in worse if line) or (say("mitigate.none_worse"),),
    )


def _glance_row(item: MitigationFacts, anchor: str, places: list[tuple[str, str]]) -> Row:
    found = {(figure.grouping, figure.metric): figure for figure in item.figures}
    return Row(
        named(item.method, link=anchor),
        (
            Cell(say(f"mitigate.short.{item.needs_sensitive}")),
            *(_change_cell(found.get(place)) for place in places),
        ),
    )


def _change_cell(item: MitigationFigure | None) -> Cell:
    if item is None or not formats.defined(item.change):
        return Cell(formats.NO_FIGURE)
    effect = effect_of(item)
    text, kind = _signed(item), _change_kind(item)
    return Cell(text, sub=span(item.change.interval, kind), marks=(effect,) if effect else ())


def _signed(item: MitigationFigure) -> str:
    text = formats.bare(item.change.value, _change_kind(item))
    return text if text.startswith("\u2212") or item.change.value <= 0 else f"+{text}"


def _change_kind(item: MitigationFigure) -> Kind:
    kind = kind_of(item.metric)
    return "points" if kind == "rate" else kind


def _lower(metric: str) -> str:
    return words_of(metric).inline


def _worse(item: MitigationFacts, concealed: Concealed) -> str:
    """List the gaps that a method clearly widened, the largest change first."""
    found = worsened(item, concealed)
    if not found:
        return ""
    listed = series(map(_worse_figure, found[:MOST_WORSE]))
    more = say_many("mitigate.worse.more", len(found) - MOST_WORSE) if len(found) > MOST_WORSE else ""
    return say("mitigate.worse", method=isolate(item.method), figures=listed, more=more)


def _worse_figure(item: MitigationFigure) -> str:
    kind = kind_of(item.metric)
    return say(
        "mitigate.worse.figure",
        metric=_lower(item.metric),
        grouping=isolate(item.grouping),
        before=formats.bare(item.before.value, kind),
        after=formats.figure(item.after.value, kind),
    )


def _pictures(record: Record, concealed: Concealed) -> Section:
    rest = tuple(folded_pairs(record, concealed))
    fold = Fold(say_many("mitigate.more_pictures", len(rest)), charts=rest)
    return Section(
        id="mitigation-pictures",
        heading=say("mitigate.pictures"),
        intro=say("mitigate.pictures.intro", level=formats.level(record.level)),
        charts=tuple(pictured_pairs(record, concealed)),
        folds=(fold,) if rest else (),
    )


def _method(item: MitigationFacts, anchor: str, concealed: Concealed, shared: tuple[str, ...]) -> Section:
    headings = ("before", "after", "change", "effect")
    table = Table(
        id=f"{anchor}-table",
        caption=say("mitigate.table", method=isolate(item.method)),
        corner=say("column.figure"),
        columns=tuple(Column(say(f"column.{name}"), number=name != "effect") for name in headings),
        rows=tuple(_row(line) for line in shown_figures(item, concealed)),
    )
    return Section(
        id=anchor,
        heading=isolate(item.method),
        intro=passage((reworded(item.description), say(f"mitigate.needs.{item.needs_sensitive}"))),
        notes=tuple(reworded(note) for note in item.notes if note not in shared),
        folds=(Fold(say_many("mitigate.figures", len(table.rows)), tables=(table,), printed="not"),),
    )


def _row(item: MitigationFigure) -> Row:
    kind = kind_of(item.metric)
    name = series((words_of(item.metric).name, clean(item.grouping)))
    effect = effect_of(item)
    return Row(
        named(name, link=glossary_id(item.metric)),
        (
            *_ends(item, kind),
            Cell("" if effect else formats.NO_FIGURE, marks=(effect,) if effect else ()),
        ),
    )


def _ends(item: MitigationFigure, kind: Kind) -> Iterator[Cell]:
    for estimate, unit in ((item.before, kind), (item.after, kind), (item.change, _change_kind(item))):
        if formats.defined(estimate):
            yield Cell(formats.figure(estimate.value, unit), sub=span(estimate.interval, unit))
        else:
            yield Cell(formats.NO_FIGURE, sub=reworded(estimate.reason.sentence) if estimate.reason else "")
