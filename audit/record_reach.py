"""What groups of these sizes can tell: rates drawn together, and the smallest gaps that could have shown."""

from __future__ import annotations

from ..metrics.results import Group
from .record_part import Part


class PooledRate(Part):
    """One group's rate as counted, and drawn towards the mean of all groups; nan where there is no rate."""

    group: Group
    raw: float
    pooled: float
    low: float
    high: float


class PoolingFacts(Part):
    """One rate of the groups of an intersection, partially pooled by empirical Bayes (beta-binomial).

    ``strength`` is the weight of the common ``mean``, in rows; infinite where the groups differ by no more
    than chance explains.
    """

    grouping: str
    metric: str
    mean: float
    strength: float
    level: float
    groups: tuple[PooledRate, ...]


class SmallestGap(Part):
    """The smallest gap below, and above, the reference's rate that would have shown; nan where none would."""

    group: Group
    lower: float
    higher: float


class PowerFacts(Part):
    """What the sizes of the groups could have shown of one rate, with chance ``power``, at ``level``."""

    grouping: str
    metric: str
    reference: Group
    rate: float
    level: float
    power: float
    groups: tuple[SmallestGap, ...]


class ReachFacts(Part):
    """Partial pooling of every intersection, and the power of every grouping."""

    pooling: tuple[PoolingFacts, ...]
    power: tuple[PowerFacts, ...]
