"""Bias in the labels: Clarify's measures, hand counts, and the edges where Clarify drops values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from evenhand.errors import InputError, Reason
from evenhand.metrics.careful_intervals import hull_of, outer_of, seminorm_of
from evenhand.metrics.data_bias import LABEL_MEASURES, label_bias
from evenhand.metrics.label_distances import DISTANCES, js_divergence, kl_divergence
from evenhand.metrics.outcomes import outcome_table
from evenhand.metrics.results import RATE_INTERVAL, WIDENED_INTERVAL
from evenhand.metrics.tally import cube_of

COUNTS = st.lists(st.integers(1, 60), min_size=3, max_size=3)


def cube_from(f: list[int], m: list[int], task: str = "multiclass", **extra):
    labels = np.concatenate([np.repeat(np.arange(len(c)), c) for c in (f, m)])
    sex = ["F"] * sum(f) + ["M"] * sum(m)
    return cube_of(labels, None, sensitive_features={"sex": sex}, task=task, **extra)


def figures(cube, **options) -> dict[str, float]:
    found = label_bias(cube, "sex", reference=("M",), draws=50, **options)
    return {gap.metric: gap.value for gap in found}


def clarify(f: list[int], m: list[int]) -> dict[str, float]:
    """smclarify 0.5's formulas, for labels that both groups have: d is F, a is M."""
    pd, pa = np.array(f) / sum(f), np.array(m) / sum(m)
    middle = (pa + pd) / 2
    return {
        "class_imbalance": (sum(m) - sum(f)) / (sum(m) + sum(f)),
        "label_kl_divergence": np.sum(pa * np.log(pa / pd)),
        "label_js_divergence": 0.5 * (np.sum(pa * np.log(pa / middle)) + np.sum(pd * np.log(pd / middle))),
        "label_lp_norm": np.linalg.norm(pa - pd, 2),
        "label_total_variation": 0.5 * np.linalg.norm(pa - pd, 1),
        "label_ks_distance": np.max(np.abs(pa - pd)),
    }


@given(COUNTS, COUNTS)
@settings(max_examples=25, deadline=None)
def test_the_measures_are_those_of_clarify(f, m):
    found = figures(cube_from(f, m))
    assert found == pytest.approx(clarify(f, m), abs=1e-12)


def test_a_hand_counted_example():
    found = figures(cube_from([20, 20], [15, 45], "binary"))
    assert found["class_imbalance"] == pytest.approx(0.2)
    assert found["label_difference"] == pytest.approx(45 / 60 - 20 / 40)
    assert found["label_kl_divergence"] == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))
    assert found["label_total_variation"] == pytest.approx(0.25)
    assert found["label_lp_norm"] == pytest.approx(0.25 * math.sqrt(2))


def test_divergences_agree_with_scipy():
    p, q = [0.2, 0.3, 0.5], [0.4, 0.4, 0.2]
    assert float(kl_divergence(p, q)) == pytest.approx(entropy(p, q))
    assert float(js_divergence(p, q)) == pytest.approx(jensenshannon(p, q) ** 2)


def test_a_label_that_one_group_lacks_is_not_dropped():
    found = {
        gap.metric: gap for gap in label_bias(cube_from([10, 10, 0], [10, 5, 5]), "sex", reference=("M",))
    }
    assert found["label_kl_divergence"].value == math.inf
    assert found["label_kl_divergence"].reason is Reason.ZERO_DENOMINATOR
    assert found["label_kl_divergence"].interval is None
    assert found["label_total_variation"].value == pytest.approx(0.25)
    assert found["label_js_divergence"].interval.high <= math.log(2)


def test_the_other_direction_of_the_divergence_stays_finite():
    found = {
        gap.metric: gap for gap in label_bias(cube_from([10, 5, 5], [10, 10, 0]), "sex", reference=("M",))
    }
    assert math.isfinite(found["label_kl_divergence"].value)


@given(COUNTS, COUNTS)
@settings(max_examples=25, deadline=None)
def test_distances_are_symmetric_and_divergences_are_not_negative(f, m):
    p, q = np.array(f) / sum(f), np.array(m) / sum(m)
    for name, distance in DISTANCES.items():
        assert distance(p, q) >= -1e-12
        assert float(distance(p, p)) == pytest.approx(0)
        if name != "label_kl_divergence":
            assert float(distance(p, q)) == pytest.approx(float(distance(q, p)))


def test_swapping_the_groups_flips_the_signs():
    one, other = (
        figures(cube_from([20, 20], [15, 45], "binary")),
        figures(cube_from([15, 45], [20, 20], "binary")),
    )
    for name in ("class_imbalance", "label_difference"):
        assert one[name] == pytest.approx(-other[name])


def test_every_group_against_the_rest():
    labels = [1, 0, 1, 1, 0, 0]
    cube = cube_of(labels, None, sensitive_features={"race": list("AABBCC")})
    found = label_bias(cube, "race", measures=["label_difference"])
    assert [gap.group for gap in found] == [("A",), ("B",), ("C",)]
    assert [gap.value for gap in found] == pytest.approx([0.0, 0.25 - 1, 0.75])
    assert {gap.against for gap in found} == {"rest"}
    assert all(gap.reference is None for gap in found)


