"""What these rows of the catalogue lacked: composites, practice and law, conditional comparisons."""

from __future__ import annotations

import math

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import effectsize_smd

from evenhand.metrics import cube_of, group_table
from evenhand.metrics.amplification import bias_amplification
from evenhand.metrics.composite import COMPOSITES, composite_estimates
from evenhand.metrics.composite_gaps import composite_against_each
from evenhand.metrics.conditional import conditional_disparity
from evenhand.metrics.data_bias import label_bias
from evenhand.metrics.grid import Grid
from evenhand.metrics.local_law import impact_ratios
from evenhand.metrics.pooled_gaps import stratified_disparity
from evenhand.metrics.power import smallest_detectable_gap
from evenhand.metrics.practical import adverse_impact
from evenhand.metrics.score_gaps import standardised_mean_difference
from evenhand.metrics.scoring_rate import above_median, median_split
from evenhand.tests import peer_formulas as peer
from evenhand.tests.outcome_tables import outcomes, table_of

quick = settings(max_examples=25, deadline=None)
FOUR = st.tuples(*[st.integers(1, 30)] * 4)
NUMBERS = st.lists(st.integers(-20, 20), min_size=2, max_size=12)


# ---- composites -----------------------------------------------------------------------------------

BY_HAND = {
    "balanced_accuracy": (0.8, (8 / 20 + 60 / 80) / 2),
    "f1_score": (80 / 100, 16 / 48),
    "matthews_corrcoef": (1500 / 2500, 240 / math.sqrt(28 * 20 * 80 * 72)),
    "false_negative_false_positive_ratio": (1.0, 12 / 20),
}


@pytest.mark.parametrize("name", COMPOSITES)
def test_composites_by_hand(name):
    found = composite_estimates(table_of((40, 10, 10, 40), (60, 20, 12, 8)), name, draws=20)
    assert [one.value for one in found] == pytest.approx(BY_HAND[name])


def treatment(*groups, reference):
    name = "false_negative_false_positive_ratio"
    [gap] = composite_against_each(table_of(*groups), name, reference=(reference,), draws=20)
    return gap.value


def test_the_treatment_equality_difference_by_hand():
    assert treatment((40, 10, 10, 40), (60, 20, 12, 8), reference="a") == pytest.approx(-0.4)


@quick
@given(FOUR, FOUR)
def test_treatment_equality_flips_with_the_groups_and_is_clarifys(a, b):
    y, p, g = outcomes(a, b)
    found = treatment(a, b, reference="a")
    assert found == pytest.approx(-treatment(a, b, reference="b"))
    assert found == pytest.approx(peer.clarify_treatment_equality(y, p, g == "b"))


# ---- practice and law -----------------------------------------------------------------------------


@quick
@given(st.tuples(FOUR, FOUR, FOUR))
def test_impact_ratios_are_fairlearns_and_at_most_one(groups):
    y, p, g = outcomes(*groups)
    cube = cube_of(None, p, sensitive_features={"g": g})
    theirs = fm.demographic_parity_ratio(y, p, sensitive_features=g)
    adverse = [one.ratio.value for one in adverse_impact(group_table(cube, "g"))]
    law = [one.ratio for one in impact_ratios(cube, "g").categories]
    assert min(*adverse, 1) == pytest.approx(theirs)
    assert (min(law), max(law)) == pytest.approx((theirs, 1))


@quick
@given(st.tuples(FOUR, FOUR))
def test_the_shortfall_made_good_leaves_no_gap(groups):
    for one in adverse_impact(table_of(*groups), ("a",)):
        assert (one.selected + one.shortfall) / one.rows == pytest.approx(one.reference_rate)
        assert one.shortfall == pytest.approx(-one.difference.value * one.rows, abs=1e-9)


def scoring_rates(scores, groups):
    cube = cube_of(y_score=scores, sensitive_features={"g": groups}, grid=Grid("distinct"))
    return [one.rate for one in impact_ratios(median_split(cube), "g").categories]


def test_the_scoring_rate_by_hand():
    assert scoring_rates([1, 2, 4, 3], ["F", "F", "F", "M"]) == pytest.approx([1 / 3, 1])


def test_the_scoring_rate_is_pandas():
    frame = pd.DataFrame({"s": np.random.default_rng(0).integers(0, 9, 60), "g": ["a", "b", "c"] * 20})
    theirs = (frame["s"] > frame["s"].median()).groupby(frame["g"]).mean()
    assert scoring_rates(frame["s"], frame["g"]) == pytest.approx(theirs.tolist())
    assert above_median(frame["s"]).sum() <= 30


