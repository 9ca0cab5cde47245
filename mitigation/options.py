"""Options that several methods share, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError, Problem


def strength_problems(strength: Any, where: str = "strength") -> list[Problem]:
    """List what is wrong with a strength: it must be a number between 0 and 1.

    Examples
    --------
    >>> strength_problems(0.5), strength_problems(2)[0].message
    ([], 'must be a number between 0 and 1, got 2')
    """
    number = isinstance(strength, int | float | np.number) and not isinstance(strength, bool)
    if number and 0 <= strength <= 1:
        return []
    return [Problem("strength", where, f"must be a number between 0 and 1, got {strength!r}")]


def size_problems(least: Any) -> list[Problem]:
    """List what is wrong with a minimum group size: it must be a number of rows.

    Examples
    --------
    >>> size_problems(30), size_problems(-1)[0].message
    ([], 'must be a number of rows, 0 or more, got -1')
    """
    if isinstance(least, int | np.integer) and not isinstance(least, bool) and least >= 0:
        return []
    return [Problem("size", "min_group_size", f"must be a number of rows, 0 or more, got {least!r}")]


def choice_problems(value: Any, allowed: tuple[str, ...], where: str) -> list[Problem]:
    """List what is wrong with a choice among words.

    Examples
    --------
    >>> choice_problems("isotone", ("sigmoid", "isotonic"), "method")[0].message
    "must be one of 'sigmoid', 'isotonic', got 'isotone'"
    """
    if isinstance(value, str) and value in allowed:
        return []
    return [Problem("choice", where, f"must be one of {', '.join(map(repr, allowed))}, got {value!r}")]


def refuse(*problems: list[Problem]) -> None:
    """Raise all problems of several options at once, if there are any.

    Raises
    ------
    InputError

    Examples
    --------
    >>> refuse([], [])
    """
    found = [problem for some in problems for problem in some]
    if found:
        raise InputError(found)
