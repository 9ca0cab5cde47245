"""The frontier of accuracy and disparity: who dominates whom, which point is chosen, and at whose expense.

Everything here is arithmetic on figures that were measured elsewhere; :mod:`.search` trains and measures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Rule = Literal["best_within_limit", "nearest_to_limit", "narrowest_within_tolerance", "nothing_defined"]
"""How a point came to be chosen."""

GOOD_WHEN_LOW = (
    "false_positive_rate",
    "false_negative_rate",
    "false_discovery_rate",
    "false_omission_rate",
    "error_rate",
)
"""Rates that tell of errors: a group gains when they fall."""


@dataclass(frozen=True)
class Point:
    """One way to train, as the frontier sees it.

    Parameters
    ----------
    name : str
    score : float
        What is paid: accuracy or another score, higher is better; nan where undefined.
    gap : float
        The disparity as measured; nan where undefined.
    loss : float
        Score of the unmitigated model on the same rows, minus ``score``.
    """

    name: str
    score: float
    gap: float
    loss: float = 0.0

    @property
    def defined(self) -> bool:
        """Whether it has both figures."""
        return math.isfinite(self.score) and math.isfinite(self.gap)


@dataclass(frozen=True)
class Limit:
    """What the disparity may be.

    Parameters
    ----------
    low, high : float
        Ends, both allowed; infinite where there is none.
    """

    low: float = -math.inf
    high: float = math.inf

    def excess(self, gap: float) -> float:
        """Tell how far a disparity lies outside; 0 where it keeps the limit.

        Examples
        --------
        >>> Limit(high=0.1).excess(0.05), round(Limit(low=0.8).excess(0.7), 3)
        (0.0, 0.1)
        """
        return max(self.low - gap, gap - self.high, 0.0)


@dataclass(frozen=True)
class Choice:
    """The point that was picked, and by which rule; no name where no point has figures."""

    name: str | None
    rule: Rule


def dominators(points: Sequence[Point], fair: float = 0.0) -> dict[str, str | None]:
    """Name for each point one that is at least as good in both figures and better in one.

    Parameters
    ----------
    points : sequence of Point
    fair : float
        The value of the disparity that means fair: 0 for a difference, 1 for a ratio.

    Returns
    -------
    dict of str to str or None
        None for the points of the Pareto set. Of several dominators the one on the Pareto set with the best
        score is named. Points without figures are left out.

    Examples
    --------
    >>> points = [Point("a", 0.85, 0.2), Point("b", 0.84, 0.05), Point("c", 0.83, 0.1)]
    >>> dominators(points)
    {'a': None, 'b': None, 'c': 'b'}
    """
    able = [point for point in points if point.defined]
    front = [one for one in able if not any(_dominates(other, one, fair) for other in able)]
    found: dict[str, str | None] = {}
    for one in able:
        over = [other for other in front if _dominates(other, one, fair)]
        found[one.name] = max(over, key=lambda p: (p.score, -abs(p.gap - fair))).name if over else None
    return found


def _dominates(one: Point, other: Point, fair: float) -> bool:
    nearer, near = abs(one.gap - fair), abs(other.gap - fair)
    return one.score >= other.score and nearer <= near and (one.score > other.score or nearer < near)


def choose(points: Sequence[Point], limit: Limit | None, *, tolerance: float, fair: float = 0.0) -> Choice:
    """Pick a point by the stated rule.

    With a limit: the best score among the points that keep it; where none does, the one that comes nearest.
    Without: the narrowest gap among the points that lose no more of the score than the tolerance. Equal
    points are told apart by the other figure, then by their order.

    Parameters
    ----------
    points : sequence of Point
        The unmitigated model among them, so that there is always one without loss.
    limit : Limit or None
    tolerance : float
        The most of the score that may be lost where there is no limit; 0 or more.
    fair : float

    Examples
    --------
    >>> points = [Point("a", 0.85, 0.2), Point("b", 0.84, 0.05, 0.01), Point("c", 0.8, 0.01, 0.05)]
    >>> choose(points, Limit(high=0.1), tolerance=0.01)
    Choice(name='b', rule='best_within_limit')
    >>> choose(points, Limit(high=0.001), tolerance=0.01)
    Choice(name='c', rule='nearest_to_limit')
    >>> choose(points, None, tolerance=0.02)
    Choice(name='b', rule='narrowest_within_tolerance')
    """
    able = [point for point in points if point.defined]
    if not able:
        return Choice(None, "nothing_defined")

    def width(point: Point) -> float:
        return abs(point.gap - fair)

    if limit is None:
        kept = [point for point in able if point.loss <= tolerance] or able
        return Choice(min(kept, key=lambda p: (width(p), -p.score)).name, "narrowest_within_tolerance")
    inside = [point for point in able if limit.excess(point.gap) == 0]
    if inside:
        return Choice(max(inside, key=lambda p: (p.score, -width(p))).name, "best_within_limit")
    return Choice(min(able, key=lambda p: (limit.excess(p.gap), -p.score)).name, "nearest_to_limit")


@dataclass(frozen=True)
class Shift:
    """How one group's rate moved; the ends are those of the interval of the change.

    Parameters
    ----------
    rate : str
    before : float
    low, high : float
    """

    rate: str
    before: float
    low: float
    high: float

    @property
    def gained(self) -> bool:
        """Whether the group is clearly better off."""
        return self.high < 0 if self.rate in GOOD_WHEN_LOW else self.low > 0

    @property
    def lost(self) -> bool:
        """Whether the group is clearly worse off."""
        return self.low > 0 if self.rate in GOOD_WHEN_LOW else self.high < 0


def levels_down(shifts: Sequence[Shift]) -> bool:
    """Tell whether a rate was levelled down: the better-off group clearly lost and no group clearly gained.

    Parameters
    ----------
    shifts : sequence of Shift
        One for each group, all of the same rate.

    Notes
    -----
    B. Mittelstadt, S. Wachter and C. Russell, The Unfairness of Fair Machine Learning: Levelling Down and
    Strict Egalitarianism by Default, Michigan Technology Law Review 30 (2023).

    Examples
    --------
    Men are selected less often, women no more often than before: nobody is helped.

    >>> levels_down([Shift("selection_rate", 0.3, -0.12, -0.08), Shift("selection_rate", 0.1, -0.01, 0.01)])
    True
    >>> levels_down([Shift("selection_rate", 0.3, -0.12, -0.08), Shift("selection_rate", 0.1, 0.02, 0.05)])
    False
    """
    if len(shifts) < 2:
        return False
    best = min if shifts[0].rate in GOOD_WHEN_LOW else max
    better_off = best(shifts, key=lambda shift: shift.before)
    return better_off.lost and not any(shift.gained for shift in shifts)


def told_rates(rates: Sequence[str]) -> tuple[str, ...]:
    """Choose the rates by which a disparity tells who gains: those that are good when high, else all.

    Equalized odds is told by the true positive rate: a false positive is a favour to one, a wrong to another.

    Examples
    --------
    >>> told_rates(["true_positive_rate", "false_positive_rate"]), told_rates(["false_positive_rate"])
    (('true_positive_rate',), ('false_positive_rate',))
    """
    return tuple(name for name in rates if name not in GOOD_WHEN_LOW) or tuple(rates)
