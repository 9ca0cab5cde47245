"""A model that was trained again, made ready for production: it takes the table's own columns and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if

from ..errors import InputError, Problem, did_you_mean
from ..mitigation.methods import method_named
from ..mitigation.search import decided
from .mitigating import spelled_groups
from .rows import attribute


def _scores(deployed: MitigatedModel) -> bool:
    by_score = method_named(deployed.method).decides == "score"
    # What decides by itself has scores that are right for a threshold of 0.5, and for no other.
    return (by_score or deployed.threshold == 0.5) and hasattr(deployed.estimator, "predict_proba")


class MitigatedModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The chosen model of a frontier, as a classifier of the table's rows.

    Sensitive columns are inputs of their own where the model needs groups for its decisions; they are then
    banded as the audit banded them, and a row without them is refused.

    Parameters
    ----------
    estimator : estimator
        Fitted on labels 0 and 1.
    method : str
        How it was trained.
    inputs : sequence of str
        The columns that the estimator reads.
    classes : sequence
        The negative and the positive label, as the table has them.
    threshold : float in [0, 1]
        A row is selected if its score reaches it; without meaning where the estimator decides by itself.
    sensitive : sequence of str
        The columns that tell the group for a decision; empty where none is needed.
    bands : mapping of str to sequence of float, optional
        Edges, for the sensitive columns that are banded.
    whole : mapping of str to bool, optional
        Whether a banded column holds whole numbers only.
    """

    def __init__(
        self,
        estimator: Any,
        *,
        method: str = "refit",
        inputs: Sequence[str] = (),
        classes: Sequence[Any] = (0, 1),
        threshold: float = 0.5,
        sensitive: Sequence[str] = (),
        bands: Mapping[str, Sequence[float]] | None = None,
        whole: Mapping[str, bool] | None = None,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.inputs = inputs
        self.classes = classes
        self.threshold = threshold
        self.sensitive = sensitive
        self.bands = bands
        self.whole = whole

    @property
    def classes_(self) -> Any:
        """The negative and the positive label; shape (2,)."""
        return np.asarray(self.classes)

    @property
    def feature_names_in_(self) -> Any:
        """Every column that it needs for a decision; shape (columns,)."""
        return np.array(list(dict.fromkeys([*self.inputs, *self.sensitive])), dtype=object)

    @property
    def n_features_in_(self) -> int:
        """How many columns that are."""
        return len(self.feature_names_in_)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: Any, y: Any) -> MitigatedModel:  # noqa: ARG002 - scikit-learn's signature
        """Refuse: the model is trained by ``evenhand mitigate``, which judges what it trains.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError.of(
            "already_trained", "fit", "this model is ready; run evenhand mitigate to train another"
        )

    def predict(self, X: Any) -> Any:
        """Give the label of each row.

        Parameters
        ----------
        X : DataFrame, n rows
            With the columns of ``feature_names_in_``, in any order.

        Returns
        -------
        ndarray of shape (n,)

        Raises
        ------
        InputError
            Columns are missing; every one is named.
        """
        return self.classes_[self._decided(X)[0].astype(int)]

    @available_if(_scores)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Give the probability of each label.

        Parameters
        ----------
        X : DataFrame, n rows

        Returns
        -------
        ndarray of float in [0, 1], shape (n, 2)
        """
        scores = self._decided(X)[1]
        return np.column_stack([1 - scores, scores])

    def _decided(self, X: Any) -> Any:
        known = list(X.columns)
        problems = [
            Problem(
                "unknown_column", "X", f"the model needs the column {name!r}; {did_you_mean(name, known)}"
            )
            for name in self.feature_names_in_
            if name not in known
        ]
        if problems:
            raise InputError(problems)
        method = method_named(self.method)
        return decided(self.estimator, method, X[list(self.inputs)], self._groups(X), self.threshold)

    def _groups(self, X: pd.DataFrame) -> dict[str, Any]:
        bands, whole = self.bands or {}, self.whole or {}
        columns = {
            name: attribute(
                X[name], name, tuple(bands[name]) if name in bands else None, whole=bool(whole.get(name))
            )
            for name in self.sensitive
        }
        return spelled_groups(columns)
