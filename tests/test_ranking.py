"""Rankings: hand counts, published formulas, and ties that share their places."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from evenhand.errors import InputError, Reason
from evenhand.metrics import rank_audit
from evenhand.metrics.grid import Grid
from evenhand.metrics.rank_audit import audit_ranking
from evenhand.metrics.ranking import (
    cube_ladder,
    discount,
    ladder_of,
    ndkl,
    rank_fairness,
    shared_attention,
    skew,
    top_k,
)
from evenhand.metrics.tally import cube_of

LISTS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ABC")), min_size=2, max_size=7)


def ladder(groups: str):
    """A list in which every place is one person's, from the top."""
    return ladder_of(np.arange(len(groups), 0, -1.0), sensitive_features=list(groups))


def log_attention(groups: str, level: str) -> float:
    return sum(1 / math.log2(place + 1) for place, group in enumerate(groups, 1) if group == level)


def test_the_top_by_hand():
    found = audit_ranking(ladder("MMFMFF"), 3, draws=0)
    assert [one.value for one in found.selection] == pytest.approx([1 / 3, 2 / 3])
    assert found.selection_ratio[0].value == pytest.approx(2.0)  # of M by F, the first of two equal groups
    assert [one.value for one in found.skew] == pytest.approx([math.log(2 / 3), math.log(4 / 3)])
    assert (found.min_skew, found.max_skew) == pytest.approx((math.log(2 / 3), math.log(4 / 3)))


def test_exposure_is_the_mean_attention():
    found = audit_ranking(ladder("MMFMFF"), 6, ("M",), draws=0)
    women, men = log_attention("MMFMFF", "F") / 3, log_attention("MMFMFF", "M") / 3
    assert [one.value for one in found.exposure] == pytest.approx([women, men])
    assert found.exposure_ratio[0].value == pytest.approx(women / men)


def test_ndkl_is_geyiks():
    groups = "AABABBBA"
    terms = []
    for place in range(1, len(groups) + 1):
        shares = [groups[:place].count(level) / place for level in "AB"]
        terms.append(entropy(shares, [0.5, 0.5]) / math.log2(place + 1))
    norm = sum(1 / math.log2(place + 1) for place in range(1, len(groups) + 1))
    assert ndkl(ladder(groups).counts, 8) == pytest.approx(sum(terms) / norm)


def test_rank_fairness_is_one_minus_the_divergence_of_attention():
    groups, stop = "AABABBCA", 0.3
    attention = [stop * (1 - stop) ** place for place in range(5)]
    seen = [sum(a for a, g in zip(attention, groups, strict=False) if g == level) for level in "ABC"]
    distance = jensenshannon(np.array(seen) / sum(seen), np.array([4, 3, 1]) / 8, base=2) ** 2
    assert float(rank_fairness(ladder(groups).counts, 5, stop)) == pytest.approx(1 - distance)


@given(LISTS, st.data())
@settings(max_examples=30, deadline=None)
def test_ties_give_the_mean_over_all_orders_of_the_tied(rows, data):
    scores, groups = zip(*rows, strict=True)
    k = data.draw(st.integers(1, len(rows)))
    found = ladder_of(scores, sensitive_features=list(groups))
    levels = [level for (level,) in found.groups]
    tops, seen = [], []
    for order in itertools.permutations(range(len(rows))):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            ranked = "".join(groups[i] for i in order)
            tops.append([ranked[:k].count(level) for level in levels])
            seen.append([log_attention(ranked[:k], level) for level in levels])
    assert top_k(found.counts, k) == pytest.approx(np.mean(tops, axis=0))
    assert shared_attention(found.counts, discount(len(rows), k)) == pytest.approx(np.mean(seen, axis=0))


@given(LISTS)
def test_figures_keep_their_ranges(rows):
    scores, groups = zip(*rows, strict=True)
    counts = ladder_of(scores, sensitive_features=list(groups)).counts
    assert ndkl(counts, len(rows)) >= -1e-12
    assert -1e-9 <= float(rank_fairness(counts, len(rows))) <= 1 + 1e-9
    assert top_k(counts, 1).sum() == pytest.approx(1)


