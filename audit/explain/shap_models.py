"""Which of SHAP's explainers fits a model, and the check that its contributions add up.

shap is imported only here, inside the functions that need it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from ...errors import ModelError
from .blocks import Blocks, column_blocks
from .pairing import Floats, Ints

Scale = Literal["log-odds", "probability", "prediction"]
MOST_MISSED = 1e-6
"""SHAP's explainer must add up to this; shap 0.51 does not always for histogram gradient boosting."""


@dataclass(frozen=True)
class ShapExplainer:
    """A model that SHAP knows, ready to explain transformed rows against a background.

    Parameters
    ----------
    blocks : Blocks
        The transformed rows and the model's last step.
    scale : {"log-odds", "probability", "prediction"}
        What the contributions are contributions to.
    engine : str
        The explainer's name.
    output : callable
        Transformed rows to the output, on the scale.
    values : callable
        Transformed rows and a background to contributions, shape (rows, outputs of the transformation).
    """

    blocks: Blocks
    scale: Scale
    engine: str
    output: Callable[[Floats], Floats]
    values: Callable[[Floats, Floats], Floats]

    def by_column(self, rows: Ints, background: Ints) -> Floats:
        """Explain rows by source column.

        Parameters
        ----------
        rows, background : ndarray of int
            Positions.

        Returns
        -------
        ndarray of float, shape (rows, columns)

        Raises
        ------
        ModelError
            The explainer's values do not add up to the output.
        """
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


def shap_explainer(model: Any, X: pd.DataFrame, output: int) -> ShapExplainer:
    """Choose SHAP's explainer for a fitted model, bare or at the end of a ``Pipeline``.

    Parameters
    ----------
    model : estimator
    X : pandas.DataFrame
        Rows, which are transformed once.
    output : {0, 1}
        Which class's score, for a classifier.

    Raises
    ------
    ModelError
        SHAP has no explainer for the model, or its preprocessing mixes columns.
    """
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
        return _of_class(_linear(blocks, estimator), output)
    if _is_tree(estimator):
        return _of_class(_tree(blocks, estimator), output)
    raise ModelError.of(
        "no_explainer",
        "model",
        f"a linear or tree model of scikit-learn with one output is needed, got {type(estimator).__name__};"
        " explain_gap explains any model",
    )


def _of_class(explainer: ShapExplainer, output: int) -> ShapExplainer:
    # Two probabilities sum to 1 and their log-odds to 0: one class's bars are minus the other's.
    if output == 1 or explainer.scale == "prediction":
        return explainer
    whole = 1.0 if explainer.scale == "probability" else 0.0
    return replace(
        explainer,
        output=lambda rows: whole - explainer.output(rows),
        values=lambda rows, background: -explainer.values(rows, background),
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


def _linear(blocks: Blocks, estimator: Any) -> ShapExplainer:
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
    return ShapExplainer(blocks, scale, "LinearExplainer", output, values)


def _tree(blocks: Blocks, estimator: Any) -> ShapExplainer:
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
    return ShapExplainer(blocks, scale, "TreeExplainer", output, values)


def _shap() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap  # noqa: PLC0415 - takes seconds; only these explanations need it
    return shap
