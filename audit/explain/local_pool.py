"""Rows that explanations of single decisions are put together from, and the function that is explained.

Every method asks the model about rows that mix values of real rows: columns of the explained row, the others
from somewhere else. Such a row is written as *places*: for each column, the row of the pool whose value it
has. So all values are values of the data, with the types that the model knows, and a source column moves as
a whole, whatever the preprocessing makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import InputError
from ..labels import plain, resolve_label
from ..model import Model
from .blocks import quick_scorer
from .pairing import Floats, Ints
from .walks import Predict, Table, numbers_of, table_of

BATCH = 100_000
"""Rows a call of the model."""

Output = Literal["score", "decision"]


@dataclass(frozen=True)
class Pool:
    """Explained rows, then rows drawn from the whole table, with the function that is explained.

    Make one with ``pool_of``.

    Parameters
    ----------
    frame : pandas.DataFrame
        The model's input columns; the explained rows first.
    explained : int
        How many rows are explained.
    drawn : ndarray of int
        Where the other rows stand in the whole table.
    output : {"score", "decision"}
        What is explained: the score of the positive label, or 1 where selected and 0 where not.
    threshold : float
        At or above it a row is selected.
    table : Table
        The same rows, taken apart.
    predict : callable
        The function, for what the table makes.
    model, pos_label
        What the function is made of.
    """

    frame: pd.DataFrame
    explained: int
    drawn: Ints
    output: Output
    threshold: float
    table: Table
    predict: Predict
    model: Model = field(repr=False)
    pos_label: Any = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns, in the model's order."""
        return tuple(str(name) for name in self.frame.columns)

    @property
    def position(self) -> int:
        """Which of the model's classes the score is of."""
        return self.model.classes.index(resolve_label(plain(self.pos_label), self.model.classes, "pos_label"))

    @cached_property
    def places(self) -> Ints:
        """Every row of the pool as places: equal values have one place; shape (rows, columns)."""
        return np.column_stack([_first_places(self.frame.iloc[:, at]) for at in range(len(self.columns))])

    @cached_property
    def known(self) -> Floats:
        """The function's value for every row of the pool."""
        return self.values(self.places)

    @cached_property
    def selected(self) -> NDArray[np.bool_]:
        """Whether each row of the pool is selected."""
        return self.known >= self.threshold

    @cached_property
    def numbers(self) -> Floats:
        """The columns of numbers as floats; nan for other columns and for missing values."""
        return np.column_stack(
            [
                self.frame.iloc[:, at].to_numpy(dtype=np.float64, na_value=np.nan)
                if self.numeric[at]
                else np.full(len(self.frame), np.nan)
                for at in range(len(self.columns))
            ]
        )

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers that have an order; flags (true, false) count as categories."""
        return tuple(_is_numeric(self.frame.iloc[:, at]) for at in range(len(self.columns)))

    @cached_property
    def absent(self) -> NDArray[np.bool_]:
        """Where a value is missing; shape (rows, columns)."""
        found: NDArray[np.bool_] = self.frame.isna().to_numpy()
        return found

    @property
    def others(self) -> Ints:
        """The places of the drawn rows."""
        return np.arange(self.explained, len(self.frame))

    def values(self, places: Ints) -> Floats:
        """Ask the model about rows that are written as places.

        Parameters
        ----------
        places : ndarray of int, shape (n, columns)

        Returns
        -------
        ndarray of float, shape (n,)

        Raises
        ------
        ModelError
            The model fails on such rows, or gives anything but one finite number a row.
        """
        parts = [places[at : at + BATCH] for at in range(0, len(places), BATCH)]
        found = [numbers_of(self.predict, _mixed(self.table, part), len(part)) for part in parts]
        return np.concatenate(found) if found else np.zeros(0)

    def value_at(self, row: int, column: int) -> Any:
        """Give a value as a plain Python object; None where it is missing."""
        return None if self.absent[row, column] else plain(self.frame.iat[row, column])


def pool_of(
    model: Model,
    frame: pd.DataFrame,
    rows: Sequence[int],
    *,
    pos_label: Any,
    threshold: float = 0.5,
    draws: int = 2000,
    seed: int = 0,
) -> Pool:
    """Draw a pool around some rows.

    Parameters
    ----------
    model : Model
    frame : pandas.DataFrame
        All rows, the model's input columns.
    rows : sequence of int
        Positions of the rows that are explained.
    pos_label : object
    threshold : float in [0, 1]
    draws : int
        Rows drawn from all others, without replacement; all of them where there are no more.
    seed : int

    Raises
    ------
    InputError
        There is no such row, or no other row than those explained.
    ModelError
        The model fails on the rows.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from evenhand.audit.model import wrap_model
    >>> X = pd.DataFrame({"pay": [1.0, 2.0, 3.0, 4.0]})
    >>> model = wrap_model(LogisticRegression().fit(X, [0, 0, 1, 1]))
    >>> pool = pool_of(model, X, [3], pos_label=1)
    >>> pool.output, bool(pool.selected[0]), sorted(pool.drawn.tolist())
    ('score', True, [0, 1, 2])
    """
    check_rows(rows, len(frame))
    others = np.setdiff1d(np.arange(len(frame)), rows)
    if not len(others):
        raise InputError.of(
            "no_background",
            "rows",
            f"an explanation compares a row with others, got {len(frame)} rows and none left; give more rows",
        )
    # One order of all rows, whichever are explained: the same seed gives the same company.
    order = np.random.default_rng(seed).permutation(len(frame))
    drawn = order[np.isin(order, others)][:draws]
    chosen = frame.iloc[np.concatenate([np.asarray(rows, dtype=np.int64), drawn])].reset_index(drop=True)
    scored = model.scores(chosen, pos_label) is not None
    table, predict = _function(model, chosen, pos_label, threshold, scored=scored)
    return Pool(
        frame=chosen,
        explained=len(rows),
        drawn=drawn,
        output="score" if scored else "decision",
        threshold=threshold if scored else 0.5,
        table=table,
        predict=predict,
        model=model,
        pos_label=pos_label,
    )


def check_rows(rows: Sequence[int], count: int) -> None:
    """Refuse positions that no row has.

    Raises
    ------
    InputError
        With every such position.
    """
    wrong = [row for row in rows if not 0 <= row < count]
    if wrong:
        got = ", ".join(map(str, wrong))
        rule = f"rows are counted from 0, so a row is a whole number from 0 to {count - 1}"
        raise InputError.of("unknown_row", "row", f"{rule}, got {got}; choose another row")


def _function(
    model: Model, frame: pd.DataFrame, pos_label: Any, threshold: float, *, scored: bool
) -> tuple[Table, Predict]:
    if not scored:
        return table_of(frame), lambda rows: model.decide(rows, pos_label, threshold).astype(np.float64)
    rows = model.rows(frame)
    probable = model.score_kind == "probability"
    if probable and isinstance(rows, pd.DataFrame) and tuple(rows.columns) == tuple(frame.columns):
        position = model.classes.index(resolve_label(plain(pos_label), model.classes, "pos_label"))
        quick = quick_scorer(model.estimator, rows, output=position)
        if quick is not None:
            return table_of(quick.frame, quick.players, as_array=True), quick.score
    return table_of(frame), lambda given: np.asarray(model.scores(given, pos_label), dtype=np.float64)


def _mixed(table: Table, places: Ints) -> Any:
    if table.matrix:
        owned = places[:, table.owner]
        return table.arrays[0][owned, np.arange(owned.shape[1])]
    columns = {at: values.take(places[:, at]) for at, values in enumerate(table.arrays)}
    frame = pd.DataFrame(columns, copy=False)
    frame.columns = table.names
    return frame


def _first_places(values: pd.Series[Any]) -> Ints:
    codes = pd.factorize(values)[0].astype(np.int64) + 1
    first = np.full(int(codes.max(initial=0)) + 1, len(values), dtype=np.int64)
    np.minimum.at(first, codes, np.arange(len(values)))
    return first[codes]


def _is_numeric(values: pd.Series[Any]) -> bool:
    kind = values.dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
