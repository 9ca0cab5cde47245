"""Counts of outcomes by stratum and group, and their resamples.

Unlike the confusion matrices of `evenhand.metrics.rates`, outcomes may have any number of levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bootstrap import multinomial_replicates, weighted_replicates
from .cube import LABEL, Cube, WeightKind
from .disparity import Choice, find_reference
from .rates import RATES, ROWS, SQUARE, WEIGHT, Counted, effective_size
from .results import Group, Level

Floats = NDArray[np.float64]

_BLOCK = 2_000_000
"""Cells of one block of replicates; bounds the memory."""


@dataclass(frozen=True)
class OutcomeTable:
    """Measures of every stratum, group and combination of outcomes.

    Parameters
    ----------
    attributes : tuple of str
    groups, strata : tuple of tuple
        Combinations of levels that have rows; strata hold one empty tuple where nothing is controlled for.
    classes : tuple of tuple
        The levels of each outcome axis, all of them, with or without rows.
    measures : ndarray of float, shape (S, G, C1, ..., 5)
        As `Cube.measures`.
    weight_kind : {"frequency", "survey"} or None
    """

    attributes: tuple[str, ...]
    groups: tuple[Group, ...]
    strata: tuple[Group, ...]
    classes: tuple[tuple[Level, ...], ...]
    measures: Floats
    weight_kind: WeightKind | None

    @property
    def weights(self) -> Floats:
        """Sums of weights, shape (S, G, C1, ...)."""
        return self.measures[..., WEIGHT]

    @property
    def rows(self) -> Floats:
        """Rows, shape (S, G, C1, ...)."""
        return self.measures[..., ROWS]

    def effective(self, measures: Floats) -> Floats:
        """Effective size of sums of measures of shape (..., 5)."""
        return effective_size(
            measures[..., WEIGHT], measures[..., SQUARE], measures[..., ROWS], self.weight_kind
        )

    def find(self, group: Group) -> int:
        """Give the position of a group.

        Raises
        ------
        InputError
            No group is called that.
        """
        nothing = np.zeros(len(self.groups))
        return reference_position(self.groups, nothing, group, nothing)

    def split(self, group: Group, reference: Group | None) -> Floats:
        """Measures of a group and of what it is compared with, shape (2, S, C1, ..., 5).

        The comparison is with the reference group, or with everybody else where that is None.
        """
        at = self.find(group)
        mine = self.measures[:, at]
        if reference is not None:
            return np.stack([mine, self.measures[:, self.find(reference)]])
        return np.stack([mine, np.delete(self.measures, at, axis=1).sum(axis=1)])


def outcome_table(
    cube: Cube, *attributes: str, outcomes: Sequence[str] = (LABEL,), strata: Sequence[str] = ()
) -> OutcomeTable:
    """Sum a cube by strata, groups and outcomes.

    Parameters
    ----------
    cube : Cube
    *attributes : str
        None: a single group of all rows.
    outcomes : sequence of str
        Axes such as ``"y_true"``; their levels may be any number.
    strata : sequence of str
        Axes of control features.

    Raises
    ------
    InputError
        The cube has no such axis.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([1, 0, 1], None, sensitive_features={"sex": ["F", "M", "M"]})
    >>> table = outcome_table(cube, "sex")
    >>> table.groups, table.rows[0].tolist()
    ((('F',), ('M',)), [[0.0, 1.0], [1.0, 1.0]])
    """
    kept = cube.keep(*strata, *attributes, *outcomes)
    at = (len(strata), len(strata) + len(attributes))
    stratum_names, stratum = _combinations(kept, 0, at[0])
    group_names, group = _combinations(kept, at[0], at[1])
    classes = tuple(kept.axis(name).levels for name in outcomes)
    shape = (
        len(stratum_names),
        len(group_names),
        *(len(levels) for levels in classes),
        kept.measures.shape[1],
    )
    measures = np.zeros(shape)
    measures[(stratum, group, *kept.codes[:, at[1] :].T)] = kept.measures
    return OutcomeTable(attributes, group_names, stratum_names, classes, measures, cube.weight_kind)


def _combinations(cube: Cube, start: int, stop: int) -> tuple[tuple[Group, ...], NDArray[np.intp]]:
    if start == stop:
        return ((),), np.zeros(len(cube.codes), dtype=np.intp)
    keys, inverse = np.unique(cube.codes[:, start:stop], axis=0, return_inverse=True)
    axes = cube.axes[start:stop]
    names = tuple(tuple(axis.levels[code] for axis, code in zip(axes, key, strict=True)) for key in keys)
    return names, inverse.reshape(-1)


def reference_position(groups: Sequence[Group], sizes: Floats, reference: Choice, merit: Floats) -> int:
    """Give the position of the group that others are compared with.

    Parameters
    ----------
    groups : sequence of tuple
    sizes, merit : ndarray of shape (G,)
        Rows, and the figure that is highest in the best group.
    reference : "largest", "best" or a group

    Raises
    ------
    InputError
        No group is called that, or the choice is not known.

    Examples
    --------
    >>> reference_position([("F",), ("M",)], np.array([3.0, 5.0]), "largest", np.array([0.5, 0.2]))
    1
    """
    counted = Counted(RATES["selection_rate"], merit, merit, sizes, sizes, sizes)
    return find_reference(counted, groups, reference, sizes)


def resampled_weights(
    measures: Floats, kind: WeightKind | None, draws: int, seed: int, *, stratified: bool
) -> Floats:
    """Draw replicates of the sums of weights of cells; the last axis of cells lies within a stratum.

    Parameters
    ----------
    measures : ndarray of shape (..., K, 5)
    kind : {"frequency", "survey"} or None
    draws, seed, stratified
        As for `evenhand.metrics.bootstrap.multinomial_replicates`.

    Returns
    -------
    ndarray of shape (draws, ..., K)

    Examples
    --------
    >>> cells = np.array([[30.0, 30.0, 30.0, 0, 0], [70.0, 70.0, 70.0, 0, 0]])
    >>> resampled_weights(cells, None, 3, 0, stratified=True).sum(axis=-1).tolist()
    [100.0, 100.0, 100.0]
    """
    rows, weight, square = (measures[..., i] for i in (ROWS, WEIGHT, SQUARE))
    if kind is None:
        return multinomial_replicates(rows, draws, seed, stratified=stratified)
    return weighted_replicates(rows, weight, square, draws, seed, kind=kind, stratified=stratified)


def resampled_figures(
    figures: Callable[[Floats], Floats],
    measures: Floats,
    kind: WeightKind | None,
    draws: int,
    seed: int,
    *,
    stratified: bool,
) -> Floats:
    """Compute figures of replicates, in blocks that fit in memory.

    Parameters
    ----------
    figures : callable
        Takes replicates of shape (block, ..., K) and gives figures of shape (block, ...).
    measures, kind, draws, seed, stratified
        As in `resampled_weights`.

    Examples
    --------
    >>> cells = np.array([[30.0, 30.0, 30.0, 0, 0], [70.0, 70.0, 70.0, 0, 0]])
    >>> resampled_figures(lambda block: block.sum(axis=-1), cells, None, 3, 0, stratified=True).tolist()
    [100.0, 100.0, 100.0]
    """
    step = max(1, _BLOCK // max(measures[..., 0].size, 1))
    sizes = [min(step, draws - start) for start in range(0, draws, step)]
    seeds = np.random.SeedSequence(seed).generate_state(max(len(sizes), 1))
    return np.concatenate(
        [
            figures(resampled_weights(measures, kind, size, int(own), stratified=stratified))
            for size, own in zip(sizes, seeds, strict=True)
        ]
    )
