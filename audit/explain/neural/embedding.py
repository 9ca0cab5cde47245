"""A hidden layer in two dimensions: principal components and t-SNE, without a dot for any single person.

Each dot of a picture is the mean of some people of the same group, at least as many as the privacy minimum,
who lie next to each other: the layer of one person could tell who it is to someone who holds the data.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .layers import Floats, Ints

Method = Literal["pca", "tsne"]
METHODS_OF_LAYOUT: tuple[Method, ...] = ("pca", "tsne")
MOST_ROWS = 1_000
"""Rows that t-SNE is given; it takes seconds for so many."""
LEAST = 10
"""People that a dot stands for at least, whatever the privacy minimum."""


@dataclass(frozen=True)
class Cloud:
    """Dots of one colouring.

    Parameters
    ----------
    points : ndarray of float, shape (dots, 2)
    colours : ndarray of int, shape (dots,)
        Code of the group of each dot.
    people : ndarray of int, shape (dots,)
        How many each dot stands for.
    """

    points: Floats
    colours: Ints
    people: Ints


def embed(values: Floats, method: Method, seed: int) -> tuple[Floats, float]:
    """Lay rows out in two dimensions.

    Parameters
    ----------
    values : ndarray of float, shape (rows, units)
        At most ``MOST_ROWS`` rows for t-SNE.
    method : {"pca", "tsne"}
    seed : int

    Returns
    -------
    points : ndarray of float, shape (rows, 2)
    kept : float
        Share of the variance that principal components keep; ``nan`` for t-SNE.
    """
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    if method == "pca" or len(values) < 4:
        return _principal(scaled)
    from sklearn.manifold import TSNE  # noqa: PLC0415 - heavy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start, _ = _principal(scaled)
        size = start.std(axis=0)[0]
        layout = TSNE(
            perplexity=min(30.0, (len(values) - 1) / 3),
            init=start / (size if size > 0 else 1.0) * 1e-4,
            random_state=seed,
            n_jobs=1,
        )
        points: Floats = layout.fit_transform(scaled.astype(np.float32)).astype(np.float64)
    return points, float("nan")


def _principal(scaled: Floats) -> tuple[Floats, float]:
    _, sizes, axes = np.linalg.svd(scaled, full_matrices=False)
    axes = axes[:2] * np.where(axes[:2].sum(axis=1) < 0, -1.0, 1.0)[:, None]
    points = scaled @ axes.T
    if points.shape[1] < 2:
        points = np.column_stack([points, np.zeros(len(points))])
    total = float((sizes**2).sum())
    return points, float((sizes[:2] ** 2).sum()) / total if total > 0 else float("nan")


def averaged(points: Floats, codes: Ints, least: int) -> Cloud:
    """Average neighbours of the same group, so that no dot stands for fewer people than the minimum.

    Rows of a group are halved along the wider of the two directions, at the median, until another halving
    would leave too few. A group of fewer than the minimum has no dot; a negative code no group.

    Parameters
    ----------
    points : ndarray of float, shape (rows, 2)
    codes : ndarray of int, shape (rows,)
    least : int
        At least 1.

    Examples
    --------
    >>> cloud = averaged(np.array([[0.0, 0], [1, 0], [9, 0], [10, 0], [5, 5]]), np.array([0, 0, 0, 0, 1]), 2)
    >>> cloud.points.tolist(), cloud.people.tolist()
    ([[0.5, 0.0], [9.5, 0.0]], [2, 2])
    """
    means, colours, people = [], [], []
    for code in np.unique(codes[codes >= 0]):
        waiting = [np.flatnonzero(codes == code)]
        if len(waiting[0]) < least:
            continue
        while waiting:
            rows = waiting.pop()
            if len(rows) >= 2 * least:
                wider = int(np.argmax(points[rows].std(axis=0)))
                ordered = rows[np.argsort(points[rows, wider], kind="stable")]
                waiting += [ordered[len(rows) // 2 :], ordered[: len(rows) // 2]]
                continue
            means.append(points[rows].mean(axis=0))
            colours.append(int(code))
            people.append(len(rows))
    return Cloud(
        np.array(means).reshape(-1, 2), np.array(colours, dtype=np.int64), np.array(people, dtype=np.int64)
    )
