"""What a reader can add up of the groups of a record: their counts, and the lines that sum them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ..metrics.results import Group
from .record import GroupFacts, GroupingFacts, Record
from .subtraction import Sum

Hiding = dict[str, set[Group]]
"""By grouping, the groups that are hidden so far."""
Ends = dict[int, tuple[float, float]]
Member = tuple[str, Group]
"""A grouping's name and one of its groups."""

CELLS = ("true_positives", "false_negatives", "false_positives", "true_negatives")
MARGINS = ("rows", "positives", "negatives", "selected", "rejected")
KINDS = {kind: place for place, kind in enumerate((*MARGINS, *CELLS))}
"""Whom a count counts, each with its place."""
_HALVES = (("positives", "negatives"), ("selected", "rejected"))
_MADE_OF = {
    "positives": ("true_positives", "false_negatives"),
    "negatives": ("false_positives", "true_negatives"),
    "selected": ("true_positives", "false_positives"),
    "rejected": ("false_negatives", "true_negatives"),
}
"""Which cells each margin is the sum of."""


@dataclass(frozen=True)
class Line:
    """The groups of one grouping that add up to one group of a coarser grouping, or to everybody."""

    grouping: str
    groups: tuple[GroupFacts, ...]
    total_of: Member | None


class Book:
    """The counts of every group, and the lines in which they add up."""

    def __init__(self, record: Record) -> None:
        self.counts: dict[Member, dict[str, float]] = {
            (part.name, item.group): _counts(item) for part in record.groupings for item in part.groups
        }
        self.members = list(self.counts)
        self.places = {member: place * len(KINDS) for place, member in enumerate(self.members)}
        self.minimum = record.privacy_minimum
        self.everybody = _counts(record.overall)
        self.spared = {part.name: {part.reference} for part in record.groupings}
        self.named = {part.name: _named(part) for part in record.groupings}
        self.facts = {(part.name, item.group): item for part in record.groupings for item in part.groups}
        self.lines = [line for part in record.groupings for line in _lines(part, record.groupings)]
        self.lines_of: dict[Member, list[Line]] = defaultdict(list)
        for line in self.lines:
            for item in line.groups:
                self.lines_of[line.grouping, item.group].append(line)
            if line.total_of is not None:
                self.lines_of[line.total_of].append(line)

    def key(self, member: Member, kind: str) -> int:
        """Give the number under which a count stands in the sums."""
        return self.places[member] + KINDS[kind]

    def free(self, member: Member, kind: str) -> bool:
        """Tell whether hiding a group leaves doubt: whether its count could be another one."""
        counts = self.counts[member]
        if kind not in CELLS:
            return counts[kind] > 0
        low = max(0.0, counts["selected"] - counts["negatives"])
        return low < min(counts["positives"], counts["selected"])

    def rank(self, member: Member, *, joint: bool = False) -> tuple[bool, bool, int, str]:
        """Put first what is missed least: no reference, no group of a worst gap, few people."""
        name, group = member
        item = self.facts[member]
        return group in self.spared[name], joint and group in self.named[name], item.rows, item.name

    def sums(self, hidden: Hiding, joints: Hiding) -> tuple[Ends, list[Sum]]:
        """Write down the ends of every withheld count, and every sum of them that is published.

        Joint counts are among them where groups are named whose joint figures are hidden.
        """
        ends: Ends = {}
        sums: list[Sum] = []
        kinds = [kind for kind in MARGINS if kind in self.everybody]
        for member in _members(hidden):
            for kind in kinds:
                ends[self.key(member, kind)] = (1.0 if kind == "rows" else 0.0, self.everybody[kind])
            sums += self._halves(member)
        cells = [kind for kind in CELLS if kind in self.everybody] if joints else []
        for member in _members(joints) if cells else ():
            for kind in cells:
                ends[self.key(member, kind)] = (0.0, self.everybody[kind])
            sums += self._margins(member, whole=member[1] in hidden[member[0]])
        for line in self.lines:
            sums += self._line(line, hidden, kinds)
            sums += self._line(line, joints, cells)
        return ends, sums

    def _halves(self, member: Member) -> Iterator[Sum]:
        """Add up a group's rows: its positives and negatives, its selected and rejected."""
        counts = self.counts[member]
        for halves in _HALVES:
            if halves[0] in counts:
                parts = tuple(self.key(member, half) for half in halves)
                rest = sum(counts[half] for half in halves) - counts["rows"]
                yield Sum(parts, rest, self.key(member, "rows"), plain=True)

    def _margins(self, member: Member, *, whole: bool) -> Iterator[Sum]:
        """Add up a group's margins, each of two cells: known where the group is shown."""
        counts = self.counts[member]
        for margin, cells in _MADE_OF.items():
            parts = tuple(self.key(member, cell) for cell in cells)
            if whole:
                yield Sum(parts, 0.0, self.key(member, margin), plain=True)
            else:
                yield Sum(parts, counts[margin], plain=True)

    def _line(self, line: Line, gone: Hiding, kinds: list[str]) -> Iterator[Sum]:
        """Write down a line: the hidden groups in it are the total less the groups that are shown."""
        inside = [
            (line.grouping, item.group) for item in line.groups if item.group in gone.get(line.grouping, ())
        ]
        of = line.total_of
        total_hidden = of is not None and of[1] in gone.get(of[0], ())
        if not (inside or total_hidden):
            return
        for kind in kinds:
            parts = tuple(self.key(member, kind) for member in inside)
            left = sum(self.counts[member][kind] for member in inside)
            if total_hidden and of is not None:
                yield Sum(parts, left - self.counts[of][kind], self.key(of, kind))
            else:
                whole = sum(self.counts[line.grouping, item.group][kind] for item in line.groups)
                yield Sum(parts, left, plain=whole == 0)


