"""Comparisons of plain values, and of counts that depend on how many rows there are."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..model_checks import require
from .refusal import OnRows
from .tensors import ROWS, Held, Size

Plain = Callable[..., Any]


class Said(str):
    """A text that holds figures in torch's spelling, which is not ours: it is for messages only."""

    __slots__ = ()


def counts(given: list[Any]) -> list[Any]:
    """Let through whole numbers and counts of rows that are not below 0."""
    for value in given:
        values = (
            value.values if isinstance(value, Size) else (value.whole if isinstance(value, Held) else value,)
        )
        whole = all(type(item) is int and item >= 0 for item in values)
        require(whole, "it rounds the quotient of what is no count")
    return given


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, whatever the number of rows."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, Size) or isinstance(other, Size):
        return _sure(_signs(one, other), {0})
    require(not any(isinstance(item, Held | Said) for item in (one, other)), "it compares what is not known")
    return bool(one == other)


def _ordered(compare: Callable[[Any, Any], bool]) -> Plain:
    def ordered(one: Any, other: Any) -> bool:
        if isinstance(one, Size) or isinstance(other, Size):
            return _sure(_signs(one, other), {sign for sign in (-1, 0, 1) if compare(sign, 0)})
        require(all(isinstance(item, int | float) for item in (one, other)), "it compares what is no number")
        return compare(one, other)

    return ordered


def _sure(signs: set[int], wanted: set[int]) -> bool:
    if signs <= wanted or not signs & wanted:
        return signs <= wanted
    raise OnRows


def _signs(one: Any, other: Any) -> set[int]:
    """Give the signs that one count less another can have, for any number of rows from one up.

    Both must grow evenly with the rows, or nothing is known.
    """
    require(
        all(isinstance(item, int | Size) for item in (one, other)), "it compares a count with what is none"
    )
    pairs = zip(
        *(item.values if isinstance(item, Size) else (item,) * len(ROWS) for item in (one, other)),
        strict=True,
    )
    apart = [left - right for left, right in pairs]
    steps = [
        (after - before) / (more - rows)
        for before, after, rows, more in zip(apart, apart[1:], ROWS, ROWS[1:], strict=False)
    ]
    if len(set(steps)) > 1:
        raise OnRows
    start, grows = apart[0] - steps[0] * (ROWS[0] - 1), _sign(steps[0])
    between = {_sign(start)} | ({grows} if grows else set())
    # On its way from one side to the other it passes 0.
    return between | {0} if len(between - {0}) == 2 else between


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


COMPARING: dict[str, Plain] = {
    "eq": same, "ne": lambda one, other: not same(one, other), "lt": _ordered(operator.lt),
    "le": _ordered(operator.le), "gt": _ordered(operator.gt), "ge": _ordered(operator.ge),
}  # fmt: skip
"""What is asked of two values: the answer must be one for any number of rows."""
