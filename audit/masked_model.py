"""What explains a model, without what would count the people of withheld groups.

Explanations, curves, the small tree and a network's inputs are made of groups that are large enough. Beside
them stand numbers of rows and shares of people, from which subtraction could bring a small group back: these
are taken out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from .privacy import Hidden
from .record import Record
from .record_explain import GapExplanation
from .record_global import DependenceFacts, EffectsFacts, RuleFacts, SurrogateFacts, WholeFacts
from .record_neural import ExcitingFacts, MoveFacts, NeuralFacts

_Curved = TypeVar("_Curved", DependenceFacts, EffectsFacts)


def masked_rows(items: Sequence[GapExplanation], minimum: int) -> tuple[GapExplanation, ...]:
    """Take out how many rows stand behind a gap within the levels of a control column, where it tells of few.

    Levels with few people of a group are left out of such a gap, and the number of rows would say how few.
    """
    rows = {
        (item.grouping, item.metric, item.group, item.reference): item.rows
        for item in items
        if not item.control
    }
    found = []
    for item in items:
        whole = rows.get((item.grouping, item.metric, item.group, item.reference), 0)
        told = item.control is None or whole == item.rows or whole - item.rows >= minimum
        found.append(item if told else item.model_copy(update={"rows": 0}))
    return tuple(found)


def masked_whole(record: Record, hidden: Hidden) -> WholeFacts | None:
    """Take out of the model as a whole what counts a withheld group."""
    whole = record.whole
    if whole is None:
        return None
    unsaid = {name for name, groups in hidden.items() if (None,) in groups}
    closed = {name for part in record.groupings if hidden[part.name] for name in part.attributes}
    tree = whole.surrogate
    return whole.model_copy(
        update={
            "dependences": tuple(
                _without_missing(_without_small(item, hidden), unsaid) for item in whole.dependences
            ),
            "effects": tuple(_without_missing(item, unsaid) for item in whole.effects),
            "surrogate": None if tree is None else _masked_tree(tree, closed, record.privacy_minimum),
        }
    )


def _without_small(item: DependenceFacts, hidden: Hidden) -> DependenceFacts:
    """Name no withheld group as too small: of several, it would tell which of them are."""
    gone = hidden.get(item.grouping, frozenset())
    return item.model_copy(update={"too_small": tuple(one for one in item.too_small if one not in gone)})


def _without_missing(item: _Curved, unsaid: set[str]) -> _Curved:
    return item.model_copy(update={"missing": 0}) if item.column in unsaid else item


def _masked_tree(tree: SurrogateFacts, closed: set[str], minimum: int) -> SurrogateFacts:
    """Take out the shares of people that would count a withheld group, and what is said of few."""
    few = {place for place, rule in enumerate(tree.rules) if rule.rows < minimum}
    gone = {
        place
        for place, rule in enumerate(tree.rules)
        if place in few or any(item.column in closed for item in rule.conditions)
    }
    left = sorted((rule.rows, place) for place, rule in enumerate(tree.rules) if place not in gone)
    while gone and left and (len(gone) == 1 or sum(tree.rules[place].rows for place in gone) < minimum):
        gone.add(left.pop(0)[1])
    rules = (
        _unsaid(rule, few=place in few) if place in gone else rule for place, rule in enumerate(tree.rules)
    )
    return tree.model_copy(update={"rules": tuple(rules)})


def _unsaid(rule: RuleFacts, *, few: bool) -> RuleFacts:
    value = {"value": math.nan} if few else {}
    return rule.model_copy(update={"share": math.nan, "rows": 0, **value})


def masked_neural(record: Record, hidden: Hidden) -> NeuralFacts | None:
    """Take out of a group's mean inputs those that are shares of it by another sensitive column.

    The mean of an input that stands for one value of a column is the share of the group that has the value.
    """
    facts = record.neural
    if facts is None:
        return None
    crossed = {
        (name, other)
        for part in record.groupings
        if hidden[part.name]
        for name in part.attributes
        for other in part.attributes
    }
    exciting = (_without_shares(item, crossed) for item in facts.exciting)
    return facts.model_copy(update={"exciting": tuple(exciting)})


def _without_shares(item: ExcitingFacts, crossed: set[tuple[str, str]]) -> ExcitingFacts:
    columns = [other for name, other in crossed if name == item.attribute]
    kept = (move for move in item.moves if not any(_is_of(move, column) for column in columns))
    return item.model_copy(update={"moves": tuple(kept)})


def _is_of(move: MoveFacts, column: str) -> bool:
    return move.input == column or move.input.startswith((f"{column} = ", f"{column} ["))
