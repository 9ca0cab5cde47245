"""What a way to narrow a gap is: one row of the table in :mod:`.methods`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Literal

from sklearn.base import clone

from .base import Sensitivity

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

    def hiding(self) -> Plan:
        """Give the plan with a model that does not see the sensitive columns."""
        from .unaware import Unaware  # noqa: PLC0415 - the estimators load where they are used

        hidden = Unaware(self.estimator, sensitive_columns=self.sensitive_columns)
        return replace(self, estimator=hidden, sensitive_columns=())


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
    home : str
        Module and class in this room, ``"reweighing.Reweighing"``; empty for the control.
    options : callable
        Gives the constructor's options for a Plan.
    why_not : callable
        Gives the reason why the method does not suit a Plan, or None where it does.
    dial : str
        What its strength is, in words; empty where it has none.
    hides : bool
        Whether the model stops reading the sensitive columns.
    decides : {"score", "predict"}
        Whether a row is selected by its score and the caller's threshold, or as the object itself predicts.
    fits : int
        About how many models it trains at a time; a search weighs its work by it.
    on_base : bool
        Whether it trains the model as it is and then acts on its scores.
    own : bool
        Whether it trains a model of its own in place of the given one.
    parameter, settings : str, tuple of float
        The constructor's parameter that is the dial, and what a search tries; those of the estimator's class
        where they are left empty.
    """

    name: str
    description: str
    family: Family
    needs_sensitive: Sensitivity
    home: str
    options: Callable[[Plan], Mapping[str, Any]]
    why_not: Callable[[Plan], str | None]
    dial: str = ""
    hides: bool = False
    decides: Literal["score", "predict"] = "score"
    fits: int = 1
    on_base: bool = False
    own: bool = False
    parameter: str = ""
    settings: tuple[float, ...] = ()

    @property
    def maker(self) -> Any:
        """The class of its estimator; its module is loaded now."""
        module, name = self.home.split(".")
        return getattr(import_module(f".{module}", __package__), name)

    @property
    def strengths(self) -> tuple[float, ...]:
        """The settings of its dial that a search tries; empty where it has none.

        Examples
        --------
        >>> from evenhand.mitigation import METHODS
        >>> METHODS["unaware"].strengths, METHODS["group_thresholds"].strengths
        ((), (0.25, 0.5, 0.75, 1.0))
        """
        if not self.dial:
            return ()
        return self.settings or tuple(self.maker.strengths)

    def needs_of(self, plan: Plan) -> Sensitivity:
        """Tell when a model trained this way needs the attribute: a model that reads it needs it always.

        Examples
        --------
        >>> from evenhand.mitigation import METHODS
        >>> plan = Plan(None, ("sex",), (), has_groups=True)
        >>> METHODS["reweighing"].needs_of(plan), METHODS["reweighing+unaware"].needs_of(plan)
        ('decision', 'training')
        """
        reads = bool(plan.sensitive_columns) and not (self.hides or self._must_hide(plan))
        return "decision" if reads else self.needs_sensitive

    def build(self, plan: Plan, strength: float | None = None) -> Any:
        """Make the unfitted estimator, with the sensitive columns hidden from it where the plan says so.

        Parameters
        ----------
        plan : Plan
        strength : float, optional
            None leaves the dial at the estimator's default.
        """
        if not self.home:
            return clone(plan.estimator)
        given = dict(self.options(plan))
        if strength is not None:
            given[self.parameter or self.maker.strength_parameter] = strength
        hidden = self._must_hide(plan) or self.name.endswith("+unaware")
        if self.own:
            made = replace(plan, estimator=self.maker(**given))
            return made.hiding().estimator if hidden else made.estimator
        return self.maker((plan.hiding() if hidden else plan).estimator, **given)

    def _must_hide(self, plan: Plan) -> bool:
        asked = plan.hide and self.family != "control"
        return asked and bool(plan.sensitive_columns) and not self.hides
