"""Who is who: an id column as codes of people, and how often people repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..errors import InputError
from .groups import one_column


@dataclass(frozen=True)
class Repeats:
    """How often people repeat.

    Parameters
    ----------
    people, rows : int
    most : int
        Rows of the person who has most.
    unnamed : int
        Rows without an id, each taken as a person of its own.
    shared : int
        People with rows in more than one group; 0 where groups were not looked at.
    """

    people: int
    rows: int
    most: int
    unnamed: int = 0
    shared: int = 0

    @property
    def any(self) -> bool:
        """Whether anybody has two rows."""
        return self.most > 1


def repeats(ids: Any) -> Repeats:
    """Count people and rows.

    Parameters
    ----------
    ids : array-like of shape (rows,)
        Equal values are one person; a missing one is a person of its own.

    Raises
    ------
    InputError
        There are no rows, several columns, or values that cannot be compared.

    Examples
    --------
    >>> found = repeats(["a", "b", "a", None])
    >>> found.people, found.rows, found.most, found.unnamed
    (3, 4, 2, 1)
    """
    codes, unnamed = person_codes(ids)
    counts = np.bincount(codes)
    return Repeats(len(counts), len(codes), int(counts.max()), unnamed)


def person_codes(ids: Any) -> tuple[NDArray[np.intp], int]:
    """Give the number of every row's person, from 0, and how many rows have no id.

    Raises
    ------
    InputError
        There are no rows, several columns, or values that cannot be compared.

    Examples
    --------
    >>> codes, unnamed = person_codes([7, 7, 3])
    >>> codes.tolist(), unnamed
    ([0, 0, 1], 0)
    """
    known, missing = _split(one_column(ids, "ids"))
    if missing.size == 0:
        raise InputError.of("empty", "ids", "at least one row is needed, got 0; check the table")
    codes = np.empty(missing.size, dtype=np.intp)
    codes[~missing] = _numbered(known)
    people = int(codes[~missing].max()) + 1 if known.size else 0
    unnamed = int(missing.sum())
    codes[missing] = people + np.arange(unnamed)
    return codes, unnamed


def _split(ids: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    wrapped = nw.from_native(ids, allow_series=True, pass_through=True)
    if isinstance(wrapped, nw.Series):
        # Whole numbers with gaps would become floats, and ids above 2^53 one person.
        gaps = wrapped.is_null().to_numpy().astype(bool)
        known, missing = wrapped.drop_nulls().to_numpy(), _missing(wrapped.drop_nulls().to_numpy())
        every = gaps.copy()
        every[~gaps] = missing
        return known[~missing], every
    array = ids if isinstance(ids, np.ndarray) else _objects(ids)
    if array.ndim != 1:
        raise InputError.of("shape", "ids", f"one id a row is wanted, got an array of shape {array.shape}")
    missing = _missing(array)
    return array[~missing], missing


def _objects(ids: Any) -> NDArray[Any]:
    try:
        return np.fromiter(ids, dtype=object)
    except TypeError as error:
        raise InputError.of("ids", "ids", f"a column of ids is wanted ({error})") from error


def _missing(array: NDArray[Any]) -> NDArray[np.bool_]:
    if array.dtype.kind == "f":
        return np.asarray(np.isnan(array))
    if array.dtype.kind in "mM":
        return np.asarray(np.isnat(array))
    if array.dtype.kind != "O":
        return np.zeros(len(array), dtype=bool)
    return np.fromiter((_lacks(value) for value in array), dtype=bool, count=len(array))


def _lacks(value: Any) -> bool:
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and value != value  # noqa: PLR0124 - only nan differs from itself


def _numbered(known: NDArray[Any]) -> NDArray[np.intp]:
    if known.dtype.kind != "O":
        return np.unique(known, return_inverse=True)[1].astype(np.intp)
    seen: dict[Any, int] = {}
    try:
        found = [seen.setdefault(value, len(seen)) for value in known]
    except TypeError as error:
        raise InputError.of("ids", "ids", f"ids are texts or numbers, one a row ({error})") from error
    return np.asarray(found, dtype=np.intp)


def profiles(cells: Any) -> tuple[Any, NDArray[np.float64]]:
    """Fold people with equal rows into one.

    Parameters
    ----------
    cells : sparse array of shape (people, cells)

    Returns
    -------
    distinct : sparse array of shape (profiles, cells)
    people : ndarray of shape (profiles,)
        How many people each profile stands for.

    Examples
    --------
    >>> distinct, people = profiles(sparse.csr_array(np.array([[1, 0], [0, 2], [1, 0]])))
    >>> distinct.toarray().tolist(), people.tolist()
    ([[0, 2], [1, 0]], [1.0, 2.0])
    """
    held = sparse.csr_array(cells)
    held.sum_duplicates()
    lengths = np.diff(held.indptr)
    values, value = np.unique(held.data, return_inverse=True)
    entries, entry = np.unique(held.indices.astype(np.int64) * len(values) + value, return_inverse=True)
    # Entry by entry: two people stay together as long as their first, second, ... entries agree.
    code = np.zeros(held.shape[0], dtype=np.int64)
    for k in range(int(lengths.max(initial=0))):
        has = lengths > k
        nth = np.zeros(len(code), dtype=np.int64)
        nth[has] = len(entries) - entry[held.indptr[:-1][has] + k]
        code = np.unique(code * (len(entries) + 1) + nth, return_inverse=True)[1]
    _, first, people = np.unique(code, return_index=True, return_counts=True)
    return held[first], people.astype(float)