def smd(a, b, spread="within"):
    scores = np.concatenate([a, b]).astype(float)
    groups = ["a"] * len(a) + ["b"] * len(b)
    table = group_table(cube_of(y_score=scores, sensitive_features={"g": groups}, grid=Grid("distinct")), "g")
    [gap] = standardised_mean_difference(table, ("a",), spread=spread)
    return gap.value


def test_the_standardised_difference_of_four_scores():
    assert smd([0.6, 0.8], [0.2, 0.4]) == pytest.approx(-0.4 / math.sqrt(0.02))
    assert smd([0.6, 0.8], [0.2, 0.4], "all") == pytest.approx(-0.4 / math.sqrt(0.2 / 3))


def test_the_standardised_difference_is_statsmodels():
    a, b = np.random.default_rng(1).normal(0, 1, 30), np.random.default_rng(2).normal(0.5, 2, 20)
    hedges, _ = effectsize_smd(b.mean(), b.std(ddof=1), 20, a.mean(), a.std(ddof=1), 30)
    assert smd(a, b) == pytest.approx(hedges / (1 - 3 / (4 * 50 - 9)), rel=1e-3)


@quick
@given(NUMBERS, NUMBERS, st.integers(1, 5), st.integers(-9, 9))
def test_the_standardised_difference_has_no_unit(a, b, unit, shift):
    a, b = np.array([*a, -1, 1]), np.array(b)
    for spread in ("within", "all"):
        expected = smd(a, b, spread)
        assert smd(a * unit + shift, b * unit + shift, spread) == pytest.approx(expected, abs=1e-7)


def test_the_smallest_detectable_gap_by_hand():
    gap = float(smallest_detectable_gap(200, 200, 0.5))
    p, q = 0.5 - gap, 0.5 - gap / 2
    null, true = math.sqrt(2 * q * (1 - q) / 200), math.sqrt((p * (1 - p) + 0.25) / 200)
    assert gap == pytest.approx(1.959964 * null + 0.841621 * true, abs=1e-6)


@quick
@given(st.integers(20, 5000), st.integers(20, 5000), st.floats(0.2, 0.8))
def test_more_rows_show_smaller_gaps(n, m, rate):
    few, many = (float(smallest_detectable_gap(n, k, rate)) for k in (m, 2 * m))
    assert np.isnan(few) or many < few


def test_bias_amplification_by_hand():
    labels, decisions = [1, 0] * 10, [1] * 8 + [0] * 2 + [1] * 4 + [0] * 6
    cube = cube_of(labels, decisions, sensitive_features={"g": list("a" * 10 + "b" * 10)})
    found = bias_amplification(cube, "g", concentration=0, draws=20)
    assert found.value == pytest.approx(math.log(0.6 / 0.2))


# ---- conditional ----------------------------------------------------------------------------------


def strata(*tables):
    """A cube of strata, each (F accepted, F rejected, M accepted, M rejected), and its rows."""
    rows = [
        (sex, stratum, decision)
        for stratum, counts in enumerate(tables)
        for (sex, decision), n in zip((("F", 1), ("F", 0), ("M", 1), ("M", 0)), counts, strict=True)
        for _ in range(n)
    ]
    sex, job, decision = (np.array(column) for column in zip(*rows, strict=True))
    options = {"sensitive_features": {"sex": sex}, "control_features": {"job": job}}
    return cube_of(None, decision, **options), sex, job, decision, options


def test_mantel_haenszel_by_hand():
    cube, *_ = strata((30, 70, 4, 16), (18, 2, 80, 20))
    found = stratified_disparity(cube, ["sex"], ("F",), reference=("M",))
    assert found.difference.value == pytest.approx((200 / 120 + 200 / 120) / (2000 / 120 + 2000 / 120))
    assert found.ratio.value == pytest.approx((600 / 120 + 1800 / 120) / (400 / 120 + 1600 / 120))


@quick
@given(st.tuples(FOUR, FOUR, FOUR))
def test_the_pooled_difference_is_that_of_a_regression_with_an_intercept_per_stratum(tables):
    cube, sex, job, decision, _ = strata(*tables)
    design = np.column_stack([sex == "F", *(job == i for i in range(3))]).astype(float)
    theirs = np.linalg.lstsq(design, decision, rcond=None)[0][0]
    found = stratified_disparity(cube, ["sex"], ("F",), reference=("M",))
    assert found.difference.value == pytest.approx(theirs, abs=1e-9)


@quick
@given(st.tuples(FOUR, FOUR))
def test_label_disparity_within_strata_is_that_of_decisions(tables):
    cube, _, _, decision, options = strata(*tables)
    [ours] = label_bias(
        cube_of(decision, None, **options),
        "sex",
        reference=("M",),
        measures=["conditional_label_disparity"],
        draws=5,
    )
    assert ours.value == conditional_disparity(cube, ["sex"], ("F",), reference=("M",), draws=5).value
