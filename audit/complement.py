"""Which further groups are withheld, so that subtraction brings back nothing of those that must be.

Where only one group of a published total is hidden, or all hidden ones together are under the minimum,
subtraction would give it away: the smallest remaining group is hidden too, in every table whose margins are
on the page. Then the reader's sums are written down (every total, less the groups that are shown, and what
the margins say of the joint counts), and as long as they leave a withheld count a single value
(:mod:`.subtraction`), one more group is hidden that shares a sum with it.

What follows from a total by itself (where nobody at all was selected, nobody of a withheld group was) is told
by that total, and no group is hidden for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..metrics.results import Group
from .record import GroupFacts, GroupingFacts, Record
from .subtraction import Sum, known_counts

Hiding = dict[str, set[Group]]
Closed = dict[str, frozenset[Group]]
Ends = dict[int, tuple[float, float]]
_Member = tuple[str, Group]

CELLS = ("true_positives", "false_negatives", "false_positives", "true_negatives")
MARGINS = ("rows", "positives", "negatives", "selected", "rejected")
_KINDS = {kind: place for place, kind in enumerate((*MARGINS, *CELLS))}
ROUNDS = 8
"""After so many rounds everything in a grouping is hidden; a few are the rule."""
_HALVES = (("positives", "negatives"), ("selected", "rejected"))
_MADE_OF = {
    "positives": ("true_positives", "false_negatives"),
    "negatives": ("false_positives", "true_negatives"),
    "selected": ("true_positives", "false_positives"),
    "rejected": ("false_negatives", "true_negatives"),
}
"""Which cells each margin is the sum of."""


def closed_groups(record: Record, hidden: Hiding) -> Closed:
    """Hide further groups until nothing of a hidden one follows from what is shown.

    Parameters
    ----------
    record : Record
        With every figure.
    hidden : dict of str to set of tuple
        By grouping, the groups that must be hidden.
    """
    return _closed_groups(_Source(record), _frozen(hidden))


def closed_joints(record: Record, hidden: Mapping[str, frozenset[Group]], joints: Hiding) -> Closed:
    """Hide the joint figures of further groups until no withheld one follows from what is shown.

    Parameters
    ----------
    record : Record
        With every figure.
    hidden : mapping of str to frozenset of tuple
        By grouping, the groups that are hidden whole.
    joints : dict of str to set of tuple
        By grouping, the groups whose joint figures must be hidden, those hidden whole among them.
    """
    return _closed_joints(_Source(record), _frozen(hidden), _frozen(joints))


_Frozen = tuple[tuple[str, frozenset[Group]], ...]


def _frozen(hiding: Mapping[str, Collection[Group]]) -> _Frozen:
    return tuple((name, frozenset(groups)) for name, groups in hiding.items())


class _Source:
    """A record as far as its groups go: every part of a page asks again what is hidden of the same groups."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def __hash__(self) -> int:
        return id(self.record.groupings)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Source):
            return NotImplemented
        mine, its = self.record, other.record
        same = mine.groupings is its.groupings and mine.overall is its.overall
        return same and mine.privacy_minimum == its.privacy_minimum


@lru_cache(maxsize=16)
def _closed_groups(source: _Source, begun: _Frozen) -> Closed:
    book, hidden = _Book(source.record), {name: set(groups) for name, groups in begun}
    book.complete(hidden)
    for extra in _rounds(book, hidden, hidden, ()):
        _hide(hidden, extra)
        book.complete(hidden)
    return dict(_frozen(hidden))


@lru_cache(maxsize=16)
def _closed_joints(source: _Source, whole: _Frozen, begun: _Frozen) -> Closed:
    book, hidden = _Book(source.record), {name: set(groups) for name, groups in whole}
    joints = {name: set(groups) for name, groups in begun}
    for extra in _rounds(book, hidden, joints, CELLS):
        _hide(joints, extra)
    return dict(_frozen(joints))


