"""Weights in a file of torch: numbers one after another, and how a tensor lies on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model_checks import require

MOST_NUMBERS = 1 << 31
"""A size, a stride or a count that is not below it is no tensor's."""


def strided(numbers: NDArray[Any], place: tuple[int, list[int], list[int]], what: str) -> NDArray[Any]:
    """Lay a tensor out of numbers that lie one after another, as a copy.

    Parameters
    ----------
    numbers : ndarray, shape (numbers,)
    place : (int, list of int, list of int)
        Where the tensor starts, its sizes and its strides; none is below 0.
    what : str
        The tensor, for messages.

    Raises
    ------
    ValueError
        It reaches beyond the numbers, or is larger than they are.

    Examples
    --------
    >>> strided(np.arange(6), (1, [2, 2], [1, 2]), "it").tolist()
    [[1, 3], [2, 4]]
    >>> strided(np.arange(6), (0, [9, 9], [0, 0]), "it")
    Traceback (most recent call last):
    ValueError: the model is damaged: it repeats its numbers
    """
    start, sizes, strides = place
    count = math.prod(sizes)
    require(len(sizes) == len(strides) and 0 <= count < MOST_NUMBERS, f"{what} is damaged")
    last = start + sum((size - 1) * stride for size, stride in zip(sizes, strides, strict=True))
    require(count == 0 or last < len(numbers), f"{what} lies outside its numbers")
    require(count <= len(numbers), f"{what} repeats its numbers")
    bytes_apart = [stride * numbers.itemsize for stride in strides]
    found = np.lib.stride_tricks.as_strided(numbers[start:], sizes, bytes_apart) if count else numbers[:0]
    return np.array(found).reshape(sizes)
