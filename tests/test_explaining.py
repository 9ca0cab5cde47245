"""Explanation in an audit: which gaps of which groups, by which engine, and what is said of the others."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from evenhand import EvenhandWarning, audit_model
from evenhand.audit import explaining_model
from evenhand.audit.explain.kinds import KINDS
from evenhand.audit.explaining_pairs import furthest
from evenhand.audit.record import GroupFacts, GroupingFacts
from evenhand.errors import SettingsError
from evenhand.metrics.results import Estimate


def group(name, rows, selected, positives):
    rates = {
        "selection_rate": Estimate(selected, rows=rows),
        "true_positive_rate": Estimate(0.5, rows=positives),
        "false_positive_rate": Estimate(0.1, rows=rows - positives),
    }
    return GroupFacts(
        group=(name,), name=name, rows=rows, share=0.1, weight=rows, effective=rows,
        below_minimum=rows < 30, withheld=rows < 10, missing=False, rates=rates,
    )  # fmt: skip


def grouping(*groups):
    return GroupingFacts(name="g", attributes=("g",), reference=("a",), groups=groups, disparities=())


def test_a_group_with_three_positives_is_passed_over():
    found = grouping(group("a", 900, 0.5, 400), group("b", 200, 0.3, 80), group("c", 66, 0.01, 3))
    assert furthest(found, "true_positive_rate", 30) == (1, 0)
    assert furthest(found, "selection_rate", 30) == (1, 0)


def test_where_no_pair_has_enough_for_every_metric_each_is_looked_at_by_itself():
    found = grouping(group("a", 900, 0.5, 400), group("c", 66, 0.01, 3))
    assert furthest(found, "selection_rate", 30) == (1, 0)
    assert furthest(found, "true_positive_rate", 30) is None


def people(rows=900):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"skill": rng.normal(size=rows), "hours": rng.integers(1, 6, rows).astype(float)})
    X["sex"] = np.where(rng.random(rows) < 0.45, "F", "M")
    X["town"] = rng.choice(["u", "v", "w"], rows)
    X.loc[X["sex"] == "F", "skill"] -= 0.7
    X["hired"] = (X["skill"] + 0.3 * X["hours"] + rng.normal(size=rows) > 0.8).astype(int)
    return X


INPUTS = ["skill", "hours"]


def audited(model, X, **settings):
    given = {"target": "hired", "sensitive_features": ["sex"], "pos_label": 1, "mitigate": False} | settings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvenhandWarning)
        return audit_model(model, X, **given).record


def fitted(estimator, X):
    return estimator.fit(X[INPUTS], X["hired"])


def metrics(record):
    return {item.metric: item for item in record.explanations}


def test_a_forests_mean_score_and_a_boosters_margin_are_counted():
    X = people()
    forest = metrics(audited(fitted(RandomForestClassifier(5, max_depth=4, random_state=0), X), X))
    assert forest["mean_score"].engine == "exact tree counts"
    assert forest["selection_rate"].engine == "Monte Carlo"
    assert "mean_log_odds" not in forest
    booster = metrics(audited(fitted(HistGradientBoostingClassifier(max_iter=10), X), X))
    assert booster["mean_log_odds"].engine == "exact tree counts"
    assert booster["mean_score"].engine == "Monte Carlo"
    linear = metrics(audited(fitted(LogisticRegression(), X), X))
    assert linear["mean_log_odds"].engine == "exact linear means"
    for found in (forest, booster, linear):
        assert all(abs(item.residual) < 1e-8 for item in found.values())
        assert all(bar.band is not None for item in found.values() for bar in item.bars)


def test_a_forest_too_large_to_count_is_walked(monkeypatch):
    monkeypatch.setattr(explaining_model, "MOST_WORK", 10)
    X = people()
    found = metrics(audited(fitted(RandomForestClassifier(5, max_depth=4, random_state=0), X), X))
    assert found["mean_score"].engine == "Monte Carlo"


def test_every_kind_of_gap_is_explained_and_measured_as_the_audit_does():
    X = people()
    record = audited(fitted(LogisticRegression(), X), X, explain_gaps=list(KINDS))
    found = metrics(record)
    assert set(found) == set(KINDS)
    assert not [item for item in record.absent if item.part.startswith("explanation")]
    (part,) = record.groupings
    rates = {group.group: group.rates for group in part.groups}
    for metric in ("selection_rate", "accuracy", "positive_predictive_value", "mean_score"):
        item = found[metric]
        gap = rates[item.group][metric].value - rates[item.reference][metric].value
        assert item.measured == pytest.approx(gap)
    for item in found.values():
        assert sum(bar.value for bar in item.bars) == pytest.approx(item.measured - item.start, abs=0.01)


def test_against_the_rest_and_all_groups_and_the_common_background():
    X = people()
    asked = {"explain_against": ["reference", "rest"], "explain_groups": "all", "explain_game": "common"}
    record = audited(
        fitted(LogisticRegression(), X),
        X,
        sensitive_features=["town"],
        explain_gaps=["selection_rate"],
        **asked,
    )
    pairs = {(item.group, item.reference, item.against) for item in record.explanations}
    assert len([pair for pair in pairs if pair[2] == "reference"]) == 2
    assert {pair[0] for pair in pairs if pair[2] == "rest"} == {("u",), ("v",), ("w",)}
    for item in record.explanations:
        assert item.game == "common"
        if item.against == "rest":
            chosen = fitted(LogisticRegression(), X).predict(X[INPUTS])
            own = (X["town"] == item.group[0]).to_numpy()
            assert item.measured == pytest.approx(chosen[own].mean() - chosen[~own].mean())


def test_control_columns_are_held_fixed():
    X = people()
    record = audited(fitted(LogisticRegression(), X), X, control=["hours"], explain_gaps=["selection_rate"])
    (held,) = [item for item in record.explanations if item.control == "hours"]
    assert held.strata == 5
    assert {bar.column: bar.value for bar in held.bars}["hours"] == 0
    (pooled,) = [item for item in record.conditional[0].pooled if item.metric == "selection_rate"]
    assert held.measured == pytest.approx(pooled.value)


def test_the_check_of_the_labels_is_made_where_it_is_asked_for():
    X = people()
    model = fitted(LogisticRegression(), X)
    record = audited(model, X, train=people(), explain_labels=True, explain_gaps=["selection_rate"])
    (check,) = record.label_checks
    assert {bar.column for bar in check.bars} == {"skill", "hours"}
    assert abs(check.own) < abs(check.added) / 3
    assert not audited(model, X, train=people(), explain_gaps=["selection_rate"]).label_checks
    assert any(item.part == "check of the labels" for item in audited(model, X, explain_labels=True).absent)


class Touchy:
    """A model that scores the table's rows, and no others."""

    classes_ = np.array([0, 1])

    def __init__(self, X):
        self.known = set(X["skill"] * 10 + X["hours"])

    def predict_proba(self, rows):
        if not set(rows["skill"] * 10 + rows["hours"]) <= self.known:
            raise ValueError("no such person")
        score = (rows["skill"] > 0).to_numpy() * 0.8
        return np.column_stack([1 - score, score])


