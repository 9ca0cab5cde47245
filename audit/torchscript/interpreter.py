"""Programs run on shapes: calls are followed, branches decided, loops unrolled, until a graph stands.

Only what torch's compiler writes is known: names, attributes, items, calls, lists; assignments, an if whose
condition is known, a loop over a known range, a return. Nothing is looked up outside the program.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from ..model_checks import require
from .archive import ScriptArchive
from .calls import Calls
from .expressions import Expressions, Method, Names, Path, check_name, decided
from .pickled import Thing
from .program_text import Code, Function
from .refusal import OnRows, Unmade
from .tensors import Growing, Held, Size

_DEEPEST = 32
_OPEN = object()
"""What a function gives that has not returned yet."""


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
        self._code, self._calls, self._input = Code(archive.code), calls, graph.input
        self._expressions = Expressions(archive, graph, self._called)
        self._depth = 0
        self._statements: dict[type, Callable[[Any, Names], Any]] = {
            ast.Assign: self._assign, ast.Expr: self._expression, ast.If: self._if, ast.For: self._for,
            ast.Return: self._return, ast.Pass: lambda _node, _names: _OPEN, ast.AnnAssign: self._noted,
        }  # fmt: skip

    def forward(self, root: Thing) -> Any:
        """Run the module's ``forward`` on the rows, and return what it gives."""
        function = self._code.method(root.kind, "forward")
        if function is None:
            raise Unmade("holds no method forward")
        needed = len(function.node.args.args) - len(function.node.args.defaults) - 1
        if needed != 1:
            raise Unmade(f"takes {needed} inputs, and one table of numbers is given")
        return self._run(function, [root, self._input], {})

    def _run(self, function: Function, given: list[Any], named: Names) -> Any:
        require(self._depth < _DEEPEST, f"its functions call each other too deep (at {function.name[:80]!r})")
        self._depth += 1
        try:
            found = self._block(function.node.body, self._bound(function, given, named))
        finally:
            self._depth -= 1
        return None if found is _OPEN else found

    def _bound(self, function: Function, given: list[Any], named: Names) -> Names:
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
            require(
                name in named or name in defaults, f"its function {function.name[:80]!r} is given too little"
            )
            names[name] = named[name] if name in named else self._expressions.value(defaults[name], {})
        require(set(named) <= set(names), f"its function {function.name[:80]!r} is given other names")
        for name in names:
            check_name(name)
        return names

    def _block(self, statements: list[Any], names: Names) -> Any:
        for statement in statements:
            self._expressions.count()
            known = self._statements.get(type(statement))
            if known is None:
                raise Unmade(f"holds {_shown(statement)}, which is not read")
            found = known(statement, names)
            if found is not _OPEN:
                return found
        return _OPEN

    def _assign(self, node: ast.Assign, names: Names) -> Any:
        require(len(node.targets) == 1, "it assigns one value twice")
        self._put(node.targets[0], self._expressions.value(node.value, names), names)
        return _OPEN

    def _noted(self, node: ast.AnnAssign, names: Names) -> Any:
        # Types are written for the compiler, and are not looked at.
        if node.value is not None:
            self._put(node.target, self._expressions.value(node.value, names), names)
        return _OPEN

    def _put(self, target: Any, value: Any, names: Names) -> None:
        if isinstance(target, ast.Name):
            check_name(target.id)
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

    def _expression(self, node: ast.Expr, names: Names) -> Any:
        self._expressions.value(node.value, names)
        return _OPEN

    def _if(self, node: ast.If, names: Names) -> Any:
        try:
            holds = decided(self._expressions.value(node.test, names))
        except OnRows:
            # A check of the number of rows that refuses some of them changes no score.
            if not _refuses(node.body) and not _refuses(node.orelse):
                raise
            holds = _refuses(node.orelse)
        chosen = node.body if holds else node.orelse
        return self._block(chosen, names)

    def _for(self, node: ast.For, names: Names) -> Any:
        looped = node.iter
        ranged = (
            isinstance(looped, ast.Call) and isinstance(looped.func, ast.Name) and looped.func.id == "range"
        )
        if not ranged or node.orelse:
            raise Unmade("holds a loop over something else than a range")
        counts = [self._expressions.value(item, names) for item in looped.args]  # type: ignore[attr-defined]
        if any(isinstance(item, Size | Held) for item in counts):
            raise Unmade("holds a loop over the rows")
        require(all(type(item) is int for item in counts) and 0 < len(counts) < 4, "a range in it is damaged")
        for place in range(*counts):
            self._put(node.target, place, names)
            found = self._block(node.body, names)
            if found is not _OPEN:
                return found
            self._expressions.count()
        return _OPEN

    def _return(self, node: ast.Return, names: Names) -> Any:
        return None if node.value is None else self._expressions.value(node.value, names)

    def _called(self, function: Any, given: list[Any], named: Names) -> Any:
        if isinstance(function, Method):
            found = self._code.method(function.thing.kind, function.name)
            if found is None:
                raise Unmade(f"calls the method {function.name[:60]!r}, which it does not write")
            return self._run(found, [function.thing, *given], named)
        if not isinstance(function, Path):
            raise Unmade("calls what is no function")
        space, _, name = function.name.rpartition(".")
        if space in ("torch", "ops.aten"):
            return self._calls.torch_call(name, given, named)
        if space == "ops.prim":
            return self._calls.prim_call(name, given, named)
        found = self._code.function(function.name) if space.startswith("__torch__") else None
        if found is None:
            raise Unmade(
                f"calls {function.name[:80]}, which is not on the list of operators that only compute"
            )
        return self._run(found, given, named)


def _refuses(block: list[Any]) -> bool:
    """Tell whether a branch does nothing but raise an error."""
    call = block[0].value if len(block) == 1 and isinstance(block[0], ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func) == "ops.prim.RaiseException"


def _shown(node: ast.AST) -> str:
    if isinstance(node, ast.While):
        return "a loop without a known end (while)"
    return f"what Python calls {type(node).__name__}"
