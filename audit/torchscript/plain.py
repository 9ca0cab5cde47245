"""Functions of a program on plain values: numbers, texts, lists, and counts of rows."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from ..model_checks import require
from .refusal import Unmade
from .tensors import ROWS, Growing, Held, Size

MOST_ITEMS = 20_000
"""The longest list or text that a program makes."""
ON_ROWS = "decides by how many rows there are (an if on a size of the table)"
"""Why a branch is not decided."""
_DEEPEST_POWER = 64

Plain = Callable[..., Any]


def reckon(graph: Growing, name: str, given: list[Any]) -> Any:
    """Apply a function of ``PLAIN`` or ``COUNTING`` to plain values.

    Raises
    ------
    Unmade
        The result depends on how many rows there are, where it must not.
    ValueError
        Values are of other kinds than the function takes, or too large.
    """
    given = [value.whole if isinstance(value, Held) and value.whole is not None else value for value in given]
    if any(isinstance(value, Size) for value in given):
        if name in COUNTING and len(given) == 2:
            return graph.counted(COUNTING[name], given[0], given[1])
        require(
            name in COMPARING or name in ("Int", "NumToTensor"), f"it asks torch.{name} of a count of rows"
        )
    if name in COUNTING and not any(isinstance(value, str | list | tuple) for value in given):
        require(all(isinstance(value, int | float) for value in given), "it reckons with what is no number")
    return bounded((COUNTING | COMPARING | PLAIN)[name](*given))


def bounded(value: Any) -> Any:
    """Let through what is no larger than a program needs."""
    if isinstance(value, str | list | tuple):
        require(len(value) <= MOST_ITEMS, "it makes a list or a text that is too long")
    if isinstance(value, int):
        require(abs(value) <= 1 << 63, "it makes a number that is too large")
    return value


def counts(given: list[Any]) -> list[Any]:
    """Let through whole numbers and counts of rows that are not below 0."""
    for value in given:
        values = (
            value.values if isinstance(value, Size) else (value.whole if isinstance(value, Held) else value,)
        )
        whole = all(type(item) is int and item >= 0 for item in values)
        require(whole, "it rounds the quotient of what is no count")
    return given


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, whatever the number of rows."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(_same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, Size) or isinstance(other, Size):
        return _sure(_signs(one, other), {0})
    require(not isinstance(one, Held) and not isinstance(other, Held), "it compares a tensor with a number")
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
    raise Unmade(ON_ROWS)


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
        raise Unmade(ON_ROWS)
    start, grows = apart[0] - steps[0] * (ROWS[0] - 1), _sign(steps[0])
    between = {_sign(start)} | ({grows} if grows else set())
    # On its way from one side to the other it passes 0.
    return between | {0} if len(between - {0}) == 2 else between


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _power(one: Any, other: Any) -> Any:
    require(not isinstance(other, int) or abs(other) <= _DEEPEST_POWER, "it raises a number to a large power")
    made = one**other
    require(isinstance(made, int | float), "it makes a number that is not real")
    return made


def _product(one: Any, other: Any) -> Any:
    sized = [len(item) for item in (one, other) if isinstance(item, str | list | tuple)]
    times = [item for item in (one, other) if isinstance(item, int)]
    require(
        not sized or (len(times) == 1 and sized[0] * times[0] <= MOST_ITEMS),
        "it makes a list that is too long",
    )
    return one * other


def _length(items: Any) -> int:
    require(isinstance(items, str | list | tuple), "it asks for the length of what has none")
    return len(items)


def _item(items: Any, place: Any) -> Any:
    require(isinstance(items, list | tuple) and type(place) is int, "it takes an item of what is no list")
    return items[place]


def _appended(items: Any, item: Any) -> Any:
    require(
        isinstance(items, list) and len(items) < MOST_ITEMS, "it appends to what is no list, or to a long one"
    )
    items.append(item)
    return items


def _cut(items: Any, start: Any = None, end: Any = None, step: Any = 1) -> Any:
    require(isinstance(items, list | str), "it cuts what is no list")
    return items[slice(start, end, step)]


def _formatted(text: Any, *values: Any) -> str:
    """Put values into a text as far as a message needs it; nothing is formatted as the text asks."""
    require(isinstance(text, str), "it formats what is no text")
    for value in values:
        shown = str(value)[:100] if isinstance(value, int | float | str | bool) else "..."
        text = text.replace("{}", shown, 1)
    return str(text)


def _flags(items: Any) -> list[int]:
    require(
        isinstance(items, list) and all(isinstance(item, int) for item in items), "it counts no truth values"
    )
    return items  # type: ignore[no-any-return]


def _count_of(given: Any) -> Any:
    require(
        isinstance(given, int | Size) and not isinstance(given, bool), "it takes for a count what is none"
    )
    return given


COUNTING: dict[str, Plain] = {
    "add": operator.add, "sub": operator.sub, "mul": _product, "floordiv": operator.floordiv,
    "floor_divide": operator.floordiv, "remainder": operator.mod,
}  # fmt: skip
"""What is reckoned with counts of rows too."""
COMPARING: dict[str, Plain] = {
    "eq": _same, "ne": lambda one, other: not _same(one, other), "lt": _ordered(operator.lt),
    "le": _ordered(operator.le), "gt": _ordered(operator.gt), "ge": _ordered(operator.ge),
}  # fmt: skip
PLAIN: dict[str, Plain] = {
    "div": operator.truediv, "neg": operator.neg, "pow": _power, "sqrt": math.sqrt, "floor": math.floor,
    "ceil": math.ceil, "abs": abs, "min": min, "max": max, "all": lambda items: all(_flags(items)),
    "any": lambda items: any(_flags(items)), "__not__": operator.not_, "len": _length, "__getitem__": _item,
    "__and__": lambda one, other: bool(one and other), "__or__": lambda one, other: bool(one or other),
    "__contains__": lambda items, item: any(_same(item, one) for one in items), "append": _appended,
    "slice": _cut, "format": _formatted, "list": list, "Int": _count_of, "NumToTensor": _count_of,
    "warn": lambda *_: None,
}  # fmt: skip
"""What is reckoned with numbers, texts and lists."""
