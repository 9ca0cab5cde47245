"""Which outputs of a preprocessing belong to which source column, and a quick way to score hybrids of rows.

A preprocessing that treats each column by itself (one-hot codes, scaling, imputing per column) gives the same
to a hybrid of two rows as the hybrid of what it gives to the two rows. So rows need to be transformed once,
and walks can be made in the transformed matrix, a source column's block moving together. Whether a
preprocessing is of that kind is found out by trying: each column is varied alone, and random hybrids are
checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from .pairing import Floats, Ints
from .walks import table_of

MOST_VALUES = 300
"""Distinct values of one column that are tried; a column of numbers shows its block with two."""
MOST_CELLS = 200_000_000
"""A transformed matrix above this size is not made (it would not fit beside the rest)."""
CHECKED = 512


@dataclass(frozen=True)
class Blocks:
    """Transformed rows, and the source column behind each of their columns.

    Parameters
    ----------
    matrix : ndarray of float, shape (rows, outputs)
    owner : ndarray of int, shape (outputs,)
        Position of the source column.
    columns : tuple of str
        Source columns, in the model's order.
    estimator : estimator
        The fitted last step, which takes the matrix.
    """

    matrix: Floats
    owner: Ints
    columns: tuple[str, ...]
    estimator: Any

    def by_column(self, values: Floats) -> Floats:
        """Sum values of outputs to source columns: shape (..., outputs) to (..., columns)."""
        member = self.owner[:, None] == np.arange(len(self.columns))
        summed: Floats = values @ member.astype(np.float64)
        return summed


def column_blocks(model: Any, X: pd.DataFrame) -> Blocks | None:
    """Split a fitted model into its preprocessing, applied, and its last step.

    Parameters
    ----------
    model : estimator
        A bare estimator or a ``Pipeline``.
    X : pandas.DataFrame
        Rows with the model's input columns; a bare estimator's must be numbers.

    Returns
    -------
    Blocks or None
        None where an output depends on several columns (principal components, interactions), or where the
        outputs are not numbers or too many.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> X = pd.DataFrame({"a": ["x", "y", "x", "z"], "b": ["u", "u", "v", "v"]})
    >>> model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(X, [0, 1, 1, 0])
    >>> column_blocks(model, X).owner
    array([0, 0, 0, 1, 1])
    """
    columns = tuple(str(name) for name in X.columns)
    steps = getattr(model, "steps", None)
    if steps is None:
        if not all(pd.api.types.is_numeric_dtype(kind) for kind in X.dtypes):
            return None
        return Blocks(X.to_numpy(dtype=np.float64), np.arange(len(columns)), columns, model)
    transform = _transformer(model)
    sample = _dense(transform(X.iloc[:2]))
    if sample is None or sample.shape[1] * len(X) > MOST_CELLS:
        return None
    matrix = _dense(transform(X))
    owner = None if matrix is None else _owners(transform, X, matrix.shape[1])
    if matrix is None or owner is None or not _holds(transform, X, matrix, owner):
        return None
    return Blocks(matrix, owner, columns, steps[-1][1])


def _transformer(model: Any) -> Callable[[pd.DataFrame], Any]:
    before = model[:-1]
    if not len(before):
        return lambda rows: rows
    return before.transform  # type: ignore[no-any-return]


def _dense(values: Any) -> Floats | None:
    array = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    if array.ndim != 2:
        return None
    if array.dtype.kind not in "biuf":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            return None
    dense: Floats = array.astype(np.float64)
    return dense


def _owners(transform: Callable[[pd.DataFrame], Any], X: pd.DataFrame, outputs: int) -> Ints | None:
    owner = np.full(outputs, -1)
    for at in range(X.shape[1]):
        places = np.flatnonzero(~X.iloc[:, at].duplicated().to_numpy())[:MOST_VALUES]
        if len(places) < 2:
            continue
        probe = X.iloc[np.zeros(len(places), dtype=np.int64)].reset_index(drop=True)
        probe[X.columns[at]] = X.iloc[places, at].array
        varied = _dense(transform(probe))
        if varied is None:
            return None
        moved = np.flatnonzero((_bits(varied) != _bits(varied)[0]).any(axis=0))
        if (owner[moved] >= 0).any():
            return None
        owner[moved] = at
    # An output that no value of any column moves is constant: whoever owns it, it contributes nothing.
    owned: Ints = np.maximum(owner, 0)
    return owned


def _bits(values: Floats) -> NDArray[np.int64]:
    # Missing values are equal to themselves here; adding zero makes -0.0 and 0.0 one.
    return (values + 0.0).view(np.int64)


def _holds(transform: Callable[[pd.DataFrame], Any], X: pd.DataFrame, matrix: Floats, owner: Ints) -> bool:
    rng = np.random.default_rng(0)
    one, two = rng.integers(len(X), size=(2, CHECKED))
    taken = rng.random((CHECKED, X.shape[1])) < 0.5
    expected = np.where(taken[:, owner], matrix[one], matrix[two])
    found = _dense(transform(table_of(X).hybrids(one, two, taken)))
    return found is not None and np.allclose(found, expected, rtol=1e-12, atol=1e-12, equal_nan=True)


@dataclass(frozen=True)
class Quick:
    """A scorer of rows that are already transformed.

    Parameters
    ----------
    frame : pandas.DataFrame
        Numbers only, shape (rows, outputs); for a linear model one column a source column.
    players : dict of str to list of str
        The frame's columns behind each source column: give both to ``explain_gap``, with ``as_array=True``.
    score : callable
        A matrix like the frame to the score of each row.
    """

    frame: pd.DataFrame
    players: dict[str, list[str]]
    score: Callable[[Any], Floats]


def quick_scorer(
    model: Any,
    X: pd.DataFrame,
    *,
    method: str = "predict_proba",
    output: int = 1,
    blocks: Blocks | None = None,
) -> Quick | None:
    """Find a quick way to score hybrids of rows, where the preprocessing treats each column by itself.

    Parameters
    ----------
    model : estimator
        Fitted; a ``Pipeline`` or a bare estimator.
    X : pandas.DataFrame
    method : {"predict_proba", "decision_function", "predict"}
    output : int
        Which column of a two-dimensional result is the score.
    blocks : Blocks, optional
        What ``column_blocks`` gives, where it is known already.

    Returns
    -------
    Quick or None
        None where there is no quicker way, or where it does not give the model's own scores (checked on all
        rows).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> X = pd.DataFrame({"a": ["x", "y", "x", "z"], "b": ["u", "u", "v", "v"]})
    >>> model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(X, [0, 1, 1, 0])
    >>> quick = quick_scorer(model, X)
    >>> quick.frame.shape, np.allclose(quick.score(quick.frame.to_numpy()), model.predict_proba(X)[:, 1])
    ((4, 2), True)
    """
    blocks = blocks or column_blocks(model, X)
    if blocks is None:
        return None
    wanted = _pick(getattr(model, method)(X), output)
    # A generalised linear model's prediction is no sum, nor a logistic one: then its own method is asked.
    for quick in (_linear(blocks, method, output), _plain(blocks, method, output)):
        if quick is not None and _same(quick.score(quick.frame.to_numpy()), wanted):
            return quick
    return None


def _same(found: Floats, wanted: Floats) -> bool:
    return found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-9, atol=1e-12)


def _pick(values: Any, output: int) -> Floats:
    array = np.asarray(values)
    return array[:, output] if array.ndim == 2 else array


def _plain(blocks: Blocks, method: str, output: int) -> Quick:
    names = [str(at) for at in range(len(blocks.owner))]
    players: dict[str, list[str]] = {column: [] for column in blocks.columns}
    for name, owner in zip(names, blocks.owner, strict=True):
        players[blocks.columns[owner]].append(name)
    predict = getattr(blocks.estimator, method)
    fitted_on_names = getattr(blocks.estimator, "feature_names_in_", None)

    def score(rows: Any) -> Floats:
        # A model fitted on a frame warns at a plain matrix.
        named = rows if fitted_on_names is None else pd.DataFrame(rows, columns=fitted_on_names, copy=False)
        return _pick(predict(named), output)

    return Quick(pd.DataFrame(blocks.matrix, columns=names), players, score)


def _linear(blocks: Blocks, method: str, output: int) -> Quick | None:
    coefficients = np.asarray(getattr(blocks.estimator, "coef_", np.zeros((0, 0))), dtype=np.float64)
    if coefficients.size != len(blocks.owner):
        return None
    intercept = float(np.ravel(blocks.estimator.intercept_)[0])
    parts = blocks.by_column(blocks.matrix * coefficients.ravel())

    def score(rows: Any) -> Floats:
        margin: Floats = rows.sum(axis=1) + intercept
        if method != "predict_proba":
            return margin
        probability: Floats = expit(margin if output == 1 else -margin)
        return probability

    names = list(blocks.columns)
    quick = Quick(pd.DataFrame(parts, columns=names), {name: [name] for name in names}, score)
    return quick if hasattr(blocks.estimator, method) else None
