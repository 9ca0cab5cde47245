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

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

from ..metrics.results import Group
from .published_sums import CELLS, KINDS, MARGINS, Book, Hiding, Line, Member
from .record import GroupFacts, Record
from .subtraction import known_counts

Closed = dict[str, frozenset[Group]]

ROUNDS = 8
"""After so many rounds everything in a grouping is hidden; a few are the rule."""


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
    book, hidden = Book(source.record), {name: set(groups) for name, groups in begun}
    _complete(book, hidden)
    for extra in _rounds(book, hidden, hidden, ()):
        _hide(hidden, extra)
        _complete(book, hidden)
    return dict(_frozen(hidden))


@lru_cache(maxsize=16)
def _closed_joints(source: _Source, whole: _Frozen, begun: _Frozen) -> Closed:
    book, hidden = Book(source.record), {name: set(groups) for name, groups in whole}
    joints = {name: set(groups) for name, groups in begun}
    for extra in _rounds(book, hidden, joints, CELLS):
        _hide(joints, extra)
    return dict(_frozen(joints))


def _rounds(book: Book, hidden: Hiding, joints: Hiding, cells: tuple[str, ...]) -> Iterator[set[Member]]:
    """Give what to hide next, until nothing is; where that takes long, all of the groupings concerned."""
    done = 0
    while extra := _givers(book, hidden, joints, cells):
        done += 1
        names = {name for name, _ in extra} if done > ROUNDS else set()
        yield extra | {member for member in book.facts if member[0] in names}


def _hide(hiding: Hiding, extra: set[Member]) -> None:
    for name, group in extra:
        hiding[name].add(group)


def _complete(book: Book, hidden: Hiding) -> None:
    """Hide the smallest groups of every line until those hidden are several and enough people."""
    while sum([_completed(book, line, hidden) for line in book.lines]):
        pass


def _completed(book: Book, line: Line, hidden: Hiding) -> bool:
    gone = hidden[line.grouping]
    inside = [item for item in line.groups if item.group in gone]
    left = [item for item in line.groups if item.group not in gone]
    left.sort(key=lambda item: book.rank((line.grouping, item.group)), reverse=True)
    total_hidden = line.total_of is not None and line.total_of[1] in hidden[line.total_of[0]]
    before = len(inside)
    while left and not _safe(inside, book.minimum, total_hidden=total_hidden):
        inside.append(left.pop())
        gone.add(inside[-1].group)
    return len(inside) > before


def _safe(inside: list[GroupFacts], minimum: int, *, total_hidden: bool) -> bool:
    """Tell whether the hidden groups of a line keep each other hidden."""
    if total_hidden:
        return bool(inside)
    return not inside or (len(inside) > 1 and sum(item.rows for item in inside) >= minimum)


def _givers(book: Book, hidden: Hiding, joints: Hiding, cells: tuple[str, ...]) -> set[Member]:
    """Name groups to hide next, each in a sum with a count that is known though it is withheld."""
    ends, sums = book.sums(hidden, joints if cells else {})
    plain = [item for item in sums if item.plain]
    for together in (False, True):
        told = known_counts(ends, sums, together=together)
        told -= known_counts(ends, plain, told)
        if found := _chosen(book, told, joints if cells else hidden, cells or MARGINS):
            return found
    return set()


def _chosen(book: Book, told: set[int], target: Hiding, wanted: tuple[str, ...]) -> set[Member]:
    """Choose what to hide for the counts that are told: of the coarsest groups first."""
    kinds = list(KINDS)
    secret = {
        book.members[key // len(kinds)]: kind
        for key in sorted(told)
        if (kind := kinds[key % len(kinds)]) in wanted
    }
    chooser = _Chooser(book, target)
    # What hides a coarse group may do for the finer ones too.
    for width in sorted({len(group) for _, group in secret}):
        found = {chooser.near(one, kind) for one, kind in secret.items() if len(one[1]) == width} - {None}
        if found:
            return {one for one in found if one is not None}
    return set()


class _Chooser:
    """Chooses what to hide next: the group that costs the reader least."""

    def __init__(self, book: Book, target: Hiding) -> None:
        self.book, self.target = book, target
        self.best: dict[tuple[int, str], Member | None] = {}
        self.inside = {
            id(line): sum(item.group in target[line.grouping] for item in line.groups) for line in book.lines
        }

    def near(self, member: Member, kind: str) -> Member | None:
        """Choose among the groups that share a line with one; else among the totals of its lines."""
        lines = self.book.lines_of[member]
        best = [one for line in lines if (one := self._in(line, kind)) is not None]
        totals = [line.total_of for line in lines if line.total_of is not None]
        able = best or [one for one in totals if one[1] not in self.target[one[0]]]
        return min(able, key=lambda one: self._cost(one, kind), default=None)

    def _in(self, line: Line, kind: str) -> Member | None:
        key = (id(line), kind)
        if key not in self.best:
            gone = self.target[line.grouping]
            able = [(line.grouping, item.group) for item in line.groups if item.group not in gone]
            self.best[key] = min(able, key=lambda one: self._cost(one, kind), default=None)
        return self.best[key]

    def _cost(self, member: Member, kind: str) -> tuple[object, ...]:
        """Prefer a group that is not alone in another line, for there it would follow itself."""
        alone = sum(not self._kept(line) for line in self.book.lines_of[member])
        return not self.book.free(member, kind), alone, *self.book.rank(member, joint=kind in CELLS)

    def _kept(self, line: Line) -> bool:
        of = line.total_of
        return self.inside[id(line)] > 0 or (of is not None and of[1] in self.target[of[0]])
