"""Pages as HTML: the plain sections of :mod:`.view`, drawn by small templates.

Everything that comes from data is escaped (autoescape, strict about what is undefined); only the style sheet,
the script and the pictures, which this package writes itself, go in as they are. The page lets no other
script run (its policy names the hash of this one) and loads nothing from outside; without script it is whole.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..audit.compare import Comparison
from ..audit.record import Record
from . import charts
from .language import language_of, tag, written_in
from .view import build_page
from .view_compare import build_comparison
from .view_parts import Chart, Page, Section, WhatIf
from .wording import say


def render_report(record: Record, language: str | None = None) -> str:
    """Draw the whole report as one self-contained HTML page.

    Parameters
    ----------
    record : Record
    language : {"en", "de", "zh"}, optional
        By default the language that the audit's settings name.

    Returns
    -------
    str
        The page. The same record gives the same text; nothing in it loads anything, and nothing runs but
        the page's own small script.
    """
    with written_in(language_of(record.settings, language)):
        page = build_page(record)
        contents = _contents(page)
        chapters = {entries[0][0]: chapter for chapter, entries in contents}
        return drawn_whole("report.html.j2", page=page, contents=contents, chapters=chapters)


def render_comparison(found: Comparison, language: str | None = None) -> str:
    """Draw audits side by side as one self-contained HTML page, in English where no language is asked for."""
    with written_in(language_of({}, language)):
        return drawn_whole("compare.html.j2", page=build_comparison(found))


def drawn_whole(template: str, **values: object) -> str:
    """Draw a page with the report's style sheet and the one script that it lets run.

    Parameters
    ----------
    template : str
        A file among the templates.
    **values
        What the template is given, beside the style and the script.
    """
    script = _own("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(style=_own("report.css"), script=script, script_hash=digest, lang=tag(), **values)
    )


def render_fragment(record: Record, language: str | None = None) -> str:
    """Draw what a notebook shows: the verdict, the matrix of disparities and who is treated how.

    Parameters
    ----------
    record : Record
    language : {"en", "de", "zh"}, optional
        By default the language that the audit's settings name.

    Returns
    -------
    str
        HTML for the inside of a page; its style holds within it alone.
    """
    with written_in(language_of(record.settings, language)):
        return drawn("fragment.html.j2", "fragment.css", page=build_page(record))


def drawn(template: str, sheet: str, **values: object) -> str:
    """Draw any page of this package from its plain parts.

    Parameters
    ----------
    template, sheet : str
        Files among the templates.
    **values
        What the template is given, beside ``style`` and ``lang``.
    """
    return _environment().get_template(template).render(style=_own(sheet), lang=tag(), **values)


def _contents(page: Page) -> list[tuple[str, list[tuple[str, str]]]]:
    """List the chapters of the page, each with its sections as (anchor, heading)."""
    facts = ("facts", say("facts.heading"))
    moved = [_entry(page.what_if)] if page.what_if else []
    chapters = {
        "finding": [_entry(page.picture), _entry(page.unknown), facts, _entry(page.matrix)],
        "groups": [_entry(section) for section in (*page.groupings, *page.further)],
        "reasons": [_entry(section) for section in (page.explanations, *page.reasons)],
        "changes": [*moved, _entry(page.mitigation)],
        "evidence": [
            *([_entry(page.profiles)] if page.profiles else []),
            _entry(page.methods),
            ("glossary", say("glossary.heading")),
            ("sign-off", say("sign.heading")),
        ],
    }
    return [(say(f"chapter.{name}"), entries) for name, entries in chapters.items() if entries]


def _entry(section: Section | WhatIf) -> tuple[str, str]:
    return section.id, section.heading


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__ or "evenhand.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["svg"] = _picture
    environment.filters["inert"] = _inert
    environment.globals["say"] = say
    return environment


def _picture(chart: Chart) -> Markup:
    """Draw a picture; our own renderer wrote the SVG, and escaped what is data in it."""
    return Markup(charts.svg(chart))  # noqa: S704 - see above


def _inert(data: str) -> Markup:
    """Put JSON into a page so that no text in it can end the element that holds it."""
    return Markup(data.replace("<", "\\u003c"))  # noqa: S704 - see above


def _own(name: str) -> Markup:
    """Read a style sheet or a script of this package."""
    loader = _environment().loader
    if loader is None:
        raise LookupError(f"the environment has no loader to read {name} with")
    return Markup(loader.get_source(_environment(), name)[0])  # noqa: S704 - a file of this package
