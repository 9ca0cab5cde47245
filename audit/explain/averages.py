"""Averages over the rows of a group, with intervals, and samples of rows that hold enough of every group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ...errors import InputError, Reason
from ...metrics.results import Estimate, Interval
from ...mitigation.rows import RowGroups, row_groups, row_weights
from .pairing import Floats, Ints

METHOD = "Student's t on the rows' own values"


def mean_estimate(
    values: Floats, weight: Floats, level: float = 0.95, *, minimum: int = 1, method: str = METHOD
) -> Estimate:
    """Average values over rows, with an interval.

    Parameters
    ----------
    values, weight : ndarray of float, shape (rows,)
    level : float in (0, 1)
    minimum : int
        With fewer rows the figure is undefined.
    method : str
        What the interval is called.

    Returns
    -------
    Estimate
        The interval is by Student's t with the effective number of rows less one (Kish); None of one row.

    Examples
    --------
    >>> found = mean_estimate(np.array([1.0, 2.0, 3.0]), np.ones(3))
    >>> found.value, round(found.interval.low, 2)
    (2.0, -0.48)
    """
    rows = len(values)
    total = float(weight.sum())
    if rows < max(minimum, 1) or total <= 0:
        reason = Reason.BELOW_MINIMUM if rows else Reason.EMPTY_GROUP
        return Estimate(math.nan, rows=rows, reason=reason)
    mean = float((weight * values).sum() / total)
    effective = total**2 / float((weight**2).sum())
    error = mean_error(values - mean, weight)
    if effective <= 1 or math.isnan(error):
        return Estimate(mean, rows=rows, effective=effective)
    half = float(special.stdtrit(effective - 1, 0.5 + level / 2)) * error
    interval = Interval(mean - half, mean + half, level, method)
    return Estimate(mean, interval, rows=rows, effective=effective)


def mean_error(centred: Floats, weight: Floats) -> float:
    """Give the standard error of a weighted mean from the rows' deviations; nan of one row."""
    rows = len(centred)
    if rows < 2:
        return math.nan
    part = weight * centred / weight.sum()
    return float(np.sqrt((part**2).sum() * rows / (rows - 1)))


def grouped(sensitive_features: Any, rows: int) -> RowGroups:
    """Read the group of every row; without any, all rows are one group.

    Raises
    ------
    InputError
        The number of rows is another than the table's.
    """
    if sensitive_features is None:
        return RowGroups((), ((),), np.zeros(rows, dtype=np.int64))
    known = isinstance(sensitive_features, RowGroups)
    found = sensitive_features if known else row_groups(sensitive_features)
    if len(found.codes) != rows:
        said = f"each row needs a group: X has {rows:,} rows, sensitive_features {len(found.codes):,}"
        raise InputError.of("length", "sensitive_features", said)
    return found


def weights_of(sample_weight: Any, rows: int) -> Floats:
    """Read the weight of every row; none given means 1 for each.

    Raises
    ------
    InputError
        There are not as many as rows, or they are missing, infinite, negative or all zero.
    """
    weight, problems = row_weights(sample_weight, rows)
    if problems:
        raise InputError(problems)
    return weight


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows drawn so that no group is lost.

    Parameters
    ----------
    rows : ndarray of int
        Positions, rising.
    weight : ndarray of float
        How many rows of its group each stands for.
    plain : ndarray of bool
        Whether it belongs to the simple random sample; the others were drawn more, for their group is small.
    """

    rows: Ints
    weight: Floats
    plain: NDArray[np.bool_]


def stratified_rows(codes: Ints, size: int, seed: int, *, floor: int = 60) -> Sample:
    """Draw rows at random, and then more of every group of which too few were drawn.

    Parameters
    ----------
    codes : ndarray of int, shape (rows,)
        The group of each row.
    size : int
        So many rows are drawn at random; all of them where there are no more.
    seed : int
    floor : int
        Each group then has at least so many rows, or all that it has.

    Returns
    -------
    Sample

    Examples
    --------
    >>> found = stratified_rows(np.array([0] * 95 + [1] * 5), 20, seed=0, floor=5)
    >>> int((found.rows >= 95).sum()), round(float(found.weight.sum()), 6), int(found.plain.sum())
    (5, 100.0, 20)
    """
    rows = len(codes)
    order = np.random.default_rng(seed).permutation(rows)
    plain = np.zeros(rows, dtype=bool)
    plain[order[:size]] = True
    counts = np.bincount(codes)
    wanted = np.maximum(np.bincount(codes[plain], minlength=len(counts)), np.minimum(counts, floor))
    by_group = order[np.argsort(codes[order], kind="stable")]
    start = np.concatenate([[0], np.cumsum(counts)[:-1]])
    place = np.arange(rows) - start[codes[by_group]]
    chosen = np.sort(by_group[place < wanted[codes[by_group]]])
    weight = (counts / np.maximum(wanted, 1))[codes[chosen]].astype(np.float64)
    return Sample(chosen, weight, plain[chosen])
