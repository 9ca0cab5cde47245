"""Several audits side by side: what got better, what got worse, and what is within noise.

Each audit is held against the first. The interval of a change is made of the two figures' own intervals
(MOVER: Zou and Donner, Statistics in Medicine 27, 2008, 1693-1702), as if the audits were of different
people; where both are of the same rows it is wider than need be, and a change that it calls real is real.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import InputError, Problem
from ..metrics.catalogue import CATALOGUE
from ..metrics.results import Estimate, Interval
from .public import public_record
from .record import Record, State

Direction = Literal["better", "worse", "noise", "undefined"]
OVERALL = "overall"


@dataclass(frozen=True)
class Change:
    """One figure in every audit, and how the last differs from the first.

    Parameters
    ----------
    grouping, metric : str
    figures : tuple of Estimate
        One an audit, ``nan`` where an audit has no such figure.
    change : Estimate
        Of the last against the first: a difference, or for ratios a quotient.
    direction : {"better", "worse", "noise", "undefined"}
    """

    grouping: str
    metric: str
    figures: tuple[Estimate, ...]
    change: Estimate
    direction: Direction


@dataclass(frozen=True)
class JudgedLimit:
    """One limit of the policy and its verdict in every audit; None where an audit does not judge it."""

    attribute: str
    metric: str
    min: float | None
    max: float | None
    states: tuple[State | None, ...]


@dataclass(frozen=True)
class Comparison:
    """Audits side by side.

    Parameters
    ----------
    records : tuple of Record
        Public ones.
    differs : tuple of str
        What is not the same in all audits: ``"model"``, ``"data"``, ``"policy"``, ``"threshold"``, ...
    limits : tuple of JudgedLimit
    changes : tuple of Change
    """

    records: tuple[Record, ...]
    differs: tuple[str, ...]
    limits: tuple[JudgedLimit, ...]
    changes: tuple[Change, ...]

    def count(self, direction: Direction) -> int:
        """Count the figures that changed in one direction."""
        return sum(item.direction == direction for item in self.changes)


_SAME: dict[str, Callable[[Record], object]] = {
    # Arrays have no fingerprint; nothing says then that they are the same rows.
    "data": lambda record: record.data.sha256 or id(record),
    "model": lambda record: record.model and (record.model.sha256 or record.model.description),
    "policy": lambda record: record.policy_sha256,
    "threshold": lambda record: record.task.threshold,
    "favourable outcome": lambda record: (record.task.target, record.task.pos_label),
    "release": lambda record: record.software.evenhand,
}


def compare_records(records: Sequence[Record]) -> Comparison:
    """Put audits side by side.

    Parameters
    ----------
    records : sequence of Record
        At least two; the first is the one that the others are held against.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        Fewer than two audits, or no grouping that the first and the last share.
    """
    if len(records) < 2:
        message = f"a comparison needs at least two records, got {len(records)}; name the later ones too"
        raise InputError.of("too_few_records", "records", message)
    shown = tuple(public_record(record) for record in records)
    shared = {part.name for part in shown[0].groupings} & {part.name for part in shown[-1].groupings}
    if not shared:
        names = [", ".join(part.name for part in record.groupings) for record in (shown[0], shown[-1])]
        raise InputError(
            [
                Problem(
                    "nothing_shared",
                    "records",
                    "audits that are compared share an attribute, got"
                    f" {names[0]!r} and {names[1]!r}; audit both by the same columns",
                )
            ]
        )
    return Comparison(
        records=shown,
        differs=tuple(
            name for name, of in _SAME.items() if any(of(record) != of(shown[0]) for record in shown)
        ),
        limits=_limits(shown),
        changes=tuple(_changes(shown)),
    )


def _limits(records: tuple[Record, ...]) -> tuple[JudgedLimit, ...]:
    keys = dict.fromkeys(
        (item.limit.attribute, item.limit.metric, item.limit.min, item.limit.max)
        for record in records
        for item in record.verdicts
    )
    return tuple(JudgedLimit(*key, states=tuple(_state(record, key) for record in records)) for key in keys)


def _state(record: Record, key: tuple[str, str, float | None, float | None]) -> State | None:
    for item in record.verdicts:
        if (item.limit.attribute, item.limit.metric, item.limit.min, item.limit.max) == key:
            return item.state
    return None


def _changes(records: tuple[Record, ...]) -> list[Change]:
    found = [_figures(record) for record in records]
    keys = [key for key in found[0] if key in found[-1]]
    nothing = Estimate(math.nan)
    return [_change(*key, tuple(each.get(key, nothing) for each in found)) for key in keys]


def _figures(record: Record) -> dict[tuple[str, str], Estimate]:
    """Give the overall accuracy, and every worst-of-several figure, by grouping and metric."""
    figures = {
        (OVERALL, name): record.overall.rates[name] for name in ("accuracy",) if name in record.overall.rates
    }
    for part in record.groupings:
        for item in part.disparities:
            if item.against == "all_pairs" and item.metric in CATALOGUE:
                figures[part.name, item.metric] = Estimate(item.value, item.interval, reason=item.reason)
    return figures


def _change(grouping: str, metric: str, figures: tuple[Estimate, ...]) -> Change:
    ratio = CATALOGUE[metric].kind == "ratio"
    change = change_of(figures[0], figures[-1], ratio=ratio)
    return Change(grouping, metric, figures, change, _direction(metric, change, ratio=ratio))


def _direction(metric: str, change: Estimate, *, ratio: bool) -> Direction:
    if change.interval is None or math.isnan(change.value):
        return "undefined"
    still = 1.0 if ratio else 0.0
    if change.interval.holds(still):
        return "noise"
    # Worst-of-several ratios lie at or below the fair value, differences at or above it.
    up_is_good = ratio or CATALOGUE[metric].kind == "rate"
    return "better" if (change.value > still) == up_is_good else "worse"


def change_of(before: Estimate, after: Estimate, *, ratio: bool = False) -> Estimate:
    """Give the change from one figure to an independent one, with MOVER's interval.

    Parameters
    ----------
    before, after : Estimate
        With intervals of the same level.
    ratio : bool
        Whether the change is a quotient; the method then works on logarithms.

    Returns
    -------
    Estimate
        ``nan`` where a figure is undefined, without an interval where one of them has none.

    References
    ----------
    Zou and Donner (2008), section 2.

    Examples
    --------
    >>> before = Estimate(0.30, Interval(0.25, 0.35, 0.95, "Wilson"))
    >>> after = Estimate(0.20, Interval(0.16, 0.24, 0.95, "Wilson"))
    >>> change = change_of(before, after)
    >>> round(change.value, 2), round(change.interval.low, 3), round(change.interval.high, 3)
    (-0.1, -0.164, -0.036)
    """
    scale: Callable[[float], float] = _log if ratio else float
    back: Callable[[float], float] = math.exp if ratio else float
    value = scale(after.value) - scale(before.value)
    if math.isnan(value) or before.interval is None or after.interval is None:
        return Estimate(back(value) if math.isfinite(value) else math.nan)
    below = math.hypot(
        scale(after.value) - scale(after.interval.low), scale(before.interval.high) - scale(before.value)
    )
    above = math.hypot(
        scale(after.interval.high) - scale(after.value), scale(before.value) - scale(before.interval.low)
    )
    if not (math.isfinite(value) and math.isfinite(below) and math.isfinite(above)):
        return Estimate(back(value) if math.isfinite(value) else math.nan)
    ends = (back(value - below), back(value + above))
    return Estimate(back(value), Interval(*ends, before.interval.level, "MOVER"))


def _log(value: float) -> float:
    return math.log(value) if value > 0 else (-math.inf if value == 0 else math.nan)
