"""The results that rooms hand to each other: an interval, a figure with its interval, a disparity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ..errors import Reason

Level = str | int | float | bool | None
"""The value of a sensitive attribute that a group shares; ``None`` is a missing value."""

Group = tuple[Level, ...]
"""One level for each attribute of a grouping; the overall group is the empty tuple."""

Comparison = Literal["difference", "ratio", "log_ratio"]
Against = Literal["reference", "largest", "best", "overall", "rest", "all_pairs"]
RATE_INTERVAL = "Wilson, modified (Brown, Cai and DasGupta)"
"""Name of the interval that a rate has by default; see `intervals.modified_wilson`."""

WIDENED_INTERVAL = "Miettinen-Nurminen, widened for rare outcomes"
"""Name of the default interval of a difference or ratio of rates; see `intervals.widened_difference`."""


@dataclass(frozen=True)
class Interval:
    """A range that holds the true figure with the stated confidence.

    Parameters
    ----------
    low, high : float
        Ends of the range, both included; ``-inf`` or ``inf`` where there is no bound.
    level : float
        Nominal coverage, in (0, 1).
    method : str
        The method's name as a reader would look it up, for example ``"Wilson"``.

    Examples
    --------
    >>> Interval(0.1, 0.3, 0.95, "Wilson").holds(0.2)
    True
    """

    low: float
    high: float
    level: float
    method: str

    def holds(self, value: float) -> bool:
        """Tell whether a value lies inside, the ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Estimate:
    """A figure, how sure it is, and what it was counted from.

    Parameters
    ----------
    value : float
        ``nan`` where undefined; ``reason`` then says why.
    interval : Interval or None
        None where undefined or where no method applies.
    numerator, denominator : float
        Weighted counts; ``nan`` for figures that are not fractions of counts.
    rows : int
        Rows in the denominator, unweighted.
    effective : float
        Effective sample size of the denominator (equals ``rows`` without weights).
    reason : Reason or None
        Why the figure is undefined; None where it is defined.
    """

    value: float
    interval: Interval | None = None
    numerator: float = math.nan
    denominator: float = math.nan
    rows: int = 0
    effective: float = math.nan
    reason: Reason | None = None


@dataclass(frozen=True)
class Disparity:
    """A comparison of one rate between groups.

    Parameters
    ----------
    metric : str
        The catalogue's name of the rate or of the aggregate, for example ``"selection_rate"``
        or ``"demographic_parity_difference"``.
    comparison : {"difference", "ratio", "log_ratio"}
    against : {"reference", "largest", "best", "overall", "rest", "all_pairs"}
        What the group was compared with. ``"all_pairs"``: the worst pair of all.
    group, reference : tuple or None
        The two groups compared; for the worst of several, the pair that is furthest apart.
        ``reference`` is None where the comparison is with the overall or the rest.
    value : float
        ``nan`` where undefined.
    interval : Interval or None
    p_value : float
        Two-sided; of the score test for a pair, of the permutation test for the worst of several.
    fair : float
        The value that means fair: 0 for differences, 1 for ratios.
    null_median, null_95 : float
        Median and 95th percentile of a worst-of-several figure when no gap exists (permutation);
        ``nan`` for a plain pair.
    compared : int
        Number of groups that entered the comparison.
    left_out : tuple of tuple
        Groups that did not enter, because they are below the minimum size, undefined or missing.
    reason : Reason or None
        Why the figure is undefined.
    """

    metric: str
    comparison: Comparison
    against: Against
    group: Group | None
    reference: Group | None
    value: float
    interval: Interval | None = None
    p_value: float = math.nan
    fair: float = 0.0
    null_median: float = math.nan
    null_95: float = math.nan
    compared: int = 2
    left_out: tuple[Group, ...] = ()
    reason: Reason | None = None
