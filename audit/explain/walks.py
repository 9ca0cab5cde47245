"""Walks from one row to another: what the output does while the columns are swapped one by one.

A walk starts at a background row and takes over the values of another row, column by column, in some order.
The change of the output at each swap is one unbiased sample of that column's Shapley contribution; the
changes telescope to ``f(row) - f(background)``. Swaps of equal values change nothing and are not predicted;
the first and the last state are rows of the table, whose output is known. So most of the predictions that a
plain walk would make are saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError, ModelError, Problem, did_you_mean
from .pairing import Floats, Ints

Bools = NDArray[np.bool_]
Predict = Callable[[Any], Any]
"""A fixed function of rows: a frame of the model's columns (or a matrix) to one number a row."""


@dataclass(frozen=True)
class Table:
    """Rows taken apart so that hybrids of two rows can be put together quickly.

    Parameters
    ----------
    names : pandas.Index
        Columns, in the model's order.
    arrays : tuple
        One array a column, of the column's own kind; or a single matrix where ``matrix`` is true.
    players : tuple of str
        What contributes: a column, or columns that move together.
    owner : ndarray of int, shape (columns,)
        The player of each column.
    codes : ndarray of int, shape (rows, players)
        Equal codes mean equal values.
    matrix : bool
        Whether hybrids are made as a plain matrix.
    """

    names: pd.Index[Any]
    arrays: tuple[Any, ...]
    players: tuple[str, ...]
    owner: Ints
    codes: Ints
    matrix: bool

    def hybrids(self, rows: Ints, background: Ints, taken: Bools) -> Any:
        """Put together rows of which some players come from ``rows`` and the others from ``background``.

        Parameters
        ----------
        rows, background : ndarray of int, shape (n,)
        taken : ndarray of bool, shape (n, players)

        Returns
        -------
        pandas.DataFrame or ndarray, shape (n, columns)
            Kinds of columns are those of the table.
        """
        if self.matrix:
            return np.where(taken[:, self.owner], self.arrays[0][rows], self.arrays[0][background])
        columns = {}
        for at, values in enumerate(self.arrays):
            columns[at] = values.take(np.where(taken[:, self.owner[at]], rows, background))
        frame = pd.DataFrame(columns, copy=False)
        frame.columns = self.names
        return frame


def table_of(
    X: pd.DataFrame, players: Mapping[str, Sequence[str]] | None = None, *, as_array: bool = False
) -> Table:
    """Take a frame apart.

    Parameters
    ----------
    X : pandas.DataFrame
    players : mapping of str to columns, optional
        Columns that move together, under one name; none at all for a player that the model does not see,
        whose bar is 0. A column that is not named is a player by itself.
    as_array : bool
        Make hybrids as one matrix (all columns must be numbers).

    Raises
    ------
    InputError
        A player names a column that is not there or that another player has; the frame has no columns;
        two players share a name; ``as_array`` with columns that are not numbers.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20, 30], "city": ["a", "b"], "street": ["c", "c"]})
    >>> table_of(frame, {"address": ["city", "street"]}).players
    ('age', 'address')
    """
    member = _members(X, players or {})
    names = _order(member, players or {})
    owner = np.array([names.index(player) for player in member])
    codes = np.column_stack([_codes(X, np.flatnonzero(owner == player)) for player in range(len(names))])
    arrays: tuple[Any, ...] = tuple(X.iloc[:, at].array for at in range(X.shape[1]))
    if as_array:
        arrays = (np.ascontiguousarray(_numbers(X)),)
    return Table(X.columns, arrays, names, owner, codes, as_array)


def _members(X: pd.DataFrame, players: Mapping[str, Sequence[str]]) -> list[str]:
    columns = [str(name) for name in X.columns]
    problems = []
    if not columns:
        problems.append(Problem("no_columns", "X", "at least one column is needed, got 0"))
    given: dict[str, str] = {}
    for player, named in players.items():
        for name in map(str, named):
            if name not in columns:
                problems.append(
                    Problem("unknown_column", "players", f"no column {name!r}; {did_you_mean(name, columns)}")
                )
            if name in given:
                message = f"a column belongs to one player; {name!r} is in {given[name]!r} and in {player!r}"
                problems.append(Problem("shared_column", "players", message))
            given[name] = player
    problems += [
        Problem("shared_name", "players", f"{player!r} is also a column by itself; choose another name")
        for player in players
        if player in columns and player not in given
    ]
    if problems:
        raise InputError(problems)
    return [given.get(name, name) for name in columns]


