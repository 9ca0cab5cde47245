"""Several fitted predictors as one: drawn by lot for each row, or voting with fixed weights."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state

from .rows import Floats

How = Literal["draw", "vote"]


class DecisionMixture(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classifiers of two classes that decide together.

    Parameters
    ----------
    predictors : list of fitted classifiers
    weights : ndarray of float, shape (predictors,)
        Sum to 1.
    classes : ndarray of shape (2,)
    positive : int
        The position of the positive class in ``classes``.
    how : {"draw", "vote"}
        "draw": each row is decided by one predictor, drawn with its weight as its chance. "vote": a row is
        selected if predictors with at least half of the weight select it.
    random_state : int
        Of the draws; the same rows in the same order are decided alike every time.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> X, y = [[0], [1]], [0, 1]
    >>> pair = [DummyClassifier(strategy="constant", constant=c).fit(X, y) for c in (0, 1)]
    >>> mixture = DecisionMixture(pair, np.array([0.25, 0.75]), classes=np.array([0, 1]), positive=1)
    >>> mixture.predict_proba(X).tolist()
    [[0.25, 0.75], [0.25, 0.75]]
    """

    def __init__(
        self,
        predictors: Any,
        weights: Floats,
        *,
        classes: Any,
        positive: int,
        how: How = "vote",
        random_state: int = 0,
    ) -> None:
        self.predictors = predictors
        self.weights = weights
        self.classes = classes
        self.positive = positive
        self.how = how
        self.random_state = random_state

    @property
    def classes_(self) -> Any:
        """The two classes."""
        return self.classes

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, X: Any) -> Floats:
        """Give the weight of the predictors that choose each class: with lots, the chance of it.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of float in [0, 1], shape (rows, 2)
        """
        wanted = self.classes[self.positive]
        chosen = np.column_stack([predictor.predict(X) == wanted for predictor in self.predictors])
        share = np.clip(chosen.astype(np.float64) @ self.weights, 0.0, 1.0)
        pair = [1.0 - share, share]
        return np.column_stack(pair if self.positive else pair[::-1])

    def predict(self, X: Any) -> Any:
        """Decide by lot or by vote.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of shape (rows,)
        """
        share = self.predict_proba(X)[:, self.positive]
        bar = check_random_state(self.random_state).rand(len(share)) if self.how == "draw" else 0.5
        return self.classes[np.where(share >= bar, self.positive, 1 - self.positive)]


class NumberMixture(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Regressors that answer together: one drawn by lot for each row, or their weighted mean.

    Parameters
    ----------
    predictors : list of fitted regressors
    weights : ndarray of float, shape (predictors,)
        Sum to 1.
    how : {"draw", "vote"}
    random_state : int

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> pair = [DummyRegressor().fit([[0]], [value]) for value in (1.0, 2.0)]
    >>> NumberMixture(pair, np.array([0.5, 0.5])).predict([[0]]).tolist()
    [1.5]
    """

    def __init__(self, predictors: Any, weights: Floats, *, how: How = "vote", random_state: int = 0) -> None:
        self.predictors = predictors
        self.weights = weights
        self.how = how
        self.random_state = random_state

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Any) -> Any:
        """Answer by lot or by the weighted mean.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of float, shape (rows,)
        """
        answers = np.column_stack([predictor.predict(X) for predictor in self.predictors])
        if self.how == "vote":
            return answers @ self.weights
        drawn = check_random_state(self.random_state).choice(
            len(self.weights), p=self.weights, size=len(answers)
        )
        return answers[np.arange(len(answers)), drawn]
