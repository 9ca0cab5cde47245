"""Membership as probabilities: rates, intervals, bias and bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from evenhand import InputError
from evenhand.errors import Reason
from evenhand.metrics.intervals import newcombe_difference
from evenhand.metrics.member_rows import membership_rows
from evenhand.metrics.membership import probabilistic_rates, weighted_scores
from evenhand.metrics.membership_bounds import rate_bounds
from evenhand.metrics.membership_draws import imputed_rates
from evenhand.metrics.rates import RATES, count, estimates, group_table
from evenhand.metrics.tally import cube_of

RATE = "selection_rate"
SHARE = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
SHARES = np.array([0.1, 0.35, 0.6, 0.9])
LEVELS = np.array([0.2, 0.3, 0.5, 0.6])
"""By proxy value: the share of group A, and the rate of selection."""


def population(rng, rows=400, tie=0.0):
    """Rows of four proxy values; ``tie`` makes members of A likelier to be selected than their neighbours."""
    proxy = rng.integers(0, 4, rows)
    share = SHARES[proxy]
    member = rng.random(rows) < share
    chosen = (rng.random(rows) < LEVELS[proxy] + tie * (member - share)).astype(int)
    return chosen, np.stack([share, 1 - share], axis=1), np.where(member, "A", "B"), proxy


def truth_of(tie=0.0):
    """The rates of A and B in the population."""
    both = [(SHARES * (LEVELS + tie * (1 - SHARES))).sum(), ((1 - SHARES) * (LEVELS - tie * SHARES)).sum()]
    return both[0] / SHARES.sum(), both[1] / (1 - SHARES).sum()


def rates_of(chosen, shares, **options):
    return probabilistic_rates(None, chosen, membership=shares, groups=("A", "B"), **options)


def test_the_estimator_by_hand():
    found = rates_of([1, 0, 1], [[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]])
    assert found.rates[0].value == pytest.approx(1.5 / 1.75)
    assert found.rates[1].value == pytest.approx(0.5 / 1.25)
    assert found.rates[0].denominator == pytest.approx(1.75)


@pytest.mark.parametrize("name", list(RATES))
def test_probabilities_of_zero_and_one_give_the_plain_rates(name):
    rng = np.random.default_rng(1)
    truth, chosen, sex = rng.integers(0, 2, 90), rng.integers(0, 2, 90), rng.choice(list("ABC"), 90)
    sure = pd.DataFrame({level: (sex == level).astype(float) for level in "ABC"})
    found = probabilistic_rates(truth, chosen, membership=sure, rate=name)
    table = group_table(cube_of(truth, chosen, sensitive_features={"sex": sex}), "sex")
    plain = estimates(count(table, RATES[name]))
    for one, other in zip(found.rates, plain, strict=True):
        assert one.value == pytest.approx(other.value)
        assert one.rows == other.rows
        assert (one.interval.low, one.interval.high) == pytest.approx(
            (other.interval.low, other.interval.high)
        )
    assert [e.value for e in found.thresholded] == pytest.approx([e.value for e in plain])
    first, second = plain[:2]
    low, high = newcombe_difference(first.numerator, first.denominator, second.numerator, second.denominator)
    gap = found.difference(("A",), ("B",)).interval
    assert (gap.low, gap.high) == pytest.approx((float(low), float(high)))


def test_covariances_are_those_of_the_jackknife():
    chosen, shares, _, _ = population(np.random.default_rng(2), 150)
    found = rates_of(chosen, shares)
    each = []
    for i in range(150):
        keep = np.arange(150) != i
        rows = membership_rows(None, chosen[keep], membership=shares[keep])
        each.append(weighted_scores(rows, rows.shares)[0])
    jackknife = np.cov(np.array(each).T, ddof=0) * 149
    assert found.covariance == pytest.approx(jackknife, rel=0.05)
    assert found.covariance[0, 1] > 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), SHARE, st.floats(0.1, 5)), min_size=2, max_size=30))
def test_rates_of_groups_add_up_to_the_overall_rate(rows):
    chosen, share, weight = (np.array(part) for part in zip(*rows, strict=True))
    found = rates_of(chosen, np.stack([share, 1 - share], axis=1), sample_weight=weight)
    total = sum(e.numerator for e in found.rates)
    assert total == pytest.approx((weight * chosen).sum())
    for e in found.rates:
        assert (e.reason is Reason.EMPTY_GROUP) == bool(np.isnan(e.value))
        if e.interval is not None:
            assert e.interval.low - 1e-9 <= e.value <= e.interval.high + 1e-9


def test_intervals_cover_where_outcome_and_group_are_unrelated_given_the_proxy():
    rng, rates, gaps, imputed, argmax = np.random.default_rng(3), [], [], [], []
    a, b = truth_of()
    for trial in range(500):
        chosen, shares, _, _ = population(rng, 200)
        found = rates_of(chosen, shares)
        rates += [found.rates[0].interval.holds(a), found.rates[1].interval.holds(b)]
        gaps.append(found.difference(("A",), ("B",)).interval.holds(a - b))
        argmax.append(found.thresholded[0].value - found.thresholded[1].value)
        if trial < 150:
            rows = membership_rows(None, chosen, membership=shares)
            drawn = imputed_rates(rows, draws=20, seed=trial)
            imputed += [drawn[0].interval.holds(a), drawn[1].interval.holds(b)]
    assert 0.93 <= np.mean(rates) <= 0.97
    assert 0.925 <= np.mean(gaps) <= 0.975
    assert np.mean(imputed) >= 0.95
    # Thresholding is off although nothing is related given the proxy.
    assert abs(np.mean(argmax) - (a - b)) > 0.05


def test_the_bias_is_estimated_from_known_groups_and_said_in_words():
    chosen, shares, true, _ = population(np.random.default_rng(4), 8000, tie=0.3)
    known = np.where(np.arange(8000) < 4000, true, None)
    found = rates_of(chosen, shares, true_groups=known)
    a, b = truth_of(0.3)
    expected = (
        (SHARES * LEVELS).sum() / SHARES.sum() - a,
        ((1 - SHARES) * LEVELS).sum() / (1 - SHARES).sum() - b,
    )
    for estimate, value in zip(found.bias, expected, strict=True):
        assert estimate.interval.holds(value)
        assert not estimate.interval.holds(0.0)
    assert found.rates[0].value - found.bias[0].value == pytest.approx(a, abs=0.03)
    assert "beyond chance in 2 of 2 groups" in found.words[-1]
    assert len(found.thresholded_bias) == 2
    assert "the bias is unknown" in rates_of(chosen, shares).words[-1]


def test_the_bias_is_minus_the_covariance_over_the_share():
    chosen, shares, true, proxy = population(np.random.default_rng(5), 60_000, tie=0.3)
    found = rates_of(chosen, shares, true_groups=true)
    member = true == "A"
    within = sum(np.cov(member[proxy == z], chosen[proxy == z])[0, 1] * np.mean(proxy == z) for z in range(4))
    assert found.bias[0].value == pytest.approx(-within / member.mean(), abs=0.005)


@pytest.mark.parametrize("tie", [-0.3, 0.0, 0.3])
@pytest.mark.parametrize("name", [RATE, "true_positive_rate"])
def test_bounds_hold_the_true_rate(tie, name):
    rng = np.random.default_rng(6)
    chosen, shares, true, proxy = population(rng, 5000, tie)
    labels = rng.integers(0, 2, 5000)
    rows = membership_rows(labels, chosen, membership=shares, rate=name, groups=("A", "B"))
    part = np.ones(5000, dtype=bool) if name == RATE else labels == 1
    for given_proxy in (None, proxy):
        for bound, group in zip(rate_bounds(rows, proxy=given_proxy), "AB", strict=True):
            rate = chosen[part & (true == group)].mean()
            assert bound.low < rate < bound.high
            assert bound.interval.low <= bound.low <= bound.high <= bound.interval.high
    one, two = rate_bounds(rows)
    low, high = one.gap(two)
    assert low < rows_gap(chosen, true, part) < high


def rows_gap(chosen, true, part):
    return chosen[part & (true == "A")].mean() - chosen[part & (true == "B")].mean()


def test_bounds_by_hand_and_of_sure_members():
    rows = membership_rows(None, [1, 1, 1, 0], membership=[[0.75, 0.25]] * 4)
    one, two = rate_bounds(rows)
    assert (one.low, one.high) == pytest.approx((0.5 / 0.75, 1.0))
    assert (two.low, two.high) == pytest.approx((0.0, 1.0))
    sure = membership_rows(None, [1, 0, 1, 0], membership=[[1, 0], [1, 0], [0, 1], [0, 1]])
    assert [(b.low, b.high) for b in rate_bounds(sure)] == [(0.5, 0.5), (0.5, 0.5)]


def test_bounds_are_those_of_a_linear_programme():
    """All tables of members by selected, one a proxy value, whose margins are those of the rows."""
    rng = np.random.default_rng(8)
    proxy = rng.integers(0, 4, 400)
    chosen = rng.random(400) < LEVELS[proxy]
    rows = membership_rows(None, chosen, membership=np.stack([SHARES[proxy], 1 - SHARES[proxy]], axis=1))
    sizes, selected = np.bincount(proxy), np.bincount(proxy, weights=chosen)
    margins = np.kron(np.eye(4), [[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1]])
    for bound, share in zip(rate_bounds(rows, proxy=proxy), (SHARES, 1 - SHARES), strict=True):
        totals = np.stack([sizes * share, selected, sizes], axis=1).ravel()
        both = np.tile([1, 0, 0, 0], 4) / (sizes @ share)
        ends = [sign * linprog(sign * both, A_eq=margins, b_eq=totals).fun for sign in (1, -1)]
        assert (bound.low, bound.high) == pytest.approx(ends)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), SHARE), min_size=2, max_size=40))
def test_coarser_cells_never_narrow_the_bounds(rows):
    truth, chosen, share = (np.array(part) for part in zip(*rows, strict=True))
    for name in (RATE, "false_positive_rate"):
        read = membership_rows(truth, chosen, membership=np.stack([share, 1 - share], axis=1), rate=name)
        fine = np.rint(share * 10).astype(int)
        for f, c in zip(rate_bounds(read, proxy=fine), rate_bounds(read, proxy=fine // 4), strict=True):
            # Fine cells can rule a group out of the denominator altogether; coarse ones then know less.
            assert np.isnan(f.low) or (c.low <= f.low + 1e-9 and f.high <= c.high + 1e-9)


def test_frames_of_any_kind_are_the_same():
    chosen, shares, _, _ = population(np.random.default_rng(7), 50)
    table = {"A": shares[:, 0], "B": shares[:, 1]}
    kinds = (table, pd.DataFrame(table), pl.DataFrame(table))
    found = [probabilistic_rates(None, chosen, membership=kind).rates for kind in kinds]
    assert found[0] == found[1] == found[2] == rates_of(chosen, shares).rates


@pytest.mark.parametrize(
    ("membership", "words"),
    [
        ([[0.5, 0.4], [0.5, 0.5]], "add up to 1, got 0.9"),
        ([[1.2, -0.2], [0.5, 0.5]], r"lie in \[0, 1\]"),
        ([[np.nan, 1.0], [0.5, 0.5]], r"lie in \[0, 1\]"),
        ([1.0, 1.0], "at least two groups"),
        ([[0.5, 0.5]] * 3, "one value a row"),
    ],
)
def test_bad_memberships_are_refused(membership, words):
    with pytest.raises(InputError, match=words):
        probabilistic_rates(None, [1, 0], membership=membership)


def test_rounded_probabilities_are_made_whole():
    found = rates_of([1, 0], [[0.3335, 0.6661], [0.5, 0.5]])
    assert sum(e.denominator for e in found.rates) == pytest.approx(2.0)


def test_other_bad_input_is_refused():
    even = [[0.5, 0.5]] * 2
    with pytest.raises(InputError, match="needs y_true and y_pred"):
        probabilistic_rates(None, [1, 0], membership=even, rate="accuracy")
    with pytest.raises(InputError, match="got 'C'"):
        rates_of([1, 0], even, true_groups=["A", "C"])
    with pytest.raises(InputError, match="did you mean 'A'"):
        rates_of([1, 0], even).difference(("a",), ("B",))
    rows = membership_rows(None, [1, 0], membership=even)
    with pytest.raises(InputError, match="at least two draws"):
        imputed_rates(rows, draws=1)
    with pytest.raises(InputError, match="step lies"):
        rate_bounds(rows, step=0)
    with pytest.raises(InputError, match="got 1 for 2 rows"):
        rate_bounds(rows, proxy=["x"])


def test_a_group_without_members_is_undefined():
    found = rates_of([1, 0], [[1.0, 0.0], [1.0, 0.0]])
    assert found.rates[1].reason is Reason.EMPTY_GROUP
    assert found.difference(("A",), ("B",)).reason is Reason.EMPTY_GROUP
    rows = membership_rows(None, [1, 0], membership=[[1.0, 0.0], [1.0, 0.0]])
    assert rate_bounds(rows)[1].reason is Reason.EMPTY_GROUP
    assert imputed_rates(rows)[1].reason is Reason.EMPTY_GROUP
