"""Which gaps an audit explains: between which groups, of which metrics, over which rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .explain.kinds import KINDS
from .explain.recorded import Between
from .record import GroupingFacts

Against = Literal["reference", "rest"]

COMPARED = ("selection_rate", "true_positive_rate", "false_positive_rate")
"""Groups that have enough rows for all of these are preferred, so that one pair serves all metrics."""


@dataclass(frozen=True)
class Wanted:
    """What settings ask for; see there."""

    gaps: tuple[str, ...]
    game: Literal["direct", "common"] = "direct"
    against: tuple[Against, ...] = ("reference",)
    groups: Literal["furthest", "all"] = "furthest"
    min_group_size: int = 1
    privacy_minimum: int = 1


@dataclass(frozen=True)
class Comparison:
    """Two sides, and the metrics whose gaps between them are explained.

    Parameters
    ----------
    between : Between
    attributes : tuple of str
        Of the grouping.
    metrics : tuple of str
    """

    between: Between
    attributes: tuple[str, ...]
    metrics: tuple[str, ...]


def comparisons(grouping: GroupingFacts, wanted: Wanted) -> tuple[list[Comparison], list[str]]:
    """List the comparisons of a grouping, and the metrics for which no two groups are large enough.

    Parameters
    ----------
    grouping : GroupingFacts
    wanted : Wanted

    Returns
    -------
    comparisons : list of Comparison
    lacking : list of str
    """
    found: dict[tuple[int, int | None], list[str]] = {}
    lacking = []
    for metric in wanted.gaps:
        pairs = list(_pairs(grouping, metric, wanted))
        if not pairs:
            lacking.append(metric)
        for pair in pairs:
            found.setdefault(pair, []).append(metric)
    made = [
        Comparison(_between(grouping, *pair), grouping.attributes, tuple(metrics))
        for pair, metrics in found.items()
    ]
    return made, lacking


def _between(grouping: GroupingFacts, group: int, reference: int | None) -> Between:
    name = grouping.groups[group].group
    if reference is None:
        return Between(grouping.name, name, (), "rest")
    return Between(grouping.name, name, grouping.groups[reference].group)


def _pairs(grouping: GroupingFacts, metric: str, wanted: Wanted) -> Iterator[tuple[int, int | None]]:
    pair = furthest(grouping, metric, wanted.min_group_size)
    if pair is None:
        return
    one, reference = pair
    others = [i for i in able(grouping, (metric,), wanted.min_group_size) if i != reference]
    chosen = others if wanted.groups == "all" else [one]
    if "reference" in wanted.against:
        yield from ((i, reference) for i in chosen)
    if "rest" in wanted.against:
        # The reference too is a group that can be held against all others.
        yield from ((i, None) for i in ([*others, reference] if wanted.groups == "all" else chosen))


def furthest(grouping: GroupingFacts, metric: str, minimum: int) -> tuple[int, int] | None:
    """Choose the groups to explain: the reference (else the largest), and the one selected most unlike it.

    Only groups with at least the minimum size in the metric's denominator (its positives, for the true
    positive rate) count; those that have it for every metric are preferred, so that one pair serves all.
    None where fewer than two groups are left.
    """
    enough = able(grouping, COMPARED, minimum)
    if len(enough) < 2:
        enough = able(grouping, (metric,), minimum)
    if len(enough) < 2:
        return None
    named = [i for i in enough if grouping.groups[i].group == grouping.reference]
    reference = named[0] if named else max(enough, key=lambda i: grouping.groups[i].rows)
    rates = [group.rates["selection_rate"].value for group in grouping.groups]
    others = [i for i in enough if i != reference]
    return max(others, key=lambda i: abs(rates[i] - rates[reference])), reference


def able(grouping: GroupingFacts, metrics: Sequence[str], minimum: int) -> list[int]:
    """List the groups with enough rows in the denominators of all metrics."""
    names = {name for metric in metrics for name in (metric, _LABELLED.get(metric)) if name}
    return [
        i
        for i, group in enumerate(grouping.groups)
        if not (group.below_minimum or group.withheld or group.missing)
        and all(group.rates[name].rows >= minimum for name in names if name in group.rates)
    ]


_LABELLED = {
    kind.metric: "true_positive_rate" if kind.label else "false_positive_rate"
    for kind in KINDS.values()
    if kind.label is not None
}
"""The rate whose denominator is that of a metric of positives or negatives only."""
