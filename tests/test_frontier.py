"""The frontier of an audit: measured, chosen, judged on test rows, saved, and shown."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from evenhand import audit_model, mitigate_model
from evenhand.audit.alternatives import alternatives, alternatives_csv, alternatives_json, why
from evenhand.audit.frontier_points import _levelled
from evenhand.audit.frontier_question import Question
from evenhand.audit.frontier_settings import Frontier
from evenhand.audit.model import load_model, save_model
from evenhand.audit.record import Record
from evenhand.errors import InputError, ModelError
from evenhand.metrics.catalogue import CATALOGUE
from evenhand.metrics.results import Estimate, Interval
from evenhand.reports.view import build_page, charts_of
from evenhand.result import Result

FEW = ["unaware", "reweighing", "group_thresholds", "single_threshold"]
QUIET = {"target": "hired", "sensitive_features": ["sex"], "reference": {"sex": "M"}}


def people(size=900, seed=0):
    """Men are preferred by the labels and by the model; nothing else differs."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], size)
    skill = rng.normal(size=size)
    hired = (skill + 0.9 * (sex == "M") + rng.normal(scale=0.7, size=size) > 0.5).astype(int)
    return pd.DataFrame({"skill": skill, "man": (sex == "M").astype(float), "sex": sex, "hired": hired})


TRAIN, TEST = people(seed=1), people(600, seed=2)
MODEL = LogisticRegression().fit(TRAIN[["skill", "man"]], TRAIN["hired"])


def searched(**given):
    options = {"methods": FEW, "metric": "demographic_parity_difference", "limit": 0.1, **QUIET} | given
    return mitigate_model(options.pop("model", MODEL), options.pop("test", TEST), train=TRAIN, **options)


@pytest.fixture(scope="module")
def found():
    return searched(policy=[{"metric": "demographic_parity_difference", "attribute": "sex", "max": 0.3}])


def by_name(found):
    return {point.name: point for point in found.facts.points}


def test_the_chosen_has_the_best_accuracy_within_the_limit(found):
    inside = [point for point in found.facts.points if point.keeps_limit]
    chosen = by_name(found)[found.chosen]
    assert found.facts.rule == "best_within_limit"
    assert chosen.score.after.value == max(point.score.after.value for point in inside)
    assert chosen.gap.after.value <= 0.1 < by_name(found)["refit"].gap.after.value


def test_the_unmitigated_model_is_its_own_measure(found):
    refit = by_name(found)["refit"]
    assert refit.score.change.value == refit.gap.change.value == 0
    assert all(point.score.before == refit.score.after for point in found.facts.points)


def test_dominated_points_name_one_that_is_no_worse(found):
    points = by_name(found)
    dominated = [point for point in points.values() if point.dominated_by]
    assert dominated
    for point in dominated:
        over = points[point.dominated_by]
        assert over.pareto
        assert over.score.after.value >= point.score.after.value
        assert over.gap.after.value <= point.gap.after.value


def test_only_held_back_rows_are_compared_and_only_test_rows_judged(found):
    assert (found.facts.trained_rows, found.facts.validated_rows) == (600, 300)
    accuracy = found.facts.judged.figures[0]
    assert accuracy.before.value == pytest.approx(MODEL.score(TEST[["skill", "man"]], TEST["hired"]))
    assert accuracy.after.value == pytest.approx((found.model.predict(TEST) == TEST["hired"]).mean())


def test_every_limit_of_the_policy_and_the_asked_one_are_judged(found):
    assert [item.limit.max for item in found.facts.verdicts] == [0.3, 0.1]
    assert found.exit_code in {0, 1, 3}
    again = audit_model(found.model, TEST, explain=False, **QUIET)
    judged = again.gate([{"metric": "demographic_parity_difference", "attribute": "sex", "max": 0.3}])
    assert judged.verdict == found.facts.verdicts[0].state


def test_planted_levelling_down_is_called_by_its_name():
    found = searched(methods=["single_threshold"], limit=None, tolerance=1.0)
    strongest = by_name(found)["single_threshold 1"]
    assert strongest.levelling_down or strongest.gap.after.value == 0
    refit = by_name(found)["refit"]
    assert not refit.levelling_down
    page = build_page(found.result.record)
    assert any("evelling down" in note for note in page.mitigation.sections[0].notes) == any(
        point.levelling_down for point in found.facts.points
    )


