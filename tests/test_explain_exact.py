"""The exact engine against enumeration of all column subsets, against SHAP, and against the measured gap."""

import itertools
import math
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import ensemble, tree
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from evenhand.audit.explain import exact_crowd
from evenhand.audit.explain.exact import exact_scale, explain_gap_exact, explain_gaps_exact
from evenhand.errors import InputError, ModelError

ROWS = 90


def table(seed=0, rows=ROWS, *, missing=False):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.integers(0, 4, rows).astype(float)})
    X["c"] = np.where(rng.random(rows) < 0.4, 0.0, rng.normal(size=rows).round(1))
    X["d"] = rng.normal(size=rows)
    group = rng.random(rows) < 0.4
    X.loc[group, "a"] += 0.8
    signal = X["a"] * (X["b"] % 2) + X["c"] - 0.5 * X["d"] * X["c"] + rng.normal(size=rows) / 5
    if missing:
        for name in X:
            X.loc[rng.random(rows) < 0.15, name] = np.nan
    return X, group, signal.to_numpy(), rng.integers(1, 4, rows).astype(float)


def enumerated(score, X, group, other, background):
    """Group-mean Shapley values by definition; rows and shares of the three in pairs."""
    names = list(X.columns)

    def worth(side, taken):
        rows, shares = side
        mixed = X.iloc[np.repeat(rows, len(background[0]))].reset_index(drop=True)
        behind = X.iloc[np.tile(background[0], len(rows))].reset_index(drop=True)
        for name in names:
            if name not in taken:
                mixed[name] = behind[name]
        return np.repeat(shares, len(background[0])) * np.tile(background[1], len(rows)) @ score(mixed)

    size = len(names)
    found = np.zeros(size)
    sets = [set(s) for k in range(size + 1) for s in itertools.combinations(names, k)]
    value = {frozenset(s): worth(group, s) - (worth(other, s) if other is not None else 0.0) for s in sets}
    for at, name in enumerate(names):
        for s in (s for s in sets if name not in s):
            weight = math.factorial(len(s)) * math.factorial(size - len(s) - 1) / math.factorial(size)
            found[at] += weight * (value[frozenset(s | {name})] - value[frozenset(s)])
    return found


def side(rows, weight):
    where = np.flatnonzero(rows)
    return where, weight[where] / weight[where].sum()


def bars(found):
    return np.array([bar.value for bar in found.bars])


def check(model, score, X, group, weight, *, within=1e-8, output=1):
    """Both games, with weights, against enumeration."""
    one, two, everyone = side(group, weight), side(~group, weight), side(group | True, weight)
    given = {"group_rows": group, "reference_rows": ~group, "sample_weight": weight, "output": output}
    common = explain_gap_exact(model, X, **given)
    direct = explain_gap_exact(model, X, game="direct", **given)
    assert bars(common) == pytest.approx(enumerated(score, X, one, two, everyone), abs=within)
    assert bars(direct) == pytest.approx(enumerated(score, X, one, None, two), abs=within)
    assert max(abs(common.residual), abs(direct.residual)) < within
    assert common.gross > 0


FAMILIES = {
    "tree": (tree.DecisionTreeClassifier, {"max_depth": 6}, True),
    "forest": (ensemble.RandomForestClassifier, {"n_estimators": 5}, True),
    "extra trees": (ensemble.ExtraTreesClassifier, {"n_estimators": 5}, True),
    "tree of numbers": (tree.DecisionTreeRegressor, {}, True),
    "forest of numbers": (ensemble.RandomForestRegressor, {"n_estimators": 5}, True),
    "boosted": (ensemble.GradientBoostingClassifier, {"n_estimators": 10}, False),
    "boosted numbers": (ensemble.GradientBoostingRegressor, {"n_estimators": 10, "init": "zero"}, False),
    "histogram": (ensemble.HistGradientBoostingClassifier, {"max_iter": 10, "min_samples_leaf": 4}, True),
    "histogram of numbers": (ensemble.HistGradientBoostingRegressor, {"max_iter": 10, "min_samples_leaf": 4}, True),
}


def margin(model):
    if hasattr(model, "predict_proba") and not hasattr(model, "decision_function"):
        return lambda rows: model.predict_proba(rows)[:, 1]
    return getattr(model, "decision_function", model.predict)


@pytest.mark.parametrize("name", FAMILIES)
def test_equals_enumeration(name):
    kind, options, takes_missing = FAMILIES[name]
    X, group, y, weight = table(rows=50, missing=takes_missing)
    model = kind(random_state=0, **options)
    model.fit(X, y > 0 if hasattr(model, "predict_proba") else y)
    check(model, margin(model), X, group, weight)


def test_linear_models_equal_enumeration():
    X, group, y, weight = table(rows=30)
    for model in (LinearRegression().fit(X, y), Ridge().fit(X, y), LogisticRegression().fit(X, y > 0)):
        check(model, margin(model), X, group, weight)


@pytest.mark.parametrize("kind", [ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor])
def test_categorical_splits_of_histogram_boosting(kind):
    X, group, y, weight = table(rows=60, missing=True)
    X["b"] = pd.Categorical(np.array(list("wxyz"))[X["b"].fillna(0).astype(int)], categories=list("zyxwv"))
    model = kind(max_iter=8, min_samples_leaf=4, categorical_features="from_dtype")
    model.fit(X, y > 0 if kind is ensemble.HistGradientBoostingClassifier else y)
    check(model, margin(model), X, group, weight)


