"""The table of metrics is whole, and each row counts what its formula says."""

from __future__ import annotations

import fairlearn.metrics as fm
import numpy as np
import pytest
import sklearn.metrics as skm
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.errors import InputError
from evenhand.metrics.catalogue import CATALOGUE, metric_named
from evenhand.metrics.disparity import worst_of
from evenhand.metrics.functions import group_metric
from evenhand.metrics.rates import RATES, count, group_table, score_means
from evenhand.metrics.tally import cube_of

# Group a: TN 40, FP 10, FN 10, TP 40; group b: TN 60, FP 20, FN 12, TP 8.
FOUR = {"a": (40, 10, 10, 40), "b": (60, 20, 12, 8)}
HAND = {
    "selection_rate": (50 / 100, 28 / 100),
    "base_rate": (50 / 100, 20 / 100),
    "true_positive_rate": (40 / 50, 8 / 20),
    "false_negative_rate": (10 / 50, 12 / 20),
    "false_positive_rate": (10 / 50, 20 / 80),
    "true_negative_rate": (40 / 50, 60 / 80),
    "positive_predictive_value": (40 / 50, 8 / 28),
    "false_discovery_rate": (10 / 50, 20 / 28),
    "negative_predictive_value": (40 / 50, 60 / 72),
    "false_omission_rate": (10 / 50, 12 / 72),
    "accuracy": (80 / 100, 68 / 100),
    "error_rate": (20 / 100, 32 / 100),
    "demographic_parity_difference": 0.22,
    "demographic_parity_ratio": 0.56,
    "equal_opportunity_difference": 0.4,
    "equal_opportunity_ratio": 0.5,
    "predictive_equality_difference": 0.05,
    "predictive_equality_ratio": 0.8,
    "equalized_odds_difference": 0.4,
    "equalized_odds_ratio": 0.5,
    "average_odds_difference": (0.4 + 0.05) / 2,
    "predictive_parity_difference": 40 / 50 - 8 / 28,
    "predictive_parity_ratio": (8 / 28) / (40 / 50),
    "conditional_use_accuracy_difference": 40 / 50 - 8 / 28,
    "accuracy_difference": 0.12,
    "accuracy_ratio": 0.85,
}


def rows():
    cells = [
        (g, y, p)
        for g, four in FOUR.items()
        for (y, p), n in zip([(0, 0), (0, 1), (1, 0), (1, 1)], four, strict=True)
        for _ in range(n)
    ]
    return tuple(list(column) for column in zip(*cells, strict=True))


def table():
    g, y, p = rows()
    return group_table(cube_of(y, p, sensitive_features={"g": g}), "g")


COMPARISONS = [name for name, metric in CATALOGUE.items() if metric.kind in ("difference", "ratio")]


@pytest.mark.parametrize("name", RATES)
def test_rates_by_hand(name):
    assert count(table(), RATES[name]).value == pytest.approx(HAND[name])


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_by_hand(name):
    g, y, p = rows()
    assert group_metric(name, y, p, sensitive_features=g) == pytest.approx(HAND[name])
    assert worst_of(table(), metric_named(name)).value == pytest.approx(HAND[name])


def test_every_row_has_its_hand_count():
    assert set(CATALOGUE) - {"mean_score"} == set(HAND)


def test_the_mean_score_by_hand():
    cube = cube_of(sensitive_features={"g": ["a", "a", "b"]}, y_score=[0.25, 0.5, 0.75])
    assert score_means(group_table(cube, "g")).value.tolist() == [0.375, 0.75]


def test_every_rate_has_its_row_and_the_other_way_round():
    assert {name for name, metric in CATALOGUE.items() if metric.kind == "rate"} == set(RATES)


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.name)
def test_rows_are_whole(metric):
    assert CATALOGUE[metric.name] is metric
    assert all(
        text.strip()
        for text in (metric.title, metric.formula, metric.meaning, metric.harm, metric.source, metric.better)
    )
    assert set(metric.needs) <= {"y_true", "y_pred", "y_score"}
    assert metric.needs
    assert all(rate in RATES for rate in metric.rates)
    assert (metric.fair is None) == (metric.kind in ("rate", "mean"))
    assert bool(metric.rates) == (metric.kind in ("difference", "ratio"))


