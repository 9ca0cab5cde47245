"""CatBoost files made anew: the original's own scores bit for bit, and no crafted file reaches CatBoost."""

from __future__ import annotations

import json
import random
import struct
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.booster_catboost import read_catboost
from evenhand.audit.booster_catboost_labels import read_labels
from evenhand.audit.explaining_model import counted
from evenhand.audit.flatbuffer import Table, write_flatbuffer
from evenhand.audit.model import load_model
from evenhand.errors import ModelError
from evenhand.tests.damage import damaged

catboost = pytest.importorskip("catboost")

WORDS = ["region", "job"]
EVERY_KIND = ["Borders", "Buckets", "BinarizedTargetMeanValue", "Counter"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=300), "region": rng.choice(["east", "north", "süd"], 300)})
    frame["b"] = rng.normal(size=300).round(1)
    frame["job"] = rng.choice([f"job {i}" for i in range(40)], 300)
    frame.loc[::17, "a"] = np.nan
    return frame


@pytest.fixture(scope="module")
def asked(rows) -> pd.DataFrame:
    """Rows that the models have not seen: other pairs, new categories, missing values elsewhere."""
    found = rows.assign(b=rows["b"].to_numpy()[::-1], a=np.roll(rows["a"], 5))
    return found.assign(
        job=np.where(rows.index % 7 == 0, "new", rows["job"]), region=np.roll(rows["region"], 1)
    )


@pytest.fixture(scope="module")
def sums(rows) -> np.ndarray:
    jobs = rows["job"].str.len() + rows["job"].str[-1].astype(int) % 3
    return (rows["a"].fillna(0) + rows["b"] + (rows["region"] == "süd") + jobs / 2).to_numpy()


def cat(**more):
    shared = {"iterations": 6, "depth": 4, "random_seed": 0} | more
    return catboost.CatBoostClassifier(thread_count=1, verbose=0, allow_writing_files=False, **shared)


FITS = {
    "numbers": ({}, 2, ["a", "b"]),
    "missing right": ({"nan_mode": "Max"}, 2, ["a", "b"]),
    "many borders": ({"border_count": 1000, "iterations": 60}, 2, ["a", "b"]),
    "one-hot": ({"one_hot_max_size": 50}, 2, None),
    "statistics": ({}, 2, None),
    "combinations": ({"max_ctr_complexity": 4, "iterations": 20, "one_hot_max_size": 3}, 2, None),
    "every kind": (
        {"simple_ctr": EVERY_KIND, "combinations_ctr": EVERY_KIND, "max_ctr_complexity": 3},
        3,
        None,
    ),
    "several borders": ({"simple_ctr": ["Borders:TargetBorderCount=3:Prior=0.3"]}, 5, None),
    "ordered": ({"boosting_type": "Ordered"}, 2, None),
    "three": ({}, 3, None),
    "each against all": ({"loss_function": "MultiClassOneVsAll"}, 4, None),
    "more labels than met": ({"loss_function": "MultiClass", "classes_count": 5}, 3, ["a", "b"]),
    "depthwise": ({"grow_policy": "Depthwise"}, 3, None),
    "lossguide": ({"grow_policy": "Lossguide", "max_leaves": 9}, 2, None),
    "focal": ({"loss_function": "Focal:focal_alpha=0.3;focal_gamma=1"}, 2, None),
    "deep": ({"depth": 10, "iterations": 3}, 2, ["a", "b"]),
}


def fitted(rows, sums, name):
    more, classes, columns = FITS[name]
    labels = pd.qcut(sums, classes, labels=False)
    given = rows[columns] if columns else rows
    return cat(**more, cat_features=[] if columns else WORDS).fit(given, labels), list(given)


def saved(model, folder):
    model.save_model(str(folder / "m.cbm"))
    return folder / "m.cbm"