def test_intervals_hold_the_figure_and_say_their_method():
    cube = cube_from([30, 40, 30], [50, 30, 20])
    for gap in label_bias(cube, "sex", positive=2):
        assert gap.interval.low <= gap.value <= gap.interval.high
        assert gap.interval.method
    binary = label_bias(cube_from([30, 40], [50, 30], "binary"), "sex", reference=("M",))
    methods = {gap.metric: gap.interval.method for gap in binary}
    assert methods["label_total_variation"] == methods["label_difference"] == WIDENED_INTERVAL
    assert methods["class_imbalance"] == RATE_INTERVAL


@pytest.mark.parametrize("shares", [[0.2, 0.5, 0.3], [1 / 6] * 6])
def test_intervals_of_distances_hold_zero_where_labels_are_alike(shares):
    rng, sims = np.random.default_rng(5), 150
    held = dict.fromkeys(DISTANCES, 0)
    for seed in range(sims):
        cube = cube_from(rng.multinomial(80, shares).tolist(), rng.multinomial(120, shares).tolist())
        found = label_bias(cube, "sex", reference=("M",), measures=list(DISTANCES), draws=200, seed=seed)
        for gap in found:
            held[gap.metric] += gap.interval is None or gap.interval.low == 0.0
    assert min(held.values()) >= 0.93 * sims


def test_intervals_of_distances_cover_a_true_gap():
    rng, sims, truth = np.random.default_rng(6), 150, clarify([30, 40, 30], [20, 50, 30])
    held = dict.fromkeys(DISTANCES, 0)
    for seed in range(sims):
        f, m = rng.multinomial(150, [0.3, 0.4, 0.3]).tolist(), rng.multinomial(200, [0.2, 0.5, 0.3]).tolist()
        found = label_bias(
            cube_from(f, m), "sex", reference=("M",), measures=list(DISTANCES), draws=200, seed=seed
        )
        for gap in found:
            held[gap.metric] += gap.interval.holds(truth[gap.metric])
    assert min(held.values()) >= 0.93 * sims


def test_a_distance_without_a_floor_keeps_its_figure_inside():
    spread = np.linspace(0.4, 0.6, 999)
    assert outer_of(0.3, spread, 0.9).holds(0.3)
    assert hull_of(0.3, spread, 0.9).holds(0.3)
    assert seminorm_of(0.3, spread, spread / 10, 0.9).holds(0.3)
    assert seminorm_of(math.nan, spread, spread, 0.9) is None
    assert outer_of(math.inf, spread, 0.9) is None
    assert hull_of(math.nan, spread, 0.9) is None


def test_the_conditional_disparity_stands_where_there_are_controls():
    cube = cube_of(
        [1, 0, 1, 0, 1, 0, 0, 0],
        None,
        sensitive_features={"sex": list("FFMMFMMF")},
        control_features={"job": list("aaaabbbb")},
    )
    found = {gap.metric: gap.value for gap in label_bias(cube, "sex", reference=("M",))}
    assert list(found) == list(LABEL_MEASURES)
    assert found["conditional_label_disparity"] == pytest.approx((4 * 0 + 4 * (1 / 3 - 1)) / 8)
    bare = {gap.metric for gap in label_bias(cube.keep("sex", "y_true"), "sex")}
    assert "conditional_label_disparity" not in bare


def test_weights_count():
    cube = cube_of(
        [1, 0, 1],
        None,
        sensitive_features={"sex": list("FMM")},
        sample_weight=[3, 1, 2],
        weight_kind="frequency",
    )
    twin = cube_of([1, 1, 1, 0, 1, 1], None, sensitive_features={"sex": list("FFFMMM")})
    assert figures(cube) == pytest.approx(figures(twin))


def test_a_group_without_weight_is_undefined():
    cube = cube_of([1, 0, 1], None, sensitive_features={"sex": list("FMM")}, sample_weight=[0, 1, 2])
    found = {gap.metric: gap for gap in label_bias(cube, "sex", reference=("M",))}
    assert math.isnan(found["label_difference"].value)
    assert found["label_difference"].reason is Reason.EMPTY_GROUP
    assert found["label_js_divergence"].reason is Reason.EMPTY_GROUP


def test_a_single_group_has_nothing_to_compare_with():
    cube = cube_of([1, 0, 1], None, sensitive_features={"sex": list("FFF")})
    found = {gap.metric: gap for gap in label_bias(cube, "sex")}
    assert found["class_imbalance"].value == -1
    assert found["label_difference"].reason is Reason.EMPTY_GROUP


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"measures": ["kl"]}, "unknown_metric"),
        ({"measures": ["label_difference"]}, "positive"),
        ({"positive": 7}, "unknown_level"),
        ({"reference": ("X",)}, "unknown_group"),
    ],
)
def test_wrong_names_are_refused(options, code):
    with pytest.raises(InputError) as raised:
        label_bias(cube_from([3, 3, 3], [3, 3, 3]), "sex", **options)
    assert raised.value.problems[0].code == code


def test_a_table_of_several_outcomes():
    cube = cube_of([1, 0, 1], [1, 1, 0], sensitive_features={"sex": list("FMM")})
    table = outcome_table(cube, "sex", outcomes=("y_true", "y_pred"))
    assert table.rows.shape == (1, 2, 2, 2)
    assert table.rows[0, 1].tolist() == [[0, 1], [1, 0]]
    assert outcome_table(cube).groups == ((),)
