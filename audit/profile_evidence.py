"""Profiles of an audit: for each rule pack that was asked for, its figures and what the audit holds of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import InputError
from ..metrics.cube import DECISION, Cube
from .local_law import check_law, law_facts
from .profile_checks import CHECKS, Held
from .profile_figures import impact_facts, insurance_facts, lending_facts
from .profile_packs import Ask, Method, Pack, options_of, pack_named
from .record import Record
from .record_profiles import AskFacts, EvidenceFacts, OptionFacts, ProfileFacts, SourceNote, Standing
from .settings import Settings
from .settings_profiles import Evidence

TABLES: dict[Method, str] = {
    "local_law": "local_law",
    "impact": "four_fifths",
    "lending": "fair_lending",
    "insurance": "insurance",
    "checklist": "evidence",
}
"""The table of the settings that each method reads."""


SAID = {
    "policy_before": ("thresholds_fixed",),
    "policy_why": ("thresholds_why",),
    "metrics_why": ("metrics_why",),
    "signature": ("signed_by", "signed_on"),
}
"""The keys of the settings' table ``evidence`` that a kind of evidence rests on."""


def check_profiles(
    cube: Cube, scored: Cube | None, s: Settings, groupings: Sequence[tuple[str, ...]]
) -> None:
    """Refuse what profiles cannot be made of, before the long work.

    Raises
    ------
    InputError
        There are no decisions, or the summary of Local Law 144 lacks what it needs.
    """
    need = [name for name in s.profiles if pack_named(name).method != "checklist"]
    if need and DECISION not in cube.names and scored is None:
        message = (
            f"the profile {need[0]!r} compares decisions, and there are none; name their column or a score"
        )
        raise InputError.of("no_decisions", "profiles", message)
    check_law(cube, scored, s, groupings)


def with_profiles(record: Record, cube: Cube, scored: Cube | None, s: Settings) -> Record:
    """Add what the rule packs of the settings ask for.

    Parameters
    ----------
    record : Record
        Everything else of the audit.
    cube : Cube
        The full one.
    scored : Cube or None
        With "above the median" for decisions, where scoring rates are wanted.
    s : Settings

    Returns
    -------
    Record
    """
    if not s.profiles:
        return record
    found = tuple(_profile(pack_named(name), record, cube, scored, s) for name in s.profiles)
    return record.model_copy(update={"profiles": found})


def _profile(pack: Pack, record: Record, cube: Cube, scored: Cube | None, s: Settings) -> ProfileFacts:
    given, evidence = getattr(s, TABLES[pack.method]), _evidence(s)
    numbers = options_of(pack, given)
    figures: dict[str, Any] = {}
    if pack.method == "local_law":
        figures["local_law"] = law_facts(record, cube, scored, s)
    elif pack.method == "impact":
        figures["impact"] = impact_facts(record, cube, numbers)
    elif pack.method == "lending":
        higher = s.fair_lending.higher_is_better
        figures["lending"] = lending_facts(record, cube, numbers, higher_is_better=higher)
    elif pack.method == "insurance":
        figures["insurance"] = insurance_facts(record, cube, numbers)
    held = Held(
        record,
        evidence,
        law=figures.get("local_law"),
        **{name: figures.get(name, ()) for name in ("impact", "lending", "insurance")},
    )
    return ProfileFacts(
        **pack.model_dump(
            include={
                "id", "name", "jurisdiction", "status", "status_date", "status_note", "version", "dated",
                "not_covered", "uncertain", "no_advice",
            }
        ),
        sources=tuple(SourceNote(name=item.name, cites=item.cites) for item in pack.sources),
        options=tuple(
            OptionFacts(name=name, value=numbers[name], default=option.default, meaning=option.meaning)
            for name, option in pack.options.items()
        ),
        asks=tuple(_ask(ask, held) for ask in pack.asks),
        said=_said(pack, evidence),
        **figures,
    )  # fmt: skip


def _evidence(s: Settings) -> Evidence:
    """Take the day on which the policy was fixed for that of the limits, where no other is named."""
    if s.evidence.thresholds_fixed is not None or s.policy_fixed is None:
        return s.evidence
    return s.evidence.model_copy(update={"thresholds_fixed": s.policy_fixed.isoformat()})


def _said(pack: Pack, evidence: Evidence) -> dict[str, str]:
    asked = {kind for ask in pack.asks for kind in ask.evidence}
    keys = [key for kind, found in SAID.items() if kind in asked for key in found]
    return {key: text for key in keys if (text := getattr(evidence, key)) is not None}


def _ask(ask: Ask, held: Held) -> AskFacts:
    found = tuple(EvidenceFacts(kind=kind, held=CHECKS[kind](held)) for kind in ask.evidence)
    count = sum(item.held for item in found)
    standing: Standing = "held" if count == len(found) else "partly" if count else "lacking"
    return AskFacts(id=ask.id, text=ask.text, cites=ask.cites, standing=standing, evidence=found)
