"""Slices that a page may show: none that speaks of few people, by itself or by what subtraction leaves.

A slice is any set of conditions, so the people left when it is taken out of everybody, of a group or of a
wider slice are a slice too, and must be enough people or nobody; so must those whom several slices leave
together. A slice that is a withheld group, a part of one, or several groups of which one is withheld, is
withheld with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..metrics.results import Estimate, Group, Level
from .privacy import Hidden, is_joint
from .record import Record, SliceFacts, SliceRow

_Conditions = frozenset[tuple[str, Level]]
_Sizes = dict[str, int]
_ROWS = "rows"
"""Stands beside the names of rates: the people of a slice, whatever is said of them."""


def masked_slices(record: Record, hidden: Hidden, joints: Hidden) -> tuple[SliceFacts, ...]:
    """Mark the slices that are withheld.

    Parameters
    ----------
    record : Record
        With every figure of its groups.
    hidden, joints : mapping of str to frozenset of tuple
        The groups that are withheld whole, and those whose joint figures are.

    Returns
    -------
    tuple of SliceFacts
    """
    shown = _Shown(record, hidden, joints)
    made = []
    for item in record.slices:
        told = {row.name for row in sorted(item.slices, key=_widest) if shown.takes(item.metric, row)}
        rows = (row.model_copy(update={"withheld": row.name not in told}) for row in item.slices)
        made.append(item.model_copy(update={"slices": tuple(rows)}))
    return tuple(made)


def _widest(row: SliceRow) -> tuple[int, int, str]:
    return len(row.conditions), -row.rows, row.name


def _conditions(attributes: tuple[str, ...], group: Group) -> _Conditions:
    return frozenset(zip(attributes, group, strict=True))


class _Shown:
    """What a reader knows the sizes of: everybody, groups, levels of control columns, slices."""

    def __init__(self, record: Record, hidden: Hidden, joints: Hidden) -> None:
        self.minimum = record.privacy_minimum
        self.known: dict[_Conditions, _Sizes] = {
            frozenset(): _sizes(record.overall.rows, record.overall.rates)
        }
        self.gone = {joint: set(_spelled(record, gone)) for joint, gone in ((False, hidden), (True, joints))}
        for part in record.groupings:
            for item in part.groups:
                if item.group not in hidden[part.name]:
                    self.known[_conditions(part.attributes, item.group)] = _sizes(item.rows, item.rates)
        self.groups = frozenset(self.known)
        for control in record.conditional:
            for level in control.strata:
                self.known.setdefault(frozenset({(control.control, level.level)}), {_ROWS: level.rows})

    def takes(self, metric: str, row: SliceRow) -> bool:
        """Tell whether a slice may be shown; it is known then."""
        own = frozenset(row.conditions)
        sizes = {_ROWS: row.rows, metric: row.rate.rows}
        few = row.withheld or any(self._few(size) for size in (*sizes.values(), row.rest.rows))
        if few or self._overlaps(own, joint=is_joint(metric)) or self._leaves_few(own, sizes):
            return False
        self.known[own] = {**self.known.get(own, {}), **sizes}
        return True

    def _few(self, people: int) -> bool:
        return 0 < people < self.minimum

    def _overlaps(self, own: _Conditions, *, joint: bool) -> bool:
        """Tell whether a slice is a withheld group, a part of one, or several groups with one among them."""
        gone = self.gone[joint]
        return any(own >= group or (own < group and own not in self.groups) for group in gone)

    def _leaves_few(self, own: _Conditions, sizes: _Sizes) -> bool:
        return any(
            self._few(known[name] - size)
            for wider, known in self.known.items()
            if wider < own
            for name, size in sizes.items()
            if name in known
        ) or any(
            self._few(rest - size)
            for column, level in own
            for name, size in sizes.items()
            if (rest := self._rest(own, column, level, name)) is not None
        )

    def _rest(self, own: _Conditions, column: str, level: Level, name: str) -> int | None:
        """Count the people of the next wider slice outside the slices that are shown beside this one."""
        wider = own - {(column, level)}
        if name not in self.known.get(wider, {}):
            return None
        beside = (
            known[name]
            for other, known in self.known.items()
            if name in known and other != own and len(other) == len(own) and wider < other
            and next(iter(other - wider))[0] == column
        )  # fmt: skip
        return self.known[wider][name] - sum(beside)


def _sizes(rows: int, rates: dict[str, Estimate]) -> _Sizes:
    return {_ROWS: rows, **{name: rate.rows for name, rate in rates.items()}}


def _spelled(record: Record, gone: Hidden) -> Iterator[_Conditions]:
    return (_conditions(part.attributes, group) for part in record.groupings for group in gone[part.name])
