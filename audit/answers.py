"""What people answer in a datasheet or a model card: a TOML file, keyed by the prompts' ids."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import Problem, SettingsError, did_you_mean
from .about import HINTS, KEYS, About, read_about, read_date
from .files import write_atomically
from .forms import DATASHEET, Form
from .prompts import Prompt

_PARTS = ("answer", "author", "date")
_HEADER = ("relates_to_people", "author", "date", "about")


@dataclass(frozen=True)
class Answer:
    """What a person answered, who, and when.

    Parameters
    ----------
    answer : str
        The text; blank lines part paragraphs.
    author : str or None
    date : str or None
        ISO 8601, ``"2026-03-01"``.
    """

    answer: str
    author: str | None = None
    date: str | None = None


@dataclass(frozen=True)
class Answers:
    """An answers file.

    Parameters
    ----------
    given : mapping of str to Answer
        By prompt id; a prompt left empty in the file is not among them.
    relates_to_people : bool
        Whether the data are about people; nine prompts apply only then.
    author, date : str or None
        Stand for answers that name none of their own.
    about : About
        Name, licence, creator and other particulars of the whole.
    """

    given: Mapping[str, Answer] = field(default_factory=dict)
    relates_to_people: bool = True
    author: str | None = None
    date: str | None = None
    about: About = field(default_factory=About)

    def get(self, prompt: str) -> Answer | None:
        """Give the answer to a prompt, with the file's author and date where it names none.

        Examples
        --------
        >>> Answers({"M1": Answer("To predict income.")}, author="A. Rao").get("M1").author
        'A. Rao'
        """
        found = self.given.get(prompt)
        if found is None:
            return None
        return Answer(found.answer, found.author or self.author, found.date or self.date)


def read_answers(path: str | Path, form: Form = DATASHEET) -> Answers:
    """Read an answers file.

    Each id holds a string, or a table of ``answer``, ``author`` and ``date``. An empty string is no answer.
    At the top of the file, ``relates_to_people`` (true or false), ``author`` and ``date`` hold for the whole,
    and so do the particulars under ``about.``.

    Parameters
    ----------
    path : str or Path
    form : Form
        Whose prompts are answered: the datasheet's, or the model card's.

    Raises
    ------
    SettingsError
        The file is not there or is not UTF-8 TOML, names an unknown id, or holds a wrong type;
        all problems at once.
    """
    where = str(path)
    try:
        content = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = "an answers file is needed, and there is none; make one with the questions in it first"
        raise SettingsError.of("missing_file", where, message) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"an answers file is UTF-8 TOML; reading it failed: {error}"
        raise SettingsError.of("not_toml", where, message) from error
    return _parse(content, where, form)


def _parse(content: dict[str, Any], where: str, form: Form) -> Answers:
    problems: list[Problem] = []
    header = {key: _header(key, content[key], where, problems) for key in _HEADER if key in content}
    answers = {}
    for key, value in content.items():
        if key in _HEADER:
            continue
        if key not in form.prompts:
            rule = f"an answer stands under the id of a prompt of the {form.name}"
            problems.append(_unknown(key, form.prompts, f"{where}: {key}", rule))
        elif (answer := _answer(value, f"{where}: {key}", problems)) is not None:
            answers[key] = answer
    if problems:
        raise SettingsError(problems)
    return Answers(given=answers, **header)


def _unknown(key: str, known: Mapping[str, object] | tuple[str, ...], where: str, rule: str) -> Problem:
    return Problem("unknown_key", where, f"{rule}, got {key!r}; {did_you_mean(key.upper(), known)}")


def _header(key: str, value: Any, where: str, problems: list[Problem]) -> Any:
    place = f"{where}: {key}"
    if key == "about":
        return read_about(value, place, problems)
    if key == "relates_to_people":
        if not isinstance(value, bool):
            problems.append(Problem("wrong_type", place, f"must be true or false, got {value!r}"))
        return value
    return read_date(value, place, problems) if key == "date" else _text(value, place, problems) or None


def _answer(value: Any, where: str, problems: list[Problem]) -> Answer | None:
    if isinstance(value, str):
        return Answer(value.strip()) if value.strip() else None
    if not isinstance(value, dict):
        rule = "an answer is a string or a table of answer, author and date"
        problems.append(Problem("wrong_type", where, f"{rule}, got {value!r}"))
        return None
    for key in value:
        if key not in _PARTS:
            rule = "a table of an answer holds answer, author and date"
            close = did_you_mean(key, _PARTS)
            problems.append(Problem("unknown_key", f"{where}.{key}", f"{rule}, got {key!r}; {close}"))
    if "answer" not in value:
        rule = f"a table of an answer needs the key answer, got {sorted(value)}; add answer = ..."
        problems.append(Problem("missing_key", where, rule))
        return None
    text = _text(value["answer"], f"{where}.answer", problems)
    author = _text(value.get("author", ""), f"{where}.author", problems)
    date = read_date(value.get("date", ""), f"{where}.date", problems)
    return Answer(text, author or None, date) if text else None


def _text(value: Any, where: str, problems: list[Problem]) -> str:
    if isinstance(value, str):
        return value.strip()
    problems.append(Problem("wrong_type", where, f"must be a string, got {value!r}"))
    return ""


def write_template(path: str | Path, *, answers: Answers | None = None, form: Form = DATASHEET) -> Answers:
    """Write an answers file with every question in it; answers that are there already stay.

    Parameters
    ----------
    path : str or Path
        Where to; an existing file is read first, and its answers are kept (its comments are not).
    answers : Answers or None
        Written where the file answers nothing yet.
    form : Form
        Whose prompts: the datasheet's, or the model card's.

    Returns
    -------
    Answers
        What the file now holds.

    Raises
    ------
    SettingsError
        The existing file breaks a rule; it is left as it is.
    OutputError
        The file cannot be written.
    """
    target = Path(path)
    kept = _merge(answers, read_answers(target, form) if target.exists() else None)
    write_atomically(target, _file(kept, form))
    return kept


def _merge(offered: Answers | None, existing: Answers | None) -> Answers:
    if offered is None or existing is None:
        return existing or offered or Answers()
    return Answers(
        given={**offered.given, **existing.given},
        relates_to_people=existing.relates_to_people,
        author=existing.author or offered.author,
        date=existing.date or offered.date,
        about=About(**{key: getattr(existing.about, key) or getattr(offered.about, key) for key in KEYS}),
    )


def _file(answers: Answers, form: Form) -> str:
    first = next(iter(form.prompts))
    lines = [
        f"# Answers of the {form.name}. Write between the quotes; what is left empty shows as unanswered.",
        "# Where another person answers, write these on lines of their own:",
        f'#     {first}.answer = "..."',
        f'#     {first}.author = "..."',
        f'#     {first}.date = "2026-03-01"',
        "",
        *_switch(answers, form),
        f"author = {_quoted(answers.author or '')}",
        f"date = {_quoted(answers.date or '')}",
        "",
        "# What other programs read: the header of a card on Hugging Face, Croissant.",
    ]
    lines += [f"about.{key} = {_quoted(getattr(answers.about, key) or '')}  # {HINTS[key]}" for key in KEYS]
    for letter, title in form.sections.items():
        lines += ["", "", f"# {title}"]
        for prompt in form.prompts.values():
            if prompt.id[0] == letter:
                lines += ["", *_entry(prompt, answers.given.get(prompt.id))]
    return "\n".join(lines) + "\n"


def _switch(answers: Answers, form: Form) -> list[str]:
    if not any(prompt.people_only for prompt in form.prompts.values()) and answers.relates_to_people:
        return []
    return [f"relates_to_people = {'true' if answers.relates_to_people else 'false'}"]


def _entry(prompt: Prompt, answer: Answer | None) -> list[str]:
    lines = [f"# {prompt.id}. {prompt.question}"]
    if prompt.source != "author":
        lines.append("# The page answers from the data; to be added: " + (prompt.remains or "nothing") + ".")
    if answer is None:
        return [*lines, f'{prompt.id} = ""']
    if answer.author is None and answer.date is None:
        return [*lines, f"{prompt.id} = {_quoted(answer.answer)}"]
    parts = {"answer": answer.answer, "author": answer.author, "date": answer.date}
    return [*lines, *(f"{prompt.id}.{key} = {_quoted(text)}" for key, text in parts.items() if text)]


def _quoted(text: str) -> str:
    """Write a TOML string; several lines stay several lines."""
    lines = [
        json.dumps(line, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f") for line in text.split("\n")
    ]
    return f'"{lines[0]}"' if len(lines) == 1 else '"""\n' + "\n".join(lines) + '"""'
