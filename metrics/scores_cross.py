"""Areas across groups: how often a positive of one group scores above a negative of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import Reason
from .rates import divide
from .results import Group
from .scores_delong import Areas, Scale, area_interval
from .scores_pairs import Reference, joint_error, paired_groups, pairs_of, student_ends, undefined_pairs
from .scores_results import ScoreGaps
from .scores_table import Floats, ScoreTable, Why


@dataclass(frozen=True, eq=False)
class CrossAreas:
    """xAUC of every ordered pair of groups; arrays of shape (G, G).

    Parameters
    ----------
    groups : tuple of tuple
    value, low, high, error, bound : ndarray of float
        Row: the group of the positives; column: that of the negatives. The diagonal holds the groups' own
        areas. ``bound`` is the largest error from bins.
    freedom : ndarray of float
        Degrees of freedom of the error.
    positives, negatives : ndarray of float, shape (G,)
        Effective rows of each class.
    level : float
    """

    groups: tuple[Group, ...]
    value: Floats
    low: Floats
    high: Floats
    error: Floats
    bound: Floats
    freedom: Floats
    positives: Floats
    negatives: Floats
    level: float

    def reason(self, row: int, column: int) -> Why:
        """Say why an area is undefined, or None."""
        if self.positives[row] == 0:
            return Reason.NO_POSITIVES
        return Reason.NO_NEGATIVES if self.negatives[column] == 0 else None


def cross_auc(table: ScoreTable, *, level: float = 0.95, scale: Scale = "logit") -> CrossAreas:
    """xAUC: ``P(S+ of group a > S- of group b)``, ties one half (Kallus & Zhou 2019).

    Parameters
    ----------
    table : ScoreTable
    level, scale
        As for `evenhand.metrics.scores_auc.auc`.

    Returns
    -------
    CrossAreas

    Raises
    ------
    InputError
        A level outside (0, 1), or an unknown scale.

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> y, score = [0, 0, 1, 1, 0, 1], [0.1, 0.6, 0.5, 0.9, 0.2, 0.2]
    >>> table = score_table(cube_of(y, y_score=score, sensitive_features=list("FFFFMM")), "sensitive_feature")
    >>> cross_auc(table).value.tolist()
    [[0.75, 1.0], [0.5, 0.5]]
    """
    areas = _areas(table)
    low, high, error = area_interval(areas, level, scale)
    positives, negatives = areas.positives[:, 0], areas.negatives[0]
    return CrossAreas(
        table.groups, areas.value, low, high, error, areas.bound, areas.freedom, positives, negatives, level
    )  # fmt: skip


def _areas(table: ScoreTable) -> Areas:
    """Areas of all pairs by matrix products over the bins; the variance as in `delong`."""
    share = divide(table.weight, table.weight.sum(axis=-1, keepdims=True))
    part = divide(table.spread, table.weight.sum(axis=-1, keepdims=True) ** 2)
    (neg, pos), (neg_part, pos_part) = (np.moveaxis(np.nan_to_num(a), 1, 0) for a in (share, part))
    v10 = np.cumsum(neg, axis=-1) - neg / 2
    v01 = np.cumsum(pos[:, ::-1], axis=-1)[:, ::-1] - pos / 2
    value = pos @ v10.T
    one = pos_part @ (v10**2).T - 2 * value * (pos_part @ v10.T) + value**2 * pos_part.sum(axis=-1)[:, None]
    two = (v01**2) @ neg_part.T - 2 * value * (v01 @ neg_part.T) + value**2 * neg_part.sum(axis=-1)
    m, n = table.effective[:, 1][:, None], table.effective[:, 0][None, :]
    empty = (m == 0) | (n == 0)
    unbiased = [divide(size, np.where(size > 1 + 1e-9, size - 1, 0.0)) for size in (m, n)]
    parts = np.maximum(one, 0) * unbiased[0], np.maximum(two, 0) * unbiased[1]
    bound = np.zeros_like(value) if table.exact else pos @ neg.T / 2
    value, bound = np.where(empty, np.nan, value), np.where(empty, np.nan, bound)
    return Areas.of(value, bound, parts, (m, n))


def delta_xauc(
    table: ScoreTable, reference: Reference = "largest", *, with_missing: bool = False, level: float = 0.95
) -> ScoreGaps:
    """``P(S+ of a > S- of b) - P(S+ of b > S- of a)``; 0 is fair (Kallus & Zhou 2019).

    Negative: the positives of group a are ranked below negatives of b more often than the other way round.

    Parameters
    ----------
    table : ScoreTable
    reference, with_missing
        Which pairs are compared, see `evenhand.metrics.scores_pairs.pairs_of`.
    level : float

    Returns
    -------
    ScoreGaps
        Both areas rest on rows of their own, so their variances add.

    Raises
    ------
    InputError
        No group is called as the reference, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.scores_table import score_table
    >>> from evenhand.metrics.tally import cube_of
    >>> y, score = [0, 0, 1, 1, 0, 1], [0.1, 0.6, 0.5, 0.9, 0.2, 0.2]
    >>> table = score_table(cube_of(y, y_score=score, sensitive_features=list("FFFFMM")), "sensitive_feature")
    >>> delta_xauc(table).value.tolist()
    [-0.5]
    """
    cross = cross_auc(table, level=level)
    i, j = pairs_of(table.groups, table.total, reference, with_missing=with_missing)
    value = cross.value[i, j] - cross.value[j, i]
    error, freedom = joint_error(
        cross.error[i, j], cross.error[j, i], cross.freedom[i, j], cross.freedom[j, i]
    )
    low, high, p_value = student_ends(value, error, freedom, level)
    bound, pairs = cross.bound[i, j] + cross.bound[j, i], paired_groups(table.groups, i, j)
    low, high = np.maximum(low, -1), np.minimum(high, 1)
    reasons = undefined_pairs(value)
    return ScoreGaps(
        "delta_xauc", pairs, value, low, high, p_value, bound, level, "DeLong, unpaired", reasons
    )
