"""Boosted models from the files that LightGBM, XGBoost and CatBoost write, as classifiers of data frames.

These files are data and hold no code, yet the libraries' readers trust them, and a crafted file breaks them.
So files are read and checked here, and the libraries are given one made anew of what was read
(``booster_lightgbm``, ``booster_xgboost``, ``booster_catboost``). A file says its columns; its labels only
CatBoost's says: where nobody names them, they are 0, 1, ...
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import EvenhandWarning, InputError, ModelError
from .booster_catboost import looks_like_catboost, read_catboost
from .booster_lightgbm import looks_like_lightgbm, read_lightgbm
from .booster_xgboost import looks_like_xgboost, read_xgboost
from .model_checks import UnsupportedError
from .tabular import framed
from .trust import DAMAGE, damaged


@dataclass(frozen=True)
class BoostedFile:
    """A boosted classifier from a file, with the face of scikit-learn's.

    Parameters
    ----------
    native : object
        The library's own: ``lightgbm.Booster``, ``XGBClassifier`` or ``CatBoostClassifier``.
    names : tuple of str
        The columns that it was fitted on; empty where it knows none, and takes arrays.
    width : int
        How many they are.
    classes : tuple
        Its labels, in the order of its probabilities.
    probabilities : callable
        Prepared rows to probabilities, shape (rows, classes).
    levels : dict of str to tuple
        Categories of a column in the order of their codes; an empty tuple: the library knows them itself.
    faults : tuple of exception types
        What the library raises on rows that it cannot score.
    """

    native: Any
    names: tuple[str, ...]
    width: int
    classes: tuple[Any, ...]
    probabilities: Callable[[Any], NDArray[np.float64]]
    levels: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    faults: tuple[type[Exception], ...] = ()

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels, as scikit-learn names them."""
        return np.asarray(self.classes)

    @property
    def n_features_in_(self) -> int:
        """How many columns it was fitted on."""
        return self.width

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """The columns, as scikit-learn names them; there is no such attribute where it knows none."""
        if not self.names:
            raise AttributeError("the model was fitted on columns without names")
        return np.asarray(self.names, dtype=object)

    def prepared(self, rows: Any) -> Any:
        """Code columns of categories as in the fit, and warn of categories that are new to the model."""
        if not self.names:
            return np.asarray(rows, dtype=np.float64)
        made = framed(rows, self.names).copy(deep=False)
        for name, levels in self.levels.items():
            column = made[name].astype(object)
            if not levels:
                made[name] = column.astype("category")
                continue
            codes = pd.Index(list(levels), dtype=object).get_indexer(column)
            unseen = sorted({str(value) for value in column[(codes < 0) & column.notna()]})
            if unseen:
                _tell_unseen(name, unseen)
            made[name] = pd.Categorical.from_codes(codes, categories=pd.Index(list(levels), dtype=object))
        return made

    def predict_proba(self, rows: Any) -> NDArray[np.float64]:
        """Return the probability of each label, shape (rows, classes)."""
        try:
            found = np.asarray(self.probabilities(self.prepared(rows)), dtype=np.float64)
        except self.faults as error:
            raise RuntimeError(str(error)) from error
        return np.column_stack([1 - found, found]) if found.ndim == 1 else found

    def predict(self, rows: Any) -> NDArray[Any]:
        """Return the likeliest label of each row."""
        chosen: NDArray[Any] = self.classes_[self.predict_proba(rows).argmax(axis=1)]
        return chosen


def _tell_unseen(name: str, unseen: list[str]) -> None:
    shown = ", ".join(unseen[:5]) + (f" and {len(unseen) - 5} more" if len(unseen) > 5 else "")
    text = f"{name}: the model has not seen these categories, and scores them as missing values: {shown}"
    warnings.warn(EvenhandWarning(text), stacklevel=4)


