"""Archives of TorchScript: their pickles, code and numbers, read as such and checked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model_checks import require
from ..torch_archive import folder_of
from ..torch_numbers import strided
from ..trust import refuse_bomb
from .pickled import Reader, Tensor, Thing

_NEWEST = 10
"""The version of operators that torch writes today."""
_FREE_BYTES = 64 << 20
_LONGEST_PICKLE = 16 << 20
_LONGEST_CODE = 2 << 20


@dataclass(frozen=True)
class ScriptArchive:
    """What an archive holds.

    Parameters
    ----------
    root : Thing
        The module that was saved, with its weights.
    constants : tuple
        What the code calls ``CONSTANTS.c0``, ``CONSTANTS.c1``, ...
    code : dict of str to str
        Texts of the program, by the name that it gives them: ``"__torch__.nets"``.
    version : int
        Of the operators that it was written for.
    traced : bool
        Whether a trace wrote it, which holds the mode it was made in.
    """

    root: Thing
    constants: tuple[Any, ...]
    code: dict[str, str]
    version: int
    traced: bool

    def things(self) -> Iterator[Thing]:
        """Go through the modules, from the outermost one."""
        waiting, seen = [self.root], {id(self.root)}
        while waiting:
            thing = waiting.pop()
            yield thing
            inner = [
                item for item in thing.state.values() if isinstance(item, Thing) and id(item) not in seen
            ]
            seen.update(map(id, inner))
            waiting.extend(reversed(inner))


def read_script(data: bytes, where: str) -> ScriptArchive:
    """Read an archive of ``torch.jit.save``.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        The file, for messages.

    Raises
    ------
    ValueError, KeyError, TypeError
        It is damaged, or written on a machine of other numbers.
    Unmade
        It holds objects that are no modules of its own.
    ModelError
        It would unpack to far more than it is.
    """
    refuse_bomb(data, where)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        require(len(names) == len(set(names)), "two of its parts bear one name")
        return _Parts(archive, folder_of(archive), 2 * len(data) + _FREE_BYTES).read()


class _Parts:
    def __init__(self, archive: zipfile.ZipFile, folder: str, room: int) -> None:
        self._archive, self._folder, self._room = archive, folder, room
        self._names = {name.partition("/")[2] for name in archive.namelist()}
        self._loaded: dict[str, NDArray[Any]] = {}

    def read(self) -> ScriptArchive:
        if "byteorder" in self._names:
            require(self._bytes("byteorder", 16) == b"little", "its numbers are written big end first")
        version = ".data/version" if ".data/version" in self._names else "version"
        number = int(self._bytes(version, 16))
        require(0 < number <= _NEWEST, f"it is of version {number}, and versions up to {_NEWEST} are read")
        root = self._pickle("data")
        require(isinstance(root, Thing), "it holds no module")
        constants = self._pickle("constants")
        require(isinstance(constants, tuple), "its constants are damaged")
        return ScriptArchive(root, constants, self._code(), number, "traced_inputs.pkl" in self._names)

    def _bytes(self, name: str, most: int) -> bytes:
        size = self._archive.getinfo(f"{self._folder}/{name}").file_size
        require(size <= most, f"its part {name[:60]!r} holds {size} bytes, and at most {most} are read")
        return self._archive.read(f"{self._folder}/{name}")

    def _code(self) -> dict[str, str]:
        files = sorted(name for name in self._names if name.startswith("code/") and name.endswith(".py"))
        found, room = {}, _LONGEST_CODE
        for name in files:
            text = self._bytes(name, room)
            room -= len(text)
            found[name.removeprefix("code/").removesuffix(".py").replace("/", ".")] = text.decode("utf-8")
        return found

    def _pickle(self, name: str) -> Any:
        def load(kind: str, key: str, count: int) -> NDArray[Any]:
            return self._numbers(f"{name}/{key}", kind, count)

        return Reader(load, self._lay).read(self._bytes(f"{name}.pkl", _LONGEST_PICKLE))

    def _numbers(self, name: str, kind: str, count: int) -> NDArray[Any]:
        if name not in self._loaded:
            self._loaded[name] = np.frombuffer(self._archive.read(f"{self._folder}/{name}"), "|u1")
        numbers = self._loaded[name]
        require(
            len(numbers) == count * np.dtype(kind).itemsize,
            f"its numbers {name[:60]!r} are not as many as it says",
        )
        require(kind != "|b1" or bool((numbers < 2).all()), "a truth value in it is neither true nor false")
        return numbers.view(kind)

    def _lay(self, numbers: NDArray[Any], place: tuple[int, list[int], list[int]]) -> NDArray[Any]:
        found = strided(numbers, place, "a weight")
        # Many weights may lie on the same numbers, and each is a copy.
        self._room -= found.nbytes
        require(self._room >= 0, "its weights repeat their numbers too often")
        return found


def first_kind(archive: ScriptArchive) -> str:
    """Say of which kind the first weight with fractions is; ``"float32"`` where there is none."""
    held = (item for thing in archive.things() for item in thing.state.values())
    kinds = (
        item.numbers.dtype
        for item in (*held, *archive.constants)
        if isinstance(item, Tensor) and item.numbers.dtype.kind == "f"
    )
    return next((kind.name for kind in kinds), "float32")
