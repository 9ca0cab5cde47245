"""Which models can be explained exactly: rows as a matrix, the sum, and the output that it must give."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from ...errors import ModelError, Problem
from .blocks import Blocks, column_blocks
from .exact_boosters import from_catboost, from_lightgbm, from_xgboost
from .exact_sklearn import BOOSTED, FORESTS, HISTOGRAM, TREES, from_sklearn, unsupported
from .exact_trees import Coded, Ensemble, Scale, sums
from .pairing import Floats, Ints

LIGHTGBM = ("LGBMClassifier", "LGBMRegressor", "Booster")
CHECKED = 64
"""Rows on which the trees as read must give the output of the model itself."""
CATBOOST = ("CatBoostClassifier", "CatBoostRegressor", "CatBoost")


@dataclass(frozen=True)
class Exact:
    """A model that is explained exactly, on its rows.

    Parameters
    ----------
    matrix : ndarray of float, shape (rows, outputs of the preprocessing)
    owner : ndarray of int, shape (outputs,)
        The player behind each.
    players : tuple of str
        Source columns.
    sum : Ensemble, or ndarray of float, shape (rows, players)
        A sum over trees; or a linear model's parts by source column.
    scale : {"probability", "log-odds", "prediction", "margin"}
    known : ndarray of float, shape (rows,)
        The model's own output on this scale.
    """

    matrix: Floats
    owner: Ints
    players: tuple[str, ...]
    sum: Ensemble | Floats
    scale: Scale
    known: Floats

    @property
    def leaves(self) -> int:
        """Leaves of all trees, 0 for a linear model; the work of counting is about leaves times rows."""
        trees = self.sum.trees if isinstance(self.sum, Ensemble) else ()
        return sum(int((tree.left < 0).sum()) for tree in trees)


def exact_model(model: Any, X: pd.DataFrame, output: int, blocks: Blocks | None = None) -> Exact:
    """Read a model, bare or at the end of a ``Pipeline``.

    Parameters
    ----------
    model : estimator
    X : pandas.DataFrame
    output : int
    blocks : Blocks, optional
        What ``column_blocks`` gives for the model and the rows, where it is known already.

    Raises
    ------
    ModelError
        The model is of no kind that can be explained exactly, or its preprocessing mixes columns.
    """
    steps = getattr(model, "steps", None)
    estimator = steps[-1][1] if steps else model
    read = _reader(estimator)
    if blocks is None:
        blocks = column_blocks(model, X) if steps or _numeric(X) else _categories(estimator, X)
    if blocks is None:
        raise ModelError.of(
            "mixed_columns",
            "model",
            "exact counting needs numbers that each come from one source column, and this preprocessing mixes"
            " columns or makes none; explain_gap explains any model",
        )
    if read is None:
        return _linear(blocks, output)
    ensemble = read(estimator, output)
    rows = blocks.matrix if steps else X
    known = ensemble.of_raw * _quietly(lambda: _own_output(estimator, rows, ensemble.scale, output))
    matrix, owner = _inside(estimator, blocks, rows)
    return Exact(matrix, owner, blocks.columns, ensemble, ensemble.scale, known)


def _reader(estimator: Any) -> Callable[[Any, int], Ensemble] | None:
    name, module = type(estimator).__name__, type(estimator).__module__.split(".")[0]
    if module == "sklearn" and name in (*TREES, *FORESTS, *BOOSTED, *HISTOGRAM):
        return from_sklearn
    if module == "lightgbm" and name in LIGHTGBM:
        return from_lightgbm
    if module == "xgboost" and name.startswith("XGB"):
        return from_xgboost
    if module == "catboost" and name in CATBOOST:
        return from_catboost
    if hasattr(estimator, "coef_"):
        return None
    raise unsupported(estimator, "is neither")


def _numeric(X: pd.DataFrame) -> bool:
    return all(pd.api.types.is_numeric_dtype(kind) for kind in X.dtypes)


def _categories(estimator: Any, X: pd.DataFrame) -> Blocks | None:
    # Boosters take pandas' categories as they are: inside, a category is its number.
    kinds = [
        isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_numeric_dtype(kind) for kind in X.dtypes
    ]
    if not all(kinds) or type(estimator).__name__ in (*TREES, *FORESTS, *BOOSTED):
        return None
    names = tuple(str(name) for name in X.columns)
    if type(estimator).__name__ in HISTOGRAM:
        # Its own preprocessing makes the numbers, see ``_inside``.
        return Blocks(np.zeros(X.shape), np.arange(len(names)), names, estimator)
    levels = iter(_fitted_levels(estimator, X))
    columns = []
    for at in range(X.shape[1]):
        column = X.iloc[:, at]
        if isinstance(column.dtype, pd.CategoricalDtype):
            code = pd.Categorical(column, categories=next(levels)).codes
            columns.append(np.where(code < 0, np.nan, code))
        else:
            columns.append(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return Blocks(np.column_stack(columns), np.arange(len(names)), names, estimator)


def _fitted_levels(estimator: Any, X: pd.DataFrame) -> list[Any]:
    booster = getattr(estimator, "booster_", estimator)
    known = getattr(booster, "pandas_categorical", None)
    return known or [kind.categories for kind in X.dtypes if isinstance(kind, pd.CategoricalDtype)]


def _inside(estimator: Any, blocks: Blocks, rows: Any) -> tuple[Floats, Ints]:
    # Histogram gradient boosting puts categorical columns first, with their categories numbered from 0.
    categorical = getattr(estimator, "is_categorical_", None)
    if type(estimator).__name__ not in HISTOGRAM or categorical is None:
        return blocks.matrix, blocks.owner
    order = np.concatenate([np.flatnonzero(categorical), np.flatnonzero(~categorical)])
    inside = _quietly(lambda: estimator._preprocess_X(rows, reset=False))  # noqa: SLF001 - there is no public way
    return np.asarray(inside, dtype=np.float64), blocks.owner[order]


def _own_output(estimator: Any, rows: Any, scale: Scale, output: int) -> Floats:
    module, name = type(estimator).__module__.split(".")[0], type(estimator).__name__
    if module == "lightgbm":
        values = estimator.predict(rows, raw_score=True)
    elif module == "xgboost":
        values = estimator.predict(rows, output_margin=True)
    elif module == "catboost":
        values = estimator.predict(rows, prediction_type="RawFormulaVal")
    elif scale == "probability":
        values = estimator.predict_proba(rows)
    elif hasattr(estimator, "decision_function"):
        values = estimator.decision_function(rows)
    else:
        values = estimator._raw_predict(rows).ravel() if name in HISTOGRAM else estimator.predict(rows)  # noqa: SLF001
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 2:
        return array[:, output] if array.shape[1] > 1 else array[:, 0]
    return -array if scale == "log-odds" and output == 0 else array


def check_sums(exact: Exact, ensemble: Ensemble, rows: Coded) -> None:
    """Check on some rows that the trees as read give the model's own output; ``ModelError`` where not.

    Parameters
    ----------
    exact : Exact
    ensemble : Ensemble
    rows : Coded
        All rows of ``exact``.
    """
    places = np.unique(np.linspace(0, len(exact.known) - 1, CHECKED).astype(np.int64))
    apart = exact.known[places] - sums(ensemble, rows.at(places))
    size = max(1.0, float(np.abs(exact.known).max()))
    if not np.ptp(apart) <= 2 * ensemble.exactness * size:
        message = f"its trees must sum to its output up to a constant, and miss it by {np.ptp(apart):.2g}"
        raise ModelError([Problem("misread_trees", "model", message + "; explain_gap explains any model")])


def _quietly(predict: Callable[[], Floats]) -> Floats:
    with warnings.catch_warnings():
        # The estimator was fitted on a named frame and is asked about a matrix, or contrariwise.
        warnings.filterwarnings("ignore", message="X (has|does not have valid) feature names")
        return predict()


def _linear(blocks: Blocks, output: int) -> Exact:
    estimator = blocks.estimator
    classifier = hasattr(estimator, "classes_")
    classes = len(estimator.classes_) if classifier else 1
    table = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    if table.shape != ((1 if classes <= 2 else classes), len(blocks.owner)) or not 0 <= output < max(
        classes, 2
    ):
        raise unsupported(
            estimator, f"has coefficients of shape {table.shape} and output {output} was asked for"
        )
    row = 0 if len(table) == 1 else output
    sign = -1.0 if classes == 2 and output == 0 else 1.0
    parts = sign * blocks.by_column(blocks.matrix * table[row])
    constant = sign * float(np.ravel(estimator.intercept_)[row if np.size(estimator.intercept_) > 1 else 0])
    known = parts.sum(axis=1) + constant
    # A generalised linear model's prediction is another function of its sum.
    own = _quietly(lambda: _linear_output(estimator, blocks.matrix, classes, output))
    if not np.allclose(own, expit(known) if _logistic(estimator, classes) else known, rtol=1e-7, atol=1e-9):
        raise unsupported(estimator, "predicts another function of its linear sum")
    scale: Scale = ("log-odds" if classes == 2 else "margin") if classifier else "prediction"
    return Exact(blocks.matrix, blocks.owner, blocks.columns, parts, scale, known)


def _logistic(estimator: Any, classes: int) -> bool:
    return classes == 2 and hasattr(estimator, "predict_proba")


def _linear_output(estimator: Any, matrix: Floats, classes: int, output: int) -> Floats:
    if _logistic(estimator, classes):
        return np.asarray(estimator.predict_proba(matrix), dtype=np.float64)[:, output]
    own = estimator.decision_function if hasattr(estimator, "decision_function") else estimator.predict
    values = np.asarray(own(matrix), dtype=np.float64)
    if values.ndim == 2:
        return values[:, output]
    return -values if classes == 2 and output == 0 else values
