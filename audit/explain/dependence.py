"""Partial dependence and individual curves (ICE) by group: the output as one column takes other values.

A group's curve is the mean output over its own rows when the column is set to each value in turn. Two groups
with different curves are treated by different rules, or differ in what the column goes together with. A curve
asks about rows that may not exist (a husband who is a woman): values that a group hardly holds are marked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError, Problem
from ...metrics.groups import encode
from ...metrics.results import Estimate, Group, Level
from .asking import Scorer, scorer_of
from .averages import grouped, mean_estimate, weights_of
from .grids import Grid, Kind, grid_of, numbers_of
from .pairing import Floats, Ints

RARE = 0.005
"""A value is marked where less than this share of a group lies at or beyond it (numbers) or holds it."""


@dataclass(frozen=True, eq=False)
class GroupCurve:
    """One group's curves over the values tried.

    Parameters
    ----------
    group : tuple
    mean : tuple of Estimate
        Partial dependence at each value.
    individual : ndarray of float, shape (rows, values)
        ICE: each row's output at each value.
    rows : ndarray of int, shape (rows,)
        Positions of these rows; a sample where the group is larger.
    supported : tuple of bool
        Whether the group itself holds such values.
    """

    group: Group
    mean: tuple[Estimate, ...]
    individual: Floats
    rows: Ints
    supported: tuple[bool, ...]

    def spread(self, share: float) -> tuple[float, ...]:
        """Give a quantile of the individual curves at each value, for example 0.1 and 0.9."""
        return tuple(float(end) for end in np.quantile(self.individual, share, axis=0))


@dataclass(frozen=True)
class Dependence:
    """The curves of one column.

    Parameters
    ----------
    column : str
    kind : {"number", "category"}
    values : tuple
    curves : tuple of GroupCurve
        Everybody first, where asked for, then the groups that reach the minimum size.
    too_small : tuple of tuple
        Groups without a curve.
    missing, left_out : int
        Rows without a value, and rarer categories that were not tried.
    seed : int
    """

    column: str
    kind: Kind
    values: tuple[Level, ...]
    curves: tuple[GroupCurve, ...]
    too_small: tuple[Group, ...]
    missing: int
    left_out: int
    seed: int


def partial_dependence_by_group(
    predict: Callable[[Any], Any] | Scorer,
    X: pd.DataFrame,
    column: str,
    *,
    sensitive_features: Any = None,
    sample_weight: Any = None,
    values: int = 12,
    max_rows: int = 400,
    min_group_size: int = 30,
    level: float = 0.95,
    seed: int = 0,
) -> Dependence:
    """Draw, for every group, the mean output and each row's output as one column takes other values.

    Parameters
    ----------
    predict : callable or Scorer
        A frame like ``X`` to one number a row.
    X : pandas.DataFrame of shape (rows, columns)
    column : str
    sensitive_features : series, frame or array of shape (rows,) or (rows, attributes), optional
        None: one curve of everybody.
    sample_weight : array of float, shape (rows,), optional
        Of the means; the individual curves are not weighted.
    values : int
        At most so many values are tried; numbers at evenly spaced ranks, categories the commonest.
    max_rows : int
        A larger group is sampled down to so many rows.
    min_group_size : int
        Smaller groups have no curve.
    level : float in (0, 1)
    seed : int

    Returns
    -------
    Dependence
        Each value is one that a row holds. A column with a single value has a curve of one point.

    Raises
    ------
    InputError
        The column is not there, or fewer than one value or row is asked for.
    ModelError
        The function fails its contract.

    Notes
    -----
    Friedman (2001); individual curves, Goldstein et al. (2015). With one group and the same values these are
    scikit-learn's (``partial_dependence``, ``kind="both"``).

    Examples
    --------
    >>> X = pd.DataFrame({"age": [20.0, 30.0, 40.0] * 20, "sex": ["F", "M"] * 30})
    >>> found = partial_dependence_by_group(
    ...     lambda rows: rows["age"] * (rows["sex"] == "M"), X, "age", sensitive_features=X["sex"]
    ... )
    >>> [(curve.group, [point.value for point in curve.mean]) for curve in found.curves]
    [(('F',), [0.0, 0.0, 0.0]), (('M',), [20.0, 30.0, 40.0])]
    """
    scorer = scorer_of(predict, X)
    scorer.position(column)
    problems = [
        Problem(name, name, f"at least 1 is needed, got {number}")
        for name, number in (("values", values), ("max_rows", max_rows))
        if number < 1
    ]
    if problems:
        raise InputError(problems)
    groups, weight = grouped(sensitive_features, len(X)), weights_of(sample_weight, len(X))
    grid = grid_of(X, column, values)
    curves, too_small = [], []
    for at, group in enumerate(groups.levels):
        rows = np.flatnonzero(groups.codes == at)
        if len(rows) < min_group_size or not len(grid.values):
            too_small.append(group)
            continue
        supported = _supported(X, grid, rows)
        rng = np.random.default_rng([seed, at])
        kept = rows if len(rows) <= max_rows else np.sort(rng.choice(rows, max_rows, replace=False))
        curves.append(_curve(scorer, grid, group, kept, weight, level, supported))
    return Dependence(
        column, grid.kind, grid.values, tuple(curves), tuple(too_small), grid.missing, grid.left_out, seed
    )


def _curve(  # noqa: PLR0917 - one group's rows, and how they are averaged
    scorer: Scorer,
    grid: Grid,
    group: Group,
    rows: Ints,
    weight: Floats,
    level: float,
    supported: tuple[bool, ...],
) -> GroupCurve:
    size = len(grid.donors)
    out = scorer.with_column(np.repeat(rows, size), np.tile(grid.donors, len(rows)), grid.column)
    individual = out.reshape(len(rows), size)
    mean = tuple(mean_estimate(individual[:, at], weight[rows], level) for at in range(size))
    return GroupCurve(group, mean, individual, rows, supported)


def _supported(X: pd.DataFrame, grid: Grid, rows: Ints) -> tuple[bool, ...]:
    if grid.kind == "number":
        own = numbers_of(X[grid.column])[rows]
        tried = [float(value) for value in grid.values if value is not None]
        return tuple(min((own <= at).mean(), (own >= at).mean()) >= RARE for at in tried)
    coded = encode(X[grid.column], grid.column)
    share = np.bincount(coded.codes[rows], minlength=len(coded.levels)) / len(rows)
    held = dict(zip(coded.levels, share, strict=True))
    return tuple(bool(held[value] >= RARE) for value in grid.values)
