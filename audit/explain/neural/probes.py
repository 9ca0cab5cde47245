"""How well a linear probe reads a sensitive attribute from each hidden layer (Alain and Bengio 2016).

A probe is an L2-regularised logistic regression from a layer's units to the groups, fitted on one half of the
rows and judged on the other by the area under the ROC curve. Four figures tell what it means: the same from
the raw inputs; from a network with weights of chance; of a *control task* (Hewitt and Liang 2019), in which
each kind of row, one of 64 clusters of the inputs, was given a random group; and given the label, within the
rows of either label. What can be read need not be used: see ``ablation``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm, rankdata

from ....metrics.results import Interval
from .chance import with_chance_weights
from .layers import Flags, Floats, Ints, Layer, Network
from .subject import Rows

METHOD = "DeLong's variance of the mean area over the groups, logit scale"
KINDS = 64
"""Clusters of rows of the control task."""
DRAWS = 3
"""Control tasks that are averaged."""
MIN_LABEL = 30
"""Rows of a label that a probe given the label needs in each half and group."""


@dataclass(frozen=True)
class Area:
    """Area under the ROC curve on the half that was held out, averaged over the groups.

    Parameters
    ----------
    value : float in [0, 1]
        0.5: nothing is read. With two groups, the area; with more, the mean of each against the others.
    interval : Interval or None
    rows : int
        Held out.
    """

    value: float
    interval: Interval | None
    rows: int


@dataclass(frozen=True)
class Probe:
    """What is read of one attribute from one layer.

    Parameters
    ----------
    layer : str
        Its name; empty for the raw inputs.
    attribute : str
    area : Area
    control : float
        Mean area of the control tasks.
    chance : Area or None
        Of the network with weights of chance; None for the raw inputs.
    given : dict of bool to Area
        Within the rows of either label, where they are enough.
    """

    layer: str
    attribute: str
    area: Area
    control: float
    chance: Area | None
    given: dict[bool, Area]

    @property
    def selectivity(self) -> float:
        """Area less the control task's: above 0, the group is read, and not just any kind of row."""
        return self.area.value - self.control


def probe_layers(
    network: Network, rows: Rows, layers: tuple[Layer, ...], *, level: float, seed: int
) -> tuple[Probe, ...]:
    """Probe the raw inputs and every layer for every attribute.

    Parameters
    ----------
    network : Network
    rows : Rows
    layers : tuple of Layer
    level : float in (0, 1)
        Of the intervals.
    seed : int
    """
    real = network.read(rows.tensor, layers)
    other = Network(with_chance_weights(network.module, seed), network.positive).read(rows.tensor, layers)
    tasks = _control_tasks(rows, seed)
    found = []
    for attribute in rows.attributes:
        target, known = _target(rows, attribute)
        found.append(_probe(rows, rows.inputs, None, "", attribute, target, known, tasks[attribute], level))
        found += [
            _probe(
                rows,
                real[one.key],
                other[one.key],
                one.name,
                attribute,
                target,
                known,
                tasks[attribute],
                level,
            )
            for one in layers
        ]
    return tuple(found)


def _target(rows: Rows, attribute: str) -> tuple[Ints, Flags]:
    groups = rows.of(attribute)
    target = np.full(len(rows.first), -1)
    for place, concept in enumerate(groups):
        target[concept.member] = place
    return target, groups[0].known


def _probe(  # noqa: PLR0917 - one figure's parts, in the order of the docstring
    rows: Rows,
    values: Floats,
    chance: Floats | None,
    layer: str,
    attribute: str,
    target: Ints,
    known: Flags,
    tasks: list[Ints],
    level: float,
) -> Probe:
    fit, held = known & rows.first, known & ~rows.first
    control = [probe_area(values, task, fit, held, level).value for task in tasks]
    return Probe(
        layer=layer,
        attribute=attribute,
        area=probe_area(values, target, fit, held, level),
        control=float(np.mean(control)),
        chance=None if chance is None else probe_area(chance, target, fit, held, level),
        given=dict(_given_label(rows, values, target, known, level)),
    )


