"""The view of a datasheet: what fills its prompts and its head, made before any format."""

from __future__ import annotations

from typing import Any

from ..audit.answers import Answers
from ..audit.forms import DATASHEET
from .datasheet_counts import choose
from .datasheet_data import FROM_DATA
from .datasheet_parts import clean, count, listed, plural
from .formats import moment
from .sheet import Content, Page, Particular, sheet_page
from .wording import has_message, say

Facts = dict[str, Any]


def build_view(
    facts: Facts, answers: Answers | None, *, title: str, credit: str | None, created: str
) -> Page:
    """Make the view of a datasheet.

    Parameters
    ----------
    facts : dict
        What ``DatasetFacts.to_dict`` gives, also after a trip through JSON.
    answers : Answers or None
    title : str
    credit : str or None
        The data's credit line; the facts' own where None.
    created : str
        When the facts were counted, as the page shows it.

    Returns
    -------
    Page
    """
    told = credited(facts, credit)
    shown = choose(told)
    content = Content(
        form=DATASHEET,
        blocks=lambda name: FROM_DATA[name](told, shown) if name in FROM_DATA else (),
        hint=lambda name: _hint(name, told),
        answers=answers or Answers(),
    )
    footer = (
        say("datasheet.privacy", minimum=told["privacy_minimum"]),
        f"{say('datasheet.source')} {say('sheet.made')}",
    )
    return sheet_page(content, "datasheet", title, _particulars(told, created), footer)


def credited(facts: Facts, credit: str | None) -> Facts:
    """Give the facts with a credit line; their own where none is given."""
    return {**facts, "file": {**facts["file"], "credit": credit or facts["file"]["credit"]}}


def _hint(name: str, facts: Facts) -> str:
    """Say which role was not declared, where a prompt stays open for want of it."""
    key = f"datasheet.hint.{name}"
    like = list(dict.fromkeys(item["column"] for item in facts["content"]))
    if name == "C13" and like:
        return say(f"{key}.like", columns=listed(like))
    return say(key) if has_message(key) else ""


def _particulars(facts: Facts, created: str) -> tuple[Particular, ...]:
    file = facts["file"]
    size = say("sheet.comma").join([plural(facts["rows"], "row"), plural(len(facts["columns"]), "column")])
    if file["size_bytes"]:
        size += say("sheet.comma") + say("datasheet.bytes", size=count(file["size_bytes"]))
    rows = [
        Particular(say("datasheet.fact.file"), clean(file["name"] or say("datasheet.not_named"))),
        Particular(say("datasheet.fact.size"), size),
        Particular(say("datasheet.fact.counted"), moment(clean(created))),
        Particular(
            say("datasheet.fact.sha256"), clean(file["sha256"] or say("datasheet.not_given")), wide=True
        ),
    ]
    if file["credit"]:
        rows.append(Particular(say("datasheet.fact.credit"), clean(file["credit"], 1000), wide=True))
    return tuple(rows)
