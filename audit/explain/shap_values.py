"""SHAP's own explainers, for linear and tree models: a gap of the mean score, and single rows.

The model may stand bare or end a ``Pipeline``: rows are transformed first, and values of a source column's
block are summed. The background is drawn here, with a logged seed, so nobody can choose it to please. Linear
models are explained in their own units (log-odds for logistic regression), trees and forests in probability
or prediction.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from ...errors import InputError, ModelError
from .blocks import Blocks, column_blocks
from .explained import Explained, explained_from
from .gap import check_sides, weights_of
from .pairing import Floats, Ints, Side, sample
from .spread import influences, jackknife_variance

log = logging.getLogger("evenhand")

Scale = Literal["log-odds", "probability", "prediction"]
MOST_MISSED = 1e-6
"""SHAP's explainer must add up to this; shap 0.51 does not always for histogram gradient boosting."""
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


@dataclass(frozen=True)
class _Explainer:
    """A model that SHAP knows, ready to explain transformed rows against a background."""

    blocks: Blocks
    scale: Scale
    engine: str
    output: Callable[[Floats], Floats]
    values: Callable[[Floats, Floats], Floats]

    def by_column(self, rows: Ints, background: Ints) -> Floats:
        """Explain rows by source column: shape (rows, columns)."""
        one, other = self.blocks.matrix[rows], self.blocks.matrix[background]
        values = self.values(one, other)
        missed = np.abs(values.sum(axis=1) - (self.output(one) - self.output(other).mean()))
        if not missed.max() <= MOST_MISSED * max(1.0, float(np.abs(self.output(one)).max())):
            raise ModelError.of(
                "explainer_unsound",
                "model",
                f"contributions must add up to the score, and SHAP's {self.engine} misses it by"
                f" {missed.max():.2g} for {type(self.blocks.estimator).__name__};"
                " explain_gap explains any model",
            )
        return self.blocks.by_column(values)


def explain_mean_score(
    model: Any,
    X: pd.DataFrame,
    *,
    group_rows: Any,
    reference_rows: Any,
    sample_weight: Any = None,
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
    explainer = _explainer(model, X)
    parts = _background(weight, background_rows, rng)
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
    model: Any, X: pd.DataFrame, row: int, *, background_rows: int = 100, seed: int = 0
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
    explainer = _explainer(model, X)
    parts = _background(np.ones(len(X)), background_rows, np.random.default_rng(seed))
    at = np.array([row])
    values = np.mean([explainer.by_column(at, part)[0] for part in parts], axis=0)
    matrix = explainer.blocks.matrix
    base = float(np.mean([explainer.output(matrix[part]).mean() for part in parts]))
    output = float(explainer.output(matrix[at])[0])
    residual = output - base - float(values.sum())
    columns = explainer.blocks.columns
    return RowAttribution(columns, values, base, output, residual, explainer.scale, explainer.engine)


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


def _explainer(model: Any, X: pd.DataFrame) -> _Explainer:
    blocks = column_blocks(model, X)
    if blocks is None:
        raise ModelError.of(
            "mixed_columns",
            "model",
            "SHAP's explainers need numbers that each come from one source column, and this preprocessing"
            " mixes columns or makes none; explain_gap explains any model",
        )
    estimator = blocks.estimator
    if _is_linear(blocks):
        return _linear(blocks, estimator)
    if _is_tree(estimator):
        return _tree(blocks, estimator)
    raise ModelError.of(
        "no_explainer",
        "model",
        f"a linear or tree model of scikit-learn with one output is needed, got {type(estimator).__name__};"
        " explain_gap explains any model",
    )


def _is_linear(blocks: Blocks) -> bool:
    # Generalised linear models have coefficients too, but their prediction is another function of the sum.
    estimator = blocks.estimator
    if np.size(getattr(estimator, "coef_", ())) != len(blocks.owner):
        return False
    margin = blocks.matrix @ np.ravel(estimator.coef_) + float(np.ravel(estimator.intercept_)[0])
    if hasattr(estimator, "predict_proba"):
        return np.allclose(_quietly(estimator.predict_proba, blocks.matrix)[:, 1], expit(margin))
    return np.allclose(np.ravel(_quietly(estimator.predict, blocks.matrix)), margin)


def _is_tree(estimator: Any) -> bool:
    from sklearn import ensemble, tree  # noqa: PLC0415 - loaded by whoever has such a model

    kinds = (
        tree.DecisionTreeClassifier,
        tree.DecisionTreeRegressor,
        ensemble.RandomForestClassifier,
        ensemble.RandomForestRegressor,
        ensemble.ExtraTreesClassifier,
        ensemble.ExtraTreesRegressor,
        ensemble.GradientBoostingClassifier,
        ensemble.GradientBoostingRegressor,
        ensemble.HistGradientBoostingClassifier,
        ensemble.HistGradientBoostingRegressor,
    )
    classes = getattr(estimator, "classes_", (0, 1))
    return isinstance(estimator, kinds) and getattr(estimator, "n_outputs_", 1) == 1 and len(classes) == 2


def _quietly(predict: Callable[[Floats], Any], rows: Floats) -> Floats:
    with warnings.catch_warnings():
        # The estimator was fitted on a named frame and is asked about the same columns as a matrix.
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        return np.asarray(predict(rows), dtype=np.float64)


def _linear(blocks: Blocks, estimator: Any) -> _Explainer:
    coefficients, intercept = np.ravel(estimator.coef_), float(np.ravel(estimator.intercept_)[0])

    def output(rows: Floats) -> Floats:
        margin: Floats = rows @ coefficients + intercept
        return margin

    def values(rows: Floats, background: Floats) -> Floats:
        shap = _shap()
        masker = shap.maskers.Independent(background, max_samples=len(background))
        found: Floats = shap.LinearExplainer((coefficients, intercept), masker).shap_values(rows)
        return found

    scale: Scale = "log-odds" if hasattr(estimator, "predict_proba") else "prediction"
    return _Explainer(blocks, scale, "LinearExplainer", output, values)


def _tree(blocks: Blocks, estimator: Any) -> _Explainer:
    classifier = hasattr(estimator, "predict_proba")
    # A forest's raw output is its probability; a boosted model's is its margin, and must be turned into one.
    boosted = classifier and hasattr(estimator, "decision_function")

    def output(rows: Floats) -> Floats:
        return (
            _quietly(estimator.predict_proba, rows)[:, 1] if classifier else _quietly(estimator.predict, rows)
        )

    def values(rows: Floats, background: Floats) -> Floats:
        shap = _shap()
        kind = "probability" if boosted else "raw"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            explainer = shap.TreeExplainer(
                estimator, background, feature_perturbation="interventional", model_output=kind
            )
            found = np.asarray(explainer.shap_values(rows, check_additivity=False))
        return found[..., 1] if found.ndim == 3 else found

    scale: Scale = "probability" if classifier else "prediction"
    return _Explainer(blocks, scale, "TreeExplainer", output, values)


def _shap() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap  # noqa: PLC0415 - takes seconds; only these explanations need it
    return shap
