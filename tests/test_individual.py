"""Individual fairness: neighbours, inequality of benefits, and flips."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from evenhand.errors import InputError, Reason
from evenhand.metrics.benefits import benefit_inequality, decision_inequality
from evenhand.metrics.flips import counterfactual_flip_rate
from evenhand.metrics.individual import consistency, feature_matrix, neighbours
from evenhand.metrics.inequality import coefficient_of_variation, entropy_parts, generalized_entropy
from evenhand.metrics.rates import group_table
from evenhand.metrics.tally import cube_of

BENEFITS = st.lists(st.floats(0.1, 10), min_size=1, max_size=20)


def people(rows: int = 200, seed: int = 0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    return x, (x[:, 0] + rng.normal(size=rows) > 0).astype(int), rng.choice(list("AB"), rows)


@pytest.mark.parametrize("k", [1, 5, 12])
def test_with_the_point_itself_consistency_is_aif360s(k):
    x, y, _ = people()
    near = NearestNeighbors(n_neighbors=k, algorithm="ball_tree").fit(x).kneighbors(x, return_distance=False)
    aif360 = 1 - abs(y - y[near].mean(axis=1)).mean()
    assert consistency(x, y, n_neighbors=k, include_self=True).value == pytest.approx(aif360)


def test_without_the_point_itself_neighbours_are_others():
    x, y, _ = people()
    near = NearestNeighbors(n_neighbors=5).fit(x).kneighbors(return_distance=False)
    assert consistency(x, y).value == pytest.approx(1 - abs(y - y[near].mean(axis=1)).mean())


def test_a_hand_counted_example():
    x, y = [[0.0], [1.0], [3.0], [3.5]], [1, 1, 0, 1]
    assert neighbours(np.array(x), 1).ravel().tolist() == [1, 0, 3, 2]
    assert consistency(x, y, n_neighbors=1).value == pytest.approx(0.5)


def test_many_equal_rows_are_never_their_own_neighbours():
    near = neighbours(np.zeros((30, 2)), 3)
    assert near.shape == (30, 3)
    assert not (near == np.arange(30)[:, None]).any()
    assert all(len(set(row)) == 3 for row in near.tolist())
    assert (neighbours(np.zeros((30, 2)), 3, include_self=True)[:, 0] == np.arange(30)).all()


def test_the_groups_average_to_the_whole():
    x, y, group = people()
    found = consistency(x, y, sensitive_features=group)
    mean = sum(one.value * one.rows for one in found.by_group) / found.rows
    assert mean == pytest.approx(found.value)
    assert found.groups == (("A",), ("B",))


def test_scaling_makes_units_meaningless():
    x, y, _ = people()
    metres = consistency(x, y, scale="standard").value
    assert consistency(x * [1, 1000, 0.01], y, scale="standard").value == pytest.approx(metres)
    assert consistency(np.column_stack([x, np.ones(200)]), y, scale="standard").value == pytest.approx(metres)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, lambda d: pl.DataFrame(d).lazy(), dict])
def test_frames_of_any_library_are_features(frame):
    x, y, _ = people(50)
    columns = {name: x[:, i] for i, name in enumerate("abc")}
    assert consistency(frame(columns), y).value == consistency(x, y).value


def test_wrong_features_are_named_all_at_once():
    with pytest.raises(InputError) as raised:
        feature_matrix({"a": ["x", "y"], "b": [1.0, math.inf]})
    assert [(one.where, one.code) for one in raised.value.problems] == [
        ("a", "not_numeric"),
        ("b", "bad_numbers"),
    ]
    with pytest.raises(InputError) as raised:
        consistency([[1.0], [2.0], [3.0]], [0.5, 2.0], n_neighbors=3)
    assert [one.code for one in raised.value.problems] == ["bad_scores", "lengths_differ", "n_neighbors"]
    with pytest.raises(InputError, match="none, standard"):
        consistency([[1.0], [2.0]], [1, 0], n_neighbors=1, scale="max")
    with pytest.raises(InputError, match="shape"):
        feature_matrix(np.zeros((2, 2, 2)))


def aif360_entropy(b: np.ndarray, alpha: float) -> float:
    """AIF360's generalized_entropy_index, right for every alpha but 0."""
    if alpha == 1:
        return float(np.mean(np.log((b / b.mean()) ** b) / b.mean()))
    return float(np.mean((b / b.mean()) ** alpha - 1) / (alpha * (alpha - 1)))


