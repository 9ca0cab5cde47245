"""Changes on the same rows: published intervals, theory, and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fairlearn.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sklearn.metrics import accuracy_score
from statsmodels.stats.contingency_tables import mcnemar

from evenhand.errors import InputError, Reason
from evenhand.metrics.rates import RATES, rate_named
from evenhand.mitigation import PairedCounts, gap_change, paired_counts, rate_change, worst_gap_change
from evenhand.mitigation.paired import has_fixed_denominator
from evenhand.mitigation.paired_intervals import tango


def rows(n=600, seed=0, groups=3):
    rng = np.random.default_rng(seed)
    group, y = rng.integers(0, groups, n), rng.integers(0, 2, n)
    before = rng.random(n) < 0.2 + 0.15 * group + 0.2 * y
    after = np.where(rng.random(n) < 0.7, before, rng.random(n) < 0.4)
    return group, y, before.astype(int), after.astype(int)


@pytest.mark.parametrize(
    ("b", "c", "n", "level", "low", "high", "digits"),
    [
        (
            7,
            1,
            21,
            0.95,
            -0.517,
            -0.026,
            3,
        ),  # Fagerland, Lydersen and Laake 2014, airway hyper-responsiveness
        (25, 28, 618, 0.90, -0.0148, 0.0247, 4),  # R, PropCIs::scoreci.mp(25, 28, 618, 0.90)
        (20, 60, 1000, 0.95, 0.0231, 0.0584, 4),  # R, PropCIs::scoreci.mp(20, 60, 1000, 0.95)
    ],
)
def test_tango_gives_published_intervals(b, c, n, level, low, high, digits):
    interval = tango(b, c, n, level=level)
    assert (round(interval.low, digits), round(interval.high, digits)) == (low, high)


def score_by_hand(b, c, n, delta):
    """The score statistic, its nuisance parameter found by maximising the likelihood numerically."""

    def loss(q):
        cells = [(b, q), (c, q + delta), (n - b - c, 1 - 2 * q - delta)]
        return -sum(count * math.log(max(p, 1e-300)) for count, p in cells if count)

    q = minimize_scalar(
        loss, bounds=(max(0, -delta), (1 - delta) / 2), method="bounded", options={"xatol": 1e-12}
    ).x
    return (c - b - n * delta) / math.sqrt(n * (2 * q + delta - delta**2))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 200))
def test_tango_ends_solve_the_score_equation(b, c, rest):
    interval = tango(b, c, b + c + rest)
    assert score_by_hand(b, c, b + c + rest, interval.low) == pytest.approx(1.959964, abs=2e-3)
    assert score_by_hand(b, c, b + c + rest, interval.high) == pytest.approx(-1.959964, abs=2e-3)


@settings(max_examples=50)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 200))
def test_tango_agrees_with_mcnemars_test(b, c, rest):
    n = b + c + rest
    if b + c == 0:
        return
    p = float(mcnemar([[rest, b], [c, 0]], exact=False, correction=False).pvalue)
    if abs(p - 0.05) > 1e-6:
        assert tango(b, c, n).holds(0) == (p > 0.05)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 200))
def test_tango_mirrors_and_holds_its_estimate(b, c, rest):
    n = b + c + rest
    there, back = tango(b, c, n), tango(c, b, n)
    assert there.low == pytest.approx(-back.high, abs=1e-9)
    assert there.low - 1e-9 <= (c - b) / n <= there.high + 1e-9
    assert -1 <= there.low < there.high <= 1


def test_no_change_still_has_a_width():
    interval = tango(0, 0, 100)
    z2 = 1.959963984540054**2
    assert (interval.low, interval.high) == pytest.approx((-z2 / (100 + z2), z2 / (100 + z2)))


def test_values_are_those_of_scikit_learn_and_fairlearn():
    group, y, before, after = rows()
    joint = paired_counts(group, y, before, after)
    accuracy = accuracy_score(y, after) - accuracy_score(y, before)
    assert rate_change(joint, "accuracy").value == pytest.approx(accuracy)

    def change(function):
        was, now = (function(y, decided, sensitive_features=group) for decided in (before, after))
        return now - was

    both = ["true_positive_rate", "false_positive_rate"]
    assert worst_gap_change(joint, ["selection_rate"]).value == pytest.approx(
        change(demographic_parity_difference)
    )
    assert worst_gap_change(joint, both).value == pytest.approx(change(equalized_odds_difference))
    ratio = worst_gap_change(joint, ["selection_rate"], comparison="ratio")
    assert ratio.value == pytest.approx(change(demographic_parity_ratio))


def test_a_mean_of_gaps():
    group, y, before, after = rows()
    joint = paired_counts(group, y, before, after)
    both = ["true_positive_rate", "false_positive_rate"]
    each = [worst_gap_change(joint, [rate]).value for rate in both]
    assert worst_gap_change(joint, both, combine="mean").value == pytest.approx(np.mean(each))


@pytest.mark.parametrize("rate", sorted(set(RATES) - {"base_rate"}))
def test_every_rate_changes_by_its_own_difference(rate):
    group, y, before, after = rows()
    joint = paired_counts(group, y, before, after)
    known = rate_named(rate)
    overall = rate_change(joint, rate)
    expected = known(joint.after.sum(axis=0)) - known(joint.before.sum(axis=0))
    assert overall.value == pytest.approx(float(expected))
    assert overall.interval.holds(overall.value)
    pair = gap_change(joint, rate, 2, 0)
    assert pair.interval.holds(pair.value)
    assert pair.value == pytest.approx(
        rate_change(joint.of(2), rate).value - rate_change(joint.of(0), rate).value
    )
    back = gap_change(joint, rate, 0, 2)
    assert back.value == pytest.approx(-pair.value)


def test_the_bootstrap_agrees_with_the_closed_form_in_large_samples():
    group, y, before, after = rows(20_000)
    joint = paired_counts(group, y, before, after)
    closed = gap_change(joint, "selection_rate", 1, 0).interval
    drawn = worst_gap_change(
        joint.of(0, 1), ["selection_rate"]
    ).interval  # group 1 stands clearly above group 0
    assert (drawn.low, drawn.high) == pytest.approx((closed.low, closed.high), abs=0.004)


def test_which_rates_have_a_closed_form():
    drawn = {name for name, rate in RATES.items() if not has_fixed_denominator(rate)}
    assert drawn == {
        "positive_predictive_value",
        "negative_predictive_value",
        "false_discovery_rate",
        "false_omission_rate",
    }


def test_frequency_weights_are_repeated_rows():
    group, y, before, after = rows(200)
    times = np.random.default_rng(0).integers(1, 4, 200)
    weighted = paired_counts(group, y, before, after, sample_weight=times, weight_kind="frequency")
    repeated = paired_counts(*(np.repeat(column, times) for column in (group, y, before, after)))
    assert gap_change(weighted, "accuracy", 0, 1).interval == gap_change(repeated, "accuracy", 0, 1).interval
    first, second = (worst_gap_change(joint, ["accuracy"]).interval for joint in (weighted, repeated))
    assert first == second


def test_equal_survey_weights_change_nothing():
    group, y, before, after = rows(2000)
    plain = paired_counts(group, y, before, after)
    scaled = paired_counts(group, y, before, after, sample_weight=np.full(2000, 3.0))
    for function in (lambda j: rate_change(j, "accuracy"), lambda j: gap_change(j, "selection_rate", 0, 1)):
        ours, theirs = function(scaled), function(plain)
        assert ours.value == pytest.approx(theirs.value)
        assert (ours.interval.low, ours.interval.high) == pytest.approx(
            (theirs.interval.low, theirs.interval.high)
        )
        assert (ours.rows, ours.effective) == (theirs.rows, pytest.approx(theirs.effective))
    ours, theirs = (rate_change(joint, "positive_predictive_value").interval for joint in (scaled, plain))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_uneven_survey_weights_widen():
    group, y, before, after = rows(2000)
    weights = np.random.default_rng(0).exponential(size=2000) ** 2
    plain = paired_counts(group, y, before, after)
    uneven = paired_counts(group, y, before, after, sample_weight=weights)
    for function in (
        lambda j: rate_change(j, "accuracy"),
        lambda j: rate_change(j, "positive_predictive_value"),
    ):
        ours, theirs = function(uneven).interval, function(plain).interval
        assert ours.high - ours.low > 1.3 * (theirs.high - theirs.low)


def test_equal_decisions_mean_no_change():
    group, y, before, _ = rows(2000)
    change = worst_gap_change(paired_counts(group, y, before, before), ["selection_rate"])
    assert change.value == 0
    assert change.interval.holds(0)
    assert 0 < change.interval.high < 0.03


def drawn_joint(sizes, before, after, rng):
    """Every row is positive; decisions before and after agree in 80 % of the rows."""
    counts = np.zeros((len(sizes), 2, 2, 2))
    for g, size in enumerate(sizes):
        u = rng.random(size)
        v = np.where(rng.random(size) < 0.8, u, rng.random(size))
        np.add.at(counts[g, 1], ((u < before[g]).astype(int), (v < after[g]).astype(int)), 1)
    return PairedCounts(counts, counts.astype(int))


@pytest.mark.parametrize(
    ("sizes", "before", "after"),
    [
        ([300, 300], [0.3, 0.3], [0.3, 0.3]),
        ([300, 300], [0.2, 0.4], [0.25, 0.35]),
        ([200] * 5, [0.2, 0.25, 0.3, 0.35, 0.4], [0.3] * 5),
        ([2000] + [60] * 4, [0.3] * 5, [0.4, 0.2, 0.2, 0.2, 0.2]),
    ],
)
def test_intervals_cover_the_true_change(sizes, before, after):
    rng = np.random.default_rng(0)
    pair = (after[0] - after[1]) - (before[0] - before[1])
    worst = np.ptp(after) - np.ptp(before)
    held = np.zeros(2)
    for seed in range(200):
        joint = drawn_joint(sizes, before, after, rng)
        held += [
            gap_change(joint, "selection_rate", 0, 1).interval.holds(pair),
            worst_gap_change(joint, ["selection_rate"], draws=300, seed=seed).interval.holds(worst),
        ]
    # 200 runs at 95 %: 182 or more in all but one of a thousand.
    assert held.min() >= 182


def test_undefined_stays_undefined():
    joint = paired_counts([0, 0, 1, 1], [0, 0, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0])
    assert rate_change(joint.of(0), "true_positive_rate").reason is Reason.NO_POSITIVES
    assert math.isnan(gap_change(joint, "true_positive_rate", 0, 1).value)
    assert gap_change(joint, "true_positive_rate", 0, 1).reason is Reason.GROUP_UNDEFINED
    assert worst_gap_change(joint, ["true_positive_rate"]).reason is Reason.GROUP_UNDEFINED
    assert worst_gap_change(joint, ["accuracy"], groups=[0]).reason is Reason.SINGLE_GROUP


def test_mostly_undefined_draws_give_no_interval():
    joint = paired_counts([0] * 5 + [1] * 5, [1] * 10, [1, 0, 0, 0, 0] + [1] * 5, [1, 0, 0, 0, 0] + [1] * 5)
    change = gap_change(joint, "positive_predictive_value", 0, 1)
    assert change.value == 0
    assert change.interval is None


def test_draws_repeat_with_the_seed():
    joint = paired_counts(*rows())
    first, again, other = (worst_gap_change(joint, ["accuracy"], seed=seed).interval for seed in (5, 5, 6))
    assert first == again != other


def test_bad_input_is_refused():
    with pytest.raises(InputError) as caught:
        paired_counts([0, 1], [0, 2], [0, 1, 1], [0, 1], sample_weight=[1, -1])
    assert {problem.code for problem in caught.value.problems} == {"not_binary", "length", "negative"}
    with pytest.raises(InputError, match="did you mean 'accuracy'"):
        rate_change(paired_counts([0], [1], [1], [1]), "acuracy")
