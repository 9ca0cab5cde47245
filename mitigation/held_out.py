"""Scores of rows by models that were not trained on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing

from ..errors import InputError
from .base import fit_weighted
from .rows import Floats, Integers
from .splitting import dealt_folds
from .training_rows import TrainingRows
from .unaware import table_of


def refuse_scoreless(estimator: Any) -> None:
    """Refuse a regressor, and a classifier without probabilities.

    Raises
    ------
    InputError

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> refuse_scoreless(LinearSVC())
    Traceback (most recent call last):
        ...
    evenhand.errors.InputError: estimator: its predict_proba is needed, but LinearSVC has none; wrap it \
in sklearn.calibration.CalibratedClassifierCV
    """
    name = type(estimator).__name__
    if is_regressor(estimator):
        said = f"a classifier is needed, but {name} is a regressor; band the target into classes"
        raise InputError.of("regressor", "estimator", said)
    if not hasattr(estimator, "predict_proba"):
        said = f"its predict_proba is needed, but {name} has none"
        hint = "wrap it in sklearn.calibration.CalibratedClassifierCV"
        raise InputError.of("no_scores", "estimator", f"{said}; {hint}")


def fitted(estimator: Any, X: Any, rows: TrainingRows, chosen: Integers | None = None) -> Any:
    """Fit a clone on all rows or on the chosen ones; a frozen estimator is taken as it is.

    Parameters
    ----------
    estimator : estimator
    X : array-like of shape (rows, columns)
    rows : TrainingRows
    chosen : ndarray of int, optional

    Returns
    -------
    estimator
    """
    if isinstance(estimator, FrozenEstimator):
        return clone(estimator)
    weights = rows.weights if rows.weighted else None
    if chosen is None:
        return fit_weighted(estimator, X, rows.target, weights)
    part = None if weights is None else weights[chosen]
    return fit_weighted(estimator, _safe_indexing(X, chosen), rows.target[chosen], part)


def positive_scores(estimator: Any, X: Any, positive: Any) -> Floats:
    """Give the probability of the positive class for each row, shape (rows,).

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> positive_scores(DummyClassifier().fit([[0], [1]], ["no", "yes"]), [[5]], "no").tolist()
    [0.5]
    """
    place = list(estimator.classes_).index(positive)
    return np.asarray(estimator.predict_proba(X)[:, place], dtype=np.float64)


def held_out_scores(estimator: Any, X: Any, rows: TrainingRows, cv: Any, seed: int) -> Floats:
    """Score every row by a clone that was not trained on it.

    Parameters
    ----------
    estimator : classifier
        A ``FrozenEstimator`` is trained already, and scores all rows itself.
    X : array-like of shape (rows, columns)
    rows : TrainingRows
    cv : int, splitter, iterable of (train, test), or None
        A number of folds deals rows evenly over labels and groups; None scores the training rows.
    seed : int
        Of the deal.

    Returns
    -------
    ndarray of float in [0, 1], shape (rows,)

    Raises
    ------
    InputError
        Fewer than two folds, a class with fewer than two rows, or rows that no fold holds out.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from evenhand.mitigation.training_rows import training_rows
    >>> X, y, sex = [[0], [0], [9], [9]], [0, 0, 1, 1], list("FMFM")
    >>> rows = training_rows(X, y, sensitive_features=sex, sensitive_columns=None, sample_weight=None)
    >>> held_out_scores(KNeighborsClassifier(1), X, rows, 2, 0).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    if cv is None or isinstance(estimator, FrozenEstimator):
        return positive_scores(fitted(estimator, X, rows), X, rows.positive)
    table = table_of(X)
    scores = np.full(len(rows.target), np.nan)
    for chosen, out in _splits(cv, table, rows, seed):
        model = fitted(estimator, table, rows, chosen)
        scores[out] = positive_scores(model, _safe_indexing(table, out), rows.positive)
    missing = int(np.isnan(scores).sum())
    if missing:
        said = f"every row must be held out once, but {missing:,} were in no test part; choose other splits"
        raise InputError.of("not_held_out", "cv", said)
    return scores


def _splits(cv: Any, X: Any, rows: TrainingRows, seed: int) -> Iterable[tuple[Integers, Integers]]:
    if not isinstance(cv, int | np.integer) or isinstance(cv, bool):
        splits: Iterable[tuple[Integers, Integers]] = check_cv(cv, rows.labels, classifier=True).split(
            X, rows.labels
        )
        return splits
    if cv < 2:
        raise InputError.of("folds", "cv", f"at least 2 folds are needed, or None for none, got {cv!r}")
    fewest = int(np.bincount(rows.labels).min())
    if fewest < 2:
        said = "each class needs at least 2 rows to be scored by a model that did not see them, got 1"
        raise InputError.of("one_row", "cv", f"{said}; set cv=None to score the training rows")
    folds = min(int(cv), fewest)
    fold = dealt_folds(rows.labels * len(rows.groups.levels) + rows.groups.codes, folds, seed)
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(folds)]
