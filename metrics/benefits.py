"""Inequality of benefits from counts of decisions and labels, and from rows of any benefits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from .careful_intervals import outer_of
from .inequality import BENEFITS, Inequality, entropy_parts, generalized_entropy, within_groups
from .outcomes import resampled_figures
from .rates import WEIGHT, GroupTable, divide
from .results import Estimate
from .row_groups import grouped_rows

Floats = NDArray[np.float64]


def decision_inequality(
    table: GroupTable, alpha: float = 2.0, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Inequality:
    """Measure the inequality of the benefits ``decision - label + 1`` from counts.

    Parameters
    ----------
    table : GroupTable
        With labels and decisions. Rows with a missing sensitive value are a group like others.
    alpha : float
        1 is Theil's index; 0 and below are infinite as soon as one person was wrongly rejected.
    level, draws, seed
        Of intervals from resamples of rows; see `evenhand.metrics.careful_intervals.outer_of`.

    Returns
    -------
    Inequality

    Raises
    ------
    InputError
        The table lacks labels or decisions.

    Examples
    --------
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([1, 0, 1, 0], [1, 1, 0, 0], sensitive_features=list("FFMM"))
    >>> found = decision_inequality(group_table(cube, "sensitive_feature"))
    >>> found.total.value, found.between.value, round(found.within.value, 4), found.means
    (0.25, 0.125, 0.125, (1.5, 0.5))
    """
    if not (table.has_label and table.has_decision):
        raise InputError.of("outcomes", "table", "labels and decisions are needed; count with both")
    cells = table.measures.reshape(len(table.groups), 4, -1)
    counts, groups = _benefits(cells[..., WEIGHT]), table.groups

    def figures(block: Floats) -> Floats:
        benefits = _benefits(block)
        parts = np.stack(entropy_parts(BENEFITS, benefits, alpha), axis=-1)
        return np.concatenate([parts, generalized_entropy(BENEFITS, benefits, alpha)], axis=-1)

    drawn = resampled_figures(figures, cells, table.weight_kind, draws, seed, stratified=False)
    rows = [int(table.rows.sum())] * 3 + table.rows.astype(int).tolist()
    total, between, within, *by_group = (
        _estimate(value, drawn[:, i], rows[i], level)
        for i, value in enumerate(figures(cells[None, ..., WEIGHT])[0])
    )
    means = tuple(divide((counts * BENEFITS).sum(axis=-1), counts.sum(axis=-1)).tolist())
    return Inequality(alpha, total, between, within, groups, tuple(by_group), means)


def _benefits(cells: Floats) -> Floats:
    """Merge tn, fp, fn, tp into counts of benefit 0, 1 and 2."""
    return np.stack([cells[..., 2], cells[..., 0] + cells[..., 3], cells[..., 1]], axis=-1)


def _estimate(value: Any, replicates: Floats, rows: int, level: float) -> Estimate:
    figure = float(value)
    return Estimate(figure, outer_of(figure, replicates, level), rows=rows, reason=_why(figure, rows))


def _why(value: float, rows: int) -> Reason | None:
    if np.isfinite(value):
        return None
    if np.isinf(value):
        return Reason.ZERO_DENOMINATOR
    return Reason.ALL_ZERO if rows else Reason.EMPTY_GROUP


def benefit_inequality(
    benefits: Any, *, sensitive_features: Any, alpha: float = 2.0, sample_weight: Any = None
) -> Inequality:
    """Measure the inequality of any benefits that are numbers, from rows; without intervals.

    Parameters
    ----------
    benefits : array-like of shape (rows,)
        At least 0.
    sensitive_features, sample_weight
        As in `evenhand.metrics.row_groups.grouped_rows`.
    alpha : float

    Returns
    -------
    Inequality

    Raises
    ------
    InputError
        As `grouped_rows`, or a negative benefit.

    Examples
    --------
    >>> found = benefit_inequality([1, 3, 2, 2], sensitive_features=list("FFMM"))
    >>> found.total.value, found.between.value, round(found.variation, 4)
    (0.0625, 0.0, 0.3536)
    """
    rows = grouped_rows(sensitive_features, {"benefits": benefits}, sample_weight=sample_weight)
    values = rows.columns["benefits"]
    weight = np.ones_like(values) if rows.weight is None else rows.weight
    parts = zip(rows.starts[:-1], rows.starts[1:], strict=True)
    own = np.array([float(generalized_entropy(values[a:b], weight[a:b], alpha)) for a, b in parts])
    means = np.nan_to_num(divide(rows.sums(values), rows.total))
    total = generalized_entropy(values, weight, alpha)
    between = generalized_entropy(means, rows.total, alpha)
    within = within_groups(total, own, means, rows.total, alpha)
    by_group = tuple(_plain(figure, int(size)) for figure, size in zip(own, rows.sizes, strict=True))
    figures = [_plain(figure, len(values)) for figure in (total, between, within)]
    return Inequality(alpha, figures[0], figures[1], figures[2], rows.groups, by_group, tuple(means.tolist()))


def _plain(value: Any, rows: int) -> Estimate:
    return Estimate(float(value), rows=rows, reason=_why(float(value), rows))
