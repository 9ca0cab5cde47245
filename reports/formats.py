"""How figures are written on the pages: one place for every number format.

Formats do not depend on a locale or on the machine: the language in force says how thousands and decimals are
parted and what stands behind a figure (``messages/<language>/formats.toml``); the minus sign is a true one.
"""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from ..metrics.results import Estimate, Interval
from .language import say

Kind = Literal["rate", "points", "ratio", "score"]
"""How a figure reads: a share of people, a gap in percentage points, a ratio, or a plain number."""

NO_FIGURE = "–"
_SCALE: dict[Kind, float] = {"rate": 100.0, "points": 100.0, "ratio": 1.0, "score": 1.0}
_DIGITS: dict[Kind, int] = {"rate": 1, "points": 1, "ratio": 2, "score": 3}
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)")
_PLAIN_NUMBERS = (
    "mean_score",
    "mean_log_odds",
    "mean_prediction",
    "log_loss",
    "roc_auc",
    "expected_calibration_error",
    "brier_score",
    "balance_for_the",
)


def kind_of(metric: str, comparison: str | None = None) -> Kind:
    """Tell how a metric's figures read.

    Examples
    --------
    >>> kind_of("selection_rate"), kind_of("selection_rate", "ratio"), kind_of("accuracy_difference")
    ('rate', 'ratio', 'points')
    """
    if comparison == "ratio" or metric.endswith("_ratio"):
        return "ratio"
    if comparison == "log_ratio" or metric.startswith(_PLAIN_NUMBERS):
        return "score"
    if comparison == "difference" or metric.endswith("_difference"):
        return "points"
    return "rate"


def scaled(value: float, kind: Kind) -> float | None:
    """Turn a figure into the number that is printed and drawn, unrounded; None where undefined."""
    return value * _SCALE[kind] if math.isfinite(value) else None


def bare(value: float, kind: Kind) -> str:
    """Write a figure without its unit.

    Examples
    --------
    >>> bare(-0.19634, "points"), bare(0.30251, "rate"), bare(float("nan"), "rate"), bare(-0.00001, "points")
    ('−19.6', '30.3', '–', '0.0')
    """
    if math.isnan(value):
        return NO_FIGURE
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value * _SCALE[kind]:,.{_DIGITS[kind]}f}"
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return parted(text)


def parted(text: str) -> str:
    """Part thousands and decimals of an English number as the language in force does.

    Examples
    --------
    >>> parted("-1,234.5")
    '−1,234.5'
    """
    marks = {",": say("format.thousands"), ".": say("format.point"), "-": "\u2212"}
    return "".join(marks.get(letter, letter) for letter in text)


def number(value: float, digits: int = 6) -> str:
    """Write a plain number with so many digits that count.

    Examples
    --------
    >>> number(0.5), number(-0.123456789, 3)
    ('0.5', '−0.123')
    """
    return parted(f"{value:.{digits}g}")


def figure(value: float, kind: Kind) -> str:
    """Write a figure with its unit.

    Examples
    --------
    >>> figure(0.30251, "rate"), figure(0.1, "points"), figure(0.354, "ratio")
    ('30.3%', '10.0 points', '0.35')
    """
    text = bare(value, kind)
    return text if text == NO_FIGURE else _with_unit(text, kind)


def _with_unit(text: str, kind: Kind) -> str:
    return say(f"format.{kind}", number=text)


def span(interval: Interval | None, kind: Kind) -> str:
    """Write an interval; nothing where there is none.

    Examples
    --------
    >>> span(Interval(0.295, 0.311, 0.95, "Wilson"), "rate")
    '29.5 to 31.1'
    """
    return "" if interval is None else ends(interval.low, interval.high, kind)


def ends(low: float, high: float, kind: Kind) -> str:
    """Write two ends, without their unit.

    Examples
    --------
    >>> ends(0.1, 0.25, "rate")
    '10.0 to 25.0'
    """
    return say("format.span", low=bare(low, kind), high=bare(high, kind))


def axis_label() -> str:
    """Write Vega's expression for the labels of an axis in per cent."""
    return f"datum.label + '{_with_unit('', 'rate')}'"


def axis_numbers() -> dict[str, dict[str, Any]]:
    """Give Vega how an axis parts thousands and decimals; nothing where it does so by itself."""
    marks = {"decimal": say("format.point"), "thousands": say("format.thousands")}
    if marks == {"decimal": ".", "thousands": ","}:
        return {}
    return {"locale": {"number": {**marks, "grouping": [3], "currency": ["", ""]}}}


def with_span(value: float, interval: Interval | None, kind: Kind) -> str:
    """Write a figure and, in brackets, its interval."""
    shown = span(interval, kind)
    return f"{figure(value, kind)} [{shown}]" if shown else figure(value, kind)


def count(value: float) -> str:
    """Write a count; weighted counts that are not whole get one decimal.

    Examples
    --------
    >>> count(16281), count(12.5)
    ('16,281', '12.5')
    """
    if not math.isfinite(value):
        return NO_FIGURE
    return parted(f"{value:,.0f}" if abs(value - round(value)) < 1e-9 else f"{value:,.1f}")


def p_value(value: float) -> str:
    """Write a p-value: three decimals, and never as zero.

    Examples
    --------
    >>> p_value(0.00001), p_value(0.0312), p_value(float("nan"))
    ('< 0.001', '0.031', '–')
    """
    if math.isnan(value):
        return NO_FIGURE
    return f"< {parted('0.001')}" if value < 0.001 else parted(f"{value:.3f}")


def moment(text: str) -> str:
    """Write a moment to the minute; a text that is none stays as it is.

    Examples
    --------
    >>> moment("2026-03-01T15:32:09+00:00"), moment("yesterday")
    ('2026-03-01, 15:32 UTC', 'yesterday')
    """
    found = _MOMENT.fullmatch(text)
    return f"{found[1]}, {found[2]} UTC" if found else text


def level(value: float) -> str:
    """Write a confidence level: two decimals at most, and never as certainty.

    Examples
    --------
    >>> level(0.95), level(1 - 0.05 / 6), level(0.999999)
    ('95%', '99.17%', 'over 99.99%')
    """
    rounded = round(value * 100, 2)
    if rounded == 100 and value < 1:
        return say("format.over", level=_with_unit(parted("99.99"), "rate"))
    return _with_unit(number(rounded), "rate")


def script_format(kind: Kind) -> dict[str, str | float | int]:
    """Give a number format to the page's script, which writes figures as ``figure`` does.

    Examples
    --------
    >>> script_format("rate")
    {'scale': 100.0, 'digits': 1, 'unit': '%', 'point': '.', 'none': '–'}
    """
    return {
        "scale": _SCALE[kind],
        "digits": _DIGITS[kind],
        "unit": _with_unit("", kind),
        "point": say("format.point"),
        "none": NO_FIGURE,
    }


def defined(item: Estimate) -> bool:
    """Tell whether an estimate has a figure."""
    return math.isfinite(item.value)