def test_lowering_the_better_group_alone_is_levelling_down(found):
    narrowed = Estimate(-0.15, Interval(-0.2, -0.1, 0.95, "planted"))
    gap = by_name(found)["group_thresholds 1"].gap.model_copy(update={"change": narrowed})
    changes = by_name(found)["group_thresholds 1"].groups
    men = [g for g in changes if g.rate == "selection_rate"]
    assert {item.name: item.effect for item in men} == {"F": "gained", "M": "lost"}
    asked = Question(CATALOGUE[gap.metric], ("sex",), None, (), "accuracy", 0.01)
    assert not _levelled(asked, gap, changes)
    still = Estimate(0.0, Interval(-0.01, 0.01, 0.95, "planted"))
    frozen = tuple(g.model_copy(update={"change": still}) if g.name == "F" else g for g in men)
    assert _levelled(asked, gap, frozen)


def test_noise_is_called_noise():
    few = people(120, seed=5)
    found = mitigate_model(
        MODEL,
        TEST,
        train=few,
        methods=["reweighing"],
        metric="accuracy_difference",
        min_group_size=5,
        **QUIET,
    )
    weak = by_name(found)["reweighing 0.25"]
    assert weak.within_noise
    assert "within noise" in " ".join(_words(found))


def _words(found):
    section = build_page(found.result.record).mitigation.sections[0]
    tables = [table for part in section.sections for table in part.tables]
    marks = [m.word for t in tables for row in (*t.rows, *t.more) for cell in row.cells for m in cell.marks]
    return [section.intro, *section.notes, *marks]


def test_a_limit_that_cannot_be_kept_is_said_with_the_best_that_can():
    found = searched(methods=["unaware"], limit=0.0)
    assert found.facts.rule == "nearest_to_limit"
    nearest = min(found.facts.points, key=lambda point: point.gap.after.value)
    assert found.chosen == nearest.name
    assert "None does" in " ".join(_words(found))


def test_a_spent_budget_is_marked_everywhere():
    found = searched(budget=1e-9)
    assert found.facts.cut_short
    assert found.chosen == "refit"
    assert {item.why for item in found.facts.left_out} == {"no_time", "unsuited"}
    assert "depends on the machine" in " ".join(_words(found))
    assert json.loads(alternatives_json(found.facts))["cut_short"] is True


def test_the_given_model_is_kept_where_nothing_is_better():
    found = searched(budget=1e-9)
    assert found.model is MODEL
    assert found.facts.judged is None


def test_a_policy_can_forbid_the_attribute_at_decisions():
    found = searched(forbid_sensitive_at_decision=True, test=TEST.assign(man=(TEST["sex"] == "M") * 1.0))
    assert {i.name for i in found.facts.left_out if i.why == "forbidden"} == {"group_thresholds"}
    assert by_name(found)[found.chosen].needs_sensitive != "decision"
    assert "forbids" in " ".join(_words(found))


def test_columns_that_are_sensitive_themselves_are_hidden_when_forbidden():
    coded = TRAIN.assign(sex=(TRAIN["sex"] == "M").astype(int))
    test = TEST.assign(sex=(TEST["sex"] == "M").astype(int))
    model = LogisticRegression().fit(coded[["skill", "sex"]], coded["hired"])
    found = mitigate_model(
        model, test, train=coded, methods=["resampling", "group_thresholds"], limit=0.2,
        metric="demographic_parity_difference", forbid_sensitive_at_decision=True, drop=["man"],
        **QUIET | {"reference": {"sex": 1}},
    )  # fmt: skip
    assert found.facts.hides_sensitive
    assert {p.needs_sensitive for p in found.facts.points if p.method != "refit"} == {"training"}
    if found.chosen != "refit":
        turned = found.model.predict(test.assign(sex=1 - test["sex"]))
        assert np.array_equal(turned, found.model.predict(test))


def test_a_saved_model_goes_through_the_ordinary_door(found, tmp_path):
    path, record = found.save(tmp_path / "model.skops")
    loaded = load_model(path)
    assert np.array_equal(loaded.estimator.predict(TEST), found.model.predict(TEST))
    kept = json.loads(record.read_text(encoding="utf-8"))
    assert record.name == "model.record.json"
    assert kept["model_sha256"] == loaded.sha256
    assert (kept["chosen"], kept["frontier"]["metric"]) == (found.chosen, "demographic_parity_difference")
    first = path.read_bytes()
    found.save(path)
    assert path.read_bytes() == first


