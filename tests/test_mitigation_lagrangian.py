"""A constraint through row weights: on boosters, on held-out rows, with one model kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from evenhand.audit.model import load_model, save_model
from evenhand.errors import EvenhandWarning, InputError
from evenhand.metrics import (
    demographic_parity_difference,
    equal_opportunity_difference,
    equalized_odds_difference,
)
from evenhand.mitigation import LagrangianWeights
from evenhand.mitigation.constraints import CONSTRAINTS, cell_gaps, constraint_cells
from evenhand.mitigation.lagrangian_loop import costs
from evenhand.mitigation.splitting import held_out

quick = settings(max_examples=40, deadline=None)
unmet = pytest.mark.filterwarnings("ignore:no model was found:evenhand.errors.EvenhandWarning")


def table(rows=1500, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    X = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows), "m": (sex == "M") * 1.0})
    y = (X["a"] + (sex == "M") + rng.normal(size=rows) > 0.8).astype(int).to_numpy()
    return X, y, sex


def boosters():
    made = [pytest.param(HistGradientBoostingClassifier(max_iter=15, random_state=0), id="histogram")]
    lightgbm = pytest.importorskip("lightgbm")
    xgboost = pytest.importorskip("xgboost")
    made.append(pytest.param(lightgbm.LGBMClassifier(n_estimators=15, n_jobs=1, verbose=-1), id="lightgbm"))
    made.append(pytest.param(xgboost.XGBClassifier(n_estimators=15, max_depth=3, n_jobs=1), id="xgboost"))
    return made


@unmet
@pytest.mark.parametrize("booster", boosters())
def test_boosters_narrow_their_gap_on_new_rows(booster):
    X, y, sex = table()
    new, labels, groups = table(seed=1)
    before = booster.fit(X, y).predict(new)
    after = LagrangianWeights(booster, max_iter=10).fit(X, y, sensitive_features=sex).predict(new)
    gap = equalized_odds_difference(labels, before, sensitive_features=groups)
    assert equalized_odds_difference(labels, after, sensitive_features=groups) < 0.6 * gap


@unmet
@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("demographic_parity", lambda y, p, g: demographic_parity_difference(y, p, sensitive_features=g)),
        ("equal_opportunity", lambda y, p, g: equal_opportunity_difference(y, p, sensitive_features=g)),
    ],
)
def test_every_constraint_narrows_its_own_gap(name, measure):
    X, y, sex = table()
    plain = measure(y, LogisticRegression().fit(X, y).predict(X), sex)
    model = LagrangianWeights(LogisticRegression(), constraint=name, max_iter=15).fit(
        X, y, sensitive_features=sex
    )
    assert measure(y, model.predict(X), sex) < plain / 2


def test_the_best_round_is_kept():
    X, y, sex = table()
    model = LagrangianWeights(LogisticRegression(), eps=0.06, max_iter=15).fit(X, y, sensitive_features=sex)
    best = model.history_[model.best_iter_]
    assert model.converged_
    assert best["gap"] <= 0.06
    assert all(step["error"] >= best["error"] for step in model.history_ if step["gap"] <= 0.06)
    np.testing.assert_array_equal(model.multipliers_, best["multipliers"])
    assert len(model.history_) == model.n_iter_


@quick
@given(st.integers(0, 1000), st.sampled_from(sorted(CONSTRAINTS)))
def test_costs_are_the_slope_of_error_plus_priced_gaps(seed, name):
    rng = np.random.default_rng(seed)
    labels, groups = rng.integers(0, 2, 40), rng.integers(0, 3, 40)
    weights, prices = rng.random(40) + 0.1, rng.normal(size=(len(CONSTRAINTS[name].events), 3))
    cells = constraint_cells(CONSTRAINTS[name], labels, groups, 3, weights)

    def objective(decisions):
        error = np.average(np.where(labels == 1, 1 - decisions, decisions), weights=weights)
        return error + (prices * (cells.mass > 0) * cell_gaps(cells, decisions)).sum()

    slopes = np.array([objective(row) - objective(np.zeros(40)) for row in np.eye(40)])
    expected = -slopes * weights.sum()
    np.testing.assert_allclose(costs(labels, cells, prices * (cells.mass > 0)), expected, atol=1e-9)


@quick
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.floats(0.05, 0.9), st.integers(0, 9))
def test_a_split_is_a_partition_and_leaves_each_cell_a_row(cells, fraction, seed):
    kept, held = held_out(np.array(cells), fraction, seed)
    assert sorted([*kept, *held]) == list(range(len(cells)))
    rows, taken = np.bincount(cells, minlength=5), np.bincount(np.array(cells)[held], minlength=5)
    assert (taken < np.maximum(rows, 1)).all()
    assert (np.abs(taken - fraction * rows)[rows > 1] <= 1).all()


@unmet
def test_intersections_and_weights():
    X, y, sex = table()
    groups = pd.DataFrame({"sex": sex, "old": X["b"] > 0})
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    weights = np.random.default_rng(0).random(len(y))
    model = LagrangianWeights(inner, max_iter=4).fit(X, y, sensitive_features=groups, sample_weight=weights)
    assert model.multipliers_.shape == (2, 4)
    assert len(model.groups_) == 4


def test_a_constraint_that_cannot_be_met_is_said():
    X, y, sex = table(400)
    with pytest.warns(EvenhandWarning, match=r"has a gap of 0\.\d+ where eps allows 0\.0010"):
        model = LagrangianWeights(DecisionTreeClassifier(max_depth=1), eps=0.001, max_iter=2).fit(
            X, y, sensitive_features=sex
        )
    assert not model.converged_


@unmet
def test_a_time_limit_keeps_the_best_so_far():
    X, y, sex = table(400)
    with pytest.warns(EvenhandWarning, match="after 1 models"):
        model = LagrangianWeights(LogisticRegression(), time_limit=0).fit(X, y, sensitive_features=sex)
    assert model.stopped_
    assert model.best_iter_ == 0


@unmet
def test_a_group_without_positives_is_said():
    X, y, sex = table(400)
    groups = np.where((y == 0) & (X["b"] > 0), "none", sex)
    with pytest.warns(EvenhandWarning, match="none with label 1"):
        LagrangianWeights(LogisticRegression(), max_iter=2).fit(X, y, sensitive_features=groups)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": KNeighborsClassifier()}, "must accept sample_weight.*resample"),
        ({"estimator": LinearRegression()}, "LinearRegression is a regressor"),
        ({"constraint": "odds"}, "there is no constraint called 'odds'"),
        ({"eps": 1, "step": 0, "max_iter": 0, "validation_fraction": 1}, "4 problems"),
        ({"validation_fraction": 0.001}, "must hold both classes"),
    ],
)
def test_bad_input_is_refused(options, words):
    X, y, sex = table(60)
    with pytest.raises(InputError, match=words):
        LagrangianWeights(**{"estimator": LogisticRegression(), **options}).fit(X, y, sensitive_features=sex)


@unmet
def test_it_repeats_and_scores_through_the_door(tmp_path):
    X, y, sex = table(400)
    words = np.where(y == 1, "yes", "no")
    fits = [
        LagrangianWeights(LogisticRegression(), max_iter=3).fit(X, words, sensitive_features=sex)
        for _ in "ab"
    ]
    np.testing.assert_array_equal(fits[0].predict_proba(X), fits[1].predict_proba(X))
    save_model(fits[0], tmp_path / "model.skops")
    door = load_model(tmp_path / "model.skops")
    np.testing.assert_array_equal(door.scores(X, "yes"), fits[0].predict_proba(X)[:, 1])
