"""The trees of a CatBoost file: symmetric ones, or ones of single nodes, and their leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .flatbuffer import Fields, Table
from .model_checks import check_range, require

_DEEPEST = 16
_DEEPEST_NODE = 64
_MOST_OUTPUTS = 10_000
# Places of the fields in CatBoost's published schema (model.fbs).
_OUTPUTS, _SPLITS, _SIZES, _STARTS = 0, 1, 2, 3
_LEAVES, _WEIGHTS, _STEPS, _LEAF_OF_NODE, _SCALE, _BIAS, _BIASES = 8, 9, 10, 11, 14, 15, 16
_STEP = np.dtype([("left", "<u2"), ("right", "<u2")])


@dataclass(frozen=True)
class Trees:
    """All trees of a model.

    Parameters
    ----------
    outputs : int
        How many numbers a leaf holds.
    splits, sizes : ndarray of int
        The question of every level of a symmetric tree, or of every node; how many a tree has.
    steps : ndarray of struct, shape (nodes,)
        How far the two children of a node are; 0 where a leaf is. None where the trees are symmetric.
    leaf_of_node : ndarray of int, shape (nodes,)
        Where a leaf's numbers begin.
    leaves, weights : ndarray of float
        The numbers of all leaves, and how much of the fit's rows came to each.
    scale : float
    biases : ndarray of float, shape (outputs,)
    """

    outputs: int
    splits: NDArray[np.int32]
    sizes: NDArray[np.int32]
    steps: NDArray[np.void]
    leaf_of_node: NDArray[np.uint32]
    leaves: NDArray[np.float64]
    weights: NDArray[np.float64]
    scale: float
    biases: NDArray[np.float64]

    def fields(self) -> Fields:
        """Give what of the trees' table speaks of trees."""
        return {
            _OUTPUTS: np.int32(self.outputs),
            _SPLITS: self.splits,
            _SIZES: self.sizes,
            _STARTS: _starts(self.sizes).astype("<i4"),
            _LEAVES: self.leaves,
            _WEIGHTS: self.weights,
            _STEPS: self.steps,
            _LEAF_OF_NODE: self.leaf_of_node,
            _SCALE: np.float64(self.scale),
            _BIASES: self.biases,
        }


def read_trees(table: Table, questions: int) -> Trees:
    """Read and check the trees.

    Parameters
    ----------
    table : Table
    questions : int
        How many questions a tree may ask.

    Raises
    ------
    ValueError, struct.error
        A tree asks what is not there, is no tree, or does not fit its leaves; a number is none.
    """
    outputs = table.number(_OUTPUTS, "<i", 0)
    require(1 <= outputs <= _MOST_OUTPUTS, "it gives no number, or too many")
    biases = table.vector(_BIASES, "<f8")
    if not len(biases):
        biases = np.full(outputs, table.number(_BIAS, "<d", 0.0))
    leaves, weights = table.vector(_LEAVES, "<f8"), table.vector(_WEIGHTS, "<f8")
    require(len(leaves) % outputs == 0, "its trees do not fit their leaves")
    found = Trees(
        outputs,
        table.vector(_SPLITS, "<i4"),
        table.vector(_SIZES, "<i4"),
        table.vector(_STEPS, _STEP),
        table.vector(_LEAF_OF_NODE, "<u4"),
        leaves,
        # CatBoost takes them for given when it writes trees of nodes.
        weights if len(weights) else np.zeros(len(leaves) // outputs),
        table.number(_SCALE, "<d", 1.0),
        biases,
    )
    _check_numbers(found)
    starts = table.vector(_STARTS, "<i4")
    sizes = found.sizes
    require(len(sizes) >= 1, "it holds no tree")
    require(bool((sizes >= 0).all()), "its trees do not fit their splits")
    require(int(sizes.sum(dtype=np.int64)) == len(found.splits), "its trees do not fit their splits")
    require(len(starts) == 0 or np.array_equal(starts, _starts(sizes)), "a tree begins elsewhere")
    if len(found.steps):
        _check_nodes(found, questions)
    else:
        check_range(found.splits, questions, "a split")
        _check_symmetric(found)
    return found


def _starts(sizes: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.cumsum(sizes, dtype=np.int64) - sizes


def _check_numbers(found: Trees) -> None:
    require(bool(np.isfinite(found.leaves).all()), "a leaf is no number")
    require(bool(np.isfinite(found.weights).all()), "a leaf's weight is no number")
    require(len(found.weights) == _leaves(found), "weights of leaves are not as many as these")
    require(len(found.biases) == found.outputs, "its biases are not as many as its outputs")
    require(bool(np.isfinite([found.scale, *found.biases]).all()), "its scale or bias is no number")


def _check_symmetric(found: Trees) -> None:
    require(int(found.sizes.max()) <= _DEEPEST, "a tree is too deep")
    leaves = int((np.int64(1) << found.sizes.astype(np.int64)).sum())
    require(leaves == _leaves(found), "its trees do not fit their leaves")
    require(len(found.leaf_of_node) == 0, "its trees do not fit their leaves")


def _check_nodes(found: Trees, questions: int) -> None:
    """Check that a node hangs below exactly one before it in its tree, and that leaves follow each other."""
    nodes, starts = len(found.steps), _starts(found.sizes)
    require(nodes == len(found.leaf_of_node) == len(found.splits), "its trees do not fit their splits")
    require(bool((found.sizes > 0).all()), "a tree has no node")
    # At a leaf stands 0, even where there is no question.
    check_range(found.splits[found.steps.view("<u4") > 0], questions, "a split")
    check_range(found.splits, max(questions, 1), "a split")
    steps = np.column_stack([found.steps["left"], found.steps["right"]]).astype(np.int64)
    children = np.arange(nodes)[:, None] + steps
    ends = np.repeat(starts + found.sizes, found.sizes)
    require(bool((children < ends[:, None]).all()), "a child lies outside")
    met = np.bincount(children[steps > 0], minlength=nodes)
    met[starts] += 1
    require(bool((met == 1).all()), "a child hangs below two splits, or none")
    here, depth = starts, 0
    while len(here):
        require(depth <= _DEEPEST_NODE, "a tree is too deep")
        here, depth = children[here][steps[here] > 0], depth + 1
    # A split with one child is the leaf of its other side.
    places = found.leaf_of_node[(steps == 0).any(axis=1)]
    require(
        np.array_equal(places, np.arange(_leaves(found)) * found.outputs), "its trees do not fit their leaves"
    )


def _leaves(found: Trees) -> int:
    return len(found.leaves) // found.outputs
