"""The one decision rule: what a policy says of the figures of an audit.

``pass``: the whole interval lies inside the limit (equal counts as inside). ``fail``: the whole
interval lies outside. ``inconclusive``: it straddles. ``undefined``: there is no figure. Neither
inconclusive nor undefined is ever a pass.

Many limits are judged together (Holm 1979): with ``m`` limits still open each is looked at with an
interval of confidence ``1 - alpha / m``; those that are decided leave, and the rest are looked at
again, until none is decided any more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..errors import InputError, Problem, did_you_mean
from ..metrics.catalogue import CATALOGUE, Metric, metric_named
from ..metrics.disparity import Options, worst_of
from ..metrics.rates import RATES, GroupTable, count, estimates
from ..metrics.results import Disparity, Group, Interval
from .policy import Limit
from .record import LimitFacts, State, Verdict

EXIT_CODES: dict[State, int] = {"pass": 0, "fail": 1, "inconclusive": 3, "undefined": 3}


def judge(
    limits: Sequence[Limit], tables: Mapping[str, GroupTable], *, min_group_size: int = 30, seed: int = 0
) -> tuple[Verdict, ...]:
    """Judge every limit of a policy.

    Parameters
    ----------
    limits : sequence of Limit
    tables : mapping of str to GroupTable
        The groupings of the audit by name; ``"overall"`` is the one of all rows.
    min_group_size : int
        For limits that name none.
    seed : int
        Of the permutation tests.

    Returns
    -------
    tuple of Verdict
        In the order of the limits.

    Raises
    ------
    InputError
        A limit names a metric or an attribute that the audit does not have; all are listed.
    """
    _refuse_unknown(limits, tables)
    open_limits = [i for i, limit in enumerate(limits) if limit.decide_on == "interval"]
    verdicts: dict[int, Verdict] = {
        i: _look(limit, tables, min_group_size, seed, 1)
        for i, limit in enumerate(limits)
        if limit.decide_on == "point"
    }
    while open_limits:
        family = len(open_limits)
        looked = {i: _look(limits[i], tables, min_group_size, seed, family) for i in open_limits}
        verdicts |= looked
        still_open = [i for i in open_limits if looked[i].state == "inconclusive" and not _held_back(looked[i])]
        if len(still_open) == family:
            break
        open_limits = still_open
    return tuple(verdicts[i] for i in range(len(limits)))


_HELD_BACK = "groups left out"


def _held_back(verdict: Verdict) -> bool:
    return verdict.reason is not None and verdict.reason.startswith(_HELD_BACK)


def worst_state(verdicts: Sequence[Verdict]) -> State | None:
    """Sum verdicts up: fail, else undefined, else inconclusive, else pass; None without limits.

    Examples
    --------
    >>> worst_state([]) is None
    True
    """
    states = {verdict.state for verdict in verdicts}
    order: tuple[State, ...] = ("fail", "undefined", "inconclusive", "pass")
    return next((state for state in order if state in states), None)


def exit_code(state: State | None) -> int:
    """Give the exit code of an audit: 0 pass or no policy, 1 fail, 3 inconclusive or undefined.

    Examples
    --------
    >>> exit_code("inconclusive")
    3
    """
    return 0 if state is None else EXIT_CODES[state]


def _refuse_unknown(limits: Sequence[Limit], tables: Mapping[str, GroupTable]) -> None:
    problems = []
    for i, limit in enumerate(limits):
        if limit.metric not in CATALOGUE or CATALOGUE[limit.metric].kind == "mean":
            known = [name for name, row in CATALOGUE.items() if row.kind != "mean"]
            message = f"a limit names a metric of the catalogue, got {limit.metric!r}; {did_you_mean(limit.metric, known)}"
            problems.append(Problem("unknown_metric", f"limit[{i}].metric", message))
        if limit.attribute not in tables:
            message = f"the audit has no grouping {limit.attribute!r}; {did_you_mean(limit.attribute, tables)}"
            problems.append(Problem("unknown_attribute", f"limit[{i}].attribute", message))
        elif (unknown := _unknown_waived(limit, tables[limit.attribute])) is not None:
            known_groups = [group_name(group) for group in tables[limit.attribute].groups]
            message = f"there is no group {unknown!r} to waive; {did_you_mean(unknown, known_groups)}"
            problems.append(Problem("unknown_group", f"limit[{i}].waive", message))
    if problems:
        raise InputError(problems)


def _unknown_waived(limit: Limit, table: GroupTable) -> str | None:
    names = {group_name(group) for group in table.groups}
    return next((name for name in limit.waive if name not in names), None)


def group_name(group: Group) -> str:
    """Name a group for people: its levels joined by x, a missing one said to be missing.

    Examples
    --------
    >>> group_name(("Female", None))
    'Female x (missing)'
    """
    return " x ".join("(missing)" if level is None else str(level) for level in group) or "all rows"


def _look(limit: Limit, tables: Mapping[str, GroupTable], min_group_size: int, seed: int, family: int) -> Verdict:
    metric = metric_named(limit.metric)
    size = limit.min_group_size or min_group_size
    level = 1 - (1 - limit.confidence) / family
    table = _without(tables[limit.attribute], limit.waive)
    options = Options(level=level, min_group_size=size, seed=seed)
    if metric.kind in ("difference", "ratio"):
        figure = worst_of(table, metric, options)
        left_out = tuple(group for group in figure.left_out if None not in group)
    else:
        figure, left_out = _worst_rate(table, metric, limit, options)
    facts = LimitFacts(
        metric=limit.metric,
        attribute=limit.attribute,
        min=limit.min,
        max=limit.max,
        confidence=limit.confidence,
        min_group_size=size,
        decide_on=limit.decide_on,
        waive=tuple(limit.waive),
    )
    state = _state(figure, limit)
    reason = None if figure.reason is None else figure.reason.sentence
    if state == "pass" and left_out:
        state = "inconclusive"
        names = ", ".join(group_name(group) for group in left_out)
        reason = f"{_HELD_BACK}: {names}, with fewer than {size} rows to count; waive them in the policy or collect more rows"
    words = _words(facts, metric, figure, state, reason)
    return Verdict(limit=facts, state=state, value=figure.value, interval=figure.interval, reason=reason, words=words)


def _without(table: GroupTable, waived: Sequence[str]) -> GroupTable:
    keep = [i for i, group in enumerate(table.groups) if group_name(group) not in waived]
    return replace(table, groups=tuple(table.groups[i] for i in keep), measures=table.measures[keep])


def _state(figure: Disparity, limit: Limit) -> State:
    low = -math.inf if limit.min is None else limit.min
    high = math.inf if limit.max is None else limit.max
    if math.isnan(figure.value):
        return "undefined"
    if limit.decide_on == "point":
        return "pass" if low <= figure.value <= high else "fail"
    if figure.interval is None:
        return "undefined"
    if low <= figure.interval.low and figure.interval.high <= high:
        return "pass"
    return "fail" if figure.interval.low > high or figure.interval.high < low else "inconclusive"


def _worst_rate(
    table: GroupTable, metric: Metric, limit: Limit, options: Options
) -> tuple[Disparity, tuple[Group, ...]]:
    """Find the group whose rate is furthest out of the limit; its interval is Bonferroni's over the groups."""
    counted = count(table, RATES[metric.name])
    known = np.array([None not in group for group in table.groups])
    small = known & (counted.rows < options.min_group_size)
    inside = np.flatnonzero(known & ~small)
    left_out = tuple(table.groups[i] for i in np.flatnonzero(small))
    blank = Disparity(metric.name, "difference", "overall", None, None, math.nan, compared=len(inside), left_out=left_out)
    if counted.missing_input is not None or len(inside) == 0:
        from ..errors import Reason  # noqa: PLC0415

        return replace(blank, reason=counted.missing_input or Reason.BELOW_MINIMUM), left_out
    level = 1 - (1 - options.level) / len(inside)
    figures = estimates(counted, level)
    low = -math.inf if limit.min is None else limit.min
    high = math.inf if limit.max is None else limit.max
    worst = max(inside, key=lambda i: _excess(figures[i].interval, figures[i].value, low, high))
    figure = replace(
        blank, group=table.groups[worst], value=figures[worst].value, interval=figures[worst].interval, reason=figures[worst].reason
    )
    return figure, left_out


def _excess(interval: Interval | None, value: float, low: float, high: float) -> float:
    if interval is None or math.isnan(value):
        return math.inf
    return max(low - interval.low, interval.high - high)


def _words(limit: LimitFacts, metric: Metric, figure: Disparity, state: State, reason: str | None) -> str:
    bounds = " and ".join(
        part
        for part in (
            f"at least {limit.min:g}" if limit.min is not None else "",
            f"at most {limit.max:g}" if limit.max is not None else "",
        )
        if part
    )
    subject = f"{metric.title} by {limit.attribute}" if limit.attribute != "overall" else f"{metric.title} overall"
    if state == "undefined":
        return f"{subject} is undefined: {reason}."
    interval = figure.interval
    sure = "" if interval is None else f" ({interval.level:.4g} interval {interval.low:.3f} to {interval.high:.3f})"
    sure = sure if interval is None else sure.replace(f"{interval.level:.4g}", f"{100 * interval.level:.4g} %")
    verdict = {"pass": "kept", "fail": "broken", "inconclusive": "not decided by these rows"}[state]
    tail = f" ({reason})" if reason else ""
    return f"{subject} is {figure.value:.3f}{sure}; the limit is {bounds}: {verdict}{tail}."
