"""The same input, settings and seed give the same bytes, in any process."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from evenhand.reports.outputs import WRITERS

FORMATS = [name for name in WRITERS if name != "pdf" or find_spec("weasyprint")]
POLICY = '[[limit]]\nmetric = "equalized_odds_difference"\nattribute = "sex"\nmax = 0.2\n'


def start(files, folder, hash_seed):
    """Start a whole audit in a process of its own."""
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    words = ["audit", str(files / "few.parquet"), "--target", "income", "--pos-label", ">50K"]
    words += ["--sensitive", "sex", "--control", "race", "--model", str(files / "model.skops")]
    words += ["--train", str(files / "train.parquet"), "--methods", "reweighing", "--weight", "weight"]
    words += ["--policy", str(folder / "policy.toml"), "--out", "report"]
    words += [word for name in FORMATS for word in ("--format", name)]
    env = os.environ | {
        "PYTHONHASHSEED": hash_seed,
        "SOURCE_DATE_EPOCH": "1700000000",
        "OMP_NUM_THREADS": "1",
        "TZ": "Asia/Tokyo" if hash_seed == "1" else "America/Lima",
    }
    return subprocess.run(
        [sys.executable, "-m", "evenhand", *words],
        env=env, cwd=folder, capture_output=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def runs(files, trained, tested, tmp_path_factory):
    """Two audits alike, in processes that hash differently and stand in different time zones."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "model.skops").write_bytes((files / "model.skops").read_bytes())
    tested.head(400).to_parquet(folder / "few.parquet")
    trained.head(600).assign(weight=1).to_parquet(folder / "train.parquet")
    made = {}
    for name, hash_seed in (("one", "1"), ("two", "2")):
        (folder / name).mkdir()
        done = start(folder, folder / name, hash_seed)
        assert done.returncode in {0, 1, 3}, done.stderr.decode()
        made[name] = (done.returncode, done.stdout, folder / name / "report")
    return made


def test_the_same_bytes_of_every_format_in_two_processes(runs):
    one, two = (
        {path.name: path.read_bytes() for path in sorted(runs[name][2].iterdir())} for name in ("one", "two")
    )
    assert list(one) == list(two)
    assert [name for name in one if one[name] != two[name]] == []
    assert len(one) >= len(FORMATS)


def test_the_same_words_and_code(runs):
    assert runs["one"][:2] == runs["two"][:2]
    assert b"Overall" in runs["one"][1]


def test_the_moment_is_the_one_that_was_fixed(runs):
    assert '"created": "2023-11-14T22:13:20' in (runs["one"][2] / "record.json").read_text(encoding="utf-8")
