"""Exact coverage: every outcome enumerated, weighted by its chance. No draws, so no noise."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy import stats

from evenhand.metrics import intervals as iv

RATES = np.round(np.arange(1, 100) / 100, 2)
SIZES = (10, 13, 17, 30, 100, 300, 1000)
PAIRS = [pair for pair in combinations_with_replacement(SIZES, 2) if pair[0] * pair[1] <= 30_000]
"""All pairs whose tables fit into a few seconds; the larger ones cover better still."""
INNER = (RATES >= 0.05) & (RATES <= 0.95)


def coverage_of_rate(method, n, rates=RATES):
    x = np.arange(n + 1)
    low, high = method(x, n)
    inside = (low[:, None] <= rates) & (high[:, None] >= rates)
    return (inside * stats.binom.pmf(x[:, None], n, rates)).sum(axis=0)


def likely(n):
    """For each rate the counts that are not all but impossible, and their chances."""
    chance = stats.binom.pmf(np.arange(n + 1), n, RATES[:, None])
    spans = [slice(used[0], used[-1] + 1) for used in (np.flatnonzero(row > 1e-10) for row in chance)]
    return [(span, row[span]) for span, row in zip(spans, chance, strict=True)]


def coverage_of_pair(method, n1, n2, compare):
    """Coverage for every pair of rates, (rates, rates)."""
    low, high = method(np.arange(n1 + 1)[:, None], n1, np.arange(n2 + 1), n2)
    low, high, second = low - 1e-12, high + 1e-12, likely(n2)
    found = np.empty((RATES.size, RATES.size))
    for i, (rows, one) in enumerate(likely(n1)):
        for j, (columns, two) in enumerate(second):
            truth = compare(RATES[i], RATES[j])
            inside = (low[rows, columns] <= truth) & (truth <= high[rows, columns])
            found[i, j] = one @ inside @ two
    return found


def hold_to_the_promise(found, middle):
    assert 0.94 <= found.mean() <= 0.97
    assert found[middle].min() >= 0.91
    assert found.min() >= 0.87


def test_rates_cover():
    found = np.stack([coverage_of_rate(iv.modified_wilson, n) for n in (*range(10, 200), 300, 1000, 10_000)])
    hold_to_the_promise(found, np.s_[:, INNER])


def least_of_all(method, n):
    """The least coverage of any rate in 0.01 to 0.99: it falls where an end of an interval is passed."""
    ends = np.concatenate(method(np.arange(n + 1), n))
    beside = np.concatenate([ends - 1e-9, ends + 1e-9])
    return coverage_of_rate(method, n, beside[(beside > 0.01) & (beside < 0.99)]).min()


def test_rates_cover_between_the_points_of_the_grid_too():
    """13 rows are the least covered of all sizes, at rates near 0.232 and 0.768."""
    least = {n: least_of_all(iv.modified_wilson, n) for n in range(10, 101)}
    assert {n for n, found in least.items() if found < 0.91} == {13}
    assert least[13] == pytest.approx(0.9093, abs=5e-5)


def test_plain_wilson_does_not():
    least = {n: least_of_all(iv.wilson, n) for n in range(10, 31)}
    assert 0.83 < min(least.values()) < 0.87
    assert {n for n, found in least.items() if found < 0.87} == set(range(10, 18))


def test_clopper_pearson_never_covers_less_than_its_level():
    assert min(coverage_of_rate(iv.clopper_pearson, n).min() for n in SIZES) >= 0.95


@pytest.mark.parametrize(
    ("method", "compare"),
    [(iv.widened_difference, np.subtract), (iv.widened_ratio, np.divide)],
)
def test_default_comparisons_cover(method, compare):
    found = np.stack([coverage_of_pair(method, *sizes, compare) for sizes in PAIRS])
    hold_to_the_promise(found, np.ix_(np.ones(len(PAIRS), dtype=bool), INNER, INNER))


def test_a_difference_covers_where_everybody_of_one_group_succeeds():
    """There the plain score interval is Wilson's of the other group."""
    sizes = (17, 15)
    outcomes = np.meshgrid(np.arange(18), np.arange(16), indexing="ij")
    found = {}
    for method in (iv.widened_difference, iv.miettinen_nurminen_difference):
        low, high = method(outcomes[0], sizes[0], outcomes[1], sizes[1])
        chance = stats.binom.pmf(np.arange(18), sizes[0], 0.01)
        found[method] = chance @ ((low <= -0.99) & (high >= -0.99))[:, 15]
    assert found[iv.miettinen_nurminen_difference] == pytest.approx(0.843, abs=5e-4)
    assert found[iv.widened_difference] > 0.94
