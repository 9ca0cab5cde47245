"""The datasheet of a data set as one self-contained HTML page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..audit.answers import Answers
from ..audit.record import Record
from ..audit.told import told_counts
from ..errors import InputError
from .bands import banded
from .datasheet_view import build_view
from .language import tag
from .sheet import Page
from .wording import say

_TEMPLATES = Path(__file__).parent / "templates"


def render_datasheet(
    facts: dict[str, Any],
    answers: Answers | None = None,
    *,
    title: str,
    credit: str | None = None,
    created: str,
) -> str:
    """Render a datasheet as HTML: one file, without script, that loads nothing.

    Parameters
    ----------
    facts : dict
        What ``DatasetFacts.to_dict`` gives, also after a trip through JSON.
    answers : Answers or None
        What people answered; prompts that are left show as unanswered.
    title : str
        The data set's name.
    credit : str or None
        The data's credit line; the facts' own where None.
    created : str
        When the facts were counted, as the page shows it. The page reads no clock:
        the same arguments give the same bytes.

    Returns
    -------
    str
        The page.
    """
    return draw(build_view(facts, answers, title=title, credit=credit, created=created))


def draw(page: Page) -> str:
    """Draw a datasheet or a model card as one HTML file."""
    css = Markup((_TEMPLATES / "datasheet.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return _environment().get_template("datasheet.html.j2").render(page=page, css=css, lang=tag())


def datasheet_of(record: Record) -> str:
    """Render the datasheet that an audit's record holds.

    Raises
    ------
    InputError
        The audit was made of arrays, or the record is a public one: it describes no table.
    """
    if record.datasheet is None:
        message = "a datasheet describes a table, and this record describes none; audit a table"
        raise InputError.of("no_datasheet", "record", message)
    named = record.answers.about.name if record.answers is not None else None
    return render_datasheet(
        banded({**record.datasheet, "told": told_counts(record)}, record.settings.get("bands") or {}),
        record.answers,
        title=named or record.data.name,
        credit=record.data.credit,
        created=record.created,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["say"] = say
    return environment
