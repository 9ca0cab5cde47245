"""What the coarsened cube says where thresholds are moved: rates of each group, gaps between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics.catalogue import CATALOGUE
from ..metrics.rates import RATES
from .record_coarse import CoarseFacts, CoarseGroup, CoarseGrouping

MOVED_RATES = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "accuracy",
)
MOVED_GAPS = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "predictive_parity_difference",
    "accuracy_difference",
)


@dataclass(frozen=True)
class Moved:
    """Figures at moved thresholds.

    Parameters
    ----------
    thresholds : tuple of float
        The one that took effect for each group: of its own edges the nearest to the one asked for.
    rates : mapping of str to tuple of float
        One value for each group.
    gaps : mapping of str to float
        Largest differences and smallest ratios among the groups.
    """

    thresholds: tuple[float, ...]
    rates: Mapping[str, tuple[float, ...]]
    gaps: Mapping[str, float]


def rates_of(facts: CoarseFacts) -> tuple[str, ...]:
    """Name the rates that the facts allow: without labels the selection rate alone."""
    return tuple(name for name in MOVED_RATES if facts.labelled or not RATES[name].label)


def gaps_of(facts: CoarseFacts) -> tuple[str, ...]:
    """Name the gaps that the facts allow."""
    known = rates_of(facts)
    return tuple(name for name in MOVED_GAPS if set(CATALOGUE[name].rates) <= set(known))


def moved(facts: CoarseFacts, grouping: CoarseGrouping, places: Sequence[int]) -> Moved:
    """Compute rates and gaps with one threshold for each group.

    Parameters
    ----------
    facts : CoarseFacts
    grouping : CoarseGrouping
        One of its groupings.
    places : sequence of int, one for each group
        Places among ``facts.thresholds``.
    """
    edges = [nearest_edge(facts, group, place) for group, place in zip(grouping.groups, places, strict=True)]
    cells = np.stack([_cells(group, edge) for group, edge in zip(grouping.groups, edges, strict=True)])
    rates = {name: RATES[name](cells) for name in rates_of(facts)}
    gaps = {}
    for name in gaps_of(facts):
        row = CATALOGUE[name]
        values = np.stack([rates[rate] for rate in row.rates])
        low, high = values.min(axis=1), values.max(axis=1)
        gaps[name] = float((low / high).min() if row.kind == "ratio" else (high - low).max())
    return Moved(
        thresholds=tuple(
            facts.thresholds[group.edges[e]] for group, e in zip(grouping.groups, edges, strict=True)
        ),
        rates={name: tuple(values.tolist()) for name, values in rates.items()},
        gaps=gaps,
    )


def nearest_edge(facts: CoarseFacts, group: CoarseGroup, place: int) -> int:
    """Give the position, among a group's edges, of the one whose threshold is nearest; of two, the lower."""
    wanted = facts.thresholds[place]
    return min(range(len(group.edges)), key=lambda i: abs(facts.thresholds[group.edges[i]] - wanted))


def _cells(group: CoarseGroup, edge: int) -> np.ndarray:
    """Give the confusion matrix, indexed by label and decision."""
    counts = np.array(group.counts)
    below, above = counts[:, : edge + 1].sum(axis=1), counts[:, edge + 1 :].sum(axis=1)
    return np.stack([below, above], axis=-1)
