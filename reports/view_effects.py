"""What a method did to a figure: nothing beyond noise, or which way it moved it."""

from __future__ import annotations

from ..audit.record import MitigationFacts, MitigationFigure
from ..metrics.catalogue import CATALOGUE
from . import formats
from .formats import kind_of
from .view_marks import mark
from .view_parts import Mark

Concealed = frozenset[tuple[str, str]]
"""Figures, as (grouping, metric), that rest on a withheld group."""

_RATES = frozenset(name for name in CATALOGUE if kind_of(name) in ("rate", "score"))


def shown_figures(item: MitigationFacts, concealed: Concealed) -> list[MitigationFigure]:
    """Give the figures of a method that rest on no withheld group."""
    return [figure for figure in item.figures if (figure.grouping, figure.metric) not in concealed]


def effect_of(item: MitigationFigure) -> Mark | None:
    """Say what a method did to a figure: nothing beyond noise, or which way it moved it.

    Parameters
    ----------
    item : MitigationFigure

    Returns
    -------
    Mark or None
        None where a figure or the interval of the change is lacking.
    """
    name = _effect(item)
    return None if name is None else mark(name)


def is_wider(item: MitigationFigure) -> bool:
    """Tell whether a gap was widened by more than noise."""
    return _effect(item) == "wider"


def worsened(item: MitigationFacts, concealed: Concealed) -> list[MitigationFigure]:
    """Give the gaps that a method widened by more than noise, the largest change first."""
    found = [figure for figure in shown_figures(item, concealed) if is_wider(figure)]
    return sorted(found, key=lambda figure: -abs(figure.change.value))


def _effect(item: MitigationFigure) -> str | None:
    span = item.change.interval
    if span is None or not (formats.defined(item.before) and formats.defined(item.after)):
        return None
    if span.holds(0.0):
        return "noise"
    if item.metric in _RATES:
        return "higher" if item.after.value > item.before.value else "lower"
    fair = 1.0 if kind_of(item.metric) == "ratio" else 0.0
    nearer = abs(item.after.value - fair) < abs(item.before.value - fair)
    return "narrower" if nearer else "wider"
