"""Resampling and massaging: what becomes of rows and labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from evenhand.errors import EvenhandWarning, InputError
from evenhand.mitigation import Massaged, Resampled, Reweighing


def table(rows=600, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows, p=[0.4, 0.6])
    X = rng.normal(size=(rows, 2)) + (sex == "M")[:, None] * 0.5
    y = (X[:, 0] + (sex == "M") + rng.normal(size=rows) > 0.8).astype(int)
    return X, y, sex


def rates(y, sex):
    return [y[sex == group].mean() for group in ("F", "M")]


@pytest.mark.parametrize("direction", ["both", "oversample", "undersample"])
@pytest.mark.parametrize("how", ["uniform", "preferential"])
def test_base_rates_become_equal(direction, how):
    X, y, sex = table()
    model = Resampled(LogisticRegression(), direction=direction, how=how).fit(X, y, sensitive_features=sex)
    low, high = rates(y[model.rows_], sex[model.rows_])
    assert abs(low - high) < 0.01 < abs(np.subtract(*rates(y, sex)))
    times = np.bincount(model.rows_, minlength=len(y))
    if direction == "both":
        assert abs(len(model.rows_) - len(y)) <= 4
    if direction == "oversample":
        assert times.min() >= 1
    if direction == "undersample":
        assert times.max() <= 1


def test_targets_are_those_of_reweighing():
    X, y, sex = table()
    ours = Resampled(LogisticRegression()).fit(X, y, sensitive_features=sex)
    theirs = Reweighing(LogisticRegression()).fit(X, y, sensitive_features=sex)
    np.testing.assert_allclose(ours.targets_ / ours.cells_, theirs.weights_)


def test_preferential_rows_are_those_nearest_the_border():
    X, y, sex = table()
    ranker = GaussianNB()
    model = Resampled(KNeighborsClassifier(), how="preferential", ranker=ranker).fit(
        X, y, sensitive_features=sex
    )
    score = ranker.fit(X, y).predict_proba(X)[:, 1]
    times = np.bincount(model.rows_, minlength=len(y))
    grown, shrunk = (sex == "F") & (y == 1), (sex == "F") & (y == 0)
    most = times[grown].max()
    assert score[grown & (times == most)].max() <= score[grown & (times == most - 1)].min()
    assert score[shrunk & (times == 0)].min() >= score[shrunk & (times == 1)].max()


def test_strength_zero_changes_nothing_and_half_goes_half_way():
    X, y, sex = table()
    none = Resampled(LogisticRegression(), strength=0.0).fit(X, y, sensitive_features=sex)
    np.testing.assert_array_equal(none.rows_, np.arange(len(y)))
    half = Resampled(LogisticRegression(), strength=0.5).fit(X, y, sensitive_features=sex)
    full = Resampled(LogisticRegression()).fit(X, y, sensitive_features=sex)
    np.testing.assert_allclose(half.targets_, (half.cells_ + full.targets_) / 2)


def test_it_repeats_and_serves_estimators_without_weights():
    X, y, sex = table()
    first, second = (Resampled(KNeighborsClassifier()).fit(X, y, sensitive_features=sex) for _ in range(2))
    np.testing.assert_array_equal(first.rows_, second.rows_)
    other = Resampled(KNeighborsClassifier(), random_state=1).fit(X, y, sensitive_features=sex)
    assert (other.rows_[:50] != first.rows_[:50]).any()


def test_a_cell_of_one_row_and_an_empty_one():
    X, y, sex = table(100)
    one = np.where(sex == "F", np.arange(100) == np.flatnonzero(sex == "F")[0], y).astype(int)
    model = Resampled(LogisticRegression()).fit(X, one, sensitive_features=sex)
    assert model.cells_[model.groups_.index(("F",)), 1] == 1
    with pytest.warns(EvenhandWarning, match="F with label 1"):
        Resampled(LogisticRegression()).fit(X, y * (sex == "M"), sensitive_features=sex)


def test_massaging_turns_the_papers_number_of_labels_nearest_the_border():
    X, y, sex = table()
    model = Massaged(LogisticRegression(), ranker=GaussianNB()).fit(X, y, sensitive_features=sex)
    women, men = (sex == "F").sum(), (sex == "M").sum()
    low, high = rates(y, sex)
    number = women * men * (high - low) / len(y)  # Kamiran and Calders 2012, section 5.2
    turned = np.isin(np.arange(len(y)), model.turned_)
    for group, label in (("F", 0), ("M", 1)):
        assert abs((turned & (sex == group) & (y == label)).sum() - number) <= 1
    assert turned.sum() == (turned & ((sex == "F") == (y == 0))).sum()
    score = GaussianNB().fit(X, y).predict_proba(X)[:, 1]
    candidates = (sex == "F") & (y == 0)
    assert score[candidates & turned].min() >= score[candidates & ~turned].max()
    np.testing.assert_allclose(model.new_base_rates_, y.mean(), atol=0.01)


def test_massaging_keeps_labels_of_any_type():
    X, y, sex = table()
    words = pd.Series(np.where(y == 1, "yes", "no"))
    model = Massaged(LogisticRegression()).fit(X, words, sensitive_features=sex)
    assert model.classes_.tolist() == ["no", "yes"]
    assert (
        Massaged(LogisticRegression(), strength=0.0).fit(X, words, sensitive_features=sex).turned_.size == 0
    )


def test_three_groups_all_get_the_common_base_rate():
    X, y, _ = table(900)
    group = np.arange(900) % 3
    y = np.where(group == 2, 1 - y, y)
    model = Massaged(LogisticRegression()).fit(X, y, sensitive_features=group)
    np.testing.assert_allclose(model.new_base_rates_, y.mean(), atol=0.01)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Resampled(LinearRegression()), "is a regressor"),
        (Massaged(LinearRegression()), "is a regressor"),
        (Resampled(LogisticRegression(), direction="up"), "'undersample', got 'up'"),
        (Resampled(LinearSVC(), how="preferential"), "LinearSVC has none; give a ranker"),
        (Massaged(LinearSVC()), "LinearSVC has none; give a ranker"),
        (Massaged(LogisticRegression(), strength=-1), "between 0 and 1, got -1"),
    ],
)
def test_bad_parameters_are_refused(model, words):
    X, y, sex = table(60)
    with pytest.raises(InputError, match=words):
        model.fit(X, y, sensitive_features=sex)
