"""Like with like: gaps within the levels of a control column, pooled, beside the crude gap."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..audit.privacy import Hidden, conceals
from ..audit.record import ConditionalFacts, PooledFacts, Record, StratumFacts
from ..metrics.catalogue import CATALOGUE
from ..metrics.results import Disparity, Group, Level
from . import formats
from .formats import figure, span
from .names import isolate, named
from .view_marks import mark
from .view_parts import Cell, Column, Fold, Mark, Row, Section, Table
from .view_scope import TOP, glossary_id
from .wording import say, say_many, words_of

FIRST = "selection_rate"
"""The rate whose lines stand unfolded."""


def conditional_section(record: Record, hidden: Hidden) -> Section | None:
    """Build the section of all control columns; None where the audit has none."""
    if not record.conditional:
        return None
    parts = tuple(
        _part(record, item, hidden.get(item.grouping, frozenset()), f"like-{place}")
        for place, item in enumerate(record.conditional, start=1)
    )
    intro = say("conditional.intro", level=formats.level(record.level))
    return Section("like-with-like", say("conditional.heading"), intro, sections=parts)


def _part(record: Record, item: ConditionalFacts, hidden: frozenset[Group], anchor: str) -> Section:
    names = {g.group: g.name for part in record.groupings if part.name == item.grouping for g in part.groups}
    shown = [line for line in item.pooled if not _conceals(line, hidden)]
    lost = len({line.group for line in item.pooled} - {line.group for line in shown})
    notes = [_reversal(item, line, names) for line in shown if effect_of(line) == "reversed"]
    notes += [say_many("conditional.withheld", lost)] if lost else []
    return Section(
        id=anchor,
        heading=say("conditional.part", grouping=isolate(item.grouping), control=isolate(item.control)),
        intro="",
        tables=(_pooled_table(item, shown, names, anchor),),
        notes=tuple(notes),
        folds=tuple(_strata_folds(record, item, hidden, anchor)),
    )


def _conceals(item: PooledFacts, hidden: frozenset[Group]) -> bool:
    return item.withheld or item.group in hidden or item.reference in hidden


def effect_of(item: PooledFacts) -> str | None:
    """Say what is left of a gap when like is compared with like: a name of :func:`.view_marks.mark`.

    Returns
    -------
    str or None
        ``"reversed"`` where the pooled gap surely has the other sign than the crude one (Simpson's reversal),
        ``"noise"`` where it cannot be told from zero, else ``"remains"``; None without an interval.
    """
    if item.interval is None or math.isnan(item.value):
        return None
    if item.interval.holds(0.0):
        return "noise"
    return "reversed" if item.crude * item.value < 0 else "remains"


def _reversal(item: ConditionalFacts, line: PooledFacts, names: dict[Group, str]) -> str:
    return say(
        "conditional.reversed",
        metric=words_of(line.metric).name.lower(),
        pair=_pair(line, names),
        crude=figure(line.crude, "points"),
        value=figure(line.value, "points"),
        control=isolate(item.control),
    )


def _pair(line: PooledFacts, names: dict[Group, str]) -> str:
    group, reference = (
        isolate(names.get(key, " x ".join(map(str, key))), 40) for key in (line.group, line.reference)
    )
    return say("conditional.pair", group=group, reference=reference)


def _pooled_table(
    item: ConditionalFacts, shown: list[PooledFacts], names: dict[Group, str], anchor: str
) -> Table:
    first = [line for line in shown if line.metric == FIRST and not line.below_minimum][:TOP]
    first = first or shown[:TOP]
    rest = [line for line in shown if line not in first]
    columns = [Column(say("column.rate"), number=False)]
    columns += [Column(say(f"column.{name}")) for name in ("crude", "pooled", "levels")]
    columns.append(Column(say("column.effect"), number=False))
    return Table(
        id=f"{anchor}-pooled",
        caption=say("conditional.table", grouping=isolate(item.grouping), control=isolate(item.control)),
        corner=say("column.compared"),
        columns=tuple(columns),
        rows=tuple(_pooled_row(line, names) for line in first),
        more=tuple(_pooled_row(line, names) for line in rest),
        more_label=say_many("conditional.more", len(rest)),
    )


def _pooled_row(line: PooledFacts, names: dict[Group, str]) -> Row:
    small: tuple[Mark, ...] = (mark("small"),) if line.below_minimum else ()
    effect = effect_of(line)
    reason = say("cell.reason", reason=line.reason.sentence) if line.reason else ""
    return Row(
        named(_pair(line, names), marks=small),
        (
            Cell(words_of(line.metric).name),
            Cell(figure(line.crude, "points")),
            Cell(figure(line.value, "points"), sub=span(line.interval, "points") or reason),
            Cell(formats.count(line.strata)),
            Cell("" if effect else formats.NO_FIGURE, marks=(mark(effect),) if effect else ()),
        ),
    )


def _strata_folds(
    record: Record, item: ConditionalFacts, hidden: frozenset[Group], anchor: str
) -> Iterator[Fold]:
    """Fold away the widest gaps within each level; ratios are left to the record."""
    found = {figure.metric for level in item.strata for figure in level.figures}
    metrics = [name for name in CATALOGUE if name in found and not name.endswith("_ratio")]
    if not metrics:
        return
    gone = hidden_levels(item.strata, record.privacy_minimum)
    control = isolate(item.control)
    table = Table(
        id=f"{anchor}-levels",
        caption=say("conditional.levels", grouping=isolate(item.grouping), control=control),
        corner=control,
        columns=(
            Column(say("column.rows")),
            *(Column(words_of(name).name, link=glossary_id(name)) for name in metrics),
        ),
        rows=tuple(_level_row(level, metrics, hidden, gone=level.level in gone) for level in item.strata),
    )
    yield Fold(say("conditional.fold", control=control), say("conditional.fold.lead"), tables=(table,))


def hidden_levels(strata: tuple[StratumFacts, ...], minimum: int) -> frozenset[Level]:
    """Find the levels whose figures are withheld: small ones, and the next where a total gave them away.

    Parameters
    ----------
    strata : tuple of StratumFacts
    minimum : int
        The privacy minimum.
    """
    small = [item for item in strata if item.withheld]
    left = sorted((item for item in strata if not item.withheld), key=lambda item: item.rows)
    while small and left and (len(small) == 1 or sum(item.rows for item in small) < minimum):
        small.append(left.pop(0))
    return frozenset(item.level for item in small)


def _level_row(item: StratumFacts, metrics: list[str], hidden: frozenset[Group], *, gone: bool) -> Row:
    if gone:
        empty = (Cell(formats.NO_FIGURE),) * (len(metrics) + 1)
        return Row(named(item.name, marks=(mark("withheld"),)), empty, "muted")
    found = {figure.metric: figure for figure in item.figures}
    cells = (_level_cell(found.get(name), hidden) for name in metrics)
    return Row(named(item.name), (Cell(formats.count(item.rows)), *cells))


def _level_cell(item: Disparity | None, hidden: frozenset[Group]) -> Cell:
    if item is None:
        return Cell(formats.NO_FIGURE)
    if conceals(item, hidden):
        return Cell("", marks=(mark("withheld"),))
    if math.isnan(item.value):
        reason = say("cell.reason", reason=item.reason.sentence) if item.reason else ""
        return Cell(formats.NO_FIGURE, title=reason)
    return Cell(figure(item.value, "points"), sub=span(item.interval, "points"))
