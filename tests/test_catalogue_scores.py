"""What these rows of the catalogue lacked: scores and rankings."""

from __future__ import annotations

import math
from itertools import permutations

import fairlearn.metrics as fm
import numpy as np
import pytest
import sklearn.metrics as skm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evenhand.metrics import cube_of
from evenhand.metrics import scores as sc
from evenhand.metrics.grid import Grid
from evenhand.metrics.rank_audit import audit_ranking
from evenhand.metrics.ranking import ladder_of, ndkl, rank_fairness

quick = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 10_000)


# ---- scores ---------------------------------------------------------------------------------------

Y, S, G = [0, 0, 1, 1, 0, 1], [0.1, 0.6, 0.5, 0.9, 0.2, 0.2], list("FFFFMM")


def scored(y=Y, s=S, g=G, **more):
    return sc.score_table(
        cube_of(y, y_score=s, sensitive_features={"g": g}, grid=Grid("distinct"), **more), "g"
    )


def drawn(seed, n=60):
    rng = np.random.default_rng(seed)
    y, g = np.tile([0, 1], n // 2), rng.permutation(np.repeat([0, 0, 1, 1], n // 4))
    y = np.concatenate([np.tile([0, 1], (g == k).sum() // 2 + 1)[: (g == k).sum()] for k in (0, 1)])
    return y, np.round(rng.random(n), 1), np.sort(g)


def test_areas_by_hand():
    assert sc.auc(scored()).value.tolist() == [0.75, 0.5]
    assert sc.differences(sc.auc(scored())).value.tolist() == [-0.25]
    assert sc.subgroup_auc(scored(), "bpsn").value.tolist() == [0.5, 1.0]
    assert sc.subgroup_auc(scored(), "bnsp").value.tolist() == [1.0, 0.5]
    assert sc.cross_auc(scored()).value.tolist() == [[0.75, 1.0], [0.5, 0.5]]
    assert abs(sc.delta_xauc(scored()).value[0]) == 0.5


def test_areas_across_groups_are_scikit_learns():
    y, s, g = drawn(0)
    cross, bpsn, bnsp = (
        sc.cross_auc(scored(y, s, g)),
        *(sc.subgroup_auc(scored(y, s, g), k) for k in ("bpsn", "bnsp")),
    )
    for a, b in ((0, 1), (1, 0)):
        rows = ((g == a) & (y == 1)) | ((g == b) & (y == 0))
        theirs = skm.roc_auc_score(y[rows], s[rows])
        assert (cross.value[a, b], bnsp.value[a], bpsn.value[b]) == pytest.approx((theirs,) * 3)
    gap = sc.delta_xauc(scored(y, s, g), (0,)).value[0]
    assert gap == pytest.approx(cross.value[1, 0] - cross.value[0, 1])


@quick
@given(SEEDS)
def test_of_two_groups_the_background_is_the_other(seed):
    table = scored(*drawn(seed))
    cross = sc.cross_auc(table).value
    assert sc.subgroup_auc(table, "bnsp").value == pytest.approx(cross[[0, 1], [1, 0]])
    assert sc.subgroup_auc(table, "bpsn").value == pytest.approx(cross[[1, 0], [0, 1]])


@quick
@given(SEEDS)
def test_differences_of_areas_flip_with_the_reference(seed):
    areas = sc.auc(scored(*drawn(seed)))
    one, two = (sc.differences(areas, (k,)) for k in (0, 1))
    assert one.value[0] == pytest.approx(-two.value[0])
    assert one.low[0] == pytest.approx(-two.high[0])


@quick
@given(st.lists(st.floats(0.1, 1), min_size=1, max_size=9))
def test_the_power_mean_is_scipys_and_leans_to_the_worst(values):
    found = sc.power_mean(values)
    assert found == pytest.approx(stats.pmean(values, -5))
    assert min(values) - 1e-12 <= found <= np.mean(values) + 1e-12


def test_abroca_of_a_perfect_and_a_blind_score_by_hand():
    y, s, g = [0, 1] * 4, [0.1, 0.9, 0.1, 0.9, 0.5, 0.5, 0.5, 0.5], list("aaaabbbb")
    assert sc.abroca(scored(y, s, g), draws=100).value.tolist() == pytest.approx([0.5])


def test_losses_and_calibration_error_by_hand():
    table = scored([0, 1, 1, 1], [0.125, 0.25, 0.75, 0.875], ["a"] * 4)
    assert sc.brier_score(table).value[0] == pytest.approx((1 / 64 + 9 / 16 + 1 / 16 + 1 / 64) / 4)
    assert sc.log_loss(table).value[0] == pytest.approx(-math.log(7 / 8 * 1 / 4 * 3 / 4 * 7 / 8) / 4)
    found = sc.expected_calibration_error(sc.reliability(table, bins=2), draws=100)
    assert found.value[0] == pytest.approx((abs(0.5 - 0.1875) + abs(1 - 0.8125)) / 2)


@quick
@given(SEEDS)
def test_the_brier_score_lies_between_its_calibrated_part_and_one(seed):
    y, s, g = drawn(seed)
    found = sc.brier_score(scored(y, s, g)).value
    twice = sc.brier_score(scored(np.tile(y, 2), np.tile(s, 2), np.tile(g, 2))).value
    assert found == pytest.approx(twice)
    assert all(((s - y)[g == k].mean()) ** 2 - 1e-12 <= found[k] <= 1 for k in (0, 1))


def logit(p):
    return math.log(p / (1 - p))


def test_two_scores_fix_the_calibration_line():
    y, s = [1] * 2 + [0] * 8 + [1] * 9 + [0] * 3, [0.25] * 10 + [0.5] * 12
    found = sc.recalibration(scored(y, s, ["a"] * 22))
    slope = (logit(9 / 12) - logit(2 / 10)) / (logit(0.5) - logit(0.25))
    assert found.slope.value[0] == pytest.approx(slope)
    assert found.intercept.value[0] == pytest.approx(logit(9 / 12))
    alone = sc.recalibration(scored(y[10:], s[10:], ["a"] * 12))
    assert alone.in_the_large.value[0] == pytest.approx(math.log(3))


def test_balance_by_hand():
    assert sc.balance(scored(), "positive", ("F",)).value.tolist() == pytest.approx([0.2 - 0.7])
    assert sc.balance(scored(), "negative", ("F",)).value.tolist() == pytest.approx([0.2 - 0.35])


@quick
@given(SEEDS, st.sampled_from(["positive", "negative"]))
def test_balance_flips_with_the_reference(seed, label):
    table = scored(*drawn(seed))
    one, two = (sc.balance(table, label, (k,)) for k in (0, 1))
    assert one.value[0] == pytest.approx(-two.value[0])
    assert one.low[0] == pytest.approx(-two.high[0])


# ---- rankings -------------------------------------------------------------------------------------


def ranked(seed, n=24):
    rng = np.random.default_rng(seed)
    return rng.permutation(n).astype(float), np.array(["a", "b", "c"] * (n // 3))


def test_the_top_is_fairlearns_selection():
    scores, g = ranked(0)
    found = audit_ranking(ladder_of(scores, sensitive_features=g), 9, ("a",), draws=0)
    top = (scores >= 24 - 9).astype(int)
    frame = fm.MetricFrame(metrics=fm.selection_rate, y_true=top, y_pred=top, sensitive_features=g)
    rates = frame.by_group.to_numpy()
    assert [one.value for one in found.selection] == pytest.approx(rates)
    assert [one.value for one in found.selection_ratio] == pytest.approx(rates[1:] / rates[0])
    assert [one.value for one in found.skew] == pytest.approx(np.log(rates / frame.overall))


@quick
@given(SEEDS, st.integers(17, 24))
def test_exposure_is_scikit_learns_gain_also_with_ties(seed, k):
    scores, g = ranked(seed)
    scores = scores // 3
    found = audit_ranking(ladder_of(scores, sensitive_features=g), k, ("a",), draws=0)
    theirs = [skm.dcg_score([(g == level).astype(int)], [scores], k=k) / 8 for level in "abc"]
    assert [one.value for one in found.exposure] == pytest.approx(theirs)
    assert all(
        one.value * theirs[0] == pytest.approx(theirs[i]) for i, one in enumerate(found.exposure_ratio, 1)
    )


def test_two_places_by_hand():
    counts = np.array([[1.0, 0.0], [0.0, 1.0]])
    second = 1 / math.log2(3)
    assert ndkl(counts, 2) == pytest.approx(math.log(2) / (1 + second))
    p = 1 / (1 + second)
    mixed = [(share + 0.5) / 2 for share in (p, 1 - p)]
    js = sum(
        0.5 * share * math.log2(share / m) + 0.5 * 0.5 * math.log2(0.5 / m)
        for share, m in zip((p, 1 - p), mixed, strict=True)
    )
    assert float(rank_fairness(counts, 2)) == pytest.approx(1 - js)


@quick
@given(SEEDS)
def test_the_names_of_groups_do_not_matter_to_a_ranking(seed):
    scores, g = ranked(seed)
    for names in permutations("abc"):
        counts = ladder_of(scores, sensitive_features=np.array(names)[np.tile([0, 1, 2], 8)]).counts
        plain = ladder_of(scores, sensitive_features=g).counts
        assert ndkl(counts, 10) == pytest.approx(ndkl(plain, 10))
        assert float(rank_fairness(counts, 10)) == pytest.approx(float(rank_fairness(plain, 10)))
