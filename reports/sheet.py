"""The view that datasheets and model cards share: sections of prompts with their state, before any format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..audit.answers import Answer, Answers
from ..audit.forms import Form
from ..audit.prompts import Prompt
from .datasheet_parts import Block, clean
from .wording import has_message, say

STATES = ("data", "author", "both", "part", "open", "off")
"""From the data; by the author; both; partly from the data; unanswered; not applicable."""

_LONG = 20_000


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
    hint: str = ""


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
    """The whole page.

    Parameters
    ----------
    kind : {"datasheet", "card"}
        Which messages its heading and foot are.
    title, headline : str
    facts : tuple of Particular
    footer : tuple of str
    tallies : tuple of Tally
    sections : tuple of SectionView
    """

    kind: str
    title: str
    headline: str
    facts: tuple[Particular, ...]
    footer: tuple[str, ...]
    tallies: tuple[Tally, ...]
    sections: tuple[SectionView, ...]

    @property
    def prompts(self) -> tuple[PromptView, ...]:
        """Every prompt, in order."""
        return tuple(prompt for section in self.sections for prompt in section.prompts)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The ids of the prompts without an answer."""
        return tuple(prompt.id for prompt in self.prompts if prompt.state == "open")


@dataclass(frozen=True)
class Content:
    """What fills the prompts of a form.

    Parameters
    ----------
    form : Form
    blocks : callable
        What the data say to the prompt of an id; nothing where they cannot.
    hint : callable
        What a reader may do so that they can; empty where nothing.
    answers : Answers
    """

    form: Form
    blocks: Callable[[str], Sequence[Block]]
    hint: Callable[[str], str]
    answers: Answers


def sheet_page(
    content: Content, kind: str, title: str, facts: tuple[Particular, ...], footer: tuple[str, ...]
) -> Page:
    """Make the view of a form's prompts.

    Parameters
    ----------
    content : Content
    kind : {"datasheet", "card"}
    title : str
    facts : tuple of Particular
        The lines of the head.
    footer : tuple of str

    Returns
    -------
    Page
    """
    prompts = [_prompt(prompt, content, kind) for prompt in content.form.prompts.values()]
    applicable = [prompt for prompt in prompts if prompt.state != "off"]
    answered = sum(prompt.state != "open" for prompt in applicable)
    part = sum(prompt.state == "part" for prompt in applicable)
    key = "sheet.headline.part" if part else "sheet.headline"
    return Page(
        kind=kind,
        title=clean(title, 200),
        headline=say(key, answered=answered, prompts=len(applicable), part=part),
        facts=facts,
        footer=footer,
        tallies=_tallies(prompts, kind),
        sections=tuple(
            _section(letter, name, prompts, kind) for letter, name in content.form.sections.items()
        ),
    )


def _prompt(prompt: Prompt, content: Content, kind: str) -> PromptView:
    question = _text(f"{kind}.{prompt.id}.question", prompt.question)
    if prompt.people_only and not content.answers.relates_to_people:
        return PromptView(prompt.id, question, "off", say(f"{kind}.status.off"), (), (), "", "")
    blocks = tuple(content.blocks(prompt.id))
    answer = content.answers.get(prompt.id)
    state = _state(prompt, answered=answer is not None, data=bool(blocks))
    paragraphs = [clean_lines(part) for part in answer.answer.split("\n\n") if part.strip()] if answer else []
    return PromptView(
        id=prompt.id,
        question=question,
        state=state,
        status=say(f"{kind}.status.{state}"),
        blocks=blocks,
        paragraphs=tuple(paragraphs),
        signed=_signed(answer) if answer else "",
        remains=_text(f"{kind}.{prompt.id}.remains", prompt.remains) if state == "part" else "",
        hint=content.hint(prompt.id) if state == "open" else "",
    )


def _text(key: str, english: str) -> str:
    """Give a prompt's text in the page's language; the prompts themselves hold the English."""
    return say(key) if has_message(key) else english


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
    parts = [clean(part) for part in (answer.author or say("sheet.no_author"), answer.date) if part]
    return ", ".join(parts)


def _section(letter: str, name: str, prompts: list[PromptView], kind: str) -> SectionView:
    own = tuple(prompt for prompt in prompts if prompt.id[0] == letter)
    applicable = [prompt for prompt in own if prompt.state != "off"]
    answered = sum(prompt.state != "open" for prompt in applicable)
    tally = say("sheet.tally", answered=answered, prompts=len(applicable))
    return SectionView(f"section-{letter}", _text(f"{kind}.section.{letter}", name), tally, own)


def _tallies(prompts: list[PromptView], kind: str) -> tuple[Tally, ...]:
    found = []
    for state in STATES:
        number = sum(prompt.state == state for prompt in prompts)
        if number:
            label = say(f"{kind}.status.{state}")
            found.append(Tally(state, label, str(number), f"{100 * number / len(prompts):.2f}"))
    return tuple(found)
