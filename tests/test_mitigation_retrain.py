"""Retraining a given pipeline in every way, on Adult."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from evenhand.errors import InputError
from evenhand.mitigation import METHODS, Reweighing, Unaware, retrain_model
from evenhand.mitigation.retrain import plan_for

TEXT = ["workclass", "education", "marital-status", "occupation", "relationship", "race", "sex"]
NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
WEIGHED_OR_HIDDEN = ["refit", "unaware", "unaware+proxies", "reweighing", "reweighing+unaware"]
CHOICES = {
    "sensitive_columns": ["sex", "race"],
    "proxies": ["relationship", "marital-status"],
}


def logistic():
    prepared = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), TEXT), (StandardScaler(), NUMBERS)
    )
    return make_pipeline(prepared, LogisticRegression(max_iter=300))


def boosting():
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    prepared = make_column_transformer((codes, TEXT), ("passthrough", NUMBERS))
    return make_pipeline(prepared, HistGradientBoostingClassifier(max_iter=40, random_state=0))


@pytest.fixture(scope="module")
def split(adult):
    train, test = (adult[adult["split"] == name] for name in ("train", "test"))
    train = train.iloc[::3]  # enough rows for what is tested, in less time
    columns = TEXT + NUMBERS
    return (
        train[columns],
        (train["income"] == ">50K").to_numpy(),
        test[columns],
        (test["income"] == ">50K").to_numpy(),
    )


@pytest.fixture(scope="module", params=[logistic, boosting])
def given_model(request, split):
    X, y, _, _ = split
    return request.param().fit(X, y)


def gap(decided, X):
    woman = (X["sex"] == "Female").to_numpy()
    return decided[~woman].mean() - decided[woman].mean()


def test_every_method_on_adult(given_model, split):
    X, y, X_test, y_test = split
    before = given_model.predict(X_test)
    accuracy = {"before": (before == y_test).mean()}
    gaps = {"before": gap(before, X_test)}
    for name in WEIGHED_OR_HIDDEN:
        again = retrain_model(given_model, X, y, method=name, sensitive_features=X[["sex"]], **CHOICES)
        decided = again.estimator.predict(X_test)
        gaps[name], accuracy[name] = gap(decided, X_test), (decided == y_test).mean()
        assert again.description == METHODS[name].description
        assert given_model.predict(X_test[:50]).tolist() == before[:50].tolist()
    assert gaps["refit"] == pytest.approx(gaps["before"], abs=0.001)
    assert gaps["unaware"] < gaps["before"]
    assert gaps["reweighing"] < gaps["before"] - 0.05
    assert min(accuracy.values()) > accuracy["before"] - 0.04


def test_reweighing_is_the_estimator_fitted_by_hand(split):
    X, y, X_test, _ = split
    again = retrain_model(logistic(), X, y, method="reweighing", sensitive_features=X[["sex", "race"]])
    theirs = Reweighing(logistic()).fit(X, y, sensitive_features=X[["sex", "race"]])
    np.testing.assert_array_equal(again.estimator.predict_proba(X_test), theirs.predict_proba(X_test))


def test_what_is_hidden_is_hidden(split):
    X, y, X_test, _ = split
    shown = X_test.drop(columns=["sex", "race", "relationship", "marital-status"])
    again = retrain_model(boosting(), X, y, method="unaware+proxies", **CHOICES)
    np.testing.assert_array_equal(again.estimator.predict(shown), again.estimator.predict(X_test))
    assert again.notes == (
        "Hidden from the model (set to one value for every row): sex, race, relationship, marital-status.",
    )


@pytest.mark.parametrize(
    ("method", "needs"),
    [
        ("refit", "decision"),
        ("unaware", "never"),
        ("unaware+proxies", "never"),
        ("reweighing", "decision"),
        ("reweighing+unaware", "training"),
    ],
)
def test_when_the_attribute_is_needed(small, method, needs):
    X, y = small
    again = retrain_model(
        LogisticRegression(),
        X,
        y,
        method=method,
        sensitive_features=X["sex"],
        sensitive_columns="sex",
        proxies="b",
    )
    assert again.needs_sensitive == needs


@pytest.fixture
def small():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120), "sex": rng.integers(0, 2, 120)})
    return X, (X["a"] + X["sex"] + rng.normal(size=120) > 0.5).to_numpy()


def test_reweighing_a_model_that_reads_no_sensitive_column(small):
    X, y = small
    fitted = LogisticRegression().fit(X[["a", "b"]], y)
    again = retrain_model(
        fitted, X, y, method="reweighing", sensitive_features=X["sex"], sensitive_columns=["sex"]
    )
    assert again.needs_sensitive == "training"
    assert again.estimator.feature_names_in_.tolist() == ["a", "b"]
    assert again.notes[0].startswith("A row's weight was multiplied by ")


def test_unset_random_states_get_the_seed(small):
    X, y = small
    forest = RandomForestClassifier(n_estimators=5)
    first, second, third = (
        retrain_model(forest, X, y, method="refit", seed=seed).estimator.predict_proba(X)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != third).any()
    assert forest.random_state is None
    set_already = RandomForestClassifier(n_estimators=5, random_state=7)
    again = retrain_model(set_already, X, y, method="refit", seed=1)
    assert again.notes == ()
    assert again.estimator.random_state == 7


def test_weights_count(small):
    X, y = small
    weights = np.random.default_rng(1).random(len(y))
    again = retrain_model(LogisticRegression(), X, y, method="refit", sample_weight=weights)
    theirs = LogisticRegression().fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(again.estimator.predict_proba(X), theirs.predict_proba(X))


def test_empty_cells_are_noted(small):
    X, y = small
    never = X.assign(sex=np.where(y, 1, X["sex"]))
    with pytest.warns(match="no training row"):
        again = retrain_model(
            LogisticRegression(), never, y, method="reweighing", sensitive_features=never["sex"]
        )
    assert "Some groups have training rows of one label only; weights cannot make up for that." in again.notes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "reweighting"}, "did you mean 'reweighing'"),
        ({"method": "unaware", "sensitive_columns": ["race"]}, "reads none of the sensitive columns"),
        ({"method": "unaware+proxies"}, "no proxies were named"),
        ({"method": "reweighing"}, "groups of the training rows are not known"),
        (
            {"method": "reweighing", "sensitive_features": "sex", "estimator": KNeighborsClassifier()},
            "cannot weigh rows",
        ),
        ({"method": "refit", "estimator": object()}, "has no get_params, fit, predict"),
        ({"method": "refit", "sample_weight": [-1.0] * 120}, "0 or more"),
    ],
)
def test_unsuited_methods_are_refused_with_the_reason(small, change, words):
    X, y = small
    given = {"estimator": LogisticRegression(), **change}
    if "sensitive_features" in given:
        given["sensitive_features"] = X[given["sensitive_features"]]
    with pytest.raises(InputError, match=words):
        retrain_model(given.pop("estimator"), X, y, **given)


def test_columns_of_the_given_model_must_be_there(small):
    X, y = small
    fitted = LogisticRegression().fit(X, y)
    with pytest.raises(InputError, match="no column 'b'"):
        retrain_model(fitted, X.drop(columns="b"), y, method="refit")


def test_the_table_says_what_its_methods_do(small):
    X, _ = small
    plan = plan_for(LogisticRegression(), X, X["sex"], ["sex"], ["b"])
    assert all(method.why_not(plan) is None for method in METHODS.values())
    built = {name: method.build(plan) for name, method in METHODS.items()}
    assert type(built["refit"]) is LogisticRegression
    for name, method in METHODS.items():
        if method.home:
            assert type(built[name]).__name__ == method.home.split(".")[1]
            assert method.maker.needs_sensitive == method.needs_sensitive or name == "unaware+proxies"
    inner = built["reweighing+unaware"].estimator
    assert isinstance(inner, Unaware)
    assert isinstance(built["reweighing"], Reweighing)
    assert all(clone(model).get_params().keys() == model.get_params().keys() for model in built.values())