@pytest.mark.parametrize("name", FITS)
def test_a_file_made_anew_scores_as_the_original_bit_for_bit(rows, asked, sums, tmp_path, name):
    model, columns = fitted(rows, sums, name)
    loaded = load_model(saved(model, tmp_path))
    assert loaded.inputs == tuple(columns)
    assert loaded.classes == tuple(model.classes_.tolist())
    found = loaded.estimator.predict_proba(loaded.rows(asked))
    np.testing.assert_array_equal(found, model.predict_proba(asked[columns], thread_count=1))


def test_scale_and_bias_are_kept(rows, sums, tmp_path):
    model, columns = fitted(rows, sums, "numbers")
    model.set_scale_and_bias(0.37, -1.1)
    found = load_model(saved(model, tmp_path)).estimator.predict_proba(rows[columns])
    np.testing.assert_array_equal(found, model.predict_proba(rows[columns]))


@pytest.mark.parametrize("labels", [["non", "öui \U0001f600"], [False, True], [-1, 7], [0.5, 2.0]])
def test_labels_of_every_kind_are_kept(rows, sums, tmp_path, labels):
    given = rows[["a", "b"]]
    model = cat().fit(given, np.array(labels)[(sums > sums.mean()).astype(int)])
    found = load_model(saved(model, tmp_path))
    assert found.classes == tuple(model.classes_.tolist()) == tuple(labels)
    np.testing.assert_array_equal(found.estimator.predict_proba(given), model.predict_proba(given))


def test_what_is_made_anew_holds_no_more_than_predictions_need(rows, sums, tmp_path):
    data = saved(fitted(rows, sums, "statistics")[0], tmp_path).read_bytes()
    anew = read_catboost(data).blob()
    assert b"train_finish_time" in data
    assert b"train_finish_time" not in anew
    assert len(anew) < len(data)
    assert read_catboost(anew).blob() == anew


def test_the_loaded_model_is_explained_exactly(rows, sums, tmp_path):
    model = load_model(saved(fitted(rows, sums, "numbers")[0], tmp_path))
    sides = np.flatnonzero(rows["region"] == "süd"), np.flatnonzero(rows["region"] != "süd")
    (explained,) = counted(model, model.rows(rows), None, 1).explain([sides], None, "common", 0.95)
    assert explained.residual == pytest.approx(0, abs=1e-9)
    assert explained.bar("a").value != 0


def test_texts_labels_at_once_and_regressions_are_told(rows, sums, tmp_path):
    quiet = {"iterations": 2, "thread_count": 1, "verbose": 0, "allow_writing_files": False}
    text = catboost.CatBoostClassifier(**quiet, text_features=["job"]).fit(
        rows[["a", "job"]], sums > sums.mean()
    )
    with pytest.raises(ModelError, match="columns of texts, which are not read"):
        load_model(saved(text, tmp_path))
    both = np.column_stack([sums > 1, sums < 2]).astype(int)
    several = catboost.CatBoostClassifier(**quiet, loss_function="MultiLogloss").fit(rows[["a"]], both)
    with pytest.raises(ModelError, match="several labels at once"):
        load_model(saved(several, tmp_path))
    unsure = catboost.CatBoostRegressor(**quiet, loss_function="RMSEWithUncertainty").fit(rows[["a"]], sums)
    with pytest.raises(ModelError, match="gives no probabilities"):
        load_model(saved(unsure, tmp_path))


@pytest.fixture(scope="module")
def files(rows, sums):
    names = ("statistics", "combinations", "every kind", "depthwise", "lossguide")
    return {name: fitted(rows, sums, name)[0]._serialize_model() for name in names}


@pytest.mark.parametrize("name", ["statistics", "combinations", "every kind", "depthwise", "lossguide"])
def test_mutated_files_are_refused_or_score(files, asked, tmp_path, name):
    rng, refused = random.Random(name), 0
    for _ in range(60):
        (tmp_path / "m.cbm").write_bytes(damaged(files[name], rng))
        try:
            load_model(tmp_path / "m.cbm").estimator.predict_proba(asked)
        except ModelError:
            refused += 1
        except (KeyError, RuntimeError):
            pass
    assert 10 < refused < 60


