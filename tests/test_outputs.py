"""What an audit is written as besides the page: the public record, tables, summaries for other programs."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand import audit_predictions
from evenhand.audit.public import public_record
from evenhand.audit.record import read_record
from evenhand.audit.settings import FORMATS
from evenhand.errors import InputError
from evenhand.reports.flat_tables import csv_text, flat_tables, parquet_bytes
from evenhand.reports.html import render_report
from evenhand.reports.junit import render_junit
from evenhand.reports.markdown import escaped, render_summary
from evenhand.reports.outputs import WRITERS
from evenhand.reports.sarif import render_sarif
from evenhand.result import Result
from evenhand.tests.sample_record import SMALL, sample_record

EVIL = '=cmd|"/C calc"!A0 <b>@x</b> | a'


@pytest.fixture(scope="module")
def result() -> Result:
    rng = np.random.default_rng(0)
    group = rng.choice([EVIL, "b"], 800)
    score = rng.random(800)
    limits = [
        {"metric": "demographic_parity_difference", "attribute": "g", "max": 0.3},
        {"metric": "accuracy", "attribute": "g", "min": 0.9},
        {"metric": "equal_opportunity_difference", "attribute": "g", "max": 0.01},
    ]
    return audit_predictions(
        rng.integers(0, 2, 800), y_score=score, sensitive_features={"g": group}, policy=limits
    )


def test_the_settings_know_every_format():
    assert tuple(WRITERS) == FORMATS


def test_every_format_is_written(result, tmp_path):
    files = result.write(tmp_path, [name for name in FORMATS if name != "pdf"])
    assert {path.name for path in files} == {
        "report.html", "record.json", "record-public.json", "summary.md", "groups.csv", "disparities.csv",
        "verdicts.csv", "groups.parquet", "disparities.parquet", "verdicts.parquet", "junit.xml",
        "results.sarif",
    }  # fmt: skip


def test_an_unknown_format_is_refused_with_a_suggestion(result, tmp_path):
    with pytest.raises(InputError, match="did you mean 'sarif'"):
        result.write(tmp_path, ["sariff"])
    assert not list(tmp_path.iterdir())


# --- the public record ---------------------------------------------------------------------------------


def test_the_public_record_has_no_counts_of_rows_and_reads_again(result, tmp_path):
    path = tmp_path / "record-public.json"
    path.write_text(public_record(result.record).to_json(), encoding="utf-8")
    again = read_record(path)
    assert again.cube == {}
    assert again.coarse == result.record.coarse
    assert public_record(again) is again


def test_pages_of_both_records_say_the_same_figures(result):
    whole = result.record.model_copy(
        update={"reach": None}
    )  # which the public record is without, and says so
    pages = [render_report(record).partition('id="methods"')[0] for record in (whole, public_record(whole))]
    assert pages[0] == pages[1]


def test_withheld_groups_have_no_figures_in_it():
    public = public_record(sample_record(SMALL))
    gone = [g for part in public.groupings for g in part.groups if g.withheld]
    assert gone
    assert all((g.rows, g.rates) == (0, {}) for g in gone)
    assert '"rows": 7,' not in public.to_json()


def test_a_public_record_cannot_be_judged_again(result, tmp_path):
    path = tmp_path / "public.json"
    path.write_text(public_record(result.record).to_json(), encoding="utf-8")
    with pytest.raises(InputError, match="a public record has none"):
        Result.read(path).gate([{"metric": "accuracy_difference", "attribute": "g", "max": 0.1}])


# --- tables --------------------------------------------------------------------------------------------


def test_tables_hold_the_record_s_figures(result):
    rows = flat_tables(result.record)["groups"]
    found = next(r for r in rows if (r["group"], r["rate"]) == ("b", "selection_rate"))
    group = next(g for g in result.record.groupings[0].groups if g.name == "b")
    assert found["value"] == group.rates["selection_rate"].value
    assert found["low"] == group.rates["selection_rate"].interval.low


def test_withheld_groups_stand_in_the_table_without_figures():
    rows = [r for r in flat_tables(sample_record(SMALL))["groups"] if r["withheld"]]
    assert rows
    assert {(r["group_rows"], r["rate"], r["reason"]) for r in rows} == {(None, "", "withheld")}


@given(st.text(min_size=1))
def test_no_cell_of_a_csv_is_a_formula(text):
    cell = list(csv.reader(io.StringIO(csv_text([{"a": text, "b": -1.5}]), newline="")))[1]
    assert not cell[0].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell[1] == "-1.5"


def test_parquet_holds_the_same_rows(result):
    import pyarrow.parquet as pq

    rows = flat_tables(result.record)["verdicts"]
    again = pq.read_table(io.BytesIO(parquet_bytes(rows))).to_pylist()
    np.testing.assert_equal(again, rows)


# --- summaries -----------------------------------------------------------------------------------------


def test_the_summary_holds_every_limit_and_is_inert(result):
    text = render_summary(result.record)
    assert text.count("| ✓ pass |") + text.count("| ✕ fail |") + text.count("| ? inconclusive |") == 3
    assert "<b>" not in text
    assert " @x" not in text
    assert all(row.count(" | ") == 2 for row in text.splitlines() if row.startswith("| ✕ fail"))


@given(st.text())
def test_escaped_text_keeps_its_letters(text):
    assert escaped(text).replace("\\", "").split() == text.replace("\\", "").split()


def test_junit_counts_states_as_builds_read_them(result):
    root = ET.fromstring(render_junit(result.record))
    states = [verdict.state for verdict in result.record.verdicts]
    assert int(root.get("tests")) == 3
    assert int(root.get("failures")) == states.count("fail") == len(root.findall(".//failure")) > 0
    assert len(root.findall(".//skipped")) == states.count("inconclusive")


def test_junit_of_hostile_names_is_well_formed():
    record = sample_record()
    verdict = record.verdicts[0].model_copy(update={"words": "a\x00b ]]> <x> \ud800"})
    ET.fromstring(render_junit(record.model_copy(update={"verdicts": (verdict,)})))


def test_sarif_has_what_the_standard_asks_for(result):
    log = json.loads(render_sarif(result.record))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [item["ruleId"] for item in run["results"]] == [v.limit.metric for v in result.record.verdicts]
    for item in run["results"]:
        assert run["tool"]["driver"]["rules"][item["ruleIndex"]]["id"] == item["ruleId"]
        assert item["level"] == ("error" if item["kind"] == "fail" else "none")
        assert item["message"]["text"]


def test_the_pdf_is_printed_and_repeats(result):
    pytest.importorskip("weasyprint", reason="needs WeasyPrint, which is not installed")
    first, second = (WRITERS["pdf"](result.record)["report.pdf"] for _ in range(2))
    assert first.startswith(b"%PDF")
    assert first == second
