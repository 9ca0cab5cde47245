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
MAX_CHUNK = 1 << 20
"""Rows at a time at the most, however many cells there are; bounds the memory."""
PAIR_CHUNK = 1 << 19
"""Rows at a time where pairs of rows are counted; fewer rows are not worth the 65,536 counters."""
DENSE_LIMIT = 1 << 22
"""Up to so many possible cells are counted in an array; beyond, the keys that occur are sorted."""

Codes = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]
Sums = dict[str, Floats]


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
    rows = len(codes[0]) if codes else 0
    columns = [c if s > 1 else None for c, s in zip(codes, shape, strict=True)]
    if _cells(shape) <= DENSE_LIMIT:
        return _dense(columns, shape, rows, weight, score)
    return _sorted(columns, shape, rows, weight, score)


def _cells(shape: Sequence[int]) -> int:
    return math.prod(max(length, 1) for length in shape)


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
            key += part.view(dtype) if part.dtype.itemsize == key.dtype.itemsize else part.astype(dtype)
    return np.zeros(at.stop - at.start, dtype=dtype) if key is None else key


def _small(size: int) -> Any:
    if size <= 1 << 15:
        return np.int16
    return np.int32 if size <= 1 << 31 else np.int64


def _pairs(columns: Sequence[Codes | None], shape: Sequence[int], size: int, rows: int) -> NDArray[np.int64]:
    # Two neighbouring keys of one byte are counted at once, as one number of two bytes: half the steps.
    pairs = np.zeros(1 << 16, dtype=np.int64)
    odd = np.zeros(1 << 8, dtype=np.int64)
    for start in range(0, rows, PAIR_CHUNK):
        key = _keys(columns, shape, slice(start, min(start + PAIR_CHUNK, rows)), np.uint8)
        even = len(key) // 2 * 2
        pairs += np.bincount(key[:even].view(np.uint16), minlength=1 << 16)
        odd += np.bincount(key[even:], minlength=1 << 8)
    table = pairs.reshape(1 << 8, 1 << 8)
    return np.asarray(table.sum(axis=0) + table.sum(axis=1) + odd)[:size]


def _dense(
    columns: Sequence[Codes | None],
    shape: Sequence[int],
    rows: int,
    weight: Floats | None,
    score: Floats | None,
) -> tuple[NDArray[np.int64], Floats]:
    size = _cells(shape)
    sums: Sums = {}
    if size <= 1 << 8 and weight is None and score is None and rows >= PAIR_CHUNK:
        counts = _pairs(columns, shape, size, rows)
    else:
        counts = np.zeros(size, dtype=np.int64)
        # Adding up the counts of a chunk must not cost more than counting it.
        chunk = max(CHUNK, min(4 * size, MAX_CHUNK))
        for start in range(0, rows, chunk):
            at = slice(start, min(start + chunk, rows))
            # numpy counts keys of 64 bits as they are, and would copy narrower ones each time.
            key = _keys(columns, shape, at, _small(size)).astype(np.intp)
            counts += np.bincount(key, minlength=size)
            for measure, value in _weighted(at, weight, score):
                part = _total(key, value, size)
                sums[measure] = sums[measure] + part if measure in sums else part
    cells = np.flatnonzero(counts > 0)
    return cells, _measures(counts[cells], {measure: part[cells] for measure, part in sums.items()})


def _weighted(at: slice, weight: Floats | None, score: Floats | None) -> list[tuple[str, Floats]]:
    parts: list[tuple[str, Floats]] = []
    w = None if weight is None else weight[at]
    if w is not None:
        parts += [("weight", w), ("square", w * w)]
    if score is not None:
        s = score[at]
        ws = s if w is None else w * s
        parts += [("score", ws), ("score_square", ws * s)]
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
    sums: Sums = {
        measure: _total(inverse, value, len(cells))
        for measure, value in _weighted(slice(0, rows), weight, score)
    }
    return cells.astype(np.int64), _measures(counts, sums)


def _total(key: NDArray[Any], value: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(key, weights=value, minlength=size), dtype=np.float64)


def _measures(counts: NDArray[np.int64], sums: Sums) -> Floats:
    # Column by column in memory, as they are written here and read later.
    measures = np.zeros((len(MEASURES), len(counts))).T
    given = {"rows": counts, "weight": counts, "square": counts, **sums}
    for name, values in given.items():
        measures[:, MEASURES.index(name)] = values
    return measures
