"""Writing results: whole or not at all, and refused before the work is done."""

from __future__ import annotations

import hashlib

import pytest

from evenhand.audit.files import file_sha256, writable_folder, write_atomically
from evenhand.errors import OutputError


def test_a_folder_is_made_with_its_parents_and_left_empty(tmp_path):
    folder = writable_folder(tmp_path / "a" / "b")
    assert folder.is_dir()
    assert list(folder.iterdir()) == []


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "report").write_text("x")
    with pytest.raises(
        OutputError, match=r"report: results must go where files can be written.*name another place"
    ):
        writable_folder(tmp_path / "report")


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="Not a directory"):
        writable_folder(tmp_path / "file" / "report")


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    write_atomically(path, "né\n")
    assert path.read_bytes() == "né\n".encode()
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_nothing_is_left_behind_when_writing_fails(tmp_path):
    (tmp_path / "target").mkdir()
    with pytest.raises(OutputError):
        write_atomically(tmp_path / "target", b"x")
    assert [item.name for item in tmp_path.iterdir()] == ["target"]


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(OutputError, match="No such file"):
        write_atomically(tmp_path / "none" / "a.txt", "x")


def test_the_sum_of_a_file_is_its_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_sha256(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()
