"""Programs of ``torch.export``, built anew from their JSON out of a list of harmless operators.

Nothing that the file names is looked up by its name: an operator that is not on the list is refused, and
arguments are numbers, truth values and tensors only. So a program can compute, and nothing else: it cannot
read or write a file, draw random numbers, or call Python.
"""

from __future__ import annotations

import operator
from typing import Any

from ..errors import ModelError, Problem
from ..mitigation.torch_parts import import_torch
from .model_checks import require
from .torch_archive import Archive
from .torch_graph import MOST_NODES, GraphBuilder, Program, word
from .torch_operators import OPERATORS

_CHECKS = ("torch.ops.aten._assert_scalar.default", "torch.ops.aten._assert_tensor_metadata.default")
"""Tests that torch adds of its own; they change no figure."""
_PLAIN: dict[str, Any] = {"as_int": int, "as_float": (int, float), "as_bool": bool}
_SEVERAL: dict[str, Any] = {"as_ints": int, "as_floats": (int, float), "as_bools": bool}
_KINDS = {4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64", 12: "bool"}


def build_program(archive: Archive, where: str) -> Program:
    """Build a program.

    Parameters
    ----------
    archive : Archive
    where : str
        The file, for messages.

    Raises
    ------
    ModelError
        It uses operators that are not on the list; all are named.
    ValueError, KeyError, TypeError
        It is damaged, or takes more than one tensor, or gives more than one.
    """
    content = archive.program["graph_module"]
    nodes = [node for node in content["graph"]["nodes"] if node["target"] not in _CHECKS]
    require(0 < len(nodes) <= MOST_NODES, "it computes nothing, or too much")
    for node in nodes:
        _refuse_chance(node["inputs"])
    _refuse_operators(nodes, where)
    builder = _Builder(import_torch())
    taken = builder.inputs(content["signature"]["input_specs"], archive)
    for node in nodes:
        builder.call(node)
    given = content["signature"]["output_specs"]
    require(len(given) == 1 and "user_output" in given[0], "it gives more than one tensor")
    module = builder.module(builder.tensor(given[0]["user_output"]["arg"]["as_tensor"]))
    meta = content["graph"]["tensor_values"][taken]
    sizes = meta["sizes"]
    width = sizes[1].get("as_int") if len(sizes) == 2 else None
    return Program(module, width, _KINDS.get(meta["dtype"], "float32"))


def _refuse_operators(nodes: list[dict[str, Any]], where: str) -> None:
    known = {f"torch.ops.aten.{name}" for name in OPERATORS}
    refused = sorted({str(node["target"])[:80] for node in nodes} - known)
    if refused:
        message = (
            "only operators known to compute and do nothing else are built from a program, and this one also"
            f" calls: {', '.join(refused[:10])}; export a module without them, or wrap the module in Python"
        )
        raise ModelError([Problem("unknown_operators", where, message)])


class _Builder(GraphBuilder):
    def __init__(self, torch: Any) -> None:
        super().__init__(torch)
        self.known: dict[str, Any] = {}

    def inputs(self, listed: list[dict[str, Any]], archive: Archive) -> str:
        """Place weights and the rows; return the rows' name."""
        rows = []
        for spec in listed:
            ((role, item),) = spec.items()
            if role == "user_input":
                name = item["arg"]["as_tensor"]["name"]
                rows.append(name)
                self.known[name] = self.rows()
                continue
            require(role in ("parameter", "buffer", "tensor_constant"), f"it takes {str(role)[:40]!r}")
            name = item[f"{role}_name"]
            numbers, learnt = archive.tensors[name], role == "parameter"
            self.known[item["arg"]["name"]] = self.weight(numbers, name, learnt=learnt)
        require(len(rows) == 1, f"it takes {len(rows)} inputs, and one table of numbers is given")
        return str(rows[0])

    def call(self, node: dict[str, Any]) -> None:
        name, _, overload = str(node["target"]).removeprefix("torch.ops.aten.").partition(".")
        function = getattr(getattr(self.torch.ops.aten, name), overload)
        positional = tuple(self.value(item["arg"]) for item in node["inputs"] if item["kind"] != 2)
        named = {_name(item["name"]): self.value(item["arg"]) for item in node["inputs"] if item["kind"] == 2}
        made = self.graph.call_function(function, positional, named)
        (given,) = node["outputs"] if len(node["outputs"]) == 1 else (None,)
        if given is not None and "as_tensor" in given:
            self.known[given["as_tensor"]["name"]] = made
        elif given is not None and "as_sym_int" in given:
            self.known[given["as_sym_int"]["as_name"]] = made
        else:
            listed = [item["as_tensor"] for item in node["outputs"]] if given is None else given["as_tensors"]
            for place, item in enumerate(listed):
                self.known[item["name"]] = self.graph.call_function(operator.getitem, (made, place))

    def tensor(self, item: dict[str, Any]) -> Any:
        require(item["name"] in self.known, "it uses a tensor that was not made")
        return self.known[item["name"]]

    def value(self, given: dict[str, Any]) -> Any:
        """Turn one argument into a number, a truth value, a tensor, or a list of them; nothing else."""
        ((kind, item),) = given.items()
        if kind == "as_none":
            return None
        if kind in _PLAIN:
            require(isinstance(item, _PLAIN[kind]), "an argument is of another kind than it says")
            return item
        if kind in _SEVERAL:
            require(all(isinstance(one, _SEVERAL[kind]) for one in item), "an argument is no list of numbers")
            return list(item)
        if kind == "as_string":
            return word(item)
        return self.symbol(kind, item)

    def symbol(self, kind: str, item: Any) -> Any:
        if kind == "as_tensor":
            return self.tensor(item)
        if kind == "as_tensors":
            return [self.tensor(one) for one in item]
        if kind == "as_optional_tensors":
            return [None if "as_none" in one else self.tensor(one["as_tensor"]) for one in item]
        if kind in ("as_sym_int", "as_sym_ints"):
            return self.size(item) if kind == "as_sym_int" else [self.size(one) for one in item]
        if kind == "as_scalar_type":
            require(item in _KINDS, "a tensor is turned into a kind that is not read")
            return getattr(self.torch, _KINDS[item])
        require(kind in ("as_memory_format", "as_layout", "as_device"), f"an argument is {str(kind)[:40]!r}")
        return None

    def size(self, item: dict[str, Any]) -> Any:
        if "as_int" in item:
            require(isinstance(item["as_int"], int), "a size is no whole number")
            return item["as_int"]
        require(item["as_name"] in self.known, "it uses a size that was not made")
        return self.known[item["as_name"]]


def _refuse_chance(inputs: list[dict[str, Any]]) -> None:
    """Refuse dropout that is switched on, whose figures differ from call to call."""
    for item in inputs:
        on = item["name"] in ("train", "training", "use_input_stats") and item["arg"].get("as_bool") is True
        drops = item["name"] == "dropout_p" and item["arg"].get("as_float", 0.0) != 0.0
        require(not on and not drops, "it was exported in training mode; call eval() on the module first")


def _name(given: Any) -> str:
    require(isinstance(given, str) and given.isidentifier(), "an argument has no name")
    return str(given)
