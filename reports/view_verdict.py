"""The verdict in words: over all, and limit by limit."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..audit.record import Record, Verdict
from . import formats
from .formats import figure, kind_of
from .names import isolate, listed, prose
from .phrases import reworded
from .view_marks import state_mark
from .view_parts import VerdictLine
from .view_scope import Scope, limit_text, worst_of
from .wording import passage, say, say_many, words_of

IN_SETTINGS = "settings"
"""The name of a policy whose limits stand among the settings."""

OVERALL = "overall"
"""What a limit names as its attribute where it holds for everybody."""


def tally(record: Record) -> dict[str, int]:
    """Count the limits by state."""
    states = [item.state for item in record.verdicts]
    return {state: states.count(state) for state in ("pass", "fail", "inconclusive", "undefined")}


def headline(record: Record) -> str:
    """Say the verdict in one sentence."""
    total, found = len(record.verdicts), tally(record)
    if not total:
        return say("headline.none")
    if found["fail"]:
        if found["fail"] == 1 < total:
            return say("headline.fail_single", count=total)
        return say_many("headline.fail", total, part=found["fail"])
    if found["pass"] == total:
        return say_many("headline.pass", total)
    return say("headline.open", part=total - found["pass"], count=total)


def summary(record: Record) -> str:
    """Count the states."""
    if not record.verdicts:
        return say("headline.none_note")
    found = tally(record)
    return say(
        "headline.tally",
        passed=found["pass"],
        failed=found["fail"],
        inconclusive=found["inconclusive"],
        undefined=found["undefined"],
    )


def rule(record: Record) -> str:
    """Say what the states mean; empty where nothing was judged."""
    if not record.verdicts:
        return ""
    words = [say("headline.rule")]
    if any(item.interval and item.interval.level > item.limit.confidence for item in record.verdicts):
        words.append(say("verdict.family", count=len(record.verdicts)))
    return passage(words)


def subject(record: Record) -> str:
    """Say in one line what was audited, on which rows, against which policy and since when it stands."""
    model = prose(record.model.description) if record.model else say("subject.no_model")
    rows = formats.count(record.overall.rows)
    parts = [say("subject.audited", model=model, data=isolate(record.data.name), rows=rows)]
    if record.verdicts:
        fixed = record.settings.get("policy_fixed")
        own = record.policy_name not in (None, IN_SETTINGS)
        name = isolate(reworded(record.policy_name or "")) if own else say("facts.unnamed_policy")
        parts.append(
            say("subject.fixed" if fixed else "subject.unfixed", policy=name, day=prose(fixed or ""))
        )
    return passage(parts)


def decisions(record: Record) -> Iterator[str]:
    """Say what the reviewer has to decide, as the verdicts leave it."""
    found = tally(record)
    for state in ("fail", "inconclusive", "undefined"):
        if found[state]:
            yield say_many(f"decide.{state}", found[state])
    if record.frontier is not None and found["fail"]:
        yield say("decide.frontier")
    if record.verdicts and not any(found[state] for state in ("fail", "inconclusive", "undefined")):
        yield say("decide.pass")
    if not record.verdicts:
        yield say("decide.none")


def verdict_line(
    verdict: Verdict, scopes: tuple[Scope, ...], concealed: frozenset[tuple[str, str]]
) -> VerdictLine:
    """Say what the policy finds of one figure, unless that gives a withheld group away."""
    limit = verdict.limit
    anchors = {scope.part.name: f"{scope.id}-gaps" for scope in scopes if worst_of(scope.part)}
    if (limit.attribute, limit.metric) in concealed or _is_of_hidden_group(verdict, scopes):
        found, words = say("verdict.found.withheld"), ""
    else:
        found, words = _found(verdict, _whose(verdict, scopes)), _why(verdict)
    return VerdictLine(
        state_mark(verdict.state), _claim(verdict), found, words, anchors.get(limit.attribute, "")
    )


def _is_of_hidden_group(verdict: Verdict, scopes: tuple[Scope, ...]) -> bool:
    """Tell whether the figure of a limit is that of a withheld group."""
    mine = [scope for scope in scopes if scope.part.name == verdict.limit.attribute]
    if verdict.group is not None:
        return any(verdict.group in scope.hidden or verdict.reference in scope.hidden for scope in mine)
    # A record that does not say whose figure it is: whoever has the same figure may be meant.
    rates = (
        item.rates.get(verdict.limit.metric)
        for scope in mine
        for item in scope.part.groups
        if item.group in scope.hidden
    )
    return any(rate is not None and rate.value == verdict.value for rate in rates)


def _claim(verdict: Verdict) -> str:
    limit = verdict.limit
    metric, ends = words_of(limit.metric).name, limit_text(verdict)
    if limit.attribute == OVERALL:
        return say("verdict.claim.overall", metric=metric, ends=ends)
    return say("verdict.claim", metric=metric, attribute=isolate(limit.attribute), ends=ends)


def _whose(verdict: Verdict, scopes: tuple[Scope, ...]) -> str:
    """Name the group or the two groups whose figure was judged; empty where the record does not say."""
    scope = next((item for item in scopes if item.part.name == verdict.limit.attribute), None)
    if scope is None or verdict.group is None:
        return ""
    first = isolate(scope.name_of(verdict.group))
    if verdict.reference is None:
        return say("verdict.whose", group=first)
    return say("verdict.between", group=first, reference=isolate(scope.name_of(verdict.reference)))


def _found(verdict: Verdict, whose: str) -> str:
    kind = kind_of(verdict.limit.metric)
    if math.isnan(verdict.value):
        return ""
    shown = figure(verdict.value, kind) + whose
    if verdict.interval is None:
        return say("verdict.found.bare", figure=shown)
    return say(
        "verdict.found",
        figure=shown,
        level=formats.level(verdict.interval.level),
        interval=formats.span(verdict.interval, kind),
    )


def _why(verdict: Verdict) -> str:
    """Say how the state follows from the figure, and what the policy asked for beyond the limit."""
    reason = reworded(verdict.reason).rstrip(".") if verdict.reason else ""
    if verdict.state == "undefined" or verdict.limit.decide_on == "interval":
        held = verdict.state == "inconclusive" and reason
        words = [say("verdict.words.held" if held else f"verdict.words.{verdict.state}", reason=reason)]
    else:
        words = [say("verdict.point")]
    if verdict.limit.waive:
        words.append(say("verdict.waived", groups=listed(verdict.limit.waive)))
    return passage(words)
