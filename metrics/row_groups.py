"""Rows sorted by group: what needs the rows themselves (regression, rankings, neighbours) starts here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem
from .cube import refuse_too_many
from .disparity import Choice
from .groups import Column, encode, frame_columns, sort_key
from .labels import collect, numbers, weights
from .outcomes import reference_position
from .results import Group
from .tally import refuse_unaligned

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RowGroups:
    """Columns of numbers, their rows brought into the order of the groups.

    Parameters
    ----------
    attributes : tuple of str
    groups : tuple of tuple, length G
        Combinations of levels that have rows.
    order : ndarray of int, shape (rows,)
        Where each sorted row stood; equal groups keep their order.
    starts : ndarray of int, shape (G + 1,)
        Group ``i`` holds the sorted rows from ``starts[i]`` to ``starts[i + 1]``.
    columns : dict of ndarray of float, shape (rows,)
        Sorted like ``order``.
    weight : ndarray of float or None
        Sorted too.
    """

    attributes: tuple[str, ...]
    groups: tuple[Group, ...]
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    columns: Mapping[str, Floats]
    weight: Floats | None

    @property
    def sizes(self) -> Floats:
        """Rows of each group, shape (G,)."""
        return np.diff(self.starts).astype(float)

    @property
    def codes(self) -> NDArray[np.intp]:
        """The group of every row, in the order in which the rows came."""
        codes = np.empty(len(self.order), dtype=np.intp)
        codes[self.order] = np.repeat(np.arange(len(self.groups)), np.diff(self.starts))
        return codes

    def sums(self, values: Floats) -> Floats:
        """Sum sorted values within each group, weighted."""
        weighted = values if self.weight is None else values * self.weight
        return np.asarray(np.add.reduceat(weighted, self.starts[:-1]))

    @property
    def total(self) -> Floats:
        """Sum of weights of each group, shape (G,)."""
        return self.sizes if self.weight is None else self.sums(np.ones_like(self.weight))

    @property
    def effective(self) -> Floats:
        """Effective size of each group: (sum w)^2 / sum w^2 (Kish 1965), or its rows."""
        if self.weight is None:
            return self.sizes
        square = self.sums(self.weight)
        return np.divide(self.total**2, square, out=np.zeros_like(square), where=square > 0)

    def part(self, name: str, i: int) -> Floats:
        """Give the values of a column in group ``i``."""
        return self.columns[name][self.starts[i] : self.starts[i + 1]]

    def spread(self, figures: Floats) -> Floats:
        """Repeat a figure of each group for all its sorted rows."""
        return np.repeat(figures, np.diff(self.starts))

    def find(self, reference: Choice) -> int:
        """Give the position of the largest group, or of the one named.

        Raises
        ------
        InputError
            No group is called that, or another choice is made.
        """
        if reference == "best":
            raise InputError.of(
                "choice", "reference", "the largest group or a named one is wanted, got 'best'"
            )
        return reference_position(self.groups, self.sizes, reference, self.sizes)


def grouped_rows(
    sensitive_features: Any, columns: Mapping[str, Any], *, sample_weight: Any = None
) -> RowGroups:
    """Read columns of numbers and sort their rows by group.

    Parameters
    ----------
    sensitive_features : series, frame, mapping, array or list of shape (rows,) or (rows, features)
        Several columns make intersections; a missing value is a group of its own.
    columns : mapping of name to array-like of shape (rows,)
        Finite numbers.
    sample_weight : array-like of shape (rows,), optional
        Survey weights, at least zero.

    Returns
    -------
    RowGroups

    Raises
    ------
    InputError
        With every problem found: lengths or indexes that differ, missing or infinite numbers, no rows.

    Examples
    --------
    >>> rows = grouped_rows({"sex": ["M", "F", "M"]}, {"y_pred": [1.0, 2.0, 4.0]})
    >>> rows.groups, rows.sums(rows.columns["y_pred"]).tolist()
    ((('F',), ('M',)), [2.0, 5.0])
    """
    problems: list[Problem] = []
    named = collect(problems, partial(frame_columns, sensitive_features, "sensitive_feature")) or []
    features = sensitive_features if isinstance(sensitive_features, dict) else {"": sensitive_features}
    refuse_unaligned([*columns.items(), ("sample_weight", sample_weight), *features.items()], problems)
    found = [collect(problems, partial(encode, values, name)) for name, values in named]
    encoded = [column for column in found if column is not None]
    read = {name: collect(problems, partial(_finite, column, name)) for name, column in columns.items()}
    values = {name: column for name, column in read.items() if column is not None}
    weight = None if sample_weight is None else collect(problems, partial(weights, sample_weight))
    _refuse_lengths(encoded, values, weight, problems)
    if problems:
        raise InputError(problems)
    return _sorted(encoded, values, weight)


def _finite(values: Any, name: str) -> Floats:
    array = numbers(values, name)
    wrong = int(np.count_nonzero(~np.isfinite(array)))
    if wrong:
        raise InputError.of(
            "bad_numbers",
            name,
            f"finite numbers are wanted, got {wrong:,} missing or infinite; drop those rows",
        )
    return array


def _refuse_lengths(
    encoded: list[Column], values: dict[str, Floats], weight: Floats | None, problems: list[Problem]
) -> None:
    lengths = {column.name: len(column.codes) for column in encoded}
    lengths |= {name: len(column) for name, column in values.items()}
    lengths |= {} if weight is None else {"sample_weight": len(weight)}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        rule = "all inputs have one value a row"
        problems.append(Problem("lengths_differ", "", f"{rule}, got lengths {shown}; give equal ones"))
    elif 0 in lengths.values() or not encoded:
        problems.append(Problem("empty", "", "at least one row of one column is needed, got none"))


def _sorted(encoded: list[Column], values: dict[str, Floats], weight: Floats | None) -> RowGroups:
    shape = tuple(len(column.levels) for column in encoded)
    refuse_too_many(shape)
    flat = np.ravel_multi_index(tuple(column.codes.astype(np.int64) for column in encoded), shape)
    keys, codes, counts = np.unique(flat, return_inverse=True, return_counts=True)
    places = np.stack(np.unravel_index(keys, shape), axis=1)
    found = [tuple(column.levels[i] for column, i in zip(encoded, at, strict=True)) for at in places]
    rank = sorted(range(len(found)), key=lambda i: [sort_key(level) for level in found[i]])
    new = np.argsort(rank)
    order = np.argsort(new[codes], kind="stable")
    return RowGroups(
        attributes=tuple(column.name for column in encoded),
        groups=tuple(found[i] for i in rank),
        order=order,
        starts=np.concatenate([[0], np.cumsum(counts[rank])]).astype(np.intp),
        columns={name: column[order] for name, column in values.items()},
        weight=None if weight is None else weight[order],
    )
