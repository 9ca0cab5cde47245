"""Scores and areas of two models on the same rows, held against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, log_loss, roc_auc_score

from evenhand.errors import InputError, Reason
from evenhand.mitigation.paired_area import area_change
from evenhand.mitigation.scoring import Ready, score_change

RNG = np.random.default_rng(1)
LABELS = RNG.random(300) < 0.4
BEFORE = np.clip(0.3 * LABELS + RNG.random(300) * 0.7, 0, 1)
AFTER = np.clip(0.2 * LABELS + RNG.random(300) * 0.8, 0, 1)
WEIGHT = RNG.integers(1, 4, 300).astype(float)
MODELS = Ready(BEFORE >= 0.5, BEFORE), Ready(AFTER >= 0.5, AFTER)


@pytest.mark.parametrize(
    ("scoring", "reference"),
    [
        ("balanced_accuracy", lambda scores: balanced_accuracy_score(LABELS, scores >= 0.5)),
        ("f1", lambda scores: f1_score(LABELS, scores >= 0.5)),
        ("neg_log_loss", lambda scores: -log_loss(LABELS, scores)),
        ("roc_auc", lambda scores: roc_auc_score(LABELS, scores)),
    ],
)
def test_a_scorer_gives_scikit_learns_figure(scoring, reference):
    found = score_change(scoring, LABELS.astype(int), *MODELS, draws=100)
    assert found.before.value == pytest.approx(reference(BEFORE))
    assert found.change.value == pytest.approx(reference(AFTER) - reference(BEFORE))
    assert found.change.interval.low <= found.change.value <= found.change.interval.high


def test_weights_reach_the_scorer():
    found = score_change("accuracy", LABELS.astype(int), *MODELS, sample_weight=WEIGHT, draws=10)
    assert found.before.value == pytest.approx(np.average((BEFORE >= 0.5) == LABELS, weights=WEIGHT))


def test_a_scorer_of_probabilities_is_undefined_without_them():
    found = score_change("roc_auc", LABELS.astype(int), MODELS[0], Ready(AFTER >= 0.5), draws=10)
    assert np.isnan(found.after.value)
    assert found.after.reason is Reason.NO_SCORES


def test_an_unknown_scorer_is_refused():
    with pytest.raises(InputError, match="did you mean 'accuracy'"):
        score_change("acuracy", LABELS.astype(int), *MODELS)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_the_area_is_scikit_learns_also_weighted_and_tied(weight):
    before, after = BEFORE.round(1), AFTER.round(1)
    found = area_change(LABELS, before, after, sample_weight=weight)
    for estimate, scores in ((found.before, before), (found.after, after)):
        assert estimate.value == pytest.approx(roc_auc_score(LABELS, scores, sample_weight=weight))
    assert found.change.value == pytest.approx(found.after.value - found.before.value)


def test_the_change_of_an_area_is_surer_than_two_intervals():
    near = np.clip(BEFORE + RNG.normal(scale=0.02, size=300), 0, 1)
    found = area_change(LABELS, BEFORE, near)
    width = found.change.interval.high - found.change.interval.low
    assert width < (found.before.interval.high - found.before.interval.low) / 2


def test_the_interval_of_a_changed_area_agrees_with_a_bootstrap():
    found = area_change(LABELS, BEFORE, AFTER)
    rng, draws = np.random.default_rng(0), []
    for _ in range(400):
        pick = rng.integers(0, 300, 300)
        draws.append(roc_auc_score(LABELS[pick], AFTER[pick]) - roc_auc_score(LABELS[pick], BEFORE[pick]))
    low, high = np.quantile(draws, [0.025, 0.975])
    assert found.change.interval.low == pytest.approx(low, abs=0.02)
    assert found.change.interval.high == pytest.approx(high, abs=0.02)


def test_labels_of_one_kind_have_no_area():
    found = area_change(np.ones(5, dtype=bool), np.arange(5.0), np.arange(5.0))
    assert found.before.reason is Reason.NO_NEGATIVES
