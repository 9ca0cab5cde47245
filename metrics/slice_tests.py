"""How sure a slice's gap is: exact tails, a bound on what any part of a slice could show, and the rules.

Far out in the tails, where a search of a million slices decides, the normal approximation is wrong by orders
of magnitude for small slices and rates near 0 or 1. So p-values come from the hypergeometric distribution:
if a slice is treated as everybody else, its successes are a draw without replacement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .cube import WeightKind
from .rates import divide, effective_size
from .slice_counts import HITS, ROWS, SQUARE, WEIGHT

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Direction = Literal["worst", "lower", "higher", "both"]

HIGHER_IS_WORSE = frozenset(
    {
        "false_negative_rate",
        "false_positive_rate",
        "false_discovery_rate",
        "false_omission_rate",
        "error_rate",
    }
)
"""Rates of errors: a slice is treated worse where they are higher; of every other rate, where it is lower."""


@dataclass(frozen=True, eq=False)
class Compared:
    """Slices beside their rest; arrays of shape (slices,).

    ``size`` is effective, and ``hits`` is rate x size: whole numbers unless rows bear survey weights.
    """

    rate: Floats
    size: Floats
    rest_rate: Floats
    rest_size: Floats

    @property
    def gap(self) -> Floats:
        """Rate of the slice minus rate of the rest."""
        return self.rate - self.rest_rate

    @property
    def hits(self) -> Floats:
        """Successes of the slice."""
        return np.clip(self.rate * self.size, 0, self.size)

    @property
    def rest_hits(self) -> Floats:
        """Successes of the rest."""
        return np.clip(self.rest_rate * self.rest_size, 0, self.rest_size)


@dataclass(frozen=True)
class Rules:
    """What makes a slice a finding.

    Parameters
    ----------
    lower, higher : bool
        Whether a rate below, or above, that of the rest counts.
    effect : float
        The smallest gap that counts.
    least : int
        Fewest rows in the denominator.
    kind : {"frequency", "survey"} or None
    exact : bool
        Whether sizes are whole numbers, so that tails are exact.
    """

    lower: bool
    higher: bool
    effect: float
    least: int
    kind: WeightKind | None
    exact: bool

    def counts(self, gap: Floats) -> Flags:
        """Tell which gaps are large enough, and on the side that counts."""
        return (self.lower & (gap <= -self.effect)) | (self.higher & (gap >= self.effect))


def sides(rate: str, direction: Direction) -> tuple[bool, bool]:
    """Say whether a lower and whether a higher rate counts.

    Examples
    --------
    >>> sides("true_positive_rate", "worst"), sides("error_rate", "worst"), sides("error_rate", "both")
    ((True, False), (False, True), (True, True))
    """
    high = direction in ("higher", "both") or (direction == "worst" and rate in HIGHER_IS_WORSE)
    return not high or direction == "both", high


def compare(inside: Floats, outside: Floats, kind: WeightKind | None) -> Compared:
    """Compare sums of shape (4, slices): rows, weights, squared weights and weights of successes.

    Examples
    --------
    >>> inside, outside = np.array([[10.0]] * 3 + [[4.0]]), np.array([[20.0]] * 3 + [[16.0]])
    >>> found = compare(inside, outside, None)
    >>> found.gap.round(3).tolist(), found.rest_hits.tolist()
    ([-0.4], [16.0])
    """
    # A difference of float sums may fall below zero by rounding.
    rest = np.maximum(outside, 0)
    return Compared(
        divide(inside[HITS], inside[WEIGHT]),
        effective_size(inside[WEIGHT], inside[SQUARE], inside[ROWS], kind),
        np.minimum(divide(rest[HITS], rest[WEIGHT]), 1.0),
        effective_size(rest[WEIGHT], rest[SQUARE], rest[ROWS], kind),
    )


def beyond_hope(counts: Floats, whole: Floats, rules: Rules) -> Flags:
    """Tell of which slices no part of at least the minimum size can reach the effect.

    The part of the lowest rate holds every failure, and as few successes as fill it up to the minimum size;
    that is also the part furthest below its rest. Unweighted rows only; of weighted ones none is given up.

    Parameters
    ----------
    counts : ndarray, shape (4, ...)
    whole : ndarray, shape (4,)
    rules : Rules
    """
    if rules.kind is not None:
        return np.zeros(counts.shape[1:], dtype=bool)
    hits, misses = counts[HITS], counts[ROWS] - counts[HITS]
    lost = np.ones(counts.shape[1:], dtype=bool)
    if rules.lower:
        lost &= _furthest(misses, whole[ROWS] - whole[HITS], whole[ROWS], rules.least) < rules.effect
    if rules.higher:
        lost &= _furthest(hits, whole[HITS], whole[ROWS], rules.least) < rules.effect
    return lost


def _furthest(own: Floats, every: float, rows: float, least: int) -> Floats:
    """Give the largest share of these rows in a part of a slice, above that of its rest."""
    size = np.maximum(own, least)
    # A hair's breadth of room, so that rounding never gives up a gap of exactly the effect.
    return np.asarray(own / size - divide(every - own, rows - size) + 1e-12)


def p_values(c: Compared, *, exact: bool, cap: float = 1.0) -> Floats:
    """Two-sided p-value of equal rates: twice the tail on the side of the gap.

    Parameters
    ----------
    c : Compared
    exact : bool
        Whether sizes are whole; the tail is then the hypergeometric one (Fisher's). With effective sizes
        it is a binomial tail at the pooled rate, of a size whose variance is that of the difference.
    cap : float
        Summing stops where the p-value has passed it; such a figure lies above the cap and no more is known.

    Returns
    -------
    ndarray
        1 where there is no gap; nan where the slice or its rest is empty.

    Examples
    --------
    >>> from scipy import stats
    >>> pair = Compared(np.array([0.4]), np.array([10.0]), np.array([0.8]), np.array([20.0]))
    >>> float(p_values(pair, exact=True)[0].round(6))
    0.077417
    >>> float((2 * stats.hypergeom.cdf(4, 30, 20, 10)).round(6))
    0.077417
    """
    below = c.gap < 0
    # Successes above the rest are failures below it, so that one tail serves both sides.
    rate, rest = np.where(below, c.rate, 1 - c.rate), np.where(below, c.rest_rate, 1 - c.rest_rate)
    if exact:
        x = np.rint(rate * c.size)
        tail = lower_tail(x, c.size, x + np.rint(rest * c.rest_size), c.size + c.rest_size, cap / 2)
    else:
        tail = _binomial_tail(rate, c.size, rest, c.rest_size)
    p = np.where(c.gap == 0, 1.0, np.minimum(2 * tail, 1.0))
    return np.where(np.isnan(c.gap), np.nan, p)


def _binomial_tail(rate: Floats, size: Floats, rest: Floats, rest_size: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        total = size + rest_size
        pooled = (rate * size + rest * rest_size) / total
        n = size * rest_size / total
        x = np.clip(pooled + rate - rest, 0, 1) * n
        tail = special.betainc(np.maximum(n - x, 1e-300), x + 1, np.clip(1 - pooled, 0, 1))
    return np.where(n > x, tail, 1.0)


def lower_tail(x: Floats, n: Floats, hits: Floats, total: Floats, cap: float = 1.0) -> Floats:
    """Chance of at most ``x`` successes among ``n`` rows drawn of ``total`` with ``hits`` successes.

    Exact (hypergeometric), summed downward from ``x`` until the terms no longer count.

    Parameters
    ----------
    x, n, hits, total : ndarray, shape (slices,)
        Whole numbers.
    cap : float
        A sum that has passed it is left as it is.

    Examples
    --------
    >>> from scipy import stats
    >>> ours = lower_tail(np.array([4.0]), np.array([10.0]), np.array([20.0]), np.array([30.0]))
    >>> bool(np.isclose(ours, stats.hypergeom.cdf(4, 30, 20, 10))[0])
    True
    """
    term = np.exp(_log_mass(x, n, hits, total))
    summed = term.copy()
    room = total - hits - n
    active = np.flatnonzero((term > 0) & (summed <= cap) & (x > np.maximum(0, -room)))
    at, now = x[active].copy(), term[active]
    n, hits, room = n[active], hits[active], room[active]
    while active.size:
        now = now * at * (room + at) / ((hits - at + 1) * (n - at + 1))
        summed[active] += now
        at -= 1
        going = (now > 1e-15 * summed[active]) & (summed[active] <= cap)
        if not going.all():
            active, at, now = active[going], at[going], now[going]
            n, hits, room = n[going], hits[going], room[going]
    return np.minimum(summed, 1.0)


def _log_mass(x: Floats, n: Floats, hits: Floats, total: Floats) -> Floats:
    mass: Floats = _log_choose(hits, x) + _log_choose(total - hits, n - x) - _log_choose(total, n)
    return mass


def _log_choose(n: Floats, k: Floats) -> Floats:
    chosen: Floats = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return chosen
