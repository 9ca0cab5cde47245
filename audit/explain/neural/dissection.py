"""Which hidden units detect a group: network dissection (Bau et al. 2017) carried over to tables.

A row takes the place of a pixel, and membership of a group that of a concept. A unit *fires* on the rows
where its activation lies above a threshold, set on one half of the rows so that it fires on as large a share
as the group has; on the other half, the rows where it fires and the rows of the group are compared by
intersection over union. The constants of pictures (a share of 0.005, a bound of 0.04) do not carry over: with
them no unit could ever detect half of all people. So what is reported is the *excess* over what chance gives,
and a unit counts as a detector where a permutation test, corrected for all units and groups by Benjamini and
Hochberg, rejects, and where its excess is beyond that of every unit of a network with weights of chance.
Either sign of a unit can detect; the sign is chosen on the first half.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import hypergeom, rankdata

from ....metrics.corrections import benjamini_hochberg
from .chance import with_chance_weights
from .layers import Flags, Floats, Ints, Layer, Network
from .subject import Concept, Rows


@dataclass(frozen=True)
class Unit:
    """What one unit tells of one group, on the half that was held out.

    Parameters
    ----------
    layer, attribute : str
    unit : int
        Its place in the layer, from 0.
    concept : Concept
    sign : {1, -1}
        1: it fires where its activation is high.
    overlap : float in [0, 1]
        Intersection over union of the rows where it fires and the group's.
    chance : float
        What that is expected to be for as many rows drawn at random.
    auc : float
        Area under the ROC curve of the activation, with its sign, for the group.
    p_value : float
        Of a permutation of the group's rows among all (hypergeometric, exact); ``adjusted`` over all units
        and groups.
    adjusted : float
    by_chance : float
        The largest excess of any unit of the same layer with weights of chance.
    by_input : float
        The largest excess of a single input.
    chosen : float
        Excess on the first half, by which units are ranked.
    level : float
        Of the test.
    """

    layer: str
    key: str
    unit: int
    concept: Concept
    sign: int
    overlap: float
    chance: float
    auc: float
    p_value: float
    adjusted: float
    by_chance: float
    by_input: float
    chosen: float
    level: float

    @property
    def excess(self) -> float:
        """Overlap beyond chance, from 0 (chance) to 1 (the group exactly); below 0, less than chance."""
        return (self.overlap - self.chance) / (1 - self.chance)

    @property
    def detects(self) -> bool:
        """Whether the test rejects and no unit of a network with weights of chance does as well."""
        return self.adjusted <= 1 - self.level and self.excess > max(self.by_chance, 0.0)


def dissect(
    network: Network, rows: Rows, layers: tuple[Layer, ...], *, level: float, seed: int
) -> tuple[Unit, ...]:
    """Compare every unit of every layer with every group.

    Parameters
    ----------
    network : Network
    rows : Rows
    layers : tuple of Layer
    level : float in (0, 1)
        1 minus the share of false alarms that is allowed among the detectors.
    seed : int

    Returns
    -------
    tuple of Unit
        By layer, group and unit.
    """
    real = network.read(rows.tensor, layers)
    other = Network(with_chance_weights(network.module, seed), network.positive).read(rows.tensor, layers)
    found: list[Unit] = []
    for concept in rows.watched:
        by_input = _best(rows.inputs, concept, rows)
        for layer in layers:
            by_chance = _best(other[layer.key], concept, rows)
            found += _units(real[layer.key], layer, concept, rows, (by_chance, by_input, level))
    adjusted = benjamini_hochberg([unit.p_value for unit in found]) if found else np.zeros(0)
    return tuple(replace(unit, adjusted=float(p)) for unit, p in zip(found, adjusted, strict=True))


def _units(
    values: Floats, layer: Layer, concept: Concept, rows: Rows, known: tuple[float, float, float]
) -> list[Unit]:
    by_chance, by_input, level = known
    held = concept.known & ~rows.first
    member, size = concept.member[held], int(held.sum())
    chosen, signs, thresholds = chosen_signs(values, concept, rows)
    fires = values[held] * signs > thresholds
    both, fired, group = fires[member].sum(axis=0), fires.sum(axis=0), int(member.sum())
    overlap, chance = _overlap(both, fired, group), _overlap(fired * group / size, fired, group)
    p_values = hypergeom.sf(both - 1, size, group, fired)
    areas = _areas(values[held] * signs, member)
    return [
        Unit(
            layer=layer.name,
            key=layer.key,
            unit=unit,
            concept=concept,
            sign=int(signs[unit]),
            overlap=float(overlap[unit]),
            chance=float(chance[unit]),
            auc=float(areas[unit]),
            p_value=float(min(p_values[unit], 1.0)),
            adjusted=float(p_values[unit]),
            by_chance=by_chance,
            by_input=by_input,
            chosen=float(chosen[unit]),
            level=level,
        )
        for unit in range(values.shape[1])
    ]


def chosen_signs(values: Floats, concept: Concept, rows: Rows) -> tuple[Floats, Ints, Floats]:
    """Choose each unit's sign and threshold on the first half.

    Parameters
    ----------
    values : ndarray of float, shape (rows, units)
    concept : Concept
    rows : Rows

    Returns
    -------
    excess : ndarray of float, shape (units,)
        On the first half, of the sign chosen.
    signs : ndarray of int, shape (units,)
    thresholds : ndarray of float, shape (units,)
        Of the activation times its sign: the unit fires above. Where many rows share one value (ReLU's
        zeros), they fire together or not at all, whichever comes nearer to the group's share.
    """
    fit = concept.known & rows.first
    member = concept.member[fit]
    share = member.mean()
    sides, bounds = [], []
    for sign in (1, -1):
        signed = sign * values[fit]
        threshold = _threshold(signed, float(share))
        sides.append(_excess(signed > threshold, member))
        bounds.append(threshold)
    down = sides[1] > sides[0]
    excess: Floats = np.where(down, sides[1], sides[0])
    return excess, np.where(down, -1, 1), np.where(down, bounds[1], bounds[0])


def _threshold(signed: Floats, share: float) -> Floats:
    threshold: Floats = np.quantile(signed, 1 - share, axis=0)
    above, reached = (signed > threshold).mean(axis=0), (signed >= threshold).mean(axis=0)
    below = np.nextafter(threshold, -np.inf)
    return np.where(np.abs(reached - share) < np.abs(above - share), below, threshold)


def _best(values: Floats, concept: Concept, rows: Rows) -> float:
    """Give the excess, on the held-out half, of the unit that is best on the first."""
    excess, signs, thresholds = chosen_signs(values, concept, rows)
    best = int(np.argmax(excess))
    held = concept.known & ~rows.first
    fires = values[held][:, [best]] * signs[best] > thresholds[best]
    return float(_excess(fires, concept.member[held])[0])


def _excess(fires: Flags, member: Flags) -> Floats:
    both, fired, group = fires[member].sum(axis=0), fires.sum(axis=0), int(member.sum())
    overlap, chance = _overlap(both, fired, group), _overlap(fired * group / len(member), fired, group)
    excess: Floats = (overlap - chance) / (1 - chance)
    return excess


def _overlap(both: Floats | Ints, fired: Ints, group: int) -> Floats:
    overlap: Floats = both / np.maximum(fired + group - both, 1)
    return overlap


def _areas(values: Floats, member: Flags) -> Floats:
    one, other = int(member.sum()), int((~member).sum())
    ranks = rankdata(values, axis=0)[member].sum(axis=0)
    areas: Floats = (ranks - one * (one + 1) / 2) / (one * other)
    return areas
