"""Running fairlearn's reductions, and choosing what is kept of the models that they trained."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from fairlearn.reductions import ExponentiatedGradient, GridSearch
from sklearn.dummy import DummyClassifier

from ..errors import EvenhandWarning
from .oracle import Oracle, Watch
from .rows import Floats
from .training_rows import TrainingRows

Judge = Callable[[Floats], tuple[float, Floats]]
Final = Literal["randomised", "deterministic"]


@dataclass(frozen=True)
class Plan:
    """How to run.

    Parameters
    ----------
    estimator : estimator
    moment : fairlearn.reductions.Moment
        With the weights of the rows.
    eps : float
    max_iter : int
    nu : float or None
    grid_size : int
    grid_limit, constraint_weight : float
    watch : Watch
    """

    estimator: Any
    moment: Any
    eps: float
    max_iter: int
    nu: float | None
    grid_size: int
    grid_limit: float
    constraint_weight: float
    watch: Watch


@dataclass(frozen=True)
class Ran:
    """The models that a run trained, each judged on the training rows.

    Parameters
    ----------
    predictors : list of estimator
        Fitted; they predict the caller's classes, or numbers.
    answers : ndarray of float, shape (rows, predictors)
        1 where a predictor selects the training row; or its number.
    judge : callable
        Gives the error, and how far they go in every constraint, of any answers to the training rows.
    errors : ndarray of float, shape (predictors,)
    gammas : ndarray of float, shape (constraints, predictors)
        How far each predictor goes in every constraint.
    bound : ndarray of float, shape (constraints,)
        How far it may go; infinite where no bound was set.
    weights : ndarray of float, shape (predictors,)
        What fairlearn chose: chances, or 1 for the one model of a grid.
    best_gap : float
        The duality gap: how far the chosen mixture may be from the best one; nan for a grid.
    converged : bool
    trained : int
    stopped : bool
        Whether the time limit ended the run.
    """

    predictors: list[Any]
    answers: Floats
    judge: Judge
    errors: Floats
    gammas: Floats
    bound: Floats
    weights: Floats
    best_gap: float
    converged: bool
    trained: int
    stopped: bool

    def violation(self, weights: Floats) -> float:
        """Give how far a mixture exceeds its bounds at most; 0 or less: it keeps all of them."""
        return float((self.gammas @ weights - self.bound).max())


def run_gradient(plan: Plan, X: Any, rows: TrainingRows) -> Ran:
    """Run fairlearn's ExponentiatedGradient.

    Parameters
    ----------
    plan : Plan
    X : frame or array of shape (rows, columns)
    rows : TrainingRows

    Returns
    -------
    Ran
    """
    loop = ExponentiatedGradient(
        _oracle(plan, rows), plan.moment, eps=plan.eps, max_iter=plan.max_iter, nu=plan.nu
    )
    plan.watch.halt = lambda: setattr(loop, "nu", np.inf)
    labels, groups = _series(rows)
    with _old_pandas():
        loop.fit(X, labels, sensitive_features=groups)
    gap, stopped = float(loop.best_gap_), plan.watch.stopped
    weights = loop.weights_.sort_index().to_numpy(dtype=np.float64)
    converged = not stopped and gap < loop.nu
    return _ran(plan, X, rows, loop, weights=weights, gap=gap, converged=converged)


def run_grid(plan: Plan, X: Any, rows: TrainingRows) -> Ran:
    """Run fairlearn's GridSearch.

    Parameters
    ----------
    plan : Plan
    X : frame or array of shape (rows, columns)
    rows : TrainingRows

    Returns
    -------
    Ran
    """
    search = GridSearch(
        _oracle(plan, rows),
        plan.moment,
        constraint_weight=plan.constraint_weight,
        grid_size=plan.grid_size,
        grid_limit=plan.grid_limit,
    )
    labels, groups = _series(rows)
    with _old_pandas():
        search.fit(X, labels, sensitive_features=groups)
    weights = np.zeros(len(search.predictors_))
    weights[search.best_idx_] = 1.0
    stopped = plan.watch.stopped
    return _ran(plan, X, rows, search, weights=weights, gap=float("nan"), converged=not stopped)


def _ran(
    plan: Plan, X: Any, rows: TrainingRows, loop: Any, *, weights: Floats, gap: float, converged: bool
) -> Ran:
    """Judge every model on the training rows, and give the caller's own estimators back."""
    moment, trained = loop.constraints_, list(loop.predictors_)
    judge = _judge(moment, X, rows)
    answers = np.column_stack([predictor.predict(X) for predictor in trained]).astype(np.float64)
    judged = [judge(column) for column in answers.T]
    return Ran(
        [_unwrapped(predictor, X, rows) for predictor in trained],
        answers,
        judge,
        np.array([error for error, _ in judged]),
        np.column_stack([gamma for _, gamma in judged]),
        _bound(moment),
        weights / weights.sum(),
        gap,
        converged,
        plan.watch.trained,
        plan.watch.stopped,
    )


