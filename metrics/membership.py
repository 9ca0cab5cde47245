"""Group membership given as probabilities, as BISG gives them: weighted rates and what they rest on.

A row counts in every group by its probability of belonging there: ``sum w y / sum w``. That is right
where, among people of one proxy value (one surname and neighbourhood), outcome and membership are
unrelated; else it is biased by their covariance (Chen, Kallus, Mao, Svacha & Udell 2019).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .intervals import modified_wilson
from .linearised import correlation_of, joined_ends
from .member_rows import MemberRows, membership_rows
from .rates import Rate, divide
from .results import RATE_INTERVAL, Disparity, Estimate, Group, Interval, Level
from .survey import position

Floats = NDArray[np.float64]
METHOD = f"{RATE_INTERVAL}, linearised over rows"
ASSUMED = """Each row counts in every group by its probability of belonging there. The intervals carry \
sampling and membership uncertainty if the probabilities are calibrated and if, among people of equal \
probabilities, outcome and true group are unrelated."""
WEIGHTED_BIAS = """Where they are related, the weighted rate of a group is off by minus their covariance \
given the proxy, over the group's share (Chen et al. 2019); no number of rows removes that."""
THRESHOLDED_BIAS = """Thresholded membership (each row in its likeliest group) mixes the groups instead, \
and is biased even where outcome and group are unrelated given the proxy; its rates are shown for \
comparison only."""


@dataclass(frozen=True, eq=False)
class MembershipRates:
    """A rate of every group whose membership is given as probabilities.

    Parameters
    ----------
    rate : str
    groups : tuple of tuple, length G
    rates : tuple of Estimate
        Weighted; ``rows`` counts rows with any probability in the denominator.
    covariance : ndarray of shape (G, G)
        Of the rates; all groups share the same rows.
    thresholded : tuple of Estimate
        With every row in its likeliest group; without intervals, which would not hold the true rate.
    bias, thresholded_bias : tuple of Estimate
        Weighted and thresholded minus true rate, from rows whose true group is known; empty without them.
    words : tuple of str
        What the figures rest on.
    """

    rate: str
    groups: tuple[Group, ...]
    rates: tuple[Estimate, ...]
    covariance: Floats
    thresholded: tuple[Estimate, ...]
    bias: tuple[Estimate, ...]
    thresholded_bias: tuple[Estimate, ...]
    words: tuple[str, ...]

    def difference(self, group: Group, reference: Group) -> Disparity:
        """Give the rate of a group minus that of another, their covariance included.

        The groups' intervals are joined by their correlation (MOVER, Zou & Donner 2008).

        Raises
        ------
        InputError
            No group is called that.
        """
        a, b = (position(self.groups, g) for g in (group, reference))
        first, second = self.rates[a], self.rates[b]
        value = first.value - second.value
        blank = Disparity(self.rate, "difference", "reference", group, reference, value)
        if first.interval is None or second.interval is None:
            return replace(blank, reason=first.reason or second.reason)
        ends = [(e.value, i.low, i.high) for e, i in ((first, first.interval), (second, second.interval))]
        low, high = joined_ends(ends[0], ends[1], float(correlation_of(self.covariance)[a, b]))
        method = "MOVER, Wilson, linearised covariance"
        spread = self.covariance[a, a] + self.covariance[b, b] - 2 * self.covariance[a, b]
        p_value = float(2 * special.ndtr(-abs(value) / np.sqrt(spread))) if spread > 0 else np.nan
        return replace(blank, interval=Interval(low, high, first.interval.level, method), p_value=p_value)


def probabilistic_rates(
    y_true: Any = None,
    y_pred: Any = None,
    *,
    membership: Any,
    rate: Rate | str = "selection_rate",
    groups: tuple[Level, ...] | None = None,
    true_groups: Any = None,
    sample_weight: Any = None,
    pos_label: Level = None,
    tolerance: float = 1e-3,
    level: float = 0.95,
) -> MembershipRates:
    """Compute a rate of every group from probabilities of membership.

    ``p_g = sum_i w_ig a_i / sum_i w_ig b_i`` with ``w_ig`` the probability that row i is of group g (times
    its weight), and the linearised (co)variance of these ratios over rows; the modified Wilson interval on
    the effective size ``p (1 - p) / var``. Probabilities of 0 and 1 give the plain rates.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (rows,), optional
        As for `cube_of`; what the rate needs.
    membership : frame, mapping or array of shape (rows, G)
        Probabilities, one column a group, that add up to 1 in each row.
    rate : Rate or str
    groups : tuple, optional
        Names of the groups; the columns' own without it.
    true_groups : array-like of shape (rows,), optional
        The true group of a validation subset, missing for the others: then the bias is estimated.
    sample_weight : array-like of shape (rows,), optional
        At least zero.
    pos_label : str, int, float or bool, optional
    tolerance : float
        How far the probabilities of a row may add up to something other than 1.
    level : float
        In (0, 1).

    Returns
    -------
    MembershipRates

    Raises
    ------
    InputError
        With every problem found: probabilities out of range or not adding up, lengths that differ, and so on.

    Examples
    --------
    >>> found = probabilistic_rates(
    ...     None, [1, 0, 1, 0], membership={"A": [0.9, 0.2, 0.8, 0.1], "B": [0.1, 0.8, 0.2, 0.9]})
    >>> [round(e.value, 3) for e in found.rates], [e.value for e in found.thresholded]
    ([0.85, 0.15], [1.0, 0.0])
    """
    rows = membership_rows(
        y_true,
        y_pred,
        membership=membership,
        rate=rate,
        groups=groups,
        true_groups=true_groups,
        sample_weight=sample_weight,
        pos_label=pos_label,
        tolerance=tolerance,
    )
    value, scores = weighted_scores(rows, rows.shares)
    covariance = scores.T @ scores * rows.widen * np.outer(*(np.where(np.isnan(value), np.nan, 1.0),) * 2)
    bias = _bias(rows, rows.shares, level)
    return MembershipRates(
        rate=rows.rate.name,
        groups=rows.groups,
        rates=_estimates(rows, value, np.diagonal(covariance), level),
        covariance=covariance,
        thresholded=_plain(rows),
        bias=bias,
        thresholded_bias=_bias(rows, rows.likeliest, level),
        words=(ASSUMED, WEIGHTED_BIAS, THRESHOLDED_BIAS, _found(bias)),
    )


