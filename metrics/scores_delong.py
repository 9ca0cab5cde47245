"""The area under the ROC curve with DeLong's variance, and its intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from ..errors import InputError
from .interval_basics import critical_value, falling_root
from .rates import divide
from .score_bins import auc_from_counts
from .scores_table import Floats

Scale = Literal["logit", "plain"]


@dataclass(frozen=True, eq=False)
class Areas:
    """Areas with DeLong's variance, and what they rest on; arrays of one shape.

    Parameters
    ----------
    value, variance : ndarray of float
        The variance is nan where a class has one effective row.
    bound : ndarray of float
        Half the share of pairs that share a bin: the unbinned area lies no further away.
    positives, negatives : ndarray of float
        Effective numbers of rows.
    freedom : ndarray of float
        Satterthwaite's degrees of freedom of the variance (Brunner & Munzel 2000); infinite where unknown.
    """

    value: Floats
    variance: Floats
    bound: Floats
    positives: Floats
    negatives: Floats
    freedom: Floats

    @staticmethod
    def of(value: Floats, bound: Floats, parts: tuple[Floats, Floats], sizes: tuple[Floats, Floats]) -> Areas:
        """Join both classes' parts of the variance, each already divided by its number of rows."""
        one, two = parts
        positives, negatives = (np.broadcast_to(size, value.shape) for size in sizes)
        rest = divide(one**2, np.maximum(positives - 1, 0)) + divide(two**2, np.maximum(negatives - 1, 0))
        freedom = np.nan_to_num(divide((one + two) ** 2, rest), nan=np.inf)
        return Areas(value, one + two, bound, positives, negatives, freedom)


def delong(
    positives: Floats, negatives: Floats, spread_positives: Floats, spread_negatives: Floats, *, exact: bool
) -> Areas:
    """Compute areas and their variances from counts by score bin (DeLong et al. 1988, by midranks).

    With ``V10`` the share of negatives below a positive (ties count half) and ``V01`` the share of positives
    above a negative, the variance is ``S10 / m + S01 / n``, the sums over rows taken bin by bin. Weighted
    rows enter by their squares, m and n are then effective sizes.

    Parameters
    ----------
    positives, negatives : array of shape (..., B)
        Sums of weights by bin.
    spread_positives, spread_negatives : array of shape (..., B)
        What each bin adds to a variance (`ScoreTable.spread`); rows, where there are no weights.
    exact : bool
        Whether every bin is one score.

    Examples
    --------
    >>> pos, neg = np.array([0.0, 1, 3]), np.array([2.0, 1, 1])
    >>> areas = delong(pos, neg, pos, neg, exact=True)
    >>> float(areas.value), float(areas.variance.round(4))
    (0.8125, 0.026)
    """
    area = auc_from_counts(*np.broadcast_arrays(positives, negatives))
    above, below = positives.sum(axis=-1, keepdims=True), negatives.sum(axis=-1, keepdims=True)
    v10 = divide(np.cumsum(negatives, axis=-1) - negatives / 2, below)
    v01 = 1 - divide(np.cumsum(positives, axis=-1) - positives / 2, above)
    value = area.value[..., None]
    one, m = _component(v10 - value, above, spread_positives)
    two, n = _component(v01 - value, below, spread_negatives)
    bound = np.where(np.isnan(area.value), np.nan, 0.0) if exact else area.error
    return Areas.of(area.value, bound, (one, two), (m, n))


def _component(change: Floats, total: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """One class's part of the variance, and its effective number of rows."""
    size = np.nan_to_num(divide(total[..., 0] ** 2, spread.sum(axis=-1)))
    raw = divide((spread * change**2).sum(axis=-1), total[..., 0] ** 2)
    return raw * divide(size, np.where(size > 1 + 1e-9, size - 1, 0.0)), size


def area_interval(areas: Areas, level: float = 0.95, scale: Scale = "logit") -> tuple[Floats, Floats, Floats]:
    """Give low end, high end and standard error of areas.

    Parameters
    ----------
    areas : Areas
    level : float
    scale : {"logit", "plain"}
        The logit keeps the ends inside [0, 1] and takes Student's t, so that it covers also where a class has
        few rows (with 5 against 200: 93 %, the plain one 83 %); plain, with the normal law, is what most
        programs give.

    Returns
    -------
    low, high, error : array
        Where the variance is 0 (perfect separation, a constant score) or unknown (one row of a class), the
        ends invert Newcombe's (2006, method 5) score test, and the error is the longer half over z.

    Raises
    ------
    InputError
        A level outside (0, 1), or an unknown scale.

    Examples
    --------
    >>> areas = Areas(*(np.array(a) for a in (1.0, 0.0, 0.0, 20.0, 30.0, np.inf)))
    >>> [float(a.round(3)) for a in area_interval(areas)]
    [0.916, 1.0, 0.043]
    """
    if scale not in ("logit", "plain"):
        raise InputError.of("choice", "scale", f"one of logit, plain is wanted, got {scale!r}")
    z, a = critical_value(level), areas.value
    usable = (areas.variance > 1e-15) & (a > 0) & (a < 1)
    error = np.sqrt(np.where(usable, areas.variance, np.nan))
    low, high = np.clip(a - z * error, 0, 1), np.clip(a + z * error, 0, 1)
    if scale == "logit":
        middle = special.logit(np.where(usable, a, 0.5))
        t = special.stdtrit(np.minimum(areas.freedom, 1e9), 0.5 + level / 2)
        half = t * error / np.where(usable, a * (1 - a), 0.25)
        low, high = special.expit(middle - half), special.expit(middle + half)
    known = ~np.isnan(a)
    down = _newcombe(areas, np.where(known, a, 0.5), z)
    up = 1 - _newcombe(areas, np.where(known, 1 - a, 0.5), z)
    low = np.where(usable, low, np.where(known, down, np.nan))
    high = np.where(usable, high, np.where(known, up, np.nan))
    return low, high, np.where(usable, error, np.maximum(a - low, high - a) / z)


def _newcombe(areas: Areas, value: Floats, z: Floats) -> Floats:
    """Lower end: where the area lies z standard errors of the hypothesis above it."""
    m, n = np.maximum(areas.positives, 1), np.maximum(areas.negatives, 1)
    more = (m + n) / 2 - 1

    def excess(at: Floats) -> Floats:
        inner = 1 + more * ((1 - at) / (2 - at) + at / (1 + at))
        return np.asarray(value - at - z * np.sqrt(at * (1 - at) * inner / (m * n)))

    return falling_root(excess, np.zeros_like(value), np.asarray(value, dtype=np.float64))
