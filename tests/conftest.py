"""Fixtures that several test files share."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from typer.testing import CliRunner

from evenhand.audit.data import adult_path
from evenhand.audit.model import save_model
from evenhand.cli.app import app
from evenhand.errors import EvenhandWarning

# No test is timed, and every run draws the same examples.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start the system's Chromium, or skip where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright, which is not installed")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    chromium = next((path for path in found if path), None)
    if chromium is None:
        pytest.skip("needs Chromium, and none is on the path")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Give the path of a shared data file, or skip where the folder is absent."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"needs the shared data file {name}, which is not beside this checkout")
        return path

    return find


@pytest.fixture(scope="session")
def adult() -> pd.DataFrame:
    """The embedded Adult data, both splits."""
    return pd.read_parquet(adult_path())


COLUMNS = ["age", "education-num", "hours-per-week", "marital-status", "occupation", "race", "sex", "income"]
INPUTS = [name for name in COLUMNS if name != "income"]


@pytest.fixture(scope="session")
def trained(adult: pd.DataFrame) -> pd.DataFrame:
    """Rows of Adult to train on, few columns."""
    rows = adult[adult["split"] == "train"].sample(2500, random_state=1)
    return rows[COLUMNS].reset_index(drop=True)


@pytest.fixture(scope="session")
def pipeline(trained: pd.DataFrame) -> Pipeline:
    """A classifier of `trained`."""
    words = [name for name in INPUTS if trained[name].dtype.kind not in "iuf"]
    encode = ColumnTransformer(
        [("words", OneHotEncoder(handle_unknown="ignore"), words)], remainder=StandardScaler()
    )
    model = Pipeline([("encode", encode), ("model", LogisticRegression(max_iter=500))])
    return model.fit(trained[INPUTS], trained["income"])


@pytest.fixture(scope="session")
def tested(adult: pd.DataFrame, pipeline: Pipeline) -> pd.DataFrame:
    """Rows of Adult to audit, with the classifier's score, its decision and a weight."""
    rows = adult[adult["split"] == "test"].sample(2000, random_state=2)[COLUMNS].reset_index(drop=True)
    score = pipeline.predict_proba(rows[INPUTS])[:, list(pipeline.classes_).index(">50K")]
    weight = np.random.default_rng(3).integers(1, 4, len(rows))
    return rows.assign(p=score, decision=np.where(score >= 0.5, ">50K", "<=50K"), weight=weight)


@dataclass(frozen=True)
class Run:
    """How a command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli() -> Callable[..., Run]:
    """Run a command line of evenhand within this process."""

    def run(*words: object) -> Run:
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return Run(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def files(
    tmp_path_factory: pytest.TempPathFactory,
    trained: pd.DataFrame,
    tested: pd.DataFrame,
    pipeline: Pipeline,
) -> Path:
    """A folder with tables, a model, policies and settings; tests write elsewhere."""
    folder = tmp_path_factory.mktemp("files")
    tested.to_parquet(folder / "loans.parquet", index=False)
    tested.to_csv(folder / "loans.csv", index=False)
    trained.to_parquet(folder / "train.parquet", index=False)
    save_model(pipeline, folder / "model.skops")
    return folder


@pytest.fixture(scope="session")
def audited(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one whole audit: a model, its training rows, explanation, mitigation and a policy."""
    folder = tmp_path_factory.mktemp("audited")
    (folder / "policy.toml").write_text(
        '[[limit]]\nmetric = "demographic_parity_ratio"\nattribute = "sex"\nmin = 0.8\n\n'
        '[[limit]]\nmetric = "accuracy"\nattribute = "sex"\nmin = 0.5\n',
        encoding="utf-8",
    )
    words = ["--target", "income", "--pos-label", ">50K", "--sensitive", "sex", "--sensitive", "race"]
    words += ["--model", str(files / "model.skops"), "--train", str(files / "train.parquet")]
    words += ["--policy", str(folder / "policy.toml"), "--out", str(folder)]
    with warnings.catch_warnings():
        warnings.simplefilter("default", EvenhandWarning)
        done = CliRunner().invoke(app, ["audit", str(files / "loans.parquet"), *words])
    (folder / "stderr.txt").write_text(done.stderr, encoding="utf-8")
    (folder / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    (folder / "code.txt").write_text(str(done.exit_code), encoding="utf-8")
    return folder
