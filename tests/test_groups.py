"""Columns of every library and kind become the same codes and levels."""

from __future__ import annotations

import datetime

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.errors import InputError
from evenhand.metrics.group_identity import encode_few
from evenhand.metrics.groups import Column, encode, frame_columns, one_column, sort_key

TEXT = ["b", "a", None, "b"]
UTC = datetime.UTC


def rows(column: Column) -> list[object]:
    return [column.levels[code] for code in column.codes]


@pytest.mark.parametrize(
    "values",
    [
        TEXT,
        np.array(TEXT, dtype=object),
        pd.Series(TEXT, dtype=object),
        pd.Series(TEXT, dtype="str"),
        pd.Series(TEXT, dtype="string[python]"),
        pd.Series(TEXT, dtype="category"),
        pd.Series(TEXT, dtype=pd.ArrowDtype(pa.string())),
        pd.Series(TEXT).astype(pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))),
        pd.Categorical(TEXT),
        pl.Series(TEXT),
        pl.Series(TEXT, dtype=pl.Categorical),
        pl.Series(TEXT, dtype=pl.Enum(["a", "b"])),
        pa.array(TEXT),
        pa.array(TEXT).dictionary_encode(),
        pa.chunked_array([["b", "a"], [None, "b"]]),
        pa.chunked_array([pa.array(["b"]).dictionary_encode(), pa.array(TEXT[1:]).dictionary_encode()]),
    ],
    ids=lambda values: (
        f"{type(values).__module__}.{getattr(values, 'dtype', getattr(values, 'type', 'list'))}"
    ),
)
def test_text_of_every_library_is_the_same(values):
    column = encode(values, "x")
    assert rows(column) == TEXT
    assert column.levels[-1] is None


@pytest.mark.parametrize(
    "values",
    [
        [1, None, 3],
        [1.0, float("nan"), 3.0],
        np.array([1.0, np.nan, 3.0]),
        np.ma.array([1, 2, 3], mask=[False, True, False]),
        pd.Series([1, None, 3]),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1, None, 3], dtype="int64[pyarrow]"),
        pl.Series([1, None, 3]),
        pl.Series([1.0, None, 3.0]),
        pl.Series([1.0, float("nan"), 3.0]),
        pa.array([1, None, 3]),
    ],
    ids=lambda values: type(values).__name__,
)
def test_whole_numbers_are_whole_though_a_missing_value_made_them_floats(values):
    assert rows(encode(values, "x")) == [1, None, 3]
    assert {type(level) for level in encode(values, "x").levels} == {int, type(None)}


@pytest.mark.parametrize(
    "values",
    [
        [True, None, False],
        pd.Series([True, None, False], dtype=object),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([True, None, False], dtype="bool[pyarrow]"),
        pl.Series([True, None, False]),
        pa.array([True, None, False]),
    ],
    ids=lambda values: f"{type(values).__name__}",
)
def test_booleans_stay_booleans(values):
    assert [str(level) for level in rows(encode(values, "x"))] == ["True", "None", "False"]


WHEN = datetime.datetime(2020, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "values",
    [
        [WHEN, None],
        [pd.Timestamp(WHEN), pd.NaT],
        pd.Series([WHEN, None]),
        pd.Series([WHEN, None], dtype=object),
        pd.Series([WHEN, None]).astype("timestamp[us, UTC][pyarrow]"),
        pl.Series([WHEN, None]),
        pa.array([WHEN, None]),
    ],
    ids=lambda values: f"{type(values).__name__}",
)
def test_moments_with_a_time_zone_are_written_one_way(values):
    assert rows(encode(values, "x")) == ["2020-01-01T12:00:00+00:00", None]


def test_dates_are_written_one_way():
    day = datetime.date(2020, 1, 2)
    for values in (
        [day],
        np.array([day], dtype="M8[D]"),
        pl.Series([day]),
        pa.array([day]),
        pd.Series([day]),
    ):
        assert encode(values, "x").levels == ("2020-01-02",)


def test_missing_dates_of_numpy_are_missing():
    assert rows(encode(np.array(["2020-01-01", "NaT"], dtype="M8[ns]"), "x")) == ["2020-01-01T00:00:00", None]
    assert rows(encode(np.array(["2020", "NaT"], dtype="M8[Y]"), "x")) == ["2020-01-01T00:00:00", None]


def test_mixed_types_keep_their_types():
    values = ["1", 1, 2.5, None, True, 1.0]
    assert list(map(str, rows(encode(values, "x")))) == ["1", "1", "2.5", "None", "True", "1"]
    assert len(encode(values, "x").levels) == 5
    assert rows(encode(pd.Series(values, dtype=object), "x")) == rows(encode(values, "x"))


def test_numpy_scalars_are_the_values_that_they_hold():
    column = encode([np.str_("F"), "F", np.float64(1.5), 1.5, np.int8(2), 2], "x")
    assert [type(level) for level in column.levels] == [str, float, int]


