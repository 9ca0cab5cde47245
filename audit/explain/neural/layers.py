"""The hidden layers of a network: what their units hold for each row, and the score when units are silenced.

A hidden layer is what the next weights read: of a run of modules such as linear, normalisation, activation
and dropout, the output of the last one before the next linear map. The last run gives the score and is not
hidden. In a module the layers are reached by hooks on its parts, in a program that was built anew (of
``torch.export`` or TorchScript) by walking its graph; a TorchScript program that torch runs lets nobody in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....mitigation.torch_parts import import_torch
from ...torch_modules import evaluating

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

BATCH = 8192
MOST_UNITS = 512
"""A wider layer is not looked at."""
_SAME = ("activation", "batchnorm", "instancenorm", "normalization", "dropout", "flatten")
_WEIGHTS = ("linear", "addmm", "mm", "matmul", "bmm", "embedding")


@dataclass(frozen=True)
class Layer:
    """One hidden layer.

    Parameters
    ----------
    key : str
        How the layer is reached: the part's name and which of its calls, or a node of the graph.
    name : str
        For a reader: ``"1. ReLU"``.
    width : int
        Units, where an output of several dimensions is laid out flat.
    """

    key: str
    name: str
    width: int


@dataclass(frozen=True)
class Network:
    """A network with reachable layers.

    Parameters
    ----------
    module : torch.nn.Module
    positive : torch.nn.Module
        What the module gives, to the probability of the positive label, shape (rows,).
    """

    module: Any
    positive: Any

    def layers(self, tensor: Any) -> tuple[Layer, ...]:
        """Find the hidden layers, in the order of the work; ``tensor`` holds a few rows."""
        find = _graph_layers if is_graph(self.module) else _module_layers
        found = find(self.module, tensor)
        return tuple(
            Layer(key, f"{place}. {kind}", width) for place, (key, kind, width) in enumerate(found, start=1)
        )

    def read(self, tensor: Any, layers: tuple[Layer, ...]) -> dict[str, Floats]:
        """Return the activations of layers, by key, each of shape (rows, width)."""
        keys = {layer.key for layer in layers}
        parts: dict[str, list[Floats]] = {layer.key: [] for layer in layers}
        for batch in _batches(tensor):
            kept: dict[str, Any] = {}
            self._run(batch, partial(_keep, kept, keys))
            for key, values in parts.items():
                values.append(_numbers(kept[key].reshape(len(batch), -1)))
        return {key: np.concatenate(values) for key, values in parts.items()}

    def scores(self, tensor: Any, silenced: tuple[str, Ints, Floats] | None = None) -> Floats:
        """Return the probability of the positive label for each row.

        Parameters
        ----------
        tensor : torch.Tensor
        silenced : (str, ndarray of int, ndarray of float), optional
            A layer's key, units of it, and the values that they are held at.
        """
        return np.concatenate([self._score(batch, silenced) for batch in _batches(tensor)])

    def _score(self, batch: Any, silenced: tuple[str, Ints, Floats] | None) -> Floats:
        def change(key: str, value: Any) -> Any:
            if silenced is None or key != silenced[0]:
                return None
            torch = import_torch()
            flat = value.reshape(len(batch), -1).clone()
            flat[:, torch.as_tensor(silenced[1])] = torch.as_tensor(
                silenced[2], dtype=flat.dtype, device=flat.device
            )
            return flat.reshape(value.shape)

        return _numbers(self.positive(self._run(batch, change)))

    def _run(self, batch: Any, seen: Callable[[str, Any], Any]) -> Any:
        torch = import_torch()
        with evaluating(self.module), torch.no_grad():
            if is_graph(self.module):
                return _walker(self.module, seen).run(batch)
            with _hooked(self.module, seen):
                return self.module(batch)


def is_graph(module: Any) -> bool:
    """Tell whether a module is a program whose graph can be walked."""
    return isinstance(module, import_torch().fx.GraphModule)


def is_script(module: Any) -> bool:
    """Tell whether a module is a TorchScript program."""
    return isinstance(module, import_torch().jit.ScriptModule)


def _keep(kept: dict[str, Any], keys: set[str], key: str, value: Any) -> None:
    if key in keys:
        kept[key] = value


def _batches(tensor: Any) -> Iterator[Any]:
    for start in range(0, len(tensor), BATCH):
        yield tensor[start : start + BATCH]


def _numbers(tensor: Any) -> Floats:
    found: Floats = tensor.detach().cpu().numpy().astype(np.float64)
    return found


# --- modules ---------------------------------------------------------------------------------------------


@contextmanager
def _hooked(module: Any, seen: Callable[[str, Any], Any]) -> Iterator[None]:
    """Show every output of every smallest part to ``seen``, which may give another in its place."""
    calls: dict[str, int] = {}
    handles = []

    def hook(name: str) -> Callable[..., Any]:
        def after(_part: Any, _given: Any, output: Any) -> Any:
            calls[name] = calls.get(name, 0) + 1
            return seen(f"{name}#{calls[name]}", output)

        return after

    try:
        for name, part in module.named_modules():
            if not list(part.children()):
                handles.append(part.register_forward_hook(hook(name)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _module_layers(module: Any, tensor: Any) -> list[tuple[str, str, int]]:
    torch = import_torch()
    parts = dict(module.named_modules())
    runs: list[list[tuple[str, str, int]]] = []

    def note(key: str, value: Any) -> None:
        if not isinstance(value, torch.Tensor) or value.ndim < 2 or len(value) != len(tensor):
            return
        part = parts[key.rpartition("#")[0]]
        if not runs or not _keeps_units(part):
            runs.append([])
        width = int(value[0].numel())
        runs[-1].append((key, _called(part, key), width))

    with evaluating(module), torch.no_grad(), _hooked(module, note):
        module(tensor)
    return [_last(run) for run in runs[:-1]]


def _last(run: list[tuple[str, str, int]]) -> tuple[str, str, int]:
    """Take what the next weights read, under the name of the last part that is more than dropout."""
    named = next((kind for _, kind, _ in reversed(run) if not kind.startswith("Dropout")), run[-1][1])
    return run[-1][0], named, run[-1][2]


def _keeps_units(part: Any) -> bool:
    kind = type(part)
    if kind.__name__ in ("MultiheadAttention", "Identity"):
        return kind.__name__ == "Identity"
    return kind.__module__.startswith("torch.nn.modules.") and kind.__module__.rpartition(".")[2] in _SAME


def _called(part: Any, key: str) -> str:
    name = key.rpartition("#")[0]
    return f"{type(part).__name__} ({name})" if name and not name.isdigit() else type(part).__name__


# --- programs --------------------------------------------------------------------------------------------


def _walker(module: Any, seen: Callable[[str, Any], Any]) -> Any:
    torch = import_torch()

    class Walker(torch.fx.Interpreter):  # type: ignore[misc, name-defined]
        """Shows every node's value, and takes another where one is given."""

        def run_node(self, node: Any) -> Any:
            value = super().run_node(node)
            other = seen(node.name, value)
            return value if other is None else other

    return Walker(module)


def _graph_layers(module: Any, tensor: Any) -> list[tuple[str, str, int]]:
    torch = import_torch()
    widths: dict[str, int] = {}

    def note(key: str, value: Any) -> None:
        if isinstance(value, torch.Tensor) and value.ndim >= 2 and len(value) == len(tensor):
            widths[key] = int(value[0].numel())

    with torch.no_grad():
        _walker(module, note).run(tensor)
    deep: set[str] = set()
    found: dict[str, tuple[str, str, int]] = {}
    for node in module.graph.nodes:
        below = [item for item in node.all_input_nodes if item.name in deep]
        weighs = (
            node.op == "call_function" and str(node.target).split(".")[1:2] and _operator(node) in _WEIGHTS
        )
        if weighs:
            for item in below:
                if item.name in widths:
                    found.setdefault(item.name, (item.name, _operator(item), widths[item.name]))
        if weighs or below:
            deep.add(node.name)
    return list(found.values())


def _operator(node: Any) -> str:
    parts = str(node.target).split(".")
    return parts[1] if parts[0] == "aten" and len(parts) > 1 else str(node.name)
