"""Sentences that a record holds in English, said in the language in force.

A record tells in words why a part is absent, what to know of an audit, what a method does. Messages whose key
starts with ``record.`` are the patterns of those sentences: where a text fits the English pattern, it is said
again by the pattern of the language in force, with the same names and figures. What fits none, as a message
of another library or a text of the auditor's own, stays as it was written.
"""

from __future__ import annotations

import re
from functools import cache

from ..metrics.catalogue import CATALOGUE
from .formats import parted
from .language import ENGLISH, current, has_message, messages, say
from .names import prose

_PREFIX = "record."
_PLACE = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?( ?%)?")

_FEW_PLACES, _SHORT_TEXT = 4, 800
"""Patterns of more places are only held against short texts: the search grows with every place."""


def reworded(text: str) -> str:
    """Say a sentence of a record in the language in force.

    Parameters
    ----------
    text : str
        As the record holds it; it is made safe to print.

    Returns
    -------
    str
        The text itself in English, and where no pattern fits it.

    Examples
    --------
    >>> reworded("no model was given")
    'no model was given'
    >>> from .language import written_in
    >>> with written_in("de"):
    ...     reworded("no model was given"), reworded("A row's weight was multiplied by 0.89 to 1.60.")
    ('es wurde kein Modell angegeben', 'Das Gewicht einer Zeile wurde mit 0,89 bis 1,60 multipliziert.')
    """
    shown = prose(text)
    return shown if current() == ENGLISH else _said(shown)


def _said(text: str) -> str:
    title = _titles().get(text)
    if title is not None and has_message(title):
        return say(title)
    for key, pattern in _patterns():
        if pattern.groups > _FEW_PLACES and len(text) > _SHORT_TEXT:
            continue
        found = pattern.fullmatch(text)
        if found:
            return say(key, **{name: _value(part) for name, part in found.groupdict().items()})
    return text


def _value(text: str) -> str:
    """Say what stands in a sentence: a number in the language's way, a known phrase in its words."""
    number = _NUMBER.fullmatch(text)
    if number is None:
        return _said(text)
    bare = parted(text.removesuffix("%").rstrip())
    return say("format.rate", number=bare) if number.group(2) else bare


@cache
def _titles() -> dict[str, str]:
    return {row.title: f"metric.{row.name}.title" for row in CATALOGUE.values()}


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Give every pattern with its key, those with the fewest places first: they say most."""
    english = [(key, text) for key, text in messages(ENGLISH).items() if key.startswith(_PREFIX)]
    ranked = sorted(english, key=lambda item: (len(_PLACE.findall(item[1])), -len(item[1])))
    return tuple((key, _pattern(text)) for key, text in ranked)


def _pattern(text: str) -> re.Pattern[str]:
    parts = _PLACE.split(text)
    fixed = [re.escape(part) for part in parts[::2]]
    places = [f"(?P<{name}>.+?)" for name in parts[1::2]]
    return re.compile("".join(a + b for a, b in zip(fixed, [*places, ""], strict=True)), re.DOTALL)