def _given_label(
    rows: Rows, values: Floats, target: Ints, known: Flags, level: float
) -> Iterator[tuple[bool, Area]]:
    for label in (True, False):
        chosen = known & (rows.labels == label)
        fit, held = chosen & rows.first, chosen & ~rows.first
        counts = [np.bincount(target[half], minlength=target.max() + 1) for half in (fit, held)]
        if min(count.min() for count in counts) >= MIN_LABEL:
            yield label, probe_area(values, target, fit, held, level)


def probe_area(values: Floats, target: Ints, fit: Flags, held: Flags, level: float = 0.95) -> Area:
    """Fit a probe on some rows and judge it on others.

    Parameters
    ----------
    values : ndarray of float, shape (rows, units)
    target : ndarray of int, shape (rows,)
        Groups from 0.
    fit, held : ndarray of bool, shape (rows,)
    level : float in (0, 1)

    Returns
    -------
    Area
        0.5 without an interval where one of the halves holds a single group.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> group = rng.integers(0, 2, 400)
    >>> half = np.arange(400) < 200
    >>> area = probe_area(np.column_stack([group + rng.normal(size=400)]), group, half, ~half)
    >>> 0.6 < area.interval.low < area.value < area.interval.high < 0.9
    True
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - heavy

    groups = np.unique(target[fit])
    if len(groups) < 2 or not np.isin(groups, target[held]).all():
        return Area(0.5, None, int(held.sum()))
    mean, spread = values[fit].mean(axis=0), values[fit].std(axis=0)
    scaled = (values - mean) / np.where(spread > 0, spread, 1.0)
    with warnings.catch_warnings():
        # A probe that has not converged to the last digit ranks rows alike.
        warnings.simplefilter("ignore")
        probe = LogisticRegression(C=1.0, max_iter=100).fit(scaled[fit], target[fit])
        chances = probe.predict_proba(scaled[held])
    return _area(chances, target[held], groups, level)


def _area(chances: Floats, target: Ints, groups: Ints, level: float) -> Area:
    listed = range(1, 2) if len(groups) == 2 else range(len(groups))
    areas, moves = [], np.zeros(len(target))
    for place in listed:
        value, move = _placements(chances[:, place], target == groups[place])
        areas.append(value)
        moves += move / len(listed)
    value = float(np.mean(areas))
    return Area(value, _interval(value, float((moves**2).sum()), len(target), level), len(target))


def _placements(scores: Floats, member: Flags) -> tuple[float, Floats]:
    """Return the area and how far each row moves it (DeLong's structural components, centred)."""
    one, other = int(member.sum()), int((~member).sum())
    ranks = rankdata(scores)
    placed = np.empty(len(scores))
    placed[member] = (ranks[member] - rankdata(scores[member])) / other
    placed[~member] = 1 - (ranks[~member] - rankdata(scores[~member])) / one
    area = float(placed[member].mean())
    sizes = np.where(member, np.sqrt(max(one * (one - 1), 1)), np.sqrt(max(other * (other - 1), 1)))
    moves: Floats = (placed - area) / sizes
    return area, moves


def _interval(value: float, variance: float, size: int, level: float) -> Interval:
    # At an end of the scale the logit has no slope: half a row's weight keeps it off.
    inside = min(max(value, 0.5 / size), 1 - 0.5 / size)
    half = norm.ppf(0.5 + level / 2) * np.sqrt(variance) / (inside * (1 - inside))
    low, high = expit(logit(inside) - half), expit(logit(inside) + half)
    return Interval(min(float(low), value), max(float(high), value), level, METHOD)


def _control_tasks(rows: Rows, seed: int) -> dict[str, list[Ints]]:
    """Give each kind of row a random group, with the groups' own shares, several times."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - heavy

    spread = rows.inputs.std(axis=0)
    scaled = (rows.inputs - rows.inputs.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    kinds = min(KINDS, len(np.unique(scaled, axis=0)))
    cluster = KMeans(kinds, n_init=1, max_iter=20, random_state=seed).fit_predict(scaled)
    rng = np.random.default_rng(seed)
    tasks: dict[str, list[Ints]] = {}
    for attribute in rows.attributes:
        target, known = _target(rows, attribute)
        shares = np.bincount(target[known]) / known.sum()
        tasks[attribute] = [rng.choice(len(shares), kinds, p=shares)[cluster] for _ in range(DRAWS)]
    return tasks
