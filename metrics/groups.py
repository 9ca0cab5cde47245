"""Columns to groups: every kind of column becomes small whole-number codes and a list of levels.

Categorical and dictionary codes are taken as they are; strings are dictionary-encoded once.
A missing value is a level of its own (``None``), always the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .feature_columns import frame_columns, one_column
from .group_arrays import encode_array, encode_arrow, encode_mixed, encode_plain, level_of
from .group_identity import encode_few
from .group_levels import Column, refuse_many, sort_column, sort_key, tidy, with_missing

__all__ = ["Column", "encode", "frame_columns", "one_column", "sort_column", "sort_key"]


def encode(values: Any, name: str) -> Column:
    """Turn any one-dimensional column into codes and levels.

    Parameters
    ----------
    values : array-like of shape (rows,) or Column
        A numpy array, list, or a series of pandas, polars, pyarrow or any library narwhals knows; a
        column that is encoded already is taken as it is, under the new name.
    name : str
        What the column is called in messages and results.

    Returns
    -------
    Column
        Levels are in the order of first appearance, or of the categories; ``None`` last.

    Raises
    ------
    InputError
        The column is not one-dimensional, or has more than 100,000 distinct values.

    Examples
    --------
    >>> column = encode(["F", "M", None, "F"], "sex")
    >>> column.levels, column.codes.tolist()
    (('F', 'M', None), [0, 1, 2, 0])
    """
    if hasattr(values, "codes") and hasattr(values, "categories"):
        # A bare pandas Categorical: its codes are taken as they are, as those of a series are.
        levels = tuple(level_of(value) for value in values.categories)
        column = Column(name, np.asarray(values.codes), levels, ordered=bool(values.ordered))
        return tidy(with_missing(column))
    if isinstance(values, Column):
        return replace(values, name=name)
    values = one_column(values, name)
    series = None if isinstance(values, np.ndarray) else _series(values)
    if series is None:
        array = _one_dimension(values, name)
        few = encode_few(array, name) if array.dtype == object else None
        return few or tidy(encode_array(array, name))
    return tidy(_encode_series(series, name))


def _series(values: Any) -> nw.Series[Any] | None:
    wrapped = nw.from_native(values, allow_series=True, pass_through=True)
    return wrapped if isinstance(wrapped, nw.Series) else None


def _one_dimension(values: Any, name: str) -> NDArray[Any]:
    if isinstance(values, np.ma.MaskedArray):
        array = np.ma.getdata(values).astype(object)
        array[np.ma.getmaskarray(values)] = None
    elif isinstance(values, np.ndarray):
        array = values
    else:
        listed = (
            list(values) if isinstance(values, Iterable) and not isinstance(values, str | bytes) else [values]
        )
        array = _object_array(listed)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError.of("shape", name, f"a column has one dimension, got an array of shape {array.shape}")
    return array


def _object_array(values: list[Any]) -> NDArray[Any]:
    kinds = {type(value) for value in values}
    if kinds <= {bool} or kinds <= {int} or kinds <= {float, int}:
        return np.asarray(values)
    array = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        array[position] = value
    return array


def _encode_series(series: nw.Series[Any], name: str) -> Column:
    words = _encode_words(series.to_native(), name) if series.implementation.is_pandas() else None
    if words is not None:
        return words
    dtype = series.dtype
    if isinstance(dtype, nw.Object) and not series.implementation.is_pandas_like():
        return encode_mixed(_object_array(series.to_list()), name)
    if isinstance(dtype, nw.Categorical | nw.Enum):
        return _encode_categories(series, name)
    if dtype.is_integer() or dtype.is_float() or dtype == nw.Boolean:
        return _encode_numbers(series, name)
    return encode_arrow(_to_arrow(series), name)


def _encode_words(native: Any, name: str) -> Column | None:
    if native.dtype != np.dtype(object):
        return None
    few = encode_few(native.to_numpy(), name)
    if few is not None:
        return few
    # Looking Python's own strings up takes half the time of copying them into Arrow first.
    try:
        codes, found = native.factorize()
    except TypeError:  # a list, say, cannot be looked up
        return None
    levels = tuple(found.tolist())
    if not levels or any(type(level) is not str for level in levels):
        return None
    refuse_many(len(levels), name)
    return with_missing(Column(name, codes, levels))


def _to_arrow(series: nw.Series[Any]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - only columns of text need it

    native = series.to_native()
    if series.implementation.is_pandas_like():
        try:
            return pa.array(native, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeError):
            return native.to_numpy(dtype=object)
    return series.to_arrow()


def _encode_categories(series: nw.Series[Any], name: str) -> Column:
    native = series.to_native()
    if series.implementation.is_pandas_like() and hasattr(native, "cat"):
        # The array's codes are a view; those of the accessor are a copy.
        pandas = series.implementation.is_pandas()
        codes = native.array.codes if pandas else native.cat.codes.to_numpy()
        levels = tuple(level_of(value) for value in native.cat.categories)
        return with_missing(Column(name, codes, levels, ordered=bool(native.cat.ordered)))
    column = encode_arrow(_to_arrow(series), name)
    return replace(column, ordered=isinstance(series.dtype, nw.Enum))


def _encode_numbers(series: nw.Series[Any], name: str) -> Column:
    missing = series.is_null().to_numpy()
    if missing.any():
        kept = encode_plain(series.drop_nulls().to_numpy(), name)
        codes = np.full(len(missing), len(kept.levels), dtype=np.int32)
        codes[~missing] = kept.codes
        if None in kept.levels:
            codes[missing] = kept.levels.index(None)
            return Column(name, codes, kept.levels)
        return Column(name, codes, (*kept.levels, None))
    return encode_plain(series.to_numpy(), name)
