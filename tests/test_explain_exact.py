"""The exact engine against enumeration of all column subsets, against SHAP, and against the measured gap."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit
from sklearn import ensemble, tree
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from evenhand.audit.explain import exact_crowd, exact_sides, exact_walk
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
    "histogram of numbers": (
        ensemble.HistGradientBoostingRegressor,
        {"max_iter": 10, "min_samples_leaf": 4},
        True,
    ),
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


@pytest.mark.parametrize(
    "kind", [ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor]
)
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


@pytest.mark.parametrize(
    "options", [{}, {"zero_as_missing": True}, {"use_missing": False}, {"num_leaves": 4}]
)
def test_lightgbm_equals_enumeration(options):
    lightgbm = pytest.importorskip("lightgbm")
    X, group, y, weight = table(rows=60, missing=True)
    shared = {"n_estimators": 10, "min_child_samples": 4, "verbose": -1, "n_jobs": 1} | options
    for model, label in ((lightgbm.LGBMClassifier(**shared), y > 0), (lightgbm.LGBMRegressor(**shared), y)):
        model.fit(X, label)
        check(model, lambda rows, model=model: model.predict(rows, raw_score=True), X, group, weight)


def test_lightgbm_forests_average_their_trees():
    lightgbm = pytest.importorskip("lightgbm")
    X, group, y, weight = table(rows=60)
    bagged = {"bagging_freq": 1, "bagging_fraction": 0.7, "boosting_type": "rf", "min_child_samples": 4}
    model = lightgbm.LGBMClassifier(n_estimators=6, verbose=-1, n_jobs=1, **bagged).fit(X, y > 0)
    check(model, lambda rows: logit(model.predict_proba(rows)[:, 1]), X, group, weight)


def test_lightgbm_categories():
    lightgbm = pytest.importorskip("lightgbm")
    X, group, y, weight = table(rows=60, missing=True)
    X["b"] = pd.Categorical(np.array(list("wxyz"))[X["b"].fillna(0).astype(int)], categories=list("zyxwv"))
    X.loc[3:6, "b"] = None
    loose = {
        "min_data_per_group": 1,
        "cat_smooth": 0,
        "cat_l2": 0,
        "min_data_in_bin": 1,
        "max_cat_to_onehot": 1,
    }
    model = lightgbm.LGBMClassifier(n_estimators=20, min_child_samples=2, verbose=-1, n_jobs=1, **loose)
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
    model = xgboost.XGBRegressor(
        n_estimators=8, max_depth=4, n_jobs=1, enable_categorical=True, max_cat_to_onehot=1
    )
    model.fit(X, y)
    check(model, lambda rows: model.predict(rows).astype(float), X, group, weight, within=1e-5)


@pytest.mark.parametrize("policy", ["SymmetricTree", "Depthwise", "Lossguide"])
@pytest.mark.parametrize("mode", ["Min", "Max"])
def test_catboost_equals_enumeration(mode, policy):
    catboost = pytest.importorskip("catboost")
    X, group, y, weight = table(rows=60, missing=True)
    shared = {"n_estimators": 8, "depth": 4, "thread_count": 1, "verbose": 0, "nan_mode": mode}
    shared |= {"allow_writing_files": False, "grow_policy": policy}
    for model, label in (
        (catboost.CatBoostClassifier(**shared), (y > 0) * 1),
        (catboost.CatBoostRegressor(**shared), y),
    ):
        model.fit(X, label)
        check(
            model,
            lambda rows, model=model: model.predict(rows, prediction_type="RawFormulaVal"),
            X,
            group,
            weight,
        )


def test_several_classes():
    X, group, y, weight = table(rows=50)
    label = np.digitize(y, [-0.5, 0.5])
    for kind in (ensemble.RandomForestClassifier, ensemble.GradientBoostingClassifier):
        model = kind(n_estimators=4, random_state=0).fit(X, label)
        ask = getattr(model, "decision_function", model.predict_proba)
        check(model, lambda rows, ask=ask: ask(rows)[:, 2], X, group, weight, output=2)


def boosters():
    """The three boosters, small, each with how it is asked for its margin."""
    shared = {"n_estimators": 4, "random_state": 0}
    lightgbm = pytest.importorskip("lightgbm")
    yield lightgbm.LGBMClassifier(**shared, min_child_samples=4, verbose=-1, n_jobs=1), {"raw_score": True}
    yield pytest.importorskip("xgboost").XGBClassifier(**shared, n_jobs=1), {"output_margin": True}
    quiet = {"verbose": 0, "thread_count": 1, "allow_writing_files": False}
    catboost = pytest.importorskip("catboost")
    yield catboost.CatBoostClassifier(**shared, **quiet), {"prediction_type": "RawFormulaVal"}
    nodes = catboost.CatBoostClassifier(**shared, **quiet, grow_policy="Lossguide")
    yield nodes, {"prediction_type": "RawFormulaVal"}


def test_several_classes_of_boosters():
    X, group, y, weight = table(rows=50)
    for model, how in boosters():
        model.fit(X, np.digitize(y, [-0.5, 0.5]))

        def score(rows, model=model, how=how):
            return np.asarray(model.predict(rows, **how), dtype=float)[:, 2]

        check(model, score, X, group, weight, within=1e-5, output=2)


def test_the_other_class_of_boosters_has_the_opposite_bars():
    X, group, y, _ = table(rows=50)
    for model, _ in boosters():
        model.fit(X, (y > 0) * 1)
        one, other = (
            explain_gap_exact(model, X, group_rows=group, reference_rows=~group, output=output)
            for output in (1, 0)
        )
        assert bars(one) == pytest.approx(-bars(other), abs=1e-10)
        assert abs(other.residual) < 1e-5


def test_the_other_class_has_the_opposite_bars():
    X, group, y, _ = table()
    for kind in (
        ensemble.RandomForestClassifier,
        ensemble.HistGradientBoostingClassifier,
        LogisticRegression,
    ):
        model = kind().fit(X, y > 0)
        one, other = (
            explain_gap_exact(model, X, group_rows=group, reference_rows=~group, output=output)
            for output in (1, 0)
        )
        assert bars(one) == pytest.approx(-bars(other), abs=1e-10)


def piped(estimator, X, y):
    columns = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["town"]),
        (StandardScaler(), ["a", "c"]),
        remainder="passthrough",
    )
    return make_pipeline(columns, estimator).fit(X, y)


@pytest.mark.parametrize(
    "estimator", [ensemble.RandomForestClassifier(6, random_state=0), LogisticRegression()]
)
def test_a_source_column_is_one_player(estimator):
    X, group, y, weight = table(rows=50)
    X["town"] = np.array(list("uvwx"))[X.pop("b").astype(int)]
    model = piped(estimator, X, y > 0)
    check(model, margin(model), X, group, weight)
    assert [
        bar.player for bar in explain_gap_exact(model, X, group_rows=group, reference_rows=~group).bars
    ] == list(X)


def test_sparse_and_merged_counts_equal_full_ones(monkeypatch):
    X, group, y, weight = table(rows=250, missing=True)
    model = ensemble.RandomForestRegressor(2, random_state=0).fit(X, y)
    given = {"group_rows": group, "reference_rows": ~group, "sample_weight": weight}
    full = explain_gap_exact(model, X, **given)
    for module in (exact_crowd, exact_walk):
        monkeypatch.setattr(module, "MOST_DENSE", 2)
    for at_least in (10, 10_000):
        monkeypatch.setattr(exact_crowd, "MERGE_FROM", at_least)
        found = explain_gap_exact(model, X, **given)
        assert bars(found) == pytest.approx(bars(full), abs=1e-12)
        assert errors(found) == pytest.approx(errors(full), rel=1e-4)


def errors(found):
    return np.array([bar.sampling_error for bar in found.bars])


def test_several_gaps_at_once_are_each_their_own():
    X, _, y, weight = table(rows=300)
    model = ensemble.HistGradientBoostingRegressor(max_iter=10).fit(X, y)
    three = np.arange(300) % 3
    given = {"sample_weight": weight, "blocks": 30}
    together = explain_gaps_exact(
        model, X, gaps=[(three == 1, three == 0), (three == 2, three == 0)], **given
    )
    for level, found in zip((1, 2), together, strict=True):
        alone = explain_gap_exact(model, X, group_rows=three == level, reference_rows=three == 0, **given)
        assert bars(found) == pytest.approx(bars(alone), abs=1e-12)
        assert errors(found) == pytest.approx(errors(alone), rel=0.35)


@pytest.mark.parametrize("game", ["common", "direct"])
def test_the_sampling_error_is_the_spread_over_samples(game):
    X, group, y, _ = table(rows=4000)
    model = ensemble.GradientBoostingRegressor(n_estimators=15, random_state=0).fit(X[:500], y[:500])
    runs = [
        explain_gap_exact(
            model,
            part.reset_index(drop=True),
            group_rows=group[part.index],
            game=game,
            reference_rows=~group[part.index],
        )
        for part in (X.iloc[at : at + 100] for at in range(0, 4000, 100))
    ]
    seen = np.std([bars(run) for run in runs], axis=0, ddof=1)
    told = np.sqrt(np.mean([errors(run) ** 2 for run in runs], axis=0))
    assert told == pytest.approx(seen, rel=0.35)
    assert all(bar.monte_carlo_error == 0 for bar in runs[0].bars)


def test_the_error_from_a_sample_of_rows_is_that_from_all(monkeypatch):
    X, group, y, weight = table(rows=6000)
    model = ensemble.GradientBoostingRegressor(n_estimators=10, random_state=0).fit(X, y)
    given = {"group_rows": group, "reference_rows": ~group, "sample_weight": weight, "blocks": 60}
    monkeypatch.setattr(exact_sides, "SAMPLED", 1000)
    part = explain_gap_exact(model, X, **given)
    monkeypatch.setattr(exact_sides, "SAMPLED", 12_000)
    assert errors(part) == pytest.approx(errors(explain_gap_exact(model, X, **given)), rel=0.3)


def test_a_weight_of_two_is_a_row_twice():
    X, group, y, _ = table(rows=60)
    model = tree.DecisionTreeRegressor(random_state=0).fit(X, y)
    twice = np.r_[np.arange(60), np.arange(20)]
    weight = np.where(np.arange(60) < 20, 2.0, 1.0)
    one = explain_gap_exact(model, X, group_rows=group, reference_rows=~group, sample_weight=weight)
    two = explain_gap_exact(
        model, X.iloc[twice].reset_index(drop=True), group_rows=group[twice], reference_rows=~group[twice]
    )
    assert bars(one) == pytest.approx(bars(two), abs=1e-12)


def test_swapping_the_groups_flips_the_signs_of_the_common_game():
    X, group, y, _ = table()
    model = tree.DecisionTreeRegressor(random_state=0).fit(X, y)
    one = explain_gap_exact(model, X, group_rows=group, reference_rows=~group)
    two = explain_gap_exact(model, X, group_rows=~group, reference_rows=group)
    assert bars(one) == pytest.approx(-bars(two), abs=1e-12)
    assert errors(one) == pytest.approx(errors(two), rel=0.5)


def test_sums_to_the_gap_of_adult(adult):
    X = adult.drop(columns=["income", "split"])
    X = X.apply(lambda column: column if column.dtype.kind in "iuf" else pd.factorize(column, sort=True)[0])
    women = (adult["sex"] == "Female").to_numpy()
    label = (adult["income"] == ">50K").to_numpy()
    for model in (
        ensemble.RandomForestClassifier(2, max_depth=8, random_state=0),
        ensemble.HistGradientBoostingClassifier(max_iter=10, random_state=0),
    ):
        found = explain_gap_exact(model.fit(X, label), X, group_rows=women, reference_rows=~women)
        assert abs(found.residual) < 1e-8
        assert found.rows == len(X)
        assert found.bar("relationship").interval.high < 0


def test_scales():
    X, _, y, _ = table()
    assert exact_scale(tree.DecisionTreeClassifier().fit(X, y > 0), X) == "probability"
    assert exact_scale(ensemble.HistGradientBoostingClassifier().fit(X, y > 0), X) == "log-odds"
    assert exact_scale(ensemble.HistGradientBoostingRegressor(loss="poisson").fit(X, y**2), X) == "margin"
    assert exact_scale(LinearRegression().fit(X, y), X) == "prediction"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (KNeighborsClassifier(), "KNeighborsClassifier is neither"),
        (PoissonRegressor(), "another function"),
        (make_pipeline(PCA(2), tree.DecisionTreeClassifier()), "mixes columns"),
        (ensemble.GradientBoostingClassifier(init=LogisticRegression()), "no constant"),
    ],
)
def test_models_that_cannot_be_counted_are_refused(model, said):
    X, group, y, _ = table()
    model.fit(X, y**2 if isinstance(model, PoissonRegressor) else (y > 0) * 1)
    with pytest.raises(ModelError, match=said):
        explain_gap_exact(model, X, group_rows=group, reference_rows=~group)


def test_linear_trees_of_lightgbm_are_refused():
    lightgbm = pytest.importorskip("lightgbm")
    X, group, y, _ = table()
    model = lightgbm.LGBMRegressor(n_estimators=3, linear_tree=True, verbose=-1, n_jobs=1).fit(X, y)
    with pytest.raises(ModelError, match="linear models"):
        explain_gap_exact(model, X, group_rows=group, reference_rows=~group)


def test_a_missing_class_and_bad_options_are_refused():
    X, group, y, _ = table()
    model = tree.DecisionTreeClassifier().fit(X, y > 0)
    with pytest.raises(ModelError, match="outputs 0 to 1"):
        explain_gap_exact(model, X, group_rows=group, reference_rows=~group, output=2)
    with pytest.raises(InputError, match="blocks"):
        explain_gap_exact(model, X, group_rows=group, reference_rows=~group, blocks=1)
    with pytest.raises(InputError, match="weight above 0"):
        explain_gap_exact(model, X, group_rows=[], reference_rows=~group)


def test_a_single_row_has_no_sampling_error():
    X, _, y, _ = table()
    found = explain_gap_exact(
        tree.DecisionTreeRegressor().fit(X, y), X, group_rows=[0], reference_rows=np.arange(1, 50)
    )
    assert all(bar.interval is None for bar in found.bars)
    assert abs(found.residual) < 1e-8


def test_a_stump_without_conditions_contributes_nothing():
    X, group, _, _ = table()
    model = tree.DecisionTreeRegressor().fit(X, np.ones(len(X)))
    found = explain_gap_exact(model, X, group_rows=group, reference_rows=~group)
    assert bars(found).tolist() == [0.0] * 4
