"""``evenhand explain`` and ``explain_row``: what they say, write and refuse."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from evenhand import Explanation, explain_row
from evenhand.errors import InputError

WORDS = ("--pos-label", ">50K", "--sensitive", "sex")


@pytest.fixture(scope="module")
def place(files, tested, tmp_path_factory):
    """A refused row of the table."""
    return int(np.flatnonzero(tested["decision"] == "<=50K")[0])


@pytest.fixture
def explained(cli, files, place):
    def run(*words):
        return cli(
            "explain", files / "loans.parquet", "--model", files / "model.skops", "--row", place, *words
        )

    return run


def test_the_text_says_what_was_decided_and_why(explained, place):
    done = explained(*WORDS, "--monotone", "age=up")
    assert done.code == 0
    assert f"Row {place} is refused: its score of 0." in done.out
    for heading in (
        "Refused mainly because of", "What each column adds", "Do the methods agree?",
        "Principal reasons for the refusal", "What would have to change for acceptance",
        "If only a sensitive column were different",
    ):  # fmt: skip
        assert heading in done.out
    assert re.search(r"Column +Value +SHAP +LIME +Occlusion", done.out)
    assert max(map(len, done.out.splitlines())) <= 110


def test_json_is_clean_for_pipes_and_adds_up(explained, place, tested):
    done = explained(*WORDS, "--format", "json", "--ways", "1")
    record = json.loads(done.out)
    item = record["decisions"][0]
    assert (item["row"], item["selected"]) == (place, False)
    assert item["value"] == pytest.approx(tested["p"][place])
    shap = next(method for method in item["methods"] if method["method"] == "shap")
    assert shap["base"] + sum(shap["values"]) == pytest.approx(item["value"])
    assert item["words"].startswith(f"Row {place} is refused")
    assert len(item["reasons"]) <= 4
    assert len(item["ways"]) == 1


def test_what_a_way_promises_is_what_the_model_says(explained, tested, pipeline):
    record = json.loads(explained(*WORDS, "--format", "json").out)
    item = record["decisions"][0]
    row = tested.iloc[[item["row"]]].copy()
    for change in item["ways"][0]["changes"]:
        assert change["column"] != "sex"
        row[change["column"]] = change["after"]
    score = pipeline.predict_proba(row[list(pipeline.feature_names_in_)])[0, 1]
    assert score == pytest.approx(item["ways"][0]["output"])
    assert score >= 0.5


def test_the_files_are_written_the_same_each_time(explained, tmp_path):
    for folder in ("one", "two"):
        done = explained(*WORDS, "--out", tmp_path / folder, "--quiet")
        assert (done.code, done.out) == (0, "")
    for name in ("explanation.html", "explanation.json"):
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one == two
    page = (tmp_path / "one" / "explanation.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#)', page)


def test_several_rows_and_settings(cli, files, tmp_path, tested):
    (tmp_path / "evenhand.toml").write_text(
        f'data = "{files / "loans.parquet"}"\nmodel = "{files / "model.skops"}"\ntarget = "income"\n'
        'pos_label = ">50K"\nsensitive = ["sex", "race"]\ndrop = ["p", "decision", "weight"]\n'
        '[recourse]\nimmutable = ["age"]\nmonotone = { education-num = "up" }\n',
        encoding="utf-8",
    )
    words = ("--row", 0, "--row", 5, "--row", 0, "--format", "json", "--method", "occlusion")
    record = json.loads(cli("explain", tmp_path / "evenhand.toml", *words).out)
    assert [item["row"] for item in record["decisions"]] == [0, 5]
    assert set(record["rules"]["immutable"]) == {"sex", "race", "age"}
    assert record["rules"]["monotone"] == {"education-num": "up"}
    assert [method["method"] for method in record["decisions"][0]["methods"]] == ["occlusion"]


def test_a_person_is_found_by_name(cli, files, tested, tmp_path):
    tested.assign(person=[f"P{at}" for at in range(len(tested))]).to_parquet(tmp_path / "named.parquet")
    words = (
        "--model",
        files / "model.skops",
        *WORDS,
        "--id",
        "person",
        "--method",
        "occlusion",
        "--ways",
        "0",
    )
    done = cli("explain", tmp_path / "named.parquet", *words, "--person", "P9")
    assert "Row 9 (P9)" in done.out
    lost = cli("explain", tmp_path / "named.parquet", *words, "--person", "Q9", "--person", "P9")
    assert (lost.code, lost.out) == (2, "")
    assert "no row holds 'Q9' in the column 'person'" in lost.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--row", 99999), "a whole number from 0 to 1999"),
        (("--row", -1), "a whole number from 0 to 1999"),
        (("--method", "magic"), "there is no method 'magic'"),
        (("--method", "saliency"), "this model is none"),
        (("--against", "nobody"), "one of approved, threshold, all"),
        (("--background", 1), "at least 2 rows"),
        (("--immutable", "agee"), "did you mean 'age'"),
        (("--range", "age"), "write column=low,high"),
        (("--range", "age=60,20"), "swap the two"),
        (("--range", "sex=0,1"), "holds categories"),
        (("--monotone", "age=sideways"), "write column=up"),
        (("--changeable", "age", "--immutable", "age"), "stands in changeable and in immutable"),
        (("--person", "Ann"), "say which"),
        (("--format", "yaml"), "one of text, json"),
        (("--sensitive", "sexx"), "did you mean 'sex'"),
        (("--pos-label", "rich"), "the label must occur"),
    ],
)
def test_bad_input_is_told_with_code_2(explained, tmp_path, words, message):
    done = explained("--pos-label", ">50K", *words, "--out", tmp_path / "out")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


def test_what_is_missing_is_named(cli, files):
    bare = cli("explain", files / "loans.parquet", "--row", 0)
    assert (bare.code, "name its file" in bare.err) == (2, True)
    unnamed = cli("explain", files / "loans.parquet", "--model", files / "model.skops")
    assert unnamed.code == 2
    assert "2 problems were found" in unnamed.err
    assert "--row 17" in unnamed.err
    assert "pos_label = '>50K'" in unnamed.err
    lost = cli("explain", files / "loans.parquet", "--model", "nothing.skops", "--row", 0, *WORDS)
    assert (lost.code, "there is none at nothing.skops" in lost.err) == (2, True)


# ---- from Python ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"pay": rng.integers(0, 100, 500), "shoe": rng.integers(36, 46, 500)})


def test_a_row_is_explained_from_python(people, tmp_path):
    clf = LogisticRegression(max_iter=1000).fit(people, people["pay"] > 50)
    row = int(np.argmin(people["pay"]))
    found = explain_row(clf, people, row, methods=["shap", "occlusion"])
    assert isinstance(found, Explanation)
    assert "Refused mainly because of pay (0, " in found.words[0]
    assert repr(found) == found.words[0]
    assert "pay" in found._repr_html_()
    assert [path.name for path in found.write(tmp_path)] == ["explanation.html", "explanation.json"]
    assert found.record.decisions[0].reasons[0].column == "pay"


def test_words_follow_the_rule_and_name_a_sensitive_column(people):
    class Biased:
        classes_ = np.array([0, 1])

        def predict_proba(self, X):
            score = np.where(X["sex"] == "F", 0.2, 0.8)
            return np.column_stack([1 - score, score])

    rows = people.assign(sex=np.where(people.index % 2, "M", "F"))
    found = explain_row(Biased(), rows, [0, 1], sensitive_features="sex", methods=["shap"])
    assert "Refused mainly because of sex (F, −0.3" in found.words[0]
    assert "Accepted mainly because of sex (M, +0.3" in found.words[1]
    assert "the sensitive sex" in found.words[0]
    flip = found.record.decisions[0].flips[0]
    assert (flip.after, flip.selected) == ("M", True)
    assert found.record.decisions[0].ways == ()


def test_limits_of_the_result_are_stated(people):
    class Decides:
        classes_ = np.array(["a", "b", "c"])

        def predict(self, X):
            return np.where(X["pay"] > 60, "a", np.where(X["pay"] > 30, "b", "c"))

    rows = people.assign(same=1, town="x")
    rows.loc[3, "town"] = "y"
    found = explain_row(Decides(), rows, 3, pos_label="a").record
    assert {note.code for note in found.notes} == {"several_classes", "no_scores", "constant"}
    assert {note.code for note in found.decisions[0].notes} == {"unseen"}


def test_without_anybody_accepted_reasons_are_not_made(people):
    class Never:
        classes_ = np.array([0, 1])

        def predict_proba(self, X):
            return np.tile([0.9, 0.1], (len(X), 1))

    item = explain_row(Never(), people, 0).record.decisions[0]
    assert item.reasons == ()
    assert item.absent[0].part == "principal reasons"


def test_python_refuses_what_the_command_line_refuses(people):
    clf = LogisticRegression().fit(people, people["pay"] > 50)
    with pytest.raises(InputError, match="from 0 to 499"):
        explain_row(clf, people, 500)
    with pytest.raises(InputError, match="an explanation is of a row"):
        explain_row(clf, people, [])
