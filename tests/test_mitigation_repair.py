"""Columns changed by group: repair and residuals."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from fairlearn.preprocessing import CorrelationRemover
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from evenhand.errors import EvenhandWarning, InputError
from evenhand.mitigation import ImpactRepair, Repaired, Residualised


def table(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    X = pd.DataFrame(
        {
            "a": rng.normal(size=rows) + 2 * (sex == "M"),
            "b": rng.integers(0, 5, rows),
            "job": rng.choice(["x", "y"], rows),
        }
    )
    y = (X["a"] + rng.normal(size=rows) > 1).astype(int).to_numpy()
    return X.assign(sex=sex), y, sex


def test_full_repair_makes_the_groups_distributions_equal():
    X, _, sex = table(2000)
    done = ImpactRepair(sensitive_columns="sex").fit(X).transform(X)
    women, men = (np.sort(done.loc[sex == group, "a"]) for group in ("F", "M"))
    at = np.linspace(0.02, 0.98, 25)
    np.testing.assert_allclose(np.quantile(women, at), np.quantile(men, at), atol=0.06)
    assert done["job"].equals(X["job"])
    assert done["sex"].equals(X["sex"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1))
def test_repair_keeps_the_order_within_a_group(seed, strength):
    rng = np.random.default_rng(seed)
    X, group = np.round(rng.normal(size=(40, 1)), 1), np.arange(40) % 3
    model = ImpactRepair(strength=strength).fit(X, sensitive_features=group)
    done = model.transform(X, sensitive_features=group)
    for g in range(3):
        order = np.argsort(X[group == g, 0], kind="stable")
        assert (np.diff(done[group == g, 0][order]) >= -1e-12).all()


def test_repair_is_linear_in_its_strength():
    X, _, _ = table()
    whole = ImpactRepair(sensitive_columns="sex").fit(X).transform(X)["a"]
    half = ImpactRepair(sensitive_columns="sex", strength=0.5).fit(X).transform(X)["a"]
    np.testing.assert_allclose(half, (whole + X["a"]) / 2)


def test_the_median_of_two_groups_by_hand():
    X = np.array([[0.0], [10.0], [20.0], [4.0], [6.0], [8.0]])
    group = ["F"] * 3 + ["M"] * 3
    done = ImpactRepair().fit(X, sensitive_features=group).transform(X, sensitive_features=group)
    assert done.ravel().tolist() == [2.0, 8.0, 14.0, 2.0, 8.0, 14.0]


def test_missing_values_stay_missing():
    X, _, _ = table()
    X.loc[:9, "a"] = np.nan
    done = ImpactRepair(sensitive_columns="sex").fit(X).transform(X)
    assert done["a"].isna().sum() == 10


def test_frames_come_back_as_they_came_and_set_output_works():
    polars = pytest.importorskip("polars")
    X, _, sex = table()
    ours = ImpactRepair(sensitive_columns="sex").fit(X).transform(X)
    theirs = ImpactRepair(sensitive_columns="sex").fit(polars.from_pandas(X)).transform(polars.from_pandas(X))
    np.testing.assert_allclose(ours["a"], theirs["a"].to_numpy())
    model = ImpactRepair().set_output(transform="pandas")
    named = model.fit(X[["a", "b"]], sensitive_features=sex).transform(X[["a", "b"]], sensitive_features=sex)
    assert list(named.columns) == ["a", "b"]


def test_the_model_neither_sees_the_column_nor_its_trace():
    X, y, sex = table(2000)
    encode = make_column_transformer((OneHotEncoder(), ["job", "sex"]), remainder=StandardScaler())
    inner = make_pipeline(encode, LogisticRegression())
    plain = inner.fit(X, y).predict(X)
    for method in (Repaired, Residualised):
        model = method(inner, sensitive_columns="sex").fit(X, y)
        decided = model.predict(X)
        gap, before = (abs(d[sex == "F"].mean() - d[sex == "M"].mean()) for d in (decided, plain))
        assert gap < 0.08 < 0.3 < before
        assert model.estimator_.hidden_ == ["sex"]


def test_residuals_are_fairlearns():
    X, y, sex = table()
    numbers = X[["a", "b"]].astype(float)
    model = Residualised(LogisticRegression(), strength=0.7).fit(numbers, y, sensitive_features=sex)
    both = np.column_stack([sex == "M", numbers]).astype(float)
    theirs = CorrelationRemover(sensitive_feature_ids=[0], alpha=0.7).fit(both).transform(both)
    expected = LogisticRegression().fit(pd.DataFrame(theirs, columns=["a", "b"]), y)
    np.testing.assert_allclose(
        model.predict_proba(numbers, sensitive_features=sex),
        expected.predict_proba(pd.DataFrame(theirs, columns=["a", "b"])),
    )


@pytest.mark.parametrize("method", [Repaired, Residualised])
def test_strength_zero_is_the_unaware_model(method):
    X, y, _ = table()
    numbers = X[["a", "b"]].assign(sex=(X["sex"] == "M") * 1)
    model = method(LogisticRegression(), sensitive_columns="sex", strength=0.0).fit(numbers, y)
    theirs = LogisticRegression().fit(X[["a", "b"]].astype(float), y)
    np.testing.assert_allclose(
        model.predict_proba(numbers), theirs.predict_proba(X[["a", "b"]].astype(float)), atol=1e-6
    )


@pytest.mark.parametrize("method", [Repaired, Residualised])
def test_unseen_groups_and_missing_columns(method):
    X, y, sex = table()
    numbers = X[["a", "b"]]
    new = np.where(np.arange(len(X)) < 5, "X", sex)
    model = method(LogisticRegression()).fit(numbers, y, sensitive_features=sex)
    with pytest.raises(InputError, match="were not: X"):
        model.predict(numbers, sensitive_features=new)
    with pytest.raises(InputError, match="needs the group of each row"):
        model.predict(numbers)
    pooled = method(LogisticRegression(), unseen="pooled").fit(numbers, y, sensitive_features=sex)
    assert pooled.predict(numbers, sensitive_features=new).shape == y.shape
    named = method(LogisticRegression(), sensitive_columns="g").fit(numbers.assign(g=(sex == "M") * 1), y)
    with pytest.raises(InputError, match="no column 'g'"):
        named.predict(numbers)


def test_a_regressor_may_be_trained_on_repaired_rows():
    X, _, sex = table()
    model = Repaired(LinearRegression()).fit(X[["b"]], X["a"], sensitive_features=sex)
    assert model.score(X[["b"]], X["a"], sensitive_features=sex) <= 1


def test_without_groups_nothing_changes_and_it_is_said():
    X, y, _ = table()
    with pytest.warns(EvenhandWarning, match="neither sensitive_features nor"):
        model = Repaired(LogisticRegression()).fit(X[["a"]], y)
    np.testing.assert_allclose(
        model.predict_proba(X[["a"]]), LogisticRegression().fit(X[["a"]], y).predict_proba(X[["a"]])
    )


def test_groups_are_routed_through_a_pipeline():
    X, y, sex = table()
    with config_context(enable_metadata_routing=True):
        model = make_pipeline(ImpactRepair(), LogisticRegression())
        model.fit(X[["a", "b"]], y, sensitive_features=sex)
        assert model.predict(X[["a", "b"]], sensitive_features=sex).shape == y.shape


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Repaired(LogisticRegression(), columns=["job"]), "numeric and not sensitive, but not 'job'"),
        (Repaired(LogisticRegression(), strength=5, how="x"), "2 problems were found"),
        (Residualised(LogisticRegression(), unseen="skip"), "'pooled', got 'skip'"),
    ],
)
def test_bad_parameters_are_refused(model, words):
    X, y, sex = table(50)
    with pytest.raises(InputError, match=words):
        model.fit(X[["a", "b", "job"]], y, sensitive_features=sex)


def test_residuals_need_whole_columns_and_no_sparse_ones():
    X, y, sex = table(50)
    X.loc[0, "a"] = np.nan
    with pytest.raises(InputError, match=r"values in a; fill them in first"):
        Residualised(LogisticRegression()).fit(X[["a", "b"]], y, sensitive_features=sex)
    with warnings.catch_warnings(), pytest.raises(InputError, match="Sparse input is not supported"):
        Repaired(LogisticRegression()).fit(sparse.csr_array(np.eye(50)), y, sensitive_features=sex)
