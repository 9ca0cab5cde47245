"""What a reviewer reads first: what was audited, what is to be decided, what is not known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from evenhand import audit_predictions
from evenhand.audit.coarse_figures import reliability, roc_points
from evenhand.audit.settings import Settings, merge
from evenhand.errors import SettingsError
from evenhand.reports.view import build_page
from evenhand.reports.view_parts import LineChart
from evenhand.tests.sample_record import sample_record


def said(**settings):
    record = sample_record()
    return build_page(record.model_copy(update={"settings": {**record.settings, **settings}}))


def test_the_first_line_says_what_was_audited_and_by_which_policy():
    assert "LogisticRegression" in said().subject
    assert "the day on which it was fixed is not stated" in said().subject
    assert said(policy_fixed="2026-01-15").subject.endswith("fixed on 2026-01-15.")


def test_the_day_stands_among_the_facts():
    found = {fact.label: fact.text for fact in said(policy_fixed="2026-01-15").facts}
    assert found["Policy fixed on"] == "2026-01-15"


@pytest.mark.parametrize("day", ["2026-01-15", date(2026, 1, 15)])
def test_a_day_is_a_text_or_a_date(day):
    settings = merge(Settings(), {"policy_fixed": day})
    assert settings.canonical()["policy_fixed"] == "2026-01-15"


@pytest.mark.parametrize("day", ["15.1.2026", "soon", 20260115])
def test_other_days_are_refused(day):
    with pytest.raises(SettingsError, match="policy_fixed"):
        merge(Settings(), {"policy_fixed": day})


@pytest.mark.parametrize(
    ("known", "words"),
    [(None, "Nobody stated"), ("everybody", "known for everybody"), ("selected", "selective labels")],
)
def test_selective_labels_are_told_once(known, words):
    notes = said(labels_known=known).unknown.notes
    assert sum(words in note for note in notes) == 1


def test_small_groups_are_told_once():
    notes = said().unknown.notes
    assert not any("left out of the widest gaps" in note for note in notes)


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        (("fail", "pass"), "broken"),
        (("inconclusive", "pass"), "open"),
        (("undefined", "pass"), "could not be judged"),
        (("pass", "pass"), "Every limit is met"),
    ],
)
def test_what_is_to_be_decided_follows_from_the_verdicts(states, wanted):
    record = sample_record()
    judged = zip(record.verdicts, states, strict=False)
    verdicts = tuple(item.model_copy(update={"state": state}) for item, state in judged)
    page = build_page(record.model_copy(update={"verdicts": verdicts, "verdict": states[0]}))
    assert [wanted in line for line in page.decide] == [True]


def test_without_a_policy_the_limits_are_to_be_decided():
    assert "Which limits" in build_page(sample_record(judged=False)).decide[0]


@pytest.fixture(scope="module")
def scored():
    rng = np.random.default_rng(1)
    score = rng.beta(2, 2, 4000)
    labels = (rng.random(4000) < score).astype(int)
    groups = np.where(rng.random(4000) < 0.5, "a", "b")
    return labels, score, groups, audit_predictions(labels, y_score=score, sensitive_features={"g": groups})


def test_points_of_the_roc_curve_are_the_rates_at_their_thresholds(scored):
    labels, score, groups, result = scored
    facts = result.record.coarse
    for group in facts.groupings[0].groups:
        mine = groups == group.group[0]
        for point in roc_points(facts, group):
            chosen = score[mine] >= point.threshold
            assert point.true_positive_rate == pytest.approx(chosen[labels[mine] == 1].mean())
            assert point.false_positive_rate == pytest.approx(chosen[labels[mine] == 0].mean())


def test_calibrated_scores_lie_near_the_diagonal(scored):
    *_, result = scored
    facts = result.record.coarse
    for group in facts.groupings[0].groups:
        found = reliability(facts, group)
        assert 2 < len(found) <= 10
        assert sum(item.rows for item in found) == sum(map(sum, group.counts))
        assert max(abs(item.score - item.share) for item in found) < 0.1


def test_the_pictures_stand_with_the_tables_of_scores(scored):
    *_, result = scored
    section = next(one for one in build_page(result.record).further if one.id == "scores")
    charts = section.sections[0].charts
    assert [chart.id for chart in charts] == ["scores-1-roc", "scores-1-calibration"]
    assert all(isinstance(chart, LineChart) and chart.series[-1].points[-1].value == 100 for chart in charts)


def test_without_a_threshold_there_is_no_picture():
    record = sample_record()
    assert record.coarse is None
    assert all(section.id != "scores" for section in build_page(record).further)
