"""Values of a program's code: what its names, attributes, items and calls stand for.

Nothing is looked up outside the program: a dotted name stands for itself until it is called, and a call is
held against lists.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

from ..model_checks import require
from .archive import ScriptArchive
from .pickled import Tensor, Thing
from .plain import bounded, reckon
from .refusal import OnRows, Unmade
from .tensors import Growing, Held, Size

_MOST_STEPS = 300_000
_ROOTS = ("torch", "ops", "__torch__", "CONSTANTS")
_NUMBERS = {"inf": math.inf, "nan": math.nan}
Names = dict[str, Any]
"""The values of a function's variables."""


class Path:
    """A name with dots: ``torch.relu``; it stands for nothing until it is called.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        self.name = name


class Method:
    """A method of a module of the program.

    Parameters
    ----------
    thing : Thing
    name : str
    """

    def __init__(self, thing: Thing, name: str) -> None:
        self.thing, self.name = thing, name


class Unset:
    """A value that a program names before it has one."""


class Expressions:
    """Finds the values of expressions.

    Parameters
    ----------
    archive : ScriptArchive
    graph : Growing
        Takes the weights.
    call : callable
        What a function, and its arguments and those by name, give.
    """

    def __init__(
        self, archive: ScriptArchive, graph: Growing, call: Callable[[Any, list[Any], Names], Any]
    ) -> None:
        self._constants, self._graph, self._called = archive.constants, graph, call
        self._steps = 0
        self._values: dict[type, Callable[[Any, Names], Any]] = {
            ast.Name: self._name, ast.Constant: self._constant, ast.Attribute: self._attribute,
            ast.Call: self._call, ast.List: self._list, ast.Tuple: self._tuple, ast.Subscript: self._item,
            ast.UnaryOp: self._negative, ast.Dict: self._dictionary,
        }  # fmt: skip
        self._words: dict[str, Callable[[list[Any]], Any]] = {
            "getattr": self._getattr, "int": _int, "bool": _bool,
            "float": lambda given: float(_number(_only(given), "float")),
        }  # fmt: skip

    def count(self) -> None:
        """Count a step, of which a program has not many."""
        self._steps += 1
        require(self._steps <= _MOST_STEPS, f"it takes more than {_MOST_STEPS} steps")

    def value(self, node: ast.AST, names: Names) -> Any:
        """Find the value of an expression."""
        self.count()
        known = self._values.get(type(node))
        if known is None:
            raise Unmade(f"holds what Python calls {type(node).__name__}, which is not read")
        return known(node, names)

    def _name(self, node: ast.Name, names: Names) -> Any:
        if node.id in names:
            return names[node.id]
        if node.id in _ROOTS:
            return Path(node.id)
        require(node.id in ("inf", "nan"), f"it uses the name {node.id[:60]!r} before it has a value")
        return _NUMBERS[node.id]

    def _constant(self, node: ast.Constant, _names: Names) -> Any:
        value = node.value
        require(
            value is None or isinstance(value, bool | int | float | str),
            "a value in its code is of no kind known",
        )
        return bounded(value)

    def _attribute(self, node: ast.Attribute, names: Names) -> Any:
        return self._attribute_of(self.value(node.value, names), node.attr)

    def _attribute_of(self, value: Any, name: str) -> Any:
        if isinstance(value, Thing):
            return self._of_thing(value, name)
        if isinstance(value, Path):
            path = f"{value.name}.{name}"
            return self._numbered(name) if value.name == "CONSTANTS" else Path(path)
        raise Unmade(f"asks for {name[:60]!r} of what is no module")

    def _of_thing(self, thing: Thing, name: str) -> Any:
        if name == "training":
            return False
        if name in thing.state:
            return self._held(thing.state[name], name)
        return Method(thing, name)

    def _numbered(self, name: str) -> Any:
        number = int(name[1:]) if name[:1] == "c" and name[1:].isdecimal() and len(name) < 9 else -1
        require(0 <= number < len(self._constants), f"it uses the constant {name[:60]!r}, which is not there")
        return self._held(self._constants[number], "")

    def _held(self, value: Any, name: str) -> Any:
        if isinstance(value, Tensor):
            return self._graph.weigh(value, name)
        if isinstance(value, list | tuple):
            return type(value)(self._held(item, name) for item in value)
        if isinstance(value, dict):
            raise Unmade(f"holds a dictionary ({name[:60]!r})")
        return value

    def _list(self, node: ast.List, names: Names) -> list[Any]:
        return bounded([self.value(item, names) for item in node.elts])  # type: ignore[no-any-return]

    def _tuple(self, node: ast.Tuple, names: Names) -> tuple[Any, ...]:
        return tuple(self._list(node, names))  # type: ignore[arg-type]

    def _dictionary(self, node: ast.Dict, _names: Names) -> tuple[Any, ...]:
        # torch's own code asks how long an empty one is.
        if node.keys:
            raise Unmade("holds a dictionary")
        return ()

    def _item(self, node: ast.Subscript, names: Names) -> Any:
        items, place = self.value(node.value, names), self.value(node.slice, names)
        if isinstance(items, Held):
            raise Unmade("takes an item of a tensor in a way that torch's compiler does not write")
        return reckon(self._graph, "__getitem__", [items, place])

    def _negative(self, node: ast.UnaryOp, names: Names) -> Any:
        require(isinstance(node.op, ast.USub), "it holds a sign that is none")
        value = self.value(node.operand, names)
        require(isinstance(value, int | float), "it turns the sign of what is no number")
        return -value

    def _call(self, node: ast.Call, names: Names) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id not in names:
            return self._word(node.func.id, node, names)
        function = self.value(node.func, names)
        require(
            not any(isinstance(item, ast.Starred) for item in node.args), "it calls with a list of arguments"
        )
        given = [self.value(item, names) for item in node.args]
        named: Names = {}
        for item in node.keywords:
            require(
                item.arg is not None and item.arg not in named, "it calls with arguments that have no name"
            )
            named[str(item.arg)] = self.value(item.value, names)
        return self._called(function, given, named)

    def _word(self, word: str, node: ast.Call, names: Names) -> Any:
        # Types are written for the compiler, and are not looked at.
        if word in ("annotate", "unchecked_cast") and len(node.args) == 2:
            return self.value(node.args[1], names)
        if word == "uninitialized":
            return Unset()
        if word not in self._words or node.keywords:
            raise Unmade(f"calls {word[:60]!r}, which is not on the list of what only computes")
        return self._words[word]([self.value(item, names) for item in node.args])

    def _getattr(self, given: list[Any]) -> Any:
        require(len(given) == 2 and isinstance(given[1], str), "it asks for an attribute without a name")
        return self._attribute_of(given[0], given[1])


def decided(value: Any) -> bool:
    """Decide a branch.

    Raises
    ------
    Unmade
        It depends on the rows.
    """
    if isinstance(value, Held):
        raise Unmade("decides by what the rows hold (an if on a tensor)")
    if isinstance(value, Size):
        raise OnRows
    require(isinstance(value, bool), "it decides by what is neither true nor false")
    return bool(value)


def check_name(name: str) -> None:
    """Refuse a variable that bears a name of torch's compiler."""
    require(name not in (*_ROOTS, *_NUMBERS), f"it gives the name {name!r} to a value of its own")


def _int(given: list[Any]) -> Any:
    value = _only(given)
    return value if isinstance(value, Size) else int(_number(value, "int"))


def _bool(given: list[Any]) -> bool:
    value = _only(given)
    return decided(value) if isinstance(value, Held | Size) else bool(_number(value, "bool"))


def _only(given: list[Any]) -> Any:
    require(len(given) == 1, "it turns several values into one number")
    return given[0]


def _number(value: Any, kind: str) -> Any:
    found = value.whole if isinstance(value, Held) else value
    if found is None or isinstance(found, Size):
        raise Unmade(
            f"turns what the rows hold, or how many they are, into a number ({kind} of a tensor or size)"
        )
    require(isinstance(found, bool | int | float), "it turns what is no number into one")
    return found
