"""CatBoost's binary files (cbm): read into plain values, checked, and written anew for CatBoost.

A cbm file is a FlatBuffer (``flatbuffer``) with the columns, the trees and a few texts about the fit, and
behind it tables of counts of categories. CatBoost verifies where the FlatBuffer's tables point, and nothing
of what they say, so a crafted file breaks it. What it is given here is not the file but one made of the
values that were read and checked, bit for bit the same numbers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .booster_catboost_columns import ASKED, MOST_ASKED, MOST_COLUMNS, Columns, read_columns
from .booster_catboost_counts import (
    ASKED_COUNTS,
    Counts,
    Statistic,
    read_counts,
    read_statistics,
    statistics_fields,
)
from .booster_catboost_labels import LONGEST_INFO, WANTED_INFO, Labels, read_labels
from .booster_catboost_trees import Trees, read_trees
from .flatbuffer import Part, Table, write_flatbuffer
from .model_checks import UnsupportedError, require

_MAGIC = b"CBM1"
_FORMAT = "FlabuffersModel_v1"
_COUNTS = "static_provider_v1"
_HEAD = 8
_PER_BYTE = 254
_MOST_QUESTIONS = 1 << 21
_MOST_INFO, _MOST_PARTS = 10_000, 16
# Places of the fields in CatBoost's published schema (model.fbs).
_VERSION, _TREES, _INFO, _PARTS = 0, 1, 2, 3
_KEY, _VALUE = 0, 1
_SPLITS, _TEXTS, _ESTIMATED, _EMBEDDINGS = 1, 12, 13, 18


@dataclass(frozen=True)
class CatBoostFile:
    """What a file says, checked.

    Parameters
    ----------
    columns : Columns
    statistics : tuple of Statistic
    trees : Trees
    labels : Labels
        Without names for a model that gives no probabilities.
    counts : tuple of Counts
    """

    columns: Columns
    statistics: tuple[Statistic, ...]
    trees: Trees
    labels: Labels
    counts: tuple[Counts, ...]

    def blob(self) -> bytes:
        """Write the file anew, for CatBoost."""
        trees = {**self.trees.fields(), **self.columns.fields(), **statistics_fields(self.statistics)}
        info = [{_KEY: key, _VALUE: value} for key, value in sorted(self.labels.info().items())]
        core: dict[int, Part] = {_VERSION: _FORMAT, _TREES: trees, _INFO: info}
        if not self.counts:
            return _MAGIC + _sized(write_flatbuffer(core))
        data = _sized(write_flatbuffer(core | {_PARTS: [_COUNTS]}))
        number = struct.pack("<I", len(self.counts))
        return b"".join([_MAGIC, data, number, *(_sized(item.written()) for item in self.counts)])


def looks_like_catboost(data: bytes) -> bool:
    """Tell whether bytes begin as CatBoost's own files do.

    Examples
    --------
    >>> looks_like_catboost(b"CBM1...."), looks_like_catboost(b"PK")
    (True, False)
    """
    return data[:4] == _MAGIC


def read_catboost(data: bytes) -> CatBoostFile:
    """Read and check a file.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    UnsupportedError
        It holds columns of texts or embeddings.
    ValueError, struct.error, KeyError, TypeError
        A table points outside the file, or the trees, columns, counts and labels do not fit each other.
    """
    (size,) = struct.unpack_from("<I", data, len(_MAGIC))
    require(_HEAD + size <= len(data), "it is cut short")
    view = memoryview(data)
    root = Table.root(view[_HEAD : _HEAD + size])
    require(root.text(_VERSION) == _FORMAT, "it is of another version of the format")
    table = root.table(_TREES)
    _refuse_others(root, table)
    questions = _count_questions(table)
    columns = read_columns(table)
    statistics = read_statistics(table, columns)
    trees = read_trees(table, questions)
    labels = read_labels(_info(root), trees.outputs)
    counts = read_counts(view[_HEAD + size :], statistics) if statistics else ()
    return CatBoostFile(columns, statistics, trees, labels, counts)


def _sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _refuse_others(root: Table, trees: Table) -> None:
    for field, what in ((_TEXTS, "texts"), (_EMBEDDINGS, "embeddings")):
        if trees.count(field):
            raise UnsupportedError(
                f"the model has columns of {what}, which are not read from CatBoost's files"
            )
    require(trees.count(_ESTIMATED) == 0, "it asks for what is made of texts, and has none")
    others = set(root.texts(_PARTS, _MOST_PARTS, "parts")) - {_COUNTS}
    require(not others, "it has parts that are not known")


def _count_questions(trees: Table) -> int:
    """Count the questions that trees may ask, before any is read: vectors of a crafted file may overlap."""
    counts = [
        item.count(field)
        for place, field in (*ASKED, ASKED_COUNTS)
        for item in trees.tables(place, MOST_COLUMNS, "columns")
    ]
    bytes_ = sum(-(-count // _PER_BYTE) for count in counts)
    require(bytes_ <= MOST_ASKED and sum(counts) <= _MOST_QUESTIONS, "its trees ask too much")
    # CatBoost writes only what its trees ask, and spends much on each.
    require(sum(counts) <= trees.count(_SPLITS) + MOST_ASKED, "it holds more questions than its trees ask")
    return sum(counts)


def _info(root: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in root.tables(_INFO, _MOST_INFO, "texts"):
        key = item.text(_KEY)
        if key in WANTED_INFO:
            require(key not in found, f"its {key} stand twice")
            found[key] = item.text(_VALUE, LONGEST_INFO)
    return found
