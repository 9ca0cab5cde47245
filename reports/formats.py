"""How figures are written on the pages: one place for every number format.

Formats do not depend on a locale or on the machine: a thin set of English conventions (thousands by comma,
decimals by point, a true minus sign).
"""

from __future__ import annotations

import math
from typing import Literal

from ..metrics.results import Estimate, Interval

Kind = Literal["rate", "points", "ratio", "score"]
"""How a figure reads: a share of people, a gap in percentage points, a ratio, or a plain number."""

NO_FIGURE = "–"
_SCALE: dict[Kind, float] = {"rate": 100.0, "points": 100.0, "ratio": 1.0, "score": 1.0}
_DIGITS: dict[Kind, int] = {"rate": 1, "points": 1, "ratio": 2, "score": 3}
_UNIT: dict[Kind, str] = {"rate": "%", "points": " points", "ratio": "", "score": ""}
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
    return text.replace("-", "\u2212")


def figure(value: float, kind: Kind) -> str:
    """Write a figure with its unit.

    Examples
    --------
    >>> figure(0.30251, "rate"), figure(0.1, "points"), figure(0.354, "ratio")
    ('30.3%', '10.0 points', '0.35')
    """
    text = bare(value, kind)
    return text if text == NO_FIGURE else text + _UNIT[kind]


def span(interval: Interval | None, kind: Kind) -> str:
    """Write an interval; nothing where there is none.

    Examples
    --------
    >>> span(Interval(0.295, 0.311, 0.95, "Wilson"), "rate")
    '29.5 to 31.1'
    """
    return "" if interval is None else f"{bare(interval.low, kind)} to {bare(interval.high, kind)}"


def with_span(value: float, interval: Interval | None, kind: Kind) -> str:
    """Write a figure and, in brackets, its interval."""
    ends = span(interval, kind)
    return f"{figure(value, kind)} [{ends}]" if ends else figure(value, kind)


def count(value: float) -> str:
    """Write a count; weighted counts that are not whole get one decimal.

    Examples
    --------
    >>> count(16281), count(12.5)
    ('16,281', '12.5')
    """
    if not math.isfinite(value):
        return NO_FIGURE
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-9 else f"{value:,.1f}"


def p_value(value: float) -> str:
    """Write a p-value: three decimals, and never as zero.

    Examples
    --------
    >>> p_value(0.00001), p_value(0.0312), p_value(float("nan"))
    ('< 0.001', '0.031', '–')
    """
    if math.isnan(value):
        return NO_FIGURE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def level(value: float) -> str:
    """Write a confidence level: two decimals at most, and never as certainty.

    Examples
    --------
    >>> level(0.95), level(1 - 0.05 / 6), level(0.999999)
    ('95%', '99.17%', 'over 99.99%')
    """
    rounded = round(value * 100, 2)
    return "over 99.99%" if rounded == 100 and value < 1 else f"{rounded:.6g}%"


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
        "unit": _UNIT[kind],
        "point": ".",
        "none": NO_FIGURE,
    }


def defined(item: Estimate) -> bool:
    """Tell whether an estimate has a figure."""
    return math.isfinite(item.value)
