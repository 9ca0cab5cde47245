"""Predicted numbers by group: scikit-learn, scipy and hand counts as oracles."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evenhand.errors import InputError, Reason
from evenhand.metrics.disparity import Options
from evenhand.metrics.fit_gaps import regression_gaps, worst_regression_gap
from evenhand.metrics.prediction_distance import prediction_distances, wasserstein_1
from evenhand.metrics.regression import REGRESSION, fitted, regression_estimates, regression_rows

NUMBERS = st.lists(st.integers(-9, 9).map(float), min_size=2, max_size=25)
ORACLES = {
    "mean_prediction": lambda y, p, w: np.average(p, weights=w),
    "mean_error": lambda y, p, w: np.average(p - y, weights=w),
    "mean_absolute_error": lambda y, p, w: sm.mean_absolute_error(y, p, sample_weight=w),
    "mean_squared_error": lambda y, p, w: sm.mean_squared_error(y, p, sample_weight=w),
    "root_mean_squared_error": lambda y, p, w: sm.root_mean_squared_error(y, p, sample_weight=w),
    "r2_score": lambda y, p, w: sm.r2_score(y, p, sample_weight=w),
}


def wages(rows: int = 400, seed: int = 0):
    rng = np.random.default_rng(seed)
    group = rng.choice(["A", "B", "C"], rows, p=[0.5, 0.3, 0.2])
    y = rng.gamma(3, size=rows) + (group == "B")
    return y, y + rng.normal(scale=0.5, size=rows) + 0.3 * (group == "A"), group, rng.gamma(2, size=rows)


@pytest.mark.parametrize("name", REGRESSION)
@pytest.mark.parametrize("weighted", [False, True])
def test_figures_are_scikit_learns(name, weighted):
    y, p, group, w = wages()
    found = fitted(
        regression_rows(y, p, sensitive_features=group, sample_weight=w if weighted else None), name
    )
    for i, (level,) in enumerate(found.groups):
        at = group == level
        oracle = ORACLES[name](y[at], p[at], w[at] if weighted else None)
        assert found.value[i] == pytest.approx(oracle)


def test_a_hand_counted_example():
    rows = regression_rows([1, 2, 3, 4], [1, 3, 3, 6], sensitive_features=list("FFMM"))
    assert fitted(rows, "mean_prediction").value.tolist() == [2.0, 4.5]
    assert fitted(rows, "mean_absolute_error").value.tolist() == [0.5, 1.0]
    assert fitted(rows, "r2_score").value.tolist() == [1 - 1 / 0.5, 1 - 4 / 0.5]


def test_the_interval_of_a_mean_is_students():
    y, p, group, _ = wages()
    found = regression_estimates(fitted(regression_rows(y, p, sensitive_features=group), "mean_error"))
    error = (p - y)[group == "A"]
    low, high = stats.t.interval(0.95, len(error) - 1, error.mean(), stats.sem(error))
    assert (found[0].interval.low, found[0].interval.high) == pytest.approx((low, high))
    assert found[0].rows == len(error)


def test_gaps_carry_welchs_interval():
    y, p, group, _ = wages()
    rows = regression_rows(y, p, sensitive_features=group)
    found = {gap.group: gap for gap in regression_gaps(fitted(rows, "mean_error"), rows, ("A",))}
    test = stats.ttest_ind((p - y)[group == "B"], (p - y)[group == "A"], equal_var=False)
    interval = test.confidence_interval(0.95)
    assert found["B",].value == pytest.approx((p - y)[group == "B"].mean() - (p - y)[group == "A"].mean())
    assert (found["B",].interval.low, found["B",].interval.high) == pytest.approx(
        (interval.low, interval.high)
    )


@pytest.mark.parametrize("name", ["root_mean_squared_error", "r2_score", "mean_absolute_error"])
def test_intervals_cover(name):
    rng, hits, sims = np.random.default_rng(8), 0, 1000
    truth = {
        "root_mean_squared_error": 0.5,
        "r2_score": 0.75,
        "mean_absolute_error": 0.5 * math.sqrt(2 / math.pi),
    }
    for _ in range(sims):
        y = rng.normal(size=150)
        rows = regression_rows(y, y + rng.normal(scale=0.5, size=150), sensitive_features=["A"] * 150)
        hits += regression_estimates(fitted(rows, name))[0].interval.holds(truth[name])
    assert hits >= 0.91 * sims


def test_equal_labels_leave_r2_undefined():
    rows = regression_rows([0.1] * 3 + [1, 2], [0.2, 0.1, 0.3, 1, 3], sensitive_features=list("AAABB"))
    found = regression_estimates(fitted(rows, "r2_score"))
    assert math.isnan(found[0].value)
    assert found[0].reason is Reason.ZERO_DENOMINATOR
    assert found[0].interval is None
    [gap] = regression_gaps(fitted(rows, "r2_score"), rows, ("A",))
    assert gap.reason is Reason.ZERO_DENOMINATOR


def test_one_row_has_a_figure_and_no_interval():
    found = regression_estimates(
        fitted(regression_rows([1, 2, 3], [1, 2, 4], sensitive_features=list("AAB")), "mean_error")
    )
    assert found[1].value == 1
    assert found[1].interval is None


def test_perfect_predictions_have_errors_of_zero_and_a_point():
    found = regression_estimates(
        fitted(
            regression_rows([1, 2, 3], [1, 2, 3], sensitive_features=list("AAA")), "root_mean_squared_error"
        )
    )
    assert (found[0].value, found[0].interval.low, found[0].interval.high) == (0, 0, 0)


def test_a_group_of_no_weight_is_undefined():
    rows = regression_rows([1, 2, 3], [1, 2, 3], sensitive_features=list("AAB"), sample_weight=[1, 1, 0])
    assert regression_estimates(fitted(rows, "mean_error"))[1].reason is Reason.EMPTY_GROUP


def test_the_worst_gap_names_its_pair_and_what_is_left_out():
    y, p, group, _ = wages()
    group = np.append(group, "D")
    rows = regression_rows(np.append(y, 1), np.append(p, 99), sensitive_features=group)
    found = worst_regression_gap(fitted(rows, "mean_error"))
    assert found.left_out == (("D",),)
    assert found.reference == ("A",)
    assert found.interval.low > 0
    alone = worst_regression_gap(fitted(rows, "mean_error"), Options(min_group_size=10_000))
    assert alone.reason is Reason.BELOW_MINIMUM


def test_an_undefined_group_makes_the_worst_gap_undefined():
    rows = regression_rows([1, 1, 2, 3], [1, 2, 2, 3], sensitive_features=list("AABB"))
    assert worst_regression_gap(fitted(rows, "r2_score")).reason is Reason.GROUP_UNDEFINED
    single = regression_rows([1, 2], [1, 2], sensitive_features=list("AA"))
    assert worst_regression_gap(fitted(single, "mean_error")).reason is Reason.SINGLE_GROUP


@given(NUMBERS, NUMBERS)
def test_distances_are_scipys(u, v):
    rows = regression_rows([0.0] * len(u + v), [*u, *v], sensitive_features=["A"] * len(u) + ["B"] * len(v))
    [found] = prediction_distances(rows, reference=("B",))
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(u, v), abs=1e-9)
    assert found.largest_gap == pytest.approx(stats.ks_2samp(u, v, method="asymp").statistic, abs=1e-9)
    assert found.gap_interval.holds(found.largest_gap)


@given(NUMBERS, NUMBERS, st.data())
@settings(max_examples=40)
def test_weighted_distances_are_scipys(u, v, data):
    weights = [
        np.array(data.draw(st.lists(st.integers(1, 5), min_size=len(x), max_size=len(x))), float)
        for x in (u, v)
    ]
    found = wasserstein_1(np.array(u), np.array(v), *weights)
    assert found == pytest.approx(stats.wasserstein_distance(u, v, *weights), abs=1e-9)


@given(NUMBERS, NUMBERS)
@settings(max_examples=40)
def test_area_and_maximum_are_those_over_all_thresholds(u, v):
    rows = regression_rows([0.0] * len(u + v), [*u, *v], sensitive_features=["A"] * len(u) + ["B"] * len(v))
    [found] = prediction_distances(rows, reference=("B",))
    u, v = np.array(u), np.array(v)
    edges = np.arange(-9.0, 9.5)
    gaps = [abs((u > t).mean() - (v > t).mean()) for t in edges]
    assert found.largest_gap == pytest.approx(max(gaps))
    assert found.wasserstein == pytest.approx(sum(gaps))
    assert abs((u > found.threshold).mean() - (v > found.threshold).mean()) == pytest.approx(
        found.largest_gap
    )
    assert 0 <= found.mean_gap <= found.largest_gap + 1e-12


def test_a_shift_of_one_is_a_distance_of_one():
    rows = regression_rows(np.zeros(6), [1, 2, 3, 2, 3, 4], sensitive_features=list("AAABBB"))
    [found] = prediction_distances(rows, reference=("B",), draws=50)
    assert found.wasserstein == pytest.approx(1.0)
    assert found.mean_gap == pytest.approx(1 / 3)
    assert found.wasserstein_interval.holds(1.0)


def test_everybody_else_is_the_comparison_without_a_reference():
    rows = regression_rows(np.zeros(4), [1, 2, 3, 4], sensitive_features=["A", "B", "C", None])
    found = prediction_distances(rows)
    assert [one.group for one in found] == [("A",), ("B",), ("C",)]
    assert found[0].wasserstein == pytest.approx(2.0)
    assert found[0].reference is None


def test_equal_predictions_have_no_distance():
    rows = regression_rows(np.zeros(4), [2, 2, 2, 2], sensitive_features=list("AABB"))
    [found] = prediction_distances(rows, reference=("A",))
    assert (found.wasserstein, found.largest_gap, found.mean_gap, found.p_value) == (0, 0, 0, 1)


def test_resamples_hold_zero_where_groups_are_alike():
    rng, held = np.random.default_rng(11), 0
    for seed in range(100):
        rows = regression_rows(
            np.zeros(120), rng.normal(size=120), sensitive_features=["A"] * 50 + ["B"] * 70
        )
        held += (
            prediction_distances(rows, reference=("A",), draws=99, seed=seed)[0].wasserstein_interval.low == 0
        )
    assert held >= 93


def test_a_single_group_and_no_weight_are_undefined():
    [alone] = prediction_distances(regression_rows([1, 2], [1, 2], sensitive_features=list("AA")))
    assert alone.reason is Reason.SINGLE_GROUP
    rows = regression_rows([1, 2], [1, 2], sensitive_features=list("AB"), sample_weight=[0, 1])
    [empty] = prediction_distances(rows, reference=("B",))
    assert empty.reason is Reason.EMPTY_GROUP


def test_all_problems_come_at_once():
    with pytest.raises(InputError) as raised:
        regression_rows([1, math.nan], ["x", "y"], sensitive_features=list("ABC"), sample_weight=[-1, 1])
    assert [one.code for one in raised.value.problems] == ["bad_numbers", "not_numeric", "bad_weights"]
    with pytest.raises(InputError, match="lengths"):
        regression_rows([1, 2], [1, 2], sensitive_features=list("ABC"))
    with pytest.raises(InputError, match="got none"):
        regression_rows([], [], sensitive_features=[])


def test_differing_indexes_are_refused():
    y = pd.Series([1.0, 2.0], index=[1, 0])
    with pytest.raises(InputError, match="index"):
        regression_rows(y, pd.Series([1.0, 2.0]), sensitive_features=["A", "B"])


def test_intersections_and_missing_levels_are_groups_in_order():
    rows = regression_rows([1, 2, 3], [1, 2, 3], sensitive_features={"a": ["y", None, "x"], "b": [2, 1, 3]})
    assert rows.groups == (("x", 3), ("y", 2), (None, 1))
    assert rows.order.tolist() == [2, 0, 1]
    assert rows.codes.tolist() == [1, 2, 0]
    assert rows.part("y_pred", 0).tolist() == [3.0]


def test_wrong_names_are_refused():
    rows = regression_rows([1, 2], [1, 2], sensitive_features=list("AB"))
    with pytest.raises(InputError, match="r2_score"):
        fitted(rows, "r2")
    with pytest.raises(InputError, match="no group"):
        regression_gaps(fitted(rows, "mean_error"), rows, ("X",))
    with pytest.raises(InputError, match="largest"):
        rows.find("best")
    with pytest.raises(InputError, match="y_true, y_pred"):
        prediction_distances(rows, column="score")
