"""Impact ratios as New York City's rules on automated employment decision tools define them (6 RCNY 5-300).

The ratio of a category is its rate by that of the category with the highest rate *on the same axis*.
The rules name no pass mark.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from .cube import DECISION, Cube
from .intervals import widened_ratio
from .rates import RATES, Counted, count, divide, group_table
from .results import WIDENED_INTERVAL, Group, Interval


@dataclass(frozen=True)
class Category:
    """One category of an axis.

    Parameters
    ----------
    group : tuple
    rows : int
    share : float
        Of all assessed people whose category on this axis is known.
    selected : float
        Selected, or scored above the median; weighted.
    rate : float
    ratio : float
        By the highest rate among the included categories; ``nan`` where excluded or undefined.
    interval : Interval or None
        Of the ratio (Miettinen & Nurminen); the category with the highest rate has none.
    small : bool
        Whether the share lies below the limit, so that an auditor may exclude the category.
    excluded : bool
    reason : Reason or None
    """

    group: Group
    rows: int
    share: float
    selected: float
    rate: float
    ratio: float
    interval: Interval | None
    small: bool
    excluded: bool
    reason: Reason | None = None


@dataclass(frozen=True)
class ImpactTable:
    """The impact ratios of one axis: sex, race/ethnicity, or their intersection.

    Parameters
    ----------
    attributes : tuple of str
    categories : tuple of Category
    highest : tuple or None
        The category that the others are divided by.
    unknown : int
        Rows whose category on this axis is not known; they are in no rate.
    """

    attributes: tuple[str, ...]
    categories: tuple[Category, ...]
    highest: Group | None
    unknown: int


def impact_ratios(
    cube: Cube,
    *attributes: str,
    min_share: float = 0.02,
    exclude: Collection[Group] = (),
    level: float = 0.95,
) -> ImpactTable:
    """Compute selection (or scoring) rates and impact ratios of one axis of categories.

    Parameters
    ----------
    cube : Cube
        With decisions; for scores put `above_median` of the scores, or `median_split`, in their place.
    *attributes : str
        One attribute, or several for the intersection. People who lack one of them are unknown.
    min_share : float
        Categories below this share of the data may be excluded (5-301(d)); in [0, 1).
    exclude : collection of tuple
        The categories that the auditor excludes; each must be below ``min_share``. Their rows and rates
        stay in the table, as the rules demand.
    level : float

    Returns
    -------
    ImpactTable

    Raises
    ------
    InputError
        No such axis or category, or a category to exclude that is not small.

    Examples
    --------
    >>> from evenhand.metrics.tally import cube_of
    >>> decisions = [1] * 667 + [0] * 723 + [1] * 555 + [0] * 626
    >>> cube = cube_of(None, decisions, sensitive_features={"sex": ["Male"] * 1390 + ["Female"] * 1181})
    >>> found = impact_ratios(cube, "sex")
    >>> [(one.group[0], round(one.rate, 2), round(one.ratio, 3)) for one in found.categories]
    [('Female', 0.47, 0.979), ('Male', 0.48, 1.0)]
    """
    if not 0 <= min_share < 1:
        raise InputError.of(
            "min_share", "min_share", f"a share in [0, 1) is wanted, got {min_share}; write 0.02"
        )
    if DECISION not in cube.names:
        raise InputError.of(
            "no_decisions", DECISION, "decisions are needed; make them of scores with median_split"
        )
    table = group_table(cube, *attributes)
    counted = count(table, RATES["selection_rate"])
    known = np.array([None not in group for group in table.groups])
    share = divide(counted.denominator * known, (counted.denominator * known).sum())
    small = share < min_share
    excluded = _excluded(table.groups, small, exclude)
    merit = np.where(known & ~excluded & ~np.isnan(counted.value), counted.value, -np.inf)
    at = int(np.argmax(merit)) if np.isfinite(merit).any() else None

    def flags(i: int) -> tuple[float, bool, bool]:
        return float(share[i]), bool(small[i]), bool(excluded[i])

    return ImpactTable(
        attributes=attributes,
        categories=tuple(
            _category(table.groups[i], counted, (int(i), at), flags(int(i)), level)
            for i in np.flatnonzero(known)
        ),
        highest=None if at is None else table.groups[at],
        unknown=int(table.rows[~known].sum()),
    )


def _excluded(
    groups: tuple[Group, ...], small: NDArray[np.bool_], exclude: Collection[Group]
) -> NDArray[np.bool_]:
    strange = [group for group in exclude if group not in groups or not small[groups.index(group)]]
    if strange:
        shown = ", ".join(" x ".join(map(str, group)) for group in strange)
        rule = "only categories below the limit of the share may be excluded"
        raise InputError.of("not_small", "exclude", f"{rule}, got {shown}; leave them in")
    return np.array([group in exclude for group in groups])


def _category(
    group: Group,
    counted: Counted,
    places: tuple[int, int | None],
    kind: tuple[float, bool, bool],
    level: float,
) -> Category:
    i, at = places
    share, small, excluded = kind
    ratio, interval = np.nan, None
    if at is not None and not excluded:
        ratio = float(divide(counted.value[i], counted.value[at]))
        if i != at and not np.isnan(ratio):
            x, n = counted.successes, counted.effective
            low, high = widened_ratio(x[i], n[i], x[at], n[at], level)
            interval = Interval(float(low), float(high), level, WIDENED_INTERVAL)
    reason = counted.reason(i) or (Reason.ZERO_REFERENCE if np.isnan(ratio) and not excluded else None)
    selected, rate = float(counted.numerator[i]), float(counted.value[i])
    rows = int(counted.rows[i])
    return Category(group, rows, share, selected, rate, ratio, interval, small, excluded, reason)
