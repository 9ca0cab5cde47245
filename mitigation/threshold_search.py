"""The best threshold of each group within a limit, by exact search over all combinations that matter.

With one coordinate (see `threshold_goal`), some group stands lowest: every threshold of every group is tried
as that lowest one, and each other group takes its best threshold no further than the limit above it. With two
coordinates, each threshold is tried as the lowest of the first, best bound first, and the rest is a search
with one coordinate again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .rows import Floats, Integers
from .threshold_curves import Curve, pooled_curve
from .threshold_goal import SLACK, Constraint, Utility

_HALVINGS = 60
_BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Choice:
    """Thresholds of several groups, each of which may be a mixture.

    Parameters
    ----------
    thresholds : list of ndarray
        One a group, descending. A group of several draws among them.
    shares : list of ndarray
        The chance of each threshold; each adds up to 1.
    utility : float
        Of all groups together, as expected over the draws.
    gap : float
        The comparison that is limited; nan where it is undefined.
    met : bool
        Whether the limit is kept. If not, no choice keeps it, and this is the best of the nearest.
    """

    thresholds: list[Floats]
    shares: list[Floats]
    utility: float
    gap: float
    met: bool


@dataclass(frozen=True, eq=False)
class _Points:
    """The thresholds of one group that may be chosen: coordinates (K, m), utilities and places, (m,)."""

    coordinates: Floats
    utility: Floats
    place: Integers

    def where(self, chosen: NDArray[np.bool_]) -> _Points:
        return _Points(self.coordinates[:, chosen], self.utility[chosen], self.place[chosen])

    def sort(self, axis: int) -> _Points:
        order = np.argsort(self.coordinates[axis], kind="stable")
        return _Points(self.coordinates[:, order], self.utility[order], self.place[order])


class _Best:
    """Answers, for many windows of one group at once, which of its points within is the best."""

    def __init__(self, points: _Points, axis: int) -> None:
        self.points = points.sort(axis)
        self.line = self.points.coordinates[axis]
        utility = self.points.utility
        levels = [np.arange(len(utility))]
        step = 1
        while 2 * step <= len(utility):
            left, right = levels[-1][:-step], levels[-1][step:]
            levels.append(np.where(utility[left] >= utility[right], left, right))
            step *= 2
        self.levels = levels

    def within(self, low: Floats, high: Floats) -> tuple[Floats, Integers]:
        """Give the best utility in each closed window, and its point; -inf where none lies within."""
        start = np.searchsorted(self.line, low, side="left")
        end = np.searchsorted(self.line, high, side="right")
        value, point = np.full(len(low), -np.inf), np.full(len(low), -1)
        some = np.flatnonzero(end > start)
        depth = np.frexp(end[some] - start[some])[1] - 1
        for level in np.unique(depth).tolist():
            at = some[depth == level]
            left, right = self.levels[level][start[at]], self.levels[level][end[at] - (1 << level)]
            utility = self.points.utility
            point[at] = np.where(utility[left] >= utility[right], left, right)
            value[at] = utility[point[at]]
        return value, point


def best_thresholds(curves: Sequence[Curve], constraint: Constraint, utility: Utility) -> Choice:
    """Choose one threshold for each group: the greatest utility of all within the limit.

    Parameters
    ----------
    curves : sequence of Curve
        One a group, each with at least one threshold at which the comparison is defined.
    constraint : Constraint
    utility : Utility

    Returns
    -------
    Choice

    Raises
    ------
    InputError
        The comparison is undefined at every threshold of a group, such as one without positives.

    Examples
    --------
    >>> from evenhand.mitigation.threshold_curves import curves_of_rows
    >>> from evenhand.mitigation.threshold_goal import constraint_of, utility_of
    >>> scores, labels = [0.9, 0.7, 0.5, 0.3, 0.8, 0.6, 0.4, 0.2], [1, 1, 1, 0, 1, 0, 0, 0]
    >>> curves = curves_of_rows(scores, labels, [0] * 4 + [1] * 4, groups=2)
    >>> found = best_thresholds(
    ...     curves, constraint_of("demographic_parity_difference", 0.25), utility_of("accuracy", 4, 4)
    ... )
    >>> [each.round(2).tolist() for each in found.thresholds], found.utility, found.gap
    ([[0.6], [0.7]], 0.875, 0.25)
    """
    points = [_points(curve, constraint, utility) for curve in curves]
    undefined = [i for i, each in enumerate(points) if not len(each.utility)]
    if undefined:
        said = f"{constraint.metric.name} is undefined at every threshold of the groups at {undefined}"
        raise InputError.of("undefined", "curves", f"{said}; leave them out")
    width = constraint.width
    chosen = _search(points, width)
    met = chosen is not None
    if chosen is None:
        chosen = _nearest(points)
    places = [int(p.place[i]) for p, i in zip(points, chosen, strict=True)]
    picked = [curve.take(np.array([place])) for curve, place in zip(curves, places, strict=True)]
    cells = np.stack([curve.cells[place] for curve, place in zip(curves, places, strict=True)])
    return Choice(
        [one.thresholds for one in picked],
        [np.ones(1) for _ in picked],
        float(sum(p.utility[i] for p, i in zip(points, chosen, strict=True))),
        float(constraint.gap(constraint.rates(cells))),
        met,
    )


def _points(curve: Curve, constraint: Constraint, utility: Utility) -> _Points:
    coordinates = constraint.coordinates(curve.cells)
    defined = np.asarray(np.isfinite(coordinates).all(axis=0))
    all_points = _Points(coordinates, utility.of_curve(curve), np.arange(len(curve.thresholds)))
    return all_points.where(defined)


def _search(points: Sequence[_Points], width: float) -> list[int] | None:
    """Give the position of each group's best point within the width, or None where there is none."""
    if points[0].coordinates.shape[0] == 1:
        found = _search_line(points, width, axis=0)
        return None if found is None else found[1]
    return _search_plane(points, width)


