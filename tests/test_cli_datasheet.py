"""``evenhand datasheet``: with and without roles, from settings, its formats, its gate, and bad input."""

from __future__ import annotations

import json
import re
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.audit.answers import read_answers
from evenhand.audit.data import adult_path
from evenhand.audit.prompts import PROMPTS

ROLES = ("--target", "income", "--pos-label", ">50K", "--sensitive", "sex", "--sensitive", "race")
HOSTILE = ["<script>alert(1)</script>", "a\u202eb", "{{ 7*7 }}", "=1+1", "🙂\n# x", "y" * 10_000]


@pytest.fixture(scope="module")
def demo_answers():
    return adult_path().with_name("datasheet.answers.toml")


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    lines = [f"{'F' if at % 3 else 'M'},{at % 2},{at}" for at in range(300)]
    path.write_text("\n".join(["sex,hired,when", *lines]), encoding="utf-8")
    return path


def test_no_role_is_needed_and_its_want_is_said(cli, rows, tmp_path):
    done = cli("datasheet", rows, "--out", tmp_path / "out", "--format", "html,md")
    assert done.code == 0
    assert "Unanswered: M1, M2," in done.out
    text = (tmp_path / "out" / "datasheet.md").read_text(encoding="utf-8")
    assert "no sensitive column was named" in text
    assert "Named like one: “sex”" in text
    assert "C13, C16" in re.search(r"\d+ prompts are unanswered.*", text).group()


def test_the_demo_data_answer_21_prompts_and_more_with_people(cli, demo_answers, tmp_path):
    words = [*ROLES, "--split", "split", "--missing", "?", "--credit", "UCI. CC BY 4.0.", "-q"]
    cli("datasheet", adult_path(), *words, "--out", tmp_path / "alone", "--format", "md")
    assert "**21 of 57 prompts have an answer" in (tmp_path / "alone/datasheet.md").read_text("utf-8")
    formats = ["--format", "html,md,hf", "--format", "croissant"]
    done = cli("datasheet", adult_path(), *words[:-1], "--answers", demo_answers, *formats, "--out", tmp_path)
    assert done.code == 0, done.err
    content = json.loads((tmp_path / "croissant.json").read_text(encoding="utf-8"))
    assert content["name"] == "Adult (Census Income)"
    found = {item["name"]: item["value"] for item in content["recordSet"][-1]["cr:annotation"]}
    assert found["rows | sex = Female"] == 16192
    card = (tmp_path / "dataset-card.md").read_text(encoding="utf-8")
    assert card.startswith('---\n"language":\n- "en"\n"license": "cc-by-4.0"\n')
    assert '"10K<n<100K"' in card


def test_settings_of_an_audit_will_do_without_its_model(cli, rows, tmp_path):
    settings = (
        'data = "rows.csv"\ntarget = "hired"\nsensitive = ["sex"]\nmodel = "gone.skops"\nout = "here"\n'
    )
    (tmp_path / "evenhand.toml").write_text(
        settings + "[reference_shares.sex]\nF = 0.5\nM = 0.5\n", encoding="utf-8"
    )
    done = cli("datasheet", tmp_path / "evenhand.toml", "--format", "md")
    assert done.code == 0, done.err
    text = (tmp_path / "here" / "datasheet.md").read_text(encoding="utf-8")
    assert "| F | 66.7% | 50.0% | \\+16.7 |" in text
    assert "population stability index" in text


def test_questions_are_written_and_a_rerun_keeps_text_author_and_date(cli, rows, tmp_path):
    path = tmp_path / "datasheet.toml"
    assert cli("datasheet", "--init", path).code == 0
    text = path.read_text(encoding="utf-8")
    assert all(f"# {prompt.id}. {prompt.question}" in text for prompt in PROMPTS.values())
    answered = text.replace('L1 = ""', 'L1.answer = "Asked."\nL1.author = "Ada"\nL1.date = "2026-03-01"')
    path.write_text(answered.replace('about.version = ""', 'about.version = "2"'), encoding="utf-8")
    before = read_answers(path)
    done = cli("datasheet", rows, "--init", path, "--out", tmp_path / "out", "--format", "md")
    assert done.code == 0
    assert read_answers(path) == before
    page = (tmp_path / "out" / "datasheet.md").read_text(encoding="utf-8")
    assert "> Asked." in page.replace("\\", "")
    assert "Ada, 2026-03-01" in page.replace("\\", "")


