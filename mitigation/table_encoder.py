"""A table as one matrix of floats: numbers standardised, missing values marked, categories as codes."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import check_array

from ..errors import InputError, Problem
from ..metrics.groups import encode

Matrix = NDArray[np.float32]
UNSEEN = 0
"""The code of a level that no training row had."""


class TableEncoder:
    """Turn the columns of a table into what a network takes.

    First stand the numbers, with mean 0 and variance 1 among the training rows and 0 where missing; then one
    mark for each number column that missed values in training (1: missing); then the categories' codes, where
    0 is a level that training did not have, and a missing value is a level of its own.
    Columns of numbers and truth values are numbers; all others are categories.

    Attributes
    ----------
    numbers_, marked_, categories_ : list of int
        Positions of the columns.
    means_, scales_ : ndarray of float, shape (numbers,)
    levels_ : list of list
        Of each category column; level ``i`` has the code ``i + 1``.

    Examples
    --------
    >>> X = pd.DataFrame({"job": ["smith", "nurse", None], "age": [30.0, None, 50.0]})
    >>> encoder = TableEncoder().fit(X)
    >>> encoder.transform(X).tolist()
    [[-1.0, 0.0, 1.0], [0.0, 1.0, 2.0], [1.0, 0.0, 3.0]]
    >>> encoder.transform(pd.DataFrame({"job": ["baker"], "age": [40.0]})).tolist()
    [[0.0, 0.0, 0.0]]
    """

    def fit(self, X: Any) -> TableEncoder:
        """Learn the columns.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)

        Returns
        -------
        TableEncoder
            Itself.

        Raises
        ------
        InputError
            A number is infinite.
        """
        columns = table_columns(X)
        numeric = [_is_number(column) for column in columns]
        self.numbers_ = [i for i, is_number in enumerate(numeric) if is_number]
        self.categories_ = [i for i, is_number in enumerate(numeric) if not is_number]
        values = _floats(columns, self.numbers_)
        there = ~np.isnan(values)
        self.marked_ = [self.numbers_[i] for i in np.flatnonzero(~np.all(there, axis=0))]
        counts = np.maximum(there.sum(axis=0), 1)
        self.means_ = np.where(there, values, 0.0).sum(axis=0) / counts
        spread = np.where(there, values - self.means_, 0.0)
        scales = np.sqrt((spread**2).sum(axis=0) / counts)
        self.scales_ = np.where(scales > 0, scales, 1.0)
        self.levels_ = [list(encode(columns[i], str(i)).levels) for i in self.categories_]
        return self

    def transform(self, X: Any) -> Matrix:
        """Give the matrix.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)
            The columns of ``fit``, in its order.

        Returns
        -------
        ndarray of float32, shape (rows, numbers + marks + categories)

        Raises
        ------
        InputError
            A number is infinite, or a number column holds something else.
        """
        columns = table_columns(X)
        values = _floats(columns, self.numbers_)
        marks = np.isnan(_floats(columns, self.marked_))
        scaled = (values - self.means_) / self.scales_
        codes = [_coded(columns[i], levels) for i, levels in zip(self.categories_, self.levels_, strict=True)]
        parts = [np.where(np.isnan(scaled), 0.0, scaled), marks, *(code[:, None] for code in codes)]
        return np.concatenate(parts, axis=1).astype(np.float32)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of codes of each category column, the unseen one included."""
        return tuple(len(levels) + 1 for levels in self.levels_)

    @property
    def width(self) -> int:
        """How many columns stand before the categories."""
        return len(self.numbers_) + len(self.marked_)


def table_columns(X: Any) -> list[pd.Series[Any]]:
    """Give the columns of a table, from a frame of any library or an array.

    Parameters
    ----------
    X : frame or array-like of shape (rows, columns)

    Returns
    -------
    list of pandas.Series

    Raises
    ------
    ValueError
        scikit-learn's own words for an array that is sparse, complex, empty or not of two dimensions.

    Examples
    --------
    >>> [column.tolist() for column in table_columns([[1, 2], [3, 4]])]
    [[1, 3], [2, 4]]
    """
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        table = X if isinstance(X, pd.DataFrame) else frame.to_pandas()
        if not all(table.shape):
            said = f"at least one row and one column are needed, got the shape {table.shape}"
            raise InputError.of("empty", "X", said)
    else:
        array = check_array(X, dtype=None, ensure_all_finite=False)
        table = pd.DataFrame(array)
        table = table.infer_objects() if array.dtype.kind == "O" else table
    return [table.iloc[:, i] for i in range(table.shape[1])]


def _is_number(column: pd.Series[Any]) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype)) and not isinstance(
        column.dtype, pd.CategoricalDtype
    )


def _floats(columns: list[pd.Series[Any]], chosen: list[int]) -> NDArray[np.float64]:
    rows = len(columns[0])
    values = np.empty((rows, len(chosen)))
    problems = []
    for position, i in enumerate(chosen):
        try:
            values[:, position] = columns[i].to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            said = "the column held numbers in training, and now holds something else; convert it"
            problems.append(Problem("type", f"column {columns[i].name!r}", said))
            continue
        infinite = int(np.isinf(values[:, position]).sum())
        if infinite:
            said = f"numbers must be finite or missing, got infinity (inf) in {infinite:,} rows"
            problems.append(Problem("infinite", f"column {columns[i].name!r}", said))
    if problems:
        raise InputError(problems)
    return values


def _coded(column: pd.Series[Any], levels: list[Any]) -> NDArray[np.int64]:
    found = encode(column, str(column.name))
    known = {level: code for code, level in enumerate(levels, start=1)}
    lookup = np.array([known.get(level, UNSEEN) for level in found.levels], dtype=np.int64)
    return lookup[found.codes]