@given(BENEFITS, st.sampled_from([-1.0, 0.5, 1.0, 2.0, 3.0]))
def test_the_entropy_is_aif360s_for_an_alpha_that_is_not_zero(values, alpha):
    b = np.array(values)
    assert float(generalized_entropy(b, np.ones_like(b), alpha)) == pytest.approx(
        aif360_entropy(b, alpha), abs=1e-9
    )


@given(BENEFITS)
def test_alpha_zero_and_one_are_limits(values):
    b, n = np.array(values), np.ones(len(values))
    for alpha in (0.0, 1.0):
        near = float(generalized_entropy(b, n, alpha + 1e-5))
        assert float(generalized_entropy(b, n, alpha)) == pytest.approx(near, abs=1e-3)


def test_aif360s_alpha_of_zero_divides_by_the_mean_once_too_often():
    b = np.array([1.0, 2.0])
    wrong = -np.mean(np.log(b / b.mean()) / b.mean())
    right = -np.mean(np.log(b / b.mean()))
    assert float(generalized_entropy(b, [1, 1], 0)) == pytest.approx(right)
    assert wrong != pytest.approx(right)


@given(BENEFITS, st.floats(0.1, 50), st.sampled_from([0.0, 1.0, 2.0]))
def test_entropy_does_not_depend_on_the_unit_and_is_not_negative(values, unit, alpha):
    b, n = np.array(values), np.ones(len(values))
    found = float(generalized_entropy(b, n, alpha))
    assert found >= 0
    assert float(generalized_entropy(b * unit, n, alpha)) == pytest.approx(found, abs=1e-9)


def test_the_coefficient_of_variation_is_numpys():
    b = np.array([1.0, 2, 4, 4])
    assert float(coefficient_of_variation(b, np.ones(4))) == pytest.approx(b.std() / b.mean())


def test_edges_of_the_entropy():
    assert float(generalized_entropy([0, 1], [1, 1], 0)) == math.inf
    assert float(generalized_entropy([0, 1], [1, 1], -1)) == math.inf
    assert float(generalized_entropy([0, 1], [1, 1], 1)) == pytest.approx(math.log(2))
    assert math.isnan(float(generalized_entropy([0, 0], [1, 1], 2)))
    assert math.isnan(float(generalized_entropy([1, 2], [0, 0], 2)))
    with pytest.raises(InputError, match="at least 0"):
        generalized_entropy([-1, 2], [1, 1])


