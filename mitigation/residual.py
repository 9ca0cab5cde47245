"""Unaware training that also takes out of the other columns what is linear in the sensitive ones."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from fairlearn.preprocessing import CorrelationRemover

from ..errors import InputError
from .group_reader import POOLED
from .row_changer import How, RowChanger
from .rows import Floats, Integers


class Residualised(RowChanger):
    """Train an estimator on numeric columns less what the group predicts of them, without the sensitive ones.

    fairlearn's ``CorrelationRemover`` fits each numeric column on the groups and keeps the residual. Columns
    then no longer correlate with the group, but may still tell it in other ways. The group of each row is
    needed for every decision, since its columns must be changed then too. Weights of rows reach the inner
    estimator; fairlearn's fit takes every row alike.

    Parameters
    ----------
    estimator : estimator
        Any, or a pipeline.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where no ``sensitive_features`` are given; hidden from the model.
        Several mean their intersections.
    columns : name, position, or sequence of them, optional
        Numeric columns to change; None means all of them. Other columns stay as they are.
    strength : float in [0, 1]
        How much of the way to go (fairlearn's alpha).
    unseen : {"error", "pooled"}
        What to do with a group that was not seen in training: refuse, or leave its columns as they are.
    how : {"auto", "drop", "hold"}
        How the sensitive columns are hidden; see `Unaware`.

    Attributes
    ----------
    estimator_ : estimator
    remover_ : fairlearn.preprocessing.CorrelationRemover
        Of one column for each group but the first, then the columns changed.
    changed_ : list
    groups_, group_names_ : list

    Raises
    ------
    InputError
        At ``fit``: columns that are no numbers or have missing values, options out of range, or unfit rows.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, sex = np.array([[1.0], [2.0], [3.0], [11.0], [12.0], [13.0]]), ["F"] * 3 + ["M"] * 3
    >>> model = Residualised(LogisticRegression()).fit(X, [0, 0, 1, 0, 1, 1], sensitive_features=sex)
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
        self._refuse_missing(matrix)
        marks = self._marks(codes)
        ids = list(range(marks.shape[1]))
        self.remover_ = CorrelationRemover(sensitive_feature_ids=ids, alpha=float(self.strength))
        if marks.shape[1] and matrix.shape[1]:
            used = weights > 0  # a row without weight is none
            self.remover_.fit(np.column_stack([marks, matrix])[used])

    def _changed(self, matrix: Floats, codes: Integers) -> Floats:
        self._refuse_missing(matrix)
        if len(self.groups_) < 2 or not matrix.shape[1] or not len(matrix):
            return matrix
        changed: Floats = self.remover_.transform(np.column_stack([self._marks(codes), matrix]))
        return np.where((codes == POOLED)[:, None], matrix, changed)

    def _marks(self, codes: Integers) -> Floats:
        """Mark each row's group in one column for each group but the first."""
        return np.asarray(codes[:, None] == np.arange(1, len(self.groups_)), dtype=float)

    def _refuse_missing(self, matrix: Floats) -> None:
        bad = [
            name
            for name, column in zip(self.changed_, matrix.T, strict=True)
            if not np.isfinite(column).all()
        ]
        if bad:
            said = "columns to change must hold finite numbers, got missing (NaN) or infinite (inf) values in"
            hint = "fill them in first, or choose others with columns"
            raise InputError.of("missing", "X", f"{said} {', '.join(map(str, bad))}; {hint}")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = False
        return tags
