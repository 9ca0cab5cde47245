"""What explains single decisions: typed, versioned, and written as JSON beside the page."""

from __future__ import annotations

import json
from typing import Any, Literal

from ..metrics.results import Level
from .record import Absent, ModelFacts, Note, SourceFacts, spelled
from .record_part import Part


class ColumnValue(Part):
    """A column and what the row holds there; None where it is missing."""

    column: str
    value: Level
    sensitive: bool = False


class MethodFacts(Part):
    """What each column adds to the output by one method, in the order of the columns.

    ``errors`` are standard errors of the method's own draws, nan where it cannot tell; ``base`` is what the
    values are measured from, and ``residual`` what their sum misses; both nan for methods without.
    """

    method: str
    values: tuple[float, ...]
    errors: tuple[float, ...]
    base: float
    residual: float
    engine: str


class AgreementFacts(Part):
    """How far two methods agree: order of the sizes, foremost three in common, same directions."""

    first: str
    second: str
    rank_correlation: float
    shared_top: float
    same_sign: float


class ChangeFacts(Part):
    """One column of a way to another decision."""

    column: str
    before: Level
    after: Level


class WayFacts(Part):
    """A way to another decision: ``count`` takes columns that are two names of one thing as one."""

    changes: tuple[ChangeFacts, ...]
    count: int
    cost: float
    output: float
    neighbour: float
    rarity: float
    plausible: bool


class FlipFacts(Part):
    """The same row with another value of a sensitive column, and nothing else."""

    column: str
    before: Level
    after: Level
    output: float
    selected: bool


class ReasonFacts(Part):
    """One principal reason for a refusal; ``few``: too few people were compared with to say what is usual."""

    column: str
    value: Level
    usual: Level
    measure: Literal["median", "mean", "mode"]
    direction: Literal["low", "high", "category", "missing"]
    contribution: float
    share: float
    sensitive: bool
    few: bool = False


class DecisionFacts(Part):
    """One decision, explained."""

    row: int
    person: Level = None
    value: float
    selected: bool
    columns: tuple[ColumnValue, ...]
    methods: tuple[MethodFacts, ...]
    agreement: tuple[AgreementFacts, ...]
    ways: tuple[WayFacts, ...]
    flips: tuple[FlipFacts, ...]
    reasons: tuple[ReasonFacts, ...]
    notes: tuple[Note, ...] = ()
    absent: tuple[Absent, ...] = ()


class RuleFacts(Part):
    """What a way to another decision may change."""

    immutable: tuple[str, ...]
    changeable: tuple[str, ...]
    monotone: dict[str, str]
    ranges: dict[str, tuple[float, float]]
    tied: tuple[tuple[str, ...], ...]
    most_changes: int


class DecisionRecord(Part):
    """Explanations of some decisions of one model, and what they rest on.

    ``background`` rows are compared with by SHAP and occlusion; ``drawn`` rows of ``available`` give the
    values that changes are made of, and tell what is usual.
    """

    schema_version: Literal["1"] = "1"
    evenhand: str
    data: SourceFacts
    model: ModelFacts
    pos_label: str
    output: Literal["score", "decision"]
    threshold: float
    background: int
    drawn: int
    available: int
    against: Literal["approved", "threshold", "all"]
    reason_draws: int
    seed: int
    rules: RuleFacts
    decisions: tuple[DecisionFacts, ...]
    notes: tuple[Note, ...] = ()

    def to_json(self, words: tuple[str, ...] = ()) -> str:
        """Write strict JSON; ``words``, one text a decision, stand with their decisions."""
        content: dict[str, Any] = spelled(self.model_dump(mode="json"))
        for decision, text in zip(content["decisions"], words, strict=False):
            decision["words"] = text
        return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
