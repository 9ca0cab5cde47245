"""What every part of a grouping's section shares: its groups in order, their names, marks and anchors."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..audit.record import GroupFacts, GroupingFacts, Record, Verdict
from ..metrics.catalogue import CATALOGUE
from ..metrics.catalogue_more import MORE
from ..metrics.results import Disparity, Estimate, Group
from . import formats
from .formats import Kind, figure, kind_of
from .names import isolate, named
from .view_marks import mark
from .view_parts import Cell, Mark, Row
from .wording import say, say_many, series

TOP = 30
"""How many groups a picture shows; the tables hold the rest."""

LABEL = 27
"""How many letters of a name a picture shows."""

CHARTED = (
    "selection_rate",
    "base_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "accuracy",
    "mean_score",
)
"""The rates that have a picture."""

OPEN = ("selection_rate", "base_rate", "true_positive_rate", "false_positive_rate")
"""Those whose pictures stand unfolded."""


def name_of_group(record: Record, grouping: str, key: Group) -> str:
    """Give a group's name as the audit has it."""
    groups = (group for part in record.groupings if part.name == grouping for group in part.groups)
    return next((group.name for group in groups if group.group == key), " x ".join(map(str, key)))


@dataclass(frozen=True)
class Scope:
    """One grouping, and what its section must know of the record."""

    record: Record
    part: GroupingFacts
    hidden: frozenset[Group]
    id: str

    @property
    def name(self) -> str:
        """The grouping's name, ready for a sentence."""
        return isolate(self.part.name)

    @cached_property
    def ordered(self) -> tuple[GroupFacts, ...]:
        """All groups, the lowest selection rate first; small, undefined and withheld ones follow, in turn."""
        return tuple(sorted(self.part.groups, key=self._rank))

    @cached_property
    def shown(self) -> tuple[GroupFacts, ...]:
        """The groups whose figures are not withheld, in order."""
        return tuple(item for item in self.ordered if item.group not in self.hidden)

    @cached_property
    def names(self) -> dict[Group, str]:
        """The name of each group."""
        return {item.group: item.name for item in self.part.groups}

    def name_of(self, group: Group | None) -> str:
        """Name a group; a group that the grouping does not list is named by its levels."""
        if group is None:
            return say("grouping.everyone")
        return self.names.get(group) or " x ".join(map(str, group))

    def verdicts(self, metric: str) -> tuple[Verdict, ...]:
        """Give what the policy says of a metric here."""
        return tuple(
            item
            for item in self.record.verdicts
            if item.limit.metric == metric and item.limit.attribute == self.part.name
        )

    def _rank(self, item: GroupFacts) -> tuple[int, float, str]:
        if item.group in self.hidden:
            return (3, 0.0, item.name)
        estimate = item.rates.get("selection_rate")
        if estimate is None or not formats.defined(estimate):
            return (2, 0.0, item.name)
        return (int(item.below_minimum), estimate.value, item.name)


def worst_of(part: GroupingFacts) -> tuple[Disparity, ...]:
    """Give the worst-of-several figures of a grouping, in the order of the glossary."""
    order = list(CATALOGUE)
    found = [item for item in part.disparities if item.against == "all_pairs"]
    return tuple(sorted(found, key=lambda d: order.index(d.metric) if d.metric in CATALOGUE else len(order)))


def too_small(scope: Scope, item: GroupFacts, estimate: Estimate | None) -> bool:
    """Tell whether a figure, or with None any pictured figure of the group, rests on too few people."""
    if item.below_minimum:
        return True
    checked = [estimate] if estimate else [item.rates[name] for name in CHARTED if name in item.rates]
    return any(0 < one.rows < scope.record.min_group_size for one in checked)


def group_head(scope: Scope, item: GroupFacts) -> Cell:
    """Name a group at the head of its row, with its marks."""
    marks: list[Mark] = []
    if item.group in scope.hidden:
        marks.append(mark("withheld"))
    elif item.below_minimum:
        marks.append(mark("small"))
    if item.group == scope.part.reference:
        marks.append(mark("reference"))
    if item.missing:
        marks.append(mark("missing"))
    return named(item.name, marks=tuple(marks))


def gathered(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Put the rows of withheld groups last; where they are many, one row stands for them all."""
    every = tuple(rows)
    gone = [row for row in every if row.tone == "muted"]
    shown = tuple(row for row in every if row.tone != "muted")
    if len(gone) <= TOP:
        return (*shown, *gone)
    head = Cell(say_many("grouping.gone", len(gone)), marks=(mark("withheld"),))
    return (*shown, Row(head, gone[0].cells, "muted"))


def axis_from_zero(highs: list[float], kind: Kind) -> tuple[float, float]:
    """Start the axis at zero and end it at the next round number."""
    known = [value for value in highs if math.isfinite(value)]
    step = {"rate": 0.1, "points": 0.05, "ratio": 0.25, "score": 0.1}[kind]
    top = max(1, math.ceil(max(known, default=step) / step - 1e-9)) * step
    if kind == "rate":
        top = min(top, 1.0)
    if kind == "ratio":
        top = max(1.0, min(top, 3.0))
    scale = 100 if kind in ("rate", "points") else 1
    return (0.0, round(top * scale, 6))


def glossary_id(metric: str) -> str:
    """Give the anchor of a metric's entry in the glossary, empty where it has none."""
    return f"term-{metric.replace('_', '-')}" if metric in CATALOGUE or metric in MORE else ""


def limit_text(verdict: Verdict) -> str:
    """Write a limit's ends."""
    limit, kind = verdict.limit, kind_of(verdict.limit.metric)
    ends = []
    if limit.min is not None:
        ends.append(say("cell.at_least", limit=figure(limit.min, kind)))
    if limit.max is not None:
        ends.append(say("cell.at_most", limit=figure(limit.max, kind)))
    return series(ends)
