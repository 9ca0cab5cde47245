"""Every command and snippet of the README and the docs is run."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder
from typer.testing import CliRunner

from evenhand.audit.answers import read_answers
from evenhand.audit.model import save_model
from evenhand.audit.policy import load_policy
from evenhand.audit.settings import Settings, load_settings
from evenhand.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
)


def blocks(kind: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        texts = re.findall(rf"```{kind}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        found += [(page.name, text) for text in texts]
    return found


def commands() -> list[str]:
    lines = [line for _, text in blocks("sh") for line in text.splitlines()]
    return [line for line in lines if line.startswith("evenhand ")]


@pytest.fixture(scope="module")
def loans(adult: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the README's commands name."""
    folder = tmp_path_factory.mktemp("readme")
    rows = adult.sample(3000, random_state=0).reset_index(drop=True)
    features = ["age", "education-num", "hours-per-week", "sex", "race"]
    words = ColumnTransformer([("words", OneHotEncoder(), ["sex", "race"])], remainder="passthrough")
    model = Pipeline([("words", words), ("model", LogisticRegression(max_iter=2000))])
    approved = np.where(rows["income"] == ">50K", "yes", "no")
    model.fit(rows[features], approved)
    score = model.predict_proba(rows[features])[:, 1]
    table = rows[features].assign(approved=approved)
    table.head(1500).to_parquet(folder / "train.parquet")
    test = table.assign(decision=np.where(score >= 0.5, "yes", "no")).tail(1500)
    test.to_parquet(folder / "loans.parquet")
    numbered = table.tail(1500).assign(
        approved=(test["approved"] == "yes").astype(int), p_approve=score[-1500:]
    )
    numbered.to_csv(folder / "loans.csv", index=False)
    save_model(model, folder / "model.skops")
    policy = next(text for _, text in blocks("toml") if "[[limit]]" in text)
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    counts = "sex,race,n,selected\nMale,White,900,500\nFemale,White,800,400\nFemale,Black,381,155\n"
    (folder / "counts.csv").write_text(counts, encoding="utf-8")
    settings = 'data = "loans.parquet"\ntarget = "approved"\npos_label = "yes"\nsensitive = ["sex"]\n'
    settings += 'prediction = "decision"\n'
    (folder / "evenhand.toml").write_text(settings + 'out = "evenhand-demo"\n', encoding="utf-8")
    search = 'data = "loans.parquet"\ntrain = "train.parquet"\nmodel = "model.skops"\ntarget = "approved"\n'
    search += 'pos_label = "yes"\nsensitive = ["sex"]\n'
    (folder / "search.toml").write_text(search, encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", [line for line in commands() if " demo" not in line])
def test_a_documented_command_runs(command: str, loans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(loans)
    if "record.json" in command and not (loans / "evenhand-demo/record.json").exists():
        CliRunner().invoke(app, ["audit", "evenhand.toml"])
    if " init " in command:
        (loans / "evenhand.toml").rename(loans / "kept.toml")
    result = CliRunner().invoke(app, shlex.split(command, comments=True)[1:])
    if " init " in command:
        (loans / "kept.toml").replace(loans / "evenhand.toml")
    assert result.exit_code in (0, 1, 3), result.output


@pytest.mark.parametrize(("page", "snippet"), blocks("python"))
def test_a_documented_snippet_runs(
    page: str, snippet: str, loans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(loans)
    train, test = pd.read_parquet("train.parquet"), pd.read_parquet("loans.parquet").drop(columns="decision")
    train, test = (
        frame.assign(income=np.where(frame.pop("approved") == "yes", ">50K", "<=50K"))
        for frame in (train, test)
    )
    words = ColumnTransformer([("words", OneHotEncoder(), ["sex", "race"])], remainder="passthrough")
    features = [name for name in train.columns if name != "income"]
    clf = Pipeline([("words", words), ("model", LogisticRegression(max_iter=2000))]).fit(
        train[features], train["income"]
    )
    p = clf.predict_proba(test[features])[:, 1]
    y_true = (test["income"] == ">50K").astype(int).to_numpy()
    names = {
        "clf": clf,
        "train": train,
        "test": test,
        "p": p,
        "y_true": y_true,
        "y_pred": (p >= 0.5).astype(int),
    }
    exec(compile(snippet, page, "exec"), names)


@pytest.mark.parametrize(("page", "snippet"), blocks("toml"))
def test_a_documented_file_is_read(page: str, snippet: str, tmp_path: Path) -> None:
    file = tmp_path / "file.toml"
    file.write_text(snippet, encoding="utf-8")
    if "[[limit]]" in snippet:
        assert load_policy(file).limits
    elif set(tomllib.loads(snippet)) <= set(Settings.model_fields):
        assert load_settings(file) != Settings()
    else:
        assert read_answers(file).given


def test_the_steps_without_make_are_those_of_the_makefile() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in makefile.splitlines():
        if "$(PIP) install" in line:
            assert line.split("$(PIP) ")[1].strip() in readme


def test_links_of_the_pages_lead_to_files() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
