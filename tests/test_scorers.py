"""Scorers run in scikit-learn's model selection, with columns of X, matched values, or routed ones."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
import sklearn.metrics as skm
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate

import evenhand.metrics as em
from evenhand.errors import InputError


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(2)
    index = rng.permutation(400) + 7
    X = pd.DataFrame({"a": rng.normal(size=400), "sex": rng.integers(0, 2, 400)}, index=index)
    y = pd.Series((X["a"] + X["sex"] / 2 + rng.normal(size=400) > 0).astype(int), index=index)
    return X, y


@pytest.fixture(scope="module")
def model(rows):
    return LogisticRegression().fit(*rows)


COMPARISONS = [
    ("equalized_odds_difference", -1),
    ("demographic_parity_ratio", 1),
    ("accuracy_score_group_min", 1),
    ("zero_one_loss_group_max", -1),
]


@pytest.mark.parametrize(("name", "sign"), COMPARISONS)
def test_greater_is_better(rows, model, name, sign):
    X, y = rows
    expected = getattr(em, name)(y, model.predict(X), sensitive_features=X["sex"])
    assert em.fairness_scorer(name, "sex")(model, X, y) == pytest.approx(sign * expected)


def test_all_ways_to_give_the_groups_are_one(rows, model):
    X, y = rows
    shuffled = X["sex"].sample(frac=1, random_state=0)
    name = "equalized_odds_difference"
    scores = [
        em.fairness_scorer(name, "sex")(model, X, y),
        em.fairness_scorer(name, ["sex"])(model, X, y),
        em.fairness_scorer(name, shuffled)(model, X, y),
        em.fairness_scorer(name, shuffled.to_frame())(model, X, y),
        em.fairness_scorer(name)(model, X, y, sensitive_features=X["sex"]),
        em.fairness_scorer(name, "a")(model, X, y, sensitive_features=X["sex"].to_numpy()),
    ]
    assert len(set(scores)) == 1


@pytest.mark.parametrize("features", ["sex", ["sex"], "values"], ids=["name", "names", "values"])
def test_grid_search_picks_the_fairer_model(rows, features):
    X, y = rows
    features = X["sex"] if isinstance(features, str) and features == "values" else features
    scorer = em.fairness_scorer("demographic_parity_difference", features)
    search = GridSearchCV(LogisticRegression(), {"C": [1e-6, 1.0]}, scoring=scorer, cv=3).fit(X, y)
    assert search.best_params_ == {"C": 1e-6}
    assert search.best_score_ == pytest.approx(0, abs=0.01)


def test_several_scorers_at_once(rows):
    X, y = rows
    scoring = {"gap": em.fairness_scorer("equalized_odds_difference", "sex"), "accuracy": "accuracy"}
    found = cross_validate(LogisticRegression(), X, y, scoring=scoring, cv=3)
    alone = cross_val_score(LogisticRegression(), X, y, scoring=scoring["gap"], cv=3)
    assert found["test_gap"] == pytest.approx(alone)


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
def test_routed_metadata(rows, several):
    X, y = rows
    scorer = em.fairness_scorer("equalized_odds_difference")
    fixed = em.fairness_scorer("equalized_odds_difference", X["sex"])
    scoring = {"gap": scorer, "accuracy": "accuracy"} if several else scorer
    with sklearn.config_context(enable_metadata_routing=True):
        found = cross_validate(
            LogisticRegression(), X[["a"]], y, scoring=scoring, cv=3, params={"sensitive_features": X["sex"]}
        )
    expected = cross_val_score(LogisticRegression(), X[["a"]], y, scoring=fixed, cv=3)
    assert found["test_gap" if several else "test_score"] == pytest.approx(expected)


def test_probabilities_of_the_positive_label(rows, model):
    X, y = rows
    expected = min(
        skm.roc_auc_score(y[X["sex"] == g], model.predict_proba(X[X["sex"] == g])[:, 1]) for g in (0, 1)
    )
    for response in ("predict_proba", "decision_function"):
        scorer = em.fairness_scorer("roc_auc_score_group_min", "sex", response=response)
        assert scorer(model, X, y) == pytest.approx(expected)


def test_words_as_labels(rows):
    X, y = rows
    words = y.map({0: "no", 1: "a yes"})
    model = LogisticRegression().fit(X, words)
    scorer = em.fairness_scorer("equal_opportunity_difference", "sex", pos_label="a yes")
    plain = em.fairness_scorer("equal_opportunity_difference", "sex")
    assert scorer(model, X, words) == pytest.approx(plain(LogisticRegression().fit(X, y), X, y))
    chance = em.fairness_scorer("log_loss_group_max", "sex", response="predict_proba", pos_label="a yes")
    direct = em.log_loss_group_max(y, model.predict_proba(X)[:, 0], sensitive_features=X["sex"])
    assert chance(model, X, words) == pytest.approx(-direct)


def test_weights_reach_the_metric(rows, model):
    X, y = rows
    weight = np.where(X["a"] > 0, 3.0, 1.0)
    expected = em.selection_rate_difference(
        y, model.predict(X), sensitive_features=X["sex"], sample_weight=weight
    )
    found = em.fairness_scorer("selection_rate_difference", "sex")(model, X, y, sample_weight=weight)
    assert found == pytest.approx(-expected)


def test_polars_columns(rows, model):
    class Named:
        def predict(self, X):
            return model.predict(X.to_pandas())

    X, y = rows
    scorer = em.fairness_scorer("equalized_odds_difference", "sex")
    assert scorer(Named(), pl.from_pandas(X), y.to_numpy()) == scorer(model, X, y)


def test_a_function_of_your_own(rows, model):
    def spread(y_true, y_pred, *, sensitive_features):
        return float(len(np.unique(y_pred)))

    X, y = rows
    assert em.fairness_scorer(spread, "sex", greater_is_better=False)(model, X, y) == -2.0
    with pytest.raises(InputError, match="greater_is_better"):
        em.fairness_scorer(spread, "sex")


def test_an_undefined_group_has_no_score(rows, model):
    X, y = rows
    scorer = em.fairness_scorer("equal_opportunity_difference", "sex")
    assert np.isnan(scorer(model, X, y * X["sex"]))


def test_scorers_travel(rows, model):
    X, y = rows
    scorer = em.fairness_scorer("equalized_odds_difference", "sex")
    assert pickle.loads(pickle.dumps(scorer)) == scorer
    derived = em.fairness_scorer("accuracy_score_group_min", "sex")
    assert pickle.loads(pickle.dumps(derived))(model, X, y) == derived(model, X, y)
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=scorer)
    assert clone(search).scoring == scorer
    assert scorer.__name__ == "equalized_odds_difference"


@pytest.mark.parametrize(
    ("features", "words"),
    [
        (None, "needs to know the groups"),
        ("sexx", "did you mean 'sex'"),
        (pd.Series([0, 1], index=[1, 2], name="sex"), "rows have none"),
        (pd.Series([0, 1], index=[1, 1], name="sex"), "no index occurs twice"),
    ],
)
def test_groups_that_are_not_to_be_found(rows, model, features, words):
    with pytest.raises(InputError, match=words):
        em.fairness_scorer("equalized_odds_difference", features)(model, *rows)


def test_names_need_a_frame(rows, model):
    X, y = rows
    arrays = LogisticRegression().fit(X.to_numpy(), y)
    with pytest.raises(InputError, match="frame"):
        em.fairness_scorer("equalized_odds_difference", "sex")(arrays, X.to_numpy(), y)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("equalised_odds_difference",), {}, "did you mean 'equalized_odds_difference'"),
        (("selection_rate",), {}, "no comparison"),
        (("equalized_odds_difference",), {"response": "transform"}, "predict_proba"),
    ],
)
def test_wrong_scorers_are_refused(arguments, options, words):
    with pytest.raises(InputError, match=words):
        em.fairness_scorer(*arguments, **options)
