"""The training loop of TabularNet: batches, the loss with its penalties, and stopping early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .oracle import Watch
from .rows import Integers
from .torch_adversary import Adversary, make_adversary
from .torch_parts import Weights, put_weights, torch_or_refuse, weights_of
from .torch_penalties import GapMemory, SoftRate, penalty_value, soft_gaps
from .torch_tree import tree_targets
from .training_rows import TrainingRows

_CHUNK = 65_536
_SMALLEST, _LARGEST = 32, 512
_REMEMBERED = 5_000


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
    torch = torch_or_refuse()

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
        Trained in place, and left with the weights of the best epoch.
    recipe : Recipe
    batch : Batch
        All rows to train on.
    validation : Batch or None
        Rows that choose the epoch: the one whose loss with its penalty is least. None, or an adversary, whose
        game has no single figure that falls: all epochs are run and the last one counts.
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
        seen = validation if validation is not None else batch
        history.append({"train_loss": loss, **_judged(module, recipe, seen)})
        watch.count()
        if not chooses or best < 0 or history[-1]["objective"] < history[best]["objective"]:
            best, kept = epoch, weights_of(module)
        if epoch - best >= recipe.patience:
            break
    put_weights(module, kept)
    return Trained(kept, best, history, watch.stopped)


@dataclass
class Tools:
    """What changes while a network is trained, besides itself."""

    optimizer: Any
    adversary: Adversary | None
    memory: GapMemory
    rng: np.random.Generator
    size: int


def _tools(module: Any, recipe: Recipe, batch: Batch) -> Tools:
    torch = torch_or_refuse()
    rows = len(batch.labels)
    size = recipe.batch_size or min(_LARGEST, max(_SMALLEST, rows // 20))
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    return Tools(
        optimizer,
        _adversary(module, recipe, batch),
        # The sign of a gap is averaged over an epoch's rows, or over 5,000 of them.
        GapMemory(keep=1 - min(1.0, size / min(rows, _REMEMBERED))),
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
    torch = torch_or_refuse()
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
            loss = loss + recipe.penalty_weight * tools.memory.penalty(_gaps(logits, recipe, part))
        if targets is not None:
            distance = (torch.sigmoid(logits) - targets[at]) ** 2
            loss = loss + recipe.tree_weight * (distance * part.weights).mean()
        if tools.adversary is not None:
            won = tools.adversary.advantage(module, part.rows, part.labels, part.groups)
            loss = loss + recipe.adversary_weight * won
        tools.optimizer.zero_grad()
        loss.backward()
        tools.optimizer.step()
    return total / len(batch.labels)


def _loss(logits: Any, part: Batch) -> Any:
    torch = torch_or_refuse()
    losses = torch.nn.functional.binary_cross_entropy_with_logits(logits, part.labels, reduction="none")
    return (losses * part.weights).sum() / part.weights.sum().clamp(min=1e-12)


def _gaps(logits: Any, recipe: Recipe, part: Batch) -> list[Any]:
    torch = torch_or_refuse()
    soft = torch.sigmoid(recipe.sharpness * logits)
    return soft_gaps(recipe.rates, soft, part.labels, part.members, part.weights)


def _judged(module: Any, recipe: Recipe, seen: Batch) -> dict[str, float]:
    torch = torch_or_refuse()
    logits = logits_of(module, seen.rows)
    loss = float(_loss(logits, seen))
    if not recipe.penalty_weight:
        return {"loss": loss, "penalty": 0.0, "objective": loss}
    with torch.no_grad():
        penalty = float(penalty_value(_gaps(logits, recipe, seen)))
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
    torch = torch_or_refuse()
    module.eval()
    with torch.no_grad():
        return torch.cat([module(part)[:, 0] for part in rows.split(_CHUNK)])


def _tree(module: Any, recipe: Recipe, batch: Batch) -> Any:
    torch = torch_or_refuse()
    scores = torch.sigmoid(logits_of(module, batch.rows)).cpu().numpy().astype(np.float64)
    weights = batch.weights.cpu().numpy().astype(np.float64)
    said = tree_targets(batch.rows.cpu().numpy(), scores, weights, recipe.tree_leaves)
    return torch.as_tensor(said.astype(np.float32), device=batch.rows.device)
