"""Intervals against published tables, statsmodels and scipy, their own theory, and the corners."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.stats.contingency import relative_risk
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from evenhand.errors import InputError
from evenhand.metrics import intervals as iv
from evenhand.metrics.interval_difference import restricted_difference

RATE = [iv.wilson, iv.modified_wilson, iv.clopper_pearson, iv.jeffreys]
DIFFERENCE = [iv.miettinen_nurminen_difference, iv.newcombe_difference, iv.agresti_caffo_difference]
RATIO = [iv.miettinen_nurminen_ratio, iv.widened_ratio, iv.koopman_ratio, iv.katz_ratio]
CORNERS = [(0, 20, 10, 50), (20, 20, 50, 50), (3, 8, 30, 40), (0, 10, 0, 10), (10, 10, 0, 10), (1, 1, 0, 1)]


@st.composite
def tables(draw, least=0):
    n1, n2 = draw(st.integers(2, 400)), draw(st.integers(2, 400))
    return draw(st.integers(least, n1)), n1, draw(st.integers(least, n2)), n2


# Newcombe (1998), Statistics in Medicine 17, 873-890, table II: methods 6 (Miettinen-Nurminen) and 10.
NEWCOMBE = [
    ((56, 70, 48, 80), (0.0528, 0.3382), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1700, 0.8406), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0342, 0.8534), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0326, 0.1933), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1658, 0.2844), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2879, 0.2879), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.7156, 1.0), (0.6791, 1.0)),
    ((10, 10, 0, 10), (0.6636, 1.0), (0.6075, 1.0)),
]


@pytest.mark.parametrize(("counts", "score", "hybrid"), NEWCOMBE)
def test_differences_match_newcombes_table(counts, score, hybrid):
    assert np.allclose(iv.miettinen_nurminen_difference(*counts), score, atol=6e-5)
    assert np.allclose(iv.newcombe_difference(*counts), hybrid, atol=6e-5)


def test_koopman_matches_his_example():
    """Koopman (1984), Biometrics 40, 513-517: 36 of 40 against 16 of 80."""
    assert np.allclose(iv.koopman_ratio(36, 40, 16, 80), (2.94, 7.15), atol=0.005)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(iv.wilson, "wilson"), (iv.clopper_pearson, "beta"), (iv.jeffreys, "jeffreys")]
)
@given(st.integers(1, 500), st.data())
def test_rates_match_statsmodels(ours, theirs, n, data):
    x = data.draw(st.integers(0, n))
    low, high = proportion_confint(x, n, method=theirs)
    low, high = (0.0 if x == 0 else low), (1.0 if x == n else high)  # our ladder pins the ends there
    assert np.allclose(ours(x, n), (low, high), atol=1e-9)


@given(st.integers(1, 500), st.data())
def test_the_modified_wilson_is_wilsons_from_four_of_both_outcomes(n, data):
    x = data.draw(st.integers(0, n))
    (low, high), (plain_low, plain_high) = iv.modified_wilson(x, n), iv.wilson(x, n)
    assert 0 <= low <= plain_low + 1e-12
    assert plain_high - 1e-12 <= high <= 1
    if x == 0 or x > 3:
        assert low == plain_low
    if x == n or n - x > 3:
        assert high == pytest.approx(plain_high, abs=1e-12)


@given(tables())
def test_the_widened_ratio_is_miettinen_and_nurminens_unless_outcomes_are_rare(counts):
    x1, n1, x2, n2 = counts
    (low, high), (plain_low, plain_high) = iv.widened_ratio(*counts), iv.miettinen_nurminen_ratio(*counts)
    assert low <= plain_low * (1 + 1e-9)
    assert high >= plain_high * (1 - 1e-9)
    if not 0 < x1 < 4 and not 0 < n2 - x2 < 4:
        assert low == pytest.approx(plain_low)
    if not 0 < x2 < 4 and not 0 < n1 - x1 < 4:
        assert high == pytest.approx(plain_high)


def test_beside_a_vast_group_the_widened_ratio_is_the_modified_wilson():
    low, high = iv.widened_ratio(2, 20, 5e8, 1e9)
    end = iv.modified_wilson(2, 20)[0] / 0.5, iv.miettinen_nurminen_ratio(2, 20, 5e8, 1e9)[1]
    assert (low, high) == pytest.approx(end, rel=1e-3)


@pytest.mark.parametrize("x", [1, 2, 3])
@pytest.mark.parametrize("n", [15, 40, 1000])
def test_ends_of_rare_outcomes_are_poissons(x, n):
    """Brown, Cai & DasGupta (2001), section 4.1.1: half the 5 % quantile of chi-squared with 2 x degrees."""
    assert iv.modified_wilson(x, n)[0] == pytest.approx(stats.chi2.ppf(0.05, 2 * x) / 2 / n)
    assert iv.modified_wilson(n - x, n)[1] == pytest.approx(1 - stats.chi2.ppf(0.05, 2 * x) / 2 / n)


def test_the_modified_wilson_has_no_jumps():
    """Weights make fractions of a success; the ends rise with them, in steps as small as theirs."""
    x = np.linspace(0, 12, 12_001)
    low, high = iv.modified_wilson(x, 12)
    for end in (low, high):
        assert (np.diff(end) >= -1e-12).all()
    assert np.diff(low)[1:].max() < 2e-4
    assert np.diff(high)[:-1].max() < 2e-4


@pytest.mark.parametrize(("ours", "theirs"), [("newcombe", "newcomb"), ("agresti_caffo", "agresti-caffo")])
@given(tables())
def test_closed_differences_match_statsmodels(ours, theirs, counts):
    expected = confint_proportions_2indep(*map(float, counts), compare="diff", method=theirs)
    found = getattr(iv, f"{ours}_difference")(*counts)
    assert np.allclose(found, np.clip(expected, -1, 1), atol=1e-9)


@pytest.mark.parametrize(
    ("ours", "corrected"), [(iv.miettinen_nurminen_ratio, True), (iv.koopman_ratio, False)]
)
@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (5, 56, 2, 29), (100, 1000, 130, 900)])
def test_score_ratios_match_statsmodels(ours, corrected, counts):
    counts = tuple(map(float, counts))
    expected = confint_proportions_2indep(*counts, compare="ratio", method="score", correction=corrected)
    assert np.allclose(ours(*counts), expected, rtol=1e-5)


@given(tables(least=1))
def test_katz_matches_scipy(counts):
    expected = relative_risk(*counts).confidence_interval()
    if counts[0] == counts[1] and counts[2] == counts[3]:
        assert (expected.low, expected.high) == (1, 1)  # a point: we differ, see the ladder
        return
    assert np.allclose(iv.katz_ratio(*counts), (expected.low, expected.high))


def test_welch_matches_scipy():
    a, b = np.random.default_rng(0).normal(size=30), np.random.default_rng(1).normal(1, 3, size=45)
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    found = iv.welch_difference(a.mean(), a.var(ddof=1), 30, b.mean(), b.var(ddof=1), 45)
    assert np.allclose(found, expected)


def test_welch_edges():
    assert np.isnan(iv.welch_difference(0.5, 0.0, 1, 0.2, 0.1, 9)).all()
    assert np.allclose(iv.welch_difference(0.5, 0.0, 5, 0.2, 0.0, 9), (0.3, 0.3))
    low, high = iv.welch_difference(1.0, 4.0, 4, 0.0, 0.0, 4, z=2.0)
    assert (low, high) == (-1.0, 3.0)


@given(tables(least=1), st.floats(-0.9, 0.9))
def test_restricted_rates_maximise_the_likelihood(counts, delta):
    """Statsmodels 0.15 does not: a count stands where a number of rows belongs."""
    x1, n1, x2, n2 = counts

    def minus_log_likelihood(p):
        q = p - delta
        return -sum(map(float, _terms(x1, n1, p) + _terms(x2, n2, q)))

    bounds = max(0, delta) + 1e-9, min(1, 1 + delta) - 1e-9
    best = optimize.minimize_scalar(minus_log_likelihood, bounds=bounds, method="bounded")
    p, q = restricted_difference(*map(np.float64, (*counts, delta)))
    inner = float(np.clip(p, *bounds))
    assert q == pytest.approx(p - delta)
    assert minus_log_likelihood(inner) <= best.fun + 1e-5 * (1 + abs(best.fun))


def _terms(x, n, p):
    return [x * np.log(p), (n - x) * np.log1p(-p)]


@pytest.mark.parametrize("counts", CORNERS)
@pytest.mark.parametrize("method", [*DIFFERENCE, *RATIO])
def test_corners_have_intervals_that_hold_the_point(method, counts):
    x1, n1, x2, n2 = counts
    low, high = method(*counts)
    assert low <= high
    if method in DIFFERENCE[:2]:
        assert low <= x1 / n1 - x2 / n2 <= high
    if method in RATIO and x2:
        assert low <= x1 / n1 / (x2 / n2) <= high


@pytest.mark.parametrize("method", RATIO)
def test_ladder_of_ratios(method):
    assert method(0, 20, 5, 30)[0] == 0
    assert method(5, 30, 0, 20)[1] == np.inf
    assert (method(0, 20, 0, 30)[0], method(0, 20, 0, 30)[1]) == (0, np.inf)
    low, high = method(20, 20, 30, 30)
    assert 0 < low < 1 < high < np.inf


@pytest.mark.parametrize("method", RATE)
def test_ladder_of_rates(method):
    assert method(0, 7)[0] == 0
    assert method(7, 7)[1] == 1
    assert np.isnan(method(0, 0)).all()


@pytest.mark.parametrize("method", [*DIFFERENCE, *RATIO])
def test_a_group_without_rows_is_nan_and_harms_no_other(method):
    low, high = method([0, 5], [0, 10], [3, 3], [9, 9])
    assert np.isnan([low[0], high[0]]).all()
    assert np.isfinite([low[1], high[1]]).all()


@pytest.mark.parametrize("method", DIFFERENCE)
@given(tables())
def test_swapping_groups_flips_the_sign(method, counts):
    low, high = method(*counts)
    back = method(*counts[2:], *counts[:2])
    assert np.allclose((low, high), (-back[1], -back[0]), atol=1e-9)


@pytest.mark.parametrize("method", RATIO)
@given(tables(least=1))
def test_swapping_groups_inverts_the_ratio(method, counts):
    low, high = method(*counts)
    back = method(*counts[2:], *counts[:2])
    assert np.allclose((low, high), (1 / back[1], 1 / back[0]), rtol=1e-8)


@pytest.mark.parametrize("method", [*DIFFERENCE, *RATIO])
@given(tables())
def test_levels_nest(method, counts):
    narrow, wide = method(*counts, 0.8), method(*counts, 0.99)
    assert wide[0] <= narrow[0] + 1e-12
    assert wide[1] >= narrow[1] - 1e-12


@given(st.integers(2, 200), st.integers(2, 200), st.data())
def test_difference_rises_with_the_first_count(n1, n2, data):
    x2 = data.draw(st.integers(0, n2))
    low, high = iv.miettinen_nurminen_difference(np.arange(n1 + 1), n1, x2, n2)
    assert (np.diff(low) > -1e-9).all()
    assert (np.diff(high) > -1e-9).all()


@given(tables(), st.floats(0.5, 4))
def test_ends_are_where_the_score_reaches_the_critical_value(counts, z):
    low, high = iv.miettinen_nurminen_difference(*counts, z=z)
    for end, sign in ((low, 1), (high, -1)):
        if abs(end) < 1 - 1e-6:
            assert sign * iv.score_z_difference(*counts, end) == pytest.approx(z, abs=1e-4)


@given(tables())
def test_scores_of_no_gap_agree(counts):
    assert iv.score_z_difference(*counts) == pytest.approx(iv.score_z_ratio(*counts), abs=1e-9)


@given(tables(least=1), st.floats(0.5, 4))
def test_interval_leaves_zero_exactly_where_the_score_rejects(counts, z):
    score = abs(float(iv.score_z_difference(*counts)))
    low, high = iv.miettinen_nurminen_difference(*counts, z=z)
    if abs(score - z) > 1e-6:
        assert (score > z) == bool(low > 0 or high < 0)


def test_broadcasting_equals_one_at_a_time():
    x1, x2 = np.arange(0, 21, 4)[:, None], np.array([0, 3, 30])
    low, high = iv.miettinen_nurminen_ratio(x1, 20, x2, 30)
    assert low.shape == high.shape == (6, 3)
    assert low[2, 1] == iv.miettinen_nurminen_ratio(8, 20, 3, 30)[0]


def test_effective_counts_may_be_fractions():
    whole, part = iv.wilson(30, 100), iv.wilson(0.3 * 62.5, 62.5)
    assert part[0] < whole[0] < whole[1] < part[1]
    assert iv.miettinen_nurminen_difference(10.5, 40.25, 8.1, 33.3)[0] < 0


def test_large_counts_and_tiny_rates_keep_their_digits():
    low, high = iv.miettinen_nurminen_difference(3, 1e6, 9, 2e6)
    assert np.allclose((low, high), iv.newcombe_difference(3, 1e6, 9, 2e6), atol=2e-7)


def test_all_bad_counts_are_told_at_once():
    with pytest.raises(InputError) as caught:
        iv.miettinen_nurminen_difference([5, 12], 10, -1, 10)
    assert [problem.where for problem in caught.value.problems] == ["x1, n1", "x2, n2"]
    assert "x=12, n=10" in str(caught.value)


@pytest.mark.parametrize("level", [0, 1, 95, -0.1])
def test_a_level_that_is_no_level_is_refused(level):
    with pytest.raises(InputError, match="level"):
        iv.wilson(1, 2, level)


def test_a_negative_critical_value_is_refused():
    with pytest.raises(InputError, match="critical"):
        iv.wilson(1, 2, z=-1)


def test_a_critical_value_of_zero_gives_the_point():
    assert np.allclose(iv.miettinen_nurminen_difference(5, 10, 2, 10, z=0), 0.3)
    assert np.allclose(iv.miettinen_nurminen_ratio(5, 10, 2, 10, z=0), 2.5)
