"""Tests and corrections against scipy and statsmodels, enumeration, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import power_proportions_2indep, proportions_ztest

from evenhand.errors import InputError
from evenhand.metrics import exact
from evenhand.metrics import intervals as iv
from evenhand.metrics import significance as sg

STRATA = ([10, 30, 5], [50, 60, 20], [20, 20, 9], [55, 50, 31])


@st.composite
def tables(draw, most=120):
    n1, n2 = draw(st.integers(1, most)), draw(st.integers(1, most))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


def stratified(x1, n1, x2, n2):
    rows = zip(x1, n1, x2, n2, strict=True)
    return StratifiedTable([np.array([[a, n - a], [b, m - b]], dtype=float) for a, n, b, m in rows])


@given(tables())
def test_z_matches_statsmodels(counts):
    x1, n1, x2, n2 = counts
    found = sg.two_proportion_z(*counts)
    if 0 < x1 + x2 < n1 + n2:
        expected = proportions_ztest([x1, x2], [n1, n2])
        assert np.allclose((found.statistic, found.p_value), expected, atol=1e-9)
    else:
        assert (found.statistic, found.p_value) == (0, 1)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=2, max_size=7))
def test_chi_squared_matches_scipy(cells):
    yes, no = np.array(cells).T
    expected = stats.chi2_contingency(np.array([yes, no]), correction=False)
    found = sg.chi_squared(yes, yes + no)
    assert np.allclose((found.statistic, found.p_value), (expected.statistic, expected.pvalue))
    assert found.freedom == expected.dof


def test_chi_squared_edges():
    assert sg.chi_squared([0, 0], [5, 9]).p_value == 1
    assert np.isnan(sg.chi_squared([3, 0], [5, 0]).p_value)
    leading = sg.chi_squared([[3, 4, 0], [1, 9, 5]], [[9, 9, 0], [9, 9, 9]])
    assert leading.freedom.tolist() == [1, 2]


@given(tables(), tables())
def test_fisher_matches_scipy(one, two):
    found = sg.fisher_exact(*np.array([one, two]).T)
    for table, p_value in zip((one, two), found.p_value, strict=True):
        a, n, b, m = table
        assert p_value == pytest.approx(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue, abs=1e-9)


@given(tables())
def test_mid_p_takes_half_of_our_own_table(counts):
    a, n, b, m = counts
    own = stats.hypergeom(n + m, n, a + b).pmf(a)
    expected = sg.fisher_exact(*counts).p_value - own / 2
    assert sg.fisher_exact(*counts, mid_p=True).p_value == pytest.approx(expected, abs=1e-9)


def test_exact_blocks_do_not_change_the_answer(monkeypatch):
    x1 = np.arange(0, 40, 3)
    whole = sg.fisher_exact(x1, 40, 10, 50).p_value
    monkeypatch.setattr(exact, "_TABLES", 50)
    assert np.array_equal(whole, sg.fisher_exact(x1, 40, 10, 50).p_value)


def test_exact_test_refuses_fractions():
    with pytest.raises(InputError, match="whole"):
        sg.fisher_exact(1.5, 4, 2, 5)


def test_permutation_agrees_with_the_exact_test():
    found = sg.permutation_of_labels([12, 25], [40, 45], statistic="range", draws=20_000)
    exact = stats.fisher_exact([[12, 28], [25, 20]]).pvalue
    assert found.p_value == pytest.approx(exact, abs=0.01)
    assert sg.permutation_of_labels([5, 5, 5], [10, 10, 10]).p_value == 1


def test_permutation_refuses_a_single_group():
    with pytest.raises(InputError, match="two groups"):
        sg.permutation_of_labels([5, 0], [10, 0])


@given(tables(), st.floats(0.02, 0.5), st.sampled_from([0.01, 0.05, 0.1]))
def test_equivalence_says_what_the_interval_says(counts, margin, alpha):
    low, high = iv.miettinen_nurminen_difference(*counts, 1 - 2 * alpha)
    p_value = float(sg.equivalence(*counts, margin).p_value)
    if min(abs(low + margin), abs(high - margin), abs(p_value - alpha)) > 1e-6:
        assert (p_value < alpha) == bool(low > -margin and high < margin)


def test_equivalence_refuses_a_margin_in_percent():
    with pytest.raises(InputError, match="margin"):
        sg.equivalence(5, 10, 5, 10, margin=5)


@pytest.mark.parametrize("continuity", [False, True])
def test_cochran_mantel_haenszel_matches_statsmodels(continuity):
    expected = stratified(*STRATA).test_null_odds(correction=continuity)
    found = sg.cochran_mantel_haenszel(*STRATA, continuity=continuity)
    assert np.allclose((found.statistic, found.p_value), (expected.statistic, expected.pvalue))


@pytest.mark.parametrize("tarone", [False, True])
def test_breslow_day_matches_statsmodels(tarone):
    expected = stratified(*STRATA).test_equal_odds(adjust=tarone)
    found = sg.breslow_day(*STRATA, tarone=tarone)
    assert np.allclose((found.statistic, found.p_value), (expected.statistic, expected.pvalue))


def test_breslow_day_at_a_common_odds_ratio_of_one():
    """statsmodels divides by zero here; the expected counts are those of independence."""
    found = sg.breslow_day([10, 30], [50, 50], [20, 20], [50, 50], tarone=False)
    near = stratified([10, 30.001], [50, 50], [20, 20], [50, 50]).test_equal_odds()
    assert found.statistic == pytest.approx(near.statistic, rel=1e-3)


def test_strata_that_lack_a_group_change_nothing():
    more = tuple([*counts, extra] for counts, extra in zip(STRATA, (4, 9, 0, 0), strict=True))
    for test in (sg.cochran_mantel_haenszel, sg.breslow_day):
        assert test(*more).p_value == pytest.approx(test(*STRATA).p_value)
    for pooled in (sg.mantel_haenszel_difference, sg.mantel_haenszel_ratio):
        assert pooled(*more).low == pytest.approx(pooled(*STRATA).low)


def test_pooled_ratio_matches_statsmodels():
    assert sg.mantel_haenszel_ratio(*STRATA).value == pytest.approx(stratified(*STRATA).riskratio_pooled)


@given(tables())
def test_one_stratum_gives_the_plain_comparison(counts):
    x1, n1, x2, n2 = counts
    one = [[c] for c in counts]
    assert sg.mantel_haenszel_difference(*one).value == pytest.approx(x1 / n1 - x2 / n2)
    if 0 < x1 < n1 and 0 < x2 < n2:
        ratio = sg.mantel_haenszel_ratio(*one)
        assert np.allclose((ratio.low, ratio.high), iv.katz_ratio(*counts))


def test_pooling_shows_simpsons_reversal():
    """Each department favours group 1; the crude rates favour group 2."""
    pooled = sg.mantel_haenszel_difference([81, 6], [87, 263], [234, 2], [270, 80])
    assert pooled.value > 0 > pooled.crude


def test_pooled_edges():
    assert np.isnan(sg.mantel_haenszel_difference([1], [4], [0], [0]).value)
    ratio = sg.mantel_haenszel_ratio([0], [9], [3], [9])
    assert (ratio.value, ratio.low, ratio.high) == (0, 0, np.inf)
    assert np.isnan(sg.mantel_haenszel_ratio([0], [9], [0], [9]).value)


@pytest.mark.parametrize("strata", [3, 40])
def test_pooled_intervals_cover(strata):
    rng = np.random.default_rng(strata)
    base, n1, n2 = (
        rng.uniform(0.2, 0.5, strata),
        np.full(strata, 480 // strata),
        np.full(strata, 720 // strata),
    )
    x1, x2 = rng.binomial(n1, base + 0.1, (4000, strata)), rng.binomial(n2, base, (4000, strata))
    gap = sg.mantel_haenszel_difference(x1, n1, x2, n2)
    assert 0.935 < np.mean((gap.low <= 0.1) & (gap.high >= 0.1)) < 0.965
    x1 = rng.binomial(n1, base * 1.3, (4000, strata))
    ratio = sg.mantel_haenszel_ratio(x1, n1, x2, n2)
    assert 0.935 < np.mean((ratio.low <= 1.3) & (ratio.high >= 1.3)) < 0.965


@pytest.mark.parametrize(("ours", "theirs"), [(sg.holm, "holm"), (sg.benjamini_hochberg, "fdr_bh")])
@settings(max_examples=15, deadline=None)  # statsmodels takes 60 ms for Holm
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_corrections_match_statsmodels(ours, theirs, p_value):
    assert np.allclose(ours(p_value), multipletests(p_value, method=theirs)[1])


@pytest.mark.parametrize("correct", [sg.holm, sg.benjamini_hochberg])
def test_corrections_pass_over_undefined_figures(correct):
    found = correct([[0.04, np.nan, 0.01], [0.5, 0.01, 0.2]])
    assert np.isnan(found[0, 1])
    assert np.allclose(found[0, [0, 2]], correct([0.04, 0.01]))
    assert np.allclose(found[1], correct([0.5, 0.01, 0.2]))
    with pytest.raises(InputError, match="p-values"):
        correct([0.5, 1.2])


@pytest.mark.parametrize("direction", ["lower", "higher"])
@pytest.mark.parametrize(("n1", "n2", "rate"), [(200, 200, 0.5), (50, 1000, 0.3), (5000, 300, 0.6)])
def test_detectable_gap_has_the_power_that_statsmodels_computes(direction, n1, n2, rate):
    gap = float(sg.smallest_detectable_gap(n1, n2, rate, power=0.8, direction=direction))
    signed = -gap if direction == "lower" else gap
    found = power_proportions_2indep(signed, rate, n1, ratio=n2 / n1, alpha=0.05)
    assert found.power == pytest.approx(0.8, abs=1e-3)


def test_detectable_gap_edges():
    assert np.isnan(sg.smallest_detectable_gap([5, 0], [5, 9], [0.1, 0.5])).all()
    gaps = sg.smallest_detectable_gap([100, 1000, 10_000], 1000, 0.3)
    assert (np.diff(gaps) < 0).all()
    with pytest.raises(InputError, match="rate"):
        sg.smallest_detectable_gap(10, 10, 30)


def test_partial_pooling_finds_the_spread_it_was_given():
    rng = np.random.default_rng(0)
    n = np.full(4000, 50)
    truth = rng.beta(6, 14, 4000)
    found = sg.partial_pooling(rng.binomial(n, truth), n)
    assert found.mean == pytest.approx(0.3, abs=0.01)
    assert found.strength == pytest.approx(20, rel=0.1)
    assert np.mean((found.rate - truth) ** 2) < 0.8 * np.mean((found.raw - truth) ** 2)
    assert np.mean((found.low <= truth) & (truth <= found.high)) == pytest.approx(0.95, abs=0.01)


def test_partial_pooling_edges():
    alike = sg.partial_pooling([10, 10, 0], [20, 20, 0])
    assert alike.strength == np.inf
    assert alike.rate.tolist() == [0.5, 0.5, 0.5]
    apart = sg.partial_pooling([0, 20], [20, 20])
    assert apart.rate[0] < 0.05
    assert np.isnan(sg.partial_pooling([0, 0], [0, 0]).rate).all()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=2, max_size=8))
def test_pooled_rates_lie_between_the_raw_rate_and_the_mean(cells):
    n = np.array([max(cell) for cell in cells])
    found = sg.partial_pooling([min(cell) for cell in cells], n)
    edge = np.stack([found.raw, np.broadcast_to(found.mean, n.shape)])
    assert (found.rate >= edge.min(axis=0) - 1e-12).all()
    assert (found.rate <= edge.max(axis=0) + 1e-12).all()
    assert ((found.low <= found.rate + 1e-9) & (found.rate <= found.high + 1e-9)).all()
