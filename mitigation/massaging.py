"""Massaging: the labels nearest the border are turned, until all groups have the same share of positives.

F. Kamiran and T. Calders, "Data preprocessing techniques for classification without discrimination",
Knowledge and Information Systems 33, 2012, section 5.2.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import validate_data

from .base import BinaryWrapper, Sensitivity, fit_weighted
from .options import refuse, strength_problems
from .resampling import ranked_scores, refuse_regressor
from .rows import Floats, Integers, summed
from .training_rows import TrainingRows, training_rows
from .unaware import table_of


class Massaged(BinaryWrapper):
    """Train a classifier on labels of which a few were turned, so that base rates are equal.

    In groups whose share of positives lies below that of all rows, the negatives that a ranker scores highest
    become positive; in the others the positives that it scores lowest become negative. Of all ways to make
    base rates equal by turning labels, few turn fewer, and none turns labels that are easier to doubt.

    Parameters
    ----------
    estimator : classifier
        Any, or a pipeline; it need not weigh rows.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where ``fit`` gets no ``sensitive_features``.
    ranker : classifier, optional
        With ``predict_proba``. None means a clone of the estimator; the paper took naive Bayes.
    strength : float in [0, 1]
        The share of the labels turned that equal base rates would take.
    pos_label : object, optional
        None means the greater class.

    Attributes
    ----------
    estimator_ : classifier
    turned_ : ndarray of int
        Positions of the rows whose label was turned.
    base_rates_, new_base_rates_ : ndarray of float, shape (groups,)
    groups_ : list of tuple

    Raises
    ------
    InputError
        At ``fit``: no binary classifier, a ranker without probabilities, or unfit rows.

    References
    ----------
    Kamiran and Calders (2012), section 5.2, algorithms 1 and 2; for several groups each is brought to the
    share of all rows, which for two groups is the paper's number.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = [[3], [2], [1], [0], [3], [2], [1], [0]], [1, 0, 0, 0, 1, 1, 1, 0]
    >>> model = Massaged(LogisticRegression()).fit(X, y, sensitive_features=["F"] * 4 + ["M"] * 4)
    >>> model.turned_.tolist(), model.new_base_rates_.tolist()
    ([1, 6], [0.5, 0.5])
    """

    needs_sensitive: ClassVar[Sensitivity] = "training"
    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = None,
        ranker: Any = None,
        strength: float = 1.0,
        pos_label: Any = None,
    ) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.ranker = ranker
        self.strength = strength
        self.pos_label = pos_label

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> Massaged:
        """Turn labels and train the inner estimator on them.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        y : array-like of shape (rows,)
            Two classes.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named, all rows are one group,
            no label is turned, and an EvenhandWarning says so.
        sample_weight : array-like of shape (rows,), optional
            Base rates are weighted; a row is turned if at least half of its weight is wanted.

        Returns
        -------
        Massaged
            Itself.

        Raises
        ------
        InputError
        """
        refuse_regressor(self.estimator)
        refuse(strength_problems(self.strength))
        validate_data(self, X, y, skip_check_array=True)
        rows = training_rows(
            X,
            y,
            sensitive_features=sensitive_features,
            sensitive_columns=self.sensitive_columns,
            sample_weight=sample_weight,
            pos_label=self.pos_label,
        )
        self.groups_ = list(rows.groups.levels)
        table = table_of(X)
        needed = len(self.groups_) > 1 and self.strength > 0
        scores = (
            ranked_scores(self.ranker, self.estimator, table, rows) if needed else np.zeros(len(rows.labels))
        )
        self.turned_ = _turned(scores, rows, self.strength)
        labels = rows.labels.copy()
        labels[self.turned_] = 1 - labels[self.turned_]
        self.base_rates_, self.new_base_rates_ = _base_rates(rows.labels, rows), _base_rates(labels, rows)
        other = rows.classes[rows.classes != rows.positive][0]
        target = np.where(labels == 1, rows.positive, other).astype(rows.target.dtype)
        weights = rows.weights if rows.weighted else None
        self.estimator_ = fit_weighted(self.estimator, X, target, weights)
        return self


def _base_rates(labels: Integers, rows: TrainingRows) -> Floats:
    groups = len(rows.groups.levels)
    held = summed(rows.groups.codes, rows.weights, groups)
    positive = summed(rows.groups.codes, rows.weights * labels, groups)
    return np.asarray(np.divide(positive, held, out=np.full(groups, np.nan), where=held > 0))


def _turned(scores: Floats, rows: TrainingRows, strength: float) -> Integers:
    """Choose the rows to turn: in each group, those nearest the border until its share is that of all."""
    overall = float(rows.weights @ rows.labels / rows.weights.sum())
    found = []
    for group, rate in enumerate(_base_rates(rows.labels, rows)):
        members = np.flatnonzero((rows.groups.codes == group) & (rows.weights > 0))
        if not len(members) or rate == overall:
            continue
        rising = bool(rate < overall)
        wanted = abs(overall - rate) * rows.weights[members].sum() * strength
        candidates = members[rows.labels[members] == (0 if rising else 1)]
        nearest = candidates[np.argsort(-scores[candidates] if rising else scores[candidates], kind="stable")]
        middle = np.cumsum(rows.weights[nearest]) - rows.weights[nearest] / 2
        found.append(nearest[middle <= wanted + 1e-9])
    return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
