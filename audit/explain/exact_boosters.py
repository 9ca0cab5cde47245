"""LightGBM's, XGBoost's and CatBoost's models as sums over trees, from what the libraries write out."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .exact_sklearn import scale_of, unsupported, which_class
from .exact_trees import Ensemble, Reading, Tree

LIGHTGBM = {"None": "never", "NaN": "nan", "Zero": "zero"}
"""LightGBM's ways with missing values, and ours."""
PLAIN = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
"""Objectives of regressions that predict the sum itself."""
CATBOOST_PLAIN = ("RMSE", "MAE", "Quantile", "MAPE")
"""CatBoost's."""


def from_lightgbm(estimator: Any, output: int) -> Ensemble:
    """Read a LightGBM model (scikit-learn's interface or a Booster) from its dump.

    Raises
    ------
    ModelError
        Leaves hold linear models, or there is no such output.
    """
    booster = getattr(estimator, "booster_", estimator)
    dump = booster.dump_model()
    objective = str(dump.get("objective", "")).split(" ")[0]
    sums = int(dump["num_tree_per_iteration"])
    classes = 2 if objective in ("binary", "cross_entropy") else sums if sums > 1 else 0
    which, sign = which_class(estimator, classes, output) if classes else (0, 1.0)
    trees = [tree["tree_structure"] for tree in dump["tree_info"][which::sums]]
    # A random forest's raw score is the sum, its probability that of the mean.
    mean = 1.0 / len(trees) if dump.get("average_output") else 1.0
    readings: dict[Reading, int] = {}
    found = tuple(_lightgbm_tree(estimator, tree, sign * mean, readings) for tree in trees)
    return Ensemble(found, tuple(readings), scale_of(classes, plain=objective in PLAIN), of_raw=mean)


def _lightgbm_tree(estimator: Any, root: dict[str, Any], factor: float, readings: dict[Reading, int]) -> Tree:
    nodes = list(_nested(root, "left_child", "right_child"))
    place = {id(node): at for at, node in enumerate(nodes)}
    grown = _Grown(len(nodes))
    for at, node in enumerate(nodes):
        if "leaf_coeff" in node:
            raise unsupported(estimator, "has linear models in its leaves")
        if "split_feature" not in node:
            grown.value[at] = factor * node["leaf_value"]
            continue
        grown.left[at], grown.right[at] = place[id(node["left_child"])], place[id(node["right_child"])]
        categorical = node["decision_type"] == "=="
        absent = "nan" if categorical else LIGHTGBM[node["missing_type"]]
        reading = Reading(node["split_feature"], absent=absent, categorical=categorical)  # type: ignore[arg-type]
        grown.reading[at] = readings.setdefault(reading, len(readings))
        if categorical:
            # What is in no set, a missing value too, goes right.
            grown.subsets[at] = tuple(int(item) for item in str(node["threshold"]).split("||"))
        else:
            grown.threshold[at], grown.missing_left[at] = node["threshold"], node["default_left"]
    return grown.tree()


def _nested(root: dict[str, Any], left: str, right: str) -> Iterator[dict[str, Any]]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if left in node:
            waiting += [node[left], node[right]]


class _Grown:
    # A tree's arrays while they are filled.
    def __init__(self, nodes: int) -> None:
        self.left = np.full(nodes, -1)
        self.right = np.full(nodes, -1)
        self.reading = np.zeros(nodes, dtype=np.int64)
        self.threshold = np.zeros(nodes)
        self.missing_left = np.zeros(nodes, dtype=bool)
        self.value = np.zeros(nodes)
        self.subsets: dict[int, tuple[int, ...]] = {}

    def tree(self) -> Tree:
        return Tree(
            self.left, self.right, self.reading, self.threshold, self.missing_left, self.value, self.subsets
        )


def from_xgboost(estimator: Any, output: int) -> Ensemble:
    """Read an XGBoost model (scikit-learn's interface or a Booster) from its JSON.

    Raises
    ------
    ModelError
        The booster is linear, a tree has several outputs, or there is no such output.
    """
    booster = estimator.get_booster() if hasattr(estimator, "get_booster") else estimator
    best = getattr(estimator, "best_iteration", None) if hasattr(estimator, "early_stopping_rounds") else None
    if best is not None:
        booster = booster[: best + 1]
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    grower = learner["gradient_booster"]
    grower, drops = (grower["gbtree"], grower["weight_drop"]) if grower["name"] == "dart" else (grower, None)
    if "trees" not in grower.get("model", {}):
        raise unsupported(estimator, f"has a {grower['name']} booster")
    objective = learner["objective"]["name"]
    sums = max(1, int(learner["learner_model_param"]["num_class"]))
    classes = 2 if objective.startswith("binary:") else sums if sums > 1 else 0
    which, sign = which_class(estimator, classes, output) if classes else (0, 1.0)
    model = grower["model"]
    factors = np.full(len(model["trees"]), sign) * (1.0 if drops is None else np.asarray(drops))
    trees = [
        _xgboost_tree(estimator, tree, factor, int(model_columns(learner)))
        for tree, factor, owner in zip(model["trees"], factors, model["tree_info"], strict=True)
        if owner == which
    ]
    columns = int(model_columns(learner))
    readings = [Reading(at, strict=True, single=True) for at in range(columns)]
    readings += [Reading(at, categorical=True) for at in range(columns)]
    plain = objective in (
        "reg:squarederror",
        "reg:absoluteerror",
        "reg:pseudohubererror",
        "reg:quantileerror",
    )
    return Ensemble(tuple(trees), tuple(readings), scale_of(classes, plain=plain), exactness=1e-5)


