"""Figures of scores read off counts by score bin: the area under the ROC curve of every group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .cube import LABEL, SCORE, Cube
from .rates import WEIGHT, divide
from .results import Group

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ScoreCounts:
    """Counts by score bin of the two labels, for every group.

    Parameters
    ----------
    attributes : tuple of str
    groups : tuple of tuple, length G
    positives, negatives : ndarray of float, shape (G, bins)
        Sums of weights (rows, where there are no weights) by bin, from the lowest score to the highest.
    """

    attributes: tuple[str, ...]
    groups: tuple[Group, ...]
    positives: Floats
    negatives: Floats


@dataclass(frozen=True)
class BinnedArea:
    """An area under the ROC curve, and how far the area of the unbinned scores can lie from it.

    Parameters
    ----------
    value : ndarray of float
        ``nan`` where one of the labels has no rows.
    error : ndarray of float
        The exact area lies in ``value - error .. value + error``; both ends can be reached.
    """

    value: Floats
    error: Floats


def score_counts(cube: Cube, *attributes: str) -> ScoreCounts:
    """Sum a cube with labels and scores into counts by score bin, for each group of the named attributes.

    Parameters
    ----------
    cube : Cube
        With binary labels and a score axis.
    *attributes : str
        None: a single group of all rows.

    Raises
    ------
    InputError
        The cube lacks an axis that is needed, or its labels are not binary.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of([0, 1, 1], y_score=[0.1, 0.9, 0.2], sensitive_features={"sex": ["F", "F", "M"]})
    >>> counts = score_counts(cube, "sex")
    >>> counts.groups, counts.positives.sum(axis=1).tolist(), counts.negatives.sum(axis=1).tolist()
    ((('F',), ('M',)), [1.0, 1.0], [1.0, 0.0])
    """
    if cube.axis(LABEL).levels != (0, 1):
        raise InputError.of(
            "not_binary", LABEL, f"two labels are wanted, got the classes {cube.axis(LABEL).levels[:6]}"
        )
    places = [cube.position(name) for name in attributes]
    shape = [len(cube.axes[place].levels) for place in places]
    flat = np.zeros(len(cube.codes), dtype=np.int64)
    for place, length in zip(places, shape, strict=True):
        flat = flat * length + cube.codes[:, place]
    groups, bins = int(np.prod(shape)), len(cube.axis(SCORE).levels)
    key = (flat * 2 + cube.codes[:, cube.position(LABEL)]) * bins + cube.codes[:, cube.position(SCORE)]
    table = np.bincount(key, weights=cube.measures[:, WEIGHT], minlength=groups * 2 * bins)
    table = table.reshape(groups, 2, bins)
    used = np.flatnonzero(np.bincount(flat, minlength=groups))
    names = [cube.axes[place].levels for place in places]
    found = np.stack(np.unravel_index(used, shape), axis=1) if shape else np.zeros((1, 0), dtype=int)
    return ScoreCounts(
        attributes,
        tuple(tuple(levels[i] for levels, i in zip(names, row, strict=True)) for row in found.tolist()),
        table[used, 1],
        table[used, 0],
    )


def auc_from_counts(positives: ArrayLike, negatives: ArrayLike) -> BinnedArea:
    """Compute the area under the ROC curve from counts by score bin.

    A positive and a negative in one bin count one half, as ties do. Had their scores been told apart, each
    such pair could have counted 0 or 1, so that half of their share is the bound of the error; it is 0 for
    a grid of the distinct scores.

    Parameters
    ----------
    positives, negatives : array-like of shape (..., bins)
        Counts or sums of weights, from the lowest bin to the highest.

    Returns
    -------
    BinnedArea
        Arrays of shape (...).

    Raises
    ------
    InputError
        The two differ in shape.

    References
    ----------
    Mann and Whitney (1947); Hanley and McNeil (1982), Radiology 143, 29-36.

    Examples
    --------
    >>> area = auc_from_counts([0, 1, 3], [2, 1, 1])
    >>> float(area.value), float(area.error)
    (0.8125, 0.125)
    """
    high, low = np.asarray(positives, dtype=float), np.asarray(negatives, dtype=float)
    if high.shape != low.shape or high.ndim == 0:
        raise InputError.of(
            "shape",
            "negatives",
            f"counts of both labels have one value a bin, got the shapes {high.shape} and {low.shape}",
        )
    pairs = high.sum(axis=-1) * low.sum(axis=-1)
    below = np.cumsum(low, axis=-1) - low
    tied = (high * low).sum(axis=-1) / 2
    return BinnedArea(divide((high * below).sum(axis=-1) + tied, pairs), divide(tied, pairs))
