"""Rates of groups in a sample of strata and sampling units: groups are domains that may share units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem
from .interval_basics import critical_value
from .labels import binary_codes
from .linearised import correlation_of, joined_ends, outcome_flags, places_of, robust_size
from .rates import Counted, Rate, count, divide, group_table, rate_named
from .results import Disparity, Group, Interval
from .row_groups import grouped_rows
from .survey import SurveyRates, position
from .survey_design import Design, read_design
from .tally import cube_of, refuse_unaligned

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DesignedRates(SurveyRates):
    """`SurveyRates` from rows: with the covariance of groups that share sampling units, shape (G, G)."""

    covariance: Floats

    def difference(self, group: Group, reference: Group, level: float = 0.95) -> Disparity:
        """Give the rate of a group minus that of another, the covariance of both included.

        The groups' Wilson intervals are joined by their correlation (MOVER, Zou & Donner 2008).

        Raises
        ------
        InputError
            No group is called that, or a level outside (0, 1).
        """
        a, b = (position(self.groups, g) for g in (group, reference))
        c = self.counted
        blank = Disparity(
            c.rate.name, "difference", "reference", group, reference, float(c.value[a] - c.value[b])
        )
        reason = c.reason(a) or c.reason(b)
        if reason is not None:
            return replace(blank, reason=reason)
        first, second = (
            (float(c.value[i]), e.interval.low, e.interval.high)
            for i, e in ((i, self.estimates(level)[i]) for i in (a, b))
            if e.interval is not None
        )
        low, high = joined_ends(first, second, float(correlation_of(self.covariance)[a, b]))
        return replace(blank, interval=Interval(low, high, level, "MOVER, Wilson, design-based covariance"))


def designed_rates(
    y_true: Any = None,
    y_pred: Any = None,
    *,
    rate: Rate | str = "selection_rate",
    sensitive_features: Any,
    sample_weight: Any,
    strata: Any = None,
    psu: Any = None,
    pos_label: Any = None,
    level: float = 0.95,
) -> DesignedRates:
    """Compute a rate of every group (a domain of the sample) with the variance of its design.

    Parameters
    ----------
    y_true, y_pred, sensitive_features, sample_weight, pos_label
        As for `cube_of`.
    rate : Rate or str
    strata, psu : array-like of shape (rows,), optional
    level : float
        Of the interval that the effective sizes are for, in (0, 1).

    Returns
    -------
    DesignedRates

    Raises
    ------
    InputError
        With the problems of `cube_of` or of `read_design`.

    Examples
    --------
    >>> found = designed_rates(
    ...     None, [1, 0, 1, 0, 0, 0], sensitive_features=["F", "M"] * 3, sample_weight=[1, 2] * 3,
    ...     psu=[1, 1, 2, 2, 3, 3])
    >>> found.counted.value.round(3).tolist(), found.df
    ([0.667, 0.0], 2)
    """
    rate = rate if isinstance(rate, Rate) else rate_named(rate)
    critical_value(level)
    cube = cube_of(
        y_true,
        y_pred,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        pos_label=pos_label,
    )
    table = group_table(cube, *cube.of_role("sensitive"))
    outcomes = {
        name: values for name, values in (("y_true", y_true), ("y_pred", y_pred)) if values is not None
    }
    flags = {name: binary_codes(values, name, pos_label) for name, values in outcomes.items()}
    held = grouped_rows(sensitive_features, flags, sample_weight=sample_weight)
    table = replace(table, groups=held.groups, measures=table.measures[places_of(held.groups, table.groups)])
    _refuse_unaligned({**outcomes, "strata": strata, "psu": psu})
    design = read_design(len(held.order), strata, psu)
    plain = count(table, rate)
    if plain.missing_input is not None:
        nothing = np.full(len(held.groups), np.nan)
        return DesignedRates(held.groups, plain, nothing, nothing, design.df, np.outer(nothing, nothing))
    above, below = outcome_flags(rate, table)
    cell = np.zeros(len(held.order), dtype=np.intp)
    for size, name in zip(table.measures.shape[1:3], ("y_true", "y_pred"), strict=True):
        cell = cell * size + (held.columns[name].astype(np.intp) if name in flags else 0)
    weight = np.ones(len(cell)) if held.weight is None else held.weight
    own = (held.order, np.repeat(np.arange(len(held.groups)), np.diff(held.starts)))
    scores, sizes = np.zeros((2, len(cell), len(held.groups)))
    share = held.spread(np.nan_to_num(divide(1.0, plain.denominator)))
    scores[own] = weight * share * (above[cell] - held.spread(np.nan_to_num(plain.value)) * below[cell])
    sizes[own] = weight * below[cell]
    return _designed(plain, held.groups, design, scores, sizes, level)


def _refuse_unaligned(beside: dict[str, Any]) -> None:
    problems: list[Problem] = []
    refuse_unaligned(beside.items(), problems)
    if problems:
        raise InputError(problems)


def _designed(  # noqa: PLR0917 - the rate, its design, and the level
    plain: Counted, groups: tuple[Group, ...], design: Design, scores: Floats, sizes: Floats, level: float
) -> DesignedRates:
    defined = np.where(np.isnan(plain.value), np.nan, 1.0)
    covariance = design.covariance(scores) * np.outer(defined, defined)
    variance, rows = np.diagonal(covariance), len(scores)
    simple = divide(plain.value * (1 - plain.value), plain.rows) * rows / (rows - 1)
    total, df = np.full(len(groups), float(rows)), np.full(len(groups), float(design.df))
    # A rate of 0 or 1 shows no variance: then units count as if all their rows were one.
    alike = np.nan_to_num(divide(plain.denominator**2, (design.totals(sizes) ** 2).sum(axis=0)))
    size = robust_size(variance, simple, plain.rows, alike, total, df, level)
    counted = replace(plain, effective=size)
    return DesignedRates(groups, counted, variance, divide(variance, simple), design.df, covariance)
