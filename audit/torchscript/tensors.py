"""Tensors of a program while its graph grows: each is a node, and what is known of its shape.

Shapes are found by torch itself, on tensors without numbers (the device "meta"), for several numbers of rows
at once: a size that is the same for all of them is a number, any other is counted when the program runs.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..model_checks import require
from ..torch_graph import GraphBuilder
from ..torch_models import BATCH
from .pickled import Tensor
from .refusal import Misfit, Unmade

ROWS = (2, BATCH, 1_000_003)
"""Numbers of rows that shapes are found for; at most BATCH rows are scored at once."""
_MOST_CALLS = 10_000
_MOST_A_ROW = 1 << 16
_MOST_WHOLE = 1 << 62


@dataclass(eq=False)
class Size:
    """A count that depends on how many rows there are.

    Parameters
    ----------
    node : torch.fx.Node
    values : tuple of int
        For each of ``ROWS``.
    """

    node: Any
    values: tuple[int, ...]


@dataclass(eq=False)
class Held:
    """A tensor of the program.

    Parameters
    ----------
    metas : tuple of torch.Tensor
        Without numbers, for each of ``ROWS``.
    home : list of Held
        All that lie on the same numbers, itself among them.
    node : torch.fx.Node or None
        None for a weight that was not used yet.
    weight : Tensor or None
        What the file holds, of a weight.
    name : str
        Of a weight.
    """

    metas: tuple[Any, ...]
    home: list[Held] = field(default_factory=list)
    node: Any = None
    weight: Tensor | None = None
    name: str = ""
    stale: bool = False

    @property
    def dims(self) -> int:
        """How many dimensions it has."""
        return int(self.metas[0].ndim)

    @property
    def whole(self) -> int | None:
        """The whole number that a weight is, where it is one."""
        numbers = None if self.weight is None else self.weight.numbers
        return (
            int(numbers)
            if numbers is not None and numbers.shape == () and numbers.dtype.kind == "i"
            else None
        )


class Growing(GraphBuilder):
    """A graph that grows, with what is known of every shape.

    Parameters
    ----------
    torch : module
    width : int
        Numbers of a row.
    kind : str
        Of the rows: ``"float32"``.
    """

    def __init__(self, torch: Any, width: int, kind: str) -> None:
        super().__init__(torch)
        self._calls = 0
        self._weights: dict[int, Held] = {}
        made = getattr(torch, kind)
        self.input = self._held(
            self.rows(), tuple(torch.empty((rows, width), dtype=made, device="meta") for rows in ROWS)
        )

    def weigh(self, weight: Tensor, name: str) -> Held:
        """Hold a weight, which enters the graph when it is first used."""
        if id(weight) not in self._weights:
            meta = self.torch.from_numpy(weight.numbers).to("meta")
            self._weights[id(weight)] = Held((meta,) * len(ROWS), weight=weight, name=name)
            self._weights[id(weight)].home.append(self._weights[id(weight)])
        return self._weights[id(weight)]

    def size(self, tensor: Held, place: int) -> int | Size:
        """Give a size of a tensor: a number, or what counts it."""
        require(-tensor.dims <= place < tensor.dims, "it asks for the size of a dimension that is not there")
        values = tuple(int(meta.shape[place]) for meta in tensor.metas)
        if len(set(values)) == 1:
            return values[0]
        place %= tensor.dims
        return Size(self._call(self.torch.ops.aten.sym_size.int, (self.used(tensor, ""), place)), values)

    def counted(self, function: Callable[[Any, Any], Any], one: int | Size, other: int | Size) -> Size:
        """Reckon with counts."""
        pairs = zip(_values(one), _values(other), strict=True)
        values = tuple(function(left, right) for left, right in pairs)
        require(
            all(abs(value) < _MOST_WHOLE for value in values), "it reckons with counts that are too large"
        )
        return Size(self._call(function, tuple(map(_node, (one, other)))), values)

    def call(self, function: Any, given: list[Any], named: dict[str, Any], *, shares: bool) -> Any:
        """Call an operator of torch.

        Parameters
        ----------
        function : torch OpOverload
        given, named : list, dict
            Its arguments, and those by name.
        shares : bool
            Whether the result may lie on the numbers of its first argument.

        Returns
        -------
        Held, or a list or tuple of Held
        """
        names = [argument.name for argument in function._schema.arguments]  # noqa: SLF001 - torch keeps it there
        nodes = [self._taken(value, name) for value, name in zip(given, names, strict=False)]
        node = self._call(
            function, tuple(nodes), {key: self._taken(value, key) for key, value in named.items()}
        )
        found = [self._tried(function, given, named, place) for place in range(len(ROWS))]
        first = _first(given) if shares else None
        home = None if first is None else first.home
        return self._result(node, tuple(found), home)

    def made(self, function: Any, given: list[Any], named: dict[str, Any]) -> Held:
        """Call an operator that makes a tensor out of sizes and numbers, on the CPU."""
        node = self._call(
            function, tuple(map(_deep_node, given)), {k: _deep_node(v) for k, v in named.items()}
        )
        placed = {**named, "device": "meta"}
        return self._held(
            node, tuple(self._tried(function, given, placed, place) for place in range(len(ROWS)))
        )

    def change(self, tensor: Held, other: Held) -> Held:
        """Let a tensor be what an operator in place made of it, for all that use it from now on."""
        if any(item.weight is not None for item in tensor.home):
            raise Unmade("changes a weight of its own while it scores")
        same = all(
            before.shape == after.shape and before.dtype == after.dtype
            for before, after in zip(tensor.metas, other.metas, strict=True)
        )
        require(same, "it changes the shape or the kind of a tensor in place")
        for item in tensor.home:
            item.stale = item is not tensor
        tensor.node = other.node
        return tensor

    def used(self, tensor: Held, name: str) -> Any:
        """Give the node of a tensor that is used, as the argument of that name."""
        if tensor.stale:
            raise Unmade("changes a tensor in place and then uses a part of it that was taken before")
        if tensor.node is None and tensor.weight is not None:
            # Constants say neither what they are called nor whether they were learnt: their use does.
            called = tensor.name or name
            constant = not tensor.name and (called in ("weight", "bias") or tensor.weight.numbers.ndim > 1)
            numbers, learnt = tensor.weight.numbers, tensor.weight.learnt or constant
            tensor.node = self.weight(numbers, called, learnt=learnt)
        return tensor.node

    def _tried(self, function: Any, given: list[Any], named: dict[str, Any], place: int) -> Any:
        positional, by_name = _at(given, place), {key: _at(value, place) for key, value in named.items()}
        try:
            return function(*positional, **by_name)
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            said = (str(error).splitlines() or [""])[0][:200]
            name = str(function).removeprefix("aten.").partition(".")[0]
            raise Misfit(f"torch.{name}: {said or type(error).__name__}") from error

    def _taken(self, value: Any, name: str) -> Any:
        if isinstance(value, Held):
            return self.used(value, name)
        if isinstance(value, list):
            return [self._taken(item, name) for item in value]
        return _node(value)

    def _call(self, function: Any, given: tuple[Any, ...], named: dict[str, Any] | None = None) -> Any:
        self._calls += 1
        require(self._calls <= _MOST_CALLS, f"it calls more than {_MOST_CALLS} operators")
        return self.graph.call_function(function, given, named or {})

    def _result(self, node: Any, found: tuple[Any, ...], home: list[Held] | None) -> Any:
        if isinstance(found[0], self.torch.Tensor):
            return self._held(node, found, home)
        several = isinstance(found[0], list | tuple) and len({len(item) for item in found}) == 1
        if not several:
            raise Unmade("calls an operator that gives no tensor, or as many as there are rows")
        items = [
            self._held(
                self._call(operator.getitem, (node, place)), tuple(item[place] for item in found), home
            )
            for place in range(len(found[0]))
        ]
        return items if isinstance(found[0], list) else tuple(items)

    def _held(self, node: Any, metas: tuple[Any, ...], home: list[Held] | None = None) -> Held:
        if len({meta.ndim for meta in metas}) > 1:
            raise Unmade("makes tensors whose dimensions depend on how many rows there are")
        large = metas[ROWS.index(BATCH)].numel() > _MOST_A_ROW * BATCH
        require(not large, f"a step of it would hold more than {_MOST_A_ROW} numbers for each row")
        held = Held(metas, [] if home is None else home, node)
        held.home.append(held)
        return held


def _values(given: int | Size) -> tuple[int, ...]:
    return given.values if isinstance(given, Size) else (int(given),) * len(ROWS)


def _node(value: Any) -> Any:
    return value.node if isinstance(value, Size) else value


def _deep_node(value: Any) -> Any:
    return [_node(item) for item in value] if isinstance(value, list) else _node(value)


def _at(value: Any, place: int) -> Any:
    """Give what stands for a value where there are ``ROWS[place]`` rows."""
    if isinstance(value, Held):
        return value.metas[place]
    if isinstance(value, Size):
        return value.values[place]
    return [_at(item, place) for item in value] if isinstance(value, list) else value


def _first(given: list[Any]) -> Held | None:
    for value in given:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Held):
                return item
    return None
