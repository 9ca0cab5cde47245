"""The parts of a record that judge: figures before and after a change, limits and verdicts."""

from __future__ import annotations

from typing import Literal

from ..metrics.results import Estimate, Group, Interval
from .record_part import Part

State = Literal["pass", "fail", "inconclusive", "undefined"]
Sensitivity = Literal["never", "training", "decision"]
"""When a method needs the sensitive attribute: never, at training only, or for every decision."""


class MitigationFigure(Part):
    """One figure before and after a method, on the same test rows."""

    grouping: str
    metric: str
    before: Estimate
    after: Estimate
    change: Estimate


class MitigationFacts(Part):
    """One way to narrow the gap, retrained and measured."""

    method: str
    description: str
    needs_sensitive: Sensitivity
    figures: tuple[MitigationFigure, ...]
    notes: tuple[str, ...] = ()


class LimitFacts(Part):
    """One line of the policy."""

    metric: str
    attribute: str
    min: float | None = None
    max: float | None = None
    confidence: float
    min_group_size: int
    decide_on: Literal["interval", "point"] = "interval"
    waive: tuple[str, ...] = ()
    group: Group | None = None
    reference: Group | None = None


class Verdict(Part):
    """What the policy says of a figure."""

    limit: LimitFacts
    state: State
    value: float
    interval: Interval | None
    reason: str | None
    words: str
    group: Group | None = None
    reference: Group | None = None
    """Whose figure it is: of a rate the group that decides, of a gap the two that are compared."""
