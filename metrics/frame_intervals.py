"""Intervals of a frame's figures: quantiles of replicates, and the intervals that need no resampling."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .bootstrap import percentile_interval
from .frame_counts import compute, resampled_counts
from .frame_figures import Request
from .frame_layout import Layout
from .intervals import modified_wilson
from .rates import GroupTable, count
from .worst_case import WorstOf

Floats = NDArray[np.float64]
Worst = Callable[..., WorstOf]
DRAWS = 1000
"""Replicates behind the interval of a figure that is no share of rows."""


def checked_bootstrap(n_boot: Any, ci_quantiles: Any) -> tuple[int, tuple[float, ...]]:
    """Check how replicates are asked for: a number of them and quantiles, or neither.

    Raises
    ------
    InputError
        Only one of the two is given, or either is out of range.

    Examples
    --------
    >>> checked_bootstrap(100, [0.025, 0.975])
    (100, (0.025, 0.975))
    """
    wanted = ci_quantiles is not None and len(ci_quantiles) > 0
    if (n_boot is not None) != wanted:
        rule = "give both n_boot and ci_quantiles, or neither"
        raise InputError.of("bootstrap", "n_boot", f"{rule}; got {n_boot!r} and {ci_quantiles!r}")
    if not wanted:
        return 0, ()
    if isinstance(n_boot, bool) or not isinstance(n_boot, numbers.Integral) or n_boot < 1:
        raise InputError.of("bootstrap", "n_boot", f"a whole number above 0 is wanted, got {n_boot!r}")
    wrong = [q for q in ci_quantiles if not isinstance(q, float) or not 0 < q < 1]
    if wrong:
        raise InputError.of("bootstrap", "ci_quantiles", f"numbers between 0 and 1, got {wrong[0]!r}")
    return int(n_boot), tuple(map(float, ci_quantiles))


def seed_of(random_state: Any) -> int:
    """Read fairlearn's ``random_state``: a number, a generator, or None for 0.

    Raises
    ------
    InputError
        It is none of these.

    Examples
    --------
    >>> seed_of(None), seed_of(7)
    (0, 7)
    """
    if random_state is None:
        return 0
    if isinstance(random_state, int | np.integer) and random_state >= 0:
        return int(random_state)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, 2**31 - 1))
    raise InputError.of(
        "random_state", "random_state", f"a number of at least 0 or None, got {random_state!r}"
    )


def quantile(draws: Floats, at: float) -> Floats:
    """Take one quantile over the first axis, linear between neighbours.

    An undefined replicate lies beyond both ends: below the lower quantiles and above the upper ones, so
    that groups lost in a draw widen an interval. The middle one is that of the defined replicates.

    Examples
    --------
    >>> quantile(np.array([0.1, 0.3, 0.2, np.nan]), 0.9).item()
    inf
    >>> quantile(np.array([0.1, 0.3, 0.2, np.nan]), 0.5).item()
    0.2
    """
    if at == 0.5:
        lost = np.isnan(draws).all(axis=0)
        kept = np.where(lost, 0.0, draws)
        return np.asarray(np.where(lost, np.nan, np.nanquantile(kept, at, axis=0)))
    beyond = -np.inf if at < 0.5 else np.inf
    ordered = np.sort(np.where(np.isnan(draws), beyond, draws), axis=0)
    place = (len(draws) - 1) * at
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    part = place - math.floor(place)
    edge = low if at < 0.5 else high
    inner = np.isfinite(low) & np.isfinite(high)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(inner, low + (high - low) * part, edge if part else low))


def group_interval(asked: Request, table: GroupTable, layout: Layout, level: float) -> tuple[Floats, Floats]:
    """Give both ends of a metric's interval in every group, shape (P,) each.

    The modified Wilson one for a share of rows; for other functions of counts the middle part of 1,000
    replicates of the group's cells. ``nan`` where the figure is undefined.
    """
    if asked.figure is not None and asked.figure.rate is not None:
        counted = count(table, asked.figure.rate)
        low, high = modified_wilson(counted.successes, counted.effective, level)
        undefined = np.isnan(counted.value)
        return np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)
    value, _ = compute(asked, table.measures[..., 1], layout)
    blocks = resampled_counts(table, DRAWS, 0, stratified=True)
    drawn = np.concatenate([compute(asked, block, layout)[0] for block in blocks])
    found = percentile_interval(drawn, level)
    return np.where(np.isnan(value), np.nan, found.low), np.where(np.isnan(value), np.nan, found.high)


def worst_interval(
    asked: Request, table: GroupTable, layout: Layout, worst: Worst, level: float, *, draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Give both ends of the interval of a worst-of-several figure in every stratum, shape (S,) each.

    ``nan`` for a metric that is no share of rows, with fewer than two groups, and where a group is undefined.
    """
    ends = np.full((2, len(layout.strata)), np.nan)
    if asked.figure is None or asked.figure.rate is None:
        return ends[0], ends[1]
    counted = count(table, asked.figure.rate)
    for stratum in range(len(layout.strata)):
        inside = layout.compared[layout.stratum[layout.compared] == stratum]
        if len(inside) < 2 or np.isnan(counted.value[inside]).any():
            continue
        found = worst(
            counted.successes[inside], counted.effective[inside], level=level, draws=draws, seed=seed
        )
        ends[:, stratum] = found.low, found.high
    return ends[0], ends[1]


def quantiles(draws: Floats, at: Sequence[float]) -> list[Floats]:
    """Take several quantiles over the first axis; see `quantile`."""
    return [quantile(draws, one) for one in at]
