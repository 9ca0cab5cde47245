"""Numeric columns of a table: chosen, taken out as numbers, and put back changed."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from ..errors import InputError
from .rows import Floats, column_names


def columns_to_change(X: Any, columns: Any, sensitive: tuple[Any, ...]) -> list[Any]:
    """Name the numeric columns to change: those asked for, or all but the sensitive ones.

    Parameters
    ----------
    X : frame or ndarray of shape (rows, columns)
    columns : name, position, sequence of them, or None
        None means all numeric columns. Truth values and text are left as they are.
    sensitive : tuple of names or positions

    Raises
    ------
    InputError
        X is sparse, or a column asked for is missing, sensitive or no number.

    Examples
    --------
    >>> columns_to_change(pd.DataFrame({"age": [1, 2], "sex": ["F", "M"], "pay": [1.5, 2.0]}), None, ("age",))
    ['pay']
    """
    if hasattr(X, "tocsr"):
        said = "Sparse input is not supported: columns must be numbers, each with a value in every row"
        raise InputError.of("sparse", "X", f"{said}; give X.toarray()")
    known = [name for name in _numeric(X) if name not in sensitive]
    if columns is None:
        return known
    asked = list(column_names(columns))
    unfit = [name for name in asked if name not in known]
    if unfit:
        shown = ", ".join(map(repr, unfit))
        said = f"columns to change must be numeric and not sensitive, but not {shown}"
        raise InputError.of(
            "unfit_column", "columns", f"{said}; they may be among: {', '.join(map(str, known))}"
        )
    return asked


def _numeric(X: Any) -> list[Any]:
    if isinstance(X, pd.DataFrame):
        return [name for name in X.columns if is_numeric_dtype(X[name]) and not is_bool_dtype(X[name])]
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return [name for name in frame.columns if frame[name].dtype.is_numeric()]
    if X.ndim != 2:
        said = f"a table has two dimensions, got {X.ndim}; Reshape your data with X.reshape(-1, 1) or (1, -1)"
        raise InputError.of("shape", "X", said)
    return list(range(X.shape[1]))


def has_columns(X: Any, columns: list[Any]) -> bool:
    """Tell whether a table has these columns.

    Examples
    --------
    >>> has_columns(np.zeros((3, 2)), [1]), has_columns(np.zeros((3, 2)), [2])
    (True, False)
    """
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return set(columns) <= set(frame.columns)
    return not hasattr(X, "tocsr") and X.ndim == 2 and all(position < X.shape[1] for position in columns)


def numbers_of(X: Any, columns: list[Any]) -> Floats:
    """Take columns as numbers, shape (rows, columns); missing values are nan.

    Raises
    ------
    InputError
        A value is no number.

    Examples
    --------
    >>> numbers_of(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), ["b"]).tolist()
    [[3.0], [4.0]]
    """
    if isinstance(X, pd.DataFrame):
        return X[columns].to_numpy(dtype=float, na_value=np.nan)
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        parts = [np.asarray(frame[name].to_numpy(), dtype=float) for name in columns]
        return np.column_stack(parts) if parts else np.zeros((len(frame), 0))
    try:
        return np.asarray(X[:, columns], dtype=float)
    except ValueError as error:
        raise InputError.of("type", "X", "an array of rows must hold numbers, got something else") from error


def with_numbers(X: Any, columns: list[Any], matrix: Floats) -> Any:
    """Put changed columns back into a table of the same kind; all else stays.

    Examples
    --------
    >>> with_numbers(np.array([[1, 2], [3, 4]]), [1], np.array([[7.5], [8.5]])).tolist()
    [[1.0, 7.5], [3.0, 8.5]]
    """
    if isinstance(X, pd.DataFrame):
        changed = X.copy(deep=False)
        for place, name in enumerate(columns):
            changed[name] = matrix[:, place]
        return changed
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        backend = nw.get_native_namespace(frame)
        new = [nw.new_series(name, matrix[:, i], backend=backend) for i, name in enumerate(columns)]
        return frame.with_columns(*new).to_native()
    kind = X.dtype if X.dtype.kind == "f" else np.float64
    changed = X.astype(kind)
    changed[:, columns] = matrix
    return changed
