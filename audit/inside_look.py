"""What is looked at in a network: which rows, layers and groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Reason
from .explain.neural.inputs import Inputs, inputs_of
from .explain.neural.layers import MOST_UNITS, Layer, Network
from .explain.neural.subject import Concept, Found, Rows, concepts_of, rows_of, sample
from .explaining import Subject
from .record import Absent, GroupingFacts

PART = "inside of the network"


@dataclass(frozen=True)
class Look:
    """Everything that the parts are made of.

    Parameters
    ----------
    found : Found
        The network within the model.
    rows : Rows
        Those looked at, in two halves, with the groups that are large enough in each.
    layers : tuple of Layer
    inputs : Inputs
    subject : Subject
    minimum : int
        Rows that a group needs.
    least : int
        The privacy minimum.
    """

    found: Found
    rows: Rows
    layers: tuple[Layer, ...]
    inputs: Inputs
    subject: Subject
    minimum: int
    least: int

    @property
    def network(self) -> Network:
        """The network itself."""
        return self.found.network


def prepared(
    found: Found, frame: Any, subject: Subject, groupings: Sequence[GroupingFacts], least: tuple[int, int]
) -> tuple[Look | None, tuple[Absent, ...]]:
    """Choose rows, layers and groups; None with the reason where nothing can be looked at.

    ``least`` holds the rows that a group needs, and the privacy minimum.
    """
    minimum, privacy = least
    chosen, first = sample(len(frame), subject.seed)
    rows = frame.iloc[chosen]
    tensor = found.to_tensor(rows)
    every = found.network.layers(tensor[:2])
    layers = tuple(layer for layer in every if layer.width <= MOST_UNITS)
    absent = tuple(
        Absent(
            part=f"layer {layer.name} of the network",
            reason=f"it has {layer.width} units, more than {MOST_UNITS}",
        )
        for layer in every
        if layer not in layers
    )
    if not layers:
        reason = "it has no hidden layer that can be looked at: its inputs lead to its score directly"
        return None, (*absent, Absent(part=PART, reason=reason))
    concepts = tuple(_concepts(subject, groupings, chosen, first, minimum))
    if not concepts:
        return None, (*absent, Absent(part=PART, reason=Reason.BELOW_MINIMUM.sentence))
    looked = rows_of(tensor, subject.labels[chosen], concepts, first, found.network.module)
    inputs = inputs_of(rows, found.to_tensor, plain=found.plain and tensor.ndim == 2, least=privacy)
    return Look(found, looked, layers, inputs, subject, minimum, privacy), absent


def _concepts(
    subject: Subject, groupings: Sequence[GroupingFacts], chosen: Any, first: Any, minimum: int
) -> Iterator[Concept]:
    for grouping in groupings:
        if len(grouping.attributes) != 1:
            continue
        column = subject.attributes[grouping.attributes[0]]
        allowed = [
            (column.levels.index(group.group[0]), group.group[0], group.name)
            for group in grouping.groups
            if not (group.below_minimum or group.withheld or group.missing)
        ]
        yield from concepts_of(grouping.name, column.codes[chosen], allowed, first, minimum)
