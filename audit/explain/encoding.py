"""Rows as one matrix of numbers that a small model can read: codes for categories, numbers as they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...metrics.groups import encode
from ...metrics.results import Level
from .grids import kind_of_column, numbers_of
from .pairing import Floats

MOST_LEVELS = 200
"""Categories beyond the commonest ones share one code."""
LARGEST = 1e30
"""Numbers beyond are taken as this: small trees read single precision."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Rows as numbers.

    Parameters
    ----------
    matrix : ndarray of float, shape (rows, columns)
        Numbers (nan where missing), or codes from 0 on; a missing category is a category.
    categorical : ndarray of bool, shape (columns,)
    columns : tuple of str
    levels : tuple of tuple
        What each code stands for, by column; the code after the last stands for all rarer ones. Empty for
        numbers.
    """

    matrix: Floats
    categorical: NDArray[np.bool_]
    columns: tuple[str, ...]
    levels: tuple[tuple[Level, ...], ...]


def encoded_rows(X: pd.DataFrame) -> Encoded:
    """Turn every column into numbers or codes.

    Examples
    --------
    >>> found = encoded_rows(pd.DataFrame({"age": [20, None], "job": ["b", "a"]}))
    >>> found.matrix[0].tolist(), found.categorical.tolist(), found.levels[1]
    ([20.0, 0.0], [False, True], ('b', 'a'))
    """
    parts, kinds, levels = [], [], []
    for at, name in enumerate(X.columns):
        values = X.iloc[:, at]
        kinds.append(kind_of_column(values) == "category")
        if not kinds[-1]:
            parts.append(np.clip(numbers_of(values), -LARGEST, LARGEST))
            levels.append(tuple[Level, ...]())
            continue
        coded = encode(values, str(name))
        counts = np.bincount(coded.codes, minlength=len(coded.levels))
        held = np.flatnonzero(counts)
        kept = np.sort(held[np.argsort(-counts[held], kind="stable")][:MOST_LEVELS])
        lookup = np.full(len(coded.levels), len(kept))
        lookup[kept] = np.arange(len(kept))
        parts.append(lookup[coded.codes].astype(np.float64))
        levels.append(tuple(coded.levels[place] for place in kept))
    return Encoded(np.column_stack(parts), np.array(kinds), tuple(map(str, X.columns)), tuple(levels))
