"""What the Python face refuses: wrong kinds of tables, names, rows and policies; each message is clear."""

from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from evenhand import audit_file, audit_model, explain_row
from evenhand.errors import InputError

RNG = np.random.default_rng(0)
X = RNG.normal(size=120)
ROWS = pd.DataFrame({"x": X, "sex": ["F", "M"] * 60, "hired": (X + RNG.normal(size=120) > 0).astype(int)})
QUICK = {"explain": False, "whole": False}


@pytest.fixture(scope="module")
def clf():
    return LogisticRegression().fit(ROWS[["x"]], ROWS["hired"])


@pytest.mark.parametrize("table", [None, [1], {"x": [1]}, ROWS.to_numpy(), ROWS.to_records(index=False), 5])
@pytest.mark.parametrize("part", ["test", "train"])
def test_tables_that_are_none(clf, table, part):
    if (part, table is None) == ("train", True):
        return
    tables = {"test": ROWS, part: table}
    with pytest.raises(InputError, match=f"{part}: a table is a path or a data frame"):
        audit_model(clf, **tables, target="hired", sensitive_features="sex", **QUICK)


@pytest.mark.parametrize(
    ("names", "words"), [(None, "needs a sensitive column"), (3, "sensitive takes"), ([3], "sensitive takes")]
)
def test_sensitive_features_that_are_no_names(clf, names, words):
    with pytest.raises(InputError, match=words):
        audit_model(clf, ROWS, target="hired", sensitive_features=names, **QUICK)


@pytest.mark.parametrize("policy", [3, {"metric": "accuracy"}, True])
def test_policies_that_would_judge_nothing(clf, policy):
    with pytest.raises(InputError, match="policy: a policy is a file, a Policy or a list of limits"):
        audit_model(clf, ROWS, target="hired", sensitive_features="sex", policy=policy, **QUICK)


@pytest.mark.parametrize("row", ["a", None, 1.5, True, [0, 1.5], "1"])
def test_rows_that_are_no_places(clf, row):
    with pytest.raises(InputError, match="row: rows are counted from 0, so a row is a whole number"):
        explain_row(clf, ROWS[["x"]], row, methods=["occlusion"], ways=0)


def test_numbers_of_an_explanation_that_are_none(clf):
    with pytest.raises(InputError) as caught:
        explain_row(clf, ROWS[["x"]], 0, background="a", ways="b")
    assert {problem.where for problem in caught.value.problems} == {"background", "ways"}


def test_decimals_of_a_file_are_numbers(tmp_path):
    columns = {
        "hired": [decimal.Decimal(f"{value}.00") for value in ROWS["hired"]],
        "bonus": [decimal.Decimal("1.10") if sex == "F" else decimal.Decimal("2.00") for sex in ROWS["sex"]],
        "said": [decimal.Decimal(int(value > 0)) for value in X],
    }
    pd.DataFrame(columns).to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "evenhand.toml").write_text(
        'data = "rows.parquet"\ntarget = "hired"\nprediction = "said"\nsensitive = ["bonus"]\n',
        encoding="utf-8",
    )
    result = audit_file(tmp_path / "evenhand.toml")
    assert sorted(group.name for group in result.record.groupings[0].groups) == ["1.1", "2"]
