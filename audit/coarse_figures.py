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


@dataclass(frozen=True)
class CurvePoint:
    """The rates of a group where scores of at least the threshold are selected."""

    threshold: float
    false_positive_rate: float
    true_positive_rate: float


@dataclass(frozen=True)
class Foretold:
    """The people of a group with scores in one stretch: the mean score, and the share of positives."""

    score: float
    share: float
    rows: float


def roc_points(facts: CoarseFacts, group: CoarseGroup, most: int = 12) -> tuple[CurvePoint, ...]:
    """Give points of a group's ROC curve, from its own coarsened counts and nothing finer.

    Parameters
    ----------
    facts : CoarseFacts
        With labels.
    group : CoarseGroup
    most : int
        So many thresholds at most; the one in use is always among them.

    Returns
    -------
    tuple of CurvePoint
        From the highest threshold to the lowest, without the two corners.

    Examples
    --------
    >>> group = CoarseGroup(group=("F",), name="F", edges=(0, 1), counts=((20, 10, 10), (10, 10, 20)))
    >>> facts = CoarseFacts(thresholds=(0.3, 0.6), at=1, minimum=10, labelled=True, groupings=())
    >>> [(point.false_positive_rate, point.true_positive_rate) for point in roc_points(facts, group)]
    [(0.25, 0.5), (0.5, 0.75)]
    """
    counts = np.array(group.counts)
    total = counts.sum(axis=1)
    return tuple(
        CurvePoint(
            facts.thresholds[group.edges[place]], *(counts[:, place + 1 :].sum(axis=1) / total).tolist()
        )
        for place in reversed(_chosen(facts, group, most))
    )


def reliability(facts: CoarseFacts, group: CoarseGroup, most: int = 10) -> tuple[Foretold, ...]:
    """Compare a group's scores with the outcomes, in stretches of its own coarsened counts.

    The mean score of a stretch is taken from the middles of the coarsened bins in it, for counts hold no
    scores.

    Parameters
    ----------
    facts : CoarseFacts
        With labels; scores are probabilities.
    group : CoarseGroup
    most : int
        So many stretches at most.

    Examples
    --------
    >>> group = CoarseGroup(group=("F",), name="F", edges=(0, 1), counts=((20, 10, 10), (10, 10, 20)))
    >>> facts = CoarseFacts(thresholds=(0.3, 0.6), at=1, minimum=10, labelled=True, groupings=())
    >>> [(round(item.score, 2), round(item.share, 2), item.rows) for item in reliability(facts, group)]
    [(0.15, 0.33, 30.0), (0.45, 0.5, 20.0), (0.8, 0.67, 30.0)]
    """
    counts = np.array(group.counts, dtype=float)
    ends = np.array([0.0, *(facts.thresholds[edge] for edge in group.edges), 1.0])
    starts = [0, *(place + 1 for place in _chosen(facts, group, most - 1))]
    rows = np.add.reduceat(counts.sum(axis=0), starts)
    scores = np.add.reduceat(counts.sum(axis=0) * (ends[:-1] + ends[1:]) / 2, starts)
    positives = np.add.reduceat(counts[1], starts)
    return tuple(
        Foretold(*found)
        for found in zip((scores / rows).tolist(), (positives / rows).tolist(), rows.tolist(), strict=True)
    )


def _chosen(facts: CoarseFacts, group: CoarseGroup, most: int) -> list[int]:
    """Choose places among a group's edges, evenly, the threshold in use among them."""
    last = len(group.edges) - 1
    even = np.unique(np.linspace(0, last, min(most, last + 1)).round().astype(int))
    used = group.edges.index(facts.at)
    nearest = int(np.abs(even - used).argmin())
    even[nearest] = used
    return sorted(set(even.tolist()))
