"""The view of a datasheet: plain sections of prompts with their status, made before any HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..audit.answers import Answer, Answers
from ..audit.prompts import PROMPTS, SECTIONS, Prompt
from .datasheet_counts import Shown, choose
from .datasheet_data import FROM_DATA
from .datasheet_parts import Block, clean, count, plural

_LONG = 20_000
_STATUS = {
    "data": "answered from the data",
    "author": "answered by the author",
    "both": "answered from the data and by the author",
    "part": "partly: from the data, the rest open",
    "open": "unanswered",
    "off": "not applicable: not about people",
}


@dataclass(frozen=True)
class PromptView:
    """One prompt as the page shows it."""

    id: str
    question: str
    state: str
    status: str
    blocks: tuple[Block, ...]
    paragraphs: tuple[str, ...]
    signed: str
    remains: str


@dataclass(frozen=True)
class SectionView:
    """One section, with its tally for the table of contents."""

    id: str
    title: str
    tally: str
    prompts: tuple[PromptView, ...]


@dataclass(frozen=True)
class Tally:
    """How many prompts are in which state; ``share`` is the width of its bar, in percent."""

    state: str
    label: str
    number: str
    share: str


@dataclass(frozen=True)
class Particular:
    """One line of the head: what it names, its value, and whether it takes a line of its own."""

    name: str
    value: str
    wide: bool = False


@dataclass(frozen=True)
class Page:
    """The whole page."""

    title: str
    headline: str
    facts: tuple[Particular, ...]
    privacy: str
    tallies: tuple[Tally, ...]
    sections: tuple[SectionView, ...]


def build_view(
    facts: dict[str, Any], answers: Answers | None, *, title: str, credit: str | None, created: str
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
    given = answers or Answers()
    told = {**facts, "file": {**facts["file"], "credit": credit or facts["file"]["credit"]}}
    shown = choose(told)
    prompts = [_prompt(prompt, told, shown, given) for prompt in PROMPTS.values()]
    applicable = [prompt for prompt in prompts if prompt.state != "off"]
    answered = sum(prompt.state != "open" for prompt in applicable)
    part = sum(prompt.state == "part" for prompt in applicable)
    headline = f"{answered} of {len(applicable)} prompts have an answer"
    return Page(
        title=clean(title, 200),
        headline=headline + (f", {part} of them in part" if part else ""),
        facts=_particulars(told, created),
        privacy=_privacy(told),
        tallies=_tallies(prompts),
        sections=tuple(_section(letter, name, prompts) for letter, name in SECTIONS.items()),
    )


def _prompt(prompt: Prompt, facts: dict[str, Any], shown: Shown, answers: Answers) -> PromptView:
    if prompt.people_only and not answers.relates_to_people:
        return PromptView(prompt.id, prompt.question, "off", _STATUS["off"], (), (), "", "")
    blocks = tuple(FROM_DATA[prompt.id](facts, shown)) if prompt.id in FROM_DATA else ()
    answer = answers.get(prompt.id)
    state = _state(prompt, answered=answer is not None, data=bool(blocks))
    paragraphs = [clean_lines(part) for part in answer.answer.split("\n\n") if part.strip()] if answer else []
    return PromptView(
        id=prompt.id,
        question=prompt.question,
        state=state,
        status=_STATUS[state],
        blocks=blocks,
        paragraphs=tuple(paragraphs),
        signed=_signed(answer) if answer else "",
        remains=prompt.remains if blocks and not answer else "",
    )


def _state(prompt: Prompt, *, answered: bool, data: bool) -> str:
    if answered:
        return "both" if data else "author"
    if not data:
        return "open"
    return "data" if prompt.source == "data" else "part"


def clean_lines(text: str) -> str:
    """Join an answer's lines and make it safe to read."""
    return clean(" ".join(text.split()), _LONG)


def _signed(answer: Answer) -> str:
    parts = [clean(part) for part in (answer.author or "author not named", answer.date) if part]
    return ", ".join(parts)


def _section(letter: str, name: str, prompts: list[PromptView]) -> SectionView:
    own = tuple(prompt for prompt in prompts if prompt.id[0] == letter)
    applicable = [prompt for prompt in own if prompt.state != "off"]
    answered = sum(prompt.state != "open" for prompt in applicable)
    return SectionView(f"section-{letter}", name, f"{answered} of {len(applicable)}", own)


def _tallies(prompts: list[PromptView]) -> tuple[Tally, ...]:
    found = []
    for state, label in _STATUS.items():
        number = sum(prompt.state == state for prompt in prompts)
        if number:
            found.append(Tally(state, label, str(number), f"{100 * number / len(prompts):.2f}"))
    return tuple(found)


def _particulars(facts: dict[str, Any], created: str) -> tuple[Particular, ...]:
    file = facts["file"]
    size = f"{plural(facts['rows'], 'row')}, {plural(len(facts['columns']), 'column')}"
    rows = [
        Particular("File", clean(file["name"] or "not named")),
        Particular("Size", size + (f", {count(file['size_bytes'])} bytes" if file["size_bytes"] else "")),
        Particular("Facts counted", clean(created)),
        Particular("SHA-256", clean(file["sha256"] or "not given"), wide=True),
    ]
    credit = [Particular("Credit", clean(file["credit"], 1000), wide=True)] if file["credit"] else []
    return (*rows, *credit)


def _privacy(facts: dict[str, Any]) -> str:
    minimum = facts["privacy_minimum"]
    return (
        f"Figures of groups with fewer than {minimum} rows, and rates of groups with fewer than {minimum} "
        "rows of one label, are withheld, and so are as many others as it takes to keep these hidden."
    )
