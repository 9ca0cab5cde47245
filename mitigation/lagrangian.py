"""A constraint on any estimator that weighs rows, boosters among them, through weights found step by step.

Each round trains the estimator on costs that depend on group and label, looks at the rates of its decisions
on validation rows, and raises the price (a Lagrange multiplier) of the groups whose rate lies too high or
too low: projected ascent on the dual problem of A. Agarwal et al., "A Reductions Approach to Fair
Classification", ICML 2018. That the prices follow rows which the model was not trained on is from A. Cotter
et al., "Training Well-Generalizing Classifiers for Fairness Metrics and Other Data-Dependent Constraints",
ICML 2019: a booster that knows its training rows by heart shows no gap there. One model is kept, no mixture.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils.validation import validate_data

from ..errors import EvenhandWarning, InputError, Problem
from .base import Sensitivity, Wrapper, fit_weighted, refuse_unweighable
from .constraints import Constraint, constraint_cells, constraint_named
from .lagrangian_loop import Loop, row_prices, search
from .oracle import Progress, Watch
from .splitting import held_out
from .training_rows import TrainingRows, say_empty_cells, training_rows
from .unaware import table_of


class LagrangianWeights(Wrapper):
    """Train an estimator under a constraint, with row weights found by projected dual ascent.

    The method needs the sensitive attribute at training only, and the trained model is one ordinary model:
    LightGBM, XGBoost, or any other that weighs rows.

    Parameters
    ----------
    estimator : classifier
        It must weigh rows; a pipeline's weights go to its last step.
    constraint : str, default "equalized_odds"
        "demographic_parity", "equal_opportunity", "predictive_equality", "equalized_odds" or
        "error_rate_parity".
    eps : float in [0, 1), default 0.02
        How far a group's rate may lie from the rate of all rows.
    max_iter : int, default 30
        Rounds at most; each trains one model.
    step : float, default 5.0
        How much a gap of 1 would add to the price of a row in the first round, where a correct decision
        counts 1; later rounds add less, by 1 / sqrt(round).
    patience : int, default 8
        Rounds without a better model after which the search ends, once the constraint is met.
    validation_fraction : float in (0, 1), default 0.25
        The share of rows that is held out to measure rates; drawn evenly from every group and label.
    time_limit : float, optional
        Seconds after which no further model is trained; the best so far is kept, and ``stopped_`` says so.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where ``fit`` gets no ``sensitive_features``.
    pos_label : object, optional
        The class whose rate is the selection rate; None means the greater one.
    progress : callable, optional
        Called as ``progress(what, done, most)`` after every model.
    random_state : int, default 0
        Of the validation split.

    Attributes
    ----------
    estimator_ : classifier
        The best round's model: of those that keep the constraint on the validation rows the one with the
        least error; where none does, the one that comes closest.
    best_iter_ : int
        Its round, from 0.
    converged_ : bool
        Whether it keeps the constraint on the validation rows.
    history_ : list of dict
        Of every round: ``error``, ``gap`` and ``multipliers``.
    multipliers_ : ndarray of float, shape (events, groups)
        The prices that the kept model was trained under.
    weights_ : ndarray of float, shape (events, groups)
        What the prices add to selecting a row of the cell, where a correct decision counts 1. A row whose
        sum changes its sign is trained with the other label.
    stopped_ : bool
        Whether the time limit ended the search.
    n_iter_ : int
    groups_ : list of tuple

    Raises
    ------
    InputError
        At ``fit``: an estimator that is no classifier or cannot weigh rows, options out of range, or unfit
        rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"a": rng.normal(size=800), "man": np.arange(800) % 2})
    >>> y = (X["a"] + X["man"] + rng.normal(size=800) > 0.5).astype(int)
    >>> model = LagrangianWeights(LogisticRegression(), constraint="demographic_parity", eps=0.05)
    >>> model = model.fit(X, y, sensitive_features=X["man"])
    >>> model.converged_, model.history_[0]["gap"] > 0.1 > model.history_[model.best_iter_]["gap"]
    (True, True)
    """

    needs_sensitive: ClassVar[Sensitivity] = "training"
    strength_parameter: ClassVar[str | None] = "eps"
    strengths: ClassVar[tuple[float, ...]] = (0.2, 0.1, 0.05, 0.02, 0.01)

    def __init__(
        self,
        estimator: Any,
        *,
        constraint: str = "equalized_odds",
        eps: float = 0.02,
        max_iter: int = 30,
        step: float = 5.0,
        patience: int = 8,
        validation_fraction: float = 0.25,
        time_limit: float | None = None,
        sensitive_columns: Any = None,
        pos_label: Any = None,
        progress: Progress | None = None,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.constraint = constraint
        self.eps = eps
        self.max_iter = max_iter
        self.step = step
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.time_limit = time_limit
        self.sensitive_columns = sensitive_columns
        self.pos_label = pos_label
        self.progress = progress
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None
    ) -> LagrangianWeights:
        """Search the prices and keep the best model.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)
        y : array-like of shape (rows,)
            Two classes.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named, all rows are one group, the
            estimator is trained as it is, and an EvenhandWarning says so.
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        LagrangianWeights
            Itself.

        Raises
        ------
        InputError
        """
        constraint = self._refuse()
        validate_data(self, X, y, skip_check_array=True)
        rows = training_rows(
            X, y,
            sensitive_features=sensitive_features, sensitive_columns=self.sensitive_columns,
            sample_weight=sample_weight, pos_label=self.pos_label,
        )  # fmt: skip
        self.groups_ = list(rows.groups.levels)
        if len(self.groups_) == 1:
            return self._keep_plain(X, rows)
        self._search(constraint, table_of(X), rows)
        best = self.history_[self.best_iter_]
        if not self.converged_:
            warnings.warn(
                "no model was found that keeps the constraint on the validation rows: the one that is kept"
                f" has a gap of {best['gap']:.4f} where eps allows {self.eps:.4f}, with an error of"
                f" {best['error']:.4f}; allow more (eps) or more rounds (max_iter)",
                EvenhandWarning,
                stacklevel=2,
            )
        if self.stopped_:
            said = f"the time limit of {self.time_limit} s ended the search after {self.n_iter_} models;"
            warnings.warn(f"{said} the best so far is kept", EvenhandWarning, stacklevel=2)
        return self

    def _refuse(self) -> Constraint:
        if is_regressor(self.estimator):
            name = type(self.estimator).__name__
            said = f"a constraint on decisions needs a classifier, but {name} is a regressor;"
            raise InputError.of("regressor", "estimator", f"{said} band the target into classes")
        refuse_unweighable(self.estimator)
        problems = list(_option_problems(self))
        if problems:
            raise InputError(problems)
        return constraint_named(self.constraint)

    def _keep_plain(self, X: Any, rows: TrainingRows) -> LagrangianWeights:
        self.estimator_ = fit_weighted(
            self.estimator, X, rows.target, rows.weights if rows.weighted else None
        )
        self.multipliers_ = self.weights_ = np.zeros((1, 1))
        self.best_iter_, self.n_iter_ = 0, 1
        self.history_: list[dict[str, Any]] = []
        self.converged_, self.stopped_ = True, False
        return self

    def _search(self, constraint: Constraint, X: Any, rows: TrainingRows) -> None:
        count = len(rows.groups.levels)
        cells = constraint_cells(constraint, rows.labels, rows.groups.codes, count, rows.weights)
        say_empty_cells(constraint, cells, rows)
        kept, held = held_out(
            rows.labels * count + rows.groups.codes, self.validation_fraction, self.random_state
        )
        if len(np.unique(rows.labels[held])) < 2:
            said = f"the validation rows must hold both classes, but {len(held)} rows were held out of"
            raise InputError.of(
                "too_few_rows",
                "validation_fraction",
                f"{said} {len(rows.labels)}; hold out more, or give more rows",
            )
        watch = Watch("lagrangian", self.max_iter, self.time_limit, self.progress)
        loop = Loop(self.estimator, constraint, self.eps, self.max_iter, self.step, self.patience, watch)
        found = search(loop, X, rows, kept, held)
        best = found.steps[found.best]
        self.estimator_, self.best_iter_, self.n_iter_ = found.model, found.best, len(found.steps)
        self.history_ = [asdict(step) for step in found.steps]
        self.converged_, self.stopped_ = best.gap <= self.eps, watch.stopped
        self.multipliers_ = np.array(best.multipliers)
        self.weights_ = row_prices(self.multipliers_, cells.mass)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_class = False
            tags.classifier_tags.multi_label = False
        return tags


def _option_problems(given: LagrangianWeights) -> Iterator[Problem]:
    if not 0 <= given.eps < 1:
        yield Problem("range", "eps", f"must be 0 or more and below 1, got {given.eps!r}")
    if given.max_iter < 1 or given.patience < 1:
        said = f"at least one round is needed, got max_iter={given.max_iter}, patience={given.patience}"
        yield Problem("range", "max_iter, patience", said)
    if not given.step > 0:
        yield Problem("range", "step", f"must lie above 0, got {given.step!r}")
    if not 0 < given.validation_fraction < 1:
        said = f"must lie above 0 and below 1, got {given.validation_fraction!r}"
        yield Problem("range", "validation_fraction", said)
