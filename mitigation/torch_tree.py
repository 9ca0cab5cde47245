"""Training a network towards what a small tree can say.

M. Wu et al., "Beyond Sparsity: Tree Regularization of Deep Models for Interpretability", AAAI 2018, punish
the path length of the tree that imitates a network, and need a second network to guess that length, because a
tree has no slope. Here the distance between the network and its best small tree is punished instead, which
has one: the fidelity regulariser of G. Plumb et al., "Regularizing Black-box Models for Improved
Interpretability", NeurIPS 2020, with a global tree as the explanation. The tree is grown anew every epoch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from .rows import Floats


def tree_targets(rows: Any, scores: Floats, weights: Floats, leaves: int) -> Floats:
    """Grow the best small tree of a network's scores, and give what it says.

    Parameters
    ----------
    rows : ndarray of shape (rows, columns)
        As the network sees them.
    scores : ndarray of float in [0, 1], shape (rows,)
    weights : ndarray of float, shape (rows,)
    leaves : int
        At most.

    Returns
    -------
    ndarray of float in [0, 1], shape (rows,)

    Examples
    --------
    >>> rows = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> tree_targets(rows, np.array([0.0, 0.2, 0.8, 1.0]), np.ones(4), 2).round(6).tolist()
    [0.1, 0.1, 0.9, 0.9]
    """
    tree = DecisionTreeRegressor(max_leaf_nodes=max(2, leaves), random_state=0)
    return np.asarray(tree.fit(rows, scores, sample_weight=weights).predict(rows), dtype=np.float64)


def leaves_to_imitate(rows: Any, decisions: Any, fidelity: float = 0.95, most: int = 256) -> int:
    """Count the leaves that a tree needs to decide as a model does.

    Parameters
    ----------
    rows : ndarray of shape (rows, columns)
    decisions : ndarray of bool or int, shape (rows,)
        The model's.
    fidelity : float in (0, 1]
        The share of rows on which the tree must agree with the model.
    most : int
        Leaves at most.

    Returns
    -------
    int
        1 where one decision fits enough rows; ``most`` where even that many leaves do not reach the fidelity.

    Examples
    --------
    >>> rows = np.arange(8.0)[:, None]
    >>> leaves_to_imitate(rows, rows[:, 0] > 3, 1.0), leaves_to_imitate(rows, rows[:, 0] % 2, 1.0)
    (2, 8)
    """
    decisions = np.asarray(decisions).astype(np.int64)
    if max(decisions.mean(), 1 - decisions.mean()) >= fidelity:
        return 1
    low, high = 1, 2
    while high < most and _agreement(rows, decisions, high) < fidelity:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _agreement(rows, decisions, middle) >= fidelity else (middle, high)
    return min(high, most)


def _agreement(rows: Any, decisions: Any, leaves: int) -> float:
    tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0).fit(rows, decisions)
    return float((tree.predict(rows) == decisions).mean())
