"""What a search is for: which disparity, between which groups, within which limit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError, Problem, did_you_mean
from ..metrics.catalogue import CATALOGUE, Metric
from ..metrics.disparity import Options, worst_of
from ..metrics.rates import GroupTable
from ..mitigation.frontier import Limit as Bounds
from ..mitigation.scoring import scorer_named
from .frontier_settings import Frontier
from .policy import Limit, Policy

USUAL = "equalized_odds_difference"
"""The disparity that is narrowed where neither the settings nor a policy name one."""


@dataclass(frozen=True)
class Question:
    """What a search is for.

    Parameters
    ----------
    metric : Metric
        A difference or ratio.
    attributes : tuple of str
    bounds : Bounds or None
        What the disparity may be; None where nobody set a limit.
    limits : tuple of Limit
        All that the chosen model is judged by.
    scoring : str
    tolerance : float
    """

    metric: Metric
    attributes: tuple[str, ...]
    bounds: Bounds | None
    limits: tuple[Limit, ...]
    scoring: str
    tolerance: float

    @property
    def grouping(self) -> str:
        """The grouping's name."""
        return " x ".join(self.attributes)

    @property
    def fair(self) -> float:
        """The value of the disparity that means fair."""
        return 1.0 if self.metric.kind == "ratio" else 0.0


def question_of(
    asked: Frontier, policy: Policy | None, tables: Mapping[str, GroupTable], options: Options
) -> Question:
    """Settle what a search is for.

    What the settings leave open is taken from the policy: the first limit on a disparity that the model
    breaks, else its first limit on a disparity; without any, equalized odds by the first grouping.

    Parameters
    ----------
    asked : Frontier
    policy : Policy or None
    tables : mapping of str to GroupTable
        The audit's groupings by name.
    options : Options

    Raises
    ------
    InputError
        With every name that does not exist.
    """
    groupings = [name for name in tables if tables[name].attributes]
    listed = () if policy is None else policy.limits
    led = _leading(asked, listed, tables, options)
    metric = asked.metric or (led.metric if led else USUAL)
    attribute = asked.attribute or (led.attribute if led else groupings[0])
    problems = [
        *_unknown_metric(metric),
        *_unknown_attribute(attribute, groupings),
        *_unscored(asked.scoring),
    ]
    if problems:
        raise InputError(problems)
    names = next(tables[name].attributes for name in groupings if _same(name, attribute))
    known = CATALOGUE[metric]
    own = None if asked.limit is None else _limit(known, " x ".join(names), asked.limit)
    meant = own or next((item for item in listed if _about(item, metric, attribute)), None)
    return Question(
        known,
        names,
        None if meant is None else _bounds(meant),
        (*listed, own) if own is not None else listed,
        asked.scoring,
        asked.tolerance,
    )


def _same(one: str, other: str) -> bool:
    return sorted(one.split(" x ")) == sorted(part.strip() for part in other.split(" x "))


def _about(limit: Limit, metric: str, attribute: str) -> bool:
    """Tell whether a limit is on the worst of all pairs of this disparity."""
    whole = limit.group is None and limit.reference is None
    return whole and limit.metric == metric and _same(limit.attribute, attribute)


def _leading(
    asked: Frontier, listed: Sequence[Limit], tables: Mapping[str, GroupTable], options: Options
) -> Limit | None:
    fitting = [
        item
        for item in listed
        if CATALOGUE[item.metric].kind in ("difference", "ratio")
        and any(_same(name, item.attribute) for name in tables)
        and asked.metric in (None, item.metric)
        and (asked.attribute is None or _same(asked.attribute, item.attribute))
        and item.group is None
        and item.reference is None
    ]
    broken = (item for item in fitting if _breaks(item, tables, options))
    return next(broken, fitting[0] if fitting else None)


def _breaks(limit: Limit, tables: Mapping[str, GroupTable], options: Options) -> bool:
    table = next(tables[name] for name in tables if _same(name, limit.attribute))
    value = worst_of(table, CATALOGUE[limit.metric], options).value
    return not math.isnan(value) and _bounds(limit).excess(value) > 0


def _bounds(limit: Limit) -> Bounds:
    return Bounds(-math.inf if limit.min is None else limit.min, math.inf if limit.max is None else limit.max)


def _limit(metric: Metric, attribute: str, end: float) -> Limit:
    low, high = (end, None) if metric.kind == "ratio" else (None, end)
    return Limit(metric=metric.name, attribute=attribute, min=low, max=high)


def _unknown_metric(metric: str) -> list[Problem]:
    known = [name for name, row in CATALOGUE.items() if row.kind in ("difference", "ratio")]
    if metric in known:
        return []
    message = f"a search narrows a difference or a ratio of the catalogue, got {metric!r}"
    return [Problem("unknown_metric", "frontier.metric", f"{message}; {did_you_mean(metric, known)}")]


def _unknown_attribute(attribute: str, groupings: Sequence[str]) -> list[Problem]:
    if any(_same(name, attribute) for name in groupings):
        return []
    message = f"the audit has no grouping {attribute!r}; {did_you_mean(attribute, groupings)}"
    return [Problem("unknown_attribute", "frontier.attribute", message)]


def _unscored(scoring: str) -> list[Problem]:
    try:
        scorer_named(scoring)
    except InputError as error:
        return [Problem(item.code, "frontier.scoring", item.message) for item in error.problems]
    return []