def test_a_model_that_needs_groups_asks_for_their_columns(tmp_path):
    found = searched(methods=["group_thresholds"])
    assert found.model.feature_names_in_.tolist() == ["skill", "man", "sex"]
    save_model(found.model, tmp_path / "m.skops")
    model = load_model(tmp_path / "m.skops")
    with pytest.raises(ModelError, match="wants the column 'sex'"):
        model.decide(TEST.drop(columns="sex"), 1)
    unseen = TEST.head(4).assign(sex=["F", "M", "X", "F"])
    assert len(model.decide(unseen, 1)) == 4


def test_banded_attributes_are_banded_again_at_decisions():
    train, test = (frame.assign(age=np.where(frame["sex"] == "M", 50, 30)) for frame in (TRAIN, TEST))
    found = mitigate_model(
        MODEL, test, train=train, target="hired", sensitive_features=["age"], bands={"age": [40]},
        drop=["sex"], methods=["group_thresholds"], metric="demographic_parity_difference", limit=0.1,
    )  # fmt: skip
    older = found.model.predict(test.assign(age=41))
    assert np.array_equal(older, found.model.predict(test.assign(age=70)))
    assert not np.array_equal(older, found.model.predict(test.assign(age=39)))


def test_labels_are_given_back_as_the_table_has_them():
    words = {0: "yes", 1: "no"}  # the positive label comes first in the alphabet's order
    train, test = (frame.assign(hired=frame["hired"].map(words)) for frame in (TRAIN, TEST))
    model = LogisticRegression().fit(train[["skill", "man"]], train["hired"])
    found = mitigate_model(
        model, test, train=train, pos_label="no", methods=["reweighing"], limit=0.2,
        metric="demographic_parity_difference", **QUIET,
    )  # fmt: skip
    assert set(found.model.predict(test)) <= {"yes", "no"}
    accuracy = found.facts.judged.figures[0].after.value
    assert accuracy == pytest.approx((found.model.predict(test) == test["hired"]).mean())


def test_the_table_of_alternatives_holds_air_and_smd(found):
    rows = alternatives(found.facts)
    assert {row["group"] for row in rows} == {"F"}
    refit = rows[0]
    assert refit["air"] < 0.8
    assert refit["smd"] < -0.3
    assert sum(row["chosen"] for row in rows) == 1
    assert next(row for row in rows if row["chosen"])["why"].startswith("chosen: the best accuracy")
    listed = list(csv.DictReader(io.StringIO(alternatives_csv(found.facts))))
    assert [row["candidate"] for row in listed] == [row["candidate"] for row in rows]
    assert found.table.shape == (len(rows), len(rows[0]))


def test_why_not_is_said_of_each(found):
    words = {point.name: why(found.facts, point) for point in found.facts.points}
    assert words["refit"] == "not chosen: it does not keep the limit"
    assert all(text.startswith(("chosen", "not chosen")) for text in words.values())


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "roc_auc"])
def test_any_scorer_can_be_paid_with(scoring):
    found = searched(methods=["unaware+proxies"], proxies=["man"], scoring=scoring)
    point = by_name(found)["unaware+proxies"]
    assert point.score.metric == scoring
    assert point.score.change.interval.low <= point.score.change.value <= point.score.change.interval.high


def test_a_cross_validation_compares_all_training_rows():
    found = searched(methods=["reweighing"], cv=3)
    assert (found.facts.folds, found.facts.validated_rows) == (3, 900)


def test_weights_enter_every_figure():
    train, test = (frame.assign(w=np.where(frame["hired"] == 1, 2.0, 1.0)) for frame in (TRAIN, TEST))
    model = LogisticRegression().fit(train[["skill", "man"]], train["hired"])
    given = {"methods": ["resampling", "unaware"], "metric": "demographic_parity_difference", **QUIET}
    plain = mitigate_model(model, test, train=train, **given)
    heavy = mitigate_model(model, test, train=train, weight="w", **given)
    assert by_name(plain)["refit"].gap.after.value != by_name(heavy)["refit"].gap.after.value


