"""The loop behind LagrangianWeights: train on costs, look at held-out rates, raise or lower the prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.dummy import DummyClassifier
from sklearn.utils import _safe_indexing

from .base import fit_weighted
from .constraints import NO_EVENT, Cells, Constraint, cell_gaps, constraint_cells
from .oracle import Watch
from .rows import Floats, Integers
from .training_rows import TrainingRows


@dataclass(frozen=True)
class Loop:
    """How to search; see LagrangianWeights for the options."""

    estimator: Any
    constraint: Constraint
    eps: float
    max_iter: int
    step: float
    patience: int
    watch: Watch


@dataclass(frozen=True)
class Step:
    """One round of the loop.

    Parameters
    ----------
    error, gap : float
        Of the round's model on the validation rows: the weighted error, and the largest difference between
        a group's rate and the rate of all rows.
    multipliers : list of list of float
        The prices that the model was trained under: one row an event, one column a group.
    """

    error: float
    gap: float
    multipliers: list[list[float]]


@dataclass(frozen=True)
class Found:
    """The best model, its round, and all rounds."""

    model: Any
    best: int
    steps: list[Step]


def search(loop: Loop, X: Any, rows: TrainingRows, kept: Integers, held: Integers) -> Found:
    """Run the rounds.

    Parameters
    ----------
    loop : Loop
    X : frame or array of shape (rows, columns)
    rows : TrainingRows
        Of two groups or more.
    kept, held : ndarray of int
        Positions of the rows to train on, and of those to measure rates on.

    Returns
    -------
    Found
    """
    count = len(rows.groups.levels)
    train, valid = (
        constraint_cells(loop.constraint, rows.labels[at], rows.groups.codes[at], count, rows.weights[at])
        for at in (kept, held)
    )
    X = X.tocsr() if issparse(X) else X
    inside, outside = _safe_indexing(X, kept), _safe_indexing(X, held)
    upper, lower = np.zeros(train.shape), np.zeros(train.shape)
    best, model = -1, None
    steps: list[Step] = []
    while len(steps) < loop.max_iter and not loop.watch.is_up():
        fitted = _trained(loop, inside, rows, kept, costs(rows.labels[kept], train, upper - lower))
        selected = np.asarray(fitted.predict(outside)) == rows.positive
        gaps = cell_gaps(valid, selected.astype(np.float64))
        wrong = float(np.average(selected != rows.labels[held], weights=rows.weights[held]))
        steps.append(Step(wrong, float(np.abs(gaps).max()), (upper - lower).tolist()))
        if best < 0 or _better(steps[-1], steps[best], loop.eps):
            best, model = len(steps) - 1, fitted
        if steps[best].gap <= loop.eps and len(steps) - best > loop.patience:
            break
        rate = loop.step / np.sqrt(len(steps)) * train.mass
        upper = np.maximum(0.0, upper + rate * (gaps - loop.eps))
        lower = np.maximum(0.0, lower + rate * (-gaps - loop.eps))
    return Found(model, best, steps)


def _trained(loop: Loop, X: Any, rows: TrainingRows, kept: Integers, cost: Floats) -> Any:
    """Train on the classes that the costs ask for, each row as heavy as its cost."""
    negative = next(label for label in rows.classes if label != rows.positive)
    pair = np.array([negative, rows.positive], dtype=rows.classes.dtype)
    wanted = pair[(cost > 0).astype(np.int64)]
    weights = np.abs(cost) * (len(cost) / np.abs(cost).sum())
    loop.watch.count()
    if len(np.unique(wanted[weights > 0])) < 2:
        constant = DummyClassifier(strategy="constant", constant=wanted[0])
        return constant.fit(X, rows.target[kept])
    return fit_weighted(loop.estimator, X, wanted, weights)


def costs(labels: Integers, cells: Cells, multipliers: Floats) -> Floats:
    """Give what selecting each row gains over rejecting it: its label, less the price of its cell.

    Parameters
    ----------
    labels : ndarray of int, shape (rows,)
    cells : Cells
    multipliers : ndarray of float, shape (events, groups)

    Returns
    -------
    ndarray of float, shape (rows,)
        Below 0: the row had better be rejected.

    Examples
    --------
    >>> from .constraints import CONSTRAINTS
    >>> labels, groups = np.array([1, 0, 1, 0]), np.array([0, 0, 1, 1])
    >>> cells = constraint_cells(CONSTRAINTS["demographic_parity"], labels, groups, 2, np.ones(4))
    >>> costs(labels, cells, np.array([[0.1, -0.1]])).round(2).tolist()
    [0.8, -1.2, 1.2, -0.8]
    """
    prices = np.append(row_prices(multipliers, cells.mass).ravel(), 0.0)
    gain = cells.utilities[:, 1] - cells.utilities[:, 0]
    at = np.where(cells.codes == NO_EVENT, -1, cells.codes)
    return np.asarray(cells.weights * (2.0 * labels - 1.0 + gain * prices[at]))


def row_prices(multipliers: Floats, mass: Floats) -> Floats:
    """Spread the multipliers over the rows of their cells.

    Parameters
    ----------
    multipliers, mass : ndarray of float, shape (events, groups)

    Returns
    -------
    ndarray of float, shape (events, groups)
        What is added to the gain of selecting a row of the cell; 0 for an empty cell.

    Examples
    --------
    >>> row_prices(np.array([[0.1, -0.1]]), np.array([[0.5, 0.5]])).tolist()
    [[-0.2, 0.2]]
    """
    own = np.divide(multipliers, mass, out=np.zeros_like(mass), where=mass > 0)
    overall = mass.sum(axis=1, keepdims=True)
    shared = np.divide(
        multipliers.sum(axis=1, keepdims=True), overall, out=np.zeros_like(overall), where=overall > 0
    )
    return np.where(mass > 0, shared - own, 0.0)


def _better(new: Step, old: Step, eps: float) -> bool:
    """Within the constraint the lesser error wins, outside of it the smaller gap."""
    if new.gap <= eps and old.gap <= eps:
        return new.error < old.error
    return new.gap < old.gap
