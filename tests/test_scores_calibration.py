"""Calibration, losses and balance: against scikit-learn, statsmodels, scipy and plain loops over rows."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from evenhand.errors import InputError, Reason
from evenhand.metrics import scores as sc
from evenhand.metrics.grid import Grid
from evenhand.metrics.intervals import modified_wilson
from evenhand.metrics.tally import cube_of

DISTINCT = Grid("distinct")


def sample(n=600, groups=2, seed=0, power=1.0, digits=3):
    rng = np.random.default_rng(seed)
    group, score = rng.integers(0, groups, n), np.round(rng.uniform(0.02, 0.98, n), digits)
    y = (rng.random(n) < special.expit(power * special.logit(score) + 0.2 * group)).astype(int)
    return y, score, group


def table_of(y, score, group, grid=DISTINCT, **more):
    return sc.score_table(cube_of(y, y_score=score, sensitive_features={"g": group}, grid=grid, **more), "g")


def ece_of_rows(y, score, weight, bins):
    place = np.minimum(np.digitize(score, np.linspace(0, 1, bins + 1)) - 1, bins - 1)
    gaps = [abs((weight * (y - score))[place == k].sum()) for k in range(bins)]
    return sum(gaps) / weight.sum()


@pytest.mark.parametrize("bins", [1, 10, 16])
def test_ece_by_a_loop_over_bins(bins):
    y, score, group = sample()
    weight = np.random.default_rng(1).uniform(0.5, 2, len(y))
    found = sc.expected_calibration_error(
        sc.reliability(table_of(y, score, group, sample_weight=weight), bins)
    )
    expected = [ece_of_rows(*(a[group == g] for a in (y, score, weight)), bins) for g in (0, 1)]
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert (found.bins, found.bound.tolist()) == (bins, [0, 0])


def test_a_fixed_grid_gives_the_same_ece_where_its_bins_divide():
    data = sample(digits=6)
    fine, coarse = (
        sc.expected_calibration_error(sc.reliability(table_of(*data, grid=grid), 16))
        for grid in (DISTINCT, Grid())
    )
    assert coarse.value == pytest.approx(fine.value, abs=1e-12)
    assert coarse.bound.tolist() == [0, 0]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([8, 64, 1024]))
def test_the_bound_of_ece_holds(seed, grid):
    data = sample(150, seed=seed, digits=6)
    fine, coarse = (
        sc.expected_calibration_error(sc.reliability(table_of(*data, grid=one), 10), draws=100)
        for one in (DISTINCT, Grid(bins=grid))
    )
    assert (np.abs(fine.value - coarse.value) <= coarse.bound + 1e-12).all()


def test_reliability_bins_are_scikit_learns():
    """Off the edges: a score on one is in the upper bin here, in the lower one there."""
    y, score, group = sample()
    score = score + 0.0003
    found = sc.reliability(table_of(y, score, group), 10)
    for g in (0, 1):
        rate, mean = calibration_curve(y[group == g], score[group == g], n_bins=10)
        assert found.rate[g] == pytest.approx(rate)
        assert found.mean_score[g] == pytest.approx(mean)
        assert found.low[g] == pytest.approx(modified_wilson(rate * found.rows[g], found.rows[g])[0])


def test_bins_of_equal_mass():
    y, score, group = sample(digits=6)
    found = sc.reliability(table_of(y, score, group), 10, "equal_mass")
    assert np.ptp(found.rows, axis=1).max() <= 1
    for g in (0, 1):
        order = np.argsort(score[group == g])
        parts = np.array_split(score[group == g][order], 10)
        assert found.mean_score[g] == pytest.approx([part.mean() for part in parts], abs=0.01)


def test_the_null_of_ece_is_that_of_calibrated_samples():
    rng, score = np.random.default_rng(2), np.round(np.random.default_rng(3).uniform(0, 1, 400), 3)
    drawn = [ece_of_rows(rng.random(400) < score, score, np.ones(400), 10) for _ in range(2000)]
    y = (rng.random(400) < score).astype(int)
    found = sc.expected_calibration_error(sc.reliability(table_of(y, score, np.zeros(400, int))), draws=4000)
    assert found.null_mean[0] == pytest.approx(np.mean(drawn), rel=0.03)
    assert found.null_95[0] == pytest.approx(np.quantile(drawn, 0.95), rel=0.04)


def test_calibrated_scores_pass_and_extreme_ones_fail():
    values = [
        sc.expected_calibration_error(sc.reliability(table_of(*sample(4000, 1, power=power)))).p_value[0]
        for power in (1.0, 0.5)
    ]
    assert values[0] > 0.05
    assert values[1] < 0.002


def test_brier_and_log_loss_are_scikit_learns_with_weights():
    y, score, group = sample()
    weight = np.random.default_rng(4).uniform(0.5, 2, len(y))
    table = table_of(y, score, group, sample_weight=weight)
    for g in (0, 1):
        own = group == g
        more = {"sample_weight": weight[own]}
        assert sc.brier_score(table).value[g] == pytest.approx(
            brier_score_loss(y[own], score[own], **more), abs=1e-12
        )
        assert sc.log_loss(table).value[g] == pytest.approx(log_loss(y[own], score[own], **more), abs=1e-12)


def test_losses_have_the_intervals_of_a_mean():
    y, score, group = sample()
    own = group == 0
    table = table_of(y, score, group)
    for found, loss in (
        (sc.brier_score(table), (score - y)[own] ** 2),
        (sc.log_loss(table), -np.log(np.where(y == 1, score, 1 - score))[own]),
    ):
        ends = stats.t.interval(0.95, own.sum() - 1, loss.mean(), stats.sem(loss))
        assert (found.low[0], found.high[0]) == pytest.approx(ends)


def test_differences_of_losses_are_welchs_test():
    y, score, group = sample(60)
    found = sc.differences(sc.brier_score(table_of(y, score, group)), (0,))
    one, two = (((score - y)[group == g]) ** 2 for g in (1, 0))
    expected = stats.ttest_ind(one, two, equal_var=False)
    assert found.p_value[0] == pytest.approx(expected.pvalue)
    assert (found.low[0], found.high[0]) == pytest.approx(tuple(expected.confidence_interval()))


def test_the_brier_score_is_exact_on_any_grid():
    y, score, group = sample(digits=8)
    found = sc.brier_score(table_of(y, score, group, grid=Grid(bins=4)))
    assert found.value == pytest.approx([((score - y)[group == g] ** 2).mean() for g in (0, 1)], abs=1e-12)
    assert found.bound.tolist() == [0, 0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 8, 64, 4096]))
def test_the_unbinned_log_loss_lies_above_by_the_bound_at_most(seed, bins):
    data = sample(100, seed=seed, digits=6)
    exact, found = (sc.log_loss(table_of(*data, grid=grid)) for grid in (DISTINCT, Grid(bins=bins)))
    assert (found.value <= exact.value + 1e-12).all()
    assert (exact.value <= found.value + found.bound + 1e-12).all()


def test_certain_and_wrong_is_clipped_as_scikit_learn_does():
    table = table_of([1, 0], [0.0, 0.0], ["a", "a"], grid=Grid())
    assert sc.log_loss(table).value[0] == pytest.approx(log_loss([1, 0], [0.0, 0.0]))
    assert sc.log_loss(table, clip=1e-3).value[0] == pytest.approx(-np.log(1e-3) / 2, rel=1e-3)


def logit_of_rows(y, score, weight=None):
    design = sm.add_constant(special.logit(score))
    if weight is None:
        return sm.Logit(y, design).fit(disp=0, method="newton", maxiter=100)
    return sm.GLM(y, design, family=sm.families.Binomial(), freq_weights=weight).fit()


def test_slope_and_intercept_are_statsmodels():
    y, score, group = sample(power=0.6)
    found = sc.recalibration(table_of(y, score, group))
    for g in (0, 1):
        fit = logit_of_rows(y[group == g], score[group == g])
        assert (found.intercept.value[g], found.slope.value[g]) == pytest.approx(fit.params, abs=1e-8)
        assert (found.intercept.error[g], found.slope.error[g]) == pytest.approx(fit.bse, rel=1e-6)
        ends = found.slope.low[g], found.slope.high[g]
        assert ends == pytest.approx(fit.conf_int()[1], abs=1e-6)


def test_calibration_in_the_large_is_an_offset_model():
    y, score, group = sample(power=0.6)
    found = sc.recalibration(table_of(y, score, group)).in_the_large
    own = group == 1
    model = sm.GLM(
        y[own], np.ones(own.sum()), family=sm.families.Binomial(), offset=special.logit(score[own])
    )
    fit = model.fit()
    assert (found.value[1], found.error[1]) == pytest.approx((fit.params[0], fit.bse[0]), rel=1e-6)


def test_weights_of_both_kinds_in_the_slope():
    y, score, group = sample(300, 1, power=0.6)
    times = np.random.default_rng(5).integers(1, 4, 300)
    fit = logit_of_rows(y, score, times)
    often = sc.recalibration(table_of(y, score, group, sample_weight=times, weight_kind="frequency"))
    assert often.slope.value[0] == pytest.approx(fit.params[1], rel=1e-6)
    assert often.slope.error[0] == pytest.approx(fit.bse[1], rel=1e-5)  # its fit stops earlier
    survey = sc.recalibration(table_of(y, score, group, sample_weight=times))
    robust = sm.GLM(
        y, sm.add_constant(special.logit(score)), family=sm.families.Binomial(), var_weights=times
    )
    fit = robust.fit(cov_type="HC0")
    assert survey.slope.value[0] == pytest.approx(fit.params[1], rel=1e-6)
    assert survey.slope.error[0] == pytest.approx(fit.bse[1], rel=1e-6)


@pytest.mark.parametrize("bins", [64, 1024])
def test_the_slope_from_bins_is_within_its_estimated_error(bins):
    data = sample(1000, power=0.7, digits=8)
    exact, found = (sc.recalibration(table_of(*data, grid=grid)) for grid in (DISTINCT, Grid(bins=bins)))
    for name in ("slope", "intercept", "in_the_large"):
        one, two = getattr(exact, name), getattr(found, name)
        assert (np.abs(one.value - two.value) <= two.bound).all()
        assert (two.bound < 20 / bins).all()


@pytest.mark.parametrize(
    ("y", "score", "reason"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], "separated"),
        ([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9], "separated"),
        ([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.9], "separated"),
        ([0, 1, 1, 1], [0.4, 0.4, 0.4, 0.4], "constant_scores"),
        ([1, 1, 1, 1], [0.1, 0.2, 0.8, 0.9], "no_negatives"),
    ],
)
def test_no_slope_and_why(y, score, reason):
    found = sc.recalibration(table_of([*y, 0, 1, 0, 1], [*score, 0.2, 0.3, 0.6, 0.5], ["a"] * 4 + ["b"] * 4))
    assert np.isnan([found.slope.value[0], found.slope.low[0], found.intercept.error[0]]).all()
    assert found.slope.reasons[0] == reason
    assert found.slope.reasons[0].sentence
    assert isinstance(found.slope.estimate(0).reason, Reason)
    assert found.slope.reasons[1] is None
    assert np.isfinite(found.slope.value[1])


def test_a_constant_score_still_has_an_intercept():
    found = sc.recalibration(table_of([0, 1, 1, 1], [0.5] * 4, ["a"] * 4)).in_the_large
    assert found.value[0] == pytest.approx(special.logit(0.75))
    assert found.reasons == (None,)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_the_fit_always_arrives(seed):
    rng = np.random.default_rng(seed)
    score = np.round(special.expit(rng.normal(rng.normal(0, 4), 4, 40)), 6)
    y = (rng.random(40) < 0.5).astype(int)
    found = sc.recalibration(table_of(y, score, ["a"] * 40))
    if found.slope.reasons[0] is None:
        x = special.logit(np.clip(score, 1e-6, 1 - 1e-6))
        p = special.expit(found.intercept.value[0] + found.slope.value[0] * x)
        assert abs((y - p).sum()) < 1e-6
        assert abs(((y - p) * x).sum()) < 1e-5


@pytest.mark.parametrize(("label", "y_is"), [("positive", 1), ("negative", 0)])
def test_balance_is_welchs_test(label, y_is):
    y, score, group = sample()
    found = sc.balance(table_of(y, score, group, grid=Grid(bins=4)), label, (0,))
    one, two = (score[(group == g) & (y == y_is)] for g in (1, 0))
    expected = stats.ttest_ind(one, two, equal_var=False)
    assert found.value[0] == pytest.approx(one.mean() - two.mean())
    assert found.p_value[0] == pytest.approx(expected.pvalue)
    assert (found.low[0], found.high[0]) == pytest.approx(tuple(expected.confidence_interval()))


def test_mean_scores_have_students_interval():
    y, score, group = sample()
    found = sc.mean_score(table_of(y, score, group), "positive")
    own = score[(group == 1) & (y == 1)]
    assert (found.low[1], found.high[1]) == pytest.approx(
        stats.t.interval(0.95, own.size - 1, own.mean(), stats.sem(own))
    )


def test_a_class_without_rows_has_no_mean():
    table = table_of([1, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], list("aabb"))
    found = sc.mean_score(table, "negative")
    assert np.isnan(found.value[0])
    assert found.reasons == (Reason.NO_NEGATIVES, None)
    assert sc.balance(table, "negative").reasons == (Reason.GROUP_UNDEFINED,)


def test_means_that_do_not_vary():
    alike = table_of([1] * 8, [0.5] * 8, list("aaaabbbb"))
    assert sc.balance(alike, "positive").p_value.tolist() == [1.0]
    apart = table_of([1] * 8, [0.5] * 4 + [0.25] * 4, list("aaaabbbb"))
    assert sc.balance(apart, "positive").p_value.tolist() == [0.0]


def test_rows_of_weight_zero_are_an_empty_group():
    table = table_of([0, 1, 0, 1], [0.1, 0.9, 0.2, 0.8], list("aabb"), sample_weight=[0, 0, 1, 1])
    assert sc.brier_score(table).reasons == (Reason.EMPTY_GROUP, None)
    assert sc.auc(table).reasons[0] is Reason.EMPTY_GROUP
    error = sc.expected_calibration_error(sc.reliability(table))
    assert error.reasons == (Reason.EMPTY_GROUP, None)
    assert np.isnan([error.value[0], error.null_95[0], error.p_value[0]]).all()
    assert sc.recalibration(table).slope.reasons[0] is Reason.EMPTY_GROUP


def test_scores_that_are_no_probabilities_are_refused():
    table = table_of([0, 1], [-2.0, 3.0], ["a", "a"])
    for figure in (sc.reliability, sc.brier_score, sc.log_loss, sc.recalibration):
        with pytest.raises(InputError, match="probabilities"):
            figure(table)
    assert sc.auc(table).value.tolist() == [1.0]


def test_options_out_of_range_are_refused():
    table = table_of(*sample(50))
    for call in (
        lambda: sc.reliability(table, 0),
        lambda: sc.reliability(table, strategy="quantile"),
        lambda: sc.expected_calibration_error(sc.reliability(table), draws=5),
        lambda: sc.log_loss(table, clip=0.7),
        lambda: sc.recalibration(table, clip=0.0),
        lambda: sc.balance(table, "yes"),
        lambda: sc.brier_score(table, level=2.0),
    ):
        with pytest.raises(InputError):
            call()
