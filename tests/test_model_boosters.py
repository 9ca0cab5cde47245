"""LightGBM, XGBoost and CatBoost files: the library's own scores, and damaged files end no process."""

from __future__ import annotations

import json
import random
import re
import struct

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.booster_lightgbm import read_lightgbm
from evenhand.audit.booster_xgboost import read_xgboost
from evenhand.audit.explaining_model import counted
from evenhand.audit.model import load_model
from evenhand.audit.ubjson import read_ubjson
from evenhand.errors import EvenhandWarning, ModelError

lightgbm = pytest.importorskip("lightgbm")
xgboost = pytest.importorskip("xgboost")
catboost = pytest.importorskip("catboost")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300), "k": rng.integers(0, 5, 300)})
    frame["region"] = rng.choice(["east", "north", "west"], 300)
    frame.loc[::17, "a"] = np.nan
    return frame


@pytest.fixture(scope="module")
def labels(rows) -> np.ndarray:
    return ((rows["a"].fillna(0) + rows["b"] + (rows["region"] == "west")) > 0).astype(int).to_numpy()


NUMBERS = ["a", "b", "k"]


def coded(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(region=rows["region"].astype("category"))


def lgb(**more):
    return lightgbm.LGBMClassifier(n_estimators=5, num_leaves=6, n_jobs=1, verbose=-1, **more)


def xgb(**more):
    return xgboost.XGBClassifier(n_estimators=4, max_depth=3, n_jobs=1, tree_method="hist", **more)


def cat(**more):
    return catboost.CatBoostClassifier(
        iterations=4, depth=3, thread_count=1, verbose=0, allow_writing_files=False, **more
    )


@pytest.fixture(scope="module")
def folder(rows, labels, tmp_path_factory):
    """Files of every library, each with what the library itself predicts."""
    folder = tmp_path_factory.mktemp("boosters")
    three = np.random.default_rng(1).integers(0, 3, len(rows))
    made = {
        "lgb.txt": (lgb().fit(rows[NUMBERS], labels), rows[NUMBERS]),
        "lgb_words.txt": (lgb().fit(coded(rows), labels), coded(rows)),
        "lgb_three.txt": (lgb().fit(rows[NUMBERS], three), rows[NUMBERS]),
        "lgb_forest.txt": (
            lgb(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7).fit(rows[NUMBERS], labels),
            rows[NUMBERS],
        ),
        "xgb.json": (xgb().fit(rows[NUMBERS], labels), rows[NUMBERS]),
        "xgb.ubj": (xgb().fit(rows[NUMBERS], three), rows[NUMBERS]),
        "xgb_words.ubj": (xgb(enable_categorical=True).fit(coded(rows), labels), coded(rows)),
        "xgb_words.json": (xgb(enable_categorical=True).fit(coded(rows), labels), coded(rows)),
        "xgb_dart.json": (xgb(booster="dart", rate_drop=0.5).fit(rows[NUMBERS], labels), rows[NUMBERS]),
        "xgb_array.json": (xgb().fit(rows[NUMBERS].to_numpy(), labels), rows[NUMBERS].to_numpy()),
        "cat.cbm": (cat().fit(rows[NUMBERS], labels), rows[NUMBERS]),
        "cat_words.cbm": (cat(cat_features=["region"], one_hot_max_size=9).fit(rows, labels), rows),
        "cat_deep.cbm": (cat(grow_policy="Depthwise").fit(rows[NUMBERS], three), rows[NUMBERS]),
        "cat_array.cbm": (cat().fit(rows[NUMBERS].to_numpy(), labels), rows[NUMBERS].to_numpy()),
    }
    wanted = {}
    for name, (model, given) in made.items():
        getattr(model, "booster_", model).save_model(str(folder / name))
        wanted[name] = model.predict_proba(given)
    return folder, wanted


FILES = [
    *("lgb.txt", "lgb_words.txt", "lgb_three.txt", "lgb_forest.txt", "xgb.json", "xgb.ubj", "xgb_words.ubj"),
    *("xgb_words.json", "xgb_dart.json", "xgb_array.json"),
    *("cat.cbm", "cat_words.cbm", "cat_deep.cbm", "cat_array.cbm"),
]


@pytest.mark.parametrize("name", FILES)
def test_a_file_scores_as_the_library_does(folder, rows, name):
    place, wanted = folder
    model = load_model(place / name, columns=NUMBERS)
    # The columns may stand in another order, among others.
    shuffled = rows[["region", "k", "b", "a"]]
    found = model.estimator.predict_proba(model.rows(shuffled))
    np.testing.assert_allclose(found, wanted[name], atol=1e-12)
    if wanted[name].shape[1] == 2:
        np.testing.assert_allclose(model.scores(shuffled, 1), wanted[name][:, 1], atol=1e-12)


def test_labels_may_be_named_and_must_be_as_many_as_the_classes(folder, rows):
    place, wanted = folder
    model = load_model(place / "lgb.txt", classes=["no", "yes"])
    np.testing.assert_allclose(model.scores(rows, "yes"), wanted["lgb.txt"][:, 1])
    for name in ("lgb.txt", "xgb.json", "cat.cbm"):
        with pytest.raises(ModelError, match="2 classes, got 3 labels in model_classes"):
            load_model(place / name, classes=["a", "b", "c"])


def test_columns_that_are_not_there_are_told(folder, rows):
    model = load_model(folder[0] / "xgb.json")
    with pytest.raises(ModelError, match="the model wants the column 'b'"):
        model.scores(rows[["a", "k"]], 1)


def test_a_model_of_arrays_takes_the_columns_that_are_named(folder):
    with pytest.raises(ModelError, match="the model takes 3 columns, got 2 in model_columns"):
        load_model(folder[0] / "xgb_array.json", columns=["a", "b"])


def test_categories_that_the_model_has_not_seen_are_told(folder, rows):
    model = load_model(folder[0] / "lgb_words.txt")
    with pytest.warns(EvenhandWarning, match="region: the model has not seen these categories, .*: south"):
        model.scores(rows.assign(region="south"), 1)


@pytest.mark.parametrize("name", ["lgb", "xgb", "cat"])
def test_a_regression_is_no_classifier(rows, tmp_path, name):
    numbers = rows[NUMBERS]
    made = {
        "lgb": lambda: (
            lightgbm.LGBMRegressor(n_estimators=2, n_jobs=1, verbose=-1).fit(numbers, rows["b"]).booster_
        ),
        "xgb": lambda: xgboost.XGBRegressor(n_estimators=2, n_jobs=1).fit(numbers, rows["b"]),
        "cat": lambda: catboost.CatBoostRegressor(
            iterations=2, thread_count=1, verbose=0, allow_writing_files=False
        ).fit(numbers, rows["b"]),
    }[name]()
    path = tmp_path / {"lgb": "m.txt", "xgb": "m.json", "cat": "m.cbm"}[name]
    made.save_model(str(path))
    with pytest.raises(
        ModelError, match="an audit needs a classifier, and this model gives no probabilities"
    ):
        load_model(path)


def mutations(data: bytes, letters: bytes, count: int):
    rng = random.Random(0)
    for i in range(count):
        changed = bytearray(data)
        if i % 3 == 0:
            changed = changed[: rng.randrange(4, len(changed))]
        for _ in range(i % 3):
            changed[rng.randrange(4, len(changed))] = rng.choice(letters)
        yield bytes(changed)


@pytest.mark.parametrize(
    "name",
    ["lgb.txt", "lgb_words.txt", "xgb.json", "xgb_words.ubj", "cat.cbm", "cat_words.cbm", "cat_deep.cbm"],
)
def test_files_that_are_damaged_anywhere_are_refused_or_score(folder, rows, tmp_path, name):
    # Without the checks one file in three ends the process here.
    data = (folder[0] / name).read_bytes()
    refused = 0
    letters = b"0123456789-" if name.endswith(("txt", "json")) else bytes(range(256))
    for changed in mutations(data, letters, 60):
        (tmp_path / name).write_bytes(changed)
        try:
            model = load_model(tmp_path / name)
            model.estimator.predict_proba(model.rows(rows))
        except ModelError:
            refused += 1
        except (ValueError, KeyError, TypeError, UserWarning):
            pass
    assert refused > 10


def line(text: str, key: str, change) -> str:
    return re.sub(rf"(?m)^{key}=(.*)$", lambda found: f"{key}={change(found[1])}", text, count=1)


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("left_child", lambda old: re.sub(r"^\S+", "99", old), "a child lies outside"),
        ("left_child", lambda old: re.sub(r"^\S+", "0", old), "a child comes before its parent"),
        ("right_child", lambda old: old.rsplit(" ", 1)[0], "the line right_child is cut short"),
        ("split_feature", lambda old: re.sub(r"^\S+", "3", old), "a column lies outside"),
        ("decision_type", lambda old: re.sub(r"^\S+", "1", old), "sets of categories that it does not hold"),
        ("leaf_value", lambda old: re.sub(r"^\S+", "x", old), "the line leaf_value holds no numbers"),
        ("num_leaves", lambda old: "999999999", "leaves that it counts"),
        ("max_feature_idx", lambda old: "9", "its columns are not as many as it counts"),
        ("is_linear", lambda old: "1", "linear models"),
        ("num_tree_per_iteration", lambda old: "2", "its trees do not fit its classes"),
        ("objective", lambda old: "binary\x00", "its objective is"),
    ],
)
def test_a_lightgbm_text_that_points_outside_itself_is_refused(folder, key, change, message):
    text = (folder[0] / "lgb.txt").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_lightgbm(line(text, key, change).encode())


