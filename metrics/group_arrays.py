"""Arrays to codes and levels: whole numbers as they are, times and text by dictionary, the rest by value."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .group_levels import Codes, Column, missing_last, refuse_many
from .results import Level


def encode_array(array: NDArray[Any], name: str) -> Column:
    """Code an array of any kind.

    Examples
    --------
    >>> encode_array(np.array(["F", "M", "F"]), "sex").codes.tolist()
    [0, 1, 0]
    """
    if array.dtype.kind in "biuf":
        return encode_plain(array, name)
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
    return encode_arrow(pa.array(array if known else array.astype(f"{kind}8[s]")), name)


def _encode_objects(array: NDArray[Any], name: str) -> Column:
    """Code an array of Python objects, text by dictionary.

    Examples
    --------
    >>> _encode_objects(np.array(["F", None], dtype=object), "sex").levels
    ('F', None)
    """
    import pyarrow as pa  # noqa: PLC0415 - only columns of text need it

    kinds = {type(value) for value in array.flat}
    if kinds <= {str, type(None)}:
        return encode_arrow(pa.array(array, type=pa.large_string()), name)
    return encode_mixed(array, name)


def encode_plain(array: NDArray[Any], name: str) -> Column:
    """Code numbers and truth values; whole numbers that lie close together are taken as they are.

    Examples
    --------
    >>> encode_plain(np.array([3, 5]), "age").levels
    (3, 4, 5)
    """
    if array.dtype.kind == "b":
        return Column(name, array.view(np.uint8), (False, True))
    if array.dtype.kind in "iu" and array.size:
        low, high = int(array.min()), int(array.max())
        if high - low < 4096:
            codes = _from_zero(array, low)
            return Column(name, codes, tuple(range(low, high + 1)))
    if array.dtype.kind == "O":
        return encode_mixed(array, name)
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
    refuse_many(len(levels), name)
    values = tuple(level_of(value) for value in levels.tolist())
    return Column(name, codes, values)


def encode_mixed(array: NDArray[Any], name: str) -> Column:
    """Code objects of several types by value and type: True, 1 and "1" are three levels.

    Examples
    --------
    >>> encode_mixed(np.array([True, 1, "1"], dtype=object), "x").levels
    (True, 1, '1')
    """
    # bool, int and float compare equal in Python (True == 1 == 1.0), so the type is part of the key.
    known: dict[tuple[type, Level], int] = {}
    codes = np.empty(len(array), dtype=np.int32)
    for position, value in enumerate(array.tolist()):
        if hasattr(value, "__len__") and not isinstance(value, str | bytes):
            raise _not_scalar(name, type(value).__name__)
        level = level_of(value)
        codes[position] = known.setdefault((type(level), level), len(known))
        refuse_many(len(known), name)
    return missing_last(name, codes, tuple(level for _, level in known))


def _not_scalar(name: str, got: object) -> InputError:
    return InputError.of(
        "not_scalar",
        name,
        f"a group is one number, word, date or truth value, got {got}; give one value a row",
    )


def encode_arrow(array: Any, name: str) -> Column:
    """Code an Arrow array by its dictionary; an array of objects is taken by value.

    Examples
    --------
    >>> import pyarrow as pa
    >>> encode_arrow(pa.array(["F", None]), "sex").codes.tolist()
    [0, 1]
    """
    import pyarrow as pa  # noqa: PLC0415 - only columns of text need it

    if isinstance(array, np.ndarray):
        return encode_mixed(array, name)
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
    levels = tuple(level_of(value) for value in array.dictionary.to_pylist())
    refuse_many(len(levels), name)
    codes = array.indices
    if codes.null_count:
        codes = (
            codes.fill_null(len(levels))
            if len(levels) < 127
            else codes.cast(pa.int64()).fill_null(len(levels))
        )
        levels = (*levels, None)
    return Column(name, codes.to_numpy(zero_copy_only=False), levels)


def level_of(value: Any) -> Level:
    """Give a value as a plain Python level; None where it stands for a missing one.

    Examples
    --------
    >>> level_of(np.float64(2.0)), level_of(float("nan")), level_of(datetime.date(2026, 1, 31))
    (2, None, '2026-01-31')
    >>> level_of(decimal.Decimal("1.00"))
    1
    """
    # Plain Python types only, so that the level of a shard equals the same level of another shard.
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float | np.floating | decimal.Decimal):
        return _number_level(float(value))
    return _numpy_level(value) if isinstance(value, np.generic) else _text_level(value)


def _numpy_level(value: np.generic) -> Level:
    if isinstance(value, np.datetime64 | np.timedelta64):
        return _encode_times(np.array([value]), "").levels[0]
    return level_of(value.item())


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
