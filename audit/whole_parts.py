"""From what was found about a model as a whole to the record's parts."""

from __future__ import annotations

from .explain.dependence import Dependence
from .explain.effects import Effects
from .explain.surrogate import Grown, verdict_of
from .record_global import (
    ConditionFacts,
    CurveFacts,
    DependenceFacts,
    EffectsFacts,
    FidelityFacts,
    RuleFacts,
    SurrogateFacts,
)

SPREAD = (0.1, 0.9)
"""Individual curves enter the record as these quantiles: one person's curve never does."""


def dependence_facts(found: Dependence, grouping: str) -> DependenceFacts:
    """Keep the mean curves, and of the individual ones the middle 80 %; no curve of a missing attribute."""
    low, high = SPREAD
    return DependenceFacts(
        column=found.column,
        kind=found.kind,
        grouping=grouping,
        values=found.values,
        curves=tuple(
            CurveFacts(
                group=curve.group,
                mean=curve.mean,
                low=curve.spread(low),
                high=curve.spread(high),
                supported=curve.supported,
            )
            for curve in found.curves
            if None not in curve.group
        ),
        too_small=found.too_small,
        missing=found.missing,
        left_out=found.left_out,
    )


def effects_facts(found: Effects) -> EffectsFacts:
    """Keep all of it."""
    return EffectsFacts(
        column=found.column,
        kind=found.kind,
        values=found.values,
        effects=found.effects,
        missing=found.missing,
        left_out=found.left_out,
    )


def surrogate_facts(grown: Grown, fidelity: tuple[FidelityFacts, ...]) -> SurrogateFacts:
    """Keep the rules of the tree, and how well it imitates the model for whom."""
    inside = int(grown.inside.sum())
    rules = tuple(
        RuleFacts(
            conditions=tuple(
                ConditionFacts(
                    column=item.column,
                    above=item.above,
                    at_most=item.at_most,
                    among=item.among,
                    without=item.without,
                    others=item.others,
                    missing=item.missing,
                )
                for item in rule.conditions
            ),
            value=rule.value,
            selected=bool(rule.selected),
            share=rule.share,
            rows=rule.rows,
        )
        for rule in grown.rules
    )
    return SurrogateFacts(
        verdict=verdict_of([item.r2 for item in fidelity]),
        rules=rules,
        fidelity=fidelity,
        depth=int(grown.tree.get_depth()),
        grown_on=inside,
        tested_on=len(grown.inside) - inside,
    )
