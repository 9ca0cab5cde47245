"""XGBoost's JSON and UBJ files: read into plain values, checked, and written anew before XGBoost reads them.

XGBoost's own reader trusts the node numbers of its file. What it is given here is not the file but JSON made
of the values that were read and checked.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model_checks import check_range, require
from .ubjson import read_ubjson

_NO_PARENT = 2147483647
_MOST_CATEGORY = 1 << 20
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_TYPES = ("float", "int", "i", "q", "c", "categorical")
_FRACTIONS = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")
_WHOLE = ("left_children", "right_children", "parents", "split_indices", "split_type", "default_left")
_SETS = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
_BINARY = ("binary:logistic", "reg:logistic")
_SEVERAL = ("multi:softprob", "multi:softmax")


@dataclass(frozen=True)
class XGBoostFile:
    """What a file says, checked.

    Parameters
    ----------
    text : str
        The file written anew, as JSON, for XGBoost.
    columns : tuple of str
        Empty where it was fitted on columns without names.
    width : int
    classes : int
        2 for a binary objective; 0 for a model that gives no probabilities.
    categorical : tuple of str
    """

    text: str
    columns: tuple[str, ...]
    width: int
    classes: int
    categorical: tuple[str, ...]


def read_xgboost(data: bytes) -> XGBoostFile:
    """Read and check a file.

    Parameters
    ----------
    data : bytes
        JSON, or UBJ.

    Raises
    ------
    ValueError, KeyError, TypeError
        It is not what XGBoost writes, a tree points outside itself, or numbers do not fit each other.
    """
    content = json.loads(data) if data[:2] in (b'{"', b"{\n", b"{ ") else read_ubjson(data)
    learner = content["learner"]
    parameters = {key: str(value) for key, value in learner["learner_model_param"].items()}
    width, outputs = _count(parameters["num_feature"]), max(1, _count(parameters["num_class"]))
    require(_count(parameters.get("num_target", "1")) == 1, "it has several targets")
    names, kinds = _names(learner, "feature_names", width), _names(learner, "feature_types", width)
    require(all(kind in _TYPES for kind in kinds), "a column is of an unknown kind")
    objective = _objective(learner["objective"])
    written = {
        "learner": {
            "attributes": _attributes(learner.get("attributes", {})),
            "feature_names": names,
            "feature_types": kinds,
            "gradient_booster": _booster(learner["gradient_booster"], width, outputs),
            "learner_model_param": _parameters(parameters),
            "objective": objective,
        },
        "version": [int(part) for part in content["version"]][:3],
    }
    name = objective["name"]
    classes = 2 if name in _BINARY and outputs == 1 else outputs if name in _SEVERAL else 0
    by_category = tuple(one for one, kind in zip(names, kinds, strict=False) if kind in ("c", "categorical"))
    return XGBoostFile(json.dumps(written), tuple(names), width, classes, by_category)


def looks_like_xgboost(data: bytes) -> bool:
    """Tell whether bytes begin as XGBoost's JSON or UBJ does.

    Examples
    --------
    >>> looks_like_xgboost(b'{"learner":{}}'), looks_like_xgboost(b'{"schema":1}')
    (True, False)
    """
    head = data[:64].replace(b" ", b"").replace(b"\n", b"")
    return head.startswith(
        (b'{"learner"', b'{"version"', b"{L\0\0\0\0\0\0\0\7learner", b"{L\0\0\0\0\0\0\0\7version")
    )


def _names(learner: dict[str, Any], key: str, width: int) -> list[str]:
    found = learner.get(key, [])
    require(isinstance(found, list) and len(found) in (0, width), f"its {key} are not as many as it counts")
    require(all(isinstance(name, str) for name in found), f"its {key} are no texts")
    require(key != "feature_names" or len(set(found)) == len(found), "a column stands twice")
    return list(found)


def _objective(given: dict[str, Any]) -> dict[str, Any]:
    name = str(given["name"])
    require(bool(re.fullmatch(r"[a-z]+:[a-z0-9_]+", name)), f"its objective is {name[:60]!r}")
    kept = {key: value for key, value in given.items() if key.endswith("_param")}
    for part in kept.values():
        require(isinstance(part, dict), "its objective is damaged")
        require(all(_NUMBER.fullmatch(str(value)) for value in part.values()), "its objective is damaged")
    return {"name": name} | {key: {k: str(v) for k, v in part.items()} for key, part in kept.items()}


def _attributes(given: dict[str, Any]) -> dict[str, str]:
    kept: dict[str, str] = {key: str(given[key]) for key in ("best_iteration", "best_score") if key in given}
    require(all(_NUMBER.fullmatch(value) for value in kept.values()), "its best round is no number")
    return kept


def _parameters(given: dict[str, str]) -> dict[str, str]:
    base = given["base_score"].strip("[]").split(",")
    require(all(_NUMBER.fullmatch(part) for part in base), "its base score is no number")
    kept: dict[str, str] = {
        key: given[key] for key in ("num_class", "num_feature", "num_target") if key in given
    }
    return {
        **kept,
        "base_score": given["base_score"],
        "boost_from_average": given.get("boost_from_average", "1"),
    }


def _booster(given: dict[str, Any], width: int, outputs: int) -> dict[str, Any]:
    name = given["name"]
    require(name in ("gbtree", "dart"), f"it has a booster of the kind {str(name)[:40]!r}; trees are read")
    grower = given["gbtree"] if name == "dart" else given
    model = grower["model"]
    trees = [_tree(tree, number, width) for number, tree in enumerate(model["trees"])]
    require(bool(trees), "it holds no tree")
    owners = _whole(model["tree_info"], len(trees), "tree_info")
    check_range(owners, outputs, "a tree's class")
    parallel = str(_count(model["gbtree_model_param"].get("num_parallel_tree", "1")))
    written: dict[str, Any] = {
        "gbtree_model_param": {"num_parallel_tree": parallel, "num_trees": str(len(trees))},
        "tree_info": owners.tolist(),
        "trees": trees,
    }
    if "iteration_indptr" in model:
        rounds = np.asarray(model["iteration_indptr"], dtype=np.int64)
        require(rounds.ndim == 1 and len(rounds) > 0 and rounds[0] == 0, "its rounds do not begin at 0")
        require(
            rounds[-1] == len(trees) and bool((np.diff(rounds) > 0).all()), "its rounds do not fit its trees"
        )
        written["iteration_indptr"] = rounds.tolist()
    if "cats" in model:
        written["cats"] = _categories(model["cats"], width)
    if name == "gbtree":
        return {"name": name, "model": written}
    drops = _fractions(given["weight_drop"], len(trees), "weight_drop")
    return {"name": name, "gbtree": {"name": "gbtree", "model": written}, "weight_drop": drops.tolist()}


def _tree(given: dict[str, Any], number: int, width: int) -> dict[str, Any]:
    told = {key: _count(str(value)) for key, value in given["tree_param"].items()}
    nodes = told["num_nodes"]
    require(nodes >= 1 and told["num_feature"] == width, "a tree counts other columns than its model")
    require(told.get("size_leaf_vector", 1) <= 1, "a tree has several outputs")
    found = {key: _whole(given[key], nodes, key) for key in _WHOLE if key in given}
    found.setdefault("split_type", np.zeros(nodes, dtype=np.int64))
    inner = _check_walk(found["left_children"], found["right_children"])
    parents = found["parents"]
    check_range(parents[parents != _NO_PARENT], nodes, "a parent")
    check_range(found["split_indices"][inner], width, "a column")
    for key in ("split_type", "default_left"):
        check_range(found[key], 2, "a kind of split")
    written: dict[str, Any] = {key: values.tolist() for key, values in found.items()}
    written |= {key: _fractions(given[key], nodes, key).tolist() for key in _FRACTIONS}
    require(bool((found["split_indices"][~inner] >= 0).all()), "a column lies outside")
    written |= _sets(given, nodes, np.flatnonzero(inner & (found["split_type"] == 1)))
    param = {"num_deleted": str(told.get("num_deleted", 0)), "num_feature": str(width)}
    return {
        **written,
        "id": number,
        "tree_param": {**param, "num_nodes": str(nodes), "size_leaf_vector": "1"},
    }


def _check_walk(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Check that the walk from the root ends at leaves and meets no node twice; return where splits are."""
    inner: NDArray[np.bool_] = left != -1
    require(bool((inner == (right != -1)).all()), "a split has one child")
    for child in (left[inner], right[inner]):
        check_range(child, len(left), "a child")
    met, here = np.zeros(len(left), dtype=bool), np.array([0])
    while len(here):
        require(not met[here].any() and len(np.unique(here)) == len(here), "a child hangs below two splits")
        met[here] = True
        splits = here[inner[here]]
        here = np.concatenate([left[splits], right[splits]])
    return inner


