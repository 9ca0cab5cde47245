"""SHAP's explainers, summed to source columns, against closed forms and against the Monte Carlo engine."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from evenhand.audit.explain.gap import explain_gap
from evenhand.audit.explain.shap_values import explain_mean_score, explain_row
from evenhand.errors import InputError, ModelError


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {"a": rng.normal(size=120), "town": rng.choice(list("uvw"), 120), "c": rng.normal(size=120), "e": 1.0}
    )
    group = rng.random(120) < 0.4
    X.loc[group, "a"] += 0.8
    return X, group, ((X["a"] + (X["town"] == "u") + 0.5 * X["c"] * X["a"]) > 0.5).astype(int)


def fit(estimator, X, y):
    columns = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["town"]),
        (StandardScaler(), ["a", "c"]),
        remainder="passthrough",
    )
    return make_pipeline(columns, estimator).fit(X, y)


def bars(found):
    return np.array([bar.value for bar in found.bars])


@pytest.mark.parametrize("estimator", [LinearRegression(), LogisticRegression()])
def test_linear_models_have_a_closed_form(data, estimator):
    X, group, y = data
    model = fit(estimator, X, y)
    found = explain_mean_score(model, X, group_rows=group, reference_rows=~group, log_odds=True)
    moved = model[:-1].transform(X)
    each = np.ravel(model[-1].coef_) * (moved[group].mean(axis=0) - moved[~group].mean(axis=0))
    assert bars(found) == pytest.approx([each[3], each[:3].sum(), each[4], each[5]], abs=1e-9)
    assert found.residual == pytest.approx(0, abs=1e-9)
    assert [bar.monte_carlo_error for bar in found.bars] == pytest.approx([0] * 4, abs=1e-9)


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(max_depth=4, random_state=0),
        RandomForestClassifier(8, max_depth=4, random_state=0),
        GradientBoostingClassifier(n_estimators=15, random_state=0),
    ],
)
def test_trees_sum_to_the_gap_and_agree_with_the_monte_carlo_engine(data, estimator):
    X, group, y = data
    model = fit(estimator, X, y)
    found = explain_mean_score(model, X, group_rows=group, reference_rows=~group, background_rows=120)
    walked = explain_gap(
        lambda rows: model.predict_proba(rows)[:, 1],
        X,
        group_rows=group,
        reference_rows=~group,
        game="common",
        tolerance=0.004,
        max_calls=300_000,
    )
    p = model.predict_proba(X)[:, 1]
    assert found.measured == pytest.approx(p[group].mean() - p[~group].mean())
    assert found.residual == pytest.approx(0, abs=1e-6)
    assert bars(found) == pytest.approx(bars(walked), abs=0.01)
    assert [bar.player for bar in found.bars] == ["a", "town", "c", "e"]
    assert found.bar("e").value == 0


def test_agrees_with_enumeration_over_the_same_background(data):
    X, _, y = data
    frame = X[["a", "c"]]
    model = RandomForestClassifier(8, max_depth=4, random_state=0).fit(frame, y)
    found = explain_row(model, frame, 7, background_rows=120)

    def mean(a, c):
        rows = pd.DataFrame({"a": a, "c": c})
        return model.predict_proba(rows)[:, 1].mean()

    row, nobody, both = frame.iloc[7], mean(frame["a"], frame["c"]), model.predict_proba(frame)[7, 1]
    only_a = mean(np.full(120, row["a"]), frame["c"])
    only_c = mean(frame["a"], np.full(120, row["c"]))
    expected = [((only_a - nobody) + (both - only_c)) / 2, ((only_c - nobody) + (both - only_a)) / 2]
    assert found.values == pytest.approx(expected, abs=1e-6)
    assert (found.base, found.output) == (pytest.approx(nobody), pytest.approx(both))


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), RandomForestClassifier(5, max_depth=4, random_state=0)]
)
def test_a_single_row_adds_up(data, estimator):
    X, _, y = data
    found = explain_row(fit(estimator, X, y), X, 3, background_rows=40)
    assert found.columns == ("a", "town", "c", "e")
    assert found.residual == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), DecisionTreeClassifier(max_depth=3, random_state=0)]
)
def test_the_other_class_has_the_opposite_bars(data, estimator):
    X, group, y = data
    model = fit(estimator, X, y)
    options = {"group_rows": group, "reference_rows": ~group, "log_odds": True, "background_rows": 20}
    one, other = (explain_mean_score(model, X, output=output, **options) for output in (1, 0))
    assert bars(one) == pytest.approx(-bars(other))
    assert other.residual == pytest.approx(0, abs=1e-6)
    assert explain_row(model, X, 5, output=0, background_rows=20).residual == pytest.approx(0, abs=1e-6)


def test_log_odds_are_not_taken_for_scores(data):
    X, group, y = data
    with pytest.raises(ModelError, match="whose mean is not the mean score"):
        explain_mean_score(fit(LogisticRegression(), X, y), X, group_rows=group, reference_rows=~group)


def test_the_background_follows_the_seed(data):
    X, group, y = data
    model = fit(DecisionTreeClassifier(max_depth=4, random_state=0), X, y)
    options = {"group_rows": group, "reference_rows": ~group, "background_rows": 20}
    one, again, other = (explain_mean_score(model, X, seed=seed, **options) for seed in (1, 1, 2))
    assert one == again
    assert (bars(one) != bars(other)).any()


def test_the_error_of_the_background_is_as_stated(data):
    X, group, y = data
    model = fit(DecisionTreeClassifier(max_depth=4, random_state=0), X, y)
    options = {"group_rows": group, "reference_rows": ~group, "background_rows": 20}
    runs = [explain_mean_score(model, X, seed=seed, **options).bar("a") for seed in range(25)]
    stated = np.sqrt(np.mean([bar.monte_carlo_error**2 for bar in runs]))
    assert stated == pytest.approx(np.std([bar.value for bar in runs]), rel=0.5)


def test_weights_count(data):
    X, group, y = data
    model = fit(LinearRegression(), X, y)
    weight = np.random.default_rng(1).random(120) + 0.1
    found = explain_mean_score(model, X, group_rows=group, reference_rows=~group, sample_weight=weight)
    p = model.predict(X)
    expected = np.average(p[group], weights=weight[group]) - np.average(p[~group], weights=weight[~group])
    assert found.total == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("estimator", [GaussianNB(), PoissonRegressor()])
def test_a_model_without_a_sound_explainer_is_refused(data, estimator):
    X, _, y = data
    with pytest.raises(ModelError, match="explain_gap explains any model"):
        explain_row(fit(estimator, X, y), X, 0)


def test_an_explainer_that_misses_the_score_is_refused():
    rng = np.random.default_rng(0)
    # With more than 255 distinct values a threshold may be a value of the data; SHAP rounds to 32 bits.
    X = pd.DataFrame({"a": rng.normal(size=700), "d": rng.integers(0, 5, 700)}, dtype=float)
    y = (X["a"] + X["d"] > 2).astype(int)
    model = HistGradientBoostingClassifier(max_iter=20).fit(X, y)
    with pytest.raises(ModelError, match="contributions must add up"):
        explain_mean_score(model, X, group_rows=X["d"] > 2, reference_rows=X["d"] <= 2)


def test_mixed_columns_and_unknown_rows_are_refused(data):
    X, _, y = data
    frame = X[["a", "c"]]
    with pytest.raises(ModelError, match="mixes"):
        explain_row(make_pipeline(PCA(2), LogisticRegression()).fit(frame, y), frame, 0)
    with pytest.raises(InputError, match="from 0 to 119"):
        explain_row(LogisticRegression().fit(frame, y), frame, 120)
    with pytest.raises(InputError, match="at least 4"):
        explain_row(LogisticRegression().fit(frame, y), frame, 0, background_rows=2)


def test_a_bare_model_fitted_on_a_frame_raises_no_warning(data):
    X, _, y = data
    frame = X[["a", "c"]]
    model = RandomForestClassifier(5, max_depth=3, random_state=0).fit(frame, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert explain_row(model, frame, 0, background_rows=20).scale == "probability"
