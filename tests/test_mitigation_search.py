"""The search: what is tried in which order, on which rows, within which time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from evenhand.errors import InputError
from evenhand.mitigation.folds import folds_of
from evenhand.mitigation.method import Plan
from evenhand.mitigation.methods import METHODS, SEARCHED
from evenhand.mitigation.once import FitOnce
from evenhand.mitigation.search import Candidate, Rows, candidates_of, search


def rows_of(size=240, seed=0):
    rng = np.random.default_rng(seed)
    man = np.arange(size) % 2
    skill = rng.normal(size=size)
    labels = (skill + 0.8 * man + rng.normal(scale=0.5, size=size) > 0.4).astype(np.int64)
    return Rows(pd.DataFrame({"skill": skill, "man": man}), labels, {"sex": np.where(man, "M", "F")})


def plan(estimator=None, **given):
    options = {"sensitive_columns": ("man",), "proxies": (), "has_groups": True} | given
    return Plan(LogisticRegression() if estimator is None else estimator, **options)


@pytest.fixture(scope="module")
def found():
    rows = rows_of()
    names = [name for name in SEARCHED if METHODS[name].fits <= 6 and name != "unaware+proxies"]
    given = plan(metric="demographic_parity_difference")
    return rows, search(given, rows, folds_of(rows.labels), candidates_of(names))


def test_every_method_at_every_strength_is_tried_on_rows_held_back(found):
    rows, searched = found
    assert not searched.failed, searched.failed
    assert searched.trials[0].candidate == Candidate("refit")
    assert {len(trial.decisions) for trial in searched.trials} == {len(rows.labels) // 3}
    assert {trial.candidate.method for trial in searched.trials} >= {"massaging", "repair", "barycentre"}


def test_stronger_settings_select_groups_more_alike(found):
    rows, searched = found
    held = folds_of(rows.labels).validated
    man = rows.groups["sex"][held] == "M"
    gaps = {
        trial.candidate.name: trial.decisions[man].mean() - trial.decisions[~man].mean()
        for trial in searched.trials
    }
    for name in ("resampling", "barycentre", "reject_option"):
        assert gaps[f"{name} 1"] < gaps[f"{name} 0.25"] <= gaps["refit"] + 0.02


def test_a_model_that_reads_the_attribute_needs_it_for_decisions(found):
    needs = {trial.candidate.name: trial.needs_sensitive for trial in found[1].trials}
    assert needs["unaware"] == "never"
    assert needs["reweighing+unaware 1"] == "training"
    assert needs["reweighing 1"] == needs["group_thresholds 1"] == "decision"


def test_hidden_columns_change_nothing_and_leave_the_control():
    rows = rows_of()
    turned = Rows(rows.frame.assign(man=1 - rows.frame["man"]), rows.labels, rows.groups)
    candidates = [Candidate("refit"), Candidate("single_threshold", 1.0), Candidate("resampling", 1.0)]
    one, two = (search(plan(hide=True), each, folds_of(rows.labels), candidates) for each in (rows, turned))
    for first, second in zip(one.trials[1:], two.trials[1:], strict=True):
        assert first.needs_sensitive == "training"
        assert np.array_equal(first.decisions, second.decisions)


def test_a_spent_budget_ends_the_search_and_tells_what_was_not_tried():
    ticks = iter(range(100))
    rows, candidates = rows_of(), candidates_of(["reweighing", "unaware"])
    searched = search(
        plan(), rows, folds_of(rows.labels), candidates, budget=2.5, clock=lambda: float(next(ticks))
    )
    assert [trial.candidate.name for trial in searched.trials] == ["refit", "reweighing 1", "unaware"]
    assert [item.name for item in searched.not_tried] == [
        "reweighing 0.75",
        "reweighing 0.5",
        "reweighing 0.25",
    ]


def test_a_budget_of_nothing_still_tries_the_unmitigated_model():
    rows = rows_of()
    ticks = iter([0.0, 9.0, 9.0, 9.0])
    searched = search(
        plan(), rows, folds_of(rows.labels), candidates_of(["unaware"]), budget=1, clock=lambda: next(ticks)
    )
    assert [trial.candidate.method for trial in searched.trials] == ["refit"]


def test_processes_find_the_same():
    rows, candidates = rows_of(), candidates_of(["reweighing", "group_thresholds"])
    one, two = (search(plan(), rows, folds_of(rows.labels), candidates, jobs=jobs) for jobs in (1, 2))
    for first, second in zip(one.trials, two.trials, strict=True):
        assert first.candidate == second.candidate
        assert np.array_equal(first.scores, second.scores)


def test_a_candidate_that_cannot_be_trained_is_told_and_the_rest_goes_on():
    rows = rows_of()
    frame = rows.frame.assign(skill=rows.frame["skill"].where(rows.frame["skill"] > -1))
    broken = Rows(frame, rows.labels, rows.groups)
    searched = search(
        plan(DecisionTreeClassifier(max_depth=2)), broken, folds_of(rows.labels),
        [Candidate("refit"), Candidate("residuals", 1.0), Candidate("unaware")],
    )  # fmt: skip
    assert [item.candidate.method for item in searched.failed] == ["residuals"]
    assert "missing" in searched.failed[0].reason
    assert len(searched.trials) == 2


def test_what_a_method_warns_of_stands_in_its_notes():
    rows = rows_of()
    one = Rows(rows.frame, rows.labels, {"sex": np.where(np.arange(240) < 230, "M", "F")})
    searched = search(plan(), one, folds_of(rows.labels), [Candidate("refit"), Candidate("calibration", 1.0)])
    assert any("F" in note for note in searched.trials[1].notes)


@pytest.mark.parametrize(
    ("method", "estimator", "words"),
    [
        ("reweighing", KNeighborsClassifier(), "resampling does without"),
        ("group_thresholds", DecisionTreeClassifier, "no probabilities"),
    ],
)
def test_what_does_not_suit_is_said_at_once(method, estimator, words):
    if isinstance(estimator, type):
        from sklearn.svm import LinearSVC

        estimator = LinearSVC()
    assert words in METHODS[method].why_not(plan(estimator))
    assert METHODS["resampling"].why_not(plan(estimator)) is None


def test_predictive_parity_has_thresholds_but_no_constraint_in_training():
    given = plan(GaussianNB(), metric="predictive_parity_difference")
    assert METHODS["group_thresholds"].why_not(given) is None
    assert "no constraint" in METHODS["reductions"].why_not(given)


@pytest.mark.parametrize("cv", [1, -1])
def test_parts_are_two_or_more(cv):
    with pytest.raises(InputError, match="2 or more parts"):
        folds_of(np.zeros(10, dtype=np.int64), cv)


def test_every_row_is_held_back_once_and_people_stay_together():
    people = np.repeat(np.arange(20), 3)
    folds = folds_of(np.zeros(60, dtype=np.int64), 4, people=people)
    held = np.concatenate([test for _, test in folds.pairs])
    assert sorted(held.tolist()) == list(range(60))
    assert all(len(set(folds.part[people == person])) == 1 for person in range(20))
    with pytest.raises(InputError, match="at least 3 people"):
        folds_of(np.zeros(4, dtype=np.int64), people=np.zeros(4, dtype=np.int64))


def test_one_training_serves_all_but_other_rows_get_their_own():
    rows = rows_of()
    one = FitOnce(LogisticRegression(), search="a").fit(rows.frame, rows.labels)
    two = FitOnce(LogisticRegression(), search="a").fit(rows.frame, rows.labels)
    few = FitOnce(LogisticRegression(), search="a").fit(rows.frame.iloc[:100], rows.labels[:100])
    assert one.estimator_ is two.estimator_ is not few.estimator_
    assert np.array_equal(
        one.predict_proba(rows.frame),
        LogisticRegression().fit(rows.frame, rows.labels).predict_proba(rows.frame),
    )
    other = FitOnce(LogisticRegression(), search="b").fit(rows.frame, rows.labels)
    assert other.estimator_ is not one.estimator_
