"""Statistics of categories in a CatBoost file: how often a label was met with each, as trees ask for it.

A statistic names columns (and questions) whose values together are one category; its hash is looked up in a
table of counts, and the count, weighed with a prior, is compared with borders. CatBoost's reader looks
places up without asking whether they exist, and searches a full table for ever; both is checked here.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .booster_catboost_columns import MOST_ASKED, Columns, check_borders
from .flatbuffer import Fields, Part, Table, write_flatbuffer
from .model_checks import check_range, require

# Places of the fields in CatBoost's published schema (ctr_data.fbs, features.fbs; the list: model.fbs).
_STATISTICS = 7
_CTR, _BORDERS = 0, 1
ASKED_COUNTS = (_STATISTICS, _BORDERS)
"""Where the questions of statistics stand."""
_BASE, _TARGET, _PRIOR, _WEIGHT, _SHIFT, _SCALE = range(6)
_COMBINATION, _KIND, _CLASSIFIER = 0, 1, 2
_WORDS, _SPLITS, _VALUES = 0, 1, 2
_TABLE_BASE, _HASHES, _ENTRIES, _DENOMINATOR, _CLASSES = range(5)
# Kinds of statistics: of labels above a border, of each label, means of the label; 4 and 5: frequencies.
_ABOVE, _EACH, _MEANS = 0, 1, (2, 3)
_KINDS = 6
# A question: of a column of numbers its border, by its bits, or of one of categories its hash.
_PAIR = np.dtype([("column", "<i4"), ("value", "<i4")])
_HASH = np.dtype([("hash", "<u8"), ("place", "<u4")])
_MEAN = np.dtype([("sum", "<f4"), ("count", "<i4")])
_FREE = np.uint64((1 << 64) - 1)
_MOST_PARTS = 64
_MOST_CLASSES = 10_000
# Hashes fill half a table at random, so so many in a row do not come by chance.
_LONGEST_RUN = 256


@dataclass(frozen=True)
class Base:
    """What is counted: columns of categories, questions that are asked besides, and the kind of statistic.

    The three lists are kept as bytes, as one base must be found among others.
    """

    words: bytes
    splits: bytes
    values: bytes
    kind: int
    classifier: int

    def fields(self) -> Fields:
        """Give its table."""
        combination = {
            _WORDS: np.frombuffer(self.words, "<i4"),
            _SPLITS: np.frombuffer(self.splits, _PAIR),
            _VALUES: np.frombuffer(self.values, _PAIR),
        }
        return {
            _COMBINATION: combination,
            _KIND: np.int8(self.kind),
            _CLASSIFIER: np.int32(self.classifier),
        }


@dataclass(frozen=True)
class Statistic:
    """A statistic as trees ask for it: of which label, with prior, weight, shift and scale, at borders."""

    base: Base
    target: int
    weighed: tuple[float, float, float, float]
    borders: NDArray[np.float32]

    def fields(self) -> Fields:
        """Give its table."""
        ctr: dict[int, Part] = {_BASE: self.base.fields(), _TARGET: np.int32(self.target)}
        ctr |= {field: np.float32(value) for field, value in enumerate(self.weighed, start=_PRIOR)}
        return {_CTR: ctr, _BORDERS: self.borders}


@dataclass(frozen=True)
class Counts:
    """The table of one base: where the counts of a hash stand, and the counts."""

    base: Base
    hashes: NDArray[np.void]
    entries: NDArray[np.void] | NDArray[np.int32]
    denominator: int
    classes: int

    def written(self) -> bytes:
        """Write it as the buffer that it is."""
        return write_flatbuffer(
            {
                _TABLE_BASE: self.base.fields(),
                _HASHES: self.hashes.view(np.uint8),
                _ENTRIES: self.entries.reshape(-1).view(np.uint8),
                _DENOMINATOR: np.int32(self.denominator),
                _CLASSES: np.int32(self.classes),
            }
        )


def read_statistics(trees: Table, columns: Columns) -> tuple[Statistic, ...]:
    """Read and check the statistics that trees ask for.

    Parameters
    ----------
    trees : Table
        The table of the trees.
    columns : Columns

    Raises
    ------
    ValueError, struct.error
        One names a column or a question that is not there, or its numbers are none.
    """
    found = tuple(_statistic(item) for item in trees.tables(_STATISTICS, MOST_ASKED, "statistics"))
    _check_parts({item.base for item in found}, columns)
    return found


def statistics_fields(statistics: Sequence[Statistic]) -> Fields:
    """Give what of the trees' table speaks of statistics."""
    return {_STATISTICS: [item.fields() for item in statistics]}


def read_counts(data: memoryview, statistics: Sequence[Statistic]) -> tuple[Counts, ...]:
    """Read and check the tables of counts that statistics look into.

    Parameters
    ----------
    data : memoryview
        The part of the file that holds them.
    statistics : sequence of Statistic

    Raises
    ------
    ValueError, struct.error
        A table is missing or stands twice, a hash points outside its counts, or no search in it would end.
    """
    (number,) = struct.unpack_from("<I", data)
    require(number <= MOST_ASKED, "it holds too many tables of counts")
    wanted: dict[Base, int] = {}
    for item in statistics:
        wanted[item.base] = max(wanted.get(item.base, 0), item.target)
    found: dict[Base, Counts] = {}
    at = 4
    for _ in range(number):
        (size,) = struct.unpack_from("<I", data, at)
        require(at + 4 + size <= len(data), "it is cut short")
        table = Table.root(data[at + 4 : at + 4 + size])
        base = _base(table.table(_TABLE_BASE))
        require(base not in found, "a table of counts stands twice")
        if base in wanted:
            found[base] = _counts(table, base, wanted[base])
        at += 4 + size
    require(len(found) == len(wanted), "a statistic has no table of counts")
    return tuple(found.values())


