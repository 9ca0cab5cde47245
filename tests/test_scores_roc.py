"""ROC curves and ABROCA: against scikit-learn's curve, brute force on merged grids, and dealt labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from sklearn.metrics import auc as trapezoid
from sklearn.metrics import roc_curve

from evenhand.errors import InputError, Reason
from evenhand.metrics import scores as sc
from evenhand.metrics.grid import Grid
from evenhand.metrics.scores_roc import area_between
from evenhand.metrics.tally import cube_of

DISTINCT = Grid("distinct")


def sample(n=400, groups=2, seed=0, digits=2, gap=0.0):
    rng = np.random.default_rng(seed)
    group, y = rng.integers(0, groups, n), rng.integers(0, 2, n)
    score = np.round(np.clip(rng.normal(0.4 + (0.15 - gap * group) * y, 0.2), 0, 1), digits)
    return y, score, group


def table_of(y, score, group, grid=DISTINCT, **more):
    return sc.score_table(cube_of(y, y_score=score, sensitive_features={"g": group}, grid=grid, **more), "g")


def brute_abroca(y, score, group):
    """Both curves on a fine grid that holds every corner twice, a hair to its left and right."""
    curves = [roc_curve(y[group == g], score[group == g], drop_intermediate=False)[:2] for g in (0, 1)]
    corners = np.concatenate([c[0] for c in curves])
    at = np.unique(
        np.clip(np.concatenate([np.linspace(0, 1, 20_001), corners - 1e-10, corners + 1e-10]), 0, 1)
    )
    heights = [np.interp(at, *c) for c in curves]
    return integrate.trapezoid(np.abs(heights[0] - heights[1]), at)


@pytest.mark.parametrize("seed", range(4))
def test_abroca_by_brute_force(seed):
    y, score, group = sample(120, seed=seed)
    found = sc.abroca(table_of(y, score, group), draws=100)
    assert found.value[0] == pytest.approx(brute_abroca(y, score, group), abs=2e-6)


def test_abroca_of_curves_that_do_not_cross_is_the_difference_of_areas():
    y, score = np.tile([0, 1], 200), np.r_[np.tile([0.2, 0.9], 100), np.linspace(0, 1, 200)]
    table = table_of(y, score, np.repeat([0, 1], 200))
    area = sc.auc(table).value
    assert sc.abroca(table, draws=100).value[0] == pytest.approx(area[0] - area[1])


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_abroca_is_at_least_the_difference_of_areas_and_symmetric(seed):
    y, score, group = sample(60, seed=seed, digits=1)
    one, two = (table_of(y, score, g).weight for g in (group, 1 - group))
    value, back = area_between(one[:1], one[1:]), area_between(two[:1], two[1:])
    gap = np.diff(sc.auc(table_of(y, score, group)).value)
    assert np.allclose(value, back, equal_nan=True)
    assert not value[0] < np.abs(gap[0]) - 1e-12
    assert area_between(one[:1], one[:1])[0] == pytest.approx(0, abs=1e-15)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([4, 16, 64]))
def test_the_bound_of_abroca_holds(seed, bins):
    data = sample(100, seed=seed, digits=6)
    fine, coarse = (sc.abroca(table_of(*data, grid=grid), draws=100) for grid in (DISTINCT, Grid(bins=bins)))
    assert abs(fine.value[0] - coarse.value[0]) <= coarse.bound[0] + 1e-12


def test_the_null_is_that_of_labels_dealt_by_hand():
    y, score, group = sample(160)
    found = sc.abroca(table_of(y, score, group), draws=1000)
    rng, dealt = np.random.default_rng(9), []
    for _ in range(1000):
        shuffled = group.copy()
        for label in (0, 1):
            shuffled[y == label] = rng.permutation(group[y == label])
        both = table_counts(y, score, shuffled)
        dealt.append(area_between(both[:1], both[1:])[0])
    assert found.null_median[0] == pytest.approx(np.median(dealt), rel=0.06)
    assert found.null_95[0] == pytest.approx(np.quantile(dealt, 0.95), rel=0.08)
    assert found.p_value[0] == pytest.approx(np.mean(np.array(dealt) >= found.value[0]), abs=0.06)


def table_counts(y, score, group):
    place = np.unique(score, return_inverse=True)[1]
    counts = np.zeros((2, 2, place.max() + 1))
    np.add.at(counts, (group, y, place), 1.0)
    return counts


def test_the_test_keeps_its_level_where_base_rates_differ():
    kept = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        group = rng.integers(0, 2, 150)
        y = (rng.random(150) < np.where(group, 0.2, 0.6)).astype(int)
        score = np.round(np.clip(rng.normal(0.4 + 0.2 * y, 0.2), 0, 1), 3)
        kept.append(sc.abroca(table_of(y, score, group), draws=199, seed=seed).p_value[0] <= 0.05)
    assert np.mean(kept) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)


def test_a_gap_is_found_and_equal_seeds_agree():
    table = table_of(*sample(2000, gap=0.15))
    one, two = (sc.abroca(table, draws=200, seed=3) for _ in range(2))
    assert one.p_value[0] == pytest.approx(1 / 201)
    assert one.null_95[0] < one.value[0]
    assert (one.null_median, one.null_95) == (two.null_median, two.null_95)


def test_merged_bins_hardly_move_the_null():
    table = table_of(*sample(3000, digits=4))
    few, many = (sc.abroca(table, draws=300, null_bins=bins) for bins in (128, 100_000))
    assert few.null_95[0] == pytest.approx(many.null_95[0], rel=0.12)
    assert few.value == many.value


def test_the_null_of_weights():
    y, score, group = sample(400)
    plain = sc.abroca(table_of(y, score, group), draws=300)
    equal = sc.abroca(table_of(y, score, group, sample_weight=np.full(400, 3.0)), draws=300)
    heavy = sc.abroca(
        table_of(y, score, group, sample_weight=np.random.default_rng(1).lognormal(0, 1, 400)), draws=300
    )
    twice = sc.abroca(
        table_of(y, score, group, sample_weight=np.full(400, 4), weight_kind="frequency"), draws=300
    )
    assert equal.null_median[0] == pytest.approx(plain.null_median[0], rel=0.15)
    assert heavy.null_median[0] > 1.2 * plain.null_median[0]
    assert twice.null_median[0] == pytest.approx(plain.null_median[0] / 2, rel=0.2)


def test_groups_of_one_class_have_no_area_between():
    found = sc.abroca(table_of([0, 1, 1, 1], [0.1, 0.2, 0.3, 0.4], list("aabb")), draws=100)
    assert np.isnan([found.value[0], found.null_median[0], found.p_value[0], found.bound[0]]).all()
    assert found.reasons == (Reason.GROUP_UNDEFINED,)


def test_one_group_has_no_pairs():
    found = sc.abroca(table_of([0, 1], [0.1, 0.2], list("aa")), draws=100)
    assert found.pairs == ()
    assert found.value.shape == found.p_value.shape == (0,)


def test_too_few_draws_or_points_are_refused():
    table = table_of(*sample(50))
    with pytest.raises(InputError, match="100 draws"):
        sc.abroca(table, draws=10)
    with pytest.raises(InputError, match="at least 2 points"):
        sc.roc_curves(table, points=1)


def test_curves_pass_through_scikit_learns_points():
    y, score, group = sample(200)
    found = sc.roc_curves(table_of(y, score, group), points=1000)
    for g in (0, 1):
        fpr, tpr, at = roc_curve(y[group == g], score[group == g], drop_intermediate=False)
        for x, height, threshold in zip(fpr[1:], tpr[1:], at[1:], strict=True):
            place = int(np.flatnonzero(found.thresholds == threshold)[0])
            assert found.false_positive_rate[g, place] == pytest.approx(x)
            assert found.true_positive_rate[g, place] == pytest.approx(height)


@pytest.mark.parametrize("points", [2, 11, 101])
def test_curves_have_few_points_both_corners_and_hardly_less_area(points):
    y, score, group = sample(5000, digits=5)
    table = table_of(y, score, group, grid=Grid())
    found = sc.roc_curves(table, points)
    assert found.thresholds.size <= points
    assert (np.diff(found.thresholds) < 0).all()
    for g in (0, 1):
        x, height = found.false_positive_rate[g], found.true_positive_rate[g]
        assert (x[0], height[0], x[-1], height[-1]) == pytest.approx((0, 0, 1, 1))
        if points == 101:
            assert trapezoid(x, height) == pytest.approx(sc.auc(table).value[g], abs=2e-3)


def test_a_group_of_one_class_has_no_curve_for_the_other():
    found = sc.roc_curves(table_of([0, 1, 1, 1], [0.1, 0.2, 0.3, 0.4], list("aabb")))
    assert np.isnan(found.false_positive_rate[1]).all()
    assert found.true_positive_rate[1, -1] == 1
