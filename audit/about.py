"""What a person says of a data set or a model as a whole: name, licence, creator, date and the like.

These are the particulars that other programs read: the header of a dataset card, Croissant. Prompts hold
prose; these hold one value each, under ``about.`` in an answers file.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..errors import Problem, did_you_mean


@dataclass(frozen=True)
class About:
    """Particulars of a data set or a model; None where nobody said.

    Parameters
    ----------
    name, description : str or None
    license : str or None
        A web address or an SPDX id: ``"CC-BY-4.0"``.
    url : str or None
        The page of the data set or the model.
    creator : str or None
        Who made it; several are parted by ``;``.
    date_published : str or None
        ISO 8601, ``"2026-03-01"``.
    version, citation, keywords, language, content_url : str or None
        Keywords are parted by commas; ``language`` is a code such as ``"en"``; ``content_url`` is where the
        file itself can be fetched.
    """

    name: str | None = None
    description: str | None = None
    license: str | None = None
    url: str | None = None
    creator: str | None = None
    date_published: str | None = None
    version: str | None = None
    citation: str | None = None
    keywords: str | None = None
    language: str | None = None
    content_url: str | None = None

    @property
    def creators(self) -> tuple[str, ...]:
        """The creators one by one.

        Examples
        --------
        >>> About(creator="Ada; Ben ;").creators
        ('Ada', 'Ben')
        """
        return _parts(self.creator, ";")

    @property
    def words(self) -> tuple[str, ...]:
        """The keywords one by one."""
        return _parts(self.keywords, ",")


KEYS = tuple(item.name for item in fields(About))
"""The particulars, in the order of the file."""

HINTS = {
    "name": "what it is called",
    "description": "in a sentence or two",
    "license": "a web address or an SPDX id, such as CC-BY-4.0",
    "url": "its page on the web",
    "creator": "who made it; several are parted by ; and an organisation is written organisation: NAME",
    "date_published": "such as 2026-03-01",
    "version": "such as 1.0.0",
    "citation": "how it is to be cited",
    "keywords": "parted by commas",
    "language": "a code, such as en",
    "content_url": "where the file itself can be fetched",
}
"""What each particular is, for the person who fills in the file."""


def _parts(text: str | None, mark: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(mark) if part.strip())


def read_about(value: Any, where: str, problems: list[Problem]) -> About:
    """Read the particulars of an answers file; what breaks a rule is added to the problems."""
    if not isinstance(value, Mapping):
        problems.append(Problem("wrong_type", where, f"about takes keys, as in about.name, got {value!r}"))
        return About()
    found: dict[str, str] = {}
    for key, item in value.items():
        place = f"{where}.{key}"
        if key not in KEYS:
            message = f"about holds {', '.join(KEYS)}, got {key!r}; {did_you_mean(key, KEYS)}"
            problems.append(Problem("unknown_key", place, message))
        elif (text := _read(key, item, place, problems)) is not None:
            found[key] = text
    return About(**found)


def _read(key: str, value: Any, where: str, problems: list[Problem]) -> str | None:
    if key == "date_published":
        return read_date(value, where, problems)
    if not isinstance(value, str):
        problems.append(Problem("wrong_type", where, f"must be a string, got {value!r}"))
        return None
    text = value.strip()
    if key in {"url", "content_url"} and text and not text.lower().startswith(("https://", "http://")):
        message = f"must be a web address that begins with https:// or http://, got {text!r}"
        problems.append(Problem("wrong_value", where, message))
        return None
    return text or None


def read_date(value: Any, where: str, problems: list[Problem]) -> str | None:
    """Read a date of a TOML file, written as a date or as a string; an empty string is none."""
    try:
        if isinstance(value, str):
            return datetime.date.fromisoformat(value).isoformat() if value else None
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value.isoformat()
    except ValueError:
        pass
    problems.append(Problem("wrong_type", where, f"must be a date such as 2026-03-01, got {value!r}"))
    return None
