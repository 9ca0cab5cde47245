"""Unaware training: the model never sees the sensitive columns, nor the named proxies.

Two ways to hide a column. *Drop* removes it. *Hold* sets it to one value for every row, which tells a model
as little as no column at all, and lets a pipeline whose steps name the column be retrained as it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.utils.validation import check_consistent_length, validate_data

from ..errors import EvenhandWarning, InputError, Problem
from .base import Sensitivity, Wrapper, fit_weighted
from .proxies import AUTO, STRONG, detected_proxies
from .rows import column_names, index_of, match_rows, missing_columns, row_weights

How = Literal["auto", "drop", "hold"]


class _Need:
    """Tell when the attribute is needed: never, but at training where proxies are to be detected."""

    def __get__(self, model: Any, owner: Any = None) -> Sensitivity:
        auto = model is not None and isinstance(model.proxies, str) and model.proxies == AUTO
        return "training" if auto else "never"


class Unaware(Wrapper):
    """Train an estimator without the sensitive columns, and without named proxies.

    Predictions do not depend on these columns, which may be absent when predicting.
    Columns that remain may still tell the attribute: see :func:`evenhand.mitigation.proxy_strength`.

    Parameters
    ----------
    estimator : estimator
        Any classifier or regressor, or a pipeline.
    sensitive_columns : name, position, or sequence of them
        Names in a frame, positions in an array.
    proxies : name, position, sequence of them, or "auto"
        Further columns to hide, because they stand for a sensitive one. "auto" hides every column that alone
        tells the attribute with an AUC of at least ``proxy_auc``, out of sample, on the training rows
        (:func:`evenhand.mitigation.proxy_strength`); the attribute is then needed at training. A column that
        is itself called "auto" is named in a list.
    how : {"auto", "drop", "hold"}, default "auto"
        "drop" removes the columns before the inner estimator; "hold" sets each to its most frequent value
        among the training rows. "auto" holds where a step of the inner estimator names one of the columns
        (a ColumnTransformer, or ``categorical_features``), else drops.
    proxy_auc : float in (0.5, 1]
        See ``proxies``.

    Attributes
    ----------
    needs_sensitive : {"never", "training"}
        "training" where proxies are detected.
    detected_ : list
        The proxies found by "auto", the strongest first; empty otherwise.
    estimator_ : estimator
        The fitted clone.
    how_ : {"drop", "hold"}
    columns_ : list
        All columns that ``fit`` saw: names in a frame, positions in an array.
    hidden_ : list
        Those that the model does not see.
    held_ : dict
        The value that stands for each held column; empty where columns are dropped.
    n_features_in_ : int
        Columns seen by ``fit``, hidden ones included.
    feature_names_in_ : ndarray of str
        Their names, where X is a frame.

    Raises
    ------
    InputError
        At ``fit``: columns that X lacks, no column left, or a ``how`` that does not exist.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X = pd.DataFrame({"income": [1, 2, 3, 4], "sex": [0, 1, 0, 1]})
    >>> model = Unaware(DecisionTreeClassifier(random_state=0), sensitive_columns="sex").fit(X, [0, 0, 1, 1])
    >>> model.hidden_, model.how_, model.predict(X[["income"]]).tolist()
    (['sex'], 'drop', [0, 0, 1, 1])
    """

    needs_sensitive: ClassVar[Sensitivity] = _Need()  # type: ignore[assignment]
    strength_parameter: ClassVar[str | None] = None
    strengths: ClassVar[tuple[float, ...]] = ()

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = (),
        proxies: Any = (),
        how: How = "auto",
        proxy_auc: float = STRONG,
    ) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.proxies = proxies
        self.how = how
        self.proxy_auc = proxy_auc

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> Unaware:
        """Train the inner estimator on rows whose hidden columns are dropped or held.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)
        y : array-like of shape (rows,)
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            The attribute whose proxies are detected; None means the sensitive columns. Otherwise not used.
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        Unaware
            Itself.

        Raises
        ------
        InputError
        """
        validate_data(self, X, y, skip_check_array=True)
        X = table_of(X)
        sensitive = column_names(self.sensitive_columns)
        auto = isinstance(self.proxies, str) and self.proxies == AUTO
        self.detected_ = detected_proxies(X, sensitive, sensitive_features, self.proxy_auc) if auto else []
        proxies = self.detected_ if auto else column_names(self.proxies)
        self.hidden_, self.columns_ = list(dict.fromkeys((*sensitive, *proxies))), _columns(X)
        _refuse(X, self.hidden_, self.how)
        self.how_ = self._chosen_way()
        self.held_, self.held_types_ = _values_to_hold(X, self.hidden_) if self.how_ == "hold" else ({}, {})
        y = match_rows(y, index_of(X), "y")
        check_consistent_length(X, y)
        if not self.hidden_ and not auto:
            said = "neither sensitive_columns nor proxies were named: the model sees every column"
            warnings.warn(said, EvenhandWarning, stacklevel=2)
        self.estimator_ = fit_weighted(self.estimator, self._rows_for_inner(X), y, _weights(sample_weight, X))
        return self

    def _chosen_way(self) -> Literal["drop", "hold"]:
        if self.how != "auto":
            return "drop" if self.how == "drop" else "hold"
        return "hold" if names_a_column(self.estimator, self.hidden_) else "drop"

    def _rows_for_inner(self, X: Any) -> Any:
        if not self.hidden_:
            return X
        X = table_of(X)
        frame = isinstance(nw.from_native(X, eager_only=True, pass_through=True), nw.DataFrame)
        if self.how_ == "drop":
            return (
                _dropped_by_name(X, self.hidden_) if frame else _dropped_array(X, self.hidden_, self.columns_)
            )
        if frame:
            return _held_frame(X, self.held_, self.held_types_, self.columns_)
        return _held_array(X, self.held_, self.columns_)


def _weights(sample_weight: Any, X: Any) -> Any:
    if sample_weight is None:
        return None
    weights, problems = row_weights(match_rows(sample_weight, index_of(X), "sample_weight"), X.shape[0])
    if problems:
        raise InputError(problems)
    return weights


def table_of(X: Any) -> Any:
    """Keep frames and sparse matrices, the latter by rows; make the rest an array.

    Examples
    --------
    >>> table_of([[1, 2]]).shape
    (1, 2)
    """
    if sparse.issparse(X):
        return X.tocsr()
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    return X if isinstance(frame, nw.DataFrame) else np.asarray(X)


def _columns(X: Any) -> list[Any]:
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return list(frame.columns)
    return list(range(X.shape[1])) if X.ndim == 2 else []


def _refuse(X: Any, hidden: Sequence[Any], how: str) -> None:
    known = _columns(X)
    problems = missing_columns(hidden, known, "sensitive_columns, proxies") if hidden else []
    if how not in ("auto", "drop", "hold"):
        problems.append(Problem("unknown_way", "how", f"must be 'auto', 'drop' or 'hold', got {how!r}"))
    if hidden and not problems and len(hidden) == len(known):
        said = f"at least one column must remain to train on, but all {len(known)} are to be hidden"
        problems.append(Problem("no_columns", "sensitive_columns, proxies", said))
    if problems:
        raise InputError(problems)


def names_a_column(estimator: Any, columns: Sequence[Any]) -> bool:
    """Tell whether a step of an estimator asks for one of these columns by name or by position.

    Parameters
    ----------
    estimator : estimator
        All nested ones are looked at.
    columns : sequence of names or positions
        Dropping any column by position moves those after it, so for positions every step that
        counts columns is concerned.

    Returns
    -------
    bool

    Examples
    --------
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> table = ColumnTransformer([("text", OneHotEncoder(), ["sex", "job"])])
    >>> names_a_column(table, ["sex"]), names_a_column(table, ["age"])
    (True, False)
    """
    if not columns:
        return False
    parameters = estimator.get_params(deep=True)
    steps = [estimator, *parameters.values()]
    asked = [entry[2] for step in steps if isinstance(step, ColumnTransformer) for entry in step.transformers]
    asked += [value for name, value in parameters.items() if name.split("__")[-1] == "categorical_features"]
    return any(_asks_for(selection, columns) for selection in asked)


def _asks_for(selection: Any, columns: Sequence[Any]) -> bool:
    if selection is None or callable(selection):
        return False
    if isinstance(selection, str):
        return selection in columns
    if isinstance(selection, slice | int | np.integer):
        return True
    return any(name in columns if isinstance(name, str) else True for name in selection)


def _dropped_by_name(X: Any, hidden: Sequence[Any]) -> Any:
    if isinstance(X, pd.DataFrame):
        return X.drop(columns=list(hidden), errors="ignore")
    return nw.from_native(X, eager_only=True).drop(*hidden, strict=False).to_native()


def _dropped_array(X: Any, hidden: Sequence[Any], columns: Sequence[Any]) -> Any:
    if X.ndim != 2 or X.shape[1] != len(
        columns
    ):  # already without them, or for the inner estimator to refuse
        return X
    return X[:, [i for i, name in enumerate(columns) if name not in set(hidden)]]


def _values_to_hold(X: Any, hidden: Sequence[Any]) -> tuple[dict[Any, Any], dict[Any, str]]:
    if isinstance(X, pd.DataFrame):
        return {c: _most_frequent(X[c]) for c in hidden}, {c: _type_name(X[c].dtype) for c in hidden}
    if sparse.issparse(X):
        raise InputError.of("sparse", "how", "columns of a sparse matrix cannot be held; use how='drop'")
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    named = isinstance(frame, nw.DataFrame)
    columns = {c: pd.Series(frame[c].to_list() if named else X[:, c]) for c in hidden}
    return {c: _most_frequent(column) for c, column in columns.items()}, {}


def _most_frequent(column: pd.Series[Any]) -> Any:
    counts = column.value_counts(sort=False)
    if counts.empty or not counts.to_numpy().any():
        return None
    value = counts.index[int(counts.to_numpy().argmax())]
    return value.item() if isinstance(value, np.generic) else value


def _type_name(dtype: Any) -> str:
    return "category" if isinstance(dtype, pd.CategoricalDtype) else str(dtype)


def _held_array(X: Any, held: dict[Any, Any], columns: Sequence[Any]) -> Any:
    kept = [i for i, name in enumerate(columns) if name not in held]
    if X.ndim != 2 or X.shape[1] not in (len(columns), len(kept)):
        return X  # for the inner estimator to refuse
    full = np.empty((X.shape[0], len(columns)), dtype=X.dtype)
    full[:, kept] = X if X.shape[1] == len(kept) else X[:, kept]
    for i, name in enumerate(columns):
        if name in held:
            full[:, i] = np.nan if held[name] is None and X.dtype.kind == "f" else held[name]
    return full


def _held_frame(X: Any, held: dict[Any, Any], types: dict[Any, str], names: Sequence[Any]) -> Any:
    order = _columns(X)
    filled = _held_pandas(X, held, types) if isinstance(X, pd.DataFrame) else _held_other(X, held)
    absent = [name for name in held if name not in set(order)]
    if not absent:
        return filled
    there, known = {*order, *absent}, set(names)
    return filled[[name for name in names if name in there] + [name for name in order if name not in known]]


def _held_pandas(X: pd.DataFrame, held: dict[Any, Any], types: dict[Any, str]) -> pd.DataFrame:
    filled = X.copy(deep=False)
    for name, value in held.items():
        # A category is alone in its column at training too, so the model sees the same type both times.
        filled[name] = pd.Series([value] * len(X), index=X.index, dtype=types[name])
    return filled


def _held_other(X: Any, held: dict[Any, Any]) -> Any:
    frame = nw.from_native(X, eager_only=True)
    return frame.with_columns(**{name: nw.lit(value) for name, value in held.items()}).to_native()
