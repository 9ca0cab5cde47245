"""What excites a network's positive decision, and its gap in the mean score by attributions."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.limit_figures import group_name
from ..audit.privacy import Hidden
from ..audit.record import Record
from ..audit.record_neural import ExcitingFacts, GapSharesFacts, MoveFacts, NeuralFacts, ShareFacts
from . import formats
from .formats import bare, figure, scaled, span
from .names import isolate, named, unlike
from .view_parts import BarChart, Cell, Column, Dot, Fold, Row, Section, Table
from .view_scope import LABEL
from .wording import clauses, say

_MOVED = ("group_mean", "most_exciting", "spreads_moved")
_TOP = 8


def exciting_part(facts: NeuralFacts, hidden: Hidden) -> Section | None:
    """Show the most exciting input of each group; None where every group is withheld."""
    shown = [item for item in facts.exciting if item.group not in hidden.get(item.attribute, frozenset())]
    if not shown:
        return None
    return Section(
        id="network-exciting",
        heading=say("neural.exciting.heading"),
        intro=say("neural.exciting.intro"),
        notes=tuple(_excited(item) for item in shown),
        folds=(
            Fold(
                say("neural.exciting.fold"),
                tables=tuple(_moves(item, place) for place, item in enumerate(shown, start=1) if item.moves),
                printed="not",
            ),
        ),
    )


def _excited(item: ExcitingFacts) -> str:
    return say(
        "neural.exciting.note",
        name=isolate(item.name),
        before=figure(item.before, "rate"),
        after=figure(item.after, "rate"),
        beyond=figure(item.beyond, "rate"),
    )


def _moves(item: ExcitingFacts, place: int) -> Table:
    return Table(
        id=f"network-exciting-{place}",
        caption=say("neural.exciting.table", name=isolate(item.name)),
        corner=say("column.input"),
        columns=tuple(Column(say(f"column.{name}")) for name in _MOVED),
        rows=tuple(Row(named(move.input), _moved(move)) for move in item.moves),
    )


def _moved(move: MoveFacts) -> tuple[Cell, ...]:
    apart = (move.end - move.start) / move.spread if move.spread > 0 else 0.0
    return (
        Cell(bare(move.start, "ratio")),
        Cell(bare(move.end, "ratio")),
        Cell(bare(apart, "ratio")),
    )


def gaps_part(record: Record, facts: NeuralFacts, hidden: Hidden) -> Section | None:
    """Show the gaps that attributions explain; None where there are none."""
    shown = [
        item
        for item in facts.gaps
        if hidden.get(item.grouping, frozenset()).isdisjoint({item.group, item.reference})
    ]
    if not shown:
        return None
    groupings = tuple(dict.fromkeys(item.grouping for item in shown))
    found = [[item for item in shown if item.grouping == name] for name in groupings]
    return Section(
        id="network-gaps",
        heading=say("neural.gaps.heading"),
        intro=say("neural.gaps.intro"),
        charts=tuple(_chart(record, items[0], place) for place, items in enumerate(found, start=1)),
        tables=tuple(_table(record, items, place) for place, items in enumerate(found, start=1)),
        folds=(Fold(say("neural.gaps.fold"), notes=tuple(_check(item) for item in shown)),),
    )


def _pair(record: Record, item: GapSharesFacts) -> tuple[str, str]:
    names = {
        group.group: group.name
        for part in record.groupings
        if part.name == item.grouping
        for group in part.groups
    }
    first, second = (isolate(names.get(key, group_name(key))) for key in (item.group, item.reference))
    return first, second


def _ordered(item: GapSharesFacts) -> list[ShareFacts]:
    return sorted(item.shares, key=lambda share: (-abs(share.value), share.column))


def _chart(record: Record, item: GapSharesFacts, place: int) -> BarChart:
    group, reference = _pair(record, item)
    shares = _ordered(item)[:_TOP]
    figures = clauses(f"{isolate(share.column)} {bare(share.value, 'score')}" for share in shares[:5])
    return BarChart(
        id=f"network-gaps-{place}",
        title=say(
            "neural.gaps.chart", method=say(f"neural.method.{item.method}"), group=group, reference=reference
        ),
        description=say("neural.gaps.described", count=formats.count(len(item.shares)), figures=figures),
        kind="score",
        bars=tuple(_bars(shares)),
    )


def _bars(shares: list[ShareFacts]) -> Iterator[Dot]:
    for share, label in zip(shares, unlike((share.column for share in shares), LABEL), strict=True):
        yield Dot(
            label=label,
            value=scaled(share.value, "score"),
            low=scaled(share.interval.low, "score"),
            high=scaled(share.interval.high, "score"),
            text=bare(share.value, "score"),
        )


def _table(record: Record, items: list[GapSharesFacts], place: int) -> Table:
    group, reference = _pair(record, items[0])
    by_method = [{share.column: share for share in item.shares} for item in items]
    rows = tuple(
        Row(
            named(share.column),
            tuple(_share(found[share.column]) for found in by_method),
        )
        for share in _ordered(items[0])
    )
    caption = say(
        "neural.gaps.table",
        count=formats.count(len(items)),
        grouping=isolate(items[0].grouping),
        group=group,
        reference=reference,
    )
    return Table(
        id=f"network-gaps-table-{place}",
        caption=caption,
        corner=say("column.column"),
        columns=tuple(Column(say(f"neural.method.{item.method}")) for item in items),
        rows=rows[:_TOP],
        more=rows[_TOP:],
        more_label=say("explain.rest", count=formats.count(max(len(rows) - _TOP, 0))),
    )


def _share(item: ShareFacts) -> Cell:
    return Cell(bare(item.value, "score"), sub=span(item.interval, "score"))


def _check(item: GapSharesFacts) -> str:
    return say(
        "neural.gaps.check",
        method=say(f"neural.method.{item.method}"),
        total=bare(item.total, "score"),
        measured=bare(item.measured, "score"),
        rows=formats.count(item.rows),
        residual=bare(item.residual, "score"),
    )