def _search_line(points: Sequence[_Points], width: float, axis: int) -> tuple[float, list[int]] | None:
    lows = np.unique(np.concatenate([p.coordinates[axis] for p in points]))
    tables = [_Best(p, axis) for p in points]
    total = np.zeros(len(lows))
    found = []
    for table in tables:
        value, point = table.within(lows - SLACK / 4, lows + width + SLACK / 4)
        total += value
        found.append(point)
    best = int(np.argmax(total))
    if not np.isfinite(total[best]):
        return None
    order = [np.argsort(p.coordinates[axis], kind="stable") for p in points]
    return float(total[best]), [int(o[point[best]]) for o, point in zip(order, found, strict=True)]


def _search_plane(points: Sequence[_Points], width: float) -> list[int] | None:
    bounds, owners, members = _bounds(points, width)
    best, chosen = -np.inf, None
    for anchor in np.argsort(-bounds, kind="stable").tolist():
        if bounds[anchor] <= best:
            break
        owner, member = int(owners[anchor]), int(members[anchor])
        near = _near(points, owner, member, width)
        if near is None or sum(float(p.utility[keep].max()) for p, keep in near) <= best:
            continue
        found = _search_line([p.where(keep) for p, keep in near], width, axis=1)
        if found is not None and found[0] > best:
            best = found[0]
            chosen = [int(np.flatnonzero(k)[i]) for (_, k), i in zip(near, found[1], strict=True)]
    return chosen


def _bounds(points: Sequence[_Points], width: float) -> tuple[Floats, Integers, Integers]:
    """Bound what each point can reach as the one that is lowest in the first coordinate."""
    owners = np.concatenate([np.full(len(p.utility), g) for g, p in enumerate(points)])
    members = np.concatenate([np.arange(len(p.utility)) for p in points])
    where = np.concatenate([p.coordinates for p in points], axis=1)
    own = np.concatenate([p.utility for p in points])
    bounds = own.copy()
    for group, each in enumerate(points):
        first, _ = _Best(each, 0).within(where[0] - SLACK / 4, where[0] + width + SLACK / 4)
        second, _ = _Best(each, 1).within(where[1] - width - SLACK / 4, where[1] + width + SLACK / 4)
        bounds += np.where(owners == group, 0.0, np.minimum(first, second))
    return bounds, owners, members


