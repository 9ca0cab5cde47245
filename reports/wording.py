"""Every sentence of the pages, by key: the message catalogue.

Another language is another folder of ``messages`` with the same keys. Templates and views ask for a message
by key through :func:`say` and :func:`say_many`, and hold no wording of their own.
"""

from __future__ import annotations

import tomllib
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..metrics.catalogue import CATALOGUE
from ..metrics.catalogue_more import MORE
from .formats import count


@dataclass(frozen=True)
class Words:
    """A metric in words.

    Parameters
    ----------
    name : str
        As a heading.
    short : str
        As a label in a picture whose title says whether differences or ratios are shown.
    plain : str
        What it tells, for someone who has never heard of it.
    formula : str
    fair : str
        The value that means fair.
    source : str
        Where the measure was defined.
    """

    name: str
    short: str
    plain: str
    formula: str
    fair: str
    source: str


def words_of(metric: str) -> Words:
    """Give a metric's words; a name outside the catalogue stands for itself.

    Examples
    --------
    >>> words_of("equal_opportunity_difference").name, words_of("equal_opportunity_difference").fair
    ('Equal opportunity difference', '0')
    """
    row = CATALOGUE.get(metric) or MORE.get(metric)
    if row is None:
        name = _capital(metric.replace("_", " "))
        return Words(name, name, "", "", "", "")
    fair = row.better if row.fair is None else f"{row.fair:g}"
    short = _capital(row.title.removesuffix(" difference").removesuffix(" ratio"))
    return Words(_capital(row.title), short, row.meaning, row.formula, fair, row.source)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


LANGUAGES = ("en",)
"""The languages that pages can be written in; each is a folder of ``messages``."""

_LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


@cache
def messages(language: str) -> dict[str, str]:
    """Read every message of a language, by key.

    A message stands in ``messages/<language>/<topic>.toml``; a key stands in one file only.

    Raises
    ------
    KeyError
        A key stands twice.
    """
    found: dict[str, str] = {}
    folder = files(__package__ or "evenhand.reports") / "messages" / language
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        for key, text in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if key in found:
                raise KeyError(f"the message {key!r} stands twice, again in {file.name}")
            found[key] = text
    return found


def has_message(key: str) -> bool:
    """Tell whether the catalogue holds a message."""
    return key in messages(_LANGUAGE.get())


def say(key: str, **values: object) -> str:
    """Give a message with its values filled in.

    Raises
    ------
    KeyError
        The catalogue holds no such message, or the message wants a value that was not given.

    Examples
    --------
    >>> say("grouping.heading", name="sex")
    'By sex'
    """
    return messages(_LANGUAGE.get())[key].format(**values)


def say_many(key: str, number: int, **values: object) -> str:
    """Give the message for one or for several.

    Examples
    --------
    >>> say_many("grouping.more", 970)
    '970 more groups'
    """
    return say(f"{key}.{'one' if number == 1 else 'other'}", count=count(number), **values)