@contextmanager
def _old_pandas() -> Iterator[None]:
    """Keep quiet that fairlearn grows a series in a way that pandas is going to give up."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"fairlearn\.")
        yield


def _oracle(plan: Plan, rows: TrainingRows) -> Oracle:
    if rows.positive is None:
        return Oracle(plan.estimator, plan.watch, None, [])
    pair = rows.classes if rows.classes[1] == rows.positive else rows.classes[::-1]
    return Oracle(plan.estimator, plan.watch, pair, [])


def _series(rows: TrainingRows) -> tuple[Any, Any]:
    labels = rows.target if rows.positive is None else rows.labels
    return pd.Series(labels), pd.Series(rows.groups.codes)


def _judge(moment: Any, X: Any, rows: TrainingRows) -> Judge:
    labels, groups = _series(rows)
    objective = moment.default_objective()
    objective.load_data(X, labels, sensitive_features=groups)

    def judge(answers: Floats) -> tuple[float, Floats]:
        gamma = moment.gamma(lambda _: answers).to_numpy(dtype=np.float64)
        return float(objective.gamma(lambda _: answers).iloc[0]), gamma

    return judge


def _bound(moment: Any) -> Floats:
    if getattr(moment, "upper_bound", 0.0) is None:
        return np.full(len(moment.index), np.inf)
    return np.asarray(moment.bound().to_numpy(dtype=np.float64))


def _unwrapped(predictor: Any, X: Any, rows: TrainingRows) -> Any:
    """Give the caller's own fitted estimator; fairlearn's constant answers in the caller's classes."""
    if isinstance(predictor, Oracle):
        return predictor.fitted_
    constant = rows.target if rows.positive is None else rows.target[rows.labels == int(predictor.constant)]
    return DummyClassifier(strategy="constant", constant=constant[0]).fit(X, rows.target)


def best_single(errors: Floats, gammas: Floats, bound: Floats) -> int:
    """Choose one predictor: the least error among those that keep every bound, else the least violation.

    Parameters
    ----------
    errors : ndarray of float, shape (predictors,)
    gammas : ndarray of float, shape (constraints, predictors)
    bound : ndarray of float, shape (constraints,)

    Returns
    -------
    int
        Its position.

    Examples
    --------
    >>> best_single(np.array([0.1, 0.2, 0.3]), np.array([[0.5, 0.05, 0.0]]), np.array([0.1]))
    1
    """
    over = (gammas - bound[:, None]).max(axis=0)
    kept = np.flatnonzero(over <= 0)
    if len(kept):
        return int(kept[np.argmin(errors[kept])])
    return int(np.lexsort((errors, over))[0])


def say_unmet(violation: float, error: float) -> None:
    """Warn that no model was found that keeps the constraint, and say how close the kept one comes."""
    warnings.warn(
        f"no model was found that keeps the constraint on the training rows: the one that is kept exceeds it"
        f" by {violation:.4f}, with an error of {error:.4f}; allow more (eps) or more steps (max_iter),"
        " or give an estimator that can tell the rows apart",
        EvenhandWarning,
        stacklevel=3,
    )
