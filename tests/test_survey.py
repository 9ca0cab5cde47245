"""Design-based variances: weights from cells, strata and sampling units from rows."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from evenhand import InputError
from evenhand.errors import Reason
from evenhand.metrics.rates import RATES, count, estimates, group_table
from evenhand.metrics.survey import kish_size, survey_rates
from evenhand.metrics.survey_design import read_design, survey_variance
from evenhand.metrics.survey_domains import designed_rates
from evenhand.metrics.tally import cube_of

RATE = "selection_rate"


def sample(seed=0, rows=200):
    rng = np.random.default_rng(seed)
    weight = rng.gamma(2, 1, rows) + 0.1
    truth = rng.integers(0, 2, rows)
    chosen = (rng.random(rows) < 0.2 + 0.1 * np.minimum(weight, 5)).astype(int)
    return truth, chosen, rng.choice(["F", "M"], rows), weight


def table_of(truth, chosen, sex, weight, **options):
    cube = cube_of(truth, chosen, sensitive_features={"sex": sex}, sample_weight=weight, **options)
    return group_table(cube, "sex")


@pytest.mark.parametrize("name", list(RATES))
def test_cells_give_the_variance_of_the_rows_themselves(name):
    truth, chosen, sex, weight = sample()
    found = survey_rates(table_of(truth, chosen, sex, weight), name)
    each = np.eye(4).reshape(4, 2, 2)
    cell = 2 * truth + chosen
    above, below = (
        part[cell] for part in (RATES[name](each) == 1, ~np.isnan(RATES[name](each)))
    )  # a row alone has rate 1 above the line, 0 or 1 below it
    for i, group in enumerate("FM"):
        part = (sex == group) & below
        fit = sm.WLS(above[part].astype(float), np.ones(part.sum()), weights=weight[part]).fit(cov_type="HC0")
        assert found.counted.value[i] == pytest.approx(fit.params[0])
        assert found.variance[i] == pytest.approx(fit.cov_params()[0, 0] * 200 / 199)


def test_the_mean_of_a_simple_sample_is_textbook():
    values = np.array([1, 0, 1, 1, 0, 1, 0, 0, 1, 1])
    found = survey_variance(values, np.full(10, 7.0))
    assert found.variance == pytest.approx(stats.sem(values) ** 2)
    assert found.variance == pytest.approx(DescrStatsW(values).std_mean ** 2)
    assert (found.effect, found.effective, found.df) == (pytest.approx(1), pytest.approx(10), 9)
    assert found.interval().low == pytest.approx(DescrStatsW(values).tconfint_mean()[0])


def test_strata_and_units_by_hand():
    # Totals of w (y - 1/2) / 12 by unit: stratum a: 3, 1 (twelfths of a half); stratum b: -1, -3.
    values = [1, 1, 1, 1, 0, 0, 0, 1, 0, 0]
    weight = [1, 1, 1, 1, 1, 1, 1, 1, 2, 2]
    strata, psu = list("aaaaaabbbb"), [1, 1, 1, 2, 2, 2, 1, 1, 2, 2]
    found = survey_variance(values, weight, strata, psu)
    mean = 5 / 12
    totals = np.array([3 * (1 - mean), (1 - mean) - 2 * mean, (1 - mean) - mean, -4 * mean]) / 12
    by_hand = (totals[0] - totals[1]) ** 2 + (totals[2] - totals[3]) ** 2
    assert found.value == pytest.approx(mean)
    # With two units a stratum, 2/1 times the squares around the mean is the squared difference.
    assert found.variance == pytest.approx(by_hand)
    assert (found.psus, found.strata, found.df) == (4, 2, 2)


def test_units_alone_are_statsmodels_cluster_variance():
    _, chosen, _, weight = sample()
    psu = np.arange(200) // 8
    fit = sm.WLS(chosen, np.ones(200), weights=weight).fit(cov_type="cluster", cov_kwds={"groups": psu})
    assert survey_variance(chosen, weight, psu=psu).variance == pytest.approx(fit.cov_params()[0, 0])


def test_resampled_rows_spread_as_the_formula_says():
    _, chosen, _, weight = sample(3)
    rng = np.random.default_rng(0)
    at = rng.integers(0, 200, (4000, 200))
    spread = ((weight[at] * chosen[at]).sum(axis=1) / weight[at].sum(axis=1)).var()
    assert survey_variance(chosen, weight).variance == pytest.approx(spread, rel=0.08)


def test_without_weights_every_figure_is_the_plain_one():
    truth, chosen, sex, _ = sample()
    table = table_of(truth, chosen, sex, None)
    found = survey_rates(table, RATE)
    assert found.effect == pytest.approx(1.0)
    assert found.counted.effective == pytest.approx(table.rows)
    plain = estimates(count(table, RATES[RATE]))
    for one, other in zip(found.estimates(), plain, strict=True):
        assert (one.interval.low, one.interval.high) == pytest.approx(
            (other.interval.low, other.interval.high)
        )


def test_frequency_weights_are_rows_unfolded():
    truth, chosen, sex, _ = sample(rows=60)
    times = np.random.default_rng(1).integers(1, 4, 60)
    folded = survey_rates(table_of(truth, chosen, sex, times, weight_kind="frequency"), "accuracy")
    unfolded = survey_rates(
        table_of(*(np.repeat(part, times) for part in (truth, chosen, sex)), None), "accuracy"
    )
    assert folded.variance == pytest.approx(unfolded.variance)
    assert folded.counted.effective == pytest.approx(unfolded.counted.effective)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from("FM"), st.floats(0.1, 10)), min_size=4, max_size=30),
    st.floats(0.1, 50),
)
def test_the_unit_of_the_weights_does_not_matter(rows, unit):
    chosen, sex, weight = map(list, zip(*rows, strict=True))
    one = survey_rates(table_of(None, chosen, sex, weight), RATE)
    two = survey_rates(table_of(None, chosen, sex, [unit * w for w in weight]), RATE)
    assert one.variance == pytest.approx(two.variance, rel=1e-6, abs=1e-15, nan_ok=True)
    assert one.counted.effective == pytest.approx(two.counted.effective, rel=1e-6)
    assert (one.counted.effective <= one.counted.rows + 1e-9).all()


def test_a_rate_of_one_falls_back_on_kish():
    found = survey_rates(table_of(None, [1, 1, 1, 0], ["F", "F", "F", "M"], [1.0, 1.0, 4.0, 1.0]), RATE)
    assert found.counted.effective[0] == pytest.approx(kish_size(np.array([1.0, 1.0, 4.0])))
    [sure, _] = found.estimates()
    assert sure.interval.high == 1.0
    assert [e.interval for e in found.estimates(method="logit")] == [None, None]


def test_the_logit_interval_is_that_of_svyciprop():
    _, chosen, sex, weight = sample()
    found = survey_rates(table_of(None, chosen, sex, weight), RATE)
    p, spread = found.counted.value[0], np.sqrt(found.variance[0])
    half = stats.t.ppf(0.975, 199) * spread / (p * (1 - p))
    odds = np.log(p / (1 - p)) + np.array([-half, half])
    [first, _] = found.estimates(method="logit")
    assert (first.interval.low, first.interval.high) == pytest.approx(tuple(1 / (1 + np.exp(-odds))))


def test_domains_without_shared_units_do_not_covary():
    truth, chosen, sex, weight = sample()
    cells = survey_rates(table_of(truth, chosen, sex, weight), "true_positive_rate")
    rows = designed_rates(
        truth, chosen, rate="true_positive_rate", sensitive_features={"sex": sex}, sample_weight=weight
    )
    assert rows.variance == pytest.approx(cells.variance)
    assert rows.counted.effective == pytest.approx(cells.counted.effective)
    assert rows.covariance[0, 1] == pytest.approx(0.0, abs=1e-12)
    one, two = (part.difference(("F",), ("M",)) for part in (cells, rows))
    assert one.value == two.value
    assert one.interval.low == pytest.approx(two.interval.low, abs=0.01)


def test_domains_that_share_units_covary_as_statsmodels_says():
    rng = np.random.default_rng(4)
    psu = np.repeat(np.arange(40), 6)
    level = np.repeat(rng.beta(1, 1, 40), 6)
    chosen, sex = (rng.random(240) < level).astype(int), np.tile(["F", "M"], 120)
    weight = rng.uniform(0.5, 2, 240)
    found = designed_rates(None, chosen, sensitive_features=sex, sample_weight=weight, psu=psu)
    exog = np.stack([sex == "F", sex == "M"], axis=1).astype(float)
    fit = sm.WLS(chosen, exog, weights=weight).fit(
        cov_type="cluster", cov_kwds={"groups": psu, "use_correction": False}
    )
    assert found.covariance == pytest.approx(fit.cov_params() * 40 / 39)
    assert found.covariance[0, 1] > 0
    gap = found.difference(("F",), ("M",))
    spread = np.sqrt(np.array([1, -1]) @ found.covariance @ np.array([1, -1]))
    assert gap.interval.high - gap.interval.low == pytest.approx(2 * 1.96 * spread, rel=0.1)


def test_a_rate_of_zero_in_units_is_as_sure_as_units_are_many():
    found = designed_rates(
        None, [0] * 40, sensitive_features=["F"] * 40, sample_weight=[1.0] * 40, psu=np.repeat(range(8), 5)
    )
    assert found.counted.effective.tolist() == [8.0]


def test_intervals_cover_where_outcomes_go_with_weights():
    rng, weighted, by_rows = np.random.default_rng(6), [], []
    for _ in range(600):
        large = rng.random(120) < 0.3
        weight = np.where(large, 6.0, 1.0)
        chosen = (rng.random(120) < np.where(large, 0.5, 0.2)).astype(int)
        truth = (0.3 * 6 * 0.5 + 0.7 * 0.2) / (0.3 * 6 + 0.7)
        table = table_of(None, chosen, ["F"] * 120, weight)
        weighted.append(survey_rates(table, RATE).estimates()[0].interval.holds(truth))
        plain = group_table(cube_of(None, chosen, sensitive_features={"sex": ["F"] * 120}), "sex")
        by_rows.append(estimates(count(plain, RATES[RATE]))[0].interval.holds(truth))
    assert 0.93 <= np.mean(weighted) <= 0.975
    assert np.mean(by_rows) < 0.5


def test_bad_designs_say_all_that_is_wrong():
    with pytest.raises(InputError, match="2 strata with one"):
        read_design(4, strata=[1, 1, 2, 3])
    with pytest.raises(InputError, match="got 1 missing") as caught:
        read_design(3, strata=[1, None, 1], psu=[1, 2])
    assert {p.code for p in caught.value.problems} == {"missing_values", "lengths_differ"}
    with pytest.raises(InputError) as caught:
        survey_variance([1.0, np.inf], [1.0, -1.0])
    assert {p.code for p in caught.value.problems} == {"bad_numbers", "bad_weights"}
    found = survey_rates(table_of(None, [1, 0], ["F", "M"], [1.0, 2.0]), RATE)
    with pytest.raises(InputError, match="did you mean 'F'"):
        found.difference(("f",), ("M",))
    with pytest.raises(InputError, match="wilson, logit"):
        found.estimates(method="wald")


def test_undefined_rates_say_why():
    table = table_of([0, 0, 1, 0], [1, 0, 1, 0], list("FFMM"), [1.0, 2.0, 3.0, 1.0])
    found = survey_rates(table, "true_positive_rate")
    assert found.estimates()[0].reason is Reason.NO_POSITIVES
    assert found.difference(("M",), ("F",)).reason is Reason.NO_POSITIVES
    bare = survey_rates(table_of(None, [1, 0], ["F", "M"], [1.0, 2.0]), "accuracy")
    assert bare.estimates()[0].reason is Reason.NO_LABELS
    missing = designed_rates(
        None, [1, 0], rate="accuracy", sensitive_features=["F", "M"], sample_weight=[1.0, 2.0]
    )
    assert missing.estimates()[0].reason is Reason.NO_LABELS
