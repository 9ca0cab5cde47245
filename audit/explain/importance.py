"""Permutation importance by group: what shuffling a column does to each group's figures.

Shuffling breaks every tie of a column, to the label and to the other columns. What then happens to a figure
tells how much the model leans on the column for these people; it can help one group and not another.
Columns that stand for each other share their importance: shuffling one leaves the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...errors import InputError, Problem, Reason
from ...metrics.results import Estimate, Group
from ...mitigation.rows import RowGroups
from .asking import Scorer, scorer_of
from .averages import grouped, mean_estimate, weights_of
from .pairing import Floats, Ints

Figure = Literal["accuracy", "selection_rate", "log_loss"]
FIGURES: tuple[Figure, ...] = ("accuracy", "selection_rate", "log_loss")
SMALLEST = float(np.finfo(np.float64).eps)
"""Probabilities are kept so far from 0 and 1 in the log loss, as scikit-learn does."""


@dataclass(frozen=True)
class Importance:
    """What shuffling one column does to one figure of one group.

    Parameters
    ----------
    column : str
    group : tuple
        The empty tuple stands for everybody.
    figure : {"accuracy", "selection_rate", "log_loss"}
    change : Estimate
        Shuffled less unshuffled: an accuracy that falls is negative.
    """

    column: str
    group: Group
    figure: Figure
    change: Estimate


@dataclass(frozen=True)
class Reliance:
    """How far the output moves, on average and whichever way, when a column is shuffled.

    Parameters
    ----------
    column : str
    moved : Estimate
        Mean size of the change of the output.
    share : float
        Of the sum over all columns, in [0, 1]; nan where no column moves the output.
    """

    column: str
    moved: Estimate
    share: float


@dataclass(frozen=True)
class Importances:
    """Permutation importance of several columns.

    Parameters
    ----------
    items : tuple of Importance
        By column, figure, group.
    reliance : tuple of Reliance
        The largest first.
    groups : tuple of tuple
    rows, repeats, seed : int
    """

    items: tuple[Importance, ...]
    reliance: tuple[Reliance, ...]
    groups: tuple[Group, ...]
    rows: int
    repeats: int
    seed: int

    def of(self, column: str, figure: Figure, group: Group = ()) -> Estimate:
        """Find one change; ``KeyError`` where there is none."""
        return {(item.column, item.figure, item.group): item.change for item in self.items}[
            column, figure, group
        ]


def permutation_importance_by_group(
    predict: Callable[[Any], Any] | Scorer,
    X: pd.DataFrame,
    y_true: Any = None,
    *,
    sensitive_features: Any = None,
    columns: Sequence[str] | None = None,
    sample_weight: Any = None,
    threshold: float = 0.5,
    repeats: int = 5,
    min_group_size: int = 30,
    level: float = 0.95,
    seed: int = 0,
) -> Importances:
    """Measure, for every group, what shuffling each column does to accuracy, selection rate and log loss.

    Parameters
    ----------
    predict : callable or Scorer
        A frame like ``X`` to one number a row; a row is selected if it reaches the threshold.
    X : pandas.DataFrame of shape (rows, columns)
    y_true : array of bool or of 0 and 1, shape (rows,), optional
        Without labels only the selection rate is looked at.
    sensitive_features : series, frame or array of shape (rows,) or (rows, attributes), optional
    columns : sequence of str, optional
        All by default. A column's figures do not depend on which others are asked for.
    sample_weight : array of float, shape (rows,), optional
    threshold : float
    repeats : int
        Shuffles of each column, over all rows and not within groups.
    min_group_size : int
        Smaller groups have no figures (reason ``below_minimum``).
    level : float in (0, 1)
    seed : int

    Returns
    -------
    Importances
        Intervals are Student's t over the rows' changes, each averaged over the shuffles; they hold for other
        rows and other shuffles. The log loss is undefined (``no_scores``) where the outputs are no
        probabilities, or are decisions.

    Raises
    ------
    InputError
        Lengths differ, labels are not of two kinds 0 and 1, or a column is not there.
    ModelError
        The function fails its contract.

    Notes
    -----
    Breiman (2001), as scikit-learn's ``permutation_importance`` has it for all rows together.

    Examples
    --------
    >>> X = pd.DataFrame({"used": [0.0, 1.0] * 40, "unused": [1.0, 2.0, 3.0, 4.0] * 20})
    >>> sex = ["F"] * 40 + ["M"] * 40
    >>> found = permutation_importance_by_group(
    ...     lambda rows: rows["used"], X, X["used"] == 1, sensitive_features=sex
    ... )
    >>> found.of("unused", "accuracy").value, found.reliance[0].column, found.reliance[0].share
    (0.0, 'used', 1.0)
    >>> found.of("used", "accuracy", ("F",)).interval.high < -0.3
    True
    """
    scorer = scorer_of(predict, X)
    groups, weight = grouped(sensitive_features, len(X)), weights_of(sample_weight, len(X))
    found = shuffled_columns(scorer, y_true, columns=columns, threshold=threshold, repeats=repeats, seed=seed)
    return importances_of(found, groups, weight, min_group_size=min_group_size, level=level)


@dataclass(frozen=True, eq=False)
class Shuffled:
    """What shuffling does to every row, averaged over the shuffles: groups can be formed afterwards.

    Parameters
    ----------
    changes : dict of (column, figure) to ndarray of float, shape (rows,)
        Figures that cannot be measured are not there.
    moved : dict of column to ndarray of float, shape (rows,)
        Mean size of the change of the output.
    labelled : bool
    rows, repeats, seed : int
    """

    changes: dict[tuple[str, Figure], Floats]
    moved: dict[str, Floats]
    labelled: bool
    rows: int
    repeats: int
    seed: int


def shuffled_columns(
    scorer: Scorer,
    y_true: Any = None,
    *,
    columns: Sequence[str] | None = None,
    threshold: float = 0.5,
    repeats: int = 5,
    seed: int = 0,
) -> Shuffled:
    """Shuffle each column, and note for every row what that does; as ``permutation_importance_by_group``."""
    labels = _labels(y_true, len(scorer.X), repeats)
    measures = _measures(scorer, labels, threshold)
    changes: dict[tuple[str, Figure], Floats] = {}
    moved: dict[str, Floats] = {}
    for column in scorer.columns if columns is None else columns:
        sums, moved[column] = _shuffled(scorer, column, measures, repeats, seed)
        changes |= {(column, figure): values for figure, values in sums.items()}
    return Shuffled(changes, moved, labels is not None, len(scorer.X), repeats, seed)


def importances_of(
    found: Shuffled, groups: RowGroups, weight: Floats, *, min_group_size: int, level: float
) -> Importances:
    """Average what shuffling did to rows over everybody and over every group."""
    members: dict[Group, Ints] = {(): np.arange(found.rows)}
    if groups.names:
        members |= {group: np.flatnonzero(groups.codes == at) for at, group in enumerate(groups.levels)}
    items = []
    for column in found.moved:
        for figure in FIGURES:
            changes = found.changes.get((column, figure))
            for group, rows in members.items():
                if changes is None:
                    reason = Reason.NO_SCORES if found.labelled else Reason.NO_LABELS
                    change = Estimate(math.nan, rows=len(rows), reason=reason)
                else:
                    change = mean_estimate(changes[rows], weight[rows], level, minimum=min_group_size)
                items.append(Importance(column, group, figure, change))
    moved = {name: mean_estimate(sizes, weight, level) for name, sizes in found.moved.items()}
    levels = groups.levels if groups.names else ()
    return Importances(tuple(items), _reliance(moved), levels, found.rows, found.repeats, found.seed)


def _labels(y_true: Any, rows: int, repeats: int) -> Floats | None:
    problems = []
    if repeats < 1:
        problems.append(Problem("repeats", "repeats", f"at least 1 shuffle is needed, got {repeats}"))
    labels = None if y_true is None else np.asarray(y_true)
    if labels is not None and (labels.shape != (rows,) or not np.isin(labels, (0, 1)).all()):
        said = f"each of {rows:,} rows needs a label of 0 or 1, got shape {labels.shape}"
        problems.append(Problem("labels", "y_true", f"{said} with other values or another length"))
    if problems:
        raise InputError(problems)
    return None if labels is None else labels.astype(np.float64)


def is_probability(values: Floats) -> bool:
    """Tell whether outputs are probabilities that are not all plain decisions."""
    inside = bool(((values >= 0) & (values <= 1)).all())
    return inside and not bool(np.isin(values, (0.0, 1.0)).all())


Measure = Callable[[Floats], Floats]


def _measures(scorer: Scorer, labels: Floats | None, threshold: float) -> dict[Figure, Measure]:
    found: dict[Figure, Measure] = {"selection_rate": lambda out: (out >= threshold).astype(np.float64)}
    if labels is None:
        return found
    found["accuracy"] = lambda out: ((out >= threshold) == (labels == 1)).astype(np.float64)
    if is_probability(scorer.known):
        found["log_loss"] = lambda out: log_loss_of(out, labels)
    return found


def log_loss_of(out: Floats, labels: Floats) -> Floats:
    """Give the log loss of each row."""
    kept = np.clip(out, SMALLEST, 1 - SMALLEST)
    loss: Floats = -np.where(labels == 1, np.log(kept), np.log1p(-kept))
    return loss


def _shuffled(
    scorer: Scorer, column: str, measures: dict[Figure, Measure], repeats: int, seed: int
) -> tuple[dict[Figure, Floats], Floats]:
    """Give each row's mean change of every measure, and of the output's size of change."""
    rows = np.arange(len(scorer.X))
    sums: dict[Figure, Floats] = {figure: np.zeros(len(rows)) for figure in measures}
    size = np.zeros(len(rows))
    if not scorer.changes(column):
        return sums, size
    rng = np.random.default_rng([seed, scorer.position(column)])
    before = {figure: measure(scorer.known) for figure, measure in measures.items()}
    for _ in range(repeats):
        out = scorer.with_column(rows, rng.permutation(rows), column)
        size += np.abs(out - scorer.known) / repeats
        for figure, measure in measures.items():
            sums[figure] += (measure(out) - before[figure]) / repeats
    return sums, size


def _reliance(moved: dict[str, Estimate]) -> tuple[Reliance, ...]:
    total = math.fsum(item.value for item in moved.values())
    shares = [
        Reliance(name, item, item.value / total if total > 0 else math.nan) for name, item in moved.items()
    ]
    return tuple(sorted(shares, key=lambda item: (-item.moved.value, item.column)))
