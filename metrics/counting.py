"""The one pass over rows: codes of several columns to counts per cell, in chunks, on arrays only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cube import MEASURES, refuse_too_many

CHUNK = 65_536
"""Rows at a time: the keys of a chunk stay in the processor's cache."""
DENSE_LIMIT = 1 << 22
"""Up to so many possible cells are counted in an array; beyond, the keys that occur are sorted."""

Codes = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]


def count_cells(
    codes: Sequence[Codes],
    shape: Sequence[int],
    *,
    weight: Floats | None = None,
    score: Floats | None = None,
) -> tuple[NDArray[np.int64], Floats]:
    """Count the rows of each occupied cell.

    Parameters
    ----------
    codes : sequence of ndarray of int, each of shape (rows,)
        Position of each row on each axis.
    shape : sequence of int
        Length of each axis.
    weight, score : ndarray of float, shape (rows,), optional

    Returns
    -------
    cells : ndarray of int64, shape (occupied,)
        Flat position of each occupied cell, ascending.
    measures : ndarray of float, shape (occupied, 5)
        As in `Cube.measures`.

    Raises
    ------
    InputError
        There are more than 2^63 possible cells.

    Examples
    --------
    >>> cells, measures = count_cells([np.array([0, 1, 1])], [2])
    >>> cells.tolist(), measures[:, 0].tolist()
    ([0, 1], [1.0, 2.0])
    """
    refuse_too_many(shape)
    size = math.prod(max(length, 1) for length in shape)
    rows = len(codes[0]) if codes else 0
    columns = [c if s > 1 else None for c, s in zip(codes, shape, strict=True)]
    if size <= DENSE_LIMIT:
        return _dense(columns, shape, size, rows, weight=weight, score=score)
    return _sorted(columns, shape, rows, weight, score)


def _keys(columns: Sequence[Codes | None], shape: Sequence[int], at: slice, dtype: Any) -> NDArray[Any]:
    key: NDArray[Any] | None = None
    for column, length in zip(columns, shape, strict=True):
        if column is None:
            continue
        part = column[at]
        if key is None:
            key = part.astype(dtype)
        else:
            key *= dtype(length)
            key += part if part.dtype == key.dtype else part.astype(dtype)
    return np.zeros(at.stop - at.start, dtype=dtype) if key is None else key


def _small(size: int) -> Any:
    if size <= 1 << 15:
        return np.int16
    return np.int32 if size <= 1 << 31 else np.int64


def _dense(
    columns: Sequence[Codes | None],
    shape: Sequence[int],
    size: int,
    rows: int,
    *,
    weight: Floats | None,
    score: Floats | None,
) -> tuple[NDArray[np.int64], Floats]:
    chunk = max(CHUNK, min(size, rows))
    dtype = _small(size)
    counts = np.zeros(size, dtype=np.int64)
    extra = np.zeros((4, size))
    for start in range(0, rows, chunk):
        at = slice(start, min(start + chunk, rows))
        key = _keys(columns, shape, at, dtype)
        counts += np.bincount(key, minlength=size)
        for i, value in _weighted(at, weight, score):
            extra[i] += np.bincount(key, weights=value, minlength=size)
    cells = np.flatnonzero(counts)
    return cells, _measures(counts[cells], extra[:, cells], weight)


def _weighted(at: slice, weight: Floats | None, score: Floats | None) -> list[tuple[int, Floats]]:
    parts: list[tuple[int, Floats]] = []
    w = None if weight is None else weight[at]
    if w is not None:
        parts += [(0, w), (1, w * w)]
    if score is not None:
        s = score[at]
        ws = s if w is None else w * s
        parts += [(2, ws), (3, ws * s)]
    return parts


def _sorted(
    columns: Sequence[Codes | None],
    shape: Sequence[int],
    rows: int,
    weight: Floats | None,
    score: Floats | None,
) -> tuple[NDArray[np.int64], Floats]:
    key = _keys(columns, shape, slice(0, rows), np.int64)
    cells, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    extra = np.zeros((4, len(cells)))
    for i, value in _weighted(slice(0, rows), weight, score):
        extra[i] = np.bincount(inverse, weights=value, minlength=len(cells))
    return cells.astype(np.int64), _measures(counts, extra, weight)


def _measures(counts: NDArray[np.int64], extra: Floats, weight: Floats | None) -> Floats:
    measures = np.empty((len(counts), len(MEASURES)))
    measures[:, 0] = counts
    measures[:, 1] = counts if weight is None else extra[0]
    measures[:, 2] = counts if weight is None else extra[1]
    measures[:, 3:] = extra[2:].T
    return measures
