"""The whole walk: a table and a model go in, one record comes out."""

from __future__ import annotations

import logging
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.tree import DecisionTreeClassifier

from evenhand import EvenhandWarning, InputError, audit_file, audit_model
from evenhand.audit.record import read_record
from evenhand.reading import settings_from

MODEL = {"target": "income", "pos_label": ">50K", "sensitive_features": ["sex"]}
INPUTS = ["age", "education-num", "hours-per-week", "marital-status", "occupation", "race", "sex"]


@pytest.fixture(scope="module")
def whole(audited):
    return read_record(audited / "record.json")


def test_the_rates_are_those_of_the_models_decisions(whole, tested):
    assert whole.overall.rates["accuracy"].value == pytest.approx(
        accuracy_score(tested["income"], tested["decision"])
    )
    assert whole.overall.rates["mean_score"].value == pytest.approx(tested["p"].mean())
    assert whole.model.inputs == tuple(INPUTS)
    assert whole.model.uses_sensitive == ("sex", "race")


def test_every_gap_is_explained_and_adds_up(whole):
    assert {item.metric for item in whole.explanations if item.grouping == "sex"} >= {
        "selection_rate", "mean_score", "true_positive_rate", "false_positive_rate",
    }  # fmt: skip
    for item in whole.explanations:
        assert sum(bar.value for bar in item.bars) == pytest.approx(item.total)
        assert item.total + item.residual == pytest.approx(item.measured)
        assert {bar.column for bar in item.bars} == set(INPUTS)


def test_an_explained_gap_is_the_measured_one(whole):
    for item in whole.explanations:
        if item.metric not in ("selection_rate", "true_positive_rate", "false_positive_rate"):
            continue
        [grouping] = [part for part in whole.groupings if part.name == item.grouping]
        rates = {group.group: group.rates[item.metric].value for group in grouping.groups}
        assert item.measured == pytest.approx(rates[item.group] - rates[item.reference])


def test_mitigation_starts_from_the_figures_of_the_audit(whole):
    assert [item.method for item in whole.mitigation] == ["unaware", "reweighing"]
    gaps = {
        (part.name, d.metric): d.value
        for part in whole.groupings
        for d in part.disparities
        if d.against == "all_pairs"
    }
    for method in whole.mitigation:
        for moved in method.figures:
            if moved.grouping == "overall":
                assert moved.before.value == pytest.approx(whole.overall.rates["accuracy"].value)
            elif (moved.grouping, moved.metric) in gaps:
                before = gaps[moved.grouping, moved.metric]
                assert moved.before.value == pytest.approx(before, nan_ok=True)
            change = moved.after.value - moved.before.value
            assert moved.change.value == pytest.approx(change, abs=1e-9, nan_ok=True)


def test_rows_that_stand_in_both_tables_are_counted(whole, trained, tested):
    columns = [*INPUTS, "income"]
    known = set(trained[columns].itertuples(index=False, name=None))
    both = sum(row in known for row in tested[columns].itertuples(index=False, name=None))
    [note] = [note for note in whole.notes if note.code == "overlap"]
    assert note.text.startswith(f"{both} of 2,000 test rows")


def test_what_was_not_made_says_why(tested, files):
    result = audit_file(
        settings_from(
            files / "loans.parquet",
            {"target": "income", "pos_label": ">50K", "sensitive": ("sex",), "prediction": "decision"},
        )
    )
    reasons = {item.part: item.reason for item in result.record.absent}
    assert set(reasons) == {"explanation", "mitigation"}
    assert all("no model was given" in reason for reason in reasons.values())


def test_parts_can_be_switched_off(pipeline, tested, trained):
    result = audit_model(pipeline, tested, train=trained, explain=False, mitigate=False, **MODEL)
    assert {item.part: item.reason for item in result.record.absent} == {
        "explanation": "the settings switch it off",
        "mitigation": "the settings switch it off",
    }
    assert not result.record.explanations
    assert not result.record.mitigation


