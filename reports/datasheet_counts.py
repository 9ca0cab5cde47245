"""Which of the facts' group counts the page shows: the tables' counts handed to the rule of withholding."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from .datasheet_withhold import Count, shown_counts

Facts = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """What may be shown; every question is about the counts themselves and all that is made of them."""

    keys: frozenset[Hashable]

    def size(self, attributes: Sequence[str], levels: Sequence[Any]) -> bool:
        """Tell whether a group's number of rows may be shown."""
        return ("n", tuple(attributes), tuple(levels)) in self.keys

    def rate(self, attributes: Sequence[str], levels: Sequence[Any]) -> bool:
        """Tell whether a group's label rate may be shown."""
        return self.size(attributes, levels) and ("y", tuple(attributes), tuple(levels)) in self.keys

    def missing(self, attribute: str, column: str, level: Any) -> bool:
        """Tell whether a column's missing values in a group may be shown."""
        return ("m", attribute, column, level) in self.keys


def choose(facts: Facts) -> Shown:
    """Choose what the page shows of the groups."""
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
    counts: dict[Hashable, Count] = {
        "all": _count(cells, range(len(cells)), (0, 1), total=True),
        "label": _count(cells, range(len(cells)), (0,), total=True),
    }
    for attributes in tables(facts):
        places = [names.index(name) for name in attributes]
        members: dict[tuple[Any, ...], list[int]] = {}
        for at, (levels, _) in enumerate(cells):
            members.setdefault(tuple(levels[place] for place in places), []).append(at)
        for key, where in members.items():
            counts |= _group_counts(cells, attributes, key, where, facts)
    return counts


def _count(cells: Any, where: Any, sides: tuple[int, ...], *, total: bool = False) -> Count:
    value = sum(cells[at][1][side] for at in where for side in sides)
    return Count(value, frozenset(2 * at + side for at in where for side in sides), total)


def _group_counts(
    cells: Any, attributes: tuple[str, ...], levels: tuple[Any, ...], where: Sequence[int], facts: Facts
) -> dict[Hashable, Count]:
    """Count a group and its positives; its other rows too where they are few and so must stay hidden."""
    minimum, labels = facts["privacy_minimum"], facts["label"]["overall"]["positives"] is not None
    others = _count(cells, where, (1,))
    counts: dict[Hashable, Count] = {("n", attributes, levels): _count(cells, where, (0, 1))}
    if not labels:
        return counts
    counts["y", attributes, levels] = _count(cells, where, (0,))
    return counts | ({("o", attributes, levels): others} if others.value < minimum else {})


def _alone(facts: Facts, grouping: dict[str, Any]) -> frozenset[Hashable]:
    """Choose for one grouping by itself, where the joint counts are too many to be looked at."""
    attributes, minimum = tuple(grouping["attributes"]), facts["privacy_minimum"]
    sizes = [(group["label"]["rows"], group["label"]["positives"] or 0) for group in grouping["groups"]]
    levels_ = [group["levels"] for group in grouping["groups"]]
    cells = [(names, (yes, rows - yes)) for names, (rows, yes) in zip(levels_, sizes, strict=True)]
    counts: dict[Hashable, Count] = {
        "all": _count(cells, range(len(cells)), (0, 1), total=True),
        "label": _count(cells, range(len(cells)), (0,), total=True),
    }
    for at, (levels, _) in enumerate(cells):
        counts |= _group_counts(cells, attributes, tuple(levels), [at], facts)
    if len(attributes) == 1:
        return shown_counts(counts, minimum)
    few = {key[0] for key, count in counts.items() if isinstance(key, tuple) and count.value < minimum}
    if "n" in few:
        return frozenset()
    return frozenset(key for key in counts if isinstance(key, tuple) and (key[0] == "n" or not few))


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