def is_booster(data: bytes) -> bool:
    """Tell whether a file begins as one of the three libraries' files does.

    Examples
    --------
    >>> is_booster(b"CBM1...."), is_booster(b"PK")
    (True, False)
    """
    return looks_like_lightgbm(data) or looks_like_xgboost(data) or looks_like_catboost(data)


def build_booster(data: bytes, where: str, classes: Sequence[Any] = ()) -> BoostedFile:
    """Build the classifier of a booster's file.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        The file, for messages.
    classes : sequence, optional
        The labels, in the order of the model's probabilities.

    Raises
    ------
    ModelError
        The file is damaged, holds what is not read, is no classifier, or its library is not installed.
    """
    try:
        if looks_like_lightgbm(data):
            return _lightgbm(data, where, classes)
        if looks_like_xgboost(data):
            return _xgboost(data, where, classes)
        return _catboost(data, where, classes)
    except InputError:
        raise
    except UnsupportedError as error:
        raise ModelError.of("unsupported_model", where, str(error)) from error
    except DAMAGE as error:
        raise damaged(where, error) from error


def _labels(known: int, classes: Sequence[Any], where: str) -> tuple[Any, ...]:
    if known == 0:
        message = (
            "an audit needs a classifier, and this model gives no probabilities"
            " (its objective is a regression's, a ranking's or its own); audit its output as a score column"
        )
        raise ModelError.of("no_classifier", where, message)
    if classes and len(classes) != known:
        message = f"the model has {known} classes, got {len(classes)} labels in model_classes; name each once"
        raise ModelError.of("wrong_classes", where, message)
    return tuple(classes) or tuple(range(known))


def _lightgbm(data: bytes, where: str, classes: Sequence[Any]) -> BoostedFile:
    found = read_lightgbm(data)
    labels = _labels(found.classes, classes, where)
    library = _library("lightgbm", where)
    try:
        booster = library.Booster(model_str=found.text)
    except library.basic.LightGBMError as error:
        raise ValueError(str(error)) from error
    booster.pandas_categorical = [list(levels) for levels in found.levels.values()] or None
    return BoostedFile(
        booster,
        _known(found.columns, "Column_"),
        len(found.columns),
        labels,
        booster.predict,
        found.levels,
        (library.basic.LightGBMError,),
    )


def _xgboost(data: bytes, where: str, classes: Sequence[Any]) -> BoostedFile:
    found = read_xgboost(data)
    labels = _labels(found.classes, classes, where)
    model = _library("xgboost", where).XGBClassifier()
    model.load_model(bytearray(found.text.encode()))
    levels: dict[str, tuple[Any, ...]] = dict.fromkeys(found.categorical, ())
    return BoostedFile(model, found.columns, found.width, labels, model.predict_proba, levels)


def _known(names: Sequence[str], before: str) -> tuple[str, ...]:
    """Give no names where they only count the columns, as the libraries name those of arrays."""
    counted = [f"{before}{place}" for place in range(len(names))]
    return () if list(names) == counted else tuple(names)


def _catboost(data: bytes, where: str, classes: Sequence[Any]) -> BoostedFile:
    found = read_catboost(data)
    labels = _labels(len(found.labels.names), classes or found.labels.names, where)
    library = _library("catboost", where)
    model, columns, words = library.CatBoostClassifier(), found.columns.names, found.columns.of_words
    try:
        model.load_model(blob=found.blob())
    except library.CatBoostError as error:
        raise ValueError(str(error)) from error

    def probabilities(rows: Any) -> NDArray[np.float64]:
        made = rows.astype(dict.fromkeys(words, object)) if words else rows
        given: NDArray[np.float64] = model.predict_proba(made, thread_count=1)
        return given

    faults = (library.CatBoostError,)
    return BoostedFile(model, _known(columns, ""), len(columns), labels, probabilities, {}, faults)


def _library(name: str, where: str) -> Any:
    try:
        return __import__(name)
    except ImportError as error:
        message = (
            f'this model needs {name}, which is not installed; install it: pip install "evenhand[boosting]"'
        )
        raise ModelError.of("missing_library", where, message) from error
