"""Methods that look into a network, for one row: integrated gradients, DeepLIFT and saliency.

They explain the probability of the positive label, as the other methods do, against the background's rows;
inputs that come from one source column are summed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ModelError
from ...mitigation.torch_parts import import_torch
from ..torch_modules import evaluating, is_module
from .blocks import Blocks, column_blocks
from .local_methods import Attribution
from .local_pool import Pool
from .pairing import Floats, Ints

TORCH_METHODS = ("integrated_gradients", "deeplift", "saliency")
ORIGINS = 20
"""Background rows that paths begin at."""
MOST_MISSED = 0.02
"""DeepLIFT misses its sum where activations are no modules; beyond this its figures are not given."""


def torch_network(pool: Pool) -> Any | None:
    """Give the network behind a pool's scores; None where the model is none."""
    estimator = pool.model.estimator
    known = is_module(getattr(estimator, "module", None)) and hasattr(estimator, "tensor")
    return estimator if known and pool.output == "score" else None


def torch_row(pool: Pool, row: int, background: Ints, method: str) -> Attribution:
    """Explain one row by a method that looks into the network.

    Parameters
    ----------
    pool : Pool
    row : int
        Place of the explained row.
    background : ndarray of int
        Places; the first twenty are compared with.
    method : {"integrated_gradients", "deeplift", "saliency"}

    Returns
    -------
    Attribution
        Saliency is the slope of the score at the row times the row's distance from the background's mean.

    Raises
    ------
    ModelError
        The model is no network, its inputs mix columns, or a method misses its own sum.
    InputError
        torch or captum is not installed.
    """
    network = torch_network(pool)
    if network is None:
        message = f"{method} looks into a network, and this model is none; choose shap, lime or occlusion"
        raise ModelError.of("no_network", "method", message)
    blocks = _blocks(network, pool.frame)
    inside, sign, output = _probability(network, network.tensor(pool.frame.iloc[[row]]), pool.position)
    own, origins = blocks.matrix[[row]], blocks.matrix[background[:ORIGINS]]
    try:
        values, engine = _values(method, inside, own, origins, output)
    # What torch and captum raise of modules that they cannot hook or go back through.
    except (RuntimeError, NotImplementedError, AttributeError, TypeError) as error:
        first = (str(error).strip().splitlines() or [""])[0][:200]
        message = f"{method} cannot look into this network: {type(error).__name__}: {first}; take shap"
        raise ModelError.of("model_failed", "model", message) from error
    base = float(pool.known[background[:ORIGINS]].mean())
    total = sign * values[0]
    residual = float(pool.known[row]) - base - float(total.sum()) if method != "saliency" else np.nan
    if method == "deeplift" and not abs(residual) <= MOST_MISSED:
        message = (
            f"DeepLIFT's values must sum to the score, and miss it by {abs(residual):.2g}: activations of"
            " this network are functions and not modules (nn.ReLU); take integrated_gradients"
        )
        raise ModelError.of("explainer_unsound", "deeplift", message)
    unknown = np.full(len(pool.columns), np.nan)
    base = base if method != "saliency" else np.nan
    return Attribution(method, blocks.by_column(total), unknown, base, residual, engine)


def _values(method: str, inside: Any, own: Floats, origins: Floats, output: int | None) -> tuple[Floats, str]:
    from .neural import attributions  # noqa: PLC0415 - torch loads only now

    if method == "saliency":
        slope = attributions.saliency(inside, own, output=output)
        return slope * (own - origins.mean(axis=0)), "captum Saliency, times distance from the mean"
    if method == "deeplift":
        return attributions.deeplift(inside, own, origins, output=output), "captum DeepLift"
    values = attributions.integrated_gradients(inside, own, origins, output=output)
    return values, "captum IntegratedGradients"


def _probability(network: Any, own: Any, position: int) -> tuple[Any, float, int | None]:
    """Let a network end in a probability; and say which sign and which output speak for the label."""
    torch, module = import_torch(), network.module
    with evaluating(module), torch.no_grad():
        given = module(own)
    several = given.ndim == 2 and given.shape[1] > 1
    inside = module
    if network.output == "logit":
        inside = torch.nn.Sequential(module, torch.nn.Softmax(dim=1) if several else torch.nn.Sigmoid())
    if several:
        return inside, 1.0, position
    # A single output speaks for the second label: of the first it is the complement.
    return inside, 1.0 if position == 1 else -1.0, None


@dataclass(frozen=True)
class _Inputs:
    """A network with the face of a pipeline: steps that make its inputs, and the network at the end."""

    network: Any

    @property
    def steps(self) -> list[tuple[str, Any]]:
        return [("inputs", self), ("network", self.network)]

    def __getitem__(self, _: slice) -> _Inputs:
        return self

    def __len__(self) -> int:
        return 1

    def transform(self, rows: pd.DataFrame) -> Floats:
        values: Floats = self.network.tensor(rows).detach().cpu().numpy().astype(np.float64)
        return values


def _blocks(network: Any, frame: pd.DataFrame) -> Blocks:
    blocks = column_blocks(_Inputs(network), frame)
    if blocks is None:
        message = (
            "inputs of a network must each come from one source column to be told apart, and to_tensor mixes"
            " columns; take shap, lime or occlusion"
        )
        raise ModelError.of("mixed_columns", "model", message)
    return blocks
