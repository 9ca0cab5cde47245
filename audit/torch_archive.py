"""Archives of ``torch.export.save``: what is in them, read as numbers and plain JSON and checked.

torch's own reader unpickles parts of such an archive, and evaluates texts in it as Python. Neither is done
here: weights are read as raw numbers, sample inputs are left alone, and the program is read as JSON (see
``torch_program``).
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model_checks import require
from .torch_numbers import MOST_NUMBERS, strided
from .trust import refuse_bomb

_FORMAT, _PROGRAM = "archive_format", "models/model.json"
_STORES = {
    "data/weights/": "data/weights/model_weights_config.json",
    "data/constants/": "data/constants/model_constants_config.json",
}
# Numbers of torch's published schema for the kinds of tensors, and how numpy spells their bytes.
_KINDS = {1: "<u1", 2: "<i1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f2", 7: "<f4", 8: "<f8", 12: "|b1"}


@dataclass(frozen=True)
class Archive:
    """What an archive holds.

    Parameters
    ----------
    program : dict
        The graph and its signature, as plain JSON content.
    tensors : dict of str to ndarray
        Weights, buffers and constants, by the names that the signature uses.
    """

    program: dict[str, Any]
    tensors: dict[str, NDArray[Any]]


def is_torch_export(data: bytes) -> bool:
    """Tell whether bytes are an archive of ``torch.export.save``.

    Examples
    --------
    >>> is_torch_export(b"PK")
    False
    """
    return any(name.partition("/")[2] == _FORMAT for name in _names(data))


def is_torchscript(data: bytes) -> bool:
    """Tell whether bytes are an archive of TorchScript: a zip that holds code.

    Examples
    --------
    >>> is_torchscript(b"PK")
    False
    """
    inside = [name.partition("/")[2] for name in _names(data)]
    return "constants.pkl" in inside and any(name.startswith("code/") for name in inside)


def _names(data: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


def folder_of(archive: zipfile.ZipFile) -> str:
    """Give the one folder in which all parts of an archive lie.

    Raises
    ------
    ValueError
        There are several, or none.
    """
    roots = {name.partition("/")[0] for name in archive.namelist()}
    require(len(roots) == 1, "its parts do not lie in one folder")
    return roots.pop()


def read_archive(data: bytes, where: str) -> Archive:
    """Read an archive.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        The file, for messages.

    Raises
    ------
    ValueError, KeyError, TypeError
        It is damaged, of another format, or holds a weight that only pickle could read.
    ModelError
        It would unpack to far more than it is.
    """
    refuse_bomb(data, where)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        root = folder_of(archive)
        require(archive.read(f"{root}/{_FORMAT}") == b"pt2", "it is of another format than pt2")
        require(archive.read(f"{root}/byteorder") == b"little", "its numbers are written big end first")
        names = archive.namelist()
        require(
            f"{root}/{_PROGRAM}" in names,
            'it holds no program called "model"; save it again with torch.export.save of torch 2.8 or later',
        )
        program = json.loads(archive.read(f"{root}/{_PROGRAM}"))
        tensors: dict[str, NDArray[Any]] = {}
        for folder, config in _STORES.items():
            listed = json.loads(archive.read(f"{root}/{config}"))["config"]
            for name, item in listed.items():
                require(name not in tensors, "a weight stands twice")
                tensors[name] = _tensor(archive, f"{root}/{folder}", item, name)
    return Archive(program, tensors)


def _tensor(archive: zipfile.ZipFile, folder: str, item: dict[str, Any], name: str) -> NDArray[Any]:
    require(item["use_pickle"] is False, f"the weight {name[:60]!r} is pickled, and pickles can run code")
    meta = item["tensor_meta"]
    kind = _KINDS.get(meta["dtype"])
    require(kind is not None, f"the weight {name[:60]!r} is of a kind that is not read")
    sizes = [_size(size) for size in meta["sizes"]]
    strides = [_size(stride) for stride in meta["strides"]]
    numbers = np.frombuffer(archive.read(f"{folder}{_file(item['path_name'])}"), kind)
    start = _size(meta["storage_offset"])
    return strided(numbers, (start, sizes, strides), f"the weight {name[:60]!r}")


def _size(given: dict[str, Any]) -> int:
    value = given["as_int"]
    require(isinstance(value, int) and 0 <= value < MOST_NUMBERS, "a size is no count")
    return int(value)


def _file(name: Any) -> str:
    require(isinstance(name, str) and "/" not in name, "a weight lies in another folder")
    return str(name)
