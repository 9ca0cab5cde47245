"""The search for a less discriminatory alternative, as the table that fair-lending practice asks for.

A row for each candidate and group: what was changed, what the model is worth before and after, the adverse
impact ratio and the standardised mean difference of the group with their intervals, whether the candidate is
within the limit and the tolerance that were set beforehand, and why it was or was not chosen.
"""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

from ..metrics.results import Estimate
from .record import MitigationFigure
from .record_frontier import FrontierFacts, FrontierPoint, ImpactFacts

FIGURES = ("score", "area", "gap")


def alternatives(facts: FrontierFacts) -> list[dict[str, Any]]:
    """List every candidate and group.

    Parameters
    ----------
    facts : FrontierFacts

    Returns
    -------
    list of dict
        The same keys in each; None where a figure is undefined. ``air`` is the selection rate of the group
        over that of the reference, ``smd`` its mean score less that of the reference in standard deviations.
    """
    described = {item.name: item.description for item in facts.methods}
    return [
        _row(facts, point, described[point.method]) | _impact(group)
        for point in facts.points
        for group in point.impact or (None,)
    ]


def alternatives_csv(facts: FrontierFacts) -> str:
    """Write the table as CSV, a heading first; undefined figures are empty.

    Parameters
    ----------
    facts : FrontierFacts
    """
    rows = alternatives(facts)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def alternatives_json(facts: FrontierFacts) -> str:
    """Write the table as JSON, with the question that it answers.

    Parameters
    ----------
    facts : FrontierFacts
    """
    content = {
        "metric": facts.metric,
        "grouping": facts.grouping,
        "scoring": facts.scoring,
        "limit_min": facts.limit_min,
        "limit_max": facts.limit_max,
        "tolerance": facts.tolerance,
        "chosen": facts.chosen,
        "rule": facts.rule,
        "cut_short": facts.cut_short,
        "left_out": [item.model_dump() for item in facts.left_out],
        "alternatives": alternatives(facts),
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def why(facts: FrontierFacts, point: FrontierPoint) -> str:
    """Say why a candidate was or was not chosen.

    Parameters
    ----------
    facts : FrontierFacts
    point : FrontierPoint
        One of its points.

    Returns
    -------
    str
        A clause.
    """
    if point.name == facts.chosen:
        return {
            "best_within_limit": f"chosen: the best {facts.scoring} within the limit",
            "nearest_to_limit": "chosen: none keeps the limit, and this one comes nearest",
            "narrowest_within_tolerance": "chosen: the narrowest gap within the tolerance",
        }.get(facts.rule, "chosen")
    if facts.forbids_decision and point.needs_sensitive == "decision":
        return "not chosen: it needs the sensitive attribute for every decision, which is forbidden"
    if point.keeps_limit is False:
        return "not chosen: it does not keep the limit"
    if point.dominated_by is not None:
        return f"not chosen: {point.dominated_by} is at least as good in both figures"
    if facts.rule == "narrowest_within_tolerance" and not point.within_tolerance:
        return "not chosen: it loses more than the tolerance"
    return f"not chosen: another has a better {facts.scoring} or a narrower gap"


def _row(facts: FrontierFacts, point: FrontierPoint, description: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "candidate": point.name,
        "change": description,
        "strength": point.strength,
        "needs_sensitive": point.needs_sensitive,
    }
    for name in FIGURES:
        figure: MitigationFigure = getattr(point, name)
        row |= {f"{name}_metric": figure.metric}
        row |= _ends(f"{name}_before", figure.before) | _ends(f"{name}_after", figure.after)
        row |= _ends(f"{name}_change", figure.change)
    return row | {
        "within_noise": point.within_noise,
        "levelling_down": point.levelling_down,
        "keeps_limit": point.keeps_limit,
        "within_tolerance": point.within_tolerance,
        "pareto": point.pareto,
        "dominated_by": point.dominated_by,
        "chosen": point.name == facts.chosen,
        "why": why(facts, point),
    }


def _impact(group: ImpactFacts | None) -> dict[str, Any]:
    none = Estimate(math.nan)
    row: dict[str, Any] = {
        "group": None if group is None else group.name,
        "reference": None if group is None else group.reference,
        "group_rows": None if group is None else group.rows,
    }
    row |= _ends("air", none if group is None else group.air)
    return row | _ends("smd", none if group is None else group.smd)


def _ends(name: str, estimate: Estimate) -> dict[str, float | None]:
    span = estimate.interval
    return {
        name: _plain(estimate.value),
        f"{name}_low": None if span is None else _plain(span.low),
        f"{name}_high": None if span is None else _plain(span.high),
    }


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
