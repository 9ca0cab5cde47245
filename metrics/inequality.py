"""Inequality of benefits: generalised entropy, Theil, coefficient of variation, between and within groups.

Speicher et al. (2018), A Unified Approach to Quantifying Algorithmic Unfairness. For decisions the
benefit of a person is ``decision - label + 1``: 0 for one wrongly rejected, 2 for one wrongly selected,
1 for everyone decided rightly. Three values, so counts are enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from ..errors import InputError
from .rates import divide
from .results import Estimate, Group

Floats = NDArray[np.float64]

BENEFITS = np.array([0.0, 1.0, 2.0])
"""Of those wrongly rejected, rightly decided and wrongly selected."""


def generalized_entropy(benefits: ArrayLike, counts: ArrayLike, alpha: float = 2.0) -> Floats:
    """Generalised entropy of benefits that occur so many times; 0 where all are equal.

    ``1 / (alpha (alpha - 1)) mean[(b / mean b)^alpha - 1]``; for alpha 1 Theil's index
    ``mean[(b / mean b) ln(b / mean b)]``; for alpha 0 the mean log deviation ``-mean[ln(b / mean b)]``.

    Parameters
    ----------
    benefits : array-like of shape (..., K)
        At least 0.
    counts : array-like of shape (..., K)
        Or weights.
    alpha : float
        2 is half the squared coefficient of variation.

    Returns
    -------
    ndarray
        ``nan`` without rows or where every benefit is 0; infinite for an alpha of 0 or below where a benefit
        is 0.

    Raises
    ------
    InputError
        A negative benefit, or an alpha that is not finite.

    Examples
    --------
    >>> [float(generalized_entropy([1, 2], [1, 1], alpha).round(4)) for alpha in (0, 1, 2)]
    [0.0589, 0.0566, 0.0556]
    """
    b, n = np.asarray(benefits, dtype=float), np.asarray(counts, dtype=float)
    if np.any(b < 0) or not np.isfinite(alpha):
        raise InputError.of(
            "benefits", "benefits", "benefits are at least 0 and alpha is finite; shift them first"
        )
    total = n.sum(axis=-1)
    mean = divide((b * n).sum(axis=-1), total)
    share = divide(b, np.where(mean > 0, mean, np.nan)[..., None])
    with np.errstate(divide="ignore"):
        if alpha == 0:
            terms = np.where(n > 0, -np.log(share), 0.0)
        elif alpha == 1:
            terms = xlogy(share, share)
        else:
            terms = np.where(n > 0, (share**alpha - 1) / (alpha * (alpha - 1)), 0.0)
    # Rounding may leave -1e-17 where all benefits are equal.
    return np.maximum(divide((n * terms).sum(axis=-1), total), 0.0)


def coefficient_of_variation(benefits: ArrayLike, counts: ArrayLike) -> Floats:
    """Divide the standard deviation (divisor n) by the mean: the root of twice the entropy with alpha 2.

    Examples
    --------
    >>> float(coefficient_of_variation([0, 2], [1, 1]))
    1.0
    """
    return np.asarray(np.sqrt(2 * generalized_entropy(benefits, counts, 2.0)))


def entropy_parts(
    benefits: ArrayLike, counts: ArrayLike, alpha: float = 2.0
) -> tuple[Floats, Floats, Floats]:
    """Split the entropy of groups: in all, between them, and within them; the first is the sum of the others.

    Between: everybody has the mean benefit of the group. Within: the groups' own entropies, each weighted
    by ``share of rows x (mean of group / mean of all)^alpha``.

    Parameters
    ----------
    benefits : array-like of shape (K,)
    counts : array-like of shape (..., groups, K)

    Examples
    --------
    >>> total, between, within = entropy_parts([0, 1, 2], [[2, 6, 2], [0, 8, 2]])
    >>> round(float(total), 4), round(float(between + within), 4), round(float(between), 4)
    (0.1198, 0.1198, 0.0041)
    """
    b, n = np.asarray(benefits, dtype=float), np.asarray(counts, dtype=float)
    sizes = n.sum(axis=-1)
    means = np.nan_to_num(divide((n * b).sum(axis=-1), sizes))
    total = generalized_entropy(b, n.sum(axis=-2), alpha)
    between = generalized_entropy(means, sizes, alpha)
    own = generalized_entropy(b, n, alpha)
    return total, between, within_groups(total, own, means, sizes, alpha)


def within_groups(total: Floats, own: Floats, means: Floats, sizes: Floats, alpha: float) -> Floats:
    """Add up the groups' own entropies, each weighted by its share of rows and its mean; groups last."""
    overall = divide((sizes * means).sum(axis=-1), sizes.sum(axis=-1))[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = divide(sizes, sizes.sum(axis=-1, keepdims=True)) * divide(means, overall) ** alpha
        # A group whose benefits are all 0 has no entropy of its own, and with alpha above 0 no weight.
        within = np.where((weight > 0) & ~np.isnan(own), weight * own, 0.0).sum(axis=-1)
    return np.asarray(np.where(np.isfinite(total), within, total))


@dataclass(frozen=True)
class Inequality:
    """Inequality of benefits among all people, and how much of it lies between the groups.

    Parameters
    ----------
    alpha : float
    total, between, within : Estimate
        0 is fair; ``total`` is the sum of the two others.
    groups : tuple of tuple
    by_group : tuple of Estimate
        Entropy within each group.
    means : tuple of float
        Mean benefit of each group; above 1 decisions favour it beyond its labels.
    """

    alpha: float
    total: Estimate
    between: Estimate
    within: Estimate
    groups: tuple[Group, ...]
    by_group: tuple[Estimate, ...]
    means: tuple[float, ...]

    @property
    def variation(self) -> float:
        """Coefficient of variation, where alpha is 2; else ``nan``."""
        return float(np.sqrt(2 * self.total.value)) if self.alpha == 2 else float("nan")
