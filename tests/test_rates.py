"""Every rate equals fairlearn's and scikit-learn's, and follows from counts alone."""

from __future__ import annotations

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from evenhand.errors import InputError, Reason
from evenhand.metrics.intervals import modified_wilson
from evenhand.metrics.rates import (
    RATES,
    Cells,
    count,
    divide,
    estimates,
    group_table,
    rate_named,
    score_means,
)
from evenhand.metrics.results import RATE_INTERVAL
from evenhand.metrics.tally import cube_of


def npv(y, p, sample_weight=None):
    return sm.precision_score(y, p, pos_label=0, sample_weight=sample_weight)


def complement(function):
    return lambda y, p, sample_weight=None: 1 - function(y, p, sample_weight=sample_weight)


def base_rate(y, p, sample_weight=None):
    return fm.selection_rate(p, y, sample_weight=sample_weight)


ORACLES = {
    "selection_rate": fm.selection_rate,
    "base_rate": base_rate,
    "true_positive_rate": sm.recall_score,
    "false_negative_rate": fm.false_negative_rate,
    "false_positive_rate": fm.false_positive_rate,
    "true_negative_rate": fm.true_negative_rate,
    "positive_predictive_value": sm.precision_score,
    "false_discovery_rate": complement(sm.precision_score),
    "negative_predictive_value": npv,
    "false_omission_rate": complement(npv),
    "accuracy": sm.accuracy_score,
    "error_rate": sm.zero_one_loss,
}


def compas(rows: int = 6000) -> pd.DataFrame:
    """Synthetic people with COMPAS's shape: base rates, scores and errors differ by race."""
    rng = np.random.default_rng(24)
    race = rng.choice(
        ["African-American", "Caucasian", "Hispanic", "Other"], rows, p=[0.51, 0.34, 0.09, 0.06]
    )
    sex = rng.choice(["Male", "Female"], rows, p=[0.81, 0.19])
    risk = rng.normal(size=rows) + 0.5 * (race == "African-American") + 0.3 * (sex == "Male")
    recid = (risk + rng.normal(size=rows) > 0.6).astype(int)
    high = (risk + 0.3 * (race == "African-American") + 0.5 * rng.normal(size=rows) > 0.7).astype(int)
    return pd.DataFrame({"race": race, "sex": sex, "y": recid, "p": high, "w": rng.gamma(2, size=rows)})


def adult_decisions(adult: pd.DataFrame) -> pd.DataFrame:
    decided = (adult["education-num"] > 12) | ((adult["hours-per-week"] > 45) & (adult["age"] > 30))
    return pd.DataFrame(
        {
            "race": adult["race"],
            "sex": adult["sex"],
            "y": (adult["income"] == ">50K").astype(int),
            "p": decided.astype(int),
            "w": adult["fnlwgt"] / 1e5,
        }
    )


@pytest.fixture(scope="module", params=["compas", "adult"])
def people(request):
    if request.param == "compas":
        return compas()
    adult = request.getfixturevalue("adult")
    return adult_decisions(adult[adult["split"] == "test"])


def check_against_oracles(frame, attributes, *, weighted):
    weight = frame["w"] if weighted else None
    cube = cube_of(frame["y"], frame["p"], sensitive_features=frame[attributes], sample_weight=weight)
    table = group_table(cube, *attributes)
    params = {name: {"sample_weight": weight} for name in ORACLES} if weighted else None
    theirs = fm.MetricFrame(
        metrics=ORACLES,
        y_true=frame["y"],
        y_pred=frame["p"],
        sensitive_features=frame[attributes],
        sample_params=params,
    )
    for name in ORACLES:
        expected = [
            theirs.by_group[name].loc[group if len(group) > 1 else group[0]] for group in table.groups
        ]
        np.testing.assert_allclose(count(table, RATES[name]).value, expected, atol=1e-12)
        np.testing.assert_allclose(count(table.overall, RATES[name]).value, theirs.overall[name], atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True], ids=["rows", "weights"])
@pytest.mark.parametrize("attributes", [["race"], ["sex", "race"]], ids="-".join)
def test_rates_equal_fairlearn_and_scikit_learn(people, attributes, weighted):
    check_against_oracles(people, attributes, weighted=weighted)


def test_every_rate_has_an_oracle():
    assert set(ORACLES) == set(RATES)


