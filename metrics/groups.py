"""Columns to groups: every kind of column becomes small whole-number codes and a list of levels.

Categorical and dictionary codes are taken as they are; strings are dictionary-encoded once.
A missing value is a level of its own (``None``), always the last.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .results import Level

MAX_LEVELS = 100_000
"""More distinct values than this are a sign of a number or an id, not of a group."""

Codes = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Column:
    """A column of groups: ``levels[codes[i]]`` is the level of row ``i``.

    Parameters
    ----------
    name : str
    codes : ndarray of int, shape (rows,)
        Each in ``0 .. len(levels) - 1``.
    levels : tuple
        Distinct; ``None`` stands for a missing value. A level may have no rows.
    ordered : bool
        Whether the order of the levels means something and is kept.
    """

    name: str
    codes: Codes
    levels: tuple[Level, ...]
    ordered: bool = False


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
        levels = tuple(_level(value) for value in values.categories)
        column = Column(name, np.asarray(values.codes), levels, ordered=bool(values.ordered))
        return _tidy(_with_missing(column))
    if isinstance(values, Column):
        return replace(values, name=name)
    values = one_column(values, name)
    series = None if isinstance(values, np.ndarray) else _series(values)
    if series is None:
        return _tidy(_encode_array(_one_dimension(values, name), name))
    return _tidy(_encode_series(series, name))


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
    names = _native_names(values)
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
        return _encode_mixed(_object_array(series.to_list()), name)
    if isinstance(dtype, nw.Categorical | nw.Enum):
        return _encode_categories(series, name)
    if dtype.is_integer() or dtype.is_float() or dtype == nw.Boolean:
        return _encode_numbers(series, name)
    return _encode_arrow(_to_arrow(series), name)


def _encode_words(native: Any, name: str) -> Column | None:
    # Looking Python's own strings up takes half the time of copying them into Arrow first.
    if native.dtype != np.dtype(object):
        return None
    try:
        codes, found = native.factorize()
    except TypeError:  # a list, say, cannot be looked up
        return None
    levels = tuple(found.tolist())
    if not levels or any(type(level) is not str for level in levels):
        return None
    _refuse_many(len(levels), name)
    return _with_missing(Column(name, codes, levels))


def _to_arrow(series: nw.Series[Any]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - only columns of text need it

    native = series.to_native()
    if series.implementation.is_pandas_like():
        try:
            return pa.array(native, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
            return native.to_numpy(dtype=object)
    return series.to_arrow()


def _encode_categories(series: nw.Series[Any], name: str) -> Column:
    native = series.to_native()
    if series.implementation.is_pandas_like() and hasattr(native, "cat"):
        # The array's codes are a view; those of the accessor are a copy.
        pandas = series.implementation.is_pandas()
        codes = native.array.codes if pandas else native.cat.codes.to_numpy()
        levels = tuple(_level(value) for value in native.cat.categories)
        return _with_missing(Column(name, codes, levels, ordered=bool(native.cat.ordered)))
    column = _encode_arrow(_to_arrow(series), name)
    return replace(column, ordered=isinstance(series.dtype, nw.Enum))


def _with_missing(column: Column) -> Column:
    if column.codes.size and int(column.codes.min()) < 0:
        codes = np.where(column.codes < 0, len(column.levels), column.codes)
        return replace(column, codes=codes, levels=(*column.levels, None))
    return column


def _encode_numbers(series: nw.Series[Any], name: str) -> Column:
    missing = series.is_null().to_numpy()
    if missing.any():
        kept = _encode_plain(series.drop_nulls().to_numpy(), name)
        codes = np.full(len(missing), len(kept.levels), dtype=np.int32)
        codes[~missing] = kept.codes
        if None in kept.levels:
            codes[missing] = kept.levels.index(None)
            return Column(name, codes, kept.levels)
        return Column(name, codes, (*kept.levels, None))
    return _encode_plain(series.to_numpy(), name)


def _encode_array(array: NDArray[Any], name: str) -> Column:
    if array.dtype.kind in "biuf":
        return _encode_plain(array, name)
    if array.dtype.kind in "mM":
        return _encode_times(array, name)
    if array.dtype.kind in "US":
        return _encode_unique(array, name)
    return _encode_objects(array, name)


def _encode_times(array: NDArray[Any], name: str) -> Column:
    import pyarrow as pa  # noqa: PLC0415 - only columns of text and times need it

    kind = array.dtype.kind
    unit = np.datetime_data(array.dtype)[0]
    known = unit in ("s", "ms", "us", "ns") or (unit, kind) == ("D", "M")
    return _encode_arrow(pa.array(array if known else array.astype(f"{kind}8[s]")), name)


def _encode_objects(array: NDArray[Any], name: str) -> Column:
    import pyarrow as pa  # noqa: PLC0415 - only columns of text need it

    kinds = {type(value) for value in array.flat}
    if kinds <= {str, type(None)}:
        return _encode_arrow(pa.array(array, type=pa.large_string()), name)
    return _encode_mixed(array, name)


def _encode_plain(array: NDArray[Any], name: str) -> Column:
    if array.dtype.kind == "b":
        return Column(name, array.view(np.uint8), (False, True))
    if array.dtype.kind in "iu" and array.size:
        low, high = int(array.min()), int(array.max())
        if high - low < 4096:
            codes = _from_zero(array, low)
            return Column(name, codes, tuple(range(low, high + 1)))
    if array.dtype.kind == "O":
        return _encode_mixed(array, name)
    return _encode_unique(array, name)


def _from_zero(array: Codes, low: int) -> Codes:
    if low == 0 and array.dtype != np.uint64:
        return array
    # A byte cannot hold the distance from -128 to 127, and numpy counts no uint64.
    if array.dtype.itemsize == 1:
        return array.astype(np.int16) - low
    moved: Codes = array - low
    return moved.astype(np.int64) if array.dtype == np.uint64 else moved


def _encode_unique(array: NDArray[Any], name: str) -> Column:
    levels, codes = np.unique(array, return_inverse=True, equal_nan=True)
    _refuse_many(len(levels), name)
    values = tuple(_level(value) for value in levels.tolist())
    return Column(name, codes, values)


def _encode_mixed(array: NDArray[Any], name: str) -> Column:
    # bool, int and float compare equal in Python (True == 1 == 1.0), so the type is part of the key.
    known: dict[tuple[type, Level], int] = {}
    codes = np.empty(len(array), dtype=np.int32)
    for position, value in enumerate(array.tolist()):
        if hasattr(value, "__len__") and not isinstance(value, str | bytes):
            raise _not_scalar(name, type(value).__name__)
        level = _level(value)
        codes[position] = known.setdefault((type(level), level), len(known))
        _refuse_many(len(known), name)
    return _missing_last(name, codes, tuple(level for _, level in known))


def _not_scalar(name: str, got: object) -> InputError:
    return InputError.of(
        "not_scalar",
        name,
        f"a group is one number, word, date or truth value, got {got}; give one value a row",
    )


def _missing_last(name: str, codes: Codes, levels: tuple[Level, ...]) -> Column:
    if None not in levels or levels[-1] is None:
        return Column(name, codes, levels)
    at = levels.index(None)
    lookup = np.arange(len(levels), dtype=np.int32)
    lookup[at] = len(levels) - 1
    lookup[at + 1 :] -= 1
    return Column(name, lookup[codes], (*levels[:at], *levels[at + 1 :], None))


def _encode_arrow(array: Any, name: str) -> Column:
    import pyarrow as pa  # noqa: PLC0415 - only columns of text need it

    if isinstance(array, np.ndarray):
        return _encode_mixed(array, name)
    if pa.types.is_null(array.type):
        return Column(name, np.zeros(len(array), dtype=np.uint8), (None,))
    if pa.types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    if not pa.types.is_dictionary(array.type):
        try:
            array = array.dictionary_encode()
        except pa.ArrowNotImplementedError as error:
            raise _not_scalar(name, array.type) from error
    if isinstance(array, pa.ChunkedArray):
        array = array.unify_dictionaries().combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = array.chunk(0)
    levels = tuple(_level(value) for value in array.dictionary.to_pylist())
    _refuse_many(len(levels), name)
    codes = array.indices
    if codes.null_count:
        codes = (
            codes.fill_null(len(levels))
            if len(levels) < 127
            else codes.cast(pa.int64()).fill_null(len(levels))
        )
        levels = (*levels, None)
    return Column(name, codes.to_numpy(zero_copy_only=False), levels)


def _level(value: Any) -> Level:
    # Plain Python types only, so that the level of a shard equals the same level of another shard.
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float | np.floating):
        return _number_level(float(value))
    return _numpy_level(value) if isinstance(value, np.generic) else _text_level(value)


def _numpy_level(value: np.generic) -> Level:
    if isinstance(value, np.datetime64 | np.timedelta64):
        return _encode_times(np.array([value]), "").levels[0]
    return _level(value.item())


def _number_level(value: float) -> Level:
    # A missing value makes whole numbers floats in many libraries; the group 1.0 is the group 1.
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _text_level(value: Any) -> Level:
    if isinstance(value, datetime.date | datetime.time):
        text = value.isoformat()
    elif isinstance(value, datetime.timedelta):
        text = datetime.timedelta.__str__(value)
    else:
        text = str(value)
    return None if text in ("<NA>", "NaT") else text


def _tidy(column: Column) -> Column:
    # Dictionaries and categories may hold a value twice, or a missing one, as different entries.
    levels = column.levels
    keys = [(type(level), level) for level in levels]
    if None not in levels[:-1] and len(set(keys)) == len(keys):
        return column
    distinct = [*dict.fromkeys(key for key in keys if key[1] is not None)]
    places = {key: i for i, key in enumerate(distinct)}
    lookup = np.array([places.get(key, len(distinct)) for key in keys], dtype=np.int32)
    missing = (None,) if None in levels else ()
    return replace(column, codes=lookup[column.codes], levels=(*(level for _, level in distinct), *missing))


def _refuse_many(count: int, name: str) -> None:
    if count > MAX_LEVELS:
        raise InputError.of(
            "too_many_levels",
            name,
            f"a column of groups has at most {MAX_LEVELS:,} distinct values, got more;"
            " is it a number or an id? band it, or leave it out",
        )


def sort_key(level: Level) -> tuple[bool, bool, float, str]:
    """Order levels: numbers by value, then text by its characters, a missing value last."""
    if level is None:
        return (True, True, 0.0, "")
    if isinstance(level, str):
        return (False, True, 0.0, level)
    return (False, False, level, type(level).__name__)


def sort_column(column: Column) -> Column:
    """Put the levels of a column in their natural order, unless they have an order of their own.

    Examples
    --------
    >>> sort_column(encode(["M", "F", None, "M"], "sex")).codes.tolist()
    [1, 0, 2, 1]
    """
    order = sorted(range(len(column.levels)), key=lambda i: sort_key(column.levels[i]))
    if column.ordered or order == list(range(len(order))):
        return column
    lookup: Codes = np.empty(len(order), dtype=np.uint8 if len(order) <= 1 << 8 else np.int32)
    lookup[order] = np.arange(len(order))
    return replace(column, codes=lookup[column.codes], levels=tuple(column.levels[i] for i in order))


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
    names = _native_names(values)
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


def _native_names(values: Any) -> list[Any] | None:
    # narwhals refuses two columns of one name with an error of its own, so pandas is asked first.
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
