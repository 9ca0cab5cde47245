"""All figures of a ranking at one k, group by group and as a whole, with intervals where they are cheap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import Reason
from .careful_intervals import outer_of, percentile_of
from .disparity import Choice
from .intervals import critical_value
from .outcomes import reference_position
from .ranking import Ladder, discount, ndkl, rank_fairness, shared_attention, skew, top_k
from .rates import divide
from .results import Against, Disparity, Estimate, Group, Interval

Floats = NDArray[np.float64]

CHEAP = 5_000_000
"""Rows times draws beyond which no resamples are drawn, and figures stand without interval."""


@dataclass(frozen=True)
class RankAudit:
    """Figures of a ranking.

    Parameters
    ----------
    k : int
    groups : tuple of tuple
    selection, exposure, skew : tuple of Estimate
        Of each group: share of its rows among the first k; mean attention of its rows; skew@k.
    selection_ratio, exposure_ratio : tuple of Disparity
        Of each group by the reference; 1 is fair.
    ndkl : Estimate
        0 is fair.
    rank_fairness : Estimate
        1 is fair.
    """

    k: int
    groups: tuple[Group, ...]
    selection: tuple[Estimate, ...]
    exposure: tuple[Estimate, ...]
    skew: tuple[Estimate, ...]
    selection_ratio: tuple[Disparity, ...]
    exposure_ratio: tuple[Disparity, ...]
    ndkl: Estimate
    rank_fairness: Estimate

    @property
    def min_skew(self) -> float:
        """Skew of the group that the top lacks most."""
        return min(one.value for one in self.skew)

    @property
    def max_skew(self) -> float:
        """Skew of the group that the top has too many of."""
        return max(one.value for one in self.skew)


def audit_ranking(
    ladder: Ladder,
    k: int,
    reference: Choice = "largest",
    *,
    stop: float | None = None,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
) -> RankAudit:
    """Compute every figure of a ranking at k.

    Parameters
    ----------
    ladder : Ladder
        Of `evenhand.metrics.ranking.ladder_of` or `cube_ladder`.
    k : int
        From 1 to the number of rows.
    reference : "largest", "best" (most selected) or a group
    stop : float, optional
        Makes attention geometric; see `evenhand.metrics.ranking.discount`.
    level : float
    draws, seed : int
        Of resamples of rows, each ranked anew with k as it is. None are drawn where rows times draws
        exceed 5 million; 0 draws none either.

    Returns
    -------
    RankAudit
        The exposure ratio is Singh and Joachims' (2018) demographic parity of exposure. A group with a
        missing level is ranked like others but not compared with the reference.

    Raises
    ------
    InputError
        A k out of range, no such group, or a level outside (0, 1).

    Examples
    --------
    >>> from evenhand.metrics.ranking import ladder_of
    >>> ladder = ladder_of([4, 3, 2, 1], sensitive_features=["M", "M", "F", "M"])
    >>> found = audit_ranking(ladder, 2)
    >>> [round(one.value, 3) for one in found.selection], found.selection_ratio[0].value
    ([0.0, 0.667], 0.0)
    >>> round(found.exposure_ratio[0].value, 3), round(found.max_skew, 3)
    (0.0, 0.288)
    """
    critical_value(level)
    seen = discount(ladder.rows, k, stop)
    drawn = _resample(ladder, draws, seed)

    def selection(counts: Floats) -> Floats:
        return divide(top_k(counts, k), counts.sum(axis=-1))

    def exposure(counts: Floats) -> Floats:
        return divide(shared_attention(counts, seen), counts.sum(axis=-1))

    chosen, attended, skewed = (
        _both(figure, ladder.counts, drawn)
        for figure in (selection, exposure, lambda counts: skew(counts, k))
    )
    at = reference_position(ladder.groups, ladder.sizes, reference, chosen[0])
    against: Against = reference if isinstance(reference, str) else "reference"
    return RankAudit(
        k=k,
        groups=ladder.groups,
        selection=_estimates(*chosen, ladder, level),
        exposure=_estimates(*attended, ladder, level),
        skew=_estimates(*skewed, ladder, level),
        selection_ratio=_ratios("selection_at_k", *chosen, ladder, (at, against, level)),
        exposure_ratio=_ratios("exposure", *attended, ladder, (at, against, level)),
        ndkl=_divergence(ladder, k, drawn, level),
        rank_fairness=_fairness(ladder, k, stop, drawn, level),
    )


def _resample(ladder: Ladder, draws: int, seed: int) -> Floats | None:
    if draws < 1 or ladder.rows * draws > CHEAP:
        return None
    chance = ladder.counts.ravel() / ladder.rows
    drawn = np.random.default_rng(seed).multinomial(ladder.rows, chance, size=draws)
    return drawn.reshape(draws, *ladder.counts.shape).astype(float)


def _both(
    figure: Callable[[Floats], Floats], counts: Floats, drawn: Floats | None
) -> tuple[Floats, Floats | None]:
    return figure(counts), None if drawn is None else np.stack([figure(one) for one in drawn])


def _estimates(values: Floats, spread: Floats | None, ladder: Ladder, level: float) -> tuple[Estimate, ...]:
    return tuple(
        Estimate(
            float(value),
            None if spread is None else percentile_of(float(value), spread[:, i], level),
            rows=int(ladder.sizes[i]),
            reason=Reason.NO_SELECTED if np.isneginf(value) else None,
        )
        for i, value in enumerate(values)
    )


def _ratios(
    metric: str, values: Floats, spread: Floats | None, ladder: Ladder, compared: tuple[int, Against, float]
) -> tuple[Disparity, ...]:
    at, against, level = compared
    ratios = divide(values, values[at])
    drawn = None if spread is None else divide(spread, spread[:, [at]])
    return tuple(
        Disparity(
            metric,
            "ratio",
            against,
            group,
            ladder.groups[at],
            float(ratios[i]),
            None if drawn is None else percentile_of(float(ratios[i]), drawn[:, i], level),
            fair=1.0,
            reason=Reason.ZERO_REFERENCE if np.isnan(ratios[i]) else None,
        )
        for i, group in enumerate(ladder.groups)
        if i != at and None not in group
    )


def _divergence(ladder: Ladder, k: int, drawn: Floats | None, level: float) -> Estimate:
    value = ndkl(ladder.counts, k)
    interval = None if drawn is None else outer_of(value, [ndkl(one, k) for one in drawn], level)
    return Estimate(value, interval, rows=ladder.rows)


def _fairness(ladder: Ladder, k: int, stop: float | None, drawn: Floats | None, level: float) -> Estimate:
    value = float(rank_fairness(ladder.counts, k, stop))
    if drawn is None:
        return Estimate(value, rows=ladder.rows)
    distances = [1 - float(rank_fairness(one, k, stop)) for one in drawn]
    far = outer_of(1 - value, distances, level, ceiling=1.0)
    interval = None if far is None else Interval(1 - far.high, 1 - far.low, level, far.method)
    return Estimate(value, interval, rows=ladder.rows)