def of(found, part, **changed):
    """A file of which a part is changed."""
    return replace(found, **{part: replace(getattr(found, part), **changed)})


def first(found, part, **changed):
    """A file of which the first of several parts is changed."""
    one, *others = getattr(found, part)
    return replace(found, **{part: (replace(one, **changed), *others)})


def column(found, kind, **changed):
    items = getattr(found.columns, kind)
    return of(found, "columns", **{kind: (replace(items[0], **changed), *items[1:])})


def number(values, value, at=0):
    made = np.array(values)
    made.reshape(-1)[at] = value
    return made


def step(found, left):
    made = np.array(found.trees.steps)
    made["left"][0] = left
    return of(found, "trees", steps=made)


def hashes(found, **changed):
    made = np.array(found.counts[0].hashes)
    for key, values in changed.items():
        made[key] = values
    return first(found, "counts", hashes=made)


LIES = [
    ("statistics", lambda f: of(f, "trees", splits=number(f.trees.splits, 10**6)), "a split lies outside"),
    ("statistics", lambda f: of(f, "trees", splits=number(f.trees.splits, -1)), "a split lies outside"),
    ("statistics", lambda f: of(f, "trees", sizes=number(f.trees.sizes, 31)), "do not fit their splits"),
    ("statistics", lambda f: of(f, "trees", leaves=f.trees.leaves[:4]), "weights of leaves"),
    ("statistics", lambda f: of(f, "trees", leaves=number(f.trees.leaves, np.nan)), "a leaf is no number"),
    ("statistics", lambda f: of(f, "trees", scale=np.inf), "its scale or bias is no number"),
    ("statistics", lambda f: of(f, "trees", outputs=10**9), "it gives no number, or too many"),
    ("statistics", lambda f: of(f, "trees", biases=np.zeros(3)), "biases are not as many"),
    ("lossguide", lambda f: step(f, 65535), "a child lies outside"),
    ("lossguide", lambda f: step(f, 2), "a child hangs below two splits"),
    (
        "lossguide",
        lambda f: of(f, "trees", leaf_of_node=f.trees.leaf_of_node[::-1].copy()),
        "do not fit their leaves",
    ),
    ("lossguide", lambda f: of(f, "trees", steps=f.trees.steps[:-1]), "do not fit their splits"),
    ("statistics", lambda f: column(f, "numbers", flat=9), "not in order"),
    ("statistics", lambda f: column(f, "numbers", flat=1), "not all there, or one stands twice"),
    ("statistics", lambda f: column(f, "numbers", name="b"), "two columns bear one name"),
    ("statistics", lambda f: column(f, "numbers", name="b\0"), "a text holds a zero"),
    ("statistics", lambda f: column(f, "numbers", name="b" * 2000), "a text is too long"),
    ("statistics", lambda f: column(f, "numbers", treatment=3), "an unknown way"),
    (
        "statistics",
        lambda f: column(f, "numbers", borders=np.float32([np.nan])),
        "a border of a column is no",
    ),
    (
        "statistics",
        lambda f: column(f, "numbers", borders=np.float32([2, 1])),
        "borders of a column do not rise",
    ),
    ("statistics", lambda f: column(f, "numbers", borders=np.arange(9e4, dtype="f4")), "than its trees ask"),
    ("combinations", lambda f: column(f, "one_hot", word=7), "a column of categories lies outside"),
    ("combinations", lambda f: column(f, "one_hot", values=np.int32([5, 5])), "a category stands twice"),
    ("combinations", lambda f: column(f, "words", used=0), "counts as unused"),
    ("statistics", lambda f: first(f, "statistics", target=9), "a label that is not there"),
    ("statistics", lambda f: first(f, "statistics", weighed=(np.inf, 1, 0, 1)), "prior is no number"),
    ("statistics", lambda f: hashes(f, place=10**6), "a count lies outside"),
    ("statistics", lambda f: hashes(f, hash=1), "a table of hashes is full"),
    ("statistics", lambda f: first(f, "counts", hashes=f.counts[0].hashes[:-1]), "no power of two"),
    ("statistics", lambda f: first(f, "counts", classes=77), "is cut short"),
    ("statistics", lambda f: first(f, "counts", classes=0), "counts no labels"),
    ("statistics", lambda f: first(f, "counts", denominator=-1), "a count lies below 0"),
    (
        "statistics",
        lambda f: first(f, "counts", entries=number(f.counts[0].entries, -1)),
        "a count lies below 0",
    ),
    (
        "statistics",
        lambda f: first(f, "counts", entries=np.full_like(f.counts[0].entries, 2**31 - 1)),
        "add up to too much",
    ),
    ("statistics", lambda f: replace(f, counts=f.counts[1:]), "has no table of counts"),
    (
        "statistics",
        lambda f: replace(f, counts=f.counts * 2),
        "table of counts stands twice",
    ),
    ("statistics", lambda f: of(f, "labels", loss="MultiClass"), "outputs do not fit its loss"),
    ("statistics", lambda f: of(f, "labels", names=(0, 0)), "a label stands twice"),
    ("statistics", lambda f: of(f, "labels", names=(0, 1, 2)), "labels do not fit its outputs"),
    ("statistics", lambda f: of(f, "labels", fitted=(0, 9)), "a label lies outside"),
    ("statistics", lambda f: of(f, "labels", kind="String"), "a label is not what it should be"),
]