def _sets(given: dict[str, Any], nodes: int, splits: NDArray[np.int64]) -> dict[str, Any]:
    values, owners, starts, sizes = (
        _whole(given.get(key, []), len(given.get(key, [])), key) for key in _SETS
    )
    check_range(values, _MOST_CATEGORY, "a category")
    check_range(owners, nodes, "a split")
    require(len(owners) == len(starts) == len(sizes), "its sets of categories do not fit each other")
    require(bool((np.diff(owners) > 0).all()), "its sets of categories do not follow each other")
    require(bool((sizes >= 0).all()) and bool((starts >= 0).all()), "a set of categories lies outside")
    require(bool((starts + sizes <= len(values)).all()), "a set of categories lies outside")
    require(bool(np.isin(splits, owners).all()), "a split has no set of categories")
    return dict(zip(_SETS, (item.tolist() for item in (values, owners, starts, sizes)), strict=True))


def _categories(given: dict[str, Any], width: int) -> dict[str, Any]:
    """Check the categories that a file keeps of each column: their codes, or their texts end to end."""
    listed = given["enc"]
    require(isinstance(listed, list) and len(listed) in (0, width), "its categories fit no columns")
    segments = _whole(given["feature_segments"], len(given["feature_segments"]), "feature_segments")
    order = _whole(given["sorted_idx"], len(given["sorted_idx"]), "sorted_idx")
    written, counts = [], []
    for item in listed:
        part, count = _encoded(item)
        written.append(part)
        counts.append(count)
    require(
        segments.tolist() == ([0, *np.cumsum(counts).tolist()] if counts else []),
        "its categories are cut short",
    )
    require(len(order) == sum(counts), "its categories are cut short")
    for start, count in zip(segments, counts, strict=False):
        check_range(order[start : start + count], max(count, 1), "a category")
    return {"enc": written, "feature_segments": segments.tolist(), "sorted_idx": order.tolist()}


