"""What groups of these sizes could have shown."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from ..errors import InputError
from .interval_basics import Array, critical_value, falling_root


def smallest_detectable_gap(
    n1: ArrayLike,
    n2: ArrayLike,
    rate: ArrayLike,
    *,
    level: float = 0.95,
    power: float = 0.8,
    direction: Literal["lower", "higher"] = "lower",
) -> Array:
    """Give the smallest true gap that groups of these sizes would have shown, most of the time.

    Solves ``gap = z_a sqrt(p q (1/n1 + 1/n2)) + z_b sqrt(p1 q1 / n1 + p2 q2 / n2)`` with ``p2 = rate``,
    p1 below (or above) it, and p, q pooled: the power of the two-proportion z test.

    Parameters
    ----------
    n1, n2 : array-like
        Rows (or effective rows) of the group and of the one compared with.
    rate : array-like
        Rate of the group compared with, in [0, 1].
    level, power : float
        Confidence of the test and chance to see the gap, in (0, 1).
    direction : {"lower", "higher"}
        Which way the first group's rate lies.

    Returns
    -------
    array
        At least 0; nan where no gap in that direction could be seen, or a group has no rows.

    Raises
    ------
    InputError
        Sizes below 0, a rate outside [0, 1], or a level or power outside (0, 1).

    Examples
    --------
    >>> float(smallest_detectable_gap(200, 200, 0.5).round(3))
    0.138
    """
    n, m, p2 = (
        np.array(a) for a in np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (n1, n2, rate)))
    )
    if not 0 < power < 1 or np.any((p2 < 0) | (p2 > 1)) or np.any((n < 0) | (m < 0)):
        rule = "sizes are at least 0, the rate lies in [0, 1], and the power in (0, 1)"
        raise InputError.of("power", "n1, n2, rate, power", f"{rule}; got power {power}")
    sign = -1.0 if direction == "lower" else 1.0
    z_a, z_b = critical_value(level), special.ndtri(power)
    size, other = np.maximum(n, 1e-12), np.maximum(m, 1e-12)

    def excess(gap: Array) -> Array:
        p1 = np.clip(p2 + sign * gap, 0, 1)
        pooled = (size * p1 + other * p2) / (size + other)
        chance = z_a * np.sqrt(pooled * (1 - pooled) * (1 / size + 1 / other))
        value: Array = chance + z_b * np.sqrt(p1 * (1 - p1) / size + p2 * (1 - p2) / other) - gap
        return value

    room = p2 if direction == "lower" else 1 - p2
    seen = (n > 0) & (m > 0) & (excess(room) < 0)
    return np.where(seen, falling_root(excess, np.zeros_like(room), room), np.nan)
