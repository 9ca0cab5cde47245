"""Areas under ROC curves and across groups: against scikit-learn, pair counting, DeLong's own formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from evenhand.errors import InputError, Reason
from evenhand.metrics import scores as sc
from evenhand.metrics.grid import Grid
from evenhand.metrics.scores_delong import Areas, area_interval, delong
from evenhand.metrics.scores_pairs import pairs_of
from evenhand.metrics.tally import cube_of

DISTINCT = Grid("distinct")
HANLEY = np.array([[33.0, 6, 6, 11, 2], [3, 2, 2, 11, 33]])
"""Hanley & McNeil (1982), table I: ratings 1 to 5 of 58 normal and 51 abnormal images."""


def sample(n=400, groups=3, seed=0, digits=2):
    rng = np.random.default_rng(seed)
    group, y = rng.integers(0, groups, n), rng.integers(0, 2, n)
    score = np.round(np.clip(rng.normal(0.4 + 0.15 * y + 0.03 * group, 0.2), 0, 1), digits)
    return y, score, group


def table_of(y, score, group, grid=DISTINCT, **more):
    return sc.score_table(cube_of(y, y_score=score, sensitive_features={"g": group}, grid=grid, **more), "g")


def pair_counts(high, low):
    """Area by comparing every positive with every negative."""
    return ((high[:, None] > low) + 0.5 * (high[:, None] == low)).mean()


def by_hand(high, low):
    """DeLong's area and variance from the matrix of comparisons."""
    wins = (high[:, None] > low) + 0.5 * (high[:, None] == low)
    return wins.mean(), wins.mean(axis=1).var(ddof=1) / len(high) + wins.mean(axis=0).var(ddof=1) / len(low)


samples = st.integers(0, 10_000).map(lambda seed: sample(80, 2, seed, digits=1))


def test_auc_is_that_of_scikit_learn_and_of_counted_pairs():
    y, score, group = sample()
    found = sc.auc(table_of(y, score, group))
    for g in range(3):
        mine = group == g
        assert found.value[g] == pytest.approx(roc_auc_score(y[mine], score[mine]), abs=1e-12)
        assert found.value[g] == pytest.approx(
            pair_counts(score[mine & (y == 1)], score[mine & (y == 0)]), abs=1e-12
        )
    assert (found.bound == 0).all()


def test_weighted_auc_is_that_of_scikit_learn():
    y, score, group = sample()
    weight = np.random.default_rng(1).uniform(0.2, 3, len(y))
    found = sc.auc(table_of(y, score, group, sample_weight=weight))
    expected = [
        roc_auc_score(*(a[group == g] for a in (y, score)), sample_weight=weight[group == g])
        for g in range(3)
    ]
    assert found.value == pytest.approx(expected, abs=1e-12)


def test_delong_variance_by_hand():
    y, score, group = sample(150)
    found = sc.auc(table_of(y, score, group))
    for g in range(3):
        area, variance = by_hand(score[(group == g) & (y == 1)], score[(group == g) & (y == 0)])
        assert (found.value[g], found.error[g] ** 2) == pytest.approx((area, variance), rel=1e-10)


def test_published_interval():
    """Stata's manual (roctab) gives 0.8932, 0.0307, 0.83295 to 0.95339 for these ratings."""
    areas = delong(HANLEY[1], HANLEY[0], HANLEY[1], HANLEY[0], exact=True)
    low, high, error = area_interval(areas, scale="plain")
    assert float(areas.value) == pytest.approx(0.8932, abs=5e-5)
    assert float(error) == pytest.approx(0.0307, abs=5e-5)
    assert (float(low), float(high)) == pytest.approx((0.83295, 0.95339), abs=5e-6)


def test_a_frequency_weight_is_a_row_repeated():
    y, score, group = sample(100)
    times = np.random.default_rng(2).integers(1, 4, len(y))
    once = sc.auc(table_of(y, score, group, sample_weight=times, weight_kind="frequency"))
    often = sc.auc(table_of(*(np.repeat(a, times) for a in (y, score, group))))
    for name in ("value", "low", "high", "error", "size"):
        assert getattr(once, name) == pytest.approx(getattr(often, name), abs=1e-12)


