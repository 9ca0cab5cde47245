"""Of an explained decision: ways to another one, other values of sensitive columns, principal reasons."""

from __future__ import annotations

from ..audit.record_decision import DecisionFacts, DecisionRecord, FlipFacts, ReasonFacts, WayFacts
from . import formats
from .names import isolate
from .view_decision_words import decision_name, listed_columns, value_text
from .view_parts import Cell, Column, Row, Section, Table
from .wording import clauses, say


def ways_section(record: DecisionRecord, item: DecisionFacts, anchor: str) -> Section:
    """Show what would have to change for the other decision."""
    goal = "refused" if not item.selected else "accepted"
    rules, notes = record.rules, []
    if not item.ways:
        notes.append(say("decision.ways.none", most=rules.most_changes))
    fixed = listed_columns([isolate(name) for name in rules.immutable])
    notes.append(say("decision.ways.fixed", columns=fixed) if fixed else say("decision.ways.free"))
    notes += [
        say("decision.ways.tied", columns=listed_columns([isolate(name) for name in block]))
        for block in rules.tied
    ]
    headings = [("changes", False), ("size", True), ("score_after", True), ("plausibility", False)]
    table = Table(
        id=f"{anchor}-ways-table",
        caption=say("decision.ways.table", name=decision_name(item)),
        corner=say("decision.column.way"),
        columns=tuple(Column(say(f"decision.column.{name}"), number=number) for name, number in headings),
        rows=tuple(_way(way, number) for number, way in enumerate(item.ways, 1)),
    )
    return Section(
        id=f"{anchor}-ways",
        heading=say(f"decision.ways.{goal}"),
        intro=say("decision.ways.intro"),
        tables=(table,) if item.ways else (),
        notes=tuple(notes),
    )


def _way(way: WayFacts, number: int) -> Row:
    changes = clauses(
        say(
            "decision.ways.change",
            column=isolate(one.column),
            before=value_text(one.before),
            after=value_text(one.after),
        )
        for one in way.changes
    )
    usual = say("decision.ways.plausible")
    if not way.plausible:
        usual = say("decision.ways.unusual", share=formats.figure(way.rarity, "rate"))
    return Row(
        Cell(say("decision.ways.number", number=number)),
        (
            Cell(changes),
            Cell(formats.bare(way.cost, "ratio")),
            Cell(formats.bare(way.output, "score")),
            Cell(usual),
        ),
    )


def flips_section(item: DecisionFacts, anchor: str) -> Section | None:
    """Show the row with other values of sensitive columns; None where the model reads none."""
    if not item.flips:
        return None
    table = Table(
        id=f"{anchor}-flips-table",
        caption=say("decision.flips.table", name=decision_name(item)),
        corner=say("decision.column.instead"),
        columns=(
            Column(say("decision.column.score_after")),
            Column(say("decision.column.decision"), number=False),
        ),
        rows=tuple(_flip(one, selected=item.selected) for one in item.flips),
    )
    return Section(f"{anchor}-flips", say("decision.flips"), say("decision.flips.intro"), tables=(table,))


def _flip(one: FlipFacts, *, selected: bool) -> Row:
    head = say(
        "decision.flips.change",
        column=isolate(one.column),
        before=value_text(one.before),
        after=value_text(one.after),
    )
    state = say("decision.state.accepted" if one.selected else "decision.state.refused")
    verb = "decision.flips.stays" if one.selected == selected else "decision.flips.turns"
    return Row(Cell(head), (Cell(formats.bare(one.output, "score")), Cell(say(verb, state=state))))


def reasons_section(record: DecisionRecord, item: DecisionFacts, anchor: str) -> Section | None:
    """List the principal reasons for a refusal; None for an acceptance, or where none could be given."""
    if item.selected or any(one.part == "principal reasons" for one in item.absent):
        return None
    notes = [_reason(one) for one in item.reasons] or [say("decision.reasons.none")]
    sensitive = [isolate(one.column) for one in item.reasons if one.sensitive]
    if sensitive:
        notes.append(say("decision.reasons.sensitive", columns=listed_columns(sensitive)))
    intro = say(f"decision.reasons.intro.{record.against}", draws=record.reason_draws)
    return Section(f"{anchor}-reasons", say("decision.reasons"), intro, notes=tuple(notes))


def _reason(one: ReasonFacts) -> str:
    usual = say("decision.reasons.few" if one.few else "decision.reasons.unknown")
    if one.usual is not None:
        usual = say(f"decision.reasons.{one.measure}", usual=value_text(one.usual))
    reason = say(
        f"decision.reasons.{one.direction}",
        column=isolate(one.column),
        value=value_text(one.value),
        usual=usual,
    )
    return say("decision.reasons.share", reason=reason, share=formats.figure(one.share, "rate"))
