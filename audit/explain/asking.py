"""A model as a function that can be asked: what it gives to rows put together from the values of others.

Everything that looks at a model as a whole (shuffled columns, curves, surrogates, perturbed rows) asks it for
rows whose columns come from different rows of one table. So no value is ever made up, and values keep their
kind. Rows that are put together from a single row have a known output, and are not asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError, did_you_mean
from .blocks import Quick
from .pairing import Floats, Ints
from .walks import Predict, Table, numbers_of, table_of

BATCH_ROWS = 100_000
"""At most so many rows are asked in one call."""


@dataclass(frozen=True, eq=False)
class Scorer:
    """A fixed function of rows, and the table that rows are put together from.

    Make one with ``scorer_of``.

    Parameters
    ----------
    X : pandas.DataFrame
        Source columns, one a player of ``table``.
    table : Table
        The rows as the function takes them: ``X`` itself, or ``X`` transformed once.
    predict : callable
        Takes what ``table`` puts together; gives one finite number a row.
    known : ndarray of float, shape (rows,)
        The function's value for each row of the table.
    """

    X: pd.DataFrame
    table: Table
    predict: Predict = field(repr=False)
    known: Floats = field(repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the source columns, in order."""
        return self.table.players

    def position(self, column: str) -> int:
        """Give a column's position.

        Raises
        ------
        InputError
            There is no such column.
        """
        if column not in self.columns:
            said = f"the table has no column {column!r}; {did_you_mean(column, self.columns)}"
            raise InputError.of("unknown_column", "columns", said)
        return self.columns.index(column)

    def changes(self, column: str) -> bool:
        """Tell whether a column has at least two values, a missing one counted."""
        codes = self.table.codes[:, self.position(column)]
        return bool(len(codes)) and bool((codes != codes[0]).any())

    def ask(self, picks: Ints) -> Floats:
        """Give the function's value for rows put together column by column.

        Parameters
        ----------
        picks : ndarray of int, shape (n, columns)
            The row of the table that each column's value is taken from.

        Returns
        -------
        ndarray of float, shape (n,)

        Raises
        ------
        ModelError
            The function gives another shape, or values that are missing or infinite.
        """
        codes = self.table.codes
        own = codes[picks[:, 0]]
        place = np.arange(codes.shape[1])
        unlike = np.flatnonzero((codes[picks, place] != own).any(axis=1))
        values = self.known[picks[:, 0]]
        for at in range(0, len(unlike), BATCH_ROWS):
            part = unlike[at : at + BATCH_ROWS]
            values[part] = numbers_of(self.predict, self._assembled(picks[part]), len(part))
        return values

    def with_column(self, rows: Ints, donors: Ints, column: str) -> Floats:
        """Give the function's value for rows that take one column from other rows.

        Parameters
        ----------
        rows, donors : ndarray of int, shape (n,)
        column : str
        """
        picks = np.repeat(np.asarray(rows, dtype=np.int64)[:, None], len(self.columns), axis=1)
        picks[:, self.position(column)] = donors
        return self.ask(picks)

    def part(self, rows: Ints) -> Scorer:
        """Keep some rows only."""
        table = self.table
        arrays = tuple(values[rows] if table.matrix else values.take(rows) for values in table.arrays)
        kept = Table(table.names, arrays, table.players, table.owner, table.codes[rows], table.matrix)
        return Scorer(self.X.iloc[rows].reset_index(drop=True), kept, self.predict, self.known[rows])

    def _assembled(self, picks: Ints) -> Any:
        table = self.table
        if table.matrix:
            return table.arrays[0][picks[:, table.owner], np.arange(len(table.owner))]
        parts = {at: values.take(picks[:, table.owner[at]]) for at, values in enumerate(table.arrays)}
        frame = pd.DataFrame(parts, copy=False)
        frame.columns = table.names
        return frame


def scorer_of(predict: Callable[[Any], Any] | Scorer, X: pd.DataFrame, quick: Quick | None = None) -> Scorer:
    """Make a function of rows one that can be asked for rows put together from others.

    Parameters
    ----------
    predict : callable or Scorer
        A frame like ``X`` to one number a row: a probability, a margin, a decision of 0 or 1. A scorer of
        these rows is returned as it is.
    X : pandas.DataFrame
        Rows with the model's input columns.
    quick : Quick, optional
        A quicker way to the same numbers, as ``quick_scorer`` finds one.

    Returns
    -------
    Scorer

    Raises
    ------
    InputError
        There is no row or no column, or two columns share a name.
    ModelError
        The function does not give one finite number a row.

    Examples
    --------
    >>> X = pd.DataFrame({"age": [20.0, 30.0], "sex": ["F", "M"]})
    >>> scorer = scorer_of(lambda rows: rows["age"] + 5 * (rows["sex"] == "M"), X)
    >>> scorer.with_column(np.array([0]), np.array([1]), "sex").tolist()
    [25.0]
    """
    if isinstance(predict, Scorer):
        return predict
    names = [str(name) for name in X.columns]
    if len(X) == 0 or len(set(names)) < len(names):
        said = f"at least one row and columns of different names are needed, got {len(X):,} rows of {names}"
        raise InputError.of("table", "X", said)
    if quick is not None:
        table = table_of(quick.frame, quick.players, as_array=True)
        codes = table_of(X).codes  # values that are equal where the scorer sees them may differ in X
        table = Table(table.names, table.arrays, table.players, table.owner, codes, matrix=True)
        return Scorer(X, table, quick.score, numbers_of(quick.score, quick.frame.to_numpy(), len(X)))
    return Scorer(X, table_of(X), predict, numbers_of(predict, X, len(X)))
