"""The cube: weighted counts of rows by group, label, decision and score bin.

Every group metric of a classifier is a function of these counts, so rows are read once. Cubes of
shards, days or sites add up. Only occupied cells are stored, so a thousand counties by five races
by six ages by two labels by two decisions take what they hold and no more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, did_you_mean
from .grid import Grid
from .groups import sort_key
from .results import Group, Level

Role = Literal["sensitive", "control", "label", "decision", "score"]
WeightKind = Literal["frequency", "survey"]
Floats = NDArray[np.float64]

LABEL, DECISION, SCORE = "y_true", "y_pred", "y_score"
MEASURES = ("rows", "weight", "square", "score", "score_square")


@dataclass(frozen=True)
class Axis:
    """One axis of a cube.

    Parameters
    ----------
    name : str
    role : {"sensitive", "control", "label", "decision", "score"}
    levels : tuple
        For a binary label or decision ``(0, 1)``, 1 being the positive one; for the score axis of a
        fixed grid the bin numbers; for a distinct grid the scores themselves.
    """

    name: str
    role: Role
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Cube:
    """Counts of rows in the occupied cells of a grid of axes.

    Parameters
    ----------
    axes : tuple of Axis
    codes : ndarray of int, shape (cells, axes)
        Position of each occupied cell on each axis; rows in lexicographic order, none twice.
    measures : ndarray of float, shape (cells, 5)
        Per cell: rows, sum of weights, sum of squared weights, sum of weight x score, sum of
        weight x score squared. Without weights, weight = square = rows. Without scores the last two are 0.
    grid : Grid or None
        How scores became bins; None where there is no score.
    weight_kind : {"frequency", "survey"} or None
        None where rows are unweighted.

    Notes
    -----
    ``a + b`` is the cube of the rows of both; the empty cube of the same axes is the neutral element.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([1, 0, 1, 1], [1, 0, 0, 1], sensitive_features={"sex": ["F", "F", "M", "M"]})
    >>> (cube + cube).rows
    8
    >>> cube.keep("sex").measures[:, 0].tolist()
    [2.0, 2.0]
    """

    axes: tuple[Axis, ...]
    codes: NDArray[np.int32]
    measures: Floats
    grid: Grid | None = None
    weight_kind: WeightKind | None = None

    @property
    def rows(self) -> int:
        """Number of rows counted."""
        return int(self.measures[:, 0].sum())

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the axes."""
        return tuple(axis.name for axis in self.axes)

    def axis(self, name: str) -> Axis:
        """Give the axis of that name.

        Raises
        ------
        InputError
            There is none.
        """
        return self.axes[self.position(name)]

    def position(self, name: str) -> int:
        """Give the position of the axis of that name; raises as ``axis`` does."""
        if name not in self.names:
            raise InputError.of(
                "unknown_axis", name, f"the cube has no such axis; {did_you_mean(name, self.names)}"
            )
        return self.names.index(name)

    def of_role(self, role: Role) -> tuple[str, ...]:
        """Names of the axes that play this role."""
        return tuple(axis.name for axis in self.axes if axis.role == role)

    def keep(self, *names: str) -> Cube:
        """Sum over every axis not named; the named ones come in the order given."""
        order = [self.position(name) for name in names]
        axes = tuple(self.axes[i] for i in order)
        return replace(
            compact(axes, self.codes[:, order], self.measures),
            grid=self._grid_of(axes),
            weight_kind=self.weight_kind,
        )

    def _grid_of(self, axes: Iterable[Axis]) -> Grid | None:
        return self.grid if any(axis.role == "score" for axis in axes) else None

    def slice(self, name: str, *levels: Level) -> Cube:
        """Keep only the cells at these levels of an axis; the axis stays."""
        axis = self.axis(name)
        wanted = np.zeros(len(axis.levels), dtype=bool)
        for level in levels:
            wanted[_find(axis, level)] = True
        chosen = wanted[self.codes[:, self.position(name)]]
        return replace(self, codes=self.codes[chosen], measures=self.measures[chosen])

    def recode(self, name: str, lookup: Sequence[int], levels: Sequence[Level]) -> Cube:
        """Merge or reorder the levels of an axis: level ``i`` becomes ``levels[lookup[i]]``."""
        at = self.position(name)
        codes = self.codes.copy()
        codes[:, at] = np.asarray(lookup, dtype=np.int32)[codes[:, at]]
        axes = tuple(
            replace(axis, levels=tuple(levels)) if i == at else axis for i, axis in enumerate(self.axes)
        )
        return replace(compact(axes, codes, self.measures), grid=self.grid, weight_kind=self.weight_kind)

    def trim(self, *names: str) -> Cube:
        """Drop levels without rows from the named axes, or from all sensitive and control axes."""
        cube = self
        for name in names or (*self.of_role("sensitive"), *self.of_role("control")):
            used = np.flatnonzero(np.bincount(cube.codes[:, cube.position(name)]))
            levels = cube.axis(name).levels
            if len(used) < len(levels):
                lookup = np.zeros(len(levels), dtype=np.int32)
                lookup[used] = np.arange(len(used))
                cube = cube.recode(name, lookup.tolist(), [levels[i] for i in used])
        return cube

    def order_levels(self, name: str, order: Sequence[Level]) -> Cube:
        """Put the levels of an axis in the order given; levels not in it follow, a missing value last."""
        levels = self.axis(name).levels
        first = dict.fromkeys(_find(self.axis(name), level) for level in order if level in levels)
        after = sorted((i for i in range(len(levels)) if i not in first), key=lambda i: sort_key(levels[i]))
        ordered = [levels[i] for i in (*first, *after)]
        return self.recode(name, _lookup(levels, ordered), ordered)

    def threshold(self, at: float) -> Cube:
        """Replace the score axis by the decision ``score >= at``.

        Raises
        ------
        InputError
            ``at`` is not an edge of the grid, so that the decision would not be exact.
        """
        if DECISION in self.names:
            return self.keep(*(name for name in self.names if name != DECISION)).threshold(at)
        axis = self.axis(SCORE)
        fixed = self.grid is not None and self.grid.kind != "distinct"
        lows = self.grid.edges if self.grid is not None and fixed else np.array(axis.levels, dtype=float)
        if fixed and self.grid is not None and not self.grid.is_edge(at):
            raise InputError.of(
                "threshold_not_an_edge",
                "threshold",
                f"{at:g} lies inside a score bin; count again with it among the grid's thresholds",
            )
        cube = self.recode(SCORE, (lows >= at).astype(int).tolist(), (0, 1))
        axes = tuple(Axis(DECISION, "decision", (0, 1)) if a.role == "score" else a for a in cube.axes)
        return replace(cube, axes=axes, grid=None)

    def against_rest(self, level: Level) -> Cube:
        """Make a multiclass cube binary: one class is positive, the rest negative."""
        cube = self
        outcomes = [name for name in (LABEL, DECISION) if name in self.names]
        classes = list(dict.fromkeys(known for name in outcomes for known in self.axis(name).levels))
        if level not in classes:
            raise InputError.of(
                "unknown_level", "level", f"no such class: {level!r}; {did_you_mean(level, classes)}"
            )
        for name in outcomes:
            lookup = [int(known == level) for known in cube.axis(name).levels]
            cube = cube.recode(name, lookup, (0, 1))
        return cube

    def __add__(self, other: Cube) -> Cube:
        """Count the rows of both cubes together.

        Raises
        ------
        InputError
            The cubes differ in axes, grid or kind of weight.
        """
        if not isinstance(other, Cube):
            return NotImplemented
        _refuse_unlike(self, other)
        axes = tuple(
            replace(a, levels=merge_levels(a.levels, b.levels))
            for a, b in zip(self.axes, other.axes, strict=True)
        )
        codes = np.concatenate([_moved(self, axes), _moved(other, axes)])
        measures = np.concatenate([self.measures, other.measures])
        return replace(compact(axes, codes, measures), grid=self.grid, weight_kind=self.weight_kind)

    def groups(self, *names: str) -> tuple[Group, ...]:
        """All occupied combinations of levels of the named axes, in the order of their levels."""
        kept = self.keep(*names)
        return tuple(
            tuple(axis.levels[code] for axis, code in zip(kept.axes, row, strict=True)) for row in kept.codes
        )


