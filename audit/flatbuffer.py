"""FlatBuffers, as CatBoost writes its models: read without trusting an offset, and written anew.

A buffer is tables that point to each other. A table's fields are found through a list of offsets before it,
the vtable; a field holds a number, or how far away a text, a vector or another table begins. What is read
here is copied out as plain values; nothing is followed that the caller does not ask for by its place, so no
table can lead a reader in circles.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .model_checks import require

Far: TypeAlias = "NDArray[Any] | str | Sequence[Far] | Mapping[int, Part]"
"""What a field may point to: a vector of numbers, a text, a vector of texts or tables, a table."""
Part: TypeAlias = "np.generic | Far"
"""What a field may hold: a number, or how far away the rest is."""
Fields: TypeAlias = Mapping[int, Part]
"""A table: its fields by their places in the schema."""

_WIDEST = 8
_SHORT = 1024


class Table:
    """One table of a buffer, of which single fields are read.

    Parameters
    ----------
    data : memoryview
        The buffer.
    at : int
        Where the table begins; the buffer's own beginning says where the first one does (``root``).

    Raises
    ------
    ValueError, struct.error
        It lies outside, or so does a field that is asked for.
    """

    def __init__(self, data: memoryview, at: int) -> None:
        self.data, self.at = data, at
        self.fields = at - self._unpack("<i", at)
        self.size = self._unpack("<H", self.fields)

    @classmethod
    def root(cls, data: memoryview) -> Table:
        """Read where a buffer's first table begins, and give it."""
        return cls(data, *struct.unpack_from("<I", data))

    def number(self, field: int, code: str, default: float) -> Any:
        """Read a number, in the code of ``struct``."""
        place = self._place(field)
        return self._unpack(code, place) if place else default

    def table(self, field: int) -> Table:
        """Read a table, which must be there."""
        where = self._target(field)
        require(where > 0, "a table is missing")
        return Table(self.data, where)

    def text(self, field: int, longest: int = _SHORT) -> str:
        """Read a text of so many bytes at most; an empty one where the field is."""
        where = self._target(field)
        return self._text(where, longest) if where else ""

    def vector(self, field: int, kind: Any) -> NDArray[Any]:
        """Read a vector of numbers, without copying; an empty one where the field is.

        Parameters
        ----------
        field : int
        kind : str or dtype
            As numpy names it, little-endian; of several numbers for a vector of structs.
        """
        where = self._target(field)
        count = self._unpack("<I", where) if where else 0
        if not count:
            return np.zeros(0, dtype=kind)
        return np.frombuffer(self.data, kind, count, where + 4)

    def tables(self, field: int, most: int, what: str) -> list[Table]:
        """Read a vector of tables, of which there may be so many."""
        return [Table(self.data, where) for where in self._targets(field, most, what)]

    def texts(self, field: int, most: int, what: str) -> list[str]:
        """Read a vector of short texts, of which there may be so many."""
        return [self._text(where, _SHORT) for where in self._targets(field, most, what)]

    def count(self, field: int) -> int:
        """Count what a vector holds."""
        where = self._target(field)
        return int(self._unpack("<I", where)) if where else 0

    def _place(self, field: int) -> int:
        where = 4 + 2 * field
        offset = self._unpack("<H", self.fields + where) if where + 2 <= self.size else 0
        return self.at + offset if offset else 0

    def _target(self, field: int) -> int:
        place = self._place(field)
        return place + self._unpack("<I", place) if place else 0

    def _targets(self, field: int, most: int, what: str) -> list[int]:
        require(self.count(field) <= most, f"it holds too many {what}")
        start = self._target(field) + 4
        return [start + 4 * at + int(offset) for at, offset in enumerate(self.vector(field, "<u4"))]

    def _text(self, where: int, longest: int) -> str:
        size = self._unpack("<I", where)
        require(size <= longest, "a text is too long")
        require(where + 4 + size <= len(self.data), "a text lies outside")
        text = bytes(self.data[where + 4 : where + 4 + size]).decode("utf-8")
        require("\0" not in text, "a text holds a zero")
        return text

    def _unpack(self, code: str, at: int) -> Any:
        # A negative place would count from the end.
        require(at >= 0, "a table lies outside")
        return struct.unpack_from(code, self.data, at)[0]


def write_flatbuffer(root: Fields) -> bytes:
    """Write a buffer.

    Parameters
    ----------
    root : mapping of int to part
        The first table: a part for every field that is not empty. Numbers are numpy's, of the schema's width.

    Returns
    -------
    bytes
        Every number at a multiple of its width; tables and vectors follow what points to them.

    Examples
    --------
    >>> data = write_flatbuffer({0: np.int32(7), 2: "seven", 3: [{1: np.array([0.5, 2.0])}]})
    >>> table = Table.root(memoryview(data))
    >>> table.number(0, "<i", 0), table.number(1, "<i", -1), table.text(2)
    (7, -1, 'seven')
    >>> [inner.vector(1, "<f8").tolist() for inner in table.tables(3, 10, "tables")]
    [[0.5, 2.0]]
    """
    out = bytearray(4)
    struct.pack_into("<I", out, 0, _put_table(out, root))
    return bytes(out)


def _put(out: bytearray, part: Far) -> int:
    if isinstance(part, str):
        letters = part.encode("utf-8")
        _align(out, 4)
        out += struct.pack("<I", len(letters)) + letters + b"\0"
        return len(out) - len(letters) - 5
    if isinstance(part, np.ndarray):
        width = _WIDEST if part.dtype == np.float64 else 4
        _align(out, width, ahead=4)
        out += struct.pack("<I", len(part)) + part.tobytes()
        return len(out) - part.nbytes - 4
    if isinstance(part, Mapping):
        return _put_table(out, part)
    return _put_list(out, part)


def _put_list(out: bytearray, part: Sequence[Far]) -> int:
    _align(out, 4)
    at = len(out)
    out += struct.pack("<I", len(part)) + bytes(4 * len(part))
    for place, item in enumerate(part, start=1):
        _point(out, at + 4 * place, _put(out, item))
    return at


def _put_table(out: bytearray, fields: Fields) -> int:
    offsets, size = {}, 4
    for field, part in fields.items():
        width = part.itemsize if isinstance(part, np.generic) else 4
        size += -size % width
        offsets[field], size = size, size + width
    listed = [offsets.get(field, 0) for field in range(max(fields, default=-1) + 1)]
    vtable = struct.pack(f"<{2 + len(listed)}H", 4 + 2 * len(listed), size, *listed)
    _align(out, _WIDEST, ahead=len(vtable))
    at = len(out) + len(vtable)
    out += vtable + struct.pack("<i", len(vtable)) + bytes(size - 4)
    for field, part in fields.items():
        where = at + offsets[field]
        if isinstance(part, np.generic):
            out[where : where + part.itemsize] = part.tobytes()
        else:
            _point(out, where, _put(out, part))
    return at


def _align(out: bytearray, width: int, ahead: int = 0) -> None:
    out += bytes(-(len(out) + ahead) % width)


def _point(out: bytearray, where: int, target: int) -> None:
    struct.pack_into("<I", out, where, target - where)
