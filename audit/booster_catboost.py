"""CatBoost's binary files (cbm): read into plain values, checked, and written anew for CatBoost.

A cbm file is a FlatBuffer (``flatbuffer``) with the columns, the trees and a few texts about the fit, and
behind it tables of counts of categories. CatBoost verifies where the FlatBuffer's tables point, and nothing
of what they say, so a crafted file breaks it. What it is given here is not the file but one made of the
values that were read and checked, bit for bit the same numbers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from .booster_catboost_columns import MOST_ASKED, MOST_COLUMNS, Columns, read_columns
from .booster_catboost_counts import Counts, Statistic, read_counts, read_statistics, statistics_fields
from .booster_catboost_labels import LONGEST_INFO, WANTED_INFO, Labels, read_labels
from .booster_catboost_trees import Trees, read_trees
from .flatbuffer import Table, write_flatbuffer
from .model_checks import UnsupportedError, require

_MAGIC = b"CBM1"
_FORMAT = "FlabuffersModel_v1"
_COUNTS = "static_provider_v1"
_HEAD = 8
_PER_BYTE = 254
_MOST_QUESTIONS = 1 << 21
_MOST_INFO, _MOST_PARTS = 10_000, 16
# Places of the fields in CatBoost's published schema (model.fbs, features.fbs, ctr_data.fbs).
_VERSION, _TREES, _INFO, _PARTS = 0, 1, 2, 3
_KEY, _VALUE = 0, 1
_SPLITS, _NUMBERS, _ONE_HOT, _STATISTICS, _TEXTS, _ESTIMATED, _EMBEDDINGS = 1, 5, 6, 7, 12, 13, 18
_BORDERS, _VALUES, _STATISTIC_BORDERS = 3, 1, 1


@dataclass(frozen=True)
class CatBoostFile:
    """What a file says, checked.

    Parameters
    ----------
    columns : tuple of str
        In the order of the fit; of one without a name its place.
    words : tuple of str
        Those of categories.
    labels : tuple
        In the order of the probabilities; empty for a model that gives no probabilities.
    parts : tuple
        What the file is made of.
    """

    columns: tuple[str, ...]
    words: tuple[str, ...]
    labels: tuple[Any, ...]
    parts: tuple[Columns, tuple[Statistic, ...], Trees, Labels, list[Counts]]

    def blob(self) -> bytes:
        """Write the file anew, for CatBoost."""
        columns, statistics, trees, labels, counts = self.parts
        core: dict[int, Any] = {
            _VERSION: _FORMAT,
            _TREES: {**trees.fields(), **columns.fields(), **statistics_fields(statistics)},
            _INFO: [{_KEY: key, _VALUE: value} for key, value in sorted(labels.info().items())],
        }
        data = _sized(write_flatbuffer(core | ({_PARTS: [_COUNTS]} if counts else {})))
        tables = [_sized(item.written()) for item in counts]
        return b"".join([_MAGIC, data, *([struct.pack("<I", len(tables)), *tables] if tables else [])])


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
    counts = read_counts(view[_HEAD + size :], statistics) if statistics else []
    return CatBoostFile(
        columns.names, columns.of_words, labels.names, (columns, statistics, trees, labels, counts)
    )


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
    lists = ((_NUMBERS, _BORDERS), (_ONE_HOT, _VALUES), (_STATISTICS, _STATISTIC_BORDERS))
    counts = [
        item.count(field) for place, field in lists for item in trees.tables(place, MOST_COLUMNS, "columns")
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
