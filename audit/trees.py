"""Trees from a file, held against the rules that scikit-learn takes for granted.

scikit-learn follows the node numbers, feature numbers and category bits of a tree without looking, so that
a crafted file could read or write outside the tree at its first prediction. A tree that scikit-learn itself
has grown keeps all of these rules.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model_checks import check_range, require

_LOADERS = {"Tree": "TreeNode", "TreePredictor": "ObjectNode"}
_BOUND = ("check_array",)
_CATEGORIES = 256


def check_parsed(data: bytes, trusted: Iterable[str]) -> None:
    """Check the trees of a skops file while they are plain arrays, before scikit-learn sees them.

    Raises
    ------
    ValueError
        A tree points outside itself, or is stored in a way of its own.
    """
    from skops.io._audit import get_tree  # noqa: PLC0415 - the parsed file has no public door
    from skops.io._utils import read_schema  # noqa: PLC0415

    listed = list(trusted)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema, context = read_schema(archive)
        nodes = list(_nodes(get_tree(schema, context, trusted=listed)))
        constructors = {id(node.constructor) for node in nodes if type(node).__name__ == "TreeNode"}
        for node in nodes:
            _check_node(node, type(node).__name__, constructor=id(node) in constructors)


def _check_node(node: Any, loader: str, *, constructor: bool) -> None:
    """Refuse whatever would let a file call a tree, or a function with arguments of its own choosing."""
    name = str(node.class_name)
    if not constructor and loader != _LOADERS.get(name, loader):
        raise ValueError(f"a {name} is not stored as skops stores one")
    if loader == "PartialNode" and str(node.func.class_name) not in _BOUND:
        raise ValueError(f"it binds the arguments of {node.func.class_name}")
    if loader == "TreeNode":
        check_tree(node.args.construct(), node.attrs.construct())


def check_tree(arguments: tuple[int, NDArray[Any], int], state: dict[str, Any]) -> None:
    """Check the arrays of a ``sklearn.tree._tree.Tree``.

    Parameters
    ----------
    arguments : tuple
        The number of features, the number of classes of each output, and the number of outputs.
    state : dict
        ``node_count``, ``nodes`` and ``values``.

    Raises
    ------
    ValueError
        A child or a feature lies outside, or a child comes before its parent (the walk would never end).

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> tree = DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1]).tree_
    >>> _, arguments, state = tree.__reduce__()
    >>> check_tree(arguments, state)
    """
    features, classes, outputs = arguments
    nodes, count = state["nodes"], state["node_count"]
    require(len(classes) == outputs >= 1 and int(min(classes)) >= 1, "its classes do not fit its outputs")
    require(len(nodes) == count == len(state["values"]) >= 1, "it does not hold the nodes that it counts")
    inner = nodes["left_child"] != -1
    _check_children(nodes["left_child"], nodes["right_child"], inner)
    check_range(nodes["feature"][inner], features, "a feature")


def check_built(built: Any) -> None:
    """Check that the parts of a model fit each other: its trees, the columns and the classes they count on.

    Raises
    ------
    ValueError
        They do not.
    """
    from sklearn.base import BaseEstimator  # noqa: PLC0415 - heavy
    from sklearn.ensemble._forest import BaseForest  # noqa: PLC0415
    from sklearn.ensemble._gb import BaseGradientBoosting  # noqa: PLC0415
    from sklearn.ensemble._hist_gradient_boosting.gradient_boosting import (  # noqa: PLC0415
        BaseHistGradientBoosting,
    )
    from sklearn.tree import BaseDecisionTree  # noqa: PLC0415

    for part in _parts(built):
        # A part that was never fitted (the pattern of an ensemble's members) can predict nothing.
        fitted = vars(part) if isinstance(part, BaseEstimator) else {}
        if isinstance(part, BaseDecisionTree) and "tree_" in fitted:
            _check_owner(part)
        elif isinstance(part, BaseForest) and "estimators_" in fitted:
            _check_members(part, part.estimators_)
        elif isinstance(part, BaseGradientBoosting) and "estimators_" in fitted:
            _check_members(part, part.estimators_.ravel())
            require(part.estimators_.ndim == 2, "its stages are not a table")
            require(
                part.estimators_.shape[1] == part.n_trees_per_iteration_, "its stages do not fit its classes"
            )
        elif isinstance(part, BaseHistGradientBoosting) and "_predictors" in fitted:
            _check_boosted(part)


def check_predictor(predictor: Any, features: int, categorical: NDArray[np.bool_]) -> None:
    """Check the arrays of one tree of a histogram booster.

    Raises
    ------
    ValueError
        A child, a feature or a set of categories lies outside.
    """
    nodes = predictor.nodes
    require(len(nodes) >= 1, "it has no nodes")
    inner = nodes["is_leaf"] == 0
    _check_children(nodes["left"].astype(np.int64), nodes["right"].astype(np.int64), inner)
    check_range(nodes["feature_idx"][inner], features, "a feature")
    by_category = inner & (nodes["is_categorical"] != 0)
    require(bool(categorical[nodes["feature_idx"][by_category]].all()), "it splits numbers by category")
    bits = predictor.raw_left_cat_bitsets
    require(bits.ndim == 2 and bits.shape[1] == 8, "its sets of categories are cut short")
    check_range(nodes["bitset_idx"][by_category].astype(np.int64), len(bits), "a set of categories")


def _check_owner(model: Any) -> None:
    from sklearn.tree._tree import Tree  # noqa: PLC0415 - heavy

    require(isinstance(model.tree_, Tree), "it is no tree")
    require(model.tree_.n_features == model.n_features_in_, "it counts other columns than its model")


def _check_members(owner: Any, members: Iterable[Any]) -> None:
    from sklearn.tree import BaseDecisionTree  # noqa: PLC0415 - heavy

    for member in members:
        require(isinstance(member, BaseDecisionTree), "a member of the ensemble is no tree")
        require(member.n_features_in_ == owner.n_features_in_, "it counts other columns than its ensemble")


def _check_boosted(model: Any) -> None:
    from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor  # noqa: PLC0415 - heavy

    mapper = model._bin_mapper  # noqa: SLF001 - only here are its categories
    categorical = np.asarray(mapper.is_categorical_, dtype=bool)
    require(categorical.shape == (model.n_features_in_,), "it counts other columns than its model")
    known = [mapper.bin_thresholds_[position] for position in np.flatnonzero(categorical)]
    for values in known:
        check_range(np.asarray(values), _CATEGORIES, "a category")
    for predictor in (tree for stage in model._predictors for tree in stage):  # noqa: SLF001
        require(isinstance(predictor, TreePredictor), "a member of the ensemble is no tree")
        check_predictor(predictor, model.n_features_in_, categorical)


def _check_children(left: NDArray[Any], right: NDArray[Any], inner: NDArray[np.bool_]) -> None:
    own = np.flatnonzero(inner)
    for child in (left[inner], right[inner]):
        check_range(child, len(left), "a child")
        require(bool((child > own).all()), "a child comes before its parent")


def _nodes(root: Any) -> Iterator[Any]:
    """Visit every node of a parsed skops file once."""
    seen, waiting = set[int](), [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not hasattr(node, "children"):
            continue
        seen.add(id(node))
        yield node
        waiting.extend(_inside(list(node.children.values())))
        waiting.extend([node.cached] if hasattr(node, "cached") else [])


def _inside(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, list):
            yield from value
        else:
            yield value


def _parts(root: Any) -> Iterator[Any]:
    """Visit every object that a model is made of once."""
    seen, waiting = dict[int, Any](), [root]
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen[id(part)] = part
        yield part
        waiting.extend(_members(part))


def _members(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(part.values())
    if isinstance(part, list | tuple | set | frozenset):
        return list(part)
    if isinstance(part, np.ndarray):
        return list(part.ravel()) if part.dtype == object else []
    return list(vars(part).values()) if hasattr(part, "__dict__") and not isinstance(part, type) else []
