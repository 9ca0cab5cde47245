"""TorchScript programs, built anew: read, run on shapes, and made a graph of harmless operators."""

from __future__ import annotations

from typing import Any

from ...errors import InputError
from ...mitigation.torch_parts import import_torch
from ..model_checks import require
from ..torch_graph import Program
from ..torch_modules import device_of, dtype_of
from ..trust import DAMAGE
from .archive import ScriptArchive, first_kind, read_script
from .calls import Calls
from .interpreter import Interpreter
from .refusal import Unmade
from .tensors import ROWS, Growing, Held

SAVED_IN_TRAINING = (
    "The network was saved in training mode; it was scored in evaluation mode (no dropout, fixed"
    " normalisation)."
)
ASKS = (
    "The program asks where it runs, or whether gradients are wanted, as torch's own attention does; it was"
    " followed as it runs on a CPU with gradients."
)
"""What a reader of the audit is told of a program, where it is so."""


def build_script(data: bytes, where: str, width: int) -> Program:
    """Build a TorchScript program.

    torch reads nothing of the file: the weights are placed as numbers, and the program's code is followed on
    shapes, without rows, until what it computes stands as a graph.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        The file, for messages.
    width : int
        Numbers of a row; the file does not say them.

    Raises
    ------
    Unmade
        It holds what cannot be made anew, or does not fit rows of this width.
    ValueError, KeyError, TypeError and others of ``trust.DAMAGE``
        It is damaged.
    ModelError
        It would unpack to far more than it is.
    """
    archive = read_script(data, where)
    trained = any(thing.state.get("training") is True for thing in archive.things())
    kind = first_kind(archive)
    module, asked = _grown(archive, width, kind, trained=trained)
    needed = str(dtype_of(module)).removeprefix("torch.")
    if needed != kind:
        module, asked = _grown(archive, width, needed, trained=trained)
        require(dtype_of(module) == getattr(import_torch(), needed), "its weights are of several kinds")
    notes = ((SAVED_IN_TRAINING, trained), (ASKS, asked))
    return Program(module, width, needed, tuple(text for text, holds in notes if holds))


def rebuilt(module: Any, width: int) -> Any:
    """Build a TorchScript program anew that torch holds already.

    Parameters
    ----------
    module : torch.jit.ScriptModule
    width : int
        Numbers of a row.

    Returns
    -------
    torch.fx.GraphModule or None
        None where it cannot be built anew, or lies on another device than the CPU.
    """
    if device_of(module).type != "cpu":
        return None
    try:
        return build_script(module.save_to_buffer(), "model", width).module
    except (Unmade, InputError, *DAMAGE):
        return None


def _grown(archive: ScriptArchive, width: int, kind: str, *, trained: bool) -> tuple[Any, bool]:
    """Grow the graph, and say whether the program asked where it runs."""
    torch = import_torch()
    graph = Growing(torch, width, kind)
    calls = Calls(graph, frozen=archive.traced and trained, version=archive.version)
    with torch.no_grad():
        given = Interpreter(archive, graph, calls).forward(archive.root)
    if not isinstance(given, Held):
        raise Unmade(f"gives {type(given).__name__ if given is not None else 'nothing'} and not one tensor")
    if given.dims == 0 or any(meta.shape[0] != rows for meta, rows in zip(given.metas, ROWS, strict=True)):
        raise Unmade("does not give one entry for each row")
    module = graph.module(graph.used(given, ""))
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    module.recompile()
    return module, calls.asked
