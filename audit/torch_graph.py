"""Graphs that are built anew of what a file describes: known operators, and weights as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from .model_checks import require

MOST_NODES = 50_000
"""Calls that a program may hold."""
_LETTERS = set("abcdefghijklmnopqrstuvwxyz,->")
_LONGEST = 64


@dataclass(frozen=True)
class Program:
    """A program, ready to run.

    Parameters
    ----------
    module : torch.fx.GraphModule
        Takes the rows as one tensor.
    width : int or None
        Inputs of a row; None where the program does not say.
    kind : str
        Of the tensor that it takes: ``"float32"``.
    notes : tuple of str
        What a reader of the audit must know of how it was built.
    """

    module: Any
    width: int | None
    kind: str
    notes: tuple[str, ...] = ()


class GraphBuilder:
    """A graph that grows call by call.

    Parameters
    ----------
    torch : module
    """

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.graph = torch.fx.Graph()
        self._root = torch.nn.Module()
        self._placed = 0

    def rows(self) -> Any:
        """Place the input: the rows, as one tensor."""
        return self.graph.placeholder("rows")

    def weight(self, numbers: NDArray[Any], name: str, *, learnt: bool) -> Any:
        """Place a weight, under a name that ends as it does in the file: ``"w3_running_mean"``.

        Parameters
        ----------
        numbers : ndarray
        name : str
            In the file; what tells scales, shifts and running figures apart is its last part.
        learnt : bool
            Whether training moved it.
        """
        tensor = self.torch.from_numpy(numbers)
        last = name.rpartition(".")[2]
        kept = f"_{last}" if last.isascii() and last.isidentifier() and len(last) < _LONGEST else ""
        place = f"w{self._placed}{kept}"
        self._placed += 1
        if learnt and tensor.dtype.is_floating_point:
            self._root.register_parameter(place, self.torch.nn.Parameter(tensor))
        else:
            self._root.register_buffer(place, tensor)
        return self.graph.get_attr(place)

    def module(self, given: Any) -> Any:
        """End the graph with what it gives, and return it as a module in evaluation mode."""
        self.graph.output(given)
        return self.torch.fx.GraphModule(self._root, self.graph).eval()


def word(given: Any) -> str:
    """Let a text through that an operator takes: a mode, or the equation of a sum.

    Examples
    --------
    >>> word("ij,kj->ik")
    'ij,kj->ik'
    """
    letters = isinstance(given, str) and len(given) < _LONGEST and not set(given) - _LETTERS
    require(letters, "an argument is a text that no operator takes")
    return str(given)
