"""How far methods that explain one row agree: in the order, the foremost columns and the directions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from .local_methods import Attribution
from .pairing import Floats

FOREMOST = 3
SMALLEST = 0.01
"""A value below this share of its method's largest has no direction worth comparing."""


@dataclass(frozen=True)
class Agreement:
    """How far two methods agree on one row.

    Parameters
    ----------
    first, second : str
    rank_correlation : float
        Spearman's, of the sizes of the values; nan where one method gives every column the same size.
    shared_top : float
        Share of the three foremost columns that both name; of fewer where there are fewer columns.
    same_sign : float
        Share of the columns with a direction in both methods that have the same; nan where there is none.
    """

    first: str
    second: str
    rank_correlation: float
    shared_top: float
    same_sign: float


def agreements(found: Sequence[Attribution]) -> tuple[Agreement, ...]:
    """Compare every two methods.

    Examples
    --------
    >>> nan, none = float("nan"), np.zeros(3)
    >>> one = Attribution("shap", np.array([3.0, -2.0, 0.5]), none, 0.0, 0.0, "exact")
    >>> two = Attribution("lime", np.array([4.0, -1.0, -0.6]), none, 0.0, nan, "")
    >>> item = agreements([one, two])[0]
    >>> round(item.rank_correlation, 2), item.shared_top, round(item.same_sign, 2)
    (1.0, 1.0, 0.67)
    """
    return tuple(_compare(one, two) for one, two in combinations(found, 2))


def _compare(one: Attribution, two: Attribution) -> Agreement:
    first, second = np.abs(one.values), np.abs(two.values)
    top = min(FOREMOST, len(first))
    shared = len(set(foremost(one.values, top)) & set(foremost(two.values, top))) / top
    clear = (first > SMALLEST * first.max(initial=0)) & (second > SMALLEST * second.max(initial=0))
    signs = np.sign(one.values[clear]) == np.sign(two.values[clear])
    correlation = math.nan
    if len(first) > 1 and np.ptp(first) > 0 and np.ptp(second) > 0:
        correlation = float(stats.spearmanr(first, second).statistic)
    return Agreement(
        one.method, two.method, correlation, shared, float(signs.mean()) if clear.any() else math.nan
    )


def foremost(values: Floats, count: int) -> list[int]:
    """Name the columns with the largest values, signs aside; of equal ones the first.

    Examples
    --------
    >>> foremost(np.array([0.1, -3.0, 2.0]), 2)
    [1, 2]
    """
    order = np.argsort(-np.abs(values), kind="stable")
    return [int(at) for at in order[:count]]
