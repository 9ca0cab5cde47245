"""A fitted model: what is known of it, and its scores and decisions for rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import InputError, ModelError, Problem, did_you_mean
from .labels import matches, plain, resolve_label
from .settings import ScoreKind

MODEL_FAULTS = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, ArithmeticError,
    AssertionError, ImportError, MemoryError, OSError,
)  # fmt: skip
"""What a model may raise on rows that it cannot score."""

_METHODS = {"probability": "predict_proba", "real": "decision_function"}
"""The method that gives scores of each kind."""


@dataclass(frozen=True)
class Model:
    """A fitted classifier, with what is known of it.

    Make one with ``load_model`` or ``wrap_model`` (see ``model``).

    Parameters
    ----------
    estimator : object
        With ``predict_proba`` or ``predict``.
    inputs : tuple of str
        The columns it was fitted on, in order; empty: it takes the columns as they come.
    classes : tuple
        Its labels, in the order of its probabilities; empty where it does not say.
    description : str
        ``"Pipeline: ColumnTransformer, LogisticRegression"``.
    sha256 : str or None
        Of its file; None for an object.
    score_kind : {"probability", "real"}
        Whether its scores are those of ``predict_proba`` or of ``decision_function``.
    notes : tuple of str
        What a reader of an audit must know: how a network's mode was set, for example.
    """

    estimator: Any
    inputs: tuple[str, ...] = ()
    classes: tuple[Any, ...] = ()
    description: str = ""
    sha256: str | None = None
    notes: tuple[str, ...] = ()
    score_kind: ScoreKind = "probability"

    @property
    def has_scores(self) -> bool:
        """Whether it gives scores of its kind."""
        return hasattr(self.estimator, _METHODS[self.score_kind])

    def scores(self, frame: pd.DataFrame, pos_label: Any) -> NDArray[np.float64] | None:
        """Return the score of the positive label for each row: its probability, or a real number.

        Parameters
        ----------
        frame : DataFrame, n rows
            With at least the columns that the model was fitted on, in any order.
        pos_label : object
            Resolved among the model's classes as ``labels.resolve_label`` does.

        Returns
        -------
        ndarray of float, shape (n,), or None
            In [0, 1] unless the kind is ``"real"``; None where the model has no method for its kind.

        Raises
        ------
        ModelError
            Columns or the label are missing, or the model fails, or what it gives are no probabilities.
        """
        if not self.has_scores:
            return None
        position = self._position(pos_label)
        if self.score_kind == "real":
            return self._decision_function(frame, position)
        given = self._call("predict_proba", frame)
        if given.ndim != 2 or given.shape != (len(frame), len(self.classes)):
            expected = f"{len(frame)} rows and {len(self.classes)} classes"
            message = f"predict_proba must give a probability for {expected}, got the shape {given.shape}"
            raise self._error("wrong_shape", f"{message}; correct the model")
        return self._probabilities(given[:, position])

    def _decision_function(self, frame: pd.DataFrame, position: int) -> NDArray[np.float64]:
        given = self._call("decision_function", frame)
        rows, labels = len(frame), len(self.classes)
        if labels == 2 and given.shape == (rows,):
            # Of two classes there is one column of scores: high ones speak for the second class.
            return self._numbers(given if position == 1 else -given, "decision_function")
        if given.shape != (rows, labels):
            expected = f"{rows} rows" + (f" and {labels} classes" if labels != 2 else "")
            message = f"decision_function must give a score for {expected}, got the shape {given.shape}"
            raise self._error("wrong_shape", f"{message}; correct the model")
        return self._numbers(given[:, position], "decision_function")

    def decide(self, frame: pd.DataFrame, pos_label: Any, threshold: float = 0.5) -> NDArray[np.bool_]:
        """Tell for each row whether the model selects it.

        A row is selected if its score reaches the threshold; of a model without scores, if it predicts the
        positive label.

        Parameters
        ----------
        frame : DataFrame, n rows
        pos_label : object
        threshold : float

        Returns
        -------
        ndarray of bool, shape (n,)

        Raises
        ------
        ModelError
            As ``scores``.
        """
        scores = self.scores(frame, pos_label)
        if scores is not None:
            return scores >= threshold
        label = self.classes[self._position(pos_label)] if self.classes else pos_label
        given = self._call("predict", frame)
        if given.shape != (len(frame),):
            message = f"predict must give a label for each of {len(frame)} rows, got the shape {given.shape}"
            raise self._error("wrong_shape", f"{message}; correct the model")
        if pd.isna(given).any():
            raise self._error("missing_prediction", self._missing(pd.isna(given)))
        if not self.classes and given.dtype.kind == "f" and np.any(given % 1):
            first = given[np.flatnonzero(given % 1)[0]]
            message = f"predict must give labels, got fractions such as {first:.6g}, as a regressor does"
            raise self._error("not_labels", f"{message}; give a classifier, or the numbers as a score column")
        return matches(given, label)

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame | NDArray[Any]:
        """Return the columns that the model was fitted on, in its order; an array for one fitted on arrays.

        Raises
        ------
        ModelError
            Columns are not there; every one is named.
        """
        known = [str(column) for column in frame.columns]
        problems = [
            Problem(
                "model_column",
                self._name,
                f"the model wants the column {name!r}; {did_you_mean(name, known)}",
            )
            for name in self.inputs
            if name not in known
        ]
        if problems:
            raise ModelError(problems)
        if self.inputs:
            chosen = frame[list(self.inputs)]
            return chosen if hasattr(self.estimator, "feature_names_in_") else chosen.to_numpy()
        width = getattr(self.estimator, "n_features_in_", None)
        if width is None:
            return frame
        if width != frame.shape[1]:
            message = f"the model was fitted on {width} columns without names, got {frame.shape[1]}"
            raise self._error(
                "model_column", f"{message}; take columns out with drop, or fit it on a data frame"
            )
        return frame.to_numpy()

    @property
    def _name(self) -> str:
        return self.description or type(self.estimator).__name__

    def _error(self, code: str, message: str) -> ModelError:
        return ModelError([Problem(code, self._name, message)])

    def _position(self, pos_label: Any) -> int:
        if not self.classes:
            raise self._error(
                "no_classes", "a model must say its classes_, in the order of its probabilities"
            )
        try:
            label = resolve_label(plain(pos_label), self.classes, self._name)
        except InputError as error:
            hint = "; if the model's labels stand for others, name those in order in model_classes"
            told = [Problem(item.code, item.where, item.message + hint) for item in error.problems]
            raise ModelError(told) from error
        return self.classes.index(label)

    def _call(self, method: str, frame: pd.DataFrame) -> NDArray[Any]:
        rows = self.rows(frame)
        try:
            return np.asarray(getattr(self.estimator, method)(rows))
        except ModelError:
            raise
        except MODEL_FAULTS as error:
            first = (str(error).strip().splitlines() or [""])[0][:300]
            message = (
                f"the model fails on these rows: {type(error).__name__}: {first}; give it rows like its own"
            )
            raise self._error("model_failed", message) from error

    def _probabilities(self, column: NDArray[Any]) -> NDArray[np.float64]:
        scores = self._numbers(column, "predict_proba")
        outside = scores[(scores < 0) | (scores > 1)]
        if outside.size:
            message = f"probabilities lie between 0 and 1, got {outside[0]} ({outside.size} rows are outside)"
            raise self._error("not_probabilities", f"{message}; correct the model")
        return scores

    def _numbers(self, column: NDArray[Any], method: str) -> NDArray[np.float64]:
        try:
            scores = column.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise self._error("not_numbers", f"{method} must give numbers, got {column.dtype}") from error
        if np.isnan(scores).any():
            raise self._error("missing_prediction", self._missing(np.isnan(scores)))
        if np.isinf(scores).any():
            first = scores[np.isinf(scores)][0]
            raise self._error(
                "infinite", f"{method} must give finite numbers, got {first}; correct the model"
            )
        return scores

    def _missing(self, where: Any) -> str:
        first, count = int(np.flatnonzero(where)[0]), int(np.sum(where))
        return (
            f"every row needs a prediction, got none for {count} rows (first: row {first}); correct the model"
        )
