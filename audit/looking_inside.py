"""Looking into a network in an audit: what is looked at, in which order, and how it enters the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ..errors import ModelError
from .explain.neural.ablation import Ablation, ablate
from .explain.neural.dissection import Unit, dissect
from .explain.neural.layers import is_script
from .explain.neural.maximisation import movable
from .explain.neural.probes import probe_layers
from .explain.neural.subject import Found, network_of
from .explaining import Subject
from .inside_look import PART, Look, prepared
from .inside_parts import LOOKED_UP, clouds, exciting, gaps
from .labels import plain, resolve_label
from .neural_facts import ablation_facts, probe_facts, unit_facts
from .record import Absent, GroupingFacts
from .record_neural import LayerFacts, NeuralFacts
from .torch_modules import one_thread
from .torchscript.building import rebuilt

Progress = Callable[[str, int, int], None]

STAGE = "looking into the network"
BEST = 8
"""Units of each group that are shown, and silenced one by one."""
_TRIED = 64
_CLOSED = (
    "this TorchScript program cannot be built anew, so nobody reaches its hidden layers; save the network"
    " with torch.export.save, or give the module itself from Python"
)


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
    found = _opened(found, frame.shape[1])
    if is_script(found.network.module):
        return None, (Absent(part=PART, reason=_CLOSED),)
    progress(STAGE, 0, 5)
    with one_thread():
        look, absent = prepared(found, frame, subject, groupings, (minimum, least))
        if look is None:
            return None, absent
        return _looked(look, groupings, progress, absent)


def _position(subject: Subject) -> int:
    classes = subject.model.classes
    return classes.index(resolve_label(plain(subject.pos_label), classes, "pos_label"))


def _opened(found: Found, width: int) -> Found:
    """Build a TorchScript program anew where it can be, so that its layers are reached."""
    module = found.network.module
    if not is_script(module) or not found.plain:
        return found
    return replace(found, network=replace(found.network, module=rebuilt(module, width) or module))


def _looked(
    look: Look, groupings: Sequence[GroupingFacts], progress: Progress, absent: tuple[Absent, ...]
) -> tuple[NeuralFacts, tuple[Absent, ...]]:
    level, seed = look.subject.level, look.subject.seed
    progress(STAGE, 1, 5)
    probes = probe_layers(look.network, look.rows, look.layers, level=level, seed=seed)
    progress(STAGE, 2, 5)
    units = dissect(look.network, look.rows, look.layers, level=level, seed=seed)
    best, groups = tuple(_best(look, units)), tuple(_together(look, units))
    # The intervals hold together, for all that is silenced.
    sure = 1 - (1 - level) / max(1, len(best) + len(groups))
    shown = tuple(unit_facts(unit, _silence(look, [unit], units, sure)) for unit in best)
    together = tuple(ablation_facts(_silence(look, own, units, sure)) for own in groups)
    progress(STAGE, 3, 5)
    pictures = tuple(clouds(look))
    moves = movable(look.network.module)
    inputs = tuple(exciting(look, concept) for concept in look.rows.concepts) if moves else ()
    progress(STAGE, 4, 5)
    shares, missing = gaps(look, groupings)
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
        clouds=pictures,
        exciting=inputs,
        gaps=shares,
    )
    if not moves:
        absent = (*absent, Absent(part="inputs that excite the network", reason=LOOKED_UP))
    return facts, (*absent, *missing)


def _best(look: Look, units: Sequence[Unit]) -> Iterator[Unit]:
    for concept in look.rows.watched:
        own = [unit for unit in units if unit.concept is concept]
        yield from sorted(own, key=lambda unit: (-unit.chosen, unit.layer, unit.unit))[:BEST]


def _together(look: Look, units: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Give the detectors of each group in each layer, where they are several."""
    for concept in look.rows.watched:
        for layer in look.layers:
            here = [unit for unit in units if unit.concept is concept and unit.key == layer.key]
            own = [unit for unit in here if unit.detects]
            if len(own) > 1:
                yield own


def _silence(look: Look, chosen: Sequence[Unit], units: Sequence[Unit], level: float) -> Ablation:
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
        level=level,
        seed=look.subject.seed,
    )