@pytest.mark.parametrize(("name", "change", "message"), LIES, ids=[item[2] for item in LIES])
def test_a_file_whose_tables_are_in_order_and_lie_is_refused(files, name, change, message):
    changed = change(read_catboost(files[name])).blob()
    with pytest.raises(ValueError, match=message):
        read_catboost(changed)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"words": struct.pack("<i", 9)}, "counts a column that is not there"),
        ({"words": b""}, "counts no column"),
        ({"words": bytes(400)}, "combines too many columns"),
        ({"splits": struct.pack("<if", 0, 0.123)}, "asks a question that is not there"),
        ({"values": struct.pack("<ii", 1, 5)}, "asks a question that is not there"),
        ({"kind": 6}, "of an unknown kind"),
    ],
)
def test_a_statistic_that_counts_what_is_not_there_is_refused(files, part, message):
    found = read_catboost(files["statistics"])
    changed = first(found, "statistics", base=replace(found.statistics[0].base, **part)).blob()
    with pytest.raises(ValueError, match=message):
        read_catboost(changed)


def of_kind(found, old, new):
    """A file whose statistics of one kind are said to be of another."""
    made = replace(found, statistics=tuple(kind_of(item, old, new) for item in found.statistics))
    return replace(made, counts=tuple(kind_of(item, old, new) for item in found.counts))


def kind_of(item, old, new):
    return replace(item, base=replace(item.base, kind=new)) if item.base.kind == old else item


@pytest.mark.parametrize(("old", "new"), [(2, 3), (4, 5)])
def test_kinds_that_only_fits_on_graphics_cards_make_are_read(files, asked, tmp_path, old, new):
    found = read_catboost(files["every kind"])
    places = []
    for name, made in (("old.cbm", found), ("new.cbm", of_kind(found, old, new))):
        (tmp_path / name).write_bytes(made.blob())
        places.append(load_model(tmp_path / name).estimator.predict_proba(asked))
    assert new in {item.base.kind for item in of_kind(found, old, new).counts}
    np.testing.assert_array_equal(*places)


