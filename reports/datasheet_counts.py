"""Which of the facts' group counts the page shows: the tables' counts handed to the rule of withholding."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .datasheet_withhold import Count, shown_counts

Facts = dict[str, Any]
SIDES = 3
"""Positives, negatives, rows without a label."""


@dataclass(frozen=True)
class Shown:
    """What may be shown; every question is about the counts themselves and all that is made of them."""

    keys: frozenset[Hashable]

    def size(self, attributes: Sequence[str], levels: Sequence[Any]) -> bool:
        """Tell whether a group's number of rows may be shown."""
        return ("n", tuple(attributes), tuple(levels)) in self.keys

    def rate(self, attributes: Sequence[str], levels: Sequence[Any]) -> bool:
        """Tell whether a group's label rate may be shown."""
        keys = (("y", tuple(attributes), tuple(levels)), ("l", tuple(attributes), tuple(levels)))
        return self.size(attributes, levels) and self.keys.issuperset(keys)

    def missing(self, attribute: str, column: str, level: Any) -> bool:
        """Tell whether a column's missing values in a group may be shown."""
        return ("m", attribute, column, level) in self.keys


def choose(facts: Facts) -> Shown:
    """Choose what the page shows of the groups.

    ``facts`` may hold, as ``told``, what a report on the same rows shows (see ``audit.told``).
    """
    if facts["joint"] is not None:
        sizes = shown_counts(_joint_counts(facts), facts["privacy_minimum"])
    else:
        sizes = frozenset().union(*(_alone(facts, grouping) for grouping in facts["groupings"]))
    return Shown(sizes | _missing(facts, sizes))


def tables(facts: Facts) -> list[tuple[str, ...]]:
    """Name the tables of groups on the page: attributes, intersections, splits, splits by attribute."""
    drawn = [tuple(grouping["attributes"]) for grouping in facts["groupings"]]
    if facts["splits"] is not None and facts["joint"] is not None:
        split = facts["splits"]["column"]
        drawn += [(split,), *((name, split) for name in facts["sensitive"] if name != split)]
    return list(dict.fromkeys(drawn))


def _joint_counts(facts: Facts) -> dict[Hashable, Count]:
    names, cells = facts["joint"]["attributes"], facts["joint"]["cells"]
    counts = _totals(cells)
    for attributes in tables(facts):
        places = [names.index(name) for name in attributes]
        members: dict[tuple[Any, ...], list[int]] = {}
        for at, (levels, _) in enumerate(cells):
            members.setdefault(tuple(levels[place] for place in places), []).append(at)
        for key, where in members.items():
            counts |= _group_counts(cells, attributes, key, where, facts)
    return counts | _told(facts, names, cells)


def _totals(cells: Any) -> dict[Hashable, Count]:
    every = range(len(cells))
    return {
        "all": _count(cells, every, range(SIDES), total=True),
        "label": _count(cells, every, (0,), total=True),
        "labelled": _count(cells, every, (0, 1), total=True),
    }


def _told(facts: Facts, names: Sequence[str], cells: Any) -> dict[Hashable, Count]:
    """Add what a report on the same rows shows: the datasheet's readers know it."""
    found: dict[Hashable, Count] = {}
    for place, item in enumerate(facts.get("told", ())):
        if not set(item["levels"]) <= set(names):
            continue
        where = [
            at for at, (levels, _) in enumerate(cells) if _is_of(dict(zip(names, levels, strict=True)), item)
        ]
        for key, sides in (("rows", range(SIDES)), ("positives", (0,))):
            count = _count(cells, where, sides, total=True)
            # Figures that are not of these rows tell nothing of them.
            if item[key] == count.value:
                found["told", key, place] = count
    return found


def _is_of(levels: dict[str, Any], item: dict[str, Any]) -> bool:
    return all(str(levels[name]) == str(level) for name, level in item["levels"].items())


def _count(cells: Any, where: Iterable[int], sides: Iterable[int], *, total: bool = False) -> Count:
    """Sum some sides of some cells: positives, negatives, and rows without a label."""
    places = [(at, side) for at in where for side in sides]
    value = sum(_side(cells[at][1], side) for at, side in places)
    return Count(value, frozenset(SIDES * at + side for at, side in places), total)


