"""Which evidence an audit holds: one small question for each kind that a rule pack may ask for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .record import Record
from .record_profiles import ImpactGrouping, InsuranceGrouping, LawFacts, LendingGrouping
from .settings_profiles import Evidence


@dataclass(frozen=True)
class Held:
    """What there is to look at: the record, what people said, and the profile's own figures."""

    record: Record
    said: Evidence
    law: LawFacts | None = None
    impact: tuple[ImpactGrouping, ...] = ()
    lending: tuple[LendingGrouping, ...] = ()
    insurance: tuple[InsuranceGrouping, ...] = ()

    @property
    def rates(self) -> set[str]:
        """Names of the rates that some group has a figure of."""
        return {
            name
            for part in self.record.groupings
            for group in part.groups
            for name, rate in group.rates.items()
            if math.isfinite(rate.value)
        }

    def axis(self, kind: str) -> bool:
        """Tell whether the summary has an axis."""
        return self.law is not None and any(one.axis == kind for one in self.law.axes)

    def text(self, key: str) -> bool:
        """Tell whether the summary has a text or date."""
        return bool(getattr(self.law, key, None))

    def fixed_before(self) -> bool:
        """Tell whether limits were there and were fixed on a day no later than that of the run."""
        fixed = self.said.thresholds_fixed
        return (
            self.record.policy_sha256 is not None and fixed is not None and fixed <= self.record.created[:10]
        )

    def small_explained(self) -> bool:
        """Tell whether whatever was left out is justified."""
        if self.law is None:
            return False
        left_out = any(one.excluded for axis in self.law.axes for one in axis.categories)
        return not left_out or self.law.exclude_because is not None

    def complete(self) -> bool:
        """Tell whether the page of the summary shows every category."""
        if self.law is None:
            return False
        withheld = any(one.withheld for axis in self.law.axes for one in axis.categories)
        return self.law.publish_all or not withheld


def _compared(held: Held) -> bool:
    return any(part.disparities for part in held.record.groupings)


def _tested(held: Held) -> bool:
    return any(math.isfinite(d.p_value) for part in held.record.groupings for d in part.disparities)


def _bounded(held: Held) -> bool:
    return any(d.interval is not None for part in held.record.groupings for d in part.disparities)


CHECKS: dict[str, Callable[[Held], bool]] = {
    "groups": lambda held: any(len(part.groups) > 1 for part in held.record.groupings),
    "intersections": lambda held: any(len(part.attributes) > 1 for part in held.record.groupings),
    "disparities": _compared,
    "intervals": _bounded,
    "significance": _tested,
    "error_rates": lambda held: {"false_positive_rate", "false_negative_rate"} <= held.rates,
    "accuracy": lambda held: "accuracy" in held.record.overall.rates,
    "group_accuracy": lambda held: "accuracy" in held.rates,
    "conditional": lambda held: bool(held.record.conditional),
    "proxies": lambda held: bool(held.record.proxies),
    "alternatives": lambda held: bool(held.record.mitigation) or held.record.frontier is not None,
    "slices": lambda held: bool(held.record.slices),
    "explanations": lambda held: bool(held.record.explanations),
    "small_groups": lambda held: held.record.min_group_size > 1,
    "missing_counted": lambda held: bool(held.record.groupings),
    "datasheet": lambda held: held.record.datasheet is not None,
    "data_hash": lambda held: held.record.data.sha256 is not None,
    "run": lambda held: bool(held.record.created and held.record.settings_sha256),
    "policy": lambda held: held.record.policy_sha256 is not None,
    "policy_before": Held.fixed_before,
    "policy_why": lambda held: held.said.thresholds_why is not None,
    "metrics_why": lambda held: held.said.metrics_why is not None,
    "signature": lambda held: held.said.signed_by is not None and held.said.signed_on is not None,
    "law_sex": lambda held: held.axis("sex"),
    "law_race": lambda held: held.axis("race"),
    "law_intersection": lambda held: held.axis("intersection"),
    "law_unknown": lambda held: held.law is not None,
    "law_small": Held.small_explained,
    "law_complete": Held.complete,
    "audit_date": lambda held: held.text("audit_date"),
    "distribution_date": lambda held: held.text("distribution_date"),
    "data_source": lambda held: held.text("data_source"),
    "data_explanation": lambda held: held.text("data_explanation"),
    "impact": lambda held: any(part.rows for part in held.impact),
    "impact_significance": lambda held: any(
        math.isfinite(one.p_value) for part in held.impact for one in part.rows
    ),
    "impact_shortfall": lambda held: any(
        math.isfinite(one.shortfall) for part in held.impact for one in part.rows
    ),
    "lending": lambda held: any(part.rows for part in held.lending),
    "lending_scores": lambda held: any(
        math.isfinite(one.smd.value) for part in held.lending for one in part.rows
    ),
    "insurance": lambda held: any(part.rows for part in held.insurance),
    # The audit measures decisions; a real-valued outcome is not among what it reads.
    "premium": lambda _held: False,
}
"""By kind, in the order of ``profile_packs.EVIDENCE``."""
