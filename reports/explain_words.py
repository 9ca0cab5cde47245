"""An explained gap in two to four sentences, for a reader who is no statistician.

The sentences say what the model does with the columns, how sure the figures are, and nothing about causes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..audit.record_explain import Bar, GapExplanation
from . import formats
from .formats import Kind
from .names import isolate
from .wording import say

MOST_NAMED = 3
ENOUGH = 2 / 3
"""Columns are named until they make up this part of the gap, three at most."""
OFFSETTING = 1.5
"""Contributions whose sizes sum to more than this many times the gap are said to offset each other."""
ALIKE: dict[Kind, float] = {"points": 0.0005, "score": 0.0005, "ratio": 0.005, "rate": 0.0005}
"""Below this a gap prints as none."""
ROUNDING = 1e-12
"""A bar this small is none."""
_POINTS = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "accuracy",
    "positive_predictive_value",
)


def gap_kind(metric: str) -> Kind:
    """Tell how the figures of an explained gap read.

    Examples
    --------
    >>> gap_kind("selection_rate"), gap_kind("log_loss"), gap_kind("demographic_parity_ratio")
    ('points', 'score', 'ratio')
    """
    if metric in _POINTS:
        return "points"
    return "ratio" if metric.endswith("_ratio") else "score"


def sentences(item: GapExplanation, group: str, reference: str, sensitive: Sequence[str] = ()) -> list[str]:
    """Say where a gap comes from.

    Parameters
    ----------
    item : GapExplanation
    group, reference : str
        The groups' names, as they are to be printed.
    sensitive : sequence of str
        The sensitive columns that the groups were formed by.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from ..metrics.results import Interval
    >>> bars = [("marital-status", -0.09, (-0.095, -0.085)), ("age", -0.01, (-0.02, 0.0))]
    >>> item = GapExplanation(grouping="sex", gap="demographic parity", metric="selection_rate", group=("F",),
    ...     reference=("M",), measured=-0.1, total=-0.1, residual=0.0, gross=0.1, engine="e", game="direct",
    ...     rows=9, walks=9, seed=0, bars=[Bar(column=name, value=value, sampling_error=0.002,
    ...     monte_carlo_error=0.0, interval=Interval(*ends, 0.95, "t")) for name, value, ends in bars])
    >>> for sentence in sentences(item, "Women", "Men", ["sex"]):
    ...     print(sentence)
    Women: selected 10.0 points less often than Men.
    The column marital-status (−9.0 points, 95% interval −9.5 to −8.5) accounts for most of it in the model.
    sex is not a column of the model.
    """
    kind = gap_kind(item.metric)
    columns = [bar for bar in item.bars if bar.role == "column"]
    gap = item.measured - item.start
    said = [_opening(item, group, reference, kind)]
    named, main = _main(columns, gap, kind)
    said += main
    said += [
        say("explain.words.labels", amount=_plain(bar, kind)) for bar in item.bars if bar.role == "label"
    ]
    said += _own(columns, [name for name in sensitive if name not in named], kind)
    if abs(item.residual) > ALIKE[kind]:
        said.append(say("explain.words.remainder", size=formats.figure(abs(item.residual), kind)))
    if item.approximate:
        said.append(say("explain.words.approximate"))
    return said


def _opening(item: GapExplanation, group: str, reference: str, kind: Kind) -> str:
    gap = item.measured - item.start
    sense = "alike" if abs(gap) < ALIKE[kind] else ("lower" if gap < 0 else "higher")
    size = formats.figure(item.measured if kind == "ratio" else abs(gap), kind)
    opening = say(f"explain.words.{item.metric}.{sense}", group=group, reference=reference, size=size)
    if item.control is None:
        return opening
    return say("explain.words.within", control=isolate(item.control), sentence=opening)


def _main(bars: Sequence[Bar], gap: float, kind: Kind) -> tuple[set[str], list[str]]:
    sign = math.copysign(1.0, gap)
    towards = sorted((bar for bar in bars if bar.value * sign > 0 and _clear(bar)), key=_size, reverse=True)
    if abs(gap) < ALIKE[kind] or not towards:
        return _without_main(bars, kind)
    named: list[Bar] = []
    reached = 0.0
    for bar in towards[:MOST_NAMED]:
        named.append(bar)
        reached += abs(bar.value)
        if reached >= ENOUGH * abs(gap):
            break
    part = "most" if reached >= abs(gap) / 2 else "largest"
    number = "one" if len(named) == 1 else "other"
    said = [say(f"explain.words.{part}.{number}", columns=_listed([_figure(bar, kind) for bar in named]))]
    against = [bar for bar in bars if bar.value * sign < 0 and _clear(bar)]
    if against and sum(map(_size, bars)) >= OFFSETTING * abs(gap):
        other = max(against, key=_size)
        said.append(say("explain.words.offset", figure=_figure(other, kind)))
        named.append(other)
    return {bar.column for bar in named}, said


def _without_main(bars: Sequence[Bar], kind: Kind) -> tuple[set[str], list[str]]:
    clear = sorted((bar for bar in bars if _clear(bar)), key=_size, reverse=True)[:2]
    if not clear:
        return set(), [say("explain.words.nothing")]
    listed = _listed([_figure(bar, kind) for bar in clear])
    return {bar.column for bar in clear}, [say("explain.words.cancel", columns=listed)]


def _own(bars: Sequence[Bar], sensitive: Sequence[str], kind: Kind) -> list[str]:
    by_name = {bar.column: bar for bar in bars}
    said = []
    for column in sensitive:
        bar, name = by_name.get(column), isolate(column)
        if bar is None:
            said.append(say("explain.words.own.unread", column=name))
        elif abs(bar.value) < ROUNDING:
            said.append(say("explain.words.own.none", column=name))
        else:
            key = "clear" if _clear(bar) else "unclear"
            said.append(say(f"explain.words.own.{key}", column=name, amount=_plain(bar, kind)))
    return said


def _size(bar: Bar) -> float:
    return abs(bar.value)


def _clear(bar: Bar) -> bool:
    return bar.interval is not None and not bar.interval.holds(0.0)


def _figure(bar: Bar, kind: Kind) -> str:
    name, amount, bounds = isolate(bar.column), formats.figure(bar.value, kind), _bounds(bar, kind)
    if not bounds:
        return say("explain.words.figure.bare", name=name, amount=amount)
    return say("explain.words.figure", name=name, amount=amount, bounds=bounds)


def _plain(bar: Bar, kind: Kind) -> str:
    amount, bounds = formats.figure(bar.value, kind), _bounds(bar, kind)
    return say("explain.words.plain", amount=amount, bounds=bounds) if bounds else amount


def _bounds(bar: Bar, kind: Kind) -> str:
    if bar.interval is None:
        return ""
    level, span = formats.level(bar.interval.level), formats.span(bar.interval, kind)
    return say("explain.words.bounds", level=level, span=span)


def _listed(items: list[str]) -> str:
    if len(items) == 1:
        return items[0]
    return say("explain.words.list", first=", ".join(items[:-1]), last=items[-1])
