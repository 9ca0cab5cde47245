"""Which groups a frame has, and how figures of groups become one figure for each control stratum.

Arrays hold groups on the last axis, ordered so that each stratum's groups stand together; leading axes
are metrics and replicates. An undefined group makes every aggregate of its stratum undefined.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .groups import sort_key
from .rates import divide
from .results import Group, Level

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
METHODS = ("between_groups", "to_overall")
MAX_EMPTY = 1_000_000
"""Combinations without rows are listed, as fairlearn lists them, up to so many combinations in all."""


@dataclass(frozen=True)
class Layout:
    """The groups of a frame.

    Parameters
    ----------
    control, sensitive : tuple of str
        Names of the columns.
    groups : tuple of tuple, length P
        Occupied combinations of control, then sensitive levels, in order.
    compare_missing : bool
        Whether groups with a missing sensitive level enter the aggregates.
    """

    control: tuple[str, ...]
    sensitive: tuple[str, ...]
    groups: tuple[Group, ...]
    compare_missing: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, control first."""
        return (*self.control, *self.sensitive)

    @cached_property
    def starts(self) -> Places:
        """Position of each stratum's first group, shape (S,)."""
        return np.flatnonzero(np.append(True, self.stratum[1:] != self.stratum[:-1]))

    @cached_property
    def strata(self) -> tuple[Group, ...]:
        """Occupied combinations of control levels; one empty tuple where nothing is controlled for."""
        return tuple(dict.fromkeys(group[: len(self.control)] for group in self.groups))

    @cached_property
    def stratum(self) -> Places:
        """Position of each group's stratum, shape (P,)."""
        places = {stratum: i for i, stratum in enumerate(self.strata)}
        return np.array([places[group[: len(self.control)]] for group in self.groups], dtype=np.intp)

    @cached_property
    def compared(self) -> Places:
        """Positions of the groups that enter aggregates."""
        width = len(self.control)
        return np.array(
            [i for i, group in enumerate(self.groups) if self.compare_missing or None not in group[width:]],
            dtype=np.intp,
        )

    def sums(self, cells: Floats, axis: int) -> Floats:
        """Add up each stratum's groups along an axis."""
        return np.asarray(np.add.reduceat(cells, self.starts, axis=axis))

    def reduce(self, ufunc: np.ufunc, values: Floats) -> Floats:
        """Reduce (..., P) to (..., S) over the groups compared; ``nan`` where a stratum has none."""
        out = np.full((*values.shape[:-1], len(self.strata)), np.nan)
        if self.compared.size:
            stratum = self.stratum[self.compared]
            starts = np.flatnonzero(np.append(True, stratum[1:] != stratum[:-1]))
            out[..., stratum[starts]] = ufunc.reduceat(values[..., self.compared], starts, axis=-1)
        return out


def group_least(layout: Layout, values: Floats) -> Floats:
    """Smallest value of each stratum, shape (..., S)."""
    return layout.reduce(np.minimum, values)


def group_most(layout: Layout, values: Floats) -> Floats:
    """Largest value of each stratum, shape (..., S)."""
    return layout.reduce(np.maximum, values)


def group_difference(layout: Layout, values: Floats, overall: Floats, method: str) -> Floats:
    """Largest distance between two groups, or of a group from the overall value, shape (..., S).

    Examples
    --------
    >>> layout = Layout((), ("sex",), (("F",), ("M",)))
    >>> group_difference(layout, np.array([0.25, 0.75]), np.array([0.5]), "between_groups").tolist()
    [0.5]
    """
    refuse_method(method)
    if method == "between_groups":
        return np.asarray(group_most(layout, values) - group_least(layout, values))
    return layout.reduce(np.maximum, np.abs(values - overall[..., layout.stratum]))


def group_ratio(layout: Layout, values: Floats, overall: Floats, method: str) -> Floats:
    """Smallest ratio of two groups, or of a group and the overall value, the larger below; (..., S).

    Examples
    --------
    >>> layout = Layout((), ("sex",), (("F",), ("M",)))
    >>> group_ratio(layout, np.array([0.25, 0.5]), np.array([0.4]), "to_overall").tolist()
    [0.625]
    """
    refuse_method(method)
    if method == "between_groups":
        return divide(group_least(layout, values), group_most(layout, values))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = values / overall[..., layout.stratum]
        share = np.where(share > 1, 1 / share, share)
    # 0/0 says nothing of a group; a group that is itself undefined leaves the aggregate undefined.
    known = layout.reduce(np.maximum, values)
    return np.where(np.isnan(known), np.nan, layout.reduce(np.fmin, share))


def refuse_method(method: str) -> None:
    """Raise unless the method is known.

    Raises
    ------
    InputError
        Names the two methods.
    """
    if method not in METHODS:
        raise InputError.of("choice", "method", f"one of {', '.join(METHODS)} is wanted, got {method!r}")


def combinations(keys: Sequence[Group]) -> tuple[list[Group], Places]:
    """List every combination of the levels that occur, and where the given ones stand in that list.

    Parameters
    ----------
    keys : sequence of tuple
        Combinations that have rows.

    Returns
    -------
    list of tuple
        In order; the given ones alone where all would be more than a million.
    places : ndarray of int
        Position of each key in the list.

    Examples
    --------
    >>> every, places = combinations([("F", "A"), ("M", "B")])
    >>> every, places.tolist()
    ([('F', 'A'), ('F', 'B'), ('M', 'A'), ('M', 'B')], [0, 3])
    """
    axes = [_levels(column) for column in zip(*keys, strict=True)]
    shape = [len(axis) for axis in axes]
    if math.prod(shape) > MAX_EMPTY or len(axes) < 2:
        return list(keys), np.arange(len(keys))
    lookups = [{_key(level): i for i, level in enumerate(axis)} for axis in axes]
    codes = [[lookup[_key(level)] for lookup, level in zip(lookups, key, strict=True)] for key in keys]
    places = np.ravel_multi_index(tuple(np.array(codes).T), shape)
    grids = np.unravel_index(np.arange(math.prod(shape)), shape)
    listed = [[axis[i] for i in grid] for axis, grid in zip(axes, grids, strict=True)]
    return list(zip(*listed, strict=True)), np.asarray(places)


def _levels(column: Sequence[Level]) -> list[Level]:
    return sorted({_key(level): level for level in column}.values(), key=sort_key)


def _key(level: Level) -> tuple[Any, Level]:
    return type(level), level