counts = st.lists(st.lists(st.integers(1, 40), min_size=4, max_size=4), min_size=1, max_size=4)


@settings(max_examples=10, deadline=None)
@given(counts)
def test_rates_of_any_populated_table(groups):
    rows = [
        (f"g{g}", y, p)
        for g, four in enumerate(groups)
        for (y, p), n in zip(CELLS, four, strict=True)
        for _ in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["g", "y", "p"])
    table = group_table(cube_of(frame["y"], frame["p"], sensitive_features=frame["g"]), "g")
    for i, (_, part) in enumerate(frame.groupby("g")):
        for name, oracle in ORACLES.items():
            assert count(table, RATES[name]).value[i] == pytest.approx(oracle(part["y"], part["p"]))


CELLS = [(0, 0), (0, 1), (1, 0), (1, 1)]
TN, FP, FN, TP = 50, 10, 5, 35
HAND = {
    "selection_rate": 45 / 100,
    "base_rate": 40 / 100,
    "true_positive_rate": 35 / 40,
    "false_negative_rate": 5 / 40,
    "false_positive_rate": 10 / 60,
    "true_negative_rate": 50 / 60,
    "positive_predictive_value": 35 / 45,
    "false_discovery_rate": 10 / 45,
    "negative_predictive_value": 50 / 55,
    "false_omission_rate": 5 / 55,
    "accuracy": 85 / 100,
    "error_rate": 15 / 100,
}


@pytest.mark.parametrize("name", RATES)
def test_rates_counted_by_hand(name):
    assert float(RATES[name](np.array([[TN, FP], [FN, TP]]))) == pytest.approx(HAND[name])


@pytest.mark.parametrize("name", RATES)
def test_leading_axes_are_broadcast(name):
    many = np.random.default_rng(0).integers(1, 9, (3, 5, 2, 2)).astype(float)
    one_by_one = [[float(RATES[name](many[i, j])) for j in range(5)] for i in range(3)]
    np.testing.assert_allclose(RATES[name](many), one_by_one)