def model_columns(learner: dict[str, Any]) -> str:
    """Give the number of columns that an XGBoost model was fitted on, as written."""
    return str(learner["learner_model_param"]["num_feature"])


def _xgboost_tree(estimator: Any, tree: dict[str, Any], factor: float, columns: int) -> Tree:
    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise unsupported(estimator, "has trees of several outputs")
    left = np.asarray(tree["left_children"])
    conditions = np.asarray(tree["split_conditions"], dtype=np.float32).astype(np.float64)
    categorical = np.asarray(tree["split_type"]) == 1
    missing_left = np.asarray(tree["default_left"]).astype(bool)
    right = np.asarray(tree["right_children"])
    subsets = {}
    for node, start, size in zip(
        tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True
    ):
        # XGBoost's set goes right and all else left: the children change places.
        subsets[int(node)] = tuple(tree["categories"][start : start + size])
        left[node], right[node] = right[node], left[node]
        missing_left[node] = not missing_left[node]
    reading = np.asarray(tree["split_indices"]) + np.where(categorical, columns, 0)
    return Tree(left, right, reading, conditions, missing_left, factor * conditions, subsets)


def from_catboost(estimator: Any, output: int) -> Ensemble:
    """Read a CatBoost model of numeric columns from its JSON.

    Raises
    ------
    ModelError
        The model has categorical or text columns, or there is no such output.
    """
    if estimator.get_cat_feature_indices() or estimator.get_text_feature_indices():
        raise unsupported(
            estimator, "has columns of categories or texts, whose codes CatBoost keeps to itself"
        )
    model = _catboost_json(estimator)
    columns = model["features_info"].get("float_features", [])
    scale, bias = model["scale_and_bias"]
    sums = len(bias)
    classes = len(estimator.classes_) if getattr(estimator, "_estimator_type", "") == "classifier" else 0
    if not classes and sums > 1:
        raise unsupported(estimator, f"has {sums} outputs")
    which, sign = which_class(estimator, classes, output) if classes else (0, 1.0)
    sides = [column.get("nan_value_treatment") == "AsTrue" for column in columns]
    grow, grown = (
        (_symmetric_tree, "oblivious_trees") if "oblivious_trees" in model else (_nested_tree, "trees")
    )
    trees = tuple(grow(estimator, tree, (sign * scale, which, sums), sides) for tree in model[grown])
    readings = tuple(Reading(column["flat_feature_index"], single=True) for column in columns)
    plain = not classes and str(estimator.get_all_params().get("loss_function")) in CATBOOST_PLAIN
    return Ensemble(trees, readings, scale_of(classes, plain=plain))


def _catboost_json(estimator: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        estimator.save_model(str(path), format="json")
        found: dict[str, Any] = json.loads(path.read_text())
        return found


def _symmetric_tree(
    estimator: Any, tree: dict[str, Any], output: tuple[float, int, int], missing_right: list[bool]
) -> Tree:
    factor, which, sums = output
    splits = tree.get("splits") or []
    depth = len(splits)
    inner = (1 << depth) - 1
    grown = _Grown(2 * inner + 1)
    grown.left[:inner] = 2 * np.arange(inner) + 1
    grown.right[:inner] = 2 * np.arange(inner) + 2
    # The last split is the highest bit of a leaf's number, so it stands at the root.
    for level, split in enumerate(reversed(splits)):
        _ask(estimator, grown, slice((1 << level) - 1, (2 << level) - 1), split, missing_right)
    grown.value[inner:] = factor * np.asarray(tree["leaf_values"])[which::sums]
    return grown.tree()


def _nested_tree(
    estimator: Any, root: dict[str, Any], output: tuple[float, int, int], missing_right: list[bool]
) -> Tree:
    factor, which, _ = output
    nodes = list(_nested(root, "left", "right"))
    place = {id(node): at for at, node in enumerate(nodes)}
    grown = _Grown(len(nodes))
    for at, node in enumerate(nodes):
        if "left" not in node:
            grown.value[at] = factor * np.ravel(node["value"])[which]
            continue
        grown.left[at], grown.right[at] = place[id(node["left"])], place[id(node["right"])]
        _ask(estimator, grown, at, node["split"], missing_right)
    return grown.tree()


def _ask(
    estimator: Any, grown: _Grown, nodes: int | slice, split: dict[str, Any], missing_right: list[bool]
) -> None:
    if split["split_type"] != "FloatFeature":
        raise unsupported(estimator, "splits by what it makes of embeddings")
    grown.reading[nodes] = split["float_feature_index"]
    grown.threshold[nodes] = np.float32(split["border"])
    grown.missing_left[nodes] = not missing_right[split["float_feature_index"]]
