"""A cube survives JSON and Parquet exactly, and damaged content is refused."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evenhand.errors import OutputError, RecordError
from evenhand.metrics.cube import Cube
from evenhand.metrics.cube_io import cube_from_dict, cube_from_parquet, cube_to_dict, cube_to_parquet
from evenhand.metrics.grid import Grid
from evenhand.metrics.tally import cube_of

rng = np.random.default_rng(0)
Y, P, S = rng.integers(0, 2, 40), rng.integers(0, 2, 40), rng.random(40)
MIXED = ["ä", "1", 1, 2.5, None, True, 2**70, float("inf")] * 5

CUBES = {
    "plain": cube_of(Y, P, sensitive_features={"sex": ["F", "M"] * 20}),
    "mixed": cube_of(Y, P, sensitive_features={"x": MIXED}),
    "weighted": cube_of(Y, sensitive_features={"x": MIXED}, sample_weight=S / 3),
    "frequency": cube_of(Y, sensitive_features=MIXED, sample_weight=np.arange(40), weight_kind="frequency"),
    "scored": cube_of(Y, sensitive_features=MIXED, y_score=S, grid=Grid(thresholds=(0.1, 1 / 3))),
    "relative": cube_of(
        Y, sensitive_features=MIXED, y_score=S * 1e6 - 5, grid=Grid("relative", thresholds=(-2.5,))
    ),
    "distinct": cube_of(Y, sensitive_features=MIXED, y_score=np.round(S, 1), grid=Grid("distinct")),
    "multiclass": cube_of(MIXED[:3] * 5, sensitive_features=["F"] * 15, task="multiclass"),
    "control": cube_of(Y, sensitive_features=MIXED, control_features={"site": ["a", "b"] * 20}),
}
CUBES["total"] = CUBES["plain"].keep()
CUBES["nothing"] = CUBES["plain"].slice("sex")


def assert_equal(one: Cube, other: Cube) -> None:
    assert one.axes == other.axes
    assert [[type(v) for v in a.levels] for a in one.axes] == [
        [type(v) for v in a.levels] for a in other.axes
    ]
    assert one.codes.dtype == other.codes.dtype
    np.testing.assert_array_equal(one.codes, other.codes)
    np.testing.assert_array_equal(one.measures, other.measures)
    assert (one.grid, one.weight_kind) == (other.grid, other.weight_kind)


@pytest.mark.parametrize("name", CUBES)
def test_json_gives_the_same_cube(name):
    text = json.dumps(cube_to_dict(CUBES[name]), allow_nan=False)
    assert_equal(cube_from_dict(json.loads(text)), CUBES[name])


@pytest.mark.parametrize("name", CUBES)
def test_parquet_gives_the_same_cube(name, tmp_path):
    cube_to_parquet(CUBES[name], tmp_path / "cube.parquet")
    assert_equal(cube_from_parquet(tmp_path / "cube.parquet"), CUBES[name])
    assert [path.name for path in tmp_path.iterdir()] == ["cube.parquet"]


def test_what_follows_from_the_rest_is_not_written():
    content = cube_to_dict(CUBES["scored"])
    assert content["axes"][-1]["levels"] is None
    assert set(cube_to_dict(CUBES["plain"])["measures"]) == {"rows"}


def test_equal_cubes_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        cube_to_parquet(CUBES["weighted"], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_read_cubes_add_up():
    cube = cube_from_dict(json.loads(json.dumps(cube_to_dict(CUBES["mixed"]))))
    assert (cube + CUBES["mixed"]).rows == 80


DAMAGE = {
    "not an object": lambda c: [1],
    "unknown key": lambda c: {**c, "extra": 1},
    "missing key": lambda c: {k: v for k, v in c.items() if k != "grid"},
    "other format": lambda c: {**c, "format": "x"},
    "other version": lambda c: {**c, "version": 2},
    "version true": lambda c: {**c, "version": True},
    "kind of weight": lambda c: {**c, "weight_kind": ["survey"]},
    "axes no list": lambda c: {**c, "axes": {}},
    "axis no object": lambda c: {**c, "axes": ["sex", *c["axes"][1:]]},
    "role": lambda c: put(c, "axes", 0, "role", "boss"),
    "role unhashable": lambda c: put(c, "axes", 0, "role", []),
    "name": lambda c: put(c, "axes", 0, "name", 5),
    "names twice": lambda c: put(c, "axes", 0, "name", "y_true"),
    "levels no list": lambda c: put(c, "axes", 0, "levels", "FM"),
    "levels twice": lambda c: put(c, "axes", 0, "levels", ["F", "F"]),
    "missing level first": lambda c: put(c, "axes", 0, "levels", [None, "F"]),
    "level an object": lambda c: put(c, "axes", 0, "levels", ["F", {"float": "nan"}]),
    "level nan": lambda c: put(c, "axes", 0, "levels", ["F", float("nan")]),
    "levels of bins huge": lambda c: put(c, "axes", -1, "levels", [10**400]),
    "grid": lambda c: {**c, "grid": {"kind": "uniform"}},
    "no grid": lambda c: {**c, "grid": None},
    "grid kind": lambda c: put(c, "grid", "kind", {}),
    "grid bins": lambda c: put(c, "grid", "bins", 10**12),
    "grid bins text": lambda c: put(c, "grid", "bins", "9"),
    "grid thresholds": lambda c: put(c, "grid", "thresholds", ["0.5"]),
    "grid thresholds huge": lambda c: put(c, "grid", "thresholds", [10**400]),
    "grid thresholds nan": lambda c: put(c, "grid", "thresholds", [float("nan")]),
    "codes no list": lambda c: {**c, "codes": {}},
    "codes few": lambda c: {**c, "codes": c["codes"][:1]},
    "codes short": lambda c: put(c, "codes", 0, c["codes"][0][:-1]),
    "codes outside": lambda c: put(c, "codes", 0, 0, 9),
    "codes negative": lambda c: put(c, "codes", 0, 0, -1),
    "codes fraction": lambda c: put(c, "codes", 0, 0, 0.5),
    "codes true": lambda c: put(c, "codes", 0, 0, True),
    "codes huge": lambda c: put(c, "codes", 0, 0, 10**400),
    "codes reversed": lambda c: {**c, "codes": [column[::-1] for column in c["codes"]]},
    "codes twice": lambda c: {**c, "codes": [[0] * len(column) for column in c["codes"]]},
    "measures no object": lambda c: {**c, "measures": []},
    "measures few": lambda c: {**c, "measures": {"rows": c["measures"]["rows"]}},
    "measures unknown": lambda c: put(c, "measures", "gold", c["measures"]["rows"]),
    "measures short": lambda c: put(c, "measures", "rows", [1]),
    "rows negative": lambda c: put(c, "measures", "rows", 0, -1),
    "rows fraction": lambda c: put(c, "measures", "rows", 0, 1.5),
    "rows text": lambda c: put(c, "measures", "rows", 0, "1"),
    "weight nan": lambda c: put(c, "measures", "weight", 0, float("nan")),
    "weight infinite": lambda c: put(c, "measures", "weight", 0, float("inf")),
    "weight beyond its squares": lambda c: put(c, "measures", "weight", 0, 1e6),
}


def put(content, *path):
    *keys, last, value = path
    target = content
    for key in keys:
        target = target[key]
    target[last] = value
    return content


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_content_is_refused(name):
    cube = cube_of(
        Y,
        sensitive_features={"sex": ["F", "M"] * 20},
        y_score=S,
        sample_weight=S,
        grid=Grid(thresholds=(0.5,)),
    )
    content = json.loads(json.dumps(cube_to_dict(cube)))
    assert cube_from_dict(content).rows == 40
    with pytest.raises(RecordError):
        cube_from_dict(DAMAGE[name](content))


def test_all_breaches_are_named_at_once():
    content = cube_to_dict(CUBES["plain"])
    content["codes"][0][0] = -1
    content["measures"]["rows"][1] = -5
    with pytest.raises(RecordError) as caught:
        cube_from_dict(content)
    assert {problem.where for problem in caught.value.problems} == {"codes", "measures"}


def test_a_truncated_parquet_file_is_refused(tmp_path):
    path = tmp_path / "cube.parquet"
    cube_to_parquet(CUBES["mixed"], path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RecordError, match="cannot be read"):
        cube_from_parquet(path)


def test_a_missing_parquet_file_is_refused(tmp_path):
    with pytest.raises(RecordError, match="cannot be read"):
        cube_from_parquet(tmp_path / "none.parquet")


@pytest.mark.parametrize(
    "metadata", [None, {"evenhand.cube": "{"}, {"evenhand.cube": "[]"}, {"evenhand.cube": "{}"}]
)
def test_a_parquet_file_without_a_cube_is_refused(tmp_path, metadata):
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"x": [1]}).replace_schema_metadata(metadata), path)
    with pytest.raises(RecordError):
        cube_from_parquet(path)


def test_a_parquet_file_with_a_changed_column_is_refused(tmp_path):
    path = tmp_path / "cube.parquet"
    cube_to_parquet(CUBES["plain"], path)
    table = pq.read_table(path)
    renamed = table.rename_columns(["axis_0", "axis_1", "axis_7", "rows"])
    pq.write_table(renamed.replace_schema_metadata(table.schema.metadata), path)
    with pytest.raises(RecordError, match="axes"):
        cube_from_parquet(path)


def test_a_folder_that_is_not_there_cannot_be_written_to(tmp_path):
    with pytest.raises(OutputError, match="can be written to"):
        cube_to_parquet(CUBES["plain"], tmp_path / "no" / "cube.parquet")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "cube.parquet"
    cube_to_parquet(CUBES["plain"], path)
    before = path.read_bytes()

    def fail(*_args, **_kwargs):
        raise OSError("the disk is full")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(OutputError, match="the disk is full"):
        cube_to_parquet(CUBES["mixed"], path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["cube.parquet"]
