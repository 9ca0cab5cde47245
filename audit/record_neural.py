"""The parts of a record that hold what was found inside a neural network."""

from __future__ import annotations

from typing import Literal

from ..metrics.results import Group, Interval
from .record_part import Part


class LayerFacts(Part):
    """A hidden layer."""

    name: str
    width: int


class AreaFacts(Part):
    """Area under the ROC curve of a probe on rows that were held out."""

    value: float
    interval: Interval | None
    rows: int


class ProbeFacts(Part):
    """How well a linear probe reads an attribute from a layer; an empty layer is the raw inputs.

    ``control`` is the area of a control task, ``chance`` that of the network with weights of chance, and
    ``given_positive`` and ``given_negative`` those within the rows of either label.
    """

    layer: str
    attribute: str
    area: AreaFacts
    control: float
    chance: AreaFacts | None = None
    given_positive: AreaFacts | None = None
    given_negative: AreaFacts | None = None


class ChangeFacts(Part):
    """A figure, and by how much silencing units changes it."""

    before: float
    change: float
    interval: Interval


class AblationFacts(Part):
    """What silencing units of a layer does; gaps are of the group against all others of its attribute."""

    layer: str
    units: tuple[int, ...]
    attribute: str
    group: Group
    name: str
    accuracy: ChangeFacts
    selection: ChangeFacts
    score: ChangeFacts
    yardstick: float
    score_yardstick: float
    matters: bool


class UnitFacts(Part):
    """How well a hidden unit detects a group, on rows that were held out, and what silencing it does."""

    layer: str
    unit: int
    attribute: str
    group: Group
    name: str
    sign: Literal[1, -1]
    overlap: float
    chance: float
    excess: float
    auc: float
    adjusted_p: float
    by_chance: float
    by_input: float
    detects: bool
    ablation: AblationFacts


class DotFacts(Part):
    """Some people of one group who lie next to each other."""

    x: float
    y: float
    level: int
    people: int


class PlaceFacts(Part):
    """Where the dots of one group lie: how many, for how many people, their middle and their spread."""

    level: int
    dots: int
    people: int
    middle: tuple[float, float]
    spread: tuple[float, float]


class CloudFacts(Part):
    """A hidden layer in two dimensions; ``colouring`` is an attribute, or empty for the label."""

    layer: str
    method: Literal["pca", "tsne"]
    colouring: str
    levels: tuple[str, ...]
    groups: tuple[Group, ...]
    dots: tuple[DotFacts, ...]
    places: tuple[PlaceFacts, ...]
    kept: float


class MoveFacts(Part):
    """One input of the most exciting input of a group; ``spread`` is the group's standard deviation."""

    input: str
    start: float
    end: float
    spread: float


class ExcitingFacts(Part):
    """The input that most excites the positive decision, starting from a group's mean."""

    attribute: str
    group: Group
    name: str
    before: float
    after: float
    beyond: float
    moves: tuple[MoveFacts, ...]


class ShareFacts(Part):
    """What one column contributes to a gap in the mean score."""

    column: str
    value: float
    interval: Interval


class GapSharesFacts(Part):
    """A gap in the mean score by the group means of one method's attributions."""

    method: str
    grouping: str
    group: Group
    reference: Group
    shares: tuple[ShareFacts, ...]
    measured: float
    total: float
    residual: float
    missed: float
    rows: int


class NeuralFacts(Part):
    """Inside a neural network.

    ``tested`` counts units times groups; ``detectors`` those that detect. ``units`` are the best of each
    group, and ``together`` says what silencing all detectors of a layer does.
    """

    layers: tuple[LayerFacts, ...]
    rows: int
    seed: int
    probes: tuple[ProbeFacts, ...]
    tested: int
    detectors: int
    units: tuple[UnitFacts, ...]
    together: tuple[AblationFacts, ...]
    clouds: tuple[CloudFacts, ...]
    exciting: tuple[ExcitingFacts, ...]
    gaps: tuple[GapSharesFacts, ...]
