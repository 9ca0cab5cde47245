"""What every method of training reads at its door: rows, labels as 0 and 1, groups, weights."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_consistent_length

from ..errors import EvenhandWarning, InputError, did_you_mean
from .constraints import Cells, Constraint
from .reweighing import checked_labels
from .rows import Floats, Integers, RowGroups, index_of, match_rows, row_weights
from .training_groups import groups_of, unlike_lengths


@dataclass(frozen=True)
class TrainingRows:
    """Rows to train on, checked.

    Parameters
    ----------
    target : ndarray of shape (rows,)
        As given.
    labels : ndarray of int, shape (rows,)
        1 for the positive class; all 0 where the target is a number.
    classes : ndarray of shape (2,)
        Sorted; empty where the target is a number.
    positive : object
        The positive class; None where the target is a number.
    groups : RowGroups
    weights : ndarray of float, shape (rows,)
    weighted : bool
        Whether weights were given.
    """

    target: Any
    labels: Integers
    classes: Any
    positive: Any
    groups: RowGroups
    weights: Floats
    weighted: bool


def training_rows(
    X: Any,
    y: Any,
    *,
    sensitive_features: Any,
    sensitive_columns: Any,
    sample_weight: Any,
    pos_label: Any = None,
    numeric: bool = False,
) -> TrainingRows:
    """Read and check what a method of training gets.

    Parameters
    ----------
    X : frame or array-like of shape (rows, columns)
    y : array-like of shape (rows,)
        Two classes of any type; numbers where ``numeric``.
    sensitive_features : array-like of shape (rows,) or (rows, attributes), or None
        None means ``sensitive_columns`` of X; where none are named, all rows are one group, and an
        EvenhandWarning says that nothing is held equal.
    sensitive_columns : name, position, or sequence of them, or None
    sample_weight : array-like of shape (rows,) or None
    pos_label : object
        The class whose rate is the selection rate; None means the greater one.
    numeric : bool
        Whether the target is a number.

    Returns
    -------
    TrainingRows

    Raises
    ------
    InputError
        Not two classes, missing or infinite labels, rows that do not line up, unfit weights, or columns
        that X lacks.

    Examples
    --------
    >>> rows = training_rows([[1], [2]], ["no", "yes"], sensitive_features=["F", "M"], sensitive_columns=None,
    ...                      sample_weight=None)
    >>> rows.labels.tolist(), str(rows.positive), rows.groups.levels
    ([0, 1], 'yes', (('F',), ('M',)))
    """
    index = index_of(X)
    y = match_rows(y, index, "y")
    target = _numbers(X, y) if numeric else _labels(X, y)
    groups = groups_of(X, len(target), sensitive_features, sensitive_columns, idle="nothing is held equal")
    weights, problems = row_weights(match_rows(sample_weight, index, "sample_weight"), len(target))
    problems += unlike_lengths(groups, len(target), "y")
    if problems:
        raise InputError(problems)
    weighted = sample_weight is not None
    if numeric:
        return TrainingRows(
            target, np.zeros(len(target), dtype=np.int64), np.array([]), None, groups, weights, weighted
        )
    classes = _two_classes(target, weights)
    positive = _positive(classes, pos_label)
    labels = (target == positive).astype(np.int64)
    return TrainingRows(target, labels, classes, positive, groups, weights, weighted)


def _labels(X: Any, y: Any) -> Any:
    flat = checked_labels(X, y)
    missing = int(pd.isna(flat).sum())
    if missing:
        said = f"every row needs a label, got {missing:,} missing (NaN); leave these rows out"
        raise InputError.of("missing", "y", said)
    return flat


def _numbers(X: Any, y: Any) -> Floats:
    flat = np.asarray(column_or_1d(y, warn=True), dtype=np.float64)
    check_consistent_length(X, flat)
    if not len(flat):
        raise InputError.of("empty", "y", "at least one row is needed, got 0")
    bad = int((~np.isfinite(flat)).sum())
    if bad:
        said = f"every row needs a finite number to learn, got {bad:,} missing or infinite (NaN, inf)"
        raise InputError.of("missing", "y", said)
    return flat


def _two_classes(target: Any, weights: Floats) -> Any:
    kind = type_of_target(target)
    classes = np.unique(target)
    if len(classes) > 2:
        said = f"Only binary classification is supported. The type of the target is {kind} ({len(classes)})"
        raise InputError.of("not_binary", "y", f"{said}; ask one class against the others")
    present = np.unique(target[weights > 0])
    if len(present) < 2:
        only = present[0] if len(present) else None
        said = (
            f"at least two classes are needed among the rows with a weight above 0, got one class: {only!r}"
        )
        raise InputError.of("one_class", "y", said)
    return classes


def _positive(classes: Any, pos_label: Any) -> Any:
    if pos_label is None:
        return classes[1]
    found = [label for label in classes if label == pos_label]
    if not found:
        said = f"no row has the positive label {pos_label!r}; {did_you_mean(pos_label, classes)}"
        raise InputError.of("unknown_label", "pos_label", said)
    return found[0]


def say_empty_cells(constraint: Constraint, cells: Cells, rows: TrainingRows) -> None:
    """Warn of groups without a row in an event: nothing about them can be held equal there.

    Parameters
    ----------
    constraint : Constraint
    cells : Cells
    rows : TrainingRows
    """
    empty = np.argwhere(cells.mass == 0).tolist()
    if not empty:
        return
    labels = {0: next(c for c in rows.classes if c != rows.positive), 1: rows.positive}
    said = [
        f"{', '.join(map(str, rows.groups.levels[group]))} with label "
        + " or ".join(str(labels[label]) for label in constraint.events[event])
        for event, group in empty[:10]
    ]
    more = f"; and {len(empty) - 10} more" if len(empty) > 10 else ""
    warnings.warn(
        "no training row with a weight has this group and label,"
        f" so the {constraint.description} of the group cannot be held equal: {'; '.join(said)}{more}",
        EvenhandWarning,
        stacklevel=4,
    )
