"""Explained decisions as HTML: the sections of :mod:`.view_decision`, drawn by the report's own templates."""

from __future__ import annotations

from ..audit.record_decision import DecisionRecord
from .html import drawn
from .view_decision import decision_page


def render_decisions(record: DecisionRecord) -> str:
    """Draw the page of explained decisions, self-contained; nothing in it loads anything or runs.

    Parameters
    ----------
    record : DecisionRecord

    Returns
    -------
    str
        The same record gives the same text.
    """
    return drawn("decision.html.j2", "report.css", page=decision_page(record))


def render_decision_fragment(record: DecisionRecord) -> str:
    """Draw what a notebook shows: the words and the tables of each decision."""
    return drawn("decision_fragment.html.j2", "fragment.css", page=decision_page(record))