def tree(content):
    return content["learner"]["gradient_booster"]["model"]["trees"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: tree(c)["left_children"].__setitem__(0, 99), "a child lies outside"),
        (lambda c: tree(c)["left_children"].__setitem__(0, 0), "a child hangs below two splits"),
        (lambda c: tree(c)["split_indices"].__setitem__(0, 7), "a column lies outside"),
        (lambda c: tree(c)["split_type"].__setitem__(0, 1), "a split has no set of categories"),
        (lambda c: tree(c)["split_conditions"].pop(), "the list split_conditions is cut short"),
        (lambda c: tree(c)["tree_param"].update(num_nodes="999999999"), "is cut short"),
        (lambda c: tree(c)["tree_param"].update(num_feature="1"), "a tree counts other columns"),
        (
            lambda c: c["learner"]["gradient_booster"].update(name="gblinear"),
            "a booster of the kind 'gblinear'",
        ),
        (
            lambda c: c["learner"]["learner_model_param"].update(base_score="inf"),
            "its base score is no number",
        ),
        (lambda c: c["learner"]["feature_names"].pop(), "its feature_names are not as many"),
    ],
)
def test_an_xgboost_file_that_points_outside_itself_is_refused(folder, change, message):
    content = json.loads((folder[0] / "xgb.json").read_text(encoding="utf-8"))
    change(content)
    with pytest.raises(ValueError, match=message):
        read_xgboost(json.dumps(content, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"{L\0\0\0\0\0\0\0\7learner",
        b"[$d#L\x7f\0\0\0\0\0\0\0",
        b"[" * 100,
        b"S" + b"L" + b"\xff" * 8,
        b"q",
        b"ZZ",
        b"",
    ],
)
def test_binary_json_that_is_damaged_is_refused(data):
    with pytest.raises(ValueError, match="the binary JSON"):
        read_ubjson(data)


def test_binary_json_of_every_kind_is_read():
    data = (
        b"[ZTFi\xffU\xffI\x01\x00l\0\0\0\2D" + struct.pack(">d", 0.5) + b"d" + struct.pack(">f", 0.25) + b"]"
    )
    assert read_ubjson(data) == [None, True, False, -1, 255, 256, 2, 0.5, 0.25]


@pytest.mark.parametrize("name", ["lgb_words.txt", "xgb_words.ubj"])
def test_a_file_is_explained_exactly_as_the_librarys_own_model_is(folder, rows, name):
    model = load_model(folder[0] / name)
    found = counted(model, model.rows(rows), None, 1)
    sides = np.flatnonzero(rows["region"] == "west"), np.flatnonzero(rows["region"] != "west")
    (explained,) = found.explain([sides], None, "common", 0.95)
    assert explained.residual == pytest.approx(0, abs=1e-5)
    assert explained.bar("region").interval.low > 0
