"""What is asked of torch wherever a network comes in: the library, the mode and the device of a module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

from ..mitigation.torch_parts import import_torch


def is_module(obj: Any) -> bool:
    """Tell whether an object is a torch module, without importing torch.

    Examples
    --------
    >>> is_module("a text")
    False
    """
    return any(
        kind.__module__ == "torch.nn.modules.module" and kind.__name__ == "Module"
        for kind in type(obj).__mro__
    )


def device_of(module: Any) -> Any:
    """Return the device of a module's first parameter or buffer; the CPU where it has none."""
    torch = import_torch()
    for tensors in (module.parameters(), module.buffers()):
        for tensor in tensors:
            return tensor.device
    return torch.device("cpu")


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch, BLAS and OpenMP work in one thread, and set them back afterwards.

    Small networks gain nothing from several, which wait for each other on a busy machine; and sums are the
    same on every machine.

    Examples
    --------
    >>> import torch
    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    """
    torch = import_torch()
    before = torch.get_num_threads()
    with threadpool_limits(limits=1):
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def dtype_of(module: Any) -> Any:
    """Return the kind of a module's first parameter that holds fractions; float32 where it has none."""
    torch = import_torch()
    kinds = (tensor.dtype for tensor in module.parameters() if tensor.dtype.is_floating_point)
    return next(kinds, torch.float32)


def trains(module: Any) -> bool:
    """Tell whether a module, or any part of it, is in training mode."""
    return any(part.training for part in module.modules())


@contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """Put a module in evaluation mode, every part of it, and each part back into its own mode afterwards.

    Examples
    --------
    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Dropout())
    >>> with evaluating(net):
    ...     net[1].training
    False
    >>> net[1].training
    True
    """
    before = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in before:
            part.training = mode
