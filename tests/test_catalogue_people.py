"""What these rows of the catalogue lacked: labels, several classes, regression, individuals."""

from __future__ import annotations

import math

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as skm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evenhand.metrics import Options, cube_of, group_table
from evenhand.metrics.benefits import benefit_inequality, decision_inequality
from evenhand.metrics.data_bias import label_bias
from evenhand.metrics.fit_gaps import worst_regression_gap
from evenhand.metrics.flips import counterfactual_flip_rate
from evenhand.metrics.individual import consistency
from evenhand.metrics.inequality import coefficient_of_variation
from evenhand.metrics.multiclass import multiclass_accuracy, multiclass_difference, multiclass_ratio
from evenhand.metrics.prediction_distance import prediction_distances
from evenhand.metrics.regression import REGRESSION, fitted, regression_rows
from evenhand.tests import peer_formulas as peer
from evenhand.tests.outcome_tables import outcomes, table_of

quick = settings(max_examples=25, deadline=None)
FOUR = st.tuples(*[st.integers(1, 30)] * 4)
NUMBERS = st.lists(st.integers(-20, 20), min_size=2, max_size=12)
SEEDS = st.integers(0, 10_000)


# ---- data before training -------------------------------------------------------------------------


def label_figures(labels, d):
    cube = cube_of(labels, None, sensitive_features={"g": np.where(d, "d", "a")}, pos_label=1)
    return {gap.metric: gap.value for gap in label_bias(cube, "g", reference=("a",), draws=5)}


def test_distances_of_labels_by_hand():
    found = label_figures([1, 0, 0, 0, 1, 1, 1, 0], np.repeat([True, False], 4))
    assert found["label_ks_distance"] == found["label_total_variation"] == 0.5
    middle = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert found["label_js_divergence"] == pytest.approx(middle)


@quick
@given(FOUR)
def test_differences_of_two_labels_are_clarifys(four):
    labels, d = np.repeat([0, 1, 0, 1], four), np.repeat([True, True, False, False], four)
    found = label_figures(labels, d)
    assert found["label_difference"] == pytest.approx(labels[~d].mean() - labels[d].mean())
    assert found["class_imbalance"] == pytest.approx(-peer.aif360_class_imbalance(~d))
    assert found["label_kl_divergence"] == pytest.approx(peer.clarify_kl(labels, d), abs=1e-12)
    assert found["label_ks_distance"] == pytest.approx(peer.clarify_norm(labels, d, np.inf))


# ---- several classes ------------------------------------------------------------------------------


def test_accuracy_over_classes_by_hand():
    found = multiclass_accuracy(list("abcab"), list("abbab"), sensitive_features=list("FFFMM"))
    assert {group: one.value for group, one in found.items()} == pytest.approx({("F",): 2 / 3, ("M",): 1})


@quick
@given(st.integers(0, 10_000), st.permutations(["x", "y", "z"]))
def test_the_names_of_classes_do_not_matter(seed, names):
    y, p, g = np.random.default_rng(seed).integers(0, 3, (3, 90))
    renamed = [np.array(names)[column] for column in (y, p)]
    plain = multiclass_accuracy(y, p, sensitive_features=g)
    again = multiclass_accuracy(*renamed, sensitive_features=g)
    assert [one.value for one in plain.values()] == [one.value for one in again.values()]
    for compare in (multiclass_difference, multiclass_ratio):
        first, second = (compare(*pair, sensitive_features=g) for pair in ((y, p), renamed))
        assert first == pytest.approx(second, nan_ok=True)


def test_multiclass_comparisons_are_fairlearns_of_the_worst_class():
    y, p, g = np.random.default_rng(0).integers(0, 3, (3, 300))
    frames = [
        fm.MetricFrame(metrics=fm.true_positive_rate, y_true=y == c, y_pred=p == c, sensitive_features=g)
        for c in range(3)
    ]
    options = {"sensitive_features": g}
    assert multiclass_difference(y, p, **options) == pytest.approx(max(f.difference() for f in frames))
    assert multiclass_ratio(y, p, **options) == pytest.approx(min(f.ratio() for f in frames))


# ---- regression -----------------------------------------------------------------------------------

FITS = {
    "mean_prediction": (2.0, 4.5),
    "mean_error": (0.5, 1.0),
    "mean_absolute_error": (0.5, 1.0),
    "mean_squared_error": (0.5, 2.0),
    "root_mean_squared_error": (math.sqrt(0.5), math.sqrt(2)),
    "r2_score": (-1.0, -7.0),
}


def gap_of(y, p, g, name):
    found = fitted(regression_rows(y, p, sensitive_features=g), name)
    return found.value, worst_regression_gap(found, Options(draws=100)).value


@pytest.mark.parametrize("name", REGRESSION)
def test_fits_and_their_gaps_by_hand(name):
    values, gap = gap_of([1, 2, 3, 4], [1, 3, 3, 6], list("FFMM"), name)
    assert values == pytest.approx(FITS[name])
    assert gap == pytest.approx(abs(FITS[name][0] - FITS[name][1]))


