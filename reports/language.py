"""The language that pages are written in: the message catalogue, and which part of it is in force.

A language is a folder of ``messages`` with the same keys as English. Renderers set it with
:func:`written_in`; whatever they call then asks for messages by key through :func:`say`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Any

from ..audit.settings import LANGUAGES
from ..errors import InputError, did_you_mean

ENGLISH = "en"
TAGS = {"en": "en", "de": "de", "zh": "zh-Hans"}
"""How an HTML page names the language."""

_LANGUAGE: ContextVar[str | None] = ContextVar("language", default=None)


def current() -> str:
    """Give the language in force; English where none was set."""
    return _LANGUAGE.get() or ENGLISH


def tag() -> str:
    """Give the language in force as an HTML page names it."""
    return TAGS[current()]


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Write everything within in a language.

    Raises
    ------
    InputError
        Pages cannot be written in that language.

    Examples
    --------
    >>> with written_in("de"):
    ...     say("matrix.column", name="Alter")
    'Nach Alter'
    """
    if language not in LANGUAGES:
        message = f"pages cannot be written in {language!r}; {did_you_mean(language, LANGUAGES)}"
        raise InputError.of("unknown_language", "language", message)
    before = _LANGUAGE.set(language)
    try:
        yield
    finally:
        _LANGUAGE.reset(before)


def language_of(settings: Mapping[str, Any], asked: str | None = None) -> str:
    """Tell a page's language: the one asked for or in force, else that of the audit's settings, else English.

    Examples
    --------
    >>> language_of({"language": "de"}), language_of({"language": "de"}, "zh"), language_of({})
    ('de', 'zh', 'en')
    """
    return asked or _LANGUAGE.get() or str(settings.get("language") or ENGLISH)


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
    return key in messages(current())


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
    return messages(current())[key].format(**values)
