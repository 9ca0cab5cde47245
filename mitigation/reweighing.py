"""Reweighing: training weights under which group and label are independent.

F. Kamiran and T. Calders, "Data preprocessing techniques for classification without discrimination",
Knowledge and Information Systems 33, 2012, section 5.3. A row of group g with label y weighs
``n_g n_y / (n n_gy)``: what the cell would hold if group and label were independent, over what it holds.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals as nw
import numpy as np
import pandas as pd
from sklearn.base import is_regressor
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, validate_data

from ..errors import EvenhandWarning, InputError, Problem
from ..metrics.results import Group, Level
from .base import Sensitivity, Wrapper, fit_weighted, refuse_unweighable
from .options import refuse, strength_problems
from .rows import (
    Floats,
    Integers,
    RowGroups,
    column_names,
    index_of,
    match_rows,
    missing_columns,
    row_groups,
    row_weights,
    summed,
)


@dataclass(frozen=True)
class Reweighed:
    """Weights that make group and label independent, with the counts they come from.

    Parameters
    ----------
    weights : ndarray of float, shape (rows,)
        The given weight times the factor of the row's cell. Their sum is the given weights' sum
        unless a cell is empty.
    factors : ndarray of float, shape (groups, labels)
        ``n_g n_y / (n n_gy)``; 1 for an empty cell, which has no row to weigh.
    counts : ndarray of float, shape (groups, labels)
        Weighted rows before reweighing.
    rows : ndarray of int, shape (groups, labels)
        Rows, unweighted.
    names : tuple of str
        The sensitive columns; several mean their intersections.
    groups : tuple of tuple
        One level for each column.
    labels : tuple
    empty_cells : tuple of (group, label)
        Cells without weighted rows. Their group cannot reach the common label rate.
    """

    weights: Floats
    factors: Floats
    counts: Floats
    rows: Integers
    names: tuple[str, ...]
    groups: tuple[Group, ...]
    labels: tuple[Level, ...]
    empty_cells: tuple[tuple[Group, Level], ...]


def reweighing_weights(y: Any, sensitive_features: Any, sample_weight: Any = None) -> Reweighed:
    """Weigh rows so that the label no longer depends on the group.

    A row of group g with label y gets ``n_g n_y / (n n_gy)``, with weighted counts, times its own weight.
    Under these weights every group has the same share of each label.

    Parameters
    ----------
    y : array-like of shape (rows,)
        Two or more classes of any type; no missing values.
    sensitive_features : series, frame, mapping or array of shape (rows,) or (rows, columns)
        Several columns mean their intersections. A missing value is a group of its own.
    sample_weight : array-like of shape (rows,), optional
        Finite, 0 or more, at least one above 0.

    Returns
    -------
    Reweighed
        A cell of a group and a label without rows has no weight; it is listed in ``empty_cells``.

    Raises
    ------
    InputError
        Different numbers of rows, no rows, one class only, missing labels, or unfit weights: all at once.

    References
    ----------
    Kamiran and Calders 2012, section 5.3.

    Examples
    --------
    Women hold 1 of 4 positives, men 3 of 4: a woman's positive label then weighs twice as much as it did.

    >>> y = [1, 0, 0, 0, 1, 1, 1, 0]
    >>> sex = ["F"] * 4 + ["M"] * 4
    >>> result = reweighing_weights(y, sex)
    >>> result.groups, result.labels
    ((('F',), ('M',)), (0, 1))
    >>> result.factors.round(3).tolist()
    [[0.667, 2.0], [2.0, 0.667]]
    """
    index = index_of(y, sensitive_features)
    y = match_rows(y, index, "y")
    groups = row_groups(match_rows(sensitive_features, index, "sensitive_features"))
    labels = row_groups({"y": y})
    rows = len(labels.codes)
    weights, problems = row_weights(match_rows(sample_weight, index, "sample_weight"), rows)
    problems += _label_problems(labels, len(groups.codes), weights)
    if problems:
        raise InputError(problems)
    return _reweighed(groups, labels, weights)


def _label_problems(labels: RowGroups, group_rows: int, weights: Floats) -> list[Problem]:
    rows = len(labels.codes)
    if rows == 0:
        return [Problem("empty", "y", "at least one row is needed, got 0")]
    if group_rows != rows:
        said = f"each row needs a group: y has {rows:,} rows, sensitive_features {group_rows:,}"
        return [Problem("length", "sensitive_features", said)]
    found = []
    if (None,) in labels.levels:
        missing = int((labels.codes == labels.levels.index((None,))).sum())
        said = f"every row needs a label, got {missing:,} missing; leave these rows out"
        found.append(Problem("missing", "y", said))
    weighed = np.flatnonzero(np.bincount(labels.codes, weights=weights))
    if len(weighed) < 2:
        only = labels.levels[int(weighed[0])][0] if len(weighed) else None
        said = (
            f"at least two classes are needed among the rows with a weight above 0, got one class: {only!r}"
        )
        found.append(Problem("one_class", "y", said))
    return found


def _reweighed(groups: RowGroups, labels: RowGroups, weights: Floats) -> Reweighed:
    shape = (len(groups.levels), len(labels.levels))
    cells = groups.codes * shape[1] + labels.codes
    rows = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    counts = summed(cells, weights, shape[0] * shape[1]).reshape(shape)
    factors = cell_factors(counts)
    empty = tuple((groups.levels[g], labels.levels[y][0]) for g, y in np.argwhere(counts == 0).tolist())
    names = tuple(level for (level,) in labels.levels)
    return Reweighed(
        weights * factors.ravel()[cells], factors, counts, rows, groups.names, groups.levels, names, empty
    )


def cell_factors(counts: Floats) -> Floats:
    """Compute the factor of each cell: ``n_g n_y / (n n_gy)``.

    Parameters
    ----------
    counts : ndarray of float, shape (groups, labels)
        Weighted rows of each cell.

    Returns
    -------
    ndarray of float, shape (groups, labels)
        1 for an empty cell: there is no row that the factor could weigh.

    Examples
    --------
    >>> cell_factors(np.array([[3.0, 1.0], [1.0, 3.0]])).round(3).tolist()
    [[0.667, 2.0], [2.0, 0.667]]
    """
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0)
    held = counts.sum() * counts
    return np.asarray(np.divide(expected, held, out=np.ones_like(counts), where=held > 0))


class Reweighing(Wrapper):
    """Train a classifier on weights under which group and label are independent.

    The method needs the sensitive attribute at training only; the trained model is the inner estimator's own,
    and reads the attribute at decision time only if the attribute is one of its columns.

    Parameters
    ----------
    estimator : classifier
        Any classifier that weighs rows, or a pipeline or search that ends in one.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where ``fit`` gets no ``sensitive_features``;
        several mean their intersections. The inner estimator still gets these columns.
    strength : float in [0, 1]
        How far each factor goes from 1 to its full size.

    Attributes
    ----------
    estimator_ : classifier
        The fitted clone.
    weights_ : ndarray of float, shape (groups, classes)
        The factor of each cell of group and label, strength applied; 1 for an empty cell.
    groups_ : list of tuple
        The rows of ``weights_``.
    labels_ : list
        The columns of ``weights_``.
    empty_cells_ : list of (group, label)
        Cells without rows, which no weight can fill.
    n_features_in_, feature_names_in_
        Of the inner estimator, where it has them.

    Raises
    ------
    InputError
        At ``fit``: the inner estimator is no classifier or cannot weigh rows, a named column is missing,
        one class only, or unfit weights.

    References
    ----------
    Kamiran and Calders 2012, section 5.3.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X = pd.DataFrame({"income": [3, 1, 2, 0, 5, 4, 3, 1]})
    >>> y = [1, 0, 0, 0, 1, 1, 1, 0]
    >>> sex = pd.Series(["F"] * 4 + ["M"] * 4, name="sex")
    >>> model = Reweighing(DecisionTreeClassifier(max_depth=1)).fit(X, y, sensitive_features=sex)
    >>> model.groups_, model.weights_.round(3).tolist()
    ([('F',), ('M',)], [[0.667, 2.0], [2.0, 0.667]])
    """

    needs_sensitive: ClassVar[Sensitivity] = "training"
    strength_parameter: ClassVar[str | None] = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0)

    def __init__(self, estimator: Any, *, sensitive_columns: Any = None, strength: float = 1.0) -> None:
        self.estimator = estimator
        self.sensitive_columns = sensitive_columns
        self.strength = strength

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> Reweighing:
        """Weigh the rows and train the inner estimator on them.

        Parameters
        ----------
        X : array-like of shape (rows, columns)
        y : array-like of shape (rows,)
            Two or more classes.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named, all rows are one group,
            every factor is 1, and an EvenhandWarning says so.
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        Reweighing
            Itself.

        Raises
        ------
        InputError
        """
        self._refuse_unfit_inner()
        validate_data(self, X, y, skip_check_array=True)
        y = checked_labels(X, match_rows(y, index_of(X), "y"))
        groups = self._groups(X, match_rows(sensitive_features, index_of(X), "sensitive_features"), len(y))
        given = match_rows(sample_weight, index_of(X), "sample_weight")
        result = reweighing_weights(y, groups, given)
        self.weights_ = 1 + self.strength * (result.factors - 1)
        self.groups_, self.labels_ = list(result.groups), list(result.labels)
        self.empty_cells_ = list(result.empty_cells)
        _say_empty(result)
        before, _ = row_weights(given, len(y))
        weights = (1 - self.strength) * before + self.strength * result.weights
        self.estimator_ = fit_weighted(self.estimator, X, y, weights)
        return self

    def _refuse_unfit_inner(self) -> None:
        if is_regressor(self.estimator):
            name = type(self.estimator).__name__
            said = f"reweighing needs a classifier, but {name} is a regressor; band the target into classes"
            raise InputError.of("regressor", "estimator", said)
        refuse_unweighable(self.estimator)
        refuse(strength_problems(self.strength))

    def _groups(self, X: Any, sensitive_features: Any, rows: int) -> Any:
        if sensitive_features is not None:
            return sensitive_features
        columns = column_names(self.sensitive_columns)
        if columns:
            return columns_of(X, columns, "sensitive_columns")
        warnings.warn(
            "neither sensitive_features nor sensitive_columns were given: all rows are one group,"
            " and the weights change nothing",
            EvenhandWarning,
            stacklevel=3,
        )
        return np.zeros(rows, dtype=np.int64)


def checked_labels(X: Any, y: Any) -> Any:
    """Read labels as one column of classes, as long as X; missing ones are left for the caller to refuse.

    Raises
    ------
    InputError
        A label is infinite.

    Examples
    --------
    >>> checked_labels([[1], [2]], ["no", "yes"]).tolist()
    ['no', 'yes']
    """
    flat = column_or_1d(y, warn=True)
    check_consistent_length(X, flat)
    if flat.dtype.kind == "f" and np.isinf(flat).any():
        raise InputError.of("infinite", "y", "labels are classes, got infinity")
    if not pd.isna(flat).any():  # missing labels are said with the other problems
        check_classification_targets(flat)
    return flat


def columns_of(X: Any, columns: tuple[Any, ...], where: str) -> dict[str, Any]:
    """Take columns out of a table, by name from a frame and by position from an array.

    Parameters
    ----------
    X : frame of any library that narwhals knows, or array-like of shape (rows, columns)
    columns : tuple of names or positions
    where : str
        The argument to blame in messages.

    Returns
    -------
    dict of str to column

    Raises
    ------
    InputError
        Columns that X does not have, all of them at once.

    Examples
    --------
    >>> columns_of(np.array([[1, 2], [3, 4]]), (1,), "sensitive_columns")
    {'1': array([2, 4])}
    """
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    named = isinstance(frame, nw.DataFrame)
    array = frame if named else np.asarray(X)
    known = frame.columns if named else list(range(array.shape[1]))
    problems = missing_columns(columns, known, where)
    if problems:
        raise InputError(problems)
    return {str(name): frame[name].to_native() if named else array[:, name] for name in columns}


def _say_empty(result: Reweighed) -> None:
    if not result.empty_cells:
        return
    listed = "; ".join(
        f"{', '.join(map(str, group))} with label {label}" for group, label in result.empty_cells[:10]
    )
    more = len(result.empty_cells) - 10
    warnings.warn(
        "no training row has this group and label, so weights cannot make the group's label rate equal:"
        f" {listed}" + (f"; and {more} more" if more > 0 else ""),
        EvenhandWarning,
        stacklevel=3,
    )
