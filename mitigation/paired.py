"""Before and after on the same rows: how much a rate or a gap changed, and how sure that is.

Two models judged on the same test rows err together, so the change of a figure is surer than two separate
intervals suggest. Everything here is computed from the joint counts of group, label, decision before and
decision after. Three ways to an interval:

- *Tango*: the score interval for a difference of paired proportions, where a rate's denominator does not
  depend on the decision (T. Tango, Statistics in Medicine 17, 1998, 891-908).
- *MOVER of Tango*: two groups are different people, so the change of their gap is a difference of two
  independent changes, whose limits combine (G. Y. Zou and A. Donner, Statistics in Medicine 27, 2008,
  1693-1702).
- *Bootstrap of cells*: all else; a bootstrap of rows is a multinomial draw of the cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import Reason
from ..metrics.rates import Cells, Rate, divide, rate_named
from ..metrics.results import Estimate, Interval
from .joint import PairedCounts
from .paired_intervals import percentile, resampled_rates, tango_ends
from .rows import Floats

Comparison = Literal["difference", "ratio"]
Combine = Literal["worst", "mean"]


def rate_change(
    joint: PairedCounts, rate: str, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> Estimate:
    """Change of a rate over all rows, after minus before.

    Parameters
    ----------
    joint : PairedCounts
        All of its groups are taken together; ``joint.of(3)`` gives one group's change.
    rate : str
        A name in the metric catalogue; ``"accuracy"`` gives the change in accuracy.
    level : float
        Nominal coverage, in (0, 1).
    draws, seed : int
        Of the bootstrap, used only where the rate's denominator depends on the decisions (predictive values).

    Returns
    -------
    Estimate
        ``value`` in [-1, 1]; nan with a reason where the rate is undefined before or after.

    Raises
    ------
    InputError
        There is no such rate.

    Examples
    --------
    100 rows; the first model alone errs on 10 of them, the second alone on 2.

    >>> before, after = [1] * 90 + [0] * 10, [0] * 2 + [1] * 98
    >>> from evenhand.mitigation.joint import paired_counts
    >>> change = rate_change(paired_counts([0] * 100, [1] * 100, before, after), "accuracy")
    >>> round(change.value, 3), round(change.interval.low, 3), round(change.interval.high, 3)
    (0.08, 0.014, 0.158)
    """
    known, pooled = rate_named(rate), joint.pooled()
    value = float((known(pooled.after) - known(pooled.before))[0])
    rows, effective = _size(pooled, known)
    if math.isnan(value):
        return Estimate(value, rows=rows, effective=effective, reason=known.empty)
    if has_fixed_denominator(known):
        interval: Interval | None = _tango_of(pooled, known, level)
    else:
        before, after = resampled_rates(pooled, [known], draws, seed)
        interval = _percentile_interval((after - before)[0, :, 0], level)
    return Estimate(value, interval, rows=rows, effective=effective)


def masks(rate: Rate) -> tuple[Floats, Floats]:
    """Give the cells that a rate's numerator and denominator sum, each of shape (label, decision).

    Examples
    --------
    >>> [mask.tolist() for mask in masks(rate_named("true_positive_rate"))]
    [[[0.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [1.0, 1.0]]]
    """
    each_cell_alone = Cells(np.eye(4).reshape(4, 2, 2))
    above, below = rate.numerator(each_cell_alone), rate.denominator(each_cell_alone)
    return above.reshape(2, 2), below.reshape(2, 2)


def has_fixed_denominator(rate: Rate) -> bool:
    """Tell whether a rate counts the same rows whatever was decided.

    Examples
    --------
    >>> [has_fixed_denominator(rate_named(name)) for name in ("accuracy", "positive_predictive_value")]
    [True, False]
    """
    _, below = masks(rate)
    return bool((below[:, 0] == below[:, 1]).all())


def _size(joint: PairedCounts, rate: Rate) -> tuple[int, float]:
    """Rows of the labels that the rate counts, and their effective number."""
    labels = masks(rate)[1].max(axis=1)[:, None, None]
    effective = float(_effective_each(joint.pooled(), rate)[0])
    return int((joint.rows * labels).sum()), 0.0 if math.isnan(effective) else effective


def _tango_of(joint: PairedCounts, rate: Rate, level: float) -> Interval:
    low, high = _tango_each(joint.pooled(), rate, level)
    return Interval(float(low[0]), float(high[0]), level, "Tango")


def _tango_each(joint: PairedCounts, rate: Rate, level: float) -> tuple[Floats, Floats]:
    """Give the ends of Tango's interval for each group; nan where the rate counts no row of it."""
    event, counted = masks(rate)
    # Cells whose event holds before but not after, and the other way round: axes are label, before, after.
    lost, won = (event[:, :, None] > event[:, None, :]), (event[:, :, None] < event[:, None, :])
    before_only, after_only, weight = (
        (joint.counts * cells).sum(axis=(1, 2, 3)) for cells in (lost, won, counted[:, :, None])
    )
    effective = _effective_each(joint, rate)
    low, high = np.full_like(weight, np.nan), np.full_like(weight, np.nan)
    able = (weight > 0) & (effective > 0)
    scale = effective[able] / weight[able]
    low[able], high[able] = tango_ends(
        before_only[able] * scale, after_only[able] * scale, effective[able], level=level
    )
    return low, high


def _effective_each(joint: PairedCounts, rate: Rate) -> Floats:
    labels = masks(rate)[1].max(axis=1)[:, None, None]
    weight = np.asarray((joint.counts * labels).sum(axis=(1, 2, 3)))
    if joint.squares is None:
        return weight
    return divide(weight**2, (joint.squares * labels).sum(axis=(1, 2, 3)))


def rate_changes(
    joint: PairedCounts, rate: str, *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> list[Estimate]:
    """Change of a rate in each group, after minus before.

    Parameters
    ----------
    joint : PairedCounts
    rate : str
        A name in the metric catalogue.
    level : float
        Nominal coverage of each interval, in (0, 1).
    draws, seed : int
        Of the bootstrap, as in ``rate_change``.

    Returns
    -------
    list of Estimate
        One a group, as ``rate_change`` gives it for the group alone.

    Raises
    ------
    InputError
        There is no such rate.

    Examples
    --------
    >>> from evenhand.mitigation.joint import paired_counts
    >>> joint = paired_counts([0] * 50 + [1] * 50, [1] * 100, [1] * 100, [0] * 10 + [1] * 90)
    >>> [(round(c.value, 2), round(c.interval.high, 2)) for c in rate_changes(joint, "true_positive_rate")]
    [(-0.2, -0.11), (0.0, 0.07)]
    """
    known, groups = rate_named(rate), range(joint.counts.shape[0])
    if not has_fixed_denominator(known):
        return [rate_change(joint.of(g), rate, level=level, draws=draws, seed=seed) for g in groups]
    values = known(joint.after) - known(joint.before)
    low, high = _tango_each(joint, known, level)
    sizes = [_size(joint.of(g), known) for g in groups]
    return [
        Estimate(float(value), None, rows=rows, effective=effective, reason=known.empty)
        if math.isnan(value)
        else Estimate(
            float(value), Interval(float(a), float(b), level, "Tango"), rows=rows, effective=effective
        )
        for value, a, b, (rows, effective) in zip(values, low, high, sizes, strict=True)
    ]


def gap_change(
    joint: PairedCounts,
    rate: str,
    group: int,
    reference: int,
    *,
    comparison: Comparison = "difference",
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Change of one group's gap to another, after minus before, both signed (group minus reference).

    Parameters
    ----------
    joint : PairedCounts
    rate : str
        A name in the metric catalogue.
    group, reference : int
        Positions of the two groups.
    comparison : {"difference", "ratio"}
        The gap: group minus reference, or group over reference.
    level : float
        Nominal coverage, in (0, 1).
    draws, seed : int
        Of the bootstrap, used for ratios and for predictive values.

    Returns
    -------
    Estimate
        nan with a reason where a group's rate is undefined; no interval where more than 5 % of the
        bootstrap's draws are undefined.

    Raises
    ------
    InputError
        There is no such rate.

    Examples
    --------
    Women go from 10 to 20 selected of 50; men stay at 30 of 50: the gap of -0.4 narrows by 0.2.

    >>> from evenhand.mitigation.joint import paired_counts
    >>> group = [0] * 50 + [1] * 50
    >>> before = [1] * 10 + [0] * 40 + [1] * 30 + [0] * 20
    >>> after = [1] * 20 + [0] * 30 + [1] * 30 + [0] * 20
    >>> change = gap_change(paired_counts(group, [1] * 100, before, after), "selection_rate", 0, 1)
    >>> round(change.value, 3), round(change.interval.low, 3), round(change.interval.high, 3)
    (0.2, 0.087, 0.349)
    """
    known, pair = rate_named(rate), joint.of(group, reference)
    value = float(_compared(known(pair.after), comparison) - _compared(known(pair.before), comparison))
    rows, effective = _size(pair, known)
    if math.isnan(value):
        return Estimate(value, rows=rows, effective=effective, reason=Reason.GROUP_UNDEFINED)
    if comparison == "difference" and has_fixed_denominator(known):
        interval: Interval | None = _mover(pair, known, level)
    else:
        before, after = resampled_rates(pair, [known], draws, seed)
        interval = _percentile_interval(
            (_compared(after, comparison) - _compared(before, comparison))[0], level
        )
    return Estimate(value, interval, rows=rows, effective=effective)


def _compared(rates: Floats, comparison: Comparison) -> Floats:
    first, second = rates[..., 0], rates[..., 1]
    if comparison == "difference":
        return np.asarray(first - second)
    return divide(first, second)


def _mover(pair: PairedCounts, rate: Rate, level: float) -> Interval:
    first, second = (_tango_of(pair.of(i), rate, level) for i in (0, 1))
    changes = rate(pair.after) - rate(pair.before)
    value = float(changes[0] - changes[1])
    below = math.hypot(changes[0] - first.low, second.high - changes[1])
    above = math.hypot(first.high - changes[0], changes[1] - second.low)
    return Interval(max(value - below, -2.0), min(value + above, 2.0), level, "MOVER of Tango")


def worst_gap_change(
    joint: PairedCounts,
    rates: Sequence[str],
    *,
    groups: Sequence[int] | None = None,
    comparison: Comparison = "difference",
    combine: Combine = "worst",
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Change of the worst gap between any two groups, after minus before; below 0 means narrower.

    The worst gap (largest minus smallest rate) is never negative and reads too large, the more so the smaller
    the groups, so a gap that was closed seems to remain in part, and one that was opened seems smaller than
    it is. The interval allows for that: at each end it is the wider of percentile and basic bootstrap,
    moved outwards by the gap that is expected of equal groups where the gap before (or after) may be no more
    than that; and it ends where the spread of the groups' own changes does, which the change cannot exceed.

    Parameters
    ----------
    joint : PairedCounts
    rates : sequence of str
        As in the metric catalogue; the true and the false positive rate give equalized odds.
    groups : sequence of int, optional
        Positions of the groups compared; None means all.
    comparison : {"difference", "ratio"}
        Largest minus smallest, or smallest over largest (where below 0 means *wider*).
    combine : {"worst", "mean"}
        What counts of several rates: the worst gap, or the mean of the gaps.
    level : float
        Nominal coverage, in (0, 1).
    draws, seed : int
        Of the bootstrap.

    Returns
    -------
    Estimate
        nan with a reason where fewer than two groups are compared or a group's rate is undefined.

    Raises
    ------
    InputError
        There is no such rate.

    Examples
    --------
    >>> from evenhand.mitigation.joint import paired_counts
    >>> group = [0] * 50 + [1] * 50
    >>> before = [1] * 10 + [0] * 40 + [1] * 30 + [0] * 20
    >>> after = [1] * 20 + [0] * 30 + [1] * 30 + [0] * 20
    >>> change = worst_gap_change(paired_counts(group, [1] * 100, before, after), ["selection_rate"])
    >>> round(change.value, 3), change.interval.high < 0
    (-0.2, True)
    """
    known = [rate_named(rate) for rate in rates]
    kept = joint if groups is None else joint.of(*groups)
    rows = int(kept.rows.sum())
    if kept.counts.shape[0] < 2:
        return Estimate(math.nan, rows=rows, reason=Reason.SINGLE_GROUP)
    kind = _Gap(comparison, combine)
    before, after = (np.stack([rate(counts) for rate in known]) for counts in (kept.before, kept.after))
    value = float(kind.of(after) - kind.of(before))
    if math.isnan(value):
        return Estimate(value, rows=rows, reason=Reason.GROUP_UNDEFINED)
    drawn = resampled_rates(kept, known, draws, seed)
    most = _most_change(kept, known, level) if comparison == "difference" else math.inf
    return Estimate(value, _worst_gap_interval(kind, (before, after), drawn, level, most), rows=rows)


def _percentile_interval(replicates: Floats, level: float) -> Interval | None:
    ends = percentile(replicates, level)
    return None if ends is None else Interval(*ends, level, "percentile bootstrap")


def _worst_gap_interval(
    kind: _Gap, rates: tuple[Floats, Floats], drawn: tuple[Floats, Floats], level: float, most: float
) -> Interval | None:
    ends = percentile(kind.of(drawn[1]) - kind.of(drawn[0]), level)
    if ends is None:
        return None
    value = float(kind.of(rates[1]) - kind.of(rates[0]))
    lean_before, lean_after = (
        kind.lean(each, again, level) for each, again in zip(rates, drawn, strict=True)
    )
    # A difference leans upwards, a ratio downwards: the truth lies on the other side.
    below, above = (lean_after, lean_before) if kind.comparison == "difference" else (lean_before, lean_after)
    low, high = min(ends[0], 2 * value - ends[1]) - below, max(ends[1], 2 * value - ends[0]) + above
    most = min(most, 1.0)
    return Interval(
        max(low, -most), min(high, most), level, "bootstrap of cells, allowing for the lean of a worst gap"
    )


def _most_change(joint: PairedCounts, rates: Sequence[Rate], level: float) -> float:
    """Bound a worst gap's change by the spread of the groups' own changes (Tango, Bonferroni)."""
    if not all(has_fixed_denominator(rate) for rate in rates):
        return math.inf
    groups = joint.counts.shape[0]
    spreads = []
    for rate in rates:
        low, high = _tango_each(joint, rate, 1 - (1 - level) / groups)
        spreads.append(float(high.max() - low.min()))
    return max(spreads)


@dataclass(frozen=True)
class _Gap:
    """A worst gap as a function of rates of shape (rates, ..., groups)."""

    comparison: Comparison
    combine: Combine

    def of(self, rates: Floats) -> Floats:
        low, high = rates.min(axis=-1), rates.max(axis=-1)
        gaps = high - low if self.comparison == "difference" else divide(low, high)
        if self.combine == "mean":
            return np.asarray(gaps.mean(axis=0))
        return np.asarray(gaps.max(axis=0) if self.comparison == "difference" else gaps.min(axis=0))

    def lean(self, rates: Floats, drawn: Floats, level: float) -> float:
        """Tell how far equal groups of these sizes seem apart, if this gap may be no more; else 0."""
        fair = 0.0 if self.comparison == "difference" else 1.0
        equal = drawn - rates[:, None, :] + rates.mean(axis=-1)[:, None, None]
        apart = np.abs(self.of(equal) - fair)
        apart = apart[np.isfinite(apart)]
        seen = abs(float(self.of(rates)) - fair)
        return float(np.median(apart)) if len(apart) and seen <= np.quantile(apart, level) else 0.0
