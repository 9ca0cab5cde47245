"""Rates as linear fractions of weighted rows: what cluster, survey and membership variances share.

A rate is ``sum w a / sum w b`` with ``a`` and ``b`` 0 or 1 in each cell of the confusion matrix. To first
order (Taylor) it varies as the sum of ``w (a - p b) / sum w b`` over rows, people or sampling units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from .rates import ROWS, SQUARE, WEIGHT, Cells, Counted, GroupTable, Rate, divide
from .results import Group

Floats = NDArray[np.float64]


def outcome_flags(rate: Rate, table: GroupTable) -> tuple[Floats, Floats]:
    """Tell which cells of the confusion matrix a rate counts above and below the line.

    Returns
    -------
    above, below : ndarray of shape (labels x decisions,)
        1 where the cell counts, else 0.

    Examples
    --------
    >>> from evenhand.metrics.rates import RATES, group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> table = group_table(cube_of([1, 0], [1, 1], sensitive_features=["F", "M"]))
    >>> [flags.tolist() for flags in outcome_flags(RATES["true_positive_rate"], table)]
    [[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]]
    """
    shape = table.measures.shape[1:3]
    size = shape[0] * shape[1]
    each = Cells(np.eye(size).reshape(size, *shape))
    return rate.numerator(each), rate.denominator(each)


def squares_of(table: GroupTable) -> Floats:
    """Sum the squares of what rows weigh by cell, shape (G, labels x decisions).

    A row of frequency weight w stands for w rows of weight 1, so its squares add up to w.

    Examples
    --------
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of(None, [1, 0], sensitive_features=["F", "F"], sample_weight=[2.0, 3.0])
    >>> squares_of(group_table(cube)).tolist()
    [[9.0, 4.0]]
    """
    column = WEIGHT if table.weight_kind == "frequency" else SQUARE
    return np.asarray(table.measures[..., column]).reshape(len(table.groups), -1)


def rows_in(table: GroupTable) -> float:
    """Count the rows of all groups, folded ones unfolded.

    Examples
    --------
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> rows_in(group_table(cube_of(None, [1, 0], sensitive_features=["F", "F"])))
    2.0
    """
    return float(table.measures[..., WEIGHT if table.weight_kind == "frequency" else ROWS].sum())


def places_of(groups: Sequence[Group], known: Sequence[Group]) -> list[int]:
    """Give the position of each group among the known ones; True and 1 are two groups.

    Examples
    --------
    >>> places_of([("M",), ("F",)], [("F",), ("M",)])
    [1, 0]
    """
    places = {tuple((type(level), level) for level in group): i for i, group in enumerate(known)}
    return [places[tuple((type(level), level) for level in group)] for group in groups]


def row_variance(table: GroupTable, counted: Counted) -> Floats:
    """Linearised variance of a rate whose rows are independent: ``sum w^2 (a - p b)^2 / (sum w b)^2``.

    Exact from the cells, because within a cell all rows share ``a`` and ``b``.

    Returns
    -------
    ndarray of shape (G,)
        ``nan`` where the rate is undefined.

    Examples
    --------
    >>> from evenhand.metrics.rates import RATES, count, group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> table = group_table(cube_of(None, [1, 0, 0, 0], sensitive_features=["F"] * 4))
    >>> float(row_variance(table, count(table, RATES["selection_rate"]))[0]) == 0.25 * 0.75 / 4
    True
    """
    above, below = outcome_flags(counted.rate, table)
    error = above - np.multiply.outer(counted.value, below)
    spread = (squares_of(table) * error**2).sum(axis=1)
    return divide(spread, counted.denominator**2)


def robust_size(  # noqa: PLR0917 - what the sizes are worked out from
    variance: Floats,
    plain: Floats,
    size: Floats,
    fallback: Floats,
    rows: Floats,
    df: Floats,
    level: float = 0.95,
) -> Floats:
    """Effective sizes that carry a design: ``size x plain / variance``, never above ``size``.

    With few units the interval's normal critical value would be too small; the size shrinks by
    ``(t_(rows - 1) / t_df)^2``, as Korn & Graubard (1998) have it.

    Parameters
    ----------
    variance, plain : ndarray of shape (G,)
        With the design, and as if rows were independent.
    size, fallback : ndarray of shape (G,)
        Effective size without the design, and that of a rate of 0 or 1, whose variance is 0.
    rows, df : ndarray of shape (G,)
        Rows, and degrees of freedom of ``variance``.
    level : float

    Examples
    --------
    >>> one = np.ones(1)
    >>> robust_size(2 * one, one, 100 * one, 9 * one, 100 * one, 99 * one).tolist()
    [50.0]
    """
    tail = 0.5 + level / 2
    widen = (stdtrit(np.maximum(rows - 1, 1), tail) / stdtrit(np.maximum(df, 1), tail)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        shrunk = np.minimum(np.where(variance > 0, size * plain / variance, size), size) * np.minimum(
            widen, 1
        )
    varies = (plain > 0) & ~np.isnan(variance)
    return np.nan_to_num(np.where(varies, shrunk, np.minimum(fallback, size)))


def correlation_of(covariance: Floats) -> Floats:
    """Turn a covariance matrix into correlations; 0 where a variance is 0 or undefined.

    Examples
    --------
    >>> correlation_of(np.array([[4.0, 1.0], [1.0, 1.0]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    spread = np.sqrt(np.diagonal(covariance))
    return np.clip(np.nan_to_num(divide(covariance, np.multiply.outer(spread, spread))), -1.0, 1.0)


def joined_ends(
    first: tuple[float, float, float], second: tuple[float, float, float], correlation: float = 0.0
) -> tuple[float, float]:
    """Join the intervals of two rates into one of their difference (MOVER, Zou & Donner 2008).

    Parameters
    ----------
    first, second : tuple of float
        The rate, and the ends of its interval.
    correlation : float
        Of the two estimates; 0 with Wilson's ends is Newcombe's interval (1998, method 10).

    Examples
    --------
    >>> low, high = joined_ends((0.5, 0.4, 0.6), (0.3, 0.2, 0.4))
    >>> round(low, 4), round(high, 4)
    (0.0586, 0.3414)
    """
    (p, l1, u1), (q, l2, u2) = first, second
    down: ArrayLike = (p - l1) ** 2 + (u2 - q) ** 2 - 2 * correlation * (p - l1) * (u2 - q)
    up: ArrayLike = (u1 - p) ** 2 + (q - l2) ** 2 - 2 * correlation * (u1 - p) * (q - l2)
    low, high = p - q - float(np.sqrt(down)), p - q + float(np.sqrt(up))
    return max(low, -1.0), min(high, 1.0)
