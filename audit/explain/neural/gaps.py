"""A gap in the mean score, shared out among a network's columns by the means of its attributions.

Complete attributions sum, row by row, to the score less the baseline's. So the mean over a group less the
mean over another sums to the gap between them, and the baseline, the same for both, falls out of the sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from ....metrics.results import Interval
from ....mitigation.torch_parts import import_torch
from .attributions import METHODS, MOST_MISSED, missed
from .layers import Floats, Ints, Network

INTERVAL = "Wald, of the two groups' means"
MOST_ROWS = {"integrated_gradients": 500, "deeplift": 500, "deep_shap": 120}
"""Rows of a group that are attributed, by method; of a larger group a seeded sample."""
STEPS = 256
"""Points of the path of integrated gradients: rectified units bend it often."""
BACKGROUND = 30
"""Rows that SHAP's deep explainer averages over."""


@dataclass(frozen=True)
class Share:
    """What one column contributes to the gap."""

    column: str
    value: float
    interval: Interval


@dataclass(frozen=True)
class GapShares:
    """A gap in the mean score by one method.

    Parameters
    ----------
    method : str
        A key of ``attributions.METHODS``.
    shares : tuple of Share
        In the order of the columns.
    measured, total : float
        The gap over the rows that were attributed, and the sum of the shares.
    missed : float
        The most that a single row's attributions miss its score by.
    rows : int
    sound : bool
        Whether that is within a hundredth of the range of scores.
    """

    method: str
    shares: tuple[Share, ...]
    measured: float
    total: float
    missed: float
    rows: int
    sound: bool

    @property
    def residual(self) -> float:
        """The gap less the sum."""
        return self.measured - self.total


def scored(network: Network) -> Any:
    """Make a module that gives the probability of the positive label, for the attributions."""
    torch = import_torch()

    class Scored(torch.nn.Module):  # type: ignore[misc, name-defined]
        """The network, and its output turned into the probability."""

        def __init__(self) -> None:
            super().__init__()
            self.inside, self.positive = network.module, network.positive

        def forward(self, rows: Any) -> Any:
            return self.positive(self.inside(rows))[:, None]

    return Scored()


def share_gap(
    network: Network,
    tensor: Any,
    sides: tuple[Ints, Ints],
    owner: Ints,
    columns: tuple[str, ...],
    *,
    method: str,
    level: float,
    seed: int,
) -> GapShares:
    """Share a gap out by one method.

    Parameters
    ----------
    network : Network
    tensor : torch.Tensor, shape (rows, inputs)
    sides : (ndarray of int, ndarray of int)
        Positions of the group's rows and of the reference's.
    owner : ndarray of int, shape (inputs,)
        Which column each input comes from.
    columns : tuple of str
    method : str
        A key of ``attributions.METHODS``.
    level : float in (0, 1)
    seed : int
    """
    rng = np.random.default_rng(seed)
    one, other = (np.sort(rng.permutation(side)[: MOST_ROWS[method]]) for side in sides)
    given = tensor[np.concatenate([one, other])]
    drawn = rng.permutation(len(given))[:BACKGROUND]
    baseline = given[np.sort(drawn)] if method == "deep_shap" else given.mean(dim=0, keepdim=True)
    module = scored(network)
    explain: Callable[..., Floats] = METHODS[method]
    options = {"steps": STEPS} if method == "integrated_gradients" else {}
    values = explain(module, given, baseline, **options)
    apart = missed(module, given, baseline.cpu().numpy(), values)
    scores = network.scores(given)
    by_column = values @ (owner[:, None] == np.arange(len(columns)))
    parts = by_column[: len(one)], by_column[len(one) :]
    value = parts[0].mean(axis=0) - parts[1].mean(axis=0)
    spread = np.sqrt(sum(part.var(axis=0, ddof=1) / len(part) for part in parts))
    half = norm.ppf(0.5 + level / 2) * spread
    shares = tuple(
        Share(name, float(v), Interval(float(v - h), float(v + h), level, INTERVAL))
        for name, v, h in zip(columns, value, half, strict=True)
    )
    gap = float(scores[: len(one)].mean() - scores[len(one) :].mean())
    reach = float(np.ptp(scores)) or 1.0
    return GapShares(method, shares, gap, float(value.sum()), apart, len(given), apart <= MOST_MISSED * reach)
