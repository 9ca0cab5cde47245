"""Coarsening of a cube for pages: thresholds can be moved, and no bin speaks of too few people.

Each group has its own edges, so that every bin between two of them holds the minimum of people of each label;
the threshold in use is always an edge. Only single attributes are given: with the counts of an
intersection beside them, differences between their bins could hold fewer.

What is left of an attribute when the given groups are subtracted from all rows is protected too: the groups
that are withheld, and those too small for two bins, must together fill every bin between edges that the
given groups share. Where they cannot, the smallest given group is left out with them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..metrics.cube import LABEL, SCORE, Cube
from ..metrics.grid import Grid
from ..metrics.rates import ROWS, WEIGHT
from ..metrics.results import Group
from .limit_figures import group_name
from .privacy import Hidden, hidden_groups, hidden_joints
from .record import Record
from .record_coarse import CoarseFacts, CoarseGroup, CoarseGrouping

Floats = NDArray[np.float64]
MOST_THRESHOLDS = 101


def coarse_facts(
    cube: Cube, threshold: float, attributes: Sequence[str], hidden: Hidden, minimum: int
) -> CoarseFacts | None:
    """Coarsen a cube to counts that a page may carry.

    Parameters
    ----------
    cube : Cube
        With a score axis; labels, where it has them, are binary.
    threshold : float
        The threshold in use, an edge of the cube's grid.
    attributes : sequence of str
        Single attributes whose groups get thresholds.
    hidden : mapping of str to frozenset of tuple
        Groups whose joint figures are withheld, by attribute.
    minimum : int
        The fewest people of each label in a bin.

    Returns
    -------
    CoarseFacts or None
        None where the cube has no scores, or no attribute has two groups with enough people.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> scores = [i / 80 for i in range(80)]
    >>> sex = ["F", "M"] * 40
    >>> cube = cube_of([i % 4 // 2 for i in range(80)], y_score=scores, sensitive_features={"sex": sex})
    >>> facts = coarse_facts(cube, 0.5, ["sex"], {}, 5)
    >>> [[round(facts.thresholds[place], 2) for place in group.edges] for group in facts.groupings[0].groups]
    [[0.25, 0.5, 0.73], [0.26, 0.5, 0.74]]
    """
    if SCORE not in cube.names or cube.rows == 0:
        return None
    thresholds = _thresholds(cube, threshold)
    places = np.searchsorted(thresholds, _lows(cube), side="right")
    found = tuple(
        made
        for name in attributes
        if (made := _grouping(cube, name, places, thresholds, threshold, hidden, minimum)) is not None
    )
    if not found:
        return None
    at = int(np.flatnonzero(thresholds == threshold)[0])
    return CoarseFacts(
        thresholds=tuple(thresholds.tolist()),
        at=at,
        minimum=minimum,
        labelled=LABEL in cube.names,
        groupings=found,
    )


def with_coarse(record: Record, cube: Cube) -> Record:
    """Add the coarsened cube to a record whose decisions are made by a threshold on scores."""
    threshold = record.task.threshold
    if threshold is None:
        return record
    single = [part.attributes[0] for part in record.groupings if len(part.attributes) == 1]
    hidden = hidden_joints(record, hidden_groups(record))
    coarse = coarse_facts(cube, threshold, single, hidden, max(record.privacy_minimum, 1))
    return record.model_copy(update={"coarse": coarse})


def _lows(cube: Cube) -> Floats:
    """Give the lower end of every level of the score axis."""
    if cube.grid is None or cube.grid.kind == "distinct":
        return np.array(cube.axis(SCORE).levels, dtype=float)
    return cube.grid.edges


def _thresholds(cube: Cube, threshold: float) -> Floats:
    """Choose the thresholds: hundredths for probabilities, hundredths of the rows for other scores."""
    grid, most = cube.grid or Grid("distinct"), MOST_THRESHOLDS - 1
    lows = _lows(cube)
    if grid.kind == "uniform":
        wanted = np.arange(1, most) / most
    else:
        rows = np.bincount(cube.codes[:, cube.position(SCORE)], cube.measures[:, ROWS], len(lows))
        shares = np.arange(1, most) / most
        wanted = lows[np.searchsorted(np.cumsum(rows), shares * rows.sum())]
    if grid.kind == "distinct":
        # A threshold need not be a score that somebody has: three digits tell nothing of a person.
        chosen = np.array([float(f"{value:.3g}") for value in wanted])
    else:
        after = np.clip(np.searchsorted(lows, wanted), 1, len(lows) - 1)
        chosen = np.where(wanted - lows[after - 1] < lows[after] - wanted, lows[after - 1], lows[after])
    return np.union1d(chosen[np.isfinite(chosen)], [threshold])


def _grouping(  # noqa: PLR0917 - one attribute of the facts, in their order
    cube: Cube,
    name: str,
    places: NDArray[np.intp],
    thresholds: Floats,
    threshold: float,
    hidden: Hidden,
    minimum: int,
) -> CoarseGrouping | None:
    groups, counts = _counts(cube, name, places, len(thresholds))
    at = int(np.searchsorted(thresholds, threshold))
    below = _below(counts[..., ROWS])
    gone = hidden.get(name, frozenset())
    every = range(len(thresholds))
    given = [
        i for i, group in enumerate(groups) if group not in gone and _edges(below[i], every, at, minimum)
    ]
    allowed: Sequence[int] | None = every
    while len(given) > 1:
        rest = below.sum(axis=0) - below[given].sum(axis=0)
        allowed = every if not rest.any() else _edges(rest, every, at, minimum)
        if allowed:
            break
        given.remove(min(given, key=lambda i: (below[i, :, -1].sum(), groups[i])))
    if len(given) < 2 or not allowed:
        return None
    return CoarseGrouping(
        name=name,
        groups=tuple(
            _group(groups[i], counts[i, ..., WEIGHT], _edges(below[i], allowed, at, minimum)) for i in given
        ),
        left_out=tuple(group for i, group in enumerate(groups) if i not in given),
    )


def _group(group: Group, weights: Floats, edges: Sequence[int]) -> CoarseGroup:
    starts = [0, *(edge + 1 for edge in edges)]
    sums = np.add.reduceat(weights, starts, axis=1)
    return CoarseGroup(
        group=group,
        name=group_name(group),
        edges=tuple(edges),
        counts=tuple(tuple(row) for row in sums.tolist()),
    )


def _counts(
    cube: Cube, name: str, places: NDArray[np.intp], thresholds: int
) -> tuple[tuple[Group, ...], Floats]:
    """Sum rows and weights by group, label and bin between thresholds; shape (groups, labels, bins, 2)."""
    labelled = LABEL in cube.names
    group = cube.codes[:, cube.position(name)].astype(np.int64)
    label = cube.codes[:, cube.position(LABEL)] if labelled else 0
    levels, labels, bins = cube.axis(name).levels, 1 + labelled, thresholds + 1
    key = (group * labels + label) * bins + places[cube.codes[:, cube.position(SCORE)]]
    size = len(levels) * labels * bins
    sums = [np.bincount(key, cube.measures[:, column], size).astype(np.float64) for column in (ROWS, WEIGHT)]
    counts = np.stack(sums, axis=-1).reshape(len(levels), labels, bins, 2)
    used = np.flatnonzero(counts[..., ROWS].sum(axis=(1, 2)))
    return tuple((levels[i],) for i in used), counts[used]


def _below(rows: Floats) -> Floats:
    """Count the rows under each threshold; shape (..., thresholds + 2), from none to all."""
    zero = np.zeros((*rows.shape[:-1], 1))
    return np.concatenate([zero, np.cumsum(rows, axis=-1)], axis=-1)


def _edges(below: Floats, allowed: Sequence[int], at: int, minimum: int) -> list[int]:
    """Choose edges so that every bin holds the minimum of each label; none where ``at`` cannot be one."""
    last = below.shape[-1] - 1

    def enough(first: int, second: int) -> bool:
        return bool(np.all(below[:, second] - below[:, first] >= minimum))

    if not (enough(0, at + 1) and enough(at + 1, last)):
        return []
    edges = [at]
    for place in (place for place in allowed if place > at):
        if enough(edges[-1] + 1, place + 1) and enough(place + 1, last):
            edges.append(place)
    for place in (place for place in reversed(allowed) if place < at):
        if enough(place + 1, edges[0] + 1) and enough(0, place + 1):
            edges.insert(0, place)
    return edges
