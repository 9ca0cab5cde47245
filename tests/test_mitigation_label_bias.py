"""Label-bias reweighting: the published behaviour, and what the published loop lacks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from evenhand.errors import EvenhandWarning, InputError
from evenhand.metrics import demographic_parity_difference, equal_opportunity_difference
from evenhand.mitigation import LabelBias


def flipped(rows=6000, seed=0):
    """Rows whose true label depends on skill alone; 40 % of one group's positives were turned."""
    rng = np.random.default_rng(seed)
    group, skill = np.arange(rows) % 2, rng.normal(size=(rows, 2))
    truth = (skill @ [1.0, 0.5] + rng.normal(0, 0.5, rows) > 0.3).astype(int)
    given = truth * (1 - group * (rng.random(rows) < 0.4))
    return np.column_stack([skill, group]), truth, given, group


@pytest.mark.parametrize(
    ("goal", "gap"),
    [
        ("demographic_parity", demographic_parity_difference),
        ("equal_opportunity", equal_opportunity_difference),
    ],
)
def test_turned_labels_are_undone(goal, gap):
    X, truth, given, group = flipped()
    plain = LogisticRegression().fit(X, given).predict(X)
    model = LabelBias(LogisticRegression(), goal=goal, tolerance=0.03).fit(X, given, sensitive_features=group)
    decided = model.predict(X)
    assert model.converged_
    assert gap(given, decided, sensitive_features=group) < gap(given, plain, sensitive_features=group) / 3
    assert (decided == truth).mean() > (plain == truth).mean() + 0.01


def test_weights_are_those_of_the_published_code():
    # w = sigmoid(2 s) for a positive, sigmoid(-2 s) for a negative; here doubled, so that 0 changes nothing.
    X, _, given, group = flipped(2000)
    model = LabelBias(LogisticRegression(), validation=0).fit(X, given, sensitive_features=group)
    s = model.multipliers_[0][group]
    weights = 2 / (1 + np.exp(np.where(given == 1, -2 * s, 2 * s)))
    theirs = LogisticRegression().fit(X, given, sample_weight=weights)
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(X))


def test_the_first_step_is_the_shortfall():
    X, _, given, group = flipped(2000)
    plain = LogisticRegression().fit(X, given, sample_weight=np.ones(2000)).predict(X)
    with pytest.warns(EvenhandWarning, match="did not converge: after 2 trainings"):
        model = LabelBias(LogisticRegression(), validation=0, max_iter=2, tolerance=0.0).fit(
            X, given, sensitive_features=group
        )
    shortfall = [plain.mean() - plain[group == g].mean() for g in (0, 1)]
    assert model.best_iter_ == 1
    np.testing.assert_allclose(model.multipliers_[0], shortfall)


def test_equalized_odds_keeps_the_best_step_and_never_passes_the_cap():
    X, _, given, group = flipped(3000)
    model = LabelBias(LogisticRegression(), goal="equalized_odds", max_iter=25, cap=2.0, tolerance=1e-6)
    with pytest.warns(EvenhandWarning, match="the smallest gap on rows held out is"):
        model.fit(X, given, sensitive_features=group)
    assert not model.converged_
    assert model.multipliers_.shape == (2, 2)
    assert np.abs(model.multipliers_).max() <= 2.0
    assert model.gaps_[model.best_iter_] == model.gaps_.min()


def test_strength_zero_is_the_plain_model():
    X, _, given, group = flipped(2000)
    model = LabelBias(LogisticRegression(), strength=0.0, max_iter=3, tolerance=1.0)
    model.fit(X, given, sensitive_features=group)
    np.testing.assert_allclose(model.predict_proba(X), LogisticRegression().fit(X, given).predict_proba(X))


def test_scores_may_be_measured_instead_of_decisions():
    X, _, given, group = flipped(2000)
    model = LabelBias(LogisticRegression(), measure="scores").fit(X, given, sensitive_features=group)
    assert model.converged_
    means = [model.predict_proba(X)[group == g, 1].mean() for g in (0, 1)]
    assert abs(means[0] - means[1]) < 0.05


def test_a_group_without_positives_is_said():
    X, _, given, group = flipped(1000)
    three = np.where(np.arange(1000) < 60, 2, group)
    given = np.where(three == 2, 0, given)
    with pytest.warns(EvenhandWarning, match="no weight can help them: 2"):
        model = LabelBias(LogisticRegression(), goal="equal_opportunity", tolerance=0.1).fit(
            X, given, sensitive_features=three
        )
    assert model.multipliers_[0][model.groups_.index((2,))] == 0


def test_a_named_column_of_a_frame_gives_the_groups():
    X, _, given, _ = flipped(1000)
    frame = pd.DataFrame(X, columns=["a", "b", "g"])
    ours = LabelBias(LogisticRegression(), sensitive_columns="g", tolerance=0.1).fit(frame, given)
    assert ours.groups_ == [(0.0,), (1.0,)]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (LabelBias(LinearRegression()), "is a regressor"),
        (LabelBias(KNeighborsClassifier()), "or resample the rows instead"),
        (LabelBias(LogisticRegression(), goal="parity"), "'equalized_odds', got 'parity'"),
        (LabelBias(LogisticRegression(), step=0, cap=-1, max_iter=0), "3 problems were found"),
        (LabelBias(LogisticRegression(), validation=0.9), "from 0 to 0.5, got 0.9"),
    ],
)
def test_bad_parameters_are_refused(model, words):
    X, _, given, group = flipped(100)
    with pytest.raises(InputError, match=words):
        model.fit(X, given, sensitive_features=group)
