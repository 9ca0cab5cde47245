"""The coarsened cube: what pages may carry of the score axis."""

from __future__ import annotations

from ..metrics.results import Group
from .record_part import Part


class CoarseGroup(Part):
    """The score distribution of one group, in bins that hold enough people.

    ``edges`` are places among ``CoarseFacts.thresholds``, rising, the threshold in use among them.
    ``counts`` has a row for each label (negative, positive; one row where labels are unknown), with the sum
    of weights below the first edge, between each two, and from the last one on.
    """

    group: Group
    name: str
    edges: tuple[int, ...]
    counts: tuple[tuple[float, ...], ...]


class CoarseGrouping(Part):
    """The groups of one attribute whose thresholds can be moved, and those left out for holding too few."""

    name: str
    groups: tuple[CoarseGroup, ...]
    left_out: tuple[Group, ...]


class CoarseFacts(Part):
    """Counts by group, label and score at 101 thresholds at most; no bin holds fewer than ``minimum``."""

    thresholds: tuple[float, ...]
    at: int
    minimum: int
    labelled: bool
    groupings: tuple[CoarseGrouping, ...]
