"""Thresholds as estimators: what they promise, on real data, and what they refuse."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from evenhand.audit.model import load_model, save_model
from evenhand.errors import EvenhandWarning, InputError
from evenhand.metrics import demographic_parity_difference, equalized_odds_difference
from evenhand.mitigation import GroupThresholds, SharedThreshold
from evenhand.mitigation.score_moves import moved, row_draws
from evenhand.mitigation.threshold_curves import curves_of_rows
from evenhand.mitigation.threshold_goal import constraint_of, utility_of
from evenhand.mitigation.threshold_mixing import best_mixtures

PARITY = {"constraint": "demographic_parity_difference"}


def table(rows=1200, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    X = pd.DataFrame(
        {"a": rng.normal(size=rows) + 0.7 * (sex == "M"), "b": rng.normal(size=rows), "sex": sex}
    )
    y = (X["a"] + 0.5 * (sex == "M") + rng.normal(size=rows) > 0.6).astype(int).to_numpy()
    return X, y, X["sex"]


NUMBERS = ["a", "b"]


def fitted(model, rows=1200, seed=0):
    X, y, sex = table(rows, seed)
    return model.fit(X[NUMBERS], y, sensitive_features=sex), X[NUMBERS], y, sex


@pytest.mark.parametrize("randomised", [False, True])
def test_the_limit_is_kept_on_the_scores_it_was_found_on(randomised):
    model, X, y, sex = fitted(
        GroupThresholds(LogisticRegression(), cv=None, limit=0.05, randomised=randomised)
    )
    decided = model.predict(X, sensitive_features=sex)
    assert model.met_
    assert model.gap_ <= 0.05 + 1e-9 < model.unmitigated_gap_
    gap = equalized_odds_difference(y, decided, sensitive_features=sex)
    assert gap == pytest.approx(model.gap_, abs=1e-9 if not randomised else 0.05)


def test_the_utility_is_the_accuracy_of_the_decisions():
    model, X, y, sex = fitted(GroupThresholds(LogisticRegression(), cv=None, **PARITY))
    assert model.score(X, y, sensitive_features=sex) == pytest.approx(model.utility_)


def test_probabilities_decide_at_one_half_and_keep_the_order_within_a_group():
    model, X, _, sex = fitted(GroupThresholds(LogisticRegression(), **PARITY))
    chance = model.predict_proba(X, sensitive_features=sex)
    np.testing.assert_array_equal(chance[:, 1] >= 0.5, model.predict(X, sensitive_features=sex) == 1)
    before = model.estimator_.predict_proba(X)[:, 1]
    for group in ("F", "M"):
        held = (sex == group).to_numpy()
        assert (np.diff(chance[held, 1][np.argsort(before[held])]) >= 0).all()


def test_strength_goes_from_no_effect_to_the_limit():
    gaps = []
    for strength in (0.0, 0.5, 1.0):
        model, X, _, sex = fitted(
            GroupThresholds(LogisticRegression(), cv=None, strength=strength, limit=0.02, **PARITY)
        )
        gaps.append(
            demographic_parity_difference(
                None, model.predict(X, sensitive_features=sex), sensitive_features=sex
            )
        )
        if strength == 0:
            np.testing.assert_array_equal(
                model.predict(X, sensitive_features=sex), model.estimator_.predict(X)
            )
    assert gaps[0] > gaps[1] > gaps[2]


def test_draws_belong_to_the_row_and_hit_the_shares():
    X = np.random.default_rng(0).normal(size=(20_000, 2))
    draws = row_draws(X, X[:, 0], seed=0)
    order = np.random.default_rng(1).permutation(len(X))
    np.testing.assert_array_equal(row_draws(X[order], X[order, 0], seed=0), draws[order])
    assert (row_draws(X, X[:, 0], seed=1) != draws).mean() > 0.99
    np.testing.assert_allclose(np.quantile(draws, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.02)


def test_moved_scores_reach_one_half_exactly_at_the_threshold():
    rng = np.random.default_rng(0)
    scores = np.append(rng.random(500), [0.0, 1.0])
    for threshold in (-0.1, 0.0, 1e-300, 0.3, scores[0], 0.999999, 1.0, 1.5, np.inf):
        new = moved(scores, threshold)
        np.testing.assert_array_equal(new >= 0.5, scores >= threshold)
        assert ((new >= 0) & (new <= 1)).all()
        assert (np.diff(new[np.argsort(scores, kind="stable")]) >= 0).all()


def test_one_threshold_for_all_needs_no_group_to_decide():
    model, X, _, sex = fitted(SharedThreshold(LogisticRegression(), limit=0.2, cv=None, **PARITY))
    decided = model.predict(X)
    assert model.gap_ == pytest.approx(demographic_parity_difference(None, decided, sensitive_features=sex))
    assert model.gap_ <= 0.2
    assert (model.needs_sensitive, GroupThresholds.needs_sensitive) == ("training", "decision")


def test_a_named_column_gives_the_groups_and_the_model_goes_through_the_door(tmp_path):
    X, y, sex = table()
    X = X.assign(sex=(sex == "M") * 1)
    for randomised in (False, True):
        model = GroupThresholds(LogisticRegression(), sensitive_columns="sex", cv=2, randomised=randomised)
        model.fit(X, np.where(y == 1, "yes", "no"))
        save_model(model, tmp_path / "model.skops")
        again = load_model(tmp_path / "model.skops")
        np.testing.assert_array_equal(again.decide(X, "yes"), model.predict(X) == "yes")


def test_the_positive_class_may_be_the_lesser_one():
    X, y, sex = table()
    good_is_one = np.where(y == 1, 1, 2)
    ours = GroupThresholds(LogisticRegression(), pos_label=1, cv=None).fit(
        X[NUMBERS], good_is_one, sensitive_features=sex
    )
    theirs = GroupThresholds(LogisticRegression(), cv=None).fit(X[NUMBERS], y, sensitive_features=sex)
    same = ours.predict(X[NUMBERS], sensitive_features=sex) == 1
    np.testing.assert_array_equal(same, theirs.predict(X[NUMBERS], sensitive_features=sex) == 1)


def test_a_frozen_estimator_is_taken_as_it_is():
    X, y, sex = table()
    trained = LogisticRegression().fit(X[NUMBERS], y)
    model = GroupThresholds(FrozenEstimator(trained)).fit(X[NUMBERS], y, sensitive_features=sex)
    np.testing.assert_array_equal(
        model.estimator_.predict_proba(X[NUMBERS]), trained.predict_proba(X[NUMBERS])
    )


def test_it_clones_pickles_and_goes_through_a_pipeline():
    model, X, y, sex = fitted(GroupThresholds(LogisticRegression(C=0.5)))
    assert clone(model).get_params()["estimator__C"] == 0.5
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.predict(X, sensitive_features=sex), model.predict(X, sensitive_features=sex)
    )
    with config_context(enable_metadata_routing=True):
        piped = make_pipeline(StandardScaler(), clone(model)).fit(X, y, sensitive_features=sex)
        assert piped.predict(X, sensitive_features=sex).shape == y.shape
        scores = cross_validate(clone(model), X, y, params={"sensitive_features": sex.to_numpy()}, cv=2)
    assert scores["test_score"].mean() > 0.6


# ---- what it refuses, and what it says ------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (GroupThresholds(LinearRegression()), "LinearRegression is a regressor"),
        (GroupThresholds(LinearSVC()), "LinearSVC has none"),
        (GroupThresholds(LogisticRegression(), constraint="x"), "no metric is called 'x'"),
        (GroupThresholds(LogisticRegression(), limit=3), "between 0 and 1, got 3"),
        (GroupThresholds(LogisticRegression(), strength=2, min_group_size=-1), "2 problems were found"),
        (GroupThresholds(LogisticRegression(), unseen="ignore"), "'error', 'pooled', got 'ignore'"),
        (GroupThresholds(LogisticRegression(), cv=1), "at least 2 folds"),
        (GroupThresholds(LogisticRegression(), objective="f1"), "must be one of accuracy"),
        (GroupThresholds(LogisticRegression(), pos_label="yes"), "positive label 'yes'"),
    ],
)
def test_bad_parameters_are_refused(model, words):
    with pytest.raises(InputError, match=words):
        fitted(model, rows=100)


def test_groups_are_asked_for_when_deciding():
    model, X, _, _ = fitted(GroupThresholds(LogisticRegression()))
    with pytest.raises(InputError, match="needs the group of each row to decide"):
        model.predict(X)
    with pytest.raises(InputError, match="X has 1,200 rows, sensitive_features 3"):
        model.predict(X, sensitive_features=["F", "M", "F"])


def test_a_missing_sensitive_column_is_named_when_deciding():
    X, y, sex = table()
    X = X.assign(sex=(sex == "M") * 1)
    model = GroupThresholds(LogisticRegression(), sensitive_columns="sex").fit(X, y)
    with pytest.raises(InputError, match="no column 'sex'"):
        model.predict(X.rename(columns={"sex": "gender"}))


def test_an_unseen_group_is_refused_or_pooled():
    model, X, _, sex = fitted(GroupThresholds(LogisticRegression()))
    new = sex.where(np.arange(len(sex)) > 10, "X")
    with pytest.raises(InputError, match="not: X; train on rows of them, or set unseen='pooled'"):
        model.predict(X, sensitive_features=new)
    pooled, X, _, _ = fitted(GroupThresholds(LogisticRegression(), unseen="pooled"))
    first = pooled.estimator_.predict_proba(X)[:11, 1] >= pooled.pooled_threshold_
    np.testing.assert_array_equal(pooled.predict(X, sensitive_features=new)[:11] == 1, first)


def test_a_group_without_positives_is_said_and_pooled():
    X, y, sex = table()
    three = sex.where(np.arange(len(sex)) >= 100, "X")
    y = np.where(three == "X", 0, y)
    with pytest.warns(EvenhandWarning, match=r"not held to the limit: X \(0\)"):
        model = GroupThresholds(LogisticRegression(), constraint="equal_opportunity_difference").fit(
            X[NUMBERS], y, sensitive_features=three
        )
    assert model.free_groups_ == [("X",)]
    assert model.thresholds_[model.groups_.index(("X",))].tolist() == [model.pooled_threshold_]


def test_one_positive_in_a_group_does_not_rule_the_others():
    X, y, sex = table()
    three = sex.where(np.arange(len(sex)) >= 40, "X")
    y = np.where(three == "X", np.arange(len(y)) == 0, y)
    with pytest.warns(EvenhandWarning, match=r"X \(1\)"):
        model = GroupThresholds(LogisticRegression(), constraint="equal_opportunity_difference").fit(
            X[NUMBERS], y, sensitive_features=three
        )
    assert model.met_


def test_a_limit_that_cannot_be_met_is_said_with_the_best_that_can():
    rng = np.random.default_rng(0)
    X, sex = rng.integers(0, 2, (400, 1)).astype(float), np.repeat(["F", "M"], 200)
    y = (rng.random(400) < np.where(sex == "F", 0.2, 0.8)).astype(int)
    with pytest.warns(EvenhandWarning, match="no choice brings .* the best that can be reached is"):
        model = GroupThresholds(
            LogisticRegression(), constraint="accuracy_difference", limit=0.0, cv=None
        ).fit(X, y, sensitive_features=sex)
    assert not model.met_


def test_a_limit_kept_by_selecting_nobody_is_said():
    model = SharedThreshold(LogisticRegression(), limit=0.0, cv=None, **PARITY)
    with pytest.warns(EvenhandWarning, match="the choice selects (nobody|everybody)"):
        fitted(model)


def test_a_single_row_of_a_class_cannot_be_held_out():
    X, _, sex = table(60)
    y = np.eye(1, 60, dtype=int)[0]
    with pytest.raises(InputError, match="set cv=None"):
        GroupThresholds(LogisticRegression()).fit(X[NUMBERS], y, sensitive_features=sex)


# ---- on real data: fairlearn's objective, or better -----------------------------------------------


def real(shared_data, name):
    """Give labels, groups and out-of-fold scores of a real data set."""
    if name == "german":
        data = pd.read_csv(shared_data("german_credit.csv"))
        y, sex = data["credit_risk"] == 1, data["personal_status_sex"].isin(["A92", "A95"])
        inputs = data.drop(columns=["credit_risk"])
    elif name == "law":
        data = pd.read_parquet(shared_data("law_school_lsac.parquet")).sample(6000, random_state=0)
        y, sex, inputs = data["pass_bar"] == 1, data["race1"].fillna("?"), data[["lsat", "ugpa", "fam_inc"]]
    elif name == "taiwan":
        data = pd.read_parquet(shared_data("default_credit_taiwan.parquet")).sample(6000, random_state=0)
        target = data.columns[-1]
        y, sex, inputs = data[target] == 1, data["SEX"], data.drop(columns=[target, "ID"], errors="ignore")
    else:
        data = pd.read_parquet(shared_data("adult.parquet")).sample(6000, random_state=0)
        y, sex = data["income"].str.contains(">50K"), data["sex"]
        inputs = data[["age", "education-num", "hours-per-week", "race", "sex"]]
    coded = pd.get_dummies(inputs).fillna(0).astype(float)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    half = len(y) // 2
    model.fit(coded[:half], y[:half])
    return (
        y[half:].to_numpy().astype(int),
        sex[half:].astype(str).to_numpy(),
        model.predict_proba(coded[half:])[:, 1],
    )


class Ready(LogisticRegression):
    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])


@pytest.mark.parametrize("name", ["adult", "german", "law", "taiwan"])
@pytest.mark.parametrize("constraints", ["equalized_odds", "demographic_parity"])
def test_fairlearns_objective_or_better_on_real_data(shared_data, name, constraints):
    y, sex, scores = real(shared_data, name)
    both = [g for g in np.unique(sex) if len(np.unique(y[sex == g])) == 2]
    kept = np.isin(sex, both)
    y, sex, scores = y[kept], sex[kept], scores[kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = ThresholdOptimizer(
            estimator=Ready().fit(None, None),
            constraints=constraints,
            prefit=True,
            predict_method="predict_proba",
        ).fit(scores[:, None], y, sensitive_features=sex)
        chance = theirs._pmf_predict(scores[:, None], sensitive_features=sex)[:, 1]
    codes = np.unique(sex, return_inverse=True)[1]
    found = best_mixtures(
        curves_of_rows(scores, y, codes, len(both)),
        constraint_of(f"{constraints}_difference", 0.0),
        utility_of("accuracy", y.sum(), (1 - y).sum()),
    )
    assert found.gap <= 1e-9
    assert found.utility >= np.mean(np.where(y == 1, chance, 1 - chance)) - 1e-9
