"""Fairness figures as scorers for model selection: ``scorer(estimator, X, y)``, greater is better."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import narwhals as nw
import numpy as np

from ..errors import InputError, did_you_mean
from .catalogue import CATALOGUE
from .functions import group_metric
from .results import Level

Response = Literal["predict", "predict_proba", "decision_function"]


@dataclass(frozen=True)
class FairnessScorer:
    """A scorer; made by `fairness_scorer`.

    Parameters
    ----------
    name : str
    metric : callable
        ``(y_true, y_pred, *, sensitive_features, **options) -> float``.
    sign : {1, -1}
        Multiplies the figure, so that greater is better.
    sensitive_features : tuple of str, or a series or frame, or None
    response : {"predict", "predict_proba", "decision_function"}
    pos_label : optional
    """

    name: str
    metric: Callable[..., float]
    sign: int
    sensitive_features: Any = None
    response: Response = "predict"
    pos_label: Level = None

    @property
    def __name__(self) -> str:
        """The metric's name."""
        return self.name

    def __call__(
        self,
        estimator: Any,
        X: Any,
        y_true: Any,
        *,
        sample_weight: Any = None,
        sensitive_features: Any = None,
    ) -> float:
        """Score a fitted estimator on rows.

        Parameters
        ----------
        estimator : object with the response method
        X : frame or array of shape (rows, columns)
        y_true : array-like of shape (rows,)
        sample_weight : array-like of shape (rows,), optional
        sensitive_features : array-like, optional
            Of these rows; comes before what the scorer was made with.

        Returns
        -------
        float
            Greater is better; ``nan`` where a group's figure is undefined.

        Raises
        ------
        InputError
            The sensitive features are not to be found, or as the metric.
        """
        features = _features(self.sensitive_features if sensitive_features is None else sensitive_features, X)
        options: dict[str, Any] = {} if self.pos_label is None else {"pos_label": self.pos_label}
        if sample_weight is not None:
            options["sample_weight"] = sample_weight
        predicted = _response(estimator, X, self.response, self.pos_label)
        # Rows are those of X, in its order; labels that a caller indexed otherwise would be another's.
        return self.sign * float(self.metric(y_true, predicted, sensitive_features=features, **options))

    def get_metadata_routing(self) -> Any:
        """Tell scikit-learn's metadata routing what this scorer takes beside X and y.

        ``sensitive_features`` where the scorer was made without them, and ``sample_weight`` never.
        """
        # scikit-learn asks this, so its module is loaded; this room does not import it.
        routing = sys.modules["sklearn.utils.metadata_routing"]
        request = routing.MetadataRequest(owner=self.name)
        request.score.add_request(param="sensitive_features", alias=self.sensitive_features is None)
        request.score.add_request(param="sample_weight", alias=False)
        return request


def fairness_scorer(
    metric: str | Callable[..., float],
    sensitive_features: Any = None,
    *,
    greater_is_better: bool | None = None,
    response: Response = "predict",
    pos_label: Level = None,
) -> FairnessScorer:
    """Make a scorer of a fairness figure, for example for ``GridSearchCV(scoring=...)``.

    Sign: differences and losses are negated, so 0 is the best score and -1 the worst; ratios and smallest
    figures of a group stay, so 1 is the best.

    Parameters
    ----------
    metric : str or callable
        A difference or ratio of the catalogue, the name of a function of `evenhand.metrics` that compares
        groups (``"accuracy_score_group_min"``), or a callable
        ``(y_true, y_pred, *, sensitive_features, **options) -> float``.
    sensitive_features : str, list of str, series or frame, optional
        Names of columns of X; or values of all rows, which are matched to X by index, so X must be a pandas
        frame; or None, and the values come with each call (scikit-learn's metadata routing, as
        ``sensitive_features``).
    greater_is_better : bool, optional
        Needed for a callable whose name does not end in ``_difference``, ``_ratio``, ``_group_min`` or
        ``_group_max`` (which, like a difference, is smaller when better).
    response : {"predict", "predict_proba", "decision_function"}
        What the estimator is asked for; of probabilities, the column of the positive label.
    pos_label : str, int, float or bool, optional

    Returns
    -------
    FairnessScorer

    Raises
    ------
    InputError
        The metric is unknown, or its direction is.

    Examples
    --------
    >>> class Rule:
    ...     def predict(self, X):
    ...         return [row[1] for row in X]
    >>> scorer = fairness_scorer("demographic_parity_difference")
    >>> scorer(Rule(), [[0, 1], [0, 0], [0, 1]], [1, 0, 1], sensitive_features=["F", "M", "M"])
    -0.5
    """
    if response not in ("predict", "predict_proba", "decision_function"):
        rule = "one of predict, predict_proba, decision_function is wanted"
        raise InputError.of("choice", "response", f"{rule}, got {response!r}")
    name = metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)
    function = _comparison(metric) if isinstance(metric, str) else metric
    better = _direction(name) if greater_is_better is None else greater_is_better
    held = (sensitive_features,) if isinstance(sensitive_features, str) else sensitive_features
    held = tuple(held) if isinstance(held, list) else held
    return FairnessScorer(name, function, 1 if better else -1, held, response, pos_label)


