"""Resampling: rows drawn again or left out, so that group and label become independent.

F. Kamiran and T. Calders, "Data preprocessing techniques for classification without discrimination",
Knowledge and Information Systems 33, 2012, section 5.4. It does with whole rows what reweighing does with
weights, for estimators that cannot weigh rows.
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import validate_data

from ..errors import EvenhandWarning, InputError
from .base import BinaryWrapper, Sensitivity, fit_weighted
from .options import choice_problems, refuse, strength_problems
from .reweighing import cell_factors
from .rows import Floats, Integers, summed
from .training_rows import TrainingRows, training_rows
from .unaware import table_of

_DIRECTIONS = ("both", "oversample", "undersample")


class Resampled(BinaryWrapper):
    """Train a classifier on rows resampled so that every group has the same share of positives.

    Parameters
    ----------
    estimator : classifier
        Any, or a pipeline; it need not weigh rows.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where ``fit`` gets no ``sensitive_features``.
    direction : {"both", "oversample", "undersample"}
        Whether cells of group and label grow and shrink (the number of rows stays about the same), only grow,
        or only shrink.
    how : {"uniform", "preferential"}
        Which rows of a cell: any, or those that a ranker is least sure of.
    ranker : classifier, optional
        For "preferential"; with ``predict_proba``. None means a clone of the estimator.
    strength : float in [0, 1]
        How far each cell goes from its size to its target.
    pos_label : object, optional
        None means the greater class.
    random_state : int
        Draws the rows; uniform draws take every row of a cell equally often, up to one.

    Attributes
    ----------
    estimator_ : classifier
    cells_, targets_ : ndarray of float, shape (groups, 2)
        Rows of each group with the other and with the positive label, before and after.
    rows_ : ndarray of int
        The rows trained on, by position, in order; repeated ones several times.
    groups_ : list of tuple

    Raises
    ------
    InputError
        At ``fit``: no binary classifier, options that do not exist, or unfit rows.

    References
    ----------
    Kamiran and Calders (2012), section 5.4, uniform and preferential sampling.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> X, y = [[i] for i in range(8)], [1, 0, 0, 0, 1, 1, 1, 0]
    >>> model = Resampled(KNeighborsClassifier(1)).fit(X, y, sensitive_features=["F"] * 4 + ["M"] * 4)
    >>> model.cells_.tolist(), model.targets_.tolist()
    ([[3.0, 1.0], [1.0, 3.0]], [[2.0, 2.0], [2.0, 2.0]])
    """

    needs_sensitive: ClassVar[Sensitivity] = "training"
    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    def __init__(
        self,
        estimator: Any,
        *,
        sensitive_columns: Any = None,
        direction: Literal["both", "oversample", "undersample"] = "both",
        how: Literal["uniform", "preferential"] = "uniform",
        ranker: Any = None,
        strength: float = 1.0,
        pos_label: Any = None,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.direction = direction
        self.how = how
        self.ranker = ranker
        self.strength = strength
        self.pos_label = pos_label
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> Resampled:
        """Resample the rows and train the inner estimator on them.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        y : array-like of shape (rows,)
            Two classes.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named, all rows are one group,
            nothing changes, and an EvenhandWarning says so.
        sample_weight : array-like of shape (rows,), optional
            Cells are as large as their weights; drawn rows keep their weights, which the inner estimator must
            then take.

        Returns
        -------
        Resampled
            Itself.

        Raises
        ------
        InputError
        """
        refuse_regressor(self.estimator)
        refuse(
            choice_problems(self.direction, _DIRECTIONS, "direction"),
            choice_problems(self.how, ("uniform", "preferential"), "how"),
            strength_problems(self.strength),
        )
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
        cell = rows.groups.codes * 2 + rows.labels
        sizes = summed(cell, rows.weights, 2 * len(self.groups_))
        _say_empty(sizes.reshape(-1, 2), rows)
        factors = self._factors(sizes)
        self.cells_, self.targets_ = sizes.reshape(-1, 2), (sizes * factors).reshape(-1, 2)
        table = table_of(X)
        order = self._order(table, rows) if (factors != 1).any() else None
        self.rows_ = _drawn(cell, factors, order, self.random_state)
        weights = rows.weights[self.rows_] if rows.weighted else None
        self.estimator_ = fit_weighted(
            self.estimator, _safe_indexing(table, self.rows_), rows.target[self.rows_], weights
        )
        return self

    def _factors(self, sizes: Floats) -> Floats:
        """Give what each cell's number of rows is multiplied by."""
        factors = cell_factors(sizes.reshape(-1, 2)).ravel()
        there = sizes > 0
        if self.direction == "oversample":
            factors = factors / factors[there].min()
        if self.direction == "undersample":
            factors = factors / factors[there].max()
        return 1 + self.strength * (factors - 1)

    def _order(self, X: Any, rows: TrainingRows) -> Floats | None:
        """Give each row's rank, the least sure first within its label; None for any order."""
        if self.how == "uniform":
            return None
        scores = ranked_scores(self.ranker, self.estimator, X, rows)
        return np.where(rows.labels == 1, scores, -scores)


