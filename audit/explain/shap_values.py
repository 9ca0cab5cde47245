"""SHAP's own explainers, for linear and tree models: a gap of the mean score, and single rows.

The model may stand bare or end a ``Pipeline``: rows are transformed first, and values of a source column's
block are summed. The background is drawn here, with a logged seed, so nobody can choose it to please. Linear
models are explained in their own units (log-odds for logistic regression), trees and forests in probability
or prediction.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError, ModelError
from .explained import Explained, explained_from
from .gap import check_sides, weights_of
from .pairing import Floats, Ints, Side, sample
from .shap_models import Scale, shap_explainer
from .spread import influences, jackknife_variance

log = logging.getLogger("evenhand")

PARTS = 4
"""The background is used in so many parts; how their results differ tells the error of its draw."""


@dataclass(frozen=True)
class RowAttribution:
    """What each source column adds to the score of one row, compared with the background's mean score.

    Parameters
    ----------
    columns : tuple of str
    values : ndarray of float, shape (columns,)
    base : float
        Mean output over the background.
    output : float
        The row's output.
    residual : float
        ``output - base - values.sum()``: what the explainer's sums miss.
    scale : {"log-odds", "probability", "prediction"}
    engine : str
    """

    columns: tuple[str, ...]
    values: Floats
    base: float
    output: float
    residual: float
    scale: Scale
    engine: str


def explain_mean_score(
    model: Any,
    X: pd.DataFrame,
    *,
    group_rows: Any,
    reference_rows: Any,
    sample_weight: Any = None,
    output: int = 1,
    log_odds: bool = False,
    background_rows: int = 100,
    rows: int = 1000,
    seed: int = 0,
    blocks: int = 50,
    level: float = 0.95,
) -> Explained:
    """Share the gap of a mean score out among the source columns, by SHAP's linear or tree explainer.

    Parameters
    ----------
    model : estimator
        Fitted: a linear model with one output, a tree, a forest or a gradient boosting of scikit-learn, bare
        or as the last step of a ``Pipeline`` that treats each column by itself.
    X : pandas.DataFrame
    group_rows, reference_rows : array-like of bool, shape (rows,), or of int
    sample_weight : array-like of float, shape (rows,), optional
    output : {0, 1}
        Which class's score, for a classifier.
    log_odds : bool
        Explain a logistic regression's log-odds. Their mean is not the mean score, so this must be asked for.
    background_rows : int
        Drawn from all rows, by weight; at least 4.
    rows : int
        Rows of each side that are explained; a sample is calibrated to the side's mean score.
    seed : int
    blocks : int
        For the jackknife.
    level : float

    Returns
    -------
    Explained
        ``game`` is ``"common"``; ``engine`` names the explainer and the scale; ``walks`` and ``calls`` are 0.

    Raises
    ------
    ModelError
        SHAP has no explainer for the model, or one whose values do not add up; or the preprocessing mixes
        columns. ``explain_gap`` explains any model.
    InputError
        Rows or weights do not fit; an option is out of range.
    """
    weight = weights_of(sample_weight, len(X))
    group, reference = check_sides(X, group_rows, reference_rows, weight)
    rng = np.random.default_rng(seed)
    explainer = shap_explainer(model, X, output)
    if explainer.scale == "log-odds" and not log_odds:
        raise ModelError.of(
            "log_odds",
            "model",
            "SHAP explains a logistic regression's log-odds, whose mean is not the mean score; ask for"
            " log_odds, or use explain_gap, which explains any model",
        )
    parts = _background(weight, background_rows, rng)
    log.info(
        "mean score explained: seed %d, background rows %s", seed, np.sort(np.concatenate(parts)).tolist()
    )
    score = explainer.output(explainer.blocks.matrix)
    measured = float(group.shares @ score[group.rows] - reference.shares @ score[reference.rows])
    sides = [sample(side, rows, score, rng) for side in (group, reference)]
    found = [np.stack([explainer.by_column(side.rows, part) for part in parts]) for side in sides]
    draws = np.stack(
        [sides[0].shares @ one - sides[1].shares @ two for one, two in zip(found[0], found[1], strict=True)]
    )
    sampling, degrees = _sampling(sides, [item.mean(axis=0) for item in found], blocks, rng)
    return explained_from(
        explainer.blocks.columns,
        draws.mean(axis=0),
        sampling=(sampling, degrees),
        monte_carlo=draws.var(axis=0, ddof=1) / len(parts),
        measured=measured,
        rows=(sum(len(side.rows) for side in sides), sum(side.population for side in sides)),
        engine=f"SHAP {explainer.engine}, {explainer.scale}",
        seed=seed,
        level=level,
    )


def explain_row(
    model: Any, X: pd.DataFrame, row: int, *, output: int = 1, background_rows: int = 100, seed: int = 0
) -> RowAttribution:
    """Explain the score of one row by source column.

    Parameters
    ----------
    model : estimator
        As for ``explain_mean_score``.
    X : pandas.DataFrame
        The background is drawn from these rows.
    row : int
        Position in ``X``.
    output : {0, 1}
        Which class's score, for a classifier.
    background_rows : int
        At least 4.
    seed : int

    Raises
    ------
    ModelError
        As for ``explain_mean_score``.
    InputError
        There is no such row.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> X = pd.DataFrame({"pay": [1.0, 2.0, 3.0, 6.0], "shoe": [40.0, 42.0, 41.0, 41.0]})
    >>> found = explain_row(LinearRegression().fit(X, 2 * X["pay"]), X, 3, background_rows=4)
    >>> bool(abs(found.base + found.values.sum() - found.output) < 1e-9)
    True
    """
    if not 0 <= row < len(X):
        raise InputError.of("unknown_row", "row", f"a position from 0 to {len(X) - 1} is needed, got {row}")
    explainer = shap_explainer(model, X, output)
    parts = _background(np.ones(len(X)), background_rows, np.random.default_rng(seed))
    at = np.array([row])
    values = np.mean([explainer.by_column(at, part)[0] for part in parts], axis=0)
    matrix = explainer.blocks.matrix
    base = float(np.mean([explainer.output(matrix[part]).mean() for part in parts]))
    score = float(explainer.output(matrix[at])[0])
    residual = score - base - float(values.sum())
    columns = explainer.blocks.columns
    return RowAttribution(columns, values, base, score, residual, explainer.scale, explainer.engine)


def _background(weight: Floats, count: int, rng: np.random.Generator) -> list[Ints]:
    if count < PARTS:
        raise InputError.of("option", "background_rows", f"at least {PARTS} are needed, got {count}")
    size = max(1, min(count, int((weight > 0).sum())) // PARTS)
    replace = size * PARTS > (weight > 0).sum()
    drawn = rng.choice(len(weight), size * PARTS, replace=replace, p=weight / weight.sum())
    return np.split(drawn, PARTS)


def _sampling(
    sides: list[Side], found: list[Floats], blocks: int, rng: np.random.Generator
) -> tuple[Floats, int]:
    errors = [
        jackknife_variance(math.sqrt(1 - side.unused) * influences(side, values), blocks, rng)
        for side, values in zip(sides, found, strict=True)
    ]
    return np.sum([variance for variance, _ in errors], axis=0), min(degrees for _, degrees in errors)
