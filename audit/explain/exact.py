"""Engine one: the gap of a sum over trees or of a linear model, exactly, from all rows against all rows.

No row is drawn: the Shapley values' group means are computed from counts at the leaves (``exact_walk``,
``exact_games``), so there is no Monte Carlo error. Forests are explained as probabilities, boosted
classifiers and logistic regressions as log-odds (``exact_scale``); a decision is no such sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError, Problem
from .exact_models import Exact, check_sums, exact_model
from .exact_sides import sampling_variance, strata_of
from .exact_trees import Ensemble, Scale, coded
from .exact_walk import Totals, Walk
from .explained import Explained, Game, explained_from
from .gap import check_sides, weights_of
from .pairing import Floats, Side
from .spread import jackknife_variance

ENGINE = "exact tree counts"
LINEAR = "exact linear means"


def explain_gap_exact(
    model: Any,
    X: pd.DataFrame,
    *,
    group_rows: Any,
    reference_rows: Any,
    sample_weight: Any = None,
    game: Game = "common",
    level: float = 0.95,
    blocks: int = 16,
    output: int = 1,
) -> Explained:
    """Share a gap in a model's sum out among the columns, exactly.

    Parameters
    ----------
    model : estimator
        Fitted; bare, or a ``Pipeline`` whose preprocessing treats each column by itself. Trees, forests,
        gradient boosting and histogram gradient boosting of scikit-learn, LightGBM, XGBoost, CatBoost
        (numeric columns), and linear models.
    X : pandas.DataFrame
        The model's input columns, all rows: in the common game they are the background.
    group_rows, reference_rows : array-like of bool, shape (rows,), or of int
    sample_weight : array-like of float, shape (rows,), optional
        Not negative.
    game : {"common", "direct"}
        Whether all rows, or the reference's, are what the group's rows are compared with.
    level : float
        Of the intervals.
    blocks : int
        Blocks of rows of each side for the jackknife.
    output : int
        Which class's score, for a classifier.

    Returns
    -------
    Explained
        Its Monte Carlo errors are 0; it sums to the measured gap up to rounding.

    Raises
    ------
    InputError
        A side has no rows with weight above zero; weights or rows do not fit ``X``; an option is out of
        range.
    ModelError
        The model is no sum over trees and not linear, or its preprocessing mixes columns.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> X = pd.DataFrame({"pay": [1.0, 2.0, 3.0, 5.0], "shoe": [40.0, 41.0, 40.0, 41.0]})
    >>> model = DecisionTreeRegressor().fit(X, [1.0, 1.0, 4.0, 4.0])
    >>> found = explain_gap_exact(model, X, group_rows=[2, 3], reference_rows=[0, 1])
    >>> [(bar.player, bar.value) for bar in found.bars], found.measured
    ([('pay', 3.0), ('shoe', 0.0)], 3.0)
    """
    return explain_gaps_exact(
        model,
        X,
        gaps=[(group_rows, reference_rows)],
        sample_weight=sample_weight,
        game=game,
        level=level,
        blocks=blocks,
        output=output,
    )[0]


def explain_gaps_exact(
    model: Any,
    X: pd.DataFrame,
    *,
    gaps: Sequence[tuple[Any, Any]],
    sample_weight: Any = None,
    game: Game = "common",
    level: float = 0.95,
    blocks: int = 16,
    output: int = 1,
) -> tuple[Explained, ...]:
    """Share several gaps out in one pass over the trees: little more work than for one.

    Parameters
    ----------
    model, X, sample_weight, game, level, blocks, output
        As in ``explain_gap_exact``.
    gaps : sequence of (array-like, array-like)
        Rows of the group and of the reference, for each gap; at least one.

    Returns
    -------
    tuple of Explained

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X = pd.DataFrame({"pay": [1.0, 2.0, 3.0, 5.0]})
    >>> model = LinearRegression().fit(X, [2.0, 4.0, 6.0, 10.0])
    >>> found = explain_gaps_exact(model, X, gaps=[([2], [0]), ([3], [0])])
    >>> [round(each.bar("pay").value, 9) for each in found]
    [4.0, 8.0]
    """
    _check(game, level, blocks, gaps)
    weight = weights_of(sample_weight, len(X))
    sides = [check_sides(X, group, reference, weight) for group, reference in gaps]
    return explain_sides(exact_model(model, X, output), sides, weight, game=game, level=level, blocks=blocks)


def explain_sides(
    exact: Exact,
    sides: Sequence[tuple[Side, Side]],
    weight: Floats,
    *,
    game: Game = "common",
    level: float = 0.95,
    blocks: int = 16,
) -> tuple[Explained, ...]:
    """Share several gaps out of a model that was read before, as ``explain_gaps_exact`` does.

    Parameters
    ----------
    exact : Exact
        Of all rows.
    sides : sequence of (Side, Side)
    weight : ndarray of float, shape (rows,)
    game, level, blocks
        As in ``explain_gap_exact``.
    """
    measured = [
        float(one.shares @ exact.known[one.rows] - two.shares @ exact.known[two.rows]) for one, two in sides
    ]
    if isinstance(exact.sum, Ensemble):
        bars = _by_trees(exact, exact.sum, weight, sides, game=game, blocks=blocks)
    else:
        bars = [_by_means(exact.sum, pair, blocks) for pair in sides]
    engine = ENGINE if isinstance(exact.sum, Ensemble) else LINEAR
    return tuple(
        _explained(exact, engine, pair, found, size, game=game, level=level)
        for pair, found, size in zip(sides, bars, measured, strict=True)
    )


def exact_scale(model: Any, X: pd.DataFrame) -> Scale:
    """Tell the scale on which a model is explained exactly; ``ModelError`` where there is none.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X = pd.DataFrame({"a": [1.0, 2.0]})
    >>> exact_scale(DecisionTreeClassifier().fit(X, [0, 1]), X)
    'probability'
    """
    return exact_model(model, X.iloc[:100], 1).scale


def _check(game: str, level: float, blocks: int, gaps: Sequence[Any]) -> None:
    rules = [
        (game in ("direct", "common"), "game", "'direct' or 'common' is needed", game),
        (0 < level < 1, "level", "a level between 0 and 1 is needed", level),
        (2 <= blocks <= 100, "blocks", "2 to 100 are needed", blocks),
        (len(gaps) > 0, "gaps", "at least one pair of groups is needed", len(gaps)),
    ]
    problems = [
        Problem("option", name, f"{rule}, got {got!r}") for kept, name, rule, got in rules if not kept
    ]
    if problems:
        raise InputError(problems)


def _by_trees(
    exact: Exact,
    ensemble: Ensemble,
    weight: Floats,
    sides: Sequence[tuple[Side, Side]],
    *,
    game: Game,
    blocks: int,
) -> list[tuple[Floats, Floats, int]]:
    strata, gaps = strata_of(weight, sides, game, blocks)
    rows = coded(ensemble, exact.matrix)
    check_sums(exact, ensemble, rows)
    crowds = (rows.at(strata.rows), strata.labels), (rows.at(strata.sample), strata.blocks)
    totals = tuple(Totals.of(gap, len(exact.players)) for gap, _ in gaps)
    owner = exact.owner[[reading.column for reading in ensemble.readings]]
    walk = Walk(totals, owner, crowds)
    for tree in ensemble.trees:
        walk.over(tree)
    walk.finish()
    found = []
    for (gap, role), total in zip(gaps, totals, strict=True):
        variance, degrees = sampling_variance(gap, role, strata, total.sides, total.blocks)
        found.append((total.sides.sum(axis=1), variance, degrees))
    return found


def _by_means(parts: Floats, sides: tuple[Side, Side], blocks: int) -> tuple[Floats, Floats, int]:
    # A linear model's contributions are differences of means, whatever the background.
    rng = np.random.default_rng(0)
    influence = np.zeros(parts.shape)
    total = np.zeros(parts.shape[1])
    for sign, side in zip((1, -1), sides, strict=True):
        mean = side.shares @ parts[side.rows]
        total += sign * mean
        influence[side.rows] += sign * side.shares[:, None] * (parts[side.rows] - mean)
    only = np.setdiff1d(sides[1].rows, sides[0].rows)
    found = [jackknife_variance(influence[rows], blocks, rng) for rows in (sides[0].rows, only) if len(rows)]
    return total, np.sum([variance for variance, _ in found], axis=0), min(degrees for _, degrees in found)


def _explained(
    exact: Exact,
    engine: str,
    sides: tuple[Side, Side],
    bars: tuple[Floats, Floats, int],
    measured: float,
    *,
    game: Game,
    level: float,
) -> Explained:
    values, variance, degrees = bars
    rows = sum(len(side.rows) for side in sides)
    found = explained_from(
        exact.players,
        values,
        sampling=(variance, degrees),
        monte_carlo=np.zeros(len(values)),
        measured=measured,
        rows=(rows, rows),
        engine=engine,
        seed=0,
        level=level,
    )
    return replace(found, game=game)