def _near(
    points: Sequence[_Points], owner: int, member: int, width: float
) -> list[tuple[_Points, NDArray[np.bool_]]] | None:
    """Keep the points that may go with an anchor; None where a group has none."""
    x, y = points[owner].coordinates[:, member]
    near = []
    for group, each in enumerate(points):
        if group == owner:
            keep = np.arange(len(each.utility)) == member
        else:
            ahead = each.coordinates[0] - x
            keep = (ahead >= -SLACK / 4) & (ahead <= width + SLACK / 4)
            keep &= np.abs(each.coordinates[1] - y) <= width + SLACK / 4
        if not keep.any():
            return None
        near.append((each, keep))
    return near


def _nearest(points: Sequence[_Points]) -> list[int]:
    """Search within the smallest width that any choice keeps, up to rounding."""
    spread = np.ptp(np.concatenate([p.coordinates for p in points], axis=1), axis=1)
    low, high = 0.0, float(spread.max()) + SLACK
    best = [int(np.argmax(p.utility)) for p in points]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        found = _search(points, middle)
        low, high, best = (middle, high, best) if found is None else (low, middle, found)
        if high - low <= SLACK:
            break
    return best


def best_shared(
    curves: Sequence[Curve], constraint: Constraint, utility: Utility, held: Sequence[int] | None = None
) -> Choice:
    """Choose one threshold for all groups: the greatest utility within the limit.

    Parameters
    ----------
    curves : sequence of Curve
        One a group; all count in the utility.
    constraint : Constraint
    utility : Utility
    held : sequence of int, optional
        The groups that the limit compares; None means all.

    Returns
    -------
    Choice
        Where the comparison is nowhere within the limit, the threshold whose figure comes nearest.

    Examples
    --------
    >>> from evenhand.mitigation.threshold_curves import curves_of_rows
    >>> from evenhand.mitigation.threshold_goal import constraint_of, utility_of
    >>> scores, labels = [0.9, 0.7, 0.5, 0.8, 0.4, 0.2], [1, 1, 0, 1, 0, 0]
    >>> curves = curves_of_rows(scores, labels, [0, 0, 0, 1, 1, 1], groups=2)
    >>> found = best_shared(
    ...     curves, constraint_of("demographic_parity_difference", 0.1), utility_of("accuracy", 3, 3)
    ... )
    >>> found.thresholds[0].round(2).tolist(), found.gap
    ([0.75], 0.0)
    """
    pooled = pooled_curve(curves)
    worth = utility.of_curve(pooled)
    compared = list(curves) if held is None else [curves[i] for i in held]
    gap = np.concatenate(
        [
            _shared_gap(compared, constraint, part)
            for part in np.array_split(pooled.thresholds, 1 + len(pooled.thresholds) * len(curves) // _BLOCK)
        ]
    )
    met = constraint.meets(gap)
    if met.any():
        place = int(np.argmax(np.where(met, worth, -np.inf)))
    else:
        far = np.where(np.isnan(gap), np.inf, np.abs(gap - constraint.limit))
        place = int(np.argmax(np.where(far <= far.min() + SLACK, worth, -np.inf)))
    at = pooled.thresholds[[place]]
    n = len(curves)
    return Choice([at] * n, [np.ones(1)] * n, float(worth[place]), float(gap[place]), bool(met[place]))


def _shared_gap(curves: Sequence[Curve], constraint: Constraint, thresholds: Floats) -> Floats:
    if len(curves) < 2:
        return np.full(len(thresholds), constraint.limit)  # nothing to compare, so that nothing binds
    cells = np.stack([curve.cells[curve.place(thresholds)] for curve in curves])
    return constraint.gap(constraint.rates(cells))
