"""The parts of a record about the frontier: what was searched, what was found, what was chosen and why."""

from __future__ import annotations

from typing import Literal

from ..metrics.results import Estimate, Group
from .record_judged import MitigationFacts, MitigationFigure, Sensitivity, State, Verdict
from .record_part import Part

Rule = Literal["best_within_limit", "nearest_to_limit", "narrowest_within_tolerance", "nothing_defined"]
Effect = Literal["gained", "lost", "noise", "undefined"]


class GroupChange(Part):
    """How a way to train moved one group's rate, on the same rows."""

    grouping: str
    group: Group
    name: str
    rate: str
    before: Estimate
    after: Estimate
    change: Estimate
    effect: Effect


class ImpactFacts(Part):
    """What lenders report of one group against the reference.

    ``air`` is the adverse impact ratio: the group's selection rate over that of the reference. ``smd`` is the
    standardised mean difference of scores.
    """

    group: Group
    name: str
    reference: str
    rows: int
    air: Estimate
    smd: Estimate


class FrontierPoint(Part):
    """One method at one strength, measured on rows it was not trained on.

    ``score`` and ``gap`` hold the unmitigated model's figure, its own, and the change on the same rows.
    """

    name: str
    method: str
    strength: float | None
    needs_sensitive: Sensitivity
    score: MitigationFigure
    area: MitigationFigure
    gap: MitigationFigure
    pareto: bool
    dominated_by: str | None
    within_noise: bool
    levelling_down: bool
    keeps_limit: bool | None
    within_tolerance: bool
    others: tuple[MitigationFigure, ...] = ()
    groups: tuple[GroupChange, ...] = ()
    impact: tuple[ImpactFacts, ...] = ()
    notes: tuple[str, ...] = ()


class MethodFacts(Part):
    """A method that was searched."""

    name: str
    description: str
    family: Literal["control", "before", "in", "after"]
    dial: str
    needs_sensitive: Sensitivity


class LeftOut(Part):
    """A method or a candidate that was not tried, or failed, and why."""

    name: str
    why: Literal["unsuited", "forbidden", "failed", "no_time"]
    reason: str


class FrontierFacts(Part):
    """The search for a better trade-off: its question, its points, and its answer."""

    metric: str
    grouping: str
    scoring: str
    limit_min: float | None
    limit_max: float | None
    tolerance: float
    folds: int
    """Parts held back in turn; 1 for one held-out split."""
    trained_rows: int
    validated_rows: int
    budget: float | None
    cut_short: bool
    forbids_decision: bool
    hides_sensitive: bool
    methods: tuple[MethodFacts, ...]
    points: tuple[FrontierPoint, ...]
    left_out: tuple[LeftOut, ...]
    chosen: str | None
    rule: Rule
    judged: MitigationFacts | None
    """The chosen model trained on all training rows, against the given model, on the test rows."""
    verdicts: tuple[Verdict, ...] = ()
    verdict: State | None = None
