"""Every sentence of the pages, by key: the message catalogue.

Another language is another folder of ``messages`` with the same keys (:mod:`.language`). Templates and views
ask for a message by key through :func:`say` and :func:`say_many`, and hold no wording of their own. The
metrics' English words stand in their catalogue, all others in ``messages/<language>/metrics.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..metrics.catalogue import CATALOGUE, Metric
from ..metrics.catalogue_more import MORE
from .formats import count, number
from .language import ENGLISH, current, has_message, messages, say

__all__ = [
    "Words",
    "clauses",
    "has_message",
    "lowered",
    "messages",
    "passage",
    "say",
    "say_many",
    "series",
    "words_of",
]


@dataclass(frozen=True)
class Words:
    """A metric in words.

    Parameters
    ----------
    name : str
        As a heading.
    inline : str
        Within a sentence.
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
    inline: str
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
        return Words(name, metric.replace("_", " "), name, "", "", "", "")
    title, better = _title(row), _worded(f"metric.better.{row.better}", row.better)
    short = title
    for ending in (say("metric.ending.difference"), say("metric.ending.ratio")):
        short = short.removesuffix(ending)
    fair = better if row.fair is None else number(row.fair)
    plain = _worded(f"metric.{row.name}.meaning", row.meaning)
    source = row.source.replace(", section ", say("metric.source.section"))
    return Words(_capital(title), title, _capital(short), plain, _formula(row), fair, source)


def _worded(key: str, english: str) -> str:
    return say(key) if has_message(key) else english


def _title(row: Metric) -> str:
    return _worded(f"metric.{row.name}.title", row.title)


def _formula(row: Metric) -> str:
    """Write a comparison's formula from its rates' names, as the catalogue does in English."""
    if row.kind not in {"difference", "ratio"} or not row.rates:
        return _worded(f"metric.{row.name}.formula", row.formula)
    parts = [say(f"metric.formula.{row.kind}", rate=_title(CATALOGUE[rate])) for rate in row.rates]
    inner = parts[0]
    if len(parts) > 1:
        inner = say(f"metric.formula.{row.kind}.{row.combine}", parts=", ".join(parts))
    return say(f"metric.formula.{row.kind}.over", inner=inner)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def series(items: Iterable[str]) -> str:
    """List names or figures within a sentence.

    Examples
    --------
    >>> series(["sex", "age"])
    'sex, age'
    """
    return say("join.list").join(items)


def lowered(text: str) -> str:
    """Write a heading within a sentence; only English writes its nouns small."""
    return text.lower() if current() == ENGLISH else text


def clauses(items: Iterable[str]) -> str:
    """List what may hold commas itself."""
    return say("join.clause").join(items)


def passage(sentences: Iterable[str]) -> str:
    """Put sentences one after the other."""
    return say("join.sentence").join(sentences)


def say_many(key: str, how_many: int, **values: object) -> str:
    """Give the message for one or for several; a language without a form for one has only the other.

    Examples
    --------
    >>> say_many("grouping.more", 970)
    '970 more groups'
    """
    one = how_many == 1 and has_message(f"{key}.one")
    return say(f"{key}.{'one' if one else 'other'}", count=count(how_many), **values)
