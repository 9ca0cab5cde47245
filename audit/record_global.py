"""The record's part on the model as a whole: importance and curves by group, effects, a surrogate tree."""

from __future__ import annotations

from typing import Literal

from ..metrics.results import Estimate, Group, Level
from .record_part import Part


class RelianceFacts(Part):
    """How far the output moves, on average, when a column is shuffled, and its share of all columns'."""

    column: str
    moved: Estimate
    share: float


class ImportanceFacts(Part):
    """What shuffling a column does to a figure of a group; the empty group stands for everybody."""

    column: str
    grouping: str
    group: Group
    figure: Literal["accuracy", "selection_rate", "log_loss"]
    change: Estimate


class CurveFacts(Part):
    """One group's partial dependence, and the middle 80 % of its individual curves."""

    group: Group
    mean: tuple[Estimate, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    supported: tuple[bool, ...]


class DependenceFacts(Part):
    """The curves of one column by the groups of one attribute."""

    column: str
    kind: Literal["number", "category"]
    grouping: str
    values: tuple[Level, ...]
    curves: tuple[CurveFacts, ...]
    too_small: tuple[Group, ...]
    missing: int
    left_out: int


class EffectsFacts(Part):
    """The accumulated local effect of one column."""

    column: str
    kind: Literal["number", "category"]
    values: tuple[Level, ...]
    effects: tuple[Estimate, ...]
    missing: int
    left_out: int


class ConditionFacts(Part):
    """What a rule asks of one column; ``among`` is None for numbers, ``without`` are the other categories."""

    column: str
    above: float | None
    at_most: float | None
    among: tuple[Level, ...] | None
    without: tuple[Level, ...]
    others: bool
    missing: bool


class RuleFacts(Part):
    """One leaf of the surrogate tree."""

    conditions: tuple[ConditionFacts, ...]
    value: float
    selected: bool
    share: float
    rows: int


class FidelityFacts(Part):
    """How well the surrogate imitates the model for one group."""

    grouping: str
    group: Group
    agreement: Estimate
    r2: Estimate


class SurrogateFacts(Part):
    """A small tree that imitates the model, and for whom it does."""

    verdict: Literal["faithful", "uneven", "poor", "unknown"]
    rules: tuple[RuleFacts, ...]
    fidelity: tuple[FidelityFacts, ...]
    depth: int
    grown_on: int
    tested_on: int


class WholeFacts(Part):
    """The model as a whole, from a sample of rows in which no group is lost."""

    rows: int
    available: int
    repeats: int
    scored: bool
    seed: int
    columns: tuple[str, ...]
    """The columns whose curves and effects are drawn."""
    reliance: tuple[RelianceFacts, ...]
    importances: tuple[ImportanceFacts, ...]
    dependences: tuple[DependenceFacts, ...]
    effects: tuple[EffectsFacts, ...]
    surrogate: SurrogateFacts | None