@dataclass(frozen=True)
class _Catalogued:
    """A comparison of the catalogue as a function; a dataclass, so that scorers can be pickled."""

    name: str

    def __call__(self, y_true: Any, y_pred: Any, **options: Any) -> float:
        return group_metric(self.name, y_true, y_pred, **options)


def _comparison(name: str) -> Callable[..., float]:
    if name in CATALOGUE and CATALOGUE[name].kind in ("difference", "ratio"):
        return _Catalogued(name)
    derived = import_module(".functions_derived", __package__)
    found = getattr(derived, name, None)
    if isinstance(found, derived.DerivedMetric):
        function: Callable[..., float] = found
        return function
    known = [row.name for row in CATALOGUE.values() if row.kind in ("difference", "ratio")]
    known += [key for key, value in vars(derived).items() if isinstance(value, derived.DerivedMetric)]
    raise InputError.of(
        "unknown_metric", "metric", f"no comparison of groups is called {name!r}; {did_you_mean(name, known)}"
    )


def _direction(name: str) -> bool:
    if name.endswith(("_difference", "_group_max")):
        return False
    if name.endswith(("_ratio", "_group_min")):
        return True
    raise InputError.of(
        "direction",
        "greater_is_better",
        f"the name {name!r} does not say which direction is better; say greater_is_better=True or False",
    )


def _features(features: Any, X: Any) -> Any:
    if features is None:
        rule = "a scorer needs to know the groups"
        raise InputError.of(
            "no_columns",
            "sensitive_features",
            f"{rule}: name columns of X when it is made, or pass sensitive_features with each call",
        )
    if isinstance(features, tuple):
        return _columns(features, X)
    if hasattr(features, "loc") and hasattr(X, "loc"):
        return _aligned(features, X)
    return features


def _columns(names: Sequence[str], X: Any) -> Any:
    frame = nw.from_native(X, pass_through=True)
    if not isinstance(frame, nw.DataFrame):
        rule = "columns are found by name in a frame"
        raise InputError.of(
            "no_columns",
            "sensitive_features",
            f"{rule}, got {type(X).__name__}; pass sensitive_features with each call instead",
        )
    absent = [name for name in names if name not in frame.columns]
    if absent:
        rule = f"X has no column {absent[0]!r}"
        raise InputError.of(
            "unknown_column", "sensitive_features", f"{rule}; {did_you_mean(absent[0], frame.columns)}"
        )
    return {name: frame.get_column(name).to_native() for name in names}


def _aligned(features: Any, X: Any) -> Any:
    if not features.index.is_unique:
        rule = "rows are matched by index, so no index occurs twice"
        raise InputError.of("index_differs", "sensitive_features", f"{rule}; number the rows first")
    absent = int(np.count_nonzero(~X.index.isin(features.index)))
    if absent:
        rule = "every row of X has its sensitive values, matched by index"
        raise InputError.of("index_differs", "sensitive_features", f"{rule}; {absent:,} rows have none")
    return features.loc[X.index]


def _response(estimator: Any, X: Any, response: Response, pos_label: Level) -> Any:
    predicted = getattr(estimator, response)(X)
    if response != "predict_proba":
        return predicted
    classes = list(estimator.classes_)
    at = classes.index(pos_label) if pos_label in classes else len(classes) - 1
    return np.asarray(predicted)[:, at]
