"""Audits of model files from the command line: boosters and programs, explained, and what is told of them."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.record import read_record
from evenhand.errors import EvenhandWarning

catboost = pytest.importorskip("catboost")
lightgbm = pytest.importorskip("lightgbm")
xgboost = pytest.importorskip("xgboost")
torch = pytest.importorskip("torch")

NUMBERS = ["age", "hours", "years"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audits")
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({name: rng.normal(size=400).round(2) for name in NUMBERS})
    rows["sex"] = rng.choice(["F", "M"], 400)
    rows["hired"] = np.where(rows["age"] + (rows["sex"] == "M") + rng.normal(size=400) > 0.5, "yes", "no")
    rows.to_csv(folder / "rows.csv", index=False)
    rows.to_csv(folder / "train.csv", index=False)
    labels = (rows["hired"] == "yes").astype(int)
    fitted = lightgbm.LGBMClassifier(n_estimators=5, num_leaves=5, n_jobs=1, verbose=-1).fit(
        rows[NUMBERS], labels
    )
    fitted.booster_.save_model(str(folder / "m.txt"))
    xgboost.XGBClassifier(n_estimators=4, max_depth=2, n_jobs=1).fit(rows[NUMBERS], labels).save_model(
        folder / "m.ubj"
    )
    quiet = {"iterations": 4, "depth": 2, "thread_count": 1, "verbose": 0, "allow_writing_files": False}
    for name, columns, words in (("m.cbm", NUMBERS, []), ("words.cbm", [*NUMBERS, "sex"], ["sex"])):
        model = catboost.CatBoostClassifier(**quiet, one_hot_max_size=1)
        model.fit(rows[columns], rows["hired"], cat_features=words).save_model(str(folder / name))
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1)).eval()
        shapes = ({0: torch.export.Dim("rows")},)
        torch.export.save(
            torch.export.export(net, (torch.randn(3, 3),), dynamic_shapes=shapes), folder / "m.pt2"
        )
        torch.jit.save(torch.jit.script(net), folder / "m.pt")
        torch.jit.save(
            torch.jit.trace(torch.nn.Sequential(net, torch.nn.RReLU()), torch.randn(3, 3)), folder / "r.pt"
        )
    return folder


BASE = ["--target", "hired", "--pos-label", "yes", "--sensitive", "sex"]
CLASSES = ["--model-classes", "no", "--model-classes", "yes"]
NETWORK = [
    *CLASSES,
    "--model-output",
    "logit",
    *(word for name in NUMBERS for word in ("--model-columns", name)),
]


@pytest.mark.parametrize(
    ("name", "flags"),
    [("m.txt", CLASSES), ("m.ubj", CLASSES), ("m.cbm", []), ("m.pt2", NETWORK), ("m.pt", NETWORK)],
)
def test_a_model_file_is_audited_explained_and_described(cli, folder, tmp_path, name, flags):
    with warnings.catch_warnings():
        warnings.simplefilter("default", EvenhandWarning)
        done = cli(
            "audit", folder / "rows.csv", *BASE, *flags, "--model", folder / name, "--out", tmp_path / "out",
            "--train", folder / "train.csv",
        )  # fmt: skip
    assert done.code in {0, 3}, done.err
    record = read_record(tmp_path / "out" / "record.json")
    assert record.model.inputs == tuple(NUMBERS)
    assert {item.metric for item in record.explanations} >= {"selection_rate", "mean_score"}
    assert record.explanations[0].residual == pytest.approx(0, abs=1e-6)
    assert (record.neural is not None) == (name in {"m.pt2", "m.pt"})


def test_a_catboost_file_of_words_needs_neither_trust_nor_labels(cli, folder, tmp_path):
    done = cli(
        "audit", folder / "rows.csv", *BASE, "--model", folder / "words.cbm", "--out", tmp_path / "out",
        "--no-mitigate",
    )  # fmt: skip
    assert done.code in {0, 1, 3}, done.err
    record = read_record(tmp_path / "out" / "record.json")
    assert record.model.inputs == (*NUMBERS, "sex")
    assert {bar.column for bar in record.explanations[0].bars} == {*NUMBERS, "sex"}


@pytest.mark.parametrize(
    ("name", "flags", "message"),
    [
        (
            "m.txt",
            [],
            "holds: 0, 1; if the model's labels stand for others, name those in order in model_classes",
        ),
        ("m.pt2", [], "what a network gives must be declared"),
        ("m.pt2", ["--model-output", "odds"], "model_output"),
        ("m.pt2", ["--model-output", "logit"], "name them in order in model_columns"),
        ("m.pt", [*NETWORK[:-2], *CLASSES], "fails on rows of 2 numbers, at torch.linear"),
        ("r.pt", NETWORK, "cannot be: it calls torch.rrelu, which is not on the list"),
        ("m.pt2", [*NETWORK[:-2], *CLASSES], "takes 3 numbers a row, got 2 columns"),
    ],
)
def test_what_a_model_file_lacks_is_told_in_a_sentence(cli, folder, tmp_path, name, flags, message):
    done = cli(
        "audit", folder / "rows.csv", *BASE, *flags, "--model", folder / name, "--out", tmp_path / "out"
    )
    assert done.code == 2
    assert message in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert not (tmp_path / "out").exists()
