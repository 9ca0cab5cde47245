"""Replicates of counts: a resample of rows is a multinomial draw of the cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from .interval_basics import Array

CHUNK = 2_000_000
"""Cells of one block of replicates; bounds the memory."""


def multinomial_replicates(
    counts: ArrayLike, draws: int = 1000, seed: int = 0, *, stratified: bool = True
) -> Array:
    """Resample rows with replacement, as counts of cells.

    Parameters
    ----------
    counts : array-like of shape (..., K)
        Whole numbers of rows.
    draws : int
        Number of replicates.
    seed : int
        Equal seeds give equal replicates, whatever the size of the blocks they are drawn in.
    stratified : bool
        True keeps the rows of each leading index (each group) fixed; False resamples all rows
        together, so that group sizes vary too.

    Returns
    -------
    array of shape (draws, ..., K)

    Raises
    ------
    InputError
        Counts that are negative, not whole or not finite, or no draws.

    Examples
    --------
    >>> replicates = multinomial_replicates([[30, 70], [5, 15]], draws=4)
    >>> replicates.shape, replicates.sum(axis=-1)[0].tolist()
    ((4, 2, 2), [100.0, 20.0])
    """
    cells = whole_cells(counts, draws)
    rng = np.random.default_rng(seed)
    return _draw(rng, cells, draws, stratified=stratified)


def whole_cells(counts: ArrayLike, draws: int) -> Array:
    """Hold counts to whole numbers of at least 0, and the draws to at least one.

    Raises
    ------
    InputError
        They are not.

    Examples
    --------
    >>> whole_cells([3, 4], draws=1).tolist()
    [3.0, 4.0]
    """
    cells = np.asarray(counts, dtype=np.float64)
    if (
        cells.ndim == 0
        or not np.isfinite(cells).all()
        or (cells < 0).any()
        or (cells != np.rint(cells)).any()
    ):
        raise InputError.of(
            "whole_counts",
            "counts",
            "counts of rows are whole numbers of at least 0, at least one; for weights: weighted_replicates",
        )
    if draws < 1:
        raise InputError.of("draws", "draws", f"at least one draw is needed, got {draws}; write 1000")
    return cells


def _draw(rng: np.random.Generator, cells: Array, draws: int, *, stratified: bool) -> Array:
    rows = cells if stratified else cells.reshape(1, -1)
    total = rows.sum(axis=-1)
    first = np.zeros(rows.shape[-1])
    first[0] = 1.0
    chance = np.where(total[..., None] > 0, rows / np.maximum(total, 1)[..., None], first)
    drawn = rng.multinomial(total.astype(np.int64), chance, size=(draws, *total.shape))
    return drawn.astype(np.float64).reshape(draws, *cells.shape)


def replicate_blocks(
    counts: ArrayLike, draws: int = 1000, seed: int = 0, *, stratified: bool = True
) -> Iterator[Array]:
    """Give the replicates of `multinomial_replicates` in blocks that fit in memory.

    Parameters and errors as for `multinomial_replicates`.

    Examples
    --------
    >>> sum(len(block) for block in replicate_blocks([30, 70], draws=2500))
    2500
    """
    cells = whole_cells(counts, draws)
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // max(cells.size, 1))
    for start in range(0, draws, step):
        yield _draw(rng, cells, min(step, draws - start), stratified=stratified)


def weighted_replicates(
    n: ArrayLike,
    w: ArrayLike,
    w2: ArrayLike,
    draws: int = 1000,
    seed: int = 0,
    *,
    kind: Literal["survey", "frequency"] = "survey",
    stratified: bool = True,
) -> Array:
    """Resample weighted rows, as sums of weights of cells.

    Survey weights: rows are resampled, and a cell that holds k of them weighs
    ``k * mean + sqrt(k * variance) * normal``, at least 0, with the mean and variance of the cell's weights;
    for cells of few rows this is an approximation. Frequency weights: a row of weight 2 is two rows,
    so the (rounded) weights themselves are the counts that are resampled.

    Parameters
    ----------
    n, w, w2 : array-like of shape (..., K)
        Rows, sums of weights and sums of squared weights of the cells.
    draws, seed, stratified
        As for `multinomial_replicates`.
    kind : {"survey", "frequency"}
        What a weight means.

    Returns
    -------
    array of shape (draws, ..., K)

    Raises
    ------
    InputError
        Rows that are not whole numbers, a weight below 0, or ``w2`` smaller than ``w^2 / n``.

    Examples
    --------
    >>> weighted_replicates([30, 70], [60.0, 70.0], [120.0, 70.0], draws=4).shape
    (4, 2)
    """
    weight, square = np.asarray(w, dtype=np.float64), np.asarray(w2, dtype=np.float64)
    if kind == "frequency":
        return multinomial_replicates(np.rint(weight), draws, seed, stratified=stratified)
    cells = whole_cells(n, draws)
    safe = np.maximum(cells, 1)
    mean, variance = weight / safe, square / safe - (weight / safe) ** 2
    if (weight < 0).any() or (variance < -1e-9 * np.maximum(square, 1)).any():
        rule = "weights are at least 0, and the sum of their squares at least (sum of weights)^2 / rows"
        raise InputError.of("weights", "w, w2", f"{rule}; check that both sums come from the same rows")
    rng = np.random.default_rng(seed)
    rows = _draw(rng, cells, draws, stratified=stratified)
    noise = rng.standard_normal(rows.shape) * np.sqrt(rows * np.maximum(variance, 0))
    return np.maximum(rows * mean + noise, 0)
