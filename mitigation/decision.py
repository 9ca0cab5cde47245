"""What the methods share that change decisions after training: held-out scores, groups at decision time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _num_samples, check_is_fitted, validate_data

from .base import BinaryWrapper, Sensitivity, inner_has
from .group_reader import GroupReader
from .held_out import fitted, held_out_scores, positive_scores, refuse_scoreless
from .rows import Floats, Integers
from .training_rows import TrainingRows, training_rows


class ScoreChanger(BinaryWrapper, ABC):
    """Train a classifier, and change its scores so that 0.5 is the threshold to decide by.

    Subclasses say how scores change: ``_learn`` reads held-out scores, ``_changed`` gives new ones.
    """

    sensitive_columns: Any
    pos_label: Any
    cv: Any
    random_state: int

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> Self:
        """Train the inner classifier, and learn the change from its held-out scores.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        y : array-like of shape (rows,)
            Two classes.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named, all rows are one group,
            and an EvenhandWarning says so.
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        Self
            The estimator itself.

        Raises
        ------
        InputError
            As the class says.
        """
        self._refuse_unfit_inner()
        validate_data(self, X, y, skip_check_array=True)
        rows = training_rows(
            X,
            y,
            sensitive_features=sensitive_features,
            sensitive_columns=self.sensitive_columns,
            sample_weight=sample_weight,
            pos_label=self.pos_label,
        )
        self.positive_ = rows.positive
        self._note_groups(rows, sensitive_features)
        scores = held_out_scores(self.estimator, X, rows, self.cv, self.random_state)
        self._learn(scores, rows)
        self.estimator_ = fitted(self.estimator, X, rows)
        return self

    def _refuse_unfit_inner(self) -> None:
        refuse_scoreless(self.estimator)

    def _note_groups(self, rows: TrainingRows, sensitive_features: Any) -> None:
        """Keep what is needed to know groups at decision time; nothing where they are not."""

    @abstractmethod
    def _learn(self, scores: Floats, rows: TrainingRows) -> None:
        """Learn the change from held-out scores."""

    @abstractmethod
    def _changed(self, scores: Floats, codes: Integers, X: Any) -> Floats:
        """Give the new scores."""

    def _codes(self, X: Any, sensitive_features: Any, rows: int) -> Integers:  # noqa: ARG002
        return np.zeros(rows, dtype=np.int64)

    def _positive_scores(self, X: Any, sensitive_features: Any = None) -> Floats:
        check_is_fitted(self)
        codes = self._codes(X, sensitive_features, _num_samples(X))
        changed = self._changed(positive_scores(self.estimator_, X, self.positive_), codes, X)
        # A score of exactly 0.5 selects: told apart from 1 less it, so that the greater one decides too.
        return np.where(changed == 0.5, np.nextafter(0.5, 1.0), changed)

    def _probabilities(self, X: Any, sensitive_features: Any = None) -> Floats:
        high = self._positive_scores(X, sensitive_features)
        pair = (1 - high, high) if self.classes_[1] == self.positive_ else (high, 1 - high)
        return np.column_stack(pair)

    def _labels(self, X: Any, sensitive_features: Any = None) -> Any:
        chosen = self._positive_scores(X, sensitive_features) >= 0.5
        place = int(self.classes_[1] == self.positive_)
        return self.classes_[np.where(chosen, place, 1 - place)]

    @available_if(inner_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict(self, X: Any) -> Any:
        """Select the rows whose changed score reaches 0.5.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of shape (rows,)
        """
        return self._labels(X)

    @available_if(inner_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Give the changed score of the positive class, and 1 less that of the other, in class order.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of float in [0, 1], shape (rows, 2)
        """
        return self._probabilities(X)

    @available_if(inner_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> Any:
        """Give the logarithm of ``predict_proba``.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of float, shape (rows, 2)
        """
        with np.errstate(divide="ignore"):
            return np.log(self._probabilities(X))

    @property
    def decision_function(self) -> Any:
        """The inner model's own function would contradict the decisions, so there is none."""
        raise AttributeError(f"{type(self).__name__} has no decision_function; use predict_proba")

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Give the accuracy of the decisions.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        y : array-like of shape (rows,)
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        float
        """
        return accuracy(self._labels(X), y, sample_weight)


class GroupDecider(GroupReader, ScoreChanger):
    """A changer of scores that must know the group of a row for every decision."""

    __metadata_request__predict: ClassVar[dict[str, bool]] = {"sensitive_features": True}
    __metadata_request__predict_proba: ClassVar[dict[str, bool]] = {"sensitive_features": True}
    __metadata_request__predict_log_proba: ClassVar[dict[str, bool]] = {"sensitive_features": True}
    __metadata_request__score: ClassVar[dict[str, bool]] = {"sensitive_features": True}

    needs_sensitive: ClassVar[Sensitivity] = "decision"

    @available_if(inner_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict(self, X: Any, *, sensitive_features: Any = None) -> Any:
        """Select the rows whose changed score reaches 0.5.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns of X that were named in the constructor.

        Returns
        -------
        ndarray of shape (rows,)

        Raises
        ------
        InputError
            Sensitive columns are missing, or a group was not seen in training and ``unseen`` is "error".
        """
        return self._labels(X, sensitive_features)

    @available_if(inner_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any, *, sensitive_features: Any = None) -> Any:
        """Give the changed score of the positive class, and 1 less that of the other, in class order.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            As ``predict``.

        Returns
        -------
        ndarray of float in [0, 1], shape (rows, 2)
        """
        return self._probabilities(X, sensitive_features)

    @available_if(inner_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any, *, sensitive_features: Any = None) -> Any:
        """Give the logarithm of ``predict_proba``, with the same parameters."""
        with np.errstate(divide="ignore"):
            return np.log(self._probabilities(X, sensitive_features))

    def score(self, X: Any, y: Any, sample_weight: Any = None, *, sensitive_features: Any = None) -> float:
        """Give the accuracy of the decisions; parameters as ``predict``."""
        return accuracy(self._labels(X, sensitive_features), y, sample_weight)


def accuracy(decided: Any, y: Any, sample_weight: Any = None) -> float:
    """Give the weighted share of decisions that equal the label.

    Examples
    --------
    >>> accuracy(np.array([1, 0]), [1, 1])
    0.5
    """
    right = np.asarray(decided) == np.asarray(y)
    return float(np.average(right, weights=sample_weight))
