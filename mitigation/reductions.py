"""fairlearn's reductions under one roof: training under a constraint by solving weighted problems.

A. Agarwal, A. Beygelzimer, M. Dudik, J. Langford and H. Wallach, "A Reductions Approach to Fair
Classification", ICML 2018; for regression A. Agarwal, M. Dudik and Z. S. Wu, "Fair Regression: Quantitative
Definitions and Reduction-based Algorithms", ICML 2019. The loops are fairlearn's own.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils.validation import validate_data

from ..errors import EvenhandWarning, InputError, Problem
from .base import Sensitivity, Wrapper, fit_weighted, refuse_unweighable
from .constraints import CONSTRAINTS, constraint_cells, constraint_named
from .mixtures import DecisionMixture, How, NumberMixture
from .oracle import Progress, Watch
from .reduction_moments import WeightedGroupLoss, WeightedParity, loss_named, mean_one
from .reduction_run import Final, Plan, Ran, best_single, run_gradient, run_grid, say_unmet
from .rows import Floats
from .training_rows import TrainingRows, say_empty_cells, training_rows
from .unaware import table_of

Method = Literal["exponentiated_gradient", "grid_search"]
GROUP_LOSS = "bounded_group_loss"
SOLVER_PRECISION = 1e-7


class Reductions(Wrapper):
    """Train an estimator under a constraint, by fairlearn's exponentiated gradient or its grid search.

    The method needs the sensitive attribute at training only. Groups are the levels of one sensitive column
    or the intersections of several; a missing value is a group of its own.

    Parameters
    ----------
    estimator : classifier, or regressor for "bounded_group_loss"
        It must weigh rows; a pipeline's weights go to its last step.
    constraint : str, default "equalized_odds"
        "demographic_parity", "equal_opportunity" (fairlearn's TruePositiveRateParity), "predictive_equality"
        (FalsePositiveRateParity), "equalized_odds", "error_rate_parity", or "bounded_group_loss".
    method : {"exponentiated_gradient", "grid_search"}
    eps : float in (0, 1), default 0.02
        How far a group's rate may lie from the rate of all rows. It bounds the exponentiated gradient's
        multipliers too (at 1 / eps), as fairlearn advises.
    ratio : float in (0, 1], optional
        Bound the ratio of a group's rate to the overall rate from below, and its inverse; ``eps`` is the
        slack.
    loss : {"zero_one", "square", "absolute"}, optional
        Of "bounded_group_loss"; "zero_one" for classifiers, "square" by default for regressors.
    loss_bound : float, optional
        The largest mean loss that a group may have; the exponentiated gradient needs it.
    max_iter : int, default 50
        Steps of the exponentiated gradient.
    nu : float, optional
        The duality gap at which it ends; None: fairlearn's estimate from the spread of the errors.
    grid_size, grid_limit, constraint_weight
        Of the grid search, as in fairlearn: how many multipliers, how large, and the weight of the violation
        against the error when fairlearn chooses among its models.
    time_limit : float, optional
        Seconds after which no further model is trained; the best so far is kept, and ``stopped_`` says so.
        The result then depends on the machine.
    final : {"randomised", "deterministic"}, default "randomised"
        What is kept. *Randomised*: what fairlearn keeps, which for the exponentiated gradient is a mixture
        that draws a model for every row. *Deterministic*: of the single models and the mixture's weighted
        vote (its weighted mean, for numbers), the one with the least error among those that keep the
        constraint on the training rows; else the one that comes closest. ``final_`` says which.
    sensitive_columns : name, position, or sequence of them, optional
        Columns of X that define the groups where ``fit`` gets no ``sensitive_features``.
    pos_label : object, optional
        The class whose rate is the selection rate; None means the greater one.
    progress : callable, optional
        Called as ``progress(what, done, most)`` after every model.
    random_state : int, default 0
        Of the draws when predicting.

    Attributes
    ----------
    estimator_ : estimator
        What predicts: a single model, or a mixture.
    final_ : {"single", "draw", "vote"}
    predictors_ : list of estimator
    weights_ : ndarray of float, shape (predictors,)
        What ``estimator_`` gives to each.
    error_, violation_ : float
        Of the kept model on the training rows: its error, and by how much it exceeds the constraint at most
        (0 or less: it keeps it).
    feasible_ : bool
    converged_ : bool
        Whether the loop ended by itself: the duality gap fell below ``nu``, or the grid is finished.
    best_gap_ : float
        nan for a grid.
    n_iter_ : int
        Models trained.
    stopped_ : bool
        Whether the time limit ended the search.
    groups_ : list of tuple

    Raises
    ------
    InputError
        At ``fit``: an estimator that cannot weigh rows, a regressor under a constraint on decisions, names
        that do not exist, or unfit rows.

    Notes
    -----
    Probabilities of a mixture are the weight of its models that select a row: a threshold of 0.5 on them is
    the weighted vote, so a program that thresholds scores decides by vote, never by lot.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"a": rng.normal(size=300), "man": np.arange(300) % 2})
    >>> y = (X["a"] + X["man"] > 0.5).astype(int)
    >>> model = Reductions(LogisticRegression(), constraint="demographic_parity", eps=0.05, max_iter=10)
    >>> model = model.fit(X, y, sensitive_features=X["man"])
    >>> model.feasible_, model.final_, round(model.violation_, 3)
    (True, 'draw', 0.0)
    """

    needs_sensitive: ClassVar[Sensitivity] = "training"
    strength_parameter: ClassVar[str | None] = "eps"
    strengths: ClassVar[tuple[float, ...]] = (0.2, 0.1, 0.05, 0.02, 0.01)

    def __init__(
        self,
        estimator: Any,
        *,
        constraint: str = "equalized_odds",
        method: Method = "exponentiated_gradient",
        eps: float = 0.02,
        ratio: float | None = None,
        loss: str | None = None,
        loss_bound: float | None = None,
        max_iter: int = 50,
        nu: float | None = None,
        grid_size: int = 10,
        grid_limit: float = 2.0,
        constraint_weight: float = 0.5,
        time_limit: float | None = None,
        final: Final = "randomised",
        sensitive_columns: Any = None,
        pos_label: Any = None,
        progress: Progress | None = None,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.constraint = constraint
        self.method = method
        self.eps = eps
        self.ratio = ratio
        self.loss = loss
        self.loss_bound = loss_bound
        self.max_iter = max_iter
        self.nu = nu
        self.grid_size = grid_size
        self.grid_limit = grid_limit
        self.constraint_weight = constraint_weight
        self.time_limit = time_limit
        self.final = final
        self.sensitive_columns = sensitive_columns
        self.pos_label = pos_label
        self.progress = progress
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, sensitive_features: Any = None, sample_weight: Any = None) -> Reductions:
        """Train under the constraint.

        Parameters
        ----------
        X : frame or array-like of shape (rows, columns)
        y : array-like of shape (rows,)
            Two classes; numbers for a regressor.
        sensitive_features : array-like of shape (rows,) or (rows, attributes), optional
            None means the columns named in the constructor; where none are named, all rows are one group, the
            estimator is trained as it is, and an EvenhandWarning says so.
        sample_weight : array-like of shape (rows,), optional

        Returns
        -------
        Reductions
            Itself.

        Raises
        ------
        InputError
        """
        numeric = self._refuse()
        validate_data(self, X, y, skip_check_array=True)
        rows = training_rows(
            X, y,
            sensitive_features=sensitive_features, sensitive_columns=self.sensitive_columns,
            sample_weight=sample_weight, pos_label=self.pos_label, numeric=numeric,
        )  # fmt: skip
        self.groups_ = list(rows.groups.levels)
        if len(self.groups_) == 1:
            return self._keep_plain(X, rows)
        ran = self._run(table_of(X), rows)
        self.n_iter_, self.stopped_ = ran.trained, ran.stopped
        self.best_gap_, self.converged_ = ran.best_gap, ran.converged
        self._keep(ran, rows)
        if not self.feasible_:
            say_unmet(self.violation_, self.error_)
        if self.stopped_:
            said = f"the time limit of {self.time_limit} s ended the search after {self.n_iter_} models;"
            warnings.warn(f"{said} the best so far is kept", EvenhandWarning, stacklevel=2)
        return self

    def _refuse(self) -> bool:
        refuse_unweighable(self.estimator)
        numeric = is_regressor(self.estimator)
        problems = list(_option_problems(self))
        if numeric and self.constraint in CONSTRAINTS:
            name = type(self.estimator).__name__
            said = f"{self.constraint} is a constraint on decisions, but {name} is a regressor;"
            problems.append(Problem("regressor", "estimator", f"{said} use constraint='{GROUP_LOSS}'"))
        if problems:
            raise InputError(problems)
        if self.constraint != GROUP_LOSS:
            constraint_named(self.constraint, [GROUP_LOSS])
        return bool(numeric)

    def _run(self, X: Any, rows: TrainingRows) -> Ran:
        weights = mean_one(rows)
        grid = self.method == "grid_search"
        if self.constraint == GROUP_LOSS:
            loss = loss_named(self.loss, rows.target, numeric=rows.positive is None)
            moment: Any = WeightedGroupLoss(loss, weights, self.loss_bound)
        else:
            constraint = CONSTRAINTS[self.constraint]
            count = len(rows.groups.levels)
            say_empty_cells(
                constraint, constraint_cells(constraint, rows.labels, rows.groups.codes, count, weights), rows
            )
            moment = WeightedParity(constraint, weights, self.eps, self.ratio)
        most = self.grid_size if grid else self.max_iter
        watch = Watch(self.method, most, self.time_limit, self.progress)
        plan = Plan(
            self.estimator, moment, self.eps, self.max_iter, self.nu, self.grid_size, self.grid_limit,
            self.constraint_weight, watch,
        )  # fmt: skip
        return (run_grid if grid else run_gradient)(plan, X, rows)

    def _keep_plain(self, X: Any, rows: TrainingRows) -> Reductions:
        weights = rows.weights if rows.weighted else None
        self.estimator_ = fit_weighted(self.estimator, X, rows.target, weights)
        self.predictors_, self.weights_, self.final_ = [self.estimator_], np.ones(1), "single"
        self.error_, self.violation_, self.best_gap_ = float("nan"), 0.0, float("nan")
        self.feasible_, self.converged_, self.stopped_, self.n_iter_ = True, True, False, 1
        return self

    def _keep(self, ran: Ran, rows: TrainingRows) -> None:
        weights, votes = ran.weights, False
        if self.final == "deterministic":
            weights, votes = _one_of(ran, numeric=rows.positive is None)
        used = np.flatnonzero(weights)
        self.predictors_, self.weights_ = [ran.predictors[i] for i in used], weights[used]
        how: How = "vote" if votes else "draw"
        self.final_ = "single" if len(used) == 1 else how
        self.estimator_ = self.predictors_[0] if len(used) == 1 else self._mixture(rows, how)
        if self.final_ == "vote":
            self.error_, gamma = ran.judge(_vote(ran, numeric=rows.positive is None))
        else:
            self.error_, gamma = float(ran.errors @ weights), ran.gammas @ weights
        self.violation_ = float((gamma - ran.bound).max())
        # The mixture's own linear programme meets its bounds to the solver's precision only.
        self.feasible_ = self.violation_ <= SOLVER_PRECISION

    def _mixture(self, rows: TrainingRows, how: How) -> Any:
        if rows.positive is None:
            return NumberMixture(self.predictors_, self.weights_, how=how, random_state=self.random_state)
        positive = int(rows.classes[1] == rows.positive)
        return DecisionMixture(
            self.predictors_,
            self.weights_,
            classes=rows.classes,
            positive=positive,
            how=how,
            random_state=self.random_state,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = tags.non_deterministic or self.final == "randomised"
        tags.target_tags.multi_output = False
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_class = False
            tags.classifier_tags.multi_label = False
        return tags


def _vote(ran: Ran, *, numeric: bool) -> Floats:
    mean = ran.answers @ ran.weights
    return mean if numeric else (mean >= 0.5).astype(np.float64)


def _one_of(ran: Ran, *, numeric: bool) -> tuple[Floats, bool]:
    """Choose among the single models and their vote, which stands last: at equal merit one model is kept."""
    error, gamma = ran.judge(_vote(ran, numeric=numeric))
    chosen = best_single(np.append(ran.errors, error), np.column_stack([ran.gammas, gamma]), ran.bound)
    if chosen == len(ran.predictors):
        return ran.weights, True
    return np.eye(len(ran.predictors))[chosen], False


def _option_problems(given: Reductions) -> Iterator[Problem]:
    if given.method not in ("exponentiated_gradient", "grid_search"):
        said = f"must be 'exponentiated_gradient' or 'grid_search', got {given.method!r}"
        yield Problem("unknown_method", "method", said)
    if given.final not in ("randomised", "deterministic"):
        yield Problem(
            "unknown_final", "final", f"must be 'randomised' or 'deterministic', got {given.final!r}"
        )
    if not 0 < given.eps < 1:
        yield Problem("range", "eps", f"must lie above 0 and below 1, got {given.eps!r}")
    if given.ratio is not None and not 0 < given.ratio <= 1:
        yield Problem("range", "ratio", f"must lie above 0 and be 1 at most, got {given.ratio!r}")
    if given.max_iter < 1 or given.grid_size < 1:
        said = f"at least one step is needed, got max_iter={given.max_iter}, grid_size={given.grid_size}"
        yield Problem("range", "max_iter, grid_size", said)
    gradient = given.method == "exponentiated_gradient"
    if given.constraint == GROUP_LOSS and gradient and given.loss_bound is None:
        said = "the exponentiated gradient needs the largest mean loss that a group may have; give a number"
        yield Problem("missing", "loss_bound", said)