def compact(axes: tuple[Axis, ...], codes: NDArray[Any], measures: Floats) -> Cube:
    """Make a cube of cells that may stand several times and in any order: equal cells are added."""
    shape = tuple(len(axis.levels) for axis in axes)
    refuse_too_many(shape)
    if not axes:
        return Cube(axes, np.zeros((1, 0), dtype=np.int32), measures.sum(axis=0, keepdims=True))
    if len(codes) == 0:
        return Cube(axes, np.zeros((0, len(axes)), dtype=np.int32), np.zeros((0, len(MEASURES))))
    flat = np.ravel_multi_index(tuple(np.asarray(codes).T.astype(np.int64)), shape)
    cells, inverse = np.unique(flat, return_inverse=True)
    if len(cells) == len(flat):
        order = np.argsort(flat, kind="stable")
        return Cube(axes, np.ascontiguousarray(codes[order], dtype=np.int32), measures[order])
    sums = [
        np.bincount(inverse, weights=measures[:, i], minlength=len(cells)) for i in range(measures.shape[1])
    ]
    summed = np.stack(sums, axis=1).astype(np.float64, copy=False)
    rows = np.stack(np.unravel_index(cells, shape), axis=1).astype(np.int32)
    return Cube(axes, rows, summed)


def refuse_too_many(shape: Sequence[int]) -> None:
    """Raise where the possible cells of these axes are too many to be numbered.

    Raises
    ------
    InputError
        More than 2^63 combinations.
    """
    if math.prod(max(length, 1) for length in shape) >= 2**63:
        shown = " x ".join(f"{length:,}" for length in shape)
        raise InputError.of(
            "too_many_cells",
            "cube",
            f"columns have fewer than 2^63 combinations of levels, got {shown}; count fewer at once",
        )


