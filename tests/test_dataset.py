"""Sources: every format gives the same table, missing values are marked, and bad files are refused."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pytest

from evenhand.audit import text_sources
from evenhand.audit.bands import band, band_levels
from evenhand.audit.dataset import open_dataset
from evenhand.audit.duck import connect
from evenhand.errors import InputError


@pytest.fixture
def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sex": pd.Series(["F", "M", None, "M"], dtype="str"),
            "年齢": [30, 41, 52, 63],
            "income": [1.5, np.nan, 3.25, -4.0],
            "visits": [1.0, np.nan, 3.0, 4.0],
            "member": [True, False, True, True],
            "label": pd.Series(["yes", "no", "no", "yes"], dtype="str"),
            "split": pd.Series(["train", "test", "test", "train"], dtype="str"),
        }
    )


def write(frame: pd.DataFrame, path, ending: str):
    file = path / f"people{ending}"
    if ending in {".csv", ".csv.gz"}:
        frame.to_csv(file, index=False)
    elif ending == ".tsv":
        frame.to_csv(file, index=False, sep="\t")
    elif ending == ".parquet":
        frame.to_parquet(file)
    elif ending == ".jsonl":
        frame.to_json(file, orient="records", lines=True, force_ascii=False)
    elif ending == ".arrows":
        table = pa.Table.from_pandas(frame, preserve_index=False)
        with pa.ipc.new_stream(str(file), table.schema) as stream:
            stream.write_table(table)
    else:
        feather.write_feather(frame, file)
    return file


ENDINGS = [".csv", ".csv.gz", ".tsv", ".parquet", ".feather", ".arrow", ".arrows", ".jsonl"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_format_gives_the_frame_that_was_written(people, tmp_path, ending):
    dataset = open_dataset(write(people, tmp_path, ending))
    pd.testing.assert_frame_equal(dataset.frame(), people)
    assert (dataset.rows, dataset.columns) == (4, tuple(people.columns))
    assert dataset.name == f"people{ending}"


@pytest.mark.parametrize(
    "make", [lambda f: f, pl.from_pandas, pa.Table.from_pandas], ids=["pandas", "polars", "arrow"]
)
def test_each_frame_in_memory_gives_the_same(people, make):
    dataset = open_dataset(make(people), name="people")
    pd.testing.assert_frame_equal(dataset.frame(), people)
    assert (dataset.sha256, dataset.name) == (None, "people")


@pytest.mark.parametrize("ending", ENDINGS)
def test_sql_sees_what_the_batches_hold(people, tmp_path, ending):
    dataset = open_dataset(write(people, tmp_path, ending), missing=["M", "52", "-4"]).subset("split", "test")
    frame = dataset.frame()
    rows = [
        tuple(None if pd.isna(value) else value for value in row) for row in frame.itertuples(index=False)
    ]
    assert dataset.query("SELECT * FROM data") == rows
    assert frame["sex"].isna().all()
    assert frame["年齢"].tolist()[0] == 41
    assert np.isnan(frame["年齢"].tolist()[1])


def test_a_csv_equals_what_pandas_reads(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"x": rng.normal(size=500), "k": rng.integers(0, 9, 500), "t": rng.choice(["a,b", 'q"', "ü"], 500)}
    )
    frame.to_csv(tmp_path / "a.csv", index=False)
    pd.testing.assert_frame_equal(open_dataset(tmp_path / "a.csv").frame(), pd.read_csv(tmp_path / "a.csv"))


def test_adult_reads_as_pandas_reads_it(adult):
    from evenhand.audit.data import adult_path

    pd.testing.assert_frame_equal(open_dataset(adult_path()).frame(), adult)


def test_missing_tokens_make_numbers_of_a_csv_column(tmp_path):
    (tmp_path / "a.csv").write_text("age,sex\n1,F\n?,?\n3,M\n")
    assert open_dataset(tmp_path / "a.csv").frame()["age"].tolist() == ["1", "?", "3"]
    frame = open_dataset(tmp_path / "a.csv", missing=["?"]).frame()
    assert frame["age"].tolist()[::2] == [1.0, 3.0]
    assert frame.isna().sum().tolist() == [1, 1]


def test_tokens_are_compared_exactly(tmp_path):
    (tmp_path / "a.csv").write_text("sex\nF\n ?\n")
    assert open_dataset(tmp_path / "a.csv", missing=["?"]).frame()["sex"].tolist() == ["F", " ?"]


def test_identifiers_labels_and_dates_stay_text(tmp_path):
    (tmp_path / "a.csv").write_text(
        "zip,big,label,day,answer,flag\n007,12345678901234567890,yes,2026-01-02,t,true\n8,1,no,2026-01-03,f,False\n"
    )
    frame = open_dataset(tmp_path / "a.csv").frame()
    assert frame["zip"].tolist() == ["007", "8"]
    assert frame["big"].tolist() == ["12345678901234567890", "1"]
    assert frame["label"].tolist() == ["yes", "no"]
    assert frame["day"].tolist() == ["2026-01-02", "2026-01-03"]
    assert frame["answer"].tolist() == ["t", "f"]
    assert frame["flag"].tolist() == [True, False]


def test_a_text_in_the_last_of_many_rows_makes_the_column_text(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 50_000 + "x,3\n")
    dataset = open_dataset(tmp_path / "a.csv")
    assert dataset.query("SELECT a, count(*) FROM data GROUP BY a ORDER BY a") == [("1", 50_000), ("x", 1)]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252", "utf-8-sig"])
def test_encodings_are_honoured_also_when_packed(tmp_path, encoding):
    data = "näme,x\nJosé,1\n".encode(encoding)
    (tmp_path / "a.csv").write_bytes(data)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(data))
    for name in ("a.csv", "b.csv.gz"):
        frame = open_dataset(tmp_path / name, encoding=encoding).frame()
        assert frame.to_dict("list") == {"näme": ["José"], "x": [1]}


def test_the_copy_of_a_transcoded_file_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(text_sources.tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    (tmp_path / "a.csv").write_bytes("x\né\n".encode("latin-1"))
    dataset = open_dataset(tmp_path / "a.csv", encoding="latin-1")
    assert len(list((tmp_path / "scratch").iterdir())) == 1
    del dataset
    assert list((tmp_path / "scratch").iterdir()) == []


def test_categories_are_kept_unused_levels_and_all_but_tokens():
    frame = pd.DataFrame(
        {"c": pd.Categorical(["a", None, "?", "b"], categories=["b", "?", "a", "z"], ordered=True)}
    )
    kept = open_dataset(frame, missing=["?"]).frame()["c"]
    assert kept.cat.categories.tolist() == ["b", "a", "z"]
    assert kept.cat.ordered
    assert kept.tolist() == ["a", np.nan, np.nan, "b"]


@pytest.mark.parametrize("ending", [".parquet", ".feather"])
def test_categories_survive_a_file(tmp_path, ending):
    frame = pd.DataFrame({"c": pd.Categorical(["a", "b", None])})
    pd.testing.assert_frame_equal(open_dataset(write(frame, tmp_path, ending)).frame(), frame)


def test_nullable_and_arrow_dtypes_become_what_scikit_learn_takes():
    frame = pd.DataFrame(
        {
            "i": pd.array([1, None], dtype="Int64"),
            "b": pd.array([True, None], dtype="boolean"),
            "s": pd.array(["x", None], dtype="string[pyarrow]"),
            "f": pd.array([1.5, None], dtype="float64[pyarrow]"),
        }
    )
    out = open_dataset(frame).frame()
    assert [str(kind) for kind in out.dtypes] == ["float64", "object", "str", "float64"]
    assert out.isna().to_numpy().tolist() == [[False] * 4, [True] * 4]


def test_batches_come_in_order_and_in_size(tmp_path):
    pd.DataFrame({"i": range(10_000)}).to_parquet(tmp_path / "a.parquet")
    batches = list(open_dataset(tmp_path / "a.parquet").batches(size=4_096))
    assert max(batch.num_rows for batch in batches) <= 4_096
    assert [value for batch in batches for value in batch.column("i").to_pylist()] == list(range(10_000))


def test_columns_come_in_the_order_asked_for(people):
    assert open_dataset(people).frame(["label", "sex"]).columns.tolist() == ["label", "sex"]


def test_a_split_column_need_not_be_asked_for(people):
    test = open_dataset(people).subset("split", "test")
    assert test.frame(["年齢"]).to_dict("list") == {"年齢": [41, 52]}
    assert test.rows == 2


@pytest.mark.parametrize(
    ("column", "value", "count"), [("年齢", "41", 1), ("member", "true", 3), ("income", 1.5, 1)]
)
def test_a_split_may_be_of_any_type(people, column, value, count):
    subset = open_dataset(people).subset(column, value)
    assert subset.rows == len(subset.frame()) == count


def test_a_split_value_of_another_type_is_refused(people):
    with pytest.raises(InputError, match="年齢: the column holds int64, and 'x' is no such value"):
        open_dataset(people).subset("年齢", "x")


def test_a_relation_joins_the_callers_connection(people):
    with connect() as connection:
        relation = open_dataset(people, missing=["M"]).relation(connection)
        assert relation.count("sex").fetchall() == [(1,)]


def test_duckdb_fetches_nothing():
    with connect() as connection:
        names = "('autoinstall_known_extensions', 'autoload_known_extensions')"
        found = connection.execute(f"SELECT value FROM duckdb_settings() WHERE name IN {names}").fetchall()
    assert found == [("false",), ("false",)]


def test_an_unknown_column_gets_a_suggestion(people):
    with pytest.raises(InputError, match="there is no column 'lable'; did you mean 'label'"):
        open_dataset(people).frame(["lable"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b"\n1,2\n", "begins with a blank line"),
        ("a.csv", b"a,b,A\n1,2,3\n", "got twice: a; rename"),
        ("a.csv", b"1,2,x\n3,4,y\n", "must hold the columns' names, got 1, 2, x"),
        ("a.csv", b"a,b,c\n1,2,3\n4,5\n", "expected 3, got 2 in line 3"),
        ("a.csv", b"a,b,c\n1,2,3\n4,5,6,7\n", "expected 3, got 4 in line 3"),
        ("a.csv", b'a,b\n1,"x\n', "unterminated quote"),
        ("a.csv", "a,b\nx,é\n".encode("latin-1"), 'name its encoding, for example: encoding = "latin-1"'),
        ("a.csv", "a,b\nx,1\n".encode("utf-16"), "the text is not utf-8"),
        ("a.csv.gz", b"a,b\n1,2\n", "the file cannot be read"),
        ("a.parquet", b"PAR1 and then nothing", "the file is truncated or damaged"),
        ("a.feather", b"ARROW1 and then nothing", "the file is truncated or damaged"),
        ("a.jsonl", b'{"a": 1}\n{"a":', "the file cannot be read"),
        ("a.jsonl", b"1\n2\n", "the file cannot be read"),
        ("a.jsonl", b'{"a": {"b": 1}}\n', "a holds lists or objects"),
        ("a.xls", b"x", "a table's kind is told by its ending"),
    ],
)
def test_bad_files_are_refused_with_a_reason(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_dataset(tmp_path / name)
    assert message in str(caught.value)


def test_a_truncated_parquet_file_is_told(people, tmp_path):
    path = write(people, tmp_path, ".parquet")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"truncated or damaged.*copy or write it again"):
        open_dataset(path)


def test_damage_inside_a_parquet_file_is_told_when_it_is_met(tmp_path):
    pd.DataFrame({"x": np.random.default_rng(0).normal(size=5_000)}).to_parquet(tmp_path / "a.parquet")
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    data[4:400] = bytes(396)
    (tmp_path / "a.parquet").write_bytes(data)
    dataset = open_dataset(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"damaged|cannot be read"):
        dataset.frame()


def test_a_missing_file_and_a_folder_are_told(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: a file that can be read is needed: No such file"):
        open_dataset(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="Is a directory"):
        open_dataset(tmp_path / "folder.csv")


def test_a_wrong_encoding_is_told(tmp_path):
    (tmp_path / "a.csv").write_bytes("a\né\n".encode())
    with pytest.raises(InputError, match="the text is not ascii"):
        open_dataset(tmp_path / "a.csv", encoding="ascii")


def test_an_empty_table_is_a_table(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n")
    dataset = open_dataset(tmp_path / "a.csv")
    assert (dataset.rows, dataset.frame().shape) == (0, (0, 2))


def test_names_with_quotes_and_stars_are_only_names(tmp_path):
    folder = tmp_path / "it's [1]*"
    folder.mkdir()
    frame = pd.DataFrame({'a "b"': [1], "x'; DROP TABLE data; --": ["v"]})
    frame.to_csv(folder / "d'a*.csv", index=False)
    dataset = open_dataset(folder / "d'a*.csv")
    pd.testing.assert_frame_equal(dataset.frame(), frame)
    assert dataset.query("SELECT * FROM data") == [(1, "v")]


def test_frames_with_two_columns_of_a_name_or_mixed_types_are_refused():
    with pytest.raises(InputError, match="got twice: a; rename"):
        open_dataset(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(InputError, match="of one type, but m does not"):
        open_dataset(pd.DataFrame({"m": pd.Series([1, "x", {}], dtype=object)}))
    with pytest.raises(InputError, match="got dict"):
        open_dataset({"a": [1]})


@pytest.mark.parametrize(
    "values",
    [[10**30, 1], [1j, 2.0], ["\ud800", "a"], [object(), 1], pd.arrays.SparseArray([0, 1])],
    ids=["huge", "complex", "half a letter", "objects", "sparse"],
)
def test_columns_of_what_no_table_holds_are_refused(values):
    column = values if isinstance(values, pd.arrays.SparseArray) else pd.Series(values, dtype=object)
    with pytest.raises(InputError, match=r"truth values or dates, .* but m does not") as error:
        open_dataset(pd.DataFrame({"m": column}))
    assert " at 0x" not in str(error.value)


def test_bands_are_named_as_people_speak():
    assert band_levels([40], whole=True) == ("under 40", "40 and over")
    assert band_levels([40, 41, 65], whole=True) == ("under 40", "40", "41 to 64", "65 and over")
    assert band_levels([0.5, 2.0], whole=True) == ("under 0.5", "0.5 to under 2", "2 and over")


def test_a_band_begins_at_its_edge_and_missing_comes_last():
    codes, levels = band(np.array([39.9, 40.0, 64.99, 65.0, np.nan]), [40, 65], "age")
    assert [levels[code] for code in codes] == [
        "under 40",
        "40 to under 65",
        "40 to under 65",
        "65 and over",
        None,
    ]


def test_bands_agree_with_pandas_cut():
    values = np.random.default_rng(1).uniform(0, 100, 1_000)
    codes, _ = band(values, [18, 40, 65], "age")
    assert (codes == pd.cut(values, [-np.inf, 18, 40, 65, np.inf], right=False, labels=False)).all()


def test_bands_of_text_are_refused():
    with pytest.raises(InputError, match="age: bands need a column of numbers"):
        band(["x"], [40], "age")
