"""The training loop of TabularNet: batches, the loss with its penalties, and stopping early."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .oracle import Watch
from .rows import Integers
from .torch_adversary import Adversary, make_adversary
from .torch_parts import Weights, import_torch, put_weights, weights_of
from .torch_penalties import Prices, SoftRate, penalty_value, soft_gaps
from .torch_tree import tree_targets
from .training_rows import TrainingRows

_CHUNK = 65_536
_SMALLEST, _LARGEST = 32, 512
_INERTIA = 0.99


@dataclass(frozen=True)
class Recipe:
    """How to train; see TabularNet for the options."""

    batch_size: int | None
    learning_rate: float
    weight_decay: float
    max_epochs: int
    patience: int
    rates: tuple[SoftRate, ...]
    penalty_weight: float
    sharpness: float
    adversary: str | None
    adversary_weight: float
    adversary_sees_label: bool
    tree_weight: float
    tree_leaves: int
    seed: int


@dataclass(frozen=True)
class Batch:
    """Rows as tensors.

    Parameters
    ----------
    rows : tensor of shape (rows, columns)
    labels, weights : tensor of float, shape (rows,)
    groups : tensor of int, shape (rows,)
        The intersection of all sensitive columns.
    members : tuple of tensor of float, shape (rows, groups)
        One for each grouping of the penalty: 1 where the row belongs to the group.
    """

    rows: Any
    labels: Any
    weights: Any
    groups: Any
    members: tuple[Any, ...]

    def take(self, at: Any) -> Batch:
        """Give some of the rows."""
        members = tuple(matrix[at] for matrix in self.members)
        return Batch(self.rows[at], self.labels[at], self.weights[at], self.groups[at], members)


def joined(first: Batch, second: Batch) -> Batch:
    """Put two batches together."""
    torch = import_torch()
    members = tuple(torch.cat(pair) for pair in zip(first.members, second.members, strict=True))
    rows, labels, weights, groups = (
        torch.cat([getattr(part, name) for part in (first, second)])
        for name in ("rows", "labels", "weights", "groups")
    )
    return Batch(rows, labels, weights, groups, members)


@dataclass(frozen=True)
class Trained:
    """What training ends with: the best epoch's weights, and a figure for every epoch."""

    weights: Weights
    best_epoch: int
    history: list[dict[str, float]]
    stopped: bool


def as_batch(matrix: Any, given: TrainingRows, ways: Sequence[Integers], device: Any) -> Batch:
    """Put rows on a device.

    Parameters
    ----------
    matrix : ndarray of float32, shape (rows, columns)
    given : TrainingRows
        Its weights are scaled here to a mean of 1.
    ways : sequence of ndarray of int, shape (rows,)
        The groupings of the penalty.
    device : torch.device
    """
    torch = import_torch()

    def floats(values: Any) -> Any:
        return torch.as_tensor(np.asarray(values, dtype=np.float32), device=device)

    members = tuple(floats(codes[:, None] == np.arange(codes.max(initial=0) + 1)) for codes in ways)
    scaled = given.weights * (len(given.weights) / given.weights.sum())
    codes = torch.as_tensor(np.asarray(given.groups.codes), device=device)
    return Batch(floats(matrix), floats(given.labels), floats(scaled), codes, members)


def train(module: Any, recipe: Recipe, batch: Batch, validation: Batch | None, watch: Watch) -> Trained:
    """Train a network.

    Parameters
    ----------
    module : torch.nn.Module
        Trained in place, and left with the best epoch's weights: an average over a hundred steps or so, which
        is steadier than those of one step.
    recipe : Recipe
    batch : Batch
        All rows to train on.
    validation : Batch or None
        Rows that choose the epoch: the one whose loss on these rows, with the penalty of the decisions on all
        rows, is least. None, or an adversary, whose game has no single figure that falls: all epochs are run
        and the last one counts.
    watch : Watch

    Returns
    -------
    Trained
    """
    tools = _tools(module, recipe, batch)
    chooses = validation is not None and tools.adversary is None
    history: list[dict[str, float]] = []
    best, kept = -1, weights_of(module)
    for epoch in range(recipe.max_epochs):
        if watch.is_up():
            break
        targets = _tree(module, recipe, batch) if recipe.tree_weight and epoch else None
        loss = _epoch(module, recipe, batch, tools, targets)
        history.append({"train_loss": loss, **_judged(tools.average, recipe, batch, validation)})
        watch.count()
        if not chooses or best < 0 or history[-1]["objective"] < history[best]["objective"]:
            best, kept = epoch, weights_of(tools.average)
        if epoch - best >= recipe.patience:
            break
    put_weights(module, kept)
    return Trained(kept, best, history, watch.stopped)