@pytest.mark.parametrize("name", REGRESSION)
@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(-50, 50))
def test_a_shift_of_labels_and_predictions_leaves_errors_and_gaps(name, seed, shift):
    rng = np.random.default_rng(seed)
    y, p, g = rng.normal(size=30), rng.normal(size=30), np.tile(["a", "b", "c"], 10)
    values, gap = gap_of(y, p, g, name)
    moved, again = gap_of(y + shift, p + shift, g, name)
    assert moved == pytest.approx(values + (shift if name == "mean_prediction" else 0), abs=1e-8)
    assert again == pytest.approx(gap, abs=1e-8)


@pytest.mark.parametrize("name", REGRESSION)
def test_gaps_of_fits_are_fairlearns(name):
    rng = np.random.default_rng(3)
    y, p, g = rng.normal(size=60), rng.normal(size=60), np.tile(["a", "b", "c"], 20)
    own = {"mean_prediction": fm.mean_prediction, "mean_error": lambda y, p: np.mean(p - y)}
    metric = own.get(name) or getattr(skm, name)
    theirs = fm.MetricFrame(metrics=metric, y_true=y, y_pred=p, sensitive_features=g).difference()
    assert gap_of(y, p, g, name)[1] == pytest.approx(theirs)


def distance(u, v):
    rows = regression_rows(
        np.zeros(len(u) + len(v)), [*u, *v], sensitive_features=["a"] * len(u) + ["b"] * len(v)
    )
    [found] = prediction_distances(rows, reference=("b",))
    return found


def test_distances_of_predictions_by_hand():
    found = distance([1, 2, 3], [2, 3, 4])
    assert (found.wasserstein, found.largest_gap, found.mean_gap) == pytest.approx((1, 1 / 3, 1 / 3))


@quick
@given(NUMBERS, NUMBERS)
def test_the_mean_gap_is_scipys_area_by_the_range(u, v):
    spread = np.ptp([*u, *v])
    expected = stats.wasserstein_distance(u, v) / spread if spread else 0
    assert distance(u, v).mean_gap == pytest.approx(expected, abs=1e-9)


# ---- individuals ----------------------------------------------------------------------------------


@quick
@given(SEEDS)
def test_consistency_does_not_depend_on_order_and_is_one_for_equal_decisions(seed):
    rng = np.random.default_rng(seed)
    x, y, order = rng.normal(size=(20, 2)), rng.integers(0, 2, 20), rng.permutation(20)
    found = consistency(x, y, n_neighbors=3).value
    assert consistency(x[order], y[order], n_neighbors=3).value == pytest.approx(found)
    assert consistency(x, np.ones(20), n_neighbors=3).value == 1


@quick
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), min_size=3, max_size=12), st.integers(0, 9)
)
def test_flips_are_those_of_each_person_asked_alone(people, line):
    table = pd.DataFrame([("a", 0), ("b", 0), *people], columns=["g", "x"])

    def decide(rows):
        return (rows["x"] + (rows["g"] == "a") * 3 >= line).astype(int).to_numpy()

    levels = sorted(table["g"].unique())
    asked = [
        len({int(decide(row.to_frame().T.assign(g=other))[0]) for other in levels})
        for _, row in table.iterrows()
    ]
    found = counterfactual_flip_rate(decide, table, "g")
    assert found.value.value == pytest.approx(np.mean(np.array(asked) > 1))


def test_inequality_of_four_decisions_by_hand():
    table = group_table(cube_of([1, 0, 1, 0], [1, 1, 0, 0], sensitive_features={"g": list("FFMM")}), "g")
    two, one = (decision_inequality(table, alpha, draws=5) for alpha in (2, 1))
    assert two.total.value == pytest.approx(((1 + 4 + 0 + 1) / 4 - 1) / 2)
    assert two.between.value == pytest.approx(((1.5**2 + 0.5**2) / 2 - 1) / 2)
    assert one.total.value == pytest.approx(2 * math.log(2) / 4)
    assert float(coefficient_of_variation([0, 1, 2], [1, 2, 1])) == pytest.approx(math.sqrt(0.5))


def test_inequality_of_any_benefits_by_hand():
    found = benefit_inequality([1, 3, 2, 2], sensitive_features=list("FFMM"))
    assert found.total.value == pytest.approx(((0.25 + 2.25 + 1 + 1) / 4 - 1) / 2)
    assert found.between.value == 0


@quick
@given(st.tuples(FOUR, FOUR))
def test_parts_of_inequality_are_aif360s(groups):
    y, p, g = outcomes(*groups)
    b = p - y + 1.0
    for found in (
        decision_inequality(table_of(*groups), draws=5),
        benefit_inequality(b, sensitive_features=g),
    ):
        assert found.total.value == pytest.approx(peer.aif360_entropy(b, 2))
        assert found.between.value == pytest.approx(peer.aif360_between_groups(b, g, "a", "b"), abs=1e-12)
        assert found.variation == pytest.approx(b.std() / b.mean())
