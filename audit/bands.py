"""Bands of a numeric column: 40 and 65 as edges make "under 40", "40 to 64" and "65 and over"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError


def band_levels(edges: Sequence[float], *, whole: bool) -> tuple[str, ...]:
    """Name the bands that edges make; a band begins at its edge.

    Parameters
    ----------
    edges : sequence of float
        Rising; k edges make k + 1 bands.
    whole : bool
        Whether the column holds whole numbers only, so that [40, 65) can be called "40 to 64".

    Examples
    --------
    >>> band_levels([40, 65], whole=True)
    ('under 40', '40 to 64', '65 and over')
    >>> band_levels([40, 65], whole=False)
    ('under 40', '40 to under 65', '65 and over')
    """
    names = [_number(edge) for edge in edges]
    exact = whole and all(float(edge).is_integer() for edge in edges)
    middle = [_between(low, high, exact=exact) for low, high in pairwise(edges)]
    return (f"under {names[0]}", *middle, f"{names[-1]} and over")


def band_codes(values: Any, edges: Sequence[float], name: str) -> NDArray[np.intp]:
    """Return each value's band, counted from 0; a missing value gets the number of bands.

    Parameters
    ----------
    values : array-like of numbers, shape (n,)
    edges : sequence of float
        Rising.
    name : str
        The column, for messages.

    Raises
    ------
    InputError
        The column does not hold numbers.

    Examples
    --------
    >>> band_codes([39, 40, 70, float("nan")], [40, 65], "age").tolist()
    [0, 1, 2, 3]
    """
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        message = "bands need a column of numbers; take the column out of bands, or correct the column"
        raise InputError.of("not_numeric", name, message) from error
    codes = np.searchsorted(np.asarray(edges, dtype=np.float64), numbers, side="right")
    return np.where(np.isnan(numbers), len(edges) + 1, codes)


def band(values: Any, edges: Sequence[float], name: str) -> tuple[NDArray[np.intp], tuple[str | None, ...]]:
    """Turn a numeric column into codes and the names of its bands.

    Parameters
    ----------
    values : array-like of numbers, shape (n,)
    edges : sequence of float
        Rising.
    name : str
        The column, for messages.

    Returns
    -------
    codes : ndarray of int, shape (n,)
    levels : tuple of str or None
        One for each band, in order, and last None if any value is missing.

    Raises
    ------
    InputError
        The column does not hold numbers.

    Examples
    --------
    >>> codes, levels = band([25, 40, None], [40], "age")
    >>> codes.tolist(), levels
    ([0, 1, 2], ('under 40', '40 and over', None))
    """
    codes = band_codes(values, edges, name)
    numbers = np.asarray(values, dtype=np.float64)
    present = numbers[~np.isnan(numbers)]
    levels: tuple[str | None, ...] = band_levels(edges, whole=bool(np.all(present == np.floor(present))))
    return codes, levels if present.size == numbers.size else (*levels, None)


def _between(low: float, high: float, *, exact: bool) -> str:
    if not exact:
        return f"{_number(low)} to under {_number(high)}"
    return _number(low) if high - low == 1 else f"{_number(low)} to {_number(high - 1)}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
