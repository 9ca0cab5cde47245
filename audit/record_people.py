"""People who stand in several audited rows: how often, what it does, and intervals from resampled people."""

from __future__ import annotations

from ..metrics.results import Disparity, Estimate
from .record_part import Part


class PeopleGrouping(Part):
    """One grouping, resampled by people: rates in the order of its groups, and the worst of all pairs."""

    name: str
    rates: dict[str, tuple[Estimate, ...]]
    worst: tuple[Disparity, ...]


class PeopleFacts(Part):
    """How often people repeat, and what follows.

    ``effect`` is the design effect: how many times as large the variance of the overall selection rate is
    as if rows were independent; nan where it does not vary. ``left_out`` names groupings of too many groups.
    """

    people: int
    rows: int
    most: int
    unnamed: int
    effect: float
    draws: int
    groupings: tuple[PeopleGrouping, ...]
    left_out: tuple[str, ...] = ()
