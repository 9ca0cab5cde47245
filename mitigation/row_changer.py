"""What the methods share that change numeric columns by group, before the model sees them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, Self

from sklearn.base import is_regressor
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from .base import BinaryWrapper, Sensitivity, fit_weighted, inner_has
from .group_reader import GroupReader
from .numeric_columns import columns_to_change, has_columns, numbers_of, with_numbers
from .options import choice_problems, refuse, strength_problems
from .rows import Floats, Integers, column_names
from .training_rows import training_rows
from .unaware import Unaware, table_of

How = Literal["auto", "drop", "hold"]


class RowChanger(GroupReader, BinaryWrapper, ABC):
    """Change numeric columns by group, hide the sensitive ones, and train the inner estimator on the rest.

    Subclasses say how: ``_learn`` reads the columns, ``_changed`` gives new ones.

    Attributes
    ----------
    estimator_ : estimator
        Trained on changed rows, within an `Unaware` that hides the sensitive columns where X has them.
    changed_ : list
        The numeric columns that change: names in a frame, positions in an array.
    """

    # Every method that reads rows must know their groups.
    __metadata_request__predict: ClassVar[dict[str, bool]] = {"sensitive_features": True}
    __metadata_request__predict_proba: ClassVar[dict[str, bool]] = {"sensitive_features": True}
    __metadata_request__predict_log_proba: ClassVar[dict[str, bool]] = {"sensitive_features": True}
    __metadata_request__decision_function: ClassVar[dict[str, bool]] = {"sensitive_features": True}
    __metadata_request__score: ClassVar[dict[str, bool]] = {"sensitive_features": True}

    needs_sensitive: ClassVar[Sensitivity] = "decision"
    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    columns: Any
    strength: float
    how: How

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> Self:
        """Learn how columns change by group, and train the inner estimator on changed rows.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)
        y : array-like of shape (rows,)
            Two classes, or numbers for a regressor.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named, all rows are one group,
            nothing changes, and an EvenhandWarning says so.
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
        refuse(strength_problems(self.strength), choice_problems(self.how, ("auto", "drop", "hold"), "how"))
        validate_data(self, X, y, skip_check_array=True)
        rows = training_rows(
            X,
            y,
            sensitive_features=sensitive_features,
            sensitive_columns=self.sensitive_columns,
            sample_weight=sample_weight,
            numeric=is_regressor(self.estimator),
        )
        self._note_groups(rows, sensitive_features)
        table = table_of(X)
        self.changed_ = columns_to_change(table, self.columns, column_names(self.sensitive_columns))
        matrix = numbers_of(table, self.changed_)
        self._learn(matrix, rows.groups.codes, rows.weights)
        changed = with_numbers(table, self.changed_, self._changed(matrix, rows.groups.codes))
        weights = rows.weights if rows.weighted else None
        hidden = column_names(self.sensitive_columns)
        if hidden:
            hiding = Unaware(self.estimator, sensitive_columns=list(hidden), how=self.how)
            self.estimator_ = hiding.fit(changed, rows.target, sample_weight=weights)
        else:
            self.estimator_ = fit_weighted(self.estimator, changed, rows.target, weights)
        return self

    @abstractmethod
    def _learn(self, matrix: Floats, codes: Integers, weights: Floats) -> None:
        """Learn the change from numeric columns."""

    @abstractmethod
    def _changed(self, matrix: Floats, codes: Integers) -> Floats:
        """Give the new columns."""

    def _rows(self, X: Any, sensitive_features: Any) -> Any:
        check_is_fitted(self)
        table = table_of(X)
        if not has_columns(table, self.changed_):
            return table  # for the inner estimator to refuse
        codes = self._codes(X, sensitive_features, table.shape[0])
        return with_numbers(table, self.changed_, self._changed(numbers_of(table, self.changed_), codes))

    def _ask(self, method: str, X: Any, sensitive_features: Any = None) -> Any:
        rows = self._rows(X, sensitive_features)
        return getattr(self.estimator_, method)(rows)

    @available_if(inner_has("predict"))  # type: ignore[untyped-decorator]
    def predict(self, X: Any, *, sensitive_features: Any = None) -> Any:
        """Predict as the inner estimator does on changed rows.

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
        return self._ask("predict", X, sensitive_features)

    @available_if(inner_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any, *, sensitive_features: Any = None) -> Any:
        """Give the probability of each class for changed rows; parameters as ``predict``."""
        return self._ask("predict_proba", X, sensitive_features)

    @available_if(inner_has("predict_log_proba"))  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any, *, sensitive_features: Any = None) -> Any:
        """Give the logarithm of the probability of each class; parameters as ``predict``."""
        return self._ask("predict_log_proba", X, sensitive_features)

    @available_if(inner_has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any, *, sensitive_features: Any = None) -> Any:
        """Give the inner estimator's score of changed rows; parameters as ``predict``."""
        return self._ask("decision_function", X, sensitive_features)

    @available_if(inner_has("score"))  # type: ignore[untyped-decorator]
    def score(self, X: Any, y: Any, sample_weight: Any = None, *, sensitive_features: Any = None) -> float:
        """Score as the inner estimator does on changed rows.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        y : array-like of shape (rows,)
        sample_weight : array-like of shape (rows,), optional
        sensitive_features : array-like, optional
            As ``predict``.

        Returns
        -------
        float
        """
        changed = self._rows(X, sensitive_features)
        given = {} if sample_weight is None else {"sample_weight": sample_weight}
        return float(self.estimator_.score(changed, y, **given))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags
