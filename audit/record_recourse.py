"""The record's part on refusals: how costly another decision is for each group, and for which reasons."""

from __future__ import annotations

from ..errors import Reason
from ..metrics.results import Estimate, Group
from .record_part import Part


class ReasonCount(Part):
    """Of how many people of a group a column is a principal reason."""

    column: str
    share: Estimate


class GroupRecourse(Part):
    """The refused people of one group.

    ``share``: with a plausible way to acceptance; ``cost``: the median cost of the smallest one, infinite for
    people without; ``changes``: the mean number of columns that change, of those with one. ``same_first``,
    ``same_all``: of whom the first reason, and all principal reasons, are the same under another draw of
    people compared with; ``other_method``: the first reason, when compared with everyone instead.
    """

    group: Group
    name: str
    refused: int
    sampled: int
    reason: Reason | None = None
    share: Estimate
    cost: Estimate
    changes: Estimate
    same_first: Estimate
    same_all: Estimate
    other_method: Estimate
    reasons: tuple[ReasonCount, ...] = ()


class RecourseGap(Part):
    """A group against the reference: difference of the shares, and how often its way is the costlier one.

    ``costlier`` is the probability that a refused person of the group has a costlier way than one of the
    reference, ties counted half and having none as costliest; 0.5 is fair.
    """

    group: Group
    reference: Group
    share: Estimate
    costlier: Estimate


class GroupingRecourse(Part):
    """All groups of one attribute."""

    name: str
    reference: Group | None
    groups: tuple[GroupRecourse, ...]
    gaps: tuple[RecourseGap, ...]


class FlipShare(Part):
    """How many decisions change when only a sensitive column does, of everybody and by the value held."""

    column: str
    value: Estimate
    by_group: tuple[tuple[str, Estimate], ...]


class RecourseFacts(Part):
    """Recourse, principal reasons and flips, with the rules and the numbers they rest on."""

    groupings: tuple[GroupingRecourse, ...]
    flips: tuple[FlipShare, ...]
    immutable: tuple[str, ...]
    """Columns that stay as they are."""
    changeable: tuple[str, ...]
    monotone: dict[str, str]
    ranges: dict[str, tuple[float, float]]
    tied: tuple[tuple[str, ...], ...]
    """Columns that are two names of one thing, and change together."""
    sampled: int
    compared: int
    """Rows drawn, of whose values changes are made and with whom refused people are compared."""
    most_changes: int
    draws: int
    flip_rows: int
    seed: int
