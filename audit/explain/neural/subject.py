"""What is looked at: a network, the tensor of some rows, and who these rows are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from ....errors import ModelError
from ....mitigation.torch_parts import import_torch
from ...torch_models import OUTPUTS, Output, TorchModel
from ...torch_modules import device_of, dtype_of, evaluating, is_module
from .layers import Flags, Floats, Ints, Network

MOST_ROWS = 6_000
"""Rows that are looked at; of a larger table a seeded sample."""
_SAME = 1e-4


@dataclass(frozen=True)
class Concept:
    """A group, against the other groups of its attribute.

    Parameters
    ----------
    attribute : str
    level : object
        The attribute's level.
    name : str
    member : ndarray of bool, shape (rows,)
    known : ndarray of bool, shape (rows,)
        Rows of any group of the attribute that is large enough to be looked at.
    """

    attribute: str
    level: Any
    name: str
    member: Flags
    known: Flags


@dataclass(frozen=True)
class Rows:
    """Some rows, in two halves: one to choose on, one to judge on.

    Parameters
    ----------
    tensor : torch.Tensor, shape (rows, ...)
    inputs : ndarray of float, shape (rows, inputs)
        The tensor as plain numbers.
    labels : ndarray of bool, shape (rows,)
    concepts : tuple of Concept
    first : ndarray of bool, shape (rows,)
        The half to choose on.
    """

    tensor: Any
    inputs: Floats
    labels: Flags
    concepts: tuple[Concept, ...]
    first: Flags

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes, in order."""
        return tuple(dict.fromkeys(item.attribute for item in self.concepts))

    @property
    def watched(self) -> tuple[Concept, ...]:
        """The groups that units are compared with; of two, which are each other's rest, the smaller one."""
        pairs = [self.of(name) for name in self.attributes]
        chosen = [min(pair, key=lambda item: int(item.member.sum())) for pair in pairs if len(pair) == 2]
        return tuple(item for item in self.concepts if len(self.of(item.attribute)) > 2 or item in chosen)

    def of(self, attribute: str) -> tuple[Concept, ...]:
        """Give the groups of an attribute."""
        return tuple(item for item in self.concepts if item.attribute == attribute)


@dataclass(frozen=True)
class Found:
    """A network that was found in a model.

    Parameters
    ----------
    network : Network
    to_tensor : callable
        The model's input columns, as a data frame, to the network's tensor.
    plain : bool
        Whether each input is one column, in order.
    """

    network: Network
    to_tensor: Callable[[pd.DataFrame], Any]
    plain: bool


def network_of(estimator: Any, frame: pd.DataFrame, position: int) -> Found | None:
    """Find the network in a model.

    A network is a torch module that was wrapped, or an estimator (at the end of a pipeline too) with
    ``module_`` and ``to_tensor``.

    Parameters
    ----------
    estimator : object
    frame : pandas.DataFrame
        Some rows of the model's input columns.
    position : int
        Of the positive label among the model's labels.

    Returns
    -------
    Found or None
        None where the model is no network.

    Raises
    ------
    ModelError
        The network's own output is not what the model predicts.
    """
    if isinstance(estimator, TorchModel):
        network = Network(estimator.module, positive_output(estimator.output, position))
        return Found(network, estimator.tensor, estimator.to_tensor is None)
    steps = getattr(estimator, "steps", None)
    last = steps[-1][1] if steps else estimator
    if not is_module(getattr(last, "module_", None)) or not hasattr(last, "to_tensor"):
        return None
    module = last.module_
    before = estimator[:-1].transform if steps and len(steps) > 1 else None

    def to_tensor(rows: pd.DataFrame) -> Any:
        made = last.to_tensor(rows if before is None else before(rows))
        return import_torch().as_tensor(made).to(device_of(module), dtype_of(module))

    network = _agreeing(estimator, module, to_tensor(frame), frame, position)
    return Found(network, to_tensor, plain=False)


def _agreeing(estimator: Any, module: Any, tensor: Any, frame: pd.DataFrame, position: int) -> Network:
    """Find out what a module gives, and for which label, by what its estimator predicts."""
    wanted = np.asarray(estimator.predict_proba(frame))[:, position]
    # A single output may speak for either label.
    for output, place in product(OUTPUTS, (position, 1 - position)):
        network = Network(module, positive_output(output, place))
        if np.allclose(network.scores(tensor), wanted, atol=_SAME):
            return network
    message = "its module_ gives neither the log-odds nor the probability that its predict_proba gives"
    raise ModelError.of("other_output", type(estimator).__name__, f"{message}; nobody can look into it")


def positive_output(output: Output, position: int) -> Any:
    """Make a module that turns what a network gives into the probability of one label, shape (rows,).

    Parameters
    ----------
    output : {"logit", "probability"}
    position : int
        Of the label; a single output speaks for the label at 1.

    Examples
    --------
    >>> import torch
    >>> positive_output("logit", 0)(torch.tensor([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    torch = import_torch()

    class Positive(torch.nn.Module):  # type: ignore[misc, name-defined]
        """A probability; its functions are modules, so that rules of attribution reach them."""

        def __init__(self) -> None:
            super().__init__()
            self.single = torch.nn.Sigmoid() if output == "logit" else torch.nn.Identity()
            self.several = torch.nn.Softmax(dim=1) if output == "logit" else torch.nn.Identity()

        def forward(self, given: Any) -> Any:
            if given.ndim == 1 or given.shape[1] == 1:
                ahead = self.single(given.reshape(-1, 1))[:, 0]
                return ahead if position == 1 else 1 - ahead
            return self.several(given)[:, position]

    return Positive()


def sample(size: int, seed: int, most: int = MOST_ROWS) -> tuple[Ints, Flags]:
    """Draw the rows to look at, in their own order, and halve them.

    Parameters
    ----------
    size : int
    seed : int
    most : int

    Returns
    -------
    rows : ndarray of int
        Positions, rising.
    first : ndarray of bool
        Which of them belong to the half to choose on.

    Examples
    --------
    >>> rows, first = sample(10, 0, most=6)
    >>> len(rows), int(first.sum())
    (6, 3)
    """
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(size)[:most])
    first = np.zeros(len(chosen), dtype=bool)
    first[rng.permutation(len(chosen))[: len(chosen) // 2]] = True
    return chosen, first


def concepts_of(
    attribute: str, codes: Ints, levels: Sequence[tuple[int, Any, str]], first: Flags, minimum: int
) -> tuple[Concept, ...]:
    """Make a concept of each group that has the minimum of rows in both halves; none of fewer than two.

    Parameters
    ----------
    attribute : str
    codes : ndarray of int, shape (rows,)
    levels : sequence of (int, object, str)
        Code, level and name of each group that may be looked at.
    first : ndarray of bool, shape (rows,)
    minimum : int
    """
    large = [
        item
        for item in levels
        if min(int((first & (codes == item[0])).sum()), int((~first & (codes == item[0])).sum())) >= minimum
    ]
    if len(large) < 2:
        return ()
    known = np.isin(codes, [code for code, _, _ in large])
    return tuple(Concept(attribute, level, name, codes == code, known) for code, level, name in large)


def rows_of(tensor: Any, labels: Flags, concepts: tuple[Concept, ...], first: Flags, module: Any) -> Rows:
    """Put rows together."""
    with evaluating(module):
        flat = tensor.reshape(len(tensor), -1).detach().cpu().numpy().astype(np.float64)
    return Rows(tensor, flat, labels, concepts, first)
