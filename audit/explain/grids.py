"""Values of a column to try: quantiles of numbers, the commonest of other values, each held by a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...metrics.groups import encode
from ...metrics.results import Level
from .pairing import Floats, Ints

Kind = Literal["number", "category"]


def kind_of_column(values: pd.Series[Any]) -> Kind:
    """Tell whether a column is taken as numbers; truth values and all else are categories.

    Examples
    --------
    >>> kind_of_column(pd.Series([1, 2])), kind_of_column(pd.Series([True, False]))
    ('number', 'category')
    """
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return "number" if numeric else "category"


def numbers_of(values: pd.Series[Any]) -> Floats:
    """Give a column of numbers as floats; missing ones are nan."""
    found: Floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return found


@dataclass(frozen=True, eq=False)
class Grid:
    """Values of one column to try.

    Parameters
    ----------
    column : str
    kind : {"number", "category"}
    values : tuple
        Rising numbers; or categories, the commonest first. A missing value is never among them.
    donors : ndarray of int, shape (values,)
        A row that holds each value.
    missing : int
        Rows without a value.
    left_out : int
        Categories that were not tried, because too many are commoner.
    """

    column: str
    kind: Kind
    values: tuple[Level, ...]
    donors: Ints
    missing: int
    left_out: int


def grid_of(X: pd.DataFrame, column: str, size: int) -> Grid:
    """Choose the values of a column to try.

    Parameters
    ----------
    X : pandas.DataFrame
    column : str
    size : int
        At most so many values. Numbers are the observed values at evenly spaced ranks.

    Examples
    --------
    >>> grid_of(pd.DataFrame({"age": [40, 20, 30, None]}), "age", 3).values
    (20.0, 30.0, 40.0)
    >>> grid_of(pd.DataFrame({"job": ["a", "b", "b", None]}), "job", 1).values
    ('b',)
    """
    values = X[column]
    if kind_of_column(values) == "number":
        return _of_numbers(numbers_of(values), column, size)
    coded = encode(values, column)
    counts = np.bincount(coded.codes, minlength=len(coded.levels))
    levels = [at for at in np.argsort(-counts, kind="stable") if counts[at] and coded.levels[at] is not None]
    kept = levels[:size]
    donors = np.array([int(np.argmax(coded.codes == at)) for at in kept], dtype=np.int64)
    missing = sum(int(counts[at]) for at, level in enumerate(coded.levels) if level is None)
    tried = tuple(coded.levels[at] for at in kept)
    return Grid(column, "category", tried, donors, missing, len(levels) - len(kept))


def _of_numbers(numbers: Floats, column: str, size: int) -> Grid:
    present = np.flatnonzero(np.isfinite(numbers))
    order = present[np.argsort(numbers[present], kind="stable")]
    rising = numbers[order]
    _, first = np.unique(rising, return_index=True)
    if len(first) > size:
        ranks = np.unique(np.round(np.linspace(0, len(order) - 1, size)).astype(np.int64))
        _, at = np.unique(rising[ranks], return_index=True)
        first = ranks[at]
    donors = order[first].astype(np.int64)
    values = tuple(float(value) for value in rising[first])
    return Grid(column, "number", values, donors, len(numbers) - len(present), 0)