def test_all_tied_is_fair():
    found = audit_ranking(ladder_of([1.0] * 6, sensitive_features=list("AABBBB")), 2, draws=0)
    assert found.ndkl.value == pytest.approx(0, abs=1e-12)
    assert found.rank_fairness.value == pytest.approx(1)
    assert [one.value for one in found.skew] == pytest.approx([0, 0])


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(0)
    scores, groups = rng.integers(0, 5, 40), rng.choice(list("AB"), 40)
    shuffled = rng.permutation(40)
    one, two = (
        ladder_of(scores, sensitive_features=groups),
        ladder_of(scores[shuffled], sensitive_features=groups[shuffled]),
    )
    assert (one.counts == two.counts).all()


def test_the_cube_of_distinct_scores_gives_the_same_ladder():
    rng = np.random.default_rng(1)
    scores, groups = rng.integers(0, 9, 60) / 10, rng.choice(list("AB"), 60)
    cube = cube_of(y_score=scores, sensitive_features={"g": groups}, grid=Grid("distinct"))
    rows = ladder_of(scores, sensitive_features={"g": groups})
    assert (cube_ladder(cube, "g").counts == rows.counts).all()
    assert cube_ladder(cube, "g").groups == rows.groups
    binned = cube_of(y_score=scores, sensitive_features={"g": groups}, grid=Grid(bins=2))
    assert cube_ladder(binned, "g").counts.shape == (2, 2)


def test_a_group_that_the_top_lacks_has_a_skew_of_minus_infinity():
    found = audit_ranking(ladder("MMF"), 1, draws=0)
    assert found.skew[0].value == -math.inf
    assert found.skew[0].reason is Reason.NO_SELECTED
    assert skew(ladder("MMF").counts, 3).tolist() == pytest.approx([0, 0])


def test_a_reference_that_nobody_selects_makes_ratios_undefined():
    found = audit_ranking(ladder("MMF"), 1, ("F",))
    assert found.selection_ratio[0].reason is Reason.ZERO_REFERENCE
    assert math.isnan(found.selection_ratio[0].value)


def test_missing_groups_are_ranked_and_not_compared():
    found = audit_ranking(ladder_of([3, 2, 1], sensitive_features=["A", None, "B"]), 2, draws=0)
    assert [gap.group for gap in found.selection_ratio] == [("B",)]
    assert found.groups == (("A",), ("B",), (None,))


def test_intervals_of_the_top_share_cover():
    rng, hits = np.random.default_rng(7), 0
    for seed in range(60):
        groups = rng.choice(list("AB"), 100)
        scores = rng.normal(size=100) + (groups == "A")
        found = audit_ranking(ladder_of(scores, sensitive_features=groups), 50, draws=99, seed=seed)
        hits += found.selection[0].interval.holds(0.6915)  # P(N(1, 1) above the middle of both)
    assert hits >= 53


def test_intervals_hold_their_figures_and_equal_seeds_give_equal_ones():
    rng = np.random.default_rng(3)
    ranked = ladder_of(rng.normal(size=80), sensitive_features=rng.choice(list("AB"), 80))
    one, two = audit_ranking(ranked, 20, draws=100, seed=5), audit_ranking(ranked, 20, draws=100, seed=5)
    assert one == two
    assert one.ndkl.interval.holds(one.ndkl.value)
    assert one.rank_fairness.interval.holds(one.rank_fairness.value)
    assert one.rank_fairness.interval.high <= 1


def test_long_lists_have_no_intervals(monkeypatch):
    monkeypatch.setattr(rank_audit, "CHEAP", 10)
    assert audit_ranking(ladder("MMFMFF"), 3).ndkl.interval is None


@pytest.mark.parametrize("k", [0, 7])
def test_places_beyond_the_list_are_refused(k):
    with pytest.raises(InputError, match="place from 1"):
        audit_ranking(ladder("MMFMFF"), k)


def test_other_wrong_choices_are_refused():
    with pytest.raises(InputError, match="chance in"):
        discount(5, 3, 1.0)
    with pytest.raises(InputError, match="no group"):
        audit_ranking(ladder("MMF"), 1, ("X",))
    with pytest.raises(InputError, match="finite"):
        ladder_of([1.0, math.nan], sensitive_features=["A", "B"])
