"""The record's part on profiles: for each rule pack, what it asked for and what the audit holds of it.

What the pack said on its day is kept beside the figures, so that a record stays true when the law changes.
"""

from __future__ import annotations

from typing import Literal

from ..errors import Reason
from ..metrics.results import Estimate, Group
from .record_part import Part

AxisKind = Literal["sex", "race", "intersection", "category"]
Finding = Literal["below_and_significant", "below_only", "significant_only", "neither"]
Band = Literal["fine", "concern", "low", "undefined"]
Standing = Literal["held", "partly", "lacking"]


class LawCategory(Part):
    """One category of an axis; ``withheld`` where a page must not show its figures."""

    group: Group
    name: str
    rows: int
    share: float
    selected: float
    rate: float
    ratio: Estimate
    small: bool
    excluded: bool
    withheld: bool
    reason: Reason | None = None


class LawAxis(Part):
    """The impact ratios of one axis; ``unknown`` counts the people whose category on it is not known."""

    axis: AxisKind
    name: str
    attributes: tuple[str, ...]
    highest: Group | None
    unknown: int
    unknown_withheld: bool
    ratios_withheld: bool
    """Whether the category that all others are divided by is withheld, so that every ratio gives it away."""
    categories: tuple[LawCategory, ...]


class LawFacts(Part):
    """The figures and texts of a summary under New York City's Local Law 144."""

    rate: Literal["selection", "scoring"]
    assessed: int
    axes: tuple[LawAxis, ...]
    lacking: tuple[AxisKind, ...]
    min_share: float
    unknown: Literal["per_axis", "joint"]
    unknown_in_median: bool
    exclude_because: str | None
    publish_all: bool
    whole_percent: bool
    privacy_minimum: int
    level: float
    weighted: bool
    tool: str | None
    auditor: str | None
    audit_date: str
    distribution_date: str | None
    data_source: str | None
    data_explanation: str | None


class ImpactRow(Part):
    """One group's selection against the highest group's."""

    group: Group
    name: str
    rows: int
    selected: float
    rate: float
    ratio: Estimate
    difference: Estimate
    deviations: float
    p_value: float
    test: str
    finding: Finding | None
    shortfall: float
    flip: int | None
    flip_flop: bool
    reason: Reason | None = None


class ImpactGrouping(Part):
    """The four-fifths rule by one attribute; ``left_out`` names the groups too small to be the reference."""

    grouping: str
    reference: Group | None
    reference_name: str
    reference_rate: float
    left_out: tuple[Group, ...]
    rows: tuple[ImpactRow, ...]


class LendingRow(Part):
    """One group's approvals and scores against the control group's.

    ``effect`` is the marginal effect: the control's rate minus the group's.
    """

    group: Group
    name: str
    rows: int
    air: Estimate
    effect: Estimate
    smd: Estimate
    band: Band
    flagged: bool


class LendingGrouping(Part):
    """Fair lending by one attribute."""

    grouping: str
    control: Group
    control_name: str
    control_rate: float
    rows: tuple[LendingRow, ...]


class InsuranceRow(Part):
    """One group's coefficient in the regression of approval on membership."""

    group: Group
    name: str
    rows: int
    coefficient: Estimate
    odds: float
    z: float
    p_value: float
    effect: float
    flagged: bool | None


class InsuranceGrouping(Part):
    """The draft test by one attribute."""

    grouping: str
    reference: Group
    reference_name: str
    rows: tuple[InsuranceRow, ...]


class SourceNote(Part):
    """Where a rule stands written."""

    name: str
    cites: str


class OptionFacts(Part):
    """A number that the rule leaves to be set, as it was in this audit."""

    name: str
    value: float
    default: float
    meaning: str


class EvidenceFacts(Part):
    """One kind of evidence, and whether the audit holds it."""

    kind: str
    held: bool


class AskFacts(Part):
    """One thing that is asked for, and what the audit holds of it."""

    id: str
    text: str
    cites: str
    standing: Standing
    evidence: tuple[EvidenceFacts, ...]


class ProfileFacts(Part):
    """One rule pack, as it was, and its evidence."""

    id: str
    name: str
    jurisdiction: str
    status: str
    status_date: str
    status_note: str
    version: str
    dated: str
    sources: tuple[SourceNote, ...]
    not_covered: tuple[str, ...]
    uncertain: tuple[str, ...]
    no_advice: str
    options: tuple[OptionFacts, ...]
    asks: tuple[AskFacts, ...]
    local_law: LawFacts | None = None
    impact: tuple[ImpactGrouping, ...] = ()
    lending: tuple[LendingGrouping, ...] = ()
    insurance: tuple[InsuranceGrouping, ...] = ()
