"""Words that the parts of an explained decision share: names, values, signed figures, lists."""

from __future__ import annotations

from collections.abc import Sequence

from ..audit.record_decision import DecisionFacts
from ..metrics.results import Level
from . import formats
from .names import isolate, shorten
from .wording import say


def decision_name(item: DecisionFacts) -> str:
    """Name a decision by its row, and by its person where the table names people."""
    if item.person is None:
        return say("decision.name", row=item.row)
    return say("decision.name.person", row=item.row, person=isolate(str(item.person)))


def state_of(item: DecisionFacts) -> str:
    """Say what was decided."""
    return say("decision.state.accepted" if item.selected else "decision.state.refused")


def value_text(value: Level) -> str:
    """Write a value of the data: numbers short, a missing one by its word.

    Examples
    --------
    >>> value_text(39.0), value_text(5307.152), value_text(True), value_text("Sales")
    ('39', '5307.15', 'true', 'Sales')
    """
    if value is None:
        return say("decision.missing")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return shorten(value)


def signed(value: float) -> str:
    """Write a contribution with its sign.

    Examples
    --------
    >>> signed(0.0151), signed(-0.2), signed(0.00001)
    ('+0.015', '−0.200', '0.000')
    """
    text = formats.bare(value, "score")
    return f"+{text}" if value > 0 and text.strip("0.") else text


def listed_columns(texts: Sequence[str]) -> str:
    """Join texts with commas and an "and".

    Examples
    --------
    >>> listed_columns(["a", "b", "c"])
    'a, b and c'
    """
    if len(texts) < 2:
        return "".join(texts)
    return say("decision.and", first=", ".join(texts[:-1]), last=texts[-1])
