"""What scores tell of every group, apart from any threshold: areas, calibration, losses, balance."""

from __future__ import annotations

import math

from ..metrics.results import Disparity, Estimate, Group
from .record_part import Part


class ScoreFigure(Part):
    """One figure of a group's scores.

    ``bound`` is how far it may lie from the figure of the scores before they were counted in bins: 0 is
    exact, nan unknown. ``null_mean``, ``null_95`` and ``p_value`` say what a calibrated group of this size
    would show.
    """

    estimate: Estimate
    bound: float
    null_mean: float = math.nan
    null_95: float = math.nan
    p_value: float = math.nan


class RocPoint(Part):
    """The rates of a group where scores of at least the threshold are selected."""

    threshold: float
    false_positive_rate: float
    true_positive_rate: float


class ReliabilityBin(Part):
    """The people of a group with scores from ``low`` up to ``high``: what was foretold, and what came."""

    low: float
    high: float
    rows: int
    mean_score: float
    rate: Estimate


class GroupScores(Part):
    """One group. ``withheld``: too few people of a label, so that it has no curve and no bins.

    Neighbouring points of the curve, and every bin, hold at least the privacy minimum of people.
    """

    group: Group
    name: str
    rows: int
    withheld: bool
    figures: dict[str, ScoreFigure]
    curve: tuple[RocPoint, ...] = ()
    bins: tuple[ReliabilityBin, ...] = ()


class GroupingScores(Part):
    """All groups of one attribute or intersection; the gaps are against its reference, else the largest."""

    name: str
    groups: tuple[GroupScores, ...]
    gaps: tuple[Disparity, ...]


class ScoreFacts(Part):
    """Scores by group. ``bins`` is how many the grid has; None where each score was counted by itself."""

    kind: str
    bins: int | None
    overall: GroupScores
    groupings: tuple[GroupingScores, ...]
    left_out: tuple[str, ...] = ()
    """Groupings of so many groups that their tables of scores would be too large."""
