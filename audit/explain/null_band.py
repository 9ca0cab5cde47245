"""How large a bar would be by chance alone: the band of random regroupings of the same rows.

If the rows of both groups were thrown together and dealt into two groups of the same sizes at random, each
bar would spread around 0. ``shap.group_difference`` deals 200 times and draws whiskers from 5 % to 95 %. Here
the spread is computed: it is the variance of a row's contribution over the rows thrown together, divided by
the sizes of the groups, and its 5 % and 95 % ends follow from the normal distribution. A bar within its band
cannot be told from one that says nothing of the groups. The band is no interval of the bar.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from .engine import Plan
from .pairing import Floats, Ints
from .walks import random_ranks

MOST_ROWS = 2_000
"""Rows from which the spread is estimated."""
NINE_IN_TEN = float(stats.norm.ppf(0.95))


def null_bands(plan: Plan, weight: Floats, seed: int) -> Floats:
    """Give each bar's half width under random regrouping, five to ninety-five per cent.

    Parameters
    ----------
    plan : Plan
        Over all rows, not over a sample.
    weight : ndarray of float, shape (rows of the table,)
    seed : int

    Returns
    -------
    ndarray of float, shape (outputs, players)

    Notes
    -----
    A row's contribution is the mean over the rows that it may be compared with. Two walks of a row to two of
    these, drawn apart, have the variance of that mean as their covariance. In the direct game a row is
    compared with rows of both groups, once in the place of the group and once in that of the reference.
    """
    rng = np.random.default_rng([seed, 1])
    pooled = np.union1d(plan.group.rows, plan.reference.rows)
    chance = weight[pooled] / weight[pooled].sum()
    rows = rng.choice(pooled, min(MOST_ROWS, 20 * len(pooled)), p=chance)
    one_over = [float((side.shares**2).sum()) for side in (plan.group, plan.reference)]
    if plan.background is not None:
        behind = rng.choice(plan.background.rows, (2, len(rows)), p=plan.background.shares)
        spread = _covariance(*(_contributions(plan, rows, other, rng) for other in behind))
        common: Floats = NINE_IN_TEN * np.sqrt(spread * sum(one_over))
        return common
    turns = [rng.permutation(len(rows)) for _ in range(2)]
    found = [_contributions(plan, rows, rows[turn], rng) for turn in turns]
    as_group = _covariance(*found)
    as_reference = _covariance(*(item[:, np.argsort(turn)] for item, turn in zip(found, turns, strict=True)))
    direct: Floats = NINE_IN_TEN * np.sqrt(as_group * one_over[0] + as_reference * one_over[1])
    return direct


def _contributions(plan: Plan, rows: Ints, others: Ints, rng: np.random.Generator) -> Floats:
    ranks = random_ranks(len(rows), len(plan.walker.table.players), rng)
    return plan.walker.walk(rows, others, ranks)[0]


def _covariance(one: Floats, two: Floats) -> Floats:
    apart = [item - item.mean(axis=1, keepdims=True) for item in (one, two)]
    found: Floats = np.maximum((apart[0] * apart[1]).mean(axis=1), 0.0)
    return found
