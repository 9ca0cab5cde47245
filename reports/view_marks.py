"""The marks of the pages: every state and remark as a symbol and a word."""

from __future__ import annotations

from .view_parts import Mark, Tone
from .wording import say

_STATES: dict[str, tuple[Tone, str]] = {
    "pass": ("pass", "✓"),
    "fail": ("fail", "✕"),
    "inconclusive": ("inconclusive", "?"),
    "undefined": ("undefined", "–"),
}
_MARKS: dict[str, tuple[Tone, str]] = {
    "withheld": ("undefined", "▨"),
    "small": ("inconclusive", "○"),
    "missing": ("undefined", "∅"),
    "reference": ("reference", "◆"),
    "narrower": ("pass", "▼"),
    "wider": ("fail", "▲"),
    "higher": ("plain", "↑"),
    "lower": ("plain", "↓"),
    "noise": ("undefined", "≈"),
    "reversed": ("fail", "⇄"),
    "remains": ("plain", "="),
    "better": ("pass", "▼"),
    "worse": ("fail", "▲"),
    "unknown": ("undefined", "–"),
}


def state_mark(state: str) -> Mark:
    """Give the mark of a verdict's state.

    Examples
    --------
    >>> state_mark("fail").symbol, state_mark("fail").word
    ('✕', 'fail')
    """
    tone, symbol = _STATES[state]
    return Mark(tone, symbol, say(f"state.{state}"))


def mark(name: str) -> Mark:
    """Give the mark of a remark.

    Examples
    --------
    >>> mark("withheld").word
    'withheld'
    """
    tone, symbol = _MARKS[name]
    return Mark(tone, symbol, say(f"mark.{name}"))
