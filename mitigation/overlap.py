"""Rows that stand in both the training and the test table: figures measured on them flatter the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from ..errors import InputError
from .rows import Integers, missing_columns


@dataclass(frozen=True)
class Overlap:
    """Test rows that also stand in the training table.

    Parameters
    ----------
    columns : tuple of str
        What was compared: the columns that both tables have.
    train_rows, test_rows : int
    count : int
        Test rows with an equal row in training.
    share : float
        Of all test rows, in [0, 1]; nan without test rows.
    distinct : int
        Different rows among them.
    test_positions, train_positions : ndarray of int
        Positions, counted from 0, of the rows concerned in each table.
    """

    columns: tuple[str, ...]
    train_rows: int
    test_rows: int
    count: int
    share: float
    distinct: int
    test_positions: Integers
    train_positions: Integers


def overlapping_rows(train: Any, test: Any, *, columns: Sequence[str] | None = None) -> Overlap:
    """Find the test rows that are equal to a training row in every column.

    The comparison is exact (no hashes): columns are matched by name, in whatever order they stand;
    numbers are equal by value, whatever their type; a missing value equals a missing value.
    Coarse tables hold equal rows that are different people, so a few equal rows need not be a leak.

    Parameters
    ----------
    train, test : frames of pandas, polars, pyarrow or any library that narwhals knows
    columns : sequence of str, optional
        What to compare; None means all columns that both tables have.

    Returns
    -------
    Overlap

    Raises
    ------
    InputError
        The tables share no column, or lack one of those named.

    Examples
    --------
    >>> train = pd.DataFrame({"age": [30, 40, 50], "job": ["a", None, "c"]})
    >>> test = pd.DataFrame({"job": [None, "a"], "age": [40.0, 31.0]})
    >>> found = overlapping_rows(train, test)
    >>> found.count, found.share, found.test_positions.tolist(), found.train_positions.tolist()
    (1, 0.5, [0], [1])
    """
    first, second = nw.from_native(train, eager_only=True), nw.from_native(test, eager_only=True)
    shared = _shared(first, second, columns)
    split = len(first)
    codes = np.zeros(split + len(second), dtype=np.int64)
    for name in shared:
        values, size = _joint_codes(first[name], second[name])
        codes, _ = pd.factorize(codes * size + values)
    return _overlap(codes[:split], codes[split:], shared)


def _shared(
    train: nw.DataFrame[Any], test: nw.DataFrame[Any], columns: Sequence[str] | None
) -> tuple[str, ...]:
    if columns is not None:
        problems = missing_columns(columns, train.columns, "train") + missing_columns(
            columns, test.columns, "test"
        )
        if problems:
            raise InputError(problems)
        return tuple(columns)
    names = set(test.columns)
    shared = tuple(name for name in train.columns if name in names)
    if not shared:
        raise InputError.of(
            "no_shared_column",
            "train, test",
            "the two tables need at least one column in common to compare rows;"
            f" train has {', '.join(train.columns[:10])}; test has {', '.join(test.columns[:10])}",
        )
    return shared


def _joint_codes(first: nw.Series[Any], second: nw.Series[Any]) -> tuple[Integers, int]:
    """Give each value of a column one number in both tables; a missing value is a value of its own."""
    both = pd.concat([_comparable(first), _comparable(second)], ignore_index=True)
    codes, values = pd.factorize(both, use_na_sentinel=True)
    return np.where(codes < 0, len(values), codes).astype(np.int64), len(values) + 1


def _comparable(column: nw.Series[Any]) -> pd.Series[Any]:
    """Give numbers as floats where that loses nothing, and all else as it is."""
    kind = column.dtype
    if kind == nw.Boolean or kind.is_float() or kind.is_integer():
        return _numbers(column)
    series = column.to_pandas()
    return series.astype(object)


def _numbers(column: nw.Series[Any]) -> pd.Series[Any]:
    largest_exact = 2**53
    plain = column.drop_nulls()
    if (
        column.dtype.is_integer()
        and len(plain)
        and max(abs(int(plain.min())), abs(int(plain.max()))) > largest_exact
    ):
        return column.to_pandas().astype(object)
    return pd.Series(column.cast(nw.Float64).to_numpy()).astype(np.float64)


def _overlap(train: Integers, test: Integers, shared: tuple[str, ...]) -> Overlap:
    size = int(max(train.max(initial=-1), test.max(initial=-1))) + 1
    in_train, in_test = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    in_train[train], in_test[test] = True, True
    both = in_train & in_test
    at_test, at_train = np.flatnonzero(both[test]), np.flatnonzero(both[train])
    share = len(at_test) / len(test) if len(test) else float("nan")
    return Overlap(shared, len(train), len(test), len(at_test), share, int(both.sum()), at_test, at_train)
