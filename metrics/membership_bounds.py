"""Bounds on a group's rate that assume nothing of outcome and group given the proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from .interval_basics import critical_value
from .intervals import modified_wilson
from .member_rows import MemberRows
from .people import person_codes
from .rates import divide
from .results import RATE_INTERVAL, Group, Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RateBounds:
    """Between what a group's true rate must lie.

    Parameters
    ----------
    group : tuple
    low, high : float
        Fréchet-Hoeffding bounds; no number of rows narrows them. ``nan`` where undefined.
    interval : Interval or None
        Holds the whole range between the bounds with the stated confidence: sampling widens them.
    reason : Reason or None
    """

    group: Group
    low: float
    high: float
    interval: Interval | None
    reason: Reason | None = None

    def gap(self, other: RateBounds) -> tuple[float, float]:
        """Bound this rate minus another (outer: both groups at their ends at once)."""
        return self.low - other.high, self.high - other.low


def rate_bounds(
    rows: MemberRows, *, proxy: Any = None, step: float = 0.1, level: float = 0.95
) -> tuple[RateBounds, ...]:
    """Bound every group's rate by Fréchet-Hoeffding inequalities (Kallus, Mao & Zhou 2022, section 4).

    Among the rows of one proxy value, of which a share m is of the group and a share q counts above the
    line, between ``max(0, m + q - 1)`` and ``min(m, q)`` are both. Where the rate's denominator is not
    all rows, its parts are bounded apart, which is valid and wider than need be.

    Parameters
    ----------
    rows : MemberRows
        As `membership_rows` reads them.
    proxy : array-like of shape (rows,), optional
        What the probabilities were worked out from. Without it, rows whose probabilities agree when
        rounded to ``step`` share a cell; coarser cells give wider bounds, never wrong ones.
    step : float
        In (0, 1]; not read where ``proxy`` is given. Cells of single rows would make bounds that are too
        narrow, because a single row's outcome is no share.
    level : float
        In (0, 1).

    Returns
    -------
    tuple of RateBounds
        In the order of the groups.

    Raises
    ------
    InputError
        A step or level out of range, or a proxy of another length.

    Examples
    --------
    >>> from evenhand.metrics.member_rows import membership_rows
    >>> rows = membership_rows(None, [1, 0] * 50, membership={"A": [0.8] * 100, "B": [0.2] * 100})
    >>> [(round(b.low, 3), round(b.high, 3)) for b in rate_bounds(rows)]
    [(0.375, 0.625), (0.0, 1.0)]
    """
    cells = _cells(rows, proxy, step)
    critical_value(level)
    above, other = rows.above, rows.below - rows.above
    whole = bool(rows.below.all())
    found = []
    for g, group in enumerate(rows.groups):
        share = rows.shares[:, g]
        most, least = _most(above, share, rows.weight, cells), _least(above, share, rows.weight, cells)
        rest = (share - least, share - most) if whole else (
            _most(other, share, rows.weight, cells), _least(other, share, rows.weight, cells)
        )  # fmt: skip
        if not float(rows.weight @ (most + rest[0])) > 0:
            found.append(RateBounds(group, np.nan, np.nan, None, rows.rate.empty))
            continue
        # Where one side may be empty and the other cannot hold anybody, the rate is 1, or 0, or undefined.
        low, high = _ratio(least, rest[0], rows, 1.0), _ratio(most, rest[1], rows, 0.0)
        found.append(_bounds(group, low, high, level))
    return tuple(found)


def _cells(rows: MemberRows, proxy: Any, step: float) -> NDArray[np.intp]:
    if proxy is None:
        if not 0 < step <= 1:
            raise InputError.of("step", "step", f"a step lies in (0, 1], got {step}; write 0.1")
        rounded = np.rint(rows.shares / step)
        return np.asarray(np.unique(rounded, axis=0, return_inverse=True)[1].ravel())
    codes, _ = person_codes(proxy)
    if len(codes) != len(rows.above):
        rule = f"one value a row is wanted, got {len(codes):,} for {len(rows.above):,} rows"
        raise InputError.of("lengths_differ", "proxy", f"{rule}; give both of the same rows")
    return codes


def _shares(values: Floats, weight: Floats, cells: NDArray[np.intp]) -> Floats:
    return divide(np.bincount(cells, weights=weight * values), np.bincount(cells, weights=weight))[cells]


def _most(values: Floats, share: Floats, weight: Floats, cells: NDArray[np.intp]) -> Floats:
    """Each row's part of the upper bound: that of whichever is scarcer in its cell."""
    return np.where(_shares(values, weight, cells) < _shares(share, weight, cells), values, share)


def _least(values: Floats, share: Floats, weight: Floats, cells: NDArray[np.intp]) -> Floats:
    both = values + share - 1
    return np.where(_shares(both, weight, cells) > 0, both, 0.0)


def _ratio(inside: Floats, rest: Floats, rows: MemberRows, empty: float) -> tuple[float, float]:
    """Give ``sum inside / sum (inside + rest)``, ``empty`` where that is 0/0, and its effective size."""
    both = rows.weight * (inside + rest)
    whole = float(both.sum())
    if not whole > 0:
        return empty, 0.0
    part, both = rows.weight * inside / whole, both / whole
    value = min(max(float(part.sum()), 0.0), 1.0)
    spread = float(((part - value * both) ** 2).sum()) * rows.widen
    if spread > 0 and 0 < value < 1:
        return value, value * (1 - value) / spread
    return value, 1.0 / float((both**2).sum())


def _bounds(group: Group, low: tuple[float, float], high: tuple[float, float], level: float) -> RateBounds:
    ends = (float(modified_wilson(v * n, n, level)[side]) for side, (v, n) in enumerate((low, high)))
    down, up = (default if np.isnan(end) else end for end, default in zip(ends, (0.0, 1.0), strict=True))
    interval = Interval(down, up, level, f"{RATE_INTERVAL}, around Fréchet-Hoeffding bounds")
    return RateBounds(group, low[0], high[0], interval)
