"""``evenhand report``: the pages of a record again, without the data."""

from __future__ import annotations

import json

import pytest


def test_the_pages_are_the_same_bytes(cli, audited, tmp_path):
    done = cli("report", audited / "record.json", "--out", tmp_path / "again")
    for name in ("report.html", "datasheet.html"):
        assert (tmp_path / "again" / name).read_bytes() == (audited / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == ["datasheet.html", "report.html"]
    assert str(tmp_path / "again" / "report.html") in done.out


def test_the_code_is_the_verdicts(cli, audited, tmp_path):
    assert cli("report", audited / "record.json", "--out", tmp_path, "--quiet").code == 1


def test_quiet_prints_nothing(cli, audited, tmp_path):
    done = cli("report", audited / "record.json", "--out", tmp_path, "--quiet")
    assert (done.out, done.err) == ("", "")


@pytest.fixture
def refused(cli, tmp_path):
    def run(content):
        path = tmp_path / "record.json"
        path.write_bytes(content)
        done = cli("report", path, "--out", tmp_path / "out")
        assert (done.code, done.out) == (2, "")
        assert not (tmp_path / "out").exists()
        assert "Evenhand failed" not in done.err
        return done.err

    return run


def test_a_damaged_record(refused, audited):
    whole = (audited / "record.json").read_bytes()
    assert "reading it failed" in refused(whole[: len(whole) // 2])
    assert "reading it failed" in refused(b"")
    assert "reading it failed" in refused(b"[" * 100_000)
    content = json.loads(whole)
    assert "schema version" in refused(json.dumps(content | {"schema_version": "99"}).encode())
    assert "cube" in refused(json.dumps(content | {"cube": {}}).encode())
    assert "seed" in refused(json.dumps(content | {"seed": "many"}).encode())


def test_a_record_that_is_not_there(cli, tmp_path):
    done = cli("report", tmp_path / "none.json", "--out", tmp_path / "out")
    assert (done.code, (tmp_path / "out").exists()) == (2, False)
    assert "there is none" in done.err


def test_a_folder_that_cannot_be_written(cli, audited, tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    done = cli("report", audited / "record.json", "--out", tmp_path / "taken")
    assert done.code == 2
    assert "name another place" in done.err
