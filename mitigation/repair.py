"""Disparate impact repair: numeric columns no longer tell the group, and order within a group stays.

M. Feldman, S. Friedler, J. Moeller, C. Scheidegger and S. Venkatasubramanian, "Certifying and Removing
Disparate Impact", KDD 2015, section 5. A value becomes the median, over groups, of the values at its rank in
each group; partial repair goes a part of the way.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import InputError
from .base import Sensitivity
from .group_reader import GroupReader
from .numeric_columns import columns_to_change, numbers_of, with_numbers
from .options import refuse, strength_problems
from .quantiles import Distributions, distributions
from .row_changer import How, RowChanger
from .rows import Floats, Integers, column_names
from .training_groups import training_groups
from .unaware import table_of


class Repaired(RowChanger):
    """Train an estimator on columns repaired by group, without the sensitive ones.

    The group of each row is needed for every decision, since its columns must be repaired then too.

    Parameters
    ----------
    estimator : estimator
        Any, or a pipeline.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where no ``sensitive_features`` are given; hidden from the model.
    columns : name, position, or sequence of them, optional
        Numeric columns to repair; None means all of them. Other columns stay as they are, and may still tell
        the group: see :func:`evenhand.mitigation.proxy_strength`.
    strength : float in [0, 1]
        How much of the way to go (the paper's lambda).
    unseen : {"error", "pooled"}
        What to do with a group that was not seen in training: refuse, or rank its values among all rows.
    how : {"auto", "drop", "hold"}
        How the sensitive columns are hidden; see `Unaware`.

    Attributes
    ----------
    estimator_ : estimator
    changed_ : list
        The columns repaired.
    values_, ranks_ : list of list of ndarray
        For each of them, for each group and last for all rows: distinct values and their ranks.
    groups_, group_names_ : list

    Raises
    ------
    InputError
        At ``fit``: columns that are no numbers, options out of range, or unfit rows.

    References
    ----------
    Feldman et al. (2015), section 5.2 (geometric repair).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, sex = np.array([[1.0], [2.0], [3.0], [11.0], [12.0], [13.0]]), ["F"] * 3 + ["M"] * 3
    >>> model = Repaired(LogisticRegression()).fit(X, [0, 0, 1, 0, 1, 1], sensitive_features=sex)
    >>> score = model.predict_proba(X, sensitive_features=sex)[:, 1]
    >>> bool(np.allclose(score[:3], score[3:]))
    True
    """

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = None,
        columns: Any = None,
        strength: float = 1.0,
        unseen: Literal["error", "pooled"] = "error",
        how: How = "auto",
    ) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.columns = columns
        self.strength = strength
        self.unseen = unseen
        self.how = how

    def _learn(self, matrix: Floats, codes: Integers, weights: Floats) -> None:
        self.values_, self.ranks_ = _learnt(matrix, codes, weights, len(self.groups_))

    def _changed(self, matrix: Floats, codes: Integers) -> Floats:
        return _repaired(matrix, codes, self.values_, self.ranks_, self.strength)


class ImpactRepair(TransformerMixin, GroupReader, BaseEstimator):  # type: ignore[misc]
    """Repair numeric columns by group: the transformer within `Repaired`, for pipelines and for looking.

    Parameters
    ----------
    sensitive_columns, columns, strength, unseen
        As in `Repaired`. Sensitive columns stay in the table, as they are.

    Attributes
    ----------
    changed_ : list
    values_, ranks_ : list of list of ndarray
    groups_, group_names_ : list
    n_features_in_, feature_names_in_

    Raises
    ------
    InputError
        As `Repaired`.

    References
    ----------
    Feldman et al. (2015), section 5.2.

    Examples
    --------
    >>> X, sex = np.array([[1.0], [2.0], [3.0], [11.0], [12.0], [13.0]]), ["F"] * 3 + ["M"] * 3
    >>> ImpactRepair().fit(X, sensitive_features=sex).transform(X, sensitive_features=sex).ravel().tolist()
    [6.0, 7.0, 8.0, 6.0, 7.0, 8.0]
    """

    __metadata_request__fit: ClassVar[dict[str, bool]] = {"sensitive_features": True}
    __metadata_request__transform: ClassVar[dict[str, bool]] = {"sensitive_features": True}

    needs_sensitive: ClassVar[Sensitivity] = "decision"
    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    def __init__(
        self,
        *,
        sensitive_columns: Any = None,
        columns: Any = None,
        strength: float = 1.0,
        unseen: Literal["error", "pooled"] = "error",
    ) -> None:
        self.sensitive_columns = sensitive_columns
        self.columns = columns
        self.strength = strength
        self.unseen = unseen

    def fit(
        self,
        X: Any,
        y: Any = None,  # noqa: ARG002 - scikit-learn hands it to every step
        *,
        sensitive_features: Any = None,
        sample_weight: Any = None,
    ) -> ImpactRepair:
        """Learn the distribution of each column in each group.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)
        y : object
            Ignored.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named, all rows are one group,
            nothing changes, and an EvenhandWarning says so.
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        ImpactRepair
            Itself.

        Raises
        ------
        InputError
        """
        refuse(strength_problems(self.strength))
        table = self._checked(X, reset=True)
        groups, weights = training_groups(
            X, table.shape[0], sensitive_features, self.sensitive_columns, sample_weight
        )
        self._note_levels(groups, known=sensitive_features is not None)
        self.changed_ = columns_to_change(table, self.columns, column_names(self.sensitive_columns))
        matrix = numbers_of(table, self.changed_)
        self.values_, self.ranks_ = _learnt(matrix, groups.codes, weights, len(self.groups_))
        return self

    def transform(self, X: Any, *, sensitive_features: Any = None) -> Any:
        """Give the table with its numeric columns repaired.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns of X that were named in the constructor.

        Returns
        -------
        frame or ndarray of shape (rows, columns)
            The same kind of table.

        Raises
        ------
        InputError
            Sensitive columns are missing, or a group was not seen in training and ``unseen`` is "error".
        """
        check_is_fitted(self)
        table = self._checked(X, reset=False)
        codes = self._codes(X, sensitive_features, table.shape[0])
        matrix = _repaired(numbers_of(table, self.changed_), codes, self.values_, self.ranks_, self.strength)
        return with_numbers(table, self.changed_, matrix)

    def fit_transform(
        self, X: Any, y: Any = None, *, sensitive_features: Any = None, sample_weight: Any = None
    ) -> Any:
        """Fit, and give the same table repaired; parameters as ``fit``."""
        fitted = self.fit(X, y, sensitive_features=sensitive_features, sample_weight=sample_weight)
        return fitted.transform(X, sensitive_features=sensitive_features)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """Name the columns, which are those that came in; shape (columns,)."""
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        if input_features is not None:
            if len(input_features) != self.n_features_in_:
                said = (
                    f"one name for each of {self.n_features_in_} columns is needed, got {len(input_features)}"
                )
                raise InputError.of("length", "input_features", said)
            if names is not None and list(input_features) != list(names):
                raise InputError.of("names", "input_features", "must be equal to the names seen by fit")
            return np.asarray(input_features, dtype=object)
        return (
            np.array([f"x{i}" for i in range(self.n_features_in_)], dtype=object) if names is None else names
        )

    def _checked(self, X: Any, *, reset: bool) -> Any:
        if hasattr(X, "columns") or hasattr(X, "__dataframe__"):
            validate_data(self, X, reset=reset, skip_check_array=True)
            return table_of(X)
        return validate_data(
            self, X, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite="allow-nan"
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _learnt(
    matrix: Floats, codes: Integers, weights: Floats, groups: int
) -> tuple[list[list[Floats]], list[list[Floats]]]:
    found = [distributions(column, codes, weights, groups) for column in matrix.T]
    return [one.values for one in found], [one.ranks for one in found]


def _repaired(
    matrix: Floats, codes: Integers, values: list[list[Floats]], ranks: list[list[Floats]], strength: float
) -> Floats:
    repaired = matrix.copy()
    if len(values) and len(values[0]) == 2:
        return repaired  # one group has nothing to be repaired towards
    for place, (known, ranked) in enumerate(zip(values, ranks, strict=True)):
        one = Distributions(known, ranked)
        column = matrix[:, place]
        there = ~np.isnan(column)
        middle = np.median(one.at(one.ranks_of(column[there], codes[there])), axis=0)
        repaired[there, place] = (1 - strength) * column[there] + strength * middle
    return repaired
