"""What the meta-estimators of this room share: they do what the inner estimator does, on weighted rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from sklearn import config_context
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from ..errors import InputError

Sensitivity = Literal["never", "training", "decision"]
"""When a method needs the sensitive attribute: never, at training only, or for every decision."""


def inner_has(name: str) -> Callable[[Any], bool]:
    """Tell scikit-learn's ``available_if`` whether the inner estimator has a method.

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> from evenhand.mitigation import Unaware
    >>> hasattr(Unaware(LinearSVC()), "predict_proba"), hasattr(Unaware(LinearSVC()), "decision_function")
    (False, True)
    """

    def check(wrapper: Any) -> bool:
        # Raises the inner estimator's own AttributeError, which available_if shows as the cause.
        getattr(getattr(wrapper, "estimator_", wrapper.estimator), name)
        return True

    return check


class Wrapper(MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """A meta-estimator that trains its inner estimator differently and then predicts as that one does.

    Subclasses store constructor parameters untouched, and ``fit`` sets ``estimator_``.

    Attributes
    ----------
    needs_sensitive : {"never", "training", "decision"}
        When the method itself needs the sensitive attribute. An inner estimator that reads the attribute
        as one of its columns needs it at every decision all the same.
    """

    # Passed on by pipelines and searches unless the caller says otherwise: it is what these objects are for.
    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sensitive_features": True}

    needs_sensitive: ClassVar[Sensitivity]
    estimator: Any

    def _rows_for_inner(self, X: Any) -> Any:
        """Give the rows as the inner estimator wants them."""
        return X

    def _ask(self, method: str, X: Any) -> Any:
        check_is_fitted(self)
        return getattr(self.estimator_, method)(self._rows_for_inner(X))

    @available_if(inner_has("predict"))  # type: ignore[untyped-decorator]
    def predict(self, X: Any) -> Any:
        """Predict as the inner estimator does.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of shape (rows,)
        """
        return self._ask("predict", X)

    @available_if(inner_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Give the inner estimator's probability of each class.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of float in [0, 1], shape (rows, classes)
        """
        return self._ask("predict_proba", X)

    @available_if(inner_has("predict_log_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> Any:
        """Give the logarithm of the inner estimator's probability of each class.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of float, shape (rows, classes)
        """
        return self._ask("predict_log_proba", X)

    @available_if(inner_has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Any:
        """Give the inner estimator's score.

        Parameters
        ----------
        X : array-like of shape (rows, columns)

        Returns
        -------
        ndarray of float, shape (rows,) or (rows, classes)
        """
        return self._ask("decision_function", X)

    @available_if(inner_has("score"))  # type: ignore[untyped-decorator]
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Score as the inner estimator does: accuracy for a classifier, R squared for a regressor.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        y : array-like of shape (rows,)
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        float
        """
        check_is_fitted(self)
        given = {} if sample_weight is None else {"sample_weight": sample_weight}
        with config_context(enable_metadata_routing=False):
            return float(self.estimator_.score(self._rows_for_inner(X), y, **given))

    @property
    def classes_(self) -> Any:
        """The classes of the inner estimator, shape (classes,)."""
        return self.estimator_.classes_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        for name in ("estimator_type", "target_tags", "classifier_tags", "regressor_tags", "input_tags"):
            setattr(tags, name, getattr(inner, name))
        tags.non_deterministic = inner.non_deterministic
        return tags


class BinaryWrapper(Wrapper):
    """A meta-estimator of one target; where that is a class, of two classes."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_class = tags.classifier_tags.multi_label = False
        tags.target_tags.multi_output = False
        return tags


def weight_parameter(estimator: Any) -> str | None:
    """Name the argument of ``fit`` that brings row weights to an estimator.

    Parameters
    ----------
    estimator : estimator
        A pipeline's weights go to its last step, a search's to the estimator it searches.

    Returns
    -------
    str or None
        None where the estimator cannot weigh rows.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> weight_parameter(make_pipeline(StandardScaler(), LogisticRegression()))
    'logisticregression__sample_weight'
    >>> weight_parameter(KNeighborsClassifier()) is None
    True
    """
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inner = weight_parameter(last)
        return None if inner is None else f"{name}__{inner}"
    if isinstance(estimator, GridSearchCV | RandomizedSearchCV):
        return weight_parameter(estimator.estimator)
    if isinstance(estimator, Wrapper):
        return None if weight_parameter(estimator.estimator) is None else "sample_weight"
    takes = hasattr(estimator, "fit") and has_fit_parameter(estimator, "sample_weight")
    return "sample_weight" if takes else None


def refuse_unweighable(estimator: Any) -> str:
    """Give the argument that carries row weights, or refuse an estimator that has none.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    str

    Raises
    ------
    InputError
        The estimator cannot weigh rows.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> refuse_unweighable(KNeighborsClassifier())
    Traceback (most recent call last):
        ...
    evenhand.errors.InputError: estimator: its fit must accept sample_weight, but KNeighborsClassifier's \
does not; choose an estimator that weighs rows, or resample the rows instead
    """
    name = weight_parameter(estimator)
    if name is None:
        last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
        raise InputError.of(
            "no_sample_weight",
            "estimator",
            f"its fit must accept sample_weight, but {type(last).__name__}'s does not;"
            " choose an estimator that weighs rows, or resample the rows instead",
        )
    return name


def fit_weighted(estimator: Any, X: Any, y: Any, sample_weight: Any) -> Any:
    """Fit a clone of an estimator on weighted rows.

    Parameters
    ----------
    estimator : estimator
        Left as it is.
    X : array-like of shape (rows, columns)
    y : array-like of shape (rows,)
    sample_weight : array-like of shape (rows,) or None
        Reaches the last step of a pipeline, whether or not scikit-learn's metadata routing is switched on:
        inside, routing is off, so that no step has to ask for the weights.

    Returns
    -------
    estimator
        The fitted clone.

    Raises
    ------
    InputError
        There are weights, and the estimator cannot weigh rows.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> fit_weighted(DummyClassifier(), [[0], [0], [0]], [0, 1, 1], [5, 1, 1]).predict([[0]])
    array([0])
    """
    if sample_weight is None:
        return clone(estimator).fit(X, y)
    given = {refuse_unweighable(estimator): sample_weight}
    with config_context(enable_metadata_routing=False):
        return clone(estimator).fit(X, y, **given)
