"""Individual fairness from rows: whether people who are alike are decided alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import InputError, Problem
from .labels import collect, numbers
from .results import Estimate, Group
from .row_groups import grouped_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Consistency:
    """How far decisions agree with those of the nearest neighbours.

    Parameters
    ----------
    value : float
        In [0, 1]; 1 is fair.
    n_neighbors : int
    include_self : bool
    groups : tuple of tuple
        Empty where no groups were given.
    by_group : tuple of Estimate
        The same mean over the rows of each group; neighbours may be of any group.
    rows : int
    """

    value: float
    n_neighbors: int
    include_self: bool
    groups: tuple[Group, ...]
    by_group: tuple[Estimate, ...]
    rows: int


def consistency(
    features: Any,
    y_pred: Any,
    *,
    n_neighbors: int = 5,
    include_self: bool = False,
    scale: Literal["none", "standard"] = "none",
    sensitive_features: Any = None,
) -> Consistency:
    """Consistency of decisions or scores among neighbours (Zemel et al. 2013); 1 is fair.

    ``1 - mean over rows i of |d_i - mean of d over the k nearest neighbours of i|``, by Euclidean distance.

    Parameters
    ----------
    features : frame or array-like of shape (rows, columns)
        Finite numbers; which columns make people alike is the caller's judgement.
    y_pred : array-like of shape (rows,)
        Decisions of 0 and 1, or scores in [0, 1].
    n_neighbors : int
        At least 1, and fewer than the rows.
    include_self : bool
        Whether a row is the first of its own neighbours, as in AIF360: with k of 5 that makes a fifth of
        the comparison a comparison with itself. Zemel's figure is about others.
    scale : {"none", "standard"}
        Divide columns by their standard deviation first, so that no unit decides who is near.
    sensitive_features : optional
        To give the figure of each group too.

    Returns
    -------
    Consistency
        Without an interval: rows share neighbours, so that they are not independent. Equal distances are
        settled by the search tree, the same for the same rows.

    Raises
    ------
    InputError
        Lengths that differ, values that are not finite numbers or leave [0, 1], or too many neighbours.

    Examples
    --------
    >>> found = consistency([[0.0], [0.1], [0.2], [9.0], [9.1]], [1, 1, 0, 0, 0], n_neighbors=1)
    >>> found.value
    0.8
    """
    matrix, decisions = _read(features, y_pred, n_neighbors)
    if scale == "standard":
        width = matrix.std(axis=0)
        matrix = matrix / np.where(width > 0, width, 1.0)
    elif scale != "none":
        raise InputError.of("choice", "scale", f"one of none, standard is wanted, got {scale!r}")
    near = neighbours(matrix, n_neighbors, include_self=include_self)
    agreement = 1 - np.abs(decisions - decisions[near].mean(axis=1))
    groups: tuple[Group, ...] = ()
    by_group: tuple[Estimate, ...] = ()
    if sensitive_features is not None:
        rows = grouped_rows(sensitive_features, {"y_pred": agreement})
        means = rows.sums(rows.columns["y_pred"]) / rows.sizes
        groups = rows.groups
        by_group = tuple(Estimate(float(m), rows=int(n)) for m, n in zip(means, rows.sizes, strict=True))
    return Consistency(float(agreement.mean()), n_neighbors, include_self, groups, by_group, len(decisions))


def neighbours(matrix: Floats, k: int, *, include_self: bool = False) -> NDArray[np.intp]:
    """Positions of the k nearest rows of every row, shape (rows, k).

    Examples
    --------
    >>> neighbours(np.array([[0.0], [1.0], [3.0]]), 1).ravel().tolist()
    [1, 0, 1]
    """
    tree = cKDTree(matrix)
    own = np.arange(len(matrix))[:, None]
    wide = np.asarray(tree.query(matrix, k=k + 1)[1]).reshape(len(matrix), k + 1)
    # Among equal rows a row need not come first, and may not be among so few: then the furthest one goes.
    mine = wide == own
    mine[~mine.any(axis=1), -1] = True
    others = wide[~mine].reshape(len(matrix), k)
    return np.hstack([own, others[:, : k - 1]]) if include_self else others


def _read(features: Any, y_pred: Any, k: int) -> tuple[Floats, Floats]:
    problems: list[Problem] = []
    matrix = collect(problems, lambda: feature_matrix(features))
    decisions = collect(problems, lambda: numbers(y_pred, "y_pred"))
    if decisions is not None and not (
        np.isfinite(decisions).all() and ((decisions >= 0) & (decisions <= 1)).all()
    ):
        problems.append(
            Problem("bad_scores", "y_pred", "decisions or scores lie in [0, 1]; scale them first")
        )
    if matrix is not None and decisions is not None and len(matrix) != len(decisions):
        shown = f"got {len(matrix):,} and {len(decisions):,}"
        problems.append(
            Problem("lengths_differ", "features", f"features and y_pred have equal rows, {shown}")
        )
    if matrix is not None and not 1 <= k < len(matrix):
        rule = f"at least 1 and fewer than the {len(matrix):,} rows"
        problems.append(Problem("n_neighbors", "n_neighbors", f"neighbours are {rule}, got {k}; write 5"))
    if problems or matrix is None or decisions is None:
        raise InputError(problems)
    return matrix, decisions


def feature_matrix(features: Any) -> Floats:
    """Read a frame or array of numbers, shape (rows, columns).

    Raises
    ------
    InputError
        Names the columns that are not numbers or not finite.

    Examples
    --------
    >>> feature_matrix([[1, 2], [3, 4]]).shape
    (2, 2)
    """
    wrapped = nw.from_native(features, allow_series=True, pass_through=True)
    if isinstance(wrapped, nw.LazyFrame):
        wrapped = wrapped.collect("pyarrow")
    if isinstance(wrapped, nw.DataFrame):
        named = {name: wrapped.get_column(name).to_native() for name in wrapped.columns}
    elif isinstance(features, dict):
        named = features
    else:
        array = np.asarray(features)
        if array.ndim not in (1, 2):
            raise InputError.of("shape", "features", f"rows and columns are wanted, got shape {array.shape}")
        array = array.reshape(len(array), -1)
        named = {f"features_{i}": array[:, i] for i in range(array.shape[1])}
    problems: list[Problem] = []
    columns = [collect(problems, partial(numbers, values, str(name))) for name, values in named.items()]
    for name, column in zip(named, columns, strict=True):
        if column is not None and not np.isfinite(column).all():
            problems.append(
                Problem("bad_numbers", str(name), "finite numbers are wanted; fill or drop the rest")
            )
    if not named:
        problems.append(Problem("no_columns", "features", "at least one column is needed, got none"))
    if problems:
        raise InputError(problems)
    return np.column_stack([column for column in columns if column is not None])
