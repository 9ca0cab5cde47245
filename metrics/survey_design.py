"""Strata and primary sampling units: the ultimate cluster estimator, from the rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from ..errors import InputError, Problem
from .labels import collect, numbers
from .labels import weights as read_weights
from .people import person_codes
from .results import Interval
from .survey import kish_size

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

    def totals(self, scores: Floats) -> Floats:
        """Sum columns of shape (rows, K) within each unit."""
        units = len(self.home)
        return np.stack([np.bincount(self.psu, weights=s, minlength=units) for s in scores.T], axis=1)

    def covariance(self, scores: Floats) -> Floats:
        """Estimate the covariance of the totals of linearised scores of shape (rows, K).

        ``sum_h n_h / (n_h - 1) sum_i (t_hi - mean_h) (t_hi - mean_h)'``, t_hi being the totals of unit i
        of stratum h.
        """
        strata, totals = int(self.home.max()) + 1, self.totals(scores)
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
        raise InputError.of(
            "lonely_psu", "psu", f"{rule}; got {lonely:,} strata with one: merge them with others"
        )
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
    >>> found.value, round(found.variance, 4), found.df
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