def test_equal_survey_weights_change_nothing():
    y, score, group = sample(100)
    plain, heavy = (
        sc.auc(table_of(y, score, group, **w)) for w in ({}, {"sample_weight": np.full(100, 7.0)})
    )
    assert heavy.error == pytest.approx(plain.error, rel=1e-12)


def test_survey_weights_widen():
    y, score, group = sample(300)
    weight = np.random.default_rng(3).lognormal(0, 1, 300)
    plain, heavy = (sc.auc(table_of(y, score, group, **w)) for w in ({}, {"sample_weight": weight}))
    assert (heavy.error > plain.error).all()


def test_the_error_of_weighted_areas_is_that_of_resampled_rows():
    y, score, group = sample(400, 1)
    weight = np.random.default_rng(6).lognormal(0, 0.7, 400)
    rng, drawn = np.random.default_rng(7), []
    for _ in range(400):
        rows = np.concatenate(
            [rng.choice(np.flatnonzero(y == label), (y == label).sum()) for label in (0, 1)]
        )
        drawn.append(roc_auc_score(y[rows], score[rows], sample_weight=weight[rows]))
    found = sc.auc(table_of(y, score, group, sample_weight=weight))
    assert found.error[0] == pytest.approx(np.std(drawn), rel=0.12)


@settings(deadline=None)
@given(samples)
def test_a_rising_transform_leaves_auc(data):
    y, score, group = data
    one, two = (sc.auc(table_of(y, s, group)) for s in (score, score**3 / 2))
    assert np.allclose(one.value, two.value, equal_nan=True)
    assert np.allclose(one.error, two.error, equal_nan=True)


@settings(deadline=None)
@given(samples, st.integers(1, 79))
def test_merged_cubes_are_concatenated_rows(data, cut):
    parts = [
        cube_of(*(a[part] for a in data[:1]), y_score=data[1][part], sensitive_features={"g": data[2][part]})
        for part in (slice(cut), slice(cut, None))
    ]
    merged, whole = sc.score_table(parts[0] + parts[1], "g"), table_of(*data, grid=Grid())
    assert merged.groups == whole.groups
    assert np.allclose(merged.measures, whole.measures, atol=1e-12)
    assert np.allclose(sc.auc(merged).value, sc.auc(whole).value, equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 8, 64]))
def test_the_bound_of_the_error_from_bins_holds(seed, bins):
    y, score, group = sample(120, 2, seed, digits=6)
    fine, coarse = (table_of(y, score, group, grid=grid) for grid in (DISTINCT, Grid(bins=bins)))
    for figure in (sc.auc, lambda t: sc.subgroup_auc(t, "bpsn"), lambda t: sc.subgroup_auc(t, "bnsp")):
        one, two = figure(fine), figure(coarse)
        assert (np.abs(one.value - two.value) <= two.bound + 1e-12).all()
    one, two = sc.cross_auc(fine), sc.cross_auc(coarse)
    assert (np.abs(one.value - two.value) <= two.bound + 1e-12).all()


def test_one_class_has_no_area_and_a_reason():
    found = sc.auc(table_of([1, 1, 0, 1, 0], [0.1, 0.2, 0.3, 0.4, 0.5], list("aabcc")))
    assert np.isnan(found.value[:2]).all()
    assert np.isnan(found.low[:2]).all()
    assert found.reasons == (Reason.NO_NEGATIVES, Reason.NO_POSITIVES, None)
    assert found.estimate(0).reason is Reason.NO_NEGATIVES
    assert found.estimate(2).interval.holds(0.0)


def test_perfect_separation_is_not_certain():
    found = sc.auc(table_of([0] * 20 + [1] * 20, np.arange(40) / 40, ["a"] * 40))
    assert found.value[0] == found.high[0] == 1
    assert 0.88 < found.low[0] < 0.93
    assert found.error[0] > 0


def test_newcombe_reverses_with_the_score():
    one = Areas(*(np.array(a) for a in (1.0, 0.0, 0.0, 7.0, 12.0, np.inf)))
    two = Areas(*(np.array(a) for a in (0.0, 0.0, 0.0, 12.0, 7.0, np.inf)))
    low, high, _ = area_interval(one)
    assert area_interval(two)[:2] == pytest.approx((1 - high, 1 - low), abs=1e-9)


