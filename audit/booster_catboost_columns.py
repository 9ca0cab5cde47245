"""What a CatBoost file says of the columns: borders of numbers, and categories that trees ask for by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .flatbuffer import Fields, Part, Table
from .model_checks import check_range, require

MOST_ASKED = 1 << 16
"""So many columns and statistics may be asked for: CatBoost keeps a row's answers in as many bytes."""
MOST_COLUMNS = 1 << 17
"""So many columns a model may have, asked for or not."""

# Places of the fields in CatBoost's published schema (features.fbs; the lists: model.fbs).
_WORDS, _NUMBERS, _ONE_HOT = 4, 5, 6
_HAS_NANS, _INDEX, _FLAT_INDEX, _BORDERS, _NAME, _TREATMENT = range(6)
_WORD_INDEX, _WORD_FLAT_INDEX, _WORD_NAME, _WORD_USED = range(4)
_ONE_HOT_INDEX, _ONE_HOT_VALUES = 0, 1
_TREATMENTS = 3
ASKED = ((_NUMBERS, _BORDERS), (_ONE_HOT, _ONE_HOT_VALUES))
"""Where questions stand: the list of columns, and in each of these that of its questions."""


@dataclass(frozen=True)
class Number:
    """A column of numbers.

    Parameters
    ----------
    name : str
        Empty where it has none.
    flat : int
        Its place among all columns; the place among those of its kind is that in the list.
    missing, treatment : int
        Whether it had missing values in the fit, and the side that CatBoost sends them to.
    borders : ndarray of float32
        Rising; none where no tree asks for the column.
    """

    name: str
    flat: int
    missing: int
    treatment: int
    borders: NDArray[np.float32]


@dataclass(frozen=True)
class Word:
    """A column of categories; ``used`` tells whether a tree asks for it."""

    name: str
    flat: int
    used: int


@dataclass(frozen=True)
class OneHot:
    """Categories of one column, by their hashes, each of which trees may ask for."""

    word: int
    values: NDArray[np.int32]


@dataclass(frozen=True)
class Columns:
    """All columns of a model."""

    numbers: tuple[Number, ...]
    words: tuple[Word, ...]
    one_hot: tuple[OneHot, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in the order of the fit; of one without a name its place."""
        listed: list[Number | Word] = [*self.numbers, *self.words]
        every = sorted(listed, key=lambda column: column.flat)
        return tuple(column.name or str(column.flat) for column in every)

    @property
    def of_words(self) -> tuple[str, ...]:
        """The names of the columns of categories."""
        names = self.names
        return tuple(names[word.flat] for word in self.words)

    def fields(self) -> Fields:
        """Give what of the trees' table speaks of columns."""
        return {
            _WORDS: [_word_fields(place, word) for place, word in enumerate(self.words)],
            _NUMBERS: [_number_fields(place, number) for place, number in enumerate(self.numbers)],
            _ONE_HOT: [
                {_ONE_HOT_INDEX: np.int32(item.word), _ONE_HOT_VALUES: item.values} for item in self.one_hot
            ],
        }


def read_columns(trees: Table) -> Columns:
    """Read and check the columns.

    Parameters
    ----------
    trees : Table
        The table of the trees.

    Raises
    ------
    ValueError, struct.error
        A column is missing or stands twice, borders do not rise, or a category is asked for twice.
    """
    numbers = tuple(_number(item) for item in _counted(trees, _NUMBERS, _INDEX))
    words = tuple(
        Word(item.text(_WORD_NAME), item.number(_WORD_FLAT_INDEX, "<i", -1), item.number(_WORD_USED, "<B", 1))
        for item in _counted(trees, _WORDS, _WORD_INDEX)
    )
    one_hot = tuple(
        OneHot(item.number(_ONE_HOT_INDEX, "<i", -1), item.vector(_ONE_HOT_VALUES, "<i4"))
        for item in trees.tables(_ONE_HOT, MOST_ASKED, "columns")
    )
    found = Columns(numbers, words, one_hot)
    _check_order(found)
    _check_one_hot(found)
    return found


def check_borders(borders: NDArray[np.float32], what: str) -> None:
    """Refuse borders that are no numbers, or that do not rise."""
    require(bool(np.isfinite(borders).all()), f"a border of {what} is no number")
    require(bool((borders[1:] > borders[:-1]).all()), f"borders of {what} do not rise")


def _counted(trees: Table, field: int, index: int) -> list[Table]:
    found = trees.tables(field, MOST_COLUMNS, "columns")
    for place, item in enumerate(found):
        require(item.number(index, "<i", -1) == place, "its columns are not counted through")
    return found


def _number(item: Table) -> Number:
    borders = item.vector(_BORDERS, "<f4")
    check_borders(borders, "a column")
    treatment = item.number(_TREATMENT, "<b", 0)
    require(0 <= treatment < _TREATMENTS, "it treats missing values in an unknown way")
    missing = item.number(_HAS_NANS, "<B", 0)
    require(missing in (0, 1), "a column is neither with missing values nor without")
    return Number(item.text(_NAME), item.number(_FLAT_INDEX, "<i", -1), missing, treatment, borders)


def _check_order(found: Columns) -> None:
    # CatBoost takes the last column of a kind for the one farthest right.
    numbers, words = [number.flat for number in found.numbers], [word.flat for word in found.words]
    require(numbers == sorted(numbers) and words == sorted(words), "its columns are not in order")
    every = sorted(numbers + words)
    require(len(every) > 0, "it has no column")
    require(every == list(range(len(every))), "its columns are not all there, or one stands twice")
    names = found.names
    require(len(set(names)) == len(names), "two columns bear one name")
    require(all(word.used in (0, 1) for word in found.words), "a column is neither used nor unused")


def _check_one_hot(found: Columns) -> None:
    asked = np.array([item.word for item in found.one_hot], dtype=np.int64)
    check_range(asked, len(found.words), "a column of categories")
    require(len(np.unique(asked)) == len(asked), "a column stands twice")
    require(all(found.words[word].used for word in asked), "a column that trees ask for counts as unused")
    for item in found.one_hot:
        require(len(item.values) > 0, "no category is asked for where one should be")
        require(len(np.unique(item.values)) == len(item.values), "a category stands twice")


def _number_fields(place: int, number: Number) -> Fields:
    fields: dict[int, Part] = {
        _HAS_NANS: np.uint8(number.missing),
        _INDEX: np.int32(place),
        _FLAT_INDEX: np.int32(number.flat),
        _BORDERS: number.borders,
        _TREATMENT: np.int8(number.treatment),
    }
    if number.name:
        fields[_NAME] = number.name
    return fields


def _word_fields(place: int, word: Word) -> Fields:
    fields: dict[int, Part] = {
        _WORD_INDEX: np.int32(place),
        _WORD_FLAT_INDEX: np.int32(word.flat),
        _WORD_USED: np.uint8(word.used),
    }
    if word.name:
        fields[_WORD_NAME] = word.name
    return fields