def test_the_same_search_gives_the_same_record():
    one, two = (searched(methods=["resampling", "reject_option"]).facts for _ in range(2))
    assert one.model_dump_json() == two.model_dump_json()


def test_the_record_is_read_again_and_old_ones_still_are(found, tmp_path):
    path = tmp_path / "record.json"
    found.result.to_json(path)
    assert Result.read(path).record.frontier.model_dump_json() == found.facts.model_dump_json()
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["frontier"]
    assert Record.model_validate(content).frontier is None


def test_the_page_shows_picture_table_and_who_pays(found):
    page = build_page(found.result.record)
    [chart] = [chart for chart in charts_of(page) if chart.id == "frontier-picture"]
    assert {dot.kind for dot in chart.dots} >= {"chosen", "unmitigated"}
    assert chart.limit == 10.0
    html = found.result.to_html()
    for text in ("The trade-off", "at every decision", "frontier-alternatives", "What happens to each group"):
        assert text in html
    assert html.count("<svg") >= 1


def test_the_policy_leads_where_nothing_is_named():
    policy = [
        {"metric": "accuracy_difference", "attribute": "sex", "max": 0.9},
        {"metric": "demographic_parity_ratio", "attribute": "sex", "min": 0.8},
    ]
    found = mitigate_model(MODEL, TEST, train=TRAIN, methods=["unaware"], policy=policy, **QUIET)
    assert (found.facts.metric, found.facts.limit_min) == ("demographic_parity_ratio", 0.8)
    assert len(found.facts.verdicts) == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"metric": "accuracy"}, "a difference or a ratio"),
        ({"attribute": "race"}, "no grouping 'race'"),
        ({"scoring": "acuracy"}, "did you mean 'accuracy'"),
        ({"methods": ["reweigh"]}, "did you mean 'reweighing'"),
        ({"limit": 1.5}, "from 0 to 1"),
        ({"cv": 1}, "cannot be held back in turn"),
        ({"budget": 0}, "budget"),
    ],
)
def test_bad_questions_are_refused(given, words):
    with pytest.raises(InputError, match=words):
        searched(**given)


def test_problems_of_a_question_come_together():
    with pytest.raises(InputError) as caught:
        searched(metric="accuracy", attribute="race", scoring="x")
    assert len(caught.value.problems) == 3


def test_what_is_no_classifier_or_has_no_rows_to_train_on_is_refused():
    with pytest.raises(InputError, match="rows to train on"):
        mitigate_model(MODEL, TEST, train=None, **QUIET)

    class Coded(LinearRegression):
        def predict(self, X):
            return (super().predict(X) > 0.5).astype(int)

    model = Coded().fit(TRAIN[["skill", "man"]], TRAIN["hired"])
    with pytest.raises(InputError, match="classifier"):
        searched(model=model)


def test_a_third_label_is_refused():
    train = TRAIN.assign(hired=np.where(TRAIN["skill"] > 1.5, 2, TRAIN["hired"]))
    with pytest.raises(InputError, match="one other"):
        mitigate_model(MODEL, TEST, train=train, pos_label=1, methods=["unaware"], **QUIET)


def test_a_group_without_positives_leaves_figures_undefined_and_the_audit_standing():
    none = TRAIN.assign(hired=np.where(TRAIN["sex"] == "F", 0, TRAIN["hired"]))
    found = mitigate_model(
        MODEL, TEST, train=none, methods=["reweighing", "group_thresholds"],
        metric="equal_opportunity_difference", **QUIET,
    )  # fmt: skip
    assert found.facts.rule == "nothing_defined"
    assert found.chosen is None
    assert "no candidate has both figures" in " ".join(_words(found))


def test_an_audit_with_a_frontier_shows_it_beside_the_mitigation():
    asked = Frontier(methods=("reweighing",), metric="demographic_parity_difference", limit=0.1)
    result = audit_model(
        MODEL, TEST, train=TRAIN, explain=False, methods=["unaware"], proxies=["man"],
        frontier=asked.model_dump(exclude_unset=True), **QUIET,
    )  # fmt: skip
    page = build_page(result.record)
    assert page.mitigation.sections[0].id == "frontier"
    assert result.record.frontier.chosen.startswith("reweighing")