def test_categories_given_by_position_come_first_inside():
    X, group, y, weight = table(rows=60)
    X["b"] += 3.0
    model = ensemble.HistGradientBoostingRegressor(max_iter=8, min_samples_leaf=4, categorical_features=[1])
    check(model.fit(X, y), model.predict, X, group, weight)


@pytest.mark.parametrize("options", [{}, {"zero_as_missing": True}, {"use_missing": False}, {"boosting_type": "rf"}])
def test_lightgbm_equals_enumeration(options):
    lightgbm = pytest.importorskip("lightgbm")
    X, group, y, weight = table(rows=60, missing=True)
    bagged = {"bagging_freq": 1, "bagging_fraction": 0.7} if options.get("boosting_type") == "rf" else {}
    shared = {"n_estimators": 10, "min_child_samples": 4, "verbose": -1, "n_jobs": 1} | options | bagged
    for model, label in ((lightgbm.LGBMClassifier(**shared), y > 0), (lightgbm.LGBMRegressor(**shared), y)):
        model.fit(X, label)
        check(model, lambda rows, model=model: model.predict(rows, raw_score=True), X, group, weight)


def test_lightgbm_categories():
    lightgbm = pytest.importorskip("lightgbm")
    X, group, y, weight = table(rows=60, missing=True)
    X["b"] = pd.Categorical(np.array(list("wxyz"))[X["b"].fillna(0).astype(int)], categories=list("zyxwv"))
    X.loc[3:6, "b"] = None
    model = lightgbm.LGBMClassifier(
        n_estimators=10, min_child_samples=4, verbose=-1, n_jobs=1, min_data_per_group=1, cat_smooth=0
    )
    model.fit(X, y > 0)
    assert any("==" in str(item) for item in model.booster_.trees_to_dataframe()["decision_type"])
    check(model, lambda rows: model.predict(rows, raw_score=True), X, group, weight)


@pytest.mark.parametrize("booster", ["gbtree", "dart"])
def test_xgboost_equals_enumeration(booster):
    xgboost = pytest.importorskip("xgboost")
    X, group, y, weight = table(rows=60, missing=True)
    shared = {"n_estimators": 8, "max_depth": 4, "n_jobs": 1, "booster": booster, "rate_drop": 0.3}
    shared = shared if booster == "dart" else {key: shared[key] for key in shared if key != "rate_drop"}
    for model, label in ((xgboost.XGBClassifier(**shared), (y > 0) * 1), (xgboost.XGBRegressor(**shared), y)):
        model.fit(X, label)

        def score(rows, model=model):
            return model.predict(rows, output_margin=True).astype(float)

        check(model, score, X, group, weight, within=1e-5)


def test_xgboost_categories():
    xgboost = pytest.importorskip("xgboost")
    X, group, y, weight = table(rows=60, missing=True)
    X["b"] = pd.Categorical(np.array(list("wxyz"))[X["b"].fillna(0).astype(int)], categories=list("zyxw"))
    model = xgboost.XGBRegressor(n_estimators=8, max_depth=4, n_jobs=1, enable_categorical=True, max_cat_to_onehot=1)
    model.fit(X, y)
    check(model, lambda rows: model.predict(rows).astype(float), X, group, weight, within=1e-5)


@pytest.mark.parametrize("mode", ["Min", "Max"])
def test_catboost_equals_enumeration(mode):
    catboost = pytest.importorskip("catboost")
    X, group, y, weight = table(rows=60, missing=True)
    shared = {"n_estimators": 8, "depth": 4, "thread_count": 1, "verbose": 0, "nan_mode": mode}
    shared["allow_writing_files"] = False
    for model, label in ((catboost.CatBoostClassifier(**shared), (y > 0) * 1), (catboost.CatBoostRegressor(**shared), y)):
        model.fit(X, label)
        check(model, lambda rows, model=model: model.predict(rows, prediction_type="RawFormulaVal"), X, group, weight)


def test_several_classes():
    X, group, y, weight = table(rows=50)
    label = np.digitize(y, [-0.5, 0.5])
    for kind in (ensemble.RandomForestClassifier, ensemble.GradientBoostingClassifier):
        model = kind(n_estimators=4, random_state=0).fit(X, label)
        ask = getattr(model, "decision_function", model.predict_proba)
        check(model, lambda rows, ask=ask: ask(rows)[:, 2], X, group, weight, output=2)


def test_the_other_class_has_the_opposite_bars():
    X, group, y, _ = table()
    for kind in (ensemble.RandomForestClassifier, ensemble.HistGradientBoostingClassifier, LogisticRegression):
        model = kind().fit(X, y > 0)
        one, other = (
            explain_gap_exact(model, X, group_rows=group, reference_rows=~group, output=output) for output in (1, 0)
        )
        assert bars(one) == pytest.approx(-bars(other), abs=1e-10)


def piped(estimator, X, y):
    columns = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["town"]), (StandardScaler(), ["a", "c"]), remainder="passthrough"
    )
    return make_pipeline(columns, estimator).fit(X, y)


@pytest.mark.parametrize("estimator", [ensemble.RandomForestClassifier(6, random_state=0), LogisticRegression()])
def test_a_source_column_is_one_player(estimator):
    X, group, y, weight = table(rows=50)
    X["town"] = np.array(list("uvwx"))[X.pop("b").astype(int)]
    model = piped(estimator, X, y > 0)
    check(model, margin(model), X, group, weight)
    assert [bar.player for bar in explain_gap_exact(model, X, group_rows=group, reference_rows=~group).bars] == list(X)
