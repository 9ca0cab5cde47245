"""Scores moved so that a row's own threshold lies at 0.5, and draws that belong to a row."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from .rows import Floats


def moved(scores: Floats, thresholds: Any) -> Floats:
    """Stretch scores so that each row's threshold comes to lie at 0.5, keeping their order and range.

    Parameters
    ----------
    scores : ndarray of float in [0, 1], shape (rows,)
    thresholds : ndarray of float, shape (rows,), or float
        At most 0 selects every row, above 1 none.

    Returns
    -------
    ndarray of float in [0, 1], shape (rows,)
        At least 0.5 exactly where the score reaches the threshold.

    Examples
    --------
    >>> moved(np.array([0.1, 0.2, 0.6, 1.0]), 0.2).tolist()
    [0.25, 0.5, 0.75, 1.0]
    """
    t = np.clip(np.broadcast_to(np.asarray(thresholds, dtype=float), scores.shape), 0.0, None)
    selected = scores >= t
    room = np.where(t < 1, 1 - t, 1.0)
    above = 0.5 + 0.5 * (scores - t) / room
    below = np.minimum(0.5 * scores / np.clip(t, 1e-300, 1.0), np.nextafter(0.5, 0.0))
    return np.asarray(np.where(selected, np.clip(above, 0.5, 1.0), below))


def row_draws(X: Any, scores: Floats, seed: int) -> Floats:
    """Draw a number in [0, 1) for each row from what the row holds, so that asking again changes nothing.

    Parameters
    ----------
    X : frame, sparse matrix or array-like of shape (rows, columns)
    scores : ndarray of float, shape (rows,)
    seed : int

    Returns
    -------
    ndarray of float, shape (rows,)
        Rows that are alike in every column get the same number, wherever they stand.

    Examples
    --------
    >>> draws = row_draws([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]], np.zeros(3), seed=0)
    >>> bool(draws[0] == draws[2]), bool(draws[0] == draws[1])
    (True, False)
    """
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if sparse.issparse(X):
        table = pd.DataFrame({"score": scores})
    elif isinstance(frame, nw.DataFrame):
        table = frame.to_pandas()
    else:
        table = pd.DataFrame(np.asarray(X))
    hashed = pd.util.hash_pandas_object(table, index=False).to_numpy(dtype=np.uint64)
    with np.errstate(over="ignore"):
        mixed = hashed + np.uint64(seed % 2**32 + 1) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return np.asarray(mixed >> np.uint64(11), dtype=np.float64) / 2.0**53
