"""What a program's calls of ``torch`` and ``ops.prim`` become: nodes of a graph, or plain values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..model_checks import require
from .comparing import COMPARING, counts
from .overloads import KINDS, MAKERS, choose, choose_computing, scalar_kind
from .pickled import Tensor
from .plain import COUNTING, PLAIN, reckon
from .refusal import Unmade
from .tensors import Growing, Held

_DROPS = ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
_LEARNS = {"batch_norm": 5, "scaled_dot_product_attention": 4}
_SINCE = {"div": 4, "full": 5}
"""Versions from which on operators reckon as they do today; torch writes no lower one where they are used."""
_MOST_LITERAL = 10_000
_RUNS: dict[str, Any] = {"is_grad_enabled": True, "is_autocast_enabled": False}
"""What a program is told of how it runs."""
_TENSORS_ARE: dict[str, Any] = {
    "device": "cpu", "type": "cpu", "is_cuda": False, "is_nested": False, "is_sparse": False,
    # Weights that learn make torch's attention take the path of plain operators.
    "requires_grad": True,
}  # fmt: skip
"""What it is told of where a tensor lies."""
Special = Callable[[list[Any], dict[str, Any]], Any]


class Calls:
    """Calls of operators, in evaluation mode.

    Parameters
    ----------
    graph : Growing
    frozen : bool
        Whether a trace in training mode wrote the program: then what it says of training is not meant for
        scoring, and is left out. Otherwise it draws random numbers whenever it is called, and is refused.
    version : int
        Of the operators that the program was written for.
    """

    def __init__(self, graph: Growing, *, frozen: bool, version: int) -> None:
        self._graph, self._frozen, self._version = graph, frozen, version
        self._torch = graph.torch
        self.asked = False
        """Whether the program asked where or how it runs."""
        self._special: dict[str, Special] = {
            "size": self._size, "dim": self._dim, "numel": self._numel, "len": self._len, "to": self._to,
            "tensor": self._tensor, "is_floating_point": self._is_floating_point,
            "batch_norm": self._normalised, "scaled_dot_product_attention": self._attended,
            "new_zeros": self._new("zeros"), "new_ones": self._new("ones"), "new_full": self._new("full"),
            "__is__": _is, "__isnot__": lambda given, named: not _is(given, named),
            "device": lambda _given, _named: "cpu",
        }  # fmt: skip

    def torch_call(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        """Make what ``torch.name(...)`` gives."""
        if name in _RUNS:
            self.asked = True
            return _RUNS[name]
        if name in self._special:
            return self._special[name](given, named)
        if name.removesuffix("_") in _DROPS:
            return self._dropped(given)
        plain = all(not isinstance(value, Held) or value.whole is not None for value in given)
        if name == "div" and plain and named.get("rounding_mode") in ("trunc", "floor"):
            return reckon(self._graph, "floordiv", counts(given))
        if name == "append" or (plain and not named and name in (*COUNTING, *COMPARING, *PLAIN)):
            return reckon(self._graph, name, given)
        return self._computed(name, given, named)

    def prim_call(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        """Make what ``ops.prim.name(...)`` gives."""
        if name == "RaiseException":
            said = str(given[0])[:200] if given and isinstance(given[0], str) else ""
            raise Unmade(f"refuses this table itself, with {said!r}")
        if name in _TENSORS_ARE:
            self.asked = True
            return _TENSORS_ARE[name]
        if name == "dtype":
            return self._kind(given)
        if name in ("shape", "data"):
            return self._size(given, named) if name == "shape" else _one(given)
        if name in ("min", "max", "abs", "NumToTensor"):
            return reckon(self._graph, name, given)
        raise Unmade(f"calls ops.prim.{name[:60]}, which is not known to compute and do nothing else")

    def _computed(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        if self._version < _SINCE.get(name.removesuffix("_"), 0):
            raise Unmade(f"was written by a torch whose torch.{name} reckoned otherwise than today's")
        if any(f"{name}.{overload}" in MAKERS for overload in ("default", "start")):
            chosen = choose(self._torch, name, given, named, MAKERS)
            return self._graph.made(chosen.function, chosen.given, chosen.named)
        changes = name.endswith("_") and not name.endswith("__")
        chosen = choose_computing(self._torch, name.removesuffix("_") if changes else name, given, named)
        if changes and self._counts(given):
            return given[0]
        made = self._graph.call(chosen.function, chosen.given, chosen.named, shares=chosen.shares)
        if not changes:
            return made
        require(bool(given) and isinstance(given[0], Held) and isinstance(made, Held), "it changes no tensor")
        return self._graph.change(given[0], made)

    def _counts(self, given: list[Any]) -> bool:
        """Tell whether a normalisation counts the batches that it learns from."""
        counter = given[0] if given and isinstance(given[0], Held) else None
        return self._frozen and counter is not None and counter.name == "num_batches_tracked"

    def _normalised(self, given: list[Any], named: dict[str, Any]) -> Any:
        place = _LEARNS["batch_norm"]
        require(len(given) == 9 and not named, "it normalises by other arguments than torch's")
        held = isinstance(given[3], Held) and isinstance(given[4], Held)
        if given[place] is not False and not (self._frozen and held):
            raise Unmade(
                "normalises by the rows that are scored together (batch_norm without running figures), so"
                " that the score of a row depends on the others"
            )
        return self._computed("batch_norm", [*given[:place], False, *given[place + 1 :]], {})

    def _attended(self, given: list[Any], named: dict[str, Any]) -> Any:
        place = _LEARNS["scaled_dot_product_attention"]
        share = given[place] if len(given) > place else named.get("dropout_p", 0.0)
        if share != 0.0 and not self._frozen:
            raise _random("scaled_dot_product_attention")
        positional = [*given[:place], 0.0, *given[place + 1 :]] if len(given) > place else given
        by_name = {key: value for key, value in named.items() if key != "dropout_p"}
        return self._computed("scaled_dot_product_attention", positional, by_name)

    def _dropped(self, given: list[Any]) -> Any:
        require(len(given) == 3 and isinstance(given[0], Held), "it drops units of what is no tensor")
        if given[2] is not False and not self._frozen:
            raise _random("dropout")
        return given[0]

    def _size(self, given: list[Any], named: dict[str, Any]) -> Any:
        tensor = _one(given[:1])
        require(len(given) <= 2 and not named, "it asks for a size by other arguments than torch's")
        if len(given) == 2:
            require(type(given[1]) is int, "it asks for the size of a dimension that is no number")
            return self._graph.size(tensor, given[1])
        return [self._graph.size(tensor, place) for place in range(tensor.dims)]

    def _dim(self, given: list[Any], _named: dict[str, Any]) -> int:
        return _one(given).dims

    def _len(self, given: list[Any], _named: dict[str, Any]) -> Any:
        if given and isinstance(given[0], Held):
            return self._graph.size(given[0], 0)
        return reckon(self._graph, "len", given)

    def _numel(self, given: list[Any], _named: dict[str, Any]) -> Any:
        count: Any = 1
        for size in self._size(given[:1], {}):
            count = reckon(self._graph, "mul", [count, size])
        return count

    def _is_floating_point(self, given: list[Any], _named: dict[str, Any]) -> bool:
        return _has_fractions(_one(given))

    def _kind(self, given: list[Any]) -> int:
        kind = _one(given).metas[0].dtype
        return next(number for number, name in KINDS.items() if getattr(self._torch, name) == kind)

    def _to(self, given: list[Any], named: dict[str, Any]) -> Any:
        tensor = _one(given[:1])
        rest = [value for value in given[1:] if value is not None and not isinstance(value, str)]
        if rest and isinstance(rest[0], Held):
            return self._computed("type_as", [tensor, rest[0]], {})
        kind = next((value for value in [*rest[:1], named.get("dtype")] if type(value) is int), None)
        if kind is None:
            return tensor
        return self._graph.call(
            self._torch.ops.aten.to.dtype, [tensor, scalar_kind(self._torch, kind)], {}, shares=True
        )

    def _new(self, maker: str) -> Special:
        def make(given: list[Any], named: dict[str, Any]) -> Any:
            tensor = _one(given[:1])
            kind = named.get("dtype")
            return self._computed(maker, given[1:], {"dtype": self._kind([tensor]) if kind is None else kind})

        return make

    def _tensor(self, given: list[Any], named: dict[str, Any]) -> Held:
        require(len(given) == 1 and len(_flat(given)) <= _MOST_LITERAL, "it writes a tensor that is too long")
        plain = all(isinstance(value, int | float) for value in _flat(given))
        if not plain:
            raise Unmade("makes a tensor of sizes that depend on how many rows there are (torch.tensor)")
        found = np.array(given[0])
        kind = named.get("dtype")
        if kind is not None:
            require(type(kind) is int and kind in KINDS, "it writes a tensor of a kind that is not read")
            found = found.astype(KINDS[kind])
        elif found.dtype.kind == "f":
            found = found.astype(np.float32)
        require(found.dtype.kind in "bif", "it writes a tensor that holds no numbers")
        return self._graph.weigh(Tensor(found, learnt=False), "")


def _one(given: list[Any]) -> Held:
    require(len(given) == 1 and isinstance(given[0], Held), "it asks of a tensor what is none")
    return given[0]  # type: ignore[no-any-return]


def _is(given: list[Any], _named: dict[str, Any]) -> bool:
    require(len(given) == 2, "it compares other than two values")
    one, other = given
    if one is None or other is None:
        return one is other
    tensors = isinstance(one, Held) and isinstance(other, Held)
    if not tensors or (one is not other and one.home is other.home):
        raise Unmade("asks whether two values are one and the same, which only torch knows")
    return one is other


def _flat(given: Any) -> list[Any]:
    return [
        item for value in given for item in (_flat(value) if isinstance(value, list | tuple) else [value])
    ]


def _has_fractions(tensor: Held) -> bool:
    return bool(tensor.metas[0].dtype.is_floating_point)


def _random(name: str) -> Unmade:
    return Unmade(f"draws random numbers whenever it scores ({name} that is always on)")
