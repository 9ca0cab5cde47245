"""What the audit does not know: the limits of its evidence, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from ..audit.public import LEFT_OUT
from ..audit.record import Record
from . import formats
from .names import listed
from .phrases import reworded
from .view_parts import Section
from .view_scope import Scope
from .view_verdict import tally
from .wording import has_message, say, say_many, series

TOLD = frozenset({"small_groups", "missing_group"})
"""Notes of the record that this section tells in words of its own."""


def unknown_section(record: Record, scopes: tuple[Scope, ...]) -> Section:
    """Build the section on what the audit could not tell.

    Parameters
    ----------
    record : Record
        Masked.
    scopes : tuple of Scope
        Its groupings, with the groups that are withheld.
    """
    notes = tuple(_unknowns(record, scopes)) or (say("unknown.none"),)
    return Section("unknown", say("unknown.heading"), say("unknown.intro"), notes=notes)


def _unknowns(record: Record, scopes: tuple[Scope, ...]) -> Iterator[str]:
    counted = tally(record)
    for state in ("inconclusive", "undefined"):
        if counted[state]:
            yield say_many(f"unknown.{state}", counted[state])
    if record.task.target is not None:
        yield say(f"unknown.labels.{record.settings.get('labels_known') or 'unsaid'}")
    for scope in scopes:
        yield from _groups(scope)
    for note in record.notes:
        if note.code not in TOLD:
            yield reworded(note.text)
    if _unmatched(record):
        yield say("unknown.overlap.none")
    yield from _absent(record)


def _absent(record: Record) -> Iterator[str]:
    """Say which parts are missing; those that the public record is without are named together."""
    gone = [item.part for item in record.absent if item.reason == LEFT_OUT]
    if gone:
        yield say("unknown.public", parts=series(map(_part, gone)))
    for item in record.absent:
        if item.reason == LEFT_OUT:
            continue
        yield say("unknown.absent", part=_sentence(item.part), reason=reworded(item.reason).rstrip(".。"))


def _part(name: str) -> str:
    key = f"unknown.part.{name}"
    return say(key) if has_message(key) else reworded(name.replace("_", " "))


def _unmatched(record: Record) -> bool:
    """Tell whether training rows were compared with the rows audited, and none was the same."""
    compared = record.train is not None and record.model is not None
    return compared and not any(note.code == "overlap" for note in record.notes)


def _groups(scope: Scope) -> Iterator[str]:
    small = [item.name for item in scope.shown if item.below_minimum]
    if small:
        minimum = scope.record.min_group_size
        yield say("unknown.small", name=scope.name, minimum=minimum, groups=listed(small))
    if scope.hidden:
        yield say_many("unknown.withheld", len(scope.hidden), name=scope.name)
    missing = sum(item.rows for item in scope.shown if item.missing)
    if missing and len(scope.part.attributes) == 1:
        yield say("unknown.missing", name=scope.name, count=formats.count(missing))


def _sentence(text: str) -> str:
    words = reworded(text.replace("_", " "))
    return words[:1].upper() + words[1:]