@pytest.mark.parametrize(
    ("info", "labels"),
    [
        ({"params": {"loss_function": {"type": "Logloss"}}}, (0, 1)),
        ({"loss_function": {"type": "Logloss", "params": {}}}, (0, 1)),
        (
            {
                "params": {
                    "loss_function": {"type": "Logloss"},
                    "data_processing_options": {"class_names": ["a", "b"]},
                }
            },
            ("a", "b"),
        ),
        (
            {
                "params": {"loss_function": {"type": "MultiClass"}},
                "multiclass_params": {"class_to_label": [3, 5, 9]},
            },
            (3, 5, 9),
        ),
    ],
)
def test_labels_as_older_releases_wrote_them_are_read(info, labels):
    outputs = 1 if len(labels) == 2 else len(labels)
    assert read_labels({key: json.dumps(value) for key, value in info.items()}, outputs).names == labels


def test_hashes_that_lie_in_a_row_are_refused(files):
    # A search among them would take as long as the table: so are tables made that keep a reader busy.
    found = read_catboost(files["statistics"])
    made = np.zeros(1024, dtype=found.counts[0].hashes.dtype)
    made["hash"] = np.arange(1024)
    made["hash"][::512] = (1 << 64) - 1
    with pytest.raises(ValueError, match="too full in places"):
        read_catboost(first(found, "counts", hashes=made).blob())


@pytest.mark.parametrize(
    "data",
    [
        b"CBM1",
        b"CBM1" + bytes(10**6),
        b"CBM1" + b"\xff" * 100,
        b"CBM1" + struct.pack("<I", 10**6 - 8) + bytes(10**6),
        b"CBM1" + struct.pack("<I", 64) + struct.pack("<Ii", 4, 2**31 - 1) + bytes(100),
        b"CBM1" + struct.pack("<I", 64) + struct.pack("<Ii", 4, -(2**31)) + bytes(100),
    ],
)
def test_what_is_no_model_is_refused(data):
    with pytest.raises((ValueError, struct.error)):
        read_catboost(data)


def test_tables_that_lie_on_each_other_cost_no_more_than_the_file(files):
    # Ten thousand columns that are one table, of one text: read once each, and short.
    part = write_flatbuffer({0: "FlabuffersModel_v1", 1: {5: [{2: np.int32(0), 4: "n" * 900}]}})
    made = bytearray(part)
    columns = Table.root(memoryview(part)).table(1).tables(5, 1, "columns")
    vector = len(made) + (-len(made) % 4)
    made += bytes(vector - len(made)) + struct.pack("<I", 200_000) + bytes(4 * 200_000)
    place = Table.root(memoryview(part)).table(1)._place(5)
    struct.pack_into("<I", made, place, vector - place)
    assert len(columns) == 1
    with pytest.raises(ValueError, match="too many columns"):
        read_catboost(b"CBM1" + struct.pack("<I", len(made)) + made)


def test_a_buffer_is_read_as_it_was_written():
    inner = {0: np.int8(-3), 2: np.array([1.5, -2.5]), 5: "äß"}
    struct_ = np.array([(1, 2)], dtype=[("left", "<u2"), ("right", "<u2")])
    table = Table.root(
        memoryview(write_flatbuffer({1: [inner, {}], 2: ["x", ""], 3: struct_, 7: np.float64(0.1)}))
    )
    one, none = table.tables(1, 2, "tables")
    assert (one.number(0, "<b", 0), one.vector(2, "<f8").tolist(), one.text(5)) == (-3, [1.5, -2.5], "äß")
    assert (none.number(0, "<b", 7), none.count(2), none.text(5)) == (7, 0, "")
    assert table.texts(2, 2, "texts") == ["x", ""]
    assert table.vector(3, struct_.dtype).tolist() == [(1, 2)]
    assert table.number(7, "<d", 0) == 0.1
    with pytest.raises(ValueError, match="a table is missing"):
        table.table(0)
