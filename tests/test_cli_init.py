"""``evenhand init``: a commented settings file with guessed roles."""

from __future__ import annotations

import pytest

from evenhand.audit.settings import load_settings


def test_the_roles_are_guessed_and_can_be_read(cli, files, tmp_path):
    done = cli("init", files / "loans.csv", "--out", tmp_path / "evenhand.toml")
    assert done.code == 0
    assert "evenhand audit" in done.out
    settings = load_settings(tmp_path / "evenhand.toml")
    assert settings.target == "income"
    assert settings.pos_label == ">50K"
    assert {"sex", "race"} <= set(settings.sensitive)
    assert settings.resolve("data").resolve() == (files / "loans.csv").resolve()


def test_the_file_explains_itself(cli, files, tmp_path):
    cli("init", files / "loans.csv", "--out", tmp_path / "evenhand.toml", "--quiet")
    text = (tmp_path / "evenhand.toml").read_text(encoding="utf-8")
    assert sum(line.startswith("#") for line in text.splitlines()) > 5


def test_an_existing_file_is_not_touched(cli, files, tmp_path):
    path = tmp_path / "evenhand.toml"
    path.write_text("mine", encoding="utf-8")
    done = cli("init", files / "loans.csv", "--out", path)
    assert (done.code, done.out) == (2, "")
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("content", [None, b"", b"\x00\xff\xfe not a table"])
def test_a_table_that_cannot_be_read(cli, tmp_path, content):
    path = tmp_path / "loans.csv"
    if content is not None:
        path.write_bytes(content)
    done = cli("init", path, "--out", tmp_path / "evenhand.toml")
    assert (done.code, done.out) == (2, "")
    assert "Evenhand failed" not in done.err
    assert not (tmp_path / "evenhand.toml").exists()


def test_an_encoding_is_kept_in_the_settings(cli, tested, tmp_path):
    rows = tested.head(100).assign(sex=["Männer", "Frauen"] * 50)
    rows.to_csv(tmp_path / "loans.csv", index=False, encoding="latin-1")
    assert cli("init", tmp_path / "loans.csv", "--out", tmp_path / "a.toml").code == 2
    assert (
        cli("init", tmp_path / "loans.csv", "--out", tmp_path / "a.toml", "--encoding", "latin-1").code == 0
    )
    assert load_settings(tmp_path / "a.toml").encoding == "latin-1"


def test_guesses_are_corrected_by_flags(cli, files, tmp_path):
    cli("init", files / "loans.csv", "--out", tmp_path / "evenhand.toml")
    words = ("--prediction", "decision", "--format", "json", "--out", tmp_path / "out")
    done = cli("audit", tmp_path / "evenhand.toml", *words)
    assert done.code in {0, 2}
    assert "Evenhand failed" not in done.err
