"""Strata and primary sampling units: the ultimate cluster estimator, from the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..errors import InputError, Problem
from .interval_basics import critical_value
from .labels import binary_codes, collect, numbers, weights as read_weights
from .linearised import correlation_of, joined_ends, outcome_flags, robust_size
from .people import person_codes
from .rates import Counted, Rate, count, divide, group_table, rate_named
from .results import Disparity, Group, Interval
from .row_groups import grouped_rows
from .survey import SurveyRates, kish_size, position
from .tally import cube_of

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True)
class SurveyMean:
    """A weighted mean and its design-based variance.

    Parameters
    ----------
    value, variance : float
    effect : float
        Design effect: the variance over that of as many unweighted rows.
    effective : float
        Rows over the design effect.
    rows, psus, strata : int
    df : int
        Sampling units less strata.
    """

    value: float
    variance: float
    effect: float
    effective: float
    rows: int
    psus: int
    strata: int
    df: int

    def interval(self, level: float = 0.95) -> Interval | None:
        """Give Student's t interval; None where the variance is undefined."""
        half = float(special.stdtrit(max(self.df, 1), 0.5 + level / 2)) * float(np.sqrt(self.variance))
        if not np.isfinite(half):
            return None
        return Interval(self.value - half, self.value + half, level, "Student t, linearised")


@dataclass(frozen=True)
class Design:
    """Who was sampled with whom: codes of shape (rows,), units nested in strata."""

    stratum: Codes
    psu: Codes
    home: Codes
    """The stratum of each unit, shape (units,)."""

    @property
    def df(self) -> int:
        """Sampling units less strata."""
        return len(self.home) - int(self.stratum.max()) - 1

    def covariance(self, scores: Floats) -> Floats:
        """Covariance of the totals of linearised scores of shape (rows, K).

        ``sum_h n_h / (n_h - 1) sum_i (t_hi - mean_h) (t_hi - mean_h)'``, t_hi being the totals of unit i
        of stratum h.
        """
        units, strata = len(self.home), int(self.home.max()) + 1
        totals = np.stack([np.bincount(self.psu, weights=s, minlength=units) for s in scores.T], axis=1)
        size = np.bincount(self.home, minlength=strata).astype(float)
        sums = np.stack([np.bincount(self.home, weights=t, minlength=strata) for t in totals.T], axis=1)
        apart = (totals - (sums / size[:, None])[self.home]) * np.sqrt(size / (size - 1))[self.home][:, None]
        return np.asarray(apart.T @ apart)


def read_design(rows: int, strata: Any = None, psu: Any = None) -> Design:
    """Read strata and sampling units; units of one name in two strata are two units.

    Parameters
    ----------
    rows : int
    strata, psu : array-like of shape (rows,), optional
        Without them: one stratum, every row its own unit.

    Raises
    ------
    InputError
        With every problem found: lengths that differ, missing values, strata with a single unit.

    Examples
    --------
    >>> read_design(4, strata=["a", "a", "b", "b"], psu=[1, 2, 1, 2]).df
    2
    """
    problems: list[Problem] = []
    given = {
        name: collect(problems, partial(_codes, values, name, rows))
        for name, values in (("strata", strata), ("psu", psu))
        if values is not None
    }
    if problems:
        raise InputError(problems)
    stratum, unit = given.get("strata"), given.get("psu")
    stratum = np.zeros(rows, dtype=np.intp) if stratum is None else stratum
    unit = np.arange(rows) if unit is None else unit
    joint, code = np.unique(stratum * (int(unit.max()) + 1) + unit, return_inverse=True)
    home = joint // (int(unit.max()) + 1)
    lonely = int((np.bincount(home) < 2).sum())
    if lonely:
        rule = "each stratum holds at least two sampling units, or its variance is unknown"
        raise InputError.of("lonely_psu", "psu", f"{rule}; got {lonely:,} strata with one: merge them with others")
    return Design(stratum, code.astype(np.intp), home.astype(np.intp))


def _codes(values: Any, name: str, rows: int) -> Codes:
    codes, missing = person_codes(values)
    if len(codes) != rows:
        rule = f"one value a row is wanted, got {len(codes):,} for {rows:,} rows"
        raise InputError.of("lengths_differ", name, f"{rule}; give both of the same rows")
    if missing:
        rule = f"every row has a value, got {missing:,} missing"
        raise InputError.of("missing_values", name, f"{rule}; drop or fill those rows")
    return codes


