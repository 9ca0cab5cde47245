"""CatBoost's binary files (cbm): the tables inside are read and checked before CatBoost sees the file.

A cbm file is a FlatBuffer: tables that point to each other. CatBoost verifies the pointers itself; what it
does not look at is checked here, whether the trees' splits, sizes, columns and leaves fit each other. That
tells files that were damaged on their way; against a file that was crafted it is not enough.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from .model_checks import check_range, require

_HEAD = 8
_DEEPEST = 16
_MOST_OUTPUTS = 10_000
# Places of the fields in CatBoost's published schema (model.fbs, features.fbs, ctr_data.fbs).
_TREES = 1
_DIMENSION, _SPLITS, _SIZES, _STARTS = 0, 1, 2, 3
_FLOATS, _ONE_HOT, _CTRS, _LEAVES = 5, 6, 7, 8
_STEPS, _LEAF_OF_NODE, _TEXTS, _ESTIMATED = 10, 11, 12, 13
_INDEX, _FLAT_INDEX, _BORDERS, _CTR_BORDERS = 1, 2, 3, 1
_WORDS, _WORD, _FLAT_WORD = 4, 0, 1
_ONE_HOT_INDEX, _VALUES = 0, 1
_OTHER_COLUMNS = (_TEXTS, 18)


def looks_like_catboost(data: bytes) -> bool:
    """Tell whether bytes begin as CatBoost's own files do.

    Examples
    --------
    >>> looks_like_catboost(b"CBM1...."), looks_like_catboost(b"PK")
    (True, False)
    """
    return data[:4] == b"CBM1"


def check_catboost(data: bytes) -> None:
    """Check a file.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    ValueError, struct.error
        A table points outside the file, or the trees' splits, sizes and leaves do not fit each other.
    """
    (size,) = struct.unpack_from("<I", data, 4)
    require(_HEAD + size <= len(data), "it is cut short")
    core = data[_HEAD : _HEAD + size]
    root = _Table(core, struct.unpack_from("<I", core)[0])
    trees = root.table(_TREES)
    outputs = trees.whole(_DIMENSION, 1)
    require(1 <= outputs <= _MOST_OUTPUTS, "it gives no number, or too many")
    _check_columns(trees)
    known = _splits_known(trees)
    splits, sizes = trees.vector(_SPLITS, "<i4"), trees.vector(_SIZES, "<i4")
    require(len(sizes) >= 1, "it holds no tree")
    check_range(splits, known, "a split")
    require(bool((sizes >= 0).all()) and int(sizes.sum()) == len(splits), "its trees do not fit their splits")
    starts = trees.vector(_STARTS, "<i4")
    expected = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    require(
        len(starts) == 0 or bool((len(starts) == len(sizes)) and (starts == expected).all()),
        "a tree begins elsewhere",
    )
    _check_leaves(trees, sizes, expected, outputs)


def _splits_known(trees: _Table) -> int:
    """Count the questions that trees may ask: borders of numbers and statistics, values of categories."""
    known = sum(item.count(_BORDERS) for item in trees.tables(_FLOATS))
    known += sum(item.count(_VALUES) for item in trees.tables(_ONE_HOT))
    known += sum(item.count(_CTR_BORDERS) for item in trees.tables(_CTRS))
    return known + sum(item.count(_BORDERS) for item in trees.tables(_ESTIMATED))


def _check_columns(trees: _Table) -> None:
    """Check that columns are counted through, among all and among those of their kind."""
    numbers, words = trees.tables(_FLOATS), trees.tables(_WORDS)
    everyone = [
        item.whole(flat, -1)
        for items, flat in ((numbers, _FLAT_INDEX), (words, _FLAT_WORD))
        for item in items
    ]
    others = sum(trees.count(field) for field in _OTHER_COLUMNS)
    check_range(np.array(everyone), len(everyone) + others, "a column")
    require(len(set(everyone)) == len(everyone), "a column stands twice")
    for items, place in ((numbers, _INDEX), (words, _WORD)):
        own = [item.whole(place, -1) for item in items]
        check_range(np.array(own), len(own), "a column")
        require(len(set(own)) == len(own), "a column stands twice")
    asked = [item.whole(_ONE_HOT_INDEX, -1) for item in trees.tables(_ONE_HOT)]
    check_range(np.array(asked), len(words), "a column of categories")


def _check_leaves(trees: _Table, sizes: NDArray[np.int64], starts: NDArray[np.int64], outputs: int) -> None:
    leaves = len(trees.vector(_LEAVES, "<f8"))
    steps = trees.vector(_STEPS, "<u2", width=2)
    if not len(steps):
        require(int(sizes.max()) <= _DEEPEST, "a tree is too deep")
        require(int((1 << sizes).sum()) * outputs == leaves, "its trees do not fit their leaves")
        return
    places = trees.vector(_LEAF_OF_NODE, "<u4")
    require(len(steps) == len(places) == int(sizes.sum()), "its trees do not fit their splits")
    end = np.repeat(starts + sizes, sizes)
    own = np.arange(len(steps))
    for side in (0, 1):
        require(bool((own + steps[:, side] < end).all()), "a child lies outside")
    ends = (steps == 0).any(axis=1)
    check_range(places[ends], leaves - outputs + 1, "a leaf")


class _Table:
    """One table of a FlatBuffer: its fields are found through a list of offsets, the vtable."""

    def __init__(self, data: bytes, at: int) -> None:
        (back,) = struct.unpack_from("<i", data, at)
        self.data, self.at, self.fields = data, at, at - back
        require(0 <= self.fields <= len(data) - 4, "a table lies outside")
        (self.size,) = struct.unpack_from("<H", data, self.fields)

    def place(self, field: int) -> int:
        where = 4 + 2 * field
        if where + 2 > self.size:
            return 0
        (offset,) = struct.unpack_from("<H", self.data, self.fields + where)
        return self.at + offset if offset else 0

    def whole(self, field: int, default: int) -> int:
        place = self.place(field)
        return struct.unpack_from("<i", self.data, place)[0] if place else default

    def target(self, field: int) -> int:
        place = self.place(field)
        return place + struct.unpack_from("<I", self.data, place)[0] if place else 0

    def table(self, field: int) -> _Table:
        where = self.target(field)
        require(where > 0, "it holds no trees")
        return _Table(self.data, where)

    def count(self, field: int) -> int:
        where = self.target(field)
        return struct.unpack_from("<I", self.data, where)[0] if where else 0

    def vector(self, field: int, kind: str, width: int = 1) -> NDArray[np.int64]:
        where, count = self.target(field), self.count(field)
        if not where:
            return np.zeros((0, width)[: 1 if width == 1 else 2], dtype=np.int64)
        found = np.frombuffer(self.data, kind, count * width, where + 4)
        found = found.reshape(-1, width) if width > 1 else found
        return found if kind == "<f8" else found.astype(np.int64)

    def tables(self, field: int) -> list[_Table]:
        where = self.target(field)
        offsets = self.vector(field, "<u4")
        return [_Table(self.data, where + 4 + 4 * at + int(offset)) for at, offset in enumerate(offsets)]
