"""A small tree in place of the model: for whom it may be read, and its rules in words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..audit.explain.surrogate import falls_short
from ..audit.record_global import ConditionFacts, FidelityFacts, RuleFacts, SurrogateFacts, WholeFacts
from ..metrics.results import Group, Level
from . import formats
from .formats import figure, span
from .names import isolate, listed, named
from .view_curves import level_name
from .view_parts import Cell, Column, Fold, Row, Section, Table
from .wording import say

_MOST_VALUES = 8
Shown = dict[str, dict[Group, str]]


def tree_section(whole: WholeFacts, shown: Shown) -> Section | None:
    """Build the part on the surrogate tree; None where there is none.

    Parameters
    ----------
    whole : WholeFacts
    shown : dict of str to dict of Group to str
        By attribute, the groups whose figures may be shown, and their names.
    """
    tree = whole.surrogate
    if tree is None:
        return None
    rules = Fold(
        say("global.tree.rules"), lead=say("global.tree.lead"), tables=(_rules(tree),), printed="not"
    )
    unknown = tree.verdict == "unknown"
    return Section(
        id="tree",
        heading=say("global.tree"),
        intro=_verdict(tree, shown),
        tables=() if unknown else (_fidelity(tree, shown),),
        folds=() if unknown else (rules,),
    )


def _verdict(tree: SurrogateFacts, shown: Shown) -> str:
    whole = next((item for item in tree.fidelity if not item.grouping), None)
    if whole is None or tree.verdict == "unknown":
        return say("global.tree.unknown")
    poor = [
        item for item in tree.fidelity
        if item.grouping in shown and item.group in shown[item.grouping] and falls_short(item.r2)
    ]  # fmt: skip
    # Where only a withheld group is badly imitated, its name is not given away.
    verdict = "faithful" if tree.verdict == "uneven" and not poor else tree.verdict
    return say(
        f"global.tree.{verdict}",
        questions=tree.depth,
        groups=listed(shown[item.grouping][item.group] for item in poor),
        r2=formats.with_span(whole.r2.value, whole.r2.interval, "rate"),
        agreement=formats.with_span(whole.agreement.value, whole.agreement.interval, "rate"),
    )


def _fidelity(tree: SurrogateFacts, shown: Shown) -> Table:
    rows = []
    for item in tree.fidelity:
        if not item.grouping:
            rows.append(Row(Cell(say("grouping.everyone")), _figures(item), "reference"))
        elif item.group in shown.get(item.grouping, {}):
            rows.append(Row(named(shown[item.grouping][item.group]), _figures(item)))
    return Table(
        id="tree-fidelity",
        caption=say("global.tree.fidelity"),
        corner=say("column.group"),
        columns=tuple(Column(say(f"global.column.{name}")) for name in ("agreement", "r2")),
        rows=tuple(rows),
    )


def _figures(item: FidelityFacts) -> tuple[Cell, Cell]:
    return (
        Cell(figure(item.agreement.value, "rate"), sub=span(item.agreement.interval, "rate")),
        Cell(figure(item.r2.value, "rate"), sub=span(item.r2.interval, "rate")),
    )


def _rules(tree: SurrogateFacts) -> Table:
    rules = sorted(tree.rules, key=lambda rule: (math.isnan(rule.value), rule.value))
    heads = (("score", True), ("decision", False), ("people", True))
    return Table(
        id="tree-rules",
        caption=say("global.tree.table"),
        corner=say("global.column.rule"),
        columns=tuple(Column(say(f"global.column.{name}"), number=number) for name, number in heads),
        rows=tuple(_rule(rule) for rule in rules),
    )


def _rule(rule: RuleFacts) -> Row:
    words = say("global.rule.and").join(_conditions(rule)) or say("global.rule.all")
    decision = say("global.decision.selected" if rule.selected else "global.decision.refused")
    cells = (Cell(figure(rule.value, "rate")), Cell(decision), Cell(figure(rule.share, "rate")))
    return Row(named(words, limit=600), cells)


def _conditions(rule: RuleFacts) -> Iterator[str]:
    for item in rule.conditions:
        words = _numbers(item) if item.among is None else _categories(item)
        yield say("global.rule.or_missing", condition=words) if item.missing else words


def _numbers(item: ConditionFacts) -> str:
    column = isolate(item.column)
    if item.above is not None and item.at_most is not None:
        low, high = level_name(item.above), level_name(item.at_most)
        return say("global.rule.between", column=column, low=low, high=high)
    if item.above is not None:
        return say("global.rule.above", column=column, value=level_name(item.above))
    return say("global.rule.at_most", column=column, value=level_name(item.at_most))


def _categories(item: ConditionFacts) -> str:
    """Name the categories that are let in, or those that are not where these are fewer."""
    column = isolate(item.column)
    inside = item.among or ()
    if item.without and len(item.without) < len(inside):
        return say("global.rule.without", column=column, values=_values(item.without))
    if not inside:
        return say("global.rule.none", column=column)
    return say("global.rule.among", column=column, values=_values(inside))


def _values(levels: tuple[Level, ...]) -> str:
    return listed((level_name(level) for level in levels), limit=_MOST_VALUES)
