"""Model files whose bytes do not depend on the moment or on the machine's memory.

skops names the parts of a file by their addresses in memory and stamps them with the clock, so that the
same model saved twice gives two files. Here the names are counted from 1 in the order in which they first
stand in the file.
"""

from __future__ import annotations

import io
import re
import zipfile

SCHEMA = "schema.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAMES = re.compile(r'"__id__": (\d+)|"(\d+)(\.\w+)"')


def settled(data: bytes) -> bytes:
    """Write a skops file again with names that are counted and with one fixed date.

    Parameters
    ----------
    data : bytes
        As ``skops.io.dumps`` gives it.

    Returns
    -------
    bytes
        A file that loads as the same model; equal for equal models.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    numbers: dict[str, str] = {}

    def counted(name: str) -> str:
        return numbers.setdefault(name, str(len(numbers) + 1))

    def renamed(found: re.Match[str]) -> str:
        if found[1] is not None:
            return f'"__id__": {counted(found[1])}'
        # A text of the model's own that looks like a file of the archive is left alone.
        return f'"{counted(found[2])}{found[3]}"' if f"{found[2]}{found[3]}" in parts else found[0]

    schema = _NAMES.sub(renamed, parts.pop(SCHEMA).decode("utf-8"))
    contents = {_renamed_file(name, numbers): content for name, content in parts.items()}
    contents[SCHEMA] = schema.encode("utf-8")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(contents):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), contents[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _renamed_file(name: str, numbers: dict[str, str]) -> str:
    stem, dot, ending = name.partition(".")
    return f"{numbers[stem]}{dot}{ending}" if stem in numbers else name
