"""Programs run on shapes: calls are followed, branches decided, loops unrolled, until a graph stands.

Only what torch's compiler writes is known: names, attributes, items, calls, lists; assignments, an if whose
condition is known, a loop over a known range, a return. Nothing is looked up outside the program.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

from ..model_checks import require
from .archive import ScriptArchive
from .calls import Calls
from .code import Code, Function
from .pickled import Tensor, Thing
from .plain import ON_ROWS, bounded, reckon
from .refusal import Unmade
from .tensors import Growing, Held, Size

_MOST_STEPS = 300_000
_DEEPEST = 32
_ROOTS = ("torch", "ops", "__torch__", "CONSTANTS")
_NUMBERS = {"inf": math.inf, "nan": math.nan, "infj": None}
_OPEN = object()
"""What a function gives that has not returned yet."""


class _Path:
    """A name with dots: ``torch.nn``; it stands for nothing until it is called."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Method:
    def __init__(self, thing: Thing, name: str) -> None:
        self.thing, self.name = thing, name


class _Unset:
    """A value that a program names before it has one."""


class Interpreter:
    """Runs a program.

    Parameters
    ----------
    archive : ScriptArchive
    graph : Growing
        Takes the program's calls.
    calls : Calls
        What they become.
    """

    def __init__(self, archive: ScriptArchive, graph: Growing, calls: Calls) -> None:
        self._code, self._constants = Code(archive.code), archive.constants
        self._graph, self._calls = graph, calls
        self._steps = self._depth = 0
        self._values: dict[type, Callable[[Any, dict[str, Any]], Any]] = {
            ast.Name: self._name, ast.Constant: self._constant, ast.Attribute: self._attribute,
            ast.Call: self._call, ast.List: self._list, ast.Tuple: self._tuple, ast.Subscript: self._item,
            ast.UnaryOp: self._negative,
        }  # fmt: skip
        self._statements: dict[type, Callable[[Any, dict[str, Any]], Any]] = {
            ast.Assign: self._assign, ast.Expr: self._expression, ast.If: self._if, ast.For: self._for,
            ast.Return: self._return, ast.Pass: lambda _node, _names: _OPEN, ast.AnnAssign: self._noted,
        }  # fmt: skip
        self._words: dict[str, Callable[[list[Any]], Any]] = {
            "getattr": lambda given: self._attribute_of(given[0], str(given[1])), "int": self._int,
            "float": self._float, "bool": self._bool, "uninitialized": lambda _given: _Unset(),
        }  # fmt: skip

    def forward(self, root: Thing) -> Any:
        """Run the module's ``forward`` on the rows, and return what it gives."""
        function = self._code.function(f"{root.kind}.forward")
        if function is None:
            raise Unmade("holds no method forward")
        needed = len(function.node.args.args) - len(function.node.args.defaults) - 1
        if needed != 1:
            raise Unmade(f"takes {needed} inputs, and one table of numbers is given")
        return self._run(function, [root, self._graph.input], {})

    def _run(self, function: Function, given: list[Any], named: dict[str, Any]) -> Any:
        require(self._depth < _DEEPEST, f"its functions call each other too deep (at {function.name[:80]!r})")
        self._depth += 1
        names = self._bound(function, given, named)
        found = self._block(function.node.body, names)
        self._depth -= 1
        return None if found is _OPEN else found

    def _bound(self, function: Function, given: list[Any], named: dict[str, Any]) -> dict[str, Any]:
        signature = function.node.args
        require(
            not (signature.vararg or signature.kwarg or signature.kwonlyargs or signature.posonlyargs),
            f"its function {function.name[:80]!r} takes other arguments than torch's compiler writes",
        )
        places = [item.arg for item in signature.args]
        require(len(given) <= len(places), f"its function {function.name[:80]!r} is given too much")
        defaults = dict(zip(places[len(places) - len(signature.defaults) :], signature.defaults, strict=True))
        names = dict(zip(places, given, strict=False))
        for name in places[len(given) :]:
            require(name in named or name in defaults, f"its function {function.name[:80]!r} is given too little")
            names[name] = named[name] if name in named else self._value(defaults[name], {})
        for name in names:
            _check_name(name)
        return names

    def _block(self, statements: list[Any], names: dict[str, Any]) -> Any:
        for statement in statements:
            self._count()
            known = self._statements.get(type(statement))
            if known is None:
                raise Unmade(f"holds {_called(statement)}, which is not read")
            found = known(statement, names)
            if found is not _OPEN:
                return found
        return _OPEN

    def _count(self) -> None:
        self._steps += 1
        require(self._steps <= _MOST_STEPS, f"it takes more than {_MOST_STEPS} steps")

    # --- statements --------------------------------------------------------------------------------------

    def _assign(self, node: ast.Assign, names: dict[str, Any]) -> Any:
        require(len(node.targets) == 1, "it assigns one value twice")
        self._put(node.targets[0], self._value(node.value, names), names)
        return _OPEN

    def _noted(self, node: ast.AnnAssign, names: dict[str, Any]) -> Any:
        # Types are written for the compiler, and are not looked at.
        if node.value is not None:
            self._put(node.target, self._value(node.value, names), names)
        return _OPEN

    def _put(self, target: Any, value: Any, names: dict[str, Any]) -> None:
        if isinstance(target, ast.Name):
            _check_name(target.id)
            names[target.id] = value
        elif isinstance(target, ast.Tuple):
            fits = isinstance(value, list | tuple) and len(value) == len(target.elts)
            require(fits, "it unpacks what has not as many parts")
            for part, item in zip(target.elts, value, strict=True):
                self._put(part, item, names)
        elif isinstance(target, ast.Attribute):
            raise Unmade(f"changes its own attribute {target.attr[:60]!r} while it scores")
        else:
            raise Unmade("assigns to an item of a list or dictionary")

    def _expression(self, node: ast.Expr, names: dict[str, Any]) -> Any:
        self._value(node.value, names)
        return _OPEN

    def _if(self, node: ast.If, names: dict[str, Any]) -> Any:
        chosen = node.body if self._decided(self._value(node.test, names)) else node.orelse
        return self._block(chosen, names)

    def _decided(self, value: Any) -> bool:
        if isinstance(value, Held):
            raise Unmade("decides by what the rows hold (an if on a tensor)")
        if isinstance(value, Size):
            raise Unmade(ON_ROWS)
        require(isinstance(value, bool), "it decides by what is neither true nor false")
        return bool(value)

    def _for(self, node: ast.For, names: dict[str, Any]) -> Any:
        looped = node.iter
        ranged = isinstance(looped, ast.Call) and isinstance(looped.func, ast.Name) and looped.func.id == "range"
        if not ranged or node.orelse:
            raise Unmade("holds a loop over something else than a range")
        counts = [self._value(item, names) for item in looped.args]  # type: ignore[attr-defined]
        if any(isinstance(item, Size | Held) for item in counts):
            raise Unmade("holds a loop over the rows")
        require(all(type(item) is int for item in counts) and 0 < len(counts) < 4, "a range in it is damaged")
        for place in range(*counts):
            self._put(node.target, place, names)
            found = self._block(node.body, names)
            if found is not _OPEN:
                return found
            self._count()
        return _OPEN

    def _return(self, node: ast.Return, names: dict[str, Any]) -> Any:
        return None if node.value is None else self._value(node.value, names)

    # --- values ------------------------------------------------------------------------------------------

    def _value(self, node: Any, names: dict[str, Any]) -> Any:
        self._count()
        known = self._values.get(type(node))
        if known is None:
            raise Unmade(f"holds {_called(node)}, which is not read")
        return known(node, names)

    def _name(self, node: ast.Name, names: dict[str, Any]) -> Any:
        if node.id in names:
            return names[node.id]
        if node.id in _ROOTS:
            return _Path(node.id)
        require(node.id in ("inf", "nan"), f"it uses the name {node.id[:60]!r} before it has a value")
        return _NUMBERS[node.id]

    def _constant(self, node: ast.Constant, _names: dict[str, Any]) -> Any:
        value = node.value
        require(value is None or isinstance(value, bool | int | float | str), "a value in its code is of no kind known")
        return bounded(value)

    def _attribute(self, node: ast.Attribute, names: dict[str, Any]) -> Any:
        return self._attribute_of(self._value(node.value, names), node.attr)

    def _attribute_of(self, value: Any, name: str) -> Any:
        if isinstance(value, Thing):
            return self._of_thing(value, name)
        if isinstance(value, _Path):
            path = f"{value.name}.{name}"
            return self._numbered(name) if value.name == "CONSTANTS" else _Path(path)
        raise Unmade(f"asks for {name[:60]!r} of what is no module")

    def _of_thing(self, thing: Thing, name: str) -> Any:
        if name == "training":
            return False
        if name in thing.state:
            return self._held(thing.state[name], name)
        return _Method(thing, name)

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

    def _list(self, node: ast.List, names: dict[str, Any]) -> list[Any]:
        return bounded([self._value(item, names) for item in node.elts])  # type: ignore[no-any-return]

    def _tuple(self, node: ast.Tuple, names: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(self._list(node, names))  # type: ignore[arg-type]

    def _item(self, node: ast.Subscript, names: dict[str, Any]) -> Any:
        items, place = self._value(node.value, names), self._value(node.slice, names)
        if isinstance(items, Held):
            raise Unmade("takes an item of a tensor in a way that torch's compiler does not write")
        return reckon(self._graph, "__getitem__", [items, place])

    def _negative(self, node: ast.UnaryOp, names: dict[str, Any]) -> Any:
        require(isinstance(node.op, ast.USub), "it holds a sign that is none")
        value = self._value(node.operand, names)
        require(isinstance(value, int | float), "it turns the sign of what is no number")
        return -value

    def _call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id not in names:
            return self._word(node.func.id, node, names)
        function = self._value(node.func, names)
        require(not any(isinstance(item, ast.Starred) for item in node.args), "it calls with a list of arguments")
        given = [self._value(item, names) for item in node.args]
        named: dict[str, Any] = {}
        for item in node.keywords:
            require(item.arg is not None and item.arg not in named, "it calls with arguments that have no name")
            named[str(item.arg)] = self._value(item.value, names)
        return self._called(function, given, named)

    def _called(self, function: Any, given: list[Any], named: dict[str, Any]) -> Any:
        if isinstance(function, _Method):
            found = self._code.function(f"{function.thing.kind}.{function.name}")
            if found is None:
                raise Unmade(f"calls the method {function.name[:60]!r}, which it does not write")
            return self._run(found, [function.thing, *given], named)
        if not isinstance(function, _Path):
            raise Unmade("calls what is no function")
        space, _, name = function.name.rpartition(".")
        if space in ("torch", "ops.aten"):
            return self._calls.torch_call(name, given, named)
        if space == "ops.prim":
            return self._calls.prim_call(name, given, named)
        found = self._code.function(function.name) if space.startswith("__torch__") else None
        if found is None:
            raise Unmade(f"calls {function.name[:80]}, which is not on the list of operators that only compute")
        return self._run(found, given, named)

    def _word(self, word: str, node: ast.Call, names: dict[str, Any]) -> Any:
        # Types are written for the compiler, and are not looked at.
        if word in ("annotate", "unchecked_cast") and len(node.args) == 2:
            return self._value(node.args[1], names)
        if word == "uninitialized":
            return _Unset()
        if word not in self._words or node.keywords:
            raise Unmade(f"calls {word[:60]!r}, which is not on the list of what only computes")
        return self._words[word]([self._value(item, names) for item in node.args])

    def _int(self, given: list[Any]) -> Any:
        value = _only(given)
        if isinstance(value, Size):
            return value
        return int(_number(value, "int"))

    def _float(self, given: list[Any]) -> float:
        return float(_number(_only(given), "float"))

    def _bool(self, given: list[Any]) -> bool:
        value = _only(given)
        return self._decided(value) if isinstance(value, Held | Size) else bool(_number(value, "bool"))


def _only(given: list[Any]) -> Any:
    require(len(given) == 1, "it turns several values into one number")
    return given[0]


def _number(value: Any, kind: str) -> Any:
    found = value.whole if isinstance(value, Held) else value
    if found is None or isinstance(found, Size):
        raise Unmade(f"turns what the rows hold, or how many they are, into a number ({kind} of a tensor or size)")
    require(isinstance(found, bool | int | float), "it turns what is no number into one")
    return found


def _check_name(name: str) -> None:
    require(name not in (*_ROOTS, "inf", "nan"), f"it gives the name {name!r} to a value of its own")


def _called(node: ast.AST) -> str:
    named = {ast.While: "a loop without a known end (while)", ast.Dict: "a dictionary"}
    return named.get(type(node), f"what Python calls {type(node).__name__}")
