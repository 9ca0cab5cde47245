"""The table of all ways to narrow a gap: what each one does, needs, and how strong it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from sklearn.base import clone

from ..errors import InputError, did_you_mean
from .base import Sensitivity, weight_parameter
from .reweighing import Reweighing
from .unaware import Unaware

Family = Literal["control", "before", "in", "after"]
"""When a method acts: before, in or after training; a control only shows what chance changes."""


@dataclass(frozen=True)
class Plan:
    """What a method may use.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    sensitive_columns : tuple of str
        Sensitive columns that the model reads.
    proxies : tuple of str
        Columns that the model reads and that stand for a sensitive one.
    has_groups : bool
        Whether the training rows' groups are known.
    metric : str
        The disparity that is to be narrowed, by its name in the catalogue.
    seed : int
        For methods that draw at random.
    hide : bool
        Whether every method must also hide the sensitive columns from the model.
    """

    estimator: Any
    sensitive_columns: tuple[Any, ...]
    proxies: tuple[Any, ...]
    has_groups: bool
    metric: str = "equalized_odds_difference"
    seed: int = 0
    hide: bool = False


@dataclass(frozen=True)
class Method:
    """A way to narrow a gap.

    Parameters
    ----------
    name : str
    description : str
        One plain sentence.
    family : {"control", "before", "in", "after"}
        When it acts: before, in or after training.
    needs_sensitive : {"never", "training", "decision"}
        When the method itself needs the sensitive attribute.
    hides : bool
        Whether the model stops reading the sensitive columns.
    build : callable
        Makes the unfitted estimator from a Plan and a strength.
    why_not : callable
        Gives the reason why the method does not suit a Plan, or None where it does.
    strengths : tuple of float
        The settings of its dial that a search tries; empty where it has no dial.
    dial : str
        What the dial is, in words; empty where there is none.
    decides : {"score", "predict"}
        Whether a row is selected by its score and the caller's threshold, or as the object itself predicts.
    """

    name: str
    description: str
    family: Family
    needs_sensitive: Sensitivity
    hides: bool
    build: Callable[[Plan, float | None], Any]
    why_not: Callable[[Plan], str | None]
    strengths: tuple[float, ...] = ()
    dial: str = ""
    decides: Literal["score", "predict"] = "score"

    def needs_of(self, plan: Plan) -> Sensitivity:
        """Tell when a model trained this way needs the attribute: a model that reads it needs it always.

        Examples
        --------
        >>> plan = Plan(None, ("sex",), (), has_groups=True)
        >>> METHODS["reweighing"].needs_of(plan), METHODS["reweighing+unaware"].needs_of(plan)
        ('decision', 'training')
        """
        reads = bool(plan.sensitive_columns) and not (self.hides or self.must_hide(plan))
        return "decision" if reads else self.needs_sensitive

    def must_hide(self, plan: Plan) -> bool:
        """Tell whether the sensitive columns must be hidden besides, which the method itself does not do."""
        return plan.hide and bool(plan.sensitive_columns) and not self.hides and self.family != "control"

    def made(self, plan: Plan, strength: float | None) -> Any:
        """Make the unfitted estimator, with the sensitive columns hidden from it where the plan says so."""
        if self.must_hide(plan):
            plan = replace(plan, estimator=_unaware(plan), sensitive_columns=())
        return self.build(plan, strength)


def method_named(name: str) -> Method:
    """Find a method by its name.

    Raises
    ------
    InputError
        There is none of that name.

    Examples
    --------
    >>> method_named("reweighing").family
    'before'
    """
    if name not in METHODS:
        said = f"there is no way to retrain called {name!r}; {did_you_mean(name, METHODS)}"
        raise InputError.of("unknown_method", "method", said)
    return METHODS[name]


def _nothing_against(_: Plan) -> None:
    return None


def _no_columns(plan: Plan) -> str | None:
    return None if plan.sensitive_columns else "the model reads none of the sensitive columns"


def _no_proxies(plan: Plan) -> str | None:
    return None if plan.proxies else "no proxies were named that the model reads"


def _no_groups(plan: Plan) -> str | None:
    return None if plan.has_groups else "the groups of the training rows are not known"


def _no_weights(plan: Plan) -> str | None:
    if (unknown := _no_groups(plan)) is not None:
        return unknown
    if weight_parameter(plan.estimator) is None:
        return (
            f"{type(plan.estimator).__name__} cannot weigh rows (its fit takes no sample_weight);"
            " resampling does without"
        )
    return None


def _unaware(plan: Plan, _: float | None = None) -> Unaware:
    return Unaware(plan.estimator, sensitive_columns=plan.sensitive_columns)


def _without_proxies(plan: Plan, _: float | None) -> Unaware:
    return Unaware(plan.estimator, sensitive_columns=plan.sensitive_columns, proxies=plan.proxies)


_TABLE = (
    Method(
        "refit",
        "The same model trained again on the same rows: a control that shows what chance alone changes.",
        "control",
        "never",
        hides=False,
        build=lambda plan, _: clone(plan.estimator),
        why_not=_nothing_against,
    ),
    Method(
        "unaware",
        "Training without the sensitive columns; columns that stand for them remain.",
        "before",
        "never",
        hides=True,
        build=_unaware,
        why_not=_no_columns,
    ),
    Method(
        "unaware+proxies",
        "Training without the sensitive columns and without the columns that stand for them.",
        "before",
        "never",
        hides=True,
        build=_without_proxies,
        why_not=_no_proxies,
    ),
    Method(
        "reweighing",
        "Training rows are weighted so that the label no longer depends on the group (Kamiran and Calders).",
        "before",
        "training",
        hides=False,
        build=lambda plan, _: Reweighing(plan.estimator),
        why_not=_no_weights,
    ),
    Method(
        "reweighing+unaware",
        "Reweighing, with the sensitive columns hidden from the model: the group only sets the weights.",
        "before",
        "training",
        hides=True,
        build=lambda plan, _: Reweighing(_unaware(plan)),
        why_not=lambda plan: _no_columns(plan) or _no_weights(plan),
    ),
)

METHODS: dict[str, Method] = {method.name: method for method in _TABLE}
"""Every way to narrow a gap, by name."""

SEARCHED: tuple[str, ...] = tuple(name for name, method in METHODS.items() if method.family != "control")
"""The methods that a search tries where none are named."""
