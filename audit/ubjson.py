"""Universal Binary JSON as XGBoost writes it, read into plain Python values and nothing else."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_NUMBERS = {"i": ">b", "U": ">B", "I": ">h", "l": ">i", "L": ">q", "d": ">f", "D": ">d"}
_WHOLE = ("i", "U", "I", "l", "L")
_PLAIN = {"Z": None, "T": True, "F": False}
_DEEPEST = 64


def read_ubjson(data: bytes) -> Any:
    r"""Read one value.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    object
        Dictionaries, lists, texts, numbers, True, False, None; an array of numbers of one kind is a list too.

    Raises
    ------
    ValueError
        The bytes are cut short, hold more than one value, a mark that is unknown, or too deep a nest.

    Examples
    --------
    >>> read_ubjson(b"{U\x01a[$U#U\x02\x07\x08U\x01bSU\x01x}")
    {'a': [7, 8], 'b': 'x'}
    """
    reader = _Reader(data)
    try:
        value = reader.value(reader.mark(), 0)
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise ValueError(f"the binary JSON is cut short: {error}") from error
    if reader.at != len(data):
        raise ValueError("the binary JSON goes on after its end")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def mark(self) -> str:
        self.at += 1
        return chr(self.data[self.at - 1])

    def value(self, mark: str, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("the binary JSON is nested too deeply")
        if mark in _PLAIN:
            return _PLAIN[mark]
        if mark in _NUMBERS:
            return self.number(mark)
        if mark == "S":
            return self.text()
        if mark == "[":
            return self.array(depth)
        if mark == "{":
            return self.object(depth)
        raise ValueError(f"the binary JSON holds the unknown mark {mark!r}")

    def number(self, mark: str) -> Any:
        kind = _NUMBERS[mark]
        (found,) = struct.unpack_from(kind, self.data, self.at)
        self.at += struct.calcsize(kind)
        return found

    def length(self) -> int:
        mark = self.mark()
        found = self.number(mark) if mark in _WHOLE else -1
        if not 0 <= found <= len(self.data) - self.at:
            raise ValueError(f"the binary JSON holds the length {found}, which its bytes do not")
        return int(found)

    def text(self) -> str:
        size = self.length()
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-8")

    def array(self, depth: int) -> list[Any]:
        kind, size = self.header()
        if kind in _NUMBERS and size is not None:
            return self.numbers(kind, size)
        found: list[Any] = []
        while (size is None and not self.ends("]")) or (size is not None and len(found) < size):
            found.append(self.value(kind or self.mark(), depth + 1))
        return found

    def numbers(self, kind: str, size: int) -> list[Any]:
        dtype = np.dtype(
            _NUMBERS[kind].replace("b", "i1").replace("B", "u1") if kind in "iU" else _NUMBERS[kind]
        )
        if size * dtype.itemsize > len(self.data) - self.at:
            raise ValueError("the binary JSON is cut short")
        found: list[Any] = np.frombuffer(self.data, dtype, size, self.at).tolist()
        self.at += size * dtype.itemsize
        return found

    def object(self, depth: int) -> dict[str, Any]:
        kind, size = self.header()
        found: dict[str, Any] = {}
        while (size is None and not self.ends("}")) or (size is not None and len(found) < size):
            key = self.text()
            if key in found:
                raise ValueError(f"the binary JSON holds {key[:40]!r} twice")
            found[key] = self.value(kind or self.mark(), depth + 1)
        return found

    def header(self) -> tuple[str, int | None]:
        kind = ""
        if self.data[self.at] == ord("$"):
            self.at += 1
            kind = self.mark()
        if self.data[self.at] == ord("#"):
            self.at += 1
            return kind, self.length()
        if kind:
            raise ValueError("the binary JSON holds a kind without a length")
        return kind, None

    def ends(self, mark: str) -> bool:
        if self.data[self.at] != ord(mark):
            return False
        self.at += 1
        return True
