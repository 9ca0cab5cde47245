"""The exact engine against SHAP's interventional tree explainer, where that one is sound and where not."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import ensemble

from evenhand.audit.explain.exact import explain_gap_exact
from evenhand.tests.test_explain_exact import FAMILIES, bars, table


def quiet_shap():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    return shap


def shap_values(model, X, background):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer = quiet_shap().TreeExplainer(
            model, background, feature_perturbation="interventional", model_output="raw"
        )
        values = np.asarray(explainer.shap_values(X, check_additivity=False))
    return values[..., 1] if values.ndim == 3 else values


def shap_bars(model, X, group):
    # A plain background of more than a hundred rows would be sampled down to a hundred.
    values = shap_values(model, X, quiet_shap().maskers.Independent(X, max_samples=len(X)))
    return values[group].mean(axis=0) - values[~group].mean(axis=0)


def coarse(X):
    # SHAP rounds thresholds to single precision: in these numbers and their midpoints nothing is rounded.
    return (X * 64).round() / 64


def compared(model, X, group):
    found = explain_gap_exact(model, X, group_rows=group, reference_rows=~group)
    assert abs(found.residual) < 1e-6
    return bars(found), shap_bars(model, X.to_numpy(), group)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("name", ["tree", "forest", "boosted", "histogram"])
def test_equals_shap_for_scikit_learn(name, missing):
    kind, options, takes_missing = FAMILIES[name]
    X, group, y, _ = table(rows=130, missing=missing and takes_missing)
    X = coarse(X)
    ours, theirs = compared(kind(random_state=0, **options).fit(X.to_numpy(), y > 0), X, group)
    assert ours == pytest.approx(theirs, abs=1e-6)


def numeric_boosters():
    lightgbm = pytest.importorskip("lightgbm")
    yield lightgbm.LGBMClassifier(n_estimators=15, min_child_samples=4, verbose=-1, n_jobs=1)
    yield pytest.importorskip("xgboost").XGBClassifier(n_estimators=8, max_depth=4, n_jobs=1)
    quiet = {"verbose": 0, "thread_count": 1, "allow_writing_files": False}
    yield pytest.importorskip("catboost").CatBoostClassifier(n_estimators=8, depth=4, **quiet)


def test_equals_shap_for_boosters_of_numbers_with_missing_values():
    X, group, y, _ = table(rows=130, missing=True)
    X = coarse(X)
    for model in numeric_boosters():
        ours, theirs = compared(model.fit(X.to_numpy(), (y > 0) * 1), X, group)
        assert ours == pytest.approx(theirs, abs=1e-6)


def test_shap_misses_the_gap_where_splits_are_categorical():
    lightgbm = pytest.importorskip("lightgbm")
    X, group, y, _ = table(rows=200)
    histogram = ensemble.HistGradientBoostingClassifier(
        max_iter=10, min_samples_leaf=4, categorical_features=[1]
    )
    loose = {"min_data_per_group": 1, "cat_smooth": 0, "max_cat_to_onehot": 1, "verbose": -1, "n_jobs": 1}
    light = lightgbm.LGBMClassifier(n_estimators=20, min_child_samples=2, **loose)
    for model, how in ((histogram, {}), (light, {"categorical_feature": [1]})):
        model.fit(X.to_numpy(), y > 0, **how)
        found = explain_gap_exact(model, X, group_rows=group, reference_rows=~group)
        assert abs(found.residual) < 1e-8
        assert abs(shap_bars(model, X.to_numpy(), group).sum() - found.measured) > 1e-3


def test_shap_misses_the_gap_where_a_threshold_is_no_single_precision_number():
    # With more than 255 distinct values a threshold may be a value of the data.
    X, group, y, _ = table(rows=700)
    model = ensemble.HistGradientBoostingClassifier(max_iter=10, min_samples_leaf=4).fit(X.to_numpy(), y > 0)
    found = explain_gap_exact(model, X, group_rows=group, reference_rows=~group)
    assert abs(found.residual) < 1e-8
    assert abs(shap_bars(model, X.to_numpy(), group).sum() - found.measured) > 1e-3


def test_shap_refuses_categories_of_xgboost_and_catboost():
    xgboost, catboost = pytest.importorskip("xgboost"), pytest.importorskip("catboost")
    X, _, y, _ = table(rows=60)
    X["b"] = pd.Categorical(np.array(list("wxyz"))[X["b"].astype(int)])
    categories = {"enable_categorical": True, "max_cat_to_onehot": 1}
    one = xgboost.XGBClassifier(n_estimators=4, n_jobs=1, **categories).fit(X, (y > 0) * 1)
    with pytest.raises(TypeError):
        shap_values(one, X, X)
    texts = X.assign(b=X["b"].astype(str))
    other = catboost.CatBoostClassifier(n_estimators=4, verbose=0, thread_count=1, allow_writing_files=False)
    with pytest.raises(Exception, match="categorical splits"):
        shap_values(other.fit(texts, (y > 0) * 1, cat_features=["b"]), texts, texts)


def test_shap_takes_a_hundred_rows_of_a_plain_background():
    X, group, y, _ = table(rows=130)
    X = coarse(X)
    model = ensemble.RandomForestClassifier(5, random_state=0).fit(X.to_numpy(), y > 0)
    ours, theirs = compared(model, X, group)
    values = shap_values(model, X.to_numpy(), X.to_numpy())
    assert np.abs(values[group].mean(axis=0) - values[~group].mean(axis=0) - ours).max() > 1e-3
    assert ours == pytest.approx(theirs, abs=1e-6)
