"""What every interval needs: the critical value, counts that are held to their range, and a root finder."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..errors import InputError, Problem

Array = NDArray[np.float64]
Ends = tuple[Array, Array]
Table = tuple[Array, Array, Array, Array]
"""``x1, n1, x2, n2``: successes and rows of two groups."""
_SLACK = 1e-9
"""Rounding of weighted sums may push a count this far (relative) beyond its bounds."""


def critical_value(level: float = 0.95, z: ArrayLike | None = None) -> Array:
    """Give the two-sided normal critical value of a level, or the one that the caller has chosen.

    Parameters
    ----------
    level : float
        Nominal coverage, in (0, 1); not read where ``z`` is given.
    z : array-like, optional
        Critical value(s), at least 0.

    Raises
    ------
    InputError
        The level lies outside (0, 1), or a critical value is negative.

    Examples
    --------
    >>> float(critical_value(0.95).round(3))
    1.96
    """
    if z is None:
        if not 0 < level < 1:
            raise InputError.of(
                "level", "level", f"the level lies between 0 and 1, both excluded, got {level}; write 0.95"
            )
        return np.asarray(special.ndtri(0.5 + level / 2), dtype=np.float64)
    value = np.asarray(z, dtype=np.float64)
    if np.any(value < 0):
        raise InputError.of("critical_value", "z", f"a critical value is at least 0, got {value.min()}")
    return value


def checked_counts(*pairs: tuple[ArrayLike, ArrayLike]) -> tuple[Array, ...]:
    """Broadcast counts ``(x1, n1), (x2, n2), ...`` against each other and hold them to 0 <= x <= n.

    Raises
    ------
    InputError
        With one problem for each pair that breaks the rule; a count of nan is not a breach.

    Examples
    --------
    >>> [a.tolist() for a in checked_counts(([1, 2], 4))]
    [[1.0, 2.0], [4.0, 4.0]]
    """
    flat = [np.asarray(item, dtype=np.float64) for pair in pairs for item in pair]
    arrays = [np.array(item) for item in np.broadcast_arrays(*flat)]
    problems = []
    for place in range(len(pairs)):
        x, n = arrays[2 * place], arrays[2 * place + 1]
        slack = _SLACK * (1 + np.abs(n))
        wrong = (x < -slack) | (x > n + slack) | (n < 0) | np.isinf(x) | np.isinf(n)
        if wrong.any():
            name = f"{place + 1}" if len(pairs) > 1 else ""
            got = f"x={x[wrong].flat[0]:g}, n={n[wrong].flat[0]:g} ({int(wrong.sum())} such)"
            rule = f"successes lie between 0 and a finite number of rows, got {got}; check the counts"
            problems.append(Problem("count_range", f"x{name}, n{name}", rule))
        arrays[2 * place] = np.clip(x, 0, np.maximum(n, 0))
    if problems:
        raise InputError(problems)
    return tuple(arrays)


def checked_table(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> Table:
    """Broadcast the counts of two groups and hold them to 0 <= x <= n, as `checked_counts` does.

    Raises
    ------
    InputError
        With one problem for each group that breaks the rule.

    Examples
    --------
    >>> [float(a) for a in checked_table(1, 4, 2, 5)]
    [1.0, 4.0, 2.0, 5.0]
    """
    a, n, b, m = checked_counts((x1, n1), (x2, n2))
    return a, n, b, m


def with_rows(counts: Table) -> NDArray[np.bool_]:
    """Tell where both groups have rows.

    Examples
    --------
    >>> with_rows(checked_table(0, [0, 5], 2, 5)).tolist()
    [False, True]
    """
    return np.asarray((counts[1] > 0) & (counts[3] > 0))


def stand_ins(counts: Table, usable: NDArray[np.bool_]) -> Table:
    """Put 1 of 2 in both groups where counts cannot be used, so that a formula runs through.

    Examples
    --------
    >>> [a.tolist() for a in stand_ins(checked_table([0, 3], 5, 2, 5), np.array([False, True]))]
    [[1.0, 3.0], [2.0, 5.0], [1.0, 2.0], [2.0, 5.0]]
    """
    x1, n1, x2, n2 = (np.where(usable, a, b) for a, b in zip(counts, (1.0, 2.0, 1.0, 2.0), strict=True))
    return x1, n1, x2, n2


def blank_outside(ends: Ends, defined: NDArray[np.bool_]) -> Ends:
    """Give both ends where they are defined, and nan elsewhere.

    Examples
    --------
    >>> low, high = blank_outside((np.zeros(2), np.ones(2)), np.array([True, False]))
    >>> low.tolist()
    [0.0, nan]
    """
    return np.where(defined, ends[0], np.nan), np.where(defined, ends[1], np.nan)


def inflation(total: Array) -> Array:
    """Give N / (N - 1), by which Miettinen & Nurminen widen a score statistic's variance.

    Examples
    --------
    >>> float(inflation(np.array(5.0)))
    1.25
    """
    return total / np.maximum(total - 1, 1e-9)


def falling_root(function: Callable[[Array], Array], low: Array, high: Array, *, steps: int = 80) -> Array:
    """Solve ``function(x) = 0`` for every element at once (Chandrupatla 1997).

    Parameters
    ----------
    function : callable
        Elementwise; taken as positive at ``low`` and negative at ``high`` whatever rounding says there.
    low, high : array
        The bracket; where both agree the answer is that point.
    steps : int
        Upper bound on the number of evaluations; bisection alone would need about 50.

    Examples
    --------
    >>> falling_root(lambda x: 2 - x**2, np.array([0.0]), np.array([2.0])).round(6)
    array([1.414214])
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _chandrupatla(function, np.array(high), np.array(low), steps)


def _chandrupatla(function: Callable[[Array], Array], a: Array, b: Array, steps: int) -> Array:
    fa = np.minimum(function(a), -np.finfo(float).tiny)
    fb = np.maximum(function(b), np.finfo(float).tiny)
    t = np.full_like(a, 0.5)
    root, done = np.where(np.abs(fa) < np.abs(fb), a, b), a == b
    for _ in range(steps):
        x = a + t * (b - a)
        fx = function(x)
        same = (fx > 0) == (fa > 0)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        best = np.where(np.abs(fa) < np.abs(fb), a, b)
        root = np.where(done, root, best)
        nearest = (4 * np.finfo(float).eps * np.abs(best) + 1e-15) / np.abs(b - a)
        done = done | (nearest > 0.5) | (fa == 0)
        if done.all():
            break
        t = np.clip(_step((a, b, c), (fa, fb, fc)), nearest, 1 - nearest)
    return root


def _step(points: tuple[Array, Array, Array], values: tuple[Array, Array, Array]) -> Array:
    """Interpolate by the inverse quadratic where it is safe, halve where it is not."""
    (a, b, c), (fa, fb, fc) = points, values
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    safe = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
    t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return np.where(safe & np.isfinite(t), t, 0.5)