def test_without_training_rows_nothing_is_retrained(pipeline, tested):
    result = audit_model(pipeline, tested, explain=False, **MODEL)
    [absent] = [item for item in result.record.absent if item.part == "mitigation"]
    assert "training rows" in absent.reason


def test_a_model_that_only_predicts_is_audited_and_explained_without_scores(pipeline, tested):
    class Only:
        classes_ = pipeline.classes_
        feature_names_in_ = np.array(["education-num", "sex"], dtype=object)

        def predict(self, rows):
            bar = np.where(rows["sex"] == "Male", 10, 12)
            return np.where(rows["education-num"] > bar, ">50K", "<=50K")

    result = audit_model(Only(), tested.head(600), **MODEL)
    assert "mean_score" not in result.record.overall.rates
    assert {item.metric for item in result.record.explanations} >= {"selection_rate"}
    parts = [item for item in result.record.absent if "mean score" in item.part]
    assert [item.reason for item in parts][:1] == ["no scores were given"]


def test_a_wrong_policy_is_told_before_the_long_work(pipeline, tested, trained):
    stages = []
    with pytest.raises(InputError, match="did you mean 'sex'"):
        audit_model(
            pipeline, tested, train=trained, progress=lambda *stage: stages.append(stage[0]), **MODEL,
            policy=[{"metric": "accuracy", "attribute": "sexx", "min": 0.5}],
        )  # fmt: skip
    assert set(stages) == {"reading rows"}


def test_progress_reaches_its_total(pipeline, tested, trained):
    seen = {}
    audit_model(
        pipeline, tested.head(500), train=trained, explain=False, methods=["unaware"],
        progress=lambda stage, done, total: seen.update({stage: (done, total)}), **MODEL,
    )  # fmt: skip
    assert set(seen) == {"reading rows", "examining", "mitigating", "documenting"}
    assert all(done == total for done, total in seen.values())


def test_frequency_weights_are_repeated_rows_all_the_way(pipeline, tested, trained):
    rows = tested.head(400)
    again = rows.loc[rows.index.repeat(rows["weight"])].reset_index(drop=True)
    weighted_train = trained.head(600).assign(weight=1 + np.arange(600) % 2)
    repeated_train = weighted_train.loc[weighted_train.index.repeat(weighted_train["weight"])]
    common = {**MODEL, "weight_kind": "frequency", "explain": False, "methods": ["unaware", "reweighing"]}
    one = audit_model(pipeline, rows, train=weighted_train, weight="weight", **common)
    two = audit_model(pipeline, again, train=repeated_train, drop=["weight"], **common)
    for mine, theirs in zip(one.record.mitigation, two.record.mitigation, strict=True):
        for a, b in zip(mine.figures, theirs.figures, strict=True):
            assert a.before.value == pytest.approx(b.before.value, abs=1e-9, nan_ok=True)
            # scikit-learn's optimiser stops within its tolerance, so a few rows at the threshold may differ.
            assert a.after.value == pytest.approx(b.after.value, abs=0.02, nan_ok=True)
    assert one.by_group["selection_rate"].tolist() == pytest.approx(two.by_group["selection_rate"].tolist())


def test_weights_count_in_explanations(pipeline, tested):
    rows = tested.head(500)
    heavy = rows.assign(weight=np.where(rows["marital-status"] == "Never-married", 9.0, 1.0))
    plain, weighted = (
        audit_model(pipeline, table, weight="weight", **MODEL) for table in (rows.assign(weight=1.0), heavy)
    )
    for result, table in ((plain, rows.assign(weight=1.0)), (weighted, heavy)):
        [found] = [item for item in result.record.explanations if item.metric == "selection_rate"]
        chosen = table["decision"] == ">50K"
        rate = {
            who: np.average(chosen[table["sex"] == who], weights=table["weight"][table["sex"] == who])
            for who in ("Female", "Male")
        }
        assert found.measured == pytest.approx(rate[found.group[0]] - rate[found.reference[0]], abs=1e-9)


