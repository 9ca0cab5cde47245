"""The one decision rule: what a policy says of the figures of an audit.

``pass``: the whole interval lies inside the limit (equal counts as inside). ``fail``: the whole
interval lies outside. ``inconclusive``: it straddles. ``undefined``: there is no figure. Neither
inconclusive nor undefined is ever a pass.

Many limits are judged together (Holm 1979): with ``m`` limits still open each is looked at with an
interval of confidence ``1 - alpha / m``; those that are decided leave, and the rest are looked at
again, until none is decided any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..errors import InputError, Problem, did_you_mean
from ..metrics.catalogue import CATALOGUE, Metric, metric_named
from ..metrics.disparity import Options
from ..metrics.rates import GroupTable
from ..metrics.results import Disparity, Group
from .limit_figures import figure_of, group_name, listed, state_of, without
from .policy import LevelValue, Limit
from .record import LimitFacts, State, Verdict

OVERALL = "overall"
"""The name of the grouping of all rows."""

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
    refuse_unknown(limits, tables)
    limits = [_in_order(limit, tables) for limit in limits]
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
        still_open = [
            i for i in open_limits if looked[i].state == "inconclusive" and not _held_back(looked[i])
        ]
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


def refuse_unknown(limits: Sequence[Limit], tables: Mapping[str, GroupTable]) -> None:
    """Hold the names in a policy against the groupings of an audit.

    Raises
    ------
    InputError
        A limit names a metric, an attribute or a group that the audit does not have; all are listed.
    """
    problems = [
        problem
        for i, limit in enumerate(_in_order(limit, tables) for limit in limits)
        for problem in (*_unknown_metric(i, limit), *_unknown_place(i, limit, tables))
    ]
    if problems:
        raise InputError(problems)


def _unknown_metric(i: int, limit: Limit) -> Iterator[Problem]:
    if limit.metric not in CATALOGUE or CATALOGUE[limit.metric].kind == "mean":
        known = [name for name, row in CATALOGUE.items() if row.kind != "mean"]
        message = f"a limit names a metric of the catalogue, got {limit.metric!r}"
        hint = did_you_mean(limit.metric, known)
        yield Problem("unknown_metric", f"limit[{i}].metric", f"{message}; {hint}")


def _unknown_place(i: int, limit: Limit, tables: Mapping[str, GroupTable]) -> Iterator[Problem]:
    if limit.attribute not in tables:
        message = f"the audit has no grouping {limit.attribute!r}; {did_you_mean(limit.attribute, tables)}"
        yield Problem("unknown_attribute", f"limit[{i}].attribute", message)
        return
    known = [group_name(group) for group in tables[limit.attribute].groups]
    named = [("waive", name) for name in limit.waive]
    for key in ("group", "reference"):
        group = listed(getattr(limit, key))
        named += [] if group is None else [(key, " x ".join(map(str, group)))]
    for key, name in named:
        if name not in known:
            message = f"there is no such group by {limit.attribute}: {name!r}; {did_you_mean(name, known)}"
            yield Problem("unknown_group", f"limit[{i}].{key}", message)
    if limit.reference is not None and CATALOGUE[limit.metric].kind == "rate":
        message = "a limit on a rate compares nothing; take reference out, or name a difference or a ratio"
        yield Problem("needless_reference", f"limit[{i}].reference", message)


def _look(
    limit: Limit, tables: Mapping[str, GroupTable], min_group_size: int, seed: int, family: int
) -> Verdict:
    metric = metric_named(limit.metric)
    size = limit.min_group_size or min_group_size
    level = 1 - (1 - limit.confidence) / family
    table = without(tables[limit.attribute], limit.waive)
    options = Options(level=level, min_group_size=size, seed=seed)
    figure = figure_of(table, metric, limit, options)
    facts = LimitFacts(
        metric=limit.metric,
        attribute=limit.attribute,
        min=limit.min,
        max=limit.max,
        confidence=limit.confidence,
        min_group_size=size,
        decide_on=limit.decide_on,
        waive=tuple(limit.waive),
        group=listed(limit.group),
        reference=listed(limit.reference),
    )
    state = state_of(figure, limit)
    reason = None if figure.reason is None else figure.reason.sentence
    left_out = [group for group in figure.left_out if None not in group]
    if state == "pass" and left_out:
        state = "inconclusive"
        reason = f"{_HELD_BACK}: {_small(left_out, size)}"
    words = _words(facts, metric, figure, state, reason)
    return Verdict(
        limit=facts,
        state=state,
        value=figure.value,
        interval=figure.interval,
        reason=reason,
        words=words,
        group=figure.group,
        reference=figure.reference,
    )


def _small(groups: Sequence[Group], size: int) -> str:
    names = ", ".join(group_name(group) for group in groups)
    return f"{names}, with fewer than {size} rows to count; waive them in the policy or collect more rows"


def _words(limit: LimitFacts, metric: Metric, figure: Disparity, state: State, reason: str | None) -> str:
    subject = f"{metric.title} {_place(limit, figure)}"
    if state == "undefined":
        return f"{subject} is undefined: {reason}."
    span = figure.interval
    sure = "" if span is None else f" ({100 * span.level:.4g} % interval {span.low:.3f} to {span.high:.3f})"
    sure = "" if limit.decide_on == "point" else sure
    bounds = [f"at least {limit.min:g}"] if limit.min is not None else []
    bounds += [f"at most {limit.max:g}"] if limit.max is not None else []
    verdict = {"pass": "kept", "fail": "broken", "inconclusive": "not decided by these rows"}[state]
    verdict += " (decided on the point)" if limit.decide_on == "point" else ""
    tail = f" ({reason})" if reason else ""
    return f"{subject} is {figure.value:.3f}{sure}; the limit is {' and '.join(bounds)}: {verdict}{tail}."


def _place(limit: LimitFacts, figure: Disparity) -> str:
    if limit.attribute == OVERALL:
        return OVERALL
    groups = [group_name(group) for group in (figure.group, figure.reference) if group is not None]
    named = metric_named(limit.metric).kind == "rate" or limit.group or limit.reference
    between = f" ({' and '.join(groups)})" if named and groups else ""
    return f"by {limit.attribute}{between}"


def _in_order(limit: Limit, tables: Mapping[str, GroupTable]) -> Limit:
    """Name an intersection as the audit does, whatever the order in which the policy names its columns."""
    mine = limit.attributes
    same = (table.attributes for table in tables.values() if sorted(table.attributes) == sorted(mine))
    theirs = next(same, mine)
    if limit.attribute in tables or theirs == mine:
        return limit
    moved = {"attribute": " x ".join(theirs)} | {
        key: _moved(getattr(limit, key), [mine.index(name) for name in theirs])
        for key in ("group", "reference")
    }
    return limit.model_copy(update=moved)


def _moved(
    group: LevelValue | tuple[LevelValue, ...] | None, order: Sequence[int]
) -> tuple[LevelValue, ...] | None:
    levels = listed(group)
    return levels if levels is None or len(levels) != len(order) else tuple(levels[i] for i in order)