@pytest.mark.parametrize("name", RATES)
def test_needs_agree_with_what_the_rate_counts(name):
    needs = set(CATALOGUE[name].needs)
    assert ("y_true" in needs, "y_pred" in needs) == (RATES[name].label, RATES[name].decision)


ORACLES = {
    "selection_rate": fm.selection_rate,
    "true_positive_rate": fm.true_positive_rate,
    "false_positive_rate": fm.false_positive_rate,
    "positive_predictive_value": skm.precision_score,
    "negative_predictive_value": lambda y, p: skm.precision_score(y, p, pos_label=0),
    "accuracy": skm.accuracy_score,
}
POPULATED = st.lists(st.tuples(*[st.integers(1, 12)] * 4), min_size=2, max_size=4)


def rows_of(groups):
    labels = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y, p = np.concatenate([np.repeat(labels, four, axis=0) for four in groups]).T
    return y, p, np.repeat(np.arange(len(groups)), [sum(four) for four in groups])


@pytest.mark.parametrize("name", COMPARISONS)
@settings(max_examples=15, deadline=None)
@given(groups=POPULATED)
def test_comparisons_depend_neither_on_the_order_of_groups_nor_on_the_number_of_rows(name, groups):
    metric = CATALOGUE[name]
    found, turned, doubled = (
        group_metric(name, y, p, sensitive_features=g)
        for y, p, g in map(rows_of, (groups, groups[::-1], np.array(groups) * 2))
    )
    assert turned == doubled == pytest.approx(found)
    assert metric.low <= found <= metric.high
    again = rows_of([*groups, groups[0]])  # a group like another changes no worst case
    assert group_metric(name, *again[:2], sensitive_features=again[2]) == pytest.approx(found)


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_are_those_of_fairlearns_and_scikit_learns_rates(name):
    metric = CATALOGUE[name]
    y, p, g = np.random.default_rng(7).integers(0, (2, 2, 3), (200, 3)).T
    metrics = {rate: ORACLES[rate] for rate in metric.rates}
    rates = fm.MetricFrame(metrics=metrics, y_true=y, y_pred=p, sensitive_features=g).by_group.to_numpy()
    pairs = [(rates[i], rates[j]) for i in range(3) for j in range(3) if i != j]
    if metric.kind == "ratio":
        expected = min(np.min(one / other) for one, other in pairs)
    else:
        join = np.mean if metric.combine == "mean" else np.max
        expected = max(join(abs(one - other)) for one, other in pairs)
    assert group_metric(name, y, p, sensitive_features=g) == pytest.approx(expected)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 64), st.sampled_from("ab")), min_size=1, max_size=30))
def test_the_mean_score_is_numpys_and_follows_a_change_of_unit(rows):
    score, groups = np.array([s for s, _ in rows]) / 64, np.array([g for _, g in rows])
    means = [
        score_means(group_table(cube_of(sensitive_features={"g": groups}, y_score=s), "g")).value
        for s in (score, 1 - score)
    ]
    assert means[0] == pytest.approx([score[groups == g].mean() for g in np.unique(groups)])
    assert means[1] == pytest.approx(1 - means[0])


@pytest.mark.parametrize("name", COMPARISONS)
def test_equal_groups_have_the_fair_value(name):
    _, y, p = rows()
    fair = group_metric(name, y * 2, p * 2, sensitive_features=["a"] * len(y) + ["b"] * len(y))
    assert fair == pytest.approx(CATALOGUE[name].fair)


@pytest.mark.parametrize("name", COMPARISONS)
def test_figures_stay_in_their_range(name):
    rng = np.random.default_rng(0)
    for _ in range(20):
        y, p, g = rng.integers(0, 2, 60), rng.integers(0, 2, 60), rng.integers(0, 4, 60)
        value = group_metric(name, y, p, sensitive_features=g)
        assert np.isnan(value) or CATALOGUE[name].low <= value <= CATALOGUE[name].high


def test_unknown_metrics_are_refused():
    with pytest.raises(InputError, match="did you mean 'accuracy_difference'"):
        metric_named("acuracy_difference")
