"""Thresholds drawn at random, as Hardt, Price and Srebro (2016) proposed, by a small linear programme.

Mixing thresholds reaches every point of the convex hull of a group's ROC points, so that rates can be made
equal exactly. Utility and rates with fixed denominators are linear there; the unknowns are the shares of
the hull's corners.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from .rows import Floats
from .threshold_curves import Curve, hull_of
from .threshold_goal import Constraint, Utility
from .threshold_search import Choice

_NEGLIGIBLE = 1e-9


def best_mixtures(curves: Sequence[Curve], constraint: Constraint, utility: Utility) -> Choice:
    """Choose a mixture of thresholds for each group: the greatest expected utility within the limit.

    Parameters
    ----------
    curves : sequence of Curve
        One a group, each with rows in the denominators of the rates compared.
    constraint : Constraint
        Of rates whose denominator is fixed.
    utility : Utility

    Returns
    -------
    Choice
        The limit is always kept: selecting everybody makes all such rates equal.

    References
    ----------
    Hardt, Price and Srebro (2016), Equality of Opportunity in Supervised Learning, section 4.

    Examples
    --------
    >>> from evenhand.mitigation.threshold_curves import curves_of_rows
    >>> from evenhand.mitigation.threshold_goal import constraint_of, utility_of
    >>> scores, labels = [0.9, 0.7, 0.5, 0.3, 0.8, 0.6, 0.4, 0.2], [1, 1, 0, 0, 0, 1, 1, 0]
    >>> curves = curves_of_rows(scores, labels, [0] * 4 + [1] * 4, groups=2)
    >>> found = best_mixtures(
    ...     curves, constraint_of("equalized_odds_difference", 0.0), utility_of("accuracy", 4, 4)
    ... )
    >>> round(found.utility, 4), round(found.gap, 9)
    (0.75, 0.0)
    """
    hulls = [hull_of(curve) for curve in curves]
    rates = [_linear_rates(hull, constraint) for hull in hulls]
    shares = _solved([utility.of_curve(hull) for hull in hulls], rates, constraint)
    mixed = np.stack([r @ s for r, s in zip(_rates(hulls, constraint), shares, strict=True)], axis=1)
    used = [share > 0 for share in shares]
    gap = float(constraint.gap(mixed))
    return Choice(
        [hull.thresholds[keep] for hull, keep in zip(hulls, used, strict=True)],
        [share[keep] for share, keep in zip(shares, used, strict=True)],
        float(sum(utility.of_curve(h) @ s for h, s in zip(hulls, shares, strict=True))),
        gap,
        bool(constraint.meets(gap)),
    )


def _rates(hulls: Sequence[Curve], constraint: Constraint) -> list[Floats]:
    return [constraint.rates(hull.cells) for hull in hulls]


def _linear_rates(hull: Curve, constraint: Constraint) -> Floats:
    rates = constraint.rates(hull.cells)
    return np.stack([rates[0] + rates[1], rates[0] - rates[1]]) if constraint.is_mean else rates


def _solved(worths: list[Floats], rates: list[Floats], constraint: Constraint) -> list[Floats]:
    """Maximise the utility over the shares of all corners and over the lowest value of each rate."""
    sizes = [len(worth) for worth in worths]
    kinds, total, groups = len(rates[0]), sum(sizes), len(sizes)
    owner, columns = np.repeat(np.arange(groups), sizes), np.arange(total)
    shape = (groups, total + kinds)
    # One row a group for its shares, which add up to 1; then two a group and rate: lowest <= rate <= most.
    rows = [sparse.csr_array((np.ones(total), (owner, columns)), shape=shape)]
    least = constraint.limit if constraint.is_ratio else 1.0
    for kind in range(kinds):
        values = np.concatenate([r[kind] for r in rates])
        rate = sparse.csr_array((values, (owner, columns)), shape=shape)
        at = (np.arange(groups), np.full(groups, total + kind))
        lowest = sparse.csr_array((np.ones(groups), at), shape=shape)
        rows += [rate - lowest, lowest - least * rate]
    room = 0.0 if constraint.is_ratio else -constraint.width
    low = np.repeat([1.0, *([0.0, room] * kinds)], groups)
    high = np.concatenate([np.ones(groups), np.full(2 * groups * kinds, np.inf)])
    found = milp(  # no unknown is a whole number: a linear programme, without linprog's preparations
        -np.concatenate([*worths, np.zeros(kinds)]),
        constraints=LinearConstraint(sparse.vstack(rows, format="csc"), low, high),
        bounds=Bounds(np.append(np.zeros(total), np.full(kinds, -np.inf)), np.inf),
    )
    shares = np.split(np.asarray(found.x)[:total], np.cumsum(sizes)[:-1])
    kept = [np.where(share > _NEGLIGIBLE, share, 0.0) for share in shares]
    return [share / share.sum() for share in kept]
