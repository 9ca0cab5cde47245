"""An explained gap in two or three sentences, and as a part of the record.

The sentences say what the model does with the columns, how sure the figures are, and nothing about causes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from ...metrics.results import Group
from ..record import Bar, GapExplanation
from .explained import Contribution, Explained
from .gap import KINDS

Unit = Literal["points", "score"]

MOST_NAMED = 3
ENOUGH = 2 / 3
"""Columns are named until they make up this part of the gap, three at most."""
OFFSETTING = 1.5
"""Contributions whose sizes sum to more than this many times the gap are said to offset each other."""
NOT_CAUSES = "These are contributions within the model, not causes."

_RATES = {
    "selection_rate": "",
    "true_positive_rate": "among those whose true label is positive, ",
    "false_positive_rate": "among those whose true label is negative, ",
}
"""Of whom each rate is, as the opening sentence says it; a colon after the group's name suits any name."""


def in_words(
    metric: str,
    group: str,
    reference: str,
    measured: float,
    bars: Sequence[Contribution | Bar],
    *,
    sensitive: Sequence[str] = (),
    residual: float = 0.0,
) -> str:
    """Say in two to four sentences where a gap comes from.

    Parameters
    ----------
    metric : str
        A key of ``gap.KINDS``.
    group, reference : str
        The groups' names.
    measured : float
        Mean of the group minus that of the reference.
    bars : sequence of Contribution or Bar
    sensitive : sequence of str
        The sensitive columns that the groups were formed by.
    residual : float
        ``measured`` minus the sum of the bars.

    Returns
    -------
    str

    Examples
    --------
    >>> from evenhand.metrics.results import Interval
    >>> bars = [Contribution("marital-status", -0.09, Interval(-0.095, -0.085, 0.95, "t"), 0.002, 0.001),
    ...         Contribution("age", -0.01, Interval(-0.02, 0.0, 0.95, "t"), 0.005, 0.001)]
    >>> said = in_words("selection_rate", "Women", "Men", -0.1, bars, sensitive=["sex"])
    >>> for sentence in said.split(". "):
    ...     print(sentence)
    Women: selected 10.0 points less often than Men
    The column marital-status (−9.0 points, 95% interval −9.5 to −8.5) accounts for most of it in the model
    sex is not a column of the model
    These are contributions within the model, not causes.
    """
    unit: Unit = "points" if metric in _RATES else "score"
    main = _main(bars, measured, unit)
    unsaid = [column for column in sensitive if f"{column} (" not in main]
    opening = _opening(metric, group, reference, measured)
    sentences = [opening, main, *_own(bars, unsaid, unit)]
    if abs(residual) > 0.0005:
        left = _amount(residual, unit)
        sentences.append(f"The sum of the contributions misses the measured gap by {left}.")
    return " ".join([*(sentence for sentence in sentences if sentence), NOT_CAUSES])


def _opening(metric: str, group: str, reference: str, measured: float) -> str:
    if metric not in _RATES:
        if abs(measured) < 0.0005:
            return f"{group} and {reference}: scored alike on average."
        sense = "lower" if measured < 0 else "higher"
        scale = " on the log-odds scale" if metric == "mean_log_odds" else ""
        return f"{group}: scored {abs(measured):.3f} {sense} on average than {reference}{scale}."
    whom = _RATES[metric]
    if abs(measured) < 0.0005:
        return f"{group} and {reference}: {whom}selected equally often."
    sense = "less" if measured < 0 else "more"
    return f"{group}: {whom}selected {abs(measured) * 100:.1f} points {sense} often than {reference}."


def _main(bars: Sequence[Contribution | Bar], measured: float, unit: Unit) -> str:
    sign = math.copysign(1.0, measured)
    towards = sorted(
        (bar for bar in bars if bar.value * sign > 0 and _clear(bar)), key=lambda bar: -abs(bar.value)
    )
    if abs(measured) < 0.0005 or not towards:
        return _without_main(bars, unit)
    named: list[Contribution | Bar] = []
    reached = 0.0
    for bar in towards[:MOST_NAMED]:
        named.append(bar)
        reached += abs(bar.value)
        if reached >= ENOUGH * abs(measured):
            break
    what = "most of it" if reached >= abs(measured) / 2 else "the largest parts of it"
    if len(named) == 1 and what == "the largest parts of it":
        what = "the largest part of it"
    plural = len(named) > 1
    listed = _listed([_figure(bar, unit) for bar in named])
    sentence = (
        f"The column{'s' if plural else ''} {listed} account{'' if plural else 's'} for {what} in the model."
    )
    return sentence + _against(bars, measured, unit)


