"""Marking missing values and choosing rows: once for Arrow batches, and once in SQL, with the same result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InputError
from .duck import literal, quoted


def clean_type(kind: pa.DataType) -> pa.DataType:
    """Return the type that a column is read as; few of Arrow's functions know the rest.

    Examples
    --------
    >>> clean_type(pa.decimal128(5, 2))
    DataType(double)
    """
    if pa.types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, clean_type(kind.value_type), ordered=kind.ordered)
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return pa.float64()
    return pa.string() if pa.types.is_string_view(kind) else kind


def is_text(kind: pa.DataType) -> bool:
    """Tell whether an Arrow type holds text, be it plain or as a dictionary.

    Examples
    --------
    >>> is_text(pa.large_string()), is_text(pa.int64())
    (True, False)
    """
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(
        pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner)
    )


def is_number(kind: pa.DataType) -> bool:
    """Tell whether an Arrow type holds numbers; booleans are none.

    Examples
    --------
    >>> is_number(pa.int64()), is_number(pa.bool_())
    (True, False)
    """
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def clean(array: pa.Array, missing: Sequence[str]) -> pa.Array:
    """Mark missing values: the tokens in texts, the numbers they spell, and nan.

    Examples
    --------
    >>> clean(pa.array(["F", "?"]), ["?"]).to_pylist(), clean(pa.array([1, -9]), ["-9"]).to_pylist()
    (['F', None], [1, None])
    """
    kind = clean_type(array.type)
    array = array if array.type == kind else array.cast(kind)
    if pa.types.is_dictionary(kind):
        return _clean_dictionary(array, missing) if missing and is_text(kind) else array
    if is_text(kind):
        return _nulled(array, pc.is_in(array, pa.array(list(missing), kind))) if missing else array
    if not is_number(kind):
        return array
    numbers = _nulled(array, pc.is_nan(array)) if pa.types.is_floating(kind) else array
    spelt = _spelt(missing)
    return (
        _nulled(numbers, pc.is_in(numbers.cast(pa.float64()), pa.array(spelt, pa.float64())))
        if spelt
        else numbers
    )


def _nulled(array: pa.Array, where: pa.Array) -> pa.Array:
    return pc.if_else(pc.fill_null(where, fill_value=True), pa.scalar(None, array.type), array)


def _clean_dictionary(array: pa.DictionaryArray, missing: Sequence[str]) -> pa.Array:
    """Take the tokens out of the dictionary, so that they are no level either."""
    levels = array.dictionary
    stays = np.asarray([level not in missing for level in levels.to_pylist()], dtype=bool)
    if stays.all():
        return array
    numbers = np.cumsum(stays) - 1
    codes = pa.array(numbers, mask=~stays).take(array.indices).cast(array.type.index_type)
    return pa.DictionaryArray.from_arrays(codes, levels.filter(pa.array(stays)), ordered=array.type.ordered)


def clean_sql(item: pa.Field, missing: Sequence[str]) -> str:
    """Return the SQL expression that does to a column what ``clean`` does.

    Examples
    --------
    >>> print(clean_sql(pa.field("sex", pa.string()), ["?"]))
    CASE WHEN "sex" IN ('?') THEN NULL ELSE "sex" END AS "sex"
    """
    column = quoted(item.name)
    value = column
    if pa.types.is_decimal(item.type) or pa.types.is_float16(item.type):
        value = f"CAST({value} AS DOUBLE)"
    if pa.types.is_floating(clean_type(item.type)):
        value = f"CASE WHEN isnan({value}) THEN NULL ELSE {value} END"
    tokens: list[str] = []
    if is_text(item.type):
        tokens = [literal(token) for token in missing]
    elif is_number(item.type):
        tokens = [literal(number) for number in _spelt(missing)]
    listed = ", ".join(tokens)
    return (
        f"CASE WHEN {column} IN ({listed}) THEN NULL ELSE {value} END AS {column}"
        if tokens
        else f"{value} AS {column}"
    )


def _spelt(missing: Sequence[str]) -> list[float]:
    """Return the numbers among the tokens."""
    numbers = []
    for token in missing:
        try:
            number = float(token)
        except ValueError:
            continue
        if np.isfinite(number):
            numbers.append(number)
    return numbers


def holds(batch: pa.RecordBatch, column: str, value: Any) -> pa.Array:
    """Tell which rows of a batch hold a value; a missing value does not.

    Examples
    --------
    >>> holds(pa.record_batch({"split": ["train", None, "test"]}), "split", "test").to_pylist()
    [False, False, True]
    """
    array = batch.column(column)
    plain = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    return pc.fill_null(pc.equal(plain.cast(clean_type(plain.type)), pa.scalar(value)), fill_value=False)


def equals_sql(column: str, value: Any) -> str:
    """Return the SQL condition of the rows that hold a value.

    Examples
    --------
    >>> print(equals_sql("split", "test"))
    "split" = 'test'
    """
    return f"{quoted(column)} = {literal(value)}"


def as_kind(value: str | float, kind: pa.DataType, column: str) -> Any:
    """Turn a value as people write it into one that a column of this type can hold.

    Raises
    ------
    InputError
        The column cannot hold such a value.

    Examples
    --------
    >>> as_kind("2", pa.int64(), "fold")
    2
    """
    text = str(value)
    if is_text(kind):
        return text
    if pa.types.is_boolean(kind) and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    try:
        if is_number(kind) and not isinstance(value, bool):
            return int(text) if pa.types.is_integer(kind) else float(text)
    except ValueError:
        pass
    message = f"the column holds {kind}, and {value!r} is no such value; correct the split"
    raise InputError.of("wrong_value", column, message)
