"""What a model leans on, for whom: against scikit-learn, against theory, and against what was built in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import partial_dependence, permutation_importance

from evenhand.audit.explain.asking import scorer_of
from evenhand.audit.explain.averages import mean_estimate, stratified_rows
from evenhand.audit.explain.dependence import partial_dependence_by_group
from evenhand.audit.explain.effects import accumulated_local_effects
from evenhand.audit.explain.grids import grid_of
from evenhand.audit.explain.importance import permutation_importance_by_group
from evenhand.errors import InputError, ModelError, Reason


def people(rows=600, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    return pd.DataFrame(
        {
            "sex": sex,
            "age": rng.integers(20, 60, rows).astype(float),
            "job": rng.choice(["a", "b", "c"], rows),
            "idle": rng.normal(size=rows),
            "same": 1,
        }
    )


def score(rows):
    """Age counts for men only; job for everybody; the rest is not used."""
    return 0.2 + 0.6 * (rows["age"] - 20) / 40 * (rows["sex"] == "M") + 0.1 * (rows["job"] == "a")


X = people()
Y = (score(X) + np.random.default_rng(1).normal(0, 0.1, len(X)) > 0.5).to_numpy()


def test_a_column_that_counts_for_men_only_is_important_for_men_only():
    found = permutation_importance_by_group(score, X, Y, sensitive_features=X["sex"])
    assert found.of("age", "accuracy", ("F",)).value == 0
    assert found.of("age", "accuracy", ("M",)).interval.high < -0.1
    assert found.of("age", "log_loss", ("M",)).interval.low > 0
    assert {item.column for item in found.reliance[-2:]} == {"idle", "same"}
    assert found.reliance[0].column in ("age", "sex")


def test_importance_of_everybody_is_scikit_learns():
    numbers = X[["age", "idle"]].assign(man=(X["sex"] == "M") * 1.0)
    model = RandomForestClassifier(10, max_depth=4, random_state=0).fit(numbers, Y)
    ours = permutation_importance_by_group(
        lambda rows: model.predict_proba(rows)[:, 1], numbers, Y, repeats=30
    )
    theirs = permutation_importance(model, numbers, Y, n_repeats=30, random_state=0, scoring="accuracy")
    for at, name in enumerate(numbers):
        found = ours.of(name, "accuracy").value
        assert found == pytest.approx(-theirs.importances_mean[at], abs=4 * theirs.importances_std[at] + 1e-9)


def test_a_columns_figures_do_not_depend_on_which_others_are_asked_for():
    every = permutation_importance_by_group(score, X, Y)
    one = permutation_importance_by_group(score, X, Y, columns=["job"])
    assert one.of("job", "accuracy") == every.of("job", "accuracy")
    assert permutation_importance_by_group(score, X, Y) == every


def test_intervals_hold_for_other_rows():
    truth = permutation_importance_by_group(score, people(20_000, 9), columns=["job"], repeats=3)
    middle = truth.of("job", "selection_rate").value
    held = [
        permutation_importance_by_group(score, people(300, seed), columns=["job"], seed=seed)
        .of("job", "selection_rate")
        .interval.holds(middle)
        for seed in range(100)
    ]
    assert 88 <= sum(held) <= 100


def test_decisions_have_no_log_loss_and_small_groups_no_figures():
    few = X["sex"].where(X.index > 5, "X")
    found = permutation_importance_by_group(
        lambda rows: (score(rows) >= 0.5) * 1.0, X, Y, sensitive_features=few
    )
    assert found.of("age", "log_loss").reason is Reason.NO_SCORES
    assert found.of("age", "accuracy", ("X",)).reason is Reason.BELOW_MINIMUM
    assert permutation_importance_by_group(score, X).of("age", "accuracy").reason is Reason.NO_LABELS


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: permutation_importance_by_group(score, X, Y[:5]), "needs a label"),
        (lambda: permutation_importance_by_group(score, X, repeats=0), "at least 1 shuffle"),
        (lambda: permutation_importance_by_group(score, X, columns=["agee"]), "did you mean 'age'"),
        (lambda: permutation_importance_by_group(score, X, sensitive_features=["F"]), "needs a group"),
        (lambda: permutation_importance_by_group(score, X, sample_weight=[-1.0] * 600), "0 or more"),
        (lambda: partial_dependence_by_group(score, X, "age", values=0), "at least 1"),
        (lambda: accumulated_local_effects(score, X, "age", bins=0), "at least 1"),
        (lambda: scorer_of(score, X.iloc[:0]), "at least one row"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_a_model_that_gives_no_numbers_is_refused():
    with pytest.raises(ModelError, match="finite"):
        scorer_of(lambda rows: np.full(len(rows), np.nan), X)
    with pytest.raises(ModelError, match="one number a row"):
        scorer_of(lambda rows: np.zeros((len(rows), 2)), X)


def test_curves_are_scikit_learns_where_everybody_is_one_group():
    numbers = X[["idle"]].assign(age=X["age"] // 10, man=(X["sex"] == "M") * 1.0)
    model = RandomForestClassifier(10, max_depth=4, random_state=0).fit(numbers, Y)
    ours = partial_dependence_by_group(
        lambda rows: model.predict_proba(rows)[:, 1], numbers, "age", max_rows=10_000
    )
    theirs = partial_dependence(model, numbers, ["age"], kind="both", response_method="predict_proba")
    assert ours.values == tuple(theirs["grid_values"][0])
    (curve,) = ours.curves
    assert [point.value for point in curve.mean] == pytest.approx(theirs["average"][0])
    assert curve.individual == pytest.approx(theirs["individual"][0])


def test_curves_differ_by_group_where_the_rule_does():
    found = partial_dependence_by_group(score, X, "age", sensitive_features=X["sex"])
    women, men = ([point.value for point in curve.mean] for curve in found.curves)
    assert found.curves[0].group == ("F",) or found.curves[0].group == ("M",)
    by_group = {curve.group: [point.value for point in curve.mean] for curve in found.curves}
    assert np.ptp(by_group["F",]) == pytest.approx(0)
    assert np.ptp(by_group["M",]) == pytest.approx(0.6, abs=0.03)
    assert len(women) == len(men) == len(found.values)


def test_values_that_a_group_does_not_hold_are_marked():
    split = X.assign(age=np.where(X["sex"] == "M", X["age"], X["age"] / 2))
    found = partial_dependence_by_group(score, split, "age", sensitive_features=split["sex"])
    held = {curve.group: curve.supported for curve in found.curves}
    assert not held["F",][-1]
    assert held["M",][-1]


def test_missing_values_and_rare_categories_are_counted():
    gaps = X.assign(
        age=X["age"].where(X.index % 10 > 0),
        job=X["job"].where(X.index > 20, None).where(X.index % 7 > 0, "rare"),
    )
    by_age = partial_dependence_by_group(lambda rows: rows["idle"], gaps, "age")
    assert (by_age.missing, by_age.kind) == (60, "number")
    by_job = accumulated_local_effects(lambda rows: rows["idle"], gaps, "job", bins=2)
    assert by_job.missing == gaps["job"].isna().sum()
    assert (len(by_job.values), by_job.left_out) == (3, 1)
    assert partial_dependence_by_group(score, X, "same").values == (1.0,)
    assert accumulated_local_effects(score, X, "same").values == ()


@given(st.integers(1, 4), st.integers(0, 5))
@settings(max_examples=15, deadline=None)
def test_effects_of_a_sum_are_its_own_terms(factor, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
    found = accumulated_local_effects(lambda rows: factor * rows["a"] + rows["b"] ** 2, frame, "a", bins=8)
    steps = np.diff([point.value for point in found.effects])
    assert steps == pytest.approx(factor * np.diff(found.values))


def test_effects_are_not_fooled_by_correlation_where_curves_are():
    # Apley and Zhu's point: along x1 = x2 the product's local effect is x2 dx1, not the mean of x2.
    rng = np.random.default_rng(0)
    first = rng.uniform(0, 1, 4000)
    frame = pd.DataFrame({"x1": first, "x2": first + rng.normal(0, 0.01, 4000)})
    found = accumulated_local_effects(lambda rows: rows["x1"] * rows["x2"], frame, "x1", bins=40)
    values = np.array(found.values)
    truth = values**2 / 2 - np.mean(first**2 / 2)
    assert [point.value for point in found.effects] == pytest.approx(truth, abs=0.01)


def test_categories_stand_next_to_those_they_are_like():
    rng = np.random.default_rng(0)
    size = rng.choice(["small", "large", "middle", "huge"], 2000)
    place = {"small": 0, "middle": 1, "large": 2, "huge": 3}
    frame = pd.DataFrame({"size": size, "weight": [place[one] + rng.normal(0, 0.3) for one in size]})
    found = accumulated_local_effects(lambda rows: rows["size"].map(place).astype(float), frame, "size")
    order = [place[value] for value in found.values]
    assert order in ([0, 1, 2, 3], [3, 2, 1, 0])
    assert abs(found.effects[-1].value - found.effects[0].value) == pytest.approx(3)


def test_a_grid_holds_observed_values_only():
    grid = grid_of(X, "age", 7)
    assert len(grid.values) <= 7
    assert [X["age"][at] for at in grid.donors] == list(grid.values)


def test_small_groups_are_kept_and_weighted_back():
    codes = np.array([0] * 5000 + [1] * 40 + [2] * 3)
    found = stratified_rows(codes, 500, seed=0, floor=30)
    kept = np.bincount(codes[found.rows])
    assert (kept[1], kept[2], found.plain.sum()) == (30, 3, 500)
    assert np.bincount(codes[found.rows], weights=found.weight) == pytest.approx([5000, 40, 3])


def test_a_weight_of_two_is_a_row_twice_in_the_mean():
    values, weight = np.array([1.0, 2.0, 5.0]), np.array([1.0, 2.0, 1.0])
    assert (
        mean_estimate(values, weight).value == mean_estimate(np.repeat(values, [1, 2, 1]), np.ones(4)).value
    )
    assert mean_estimate(values[:1], weight[:1]).interval is None
    assert mean_estimate(values[:0], weight[:0]).reason is Reason.EMPTY_GROUP
