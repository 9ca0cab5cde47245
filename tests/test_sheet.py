"""Names from data in the terminal: never an order to it, never markup, never without a name."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from rich.table import Table
from rich.text import Text

from evenhand.cli.sheet import Sheet
from evenhand.cli.terminal import printable

ESCAPE = "\x1b[8mhidden\x1b]0;title"


def controls(text):
    return [letter for letter in text if letter != "\n" and unicodedata.category(letter) == "Cc"]


@pytest.fixture
def grouped(tested, tmp_path):
    """Write a table whose groups, or whose sensitive column, bear a name."""

    def write(name="sex", level="Female"):
        rows = tested[["income", "sex", "decision"]].head(300)
        path = tmp_path / "rows.parquet"
        rows.assign(sex=np.where(rows["sex"] == "Male", "Male", level)).rename(
            columns={"sex": name}
        ).to_parquet(path)
        return (
            path,
            "--target",
            "income",
            "--pos-label",
            ">50K",
            "--sensitive",
            name,
            "--prediction",
            "decision",
        )

    return write


@pytest.mark.parametrize("text", [ESCAPE, "\u202eabc", "a\x9bb", "[/bold]", "[red]x", ":smile:", "=cmd"])
def test_names_that_give_orders(cli, grouped, tmp_path, text):
    for named in ({"level": text}, {"name": text}):
        done = cli("audit", *grouped(**named), "--format", "json", "--out", tmp_path / "out")
        assert (done.code, done.err) == (0, "")
        assert printable(text) in done.out
        assert not controls(done.out)


def test_paths_and_messages_that_give_orders(cli, grouped, tmp_path):
    path, *words = grouped()
    hostile = path.rename(tmp_path / f"{ESCAPE.replace(']', '')}.parquet")
    done = cli("audit", hostile, *words, "--out", tmp_path / "out\x1b[31m")
    assert (done.code, controls(done.out)) == (0, [])
    done = cli("audit", hostile, *words, "--target", "no\x1b[31m")
    assert (done.code, controls(done.err)) == (2, [])


def test_a_group_whose_name_is_empty(cli, grouped, tmp_path):
    done = cli("audit", *grouped(level=""), "--format", "json", "--out", tmp_path / "out")
    assert "(blank)" in done.out
    assert "all rows" not in done.out


def test_columns_that_look_like_markup_head_tables():
    sheet = Sheet(80)
    table = Table("[/bold]", "[red]a")
    table.add_row("[/x]", Text("b"))
    sheet.print(table)
    assert all(name in sheet.text() for name in ("[/bold]", "[red]a", "[/x]"))


def test_colours_of_our_own_stay(monkeypatch):
    monkeypatch.setattr("sys.stdout", type("Screen", (io.StringIO,), {"isatty": lambda _: True})())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    sheet = Sheet(80)
    sheet.print(Text.assemble(("fail", "red"), f" {ESCAPE}"))
    assert "\x1b[31mfail\x1b[0m \ufffd[8mhidden" in sheet.text()


def shell(words, cwd, ending):
    line = f"{shlex.quote(sys.executable)} -m evenhand {words} {ending}"
    return subprocess.run(["sh", "-c", line], cwd=cwd, capture_output=True, check=False, timeout=120)


def test_a_stream_that_is_closed_or_full(tmp_path):
    assert shell("metrics", tmp_path, ">&-").returncode == 0
    assert shell("metrics", tmp_path, "2>&-").returncode == 0
    if os.path.exists("/dev/full"):  # noqa: PTH110
        done = shell("metrics", tmp_path, ">/dev/full")
        assert (done.returncode, b"the system says" in done.stderr) == (2, True)
        assert b"fault of the program" not in done.stderr


def test_the_next_command_can_be_pasted(cli, grouped, tmp_path):
    path, *_ = grouped()
    done = cli("init", path, "--out", tmp_path / "my settings.toml")
    assert shlex.split(done.out.splitlines()[-1]) == ["evenhand", "audit", str(tmp_path / "my settings.toml")]
