"""Unaware training: what is hidden stays hidden."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from evenhand.errors import EvenhandWarning, InputError
from evenhand.mitigation import Unaware
from evenhand.mitigation.unaware import names_a_column


def table(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows, p=[0.4, 0.6])
    job = np.where(rng.random(rows) < 0.8, np.where(sex == "F", "nurse", "smith"), "clerk")
    X = pd.DataFrame({"a": rng.normal(size=rows), "sex": sex, "job": job, "b": rng.normal(size=rows)})
    y = (X["a"] + 2 * (sex == "M") + rng.normal(size=rows) > 1).astype(int).to_numpy()
    return X, y


def naming_pipeline():
    prepared = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["sex", "job"]), (StandardScaler(), ["a", "b"])
    )
    return make_pipeline(prepared, LogisticRegression())


def selecting_pipeline():
    prepared = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
        (StandardScaler(), make_column_selector(dtype_include="number")),
    )
    return make_pipeline(prepared, LogisticRegression())


def shuffled(X, *columns):
    order = np.random.default_rng(9).permutation(len(X))
    return X.assign(**{name: X[name].to_numpy()[order] for name in columns})


def test_drop_equals_a_manual_drop():
    X, y = table()
    ours = Unaware(selecting_pipeline(), sensitive_columns="sex").fit(X, y)
    theirs = selecting_pipeline().fit(X.drop(columns="sex"), y)
    assert ours.how_ == "drop"
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X.drop(columns="sex")))


def test_hold_decides_as_a_manual_drop_does():
    X, y = table()
    ours = Unaware(naming_pipeline(), sensitive_columns="sex").fit(X, y)
    theirs = selecting_pipeline().fit(X.drop(columns="sex"), y)
    assert ours.how_ == "hold"
    assert ours.held_ == {"sex": "M"}
    # The held column is one constant feature beside the intercept: the same model up to the penalty on it.
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X.drop(columns="sex")), atol=0.02)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X.drop(columns="sex")))


def test_a_held_tree_equals_a_dropped_one():
    X, y = table()
    numbers = X.assign(sex=(X["sex"] == "M").astype(int))[["a", "sex", "b"]]
    held, dropped = (
        Unaware(DecisionTreeClassifier(max_depth=4, random_state=0), sensitive_columns="sex", how=how).fit(
            numbers, y
        )
        for how in ("hold", "drop")
    )
    np.testing.assert_array_equal(held.predict_proba(numbers), dropped.predict_proba(numbers))


@pytest.mark.parametrize("make", [naming_pipeline, selecting_pipeline])
def test_hidden_values_change_nothing(make):
    X, y = table()
    model = Unaware(make(), sensitive_columns="sex", proxies="job").fit(X, y)
    assert (make().fit(X, y).predict(shuffled(X, "sex", "job")) != make().fit(X, y).predict(X)).any()
    np.testing.assert_array_equal(model.predict_proba(shuffled(X, "sex", "job")), model.predict_proba(X))
    strange = X.assign(sex="unheard of", job=None)
    np.testing.assert_array_equal(model.predict_proba(strange), model.predict_proba(X))


@pytest.mark.parametrize("make", [naming_pipeline, selecting_pipeline])
def test_hidden_columns_may_be_absent_when_predicting(make):
    X, y = table()
    model = Unaware(make(), sensitive_columns=["sex"], proxies=["job"]).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X[["a", "b"]]), model.predict_proba(X))


@pytest.mark.parametrize("how", ["drop", "hold"])
def test_arrays_by_position(how):
    X, y = table()
    matrix = np.column_stack([X["a"], X["sex"] == "M", X["b"]]).astype(float)
    model = Unaware(DecisionTreeClassifier(max_depth=3, random_state=0), sensitive_columns=1, how=how).fit(
        matrix, y
    )
    theirs = DecisionTreeClassifier(max_depth=3, random_state=0).fit(matrix[:, [0, 2]], y)
    for rows in (matrix, matrix[:, [0, 2]]):
        np.testing.assert_array_equal(model.predict_proba(rows), theirs.predict_proba(matrix[:, [0, 2]]))
    with pytest.raises(ValueError, match="features"):
        model.predict(matrix[:, :1])


def test_columns_named_by_numbers():
    X, y = table()
    numbered = pd.DataFrame({7: X["a"], 0: (X["sex"] == "M").astype(int), 3: X["b"]})
    theirs = LogisticRegression().fit(numbered[[7, 3]], y).predict_proba(numbered[[7, 3]])
    held = Unaware(DecisionTreeClassifier(max_depth=2), sensitive_columns=0, how="hold").fit(numbered, y)
    dropped = Unaware(LogisticRegression(), sensitive_columns=0).fit(numbered, y)
    np.testing.assert_allclose(dropped.predict_proba(numbered), theirs)
    np.testing.assert_array_equal(held.predict(numbered.assign()), held.predict(numbered.drop(columns=0)))
    assert held.held_ == {0: int((X["sex"] == "M").mean() > 0.5)}


def test_the_callers_rows_are_left_as_they_are():
    X, y = table()
    copy = X.copy()
    Unaware(naming_pipeline(), sensitive_columns="sex").fit(X, y).predict(X)
    pd.testing.assert_frame_equal(X, copy)


def test_sparse_rows_are_dropped_not_held():
    X, y = table()
    matrix = sparse.csr_matrix(np.column_stack([X["a"], X["sex"] == "M"]).astype(float))
    model = Unaware(LogisticRegression(), sensitive_columns=1).fit(matrix, y)
    assert model.estimator_.n_features_in_ == 1
    with pytest.raises(InputError, match="use how='drop'"):
        Unaware(LogisticRegression(), sensitive_columns=1, how="hold").fit(matrix, y)


def test_categories_keep_their_type():
    X, y = table()
    typed = X.assign(sex=X["sex"].astype("category"), job=X["job"].astype("category"))
    inner = HistGradientBoostingClassifier(max_iter=10, categorical_features=["sex", "job"], random_state=0)
    model = Unaware(inner, sensitive_columns="sex").fit(typed, y)
    dropped = HistGradientBoostingClassifier(max_iter=10, categorical_features=["job"], random_state=0)
    theirs = dropped.fit(typed.drop(columns="sex"), y)
    assert model.how_ == "hold"
    np.testing.assert_allclose(model.predict_proba(typed), theirs.predict_proba(typed.drop(columns="sex")))
    np.testing.assert_array_equal(model.predict(typed.drop(columns="sex")), model.predict(typed))


def test_a_column_without_values_is_held_as_missing():
    X, y = table()
    empty = X.assign(sex=np.nan)
    model = Unaware(naming_pipeline(), sensitive_columns="sex").fit(empty, y)
    assert model.held_ == {"sex": None}
    np.testing.assert_array_equal(model.predict(empty.drop(columns="sex")), model.predict(empty))


def test_polars_frames():
    polars = pytest.importorskip("polars")
    X, y = table()
    frame = polars.from_pandas(X[["a", "sex", "b"]])
    dropped = Unaware(LogisticRegression(), sensitive_columns="sex").fit(frame, y)
    theirs = LogisticRegression().fit(X[["a", "b"]], y)
    np.testing.assert_allclose(dropped.predict_proba(frame), theirs.predict_proba(X[["a", "b"]]))
    held = Unaware(naming_pipeline(), sensitive_columns="sex").fit(polars.from_pandas(X), y)
    np.testing.assert_array_equal(
        held.predict(polars.from_pandas(X.drop(columns="sex"))), held.predict(polars.from_pandas(X))
    )


@pytest.mark.parametrize(
    ("columns", "named"),
    [(["sex"], True), (["age"], False), ([2], False), ([], False)],
)
def test_what_names_a_column(columns, named):
    assert names_a_column(naming_pipeline(), columns) is named


def test_positions_shift_when_a_column_goes():
    by_position = make_column_transformer((OneHotEncoder(), [2]))
    assert names_a_column(by_position, [0])


def test_weights_are_handed_on():
    X, y = table()
    weights = np.random.default_rng(0).random(len(y))
    ours = Unaware(LogisticRegression(), sensitive_columns="sex").fit(
        X[["a", "sex"]], y, sample_weight=weights
    )
    theirs = LogisticRegression().fit(X[["a"]], y, sample_weight=weights)
    np.testing.assert_array_equal(ours.predict_proba(X[["a", "sex"]]), theirs.predict_proba(X[["a"]]))
    with pytest.raises(InputError, match="sample_weight"):
        Unaware(KNeighborsClassifier(), sensitive_columns="sex").fit(
            X[["a", "sex"]], y, sample_weight=weights
        )


def test_naming_nothing_warns():
    X, y = table()
    with pytest.warns(EvenhandWarning, match="sees every column"):
        Unaware(LogisticRegression()).fit(X[["a"]], y)


def test_all_problems_come_at_once():
    X, y = table()
    with pytest.raises(InputError) as caught:
        Unaware(LogisticRegression(), sensitive_columns=["sexx", "jobb"], how="hide").fit(X, y)
    assert [problem.code for problem in caught.value.problems] == [
        "unknown_column",
        "unknown_column",
        "unknown_way",
    ]
    assert "did you mean 'sex'?" in str(caught.value)


def test_hiding_every_column_is_refused():
    X, y = table()
    with pytest.raises(InputError, match="at least one column must remain"):
        Unaware(LogisticRegression(), sensitive_columns=["a"]).fit(X[["a"]], y)


def test_shuffled_labels_are_put_right_by_index():
    X, y = table()
    straight = Unaware(LogisticRegression(), sensitive_columns="sex").fit(X[["a", "sex"]], pd.Series(y))
    backwards = Unaware(LogisticRegression(), sensitive_columns="sex").fit(
        X[["a", "sex"]], pd.Series(y).iloc[::-1]
    )
    np.testing.assert_array_equal(straight.predict(X[["a"]]), backwards.predict(X[["a"]]))


def test_it_is_what_its_inner_estimator_is():
    assert is_classifier(Unaware(LogisticRegression()))
    assert is_regressor(Unaware(LinearRegression()))
    assert Unaware.needs_sensitive == "never"


def test_it_clones_and_pickles():
    X, y = table()
    model = Unaware(naming_pipeline(), sensitive_columns=["sex"], proxies=["job"])
    fitted = clone(model).fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X[["a", "b"]]), fitted.predict(X))


def test_auto_hides_the_columns_that_tell_the_attribute():
    X, y = table(600)
    model = Unaware(selecting_pipeline(), sensitive_columns="sex", proxies="auto").fit(X, y)
    assert model.detected_ == ["job"]
    assert model.hidden_ == ["sex", "job"]
    named = Unaware(selecting_pipeline(), sensitive_columns="sex", proxies=["job"]).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), named.predict_proba(X))
    assert (model.needs_sensitive, named.needs_sensitive, Unaware.needs_sensitive) == (
        "training",
        "never",
        "never",
    )


def test_auto_takes_the_attribute_from_outside_and_a_stricter_rule():
    X, y = table(600)
    rest = X.drop(columns="sex")
    assert Unaware(selecting_pipeline(), proxies="auto").fit(
        rest, y, sensitive_features=X["sex"]
    ).hidden_ == ["job"]
    strict = Unaware(selecting_pipeline(), proxies="auto", proxy_auc=0.99)
    assert strict.fit(rest, y, sensitive_features=X["sex"]).hidden_ == []


def test_auto_works_by_position_and_needs_the_attribute():
    X, y = table(600)
    numbers = np.column_stack([X["a"], X["sex"] == "M", X["job"] == "nurse"]).astype(float)
    assert Unaware(LogisticRegression(), sensitive_columns=1, proxies="auto").fit(numbers, y).hidden_ == [
        1,
        2,
    ]
    with pytest.raises(InputError, match="to detect proxies the attribute is needed"):
        Unaware(LogisticRegression(), proxies="auto").fit(numbers, y)
    with pytest.raises(InputError, match=r"above 0.5 and be at most 1, got 0.2"):
        Unaware(LogisticRegression(), sensitive_columns=1, proxies="auto", proxy_auc=0.2).fit(numbers, y)
