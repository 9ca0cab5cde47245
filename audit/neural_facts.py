"""What was found inside a network, as parts of the record."""

from __future__ import annotations

import numpy as np

from ..metrics.results import Group
from .explain.neural.ablation import Ablation, Change
from .explain.neural.dissection import Unit
from .explain.neural.embedding import Cloud, Method
from .explain.neural.gaps import GapShares
from .explain.neural.probes import Area, Probe
from .explain.neural.subject import Concept
from .record_neural import (
    AblationFacts,
    AreaFacts,
    ChangeFacts,
    CloudFacts,
    DotFacts,
    GapSharesFacts,
    PlaceFacts,
    ProbeFacts,
    ShareFacts,
    UnitFacts,
)


def group_of(concept: Concept) -> Group:
    """Give a concept's group."""
    return (concept.level,)


def ablation_facts(item: Ablation) -> AblationFacts:
    """Turn an ablation into its part of the record."""
    return AblationFacts(
        layer=item.layer,
        units=item.units,
        attribute=item.concept.attribute,
        group=group_of(item.concept),
        name=item.concept.name,
        accuracy=_change(item.accuracy),
        selection=_change(item.selection),
        score=_change(item.score),
        yardstick=item.yardstick,
        score_yardstick=item.score_yardstick,
        matters=item.matters,
    )


def _change(item: Change) -> ChangeFacts:
    return ChangeFacts(before=item.before, change=item.change, interval=item.interval)


def probe_facts(item: Probe) -> ProbeFacts:
    """Turn a probe into its part of the record."""
    return ProbeFacts(
        layer=item.layer,
        attribute=item.attribute,
        area=_area(item.area),
        control=item.control,
        chance=None if item.chance is None else _area(item.chance),
        given_positive=_area(item.given[True]) if True in item.given else None,
        given_negative=_area(item.given[False]) if False in item.given else None,
    )


def _area(item: Area) -> AreaFacts:
    return AreaFacts(value=item.value, interval=item.interval, rows=item.rows)


def gap_facts(item: GapShares, grouping: str, group: Group, reference: Group) -> GapSharesFacts:
    """Turn a gap's shares into their part of the record."""
    return GapSharesFacts(
        method=item.method,
        grouping=grouping,
        group=group,
        reference=reference,
        shares=tuple(ShareFacts(column=s.column, value=s.value, interval=s.interval) for s in item.shares),
        measured=item.measured,
        total=item.total,
        residual=item.residual,
        missed=item.missed,
        rows=item.rows,
    )


def unit_facts(unit: Unit, alone: Ablation) -> UnitFacts:
    """Turn a unit, and what silencing it alone does, into their part of the record."""
    return UnitFacts(
        layer=unit.layer,
        unit=unit.unit,
        attribute=unit.concept.attribute,
        group=group_of(unit.concept),
        name=unit.concept.name,
        sign=1 if unit.sign > 0 else -1,
        overlap=unit.overlap,
        chance=unit.chance,
        excess=unit.excess,
        auc=unit.auc,
        adjusted_p=unit.adjusted,
        by_chance=unit.by_chance,
        by_input=unit.by_input,
        detects=unit.detects,
        ablation=ablation_facts(alone),
    )


def cloud_facts(
    cloud: Cloud,
    layer: str,
    method: Method,
    kept: float,
    colouring: tuple[str, tuple[str, ...], tuple[Group, ...]],
) -> CloudFacts:
    """Turn a layout into its part of the record."""
    name, levels, groups = colouring
    dots = zip(cloud.points, cloud.colours, cloud.people, strict=True)
    return CloudFacts(
        layer=layer,
        method=method,
        colouring=name,
        levels=levels,
        groups=groups,
        dots=tuple(
            DotFacts(x=round(float(x), 3), y=round(float(y), 3), level=int(level), people=int(people))
            for (x, y), level, people in dots
        ),
        places=tuple(_place(cloud, int(level)) for level in np.unique(cloud.colours)),
        kept=kept,
    )


def _place(cloud: Cloud, level: int) -> PlaceFacts:
    own = cloud.colours == level
    middle, spread = cloud.points[own].mean(axis=0), cloud.points[own].std(axis=0)
    return PlaceFacts(
        level=level,
        dots=int(own.sum()),
        people=int(cloud.people[own].sum()),
        middle=(float(middle[0]), float(middle[1])),
        spread=(float(spread[0]), float(spread[1])),
    )
