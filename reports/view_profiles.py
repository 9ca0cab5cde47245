"""The section on profiles: what each rule pack asks for, and what the audit holds of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..audit.privacy import Hidden
from ..audit.profile_packs import Pack
from ..audit.record import Record
from ..audit.record_profiles import AskFacts, ProfileFacts
from .formats import number
from .names import prose
from .view_effects import Concealed
from .view_frontier_chart import numbered
from .view_frontier_folds import alternatives_fold
from .view_parts import Cell, Column, Fold, Mark, Row, Section, Table, Tone
from .view_profile_figures import figure_notes, figure_tables
from .view_profile_law import law_notes, law_sections
from .wording import has_message, say

_TONES: dict[str, tuple[Tone, str]] = {
    "held": ("pass", "✓"),
    "partly": ("inconclusive", "◐"),
    "lacking": ("fail", "✕"),
}


def profiles_section(record: Record, hidden: Hidden, concealed: Concealed) -> Section | None:
    """Build the section; None where no profile was asked for.

    Parameters
    ----------
    record : Record
    hidden : mapping of str to frozenset of tuple
        Groups whose figures are withheld, by grouping.
    concealed : frozenset of (grouping, metric)
        Figures that rest on a withheld group.
    """
    if not record.profiles:
        return None
    parts = tuple(_profile(item, record, hidden, concealed) for item in record.profiles)
    return Section("profiles", say("profiles.heading"), say("profiles.intro"), sections=parts)


def _profile(item: ProfileFacts, record: Record, hidden: Hidden, concealed: Concealed) -> Section:
    anchor = f"profile-{item.id}"
    law = item.local_law
    return Section(
        id=anchor,
        heading=item.name,
        intro=status_line(item),
        tables=(*figure_tables(item, record, hidden, concealed, anchor), asks_table(item, anchor)),
        sections=() if law is None else law_sections(law, anchor, publish=False),
        notes=(
            *(law_notes(law) if law is not None else ()),
            *figure_notes(item),
            *_said(item),
            item.no_advice,
        ),
        folds=(*_searched(item, record, hidden, concealed, anchor), *_folds(item, anchor)),
    )


def _said(item: ProfileFacts) -> Iterator[str]:
    for key, text in item.said.items():
        yield say(f"profiles.said.{key}", text=prose(text))


def status_line(item: ProfileFacts | Pack) -> str:
    """Say what a pack's status was on which day."""
    return say(
        "profiles.status",
        status=say(f"profiles.status.{item.status}"),
        jurisdiction=item.jurisdiction,
        date=item.status_date,
        note=item.status_note,
        version=item.version,
        dated=item.dated,
    )


def sources_line(item: ProfileFacts) -> str:
    """Name where a pack's rules stand written."""
    texts = (say("profiles.source", name=source.name, cites=source.cites) for source in item.sources)
    return say("profiles.sources", sources=say("profiles.and").join(texts))


def asks_table(item: ProfileFacts, anchor: str) -> Table:
    """Lay out what is asked for, and what of it is there."""
    names = ("where", "standing", "holds", "lacks")
    return Table(
        id=f"{anchor}-asks",
        caption=say("profiles.asked", name=item.name.partition(":")[0]),
        corner=say("profiles.column.ask"),
        columns=tuple(Column(say(f"profiles.column.{name}"), number=False) for name in names),
        rows=tuple(_ask(ask) for ask in item.asks),
    )


def _ask(ask: AskFacts) -> Row:
    tone, symbol = _TONES[ask.standing]
    standing = Mark(tone, symbol, say(f"profiles.standing.{ask.standing}"))
    return Row(
        Cell(ask.text),
        (
            Cell(ask.cites),
            Cell("", marks=(standing,)),
            Cell(_kinds([one.kind for one in ask.evidence if one.held], "evidence")),
            Cell(_kinds([one.kind for one in ask.evidence if not one.held], "lack")),
        ),
    )


def _kinds(kinds: Sequence[str], way: str) -> str:
    """Name kinds of evidence; where they lack, with what would bring them."""
    keys = (f"profiles.{way}.{kind}" for kind in kinds)
    plain = (f"profiles.evidence.{kind}" for kind in kinds)
    words = [say(key if has_message(key) else other) for key, other in zip(keys, plain, strict=True)]
    return say("profiles.and").join(words) or say("profiles.nothing")


def _searched(
    item: ProfileFacts, record: Record, hidden: Hidden, concealed: Concealed, anchor: str
) -> Iterator[Fold]:
    """Show the alternatives that a search for a better trade-off found, where lenders ask for them."""
    facts = record.frontier
    if not item.lending or facts is None or (facts.grouping, facts.metric) in concealed:
        return
    fold = alternatives_fold(facts, numbered(facts), hidden)
    tables = tuple(
        replace(table, id=f"{anchor}-{table.id}", caption=say("profiles.searched", caption=table.caption))
        for table in fold.tables
    )
    yield replace(fold, tables=tables, printed="whole")


def _folds(item: ProfileFacts, anchor: str) -> Iterator[Fold]:
    uncertain = tuple(prose(text) for text in item.uncertain)
    yield Fold(say("profiles.not_covered"), notes=(*item.not_covered, sources_line(item)))
    if uncertain:
        yield Fold(say("profiles.uncertain"), notes=uncertain)
    if item.options:
        yield Fold(say("profiles.options"), tables=(_options(item, anchor),))


def _options(item: ProfileFacts, anchor: str) -> Table:
    return Table(
        id=f"{anchor}-options",
        caption=say("profiles.options.of", id=item.id),
        corner=say("profiles.column.option"),
        columns=(
            Column(say("profiles.column.value")),
            Column(say("profiles.column.default")),
            Column(say("profiles.column.meaning"), number=False),
        ),
        rows=tuple(
            Row(
                Cell(one.name),
                (Cell(number(one.value)), Cell(number(one.default)), Cell(one.meaning)),
            )
            for one in item.options
        ),
    )
