"""An adversary that guesses the group from what the network says or knows, and is made to fail.

B. H. Zhang, B. Lemoine and M. Mitchell, "Mitigating Unwanted Biases with Adversarial Learning", AIES 2018:
an adversary of the score works against gaps in decisions; shown the true label too, against gaps among rows
of the same label. On the last hidden layer it works against whatever the layer tells of the group: Y. Ganin
et al., "Domain-Adversarial Training of Neural Networks", JMLR 17, 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .rows import Floats, Integers
from .torch_parts import import_torch

ADVERSARIES = ("score", "representation")


@dataclass
class Adversary:
    """A small network that is trained against the main one.

    Parameters
    ----------
    reads : {"score", "representation"}
    sees_label : bool
    guesser : torch.nn.Module
        From what it reads to a logit for each group.
    optimizer : torch.optim.Optimizer
    ceiling : float
        The loss of one who guesses by the shares of the groups alone; nothing is gained above it.
    """

    reads: str
    sees_label: bool
    guesser: Any
    optimizer: Any
    ceiling: float

    def _guess(self, module: Any, rows: Any, labels: Any) -> Any:
        torch = import_torch()
        hidden = module.represent(rows)
        seen = hidden if self.reads == "representation" else module.head(hidden)
        return torch.cat([seen, labels[:, None]], dim=1) if self.sees_label else seen

    def learn(self, module: Any, rows: Any, labels: Any, groups: Any) -> None:
        """Train the adversary for one step; the main network is left as it is."""
        torch = import_torch()
        seen = self._guess(module, rows, labels).detach()
        loss = torch.nn.functional.cross_entropy(self.guesser(seen), groups)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def advantage(self, module: Any, rows: Any, labels: Any, groups: Any) -> Any:
        """Tell by how much the adversary beats guessing by shares, from 0 to 1; the network can lower it."""
        torch = import_torch()
        loss = torch.nn.functional.cross_entropy(self.guesser(self._guess(module, rows, labels)), groups)
        return torch.clamp(1 - loss / self.ceiling, min=0.0)


def make_adversary(
    module: Any, reads: str, *, sees_label: bool, labels: Integers, groups: Integers, device: Any
) -> Adversary:
    """Make an adversary of a network.

    Parameters
    ----------
    module : torch.nn.Module
        With ``represent`` and ``head``.
    reads : {"score", "representation"}
    sees_label : bool
    labels, groups : ndarray of int, shape (rows,)
        Of the training rows.
    device : torch.device

    Returns
    -------
    Adversary
    """
    torch = import_torch()
    inputs = (module.head.in_features if reads == "representation" else 1) + int(sees_label)
    count = int(groups.max()) + 1
    guesser = torch.nn.Sequential(torch.nn.Linear(inputs, 32), torch.nn.ReLU(), torch.nn.Linear(32, count))
    guesser.to(device)
    optimizer = torch.optim.Adam(guesser.parameters(), lr=1e-2)
    known = labels if sees_label else np.zeros_like(labels)
    return Adversary(reads, sees_label, guesser, optimizer, group_entropy(known, groups))


def group_entropy(known: Integers, groups: Integers) -> float:
    """Compute what remains unknown of the group, in nats, to one who knows something of each row.

    Parameters
    ----------
    known, groups : ndarray of int, shape (rows,)

    Returns
    -------
    float
        The conditional entropy; a tiny positive number where nothing remains.

    Examples
    --------
    >>> round(group_entropy(np.zeros(4, int), np.array([0, 0, 1, 1])), 3)
    0.693
    """
    counts: Floats = np.zeros((int(known.max()) + 1, int(groups.max()) + 1))
    np.add.at(counts, (known, groups), 1.0)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    return max(float(-(counts * logs).sum() / counts.sum()), 1e-9)
