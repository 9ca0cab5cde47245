"""Figures of scores in the record: by group, with their bounds, and nothing of too few people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as skm
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from evenhand.api import audit_file, audit_model, audit_predictions
from evenhand.audit.record import Record
from evenhand.audit.scoring import _apart, _joined
from evenhand.errors import InputError, ModelError
from evenhand.reading import settings_from
from evenhand.reports.html import render_report


def sample(rows=3000, seed=0):
    rng = np.random.default_rng(seed)
    sex, race = rng.choice(["F", "M"], rows), rng.choice(list("ABC"), rows, p=[0.7, 0.295, 0.005])
    score = rng.beta(2, 2, rows)
    return (rng.random(rows) < score).astype(int), score, {"sex": sex, "race": race}


@pytest.fixture(scope="module")
def scored():
    y, score, groups = sample()
    return y, score, groups, audit_predictions(y, y_score=score, sensitive_features=groups).record.scores


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("roc_auc", skm.roc_auc_score), ("brier_score", skm.brier_score_loss), ("log_loss", skm.log_loss)],
)
def test_figures_lie_within_their_bounds_of_scikit_learns(scored, name, theirs):
    y, score, groups, facts = scored
    [by_sex, _, _] = facts.groupings
    for part in by_sex.groups:
        at = groups["sex"] == part.group[0]
        figure = part.figures[name]
        assert abs(figure.estimate.value - theirs(y[at], score[at])) <= figure.bound + 1e-12
        assert figure.estimate.interval.holds(figure.estimate.value)
        assert figure.estimate.rows == at.sum()


def test_distinct_scores_have_no_error():
    y, score, groups = sample(500)
    record = audit_predictions(y, y_score=score, sensitive_features=groups, score_distinct=True).record
    assert record.scores.bins is None
    area = record.scores.overall.figures["roc_auc"]
    assert (area.bound, area.estimate.value) == (0.0, pytest.approx(skm.roc_auc_score(y, score)))


def test_fewer_bins_have_a_larger_bound():
    y, score, groups = sample(2000)
    coarse, fine = (
        audit_predictions(y, y_score=score, sensitive_features=groups, score_bins=bins).record.scores
        for bins in (16, 4096)
    )
    bounds = [part.overall.figures["roc_auc"].bound for part in (coarse, fine)]
    assert bounds[0] > 50 * bounds[1]
    assert (coarse.bins, fine.bins) == (17, 4097)


def test_curves_and_bins_hold_enough_people(scored):
    _, score, groups, facts = scored
    for part, column in zip(facts.groupings[:2], ("sex", "race"), strict=True):
        for group in part.groups:
            at = groups[column] == group.group[0]
            if group.withheld:
                assert (group.curve, group.bins) == ((), ())
                continue
            above = [np.sum(score[at] >= point.threshold) for point in group.curve]
            assert np.diff(above).min() >= 10
            assert len(group.curve) <= 101
            assert all(one.rows >= 10 for one in group.bins)
            assert sum(one.rows for one in group.bins) == at.sum()


def test_points_of_the_curve_are_exact(scored):
    y, score, groups, facts = scored
    group = facts.groupings[0].groups[0]
    at = groups["sex"] == group.group[0]
    for point in group.curve[1:-1:10]:
        chosen = score[at] >= point.threshold
        assert point.true_positive_rate == pytest.approx(chosen[y[at] == 1].mean(), abs=1e-6)
        assert point.false_positive_rate == pytest.approx(chosen[y[at] == 0].mean(), abs=1e-6)


def test_bins_say_what_was_foretold_and_what_came(scored):
    _, score, groups, facts = scored
    group = facts.groupings[0].groups[1]
    at = groups["sex"] == group.group[0]
    for one in group.bins:
        inside = at & (score >= one.low) & (score < one.high)
        # A score within a grid bin of an edge may have gone to the other side.
        assert abs(one.rows - inside.sum()) <= 3
        assert one.mean_score == pytest.approx(score[inside].mean(), abs=0.01)
        assert one.rate.interval.holds(one.rate.value)


def test_a_group_with_few_of_a_label_is_withheld_on_the_page(scored):
    y, score, groups, facts = scored
    rare = next(group for group in facts.groupings[1].groups if group.group == ("C",))
    assert rare.withheld
    assert rare.figures["roc_auc"].estimate.value == pytest.approx(
        skm.roc_auc_score(y[groups["race"] == "C"], score[groups["race"] == "C"]), abs=0.02
    )
    record = audit_predictions(y, y_score=score, sensitive_features=groups).record
    page = render_report(record)
    start = page.index('id="scores-2-table"')
    assert f"{rare.figures['roc_auc'].estimate.value:.3f}<" not in page[start : page.index("</table>", start)]


def test_small_steps_and_bins_are_joined():
    assert _apart(np.array([0.0, 5, 12, 15, 24, 30]), 10) == [0, 2, 5]
    assert _joined(np.array([3.0, 8, 0, 20, 4]), 10) == [0, 2, 5]
    assert _joined(np.array([3.0, 0, 0]), 10) == [0, 3]


def test_scores_come_back_from_the_record(scored):
    y, score, groups, facts = scored
    record = audit_predictions(y, y_score=score, sensitive_features=groups).record
    back = Record.model_validate_json(record.to_json())
    mine, theirs = (one.overall.figures["roc_auc"].estimate for one in (back.scores, facts))
    assert (mine.value, mine.interval) == (theirs.value, theirs.interval)
    assert back.scores.groupings[0].groups[0].curve == facts.groupings[0].groups[0].curve


def test_an_audit_of_decisions_has_no_figures_of_scores():
    y, _, groups = sample(300)
    assert audit_predictions(y, y, sensitive_features=groups).record.scores is None


def test_real_scores_have_areas_and_no_calibration():
    y, score, groups = sample(800)
    logit = np.log(score / (1 - score))
    real = audit_predictions(y, y_score=logit, sensitive_features=groups, score_kind="real").record
    assert real.task.threshold == 0.0
    assert set(real.scores.overall.figures) == {"roc_auc", "mean_score_positive", "mean_score_negative"}
    area = real.scores.overall.figures["roc_auc"]
    assert abs(area.estimate.value - skm.roc_auc_score(y, logit)) <= area.bound + 1e-12
    plain = audit_predictions(y, y_score=score, sensitive_features=groups).record
    assert real.overall.rates["selection_rate"] == plain.overall.rates["selection_rate"]
    assert "not probabilities" in render_report(real)


def test_probabilities_outside_their_range_are_told_of_real_scores():
    with pytest.raises(InputError, match='score_kind = "real"'):
        audit_predictions([1, 0], y_score=[0.2, 3.0], sensitive_features=["F", "M"])


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(3)
    x = rng.normal(size=600)
    sex = rng.choice(["F", "M"], 600)
    return pd.DataFrame({"x": x, "sex": sex, "y": np.where(x + rng.normal(size=600) > 0, "yes", "no")})


@pytest.mark.parametrize("positive", ["yes", "no"])
def test_a_model_with_a_decision_function_only(frame, positive):
    model = RidgeClassifier().fit(frame[["x"]], frame["y"])
    result = audit_model(
        model, frame, target="y", pos_label=positive, sensitive_features="sex", score_kind="real",
        mitigate=False,
    )  # fmt: skip
    sign = 1 if positive == "yes" else -1
    score = sign * model.decision_function(frame[["x"]])
    assert result.record.overall.rates["selection_rate"].value == pytest.approx((score >= 0).mean())
    area = result.record.scores.overall.figures["roc_auc"]
    assert area.estimate.value == pytest.approx(skm.roc_auc_score(frame["y"] == positive, score), abs=1e-3)
    assert result.record.explanations


def test_a_threshold_of_real_scores(frame):
    model = LogisticRegression().fit(frame[["x"]], frame["y"])
    options = {"target": "y", "pos_label": "yes", "sensitive_features": "sex", "explain": False}
    real = audit_model(model, frame, score_kind="real", threshold=-1.5, **options).record
    decided = model.decision_function(frame[["x"]]) >= -1.5
    assert real.overall.rates["selection_rate"].value == pytest.approx(decided.mean())


def test_a_model_without_real_scores_is_refused(frame):
    class Guess:
        classes_ = ("no", "yes")

        def predict(self, rows):
            return np.full(len(rows), "no")

    with pytest.raises(ModelError, match="decision_function"):
        audit_model(Guess(), frame, target="y", pos_label="yes", sensitive_features="sex", score_kind="real")


def test_a_file_of_real_scores(tmp_path, frame):
    frame.assign(points=100 * frame["x"] - 20).drop(columns="x").to_parquet(tmp_path / "rows.parquet")
    roles = {"target": "y", "pos_label": "yes", "sensitive": ("sex",), "score": "points"}
    with pytest.raises(InputError, match="scores are probabilities"):
        audit_file(settings_from(tmp_path / "rows.parquet", roles))
    more = {**roles, "score_kind": "real", "threshold": 150.5}
    record = audit_file(settings_from(tmp_path / "rows.parquet", more)).record
    chosen = (100 * frame["x"] - 20 >= 150.5).mean()
    assert record.overall.rates["selection_rate"].value == pytest.approx(chosen)
    assert record.coarse is None or 150.5 in record.coarse.thresholds
