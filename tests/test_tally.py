"""The door gives the same cube for every library, and names every problem of what came in."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from evenhand.errors import InputError
from evenhand.metrics.cube_io import cube_to_dict
from evenhand.metrics.tally import cube_of

SEX = ["F", "M", None, "F", "M", "F"]
SITE = [1, 2, 1, 1, 2, 2]
Y = [1, 0, 1, 0, 1, 0]
P = [1, 1, 0, 0, 1, 0]
W = [1.0, 2.0, 0.5, 1.0, 1.5, 3.0]
S = [0.9, 0.8, 0.1, 0.2, 0.7, 0.3]
TABLE = pd.DataFrame({"sex": pd.Series(SEX, dtype=object), "site": SITE, "y": Y, "p": P, "w": W, "s": S})
POLARS = pl.DataFrame({"sex": SEX, "site": SITE, "y": Y, "p": P, "w": W, "s": S})
FRAMES = {
    "object": TABLE,
    "str": TABLE.astype({"sex": "str"}),
    "category": TABLE.astype({"sex": "category", "site": "category"}),
    "string": TABLE.astype({"sex": "string", "site": "Int64", "y": "boolean", "p": "Int8", "w": "Float64"}),
    "arrow": pa.table(POLARS.to_arrow()).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": POLARS,
    "polars categorical": POLARS.with_columns(pl.col("sex").cast(pl.Categorical)),
    "polars enum": POLARS.with_columns(pl.col("sex").cast(pl.Enum(["F", "M"]))),
    "pyarrow": pa.table(POLARS.to_arrow()),
}


def expected():
    features = {"sex": SEX, "site": SITE}
    return cube_to_dict(cube_of(Y, P, sensitive_features=features, sample_weight=W, y_score=S))


@pytest.mark.parametrize("name", FRAMES)
def test_frames_of_every_library_give_one_cube(name):
    f = FRAMES[name]
    features = f.select(["sex", "site"]) if hasattr(f, "select") else f[["sex", "site"]]
    cube = cube_of(f["y"], f["p"], sensitive_features=features, sample_weight=f["w"], y_score=f["s"])
    assert cube_to_dict(cube) == expected()


def test_lazy_frames_and_relations_give_the_same_cube():
    lazy = POLARS.lazy()
    cube = cube_of(
        lazy.select("y"),
        lazy.select("p"),
        sensitive_features=lazy.select("sex", "site"),
        sample_weight=W,
        y_score=S,
    )
    assert cube_to_dict(cube) == expected()
    with duckdb.connect() as connection:
        connection.register("people", TABLE)
        one = {name: connection.sql(f"select {name} from people") for name in ("y", "p", "w", "s")}
        features = connection.sql("select sex, site from people")
        cube = cube_of(
            one["y"], one["p"], sensitive_features=features, sample_weight=one["w"], y_score=one["s"]
        )
    assert cube_to_dict(cube) == expected()


def test_arrays_give_the_same_cube():
    features = {"sex": np.array(SEX, dtype=object), "site": np.array(SITE, dtype=np.int16)}
    arrays = [np.array(values) for values in (Y, P, W, S)]
    cube = cube_of(*arrays[:2], sensitive_features=features, sample_weight=arrays[2], y_score=arrays[3])
    assert cube_to_dict(cube) == expected()


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.uint64, np.int64, np.float32, float, object])
def test_labels_of_every_number_type(dtype):
    assert cube_to_dict(cube_of(np.array(Y, dtype=dtype), sensitive_features=SEX)) == cube_to_dict(
        cube_of(Y, sensitive_features=SEX)
    )


def test_minus_one_and_one_are_labels():
    cube = cube_of([-1, 1, 1], sensitive_features=["a", "a", "a"])
    assert cube.measures[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize("pos_label", ["yes", np.str_("yes")])
def test_declared_text_labels(pos_label):
    cube = cube_of(
        ["yes", "no", "yes"], ["no", "no", "no"], sensitive_features=["a"] * 3, pos_label=pos_label
    )
    assert cube.keep("y_true").measures[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("pos_label", "positives"), [(1, 2), (0, 1), (True, 2), (False, 1), (1.0, 2), (np.int64(1), 2)]
)
def test_declared_number_labels(pos_label, positives):
    cube = cube_of([1, 0, 1], sensitive_features=["a"] * 3, pos_label=pos_label)
    assert cube.slice("y_true", 1).rows == positives


def test_one_label_of_three_may_be_positive():
    cube = cube_of(["a", "b", "c"], ["c", "a", "b"], sensitive_features=["x"] * 3, pos_label="c")
    assert cube.slice("y_true", 1).rows == 1


def test_a_shard_of_zeros_needs_no_positive():
    assert cube_of([0, 0], [0, 0], sensitive_features=["a", "b"], pos_label=1).rows == 2


def test_labels_of_one_class_and_decisions_of_the_other_are_in_no_doubt():
    assert cube_of(["no", "no"], ["yes", "no"], sensitive_features=["a", "b"], pos_label="yes").rows == 2


def test_weights_have_a_kind():
    assert cube_of(Y, sensitive_features=SEX).weight_kind is None
    assert cube_of(Y, sensitive_features=SEX, sample_weight=W).weight_kind == "survey"
    assert (
        cube_of(Y, sensitive_features=SEX, sample_weight=W, weight_kind="frequency").weight_kind
        == "frequency"
    )


def codes(**inputs):
    with pytest.raises(InputError) as caught:
        cube_of(**{"sensitive_features": ["a", "b"], **inputs})
    return {problem.code for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({}, "nothing_to_count"),
        ({"y_true": [0, 1, 1]}, "lengths_differ"),
        ({"y_true": [], "sensitive_features": []}, "empty"),
        ({"y_true": pd.Series([], dtype=int), "sensitive_features": pd.Series([], dtype=str)}, "empty"),
        ({"y_true": [0, None]}, "missing_values"),
        ({"y_pred": [0.0, np.nan]}, "missing_values"),
        ({"y_pred": pd.Series([1, None], dtype="Int64")}, "missing_values"),
        ({"y_true": ["yes", "no"]}, "labels_not_declared"),
        ({"y_true": [1, 2]}, "labels_not_declared"),
        ({"y_true": [0, 1, 2], "sensitive_features": list("abc")}, "labels_not_declared"),
        ({"y_true": np.array([0, 2], dtype=np.uint64)}, "labels_not_declared"),
        ({"y_pred": [0.2, 0.9]}, "probabilities"),
        ({"y_pred": [0.2, 1.0], "pos_label": 1}, "probabilities"),
        ({"y_pred": np.array([[0.2, 0.8], [0.1, 0.9]])}, "probabilities"),
        (
            {"y_pred": np.linspace(0, 1, 200_002), "sensitive_features": np.zeros(200_002, int)},
            "probabilities",
        ),
        ({"y_pred": pl.Series([0.2, 0.9])}, "probabilities"),
        ({"y_true": [0.0, np.inf]}, "infinite"),
        ({"y_true": [1.0, np.inf], "pos_label": 1}, "infinite"),
        ({"y_true": [1, 0], "pos_label": "1"}, "pos_label_absent"),
        ({"y_true": ["1", "0"], "pos_label": 1}, "pos_label_absent"),
        ({"y_true": ["yes", "no"], "pos_label": "YES"}, "pos_label_absent"),
        ({"y_true": [3, 4], "pos_label": 1}, "pos_label_absent"),
        ({"y_true": ["yes", "no"], "y_pred": ["Yes", "No"], "pos_label": "yes"}, "unseen_labels"),
        ({"y_true": ["yes", "no"], "y_pred": [1, 0], "pos_label": "yes"}, "unseen_labels"),
        ({"y_true": [1, 2], "y_pred": [1, 0], "pos_label": 1}, "unseen_labels"),
        ({"y_true": [0, 1], "y_pred": [-1, 1]}, "unseen_labels"),
        ({"y_true": [0, 1], "sample_weight": [1, -1]}, "bad_weights"),
        ({"y_true": [0, 1], "sample_weight": [1, None]}, "bad_weights"),
        ({"y_true": [0, 1], "sample_weight": [1, np.inf]}, "bad_weights"),
        ({"y_true": [0, 1], "sample_weight": [0, 0]}, "bad_weights"),
        ({"y_true": [0, 1], "sample_weight": ["a", "b"]}, "not_numeric"),
        ({"y_true": [0, 1], "sample_weight": [[1, 2], [3]]}, "not_numeric"),
        ({"y_true": [0, 1], "sample_weight": np.array(["2020", "2021"], dtype="M8[Y]")}, "not_numeric"),
        ({"y_true": [0, 1], "sample_weight": 1.0}, "shape"),
        ({"y_true": [0, 1], "sample_weight": [[1, 2], [3, 4]]}, "shape"),
        ({"y_score": [0.5, np.nan]}, "bad_scores"),
        ({"y_score": [0.5, 1.5]}, "scores_outside"),
        ({"y_true": pd.DataFrame({"a": [0, 1], "b": [0, 1]})}, "shape"),
        ({"y_true": [0, 1], "sensitive_features": {}}, "no_columns"),
        ({"y_true": [0, 1], "sensitive_features": {"y_true": ["a", "b"]}}, "duplicate_columns"),
        (
            {"y_true": [0, 1], "sensitive_features": {"x": [1, 2]}, "control_features": {"x": [1, 2]}},
            "duplicate_columns",
        ),
        (
            {"y_true": [0, 1], "sensitive_features": pd.DataFrame([[1, 2], [1, 2]], columns=["x", "x"])},
            "duplicate_columns",
        ),
        ({"y_true": [0, 1], "weight_kind": "surveys"}, "choice"),
        ({"y_true": [0, 1], "task": "regression"}, "choice"),
        ({"y_true": ["a", None], "task": "multiclass"}, "missing_values"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_input_is_named(inputs, code):
    assert code in codes(**inputs)


def test_all_problems_are_named_at_once():
    found = codes(y_true=["yes", "no"], y_pred=[0.2, 0.8], sample_weight=[-1, 1], y_score=[2.0, 0.5])
    assert found == {"labels_not_declared", "probabilities", "bad_weights", "scores_outside"}


SHUFFLED = pd.Series([0, 1], index=[1, 0])


@pytest.mark.parametrize(
    "other",
    [
        {"y_pred": SHUFFLED},
        {"y_score": SHUFFLED.astype(float)},
        {"sample_weight": SHUFFLED},
        {"sensitive_features": SHUFFLED},
        {"sensitive_features": SHUFFLED.to_frame("x")},
        {"sensitive_features": {"x": SHUFFLED}},
        {"control_features": SHUFFLED},
        {"control_features": {"x": SHUFFLED}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_an_index_in_another_order_is_refused(other):
    assert codes(**{"y_true": pd.Series([0, 1]), **other}) == {"index_differs"}


def test_equal_indexes_and_inputs_without_one_go_by_position():
    y = pd.Series([0, 1], index=["b", "a"])
    assert cube_of(y, [1, 0], sensitive_features=pd.Series(["F", "M"], index=["b", "a"])).rows == 2
