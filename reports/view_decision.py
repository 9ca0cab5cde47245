"""From explained decisions to plain sections: the words, the tables and the pictures of their page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..audit.record_decision import DecisionFacts, DecisionRecord, MethodFacts
from ..metrics.results import Level
from . import formats
from .names import isolate, named, prose, shorten, unlike
from .view_decision_ways import flips_section, reasons_section, ways_section
from .view_decision_words import decision_name, listed_columns, signed, state_of, value_text
from .view_parts import BarChart, Cell, Column, Dot, Fact, Row, Section, Table
from .view_scope import LABEL
from .wording import say, say_many

SHOWN = 10
TOP_BARS = 8
GOOD, POOR = 0.7, 0.4
"""Rank correlations from which on methods are said to agree well, and below which to disagree."""


@dataclass(frozen=True)
class DecisionPage:
    """The whole page: its head, a section for each decision, and what they rest on."""

    title: str
    kicker: str
    headline: str
    summary: str
    sections: tuple[Section, ...]
    rest: Section
    facts: tuple[Fact, ...]
    footer: str


def decision_page(record: DecisionRecord) -> DecisionPage:
    """Turn explained decisions into the plain sections of their page.

    Parameters
    ----------
    record : DecisionRecord

    Returns
    -------
    DecisionPage
        The same record gives the same page.
    """
    count = len(record.decisions)
    refused = sum(not item.selected for item in record.decisions)
    first = record.decisions[0]
    return DecisionPage(
        title=say(
            "decision.title", model=shorten(record.model.description, 100), data=isolate(record.data.name)
        ),
        kicker=say("decision.kicker"),
        headline=say_many(
            "decision.headline", count, name=decision_name(first), state=state_of(first), refused=refused
        ),
        summary=say_many("decision.summary", count),
        sections=tuple(
            _section(record, item, f"decision-{place}") for place, item in enumerate(record.decisions, 1)
        ),
        rest=_rest(record),
        facts=tuple(_facts(record)),
        footer=say("decision.footer", version=record.evenhand),
    )


def decision_words(record: DecisionRecord) -> tuple[str, ...]:
    """Say in words what was decided, and mainly why: one text a decision."""
    return tuple(" ".join(_words(record, item)) for item in record.decisions)


def _words(record: DecisionRecord, item: DecisionFacts) -> Iterator[str]:
    state = "accepted" if item.selected else "refused"
    kind = "score" if record.output == "score" else "decided"
    yield say(
        f"decision.{kind}.{state}",
        name=decision_name(item),
        value=formats.bare(item.value, "score"),
        threshold=formats.bare(record.threshold, "score"),
    )
    if not item.methods:
        return
    method = item.methods[0]
    told = {
        "what": say(f"decision.what.{record.output}"),
        "background": record.background,
        "method": say(f"decision.method.{method.method}"),
    }
    direction = 1.0 if item.selected else -1.0
    towards = _foremost(item, method, direction)
    if towards:
        yield say(f"decision.because.{state}", columns=_listed(item, method, towards), **told)
    else:
        yield say("decision.because.none", **told)
    against = _foremost(item, method, -direction)[:2]
    if against:
        yield say(f"decision.despite.{state}", columns=_listed(item, method, against))
    sensitive = [item.columns[at].column for at in towards if item.columns[at].sensitive]
    if sensitive:
        yield say("decision.sensitive", columns=listed_columns(sensitive))


def _foremost(item: DecisionFacts, method: MethodFacts, direction: float) -> list[int]:
    """Choose up to three columns that pull one way, each with a tenth of all that does."""
    pulls = [max(value * direction, 0.0) for value in method.values]
    total = math.fsum(pulls)
    order = sorted(range(len(item.columns)), key=lambda at: (-pulls[at], at))[:3]
    return [at for at in order if pulls[at] > 0 and pulls[at] >= 0.1 * total and pulls[at] > 1e-9]


def _listed(item: DecisionFacts, method: MethodFacts, columns: Sequence[int]) -> str:
    return listed_columns(
        [
            say(
                "decision.item",
                column=isolate(item.columns[at].column),
                value=value_text(item.columns[at].value),
                figure=signed(method.values[at]),
            )
            for at in columns
        ]
    )


def _section(record: DecisionRecord, item: DecisionFacts, anchor: str) -> Section:
    notes = [prose(note.text) for note in item.notes]
    notes += [
        say("decision.absent", part=prose(one.part), reason=prose(one.reason).rstrip("."))
        for one in item.absent
    ]
    parts = [
        _methods(record, item, anchor) if item.methods else None,
        _agreement(item, anchor) if item.agreement else None,
        reasons_section(record, item, anchor),
        ways_section(record, item, anchor),
        flips_section(item, anchor),
    ]
    return Section(
        id=anchor,
        heading=say("decision.heading", name=decision_name(item), state=state_of(item)),
        intro=" ".join(_words(record, item)),
        sections=tuple(part for part in parts if part is not None),
        notes=tuple(notes),
    )


def _methods(record: DecisionRecord, item: DecisionFacts, anchor: str) -> Section:
    first = item.methods[0]
    order = sorted(range(len(item.columns)), key=lambda at: (-abs(first.values[at]), at))
    rows = tuple(_row(item, at) for at in order)
    base = next((one.base for one in item.methods if one.method == "shap"), math.nan)
    engines = "; ".join(
        say("decision.methods.engine", method=say(f"decision.method.{one.method}"), engine=one.engine)
        for one in item.methods
    )
    names = [say(f"decision.method.{one.method}") for one in item.methods]
    return Section(
        id=f"{anchor}-methods",
        heading=say("decision.methods"),
        intro=say(f"decision.methods.intro.{record.output}", base=formats.bare(base, "score")),
        charts=(_chart(item, first, order, anchor),) if first.method == "shap" else (),
        tables=(
            Table(
                id=f"{anchor}-methods-table",
                caption=say("decision.methods.table", name=decision_name(item)),
                corner=say("column.column"),
                columns=(
                    Column(say("decision.column.value"), number=False),
                    *(Column(name) for name in names),
                ),
                rows=rows[:SHOWN],
                more=rows[SHOWN:],
                more_label=say("decision.methods.more", count=len(rows) - SHOWN),
            ),
        ),
        notes=(say("decision.methods.engines", engines=engines),),
    )


def _row(item: DecisionFacts, at: int) -> Row:
    column = item.columns[at]
    figures = tuple(Cell(signed(one.values[at]), sub=_error(one.errors[at])) for one in item.methods)
    return Row(named(column.column), (Cell(_cut(column.value)), *figures))


def _error(value: float) -> str:
    return say("decision.methods.error", error=formats.bare(value, "score")) if math.isfinite(value) else ""


def _cut(value: Level) -> str:
    return shorten(value_text(value), 40)


def _chart(item: DecisionFacts, method: MethodFacts, order: Sequence[int], anchor: str) -> BarChart:
    top = order[:TOP_BARS]
    labels = unlike((item.columns[at].column for at in top), LABEL)
    bars = [
        Dot(label, method.values[at], None, None, signed(method.values[at]))
        for label, at in zip(labels, top, strict=True)
    ]
    figures = "; ".join(f"{isolate(item.columns[at].column)} {signed(method.values[at])}" for at in top[:5])
    return BarChart(
        id=f"{anchor}-bars",
        title=say(
            "decision.methods.chart",
            base=formats.bare(method.base, "score"),
            value=formats.bare(item.value, "score"),
        ),
        description=say("decision.methods.described", count=len(order), figures=figures),
        kind="score",
        bars=tuple(bars),
    )


def _agreement(item: DecisionFacts, anchor: str) -> Section:
    headings = ("rank_correlation", "shared_top", "same_sign")
    table = Table(
        id=f"{anchor}-agreement-table",
        caption=say("decision.agreement.table", name=decision_name(item)),
        corner=say("decision.column.pair"),
        columns=tuple(Column(say(f"decision.column.{name}")) for name in headings),
        rows=tuple(
            Row(
                Cell(
                    say(
                        "decision.agreement.pair",
                        first=say(f"decision.method.{one.first}"),
                        second=say(f"decision.method.{one.second}"),
                    )
                ),
                (
                    Cell(formats.bare(one.rank_correlation, "ratio")),
                    Cell(formats.figure(one.shared_top, "rate")),
                    Cell(formats.figure(one.same_sign, "rate")),
                ),
            )
            for one in item.agreement
        ),
    )
    found = [one.rank_correlation for one in item.agreement if math.isfinite(one.rank_correlation)]
    return Section(f"{anchor}-agreement", say("decision.agreement"), _agreed(found), tables=(table,))


def _agreed(found: Sequence[float]) -> str:
    if not found:
        return say("decision.agreement.undefined")
    low, high = formats.bare(min(found), "ratio"), formats.bare(max(found), "ratio")
    if min(found) >= GOOD:
        return say("decision.agreement.good", limit=formats.bare(GOOD, "ratio"))
    if min(found) < POOR:
        return say("decision.agreement.poor", low=low)
    return say("decision.agreement.partly", low=low, high=high)


def _rest(record: DecisionRecord) -> Section:
    counted = formats.count
    notes = [
        say(
            "decision.rest.background",
            background=counted(record.background),
            drawn=counted(record.drawn),
            available=counted(record.available),
            seed=record.seed,
        ),
        say("decision.rest.positive", label=isolate(record.pos_label)),
        *(prose(note.text) for note in record.notes),
    ]
    return Section("rest", say("decision.rest"), "", notes=tuple(notes))


def _facts(record: DecisionRecord) -> Iterator[Fact]:
    held = {"rows": formats.count(record.data.rows), "columns": formats.count(record.data.columns)}
    table = say("facts.table", name=isolate(record.data.name), **held)
    yield Fact(say("facts.data"), table, record.data.sha256 or "")
    yield Fact(say("facts.model"), prose(record.model.description), record.model.sha256 or "")
