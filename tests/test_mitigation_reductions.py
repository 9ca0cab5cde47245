"""fairlearn's reductions under one roof: the same models, and what fairlearn does not do."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from fairlearn.reductions import (
    AbsoluteLoss,
    BoundedGroupLoss,
    DemographicParity,
    EqualizedOdds,
    ErrorRateParity,
    ExponentiatedGradient,
    FalsePositiveRateParity,
    GridSearch,
    SquareLoss,
    TruePositiveRateParity,
    ZeroOneLoss,
)
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from evenhand.audit.model import load_model, save_model
from evenhand.errors import EvenhandWarning, InputError
from evenhand.metrics import equalized_odds_difference
from evenhand.mitigation import Reductions

THEIRS = {
    "demographic_parity": DemographicParity,
    "equal_opportunity": TruePositiveRateParity,
    "predictive_equality": FalsePositiveRateParity,
    "equalized_odds": EqualizedOdds,
    "error_rate_parity": ErrorRateParity,
}
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
unmet = pytest.mark.filterwarnings("ignore:no model was found:evenhand.errors.EvenhandWarning")


def table(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    X = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows), "m": (sex == "M") * 1.0})
    y = (X["a"] + (sex == "M") + rng.normal(size=rows) > 0.8).astype(int).to_numpy()
    return X, y, sex


def their_fit(reduction, X, y, sex):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return reduction.fit(X, y, sensitive_features=sex)


@unmet
@pytest.mark.parametrize("inner", [TREE, LogisticRegression()], ids=["tree", "logistic"])
@pytest.mark.parametrize("name", THEIRS)
def test_exponentiated_gradient_equals_fairlearns(name, inner):
    X, y, sex = table()
    ours = Reductions(inner, constraint=name, eps=0.03, max_iter=6).fit(X, y, sensitive_features=sex)
    theirs = ExponentiatedGradient(inner, THEIRS[name](difference_bound=0.03), eps=0.03, max_iter=6)
    their_fit(theirs, X, y, sex)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X, random_state=0))
    assert ours.best_gap_ == theirs.best_gap_
    if ours.final_ == "draw":
        np.testing.assert_allclose(ours.predict_proba(X), theirs._pmf_predict(X), atol=1e-12)


@unmet
@pytest.mark.parametrize("name", THEIRS)
def test_grid_search_equals_fairlearns(name):
    X, y, sex = table()
    ours = Reductions(TREE, constraint=name, method="grid_search", grid_size=6)
    ours.fit(X, y, sensitive_features=sex)
    theirs = their_fit(GridSearch(TREE, THEIRS[name](difference_bound=0.02), grid_size=6), X, y, sex)
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))


@unmet
def test_a_ratio_equals_fairlearns():
    X, y, sex = table()
    ours = Reductions(TREE, constraint="demographic_parity", ratio=0.9, eps=0.02, max_iter=6)
    ours.fit(X, y, sensitive_features=sex)
    bounds = DemographicParity(ratio_bound=0.9, ratio_bound_slack=0.02)
    theirs = their_fit(ExponentiatedGradient(TREE, bounds, eps=0.02, max_iter=6), X, y, sex)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X, random_state=0))


@unmet
@pytest.mark.parametrize(("loss", "made"), [("square", SquareLoss), ("absolute", AbsoluteLoss)])
def test_bounded_group_loss_of_numbers_equals_fairlearns(loss, made):
    X, _, sex = table()
    y = X["a"].to_numpy() + (sex == "M") * X["b"].to_numpy()
    ours = Reductions(
        LinearRegression(), constraint="bounded_group_loss", loss=loss, loss_bound=0.4, max_iter=6
    )
    ours.fit(X[["a"]], y, sensitive_features=sex)
    moment = BoundedGroupLoss(made(y.min(), y.max()), upper_bound=0.4)
    theirs = ExponentiatedGradient(LinearRegression(), moment, eps=0.02, max_iter=6)
    their_fit(theirs, X[["a"]], y, sex)
    np.testing.assert_allclose(ours.predict(X[["a"]]), theirs.predict(X[["a"]], random_state=0))


@unmet
@pytest.mark.parametrize("method", ["exponentiated_gradient", "grid_search"])
def test_bounded_group_loss_of_decisions_equals_fairlearns(method):
    X, y, sex = table()
    ours = Reductions(
        TREE, constraint="bounded_group_loss", loss_bound=0.2, method=method, max_iter=6, grid_size=4
    )
    ours.fit(X, y, sensitive_features=sex)
    moment = BoundedGroupLoss(ZeroOneLoss(), upper_bound=0.2)
    if method == "grid_search":
        theirs = their_fit(GridSearch(TREE, moment, grid_size=4), X, y, sex)
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    else:
        theirs = their_fit(ExponentiatedGradient(TREE, moment, eps=0.02, max_iter=6), X, y, sex)
        share = sum(w * h(X) for w, h in zip(theirs.weights_.sort_index(), theirs._hs, strict=True))
        chance = ours.predict(X) if ours.final_ == "single" else ours.predict_proba(X)[:, 1]
        np.testing.assert_allclose(chance, share, atol=1e-12)


@unmet
def test_the_gap_narrows_on_new_rows():
    X, y, sex = table(3000)
    new, labels, groups = table(3000, seed=1)
    plain = equalized_odds_difference(labels, TREE.fit(X, y).predict(new), sensitive_features=groups)
    fair = Reductions(TREE, eps=0.02, max_iter=20).fit(X, y, sensitive_features=sex)
    assert equalized_odds_difference(labels, fair.predict(new), sensitive_features=groups) < plain / 2


@unmet
def test_a_weight_is_a_repeated_row():
    X, y, sex = table(200)
    counts = np.random.default_rng(1).integers(1, 4, len(y))
    again = np.repeat(np.arange(len(y)), counts)
    weighted = Reductions(TREE, max_iter=4, eps=0.05).fit(X, y, sensitive_features=sex, sample_weight=counts)
    repeated = Reductions(TREE, max_iter=4, eps=0.05).fit(
        X.iloc[again], y[again], sensitive_features=sex[again]
    )
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-9)
    assert weighted.violation_ == pytest.approx(repeated.violation_)


def test_a_deterministic_model_decides_alike_and_says_what_it_is():
    X, y, sex = table()
    options = {"constraint": "demographic_parity", "final": "deterministic"}
    model = Reductions(TREE, eps=0.1, max_iter=10, **options).fit(X, y, sensitive_features=sex)
    assert model.final_ in {"single", "vote"}
    assert model.feasible_
    assert model.violation_ <= 0
    np.testing.assert_array_equal(model.predict(X), model.predict(X))
    assert (model.predict(X) != y).mean() == pytest.approx(model.error_)


def test_a_randomised_model_repeats_by_its_seed():
    X, y, sex = table()
    model = Reductions(LogisticRegression(), constraint="demographic_parity", eps=0.02, max_iter=8)
    model.fit(X, y, sensitive_features=sex)
    assert model.final_ == "draw"
    np.testing.assert_array_equal(model.predict(X), model.predict(X))
    model.estimator_.random_state = 1
    assert 0 < (model.predict(X) != clone(model).fit(X, y, sensitive_features=sex).predict(X)).mean() < 0.5


def test_a_constraint_that_cannot_be_met_is_said():
    X, y, sex = table()
    with pytest.warns(EvenhandWarning, match=r"keeps the constraint.*exceeds it by 0\.\d+, with an error of"):
        model = Reductions(TREE, constraint="bounded_group_loss", loss_bound=0.01, max_iter=4).fit(
            X, y, sensitive_features=sex
        )
    assert not model.feasible_
    assert model.violation_ > 0


@unmet
@pytest.mark.parametrize("method", ["exponentiated_gradient", "grid_search"])
def test_a_time_limit_keeps_the_best_so_far(method):
    X, y, sex = table()
    with pytest.warns(EvenhandWarning, match="time limit of 0 s ended the search after 1 models"):
        model = Reductions(TREE, time_limit=0, method=method).fit(X, y, sensitive_features=sex)
    assert model.stopped_
    assert not model.converged_
    assert set(model.predict(X)) <= {0, 1}


@unmet
def test_progress_is_told():
    X, y, sex = table(200)
    seen = []
    Reductions(TREE, method="grid_search", grid_size=4, progress=lambda *said: seen.append(said)).fit(
        X, y, sensitive_features=sex
    )
    assert seen[-1] == ("grid_search", len(seen), 4)


@unmet
def test_classes_of_any_type_and_the_positive_one():
    X, y, sex = table()
    words = np.where(y == 1, "approved", "denied")
    options = {"constraint": "equal_opportunity", "max_iter": 4}
    named = Reductions(TREE, pos_label="approved", **options).fit(X, words, sensitive_features=sex)
    plain = Reductions(TREE, **options).fit(X, y, sensitive_features=sex)
    assert named.classes_.tolist() == ["approved", "denied"]
    np.testing.assert_allclose(named.predict_proba(X)[:, 0], plain.predict_proba(X)[:, 1])


def test_a_group_without_positives_is_said():
    X, y, sex = table()
    groups = np.where((sex == "F") & (y == 0) & (X["b"] > 1), "none", sex)
    with pytest.warns(EvenhandWarning, match="none with label 1"):
        Reductions(TREE, eps=0.3, max_iter=3, final="deterministic").fit(X, y, sensitive_features=groups)


@unmet
def test_one_row_in_a_cell_and_missing_groups():
    X, y, sex = table()
    groups = pd.Series(sex).astype(object)
    groups.iloc[[int(np.flatnonzero(y == 0)[0]), int(np.flatnonzero(y == 1)[0])]] = None
    model = Reductions(TREE, max_iter=3).fit(X, y, sensitive_features=groups)
    assert model.groups_[-1] == (None,)


def test_one_group_trains_as_it_is():
    X, y, _ = table()
    with pytest.warns(EvenhandWarning, match="all rows are one group"):
        model = Reductions(TREE).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), TREE.fit(X, y).predict_proba(X))


@unmet
def test_rows_are_matched_by_index():
    X, y, sex = table(200)
    order = np.random.default_rng(0).permutation(len(y))
    labels, groups = pd.Series(y), pd.Series(sex, name="sex")
    straight = Reductions(TREE, max_iter=2).fit(X, labels, sensitive_features=groups)
    mixed = Reductions(TREE, max_iter=2).fit(X, labels.iloc[order], sensitive_features=groups.iloc[order])
    np.testing.assert_array_equal(straight.predict_proba(X), mixed.predict_proba(X))


@unmet
def test_named_columns_are_the_groups():
    X, y, _ = table(200)
    given = Reductions(TREE, max_iter=2).fit(X, y, sensitive_features=X["m"])
    named = Reductions(TREE, max_iter=2, sensitive_columns="m").fit(X, y)
    np.testing.assert_array_equal(given.predict_proba(X), named.predict_proba(X))


@unmet
@pytest.mark.parametrize("routing", [False, True])
def test_searches_hand_on_the_groups(routing):
    X, y, sex = table(200)
    numbers, groups = X.to_numpy(), {"sensitive_features": sex}
    with config_context(enable_metadata_routing=routing):
        search = GridSearchCV(Reductions(TREE, max_iter=1), {"eps": [0.3, 0.1]}, cv=2).fit(
            numbers, y, **groups
        )
        outer = make_pipeline(StandardScaler(), Reductions(TREE, max_iter=1))
        name = "sensitive_features" if routing else "reductions__sensitive_features"
        outer.fit(numbers, y, **{name: sex})
    assert len(search.best_estimator_.groups_) == len(outer[-1].groups_) == 2


def test_missing_labels_are_refused():
    X, y, sex = table(60)
    with pytest.raises(InputError, match="1 missing"):
        Reductions(TREE).fit(X, pd.Series(y, dtype=object).where(np.arange(60) > 0), sensitive_features=sex)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": KNeighborsClassifier()}, "must accept sample_weight.*resample"),
        ({"estimator": LinearRegression()}, "is a regressor; use constraint='bounded_group_loss'"),
        ({"constraint": "equalised_odds"}, "did you mean 'equalized_odds'"),
        ({"method": "grid"}, "'exponentiated_gradient' or 'grid_search'"),
        ({"final": "best"}, "'randomised' or 'deterministic'"),
        ({"eps": 0}, "must lie above 0"),
        ({"ratio": 2}, "be 1 at most"),
        ({"constraint": "bounded_group_loss"}, "largest mean loss"),
        ({"constraint": "bounded_group_loss", "loss_bound": 1, "loss": "square"}, "loss of classes must be"),
        ({"pos_label": "yes"}, "no row has the positive label 'yes'"),
        ({"sensitive_columns": "sexx"}, "no column 'sexx'"),
    ],
)
def test_bad_input_is_refused(options, words):
    X, y, sex = table(60)
    groups = None if "sensitive_columns" in options else sex
    with pytest.raises(InputError, match=words):
        Reductions(**{"estimator": TREE, **options}).fit(X, y, sensitive_features=groups)


@unmet
@pytest.mark.parametrize("final", ["randomised", "deterministic"])
def test_it_is_saved_and_scores_through_the_door(final, tmp_path):
    X, y, sex = table()
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    model = Reductions(inner, max_iter=5, final=final).fit(X, y, sensitive_features=sex)
    save_model(model, tmp_path / "model.skops")
    door = load_model(tmp_path / "model.skops")
    np.testing.assert_array_equal(door.scores(X, 1), model.predict_proba(X)[:, 1])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
