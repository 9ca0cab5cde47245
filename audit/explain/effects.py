"""Accumulated local effects: how the output moves along a column among the rows that really lie there.

Unlike partial dependence, no row is asked far from where it is: within each bin the column moves from one end
to the other, and the mean moves of the bins are added up (Apley and Zhu 2020). Categories are put into an
order by how alike their rows are in all other columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from ...errors import InputError, Problem
from ...metrics.groups import encode
from ...metrics.results import Estimate, Interval, Level
from .asking import Scorer, scorer_of
from .averages import weights_of
from .grids import Grid, Kind, grid_of, kind_of_column, numbers_of
from .pairing import Floats, Ints

METHOD = "normal, on the bins' local effects"


@dataclass(frozen=True)
class Effects:
    """The accumulated local effect of one column, with mean zero over the rows.

    Parameters
    ----------
    column : str
    kind : {"number", "category"}
    values : tuple
        Ends of the bins, rising; or categories, each next to those that it is most like.
    effects : tuple of Estimate
        At each value, in units of the output; ``rows`` are those of the bin that ends there.
    missing, left_out : int
        Rows without a value, and rarer categories left out with their rows.
    """

    column: str
    kind: Kind
    values: tuple[Level, ...]
    effects: tuple[Estimate, ...]
    missing: int
    left_out: int


def accumulated_local_effects(
    predict: Callable[[Any], Any] | Scorer,
    X: pd.DataFrame,
    column: str,
    *,
    sample_weight: Any = None,
    bins: int = 20,
    level: float = 0.95,
) -> Effects:
    """Add up the mean local moves of the output along one column.

    Parameters
    ----------
    predict : callable or Scorer
        A frame like ``X`` to one number a row.
    X : pandas.DataFrame of shape (rows, columns)
    column : str
    sample_weight : array of float, shape (rows,), optional
    bins : int
        Numbers are cut at observed values at evenly spaced ranks; of categories the ``bins + 1`` commonest.
    level : float in (0, 1)

    Returns
    -------
    Effects
        Without values where the column has fewer than two.

    Raises
    ------
    InputError
        The column is not there, or fewer than one bin is asked for.
    ModelError
        The function fails its contract.

    Notes
    -----
    Apley and Zhu (2020), "Visualizing the effects of predictor variables in black box supervised learning
    models", JRSS B 82(4), sections 3 and appendix E (order of categories, by Kolmogorov-Smirnov distances of
    numbers and total variation of categories, scaled to one dimension). Centred as their R package does.

    Examples
    --------
    >>> X = pd.DataFrame({"age": [20.0, 30.0, 40.0] * 20, "noise": range(60)})
    >>> found = accumulated_local_effects(lambda rows: 2 * rows["age"], X, "age")
    >>> found.values, [round(point.value, 6) for point in found.effects]
    ((20.0, 30.0, 40.0), [-16.666667, 3.333333, 23.333333])
    """
    if bins < 1:
        raise InputError([Problem("bins", "bins", f"at least 1 is needed, got {bins}")])
    scorer = scorer_of(predict, X)
    scorer.position(column)
    weight = weights_of(sample_weight, len(X))
    kind = kind_of_column(X[column])
    grid = grid_of(X, column, bins + 1)
    if len(grid.values) < 2:
        return Effects(column, kind, (), (), grid.missing, grid.left_out)
    if kind == "number":
        rows, at = _in_bins(numbers_of(X[column]), grid)
        share = np.bincount(at, weights=weight[rows], minlength=len(grid.values) - 1)
        held = np.zeros((len(share), len(grid.values)))
        held[np.arange(len(share)), np.arange(len(share))] = 0.5
        held[np.arange(len(share)), np.arange(len(share)) + 1] = 0.5
        centre = share @ held / share.sum()
    else:
        grid = _ordered(X, grid)
        codes = _codes(X, grid)
        centre = np.bincount(codes[codes >= 0], weights=weight[codes >= 0], minlength=len(grid.values))
        centre = centre / centre.sum()
        rows, at = _between(codes, len(grid.values))
    local = _local(scorer, grid, rows, at)
    points = _accumulated(local, at, weight[rows], centre, level)
    return Effects(column, kind, grid.values, points, grid.missing, grid.left_out)


def _in_bins(numbers: Floats, grid: Grid) -> tuple[Ints, Ints]:
    rows = np.flatnonzero(np.isfinite(numbers))
    edges = np.array(grid.values, dtype=np.float64)
    at = np.clip(np.searchsorted(edges, numbers[rows], side="left") - 1, 0, len(edges) - 2)
    return rows, at


def _between(codes: Ints, size: int) -> tuple[Ints, Ints]:
    """Every row of a category takes part in the step down to it and in the step up from it."""
    up = np.flatnonzero((codes >= 0) & (codes < size - 1))
    down = np.flatnonzero(codes > 0)
    return np.concatenate([up, down]), np.concatenate([codes[up], codes[down] - 1])


def _local(scorer: Scorer, grid: Grid, rows: Ints, at: Ints) -> Floats:
    ends = scorer.with_column(
        np.concatenate([rows, rows]), np.concatenate([grid.donors[at + 1], grid.donors[at]]), grid.column
    )
    return ends[: len(rows)] - ends[len(rows) :]


def _accumulated(
    local: Floats, at: Ints, weight: Floats, centre: Floats, level: float
) -> tuple[Estimate, ...]:
    steps = len(centre) - 1
    total = np.bincount(at, weights=weight, minlength=steps)
    mean = np.bincount(at, weights=weight * local, minlength=steps) / np.maximum(total, 1e-300)
    rest = (weight * (local - mean[at])) ** 2
    rows = np.bincount(at, minlength=steps)
    variance = np.bincount(at, weights=rest, minlength=steps) / np.maximum(total, 1e-300) ** 2
    variance *= rows / np.maximum(rows - 1, 1)
    before = np.tril(np.ones((steps + 1, steps)), -1)
    path = before - centre @ before
    values, errors = path @ mean, np.sqrt(path**2 @ variance)
    half = special.ndtri(0.5 + level / 2) * errors
    counts = np.concatenate([rows[:1], rows])
    return tuple(
        Estimate(float(v), Interval(float(v - h), float(v + h), level, METHOD), rows=int(n))
        for v, h, n in zip(values, half, counts, strict=True)
    )


def _codes(X: pd.DataFrame, grid: Grid) -> Ints:
    coded = encode(X[grid.column], grid.column)
    place = {value: at for at, value in enumerate(grid.values)}
    lookup = np.array([place.get(value, -1) for value in coded.levels], dtype=np.int64)
    return lookup[coded.codes]


def _ordered(X: pd.DataFrame, grid: Grid) -> Grid:
    """Put categories next to those whose rows are most like theirs in all other columns."""
    codes = _codes(X, grid)
    size = len(grid.values)
    distance = np.zeros((size, size))
    for name in X.columns:
        if str(name) != grid.column:
            distance += _distances(X[name], codes, size)
    centred = np.eye(size) - 1 / size
    spectrum, axes = np.linalg.eigh(-0.5 * centred @ distance**2 @ centred)
    line = axes[:, -1] * np.sqrt(max(spectrum[-1], 0.0))
    order = np.argsort(np.round(line * np.where(line[0] > 0, -1.0, 1.0), 9), kind="stable")
    values = tuple(grid.values[at] for at in order)
    return Grid(grid.column, grid.kind, values, grid.donors[order], grid.missing, grid.left_out)


def _distances(values: pd.Series[Any], codes: Ints, size: int) -> Floats:
    """Compare every two categories' distributions of one other column."""
    number = kind_of_column(values) == "number"
    level = (
        np.unique(numbers_of(values), return_inverse=True)[1]
        if number
        else encode(values, str(values.name)).codes.astype(np.int64)
    )
    used = codes >= 0
    width = int(level.max(initial=0)) + 1
    table = np.bincount(codes[used] * width + level[used], minlength=size * width).reshape(size, width)
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    if number:
        share = np.cumsum(share, axis=1)
    return np.array(
        [np.abs(share - one).max(axis=1) if number else np.abs(share - one).sum(axis=1) / 2 for one in share]
    )