def test_infinities_are_levels():
    assert rows(encode([np.inf, 1.5, -np.inf], "x")) == [np.inf, 1.5, -np.inf]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int64])
def test_far_apart_small_integers_do_not_wrap_around(dtype):
    assert rows(encode(np.array([-100, 100, 3], dtype=dtype), "x")) == [-100, 100, 3]


def test_unsigned_and_huge_integers():
    assert rows(encode(np.array([5, 7], dtype=np.uint64), "x")) == [5, 7]
    assert encode(np.array([0, 1], dtype=np.uint64), "x").codes.dtype.kind == "i"
    assert rows(encode(pd.Series([2**70, 1], dtype=object), "x")) == [2**70, 1]


def test_extended_precision_is_a_number():
    assert rows(encode(np.array([1.5, 2], dtype=np.longdouble), "x")) == [1.5, 2]


def test_the_order_of_categories_is_kept():
    ages = pd.Series(["old", "young"]).astype(pd.CategoricalDtype(["young", "mid", "old"], ordered=True))
    assert encode(ages, "age").levels == ("young", "mid", "old")
    assert encode(ages, "age").ordered
    assert encode(pl.Series(["old"], dtype=pl.Enum(["young", "old"])), "age").ordered
    assert not encode(ages.cat.as_unordered(), "age").ordered


def test_bands_of_pandas_are_text():
    bands = pd.cut(pd.Series([1, 50, None]), [0, 40, 99])
    assert rows(encode(bands, "age")) == ["(0, 40]", "(40, 99]", None]


def test_a_dictionary_may_hold_a_value_twice_and_a_missing_one():
    twice = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None]), pa.array(["a", "a", None]))
    column = encode(pa.chunked_array([twice]), "x")
    assert column.levels == ("a", None)
    assert rows(column) == ["a", "a", None, None]


@pytest.mark.parametrize("count", [126, 127, 128, 300])
def test_missing_codes_fit_beside_many_categories(count):
    names = [f"c{i}" for i in range(count)]
    column = encode(pd.Series([*names, None], dtype="category"), "x")
    assert rows(column) == [*names, None]
    small = pa.DictionaryArray.from_arrays(pa.array([0, None], pa.int16()), pa.array(names))
    assert rows(encode(small, "x")) == ["c0", None]


@pytest.mark.parametrize(
    "values", [[], pd.Series([], dtype=object), pl.Series([], dtype=pl.String), pa.array([], pa.string())]
)
def test_no_rows_are_no_levels(values):
    assert len(encode(values, "x").codes) == 0


@pytest.mark.parametrize(
    "values", [[None, None], pl.Series([None, None]), pa.nulls(2), np.array([np.nan, np.nan])]
)
def test_all_missing_is_one_level(values):
    assert encode(values, "x").levels == (None,)


def test_an_encoded_column_passes_under_its_new_name():
    column = Column("old", np.array([0, 1]), ("a", "b"), ordered=True)
    assert encode(column, "new") == Column("new", column.codes, ("a", "b"), ordered=True)


@pytest.mark.parametrize(
    "values",
    [
        [[1], [2, 3]],
        [pd.Series([1, 2])],
        [{"a": 1}],
        pd.Series([[1], [2]]),
        pl.Series([[1], [2]]),
        pa.array([[1], [2]]),
    ],
    ids=lambda values: type(values).__name__,
)
def test_nested_values_are_no_groups(values):
    with pytest.raises(InputError, match="one number, word, date or truth value"):
        encode(values, "x")


def test_two_dimensions_are_refused_and_one_column_is_unwrapped():
    assert rows(encode(np.array([[1], [2]]), "x")) == [1, 2]
    with pytest.raises(InputError, match="one dimension"):
        encode(np.zeros((2, 3)), "x")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": ["a", "b"]}),
        pl.DataFrame({"x": ["a", "b"]}),
        pl.LazyFrame({"x": ["a", "b"]}),
        pa.table({"x": ["a", "b"]}),
    ],
    ids=lambda frame: f"{type(frame).__module__}.{type(frame).__name__}",
)
def test_a_frame_of_one_column_is_that_column(frame):
    assert rows(encode(frame, "y")) == ["a", "b"]


def test_a_relation_of_duckdb_is_read():
    with duckdb.connect() as connection:
        relation = connection.sql("select * from (values ('a', 1), ('b', null)) t(x, n)")
        assert [(name, rows(encode(column, name))) for name, column in frame_columns(relation, "s")] == [
            ("x", ["a", "b"]),
            ("n", [1, None]),
        ]
        assert rows(encode(connection.sql("select 'a' as x"), "y")) == ["a"]


def test_columns_named_by_numbers():
    frame = pd.DataFrame([["a", 5], ["b", 6]])
    assert [(name, rows(encode(column, name))) for name, column in frame_columns(frame, "s")] == [
        ("0", ["a", "b"]),
        ("1", [5, 6]),
    ]
    assert rows(encode(frame[[1]], "x")) == [5, 6]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": [1], "y": [1]}),
        pl.DataFrame({"x": [1], "y": [1]}),
        pd.DataFrame([[1, 2]], columns=["x", "x"]),
    ],
)
def test_a_frame_of_several_columns_is_not_one(frame):
    with pytest.raises(InputError, match="one column is wanted, got 2"):
        one_column(frame, "y_true")


