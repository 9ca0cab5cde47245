"""Logistic regression of the decision on probabilities of membership, as BISG and BIFSG give them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..errors import Reason
from .group_regression import GroupEffect
from .intervals import critical_value
from .member_rows import MemberRows, membership_rows
from .membership import weighted_scores
from .results import Interval, Level
from .survey import position

Floats = NDArray[np.float64]
_STEPS, _CLOSE, _LARGEST = 50, 1e-10, 30.0


def regress_on_membership(
    y_pred: Any,
    *,
    membership: Any,
    reference: Level,
    groups: tuple[Level, ...] | None = None,
    pos_label: Level = None,
    tolerance: float = 1e-3,
    level: float = 0.95,
) -> list[GroupEffect]:
    """Regress the decision on each row's probabilities of membership; coefficients of 0 are fair.

    Maximum likelihood by Newton's method, the reference's column left out. Probabilities of 0 and 1 give
    `group_regression.approval_regression`.

    Parameters
    ----------
    y_pred : array-like of shape (rows,)
    membership : frame, mapping or array of shape (rows, G)
        Probabilities, one column a group, that add up to 1 in each row.
    reference : str, int, float or bool
        The group that the others are held against.
    groups : tuple, optional
        Names of the groups; the columns' own without it.
    pos_label : optional
        The favourable decision, where decisions are not 0 and 1.
    tolerance : float
        How far the probabilities of a row may add up to something other than 1.
    level : float
        Of Wald's intervals, in (0, 1).

    Returns
    -------
    list of GroupEffect
        One a group but the reference; ``effect`` is the difference of the weighted rates. ``SEPARATED``, and
        no figure, where no finite coefficients fit, or columns cannot be told apart.

    Raises
    ------
    InputError
        Probabilities out of range or not adding up, lengths that differ, or no such group.

    Examples
    --------
    >>> chosen = [1] * 60 + [0] * 40 + [1] * 45 + [0] * 55
    >>> shares = {"W": [0.9] * 100 + [0.2] * 100, "B": [0.1] * 100 + [0.8] * 100}
    >>> [found] = regress_on_membership(chosen, membership=shares, reference="W")
    >>> round(found.coefficient, 3), round(found.p_value, 3)
    (-0.866, 0.034)
    """
    rows = membership_rows(
        None, y_pred, membership=membership, groups=groups, pos_label=pos_label, tolerance=tolerance
    )
    at = position(rows.groups, (reference,))
    others = [i for i in range(len(rows.groups)) if i != at]
    rates, _ = weighted_scores(rows, rows.shares)
    fitted, spread = _fit(rows, others)
    half = float(critical_value(level))
    found = []
    for place, i in enumerate(others, start=1):
        pair, gap = (rows.groups[i], rows.groups[at]), float(rates[at] - rates[i])
        value, error = float(fitted[place]), float(spread[place])
        if math.isnan(value):
            found.append(GroupEffect(*pair, math.nan, None, math.nan, math.nan, gap, Reason.SEPARATED))
            continue
        ends = Interval(value - half * error, value + half * error, level, "Wald")
        z = value / error
        found.append(GroupEffect(*pair, value, ends, z, float(2 * special.ndtr(-abs(z))), gap))
    return found


def _fit(rows: MemberRows, others: list[int]) -> tuple[Floats, Floats]:
    """Give the coefficients, the intercept first, and their standard errors; nan where there are none."""
    design = np.column_stack([np.ones(len(rows.above)), rows.shares[:, others]])
    beta = np.zeros(design.shape[1])
    nothing = np.full_like(beta, np.nan)
    for _ in range(_STEPS):
        chance = special.expit(design @ beta)
        information = design.T @ (design * (chance * (1 - chance))[:, None])
        if np.linalg.matrix_rank(information, hermitian=True) < len(beta):
            return nothing, nothing
        step = np.linalg.solve(information, design.T @ (rows.above - chance))
        beta = beta + step
        if np.abs(beta).max() > _LARGEST:
            return nothing, nothing
        if np.abs(step).max() < _CLOSE:
            return beta, np.sqrt(np.diagonal(np.linalg.inv(information)))
    return nothing, nothing