def _find(axis: Axis, level: Level) -> int:
    # True, 1 and 1.0 are equal in Python: the level of the same type comes first, then an equal one.
    keys = [_key(known) for known in axis.levels]
    if _key(level) in keys:
        return keys.index(_key(level))
    if level in axis.levels:
        return axis.levels.index(level)
    raise InputError.of(
        "unknown_level", axis.name, f"no such level: {level!r}; {did_you_mean(level, axis.levels)}"
    )


def _key(level: Level) -> tuple[type, Level]:
    return (type(level), level)


def _lookup(levels: Sequence[Level], target: Sequence[Level]) -> list[int]:
    places: Mapping[tuple[type, Level], int] = {_key(level): i for i, level in enumerate(target)}
    return [places[_key(level)] for level in levels]


def merge_levels(first: tuple[Level, ...], second: tuple[Level, ...]) -> tuple[Level, ...]:
    """Unite the levels of two axes: in natural order if both are, else each new one after what it follows."""
    if first == second:
        return first
    known = {_key(level) for level in first}
    new = {_key(level) for level in second} - known
    natural = all(list(part) == sorted(part, key=sort_key) for part in (first, second))
    if natural:
        return tuple(sorted([*first, *(level for level in second if _key(level) in new)], key=sort_key))
    union, at = list(first), 0
    for level in second:
        if _key(level) in new:
            union.insert(at, level)
            at += 1
        else:
            at = [_key(one) for one in union].index(_key(level)) + 1
    return tuple(sorted(union, key=lambda level: level is None))


def _moved(cube: Cube, axes: tuple[Axis, ...]) -> NDArray[np.int32]:
    columns = [
        np.asarray(_lookup(old.levels, new.levels), dtype=np.int32)[cube.codes[:, i]]
        if old.levels != new.levels
        else cube.codes[:, i]
        for i, (old, new) in enumerate(zip(cube.axes, axes, strict=True))
    ]
    return np.stack(columns, axis=1) if columns else cube.codes


def _refuse_unlike(first: Cube, second: Cube) -> None:
    mine = [(axis.name, axis.role) for axis in first.axes]
    theirs = [(axis.name, axis.role) for axis in second.axes]
    if mine != theirs:
        raise InputError.of(
            "axes_differ", "cube", f"cubes that are added have the same axes, got {mine} and {theirs}"
        )
    if first.grid != second.grid:
        raise InputError.of(
            "grids_differ", "cube", f"cubes that are added share a grid, got {first.grid} and {second.grid}"
        )
    if first.weight_kind != second.weight_kind:
        raise InputError.of(
            "weights_differ",
            "cube",
            f"cubes that are added share the kind of weight,"
            f" got {first.weight_kind} and {second.weight_kind}",
        )
