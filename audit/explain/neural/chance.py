"""The same network with weights of chance: what a layer tells without having learnt anything."""

from __future__ import annotations

import copy
import math
from typing import Any

from ....mitigation.torch_parts import import_torch


def with_chance_weights(module: Any, seed: int) -> Any:
    """Copy a module and draw its weights anew, as they stood before training.

    A table of weights is drawn evenly from plus or minus 1/sqrt(inputs), as torch's linear layers are; the
    scale of a normalisation becomes 1, every shift 0, running means 0 and running variances 1. The module and
    torch's own random numbers are left alone.

    Parameters
    ----------
    module : torch.nn.Module
    seed : int

    Examples
    --------
    >>> import torch
    >>> net = torch.nn.Linear(4, 2)
    >>> other = with_chance_weights(net, 0)
    >>> bool((other.weight != net.weight).any()), bool((other.weight.abs() <= 0.5).all())
    (True, True)
    """
    torch = import_torch()
    generator = torch.Generator().manual_seed(seed)
    copied = copy.deepcopy(module)
    with torch.no_grad():
        for name, parameter in copied.named_parameters():
            _draw(torch, name, parameter, generator)
        for name, buffer in copied.named_buffers():
            if name.endswith("running_mean"):
                buffer.zero_()
            elif name.endswith("running_var"):
                buffer.fill_(1.0)
    return copied


def _draw(torch: Any, name: str, parameter: Any, generator: Any) -> None:
    if parameter.ndim >= 2:
        reach = 1 / math.sqrt(max(1, math.prod(parameter.shape[1:])))
        drawn = torch.rand(parameter.shape, generator=generator, dtype=torch.float64) * 2 * reach - reach
        parameter.copy_(drawn.to(parameter.dtype))
    elif name.endswith("weight"):
        parameter.fill_(1.0)
    else:
        parameter.zero_()
