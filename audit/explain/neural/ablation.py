"""What a hidden unit does: the change of accuracy and of gaps when it is held at its mean.

A unit that detects a group need not be used by the network. Silenced, it is held for every row at its mean
over the first half of the rows, and scores and decisions of the other half are computed again. Rows are their
own controls, so that the intervals are of the changes row by row. As a yardstick, as many units that do not
detect the group are silenced in their place, several times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from ....metrics.results import Interval
from .dissection import Unit
from .layers import Flags, Floats, Ints, Network
from .subject import Concept, Rows

METHOD = "Wald, of paired changes"
YARDSTICKS = 10
"""Draws of units that do not detect the group."""


@dataclass(frozen=True)
class Change:
    """A figure as it is, and by how much silencing changes it.

    Parameters
    ----------
    before, change : float
    interval : Interval
        Of the change.
    """

    before: float
    change: float
    interval: Interval

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out no change."""
        return self.interval.low > 0 or self.interval.high < 0


@dataclass(frozen=True)
class Ablation:
    """What silencing some units of a layer does, on the half that was held out.

    Parameters
    ----------
    layer : str
    units : tuple of int
    concept : Concept
        The group that they detect; its gaps are against the other groups of its attribute together.
    accuracy, selection, score : Change
        Accuracy; the gap in the selection rate; the gap in the mean score.
    yardstick, score_yardstick : float
        Mean size of the change of the selection gap, and of the score gap, when as many other units are
        silenced; ``nan`` where there are none.
    """

    layer: str
    units: tuple[int, ...]
    concept: Concept
    accuracy: Change
    selection: Change
    score: Change
    yardstick: float
    score_yardstick: float

    @property
    def matters(self) -> bool:
        """Whether a gap changes beyond doubt, and by more than with other units."""
        pairs = ((self.selection, self.yardstick), (self.score, self.score_yardstick))
        return any(gap.clear and not abs(gap.change) <= usual for gap, usual in pairs)


def ablate(
    network: Network,
    rows: Rows,
    chosen: Sequence[Unit],
    others: Ints,
    *,
    threshold: float,
    level: float,
    seed: int,
) -> Ablation:
    """Silence units of one layer that detect one group.

    Parameters
    ----------
    network : Network
    rows : Rows
    chosen : sequence of Unit
        Of one layer and one group; not empty.
    others : ndarray of int
        Units of the layer that do not detect the group: the yardstick is drawn from them.
    threshold : float
        Scores at or above it are selected.
    level : float in (0, 1)
    seed : int
    """
    concept, key = chosen[0].concept, chosen[0].key
    units = np.array([unit.unit for unit in chosen])
    held = ~rows.first
    part = rows.tensor[np.flatnonzero(held)]
    means = _means(network, rows, key)
    before = network.scores(part)
    after = network.scores(part, (key, units, means[units]))
    labels, known, member = rows.labels[held], concept.known[held], concept.member[held]
    chose = [scores >= threshold for scores in (before, after)]
    right = [(decision == labels).astype(float) for decision in chose]
    picked = [decision.astype(float) for decision in chose]
    everyone = np.ones(len(labels), dtype=bool)
    usual = _yardsticks(
        lambda drawn: network.scores(part, (key, drawn, means[drawn])),
        others,
        len(units),
        (before, threshold, known, member),
        seed,
    )
    return Ablation(
        layer=chosen[0].layer,
        units=tuple(int(unit) for unit in units),
        concept=concept,
        accuracy=_change(right, everyone, None, level),
        selection=_change(picked, known, member, level),
        score=_change([before, after], known, member, level),
        yardstick=usual[0],
        score_yardstick=usual[1],
    )


def _means(network: Network, rows: Rows, key: str) -> Floats:
    part = rows.tensor[np.flatnonzero(rows.first)]
    layers = tuple(layer for layer in network.layers(part[:2]) if layer.key == key)
    means: Floats = network.read(part, layers)[key].mean(axis=0)
    return means


def _change(values: Sequence[Floats | Flags], known: Flags, member: Flags | None, level: float) -> Change:
    """Compare a mean, or the mean of the group less that of the others, before and after."""
    before, moved = values[0][known], (values[1].astype(float) - values[0])[known]
    sides = [np.ones(int(known.sum()), dtype=bool)] if member is None else [member[known], ~member[known]]
    signs = (1.0, -1.0)[: len(sides)]
    start = sum(sign * before[side].mean() for sign, side in zip(signs, sides, strict=True))
    change = sum(sign * moved[side].mean() for sign, side in zip(signs, sides, strict=True))
    variance = sum(moved[side].var(ddof=1) / side.sum() for side in sides)
    half = norm.ppf(0.5 + level / 2) * np.sqrt(variance)
    interval = Interval(float(change - half), float(change + half), level, METHOD)
    return Change(float(start), float(change), interval)


def _yardsticks(
    score: Callable[[Ints], Floats],
    others: Ints,
    count: int,
    known: tuple[Floats, float, Flags, Flags],
    seed: int,
) -> tuple[float, float]:
    if len(others) < count:
        return float("nan"), float("nan")
    before, threshold, whom, member = known
    rng = np.random.default_rng(seed)
    sizes = []
    for _ in range(YARDSTICKS):
        after = score(np.sort(rng.choice(others, count, replace=False)))
        moves = (after >= threshold).astype(float) - (before >= threshold), after - before
        sizes.append([abs(move[whom & member].mean() - move[whom & ~member].mean()) for move in moves])
    selection, scores = np.mean(sizes, axis=0)
    return float(selection), float(scores)
