"""Features as a caller gives them (a series, a frame, a mapping, an array) to named columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError


def one_column(values: Any, name: str) -> Any:
    """Unwrap a single column: a frame or relation of one column gives that column, anything else itself.

    Raises
    ------
    InputError
        The frame has several columns.

    Examples
    --------
    >>> one_column([1, 0], "y_true")
    [1, 0]
    """
    if isinstance(values, np.ndarray):
        return values
    pa = nw.dependencies.get_pyarrow()
    if pa is not None and isinstance(values, pa.Array):
        return pa.chunked_array([values])
    names = native_names(values)
    if names is None:
        wrapped = nw.from_native(values, allow_series=True, pass_through=True)
        if isinstance(wrapped, nw.LazyFrame):
            wrapped = wrapped.collect("pyarrow")
        if not isinstance(wrapped, nw.DataFrame):
            return values
        names, values = list(wrapped.columns), wrapped.to_native()
    if len(names) != 1:
        shown = ", ".join(str(one) for one in names[:6])
        raise InputError.of(
            "shape", name, f"one column is wanted, got {len(names)}: {shown}; select one of them"
        )
    return nw.from_native(values).get_column(names[0]).to_native()


def frame_columns(values: Any, prefix: str) -> list[tuple[str, Any]]:
    """Split what a caller gives as features into named columns.

    Parameters
    ----------
    values : series, frame, mapping, array of one or two dimensions, or list
        A lazy frame is collected; a mapping is taken as column name to column.
    prefix : str
        Name of columns that have none: ``prefix`` itself for one, ``prefix_0`` ... for several.

    Returns
    -------
    list of (name, column)

    Raises
    ------
    InputError
        Two columns share a name.

    Examples
    --------
    >>> [name for name, _ in frame_columns({"sex": ["F"], "race": ["A"]}, "sensitive_feature")]
    ['sex', 'race']
    """
    columns = _named(values, prefix)
    names = [name for name, _ in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError.of(
            "duplicate_columns", prefix, f"each column needs a name of its own, got twice: {', '.join(twice)}"
        )
    return columns


def _named(values: Any, prefix: str) -> list[tuple[str, Any]]:
    if isinstance(values, dict):
        return [(str(name), column) for name, column in values.items()]
    names = native_names(values)
    if names is not None and len(set(names)) != len(names):
        return [(str(name), None) for name in names]
    wrapped = nw.from_native(values, allow_series=True, pass_through=True)
    if isinstance(wrapped, nw.LazyFrame):
        wrapped = wrapped.collect("pyarrow")
    if isinstance(wrapped, nw.Series):
        return [(str(wrapped.name) if wrapped.name not in (None, "") else prefix, values)]
    if isinstance(wrapped, nw.DataFrame):
        return [(str(name), wrapped.get_column(name).to_native()) for name in wrapped.columns]
    return _unnamed(values, prefix)


def native_names(values: Any) -> list[Any] | None:
    """Give a pandas frame's column names, which may stand twice; None for anything else.

    narwhals refuses two columns of one name with an error of its own, so pandas is asked first.
    """
    if not hasattr(values, "iloc") or not hasattr(values, "columns"):
        return None
    return list(cast("Sequence[Any]", values.columns))


def _unnamed(values: Any, prefix: str) -> list[tuple[str, Any]]:
    array = values if isinstance(values, np.ndarray) else None
    if array is None and isinstance(values, list | tuple) and values and isinstance(values[0], list | tuple):
        array = _table(values, prefix)
    if array is not None and array.ndim == 2 and array.shape[1] > 1:
        return [(f"{prefix}_{i}", array[:, i]) for i in range(array.shape[1])]
    return [(prefix, values if array is None else array)]


def _table(rows: Sequence[Any], name: str) -> NDArray[Any]:
    width = len(rows[0])
    for row in rows:
        if not isinstance(row, list | tuple) or len(row) != width:
            raise InputError.of("shape", name, f"each row has {width} values like the first, got {row!r}")
    array = np.empty((len(rows), width), dtype=object)
    for position, row in enumerate(rows):
        array[position] = list(row)
    return array
