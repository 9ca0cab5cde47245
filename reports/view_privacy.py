"""Which groups' figures are withheld, so that no small group can be worked out from what the page shows.

A group under the privacy minimum is hidden. Where only one group of a published total is hidden, or all
hidden ones together are under the minimum, subtraction would give it away: the smallest remaining
group is hidden too (complementary suppression), in every table whose margins are on the page, until
nothing more is needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..audit.record import GroupFacts, GroupingFacts, Record
from ..metrics.results import Disparity, Group

Hidden = Mapping[str, frozenset[Group]]
"""By grouping name, the groups whose figures are withheld."""


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
    hidden = {
        part.name: {g.group for g in part.groups if g.withheld or g.rows < record.privacy_minimum}
        for part in record.groupings
    }
    avoid = {part.name: _spared(part) for part in record.groupings}
    lines = [line for part in record.groupings for line in _lines(part, record.groupings)]
    changed = True
    while changed:
        changed = False
        for line in lines:
            extra = _complement(line, hidden, avoid[line.grouping], record.privacy_minimum)
            if extra is not None:
                hidden[line.grouping].add(extra)
                changed = True
    return {name: frozenset(groups) for name, groups in hidden.items()}


def conceals(item: Disparity, hidden: frozenset[Group]) -> bool:
    """Tell whether a comparison would give away the figures of a withheld group."""
    return item.group in hidden or item.reference in hidden


def concealed_figures(record: Record, hidden: Hidden) -> frozenset[tuple[str, str]]:
    """Find the worst-of-several figures, as (grouping, metric), that rest on a withheld group."""
    return frozenset(
        (part.name, item.metric)
        for part in record.groupings
        for item in part.disparities
        if item.against == "all_pairs" and conceals(item, hidden[part.name])
    )


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
    line: _Line, hidden: Mapping[str, set[Group]], spared: frozenset[Group], minimum: int
) -> Group | None:
    """Give the next group of a line that must be hidden, None where the line is safe."""
    gone = hidden[line.grouping]
    inside = [item for item in line.groups if item.group in gone]
    total_hidden = line.total_of is not None and line.total_of[1] in hidden[line.total_of[0]]
    if total_hidden:
        safe = bool(inside)
    else:
        safe = not inside or (len(inside) > 1 and sum(item.rows for item in inside) >= minimum)
    if safe:
        return None
    left = [item for item in line.groups if item.group not in gone]
    if not left:
        return None
    return min(left, key=lambda item: (item.group in spared, item.rows, item.name)).group