@given(
    st.lists(st.tuples(*[st.integers(0, 20)] * 3), min_size=1, max_size=4),
    st.sampled_from([0.5, 1.0, 2.0, 3.0]),
)
def test_between_and_within_add_up(counts, alpha):
    total, between, within = (float(part) for part in entropy_parts([0, 1, 2], counts, alpha))
    if math.isnan(total):
        assert math.isnan(within)
    else:
        assert total == pytest.approx(between + within, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_counts_and_rows_agree(rows):
    y, p, g = (np.array(column) for column in zip(*rows, strict=True))
    counted = decision_inequality(group_table(cube_of(y, p, sensitive_features={"g": g}), "g"), draws=5)
    by_rows = benefit_inequality(p - y + 1, sensitive_features={"g": g})
    for part in ("total", "between", "within"):
        one, two = getattr(counted, part), getattr(by_rows, part)
        assert one.value == pytest.approx(two.value, nan_ok=True, abs=1e-12)
        assert one.reason is two.reason
    assert counted.means == pytest.approx(by_rows.means)


def test_an_interval_holds_its_figure_and_only_wrong_rejections_are_undefined():
    cube = cube_of([1, 0, 1, 0] * 20, [1, 1, 0, 0] * 20, sensitive_features={"g": list("AABB") * 20})
    found = decision_inequality(group_table(cube, "g"))
    assert found.between.interval.low <= found.between.value <= found.between.interval.high
    assert found.variation == pytest.approx(math.sqrt(0.5))
    lost = decision_inequality(
        group_table(cube_of([1, 1], [0, 0], sensitive_features={"g": ["A", "A"]}), "g")
    )
    assert lost.total.reason is Reason.ALL_ZERO
    mld = decision_inequality(group_table(cube, "g"), alpha=0.0)
    assert mld.total.reason is Reason.ZERO_DENOMINATOR
    assert math.isnan(mld.variation)


def test_inequality_needs_labels_and_decisions():
    with pytest.raises(InputError, match="count with both"):
        decision_inequality(group_table(cube_of([1, 0], None, sensitive_features={"g": ["A", "B"]}), "g"))


def test_weights_are_rows():
    one = benefit_inequality([1, 3, 2], sensitive_features=list("AAB"), sample_weight=[2, 1, 3])
    two = benefit_inequality([1, 1, 3, 2, 2, 2], sensitive_features=list("AAABBB"))
    assert (one.total.value, one.between.value) == pytest.approx((two.total.value, two.between.value))


def rule(frame):
    """Women need three points, men two."""
    sex, points = (np.asarray(frame[name]) for name in ("sex", "points"))
    return (points >= np.where(sex == "M", 2, 3)).astype(int)


PEOPLE = {"sex": ["F", "M", "F", "M", None], "points": [2, 2, 3, 1, 2]}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_flips_by_hand_in_any_frame(frame):
    found = counterfactual_flip_rate(rule, frame(PEOPLE), "sex")
    assert found.value.value == pytest.approx(2 / 4)
    assert {pair: one.value for pair, one in found.pairs.items()} == {("F", "M"): 0.5, ("M", "F"): 0.5}
    assert found.gained == {("F", "M"): 0.5, ("M", "F"): 0.0}
    assert found.lost == {("F", "M"): 0.0, ("M", "F"): 0.5}
    assert found.left_out == 1
    assert found.value.interval.holds(0.5)


def test_the_column_keeps_its_type_and_the_table_is_left_alone():
    table = pd.DataFrame(
        {"sex": pd.Categorical(["F", "M", "F"], ["M", "F", "X"]), "points": [1, 2, 3]}, index=[7, 3, 5]
    )
    seen = []

    def predict(frame):
        seen.append(frame)
        return np.zeros(len(frame), dtype=int)

    found = counterfactual_flip_rate(predict, table, "sex")
    assert found.value.value == 0
    assert all(frame["sex"].dtype == table["sex"].dtype for frame in seen)
    assert all(frame.index.equals(table.index) for frame in seen)
    assert sorted(frame["sex"].nunique() for frame in seen) == [1, 1, 2]
    assert table["sex"].tolist() == ["F", "M", "F"]


def test_a_blind_model_never_flips_and_words_are_decisions():
    table = pd.DataFrame(PEOPLE).dropna()
    found = counterfactual_flip_rate(
        lambda f: np.where(f["points"] > 1, "yes", "no"), table, "sex", pos_label="yes"
    )
    assert found.value.value == 0


def test_one_value_cannot_flip():
    found = counterfactual_flip_rate(rule, pd.DataFrame({"sex": ["F", "F"], "points": [1, 3]}), "sex")
    assert found.value.reason is Reason.SINGLE_GROUP
    assert math.isnan(found.by_group["F"].value)
    nobody = counterfactual_flip_rate(rule, pd.DataFrame({"sex": [None, None], "points": [1, 3]}), "sex")
    assert nobody.value.reason is Reason.SINGLE_GROUP


def test_wrong_tables_and_models_are_refused():
    with pytest.raises(InputError, match="eager frame"):
        counterfactual_flip_rate(rule, [[1, 2]], "sex")
    with pytest.raises(InputError, match="known are: sex, points"):
        counterfactual_flip_rate(rule, pd.DataFrame(PEOPLE), "race")
    with pytest.raises(InputError, match="one decision a row"):
        counterfactual_flip_rate(lambda f: [1, 0], pd.DataFrame(PEOPLE), "sex")
