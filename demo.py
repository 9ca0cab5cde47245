"""The demo's inputs: Adult's rows, a pipeline trained on its train split, settings and a policy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .audit.data import CREDIT, adult_path
from .audit.dataset import open_dataset
from .audit.files import writable_folder, write_atomically
from .audit.model import save_model

TARGET, POSITIVE = "income", ">50K"
NUMBERS = ("age", "education-num", "capital-gain", "capital-loss", "hours-per-week")
WORDS = (
    "workclass",
    "education",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "native-country",
)

WRITTEN = ("model.skops", "adult.parquet", "datasheet.answers.toml", "evenhand.toml")
"""What the demo writes before it audits."""

SETTINGS = """# The settings of Evenhand's demo. Run them again with: evenhand audit evenhand.toml
title = "Income classifier on UCI Adult (demo)"
credit = "{credit}"

data = "adult.parquet"
split = {{ column = "split", train = "train", test = "test" }}
labels_known = "everybody" # the census asked everybody
missing = ["?"]            # how the file writes a missing value
drop = ["fnlwgt"]          # a census weight, not a fact about the person

target = "income"
pos_label = ">50K"
sensitive = ["sex", "race", "age"]
bands = {{ age = [40] }}     # under 40, and 40 and over
intersections = [["sex", "race"]]
reference = {{ sex = "Male", race = "White" }}

model = "model.skops"
threshold = 0.5
methods = ["unaware", "unaware+proxies", "reweighing"]
proxies = ["relationship", "marital-status"]

answers = "datasheet.answers.toml"
policy_fixed = "2026-01-15"
seed = {seed}
out = "."

# What nobody can change, beside sensitive columns and proxies; and what only moves one way.
[recourse]
immutable = ["native-country"]
monotone = {{ education-num = "up" }}

# Every method at every strength, against the first limit that the model breaks.
[frontier]
methods = [
  "unaware", "unaware+proxies", "reweighing", "reweighing+unaware", "resampling",
  "group_thresholds", "single_threshold", "reject_option", "barycentre",
]

# A sample policy, made up for this demo (policy_fixed above is its day). Equal counts as inside a limit.
[[limit]]
metric = "demographic_parity_ratio"
attribute = "sex"
min = 0.8

[[limit]]
metric = "equal_opportunity_difference"
attribute = "sex"
max = 0.1

[[limit]]
metric = "equalized_odds_difference"
attribute = "age"
max = 0.15

[[limit]]
metric = "predictive_parity_difference"
attribute = "sex"
max = 0.1

[[limit]]
metric = "accuracy"
attribute = "race"
min = 0.75

[[limit]]
metric = "equal_opportunity_difference"
attribute = "sex x race"
max = 0.3
"""


def pipeline() -> Any:
    """Make the demo's pipeline, not yet fitted: one-hot words, scaled numbers, logistic regression."""
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415 - scikit-learn loads slowly
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import Pipeline  # noqa: PLC0415
    from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: PLC0415

    columns = ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore"), list(WORDS)),
            ("numbers", StandardScaler(), list(NUMBERS)),
        ]
    )
    return Pipeline([("columns", columns), ("model", LogisticRegression(max_iter=1000))])


def make_demo(folder: Path, *, seed: int, progress: Callable[[str, int, int], None]) -> Path:
    """Write the demo's table, model, policy and settings into a folder; return the settings file.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    target = writable_folder(folder)
    progress("training", 0, 1)
    shutil.copyfile(adult_path(), target / "adult.parquet")
    train = open_dataset(target / "adult.parquet", missing=("?",)).subset("split", "train").frame()
    model = pipeline().fit(train[[*WORDS, *NUMBERS]], train[TARGET])
    save_model(model, target / "model.skops")
    shutil.copyfile(adult_path().with_name("datasheet.answers.toml"), target / "datasheet.answers.toml")
    progress("training", 1, 1)
    return write_atomically(target / "evenhand.toml", SETTINGS.format(credit=CREDIT, seed=seed))
