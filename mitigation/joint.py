"""The joint counts of two models' decisions on the same rows, from which every change is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, Problem
from .rows import Floats, Integers, row_weights, summed


@dataclass(frozen=True)
class PairedCounts:
    """The joint counts of two models' decisions on the same rows.

    Parameters
    ----------
    counts : ndarray of float, shape (groups, 2, 2, 2)
        Weighted rows of each group, label, decision before and decision after.
    rows : ndarray of int, same shape
        Rows, unweighted.
    squares : ndarray of float, same shape, or None
        Sums of squared weights, for survey weights; None where rows are unweighted or a weight
        says how many equal rows the row stands for (frequency weights).
    """

    counts: Floats
    rows: Integers
    squares: Floats | None = None

    @property
    def before(self) -> Floats:
        """Counts of group, label and decision before, shape (groups, 2, 2)."""
        return np.asarray(self.counts.sum(axis=-1))

    @property
    def after(self) -> Floats:
        """Counts of group, label and decision after, shape (groups, 2, 2)."""
        return np.asarray(self.counts.sum(axis=-2))

    def of(self, *groups: int) -> PairedCounts:
        """Keep some groups, by position."""
        kept = list(groups)
        squares = None if self.squares is None else self.squares[kept]
        return PairedCounts(self.counts[kept], self.rows[kept], squares)

    def pooled(self) -> PairedCounts:
        """Put all groups into one."""
        squares = None if self.squares is None else self.squares.sum(axis=0, keepdims=True)
        return PairedCounts(
            self.counts.sum(axis=0, keepdims=True), self.rows.sum(axis=0, keepdims=True), squares
        )


def paired_counts(
    groups: ArrayLike,
    y_true: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
    *,
    group_count: int | None = None,
    sample_weight: ArrayLike | None = None,
    weight_kind: Literal["frequency", "survey"] = "survey",
) -> PairedCounts:
    """Count two models' decisions on the same rows.

    Parameters
    ----------
    groups : array-like of int, shape (rows,)
        The position of each row's group, from 0.
    y_true, before, after : array-like of 0/1 or bool, shape (rows,)
        Whether the label, the decision before and the decision after are positive.
    group_count : int, optional
        None means one more than the largest position.
    sample_weight : array-like of shape (rows,), optional
        Finite, 0 or more.
    weight_kind : {"survey", "frequency"}
        What the weights are; it decides how sure the figures are.

    Returns
    -------
    PairedCounts

    Raises
    ------
    InputError
        Inputs of different lengths, values other than 0 and 1, or unfit weights.

    Examples
    --------
    >>> joint = paired_counts([0, 0, 1], [1, 0, 1], [1, 0, 0], [1, 1, 1])
    >>> joint.before[0].tolist(), joint.after[0].tolist()
    ([[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]])
    """
    codes = np.asarray(groups)
    columns = {"y_true": np.asarray(y_true), "before": np.asarray(before), "after": np.asarray(after)}
    weights, problems = row_weights(sample_weight, len(codes))
    problems += [p for name, column in columns.items() for p in _binary_problems(name, column, len(codes))]
    if problems:
        raise InputError(problems)
    size = int(codes.max(initial=-1)) + 1 if group_count is None else group_count
    cells = codes.astype(np.int64)
    for column in columns.values():
        cells = cells * 2 + column.astype(np.int64)
    shape = (size, 2, 2, 2)
    rows = np.bincount(cells, minlength=size * 8).reshape(shape)
    counts = summed(cells, weights, size * 8).reshape(shape)
    if sample_weight is None or weight_kind == "frequency":
        return PairedCounts(counts, rows)
    squares = summed(cells, weights**2, size * 8).reshape(shape)
    return PairedCounts(counts, rows, squares)


def _binary_problems(name: str, column: NDArray[Any], rows: int) -> list[Problem]:
    if column.shape != (rows,):
        return [
            Problem(
                "length", name, f"one value for each of the {rows:,} rows is needed, got shape {column.shape}"
            )
        ]
    if not np.isin(column, (0, 1)).all():
        return [
            Problem("not_binary", name, "values must be 0 or 1 (or bool); encode the positive label as 1")
        ]
    return []