def survey_variance(values: ArrayLike, weights: ArrayLike, strata: Any = None, psu: Any = None) -> SurveyMean:
    """Give a weighted mean with the linearised variance of its design (ultimate clusters, Kalton 1979).

    Parameters
    ----------
    values : array-like of shape (rows,)
        Finite numbers; for a rate, 0 and 1.
    weights : array-like of shape (rows,)
        At least zero.
    strata, psu : array-like of shape (rows,), optional

    Returns
    -------
    SurveyMean

    Raises
    ------
    InputError
        With every problem found: values that are not finite, bad weights, lengths that differ, missing
        strata or units, strata with a single unit.

    Examples
    --------
    >>> found = survey_variance([1, 0, 1, 1], [1, 1, 1, 1], strata=[1, 1, 2, 2])
    >>> found.value, found.variance, found.df
    (0.75, 0.0625, 2)
    """
    problems: list[Problem] = []
    y = collect(problems, lambda: numbers(values, "values"))
    w = collect(problems, lambda: read_weights(weights, "weights"))
    if y is not None and not np.isfinite(y).all():
        problems.append(Problem("bad_numbers", "values", "finite numbers are wanted; drop the other rows"))
    if y is not None and w is not None and len(y) != len(w):
        rule = f"one weight a row is wanted, got {len(w):,} for {len(y):,} rows"
        problems.append(Problem("lengths_differ", "weights", f"{rule}; give both of the same rows"))
    if problems or y is None or w is None:
        raise InputError(problems)
    design = read_design(len(y), strata, psu)
    mean = float(w @ y / w.sum())
    variance = float(design.covariance((w * (y - mean) / w.sum())[:, None])[0, 0])
    simple = float(w @ (y - mean) ** 2 / w.sum()) / (len(y) - 1)
    effect = variance / simple if simple > 0 else np.nan
    size = len(y) / effect if effect > 0 else kish_size(w)
    units = len(design.home)
    return SurveyMean(mean, variance, effect, size, len(y), units, units - design.df, design.df)


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
        blank = Disparity(c.rate.name, "difference", "reference", group, reference, float(c.value[a] - c.value[b]))
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
        y_true, y_pred, sensitive_features=sensitive_features, sample_weight=sample_weight, pos_label=pos_label
    )
    table = group_table(cube, *cube.of_role("sensitive"))
    outcomes = {name: values for name, values in (("y_true", y_true), ("y_pred", y_pred)) if values is not None}
    flags = {name: binary_codes(values, name, pos_label) for name, values in outcomes.items()}
    held = grouped_rows(sensitive_features, flags, sample_weight=sample_weight)
    table = replace(
        table, groups=held.groups, measures=table.measures[[table.groups.index(g) for g in held.groups]]
    )
    design = read_design(len(held.order), strata, psu)
    plain = count(table, rate)
    if plain.missing_input is not None:
        nothing = np.full(len(held.groups), np.nan)
        return DesignedRates(held.groups, plain, nothing, nothing, design.df, np.outer(nothing, nothing))
    above, below = outcome_flags(rate, table)
    cell = np.zeros(len(held.order), dtype=np.intp)
    for size, name in zip(table.measures.shape[1:3], ("y_true", "y_pred"), strict=True):
        cell = cell * size + (held.columns[name].astype(np.intp) if name in flags else 0)
    error = above[cell] - held.spread(np.nan_to_num(plain.value)) * below[cell]
    scores = np.zeros((len(cell), len(held.groups)))
    share = np.nan_to_num(divide(1.0, plain.denominator))
    weight = np.ones(len(cell)) if held.weight is None else held.weight
    scores[held.order, np.repeat(np.arange(len(share)), np.diff(held.starts))] = (
        weight * error * held.spread(share)
    )
    return _designed(plain, held.groups, design, scores, level)


def _designed(
    plain: Counted, groups: tuple[Group, ...], design: Design, scores: Floats, level: float
) -> DesignedRates:
    defined = np.where(np.isnan(plain.value), np.nan, 1.0)
    covariance = design.covariance(scores) * np.outer(defined, defined)
    variance, rows = np.diagonal(covariance), len(scores)
    simple = divide(plain.value * (1 - plain.value), plain.rows) * rows / (rows - 1)
    total, df = np.full(len(groups), float(rows)), np.full(len(groups), float(design.df))
    size = robust_size(variance, simple, plain.rows, plain.effective, total, df, level)
    counted = replace(plain, effective=size)
    return DesignedRates(groups, counted, variance, divide(variance, simple), design.df, covariance)