@pytest.mark.parametrize(("m", "n", "shift"), [(20, 30, 0.8), (15, 15, 1.5), (60, 200, 0.3), (6, 200, 1.0)])
def test_delong_intervals_cover(m, n, shift):
    """Three standard errors of 2,000 draws are 1.5 %."""
    rng, truth = np.random.default_rng(4), stats.norm.cdf(shift / np.sqrt(2))
    score = np.concatenate([rng.normal(shift, 1, (2000, m)), rng.normal(0, 1, (2000, n))], axis=1)
    order = np.argsort(score, axis=1)
    positive = (order < m).astype(float)
    found = delong(positive, 1 - positive, positive, 1 - positive, exact=True)
    low, high, _ = area_interval(found)
    assert 0.92 <= ((low <= truth) & (truth <= high)).mean() <= 0.97


def test_differences_are_unpaired_delong_tests():
    y, score, group = sample(300, 2)
    found = sc.differences(sc.auc(table_of(y, score, group)), (0,))
    one, two = (by_hand(score[(group == g) & (y == 1)], score[(group == g) & (y == 0)]) for g in (1, 0))
    t = (one[0] - two[0]) / np.sqrt(one[1] + two[1])
    assert found.pairs == (((1,), (0,)),)
    assert found.value[0] == pytest.approx(one[0] - two[0])
    assert found.p_value[0] == pytest.approx(2 * stats.norm.sf(abs(t)), abs=0.002)  # t of 200 degrees
    assert (found.low[0] > 0 or found.high[0] < 0) == (found.p_value[0] < 0.05)


def test_which_groups_are_compared():
    groups, sizes = [("a",), (None,), ("b",), ("c",)], np.array([1.0, 9.0, 3.0, 2.0])
    assert [a.tolist() for a in pairs_of(groups, sizes)] == [[0, 3], [2, 2]]
    assert len(pairs_of(groups, sizes, "all_pairs", with_missing=True)[0]) == 6
    assert pairs_of(groups, sizes, (None,))[1].tolist() == [1, 1, 1]
    with pytest.raises(InputError, match="no such group"):
        pairs_of(groups, sizes, ("d",))


def test_subgroup_areas_by_counted_pairs():
    y, score, group = sample(200)
    table = table_of(y, score, group)
    for g in range(3):
        own = group == g
        bpsn = pair_counts(score[~own & (y == 1)], score[own & (y == 0)])
        bnsp = pair_counts(score[own & (y == 1)], score[~own & (y == 0)])
        assert sc.subgroup_auc(table, "bpsn").value[g] == pytest.approx(bpsn)
        assert sc.subgroup_auc(table, "bnsp").value[g] == pytest.approx(bnsp)
    assert sc.subgroup_auc(table).value == pytest.approx(sc.auc(table).value)


def test_a_single_group_has_no_background():
    found = sc.subgroup_auc(table_of([0, 1], [0.1, 0.9], ["a", "a"]), "bpsn")
    assert np.isnan(found.value[0])
    assert found.reasons == (Reason.NO_POSITIVES,)


def test_power_mean_by_hand():
    areas = np.array([0.6, 0.9, 0.95])
    assert sc.power_mean(areas) == pytest.approx(((0.6**-5 + 0.9**-5 + 0.95**-5) / 3) ** -0.2)
    assert sc.power_mean(areas, 0) == pytest.approx(stats.gmean(areas))
    assert sc.power_mean(areas, 1) == pytest.approx(areas.mean())
    assert sc.power_mean([0.0, 1.0]) == 0
    assert np.isnan(sc.power_mean([0.5, np.nan]))
    with pytest.raises(InputError, match="at least 0"):
        sc.power_mean([-0.1])


def test_cross_areas_by_counted_pairs_and_their_variance():
    y, score, group = sample(200)
    found = sc.cross_auc(table_of(y, score, group))
    for a in range(3):
        for b in range(3):
            high, low = score[(group == a) & (y == 1)], score[(group == b) & (y == 0)]
            area, variance = by_hand(high, low)
            assert found.value[a, b] == pytest.approx(area)
            assert found.error[a, b] ** 2 == pytest.approx(variance)


