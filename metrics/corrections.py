"""Corrections of p-values for many tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .interval_basics import Array


def holm(p_value: ArrayLike) -> Array:
    """Adjust p-values so that the chance of any false alarm in the family stays bounded (Holm 1979).

    Parameters
    ----------
    p_value : array-like of shape (..., m)
        The family lies along the last axis; nan stays nan and does not count.

    Raises
    ------
    InputError
        A p-value outside [0, 1].

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    ordered, back, size = _sorted(p_value)
    rank = np.arange(ordered.shape[-1])
    adjusted = np.fmax.accumulate(ordered * np.maximum(size - rank, 1), axis=-1)
    return _unsorted(adjusted, ordered, back)


def benjamini_hochberg(p_value: ArrayLike) -> Array:
    """Adjust p-values so that the expected share of false alarms stays bounded (1995).

    Parameters and errors as for `holm`.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    ordered, back, size = _sorted(p_value)
    rank = np.arange(1, ordered.shape[-1] + 1)
    scaled = ordered * size / rank
    adjusted = np.flip(np.fmin.accumulate(np.flip(scaled, axis=-1), axis=-1), axis=-1)
    return _unsorted(adjusted, ordered, back)


def _sorted(p_value: ArrayLike) -> tuple[Array, NDArray[np.intp], Array]:
    p = np.asarray(p_value, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise InputError.of(
            "p_value", "p_value", f"p-values lie in [0, 1], got {np.nanmin(p)} to {np.nanmax(p)}"
        )
    order = np.argsort(p, axis=-1, kind="stable")
    size = (~np.isnan(p)).sum(axis=-1, keepdims=True).astype(np.float64)
    return np.take_along_axis(p, order, axis=-1), np.argsort(order, axis=-1, kind="stable"), size


def _unsorted(adjusted: Array, ordered: Array, back: NDArray[np.intp]) -> Array:
    adjusted = np.where(np.isnan(ordered), np.nan, np.minimum(adjusted, 1))
    return np.take_along_axis(adjusted, back, axis=-1)
