"""The options of TabularNet: what is wrong with them, and the recipe that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import Problem, did_you_mean
from .torch_adversary import ADVERSARIES
from .torch_penalties import GROUPINGS, PENALTIES, RATES
from .torch_training import Recipe

_CHOICES: dict[str, tuple[Any, ...]] = {
    "penalty": tuple(PENALTIES),
    "penalty_groups": GROUPINGS,
    "adversary": (None, *ADVERSARIES),
}
_WHOLE = ("batch_size", "max_epochs", "patience", "tree_leaves")
_WEIGHTS = ("penalty_weight", "adversary_weight", "tree_weight", "weight_decay")
_ABOVE = ("learning_rate", "sharpness")
_SHARES = ("dropout", "validation_fraction")


def option_problems(given: Any) -> Iterator[Problem]:
    """Tell everything that is wrong with an estimator's parameters.

    Parameters
    ----------
    given : TabularNet

    Yields
    ------
    Problem

    Examples
    --------
    >>> from .torch_trainer import TabularNet
    >>> [problem.where for problem in option_problems(TabularNet(dropout=1, penalty="odds"))]
    ['dropout', 'penalty']
    """
    rules: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
        (_WHOLE, lambda value: value >= 1, "must be 1 or more"),
        (_WEIGHTS, lambda value: value >= 0, "must be 0 or more"),
        (_ABOVE, lambda value: value > 0, "must lie above 0"),
        (_SHARES, lambda value: 0 <= value < 1, "must be 0 or more and below 1"),
    )
    for names, holds, rule in rules:
        for name in names:
            value = getattr(given, name)
            if value is not None and not holds(value):
                yield Problem("range", name, f"{rule}, got {value!r}")
    for name, known in _CHOICES.items():
        value = getattr(given, name)
        if value not in known:
            said = f"there is no {name} called {value!r}; {did_you_mean(value, known)}"
            yield Problem("unknown_choice", name, said)


def recipe_of(given: Any) -> Recipe:
    """Read how to train from an estimator's parameters.

    Examples
    --------
    >>> from .torch_trainer import TabularNet
    >>> recipe_of(TabularNet(penalty_weight=0.3)).penalty_weight
    0.3
    """
    return Recipe(
        batch_size=given.batch_size,
        learning_rate=given.learning_rate,
        weight_decay=given.weight_decay,
        max_epochs=given.max_epochs,
        patience=given.patience,
        rates=tuple(RATES[name] for name in PENALTIES[given.penalty]),
        penalty_weight=given.penalty_weight,
        sharpness=given.sharpness,
        adversary=given.adversary,
        adversary_weight=given.adversary_weight,
        adversary_sees_label=given.adversary_sees_label,
        tree_weight=given.tree_weight,
        tree_leaves=given.tree_leaves,
        seed=given.random_state,
    )
