"""The network for tables, and what keeps torch's own state as it was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Weights = dict[str, NDArray[Any]]
_WIDEST = 32


def import_torch() -> Any:
    """Import torch, or say how to install it.

    Raises
    ------
    InputError
        It is not installed.

    Examples
    --------
    >>> import_torch().__name__
    'torch'
    """
    try:
        import torch  # noqa: PLC0415 - takes seconds, and is an extra; only networks need it
    except ImportError as error:
        message = 'networks need torch, which is not installed; install it: pip install "evenhand[torch]"'
        raise InputError.of("missing_library", "torch", message) from error
    return torch


def device_named(name: str) -> Any:
    """Give torch's device of a name.

    Parameters
    ----------
    name : str
        "cpu", "cuda", "cuda:1", "mps", or "auto" for the GPU where there is one.

    Raises
    ------
    InputError
        torch does not know the device, or it is not there.

    Examples
    --------
    >>> device_named("cpu").type
    'cpu'
    """
    torch = import_torch()
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, TypeError) as error:
        first = str(error).splitlines()[0]
        said = (
            f"torch cannot use {name!r} here ({first}); use 'cpu', or 'auto' for the GPU where there is one"
        )
        raise InputError.of("no_device", "device", said) from error
    return device


@contextmanager
def seeded(seed: int, device: Any) -> Iterator[None]:
    """Draw torch's random numbers from a seed, and leave its state as it was.

    Parameters
    ----------
    seed : int
    device : torch.device

    Examples
    --------
    >>> import torch
    >>> with seeded(0, torch.device("cpu")):
    ...     first = torch.rand(1)
    >>> with seeded(0, torch.device("cpu")):
    ...     bool(torch.rand(1) == first)
    True
    """
    torch = import_torch()
    cuda = [device.index or 0] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cuda):
        torch.random.default_generator.manual_seed(seed)
        if cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


@cache
def _module_class() -> Any:
    torch = import_torch()

    class TableModule(torch.nn.Module):  # type: ignore[misc, name-defined]
        """Embeddings for categories beside the numbers, hidden layers, and one logit."""

        def __init__(
            self, width: int, sizes: tuple[int, ...], hidden: tuple[int, ...], dropout: float
        ) -> None:
            super().__init__()
            nn = torch.nn
            self.width = width
            # The unseen level (code 0) stays at the origin, between the levels that were learnt.
            self.embeddings = nn.ModuleList(
                nn.Embedding(size, embedding_width(size), padding_idx=0) for size in sizes
            )
            inputs = width + sum(embedding_width(size) for size in sizes)
            layers: list[Any] = []
            for units in hidden:
                layers += [nn.Linear(inputs, units), nn.ReLU(), nn.Dropout(dropout)]
                inputs = units
            self.hidden = nn.Sequential(*layers)
            self.head = nn.Linear(inputs, 1)

        def represent(self, rows: Any) -> Any:
            """Give the last hidden layer, shape (rows, units)."""
            codes = rows[:, self.width :].long()
            embedded = [layer(codes[:, i]) for i, layer in enumerate(self.embeddings)]
            return self.hidden(torch.cat([rows[:, : self.width], *embedded], dim=1))

        def forward(self, rows: Any) -> Any:
            """Give the logit of the positive class, shape (rows, 1)."""
            return self.head(self.represent(rows))

    return TableModule


def embedding_width(size: int) -> int:
    """Choose how many numbers stand for a level: half as many as there are levels, 32 at most.

    Examples
    --------
    >>> [embedding_width(size) for size in (2, 3, 16, 1000)]
    [1, 2, 8, 32]
    """
    return min(_WIDEST, (size + 1) // 2)


def table_module(width: int, sizes: tuple[int, ...], hidden: tuple[int, ...], dropout: float) -> Any:
    """Make the network, with torch's random weights.

    Parameters
    ----------
    width : int
        Columns before the categories.
    sizes : tuple of int
        Codes of each category column.
    hidden : tuple of int
        Units of each hidden layer.
    dropout : float in [0, 1)

    Returns
    -------
    torch.nn.Module
        From floats of shape (rows, width + categories) to logits of shape (rows, 1); ``represent`` gives the
        last hidden layer.

    Examples
    --------
    >>> import torch
    >>> tuple(table_module(2, (3,), (4,), 0.0)(torch.zeros(5, 3)).shape)
    (5, 1)
    """
    return _module_class()(width, sizes, hidden, dropout)


def weights_of(module: Any) -> Weights:
    """Copy the weights of a module into arrays.

    Examples
    --------
    >>> sorted(weights_of(table_module(1, (), (), 0.0)))
    ['head.bias', 'head.weight']
    """
    return {name: value.detach().cpu().numpy().copy() for name, value in module.state_dict().items()}


def put_weights(module: Any, weights: Weights) -> Any:
    """Put arrays into a module of the same shape, and set it to predict.

    Raises
    ------
    RuntimeError
        torch's own, where names or shapes differ.

    Examples
    --------
    >>> module = table_module(1, (), (), 0.0)
    >>> zeros = {name: 0 * array for name, array in weights_of(module).items()}
    >>> put_weights(module, zeros).head.bias.item() == 0
    True
    """
    torch = import_torch()
    module.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.items()})
    return module.eval()
