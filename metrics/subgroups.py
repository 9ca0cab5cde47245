"""The search for the worst-treated slices: every conjunction of a few columns' levels, tested and sifted.

A slice is a few conditions at once ("sex = F and age under 28"). All slices with enough rows are compared
with their rest; what is reported is corrected for having looked at all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import Reason
from .cube import WeightKind
from .intervals import modified_wilson, score_z_difference, widened_difference
from .rates import RATES, divide, effective_size
from .results import RATE_INTERVAL, WIDENED_INTERVAL, Estimate, Interval, Level
from .slice_columns import Condition, Conditions, conditions_of
from .slice_counts import HITS, ROWS, SQUARE, WEIGHT, Outcomes, shuffled
from .slice_input import Choices, Given, read_input
from .slice_redundancy import Dropped, Why, selected_ends, sift
from .slice_search import Findings, candidates, find, step_up
from .slice_tests import Compared, Direction, Rules, compare, sides

Floats = NDArray[np.float64]

_LISTED = 100


@dataclass(frozen=True)
class Slice:
    """A slice that is treated unlike the rest, by more than chance explains.

    Parameters
    ----------
    conditions : tuple of Condition
    rows : int
        Rows that meet all conditions, inside the rate's denominator or not.
    rate, rest : Estimate
        Of the slice and of all other rows, with their intervals; ``rate.rows`` are those in the denominator.
    difference : float
        Rate of the slice minus rate of the rest; 0 means fair.
    interval : Interval
        Of the difference (Miettinen-Nurminen), as if this slice had been named beforehand.
    selected : Interval
        The same, widened for having been chosen among many: of all such intervals of a search at most the
        share ``1 - level`` misses, on average (false coverage rate, Benjamini and Yekutieli 2005).
    z : float
        Score statistic of no difference.
    p_value, adjusted_p : float
        Two-sided and exact for whole rows; adjusted by Benjamini and Hochberg over all slices tested, where
        only the slices shown count as findings.
    permutation_p : float or None
        Chance that the best slice of all, found in data without any gap, is as sure as this one; None
        where no permutations were asked for. Bounds the chance of any false alarm, however slices overlap.
    """

    conditions: tuple[Condition, ...]
    rows: int
    rate: Estimate
    rest: Estimate
    difference: float
    interval: Interval
    selected: Interval
    z: float
    p_value: float
    adjusted_p: float
    permutation_p: float | None = None

    @property
    def name(self) -> str:
        """The conditions in words."""
        return " and ".join(map(str, self.conditions))


@dataclass(frozen=True)
class LeftOut:
    """A finding that is not shown, because another one says it.

    Parameters
    ----------
    conditions : tuple of Condition
    why : {"shorter", "shared", "overlap"}
        A shorter slice explains it; its gap comes from the rows that it shares with a better one; more than
        80 % of the rows of the two together are common.
    by : tuple of Condition
        That other slice.
    """

    conditions: tuple[Condition, ...]
    why: Why
    by: tuple[Condition, ...]


@dataclass(frozen=True)
class SliceSearch:
    """What a search looked at, and what it found.

    Parameters
    ----------
    rate : str
    direction : {"worst", "lower", "higher", "both"}
    columns : tuple of str
    depth, min_size : int
    effect, level : float
        As they were asked for.
    overall : Estimate
        The rate of all rows.
    tested : int
        The family of the correction: every slice with at least ``min_size`` rows in the denominator.
    found : int
        Slices with a gap of at least ``effect`` and a p-value of at most level x shown / tested.
    slices : tuple of Slice
        The worst first: those whose gap is surely largest (near end of ``selected``).
    shorter, shared, overlap : int
        Findings left out, by reason (see `LeftOut`); the last two among those looked at until ``top`` were
        kept.
    not_shown : int
        Findings beyond ``top``, not looked at any more.
    left_out : tuple of LeftOut
        The first hundred of those left out.
    permutations, seed : int
    """

    rate: str
    direction: Direction
    columns: tuple[str, ...]
    depth: int
    min_size: int
    effect: float
    level: float
    overall: Estimate
    tested: int
    found: int
    slices: tuple[Slice, ...]
    shorter: int
    shared: int
    overlap: int
    not_shown: int
    left_out: tuple[LeftOut, ...]
    permutations: int = 0
    seed: int = 0

    @property
    def words(self) -> str:
        """What was done, in a sentence or two."""
        slices = "slice" if self.tested == 1 else "slices"
        rate = self.rate.replace("_", " ")
        return (
            f"{self.tested:,} {slices} of up to {self.depth} of {len(self.columns)} columns, with at least"
            f" {self.min_size} rows in the denominator of the {rate}, were tested. {self.found:,} differ from"
            f" their rest by at least {self.effect:g}, and of those shown a share of at most {self.level:.3g}"
            f" is expected to be false alarms (Benjamini-Hochberg over all {self.tested:,}). Left out:"
            f" {self.shorter:,} that a shorter slice explains, {self.shared:,} whose gap comes from rows"
            f" shared with a better one, {self.overlap:,} that are almost a better one; {self.not_shown:,}"
            " further ones are not shown."
        )


def find_slices(
    columns: Any,
    y_true: Any = None,
    y_pred: Any = None,
    *,
    rate: str = "true_positive_rate",
    depth: int = 3,
    min_size: int = 30,
    direction: Direction = "worst",
    effect: float = 0.05,
    level: float = 0.05,
    top: int = 20,
    seed: int = 0,
    bins: int = 4,
    sample_weight: Any = None,
    weight_kind: WeightKind = "survey",
    pos_label: Level = None,
    permutations: int = 0,
) -> SliceSearch:
    """Search columns for the slices that a rate treats worst.

    Parameters
    ----------
    columns : frame, mapping, series or array of shape (rows, columns)
        What slices are made of. Numbers with more than ten distinct values are binned at their quantiles; a
        missing value is a level of its own.
    y_true, y_pred : array-like of shape (rows,)
        Labels and decisions, as the rate needs them; as `cube_of` takes them.
    rate : str
        A name of `RATES`.
    depth : int
        Most conditions of a slice, 1 to 4.
    min_size : int
        Fewest rows of a slice in the rate's denominator, at least 2.
    direction : {"worst", "lower", "higher", "both"}
        ``"worst"``: higher for rates of errors, lower for all others.
    effect : float
        Smallest gap to the rest, in [0, 1).
    level : float
        False discovery rate, in (0, 1).
    top : int
        Most slices returned.
    seed : int
        Of the permutations.
    bins : int
        Most bins of a column of numbers, at least 2.
    sample_weight : array-like of shape (rows,), optional
        At least zero; rows of weight zero do not count.
    weight_kind : {"survey", "frequency"}
        As in `cube_of`; sizes are effective ones then, and p-values of survey weights approximate.
    pos_label : optional
        The value of the labels and decisions that counts as positive.
    permutations : int
        Draws of the permutation p-value; 0: none. Each costs about as much as the search.

    Returns
    -------
    SliceSearch
        Equal for equal input, whatever the machine's number of cores.

    Raises
    ------
    InputError
        With every problem found.

    Notes
    -----
    Cost grows with rows x (conditions)^2 for each condition less than the depth: 50 columns of 4 levels at
    depth 3 are 1.3 million slices. Slices below the minimum size are not descended into, nor are those of
    which no part could show the effect.

    The false discovery rate is proven where slices depend on each other positively and the sifting does not
    look at outcomes; neither holds to the letter here. In simulations without any gap 0 to 4 % of searches
    raised an alarm at a level of 5 %. ``permutations`` need no such assumption.

    References
    ----------
    Benjamini & Hochberg (1995), JRSS B 57, 289-300. Benjamini & Yekutieli (2005), JASA 100, 71-81.
    Katsevich, Sabatti & Bogomolov (2023), JASA 118, 165-176.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sex, job, age = (rng.choice(list(names), 4000) for names in ("FM", "abc", "yo"))
    >>> hired = rng.random(4000) < np.where((sex == "F") & (age == "o"), 0.3, 0.6)
    >>> search = find_slices({"sex": sex, "job": job, "age": age}, y_pred=hired, rate="selection_rate")
    >>> [(one.name, round(one.rate.value, 2), round(one.rest.value, 2)) for one in search.slices]
    [('sex = F and age = o', 0.29, 0.6)]
    >>> search.tested, search.found > 1, search.shorter + search.shared + search.overlap == search.found - 1
    (35, True, True)
    """
    options = Choices(rate, direction, depth, min_size, effect, level, top, bins, permutations, seed)
    given = read_input(columns, y_true, y_pred, options, sample_weight, weight_kind, pos_label)
    rows = np.flatnonzero(given.inside)
    outcomes = Outcomes(given.hits[rows], None if given.weight is None else given.weight[rows])
    rules = Rules(*sides(rate, direction), effect, min_size, given.kind, given.exact)
    conditions = conditions_of(given.columns, rows, min_size)
    found = find(conditions, outcomes, rules, depth, level)
    sifted = sift(found, conditions, outcomes, rules, level=level, top=top)
    shown = sifted.found.take(np.array(sifted.kept, dtype=np.intp))
    shown = replace(shown, adjusted=step_up(shown.p_value, shown.tested))
    chance = _permutation_p(shown.p_value, conditions, outcomes, rules, options)
    whole = outcomes.totals()
    why = [drop.why for drop in sifted.dropped]
    return SliceSearch(
        rate=rate,
        direction=direction,
        columns=tuple(column.name for column, _ in given.columns),
        depth=depth,
        min_size=min_size,
        effect=effect,
        level=level,
        overall=_estimates(whole[:, None], rules, level, RATES[rate].empty)[0],
        tested=found.tested,
        found=len(sifted.found.p_value),
        slices=_slices(shown, chance, conditions, given, whole, rules, level),
        shorter=why.count("shorter"),
        shared=why.count("shared"),
        overlap=why.count("overlap"),
        not_shown=sifted.unseen,
        left_out=tuple(_left_out(drop, sifted.found, conditions) for drop in sifted.dropped[:_LISTED]),
        permutations=permutations,
        seed=seed,
    )


def _compared(found: Findings, whole: Floats, rules: Rules) -> Compared:
    return compare(found.counts, whole[:, None] - found.counts, rules.kind)


def _permutation_p(
    p_value: Floats, conditions: Conditions, outcomes: Outcomes, rules: Rules, chosen: Choices
) -> Floats:
    if not chosen.permutations or not p_value.size:
        return np.full(len(p_value), np.nan)
    rng = np.random.default_rng(chosen.seed)
    cap = float(p_value.max())
    reached = np.zeros(len(p_value))
    for _ in range(chosen.permutations):
        dealt = candidates(conditions, shuffled(outcomes, rng), rules, chosen.depth, cap)
        reached += dealt.p_value.min(initial=np.inf) <= p_value * (1 + 1e-9)
    return np.asarray((1 + reached) / (chosen.permutations + 1))


def _estimates(counts: Floats, rules: Rules, level: float, why: Reason) -> list[Estimate]:
    """Describe rates of sums of shape (4, slices)."""
    rate = divide(counts[HITS], counts[WEIGHT])
    size = effective_size(counts[WEIGHT], counts[SQUARE], counts[ROWS], rules.kind)
    empty = counts[WEIGHT] <= 0
    low, high = modified_wilson(np.clip(np.nan_to_num(rate) * size, 0, size), size, 1 - level)
    return [
        Estimate(
            value=float(rate[i]),
            interval=None if empty[i] else Interval(float(low[i]), float(high[i]), 1 - level, RATE_INTERVAL),
            numerator=float(counts[HITS, i]),
            denominator=float(counts[WEIGHT, i]),
            rows=round(counts[ROWS, i]),
            effective=float(size[i]),
            reason=why if empty[i] else None,
        )
        for i in range(counts.shape[1])
    ]


def _slices(  # noqa: PLR0917 - what was found, in what, and by which rules
    shown: Findings,
    chance: Floats,
    conditions: Conditions,
    given: Given,
    whole: Floats,
    rules: Rules,
    level: float,
) -> tuple[Slice, ...]:
    c = _compared(shown, whole, rules)
    table = (c.hits, c.size, c.rest_hits, c.rest_size)
    plain = widened_difference(*table, 1 - level)
    wide = selected_ends(c, len(shown.p_value), shown.tested, level)
    rates = _estimates(shown.counts, rules, level, Reason.EMPTY_GROUP)
    rests = _estimates(np.maximum(whole[:, None] - shown.counts, 0), rules, level, Reason.EMPTY_GROUP)
    z = score_z_difference(*table)
    return tuple(
        Slice(
            conditions=_conditions(shown, i, conditions),
            rows=given.rows(conditions, shown.members[i]),
            rate=rates[i],
            rest=rests[i],
            difference=float(c.gap[i]),
            interval=Interval(float(plain[0][i]), float(plain[1][i]), 1 - level, WIDENED_INTERVAL),
            selected=Interval(
                float(wide[0][i]), float(wide[1][i]), 1 - level, f"{WIDENED_INTERVAL}, false coverage rate"
            ),
            z=float(z[i]),
            p_value=float(shown.p_value[i]),
            adjusted_p=float(shown.adjusted[i]),
            permutation_p=None if np.isnan(chance[i]) else float(chance[i]),
        )
        for i in range(len(rates))
    )


def _conditions(found: Findings, place: int, conditions: Conditions) -> tuple[Condition, ...]:
    return tuple(conditions.listed[member] for member in found.members[place] if member >= 0)


def _left_out(drop: Dropped, found: Findings, conditions: Conditions) -> LeftOut:
    return LeftOut(
        _conditions(found, drop.place, conditions), drop.why, _conditions(found, drop.by, conditions)
    )
