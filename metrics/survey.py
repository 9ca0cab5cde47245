"""Design-based variances: what survey weights, strata and sampling units make of a rate's uncertainty.

Weights alone are read off the cube's cells (sums of weights and of their squares). Strata and primary
sampling units need the rows. Both are with-replacement linearised variances, as R's survey package has
them for ``svydesign`` without finite population corrections.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, stdtrit

from ..errors import InputError, did_you_mean
from .interval_basics import critical_value
from .intervals import miettinen_nurminen_difference, modified_wilson, score_z_difference
from .linearised import robust_size, row_variance, rows_in
from .rates import Counted, GroupTable, Rate, count, divide, effective_size, rate_named
from .results import RATE_INTERVAL, Disparity, Estimate, Group, Interval

Floats = NDArray[np.float64]
Ends = Literal["wilson", "logit"]
_DESIGNED = ", design-based size"


@dataclass(frozen=True, eq=False)
class SurveyRates:
    """A rate of every group with its design-based variance; arrays of shape (G,).

    Parameters
    ----------
    groups : tuple of tuple
    counted : Counted
        ``effective`` is Korn & Graubard's (1998): the rows over the design effect, never above the rows.
    variance : ndarray
        Linearised; ``nan`` where undefined.
    effect : ndarray
        Design effect: the variance over that of as many unweighted rows (Kish 1965).
    df : float
        Degrees of freedom: sampling units less strata.
    """

    groups: tuple[Group, ...]
    counted: Counted
    variance: Floats
    effect: Floats
    df: float

    def estimates(self, level: float = 0.95, method: Ends = "wilson") -> tuple[Estimate, ...]:
        """Give each group's rate with an interval.

        Parameters
        ----------
        level : float
            In (0, 1).
        method : {"wilson", "logit"}
            The modified Wilson one on the effective size, or Student's t on the log-odds (as ``svyciprop``
            does), which does not exist at 0 and 1.

        Raises
        ------
        InputError
            The level or the method is not one of those.
        """
        critical_value(level)
        if method not in ("wilson", "logit"):
            raise InputError.of("choice", "method", f"one of wilson, logit is wanted, got {method!r}")
        c = self.counted
        if method == "wilson":
            (low, high), name = modified_wilson(c.successes, c.effective, level), RATE_INTERVAL + _DESIGNED
        else:
            (low, high), name = self._logit(level), "logit, linearised"
        return tuple(
            Estimate(
                value=float(c.value[i]),
                interval=None
                if np.isnan(low[i]) or np.isnan(c.value[i])
                else Interval(float(low[i]), float(high[i]), level, name),
                numerator=float(c.numerator[i]),
                denominator=float(c.denominator[i]),
                rows=int(c.rows[i]),
                effective=float(c.effective[i]),
                reason=c.reason(i),
            )
            for i in range(len(c.value))
        )

    def _logit(self, level: float) -> tuple[Floats, Floats]:
        p = self.counted.value
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.sqrt(self.variance) / (p * (1 - p))
            half = stdtrit(max(self.df, 1.0), 0.5 + level / 2) * spread
            return np.asarray(expit(logit(p) - half)), np.asarray(expit(logit(p) + half))

    def difference(self, group: Group, reference: Group, level: float = 0.95) -> Disparity:
        """Give the rate of a group minus that of another, whose rows are others.

        The groups are domains of one sample: without sampling units that both have rows in, their
        estimates do not covary. Miettinen & Nurminen's interval and test on the effective sizes.

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
        pair = (c.successes[a], c.effective[a], c.successes[b], c.effective[b])
        low, high = miettinen_nurminen_difference(*pair, level)
        z = float(score_z_difference(*pair))
        return replace(
            blank,
            interval=Interval(float(low), float(high), level, "Miettinen-Nurminen, design-based sizes"),
            p_value=float(2 * ndtr(-abs(z))),
        )


def position(groups: tuple[Group, ...], group: Group) -> int:
    """Give the position of a group.

    Raises
    ------
    InputError
        No group is called that.

    Examples
    --------
    >>> position((("F",), ("M",)), ("M",))
    1
    """
    if group not in groups:
        names = [" x ".join(map(str, known)) for known in groups]
        name = " x ".join(map(str, group))
        raise InputError.of(
            "unknown_group", "group", f"no group is called {name!r}; {did_you_mean(name, names)}"
        )
    return groups.index(group)


def survey_rates(table: GroupTable, rate: Rate | str, level: float = 0.95) -> SurveyRates:
    """Compute a rate's design-based variance from cells, exactly.

    ``var = n / (n - 1) sum_c q_c (a_c - p b_c)^2 / W^2``: ``q_c`` sums the squared weights of cell c, in
    which all rows share whether they count above (a) and below (b) the line; W sums the weights below
    it; n counts the rows of all groups, of which a group is a domain. (Kish's effective size, the default
    of the product, takes weights to be unrelated to outcomes; this does not.)

    Parameters
    ----------
    table : GroupTable
    rate : Rate or str
    level : float
        Of the interval that the effective sizes are for, in (0, 1).

    Returns
    -------
    SurveyRates
        At a rate of 0 or 1 the variance is 0 and the effective size Kish's.

    Raises
    ------
    InputError
        No rate is called that.

    Examples
    --------
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> cube = cube_of(None, [1, 0, 1, 0], sensitive_features=["F"] * 4, sample_weight=[1.0, 1.0, 3.0, 3.0])
    >>> found = survey_rates(group_table(cube, "sensitive_feature"), "selection_rate")
    >>> float(found.variance[0].round(4)), float(found.effect[0])
    (0.1042, 1.25)
    """
    rate = rate if isinstance(rate, Rate) else rate_named(rate)
    plain = count(table, rate)
    groups = len(table.groups)
    if plain.missing_input is not None:
        nothing = np.full(groups, np.nan)
        return SurveyRates(table.groups, plain, nothing, nothing, np.nan)
    rows = rows_in(table)
    share = divide(rows, rows - 1)
    variance = row_variance(table, plain) * share
    size = plain.denominator if table.weight_kind == "frequency" else plain.rows
    return _designed(table.groups, plain, variance, size, share, rows - 1, level)


def _designed(  # noqa: PLR0917 - the sample, its design, and the level
    groups: tuple[Group, ...],
    plain: Counted,
    variance: Floats,
    size: Floats,
    share: Floats | float,
    df: float,
    level: float,
) -> SurveyRates:
    simple = divide(plain.value * (1 - plain.value), size) * share
    total = np.full(len(size), df + 1.0)
    effective = robust_size(variance, simple, size, plain.effective, total, np.full(len(size), df), level)
    return SurveyRates(groups, replace(plain, effective=effective), variance, divide(variance, simple), df)


def kish_size(weights: Floats) -> float:
    """Give ``(sum w)^2 / sum w^2`` (Kish 1965).

    Examples
    --------
    >>> kish_size(np.array([1.0, 1.0, 1.0, 3.0]))
    3.0
    """
    ones = np.array([1.0])
    return float(
        effective_size(ones * weights.sum(), ones * (weights**2).sum(), ones * len(weights), "survey")[0]
    )
