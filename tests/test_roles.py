"""Roles: who plays which part, and every problem of the columns at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.dataset import Dataset, open_dataset
from evenhand.audit.labels import matches, resolve_label
from evenhand.audit.roles import Roles, check_roles
from evenhand.audit.settings import Settings
from evenhand.audit.tables import open_tables, split_tables
from evenhand.errors import InputError


@pytest.fixture
def loans() -> pd.DataFrame:
    rows = 60
    return pd.DataFrame(
        {
            "y": ["yes", "no", "no"] * 20,
            "p": ["no", "yes", "no"] * 20,
            "score": np.linspace(0, 1, rows),
            "sex": ["F", "M"] * 30,
            "race": ["a", "b", "c"] * 20,
            "age": range(18, 18 + rows),
            "w": np.linspace(0.5, 2, rows),
            "half": ["train", "test"] * 30,
        }
    )


BASE = {"target": "y", "pos_label": "yes", "sensitive": ("sex",), "prediction": "p"}


def check(frame: pd.DataFrame, **settings) -> Roles:
    return check_roles(open_dataset(frame, name="loans.csv"), Settings(**(BASE | settings)))


def problems(frame: pd.DataFrame, **settings) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        check(frame, **settings)
    return {item.code: str(item) for item in caught.value.problems}


def only(frame: pd.DataFrame, **settings) -> str:
    found = list(problems(frame, **settings).values())
    assert len(found) == 1
    return found[0]


def test_good_roles_are_resolved(loans):
    roles = check(
        loans,
        sensitive=("sex", "race", "age"),
        intersections=(("sex", "race"),),
        bands={"age": (40,)},
        weight="w",
    )
    assert (roles.pos_label, roles.pos_prediction, roles.labels) == ("yes", "yes", ("no", "yes"))
    assert roles.groupings == (("sex",), ("race",), ("age",), ("sex", "race"))
    assert roles.whole == {"age": True}
    assert roles.features == ("score", "sex", "race", "age", "half")


@pytest.mark.parametrize(
    ("values", "label", "found"),
    [
        ([0, 1], "1", 1),
        ([0, 1], None, 1),
        ([0.0, 1.0], 1, 1.0),
        ([False, True], "true", True),
        (["0", "1"], 1, "1"),
    ],
)
def test_labels_are_matched_as_people_write_them(loans, values, label, found):
    loans["y"] = loans["p"] = values * 30
    roles = check(loans, pos_label=label)
    assert roles.pos_label == found
    assert type(roles.pos_label) is type(found)


def test_yes_and_no_need_a_positive_label(loans):
    message = only(loans, pos_label=None)
    assert message.startswith("pos_label: the positive label must be named, as 'y' holds 'no', 'yes';")
    assert message.endswith('for example: pos_label = "yes"')


def test_one_and_two_need_a_positive_label(loans):
    loans["y"] = loans["p"] = [1, 2] * 30
    assert "as 'y' holds 1, 2" in only(loans, pos_label=None)


def test_a_positive_label_that_does_not_occur_is_told(loans):
    assert only(loans, pos_label="Yes").startswith("pos_label: the label must occur in the column, got 'Yes'")


def test_an_ambiguous_label_is_told():
    with pytest.raises(InputError, match="'1' could mean each of"):
        resolve_label("1", [1, 1.0], "pos_label")
    assert resolve_label("1", ["1", 1], "pos_label") == "1"


def test_matching_takes_missing_for_no_match():
    assert matches(np.array(["a", None, np.nan, "b"], dtype=object), "a").tolist() == [
        True,
        False,
        False,
        False,
    ]


def test_a_target_with_one_class_is_told(loans):
    assert "a target needs two classes at least, but 'y' holds only 'yes'" in only(loans.assign(y="yes"))


def test_a_target_with_missing_labels_is_told(loans):
    loans.loc[:2, "y"] = None
    assert "no value may be missing, but 'y' lacks 3 of 60" in only(loans)


def test_an_empty_table_is_told(loans):
    assert "an audit needs rows, but the table has none" in only(loans.iloc[:0])


def test_an_absent_column_gets_a_suggestion(loans):
    assert only(loans, sensitive=("sexx",)) == (
        "sensitive[0] (loans.csv): there is no column 'sexx'; did you mean 'sex'?"
    )


@pytest.mark.parametrize("key", ["target", "prediction", "weight", "score", "id"])
def test_each_part_may_be_absent(loans, key):
    assert "there is no column 'nope'" in problems(loans, **{key: "nope"})["unknown_column"]


def test_a_constant_sensitive_column_is_told(loans):
    assert "holds only 'F'" in only(loans.assign(sex="F"))


def test_an_all_missing_sensitive_column_is_told(loans):
    assert "'sex' has no value in any row" in only(loans.assign(sex=pd.Series([None] * 60, dtype="str")))


def test_many_numbers_need_bands(loans):
    message = only(loans, sensitive=("age",))
    assert "need bands, but 'age' holds 60, from 18 to 77" in message
    assert "bands = { age = [48] }" in message


def test_integer_codes_need_no_bands(loans):
    assert check(loans.assign(sex=[1, 2] * 30)).sensitive == ("sex",)


def test_bands_that_hold_everything_in_one_are_told(loans):
    assert "all fall into one band" in only(loans, sensitive=("age",), bands={"age": (100,)})


def test_bands_of_text_and_of_other_columns_are_told(loans):
    assert "bands need numbers, but 'sex' holds text" in only(loans, bands={"sex": (1,)})
    assert (
        "bands are for sensitive and control columns"
        in problems(loans, bands={"age": (40,)})["not_sensitive"]
    )


def test_predictions_with_missing_values_are_told(loans):
    loans.loc[0, "p"] = None
    assert "prediction: no value may be missing, but 'p' lacks 1 of 60; every row needs a decision" in only(
        loans
    )


def test_probabilities_given_as_predictions_are_told(loans):
    assert "name it as score" in only(loans, prediction="score")


def test_predictions_that_speak_another_language_are_told(loans):
    assert "decisions are 'no', 'yes', or 0 and 1, but 'p' holds 'JA', 'NEIN'" in only(
        loans.assign(p=["JA", "NEIN"] * 30)
    )


@pytest.mark.parametrize(("decisions", "positive"), [([0, 1], 1), ([False, True], True), ([0, 0], 1)])
def test_predictions_may_be_zeros_and_ones_whatever_the_labels(loans, decisions, positive):
    assert check(loans.assign(p=decisions * 30)).pos_prediction == positive


def test_predictions_that_never_select_are_no_problem(loans):
    assert check(loans.assign(p="no")).pos_prediction == "yes"


def test_scores_outside_zero_and_one_are_told(loans):
    loans["score"] += 0.5
    assert "scores are probabilities from 0 to 1, but 'score' runs from 0.5 to 1.5" in only(
        loans, score="score"
    )


@pytest.mark.parametrize(
    ("value", "code"), [(np.nan, "missing_values"), (np.inf, "infinite"), (-np.inf, "infinite")]
)
def test_scores_that_are_missing_or_infinite_are_told(loans, value, code):
    loans.loc[3, "score"] = value
    assert list(problems(loans, score="score")) == [code]


@pytest.mark.parametrize(
    ("weights", "code"),
    [(-1.0, "negative_weight"), (np.nan, "missing_values"), (np.inf, "infinite"), ("x", "not_numeric")],
)
def test_weights_that_are_none_are_told(loans, weights, code):
    loans["w"] = loans["w"].astype(object if weights == "x" else float)
    loans.loc[:, "w"] = weights if weights == "x" else loans["w"].where(loans.index != 0, weights)
    assert list(problems(loans.infer_objects(), weight="w")) == [code]


def test_weights_all_zero_are_told(loans):
    assert "some weight must be above zero" in only(loans.assign(w=0), weight="w")


def test_frequency_weights_are_whole(loans):
    assert "frequency weights are whole numbers" in only(loans, weight="w", weight_kind="frequency")


def test_a_column_in_two_parts_is_told(loans):
    found = problems(loans, sensitive=("sex", "y"), weight="w", id="w")
    assert "'y' is also sensitive[1]" in found["two_roles"] or "'w' is also id" in found["two_roles"]


def test_decisions_must_come_from_somewhere_and_from_one_place(loans):
    assert list(problems(loans, prediction=None)) == ["no_decisions"]
    assert list(problems(loans, model="m.skops")) == ["two_decisions"]


def test_no_sensitive_column_is_told(loans):
    assert 'write: sensitive = ["sex"]' in only(loans, sensitive=())


def test_an_intersection_joins_sensitive_columns(loans):
    assert "got 'rac'" in only(loans, intersections=(("sex", "rac"),))


def test_all_problems_come_at_once(loans):
    loans["sex"] = "F"
    loans.loc[0, "p"] = None
    loans["w"] = 0
    found = problems(loans, weight="w", score="scor", pos_label="maybe", drop=("nope",))
    assert set(found) == {"constant", "missing_values", "zero_weights", "unknown_column", "unknown_label"}


def test_one_query_looks_at_a_table(loans, monkeypatch):
    asked = []
    original = Dataset.query
    monkeypatch.setattr(Dataset, "query", lambda self, sql: asked.append(sql) or original(self, sql))
    check(loans, score="score", weight="w", sensitive=("sex", "race"))
    assert len(asked) == 1


def test_training_rows_are_checked_too(loans):
    data, train = open_dataset(loans), open_dataset(loans.assign(y="no"), name="train.csv")
    with pytest.raises(InputError, match="training needs rows of two classes"):
        check_roles(data, Settings(**BASE), train)
    with pytest.raises(
        InputError, match=r"sensitive\[0\] \(training rows, train.csv\): there is no column 'sex'"
    ):
        check_roles(data, Settings(**BASE), open_dataset(loans.drop(columns="sex"), name="train.csv"))


def test_tables_are_split(loans):
    tables = split_tables(
        open_dataset(loans), Settings(split={"column": "half", "train": "train", "test": "test"})
    )
    assert (tables.test.rows, tables.train.rows) == (30, 30)


def test_a_split_that_does_not_occur_is_told(loans):
    settings = Settings(split={"column": "half", "train": "train", "test": "valid"})
    with pytest.raises(
        InputError, match=r"split\.test: the value must occur in 'half', but no row holds 'valid'"
    ):
        split_tables(open_dataset(loans), settings)


def test_all_files_that_are_absent_are_told_at_once():
    settings = Settings(data="none.csv", train="gone.parquet", model="m.skops", policy="p.toml")
    with pytest.raises(InputError) as caught:
        open_tables(settings)
    assert [item.where.partition(":")[0] for item in caught.value.problems] == [
        "model",
        "policy",
        "data",
        "train",
    ]


def test_files_are_opened_with_their_missing_tokens(tmp_path):
    (tmp_path / "a.csv").write_text("sex\nF\n?\n")
    tables = open_tables(Settings(data=str(tmp_path / "a.csv"), missing=("?",)))
    assert tables.test.frame()["sex"].isna().tolist() == [False, True]
    assert tables.train is None
