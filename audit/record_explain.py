"""The parts of the record that say where gaps come from."""

from __future__ import annotations

from typing import Literal

from ..metrics.results import Group, Interval
from .record_part import Part


class Bar(Part):
    """One column's contribution to a gap.

    ``role`` is ``"label"`` for what the groups' true labels contribute by themselves. ``band`` is the half
    width within which nine in ten random regroupings of the same rows put the bar.
    """

    column: str
    value: float
    interval: Interval | None
    sampling_error: float
    monte_carlo_error: float
    band: float | None = None
    role: Literal["column", "label"] = "column"


class GapExplanation(Part):
    """A gap between two groups, as the sum of what each column contributes.

    The bars sum to ``measured - start``; ``start`` is 1 for a ratio. Against the rest, ``reference`` is
    empty. ``control`` names the column within whose levels like was compared with like, ``strata`` counts
    these.
    ``words`` is empty but in records of earlier releases.
    """

    grouping: str
    gap: str
    metric: str
    group: Group
    reference: Group
    measured: float
    total: float
    residual: float
    gross: float
    bars: tuple[Bar, ...]
    engine: str
    game: Literal["direct", "common"]
    rows: int
    walks: int
    seed: int
    words: str = ""
    start: float = 0.0
    against: Literal["reference", "rest"] = "reference"
    control: str | None = None
    strata: int = 0
    approximate: bool = False
    reached: bool = True


class LabelBar(Part):
    """One column's contribution to the diagnostic model's gap, before and after the attribute was added."""

    column: str
    without: float
    added: float


class LabelCheck(Part):
    """The gap of a diagnostic model that is trained twice: without the protected attribute, and with it.

    ``own`` is what the attribute itself then contributes, ``moved`` what the other columns lost to it. All on
    the scale of log-odds.
    """

    grouping: str
    group: Group
    reference: Group
    learner: str
    without: float
    added: float
    own: float
    own_interval: Interval | None
    moved: float
    bars: tuple[LabelBar, ...]
    rows: int
    trained_on: int
