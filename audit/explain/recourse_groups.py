"""From people's ways and reasons to the figures of their groups."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import Reason
from ...metrics.interval_difference import widened_difference
from ...metrics.interval_median import median_of
from ...metrics.intervals import wilson
from ...metrics.results import WIDENED_INTERVAL, Estimate, Group, Interval
from ...metrics.scores_delong import area_interval, delong
from ..limit_figures import group_name
from ..record import GroupingFacts
from ..record_recourse import GroupingRecourse, GroupRecourse, ReasonCount, RecourseGap
from .averages import mean_estimate
from .pairing import Floats, Ints

SHOWN_REASONS = 6
NAN = float("nan")


@dataclass(frozen=True)
class People:
    """Refused people that were drawn, and what was found for each.

    Parameters
    ----------
    columns : tuple of str
    refused : ndarray of int
        Positions of all refused rows.
    chosen : ndarray of int, shape (n,)
        Positions of those drawn, in the random order that they were drawn in.
    most : int
        People of one group: the first so many of that order are a simple random sample of the group; the
        others were drawn for the sake of another group.
    costs : ndarray of float, shape (n,)
        Of the smallest plausible way; infinite without one.
    changes : ndarray of float, shape (n,)
        Columns that change; nan without a way.
    reasons, again, otherwise : tuple of tuple of int, n each
        Principal reasons, the same by another draw, and when compared with everyone.
    """

    columns: tuple[str, ...]
    refused: Ints
    chosen: Ints
    most: int
    costs: Floats
    changes: Floats
    reasons: tuple[tuple[int, ...], ...]
    again: tuple[tuple[int, ...], ...]
    otherwise: tuple[tuple[int, ...], ...]


def grouping_recourse(  # noqa: PLR0917 - a grouping, its rows' groups, and what holds for all groupings
    part: GroupingFacts,
    codes: NDArray[np.int64],
    groups: tuple[Group, ...],
    people: People,
    min_group_size: int,
    level: float,
) -> GroupingRecourse:
    """Sum up a grouping: each group by itself, then against the reference.

    The reference is the audit's; where its refused people are too few, the group with most of them.
    """
    facts = {item.group: item for item in part.groups}
    sizes = np.bincount(codes[people.refused], minlength=len(groups))
    members = {
        group: np.flatnonzero(codes[people.chosen] == at)[: people.most] for at, group in enumerate(groups)
    }
    able = []
    found = []
    for at, group in enumerate(groups):
        fact = facts[group]
        reason = None
        if fact.withheld:
            reason = Reason.WITHHELD
        elif fact.missing or sizes[at] < min_group_size or not len(members[group]):
            reason = Reason.BELOW_MINIMUM
        else:
            able.append(group)
        chosen = members[group] if reason is None else np.zeros(0, dtype=np.int64)
        found.append(_group(group, int(sizes[at]), chosen, people, reason, level))
    reference = part.reference if part.reference in able else None
    if reference is None and able:
        reference = max(able, key=lambda group: sizes[groups.index(group)])
    gaps = [
        _gap(group, reference, people.costs[members[group]], people.costs[members[reference]], level)
        for group in able
        if reference is not None and group != reference
    ]
    return GroupingRecourse(name=part.name, reference=reference, groups=tuple(found), gaps=tuple(gaps))


def _group(  # noqa: PLR0917 - who they are, and what was found for them
    group: Group, refused: int, chosen: Ints, people: People, reason: Reason | None, level: float
) -> GroupRecourse:
    costs = people.costs[chosen]
    changes = people.changes[chosen][np.isfinite(costs)]
    reasons = [people.reasons[at] for at in chosen]
    first = [people.reasons[at][:1] == people.again[at][:1] for at in chosen]
    whole = [set(people.reasons[at]) == set(people.again[at]) for at in chosen]
    other = [people.reasons[at][:1] == people.otherwise[at][:1] for at in chosen]
    counted = Counter(column for listed in reasons for column in listed)
    ranked = sorted(counted, key=lambda column: (-counted[column], column))[:SHOWN_REASONS]
    return GroupRecourse(
        group=group,
        name=group_name(group),
        refused=refused,
        sampled=len(chosen),
        reason=reason,
        share=share_of(np.isfinite(costs), level, reason),
        cost=median_of(costs, level),
        changes=mean_estimate(changes, np.ones(len(changes)), level, method="Student's t"),
        same_first=share_of(np.array(first, dtype=bool), level, reason),
        same_all=share_of(np.array(whole, dtype=bool), level, reason),
        other_method=share_of(np.array(other, dtype=bool), level, reason),
        reasons=tuple(
            ReasonCount(
                column=people.columns[column],
                share=share_of(np.array([column in listed for listed in reasons]), level, reason),
            )
            for column in ranked
        ),
    )


def share_of(flags: NDArray[np.bool_], level: float, reason: Reason | None = None) -> Estimate:
    """Give a share with Wilson's interval.

    Examples
    --------
    >>> share_of(np.array([True, False]), 0.95).value
    0.5
    """
    if not len(flags):
        return Estimate(NAN, reason=reason or Reason.EMPTY_GROUP)
    hits, size = int(flags.sum()), len(flags)
    low, high = wilson(hits, size, level)
    interval = Interval(float(low), float(high), level, "Wilson")
    return Estimate(hits / size, interval, float(hits), float(size), size, float(size))


def _gap(group: Group, reference: Group, one: Floats, other: Floats, level: float) -> RecourseGap:
    x, y = int(np.isfinite(one).sum()), int(np.isfinite(other).sum())
    low, high = widened_difference(x, len(one), y, len(other), level)
    ends = Interval(float(low), float(high), level, WIDENED_INTERVAL)
    share = Estimate(x / len(one) - y / len(other), ends, rows=len(one) + len(other))
    return RecourseGap(group=group, reference=reference, share=share, costlier=costlier(one, other, level))


def costlier(one: Floats, other: Floats, level: float = 0.95) -> Estimate:
    """Estimate how often a cost of the first group is above one of the second, ties counted half.

    Infinite costs are the highest, and tie among each other. The interval is DeLong's on the logit scale.

    Parameters
    ----------
    one, other : ndarray of float
    level : float

    Examples
    --------
    >>> costlier(np.array([1.0, 2.0, np.inf]), np.array([1.0, 1.0])).value
    0.8333333333333334
    """
    if not len(one) or not len(other):
        return Estimate(NAN, reason=Reason.EMPTY_GROUP)
    bins, at = np.unique(np.concatenate([one, other]), return_inverse=True)
    upper = np.bincount(at[: len(one)], minlength=len(bins)).astype(np.float64)
    lower = np.bincount(at[len(one) :], minlength=len(bins)).astype(np.float64)
    if len(bins) == 1:
        return Estimate(0.5, None, rows=len(one) + len(other))
    areas = delong(upper, lower, upper, lower, exact=True)
    low, high, _ = area_interval(areas, level)
    interval = Interval(float(low), float(high), level, "DeLong, logit scale")
    return Estimate(float(areas.value), interval, rows=len(one) + len(other))
