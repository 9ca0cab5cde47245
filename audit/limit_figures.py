"""The figure that a limit is about: the worst of all pairs, of those that it names, or of groups' rates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import Reason
from ..metrics.catalogue import Metric
from ..metrics.disparity import Options, worst_of
from ..metrics.rates import RATES, GroupTable, count, estimates
from ..metrics.results import Disparity, Group
from .policy import LevelValue, Limit
from .record import State


def group_name(group: Group) -> str:
    """Name a group for people: its levels joined by x, a missing or an empty one said to be so.

    Examples
    --------
    >>> group_name(("Female", None))
    'Female x (missing)'
    >>> group_name(("",)), group_name(())
    ('(blank)', 'all rows')
    """
    return " x ".join(map(_level_name, group)) if group else "all rows"


def _level_name(level: object) -> str:
    return "(missing)" if level is None else str(level) or "(blank)"


def state_of(figure: Disparity, limit: Limit) -> State:
    """Hold a figure against a limit: the one decision rule."""
    low, high = _bounds(limit)
    if math.isnan(figure.value):
        return "undefined"
    if limit.decide_on == "point":
        return "pass" if low <= figure.value <= high else "fail"
    if figure.interval is None:
        return "undefined"
    if low <= figure.interval.low and figure.interval.high <= high:
        return "pass"
    return "fail" if figure.interval.low > high or figure.interval.high < low else "inconclusive"


def _bounds(limit: Limit) -> tuple[float, float]:
    low = -math.inf if limit.min is None else limit.min
    return low, math.inf if limit.max is None else limit.max


def figure_of(table: GroupTable, metric: Metric, limit: Limit, options: Options) -> Disparity:
    """Compute what a limit is about: the worst of all pairs, of some pairs, or of the groups' rates."""
    if metric.kind not in ("difference", "ratio"):
        return _worst_rate(table, metric, limit, options)
    if limit.group is None and limit.reference is None:
        return worst_of(table, metric, options)
    return _worst_pair(table, metric, limit, options)


def _worst_rate(table: GroupTable, metric: Metric, limit: Limit, options: Options) -> Disparity:
    """Find the group whose rate is furthest out of the limit; Bonferroni's interval over the groups."""
    if limit.group is not None:
        table = table.only([_position(table, limit.group)])
    counted = count(table, RATES[metric.name])
    known = np.array([None not in group or limit.group is not None for group in table.groups])
    small = known & (counted.rows < options.min_group_size)
    inside = np.flatnonzero(known & ~small)
    left_out = tuple(table.groups[i] for i in np.flatnonzero(small))
    blank = Disparity(
        metric.name, "difference", "overall", None, None, math.nan, compared=len(inside), left_out=left_out
    )
    if counted.missing_input is not None or len(inside) == 0:
        return replace(blank, reason=counted.missing_input or Reason.NO_GROUP)
    figures = estimates(counted, 1 - (1 - options.level) / len(inside))
    return _worst(
        [
            replace(blank, group=table.groups[i], value=f.value, interval=f.interval, reason=f.reason)
            for i, f in ((i, figures[i]) for i in inside)
        ],
        limit,
    )


def _worst_pair(table: GroupTable, metric: Metric, limit: Limit, options: Options) -> Disparity:
    """Compare only the pairs that the limit names; each interval is Bonferroni's over the pairs."""
    named = [_position(table, level) for level in (limit.group, limit.reference) if level is not None]
    others = [i for i in range(len(table.groups)) if i not in named and None not in table.groups[i]]
    pairs = [named] if len(named) == 2 else [[*named, i] for i in others]
    if not pairs:
        return worst_of(table.only(named), metric, options)
    # Whoever names a group wants it compared, also one with a missing level.
    each = replace(options, level=1 - (1 - options.level) / len(pairs), compare_missing=True)
    found = [worst_of(table.only(pair), metric, each) for pair in pairs]
    able = [figure for figure in found if not figure.left_out] or found
    left_out = tuple(dict.fromkeys(group for figure in found for group in figure.left_out))
    return replace(_worst(able, limit), left_out=left_out, compared=len(able) + 1)


def _worst(figures: Sequence[Disparity], limit: Limit) -> Disparity:
    """Choose the figure that decides: one that breaks the limit, else the one that comes closest to it."""
    rank: dict[State, int] = {"fail": 3, "undefined": 2, "inconclusive": 1, "pass": 0}
    return max(figures, key=lambda figure: (rank[state_of(figure, limit)], _excess(figure, limit)))


def _excess(figure: Disparity, limit: Limit) -> float:
    low, high = _bounds(limit)
    if math.isnan(figure.value):
        return math.inf
    if limit.decide_on == "point" or figure.interval is None:
        return max(low - figure.value, figure.value - high)
    return max(low - figure.interval.low, figure.interval.high - high)


def listed(group: LevelValue | tuple[LevelValue, ...] | None) -> tuple[LevelValue, ...] | None:
    """Spell a group as a tuple of levels."""
    return group if group is None or isinstance(group, tuple) else (group,)


def _position(table: GroupTable, group: LevelValue | tuple[LevelValue, ...]) -> int:
    wanted = tuple(map(str, listed(group) or ()))
    spelled = [
        tuple("(missing)" if level is None else str(level) for level in known) for known in table.groups
    ]
    return spelled.index(wanted)


def without(table: GroupTable, waived: Sequence[str]) -> GroupTable:
    """Take the waived groups out."""
    return table.only([i for i, group in enumerate(table.groups) if group_name(group) not in waived])
