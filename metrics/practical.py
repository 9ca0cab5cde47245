"""Adverse impact as employment and lending practice reads it: how large, how sure, and how many people.

The four-fifths rule (29 CFR 1607.4(D)) is a benchmark of US employment practice and no law's pass mark;
a small ratio may be chance, and a ratio above it may still be adverse impact, so size and significance
stand side by side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from .catalogue import metric_named
from .disparity import Choice, Options, against_each, find_reference
from .rates import RATES, Counted, GroupTable, count
from .results import Disparity, Group
from .significance import fisher_exact, two_proportion_z

Floats = NDArray[np.float64]
Finding = Literal["below_and_significant", "below_only", "significant_only", "neither"]

FEW = 5
"""Where a table expects fewer rows than this in a cell, its p-value is exact."""


@dataclass(frozen=True)
class AdverseImpact:
    """One group's selection compared with that of the reference group.

    Parameters
    ----------
    group, reference : tuple
    rows : int
    selected, rate, reference_rate : float
        Weighted; rates in [0, 1].
    ratio, difference : Disparity
        The adverse impact ratio (1 is fair) and the marginal effect (0 is fair), group against reference,
        with Miettinen and Nurminen's intervals.
    deviations : float
        The difference in standard deviations (pooled z); negative where the group is selected less.
    p_value : float
        Two-sided. Unadjusted, also where the reference was chosen for its high rate.
    test : str
        ``"Fisher's exact, mid-p"`` where a cell expects fewer than five rows, else the z test.
    finding : str or None
        ``"below_and_significant"``, ``"below_only"``, ``"significant_only"`` or ``"neither"``: whether the
        ratio lies below the benchmark, and whether a lower rate is significant. None where undefined.
    shortfall : float
        Selections that the group lacks at the reference's rate; negative where it has more.
    flip : int or None
        The fewest selections that, moved between the two groups, put the ratio on the other side of the
        benchmark; None where no number does, or rows carry survey weights.
    reason : Reason or None
    """

    group: Group
    reference: Group
    rows: int
    selected: float
    rate: float
    reference_rate: float
    ratio: Disparity
    difference: Disparity
    deviations: float
    p_value: float
    test: str
    finding: Finding | None
    shortfall: float
    flip: int | None
    reason: Reason | None = None

    @property
    def flip_flop(self) -> bool:
        """Whether one or two selections moved would reverse the finding, which then rests on little."""
        return self.flip is not None and self.flip <= 2


def adverse_impact(
    table: GroupTable,
    reference: Choice = "best",
    *,
    benchmark: float = 0.8,
    alpha: float = 0.05,
    options: Options | None = None,
) -> list[AdverseImpact]:
    """Compare each group's selection rate with that of the highest, largest or named group.

    Parameters
    ----------
    table : GroupTable
        With decisions, 1 being the favourable one.
    reference : "best", "largest" or a group
        The group with the highest rate, as the Uniform Guidelines say, or a fixed one, as lenders do.
    benchmark : float
        Of the ratio, in (0, 1]; a ratio equal to it is not below.
    alpha : float
        Level of significance, in (0, 1).
    options : Options, optional

    Returns
    -------
    list of AdverseImpact
        One a group, the reference and groups with a missing level excepted.

    Raises
    ------
    InputError
        No such group, or a benchmark or level out of range.

    Examples
    --------
    >>> from evenhand.metrics.rates import group_table
    >>> from evenhand.metrics.tally import cube_of
    >>> decisions = [1] * 48 + [0] * 32 + [1] * 12 + [0] * 28
    >>> cube = cube_of(None, decisions, sensitive_features=["W"] * 80 + ["B"] * 40)
    >>> [found] = adverse_impact(group_table(cube, "sensitive_feature"))
    >>> round(found.ratio.value, 3), round(found.deviations, 2), round(found.shortfall, 3)
    (0.5, -3.1, 12.0)
    >>> found.finding, found.flip
    ('below_and_significant', 6)
    """
    _refuse_outside(benchmark, alpha)
    options = options or Options()
    counted = count(table, RATES["selection_rate"])
    at = find_reference(counted, table.groups, reference, table.rows)
    metric, fixed = metric_named("selection_rate"), table.groups[at]
    ratios = against_each(table, metric, "ratio", fixed, options)
    differences = against_each(table, metric, "difference", fixed, options)
    return [
        _compare(table, counted, at, gaps, (benchmark, alpha))
        for gaps in zip(ratios, differences, strict=True)
    ]


def _refuse_outside(benchmark: float, alpha: float) -> None:
    if not 0 < benchmark <= 1:
        raise InputError.of(
            "benchmark", "benchmark", f"a ratio in (0, 1] is wanted, got {benchmark}; write 0.8"
        )
    if not 0 < alpha < 1:
        raise InputError.of("alpha", "alpha", f"a level in (0, 1) is wanted, got {alpha}; write 0.05")


def _compare(
    table: GroupTable,
    counted: Counted,
    at: int,
    gaps: tuple[Disparity, Disparity],
    limits: tuple[float, float],
) -> AdverseImpact:
    ratio, difference = gaps
    benchmark, alpha = limits
    i = next(k for k, group in enumerate(table.groups) if group == ratio.group)
    pair = i, at
    x, n = counted.numerator[list(pair)], counted.denominator[list(pair)]
    z, p_value, test = _test(counted, pair)
    below = _below(x, n, benchmark)
    significant = bool(p_value < alpha and difference.value < 0)
    whole = table.weight_kind != "survey" and not np.isnan(ratio.value)
    cells = float(x[0]), float(n[0]), float(x[1]), float(n[1])
    return AdverseImpact(
        group=table.groups[i],
        reference=table.groups[at],
        rows=int(counted.rows[i]),
        selected=float(x[0]),
        rate=float(counted.value[i]),
        reference_rate=float(counted.value[at]),
        ratio=ratio,
        difference=difference,
        deviations=z,
        p_value=p_value,
        test=test,
        finding=None if np.isnan(ratio.value) else _FINDINGS[below, significant],
        shortfall=float(n[0] * counted.value[at] - x[0]),
        flip=smallest_flip(*cells, benchmark=benchmark) if whole else None,
        reason=ratio.reason,
    )


_FINDINGS: dict[tuple[bool, bool], Finding] = {
    (True, True): "below_and_significant",
    (True, False): "below_only",
    (False, True): "significant_only",
    (False, False): "neither",
}


def _test(counted: Counted, pair: tuple[int, int]) -> tuple[float, float, str]:
    x, n = counted.successes[list(pair)], counted.effective[list(pair)]
    counts = x[0], n[0], x[1], n[1]
    plain = two_proportion_z(*counts)
    share = x.sum() / max(n.sum(), 1.0)
    expects = min(n) * min(share, 1 - share)
    if expects < FEW and n.all() and not np.any(np.concatenate([x, n]) % 1):
        exact = fisher_exact(*counts, mid_p=True)
        return float(plain.statistic), float(exact.p_value), exact.method
    return float(plain.statistic), float(plain.p_value), plain.method


def _below(x: Floats, n: Floats, benchmark: float) -> bool:
    # Products, not quotients: 4 of 10 is exactly four fifths of 5 of 10.
    return bool(x[0] * n[1] < benchmark * x[1] * n[0] * (1 - 1e-12))


def smallest_flip(x: float, n: float, x_ref: float, n_ref: float, *, benchmark: float = 0.8) -> int | None:
    """Give the fewest selections to move between two groups so that the ratio crosses the benchmark.

    A selection that one group gains the other loses, so the number of people selected stays.

    Parameters
    ----------
    x, n, x_ref, n_ref : float
        Selected and all rows of the group and of the reference.
    benchmark : float

    Returns
    -------
    int or None
        None where no number of moves crosses it.

    Examples
    --------
    >>> smallest_flip(3, 10, 4, 10), smallest_flip(30, 100, 60, 100)
    (1, 10)
    """
    sums = np.array([x, x_ref]), np.array([n, n_ref])
    below = _below(*sums, benchmark)
    lack = (benchmark * x_ref * n - x * n_ref) / (n_ref + benchmark * n)
    least = max(math.ceil(lack - 1e-9), 1) if below else max(math.floor(-lack + 1e-9) + 1, 1)
    possible = min(x_ref, n - x) if below else min(x, n_ref - x_ref)
    return least if least <= possible else None
