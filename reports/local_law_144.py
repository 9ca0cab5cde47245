"""The summary that New York City's Local Law 144 wants published: one page, from the record alone."""

from __future__ import annotations

from dataclasses import dataclass

from ..audit.record import Record
from ..audit.record_profiles import LawFacts, ProfileFacts
from ..errors import InputError
from . import formats
from .html import drawn_whole
from .names import isolate
from .view_parts import Fact, Section
from .view_profile_law import law_notes, law_sections, law_text
from .view_profiles import sources_line, status_line
from .wording import say

FILE = "local-law-144.html"
TEXTS = ("audit_date", "distribution_date", "tool", "auditor", "data_source", "data_explanation")


@dataclass(frozen=True)
class LawPage:
    """The whole page."""

    title: str
    kicker: str
    headline: str
    summary: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    limits: Section
    footer: tuple[str, ...]


def render_local_law(record: Record) -> str:
    """Draw the summary as one self-contained HTML page.

    Parameters
    ----------
    record : Record
        Of an audit with the profile ``nyc-ll144``.

    Returns
    -------
    str
        The page; figures of the smallest categories are withheld unless the settings publish them.

    Raises
    ------
    InputError
        The audit was made without the profile.
    """
    return drawn_whole("local_law.html.j2", page=build_law_page(record))


def build_law_page(record: Record) -> LawPage:
    """Turn a record into what the summary says.

    Raises
    ------
    InputError
        The audit was made without the profile.
    """
    found = next((item for item in record.profiles if item.local_law is not None), None)
    if found is None or found.local_law is None:
        message = 'the summary needs an audit with the profile; write profiles = ["nyc-ll144"]'
        raise InputError.of("no_profile", "profiles", message)
    return _page(found, found.local_law)


def _page(item: ProfileFacts, law: LawFacts) -> LawPage:
    headline = (
        say("law.headline.plain", date=law.audit_date)
        if law.tool is None
        else say("law.headline", tool=isolate(law.tool), date=law.audit_date)
    )
    return LawPage(
        title=say("law.title"),
        kicker=say("law.kicker"),
        headline=headline,
        summary=say(f"law.summary.{law.rate}", assessed=formats.count(law.assessed)),
        facts=(
            *(Fact(say(f"law.fact.{key}"), law_text(law, key)) for key in TEXTS),
            Fact(say("law.fact.pack"), status_line(item)),
        ),
        sections=law_sections(law, "law", publish=law.publish_all),
        notes=law_notes(law),
        limits=Section(
            "limits", say("law.limits"), "", notes=(*item.not_covered, *item.uncertain, sources_line(item))
        ),
        footer=(item.no_advice,),
    )
