"""Differential fairness and composites of the confusion matrix: AIF360's formulas and scikit-learn."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sklearn.metrics as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.errors import InputError, Reason
from evenhand.metrics.amplification import bias_amplification
from evenhand.metrics.composite import COMPOSITES, composite_estimates, composite_named
from evenhand.metrics.composite_gaps import composite_against_each
from evenhand.metrics.differential import differential_fairness, epsilon_of
from evenhand.metrics.rates import group_table
from evenhand.metrics.tally import cube_of

GROUPS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=5)


def aif360_smoothed(counts, concentration: float = 1.0) -> float:
    """AIF360's smoothed_edf: (count + c / 2) / (n + c), all ordered pairs, both outcomes."""
    rates = [(yes + concentration / 2) / (no + yes + concentration) for no, yes in counts]
    pairs = list(itertools.permutations(rates, 2))
    gaps = [abs(math.log(a) - math.log(b)) for a, b in pairs]
    return max(*gaps, *(abs(math.log(1 - a) - math.log(1 - b)) for a, b in pairs))


@given(GROUPS)
def test_epsilon_is_aif360s(counts):
    assert float(epsilon_of(np.array(counts, dtype=float))) == pytest.approx(aif360_smoothed(counts))


@given(GROUPS, st.integers(2, 5))
def test_more_rows_of_the_same_shares_leave_the_empirical_figure(counts, times):
    array = np.array(counts, dtype=float) + 1
    assert float(epsilon_of(array, 0.0)) == pytest.approx(float(epsilon_of(array * times, 0.0)))


def decisions_of(*groups):
    """A cube of groups A, B, ... each (rejected, accepted)."""
    people = [(chr(65 + i), d) for i, (no, yes) in enumerate(groups) for d in [0] * no + [1] * yes]
    return cube_of(None, [d for _, d in people], sensitive_features={"g": [g for g, _ in people]})


def test_a_hand_counted_example_names_the_pair():
    found = differential_fairness(decisions_of((2, 8), (5, 5), (4, 6)), "g", concentration=0)
    assert found.value == pytest.approx(math.log(0.5 / 0.2))
    assert (found.group, found.reference, found.outcome) == (("A",), ("B",), 0)
    assert found.worst_ratio == pytest.approx(0.4)
    assert found.interval.low <= found.value <= found.interval.high


def test_an_outcome_that_never_happens_to_a_group_is_infinite_unless_smoothed():
    cube = decisions_of((5, 5), (10, 0))
    raw = differential_fairness(cube, "g", concentration=0)
    assert raw.value == math.inf
    assert raw.reason is Reason.ZERO_DENOMINATOR
    assert raw.worst_ratio == 0
    assert math.isfinite(differential_fairness(cube, "g").value)


def test_an_outcome_that_nobody_has_is_equal_for_all():
    cube = cube_of([2, 1, 2, 1], None, sensitive_features={"g": list("AABB")}, task="multiclass")
    assert differential_fairness(cube, "g", outcome="y_true", concentration=0).value == 0
    assert float(epsilon_of(np.array([[3.0, 0.0], [5.0, 0.0]]), 0.0)) == 0


def test_smoothing_spreads_over_all_outcomes():
    cube = cube_of(["a", "b", "c", "a"], None, sensitive_features={"g": list("AABB")}, task="multiclass")
    found = differential_fairness(cube, "g", outcome="y_true")
    assert found.value == pytest.approx(math.log((1 + 1 / 3) / (1 / 3)))


def test_small_and_missing_groups_are_left_out_and_named():
    cube = cube_of(
        None, [1, 0] * 5 + [1, 1, 0], sensitive_features={"g": ["A"] * 5 + ["B"] * 5 + ["C", None, None]}
    )
    found = differential_fairness(cube, "g", min_group_size=2)
    assert found.compared == 2
    assert found.left_out == (("C",), (None,))


