"""The data of the frontier's picture, and the numbers by which table and picture name a candidate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from ..audit.record_frontier import FrontierFacts, FrontierPoint
from ..metrics.results import Estimate
from . import formats
from .formats import Kind, kind_of, scaled
from .names import clean
from .view_frontier_words import candidate_name, score_kind, score_name
from .view_parts import FrontierChart, FrontierDot
from .wording import say, words_of

MOST_LOSS = 0.1
"""Candidates that lose more of the score than this, and far more than the chosen one, are not pictured."""


def numbered(facts: FrontierFacts) -> dict[str, int]:
    """Give each candidate its number: the Pareto set first, by score, then the dominated ones.

    Parameters
    ----------
    facts : FrontierFacts
    """

    def rank(point: FrontierPoint) -> tuple[bool, float]:
        score = point.score.after.value
        return (point.dominated_by is not None, -score if math.isfinite(score) else math.inf)

    return {point.name: place for place, point in enumerate(sorted(facts.points, key=rank), start=1)}


def frontier_chart(facts: FrontierFacts, order: dict[str, int], level: float) -> tuple[FrontierChart, str]:
    """Draw the score against the disparity, and say what the signs of the picture mean.

    Parameters
    ----------
    facts : FrontierFacts
    order : dict of str to int
        The candidates' numbers.
    level : float
        Of the intervals.
    """
    able = [p for p in facts.points if formats.defined(p.score.after) and formats.defined(p.gap.after)]
    shown = [p for p in able if _near(facts, p)]
    outside = [candidate_name(p.name) for p in able if p not in shown]
    x_kind, y_kind = kind_of(facts.metric), score_kind(facts)
    dots = tuple(_dot(facts, p, order, x_kind, y_kind) for p in shown)
    bound = facts.limit_max if facts.limit_max is not None else facts.limit_min
    limit = None if bound is None else scaled(bound, x_kind)
    metric = words_of(facts.metric).name
    told = {
        "limit": "" if limit is None else say("frontier.picture.limit"),
        "outside": say("frontier.picture.outside", names=", ".join(outside)) if outside else "",
        "level": formats.level(level),
    }
    score, by = score_name(facts), clean(facts.grouping)
    chart = FrontierChart(
        id="frontier-picture",
        title=say("frontier.picture", score=score.capitalize(), metric=_lower(metric), grouping=by),
        description=say("frontier.picture.described", count=len(shown), score=score, metric=metric, **told),
        x_title=metric + _unit(x_kind),
        y_title=score.capitalize(),
        x_kind=x_kind,
        y_kind=y_kind,
        x_domain=_domain([d.x for d in dots], [d.x_low for d in dots], [d.x_high for d in dots], limit),
        y_domain=_domain([d.y for d in dots], [d.y_low for d in dots], [d.y_high for d in dots], None),
        dots=dots,
        limit=limit,
    )
    return chart, say("frontier.key", **told)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _unit(kind: Kind) -> str:
    return {"points": " (points)", "rate": " (%)"}.get(kind, "")


def _near(facts: FrontierFacts, point: FrontierPoint) -> bool:
    """Tell whether a candidate is near enough to the others to be pictured with them."""
    loss = point.score.before.value - point.score.after.value
    return point.name == facts.chosen or loss <= MOST_LOSS


def _dot(
    facts: FrontierFacts, point: FrontierPoint, order: dict[str, int], x_kind: Kind, y_kind: Kind
) -> FrontierDot:
    kind: Literal["chosen", "unmitigated", "pareto", "dominated"] = "pareto" if point.pareto else "dominated"
    if point.method == "refit":
        kind = "unmitigated"
    if point.name == facts.chosen:
        kind = "chosen"
    x, y = _ends(point.gap.after, x_kind), _ends(point.score.after, y_kind)
    label = str(order[point.name]) if kind != "dominated" else ""
    return FrontierDot(label, candidate_name(point.name), *x, *y, kind=kind, front=point.pareto)


def _ends(estimate: Estimate, kind: Kind) -> tuple[float, float | None, float | None]:
    span = estimate.interval
    low, high = (None, None) if span is None else (scaled(span.low, kind), scaled(span.high, kind))
    return scaled(estimate.value, kind) or 0.0, low, high


def _domain(
    middles: Sequence[float], lows: Iterable[float | None], highs: Iterable[float | None], fixed: float | None
) -> tuple[float, float]:
    """Hold every point and its interval, with a little room."""
    held = [*middles, *(end for end in (*lows, *highs, fixed) if end is not None)]
    low, high = min(held, default=0.0), max(held, default=1.0)
    room = (high - low or 1.0) * 0.05
    return round(low - room, 4), round(high + room, 4)
