"""Figures of scores and of numbers that rows give: each a function of labels, predictions and weights.

They bear scikit-learn's names and give its numbers; where scikit-learn raises or returns a stand-in, a
figure that is undefined is ``nan``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .labels import binary_codes, numbers, weights
from .results import Level

Floats = NDArray[np.float64]


def weighted_mean(values: Any, name: str, sample_weight: Any = None) -> float:
    """Weighted mean of a column; ``nan`` where the weights are all zero.

    Examples
    --------
    >>> weighted_mean([0.25, 0.75], "y_pred", [1, 3])
    0.625
    """
    array = _finite(values, name)
    return _mean(array, _weights(sample_weight, array))


def mean_absolute_error(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
    """Weighted mean of ``|y_true - y_pred|``; at least 0, in the unit of ``y_true``.

    Examples
    --------
    >>> mean_absolute_error([1, 2], [2, 4])
    1.5
    """
    error = _errors(y_true, y_pred)
    return _mean(np.abs(error), _weights(sample_weight, error))


def mean_squared_error(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
    """Weighted mean of ``(y_true - y_pred)^2``; at least 0.

    Examples
    --------
    >>> mean_squared_error([1, 2], [2, 4])
    2.5
    """
    error = _errors(y_true, y_pred)
    return _mean(error * error, _weights(sample_weight, error))


def r2_score(y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
    """Share of the variance explained, ``1 - sum w e^2 / sum w (y - mean)^2``; at most 1.

    ``nan`` where the labels do not vary (scikit-learn says 0 or 1).

    Examples
    --------
    >>> r2_score([1, 2, 3], [1, 2, 4])
    0.5
    """
    error = _errors(y_true, y_pred)
    weight = _weights(sample_weight, error)
    true = numbers(y_true, "y_true")
    around = true - _mean(true, weight)
    total = float(weight @ (around * around))
    return 1 - float(weight @ (error * error)) / total if total > 0 else float("nan")


def log_loss(y_true: Any, y_pred: Any, sample_weight: Any = None, *, pos_label: Level = None) -> float:
    """Weighted mean of ``-log`` of the probability given to the true label; at least 0.

    Parameters
    ----------
    y_true : array-like of shape (rows,)
        Binary; one class alone is enough, where scikit-learn raises.
    y_pred : array-like of shape (rows,) or (rows, 2)
        Probability of the positive label, in [0, 1]; of two columns, the second. Clipped by the precision of
        its type, so that 0 and 1 have a logarithm.
    sample_weight : array-like of shape (rows,), optional
    pos_label : optional

    Examples
    --------
    >>> round(log_loss([1, 0], [0.8, 0.4]), 4)
    0.367
    """
    positive = binary_codes(y_true, "y_true", pos_label).astype(bool)
    given = np.asarray(y_pred)
    tiny = np.finfo(given.dtype).eps if given.dtype.kind == "f" else np.finfo(np.float64).eps
    chance = _finite(given[:, 1] if given.ndim == 2 and given.shape[1] == 2 else y_pred, "y_pred")
    if chance.size and (chance.min() < 0 or chance.max() > 1):
        wrong = chance[(chance < 0) | (chance > 1)][0]
        raise InputError.of("not_probabilities", "y_pred", f"probabilities lie in [0, 1], got {wrong:g}")
    _refuse_lengths(positive, chance)
    chance = np.clip(chance, tiny, 1 - tiny)
    return _mean(-np.log(np.where(positive, chance, 1 - chance)), _weights(sample_weight, chance))


def roc_auc_score(y_true: Any, y_pred: Any, sample_weight: Any = None, *, pos_label: Level = None) -> float:
    """Chance that a positive row scores above a negative one, ties counting half; in [0, 1].

    The weighted Mann-Whitney statistic (Hanley & McNeil 1982); ``nan`` unless both labels occur.

    Examples
    --------
    >>> roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    positive = binary_codes(y_true, "y_true", pos_label).astype(bool)
    score = _finite(y_pred, "y_pred")
    _refuse_lengths(positive, score)
    weight = _weights(sample_weight, score)
    _, place = np.unique(score, return_inverse=True)
    up = np.bincount(place, weights=weight * positive)
    down = np.bincount(place, weights=weight * ~positive)
    if up.sum() == 0 or down.sum() == 0:
        return float("nan")
    below = np.cumsum(down) - down / 2
    return float(up @ below / (up.sum() * down.sum()))


def _finite(values: Any, name: str) -> Floats:
    array = numbers(values, name)
    wrong = int(np.count_nonzero(~np.isfinite(array)))
    if wrong:
        raise InputError.of(
            "not_finite", name, f"finite numbers are wanted, got {wrong:,} missing or infinite"
        )
    return array


def _errors(y_true: Any, y_pred: Any) -> Floats:
    true, predicted = _finite(y_true, "y_true"), _finite(y_pred, "y_pred")
    _refuse_lengths(true, predicted)
    return true - predicted


def _refuse_lengths(first: NDArray[Any], second: NDArray[Any]) -> None:
    if len(first) != len(second):
        rule = "all inputs have one value a row"
        raise InputError.of("lengths_differ", "", f"{rule}, got {len(first):,} and {len(second):,}")


def _weights(sample_weight: Any, like: Floats) -> Floats:
    if sample_weight is None:
        return np.ones(len(like))
    given = numbers(sample_weight, "sample_weight")
    # A group whose weights are all zero is undefined, not wrong.
    weight = weights(given) if given.any() else given
    _refuse_lengths(like, weight)
    return weight


def _mean(values: Floats, weight: Floats) -> float:
    total = float(weight.sum())
    return float(weight @ values) / total if total > 0 else float("nan")
