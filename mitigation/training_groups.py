"""The groups and weights of training rows, where there are no labels to read."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import EvenhandWarning, InputError, Problem
from .reweighing import columns_of
from .rows import Floats, RowGroups, column_names, index_of, match_rows, row_groups, row_weights


def training_groups(
    X: Any, rows: int, sensitive_features: Any, sensitive_columns: Any, sample_weight: Any
) -> tuple[RowGroups, Floats]:
    """Read the group and the weight of each row.

    Parameters
    ----------
    X : frame or array-like of shape (rows, columns)
    rows : int
    sensitive_features : array-like of shape (rows,) or (rows, attributes), or None
        None means ``sensitive_columns``; where none are named, all rows are one group, and a warning says so.
    sensitive_columns : name, position, or sequence of them, or None
    sample_weight : array-like of shape (rows,) or None

    Raises
    ------
    InputError
        Rows that do not line up, unfit weights, or columns that X lacks.

    Examples
    --------
    >>> groups, weights = training_groups([[1], [2]], 2, ["F", "M"], None, None)
    >>> groups.levels, weights.tolist()
    ((('F',), ('M',)), [1.0, 1.0])
    """
    index = index_of(X)
    groups = groups_of(X, rows, sensitive_features, sensitive_columns, idle="nothing changes")
    weights, problems = row_weights(match_rows(sample_weight, index, "sample_weight"), rows)
    problems += unlike_lengths(groups, rows, "X")
    if problems:
        raise InputError(problems)
    return groups, weights


def groups_of(X: Any, rows: int, sensitive_features: Any, sensitive_columns: Any, *, idle: str) -> RowGroups:
    """Read the group of each row; where none is named, all rows are one group, and a warning says so.

    Parameters
    ----------
    X, rows, sensitive_features, sensitive_columns
        As of `training_groups`.
    idle : str
        What it means that all rows are one group, for the warning.

    Examples
    --------
    >>> groups_of([["F"], ["M"]], 2, None, 0, idle="nothing changes").codes.tolist()
    [0, 1]
    """
    columns = column_names(sensitive_columns)
    if sensitive_features is not None:
        return row_groups(match_rows(sensitive_features, index_of(X), "sensitive_features"))
    if columns:
        return row_groups(columns_of(X, columns, "sensitive_columns"))
    said = "neither sensitive_features nor sensitive_columns were given: all rows are one group"
    warnings.warn(f"{said}, and {idle}", EvenhandWarning, stacklevel=4)
    return row_groups({"group": np.zeros(rows, dtype=np.int64)})


def unlike_lengths(groups: RowGroups, rows: int, name: str) -> list[Problem]:
    """Refuse groups that are not one a row of the input of this name.

    Examples
    --------
    >>> unlike_lengths(row_groups(["F", "M"]), 3, "y")[0].code
    'length'
    """
    if len(groups.codes) == rows:
        return []
    said = f"each row needs a group: {name} has {rows:,} rows, sensitive_features {len(groups.codes):,}"
    return [Problem("length", "sensitive_features", said)]
