"""The record's part on trust: whether the explanations of a model can be believed, check by check."""

from __future__ import annotations

from typing import Literal

from ..metrics.results import Estimate, Group
from .record_part import Part

Fault = Literal[
    "sum", "seeds", "backgrounds", "deletion", "insertion", "resemblance", "off_manifold", "constant"
]
TrustState = Literal["trusted", "care", "suspect"]
Unchecked = Literal["sum", "stability", "curves", "resemblance", "off_manifold"]


class SumFacts(Part):
    """The largest remainder of the audit's explanations: measured gap less the sum of the bars."""

    explanations: int
    largest: float
    tolerance: float


class StabilityFacts(Part):
    """How far the bars of one gap change with other draws and with other background rows."""

    grouping: str
    group: Group
    reference: Group
    runs: int
    seed_change: float
    seed_agreement: float
    background_change: float
    background_agreement: float
    largest: float


class CurvesFacts(Part):
    """How far the output falls and rises as columns are replaced, in its order and at random."""

    deletion: tuple[float, ...]
    random_deletion: tuple[float, ...]
    insertion: tuple[float, ...]
    random_insertion: tuple[float, ...]
    deletion_gain: Estimate
    insertion_gain: Estimate
    rows: int


class BackgroundFacts(Part):
    """The two-sample test of the background against the data."""

    statistic: float
    p_value: float
    column: str
    distance: float
    background_rows: int
    data_rows: int
    permutations: int


class ManifoldUse(Part):
    """How much of the reliance lies on one column on real and on perturbed rows."""

    column: str
    real: float
    perturbed: float


class ManifoldFacts(Part):
    """Whether the model behaves differently on rows that do not occur."""

    detector_auc: float
    real_mean: float
    perturbed_mean: float
    real_r2: float
    perturbed_r2: float
    lost: float
    moved: float
    uses: tuple[ManifoldUse, ...]
    checked: bool
    alarm: bool
    rows: int


class TrustFacts(Part):
    """All checks, and what they come to."""

    state: TrustState
    faults: tuple[Fault, ...]
    unchecked: tuple[Unchecked, ...]
    scored: bool
    sums: SumFacts | None
    stability: StabilityFacts | None
    curves: CurvesFacts | None
    background: BackgroundFacts | None
    manifold: ManifoldFacts | None
    seed: int
