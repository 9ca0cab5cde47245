"""Parts of a look into a network: pictures of its layers, exciting inputs, and shares of the gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..metrics.results import Group
from .explain.neural.attributions import METHODS
from .explain.neural.embedding import LEAST, METHODS_OF_LAYOUT, averaged, embed
from .explain.neural.embedding import MOST_ROWS as MOST_DOTS
from .explain.neural.gaps import GapShares, share_gap
from .explain.neural.layers import is_graph
from .explain.neural.maximisation import excite, movable
from .explain.neural.subject import Concept, Rows
from .explaining_pairs import furthest
from .inside_look import Look
from .neural_facts import cloud_facts, gap_facts, group_of
from .record import Absent, GroupingFacts
from .record_neural import CloudFacts, ExcitingFacts, GapSharesFacts, MoveFacts

MOVES = 12
"""Inputs of the most exciting input that are shown."""
LOOKED_UP = "the network looks categories up by number, and a number cannot be moved little by little"


def clouds(look: Look) -> Iterator[CloudFacts]:
    """Lay the rows out by what the last layer does with them, averaged over enough people."""
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


def exciting(look: Look, concept: Concept) -> ExcitingFacts:
    """Find the input that excites the network most, from the mean of a group on."""
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


def gaps(
    look: Look, groupings: Sequence[GroupingFacts]
) -> tuple[tuple[GapSharesFacts, ...], tuple[Absent, ...]]:
    """Share the gaps in the mean score out over the inputs, by every method that the network allows."""
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


def _gap(look: Look, method: str, sides: tuple[Any, Any]) -> GapShares | str:
    if method != "integrated_gradients" and is_graph(look.network.module):
        return "its rules reach activations that are modules, and a program that was built anew has none"
    if not movable(look.network.module):
        return LOOKED_UP
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
    why = (
        "its path bends too often for so few points"
        if method == "integrated_gradients"
        else "it reaches only activations that are modules, each used once"
    )
    return f"its contributions must add up to the score, and miss it by up to {made.missed:.2g}: {why}"
