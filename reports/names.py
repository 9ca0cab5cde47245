"""Names that come from data, made safe to print: no controls, none too long, directions kept apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from .formats import count
from .language import say
from .view_parts import Cell, Mark

SHORT = 60
LONGEST_TITLE = 300
LONGEST_PROSE = 1_500
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    r"""Replace what would disturb a page: control characters, line ends, direction marks, broken surrogates.

    Examples
    --------
    >>> clean("a\nb\x00c\u202ed")
    'a b c d'
    """
    return " ".join("".join(map(_safe, text)).split()) or "(blank)"


def _safe(letter: str) -> str:
    if letter in _DIRECTIONS:
        return " "
    category = unicodedata.category(letter)
    if category == "Cs":
        return "\ufffd"
    return " " if category == "Cc" else letter


def width(text: str) -> int:
    """Count the columns that a text takes when wide (East Asian) letters take two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def shorten(text: str, limit: int = SHORT) -> str:
    """Clean a text and cut it to a width, with an ellipsis where something was cut.

    Examples
    --------
    >>> shorten("Prof-specialty, tenured", 10)
    'Prof-spec…'
    """
    whole = clean(text)
    if width(whole) <= limit:
        return whole
    kept = ""
    for letter in whole:
        if width(kept) + width(letter) > limit - 1:
            break
        kept += letter
    return kept.rstrip() + "…"


def prose(text: str) -> str:
    """Clean a sentence or paragraph that came from outside; one beyond all measure is cut."""
    return shorten(text, LONGEST_PROSE)


def isolate(text: str, limit: int = SHORT) -> str:
    """Shorten a name for a sentence; one with right-to-left letters is kept from turning its neighbours."""
    short = shorten(text, limit)
    if any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in short):
        return f"\u2068{short}\u2069"
    return short


def unlike(texts: Iterable[str], limit: int) -> tuple[str, ...]:
    """Shorten labels and number those that shortening made equal.

    Examples
    --------
    >>> unlike(["postcode 1234", "postcode 1235"], 9)
    ('postcode…', 'postco… 2')
    """
    seen: dict[str, int] = {}
    labels = []
    for text in texts:
        label = shorten(text, limit)
        seen[label] = seen.get(label, 0) + 1
        number = seen[label]
        if number > 1:
            label = f"{shorten(text, max(2, limit - len(str(number)) - 1))} {number}"
        labels.append(label)
    return tuple(labels)


def fitted(first: str, second: str, room: int) -> tuple[str, str]:
    """Shorten two names that share a line; what one does not need of its half is the other's.

    Examples
    --------
    >>> fitted("marital-status", "Male", 20), fitted("marital-status", "Asian-Pac-Islander", 20)
    (('marital-status', 'Male'), ('marital-s…', 'Asian-Pac…'))
    """
    half = room // 2
    one = shorten(first, max(half, room - width(clean(second))))
    return one, shorten(second, max(half, room - width(one)))


def named(text: str, *, marks: tuple[Mark, ...] = (), link: str = "", limit: int = SHORT) -> Cell:
    """Make the cell of a name; the full name is its title where the cell shows less."""
    short, whole = shorten(text, limit), clean(text)
    title = "" if short == whole else whole[:LONGEST_TITLE]
    return Cell(short, marks=marks, link=link, title=title)


def listed(names: Iterable[str], limit: int = 12) -> str:
    """List names in a sentence, the first few of many."""
    every = list(names)
    shown = say("join.list").join(isolate(name) for name in every[:limit])
    if len(every) <= limit:
        return shown
    return say("join.more", names=shown, count=count(len(every) - limit))
