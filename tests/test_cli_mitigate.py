"""``evenhand mitigate``: exit codes, files, and what is refused before any work."""

from __future__ import annotations

import json

import pytest

from evenhand.audit.gate import exit_code
from evenhand.cli.app import app
from evenhand.cli.frontier_summary import frontier_summary
from evenhand.result import Result

SETTINGS = """
data = "few.parquet"
train = "{train}"
target = "income"
pos_label = ">50K"
sensitive = ["sex"]
model = "{model}"
{more}
[[limit]]
metric = "{metric}"
attribute = "sex"
{limit}
"""


@pytest.fixture(scope="module")
def settings(files, trained, tested, tmp_path_factory):
    """Write a settings file beside its table; give its path."""
    folder = tmp_path_factory.mktemp("mitigate")
    tested.head(600).drop(columns=["p", "decision", "weight"]).to_parquet(folder / "few.parquet")
    trained.head(900).to_parquet(folder / "train.parquet")
    (folder / "model.skops").write_bytes((files / "model.skops").read_bytes())

    def write(limit="max = 0.9", more="", metric="demographic_parity_difference", name="evenhand.toml"):
        path = folder / name
        given = {"train": "train.parquet", "model": "model.skops", "limit": limit, "more": more}
        path.write_text(SETTINGS.format(metric=metric, **given), encoding="utf-8")
        return path

    return write


def test_a_search_writes_its_files_and_judges_the_chosen_model(cli, settings, tmp_path):
    done = cli(
        "mitigate", settings(), "--method", "reweighing", "--out", tmp_path / "out",
        "--save", tmp_path / "fair.skops",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "report.html", "record.json", "alternatives.csv", "alternatives.json",
    }  # fmt: skip
    assert (tmp_path / "fair.skops").exists()
    assert (tmp_path / "fair.record.json").exists()
    assert "chosen: the best accuracy within the limit" in done.out
    assert "On the test rows" in done.out


@pytest.mark.parametrize(("limit", "codes"), [("max = 0.0001", {1}), ("max = 0.2", {0, 1, 3})])
def test_the_exit_code_is_that_of_the_chosen_model(cli, settings, tmp_path, limit, codes):
    done = cli("mitigate", settings(limit), "--method", "unaware", "--out", tmp_path, "-q")
    facts = Result.read(tmp_path / "record.json").record.frontier
    assert done.code in codes
    assert (done.code, done.out) == (exit_code(facts.verdict), "")


def test_flags_win_over_the_settings_table(cli, settings, tmp_path):
    more = '[frontier]\nmethods = ["unaware"]\nscoring = "accuracy"\n'
    path = settings(more=more, name="own.toml")
    words = ("--metric", "equal_opportunity_difference", "--limit", "0.5", "--budget", "0.000001")
    done = cli("mitigate", path, *words, "--out", tmp_path)
    assert "The time budget cut the search short" in done.out
    facts = Result.read(tmp_path / "record.json").record.frontier
    assert (facts.metric, facts.limit_max, facts.budget) == ("equal_opportunity_difference", 0.5, 0.000001)
    assert facts.cut_short
    assert "Not tried: unaware" in frontier_summary(facts, width=80)


def test_forbidden_methods_are_left_out_and_said(cli, settings, tmp_path):
    words = ("--method", "group_thresholds", "--method", "unaware", "--forbid-sensitive-at-decision")
    done = cli("mitigate", settings(), *words, "--out", tmp_path)
    assert "group_thresholds: it needs the sensitive attribute for every decision" in done.out
    kept = json.loads((tmp_path / "alternatives.json").read_text(encoding="utf-8"))
    assert [item["why"] for item in kept["left_out"]] == ["forbidden"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--method", "reweigh"), "did you mean 'reweighing'"),
        (("--metric", "accuracy"), "a difference or a ratio"),
        (("--attribute", "race"), "no grouping 'race'"),
        (("--scoring", "acuracy"), "did you mean 'accuracy'"),
        (("--limit", "2"), "from 0 to 1"),
        (("--cv", "1"), "one part cannot be held back in turn"),
        (("--budget", "-1"), "budget"),
        (("--save", "model.pkl"), "skops format"),
        (("--save", "nowhere/at/all.skops"), "the folder of the file must exist"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_written(cli, settings, tmp_path, words, said):
    done = cli("mitigate", settings(), *words, "--out", tmp_path / "out")
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()


def test_a_table_is_not_a_settings_file(cli, settings):
    done = cli("mitigate", settings().with_name("few.parquet"))
    assert (done.code, "evenhand init writes one" in done.err) == (2, True)


def test_without_a_model_or_training_rows_both_are_told(cli, settings):
    path = settings(name="bare.toml")
    text = path.read_text(encoding="utf-8").replace('model = "model.skops"', "").replace("train =", "title =")
    path.write_text(text, encoding="utf-8")
    done = cli("mitigate", path)
    assert done.code == 2
    assert "none was given" in done.err
    assert "needs rows to train on" in done.err


def test_the_verb_is_listed():
    names = [command.callback.__name__ for command in app.registered_commands]
    assert "mitigate" in names


def test_a_chosen_model_is_audited_and_not_trained_again(cli, settings, tmp_path):
    fair = tmp_path / "fair.skops"
    more = '[frontier]\nmethods = ["reweighing"]\n'
    words = ("--method", "group_thresholds", "--limit", "0.02", "--save", fair, "--out", tmp_path / "a")
    cli("mitigate", settings(), *words, "-q")
    path = settings(more=more, name="again.toml")
    path.write_text(path.read_text(encoding="utf-8").replace('"model.skops"', f'"{fair}"'), encoding="utf-8")
    done = cli("audit", path, "--out", tmp_path / "b", "--no-explain", "--no-whole", "-q")
    assert done.code in (0, 1, 3), done.err
    absent = {item.part for item in Result.read(tmp_path / "b" / "record.json").record.absent}
    assert {"mitigation", "frontier"} <= absent
    again = cli("mitigate", path, "--out", tmp_path / "c")
    assert (again.code, "a search chose this model already" in again.err) == (2, True)
