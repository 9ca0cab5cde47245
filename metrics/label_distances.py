"""Distances between two distributions over label values; all over the last axis, leading axes broadcast."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

Floats = NDArray[np.float64]


def kl_divergence(p: ArrayLike, q: ArrayLike) -> Floats:
    """Relative entropy ``sum p ln(p / q)`` in nats over the last axis; infinite where q lacks a value of p.

    Examples
    --------
    >>> float(kl_divergence([0.5, 0.5], [0.25, 0.75]).round(4)), float(kl_divergence([0.5, 0.5], [0, 1]))
    (0.1438, inf)
    """
    return np.asarray(rel_entr(np.asarray(p, dtype=float), np.asarray(q, dtype=float)).sum(axis=-1))


def js_divergence(p: ArrayLike, q: ArrayLike) -> Floats:
    """Mean relative entropy of both to their middle, in nats; between 0 and ln 2.

    Examples
    --------
    >>> float(js_divergence([1, 0], [0, 1]).round(4))
    0.6931
    """
    middle = (np.asarray(p, dtype=float) + np.asarray(q, dtype=float)) / 2
    return np.asarray((kl_divergence(p, middle) + kl_divergence(q, middle)) / 2)


def lp_norm(p: ArrayLike, q: ArrayLike) -> Floats:
    """Euclidean distance of two distributions; between 0 and the square root of 2.

    Examples
    --------
    >>> float(lp_norm([0.5, 0.5], [0.2, 0.8]).round(4))
    0.4243
    """
    return np.asarray(np.sqrt(((np.asarray(p, dtype=float) - np.asarray(q, dtype=float)) ** 2).sum(axis=-1)))


def total_variation(p: ArrayLike, q: ArrayLike) -> Floats:
    """Half the sum of absolute differences: the share of rows that would have to change; in [0, 1].

    Examples
    --------
    >>> float(total_variation([0.5, 0.5, 0], [0.2, 0.5, 0.3]).round(4))
    0.3
    """
    return np.asarray(np.abs(np.asarray(p, dtype=float) - np.asarray(q, dtype=float)).sum(axis=-1) / 2)


def ks_distance(p: ArrayLike, q: ArrayLike) -> Floats:
    """Largest absolute difference of the share of one label value; in [0, 1].

    Clarify names it after Kolmogorov and Smirnov, but label values have no order: this is the maximum
    norm of the difference of the shares, not a distance of cumulated ones.

    Examples
    --------
    >>> float(ks_distance([0.5, 0.5, 0], [0.2, 0.5, 0.3]).round(4))
    0.3
    """
    return np.asarray(np.abs(np.asarray(p, dtype=float) - np.asarray(q, dtype=float)).max(axis=-1))


DISTANCES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "label_kl_divergence": kl_divergence,
    "label_js_divergence": js_divergence,
    "label_lp_norm": lp_norm,
    "label_total_variation": total_variation,
    "label_ks_distance": ks_distance,
}