def test_a_control_column_enters_the_record_and_not_the_model(files):
    settings = settings_from(
        files / "loans.parquet",
        {
            "target": "income", "pos_label": ">50K", "sensitive": ("sex",), "prediction": "decision",
            "control": ("age", "race"), "bands": {"age": [40]},
        },
    )  # fmt: skip
    result = audit_file(settings)
    assert [(part.control, part.grouping) for part in result.record.conditional] == [
        ("age", "sex"),
        ("race", "sex"),
    ]
    assert [level.name for level in result.record.conditional[0].strata] == ["under 40", "40 and over"]


def test_small_and_missing_groups_are_noted(tested):
    from evenhand import audit_predictions

    race = tested["race"].where(tested.index % 50 != 0)
    result = audit_predictions(
        tested["income"], tested["decision"], sensitive_features={"race": race}, pos_label=">50K"
    )
    codes = {note.code: note.text for note in result.record.notes}
    assert f"{int(race.isna().sum())} rows have a missing value" in codes["missing_group"]
    assert "Other" in codes["small_groups"]


def test_the_library_prints_nothing(pipeline, tested, trained, capfd, caplog):
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings():
        warnings.simplefilter("ignore", EvenhandWarning)
        result = audit_model(pipeline, tested.head(500), train=trained, methods=["unaware"], **MODEL)
        result.to_html()
    assert capfd.readouterr() == ("", "")
    ours = [record for record in caplog.records if record.pathname.find("site-packages") < 0]
    assert all(record.name.startswith("evenhand") for record in ours)


def test_paths_and_types_of_a_pandas_frame_reach_the_model(pipeline, tested):
    own = tested.assign(race=tested["race"].astype("category"), age=tested["age"].astype("Int64"))
    one = audit_model(pipeline, own, explain=False, **MODEL)
    two = audit_model(pipeline, tested, explain=False, **MODEL)
    pd.testing.assert_frame_equal(one.by_group, two.by_group)


def test_training_that_fails_is_told_and_the_audit_stands(tested, trained):
    model = LogisticRegression().fit(trained[["age", "hours-per-week"]], trained["income"])
    holes = trained.assign(age=trained["age"].where(trained.index > 5))
    result = audit_model(model, tested, train=holes, explain=False, methods=["reweighing"], **MODEL)
    [absent] = [item for item in result.record.absent if item.part == "mitigation by reweighing"]
    assert absent.reason == "the model fails on the training rows: ValueError: Input X contains NaN."
    assert result.record.overall.rows == len(tested)


def test_one_class_of_several_is_judged_against_the_rest(tested):
    rows = tested.assign(three=np.where(tested["education-num"] > 12, "high", tested["income"]))
    columns = ["age", "hours-per-week"]
    model = DecisionTreeClassifier(max_depth=4, random_state=0).fit(rows[columns], rows["three"])
    result = audit_model(
        model, rows, target="three", pos_label="high", sensitive_features="sex", threshold=0.3, explain=False
    )
    chosen = model.predict_proba(rows[columns])[:, list(model.classes_).index("high")] >= 0.3
    expected = pd.Series(chosen).groupby(rows["sex"]).mean()
    assert result.by_group["selection_rate"].tolist() == pytest.approx(expected.tolist())


@pytest.fixture(scope="module")
def plain_gap(pipeline, tested):
    result = audit_model(pipeline, tested, explain=False, whole=False, reference="largest", **MODEL)
    return result.disparity("equalized_odds_difference", "sex")


@pytest.mark.parametrize("reference", ["best", "overall", "rest", "all_pairs", {"sex": "Female"}])
def test_any_reference_leaves_the_worst_gap_as_it_is(pipeline, tested, reference, plain_gap):
    other = audit_model(pipeline, tested, explain=False, whole=False, reference=reference, **MODEL)
    assert other.disparity("equalized_odds_difference", "sex") == plain_gap