def _say_empty(sizes: Floats, rows: TrainingRows) -> None:
    empty = np.argwhere(sizes == 0).tolist()
    if not empty:
        return
    labels = {0: next(c for c in rows.classes if c != rows.positive), 1: rows.positive}
    shown = [f"{', '.join(map(str, rows.groups.levels[g]))} with label {labels[k]}" for g, k in empty[:10]]
    more = f"; and {len(empty) - 10} more" if len(empty) > 10 else ""
    said = (
        "no training row has this group and label, so drawing rows cannot make the group's label rate equal"
    )
    warnings.warn(f"{said}: {'; '.join(shown)}{more}", EvenhandWarning, stacklevel=3)


def refuse_regressor(estimator: Any) -> None:
    """Refuse an estimator that predicts numbers.

    Raises
    ------
    InputError

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> refuse_regressor(LinearRegression())
    Traceback (most recent call last):
        ...
    evenhand.errors.InputError: estimator: a classifier is needed, but LinearRegression is a regressor; \
band the target into classes
    """
    if is_regressor(estimator):
        said = f"a classifier is needed, but {type(estimator).__name__} is a regressor"
        raise InputError.of("regressor", "estimator", f"{said}; band the target into classes")


def ranked_scores(ranker: Any, estimator: Any, X: Any, rows: TrainingRows) -> Floats:
    """Train a ranker and give its probability of the positive class for each training row.

    Parameters
    ----------
    ranker : classifier or None
        None means a clone of the estimator.
    estimator : classifier
    X : array-like of shape (rows, columns)
    rows : TrainingRows

    Raises
    ------
    InputError
        The ranker gives no probabilities.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> rows = training_rows(
    ...     [[0], [1]], [0, 1], sensitive_features=["F", "M"], sensitive_columns=None, sample_weight=None
    ... )
    >>> ranked_scores(None, DummyClassifier(), [[0], [1]], rows).tolist()
    [0.5, 0.5]
    """
    chosen = estimator if ranker is None else ranker
    if not hasattr(chosen, "predict_proba"):
        said = f"rows are ranked by predict_proba, but {type(chosen).__name__} has none"
        raise InputError.of("no_scores", "ranker", f"{said}; give a ranker that has it")
    weights = rows.weights if rows.weighted else None
    model = (
        fit_weighted(chosen, X, rows.target, weights)
        if weights is not None
        else clone(chosen).fit(X, rows.target)
    )
    return np.asarray(model.predict_proba(X)[:, list(model.classes_).index(rows.positive)], dtype=float)


def _drawn(cell: Integers, factors: Floats, order: Floats | None, seed: int) -> Integers:
    """Repeat or leave out rows of each cell, so that it grows by its factor; whole rounds take all rows."""
    rng = np.random.default_rng(seed)
    times = np.zeros(len(cell), dtype=np.int64)
    for group, factor in enumerate(factors):
        members = np.flatnonzero(cell == group)
        if not len(members):
            continue
        wanted = int(np.floor(len(members) * factor + 0.5))
        if order is None:
            rounds, rest = divmod(wanted, len(members))
            times[members] = rounds
            times[rng.permutation(members)[:rest]] += 1
        else:
            times[members] = _nearest_border(order[members], wanted)
    return np.repeat(np.arange(len(cell)), times)


def _nearest_border(order: Floats, wanted: int) -> Integers:
    """Repeat, or leave out, the rows nearest the border first, going round if there are too few."""
    size = len(order)
    place = np.argsort(order, kind="stable")
    times = np.ones(size, dtype=np.int64)
    if wanted < size:
        times[place[: size - wanted]] = 0
        return times
    rounds, rest = divmod(wanted - size, size)
    times += rounds
    times[place[:rest]] += 1
    return times