@dataclass
class Tools:
    """What changes while a network is trained, besides itself."""

    optimizer: Any
    average: Any
    adversary: Adversary | None
    prices: Prices
    rng: np.random.Generator
    size: int
    steps: int = 0

    def follow(self, module: Any) -> None:
        """Move the average towards the network: slowly, but quickly in its first steps."""
        torch = import_torch()
        self.steps += 1
        share = max(1 - _INERTIA, 9 / (9 + self.steps))
        with torch.no_grad():
            for mean, value in zip(self.average.parameters(), module.parameters(), strict=True):
                mean.lerp_(value, share)


def _tools(module: Any, recipe: Recipe, batch: Batch) -> Tools:
    torch = import_torch()
    rows = len(batch.labels)
    size = recipe.batch_size or min(_LARGEST, max(_SMALLEST, rows // 20))
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    return Tools(
        optimizer,
        copy.deepcopy(module),
        _adversary(module, recipe, batch),
        Prices(),
        np.random.default_rng(recipe.seed),
        size,
    )


def _adversary(module: Any, recipe: Recipe, batch: Batch) -> Adversary | None:
    if recipe.adversary is None or not recipe.adversary_weight:
        return None
    return make_adversary(
        module,
        recipe.adversary,
        sees_label=recipe.adversary_sees_label,
        labels=batch.labels.cpu().numpy().astype(np.int64),
        groups=batch.groups.cpu().numpy(),
        device=batch.rows.device,
    )


def _epoch(module: Any, recipe: Recipe, batch: Batch, tools: Tools, targets: Any) -> float:
    """Go once over the rows in a random order; return the mean loss."""
    torch = import_torch()
    module.train()
    order = torch.as_tensor(tools.rng.permutation(len(batch.labels)), device=batch.rows.device)
    total = 0.0
    for at in order.split(tools.size):
        part = batch.take(at)
        if tools.adversary is not None:
            tools.adversary.learn(module, part.rows, part.labels, part.groups)
        logits = module(part.rows)[:, 0]
        loss = _loss(logits, part)
        total += float(loss.detach()) * len(at)
        if recipe.penalty_weight:
            loss = loss + recipe.penalty_weight * tools.prices.penalty(*_gaps(logits, recipe, part))
        if targets is not None:
            distance = (torch.sigmoid(logits) - targets[at]) ** 2
            loss = loss + recipe.tree_weight * (distance * part.weights).mean()
        if tools.adversary is not None:
            won = tools.adversary.advantage(module, part.rows, part.labels, part.groups)
            loss = loss + recipe.adversary_weight * won
        tools.optimizer.zero_grad()
        loss.backward()
        tools.optimizer.step()
        tools.follow(module)
    return total / len(batch.labels)


def _loss(logits: Any, part: Batch) -> Any:
    torch = import_torch()
    losses = torch.nn.functional.binary_cross_entropy_with_logits(logits, part.labels, reduction="none")
    return (losses * part.weights).sum() / part.weights.sum().clamp(min=1e-12)


def _gaps(logits: Any, recipe: Recipe, part: Batch) -> tuple[list[Any], list[Any]]:
    """Give the gaps of soft decisions, which have a slope, and of the decisions themselves."""
    torch = import_torch()
    soft, hard = torch.sigmoid(recipe.sharpness * logits), (logits.detach() >= 0).float()
    gaps = [soft_gaps(recipe.rates, p, part.labels, part.members, part.weights) for p in (soft, hard)]
    return gaps[0], gaps[1]


def _judged(module: Any, recipe: Recipe, batch: Batch, validation: Batch | None) -> dict[str, float]:
    """Judge an epoch: the loss on the validation rows, the gaps on all rows, since small groups need all."""
    torch = import_torch()
    parts = [batch] if validation is None else [batch, validation]
    logits = [logits_of(module, part.rows) for part in parts]
    loss = float(_loss(logits[-1], parts[-1]))
    if not recipe.penalty_weight:
        return {"loss": loss, "penalty": 0.0, "objective": loss}
    whole = parts[0] if validation is None else joined(batch, validation)
    penalty = float(penalty_value(_gaps(torch.cat(logits), recipe, whole)[1]))
    return {"loss": loss, "penalty": penalty, "objective": loss + recipe.penalty_weight * penalty}


def logits_of(module: Any, rows: Any) -> Any:
    """Give the logit of every row, in chunks and without slopes.

    Parameters
    ----------
    module : torch.nn.Module
        Set to predict here.
    rows : tensor of shape (rows, columns)

    Returns
    -------
    tensor of shape (rows,)
    """
    torch = import_torch()
    module.eval()
    with torch.no_grad():
        return torch.cat([module(part)[:, 0] for part in rows.split(_CHUNK)])


def _tree(module: Any, recipe: Recipe, batch: Batch) -> Any:
    torch = import_torch()
    scores = torch.sigmoid(logits_of(module, batch.rows)).cpu().numpy().astype(np.float64)
    weights = batch.weights.cpu().numpy().astype(np.float64)
    said = tree_targets(batch.rows.cpu().numpy(), scores, weights, recipe.tree_leaves)
    return torch.as_tensor(said.astype(np.float32), device=batch.rows.device)
