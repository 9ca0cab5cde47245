"""Metrics that counts cannot give: the caller's function on the rows of each group, sorted once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .groups import Column, sort_key
from .results import Group

Places = NDArray[np.intp]


@dataclass(frozen=True)
class RowGroups:
    """The rows of each group.

    Parameters
    ----------
    groups : tuple of tuple, length P
        Combinations that occur, in order of their levels.
    code : ndarray of int, shape (rows,)
        Position of each row's group.
    """

    groups: tuple[Group, ...]
    code: Places

    @cached_property
    def order(self) -> Places:
        """Positions of the rows, those of each group together."""
        # Two bytes are sorted by radix, several times faster than eight.
        small = self.code.astype(np.uint16) if len(self.groups) <= 1 << 16 else self.code
        return np.argsort(small, kind="stable")

    @cached_property
    def parts(self) -> list[slice]:
        """Where each group lies in the ordered rows."""
        sizes = np.bincount(self.code, minlength=len(self.groups))
        ends = np.cumsum(sizes)
        return [slice(end - size, end) for end, size in zip(ends.tolist(), sizes.tolist(), strict=True)]

    def coarser(self, width: int) -> RowGroups:
        """Join the groups that agree in their first columns."""
        kept = tuple(dict.fromkeys(group[:width] for group in self.groups))
        places = {group: i for i, group in enumerate(kept)}
        lookup = np.array([places[group[:width]] for group in self.groups], dtype=np.intp)
        return RowGroups(kept, lookup[self.code])

    def resampled(self, rows: Places) -> RowGroups:
        """Give the groups of a sample of the rows."""
        return RowGroups(self.groups, self.code[rows])


def groups_of_rows(columns: Sequence[Column]) -> RowGroups:
    """Find the groups that the columns make together.

    Examples
    --------
    >>> from evenhand.metrics.groups import encode
    >>> found = groups_of_rows([encode(["M", "F", "M"], "sex")])
    >>> found.groups, found.code.tolist()
    ((('F',), ('M',)), [1, 0, 1])
    """
    ordered = [_in_order(column) for column in columns]
    shape = tuple(len(column.levels) for column in ordered)
    flat = np.ravel_multi_index(tuple(column.codes for column in ordered), shape)
    keys, code = np.unique(flat, return_inverse=True)
    places = np.unravel_index(keys, shape)
    levels = [[c.levels[i] for i in at] for c, at in zip(ordered, places, strict=True)]
    return RowGroups(tuple(zip(*levels, strict=True)), code.astype(np.intp, copy=False))


def _in_order(column: Column) -> Column:
    order = sorted(range(len(column.levels)), key=lambda i: sort_key(column.levels[i]))
    lookup = np.empty(len(order), dtype=np.intp)
    lookup[order] = np.arange(len(order))
    return replace(column, codes=lookup[column.codes], levels=tuple(column.levels[i] for i in order))


def evaluate(
    call: Callable[..., Any],
    groups: RowGroups,
    y_true: NDArray[Any],
    y_pred: NDArray[Any],
    params: Mapping[str, NDArray[Any]],
    *,
    rows: Places | None = None,
) -> list[Any]:
    """Call a metric on each group's rows.

    Parameters
    ----------
    call : callable
    groups : RowGroups
        Of the rows given by ``rows``, or of all.
    y_true, y_pred : ndarray of shape (rows, ...)
    params : mapping of str to ndarray of shape (rows, ...)
    rows : ndarray of int, optional
        Positions of the rows that are used, which may repeat.

    Returns
    -------
    list
        What the metric gives for each group; ``nan`` for a group without rows.

    Examples
    --------
    >>> groups = RowGroups((("F",), ("M",)), np.array([1, 0, 1]))
    >>> y = np.array([3.0, 5.0, 4.0])
    >>> evaluate(lambda y_true, y_pred: float(y_pred.max()), groups, y, y, {})
    [5.0, 4.0]
    """
    at = groups.order if rows is None else rows[groups.order]
    y_true, y_pred = y_true[at], y_pred[at]
    params = {key: value[at] for key, value in params.items()}
    return [
        call(y_true[part], y_pred[part], **{key: value[part] for key, value in params.items()})
        if part.stop > part.start
        else np.nan
        for part in groups.parts
    ]


def row_array(values: Any, name: str, rows: int) -> NDArray[Any]:
    """Read anything by rows as an array; a single column loses its second axis.

    Raises
    ------
    InputError
        The number of rows is not the one expected.

    Examples
    --------
    >>> row_array([[1], [2]], "y_pred", 2).tolist()
    [1, 2]
    """
    wrapped = nw.from_native(values, allow_series=True, pass_through=True)
    if isinstance(wrapped, nw.LazyFrame):
        wrapped = wrapped.collect("pyarrow")
    array = wrapped.to_numpy() if isinstance(wrapped, nw.Series | nw.DataFrame) else np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 0 or len(array) != rows:
        got = "a single value" if array.ndim == 0 else f"{len(array):,}"
        raise InputError.of("lengths_differ", name, f"all inputs have one value a row, {rows:,}; got {got}")
    return array