def test_the_diagonal_of_cross_areas_is_auc_also_with_weights():
    y, score, group = sample(200)
    table = table_of(y, score, group, sample_weight=np.random.default_rng(5).uniform(1, 2, 200))
    assert np.diag(sc.cross_auc(table).error) == pytest.approx(sc.auc(table).error)


@settings(deadline=None)
@given(samples)
def test_swapping_groups_flips_delta_xauc(data):
    y, score, group = data
    one, two = (sc.delta_xauc(table_of(y, score, g), "all_pairs") for g in (group, 1 - group))
    assert np.allclose(one.value, -two.value, equal_nan=True)
    assert np.allclose(one.low, -two.high, equal_nan=True)


def test_cross_areas_say_why_they_are_undefined():
    found = sc.cross_auc(table_of([1, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], list("aabb")))
    assert np.isnan(found.value[0, 0])
    assert found.reason(0, 0) is Reason.NO_NEGATIVES
    assert found.reason(0, 1) is None
    gaps = sc.delta_xauc(table_of([1, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], list("aabb")))
    assert gaps.reasons == (Reason.GROUP_UNDEFINED,)


def test_a_missing_level_is_a_group_shown_and_not_compared():
    table = table_of([0, 1, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], ["a", "a", "b", "b", None, None])
    assert (None,) in table.groups
    assert sc.differences(sc.auc(table), "all_pairs").pairs == ((("a",), ("b",)),)


def test_the_table_needs_labels_scores_and_two_classes():
    with pytest.raises(InputError, match="need scores"):
        sc.score_table(cube_of([0, 1], [0, 1], sensitive_features=["a", "b"]))
    with pytest.raises(InputError, match="need labels"):
        sc.score_table(cube_of(y_score=[0.1, 0.2], sensitive_features=["a", "b"]))
    many = cube_of([0, 1, 2], y_score=[0.1, 0.2, 0.3], sensitive_features=["a"] * 3, task="multiclass")
    with pytest.raises(InputError, match="against_rest"):
        sc.score_table(many)
    assert sc.auc(sc.score_table(many.against_rest(2))).value.tolist() == [1.0]


def test_a_table_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("evenhand.metrics.scores_table.MAX_CELLS", 20)
    with pytest.raises(InputError, match="fixed grid"):
        table_of(*sample(50))


def test_bins_of_a_relative_grid_have_open_ends():
    table = table_of([0, 1, 0, 1], [-5.0, 3.0, 1e12, -1e12], list("aabb"), grid=Grid("relative"))
    assert (table.lows[0], table.highs[-1]) == (-np.inf, np.inf)
    assert sc.auc(table).value.tolist() == [1.0, 0.0]


def test_a_choice_that_is_none_is_refused():
    table = table_of(*sample(50))
    with pytest.raises(InputError, match="logit, plain"):
        sc.auc(table, scale="probit")
    with pytest.raises(InputError, match="subgroup, bpsn, bnsp"):
        sc.subgroup_auc(table, "snbp")
    with pytest.raises(InputError, match="level"):
        sc.auc(table, level=1.5)


def test_the_pooled_table_is_the_table_without_attributes():
    y, score, group = sample(50)
    cube = cube_of(y, y_score=score, sensitive_features={"g": group})
    assert np.allclose(sc.score_table(cube, "g").overall.measures, sc.score_table(cube).measures)


def test_a_cube_without_rows_has_no_figures():
    cube = cube_of([0, 1], y_score=[0.1, 0.2], sensitive_features={"g": ["a", "b"]}).slice("g")
    assert sc.auc(sc.score_table(cube, "g")).value.shape == (0,)
    whole = sc.score_table(cube)
    assert sc.auc(whole).reasons == (Reason.EMPTY_GROUP,)
    assert np.isnan(sc.cross_auc(whole).value).all()
    assert np.isnan(sc.roc_curves(whole).true_positive_rate).all()
    assert np.isnan(sc.expected_calibration_error(sc.reliability(whole)).value).all()
    assert sc.recalibration(whole).slope.reasons == (Reason.EMPTY_GROUP,)
    assert sc.abroca(sc.score_table(cube, "g")).pairs == ()