def _rounds(book: _Book, hidden: Hiding, joints: Hiding, cells: tuple[str, ...]) -> Iterator[set[_Member]]:
    """Give what to hide next, until nothing is; where that takes long, all of the groupings concerned."""
    done = 0
    while extra := book.givers(hidden, joints, cells):
        done += 1
        names = {name for name, _ in extra} if done > ROUNDS else set()
        yield extra | {member for member in book.facts if member[0] in names}


def _hide(hiding: Hiding, extra: set[_Member]) -> None:
    for name, group in extra:
        hiding[name].add(group)


@dataclass(frozen=True)
class _Line:
    """The groups of one grouping that add up to one group of a coarser grouping, or to everybody."""

    grouping: str
    groups: tuple[GroupFacts, ...]
    total_of: _Member | None


class _Book:
    """The counts of every group, and the lines in which they add up."""

    def __init__(self, record: Record) -> None:
        self.counts: dict[_Member, dict[str, float]] = {
            (part.name, item.group): _counts(item) for part in record.groupings for item in part.groups
        }
        self.members = list(self.counts)
        self.places = {member: place * len(_KINDS) for place, member in enumerate(self.members)}
        self.minimum = record.privacy_minimum
        self.everybody = _counts(record.overall)
        self.spared = {part.name: {part.reference} for part in record.groupings}
        self.named = {part.name: _named(part) for part in record.groupings}
        self.facts = {(part.name, item.group): item for part in record.groupings for item in part.groups}
        self.lines = [line for part in record.groupings for line in _lines(part, record.groupings)]
        self.lines_of: dict[_Member, list[_Line]] = defaultdict(list)
        for line in self.lines:
            for item in line.groups:
                self.lines_of[line.grouping, item.group].append(line)
            if line.total_of is not None:
                self.lines_of[line.total_of].append(line)

    def complete(self, hidden: Hiding) -> None:
        """Hide the smallest groups of every line until those hidden are several and enough people."""
        while sum([self._completed(line, hidden) for line in self.lines]):
            pass

    def _completed(self, line: _Line, hidden: Hiding) -> bool:
        gone = hidden[line.grouping]
        inside = [item for item in line.groups if item.group in gone]
        left = [item for item in line.groups if item.group not in gone]
        left.sort(key=lambda item: self.rank((line.grouping, item.group)), reverse=True)
        total_hidden = line.total_of is not None and line.total_of[1] in hidden[line.total_of[0]]
        before = len(inside)
        while left and not self._safe(inside, total_hidden=total_hidden):
            inside.append(left.pop())
            gone.add(inside[-1].group)
        return len(inside) > before

    def _safe(self, inside: list[GroupFacts], *, total_hidden: bool) -> bool:
        """Tell whether the hidden groups of a line keep each other hidden."""
        if total_hidden:
            return bool(inside)
        return not inside or (len(inside) > 1 and sum(item.rows for item in inside) >= self.minimum)

    def givers(self, hidden: Hiding, joints: Hiding, cells: tuple[str, ...]) -> set[_Member]:
        """Name groups to hide next, each in a sum with a count that is known though it is withheld."""
        ends, sums = self._sums(hidden, joints if cells else {})
        plain = [item for item in sums if item.plain]
        for together in (False, True):
            told = known_counts(ends, sums, together=together)
            told -= known_counts(ends, plain, told)
            if found := self._chosen(told, joints if cells else hidden, cells or MARGINS):
                return found
        return set()

    def _chosen(self, told: set[int], target: Hiding, wanted: tuple[str, ...]) -> set[_Member]:
        """Choose what to hide for the counts that are told: of the coarsest groups first."""
        kinds = list(_KINDS)
        secret = {
            self.members[key // len(kinds)]: kind
            for key in sorted(told)
            if (kind := kinds[key % len(kinds)]) in wanted
        }
        chooser = _Chooser(self, target)
        # What hides a coarse group may do for the finer ones too.
        for width in sorted({len(group) for _, group in secret}):
            found = {chooser.near(one, kind) for one, kind in secret.items() if len(one[1]) == width} - {None}
            if found:
                return {one for one in found if one is not None}
        return set()

    def key(self, member: _Member, kind: str) -> int:
        """Give the number under which a count stands in the sums."""
        return self.places[member] + _KINDS[kind]

    def free(self, member: _Member, kind: str) -> bool:
        """Tell whether hiding a group leaves doubt: whether its count could be another one."""
        counts = self.counts[member]
        if kind not in CELLS:
            return counts[kind] > 0
        low = max(0.0, counts["selected"] - counts["negatives"])
        return low < min(counts["positives"], counts["selected"])

    def rank(self, member: _Member, *, joint: bool = False) -> tuple[bool, bool, int, str]:
        """Put first what is missed least: no reference, no group of a worst gap, few people."""
        name, group = member
        item = self.facts[member]
        return group in self.spared[name], joint and group in self.named[name], item.rows, item.name

    def _sums(self, hidden: Hiding, joints: Hiding) -> tuple[Ends, list[Sum]]:
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

    def _halves(self, member: _Member) -> Iterator[Sum]:
        """Add up a group's rows: its positives and negatives, its selected and rejected."""
        counts = self.counts[member]
        for halves in _HALVES:
            if halves[0] in counts:
                parts = tuple(self.key(member, half) for half in halves)
                rest = sum(counts[half] for half in halves) - counts["rows"]
                yield Sum(parts, rest, self.key(member, "rows"), plain=True)

    def _margins(self, member: _Member, *, whole: bool) -> Iterator[Sum]:
        """Add up a group's margins, each of two cells: known where the group is shown."""
        counts = self.counts[member]
        for margin, cells in _MADE_OF.items():
            parts = tuple(self.key(member, cell) for cell in cells)
            if whole:
                yield Sum(parts, 0.0, self.key(member, margin), plain=True)
            else:
                yield Sum(parts, counts[margin], plain=True)

    def _line(self, line: _Line, gone: Hiding, kinds: list[str]) -> Iterator[Sum]:
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


class _Chooser:
    """Chooses what to hide next: the group that costs the reader least."""

    def __init__(self, book: _Book, target: Hiding) -> None:
        self.book, self.target = book, target
        self.best: dict[tuple[int, str], _Member | None] = {}
        self.inside = {
            id(line): sum(item.group in target[line.grouping] for item in line.groups) for line in book.lines
        }

    def near(self, member: _Member, kind: str) -> _Member | None:
        """Choose among the groups that share a line with one; else among the totals of its lines."""
        lines = self.book.lines_of[member]
        best = [one for line in lines if (one := self._in(line, kind)) is not None]
        totals = [line.total_of for line in lines if line.total_of is not None]
        able = best or [one for one in totals if one[1] not in self.target[one[0]]]
        return min(able, key=lambda one: self._cost(one, kind), default=None)

    def _in(self, line: _Line, kind: str) -> _Member | None:
        key = (id(line), kind)
        if key not in self.best:
            gone = self.target[line.grouping]
            able = [(line.grouping, item.group) for item in line.groups if item.group not in gone]
            self.best[key] = min(able, key=lambda one: self._cost(one, kind), default=None)
        return self.best[key]

    def _cost(self, member: _Member, kind: str) -> tuple[object, ...]:
        """Prefer a group that is not alone in another line, for there it would follow itself."""
        alone = sum(not self._kept(line) for line in self.book.lines_of[member])
        return not self.book.free(member, kind), alone, *self.book.rank(member, joint=kind in CELLS)

    def _kept(self, line: _Line) -> bool:
        of = line.total_of
        return self.inside[id(line)] > 0 or (of is not None and of[1] in self.target[of[0]])


def _members(hiding: Hiding) -> Iterator[_Member]:
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
