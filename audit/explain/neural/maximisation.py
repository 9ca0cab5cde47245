"""The input that most excites the positive decision, for each group (Erhan et al. 2009).

From a group's mean row the input climbs the log-odds of the positive decision, held back by a penalty on the
distance from the group (Mahalanobis, with a shrunken covariance) and by the range of the group's values.
Without them the climb ends in inputs that no person could have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....mitigation.torch_parts import import_torch
from ...torch_modules import device_of, dtype_of, evaluating
from .layers import Flags, Floats, Network, is_graph

STEPS = 120
RATE = 0.08
"""Of a step, in standard deviations of an input."""
SHRINK = 0.1
PENALTY = 0.5
"""What the squared distance, in units of the group's own mean squared distance, costs in log-odds."""


@dataclass(frozen=True)
class Exciting:
    """The most exciting input of one group.

    Parameters
    ----------
    start, end : ndarray of float, shape (inputs,)
        The group's mean, and where the climb ended.
    spread : ndarray of float, shape (inputs,)
        The group's standard deviations.
    before, after : float
        The score at either.
    beyond : float
        Share of the group's own rows that lie further from its mean than the end does: small means that the
        input is unlike the group.
    """

    start: Floats
    end: Floats
    spread: Floats
    before: float
    after: float
    beyond: float


def movable(module: Any) -> bool:
    """Tell whether a network's inputs are numbers throughout: none of them is looked up in a table.

    Examples
    --------
    >>> import torch
    >>> movable(torch.nn.Linear(2, 1)), movable(torch.nn.Sequential(torch.nn.Embedding(3, 2)))
    (True, False)
    """
    torch = import_torch()
    if is_graph(module):
        return not any("embedding" in str(node.target) for node in module.graph.nodes)
    return not any(isinstance(part, torch.nn.Embedding | torch.nn.EmbeddingBag) for part in module.modules())


def excite(network: Network, inputs: Floats, member: Flags, shape: tuple[int, ...]) -> Exciting:
    """Climb from the mean of a group.

    Parameters
    ----------
    network : Network
    inputs : ndarray of float, shape (rows, inputs)
        All rows, flat.
    member : ndarray of bool, shape (rows,)
        The group; at least two rows.
    shape : tuple of int
        Of one row's tensor.
    """
    torch = import_torch()
    group = inputs[member]
    start, spread = group.mean(axis=0), group.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    standard = (group - start) / scale
    inverse = np.linalg.inv((1 - SHRINK) * (standard.T @ standard) / len(group) + SHRINK * np.eye(len(start)))
    distances = np.einsum("ij,jk,ik->i", standard, inverse, standard)
    usual = float(distances.mean()) or 1.0
    low, high = (np.quantile(standard, q, axis=0) for q in (0.01, 0.99))
    at = {"dtype": dtype_of(network.module), "device": device_of(network.module)}
    home, unit, back = (
        torch.as_tensor(item, **at) for item in (start, np.where(spread > 0, spread, 0.0), inverse)
    )
    floor, roof = torch.as_tensor(low, **at), torch.as_tensor(high, **at)
    moved = torch.zeros(len(start), **at, requires_grad=True)
    climb = torch.optim.Adam([moved], lr=RATE)

    def score(step: Any) -> Any:
        return network.positive(network.module((home + step * unit).reshape(1, *shape)))[0]

    with evaluating(network.module), torch.enable_grad():
        for _ in range(STEPS):
            chance = score(moved).clamp(1e-6, 1 - 1e-6)
            cost = PENALTY * (moved @ back @ moved) / usual - torch.log(chance / (1 - chance))
            (moved.grad,) = torch.autograd.grad(cost, [moved])
            climb.step()
            with torch.no_grad():
                moved.copy_(torch.maximum(torch.minimum(moved, roof), floor))
        with torch.no_grad():
            before, after = float(score(torch.zeros_like(moved))), float(score(moved))
    step = moved.detach().cpu().numpy().astype(np.float64)
    beyond = float((distances > step @ inverse @ step).mean())
    return Exciting(start, start + step * np.where(spread > 0, spread, 0.0), spread, before, after, beyond)
