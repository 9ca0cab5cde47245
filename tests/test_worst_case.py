"""Worst-of-several figures: right at zero, able to see real gaps, fast with many groups."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evenhand.errors import InputError
from evenhand.metrics import intervals as iv
from evenhand.metrics import worst_case as wc
from evenhand.metrics.interval_basics import critical_value
from evenhand.metrics.worst_ends import FILLED, remaining_critical
from evenhand.metrics.worst_null import largest_spread, permute

FIGURES = [wc.worst_difference, wc.worst_mean_difference, wc.worst_ratio]
N3 = [200, 200, 200]


@st.composite
def families(draw, rates=2):
    groups = draw(st.integers(2, 6))
    n = np.array(draw(st.lists(st.integers(2, 80), min_size=groups * rates, max_size=groups * rates)))
    share = np.array(draw(st.lists(st.floats(0, 1), min_size=groups * rates, max_size=groups * rates)))
    return np.rint(n * share).reshape(rates, groups), n.reshape(rates, groups)


def pairs_of(n):
    return np.array(list(itertools.combinations(range(n.shape[1]), 2))).T


@settings(max_examples=40, deadline=None)
@given(families())
def test_values_by_brute_force(family):
    x, n = family
    p, (i, j) = x / n, pairs_of(family[1])
    gaps = np.abs(p[:, i] - p[:, j])
    assert wc.worst_difference(x, n, draws=100).value == pytest.approx(gaps.max())
    assert wc.worst_mean_difference(x, n, draws=100).value == pytest.approx(gaps.mean(axis=0).max())


def largest_pairwise_end(x, n, draws):
    """All pairs solved: at the remaining critical value where both groups are well filled, else at 1.96."""
    i, j = pairs_of(n)
    z = np.full((len(x), len(i)), float(critical_value(0.95)))
    if 2 < n.shape[1] <= wc.PAIRED:
        critical = permute(x, n, 0.95, draws, 0, figure=largest_spread).critical
        both = np.minimum(x, n - x)
        filled = np.minimum(both[:, i], both[:, j]) >= FILLED
        z = np.where(filled, remaining_critical(0.95, critical), z)
    low, high = iv.miettinen_nurminen_difference(x[:, i], n[:, i], x[:, j], n[:, j], z=z)
    return np.maximum(high, -low).max()


@settings(max_examples=40, deadline=None)
@given(families())
def test_upper_end_is_the_largest_pairwise_end(family):
    x, n = (a.astype(float) for a in family)
    assert wc.worst_difference(x, n, draws=100).high == pytest.approx(
        largest_pairwise_end(x, n, 100), abs=1e-9
    )


@given(st.floats(0.8, 0.999), st.floats(0, 8))
def test_the_error_of_both_ends_is_that_of_the_level(level, simultaneous):
    z = remaining_critical(level, simultaneous)
    left = stats.norm.sf(z) + stats.norm.sf(simultaneous)
    assert stats.norm.sf(z) >= (1 - level) / 2 - 1e-12
    assert left == pytest.approx(1 - level) or (
        left > 1 - level and z == pytest.approx(critical_value(level))
    )


def test_true_gaps_of_several_groups_are_covered():
    """The worst gap of groups of which one or all lie apart, in 250 audits of each design."""
    rng = np.random.default_rng(4)
    designs = [
        (np.array([10_000, 10_000, 60, 60]), np.array([0.5, 0.5, 0.5, 0.25])),
        (np.array([200, 200, 200]), np.array([0.5, 0.65, 0.8])),
        (np.array([1000, 1000, 1000, 1000]), np.array([0.3, 0.3, 0.3, 0.4])),
    ]
    for n, p in designs:
        drawn = rng.binomial(n, p, size=(250, n.size))
        found = [wc.worst_difference(x, n, draws=199, seed=s) for s, x in enumerate(drawn)]
        assert np.mean([w.low <= np.ptp(p) <= w.high for w in found]) >= 0.92


@settings(max_examples=40, deadline=None)
@given(families(rates=1))
def test_lower_end_of_the_ratio_is_the_smallest_pairwise_end(family):
    x, n = family
    i, j = pairs_of(n)
    low, high = iv.miettinen_nurminen_ratio(x[:, i], n[:, i], x[:, j], n[:, j])
    found = wc.worst_ratio(x, n, draws=100)
    if x.any():
        assert found.low == pytest.approx(np.minimum(low, 1 / high).min(), abs=1e-9)


@pytest.mark.parametrize("figure", FIGURES)
@settings(max_examples=25, deadline=None)
@given(families())
def test_intervals_hold_the_value_and_agree_with_the_test(figure, family):
    found = figure(*family, draws=199)
    if np.isnan(found.value):
        return
    fair = found.high if figure is wc.worst_ratio else found.low
    assert found.low <= found.value <= found.high
    assert (fair != (figure is wc.worst_ratio)) == (found.p_value <= 0.05)


def test_screening_finds_what_solving_all_pairs_finds():
    rng = np.random.default_rng(3)
    n = rng.integers(10, 2000, (2, 40))
    x = rng.binomial(n, rng.uniform(0.2, 0.4, (2, 40)))
    i, j = pairs_of(n)
    expected = largest_pairwise_end(x.astype(float), n.astype(float), 100)
    assert wc.worst_difference(x, n, draws=100).high == pytest.approx(expected, abs=1e-12)
    low, high = iv.miettinen_nurminen_ratio(x[:, i], n[:, i], x[:, j], n[:, j])
    assert wc.worst_ratio(x, n, draws=100).low == pytest.approx(np.minimum(low, 1 / high).min(), abs=1e-12)


def test_two_groups_agree_with_the_score_test():
    found = wc.worst_difference([90, 60], [200, 200], draws=4000)
    z = float(iv.score_z_difference(90, 200, 60, 200))
    assert z > 3
    assert found.p_value < 0.01
    low, high = iv.miettinen_nurminen_difference(90, 200, 60, 200)
    assert found.low == pytest.approx(float(low), abs=0.012)
    assert found.high == pytest.approx(float(high), abs=1e-12)


def test_no_gap_leaves_the_end_at_fair():
    assert wc.worst_difference([50, 51, 49], N3).low == 0
    assert wc.worst_ratio([50, 51, 49], N3).high == 1
    assert wc.worst_mean_difference([[50, 51, 49]] * 2, [N3] * 2).low == 0


def test_pair_and_rate_are_named():
    found = wc.worst_difference([[50, 51, 49], [20, 80, 50]], [N3, N3])
    assert (found.pair, found.rate_index, found.compared) == ((0, 1), 1, 3)


def test_null_of_the_figure_grows_with_the_groups():
    few = wc.worst_difference([50] * 2, [200] * 2)
    many = wc.worst_difference([50] * 30, [200] * 30)
    assert 0 < few.null_median < few.null_95 < many.null_median < many.null_95
    ratio = wc.worst_ratio([50] * 30, [200] * 30)
    assert 1 > ratio.null_median > ratio.null_95 > 0


@pytest.mark.parametrize("figure", FIGURES)
def test_one_group_is_undefined(figure):
    found = figure([5], [10])
    assert np.isnan([found.value, found.low, found.high, found.p_value]).all()
    assert found.pair == (-1, -1)


def test_all_zero_has_no_ratio_but_a_difference_of_zero():
    assert np.isnan(wc.worst_ratio([0, 0], [20, 30]).value)
    found = wc.worst_difference([0, 0], [20, 30])
    assert (found.value, found.low, found.p_value) == (0, 0, 1)
    assert found.high > 0


def test_a_zero_rate_gives_ratio_zero():
    found = wc.worst_ratio([0, 15], [20, 30])
    assert (found.value, found.low) == (0, 0)


def test_fractions_of_rows_are_allowed():
    found = wc.worst_difference([12.4, 40.2], [80.5, 99.75])
    assert found.low > 0
    assert found.value == pytest.approx(40.2 / 99.75 - 12.4 / 80.5)


def test_equal_seeds_give_equal_results():
    x, n = [31, 25, 40], [90, 80, 100]
    assert wc.worst_difference(x, n, seed=4) == wc.worst_difference(x, n, seed=4)
    assert wc.worst_difference(x, n, seed=4).p_value != wc.worst_difference(x, n, seed=5).p_value


def test_order_of_groups_does_not_matter():
    forth, back = (
        wc.worst_difference([31, 25, 60], [90, 80, 100]),
        wc.worst_difference([60, 25, 31], [100, 80, 90]),
    )
    assert (forth.value, forth.pair) == (back.value, tuple(2 - place for place in back.pair))
    assert forth.low == pytest.approx(back.low, abs=0.02)


def test_bad_input_is_refused():
    for x, n in (([1, 0], [5, 0]), ([6, 1], [5, 5])):
        with pytest.raises(InputError, match="got"):
            wc.worst_difference(x, n)
    with pytest.raises(InputError, match="draws"):
        wc.worst_difference([1, 2], [5, 5], draws=10)


def test_a_thousand_groups_of_one_rate_show_no_gap():
    rng = np.random.default_rng(0)
    n = rng.integers(50, 3000, 1000)
    found = wc.worst_difference(rng.binomial(n, 0.3), n)
    assert found.low == 0 < found.null_median


def test_many_groups_see_a_gap_and_add_both_sides():
    n = np.full(100, 2000)
    x = np.full(100, 600)
    x[0], x[1] = 300, 900
    found = wc.worst_difference(x, n)
    assert found.pair == (0, 1)
    assert 0.15 < found.low < found.value == pytest.approx(0.3)
    assert wc.worst_ratio(x, n).high < 1


def test_more_rows_than_the_exact_sampler_takes():
    found = wc.worst_difference([2e8, 2.0001e8, 2e8], [1e9, 1e9, 1e9])
    assert 0 < found.null_median < 1e-4
    assert found.high < 1e-4


def test_means_see_a_gap_and_leave_none_at_zero():
    gap = wc.worst_mean_gap([0.5, 0.6, 0.5], [0.05] * 3, [400] * 3)
    assert 0 < gap.low < 0.1 < gap.high
    assert wc.worst_mean_gap([0.50, 0.505, 0.5], [0.05] * 3, [400] * 3).low == 0
    many = wc.worst_mean_gap([0.5] * 99 + [0.7], [0.05] * 100, [400] * 100)
    assert 0 < many.low < 0.2
    assert np.isnan(wc.worst_mean_gap([0.5], [0.1], [9]).value)


def test_means_refuse_a_single_row():
    with pytest.raises(InputError, match="two rows"):
        wc.worst_mean_gap([0.5, 0.4], [0.1, 0.1], [1, 9])


def share_at_zero(n, p, runs, seed):
    rng = np.random.default_rng(seed)
    found = [wc.worst_difference(rng.binomial(n, p), n, draws=199, seed=s).low == 0 for s in range(runs)]
    return np.mean(found)


@pytest.mark.parametrize(
    ("sizes", "p"),
    [([30] * 2, 0.3), ([50] * 6, 0.2), ([200] * 20, 0.1), ([10_000] + [20] * 49, 0.3), ([10_000, 20], 0.05)],
)
def test_a_true_zero_is_covered(sizes, p):
    """The rate is at least 0.95; the slack is three standard errors of 400 runs."""
    assert share_at_zero(np.array(sizes), p, 400, 1) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 400)


def test_equalized_odds_covers_a_true_zero():
    rng, n = np.random.default_rng(2), np.array([[400, 60, 30, 30], [900, 150, 70, 20]])
    p = np.array([[0.7], [0.2]])
    kept = [wc.worst_difference(rng.binomial(n, p), n, draws=199, seed=s).low == 0 for s in range(400)]
    assert np.mean(kept) > 0.917


def test_power_is_kept_with_twenty_groups_of_a_thousand():
    rng, n = np.random.default_rng(4), np.full(20, 1000)
    for rate in (0.3, 0.5):
        ends = [wc.worst_difference(rng.binomial(n, rate), n, draws=100, seed=s).high for s in range(60)]
        assert np.mean(ends) < 0.10


def test_studentised_means_cover_a_true_zero():
    rng, n = np.random.default_rng(5), np.array([200, 30, 10, 10])
    kept = []
    for seed in range(400):
        drawn = [rng.normal(0, s, k) for s, k in zip((1, 3, 1, 2), n, strict=True)]
        found = wc.worst_mean_gap(
            [d.mean() for d in drawn], [d.var(ddof=1) for d in drawn], n, draws=199, seed=seed
        )
        kept.append(found.low == 0)
    assert np.mean(kept) > 0.917
