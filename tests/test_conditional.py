"""Disparities within strata: Wachter's, Clarify's, and Mantel and Haenszel's, with statsmodels as oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from evenhand.errors import InputError, Reason
from evenhand.metrics.conditional import conditional_disparity
from evenhand.metrics.pooled_gaps import stratified_disparity
from evenhand.metrics.tally import cube_of

CELLS = st.lists(st.tuples(*[st.integers(1, 30)] * 4), min_size=2, max_size=4)


def strata_cube(cells, **extra):
    """A cube of strata, each (F accepted, F rejected, M accepted, M rejected)."""
    sex, job, decision = [], [], []
    for stratum, counts in enumerate(cells):
        for (group, yes), count in zip([("F", 1), ("F", 0), ("M", 1), ("M", 0)], counts, strict=True):
            sex += [group] * count
            job += [stratum] * count
            decision += [yes] * count
    return cube_of(None, decision, sensitive_features={"sex": sex}, control_features={"job": job}, **extra)


def clarify_cdd(cells) -> float:
    parts, sizes = [], []
    for f1, f0, m1, m0 in cells:
        parts.append(f0 / (f0 + m0) - f1 / (f1 + m1))
        sizes.append(f1 + f0 + m1 + m0)
    return float(np.dot(parts, sizes) / sum(sizes))


@given(CELLS)
@settings(max_examples=25, deadline=None)
def test_the_disparity_is_clarifys_where_every_stratum_has_both_outcomes(cells):
    found = conditional_disparity(strata_cube(cells), ["sex"], ("F",), draws=20)
    assert found.value == pytest.approx(clarify_cdd(cells))
    assert found.crude == pytest.approx(clarify_cdd([tuple(np.sum(cells, axis=0))]))
    assert sum(one.weight for one in found.strata) == pytest.approx(1)


@given(CELLS)
@settings(max_examples=25, deadline=None)
def test_with_two_groups_the_disparities_are_opposite(cells):
    cube = strata_cube(cells)
    women, men = (conditional_disparity(cube, ["sex"], (g,), draws=20) for g in "FM")
    assert women.value == pytest.approx(-men.value)


def test_a_stratum_where_nobody_is_rejected_is_left_out():
    found = conditional_disparity(strata_cube([(5, 0, 5, 0), (2, 4, 4, 2)]), ["sex"], ("F",))
    assert [one.weight for one in found.strata] == [0.0, 1.0]
    assert math.isnan(found.strata[0].disparity)
    assert found.value == pytest.approx(4 / 6 - 2 / 6)


def test_nothing_to_compare_is_undefined_with_a_reason():
    found = conditional_disparity(strata_cube([(5, 0, 5, 0)]), ["sex"], ("F",))
    assert math.isnan(found.value)
    assert found.reason is Reason.ZERO_DENOMINATOR
    assert found.interval is None
    assert found.disparity("cdd").reason is Reason.ZERO_DENOMINATOR


def test_the_interval_covers_the_true_disparity():
    rng, hits = np.random.default_rng(1), 0
    truth = clarify_cdd([(300, 200, 300, 200), (100, 400, 250, 250)])
    for _ in range(150):
        cells = [
            (*_split(rng, 50, 0.6), *_split(rng, 50, 0.6)),
            (*_split(rng, 50, 0.2), *_split(rng, 50, 0.5)),
        ]
        hits += conditional_disparity(strata_cube(cells), ["sex"], ("F",), draws=200).interval.holds(truth)
    assert hits >= 0.9 * 150


def _split(rng, n, p):
    accepted = int(rng.binomial(n, p))
    return accepted, n - accepted


def test_labels_and_named_references():
    cube = cube_of(
        [1, 0, 1, 0, 1, 1],
        None,
        sensitive_features={"race": list("AABBCC")},
        control_features={"job": ["x"] * 6},
    )
    found = conditional_disparity(cube, ["race"], ("A",), reference=("B",), outcome="y_true")
    assert found.value == pytest.approx(0.0)
    assert sum(one.rows for one in found.strata) == 4


def test_berkeley_reverses():
    # Bickel, Hammel and O'Connell (1975): the six largest departments; women admitted and rejected, then men.
    berkeley = [
        (89, 19, 512, 313),
        (17, 8, 353, 207),
        (202, 391, 120, 205),
        (131, 244, 138, 279),
        (94, 299, 53, 138),
        (24, 317, 22, 351),
    ]
    found = stratified_disparity(strata_cube(berkeley), ["sex"], ("F",), reference=("M",))
    assert found.crude_difference.value == pytest.approx(557 / 1835 - 1198 / 2691)
    assert found.difference.value > 0
    assert found.reversal == "possible"
    assert found.strata == 6
    assert found.homogeneity < 0.01


@given(CELLS)
@settings(max_examples=25, deadline=None)
def test_pooled_figures_are_statsmodels(cells):
    found = stratified_disparity(strata_cube(cells), ["sex"], ("F",), reference=("M",))
    tables = [np.array([[f1, f0], [m1, m0]]) for f1, f0, m1, m0 in cells]
    oracle = StratifiedTable(tables)
    assert found.ratio.value == pytest.approx(oracle.riskratio_pooled)
    assert found.difference.p_value == pytest.approx(oracle.test_null_odds(correction=False).pvalue, abs=1e-9)
    if abs(oracle.oddsratio_pooled - 1) > 1e-6:  # statsmodels divides by zero there
        assert found.homogeneity == pytest.approx(oracle.test_equal_odds(adjust=True).pvalue, abs=1e-6)


def test_a_clear_reversal():
    cells = [(300, 700, 20, 180), (190, 10, 850, 150)]
    found = stratified_disparity(strata_cube(cells), ["sex"], ("F",), reference=("M",))
    assert found.crude_difference.interval.high < 0 < found.difference.interval.low
    assert found.reversal == "clear"


def test_no_reversal_and_no_strata():
    found = stratified_disparity(strata_cube([(10, 10, 15, 5)]), ["sex"], ("F",))
    assert found.reversal == "none"
    assert found.difference.value == pytest.approx(found.crude_difference.value)
    assert math.isnan(found.homogeneity)


def test_a_ratio_without_selections_is_undefined():
    found = stratified_disparity(strata_cube([(0, 10, 0, 10), (0, 5, 0, 5)]), ["sex"], ("F",))
    assert found.ratio.reason is Reason.ZERO_REFERENCE
    assert math.isnan(found.ratio.value)
    assert found.difference.value == 0


def test_groups_that_never_meet_have_no_pooled_difference():
    cells = [(5, 5, 0, 0), (0, 0, 5, 5)]
    found = stratified_disparity(strata_cube(cells), ["sex"], ("F",), reference=("M",))
    assert found.strata == 0
    assert found.difference.reason is Reason.GROUP_UNDEFINED
    assert found.crude_difference.value == 0


def test_unknown_outcomes_and_groups_are_refused():
    cube = strata_cube([(5, 5, 5, 5)])
    with pytest.raises(InputError, match="no such outcome"):
        conditional_disparity(cube, ["sex"], ("F",), positive="yes")
    with pytest.raises(InputError, match="no group is called"):
        stratified_disparity(cube, ["sex"], ("X",))
