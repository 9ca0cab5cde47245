"""Which overload of an operator a call of a program means, and its arguments in the form that torch takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..model_checks import require
from ..torch_graph import word
from ..torch_operators import OPERATORS
from .refusal import Unmade
from .tensors import Held, Size

MAKERS = (
    "arange.default", "arange.start", "arange.start_step", "full.default", "ones.default", "zeros.default",
)  # fmt: skip
"""Operators that make a tensor out of sizes and numbers."""
KINDS = {
    0: "uint8",
    1: "int8",
    2: "int16",
    3: "int32",
    4: "int64",
    5: "float16",
    6: "float32",
    7: "float64",
    11: "bool",
}
"""TorchScript's numbers of the kinds of tensors."""
_PLACES = ("device", "layout", "pin_memory", "memory_format", "implicit")
_MAY_SHARE = ("type_as", "einsum", "numpy_T", "expand_as", "reshape_as", "view_as", "broadcast_to", "ravel")
_MOST_INT = 1 << 63


@dataclass(frozen=True)
class Chosen:
    """An overload, with the arguments of one call.

    Parameters
    ----------
    function : torch OpOverload
    given, named : list, dict
    shares : bool
        Whether the result may lie on the numbers of an argument.
    """

    function: Any
    given: list[Any]
    named: dict[str, Any]
    shares: bool


class _MisfitError(Exception):
    """The arguments of a call are not those of an overload."""


def choose(torch: Any, name: str, given: list[Any], named: dict[str, Any], known: tuple[str, ...]) -> Chosen:
    """Choose the overload of an operator that fits the arguments.

    Parameters
    ----------
    torch : module
    name : str
        ``"add"``.
    given, named : list, dict
        Arguments of the call.
    known : tuple of str
        Overloads to choose from: ``"add.Tensor"``.

    Raises
    ------
    Unmade
        No overload of that name is known to compute and do nothing else, or none fits.
    """
    overloads = [item for item in known if item.partition(".")[0] == name]
    if not overloads:
        raise Unmade(f"calls torch.{name[:60]}, which is not on the list of operators that only compute")
    for overload in overloads:
        function = getattr(getattr(torch.ops.aten, name), overload.partition(".")[2])
        try:
            return _fitted(torch, function, name, given, named)
        except _MisfitError:
            continue
    raise Unmade(f"calls torch.{name} with arguments that no operator of that name on the list takes")


def choose_computing(torch: Any, name: str, given: list[Any], named: dict[str, Any]) -> Chosen:
    """Choose among the operators that compute a tensor from tensors."""
    return choose(torch, name, given, named, OPERATORS)


def _fitted(torch: Any, function: Any, name: str, given: list[Any], named: dict[str, Any]) -> Chosen:
    schema = function._schema  # noqa: SLF001 - torch keeps it there
    positional, by_name, left = [], {}, dict(named)
    places = [argument for argument in schema.arguments if not argument.kwarg_only]
    if len(given) > len(places):
        raise _MisfitError
    for argument, value in zip(places, given, strict=False):
        positional.append(converted(torch, str(argument.type), argument.name, value))
    for argument in [*places[len(given) :], *(item for item in schema.arguments if item.kwarg_only)]:
        if argument.name in left:
            value = left.pop(argument.name)
            if argument.name not in _PLACES:
                by_name[argument.name] = converted(torch, str(argument.type), argument.name, value)
        elif not argument.has_default_value():
            raise _MisfitError
    if left:
        raise _MisfitError
    shares = name in _MAY_SHARE or any(item.alias_info is not None for item in schema.returns)
    return Chosen(function, positional, by_name, shares)


def converted(torch: Any, kind: str, name: str, value: Any) -> Any:
    """Turn a value into an argument of a kind, as torch names kinds: ``"Optional[List[int]]"``."""
    if kind.startswith("Optional["):
        return None if value is None else converted(torch, kind[9:-1], name, value)
    if kind.startswith("List["):
        items = value if isinstance(value, list | tuple) else [value]
        return [converted(torch, kind[5:-1], name, item) for item in items]
    if name == "dtype":
        return scalar_kind(torch, value)
    if kind == "str" and isinstance(value, str):
        return word(value)
    if not _is_of(kind, value):
        raise _MisfitError
    require(not isinstance(value, int) or abs(value) <= _MOST_INT, "a number in it is too large")
    # torch reads the largest whole number as "to the end", and one beyond it as an error.
    return min(value, _MOST_INT - 1) if type(value) is int else value


def _is_of(kind: str, value: Any) -> bool:
    if kind == "Tensor":
        return isinstance(value, Held)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float | Size)
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind == "int" and isinstance(value, int | Size) and not isinstance(value, bool)


def scalar_kind(torch: Any, value: Any) -> Any:
    """Give torch's kind of tensors for TorchScript's number of it."""
    if type(value) is not int or value not in KINDS:
        raise Unmade("turns a tensor into a kind that is not read")
    return getattr(torch, KINDS[value])
