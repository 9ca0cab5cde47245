"""scikit-learn's trees, forests and boosted trees as sums over trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import ModelError, Problem
from .exact_trees import Ensemble, Reading, Scale, Tree
from .pairing import Floats, Ints

FORESTS = (
    "RandomForestClassifier",
    "RandomForestRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
)
TREES = ("DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor")
BOOSTED = ("GradientBoostingClassifier", "GradientBoostingRegressor")
HISTOGRAM = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")


def unsupported(estimator: Any, why: str) -> ModelError:
    """Make the error that says why a model cannot be counted exactly."""
    message = (
        f"exact counting needs one sum over trees, or a linear model; {type(estimator).__name__} {why};"
        " explain_gap explains any model"
    )
    return ModelError([Problem("not_exact", "model", message)])


def from_sklearn(estimator: Any, output: int) -> Ensemble:
    """Read a fitted tree, forest or boosted model.

    Parameters
    ----------
    estimator : estimator
    output : int
        Which class's score, for a classifier.

    Returns
    -------
    Ensemble
        Of the probability for trees and forests, of the margin for boosted classifiers.

    Raises
    ------
    ModelError
        The model has several outputs, a start that is not constant, or no such class.
    """
    name = type(estimator).__name__
    if name in TREES:
        return _forest(estimator, [estimator], output)
    if name in FORESTS:
        return _forest(estimator, estimator.estimators_, output)
    return _boosted(estimator, output) if name in BOOSTED else _histogram(estimator, output)


def which_class(estimator: Any, classes: int, output: int) -> tuple[int, float]:
    """Choose the sum of trees for an output, and its sign: two classes share one sum."""
    if not 0 <= output < max(classes, 1):
        raise unsupported(estimator, f"has outputs 0 to {classes - 1}, got output={output}")
    return (0, 1.0 if output == 1 else -1.0) if classes == 2 else (output, 1.0)


def _forest(estimator: Any, trees: Sequence[Any], output: int) -> Ensemble:
    if estimator.n_outputs_ != 1:
        raise unsupported(estimator, f"has {estimator.n_outputs_} outputs")
    classifier = hasattr(estimator, "predict_proba")
    if classifier and not 0 <= output < len(estimator.classes_):
        raise unsupported(estimator, f"has outputs 0 to {len(estimator.classes_) - 1}, got output={output}")
    found = []
    for tree in trees:
        value = tree.tree_.value[:, 0, :]
        score = value[:, output] / value.sum(axis=1) if classifier else value[:, 0]
        found.append(_tree(tree.tree_, score / len(trees)))
    return Ensemble(
        tuple(found), _single(estimator.n_features_in_), "probability" if classifier else "prediction"
    )


def _single(columns: int) -> tuple[Reading, ...]:
    # These trees round rows to single precision.
    return tuple(Reading(at, single=True) for at in range(columns))


def _tree(tree: Any, value: Floats) -> Tree:
    return Tree(
        tree.children_left,
        tree.children_right,
        tree.feature,
        tree.threshold,
        tree.missing_go_to_left.astype(bool),
        value,
        {},
    )


def _boosted(estimator: Any, output: int) -> Ensemble:
    start = estimator.init_
    if start != "zero" and type(start).__name__ not in ("DummyClassifier", "DummyRegressor"):
        raise unsupported(estimator, f"starts from a {type(start).__name__}, which is no constant")
    classes = len(getattr(estimator, "classes_", ()))
    which, sign = which_class(estimator, classes, output) if classes else (0, 1.0)
    trees = tuple(
        _tree(stage[which].tree_, sign * estimator.learning_rate * stage[which].tree_.value[:, 0, 0])
        for stage in estimator.estimators_
    )
    return Ensemble(trees, _single(estimator.n_features_in_), scale_of(classes))


def scale_of(classes: int, *, plain: bool = True) -> Scale:
    """Name the scale of a boosted model's sum; ``plain`` if a regression's sum is its prediction."""
    if classes:
        return "log-odds" if classes == 2 else "margin"
    return "prediction" if plain else "margin"


def _histogram(estimator: Any, output: int) -> Ensemble:
    classes = len(getattr(estimator, "classes_", ()))
    which, sign = which_class(estimator, classes, output) if classes else (0, 1.0)
    readings, at = _histogram_readings(estimator)
    trees = []
    for stage in estimator._predictors:  # noqa: SLF001 - there is no public way to the trees
        nodes, sets = stage[which].nodes, stage[which].raw_left_cat_bitsets
        leaf = nodes["is_leaf"].astype(bool)
        inner = np.flatnonzero(~leaf & nodes["is_categorical"].astype(bool))
        subsets = {int(node): _members(sets[nodes["bitset_idx"][node]]) for node in inner}
        left, right = (np.where(leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
        trees.append(
            Tree(
                left,
                right,
                at[nodes["feature_idx"]],
                nodes["num_threshold"].astype(np.float64),
                nodes["missing_go_to_left"].astype(bool),
                sign * nodes["value"],
                subsets,
            )
        )
    plain = getattr(estimator, "loss", "log_loss") in ("squared_error", "absolute_error", "quantile")
    return Ensemble(tuple(trees), readings, scale_of(classes, plain=plain))


def _histogram_readings(estimator: Any) -> tuple[tuple[Reading, ...], Ints]:
    # Inside, categorical columns come first, with their categories numbered anew.
    columns = estimator.n_features_in_
    categorical = estimator.is_categorical_
    if categorical is None:
        return tuple(Reading(at) for at in range(columns)), np.arange(columns)
    bits, row = estimator._bin_mapper.make_known_categories_bitsets()  # noqa: SLF001 - as its own predict does
    first = int(np.sum(categorical))
    readings = [
        Reading(at, categorical=True, known=_members(bits[row[at]])) if at < first else Reading(at)
        for at in range(columns)
    ]
    return tuple(readings), np.arange(columns)


def _members(bits: Any) -> tuple[int, ...]:
    flags = np.unpackbits(np.ascontiguousarray(bits, dtype="<u4").view(np.uint8), bitorder="little")
    return tuple(int(at) for at in np.flatnonzero(flags))
