"""Which groups' figures are withheld, so that no small group can be worked out from what the page shows.

Two things are told of a group: its margins (rows, base rate, selection rate) and its joint figures (whatever
needs label and decision together: true positive rate, precision, accuracy, ...). A group under the privacy
minimum has neither. A group that is large enough but has fewer people than the minimum among its positives or
its negatives has no joint figures: one of them would speak of these few people, and with the margins known,
each of them gives all the others away. (That few were selected or rejected hides nothing: precision among
eight selected says no more than what the margins and the true positive rate say already.)

Where only one group of a published total is hidden, or all hidden ones together are under the minimum,
subtraction would give it away: the smallest remaining group is hidden too (complementary suppression), in
every table whose margins are on the page, until nothing more is needed. The same holds for joint figures,
where it is enough that the few people left by subtraction could be split in more than one way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Reason
from ..metrics.catalogue import CATALOGUE
from ..metrics.rates import RATES
from ..metrics.results import Disparity, Group
from .record import GroupFacts, GroupingFacts, Record

Hidden = Mapping[str, frozenset[Group]]
"""By grouping name, the groups whose figures are withheld."""

MARGINS = ("true_positive_rate", "false_positive_rate")
"""Rates whose denominators are the positives and the negatives."""

_Enough = Callable[[Sequence[GroupFacts]], bool]


@dataclass(frozen=True)
class _Line:
    """The groups of one grouping that add up to one published or hidden total."""

    grouping: str
    groups: tuple[GroupFacts, ...]
    total_of: tuple[str, Group] | None


def hidden_groups(record: Record) -> Hidden:
    """Find every group to withhold, by grouping.

    Parameters
    ----------
    record : Record

    Returns
    -------
    mapping of str to frozenset of tuple
        One entry for each grouping; empty sets where nothing is withheld.
    """
    if record.public:
        return {part.name: frozenset(g.group for g in part.groups if g.withheld) for part in record.groupings}
    minimum = record.privacy_minimum
    hidden = {
        part.name: {g.group for g in part.groups if g.withheld or g.rows < minimum}
        for part in record.groupings
    }
    return _completed(record, hidden, lambda members: sum(item.rows for item in members) >= minimum)


def hidden_joints(record: Record, hidden: Hidden) -> Hidden:
    """Find every group whose joint figures of label and decision are withheld, by grouping.

    Parameters
    ----------
    record : Record
    hidden : mapping of str to frozenset of tuple
        What ``hidden_groups`` found; these groups are among the result.

    Returns
    -------
    mapping of str to frozenset of tuple
    """
    if record.public:
        return {
            part.name: hidden[part.name] | frozenset(g.group for g in part.groups if _is_masked(g))
            for part in record.groupings
        }
    minimum = record.privacy_minimum

    begun = {
        part.name: {g.group for g in part.groups if any(0 < size < minimum for _, size in _margins([g]))}
        | set(hidden[part.name])
        for part in record.groupings
    }

    def open_ended(members: Sequence[GroupFacts]) -> bool:
        # What subtraction leaves of few people must be splittable among them in more than one way.
        return all(size == 0 or size >= minimum or 0 < hits < size for hits, size in _margins(members))

    return _completed(record, begun, open_ended)


def is_joint(metric: str) -> bool:
    """Tell whether a figure needs label and decision together.

    Examples
    --------
    >>> is_joint("equalized_odds_difference"), is_joint("demographic_parity_ratio"), is_joint("accuracy")
    (True, False, True)
    """
    row = CATALOGUE.get(metric)
    rates = (row.rates or (metric,)) if row is not None else (metric,)
    return any(rate in RATES and RATES[rate].label and RATES[rate].decision for rate in rates)


def _is_masked(item: GroupFacts) -> bool:
    return any(rate.reason is Reason.WITHHELD for rate in item.rates.values())


def _margins(members: Sequence[GroupFacts]) -> list[tuple[float, int]]:
    """Give, for the positives and for the negatives, how many of them were selected and how many they are."""
    rates = [[g.rates[name] for g in members if name in g.rates] for name in MARGINS]
    return [
        (float(np.nansum([rate.value * rate.rows for rate in found])), sum(rate.rows for rate in found))
        for found in rates
        if found
    ]


def _completed(record: Record, hidden: dict[str, set[Group]], enough: _Enough) -> Hidden:
    """Hide further groups until no hidden one follows from a total."""
    avoid = {part.name: _spared(part) for part in record.groupings}
    lines = [line for part in record.groupings for line in _lines(part, record.groupings)]
    changed = True
    while changed:
        changed = False
        for line in lines:
            extra = _complement(line, hidden, avoid[line.grouping], enough)
            if extra is not None:
                hidden[line.grouping].add(extra)
                changed = True
    return {name: frozenset(groups) for name, groups in hidden.items()}


def conceals(item: Disparity, hidden: frozenset[Group]) -> bool:
    """Tell whether a comparison would give away the figures of a withheld group."""
    return item.group in hidden or item.reference in hidden


def concealed_figures(record: Record, hidden: Hidden, joints: Hidden) -> frozenset[tuple[str, str]]:
    """Find the figures, as (grouping, metric), that rest on a withheld group or on withheld joint figures."""
    worst = {
        (part.name, item.metric)
        for part in record.groupings
        for item in part.disparities
        if item.against == "all_pairs"
        and conceals(item, (joints if is_joint(item.metric) else hidden)[part.name])
    }
    judged = {
        (verdict.limit.attribute, verdict.limit.metric)
        for verdict in record.verdicts
        if is_joint(verdict.limit.metric)
        and {verdict.group, verdict.reference} & joints.get(verdict.limit.attribute, frozenset())
    }
    return frozenset(worst | judged)


def _spared(part: GroupingFacts) -> frozenset[Group]:
    """Give the groups to hide last: the reference, and those that worst-of-several figures name."""
    pairs = (d for d in part.disparities if d.against == "all_pairs")
    named = {group for d in pairs for group in (d.group, d.reference) if group is not None}
    return frozenset(named | ({part.reference} if part.reference is not None else set()))


def _lines(part: GroupingFacts, others: tuple[GroupingFacts, ...]) -> Iterator[_Line]:
    yield _Line(part.name, part.groups, None)
    for other in others:
        if set(other.attributes) < set(part.attributes):
            places = [part.attributes.index(name) for name in other.attributes]
            buckets: dict[Group, list[GroupFacts]] = defaultdict(list)
            for item in part.groups:
                buckets[tuple(item.group[place] for place in places)].append(item)
            for key, members in buckets.items():
                yield _Line(part.name, tuple(members), (other.name, key))


def _complement(
    line: _Line, hidden: Mapping[str, set[Group]], spared: frozenset[Group], enough: _Enough
) -> Group | None:
    """Give the next group of a line that must be hidden, None where the line is safe."""
    gone = hidden[line.grouping]
    inside = [item for item in line.groups if item.group in gone]
    total_hidden = line.total_of is not None and line.total_of[1] in hidden[line.total_of[0]]
    if inside if total_hidden else not inside or (len(inside) > 1 and enough(inside)):
        return None
    left = [item for item in line.groups if item.group not in gone]
    if not left:
        return None
    return min(left, key=lambda item: (item.group in spared, item.rows, item.name)).group
