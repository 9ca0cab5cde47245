"""The page that puts audits side by side: from a comparison to plain sections."""

from __future__ import annotations

from dataclasses import dataclass

from ..audit.compare import OVERALL, Change, Comparison, JudgedLimit
from . import formats
from .formats import figure, kind_of, span
from .names import isolate, prose, shorten
from .view_marks import mark, state_mark
from .view_parts import Cell, Column, Row, Section, Table
from .wording import passage, say, say_many, series, words_of


@dataclass(frozen=True)
class ComparePage:
    """The whole page."""

    title: str
    headline: str
    summary: str
    sections: tuple[Section, ...]
    footer: tuple[str, ...]


def build_comparison(found: Comparison) -> ComparePage:
    """Turn a comparison into what its page says."""
    return ComparePage(
        title=say("compare.title"),
        headline=_headline(found),
        summary=_summary(found),
        sections=tuple(part for part in (_audits(found), _limits(found), _figures(found)) if part.tables),
        footer=(say("footer.legal"),),
    )


def _headline(found: Comparison) -> str:
    worse, better = found.count("worse"), found.count("better")
    if worse:
        return say_many("compare.worse", worse)
    return say_many("compare.better", better) if better else say("compare.noise")


def _summary(found: Comparison) -> str:
    counted = say(
        "compare.tally",
        better=found.count("better"),
        worse=found.count("worse"),
        noise=found.count("noise"),
        undefined=found.count("undefined"),
    )
    differs = series(say(f"compare.differs.{name.replace(' ', '_')}") for name in found.differs)
    same = say("compare.same") if not differs else say("compare.differs", parts=differs)
    rows = "" if "data" in found.differs else say("compare.same_rows")
    return passage(part for part in (counted, same, rows) if part)


def _audits(found: Comparison) -> Section:
    rows = [
        Row(
            Cell(say("compare.audit", number=place)),
            (
                Cell(isolate(record.title)),
                Cell(formats.moment(prose(record.created))),
                Cell(shorten(record.model.description, 40) if record.model else formats.NO_FIGURE),
                Cell(formats.count(record.overall.rows)),
                Cell("", marks=(state_mark(record.verdict),) if record.verdict else ()),
            ),
        )
        for place, record in enumerate(found.records, start=1)
    ]
    columns = [
        Column(say(f"column.{name}"), number=name == "rows")
        for name in ("system", "made", "model", "rows", "verdict")
    ]
    table = Table("audits", say("compare.audits.table"), say("compare.corner"), tuple(columns), tuple(rows))
    return Section("compared", say("compare.audits"), say("compare.audits.intro"), tables=(table,))


def _columns(found: Comparison) -> tuple[Column, ...]:
    return tuple(Column(say("compare.audit", number=place)) for place in range(1, len(found.records) + 1))


def _limits(found: Comparison) -> Section:
    table = Table(
        "limits",
        say("compare.limits.table"),
        say("column.limit"),
        tuple(Column(column.text, number=False) for column in _columns(found)),
        tuple(_limit_row(item) for item in found.limits),
    )
    tables = (table,) if found.limits else ()
    return Section("compared-limits", say("verdict.heading"), "", tables=tables)


def _limit_row(item: JudgedLimit) -> Row:
    kind = kind_of(item.metric)
    ends = [say("cell.at_least", limit=figure(item.min, kind))] if item.min is not None else []
    ends += [say("cell.at_most", limit=figure(item.max, kind))] if item.max is not None else []
    key = "verdict.claim.overall" if item.attribute == OVERALL else "verdict.claim"
    claim = say(key, metric=words_of(item.metric).name, attribute=isolate(item.attribute), ends=series(ends))
    cells = (Cell("" if s else formats.NO_FIGURE, marks=(state_mark(s),) if s else ()) for s in item.states)
    return Row(Cell(claim), tuple(cells))


def _figures(found: Comparison) -> Section:
    groupings = dict.fromkeys(item.grouping for item in found.changes)
    tables = tuple(
        Table(
            f"changes-{place}",
            say("compare.overall") if name == OVERALL else say("grouping.heading", name=isolate(name)),
            say("column.measure"),
            (*_columns(found), Column(say("column.change")), Column(say("column.direction"), number=False)),
            tuple(_row(item) for item in found.changes if item.grouping == name),
        )
        for place, name in enumerate(groupings, start=1)
    )
    return Section("compared-figures", say("compare.figures"), say("compare.figures.intro"), tables=tables)


def _row(item: Change) -> Row:
    kind = kind_of(item.metric)
    change_kind = "points" if kind == "rate" else kind
    each = tuple(Cell(figure(one.value, kind), sub=span(one.interval, kind)) for one in item.figures)
    change = Cell(figure(item.change.value, change_kind), sub=span(item.change.interval, change_kind))
    return Row(
        Cell(words_of(item.metric).name), (*each, change, Cell("", marks=(mark(_MARK[item.direction]),)))
    )


_MARK = {"better": "better", "worse": "worse", "noise": "noise", "undefined": "unknown"}
