"""How figures were computed: methods, software, glossary, and the foot of the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass

from ..audit.record import Record
from ..metrics.catalogue import CATALOGUE
from ..metrics.catalogue_more import MORE
from ..metrics.results import Interval
from . import formats
from .names import prose
from .phrases import reworded
from .view_groups import SHOWN_RATES
from .view_parts import Fact, Section, Term
from .view_scope import glossary_id
from .view_scores import SHOWN_SCORES
from .wording import clauses, say, series, words_of

_USED = (
    "scores",
    "coarse",
    "conditional",
    "slices",
    "explanations",
    "proxies",
    "whole",
    "recourse",
    "mitigation",
    "frontier",
)
"""Parts of the record that rest on methods of their own, in the order of the page."""


def methods_section(record: Record) -> Section:
    """Say how figures were computed."""
    level = formats.level(record.level)
    notes = (
        say("methods.counts"),
        say("methods.sign"),
        say(
            "methods.interval",
            level=level,
            methods=" · ".join(_interval_methods(record)) or formats.NO_FIGURE,
        ),
        say("methods.worst"),
        say("headline.rule"),
        say("methods.minimum", minimum=record.min_group_size),
        say("methods.privacy", privacy=record.privacy_minimum),
        say("methods.undefined"),
        say("methods.point"),
        *(say(f"methods.{name}") for name in _USED if getattr(record, name)),
    )
    return Section("methods", say("methods.heading"), say("methods.intro"), notes=notes)


def _interval_methods(record: Record) -> list[str]:
    """Name every interval method that the record's figures carry, in order of first use."""
    measured = (
        record.overall,
        record.groupings,
        record.scores,
        record.people,
        record.conditional,
        record.slices,
    )
    reasons = (record.explanations, record.proxies, record.whole, record.recourse)
    parts = (*measured, *reasons, record.mitigation, record.frontier, record.verdicts)
    return list(dict.fromkeys(reworded(item.method) for part in parts for item in _intervals(part)))


def _intervals(part: object) -> Iterator[Interval]:
    if isinstance(part, Interval):
        yield part
    elif isinstance(part, dict):
        yield from _intervals(tuple(part.values()))
    elif isinstance(part, tuple | list):
        for item in part:
            yield from _intervals(item)
    else:
        yield from _intervals(tuple(_children(part)))


def _children(part: object) -> Iterable[object]:
    names = (
        [field.name for field in fields(part)]
        if is_dataclass(part)
        else getattr(type(part), "model_fields", ())
    )
    found = (getattr(part, name) for name in names)
    return [item for item in found if not isinstance(item, str | int | float | None)]


def software_facts(record: Record) -> Iterator[Fact]:
    """List what computed the figures."""
    software = record.software
    yield Fact(say("facts.software"), f"Evenhand {prose(software.evenhand)}, Python {prose(software.python)}")
    packages = series(
        f"{prose(name)} {prose(version)}" for name, version in sorted(software.packages.items())
    )
    if packages:
        yield Fact(say("facts.packages"), packages)


def glossary(record: Record) -> tuple[Term, ...]:
    """Give an entry for every measure that the page shows."""
    shown = {name for name in record.overall.rates if name in SHOWN_RATES}
    shown |= {item.metric for part in record.groupings for item in part.disparities}
    shown |= {item.limit.metric for item in record.verdicts}
    shown |= {line.metric for item in record.mitigation for line in item.figures}
    shown |= set() if record.scores is None else SHOWN_SCORES
    return tuple(
        Term(glossary_id(name), words.name, words.plain, words.formula, words.fair, words.source)
        for name, words in ((name, words_of(name)) for name in (*CATALOGUE, *MORE) if name in shown)
    )


def footer_lines(record: Record) -> Iterator[str]:
    """Sum up version, fingerprints and seed for the foot of the page."""
    yield say(
        "footer.made",
        version=prose(record.software.evenhand),
        created=formats.moment(prose(record.created)),
        seed=record.seed,
    )
    hashes = {
        "data": record.data.sha256,
        "model": record.model.sha256 if record.model else None,
        "settings": record.settings_sha256,
        "policy": record.policy_sha256,
    }
    yield clauses(say(f"footer.{name}", sha=sha[:12]) for name, sha in hashes.items() if sha)
    yield say("footer.legal")