def test_a_gate_can_require_answers(cli, rows, tmp_path):
    words = ("datasheet", rows, "--out", tmp_path / "out", "--sensitive", "sex")
    assert cli(*words, "--require", "C2,C13").code == 0
    done = cli(*words, "--require", "C13,L1", "--require", "U4")
    assert done.code == 1
    assert "required, and without a whole answer: L1, U4" in done.err
    assert (tmp_path / "out" / "datasheet.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--require", "C99"), "there is no prompt 'C99'"),
        (("--format", "docx"), "no format is called 'docx'"),
        (("--sensitive", "sexx"), "did you mean 'sex'?"),
        (("--target", "hired", "--pos-label", "maybe"), "does not hold"),
        (("--answers", "gone.toml"), "there is none"),
        (("--format", "croissant"), "about.license"),
        (("--bands", "sex=3"), "bands are ascending edges for a column of numbers"),
        (("--intersections", "sex,hired"), "an intersection names two or more of the sensitive columns"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(cli, rows, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = cli("datasheet", rows, *words, "--out", "out")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", ["", "a,b\n", "a,a\n1,2\n"])
def test_tables_that_cannot_be_described(cli, tmp_path, content):
    path = tmp_path / "rows.csv"
    path.write_text(content, encoding="utf-8")
    done = cli("datasheet", path, "--out", tmp_path / "out")
    assert (done.code, done.out) == (2, "")
    assert not (tmp_path / "out").exists()


def test_no_source_and_a_source_that_is_not_there(cli, tmp_path):
    assert "a table or a settings file is needed" in cli("datasheet").err
    assert cli("datasheet", tmp_path / "gone.parquet").code == 2


@pytest.mark.parametrize("content", ['M99 = "x"', "M1 = 3", "M1 = ", 'about.licence = "x"', b"\xff\xfe"])
def test_answers_that_break_a_rule_are_refused_and_kept(cli, rows, tmp_path, content):
    path = tmp_path / "answers.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for words in (("--answers", path), ("--init", path)):
        done = cli("datasheet", rows, *words, "--out", tmp_path / "out")
        assert (done.code, done.out) == (2, "")
        assert str(path) in done.err
    assert not (tmp_path / "out").exists()


def test_hostile_names_and_answers_are_inert(cli, tmp_path):
    table = pa.table({name: ["<img src=x>", "{{ y }}"] * 30 for name in HOSTILE})
    pq.write_table(table, tmp_path / "rows.parquet")
    quoted = json.dumps("</script><script>x</script> [a](javascript:x) {{ 7*7 }}")
    (tmp_path / "a.toml").write_text(f"M1 = {quoted}\nabout.name = {quoted}\n", encoding="utf-8")
    words = [word for name in HOSTILE[:2] for word in ("--sensitive", name)]
    words += ["--answers", tmp_path / "a.toml", "--out", tmp_path / "out", "--format", "html,md,hf"]
    assert cli("datasheet", tmp_path / "rows.parquet", *words).code == 0
    page = (tmp_path / "out" / "datasheet.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|img)\b", page)
    for name in ("datasheet.md", "dataset-card.md"):
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        lines = text.split("---\n", 2)[2] if name == "dataset-card.md" else text
        assert not re.search(r"(?<!\\)<(script|img)|\]\(javascript", lines)
        assert "\u202e" not in text


@pytest.mark.parametrize(
    "name",
    ["adult.parquet", "german_credit.csv", "law_school_lsac.parquet", "student_mat.csv", "titanic.csv"],
)
def test_real_data_are_described_without_a_line_by_hand(cli, shared_data, tmp_path, name):
    path = shutil.copy(shared_data(name), tmp_path)
    done = cli("datasheet", path, "--out", tmp_path / "out", "--format", "html,md,hf")
    assert done.code == 0, done.err
    answered = int(re.match(r"(\d+) of 57", done.out).group(1))
    assert answered >= 15
