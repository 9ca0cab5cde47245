"""Reweighing: the weights, the estimator, and what it refuses."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from evenhand.errors import EvenhandWarning, InputError
from evenhand.mitigation import Reweighing, reweighing_weights


def table(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    X = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows), "sex": sex})
    y = (X["a"] + (sex == "M") + rng.normal(size=rows) > 0.5).astype(int).to_numpy()
    return X, y


def rates(y, groups, weights):
    frame = pd.DataFrame({"g": groups, "w": weights, "wy": weights * np.asarray(y)})
    sums = frame.groupby("g")[["w", "wy"]].sum()
    return (sums["wy"] / sums["w"]).to_numpy()


def test_weights_by_hand():
    # 10 rows: F holds 1 positive of 4, M 4 of 6. AIF360: W = n_g n_y / (n n_gy).
    y = [1, 0, 0, 0, 1, 1, 1, 1, 0, 0]
    result = reweighing_weights(y, ["F"] * 4 + ["M"] * 6)
    expected = {
        ("F", 1): 4 * 5 / (10 * 1),
        ("F", 0): 4 * 5 / (10 * 3),
        ("M", 1): 6 * 5 / 40,
        ("M", 0): 6 * 5 / 20,
    }
    assert result.groups == (("F",), ("M",))
    assert result.labels == (0, 1)
    np.testing.assert_allclose(
        result.factors, [[expected["F", 0], expected["F", 1]], [expected["M", 0], expected["M", 1]]]
    )
    np.testing.assert_allclose(result.weights[:4], [2, 2 / 3, 2 / 3, 2 / 3])


def test_adult_by_brute_force(adult):
    columns = adult[["sex", "race"]]
    positive = (adult["income"] == ">50K").to_numpy()
    result = reweighing_weights(positive, columns)
    expected = np.empty(len(adult))
    cell = (adult["sex"] + adult["race"]).to_numpy()
    for group in np.unique(cell):
        for label in (False, True):
            held = (cell == group) & (positive == label)
            expected[held] = (cell == group).sum() * (positive == label).sum() / (len(adult) * held.sum())
    np.testing.assert_allclose(result.weights, expected, rtol=1e-12)
    assert result.names == ("sex", "race")
    assert result.empty_cells == ()
    np.testing.assert_allclose(rates(positive, cell, result.weights), positive.mean())


def test_a_weight_is_a_repeated_row():
    _, y = table(60)
    groups = np.array(list("abc") * 20)
    counts = np.random.default_rng(1).integers(1, 5, 60)
    weighted = reweighing_weights(y, groups, counts)
    repeated = reweighing_weights(np.repeat(y, counts), np.repeat(groups, counts))
    np.testing.assert_allclose(weighted.factors, repeated.factors)
    np.testing.assert_allclose(
        weighted.weights, np.add.reduceat(repeated.weights, np.r_[0, np.cumsum(counts)[:-1]])
    )


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 1), st.floats(0.1, 10)), min_size=1, max_size=40
    )
)
def test_every_group_gets_the_common_label_rate(drawn):
    # One row of every cell is added, so that no cell is empty.
    rows = drawn + [(g, y, 1.0) for g in "abc" for y in (0, 1)]
    groups, y, w = (np.array(column) for column in zip(*rows, strict=True))
    result = reweighing_weights(y, groups, w)
    np.testing.assert_allclose(rates(y, groups, result.weights), (w * y).sum() / w.sum())
    np.testing.assert_allclose(result.weights.sum(), w.sum())


def test_an_empty_cell_is_listed_and_never_nan():
    result = reweighing_weights([0, 0, 1, 0], ["F", "F", "M", "M"])
    assert result.empty_cells == ((("F",), 1),)
    assert np.isfinite(result.weights).all()
    assert result.factors[0, 1] == 1.0


def test_a_cell_of_one_row():
    result = reweighing_weights([1] + [0] * 9 + [1] * 10, ["F"] * 10 + ["M"] * 10)
    assert result.weights[0] == 10 * 11 / (20 * 1)
    assert result.rows.tolist() == [[9, 1], [0, 10]]


def test_a_missing_group_is_a_group_and_unused_categories_are_none():
    sex = pd.Series(pd.Categorical(["F", "M", None, "F", "M", None], categories=["F", "M", "X"]), name="sex")
    result = reweighing_weights([0, 1, 0, 1, 0, 1], sex)
    assert result.groups == (("F",), ("M",), (None,))


def test_rows_are_matched_by_index():
    y = pd.Series([1, 0, 0, 1], index=list("abcd"))
    sex = pd.Series(["F", "F", "M", "M"], index=list("abcd"), name="sex")
    straight = reweighing_weights(y, sex).factors
    np.testing.assert_array_equal(reweighing_weights(y, sex.iloc[::-1]).factors, straight)
    with pytest.raises(InputError, match="matched by their index"):
        reweighing_weights(y, sex.set_axis(list("wxyz")))


def test_all_problems_come_at_once():
    with pytest.raises(InputError) as caught:
        reweighing_weights([1, 1, None], ["F", "M", "F"], [1, -1, 1])
    assert {problem.code for problem in caught.value.problems} == {"missing", "negative"}


@pytest.mark.parametrize(
    ("y", "groups", "weights", "words"),
    [
        ([], [], None, "at least one row"),
        ([1, 1], ["F", "M"], None, "got one class: 1"),
        ([1, 0], ["F", "M"], [0, 0], "every weight is zero"),
        ([1, 0], ["F", "M"], [0, 1], "got one class: 0"),
        ([1, 0], ["F", "M"], [1, np.nan], "finite"),
        ([1, 0], ["F", "M"], [1], "one weight for each of the 2 rows"),
        ([1, 0], ["F", "M"], "abc", "must be numbers"),
        ([1, 0], ["F"], None, "y has 2 rows, sensitive_features 1"),
    ],
)
def test_bad_input_is_refused(y, groups, weights, words):
    with pytest.raises(InputError, match=words):
        reweighing_weights(y, groups, weights)


def test_polars_and_pandas_agree():
    polars = pytest.importorskip("polars")
    X, y = table(80)
    ours = reweighing_weights(y, X[["sex"]])
    theirs = reweighing_weights(polars.Series(y), polars.DataFrame({"sex": X["sex"].to_list()}))
    assert dict(zip(ours.groups, ours.factors.tolist(), strict=True)) == dict(
        zip(theirs.groups, theirs.factors.tolist(), strict=True)
    )


# ---- the estimator --------------------------------------------------------------------------------


def test_fit_is_the_inner_estimator_fitted_with_the_weights():
    X, y = table()
    numbers = X[["a", "b"]]
    ours = Reweighing(LogisticRegression()).fit(numbers, y, sensitive_features=X["sex"])
    theirs = LogisticRegression().fit(numbers, y, sample_weight=reweighing_weights(y, X["sex"]).weights)
    np.testing.assert_array_equal(ours.predict_proba(numbers), theirs.predict_proba(numbers))
    assert ours.score(numbers, y) == theirs.score(numbers, y)
    assert ours.classes_.tolist() == [0, 1]
    assert is_classifier(ours)


def test_weights_reach_the_last_step_of_nested_pipelines():
    X, y = table()
    numbers = X[["a", "b"]]
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    inner = make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), tree))
    ours = Reweighing(inner).fit(numbers, y, sensitive_features=X["sex"])
    weights = reweighing_weights(y, X["sex"]).weights
    theirs = clone(inner).fit(numbers, y, pipeline__decisiontreeclassifier__sample_weight=weights)
    unweighted = clone(inner).fit(numbers, y)
    np.testing.assert_array_equal(ours.predict_proba(numbers), theirs.predict_proba(numbers))
    assert (ours.predict_proba(numbers) != unweighted.predict_proba(numbers)).any()


def test_weights_reach_through_a_search():
    X, y = table()
    numbers = X[["a", "b"]]
    inner = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))
    search = GridSearchCV(inner, {"decisiontreeclassifier__max_depth": [2]})
    ours = Reweighing(search).fit(numbers, y, sensitive_features=X["sex"])
    weights = reweighing_weights(y, X["sex"]).weights
    scaled = StandardScaler().fit_transform(numbers)
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(scaled, y, sample_weight=weights)
    np.testing.assert_array_equal(ours.predict(numbers), tree.predict(scaled))


def test_named_columns_define_the_groups():
    X, y = table()
    table_of = make_column_transformer((OneHotEncoder(), ["sex"]), remainder="passthrough")
    inner = make_pipeline(table_of, LogisticRegression())
    named = Reweighing(inner, sensitive_columns="sex").fit(X, y)
    given_too = Reweighing(inner).fit(X, y, sensitive_features=X["sex"])
    np.testing.assert_array_equal(named.weights_, given_too.weights_)
    np.testing.assert_array_equal(named.predict(X), given_too.predict(X))


def test_array_columns_are_named_by_position():
    X, y = table()
    matrix = np.column_stack([X["a"], X["sex"] == "M"]).astype(float)
    model = Reweighing(LogisticRegression(), sensitive_columns=[1]).fit(matrix, y)
    assert model.groups_ == [(0.0,), (1.0,)]


def test_without_groups_it_warns_and_changes_nothing():
    X, y = table()
    numbers = X[["a", "b"]]
    with pytest.warns(EvenhandWarning, match="all rows are one group"):
        ours = Reweighing(LogisticRegression()).fit(numbers, y)
    np.testing.assert_array_equal(ours.weights_, [[1.0, 1.0]])
    theirs = LogisticRegression().fit(numbers, y, sample_weight=np.ones(len(y)))
    np.testing.assert_array_equal(ours.predict_proba(numbers), theirs.predict_proba(numbers))


def test_empty_cells_are_said():
    X, y = table(40)
    sex = np.where(y == 1, "M", X["sex"])
    with pytest.warns(EvenhandWarning, match="F with label 1"):
        model = Reweighing(LogisticRegression()).fit(X[["a"]], y, sensitive_features=sex)
    assert model.empty_cells_ == [(("F",), 1)]


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (KNeighborsClassifier(), "KNeighborsClassifier's does not.*resample"),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), "KNeighborsClassifier's does not"),
        (LinearRegression(), "is a regressor"),
    ],
)
def test_unfit_estimators_are_refused_at_once(inner, words):
    X, y = table(40)
    with pytest.raises(InputError, match=words):
        Reweighing(inner).fit(X[["a"]], y, sensitive_features=X["sex"])


def test_a_missing_column_is_named():
    X, y = table(40)
    with pytest.raises(InputError, match=r"no column 'sexx'; did you mean 'sex'\?"):
        Reweighing(LogisticRegression(), sensitive_columns=["sexx", "a"]).fit(X, y)


def test_one_class_is_refused():
    X, y = table(40)
    with pytest.raises(InputError, match="two classes"):
        Reweighing(LogisticRegression()).fit(X[["a"]], np.ones_like(y), sensitive_features=X["sex"])


def test_shuffled_rows_are_put_right_by_index():
    X, y = table()
    order = np.random.default_rng(0).permutation(len(X))
    labels = pd.Series(y)
    straight = Reweighing(LogisticRegression()).fit(X[["a"]], labels, sensitive_features=X["sex"])
    shuffled = Reweighing(LogisticRegression()).fit(
        X[["a"]], labels.iloc[order], sensitive_features=X["sex"].iloc[order]
    )
    np.testing.assert_array_equal(straight.predict_proba(X[["a"]]), shuffled.predict_proba(X[["a"]]))


@pytest.mark.parametrize("routing", [False, True])
def test_cross_validation_hands_on_the_groups(routing):
    X, y = table()
    numbers = X[["a", "b"]].to_numpy()
    given_groups = {"sensitive_features": X["sex"].to_numpy()}
    with config_context(enable_metadata_routing=routing):
        scores = cross_validate(Reweighing(LogisticRegression()), numbers, y, params=given_groups, cv=3)
    assert scores["test_score"].mean() > 0.6


def test_inside_a_pipeline_with_routing():
    X, y = table()
    numbers = X[["a", "b"]]
    model = Reweighing(make_pipeline(StandardScaler(), LogisticRegression()))
    with config_context(enable_metadata_routing=True):
        outer = make_pipeline(StandardScaler(), model).fit(numbers, y, sensitive_features=X["sex"])
    np.testing.assert_array_equal(outer[-1].weights_, reweighing_weights(y, X["sex"]).factors)


def test_inside_a_pipeline_without_routing():
    X, y = table()
    outer = make_pipeline(StandardScaler(), Reweighing(LogisticRegression()))
    outer.fit(X[["a", "b"]], y, reweighing__sensitive_features=X["sex"].to_numpy())
    assert sorted(outer[-1].groups_) == [("F",), ("M",)]


def test_it_clones_and_pickles():
    X, y = table()
    model = Reweighing(LogisticRegression(C=0.5), sensitive_columns=["sex"])
    assert clone(model).get_params()["estimator__C"] == 0.5
    fitted = model.set_params(sensitive_columns=None).fit(X[["a"]], y, sensitive_features=X["sex"])
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X[["a"]]), fitted.predict(X[["a"]]))
