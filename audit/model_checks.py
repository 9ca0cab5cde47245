"""What every reader of a model file asks of its numbers."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


class UnsupportedError(ValueError):
    """A model file is in order, and holds something that is not read."""


def require(holds: bool, what: str) -> None:  # noqa: FBT001 - the one thing it is about
    """Refuse a file that breaks a rule.

    Raises
    ------
    ValueError
        With what is wrong, where it does not hold.

    Examples
    --------
    >>> require(1 > 2, "a child lies outside")
    Traceback (most recent call last):
    ValueError: the model is damaged: a child lies outside
    """
    if not holds:
        raise ValueError(f"the model is damaged: {what}")


def check_range(values: NDArray[Any], end: int, what: str) -> None:
    """Refuse numbers below 0, or not below the end.

    Raises
    ------
    ValueError
        Some are.
    """
    require(bool(((values >= 0) & (values < end)).all()), f"{what} lies outside")
