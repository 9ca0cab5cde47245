"""Labels as people write them, matched to the values that a column holds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Label = str | int | float | bool


def resolve_label(wanted: Label, values: Iterable[Any], where: str) -> Any:
    """Find the value of a column that a label means.

    The same value of the same type is taken first; else the one value that reads the same
    (``"1"``, ``1`` and ``1.0``; ``"true"`` and ``True``; ``"1"`` and ``True``).

    Parameters
    ----------
    wanted : str, int, float or bool
        As a flag or a settings file gives it.
    values : iterable
        The column's distinct values.
    where : str
        For the message: the settings key.

    Returns
    -------
    object
        The element of ``values``, with its own type.

    Raises
    ------
    InputError
        No value reads so, or more than one does.

    Examples
    --------
    >>> resolve_label("1", [0, 1], "pos_label"), resolve_label("true", [False, True], "pos_label")
    (1, True)
    """
    listed = list(values)
    same = [value for value in listed if _kind(value) is _kind(wanted) and value == wanted]
    alike = same or [value for value in listed if readings(value) & readings(wanted)]
    if len(alike) == 1:
        return alike[0]
    shown = ", ".join(repr(plain(value)) for value in listed[:10]) + (", ..." if len(listed) > 10 else "")
    if alike:
        message = f"{wanted!r} could mean each of {shown}; write the value with its own type"
        raise InputError.of("ambiguous_label", where, message)
    message = f"the label must occur in the column, got {wanted!r}; the column holds: {shown}"
    raise InputError.of("unknown_label", where, message)


def readings(value: Any) -> frozenset[str]:
    """Return the texts that a label can be read as.

    Examples
    --------
    >>> sorted(readings(1.0)), sorted(readings(True)), sorted(readings(">50K"))
    (['1', '1.0'], ['1', 'true'], ['>50K'])
    """
    item = plain(value)
    if isinstance(item, bool):
        return frozenset({"true", "1"} if item else {"false", "0"})
    if isinstance(item, int):
        return frozenset({str(item), f"{item}.0"})
    if isinstance(item, float):
        whole = {str(int(item))} if math.isfinite(item) and item.is_integer() else set()
        return frozenset({repr(item)} | whole)
    text = str(item)
    return frozenset({text, text.lower()} if text.lower() in {"true", "false"} else {text})


def plain(value: Any) -> Any:
    """Return a numpy scalar as the Python value that it stands for; others as they are."""
    return value.item() if isinstance(value, np.generic) else value


def matches(values: Any, label: Any) -> NDArray[np.bool_]:
    """Tell row by row whether a column holds a label; a missing value does not.

    Parameters
    ----------
    values : array-like, shape (n,)
    label : object
        A value as ``resolve_label`` returned it.

    Examples
    --------
    >>> matches(["yes", None, "no"], "yes").tolist()
    [True, False, False]
    """
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    return np.asarray([bool(item == label) for item in array]) if array.dtype == object else array == label


def _kind(value: Any) -> type:
    return type(plain(value))