def _statistic(item: Table) -> Statistic:
    ctr = item.table(_CTR)
    defaults = ((_PRIOR, 0.0), (_WEIGHT, 1.0), (_SHIFT, 0.0), (_SCALE, 1.0))
    prior, weight, shift, scale = (ctr.number(field, "<f", default) for field, default in defaults)
    require(bool(np.isfinite([prior, weight, shift, scale]).all()), "a statistic's prior is no number")
    borders = item.vector(_BORDERS, "<f4")
    require(len(borders) > 0, "a statistic has no border")
    check_borders(borders, "a statistic")
    target = ctr.number(_TARGET, "<i", 0)
    require(target >= 0, "a statistic counts a label that is not there")
    return Statistic(_base(ctr.table(_BASE)), target, (prior, weight, shift, scale), borders)


def _base(table: Table) -> Base:
    combination = table.table(_COMBINATION)
    parts = [
        combination.vector(field, kind)
        for field, kind in ((_WORDS, "<i4"), (_SPLITS, _PAIR), (_VALUES, _PAIR))
    ]
    require(len(parts[0]) > 0, "a statistic counts no column")
    require(max(len(part) for part in parts) <= _MOST_PARTS, "a statistic combines too many columns")
    kind = table.number(_KIND, "<b", 0)
    require(0 <= kind < _KINDS, "a statistic is of an unknown kind")
    words, splits, values = (part.tobytes() for part in parts)
    return Base(words, splits, values, kind, table.number(_CLASSIFIER, "<i", 0))


def _check_parts(bases: set[Base], columns: Columns) -> None:
    """Check that statistics combine columns that are used, and questions that trees ask too."""
    words = np.frombuffer(b"".join(base.words for base in bases), "<i4")
    used = [place for place, word in enumerate(columns.words) if word.used]
    require(bool(np.isin(words, used).all()), "a statistic counts a column that is not there")
    splits = np.frombuffer(b"".join(base.splits for base in bases), _PAIR)
    # Borders are the same where their bits are: CatBoost finds them by a hash.
    _check_asked(splits, {place: item.borders.view("<i4") for place, item in enumerate(columns.numbers)})
    values = np.frombuffer(b"".join(base.values for base in bases), _PAIR)
    _check_asked(values, {item.word: item.values for item in columns.one_hot})


def _check_asked(asked: NDArray[np.void], known: Mapping[int, NDArray[np.int32]]) -> None:
    asked = asked[np.argsort(asked["column"], kind="stable")]
    for part in np.split(asked, np.flatnonzero(np.diff(asked["column"])) + 1) if len(asked) else []:
        there = known.get(int(part["column"][0]), np.zeros(0, dtype=np.int32))
        require(bool(np.isin(part["value"], there).all()), "a statistic asks a question that is not there")


def _counts(table: Table, base: Base, target: int) -> Counts:
    raw = table.vector(_HASHES, "u1")
    require(len(raw) % _HASH.itemsize == 0, "a table of counts is cut short")
    hashes = raw.view(_HASH)
    blob, classes = table.vector(_ENTRIES, "u1"), table.number(_CLASSES, "<i", 0)
    entries = _entries(blob, base.kind, classes, target)
    _check_hashes(hashes, len(entries))
    denominator = table.number(_DENOMINATOR, "<i", 0)
    require(denominator >= 0, "a count lies below 0")
    return Counts(base, hashes, entries, denominator, classes)


def _entries(
    blob: NDArray[np.uint8], kind: int, classes: int, target: int
) -> NDArray[np.void] | NDArray[np.int32]:
    """Give the counts, one row for each place that a hash may point to."""
    width = 8 if kind in _MEANS else 4
    if kind in (_ABOVE, _EACH):
        # CatBoost counts two labels at least, and a statistic is of one of them, or of those above it.
        require(2 <= classes <= _MOST_CLASSES, "a table counts no labels, or too many")
        require(target < classes - (kind == _ABOVE), "a statistic counts a label that is not there")
        width = 4 * classes
    require(len(blob) % width == 0, "a table of counts is cut short")
    if kind in _MEANS:
        means = blob.view(_MEAN)
        require(bool(np.isfinite(means["sum"]).all()), "a mean is no number")
        require(bool((means["count"] >= 0).all()), "a count lies below 0")
        return means
    counts = blob.view("<i4").reshape(-1, width // 4)
    require(bool((counts >= 0).all()), "a count lies below 0")
    require(bool((counts.sum(axis=1, dtype=np.int64) < 1 << 31).all()), "counts add up to too much")
    return counts


def _check_hashes(hashes: NDArray[np.void], entries: int) -> None:
    size = len(hashes)
    require(size > 0 and size & (size - 1) == 0, "a table of hashes has a length that is no power of two")
    # CatBoost reads the count of a free place too, when it writes the model out.
    check_range(hashes["place"], entries, "a count")
    free = np.flatnonzero(hashes["hash"] == _FREE)
    require(len(free) > 0, "a table of hashes is full")
    gaps = np.diff(free, append=free[0] + size) - 1
    require(int(gaps.max()) < _LONGEST_RUN, "a table of hashes is too full in places")
