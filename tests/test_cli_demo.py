"""``evenhand demo``: everything at once, on the embedded data."""

from __future__ import annotations

import pytest

from evenhand.audit.model import load_model
from evenhand.audit.record import read_record
from evenhand.reading import settings_from

FILES = [
    "adult.parquet", "datasheet.answers.toml", "datasheet.html", "evenhand.toml", "model.skops",
    "record-public.json",
    "record.json", "report.html",
]  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run the demo once; give its folder and how it ended."""
    from typer.testing import CliRunner

    from evenhand.cli.app import app

    folder = tmp_path_factory.mktemp("demo") / "new" / "folder"
    return folder, CliRunner().invoke(app, ["demo", "--out", str(folder)])


def test_the_demo_writes_everything_and_ends_with_0(demo):
    folder, done = demo
    assert (done.exit_code, done.stderr) == (0, "")
    assert sorted(path.name for path in folder.iterdir()) == FILES
    for name in FILES:
        assert (folder / name).stat().st_size > 0


def test_it_says_what_it_found_and_where(demo):
    folder, done = demo
    for word in (
        "By sex",
        "By race",
        "By age",
        "By sex x race",
        "Verdicts",
        "Overall: ✕ fail",
        "exit code 1",
    ):
        assert word in done.stdout
    for file in folder.iterdir():
        assert str(file) in done.stdout
    assert f"evenhand audit {folder / 'evenhand.toml'}" in done.stdout


def test_the_record_holds_the_whole_walk(demo):
    record = read_record(demo[0] / "record.json")
    assert (record.overall.rows, record.train.rows) == (16_281, 32_561)
    assert [item.name for item in record.groupings] == ["sex", "race", "age", "sex x race"]
    assert [group.name for group in record.groupings[2].groups] == ["under 40", "40 and over"]
    assert {item.grouping for item in record.explanations} == {"sex", "race", "age", "sex x race"}
    assert [item.method for item in record.mitigation] == ["unaware", "unaware+proxies", "reweighing"]
    assert record.verdict == "fail"
    assert len(record.verdicts) == 6
    assert len({point.method for point in record.frontier.points} - {"refit"}) >= 6
    assert not record.frontier.cut_short
    # A note says how many test rows are training rows too.
    assert "overlap" in {note.code for note in record.notes}


def test_the_model_is_as_good_as_it_should_be(demo):
    record = read_record(demo[0] / "record.json")
    assert record.overall.rates["accuracy"].value == pytest.approx(0.852, abs=0.003)


def test_the_pages_credit_the_data_and_load_nothing(demo):
    for name in ("report.html", "datasheet.html"):
        page = (demo[0] / name).read_text(encoding="utf-8")
        assert "CC BY 4.0" in page
        assert "Becker" in page
        assert 'src="http' not in page
        assert "@import" not in page


def test_the_settings_reproduce_the_audit(demo):
    """The same model and rows; the bytes of a whole second run are compared in another test."""
    settings = settings_from(demo[0] / "evenhand.toml")
    record = read_record(demo[0] / "record.json")
    assert settings.sha256 == record.settings_sha256
    assert load_model(settings.resolve("model")).sha256 == record.model.sha256
    assert settings.resolve("data").is_file()
    assert settings.resolve("answers").is_file()


def test_a_folder_that_cannot_be_written(cli, tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    done = cli("demo", "--out", tmp_path / "taken")
    assert (done.code, done.out) == (2, "")
    assert "name another place" in done.err