def _side(cell: Sequence[int], side: int) -> int:
    """Give a side of a cell; records of earlier releases tell no rows without a label from negatives."""
    return cell[side] if side < len(cell) else 0


def _group_counts(
    cells: Any, attributes: tuple[str, ...], levels: tuple[Any, ...], where: Sequence[int], facts: Facts
) -> dict[Hashable, Count]:
    """Count a group, its positives and its labels; and what must stay hidden: few of the others."""
    minimum, labels = facts["privacy_minimum"], facts["label"]["overall"]["positives"] is not None
    key = (attributes, levels)
    counts: dict[Hashable, Count] = {("n", *key): replace(_count(cells, where, range(SIDES)), named=True)}
    if not labels:
        return counts
    others, unlabelled = _count(cells, where, (1,)), _count(cells, where, (2,))
    counts["y", *key] = _count(cells, where, (0,))
    counts["l", *key] = _count(cells, where, (0, 1))
    if others.value < minimum:
        counts["o", *key] = others
    if 0 < unlabelled.value < minimum:
        counts["u", *key] = unlabelled
    return counts


def _alone(facts: Facts, grouping: dict[str, Any]) -> frozenset[Hashable]:
    """Choose for one grouping by itself, where the joint counts are too many to be looked at."""
    attributes, minimum = tuple(grouping["attributes"]), facts["privacy_minimum"]
    cells = [(group["levels"], _parts(group["label"])) for group in grouping["groups"]]
    counts = _totals(cells) | _told(facts, attributes, cells)
    for at, (levels, _) in enumerate(cells):
        counts |= _group_counts(cells, attributes, tuple(levels), [at], facts)
    counts |= {key: replace(counts[key], secret=True) for key in _few_left(facts, attributes, counts)}
    if len(attributes) == 1:
        return shown_counts(counts, minimum)
    few = {
        key[0] for key, it in counts.items() if isinstance(key, tuple) and (it.value < minimum or it.secret)
    }
    if "n" in few:
        return frozenset()
    return frozenset(key for key in counts if isinstance(key, tuple) and (key[0] == "n" or not few))


def _parts(label: dict[str, Any]) -> tuple[int, int, int]:
    positives = label["positives"] or 0
    return positives, label["labelled"] - positives, label["rows"] - label["labelled"]


def _few_left(facts: Facts, attributes: tuple[str, ...], counts: dict[Hashable, Count]) -> Iterator[Hashable]:
    """Name the sizes that, less those of the audited rows alone, would tell of few people."""
    sizes = {tuple(map(str, key[2])): key for key in counts if isinstance(key, tuple) and key[0] == "n"}
    for item in facts.get("told", ()):
        if set(attributes) < set(item["levels"]):
            key = sizes.get(tuple(str(item["levels"][name]) for name in attributes))
            if key is not None and 0 < counts[key].value - item["rows"] < facts["privacy_minimum"]:
                yield key


def _missing(facts: Facts, sizes: frozenset[Hashable]) -> frozenset[Hashable]:
    """Choose the missing values by group, for each column and attribute by itself."""
    chosen: set[Hashable] = set()
    minimum = facts["privacy_minimum"]
    for item in facts["missing"]:
        column, attribute = item["column"], item["attribute"]
        label = attribute == facts["label"]["target"]
        counts: dict[Hashable, Count] = {}
        for at, (level, rows, missing) in enumerate(item["cells"]):
            both, gone, held = frozenset({2 * at, 2 * at + 1}), frozenset({2 * at}), frozenset({2 * at + 1})
            if rows < minimum or label or ("n", (attribute,), (level,)) in sizes:
                counts["n", level] = Count(rows, both, label and rows >= minimum)
            counts["m", attribute, column, level] = Count(missing, gone, missing == 0)
            if rows - missing < minimum:
                counts["held", level] = Count(rows - missing, held)
        cells = range(len(item["cells"]))
        counts["all"] = Count(
            sum(rows for _, rows, _ in item["cells"]), frozenset(range(2 * len(cells))), total=True
        )
        gone_in_all = sum(missing for _, _, missing in item["cells"])
        counts["gone"] = Count(gone_in_all, frozenset(2 * at for at in cells), total=True)
        found = shown_counts(counts, minimum)
        chosen |= {
            key for key in found if isinstance(key, tuple) and key[0] == "m" and ("n", key[3]) in found
        }
    return frozenset(chosen)