EMPTY = {
    "selection_rate": (np.zeros((2, 2)), Reason.EMPTY_GROUP),
    "true_positive_rate": ([[3, 4], [0, 0]], Reason.NO_POSITIVES),
    "false_negative_rate": ([[3, 4], [0, 0]], Reason.NO_POSITIVES),
    "false_positive_rate": ([[0, 0], [3, 4]], Reason.NO_NEGATIVES),
    "true_negative_rate": ([[0, 0], [3, 4]], Reason.NO_NEGATIVES),
    "positive_predictive_value": ([[3, 0], [4, 0]], Reason.NO_SELECTED),
    "false_discovery_rate": ([[3, 0], [4, 0]], Reason.NO_SELECTED),
    "negative_predictive_value": ([[0, 3], [0, 4]], Reason.NO_REJECTED),
    "false_omission_rate": ([[0, 3], [0, 4]], Reason.NO_REJECTED),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_denominator_is_undefined_with_a_reason(name):
    array, reason = EMPTY[name]
    assert np.isnan(RATES[name](np.asarray(array, dtype=float)))
    assert RATES[name].empty == reason


def table_of(y, p, groups, **more):
    return group_table(cube_of(y, p, sensitive_features={"g": groups}, **more), "g")


def test_an_undefined_rate_has_no_interval():
    [none, some] = estimates(
        count(table_of([0, 0, 1], [0, 1, 1], ["a", "a", "b"]), RATES["true_positive_rate"])
    )
    assert np.isnan(none.value)
    assert (none.interval, none.reason, none.rows) == (None, Reason.NO_POSITIVES, 0)
    assert (some.value, some.reason) == (1.0, None)


@pytest.mark.parametrize(
    ("y", "p", "rate", "reason"),
    [([0, 1], None, "selection_rate", Reason.NO_DECISIONS), (None, [0, 1], "base_rate", Reason.NO_LABELS)],
)
def test_what_was_not_given_is_the_reason(y, p, rate, reason):
    table = table_of(y, p, ["a", "b"])
    for estimate in estimates(count(table, RATES[rate])):
        assert (np.isnan(estimate.value), estimate.interval, estimate.reason) == (True, None, reason)


def test_intervals_are_wilsons_where_nothing_is_rare():
    frame = compas(500)
    counted = count(table_of(frame["y"], frame["p"], frame["race"]), RATES["true_positive_rate"])
    for i, estimate in enumerate(estimates(counted, level=0.9)):
        hits, rows = counted.numerator[i], counted.rows[i]
        low, high = proportion_confint(hits, rows, alpha=0.1, method="wilson")
        if min(hits, rows - hits) <= 3:
            low, high = modified_wilson(hits, rows, 0.9)
        assert (estimate.interval.low, estimate.interval.high) == pytest.approx((low, high))
        assert (estimate.interval.method, estimate.interval.level) == (RATE_INTERVAL, 0.9)


def test_a_frequency_of_two_is_a_row_twice():
    frame = compas(300)
    twice = pd.concat([frame, frame])
    once = table_of(
        frame["y"], frame["p"], frame["race"], sample_weight=np.full(300, 2), weight_kind="frequency"
    )
    both = table_of(twice["y"], twice["p"], twice["race"])
    for name, rate in RATES.items():
        folded, rows = estimates(count(once, rate)), estimates(count(both, rate))
        assert [e.value for e in folded] == [e.value for e in rows], name
        assert [e.interval for e in folded] == [e.interval for e in rows], name


def test_equal_survey_weights_change_nothing():
    frame = compas(300)
    plain = table_of(frame["y"], frame["p"], frame["race"])
    weighted = table_of(frame["y"], frame["p"], frame["race"], sample_weight=np.full(300, 7.3))
    for one, other in zip(
        estimates(count(plain, RATES["accuracy"])), estimates(count(weighted, RATES["accuracy"])), strict=True
    ):
        assert other.value == pytest.approx(one.value)
        assert other.effective == pytest.approx(one.rows)
        assert other.interval.low == pytest.approx(one.interval.low)


def test_effective_size_is_kishs():
    w = np.array([1.0, 2.0, 5.0])
    counted = count(table_of([1, 1, 0], None, ["a"] * 3, sample_weight=w), RATES["base_rate"])
    assert counted.effective[0] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert counted.value[0] == pytest.approx(3 / 8)


def test_a_group_whose_weights_are_zero_is_undefined():
    counted = count(table_of([1, 0], None, ["a", "b"], sample_weight=[1, 0]), RATES["base_rate"])
    assert np.isnan(counted.value[1])
    assert counted.reason(1) is not None
    assert estimates(counted)[1].interval is None


def test_duplicating_rows_leaves_rates():
    frame = compas(200)
    one = table_of(frame["y"], frame["p"], frame["race"])
    three = table_of(*(np.tile(frame[name].to_numpy(), 3) for name in ("y", "p", "race")))
    for rate in RATES.values():
        np.testing.assert_allclose(count(one, rate).value, count(three, rate).value)


def test_intersections_are_the_groups_of_both():
    frame = compas(400)
    cube = cube_of(frame["y"], frame["p"], sensitive_features=frame[["race", "sex"]])
    table = group_table(cube, "race", "sex")
    sizes = frame.groupby(["race", "sex"]).size()
    assert dict(zip(table.groups, table.rows, strict=True)) == sizes.to_dict()


def test_mean_scores_are_means():
    frame = compas(400)
    score = np.random.default_rng(0).random(400)
    table = group_table(cube_of(sensitive_features=frame["race"], y_score=score), "race")
    means = score_means(table)
    grouped = pd.Series(score).groupby(frame["race"])
    np.testing.assert_allclose(means.value, grouped.mean())
    np.testing.assert_allclose(means.variance, grouped.var())


def test_a_multiclass_cube_is_not_read_as_a_binary_one():
    cube = cube_of(["a", "b"], ["b", "c"], sensitive_features=["x", "y"], task="multiclass")
    with pytest.raises(InputError, match="against_rest"):
        group_table(cube)


def test_unknown_rates_are_refused():
    with pytest.raises(InputError, match="did you mean 'accuracy'"):
        rate_named("acuracy")


def test_dividing_by_zero_is_nan_without_a_warning():
    assert np.isnan(divide([1, 0], 0)).all()


def test_cells_without_labels_still_count_decisions():
    cells = Cells(np.array([[[3.0, 4.0]]]))
    assert (cells.selected.item(), cells.rejected.item(), cells.total.item()) == (4, 3, 7)