def _encoded(item: dict[str, Any]) -> tuple[dict[str, Any], int]:
    if "offsets" in item:
        offsets = _whole(item["offsets"], len(item["offsets"]), "offsets")
        letters = _whole(item["values"], len(item["values"]), "values")
        check_range(letters + 128, 384, "a letter")
        rising = bool((np.diff(offsets) >= 0).all())
        ends = len(offsets) == 0 or (offsets[0] == 0 and offsets[-1] == len(letters))
        require(
            rising and bool(ends) and (len(offsets) > 0 or not len(letters)), "its categories are cut short"
        )
        return {"offsets": offsets.tolist(), "values": letters.tolist()}, max(len(offsets) - 1, 0)
    kind, values = int(item["type"]), item["values"]
    require(all(isinstance(value, int | float) for value in values), "a category is no number")
    return {"type": kind, "values": list(values)}, len(values)


def _count(text: str) -> int:
    require(bool(re.fullmatch(r"\d{1,9}", text)), f"{text[:40]!r} is no count")
    return int(text)


def _whole(given: Any, size: int, key: str) -> NDArray[np.int64]:
    require(isinstance(given, list) and len(given) == size, f"the list {key} is cut short")
    require(all(isinstance(item, int) for item in given), f"the list {key} holds no whole numbers")
    found = np.asarray(given, dtype=np.int64).reshape(-1)
    require(bool((np.abs(found) <= _NO_PARENT).all()), f"the list {key} holds too large a number")
    return found


def _fractions(given: Any, size: int, key: str) -> NDArray[np.float64]:
    require(isinstance(given, list) and len(given) == size, f"the list {key} is cut short")
    found = np.asarray(given, dtype=np.float64).reshape(-1)
    require(not any(math.isnan(value) for value in found), f"the list {key} holds no numbers")
    return found
