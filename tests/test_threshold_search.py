"""The threshold search against brute force, against fairlearn, and from a cube."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin

from evenhand.errors import InputError
from evenhand.metrics.catalogue import CATALOGUE
from evenhand.metrics.grid import Grid
from evenhand.metrics.tally import cube_of
from evenhand.mitigation.threshold_curves import curves_of_cube, curves_of_rows, hull_of, pooled_curve
from evenhand.mitigation.threshold_goal import FIXED, SLACK, constraint_of, utility_of
from evenhand.mitigation.threshold_mixing import best_mixtures
from evenhand.mitigation.threshold_search import best_shared, best_thresholds

COMPARISONS = [row.name for row in CATALOGUE.values() if row.kind in ("difference", "ratio")]
MIXABLE = [name for name in COMPARISONS if set(CATALOGUE[name].rates) <= set(FIXED)]


def rows_of(rows, groups, seed, ties=None):
    rng = np.random.default_rng(seed)
    codes = np.concatenate([np.arange(groups), rng.integers(0, groups, rows - groups)])
    labels = np.concatenate([np.arange(groups) % 2, rng.integers(0, 2, rows - groups)])
    scores = 1 / (1 + np.exp(-rng.normal(labels + 0.5 * codes, 1.0)))
    return (np.round(scores, ties) if ties else scores), labels, codes


def brute_force(curves, constraint, utility):
    """Try every combination; the best utility within the limit, or None."""
    best = None
    for places in itertools.product(*(range(len(curve.thresholds)) for curve in curves)):
        cells = np.stack([curve.cells[place] for curve, place in zip(curves, places, strict=True)])
        rates = constraint.rates(cells)
        if constraint.is_ratio and not (rates > 0).all():
            continue
        if not constraint.meets(constraint.gap(rates)):
            continue
        worth = sum(float(utility.of_curve(c)[p]) for c, p in zip(curves, places, strict=True))
        best = worth if best is None else max(best, worth)
    return best


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(COMPARISONS),
    st.floats(0, 1),
    st.integers(2, 3),
    st.integers(0, 10_000),
    st.sampled_from([None, 1]),
)
def test_the_search_finds_what_brute_force_finds(name, limit, groups, seed, ties):
    scores, labels, codes = rows_of(9 * groups, groups, seed, ties)
    curves = curves_of_rows(scores, labels, codes, groups)
    constraint = constraint_of(name, limit)
    if not all(np.isfinite(constraint.coordinates(c.cells)).all(axis=0).any() for c in curves):
        return
    utility = utility_of("accuracy", labels.sum(), (1 - labels).sum())
    found, expected = best_thresholds(curves, constraint, utility), brute_force(curves, constraint, utility)
    assert found.met == (expected is not None)
    if expected is not None:
        assert found.utility == pytest.approx(expected)
        assert constraint.meets(found.gap)


@pytest.mark.parametrize("objective", ["balanced_accuracy", {"tp": 5, "fp": -1}, {"fn": -3, "fp": -1}])
def test_other_objectives_are_searched_exactly_too(objective):
    scores, labels, codes = rows_of(24, 2, 3)
    curves = curves_of_rows(scores, labels, codes, 2)
    utility = utility_of(objective, labels.sum(), (1 - labels).sum())
    constraint = constraint_of("equalized_odds_difference", 0.3)
    assert best_thresholds(curves, constraint, utility).utility == pytest.approx(
        brute_force(curves, constraint, utility)
    )


def test_a_limit_that_cannot_be_met_gives_the_nearest():
    # Alone in its group, a row of one label has a precision of 1, the other group's is at most 1 in 2.
    curves = curves_of_rows([0.9, 0.8, 0.7], [1, 0, 1], [0, 1, 1], groups=2)
    found = best_thresholds(
        curves, constraint_of("predictive_parity_difference", 0.1), utility_of("accuracy", 2, 1)
    )
    assert not found.met
    assert found.gap == pytest.approx(0.5)


def test_a_group_without_positives_is_refused_by_name_of_the_metric():
    curves = curves_of_rows([0.9, 0.8, 0.7], [1, 0, 0], [0, 0, 1], groups=2)
    with pytest.raises(InputError, match="undefined at every threshold"):
        best_thresholds(
            curves, constraint_of("equal_opportunity_difference", 0.1), utility_of("accuracy", 1, 2)
        )


@pytest.mark.parametrize("name", MIXABLE)
@pytest.mark.parametrize("limit", [0.0, 0.1, 0.9])
def test_mixtures_keep_the_limit_and_beat_single_thresholds(name, limit):
    scores, labels, codes = rows_of(300, 3, 5)
    curves = curves_of_rows(scores, labels, codes, 3)
    constraint, utility = constraint_of(name, limit, mixed=True), utility_of("accuracy", labels.sum(), 300)
    mixed, single = best_mixtures(curves, constraint, utility), best_thresholds(curves, constraint, utility)
    assert mixed.met
    assert mixed.utility >= single.utility - 1e-9
    assert all(share.sum() == pytest.approx(1) for share in mixed.shares)


class Given(ClassifierMixin, BaseEstimator):
    """Ready scores as a fitted model."""

    def __init__(self):
        self.classes_ = np.array([0, 1])

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])


THEIRS = {
    "demographic_parity": "demographic_parity_difference",
    "true_positive_rate_parity": "equal_opportunity_difference",
    "false_positive_rate_parity": "predictive_equality_difference",
    "equalized_odds": "equalized_odds_difference",
}


def their_accuracy(constraints, scores, labels, codes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ThresholdOptimizer(
            estimator=Given(), constraints=constraints, prefit=True, predict_method="predict_proba"
        ).fit(scores[:, None], labels, sensitive_features=codes)
        chance = model._pmf_predict(scores[:, None], sensitive_features=codes)[:, 1]
    return float(np.mean(np.where(labels == 1, chance, 1 - chance)))


@pytest.mark.parametrize("constraints", THEIRS)
@pytest.mark.parametrize("groups", [2, 4])
def test_mixtures_reach_fairlearns_accuracy(constraints, groups):
    scores, labels, codes = rows_of(800, groups, 7)
    curves = curves_of_rows(scores, labels, codes, groups)
    found = best_mixtures(
        curves,
        constraint_of(THEIRS[constraints], 0.0),
        utility_of("accuracy", labels.sum(), (1 - labels).sum()),
    )
    assert found.utility >= their_accuracy(constraints, scores, labels, codes) - 1e-9


def test_one_threshold_for_all_against_brute_force():
    scores, labels, codes = rows_of(60, 3, 11)
    curves = curves_of_rows(scores, labels, codes, 3)
    constraint = constraint_of("demographic_parity_difference", 0.3)
    found = best_shared(curves, constraint, utility_of("accuracy", labels.sum(), (1 - labels).sum()))
    best = 0.0
    for threshold in pooled_curve(curves).thresholds:
        chosen = scores >= threshold
        shares = [chosen[codes == g].mean() for g in range(3)]
        if max(shares) - min(shares) <= 0.3 + SLACK:
            best = max(best, float((chosen == labels).mean()))
    assert found.utility == pytest.approx(best)


def test_a_cube_holds_the_same_thresholds():
    scores, labels, codes = rows_of(400, 3, 13)
    names = np.array(["a", "b", "c"])[codes]
    cube = cube_of(labels, y_score=scores, sensitive_features={"g": names}, grid=Grid("distinct"))
    groups, curves = curves_of_cube(cube, "g")
    assert groups == (("a",), ("b",), ("c",))
    for ours, direct in zip(curves, curves_of_rows(scores, labels, codes, 3), strict=True):
        np.testing.assert_allclose(ours.thresholds, direct.thresholds)
        np.testing.assert_array_equal(ours.tp, direct.tp)


def test_on_a_fixed_grid_thresholds_are_edges_and_counts_exact():
    scores, labels, codes = rows_of(400, 2, 17)
    cube = cube_of(labels, y_score=scores, sensitive_features={"g": codes}, grid=Grid(bins=64))
    for group, curve in enumerate(curves_of_cube(cube, "g")[1]):
        assert (np.mod(curve.thresholds[1:] * 64, 1) == 0).all()
        for threshold, tp in zip(curve.thresholds, curve.tp, strict=True):
            assert tp == ((scores >= threshold) & (labels == 1) & (codes == group)).sum()


def test_a_weight_is_a_repeated_row():
    scores, labels, codes = rows_of(50, 2, 19)
    times = np.random.default_rng(0).integers(0, 4, 50)
    weighted = curves_of_rows(scores, labels, codes, 2, times.astype(float))
    repeated = curves_of_rows(*(np.repeat(a, times) for a in (scores, labels, codes)), 2)
    for ours, theirs in zip(weighted, repeated, strict=True):
        np.testing.assert_array_equal(ours.thresholds, theirs.thresholds)
        np.testing.assert_allclose(ours.tp, theirs.tp)


@given(st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_no_threshold_lies_outside_the_hull(seed):
    scores, labels, codes = rows_of(40, 1, seed, ties=2)
    [curve] = curves_of_rows(scores, labels, codes, 1)
    hull = hull_of(curve)
    for tp_worth, fp_worth in ((1, -1), (1, -3), (3, -1), (-1, 1), (1, 1)):
        best = (tp_worth * curve.tp + fp_worth * curve.fp).max()
        assert (tp_worth * hull.tp + fp_worth * hull.fp).max() == pytest.approx(best)


@pytest.mark.parametrize(
    ("name", "limit", "mixed", "words"),
    [
        ("selection_rate", 0.1, False, "did you mean 'demographic_parity_difference'"),
        ("demographic_parity_diff", 0.1, False, "did you mean"),
        ("demographic_parity_difference", 2, False, "between 0 and 1, got 2"),
        ("demographic_parity_difference", None, False, "between 0 and 1, got None"),
        ("predictive_parity_difference", 0.1, True, "set randomised=False"),
    ],
)
def test_bad_constraints_are_refused(name, limit, mixed, words):
    with pytest.raises(InputError, match=words):
        constraint_of(name, limit, mixed=mixed)


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        ("acuracy", "did you mean 'accuracy'"),
        ({"tpp": 1}, "did you mean 'tp'"),
        ({"tp": "x"}, "finite"),
        ({}, "other than 0"),
    ],
)
def test_bad_objectives_are_refused(objective, words):
    with pytest.raises(InputError, match=words):
        utility_of(objective, 1, 1)
