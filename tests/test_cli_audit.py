"""``evenhand audit`` as people and pipelines call it: every command line, exit code and stream."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pandas as pd
import pytest

from evenhand import Result, __version__
from evenhand.audit.public import told_record
from evenhand.audit.record import read_record
from evenhand.cli.summary import summary

BASE = ("--target", "income", "--pos-label", ">50K", "--sensitive", "sex")
DECIDED = (*BASE, "--prediction", "decision", "--format", "json")
PASS = '[[limit]]\nmetric = "accuracy"\nattribute = "sex"\nmin = 0.5\n'
FAIL = '[[limit]]\nmetric = "demographic_parity_ratio"\nattribute = "sex"\nmin = 0.8\n'
OPEN = '[[limit]]\nmetric = "accuracy_difference"\nattribute = "sex"\nmax = 0.09\n'
UNDEFINED = FAIL.replace("demographic_parity_ratio", "equal_opportunity_ratio") + "min_group_size = 5000\n"


@pytest.fixture
def audit(cli, tmp_path):
    def run(*words):
        return cli("audit", *words, "--out", tmp_path / "out")

    return run


def rates(folder, grouping="sex"):
    record = read_record(folder / "record.json")
    [found] = [item for item in record.groupings if item.name == grouping]
    return {group.name: group.rates["selection_rate"].value for group in found.groups}


# ---- the command lines ---------------------------------------------------------------------------


def test_decisions_of_a_column(audit, files, tested, tmp_path):
    words = ("--sensitive", "race", "--prediction", "decision")
    done = audit(files / "loans.parquet", *BASE, *words)
    assert (done.code, done.err) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "datasheet.html",
        "record-public.json",
        "record.json",
        "report.html",
    ]
    expected = (tested["decision"] == ">50K").groupby(tested["sex"]).mean().to_dict()
    assert rates(tmp_path / "out") == pytest.approx(expected)
    for word in ("By sex", "By race", "By sex x race", "Female", "demographic parity", "report.html"):
        assert word in done.out


def test_scores_and_a_threshold(audit, files, tested, tmp_path):
    rows = tested.assign(income=(tested["income"] == ">50K").astype(int))
    rows.to_csv(tmp_path / "loans.csv", index=False)
    words = (
        "--target",
        "income",
        "--pos-label",
        "1",
        "--sensitive",
        "sex",
        "--score",
        "p",
        "--threshold",
        "0.3",
    )
    assert audit(tmp_path / "loans.csv", *words, "--format", "json").code == 0
    expected = (tested["p"] >= 0.3).groupby(tested["sex"]).mean().to_dict()
    assert rates(tmp_path / "out") == pytest.approx(expected)


def test_a_model_and_its_training_rows(audited):
    record = read_record(audited / "record.json")
    out = (audited / "stdout.txt").read_text(encoding="utf-8")
    assert (audited / "code.txt").read_text(encoding="utf-8") == "1"
    assert [item.method for item in record.mitigation] == ["unaware", "reweighing"]
    for word in ("Where the gaps in selection come from", "Trained again", "reweighing", "✕ fail", "✓ pass"):
        assert word in out


def test_settings_and_a_policy(cli, files, tmp_path):
    (tmp_path / "evenhand.toml").write_text(
        f'data = "{files / "loans.parquet"}"\ntarget = "income"\npos_label = ">50K"\nsensitive = ["sex"]\n'
        f'prediction = "decision"\nout = "here"\nformat = ["json"]\n{FAIL}',
        encoding="utf-8",
    )
    (tmp_path / "policy.toml").write_text(f'name = "Lending"\n{PASS}', encoding="utf-8")
    assert cli("audit", tmp_path / "evenhand.toml").code == 1
    done = cli("audit", tmp_path / "evenhand.toml", "--policy", tmp_path / "policy.toml")
    assert done.code == 0
    # Paths in a settings file are relative to it, wherever the command is run.
    record = read_record(tmp_path / "here" / "record.json")
    assert (record.policy_name, record.verdict) == ("Lending", "pass")


def test_further_flags(audit, files, tmp_path):
    words = (
        "--weight", "weight", "--weight-kind", "frequency", "--control", "occupation", "--missing", "?",
        "--encoding", "utf-8", "--min-group-size", "50", "--privacy-minimum", "5",
        "--reference", "sex=Female", "--credit", "Someone, 2026",
        "--seed", "7", "--level", "0.9", "--title", "Loans — Übersicht", "--drop", "p", "--verbose",
        "--sensitive", "race", "--intersections", "sex,race", "--sensitive", "age", "--bands", "age=30,50",
    )  # fmt: skip
    done = audit(files / "loans.csv", *DECIDED, *words)
    assert done.code == 0
    record = read_record(tmp_path / "out" / "record.json")
    assert (record.seed, record.level, record.min_group_size, record.privacy_minimum) == (7, 0.9, 50, 5)
    assert (record.title, record.task.weight, record.task.weight_kind) == (
        "Loans — Übersicht",
        "weight",
        "frequency",
    )
    assert [item.name for item in record.groupings] == ["sex", "race", "age", "sex x race"]
    assert record.groupings[0].reference == ("Female",)
    assert [group.name for group in record.groupings[2].groups] == ["under 30", "30 to 49", "50 and over"]
    assert {part.control for part in record.conditional} == {"occupation"}
    assert "within the levels of occupation" in done.out
    assert "Übersicht" in done.out
    assert record.settings_sha256 in done.err


@pytest.mark.parametrize("kind", ["feather", "jsonl", "csv.gz"])
def test_tables_of_every_kind(audit, files, tested, tmp_path, kind):
    path = tmp_path / f"loans.{kind}"
    tested = tested[["income", "decision", "sex"]]
    if kind == "feather":
        tested.to_feather(path)
    elif kind == "jsonl":
        tested.to_json(path, orient="records", lines=True)
    else:
        tested.to_csv(path, index=False)
    assert audit(path, *DECIDED).code == 0
    expected = (tested["decision"] == ">50K").groupby(tested["sex"]).mean().to_dict()
    assert rates(tmp_path / "out") == pytest.approx(expected)


def test_missing_values_are_those_that_the_flag_names(audit, tested, tmp_path):
    rows = tested[["income", "decision", "sex"]]
    rows.assign(sex=rows["sex"].where(rows.index % 4 > 0, "?")).to_csv(tmp_path / "x.csv", index=False)
    assert audit(tmp_path / "x.csv", *DECIDED, "--missing", "?").code == 0
    assert set(rates(tmp_path / "out")) == {"Female", "Male", "(missing)"}


# ---- exit codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (PASS, 0),
        (PASS + FAIL, 1),
        (PASS + OPEN, 3),
        (PASS + UNDEFINED, 3),
        (FAIL + UNDEFINED, 1),
        (OPEN + 'decide_on = "point"\n', 1),
        ('[[limit]]\nmetric = "accuracy"\nattribute = "race"\nmin = 0.5\n', 3),
        ('[[limit]]\nmetric = "accuracy"\nattribute = "race"\nmin = 0.5\nwaive = ["Other"]\n', 0),
    ],
    ids=["pass", "fail", "astride", "undefined", "fail before undefined", "on the point", "small", "waived"],
)
def test_the_policy_decides_the_code(audit, tested, tmp_path, policy, code):
    # Thirty rows of each race are enough, but for one race.
    rows = tested.loc[tested["race"].isin(["White", "Black", "Other"]), ["income", "decision", "sex", "race"]]
    rows.to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "policy.toml").write_text(policy, encoding="utf-8")
    words = (*DECIDED, "--sensitive", "race", "--policy", tmp_path / "policy.toml", "--quiet")
    done = audit(tmp_path / "rows.parquet", *words)
    assert (done.code, done.out, done.err) == (code, "", "")


def test_a_fault_of_the_program_is_code_2(audit, files, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr("evenhand.api.audit_file", broken)
    done = audit(files / "loans.csv", *DECIDED)
    assert (done.code, done.out) == (2, "")
    assert "Evenhand failed: ZeroDivisionError: a fault" in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in audit(files / "loans.csv", *DECIDED, "--verbose").err


def test_an_interruption_is_code_130_and_leaves_nothing(audit, files, monkeypatch, tmp_path):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("evenhand.api.check_roles", interrupted)
    done = audit(files / "loans.csv", *DECIDED)
    assert (done.code, done.out, list(tmp_path.iterdir())) == (130, "", [])


# ---- help ----------------------------------------------------------------------------------------


def test_the_version(cli):
    done = cli("--version")
    assert (done.code, done.out, done.err) == (0, f"evenhand {__version__}\n", "")


@pytest.mark.parametrize("verb", [(), ("audit",), ("demo",), ("report",), ("init",), ("explain",)])
def test_every_verb_helps(cli, verb):
    done = cli(*verb, "--help")
    assert done.code == 0
    assert "Usage: " in done.out
    assert ("--out" in done.out) == bool(verb)


def test_flags_have_the_names_of_the_settings():
    from typer.main import get_command

    from evenhand.audit.settings import Settings
    from evenhand.cli.app import app

    flags = {flag for item in get_command(app).commands["audit"].params for flag in item.opts}
    # Tables of keys have no flag of their own.
    tables = {"recourse", "local_law", "four_fifths", "fair_lending", "insurance", "evidence"}
    tables |= {"reference_shares"}
    datasheet_alone = {"require_answers"}
    wanted = set(Settings.model_fields) - {"data", "split", "limit"} - tables - datasheet_alone
    assert {f"--{key.replace('_', '-')}" for key in wanted} <= flags


# ---- the printed summary -------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(audited, width):
    text = summary(read_record(audited / "record.json"), width)
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_summary_says_what_matters(audited):
    record = read_record(audited / "record.json")
    text = " ".join(summary(record, 200).split())
    told = told_record(record)
    assert told.notes
    for verdict in told.verdicts:
        assert verdict.words in text
    for note in told.notes:
        assert note.text in text
    gap = Result.read(audited / "record.json").disparity("demographic_parity_difference", "sex")
    assert f"{100 * gap.value:.1f} points" in text
    assert "more, in the report" in text


def test_withheld_groups_are_not_printed(cli, tested, tmp_path):
    few = tested[(tested["race"] == "White") | (tested.index < 60)]
    few = few.assign(race=few["race"].where(few["race"].isin(["White", "Black"]), "Few"))
    few = pd.concat([few[few["race"] != "Few"], few[few["race"] == "Few"].head(4)])
    few.to_parquet(tmp_path / "few.parquet")
    words = ("--sensitive", "race", "--min-group-size", "1", "--out", tmp_path / "out")
    done = cli("audit", tmp_path / "few.parquet", *DECIDED, *words)
    [line] = [line for line in done.out.split("By sex x race")[0].splitlines() if line.startswith("Few")]
    assert line.split() == ["Few", *["withheld"] * 5]
    assert "withheld: a group is too small to be shown" in done.out


# ---- as a process of its own ---------------------------------------------------------------------

PYTHON = (sys.executable, "-m", "evenhand")


def environment(**more):
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "SYSTEMROOT", "PYTHONPATH") if key in os.environ}
    return kept | {"OMP_NUM_THREADS": "1"} | more


def process(*words, **options):
    words = [str(word) for word in words]
    return subprocess.run([*PYTHON, *words], capture_output=True, check=False, timeout=120, **options)


def test_a_pipe_gets_utf8_without_colour_or_progress(files, tested, tmp_path):
    rows = tested[["income", "decision", "sex"]]
    rows.assign(sex=rows["sex"].replace("Male", "Männer ♂")).to_csv(tmp_path / "x.csv", index=False)
    env = environment(LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    done = process("audit", tmp_path / "x.csv", *DECIDED, "--out", tmp_path / "out", env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode("utf-8")
    assert "Männer ♂" in text
    assert "\x1b" not in text


def test_a_closed_pipe_changes_no_code(files, tmp_path):
    (tmp_path / "policy.toml").write_text(FAIL, encoding="utf-8")
    words = [
        "audit",
        files / "loans.csv",
        *DECIDED,
        "--out",
        tmp_path / "out",
        "--policy",
        tmp_path / "policy.toml",
    ]
    reader, writer = os.pipe()
    os.close(reader)
    started = subprocess.Popen(
        [*PYTHON, *map(str, words)], stdout=writer, stderr=subprocess.PIPE, env=environment()
    )
    os.close(writer)
    _, errors = started.communicate(timeout=120)
    assert (started.returncode, errors) == (1, b"")
    assert (tmp_path / "out" / "record.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of Ctrl-C differ on Windows")
def test_ctrl_c_ends_with_130(files, tmp_path):
    words = [*PYTHON, "audit", str(files / "loans.parquet"), *BASE, "--model", str(files / "model.skops")]
    words += ["--out", str(tmp_path / "out"), "--verbose"]
    started = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert started.stderr is not None
    # The first gap is explained in the midst of the work, long before anything is written.
    assert any(b"gap explained" in line for line in iter(started.stderr.readline, b""))
    started.send_signal(signal.SIGINT)
    out, errors = started.communicate(timeout=120)
    assert (started.returncode, out) == (130, b"")
    assert b"interrupted" in errors
    assert list(tmp_path.rglob("*.html")) == []


@pytest.mark.skipif(os.name == "nt", reason="there is no pseudo-terminal on Windows")
@pytest.mark.parametrize("plain", [False, True])
def test_a_terminal_gets_colour_unless_told_otherwise(files, tmp_path, plain):
    import pty

    env = environment(TERM="xterm-256color", COLUMNS="80", **({"NO_COLOR": "1"} if plain else {}))
    (tmp_path / "policy.toml").write_text(FAIL, encoding="utf-8")
    words = [
        "audit",
        files / "loans.csv",
        *DECIDED,
        "--out",
        tmp_path / "out",
        "--policy",
        tmp_path / "policy.toml",
    ]
    outer, inner = pty.openpty()
    started = subprocess.Popen([*PYTHON, *map(str, words)], stdout=inner, stderr=inner, env=env)
    os.close(inner)
    shown = b""
    while True:
        try:
            piece = os.read(outer, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    assert started.wait(timeout=120) == 1
    coloured = b"\x1b[31m" in shown or b"\x1b[1;31m" in shown
    assert coloured == (not plain)
    assert "✕ fail" in shown.decode("utf-8")
    assert b"reading rows" in shown


def test_the_shell_can_complete():
    env = environment(_EVENHAND_COMPLETE="complete_bash", COMP_WORDS="evenhand audit --sens", COMP_CWORD="2")
    done = subprocess.run(
        [sys.executable, "-c", "from evenhand.cli import main; import sys; sys.argv[0] = 'evenhand'; main()"],
        capture_output=True, check=False, env=env, timeout=60,
    )  # fmt: skip
    assert b"--sensitive" in done.stdout


def test_the_record_is_clean_json(audited):
    assert json.loads((audited / "record.json").read_bytes())["schema_version"] == "1"
