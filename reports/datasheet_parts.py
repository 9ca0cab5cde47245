"""The parts of a datasheet's page: paragraphs and tables, and how numbers and names are written in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .formats import figure, parted
from .wording import has_message, say, say_many

NO_BREAK = "\u00a0"
TIMES = " \u00d7 "
LONGEST = 80
DOT_WIDTH = 120
BAR_WIDTH = 60
_LONG_CELL = 40
_SHORT_TABLE = 8


@dataclass(frozen=True)
class Dot:
    """A rate and its interval as a small picture; all in pixels from the left."""

    at: str
    low: str
    width: str
    label: str


@dataclass(frozen=True)
class Bar:
    """A share as a small bar; in pixels from the left. ``mark`` is where the share to compare with lies."""

    width: str
    mark: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    text: str
    number: bool = False
    muted: bool = False
    dot: Dot | None = None
    bar: Bar | None = None

    @property
    def style(self) -> str:
        """The classes of its element."""
        words = "words long" if len(self.text) > _LONG_CELL else "words"
        return ("number" if self.number else words) + (" muted" if self.muted else "")


@dataclass(frozen=True)
class Para:
    """A paragraph."""

    kind: ClassVar[str] = "para"
    text: str


@dataclass(frozen=True)
class Table:
    """A table; its first column names the row."""

    kind: ClassVar[str] = "table"
    caption: str
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def short(self) -> bool:
        """Whether it fits on a page of paper, and so is kept in one piece."""
        return len(self.rows) <= _SHORT_TABLE


Block = Para | Table


def clean(text: object, longest: int = LONGEST) -> str:
    """Make foreign text safe to read: no control or direction marks, not too long.

    Examples
    --------
    >>> clean("a" + chr(0x202E) + "b"), len(clean("x" * 10_000))
    ('a⟨U+202E⟩b', 80)
    """
    whole = str(text)
    shown = whole if len(whole) <= longest else whole[: longest - 1] + "…"
    return "".join(_visible(letter) for letter in shown)


def _visible(letter: str) -> str:
    return (
        f"⟨U+{ord(letter):04X}⟩" if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else letter
    )


def said(text: object) -> str:
    """Quote a name of the data inside a sentence."""
    return say("sheet.quoted", text=clean(text))


def listed(names: Iterable[object], most: int = 12) -> str:
    """Write names as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    '“a”, “b” and “c”'
    """
    parts = [said(name) for name in names]
    if len(parts) > most:
        parts = [*parts[:most], say("sheet.more", count=count(len(parts) - most))]
    if len(parts) == 1:
        return parts[0]
    return say("sheet.list", first=say("sheet.comma").join(parts[:-1]), last=parts[-1])


def count(value: int) -> str:
    """Write a whole number with commas."""
    return parted(f"{value:,}")


def plural(value: int, noun: str) -> str:
    """Write a number with its noun; the catalogue holds the nouns.

    Examples
    --------
    >>> plural(1, "row"), plural(2048, "row")
    ('1 row', '2,048 rows')
    """
    return say_many(f"sheet.{noun}", value)


def term(name: str) -> str:
    """Write a word of the facts (a kind of column, a class of content) in the page's language.

    Examples
    --------
    >>> term("health"), term("no such word")
    ('health', 'no such word')
    """
    key = f"term.{name}"
    return say(key) if has_message(key) else name


def percent(value: float | None) -> str:
    """Write a share as a percentage with one decimal."""
    if value is None:
        return "\u2013"
    if 0 < value < 0.0005:
        return say("sheet.under", share=figure(0.001, "rate"))
    return figure(value, "rate")


def chance(p: float) -> str:
    """Write a p-value."""
    return f"p < {parted('0.001')}" if p < 0.001 else f"p = {parted(f'{p:.3f}')}"


def level(value: object) -> str:
    """Write a group's level; None is a missing value.

    Examples
    --------
    >>> level(None), level(2.50), level(1490400)
    ('(missing)', '2.5', '1,490,400')
    """
    if value is None:
        return say("sheet.missing")
    if isinstance(value, float):
        return parted(f"{value:,.6g}")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10_000:
        return count(value)
    return clean(value)


def group_name(levels: Sequence[object]) -> str:
    """Write a group's levels.

    Examples
    --------
    >>> group_name(["Female", None])
    'Female, (missing)'
    """
    return ", ".join(level(value) for value in levels)


def heads(*names: str, numbers: Sequence[int] = ()) -> tuple[Cell, ...]:
    """Write a table's head; ``numbers`` are the places of the columns of numbers."""
    return tuple(Cell(name, number=at in numbers) for at, name in enumerate(names))


def columns_of(*keys: str) -> tuple[str, ...]:
    """Name the columns of a table by their keys in the catalogue."""
    return tuple(say(f"datasheet.head.{key}") for key in keys)


def number(text: str) -> Cell:
    """Make a cell of a number."""
    return Cell(text, number=True)


def share_cell(share: float, reference: float | None = None) -> Cell:
    """Write a share and draw it; with the share to compare with, as a mark on the bar.

    Examples
    --------
    >>> share_cell(0.25, 0.5).bar
    Bar(width='15.0', mark='29.0')
    """
    mark = "" if reference is None else f"{min(58.0, max(0.0, BAR_WIDTH * reference - 1)):.1f}"
    return Cell(percent(share), number=True, bar=Bar(f"{BAR_WIDTH * share:.1f}", mark))


def withheld(cells: int) -> tuple[Cell, ...]:
    """Make cells that say that their figures are withheld."""
    return tuple(Cell(say("sheet.withheld"), number=True, muted=True) for _ in range(cells))


def span(low: float, high: float) -> str:
    """Write the ends of an interval of shares."""
    return say("sheet.span", low=percent(low), high=percent(high))


def rate_cell(rate: dict[str, Any]) -> Cell:
    """Write a label rate with its interval, and draw it."""
    if rate["rate"] is None:
        return Cell("\u2013", number=True, muted=True)
    value, low, high = (float(rate[key]) for key in ("rate", "low", "high"))
    ends = span(low, high)
    width = max(1.0, DOT_WIDTH * (high - low))
    dot = Dot(
        f"{DOT_WIDTH * value:.1f}", f"{DOT_WIDTH * low:.1f}", f"{width:.1f}", f"{percent(value)}, {ends}"
    )
    shown = parted(f"{100 * low:.1f}\u2013{100 * high:.1f}")
    return Cell(f"{percent(value)} ({shown})", number=True, dot=dot)
