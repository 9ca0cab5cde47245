"""What an audit gives back: tables, pages, verdicts, files."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evenhand import InputError, Result, audit_predictions
from evenhand.audit.policy import Limit, Policy, load_policy
from evenhand.errors import OutputError, SettingsError

KEPT = {"metric": "accuracy", "attribute": "sex", "min": 0.5}
BROKEN = {"metric": "demographic_parity_ratio", "attribute": "sex", "min": 0.8}
OPEN = {"metric": "accuracy_difference", "attribute": "sex", "max": 0.09}
UNKNOWN = {"metric": "equal_opportunity_difference", "attribute": "sex", "max": 0.9, "min_group_size": 5000}


@pytest.fixture(scope="module")
def result(tested) -> Result:
    return audit_predictions(
        tested["income"], tested["decision"], sensitive_features=tested[["sex", "race"]],
        y_score=tested["p"], pos_label=">50K",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "verdict", "code"),
    [
        ([KEPT], "pass", 0),
        ([KEPT, BROKEN], "fail", 1),
        ([KEPT, OPEN], "inconclusive", 3),
        ([KEPT, UNKNOWN], "undefined", 3),
        ([BROKEN, UNKNOWN, OPEN], "fail", 1),
    ],
)
def test_a_policy_decides_the_exit_code(result, limits, verdict, code):
    judged = result.gate(limits)
    assert (judged.verdict, judged.exit_code) == (verdict, code)
    assert len(judged.record.verdicts) == len(limits)


def test_without_a_policy_nothing_is_judged(result):
    assert (result.verdict, result.exit_code, result.record.verdicts) == (None, 0, ())


def test_a_gate_leaves_the_audit_as_it_was(result):
    result.gate([BROKEN])
    assert result.verdict is None


def test_policies_of_every_kind_judge_alike(result, tmp_path):
    file = tmp_path / "p.toml"
    file.write_text('[[limit]]\nmetric = "accuracy"\nattribute = "sex"\nmin = 0.5\n', encoding="utf-8")
    kinds = ([KEPT], (Limit(**KEPT),), file, str(file), load_policy(file), Policy.of([Limit(**KEPT)]))
    assert len({repr(result.gate(policy).record.verdicts) for policy in kinds}) == 1
    assert result.gate(file).record.policy_name == "p.toml"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ([{"metric": "acuracy", "attribute": "sex", "min": 0.5}], "did you mean 'accuracy'?"),
        ([{"metric": "accuracy", "attribute": "sexx", "min": 0.5}], "did you mean 'sex'?"),
        ([{"metric": "accuracy", "attribute": "sex"}], "a limit needs min or max"),
        ([{"metric": "accuracy", "attribute": "sex", "mim": 0.5}], "did you mean 'min'?"),
        ([], "at least one limit"),
    ],
)
def test_a_wrong_policy_is_refused(result, limits, words):
    with pytest.raises(InputError) as caught:
        result.gate(limits)
    assert words in str(caught.value)


def test_two_problems_of_given_limits_come_together(result):
    with pytest.raises(SettingsError) as caught:
        result.gate([{"metric": "accuracy", "attribute": "sex", "max": "x"}, {"metric": 3, "min": 1}])
    assert {problem.where for problem in caught.value.problems} >= {"limit[0].max", "limit[1].metric"}


def test_one_row_a_group(result, tested):
    frame = result.by_group
    assert frame.groupby("grouping")["rows"].sum().to_dict() == dict.fromkeys(
        ["race", "sex", "sex x race"], len(tested)
    )
    inside = frame["accuracy"].between(frame["accuracy_low"], frame["accuracy_high"])
    assert inside.all()


def test_disparities_carry_interval_and_reason(result):
    frame = result.disparities
    assert {"value", "low", "high", "p_value", "method", "reason"} <= set(frame.columns)
    undefined = frame["value"].isna()
    assert (frame.loc[undefined, "reason"] != "").all()
    known = frame[~undefined & frame["low"].notna()]
    assert (known["low"] <= known["value"] + 1e-12).all()
    assert (known["value"] <= known["high"] + 1e-12).all()


def test_a_figure_is_found_by_name(result):
    worst = result.disparity("demographic_parity_difference", "sex")
    assert {worst.group, worst.reference} == {("Female",), ("Male",)}
    for wrong, hint in (
        (("demographic_parity_diference", "sex"), "did you mean 'demographic_parity_difference'"),
        (("demographic_parity_difference", "sexx"), "did you mean 'sex'"),
    ):
        with pytest.raises(InputError, match=hint):
            result.disparity(*wrong)


def test_a_result_prints_as_one_line_without_its_counts(result):
    assert re.fullmatch(r"<Result '.*': [\d,]+ rows, by sex, race, sex x race; not judged>", repr(result))
    assert repr(result.gate([BROKEN])).endswith("; verdict fail>")


def test_a_notebook_shows_a_fragment_that_loads_nothing(result):
    fragment = result._repr_html_()
    assert "<html" not in fragment.lower()
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", fragment)
    assert "sex" in fragment


def test_pages_of_arrays(result, tmp_path):
    page = result.to_html(tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == page
    with pytest.raises(InputError, match="describes none"):
        result.to_datasheet()


def test_text_of_the_data_cannot_break_the_page():
    evil = "<script>alert(1)</script>"
    y = np.tile([0, 1, 1, 0], 50)
    result = audit_predictions(y, y[::-1], sensitive_features={evil: [evil, "M"] * 100}, title=evil)
    for page in (result.to_html(), result._repr_html_()):
        assert evil not in page
        assert "&lt;script&gt;" in page


def test_files_are_written_as_asked(result, tmp_path):
    assert [path.name for path in result.write(tmp_path / "a")] == [
        "report.html",
        "record.json",
        "record-public.json",
    ]
    assert [path.name for path in result.write(tmp_path / "b", formats=["md"])] == ["summary.md"]
    assert len(list(tmp_path.rglob("*.*"))) == 4


def test_nothing_is_written_where_a_page_fails(result, tmp_path):
    broken = replace(result, record=result.record.model_copy(update={"cube": {}, "groupings": None}))
    with pytest.raises(TypeError):
        broken.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_result_that_was_read_needs_a_folder(result, tmp_path):
    result.to_json(tmp_path / "record.json")
    again = Result.read(tmp_path / "record.json")
    with pytest.raises(OutputError, match="a folder to write into is needed"):
        again.write()


def test_equal_audits_are_equal(tested):
    args = (tested["income"], tested["decision"])
    one, two = (
        audit_predictions(*args, sensitive_features=tested["sex"], pos_label=">50K") for _ in range(2)
    )
    pd.testing.assert_frame_equal(one.disparities, two.disparities)


def test_another_seed_moves_only_what_is_drawn(tested):
    args = (tested["income"], tested["decision"])
    one, two = (
        audit_predictions(*args, sensitive_features=tested["sex"], pos_label=">50K", seed=seed)
        for seed in (0, 1)
    )
    pd.testing.assert_frame_equal(one.by_group, two.by_group)
    assert one.disparities["value"].equals(two.disparities["value"])