def _members(hiding: Hiding) -> Iterator[Member]:
    return ((name, group) for name, groups in hiding.items() for group in groups)


def _counts(item: GroupFacts) -> dict[str, float]:
    """Count a group's rows, margins and cells, as far as labels and decisions are there.

    Under weights these are shares of its rows by weight: none and all mean the same.
    """
    found = {"rows": float(item.rows)}
    rates = item.rates
    if "true_positive_rate" in rates and "false_positive_rate" in rates:
        positive, negative = rates["true_positive_rate"], rates["false_positive_rate"]
        hits, alarms = _part(positive.value, positive.rows), _part(negative.value, negative.rows)
        cells = (hits, positive.rows - hits, alarms, negative.rows - alarms)
        found |= dict(zip(CELLS, cells, strict=True))
        return found | {margin: sum(found[cell] for cell in made) for margin, made in _MADE_OF.items()}
    for rate, (yes, no) in (("base_rate", _HALVES[0]), ("selection_rate", _HALVES[1])):
        if rate in rates:
            found[yes] = _part(rates[rate].value, rates[rate].rows)
            found[no] = rates[rate].rows - found[yes]
    return found


def _part(value: float, rows: int) -> float:
    return value * rows if rows else 0.0


def _named(part: GroupingFacts) -> set[Group | None]:
    """Give the groups that worst-of-several figures name."""
    return {group for d in part.disparities if d.against == "all_pairs" for group in (d.group, d.reference)}


def _lines(part: GroupingFacts, others: tuple[GroupingFacts, ...]) -> Iterator[Line]:
    yield Line(part.name, part.groups, None)
    for other in others:
        if set(other.attributes) < set(part.attributes):
            places = [part.attributes.index(name) for name in other.attributes]
            buckets: dict[Group, list[GroupFacts]] = defaultdict(list)
            for item in part.groups:
                buckets[tuple(item.group[place] for place in places)].append(item)
            for key, members in buckets.items():
                yield Line(part.name, tuple(members), (other.name, key))