def _order(member: list[str], players: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    named = {str(name) for columns in players.values() for name in columns}
    if len(named) == len(member):
        return tuple(players)
    return tuple(dict.fromkeys([*member, *players]))


def _codes(X: pd.DataFrame, columns: Ints) -> Ints:
    codes = np.zeros(len(X), dtype=np.int64)
    for at in columns:
        # A missing value has the code -1, and is equal to another missing value.
        more = pd.factorize(X.iloc[:, at])[0].astype(np.int64) + 1
        codes = codes * (more.max(initial=0) + 1) + more
        if len(columns) > 1:
            codes = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    return codes.astype(np.int32)


def _numbers(X: pd.DataFrame) -> NDArray[Any]:
    matrix: NDArray[Any] = X.to_numpy()
    if matrix.dtype.kind not in "biuf":
        raise InputError.of(
            "not_numbers",
            "as_array",
            f"a matrix needs columns of numbers, got kind {matrix.dtype}; leave as_array out",
        )
    return matrix


def numbers_of(predict: Predict, rows: Any, count: int) -> Floats:
    """Call the fixed function, and refuse anything but one finite number a row.

    Raises
    ------
    ModelError
        The result has another shape, or holds missing or infinite values.
    """
    values = np.asarray(predict(rows), dtype=np.float64)
    if values.shape != (count,):
        raise ModelError.of(
            "output_shape",
            "predict",
            f"one number a row is needed, shape ({count},), got shape {values.shape}",
        )
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise ModelError.of(
            "output_not_finite",
            "predict",
            f"every output must be finite, got {bad} missing or infinite of {count}",
        )
    return values


@dataclass(frozen=True)
class Output:
    """A figure of each row that a gap is an average of, made from what the model gives.

    Several outputs of one model share their walks: the model is asked once.

    Parameters
    ----------
    name : str
        The catalogue's name of the rate.
    of : callable
        The model's output, and the positions of the rows whose true labels it is held against, both of shape
        (n,), to the figure of each.
    by_label : bool
        Whether it depends on the true label, as a loss does. The label then stays that of the row walked to,
        and what the groups' labels contribute by themselves is a bar of its own.
    unit : float
        The tolerance is meant in multiples of this.
    """

    name: str
    of: Callable[[Floats, Ints], Floats]
    by_label: bool = False
    unit: float = 1.0


def _itself(given: Floats, rows: Ints) -> Floats:  # noqa: ARG001 - an output may depend on the rows
    return given


ITSELF = Output("output", _itself)


@dataclass(frozen=True)
class Walker:
    """Makes walks over one table with one fixed function.

    Parameters
    ----------
    table : Table
    predict : callable
        Takes what ``table.hybrids`` makes.
    known : ndarray of float, shape (rows of the table,)
        The function's value for each row.
    batch_rows : int
        At most about so many rows a call.
    workers : int
        Threads that predict; the result does not depend on it.
    outputs : tuple of Output
        What is made of the function's values and explained.
    """

    table: Table
    predict: Predict
    known: Floats
    batch_rows: int = 150_000
    workers: int = 1
    outputs: tuple[Output, ...] = (ITSELF,)

    @property
    def players(self) -> int:
        """Players, the true label among them where an output depends on it."""
        return len(self.table.players) + any(output.by_label for output in self.outputs)

    def figures(self, rows: Ints) -> Floats:
        """Give every output of rows of the table, shape (outputs, rows)."""
        return np.stack([output.of(self.known[rows], rows) for output in self.outputs])

    def walk(self, rows: Ints, background: Ints, ranks: Ints) -> tuple[Floats, int]:
        """Walk from each background row to its row.

        Parameters
        ----------
        rows, background : ndarray of int, shape (walks,)
        ranks : ndarray of int, shape (walks, players)
            When each player's values are swapped in: 0 first.

        Returns
        -------
        contributions : ndarray of float, shape (outputs, walks, players)
            Of each walk they sum to the output of its row minus that of its background row. The last player
            is the true label, where an output depends on it.
        calls : int
            Rows predicted.
        """
        size = max(1, self.batch_rows // max(1, len(self.table.players) // 2))
        parts = [slice(at, at + size) for at in range(0, len(rows), size)]
        if self.workers == 1 or len(parts) == 1:
            done = [self._walk(rows[part], background[part], ranks[part]) for part in parts]
        else:
            with ThreadPoolExecutor(self.workers) as pool:
                done = list(
                    pool.map(lambda part: self._walk(rows[part], background[part], ranks[part]), parts)
                )
        return np.concatenate([item for item, _ in done], axis=1), sum(calls for _, calls in done)

    def _walk(self, rows: Ints, background: Ints, ranks: Ints) -> tuple[Floats, int]:
        order = np.argsort(ranks, axis=1)
        differs = self.table.codes[rows] != self.table.codes[background]
        steps = np.take_along_axis(differs, order, axis=1)
        walk, at = np.nonzero(steps)
        last = np.append(walk[1:] != walk[:-1], True) if len(walk) else np.zeros(0, dtype=bool)
        values = self.known[rows[walk]]
        inner = ~last
        calls = int(inner.sum())
        if calls:
            which, step = walk[inner], at[inner]
            taken = ranks[which] <= step[:, None]
            values[inner] = numbers_of(
                self.predict, self.table.hybrids(rows[which], background[which], taken), calls
            )
        before = np.roll(values, 1)
        first = np.roll(last, 1)
        before[first] = self.known[background[walk[first]]]
        contributions = np.zeros((len(self.outputs), len(ranks), self.players))
        for output, found in zip(self.outputs, contributions, strict=True):
            label_of = rows[walk]
            found[walk, order[walk, at]] = output.of(values, label_of) - output.of(before, label_of)
            if output.by_label:
                start = self.known[background]
                found[:, -1] = output.of(start, rows) - output.of(start, background)
        return contributions, calls


def random_ranks(count: int, players: int, rng: np.random.Generator) -> Ints:
    """Draw orders of the players, each equally likely.

    Returns
    -------
    ndarray of int, shape (count, players)
        Each row a permutation of ``0 .. players - 1``.
    """
    return np.argsort(rng.random((count, players), dtype=np.float32), axis=1).astype(np.int16)
