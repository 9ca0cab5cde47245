"""Labels, decisions, scores and weights at the door: checked, and turned into small codes.

What a caller most likely did not mean (probabilities as decisions, ``yes``/``no`` without saying
which one is positive) is an error here and never a number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem
from .groups import Column, encode, one_column, sort_key
from .results import Level

T = TypeVar("T")
Floats = NDArray[np.float64]

_CHUNK = 1 << 17
_ALLOWED: tuple[frozenset[Level], ...] = (frozenset({0, 1}), frozenset({-1, 1}))


def collect(problems: list[Problem], step: Callable[[], T]) -> T | None:
    """Run a step; where it raises `InputError`, keep its problems and go on with None."""
    try:
        return step()
    except InputError as error:
        problems.extend(error.problems)
        return None


def binary_codes(values: Any, name: str, pos_label: Level = None) -> NDArray[np.integer[Any]]:
    """Code a column of labels or decisions as 0 and 1.

    Parameters
    ----------
    values : array-like of shape (rows,)
        Without ``pos_label``: {0, 1}, booleans or {-1, 1}.
    name : str
        For messages.
    pos_label : str, int, float or bool, optional
        The value that counts as positive; every other value is negative.

    Raises
    ------
    InputError
        A value is missing or infinite; the values are not binary and no positive label was declared;
        they look like probabilities.

    Examples
    --------
    >>> binary_codes(["no", "yes"], "y_true", pos_label="yes").tolist()
    [0, 1]
    """
    return binary_outcome(values, name, pos_label)[0]


def binary_outcome(
    values: Any, name: str, pos_label: Level = None
) -> tuple[NDArray[np.integer[Any]], tuple[Level, ...]]:
    """Code a column as `binary_codes` does, and give the values that it may hold beside the codes."""
    values = one_column(values, name)
    ready = _ready_codes(values) if pos_label is None or (pos_label in (1, True)) else None
    if ready is not None:
        return ready, tuple(sorted({int(ready.min()), int(ready.max())})) if ready.size else ()
    _refuse_fractions(values, name, pos_label)
    column = encode(values, name)
    _refuse_missing(column, name)
    levels = tuple(used_levels(column))
    if any(level in (math.inf, -math.inf) for level in levels):
        raise InputError.of(
            "infinite", name, "decisions or labels are finite, got an infinite one; correct those rows"
        )
    positive = _positive_codes(column, name, pos_label)
    lookup = np.zeros(len(column.levels), dtype=np.uint8)
    lookup[positive] = 1
    return lookup[column.codes], levels


def _refuse_fractions(values: Any, name: str, pos_label: Level) -> None:
    # Declaring 1 as the positive label does not make 0.97 a decision; such a column has no levels to list.
    if isinstance(pos_label, str) or (isinstance(pos_label, float) and not pos_label.is_integer()):
        return
    array = _float_array(values)
    if array is None:
        return
    fractions = array[np.isfinite(array) & (array != np.floor(array))]
    if fractions.size:
        raise InputError.of(
            "probabilities",
            name,
            f"decisions or labels are wanted, got {len(np.unique(fractions)):,} distinct fractions"
            f" such as {fractions[0]:g};"
            " scores go into y_score, or make decisions of them first: (score >= 0.5)",
        )


def _float_array(values: Any) -> NDArray[Any] | None:
    wrapped = nw.from_native(values, allow_series=True, pass_through=True)
    if isinstance(wrapped, nw.Series):
        return np.asarray(wrapped.drop_nulls().to_numpy(), dtype=float) if wrapped.dtype.is_float() else None
    if isinstance(values, list | tuple):
        kinds = {type(value) for value in values}
        numeric = kinds and all(issubclass(kind, float | int | np.number) for kind in kinds)
        return np.asarray(values, dtype=float) if numeric else None
    if isinstance(values, np.ma.MaskedArray):
        values = values.compressed()
    return values.ravel() if isinstance(values, np.ndarray) and values.dtype.kind == "f" else None


def _ready_codes(values: Any) -> NDArray[np.integer[Any]] | None:
    # The common case, whole numbers 0 and 1 or booleans, needs one look and no coding.
    array = values if isinstance(values, np.ndarray) else _native_array(values)
    if array is None or array.ndim != 1 or np.ma.is_masked(array):
        return None
    if array.dtype.kind == "b":
        return array.view(np.uint8)
    return _narrow(array) if array.dtype.kind in "iu" and array.size else None


def _narrow(array: NDArray[np.integer[Any]]) -> NDArray[np.uint8] | None:
    # Without its sign a negative number is a large one, so that one look finds whatever is not 0 or 1.
    plain = array.view(array.dtype.str.replace("i", "u"))
    if plain.dtype.itemsize == 1:
        return plain if plain.max() <= 1 else None
    # Checked and copied chunk by chunk, so that wide numbers come from memory once.
    codes = np.empty(len(plain), dtype=np.uint8)
    for start in range(0, len(plain), _CHUNK):
        part = plain[start : start + _CHUNK]
        if part.max() > 1:
            return None
        codes[start : start + _CHUNK] = part
    return codes


def _native_array(values: Any) -> NDArray[Any] | None:
    wrapped = nw.from_native(values, allow_series=True, pass_through=True)
    if not isinstance(wrapped, nw.Series) or not (wrapped.dtype.is_integer() or wrapped.dtype == nw.Boolean):
        return None
    return None if wrapped.null_count() else wrapped.to_numpy()


def used_levels(column: Column) -> list[Level]:
    """Levels of a column that have rows, in natural order."""
    used = np.flatnonzero(np.bincount(column.codes.astype(np.intp, copy=False), minlength=len(column.levels)))
    return sorted((column.levels[i] for i in used), key=sort_key)


def _refuse_missing(column: Column, name: str) -> None:
    if None not in column.levels:
        return
    missing = int(np.count_nonzero(column.codes == column.levels.index(None)))
    if missing:
        raise InputError.of(
            "missing_values",
            name,
            f"every row needs a value, got {missing:,} missing; drop or fill those rows first",
        )


def _positive_codes(column: Column, name: str, pos_label: Level) -> list[int]:
    if pos_label is not None:
        return [
            i for i, level in enumerate(column.levels) if level == pos_label and _same_kind(level, pos_label)
        ]
    levels = used_levels(column)
    if any(frozenset(levels) <= allowed for allowed in _ALLOWED):
        return [i for i, level in enumerate(column.levels) if level == 1]
    shown = ", ".join(repr(level) for level in levels[:6]) + (", ..." if len(levels) > 6 else "")
    raise InputError.of(
        "labels_not_declared",
        name,
        f"labels are 0 and 1 unless the positive one is declared, got {shown};"
        " say which one counts with pos_label=...",
    )


def _same_kind(level: Level, pos_label: Level) -> bool:
    return isinstance(level, str) == isinstance(pos_label, str)


def refuse_other_labels(seen: Mapping[str, Sequence[Level]], pos_label: Level) -> None:
    """Raise where decisions speak another language than the labels: ``Yes`` beside ``yes``, 0 beside ``no``.

    Such a decision would count as negative without a word. Two values in all are never in doubt.

    Raises
    ------
    InputError
        Names the decisions that no label has.
    """
    if len(seen) < 2:
        return
    labels, decisions = seen.values()
    declared = () if pos_label is None else (pos_label,)
    strange = [level for level in decisions if not _among(level, (*labels, *declared))]
    every = [*labels, *declared, *strange]
    if strange and sum(not _among(level, every[:i]) for i, level in enumerate(every)) > 2:
        shown = ", ".join(repr(level) for level in strange[:6])
        known = ", ".join(repr(level) for level in labels[:6])
        raise InputError.of(
            "unseen_labels",
            list(seen)[1],
            f"decisions are written as the labels are, {known}; got {shown}; bring both into one spelling",
        )


def _among(level: Level, known: Sequence[Level]) -> bool:
    return any(level == other and _same_kind(level, other) for other in known)


def positive_occurs(columns: Mapping[str, Sequence[Level]], pos_label: Level) -> None:
    """Raise unless the positive label is among the values of at least one of the columns.

    Raises
    ------
    InputError
        Names the values that do occur.
    """
    seen: list[Level] = []
    for levels in columns.values():
        seen += [level for level in levels if not _among(level, seen)]
    if pos_label == 1 and all(not isinstance(level, str) and level in (0, 1) for level in seen):
        return  # only zeros, as one shard of many may hold, leave no doubt
    if not any(level == pos_label and _same_kind(level, pos_label) for level in seen):
        shown = ", ".join(repr(level) for level in seen[:6])
        raise InputError.of(
            "pos_label_absent",
            "pos_label",
            f"the positive label is one of the values, got {pos_label!r}; they are {shown}",
        )


def numbers(values: Any, name: str) -> Floats:
    """Read a column of numbers; a missing one becomes ``nan``.

    Raises
    ------
    InputError
        The column is not numeric.
    """
    values = one_column(values, name)
    wrapped = nw.from_native(values, allow_series=True, pass_through=True)
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(float), np.nan)
        array = wrapped.to_numpy() if isinstance(wrapped, nw.Series) else np.asarray(values)
        result = _as_float(array)
    except (TypeError, ValueError) as error:
        raise InputError.of("not_numeric", name, f"numbers are wanted, one a row ({error})") from error
    if result.ndim == 2 and result.shape[1] == 1:
        result = result[:, 0]
    if result.ndim != 1:
        raise InputError.of(
            "shape", name, f"one number a row is wanted, got an array of shape {result.shape}"
        )
    return result


def _as_float(array: NDArray[Any]) -> Floats:
    if array.dtype.kind in "mMc":
        raise TypeError(f"got {array.dtype}")
    if array.dtype.kind != "O":
        return np.asarray(array, dtype=float)
    plain = [np.nan if value is None or str(value) == "<NA>" else value for value in array.ravel().tolist()]
    return np.array([float(value) for value in plain], dtype=float).reshape(array.shape)


def weights(values: Any, name: str = "sample_weight") -> Floats:
    """Read sample weights.

    Raises
    ------
    InputError
        A weight is negative, missing or infinite, or all are zero.
    """
    array = numbers(values, name)
    wrong = int(np.count_nonzero(~np.isfinite(array)))
    if wrong:
        raise InputError.of(
            "bad_weights", name, f"weights are finite numbers, got {wrong:,} missing or infinite"
        )
    negative = int(np.count_nonzero(array < 0))
    if negative:
        raise InputError.of("bad_weights", name, f"weights are zero or more, got {negative:,} negative")
    if array.size and not array.any():
        raise InputError.of("bad_weights", name, "at least one weight is above zero, got only zeros")
    return array