def _against(bars: Sequence[Contribution | Bar], measured: float, unit: Unit) -> str:
    sign = math.copysign(1.0, measured)
    against = [bar for bar in bars if bar.value * sign < 0 and _clear(bar)]
    if not against or sum(abs(bar.value) for bar in bars) < OFFSETTING * abs(measured):
        return ""
    largest = max(against, key=lambda bar: abs(bar.value))
    return f" Contributions partly offset each other: {_figure(largest, unit)} works the other way."


def _without_main(bars: Sequence[Contribution | Bar], unit: Unit) -> str:
    clear = sorted((bar for bar in bars if _clear(bar)), key=lambda bar: -abs(bar.value))[:2]
    if not clear:
        return "No column's contribution can be told from zero."
    listed = _listed([_figure(bar, unit) for bar in clear])
    return f"The largest contributions are {listed}; together the columns' contributions cancel or are small."


def _own(bars: Sequence[Contribution | Bar], sensitive: Sequence[str], unit: Unit) -> list[str]:
    by_name = {_name(bar): bar for bar in bars}
    sentences = []
    for column in sensitive:
        if column not in by_name:
            sentences.append(f"{column} is not a column of the model.")
        elif by_name[column].value == 0.0:
            sentences.append(f"{column} itself contributes nothing.")
        else:
            doubt = "" if _clear(by_name[column]) else ", which cannot be told from zero"
            sentences.append(f"{column} itself contributes {_bare(by_name[column], unit)}{doubt}.")
    return sentences


def _name(bar: Contribution | Bar) -> str:
    return bar.column if isinstance(bar, Bar) else bar.player


def _clear(bar: Contribution | Bar) -> bool:
    return bar.interval is not None and not bar.interval.holds(0.0)


def _figure(bar: Contribution | Bar, unit: Unit) -> str:
    return f"{_name(bar)} ({_amount(bar.value, unit)}{_range(bar, unit)})"


def _bare(bar: Contribution | Bar, unit: Unit) -> str:
    between = _range(bar, unit)
    return f"{_amount(bar.value, unit)} ({between[2:]})" if between else _amount(bar.value, unit)


def _range(bar: Contribution | Bar, unit: Unit) -> str:
    if bar.interval is None:
        return ""
    low, high = (_number(end, unit) for end in (bar.interval.low, bar.interval.high))
    return f", {round(bar.interval.level * 100, 2):g}% interval {low} to {high}"


def _amount(value: float, unit: Unit) -> str:
    return f"{_number(value, unit)} points" if unit == "points" else _number(value, unit)


def _number(value: float, unit: Unit) -> str:
    text = f"{value * 100:.1f}" if unit == "points" else f"{value:.3f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "\u2212")


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def to_record(
    explained: Explained,
    metric: str,
    *,
    grouping: str,
    group: Group,
    reference: Group,
    group_name: str,
    reference_name: str,
    sensitive: Sequence[str],
) -> GapExplanation:
    """Turn an explained gap into a part of the record, largest contribution first.

    Parameters
    ----------
    explained : Explained
    metric : str
        A key of ``gap.KINDS``.
    grouping : str
        Name of the grouping, for example ``"sex x race"``.
    group, reference : tuple
        Keys of the groups.
    group_name, reference_name : str
        As sentences name them.
    sensitive : sequence of str
        The columns that the grouping is formed by.
    """
    ordered = sorted(explained.bars, key=lambda bar: -abs(bar.value))
    return GapExplanation(
        grouping=grouping,
        gap=KINDS[metric].gap,
        metric=metric,
        group=group,
        reference=reference,
        measured=explained.measured,
        total=explained.total,
        residual=explained.residual,
        gross=explained.gross,
        bars=tuple(
            Bar(
                column=bar.player,
                value=bar.value,
                interval=bar.interval,
                sampling_error=bar.sampling_error,
                monte_carlo_error=bar.monte_carlo_error,
            )
            for bar in ordered
        ),
        engine=explained.engine,
        game=explained.game,
        rows=explained.rows,
        walks=explained.walks,
        seed=explained.seed,
        words=in_words(
            metric,
            group_name,
            reference_name,
            explained.measured,
            explained.bars,
            sensitive=sensitive,
            residual=explained.residual,
        ),
    )
