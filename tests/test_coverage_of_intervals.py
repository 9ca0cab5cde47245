"""Exact coverage: every outcome enumerated, weighted by its chance. No draws, so no noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evenhand.metrics import intervals as iv

RATES = np.round(np.r_[0.01, 0.02, 0.03, np.arange(0.05, 0.96, 0.05), 0.97, 0.98, 0.99], 2)
SIZES = [(10, 10), (10, 30), (30, 30), (30, 100), (100, 100), (10, 300)]


def coverage_of_rate(method, n, rates=RATES):
    x = np.arange(n + 1)
    low, high = method(x, n)
    inside = (low[:, None] <= rates) & (high[:, None] >= rates)
    return (inside * stats.binom.pmf(x[:, None], n, rates)).sum(axis=0)


def coverage_of_pair(method, n1, n2, compare):
    """Coverage for every pair of rates, (rates, rates)."""
    low, high = method(np.arange(n1 + 1)[:, None], n1, np.arange(n2 + 1), n2)
    one, two = (stats.binom.pmf(np.arange(n + 1)[:, None], n, RATES) for n in (n1, n2))
    found = np.empty((RATES.size, RATES.size))
    for i, p1 in enumerate(RATES):
        truth = compare(p1, RATES)
        inside = (low[..., None] <= truth + 1e-12) & (truth - 1e-12 <= high[..., None])
        found[i] = np.einsum("a,abp,bp->p", one[:, i], inside, two)
    return found


def hold_to_the_promise(found, middle):
    assert 0.94 <= found.mean() <= 0.97
    assert found[middle].min() >= 0.91
    assert found.min() >= 0.87


def test_rates_cover():
    found = np.stack([coverage_of_rate(iv.wilson, n) for n in (10, 30, 100, 300, 1000)])
    hold_to_the_promise(found, np.s_[:, (RATES >= 0.05) & (RATES <= 0.95)])


def test_wilson_dips_between_the_points_of_the_grid():
    """The promise is kept on the grid above; a finer one finds 10 to 17 rows below it, near 0 and 1."""
    fine = np.linspace(0.01, 0.99, 1961)
    least = {n: coverage_of_rate(iv.wilson, n, fine).min() for n in range(10, 31)}
    assert 0.835 < min(least.values()) < 0.87
    assert {n for n, found in least.items() if found < 0.87} == set(range(10, 18))


def test_clopper_pearson_never_covers_less_than_its_level():
    assert min(coverage_of_rate(iv.clopper_pearson, n).min() for n in (10, 30, 100, 300)) >= 0.95


@pytest.mark.parametrize(
    ("method", "compare"),
    [(iv.miettinen_nurminen_difference, np.subtract), (iv.miettinen_nurminen_ratio, np.divide)],
)
def test_default_comparisons_cover(method, compare):
    found = np.stack([coverage_of_pair(method, *sizes, compare) for sizes in SIZES])
    inner = np.flatnonzero((RATES >= 0.05) & (RATES <= 0.95))
    hold_to_the_promise(found, np.ix_(range(len(SIZES)), inner, inner))
