"""Looking into a network in an audit: what is looked at, in which order, and how it enters the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ModelError, Reason
from ..metrics.results import Group
from .explain.neural.ablation import Ablation, ablate
from .explain.neural.attributions import METHODS
from .explain.neural.dissection import Unit, dissect
from .explain.neural.embedding import LEAST, METHODS_OF_LAYOUT, averaged, embed
from .explain.neural.embedding import MOST_ROWS as MOST_DOTS
from .explain.neural.gaps import GapShares, share_gap
from .explain.neural.inputs import Inputs, inputs_of
from .explain.neural.layers import MOST_UNITS, Layer, Network, is_graph, is_script
from .explain.neural.maximisation import excite
from .explain.neural.probes import probe_layers
from .explain.neural.subject import Concept, Found, Rows, concepts_of, network_of, rows_of, sample
from .explaining import Subject
from .explaining_pairs import furthest
from .labels import plain, resolve_label
from .neural_facts import ablation_facts, cloud_facts, gap_facts, group_of, probe_facts, unit_facts
from .record import Absent, GroupingFacts
from .record_neural import (
    CloudFacts,
    ExcitingFacts,
    GapSharesFacts,
    LayerFacts,
    MoveFacts,
    NeuralFacts,
)

Progress = Callable[[str, int, int], None]

PART = "inside of the network"
STAGE = "looking into the network"
BEST = 8
"""Units of each group that are shown, and silenced one by one."""
MOVES = 12
"""Inputs of the most exciting input that are shown."""
_TRIED = 64


@dataclass(frozen=True)
class _Look:
    """Everything that the parts are made of."""

    found: Found
    rows: Rows
    layers: tuple[Layer, ...]
    inputs: Inputs
    subject: Subject
    minimum: int
    least: int

    @property
    def network(self) -> Network:
        return self.found.network


def look_inside(
    subject: Subject, groupings: Sequence[GroupingFacts], progress: Progress, *, minimum: int, least: int
) -> tuple[NeuralFacts | None, tuple[Absent, ...]]:
    """Look into the model where it is a network.

    Parameters
    ----------
    subject : Subject
    groupings : sequence of GroupingFacts
    progress : callable
    minimum : int
        Rows that a group needs in each half of those looked at.
    least : int
        The privacy minimum: no dot and no named value stands for fewer people.

    Returns
    -------
    facts : NeuralFacts or None
        None for a model that is no network, and for a network that lets nobody in.
    absent : tuple of Absent
        What could not be looked at, with the reason.
    """
    frame = subject.model.rows(subject.frame)
    if not subject.model.has_scores or not isinstance(frame, pd.DataFrame):
        return None, ()
    try:
        found = network_of(subject.model.estimator, frame.iloc[:_TRIED], _position(subject))
    except ModelError as error:
        return None, (Absent(part=PART, reason=error.problems[0].message),)
    if found is None:
        return None, ()
    closed = _closed(found)
    if closed:
        return None, (Absent(part=PART, reason=closed),)
    progress(STAGE, 0, 5)
    look, absent = _prepared(found, frame, subject, groupings, (minimum, least))
    if look is None:
        return None, absent
    return _looked(look, groupings, progress, absent)


def _position(subject: Subject) -> int:
    classes = subject.model.classes
    return classes.index(resolve_label(plain(subject.pos_label), classes, "pos_label"))


def _closed(found: Found) -> str:
    if is_script(found.network.module):
        return (
            "a TorchScript program lets nobody reach its hidden layers; save the network with"
            " torch.export.save, or give the module itself from Python"
        )
    return ""


def _prepared(
    found: Found, frame: Any, subject: Subject, groupings: Sequence[GroupingFacts], least: tuple[int, int]
) -> tuple[_Look | None, tuple[Absent, ...]]:
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
    return _Look(found, looked, layers, inputs, subject, minimum, privacy), absent


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


def _looked(
    look: _Look, groupings: Sequence[GroupingFacts], progress: Progress, absent: tuple[Absent, ...]
) -> tuple[NeuralFacts, tuple[Absent, ...]]:
    level, seed = look.subject.level, look.subject.seed
    progress(STAGE, 1, 5)
    probes = probe_layers(look.network, look.rows, look.layers, level=level, seed=seed)
    progress(STAGE, 2, 5)
    units = dissect(look.network, look.rows, look.layers, level=level, seed=seed)
    shown = tuple(unit_facts(unit, _silence(look, [unit], units)) for unit in _best(look, units))
    together = tuple(ablation_facts(item) for item in _together(look, units))
    progress(STAGE, 3, 5)
    clouds = tuple(_clouds(look))
    exciting = tuple(_exciting(look, concept) for concept in look.rows.concepts)
    progress(STAGE, 4, 5)
    gaps, missing = _gaps(look, groupings)
    progress(STAGE, 5, 5)
    facts = NeuralFacts(
        layers=tuple(LayerFacts(name=layer.name, width=layer.width) for layer in look.layers),
        rows=len(look.rows.labels),
        seed=seed,
        probes=tuple(probe_facts(item) for item in probes),
        tested=len(units),
        detectors=sum(unit.detects for unit in units),
        units=shown,
        together=together,
        clouds=clouds,
        exciting=exciting,
        gaps=gaps,
    )
    return facts, (*absent, *missing)


def _best(look: _Look, units: Sequence[Unit]) -> Iterator[Unit]:
    for concept in look.rows.watched:
        own = [unit for unit in units if unit.concept is concept]
        yield from sorted(own, key=lambda unit: (-unit.chosen, unit.layer, unit.unit))[:BEST]


def _together(look: _Look, units: Sequence[Unit]) -> Iterator[Ablation]:
    for concept in look.rows.watched:
        for layer in look.layers:
            own = [
                unit for unit in units if unit.concept is concept and unit.key == layer.key and unit.detects
            ]
            if len(own) > 1:
                yield _silence(look, own, units)


def _silence(look: _Look, chosen: Sequence[Unit], units: Sequence[Unit]) -> Ablation:
    one = chosen[0]
    others = [
        unit.unit
        for unit in units
        if unit.key == one.key and unit.concept is one.concept and not unit.detects and unit not in chosen
    ]
    return ablate(
        look.network,
        look.rows,
        chosen,
        np.array(others, dtype=np.int64),
        threshold=look.subject.threshold,
        level=look.subject.level,
        seed=look.subject.seed,
    )


def _clouds(look: _Look) -> Iterator[CloudFacts]:
    layer = look.layers[-1]
    part = np.arange(len(look.rows.labels))[:: max(1, -(-len(look.rows.labels) // MOST_DOTS))]
    values = look.network.read(look.rows.tensor[part], (layer,))[layer.key]
    least = max(look.least, LEAST)
    for method in METHODS_OF_LAYOUT:
        points, kept = embed(values, method, look.subject.seed)
        for colouring, levels, groups, codes in _colourings(look.rows, part):
            cloud = averaged(points, codes, least)
            yield cloud_facts(cloud, layer.name, method, kept, (colouring, levels, groups))


def _colourings(rows: Rows, part: Any) -> Iterator[tuple[str, tuple[str, ...], tuple[Group, ...], Any]]:
    yield "", (), (), rows.labels[part].astype(np.int64)
    for attribute in rows.attributes:
        codes = np.full(len(part), -1)
        for place, concept in enumerate(rows.of(attribute)):
            codes[concept.member[part]] = place
        groups = tuple(group_of(concept) for concept in rows.of(attribute))
        yield attribute, tuple(concept.name for concept in rows.of(attribute)), groups, codes


def _exciting(look: _Look, concept: Concept) -> ExcitingFacts:
    made = excite(look.network, look.rows.inputs, concept.member, tuple(look.rows.tensor.shape[1:]))
    apart = np.abs(made.end - made.start) / np.where(made.spread > 0, made.spread, 1.0)
    first = np.argsort(-apart, kind="stable")[:MOVES]
    return ExcitingFacts(
        attribute=concept.attribute,
        group=group_of(concept),
        name=concept.name,
        before=made.before,
        after=made.after,
        beyond=made.beyond,
        moves=tuple(
            MoveFacts(
                input=look.inputs.names[at],
                start=float(made.start[at]),
                end=float(made.end[at]),
                spread=float(made.spread[at]),
            )
            for at in first
        ),
    )


def _gaps(
    look: _Look, groupings: Sequence[GroupingFacts]
) -> tuple[tuple[GapSharesFacts, ...], tuple[Absent, ...]]:
    found, absent = [], []
    for grouping in groupings:
        pair = furthest(grouping, "mean_score", look.minimum) if len(grouping.attributes) == 1 else None
        members = {item.level: item.member for item in look.rows.of(grouping.name)}
        levels = [] if pair is None else [grouping.groups[place].group[0] for place in pair]
        if not levels or not set(levels) <= set(members):
            continue
        for method in METHODS:
            outcome = _gap(look, method, (members[levels[0]], members[levels[1]]))
            if isinstance(outcome, GapShares):
                found.append(gap_facts(outcome, grouping.name, (levels[0],), (levels[1],)))
            else:
                part = f"{method.replace('_', ' ')} of the gap in the mean score by {grouping.name}"
                absent.append(Absent(part=part, reason=outcome))
    return tuple(found), tuple(absent)


def _gap(look: _Look, method: str, sides: tuple[Any, Any]) -> GapShares | str:
    if method != "integrated_gradients" and is_graph(look.network.module):
        return "its rules reach activations that are modules, and a program of torch.export has none"
    if look.rows.tensor.ndim != 2:
        return "it is made for networks that take a table of numbers"
    made = share_gap(
        look.network,
        look.rows.tensor,
        (np.flatnonzero(sides[0]), np.flatnonzero(sides[1])),
        look.inputs.owner,
        look.inputs.columns,
        method=method,
        level=look.subject.level,
        seed=look.subject.seed,
    )
    if made.sound:
        return made
    return (
        f"its contributions must add up to the score, and miss it by up to {made.missed:.2g}: it reaches only"
        " activations that are modules, each used once"
    )