def weighted_scores(rows: MemberRows, shares: Floats) -> tuple[Floats, Floats]:
    """Give the weighted rate of every group, and each row's linearised score, (rows, G).

    Examples
    --------
    >>> rows = membership_rows(None, [1, 0], membership={"A": [1.0, 0.0], "B": [0.0, 1.0]})
    >>> weighted_scores(rows, rows.shares)[0].tolist()
    [1.0, 0.0]
    """
    held = rows.weight[:, None] * shares
    total = rows.below @ held
    value = divide(rows.above @ held, total)
    error = rows.above[:, None] - rows.below[:, None] * np.nan_to_num(value)
    return value, held * error * np.nan_to_num(divide(1.0, total))


def _estimates(rows: MemberRows, value: Floats, variance: Floats, level: float) -> tuple[Estimate, ...]:
    held = rows.weight[:, None] * rows.shares
    total = rows.below @ held
    kish = np.nan_to_num(divide(total**2, rows.below @ held**2))
    spread = value * (1 - value) * rows.widen
    size = np.where(spread > 0, np.nan_to_num(divide(spread, variance)), kish)
    low, high = modified_wilson(np.nan_to_num(value) * size, size, level)
    counted = (rows.below[:, None] * (held > 0)).sum(axis=0)
    return tuple(
        Estimate(
            value=float(value[g]),
            interval=None if np.isnan(low[g]) else Interval(float(low[g]), float(high[g]), level, METHOD),
            numerator=float(rows.above @ held[:, g]),
            denominator=float(total[g]),
            rows=int(counted[g]),
            effective=float(size[g]),
            reason=rows.rate.empty if np.isnan(value[g]) else None,
        )
        for g in range(len(value))
    )


def _plain(rows: MemberRows) -> tuple[Estimate, ...]:
    value, _ = weighted_scores(rows, rows.likeliest)
    held = rows.weight[:, None] * rows.likeliest
    return tuple(
        Estimate(
            value=float(value[g]),
            numerator=float(rows.above @ held[:, g]),
            denominator=float(rows.below @ held[:, g]),
            rows=int(rows.below @ rows.likeliest[:, g]),
            reason=rows.rate.empty if np.isnan(value[g]) else None,
        )
        for g in range(len(value))
    )


def _bias(rows: MemberRows, shares: Floats, level: float) -> tuple[Estimate, ...]:
    """Estimate minus true rate, over the rows whose true group is known; both vary with the same rows."""
    if rows.truth is None:
        return ()
    known = rows.take(rows.truth >= 0)
    truth = np.eye(len(rows.groups))[rows.truth[rows.truth >= 0]]
    value, scores = weighted_scores(known, shares[rows.truth >= 0])
    true, plain = weighted_scores(known, truth)
    half = float(special.ndtri(0.5 + level / 2)) * np.sqrt(((scores - plain) ** 2).sum(axis=0) * known.widen)
    gap = value - true
    return tuple(
        Estimate(
            value=float(gap[g]),
            interval=None
            if np.isnan(gap[g]) or np.isnan(half[g])
            else Interval(float(gap[g] - half[g]), float(gap[g] + half[g]), level, "normal, linearised"),
            rows=int(known.below @ truth[:, g]),
            reason=rows.rate.empty if np.isnan(gap[g]) else None,
        )
        for g in range(len(gap))
    )


def _found(bias: tuple[Estimate, ...]) -> str:
    if not bias:
        return "No true groups were given, so the bias is unknown here."
    off = sum(e.interval is not None and not e.interval.holds(0.0) for e in bias)
    known = "Among rows whose true group is known, the weighted rate is off beyond chance"
    return f"{known} in {off} of {len(bias)} groups (see bias)."