def test_fewer_than_two_groups_are_undefined():
    assert differential_fairness(decisions_of((3, 4)), "g").reason is Reason.SINGLE_GROUP
    few = differential_fairness(decisions_of((3, 4), (3, 3)), "g", min_group_size=7)
    assert few.reason is Reason.BELOW_MINIMUM
    assert math.isnan(few.value)


def test_a_negative_concentration_is_refused():
    with pytest.raises(InputError, match="at least 0"):
        differential_fairness(decisions_of((3, 4), (3, 3)), "g", concentration=-1)


def test_the_interval_holds_zero_where_groups_are_alike_and_the_truth_where_not():
    rng, zero, truth = np.random.default_rng(3), 0, 0
    for seed in range(120):
        alike = decisions_of(*[(100 - y, y) for y in rng.binomial(100, 0.4, 5)])
        zero += differential_fairness(alike, "g", draws=200, seed=seed).interval.low == 0
        apart = decisions_of(*[(200 - y, y) for y in rng.binomial(200, [0.3, 0.5, 0.4])])
        truth += differential_fairness(apart, "g", draws=200, seed=seed).interval.holds(math.log(5 / 3))
    assert min(zero, truth) >= 0.93 * 120


def test_intersections_are_groups():
    cube = cube_of(None, [1, 0, 1, 1], sensitive_features={"a": list("xxyy"), "b": list("pqpq")})
    assert differential_fairness(cube, "a", "b").compared == 4


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 2)), min_size=12, max_size=60))
@settings(max_examples=25, deadline=None)
def test_amplification_is_the_difference_of_the_epsilons(rows):
    y, p, g = (np.array(column) for column in zip(*[*rows, (0, 1, 0), (1, 0, 1)], strict=True))
    found = bias_amplification(cube_of(y, p, sensitive_features={"g": g}), "g", draws=20)
    counts = [[[np.sum((g == i) & (v == k)) for k in (0, 1)] for i in np.unique(g)] for v in (p, y)]
    assert found.value == pytest.approx(aif360_smoothed(counts[0]) - aif360_smoothed(counts[1]))
    assert found.interval.low <= found.value <= found.interval.high


def test_a_model_that_repeats_its_labels_amplifies_nothing():
    cube = cube_of([1, 0, 1, 1] * 5, [1, 0, 1, 1] * 5, sensitive_features={"g": list("AABB") * 5})
    found = bias_amplification(cube, "g")
    assert (found.value, found.interval.low, found.interval.high) == (0.0, 0.0, 0.0)


def test_amplification_of_an_infinite_epsilon_is_undefined():
    cube = cube_of([1, 0, 1, 0], [1, 0, 0, 0], sensitive_features={"g": list("AABB")})
    assert bias_amplification(cube, "g", concentration=0).reason is Reason.ZERO_DENOMINATOR


SKLEARN = {
    "balanced_accuracy": sm.balanced_accuracy_score,
    "f1_score": sm.f1_score,
    "matthews_corrcoef": sm.matthews_corrcoef,
    "false_negative_false_positive_ratio": lambda y, p: np.divide(*sm.confusion_matrix(y, p)[[1, 0], [0, 1]]),
}


@pytest.mark.parametrize("name", COMPOSITES)
@given(st.tuples(*[st.integers(1, 30)] * 4))
@settings(max_examples=15, deadline=None)
def test_composites_are_scikit_learns(name, cells):
    tn, fp, fn, tp = cells
    y, p = [0] * (tn + fp) + [1] * (fn + tp), [0] * tn + [1] * fp + [0] * fn + [1] * tp
    assert float(composite_named(name)(np.array([[tn, fp], [fn, tp]]))) == pytest.approx(SKLEARN[name](y, p))


def test_composites_take_leading_axes():
    assert composite_named("f1_score")(np.ones((3, 5, 2, 2))).shape == (3, 5)