class Labels:
    """A model without scores."""

    classes_ = np.array([0, 1])

    def predict(self, rows):
        return (rows["skill"] > 0).to_numpy().astype(int)


def test_a_model_that_fails_on_hybrids_leaves_the_audit_whole():
    X = people()[[*INPUTS, "sex", "hired"]]
    record = audited(Touchy(X), X, drop=[])
    assert record.groupings
    assert not record.explanations
    assert all("no such person" in item.reason for item in record.absent if "explanation" in item.part)


def test_a_model_without_scores_has_its_decisions_explained():
    X = people()
    record = audited(Labels(), X, explain_gaps=["selection_rate", "mean_score", "accuracy", "roc_auc"])
    assert set(metrics(record)) == {"selection_rate", "accuracy"}
    assert {item.reason for item in record.absent if "explanation" in item.part} == {"no scores were given"}


def test_constant_columns_contribute_nothing_and_missing_values_are_values():
    X = people()
    X["hours"] = 3.0
    X.loc[::7, "skill"] = np.nan
    found = metrics(audited(fitted(HistGradientBoostingClassifier(max_iter=10), X), X))
    for item in found.values():
        assert {bar.column: bar.value for bar in item.bars}["hours"] == 0
        assert abs(item.residual) < 1e-8


def test_a_handful_of_people_is_not_explained():
    X = people()
    X["sex"] = np.where(np.arange(len(X)) < 12, "F", "M")
    record = audited(fitted(LogisticRegression(), X), X)
    assert not record.explanations
    assert any("minimum size" in item.reason for item in record.absent if "explanation" in item.part)


def test_several_classes_are_explained_for_the_label_that_counts():
    X = people()
    X["hired"] = np.digitize(X["skill"], [-0.5, 0.5])
    model = fitted(RandomForestClassifier(5, max_depth=4, random_state=0), X)
    found = metrics(audited(model, X, pos_label=2, explain_gaps=["mean_score", "selection_rate"]))
    p = model.predict_proba(X[INPUTS])[:, 2]
    women = (X["sex"] == "F").to_numpy()
    assert found["mean_score"].measured == pytest.approx(p[women].mean() - p[~women].mean())


def test_columns_in_another_order_change_nothing():
    X = people()
    model = fitted(RandomForestClassifier(5, max_depth=4, random_state=0), X)
    one, two = (metrics(audited(model, frame)) for frame in (X, X[X.columns[::-1]]))
    assert one["mean_score"] == two["mean_score"]


def test_an_unknown_gap_is_refused_with_a_hint():
    with pytest.raises(SettingsError, match="did you mean 'accuracy'"):
        audited(Labels(), people(), explain_gaps=["acuracy"])
