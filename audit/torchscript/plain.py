"""Functions of a program on plain values: numbers, texts, lists, and counts of rows.

They give what torch's compiler gives: a power of whole numbers is a fraction, for one.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from ..model_checks import require
from .comparing import COMPARING, Plain, Said, same
from .refusal import Unmade
from .tensors import Growing, Held, Size

MOST_ITEMS = 20_000
"""The longest list or text that a program makes."""
_MOST_WHOLE = 1 << 63
_LARGEST_POWER = 64


def reckon(graph: Growing, name: str, given: list[Any]) -> Any:
    """Apply a function of ``COUNTING``, ``COMPARING`` or ``PLAIN`` to plain values.

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
            require(all(isinstance(value, Size) or _is_number(value) for value in given), _NO_NUMBER)
            return graph.counted(COUNTING[name], given[0], given[1])
        if name not in COMPARING and name not in ("Int", "NumToTensor"):
            raise Unmade(f"asks torch.{name} of how many rows there are")
    if name == "add" and all(isinstance(value, str | list) for value in given):
        return bounded(_joined(*given))
    if name in COUNTING:
        return bounded(_reckoned(COUNTING[name])(*given))
    return bounded((COMPARING | PLAIN)[name](*given))


def bounded(value: Any) -> Any:
    """Let through what is no larger than a program needs."""
    if isinstance(value, str | list | tuple):
        require(len(value) <= MOST_ITEMS, "it makes a list or a text that is too long")
    if isinstance(value, int):
        require(abs(value) <= _MOST_WHOLE, "it makes a number that is too large")
    return value


_NO_NUMBER = "it reckons with what is no number"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _reckoned(function: Plain) -> Plain:
    def reckoned(*values: Any) -> Any:
        require(all(map(_is_number, values)), _NO_NUMBER)
        return function(*values)

    return reckoned


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, str) and isinstance(other, str):
        both = str(one) + str(other)
        return Said(both) if isinstance(one, Said) or isinstance(other, Said) else both
    require(isinstance(one, list) and isinstance(other, list), "it joins a list and a text")
    return [*one, *other]


def _power(one: Any, other: Any) -> float:
    require(not isinstance(other, int) or abs(other) <= _LARGEST_POWER, "it raises a number to a large power")
    made = one**other
    require(_is_number(made), "it makes a number that is not real")
    return float(made)


def _extreme(choose: Plain) -> Plain:
    def extreme(*values: Any) -> Any:
        numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
        require(bool(numbers) and all(map(_is_number, numbers)), _NO_NUMBER)
        found = choose(numbers)
        return float(found) if any(isinstance(item, float) for item in numbers) else found

    return extreme


def _truth(function: Plain) -> Plain:
    def truth(*values: Any) -> bool:
        require(
            all(isinstance(value, bool) for value in values), "it asks whether what is no truth value holds"
        )
        return bool(function(*values))

    return truth


def _length(items: Any) -> int:
    known = isinstance(items, str | list | tuple) and not isinstance(items, Said)
    require(known, "it asks for the length of what has none, or of a message")
    return len(items)


def _item(items: Any, place: Any) -> Any:
    require(isinstance(items, list | tuple) and type(place) is int, "it takes an item of what is no list")
    return items[place]


def _appended(items: Any, item: Any) -> Any:
    fits = isinstance(items, list) and len(items) < MOST_ITEMS
    require(fits, "it appends to what is no list, or to a long one")
    items.append(item)
    return items


def _cut(items: Any, start: Any = None, end: Any = None, step: Any = 1) -> Any:
    whole = all(place is None or type(place) is int for place in (start, end, step))
    require(isinstance(items, list) and whole, "it cuts what is no list")
    return items[slice(start, end, step)]


def _copied(items: Any) -> list[Any]:
    require(isinstance(items, list | tuple), "it makes a list of what is none")
    return list(items)


def _formatted(text: Any, *values: Any) -> str:
    """Put values into a text for a message; nothing is formatted as the text asks."""
    require(isinstance(text, str), "it formats what is no text")
    for value in values:
        shown = str(value)[:100] if isinstance(value, int | float | str) else "..."
        text = text.replace("{}", shown, 1)
    plain = all(isinstance(value, int | str) and not isinstance(value, bool | Said) for value in values)
    return str(text) if plain and all(len(str(value)) <= 100 for value in values) else Said(text)


def _flags(items: Any) -> list[int]:
    known = isinstance(items, list) and all(isinstance(item, int) for item in items)
    require(known, "it counts no truth values")
    return items  # type: ignore[no-any-return]


def _count_of(given: Any) -> Any:
    require(isinstance(given, Size) or type(given) is int, "it takes for a count what is none")
    return given


COUNTING: dict[str, Plain] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "floordiv": operator.floordiv,
    "floor_divide": operator.floordiv, "remainder": operator.mod,
}  # fmt: skip
"""What is reckoned with counts of rows too."""
PLAIN: dict[str, Plain] = {
    "div": _reckoned(operator.truediv), "neg": _reckoned(operator.neg), "pow": _reckoned(_power),
    "sqrt": _reckoned(math.sqrt), "floor": _reckoned(math.floor), "ceil": _reckoned(math.ceil),
    "abs": _reckoned(abs), "min": _extreme(min), "max": _extreme(max), "len": _length,
    "all": lambda items: all(_flags(items)), "any": lambda items: any(_flags(items)),
    "__not__": _truth(operator.not_), "__and__": _truth(lambda one, other: one and other),
    "__or__": _truth(lambda one, other: one or other), "__getitem__": _item, "append": _appended,
    "__contains__": lambda items, item: any(same(item, one) for one in _copied(items)),
    "slice": _cut, "format": _formatted, "list": _copied, "Int": _count_of, "NumToTensor": _count_of,
    "warn": lambda *_: None,
}  # fmt: skip
"""What is reckoned with numbers, texts and lists."""