def test_too_many_values_are_a_number_or_an_id():
    with pytest.raises(InputError, match="is it a number or an id"):
        encode(np.arange(100_002) * 5000.0, "income")
    with pytest.raises(InputError, match="is it a number or an id"):
        encode([f"{i}" for i in range(100_001)], "id")


def test_natural_order_is_numbers_then_text_then_missing():
    levels = [None, "b", 2**60 + 1, 2**60, "a", 1.5, True]
    assert sorted(levels, key=sort_key) == [True, 1.5, 2**60, 2**60 + 1, "a", "b", None]


def test_columns_are_named():
    assert [n for n, _ in frame_columns(["a", "b"], "s")] == ["s"]
    assert [n for n, _ in frame_columns(pd.Series(["a"], name="sex"), "s")] == ["sex"]
    assert [n for n, _ in frame_columns(pl.Series(["a"]), "s")] == ["s"]
    assert [n for n, _ in frame_columns(np.zeros((3, 2)), "s")] == ["s_0", "s_1"]
    assert [n for n, _ in frame_columns([["a", 1], ["b", 2]], "s")] == ["s_0", "s_1"]
    assert [n for n, _ in frame_columns([("a", 1)], "s")] == ["s_0", "s_1"]


def test_rows_as_lists_keep_their_types():
    (_, words), (_, numbers) = frame_columns([["a", 1], ["b", 2]], "s")
    assert rows(encode(words, "w")) == ["a", "b"]
    assert rows(encode(numbers, "n")) == [1, 2]
    [(_, single)] = frame_columns([["a"], ["b"]], "s")
    assert rows(encode(single, "w")) == ["a", "b"]


def test_rows_of_different_length_are_refused():
    with pytest.raises(InputError, match="each row has 2 values"):
        frame_columns([["a", 1], ["b"]], "s")


@pytest.mark.parametrize(
    "frame",
    [pd.DataFrame([[1, 2]], columns=["x", "x"]), pd.DataFrame([[1, 2]], columns=[1, "1"])],
    ids=["equal", "as text"],
)
def test_equal_names_are_refused(frame):
    with pytest.raises(InputError, match="a name of its own"):
        frame_columns(frame, "s")


@given(st.data())
def test_few_objects_are_coded_as_their_values_are(data):
    objects = data.draw(st.lists(st.one_of(st.text(max_size=3), st.none()), min_size=1, max_size=8))
    rows = data.draw(st.lists(st.integers(0, len(objects) - 1), min_size=1, max_size=60))
    array = np.empty(len(rows), dtype=object)
    array[:] = [objects[row] for row in rows]
    column = encode_few(array, "x")
    if column is None:
        assert all(value is None for value in array)
        return
    assert [column.levels[code] for code in column.codes] == array.tolist()
    assert len(set(column.levels)) == len(column.levels)
    assert None not in column.levels[:-1]


def test_every_kind_of_missing_object_is_one_level():
    array = np.array(["F", None, np.nan, pd.NA, "M", float("nan")], dtype=object)
    column = encode_few(array, "sex")
    assert column.levels == ("F", "M", None)
    assert column.codes.tolist() == [0, 2, 2, 2, 1, 2]


def test_equal_strings_that_are_other_objects_are_one_level():
    parts = ["".join(["Fem", "ale"]) for _ in range(5)]
    assert len({id(part) for part in parts}) == 5
    assert encode_few(np.array(parts, dtype=object), "sex").levels == ("Female",)


def test_objects_that_come_late_are_found():
    words = [f"level {i}" for i in range(6)]
    array = np.array(words, dtype=object)[np.repeat(np.arange(6), 40_000)]
    column = encode_few(array, "x")
    assert column.levels == tuple(words)
    assert column.codes.dtype == np.uint8
    assert np.array_equal(np.bincount(column.codes), np.full(6, 40_000))


def test_strided_views_are_read_as_they_lie():
    array = np.array(["a", "b"], dtype=object)[np.arange(30) % 2]
    for view in (array[::3], array[::-1], np.array([array, array[::-1]], dtype=object).T[:, 1]):
        column = encode_few(view, "x")
        assert [column.levels[code] for code in column.codes] == view.tolist()


def test_many_or_other_objects_are_coded_by_value():
    fresh = np.array([f"{i % 3}" + "x" * (i % 2) for i in range(2000)], dtype=object)
    assert encode_few(fresh, "x") is None
    assert set(encode(fresh, "x").levels) == {"0", "1x", "2", "0x", "1", "2x"}
    for other in ([1, "1"], [True, False], [b"a"], [None, None], [1.5, "a"]):
        array = np.empty(len(other), dtype=object)
        array[:] = other
        assert encode_few(array, "x") is None
    assert encode_few(np.array([], dtype=object), "x") is None
