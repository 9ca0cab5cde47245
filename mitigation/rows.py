"""Rows at the door of this room: the group of each, its weight, and whether inputs line up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import InputError, Problem, did_you_mean
from ..metrics.groups import encode, frame_columns
from ..metrics.results import Group

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class RowGroups:
    """The group of every row: the intersection of all sensitive columns.

    Parameters
    ----------
    names : tuple of str
        The sensitive columns.
    levels : tuple of tuple
        One level for each column; only combinations that occur. A missing value is the level None.
    codes : ndarray of int, shape (rows,)
        Row ``i`` stands in group ``levels[codes[i]]``.
    """

    names: tuple[str, ...]
    levels: tuple[Group, ...]
    codes: Integers


def row_groups(sensitive_features: Any) -> RowGroups:
    """Turn one or several sensitive columns into one group for each row.

    Parameters
    ----------
    sensitive_features : series, frame, mapping, list or array of shape (rows,) or (rows, columns)

    Returns
    -------
    RowGroups

    Raises
    ------
    InputError
        The columns have different lengths, or cannot be read as groups.

    Examples
    --------
    >>> groups = row_groups({"sex": ["F", "M", "F"], "race": ["A", "A", "B"]})
    >>> groups.levels, groups.codes.tolist()
    ((('F', 'A'), ('F', 'B'), ('M', 'A')), [0, 2, 1])
    """
    columns = [
        encode(values, name) for name, values in frame_columns(sensitive_features, "sensitive_feature")
    ]
    lengths = {column.name: len(column.codes) for column in columns}
    if len(set(lengths.values())) > 1:
        received = ", ".join(f"{name} has {length:,}" for name, length in lengths.items())
        raise InputError.of(
            "length", "sensitive_features", f"all columns need the same length, but {received}"
        )
    levels: list[Group] = [()]
    codes = np.zeros(len(columns[0].codes) if columns else 0, dtype=np.int64)
    for column in columns:
        present, codes = compress(codes * len(column.levels) + column.codes, len(levels) * len(column.levels))
        levels = [
            (*levels[i // len(column.levels)], column.levels[i % len(column.levels)])
            for i in present.tolist()
        ]
    return RowGroups(tuple(lengths), tuple(levels), codes)


def compress(codes: Integers, size: int) -> tuple[Integers, Integers]:
    """Renumber codes without gaps.

    Parameters
    ----------
    codes : ndarray of int, shape (rows,)
        Each in ``0 .. size - 1``.
    size : int

    Returns
    -------
    present, codes : ndarray of int
        The codes that occur, in order; and each row's position among them.

    Examples
    --------
    >>> present, codes = compress(np.array([5, 2, 5]), 9)
    >>> present.tolist(), codes.tolist()
    ([2, 5], [1, 0, 1])
    """
    if size > max(65_536, 4 * len(codes)):
        present, codes = np.unique(codes, return_inverse=True)
        return present, codes.astype(np.int64, copy=False)
    present = np.flatnonzero(np.bincount(codes, minlength=size))
    if len(present) == size:
        return present, codes
    lookup = np.zeros(size, dtype=np.int64)
    lookup[present] = np.arange(len(present))
    return present, lookup[codes]


def summed(codes: Integers, weights: Floats, size: int) -> Floats:
    """Sum the weights of each code.

    Examples
    --------
    >>> summed(np.array([0, 2, 0]), np.array([1.0, 2.0, 3.0]), 3).tolist()
    [4.0, 0.0, 2.0]
    """
    return np.bincount(codes, weights=weights, minlength=size).astype(np.float64, copy=False)


def match_rows(values: Any, index: pd.Index[Any] | None, name: str) -> Any:
    """Put the rows of a pandas input into the order of an index.

    Parameters
    ----------
    values : object
        Anything without a pandas index is returned as it is: its rows are matched by position.
    index : pandas.Index or None
        The index of the input that the rows must follow; None where it has none.
    name : str
        What the input is called in messages.

    Returns
    -------
    object
        The same kind as ``values``. A different number of rows is left for the caller to refuse.

    Raises
    ------
    InputError
        Both have an index, and the two do not hold the same rows.

    Examples
    --------
    >>> match_rows(pd.Series([1, 2], index=["b", "a"]), pd.Index(["a", "b"]), "y").tolist()
    [2, 1]
    """
    if index is None or not isinstance(values, pd.Series | pd.DataFrame) or len(values) != len(index):
        return values
    if values.index.equals(index):
        return values
    if values.index.is_unique and index.is_unique and bool(values.index.isin(index).all()):
        return values.loc[index]
    raise InputError.of(
        "index_mismatch",
        name,
        "rows of two pandas inputs are matched by their index, and these do not hold the same rows;"
        " give both the same index, or pass an array to match by position",
    )


def index_of(*inputs: Any) -> pd.Index[Any] | None:
    """Give the index of the first input that has one.

    Examples
    --------
    >>> index_of([1, 2], pd.Series([1, 2], index=["a", "b"])).tolist()
    ['a', 'b']
    """
    for values in inputs:
        if isinstance(values, pd.Series | pd.DataFrame):
            return values.index
    return None


def row_weights(sample_weight: Any, rows: int) -> tuple[Floats, list[Problem]]:
    """Read row weights, and tell what is wrong with them.

    Parameters
    ----------
    sample_weight : array-like of shape (rows,), number or None
        None gives every row the weight 1.
    rows : int

    Returns
    -------
    weights : ndarray of float, shape (rows,)
        All 1 where there is a problem.
    problems : list of Problem

    Examples
    --------
    >>> row_weights([2, 1], 2)
    (array([2., 1.]), [])
    >>> row_weights([-1, 1], 2)[1][0].message
    'weights must be 0 or more, got 1 that is not (the least is -1.0)'
    """
    ones = np.ones(rows)
    if sample_weight is None:
        return ones, []
    try:
        weights = np.asarray(sample_weight, dtype=float)
    except (TypeError, ValueError):
        return ones, [Problem("type", "sample_weight", "weights must be numbers, got something else")]
    weights = np.full(rows, float(weights)) if weights.ndim == 0 else weights
    fault = _weight_fault(weights, rows)
    return (weights, []) if fault is None else (ones, [fault])


def _weight_fault(weights: Floats, rows: int) -> Problem | None:
    if weights.shape != (rows,):
        return _fault(
            "shape", f"one weight for each of the {rows:,} rows is needed, got shape {weights.shape}"
        )
    bad = int((~np.isfinite(weights)).sum())
    if bad:
        return _fault("missing", f"weights must be finite numbers, got {bad:,} missing or infinite")
    negative = int((weights < 0).sum())
    if negative:
        least = float(weights.min())
        return _fault(
            "negative", f"weights must be 0 or more, got {negative:,} that is not (the least is {least})"
        )
    if rows and not weights.any():
        return _fault("all_zero", "at least one weight must be above 0, but every weight is zero")
    return None


def _fault(code: str, message: str) -> Problem:
    return Problem(code, "sample_weight", message)


def column_names(columns: Any) -> tuple[Any, ...]:
    """Read what names columns: one name or position, a sequence of them, or None for none.

    Examples
    --------
    >>> column_names("sex"), column_names(["sex", "race"]), column_names(None)
    (('sex',), ('sex', 'race'), ())
    """
    if columns is None:
        return ()
    if isinstance(columns, str | int | np.integer):
        return (columns,)
    return tuple(columns)


def missing_columns(columns: Sequence[Any], known: Sequence[Any], where: str) -> list[Problem]:
    """List the named columns that a table lacks, each with the closest name it has.

    Examples
    --------
    >>> missing_columns(["sexx"], ["sex", "age"], "sensitive_columns")[0].message
    "the table has no column 'sexx'; did you mean 'sex'?"
    """
    names = set(known)
    return [
        Problem("unknown_column", where, f"the table has no column {name!r}; {did_you_mean(name, known)}")
        for name in columns
        if name not in names
    ]