def test_matthews_survives_millions():
    huge = np.array([[4e9, 1e9], [1e9, 4e9]])
    assert float(composite_named("matthews_corrcoef")(huge)) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("name", "y", "p", "reason"),
    [
        ("balanced_accuracy", [1, 1], [1, 0], Reason.NO_NEGATIVES),
        ("balanced_accuracy", [0, 0], [1, 0], Reason.NO_POSITIVES),
        ("f1_score", [0, 0], [0, 0], Reason.ZERO_DENOMINATOR),
        ("matthews_corrcoef", [1, 0], [1, 1], Reason.NO_REJECTED),
        ("matthews_corrcoef", [1, 0], [0, 0], Reason.NO_SELECTED),
        ("false_negative_false_positive_ratio", [1, 0], [0, 0], Reason.ZERO_DENOMINATOR),
    ],
)
def test_undefined_composites_say_why(name, y, p, reason):
    table = group_table(cube_of(y, p, sensitive_features={"g": ["A", "A"]}), "g")
    [found] = composite_estimates(table, name)
    assert math.isnan(found.value)
    assert found.reason is reason
    assert found.interval is None


def test_a_group_without_errors_has_an_interval_that_is_no_point():
    cube = cube_of([1, 0] * 10, [1, 0] * 10, sensitive_features={"g": ["A"] * 20})
    [found] = composite_estimates(group_table(cube, "g"), "f1_score")
    assert found.value == found.interval.high == 1
    assert 0.7 < found.interval.low < 0.97


@pytest.mark.parametrize("name", COMPOSITES)
def test_intervals_of_composites_cover(name):
    rng, shares = np.random.default_rng(9), np.array([0.45, 0.1, 0.15, 0.3])
    truth, hits, sims = float(composite_named(name)(shares.reshape(2, 2))), 0, 200
    for seed in range(sims):
        cells = rng.multinomial(120, shares)
        y, p = np.repeat([0, 0, 1, 1], cells), np.repeat([0, 1, 0, 1], cells)
        table = group_table(cube_of(y, p, sensitive_features={"g": ["A"] * 120}), "g")
        hits += composite_estimates(table, name, draws=300, seed=seed)[0].interval.holds(truth)
    assert 0.91 * sims <= hits


def test_treatment_equality_by_hand():
    y = [1] * 6 + [0] * 6 + [1] * 6 + [0] * 6
    p = [0] * 4 + [1] * 2 + [1] * 2 + [0] * 4 + [0] * 1 + [1] * 5 + [1] * 4 + [0] * 2
    table = group_table(cube_of(y, p, sensitive_features={"g": ["A"] * 12 + ["B"] * 12}), "g")
    name = "false_negative_false_positive_ratio"
    [gap] = composite_against_each(table, name, reference=("B",))
    [ratio] = composite_against_each(table, name, "ratio", ("B",))
    [log] = composite_against_each(table, name, "log_ratio", ("B",))
    assert (gap.value, ratio.value, log.value) == pytest.approx((1.75, 8.0, math.log(8)))
    assert (gap.fair, ratio.fair, log.fair) == (0, 1, 0)
    assert ratio.interval.holds(8.0)


def test_without_labels_or_decisions_composites_are_undefined():
    blind = group_table(cube_of(None, [1, 0], sensitive_features={"g": ["A", "B"]}), "g")
    assert {one.reason for one in composite_estimates(blind, "f1_score")} == {Reason.NO_LABELS}
    [gap] = composite_against_each(blind, "f1_score")
    assert gap.reason is Reason.NO_LABELS
    undecided = group_table(cube_of([1, 0], None, sensitive_features={"g": ["A", "B"]}), "g")
    assert composite_estimates(undecided, "f1_score")[0].reason is Reason.NO_DECISIONS


def test_unknown_composites_are_refused():
    with pytest.raises(InputError, match="f1_score"):
        composite_named("f1")
