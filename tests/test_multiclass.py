"""One class against the rest: equal to scikit-learn's per-class figures in every group."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import sklearn.metrics as skm
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.errors import InputError, Reason
from evenhand.metrics.catalogue import RATE_ROWS
from evenhand.metrics.multiclass import (
    class_rates,
    cube_class_rates,
    multiclass_accuracy,
    multiclass_difference,
    multiclass_ratio,
)
from evenhand.metrics.rates import RATES, count, group_table
from evenhand.metrics.results import RATE_INTERVAL
from evenhand.metrics.tally import cube_of
from evenhand.metrics.worst_case import worst_difference, worst_ratio

CLASSES = ["high", "low", "none"]
RATE_NAMES = sorted(RATES)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(5)
    n = 3000
    truth = rng.integers(0, 3, n)
    guess = np.where(rng.random(n) < 0.6, truth, rng.integers(0, 3, n))
    groups = rng.choice(["F", "M"], n), rng.choice(["A", "B"], n)
    return np.array(CLASSES)[truth], np.array(CLASSES)[guess], groups, rng.random(n) + 0.1


@pytest.mark.parametrize("weighted", [False, True], ids=["rows", "weights"])
def test_recall_and_precision_are_sklearns(rows, weighted):
    y, p, (sex, _), weight = rows
    weight = weight if weighted else None
    for rate, theirs in (
        ("true_positive_rate", skm.recall_score),
        ("positive_predictive_value", skm.precision_score),
    ):
        found = class_rates(y, p, sensitive_features=sex, rate=rate, sample_weight=weight)
        assert found.classes == tuple(CLASSES)
        for group, values, macro in zip(found.groups, found.values, found.macro, strict=True):
            at = sex == group[0]
            options = {"sample_weight": None if weight is None else weight[at]}
            assert values == pytest.approx(theirs(y[at], p[at], average=None, labels=CLASSES, **options))
            assert macro == pytest.approx(theirs(y[at], p[at], average="macro", **options))
        assert found.overall == pytest.approx(theirs(y, p, average=None, sample_weight=weight))


@pytest.mark.parametrize("rate", RATE_NAMES)
def test_every_rate_is_that_of_the_class_against_the_rest(rows, rate):
    y, p, (sex, race), weight = rows
    features = {"sex": sex, "race": race}
    cube = cube_of(y, p, sensitive_features=features, sample_weight=weight, task="multiclass")
    found = cube_class_rates(cube, rate, "sex", "race")
    for k, level in enumerate(CLASSES):
        table = group_table(cube.against_rest(level), "sex", "race")
        assert found.groups == table.groups
        assert found.values[:, k] == pytest.approx(count(table, RATES[rate]).value)
        one = found.estimate(("F", "A"), level)
        assert one.effective == pytest.approx(count(table, RATES[rate]).effective[0])
        assert one.interval.holds(one.value)


def test_worst_class_follows_the_direction_of_the_rate(rows):
    y, p, (sex, _), _ = rows
    recall = class_rates(y, p, sensitive_features=sex)
    misses = class_rates(y, p, sensitive_features=sex, rate="false_negative_rate")
    assert recall.worst == pytest.approx(1 - misses.worst)
    assert recall.worst_class == misses.worst_class


def test_rates_of_errors_are_all_known_to_be_better_low():
    from evenhand.metrics.multiclass import _LOW_IS_GOOD

    assert set(RATE_ROWS) >= _LOW_IS_GOOD
    assert {name for name in RATE_ROWS if name.startswith(("false", "error"))} == _LOW_IS_GOOD


def test_differences_and_ratios_by_hand():
    y = list("aabb" * 2)
    p = list("aabb") + list("abba")
    found = class_rates(y, p, sensitive_features=list("FFFFMMMM"))
    assert found.differences() == {"a": 0.5, "b": 0.5}
    assert found.ratios() == {"a": 0.5, "b": 0.5}
    assert (found.difference(), found.difference("macro"), found.ratio("macro")) == (0.5, 0.5, 0.5)


def test_the_family_of_the_interval_is_pairs_times_classes(rows):
    y, p, (sex, race), _ = rows
    groups = np.char.add(sex, race)
    found = class_rates(y, p, sensitive_features=groups)
    x = [[np.sum((groups == g) & (y == c) & (p == c)) for g in np.unique(groups)] for c in CLASSES]
    n = [[np.sum((groups == g) & (y == c)) for g in np.unique(groups)] for c in CLASSES]
    for ours, theirs in (
        (found.difference_interval(), worst_difference(x, n)),
        (found.ratio_interval(), worst_ratio(x, n)),
    ):
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_a_class_that_a_group_lacks_is_undefined_with_its_reason():
    found = class_rates([0, 1, 2, 2], [0, 1, 2, 1], sensitive_features=list("FFMM"))
    assert found.undefined() == {
        (("F",), 2): Reason.NO_POSITIVES,
        (("M",), 0): Reason.NO_POSITIVES,
        (("M",), 1): Reason.NO_POSITIVES,
    }
    assert np.isnan([found.difference(), found.ratio(), *found.macro, *found.worst]).all()
    assert found.worst_class == (None, None)
    assert found.difference_interval() is None
    assert found.ratio_interval() is None
    assert found.estimate(("F",), 2).reason is Reason.NO_POSITIVES


def test_weights_leave_no_rest_of_rounding():
    weight = np.array([0.1, 0.2, 0.3, 0.7, 1.1, 1.3])
    options = {"sensitive_features": ["F"] * 6, "rate": "false_positive_rate", "sample_weight": weight}
    found = class_rates(["a"] * 6, [*"aabaaa"], **options)
    assert np.isnan(found.values[0, 0])
    assert found.values[0, 1] == pytest.approx(0.3 / weight.sum())


def test_a_class_may_occur_among_decisions_only():
    found = class_rates(["a", "b"], ["a", "c"], sensitive_features=["F", "F"], rate="selection_rate")
    assert dict(zip(found.classes, found.values[0].tolist(), strict=True)) == {"a": 0.5, "b": 0.0, "c": 0.5}


def test_accuracy_in_every_group(rows):
    y, p, (sex, _), weight = rows
    found = multiclass_accuracy(y, p, sensitive_features=sex, sample_weight=weight)
    for (level,), estimate in found.items():
        at = sex == level
        assert estimate.value == pytest.approx(skm.accuracy_score(y[at], p[at], sample_weight=weight[at]))
        assert estimate.interval.method == RATE_INTERVAL


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 5))
def test_two_classes_are_the_binary_case_and_order_does_not_matter(seed, size):
    rng = np.random.default_rng(seed)
    y, p, g = rng.integers(0, 2, 60), rng.integers(0, 2, 60), rng.integers(0, size, 60)
    table = group_table(cube_of(y, p, sensitive_features=g), "sensitive_feature")
    found = class_rates(y, p, sensitive_features=g, rate="selection_rate")
    assert found.values[:, 1] == pytest.approx(count(table, RATES["selection_rate"]).value)
    order = rng.permutation(60)
    again = class_rates(y[order], p[order], sensitive_features=g[order], rate="selection_rate")
    assert again.difference() == pytest.approx(found.difference())


def test_functions_are_the_results_methods(rows):
    y, p, (sex, _), weight = rows
    options = {"sensitive_features": pl.Series("sex", sex), "rate": "selection_rate", "sample_weight": weight}
    found = class_rates(y, p, **options)
    assert multiclass_difference(y, p, over="macro", **options) == found.difference("macro")
    assert multiclass_ratio(y, p, **options) == found.ratio()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda r: class_rates(r[0], r[1], sensitive_features=r[2][0], rate="recal"), "no rate is called"),
        (lambda r: class_rates([None, "a"], ["a", "a"], sensitive_features=["F", "F"]), "needs a class"),
        (lambda r: class_rates(r[0], r[1], sensitive_features=r[2][0]).difference("mean"), "macro"),
        (lambda r: class_rates(r[0], r[1], sensitive_features=r[2][0]).ratio("mean"), "macro"),
        (lambda r: class_rates(r[0], r[1], sensitive_features=r[2][0]).estimate(("X",), "low"), "'F'"),
        (lambda r: class_rates(r[0], r[1], sensitive_features=r[2][0]).estimate(("F",), "mid"), "'low'"),
        (lambda r: class_rates(None, r[1], sensitive_features=r[2][0]), "no such axis"),
    ],
)
def test_wrong_input_is_named(rows, call, words):
    with pytest.raises(InputError, match=words):
        call(rows)
