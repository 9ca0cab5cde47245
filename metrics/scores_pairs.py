"""Which groups are compared, and the interval and test of a difference between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import special

from ..errors import InputError, Reason, did_you_mean
from .interval_basics import critical_value
from .results import Group
from .scores_table import Floats, Places, Why

Reference = Literal["largest", "all_pairs"] | Group
Pair = tuple[Group, Group]


def pairs_of(
    groups: Sequence[Group], sizes: Floats, reference: Reference = "largest", *, with_missing: bool = False
) -> tuple[Places, Places]:
    """Give the positions of the groups that are compared.

    Parameters
    ----------
    groups : sequence of tuple
    sizes : array of shape (G,)
        Rows of each group.
    reference : "largest", "all_pairs" or a group
        Each other group against the largest (or the named) one, or each against each later one.
    with_missing : bool
        Whether groups with a missing level are compared; a named reference always is.

    Raises
    ------
    InputError
        No group is called that.

    Examples
    --------
    >>> first, second = pairs_of([("F",), ("M",), (None,)], np.array([3.0, 5.0, 9.0]))
    >>> first.tolist(), second.tolist()
    ([0], [1])
    """
    known = [i for i, group in enumerate(groups) if with_missing or None not in group]
    if reference == "all_pairs":
        first, second = np.triu_indices(len(known), 1)
        return np.asarray(known, dtype=np.intp)[first], np.asarray(known, dtype=np.intp)[second]
    if reference == "largest":
        at = max(known, key=lambda i: float(sizes[i])) if known else -1
    elif reference in groups:
        at = list(groups).index(reference)
    else:
        names = [" x ".join(map(str, group)) for group in groups]
        name = " x ".join(map(str, reference))
        raise InputError.of("unknown_group", "reference", f"no such group; {did_you_mean(name, names)}")
    others = np.asarray([i for i in known if i != at], dtype=np.intp)
    return others, np.full(others.size, at, dtype=np.intp)


def joint_error(one: Floats, two: Floats, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Give the standard error of a difference and its degrees of freedom (Satterthwaite 1946).

    Examples
    --------
    >>> [float(a) for a in joint_error(*(np.array(a) for a in (3.0, 4.0, 9.0, np.inf)))]
    [5.0, 69.44444444444444]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = (one**2 + two**2) ** 2 / (one**4 / first + two**4 / second)
    return np.hypot(one, two), np.nan_to_num(freedom, nan=np.inf)


def student_ends(
    value: Floats, error: Floats, freedom: Floats, level: float
) -> tuple[Floats, Floats, Floats]:
    """Give both ends and the two-sided p-value of figures with an estimated standard error.

    Examples
    --------
    >>> [float(a.round(3)) for a in student_ends(*(np.array(a) for a in (0.2, 0.1, np.inf)), 0.95)]
    [0.004, 0.396, 0.046]
    """
    critical_value(level)
    freedom = np.minimum(freedom, 1e9)
    half = special.stdtrit(freedom, 0.5 + level / 2) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(value == 0, np.where(np.isnan(error), np.nan, 0.0), np.abs(value) / error)
    return value - half, value + half, 2 * special.stdtr(freedom, -t)


def paired_groups(groups: Sequence[Group], i: Places, j: Places) -> tuple[Pair, ...]:
    """Name the groups at two lists of positions.

    Examples
    --------
    >>> paired_groups([("F",), ("M",)], np.array([0]), np.array([1]))
    ((('F',), ('M',)),)
    """
    return tuple((groups[a], groups[b]) for a, b in zip(i.tolist(), j.tolist(), strict=True))


def undefined_pairs(value: Floats) -> tuple[Why, ...]:
    """Say of each comparison that lacks a value that one of its groups lacks the figure.

    Examples
    --------
    >>> undefined_pairs(np.array([0.1, np.nan]))
    (None, <Reason.GROUP_UNDEFINED: 'group_undefined'>)
    """
    return tuple(Reason.GROUP_UNDEFINED if np.isnan(one) else None for one in value)
