"""Parquet and Arrow files are read in order, in batches that are let go of again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from evenhand.audit import arrow_files
from evenhand.audit.arrow_files import ipc_batches, parquet_batches, row_groups

READERS = {"parquet": parquet_batches, "arrow": ipc_batches}


def written(table: pa.Table, folder: Path, kind: str, rows: int) -> str:
    path = str(folder / f"rows.{kind}")
    if kind == "parquet":
        pq.write_table(table, path, row_group_size=rows)
    else:
        feather.write_feather(table, path, chunksize=rows, compression="lz4")
    return path


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("rows", [1, 7, 250, 1000])
def test_batches_hold_the_columns_asked_for_in_order(tmp_path, kind, rows):
    table = pa.table({"a": range(1000), "b": [2.5, None] * 500, "c": ["x", "y", None, "z"] * 250})
    batches = list(READERS[kind](written(table, tmp_path, kind, rows), ["c", "a"], 300))
    assert pa.Table.from_batches(batches).equals(table.select(["c", "a"]))
    assert max(batch.num_rows for batch in batches) <= 300


@pytest.mark.parametrize("kind", READERS)
def test_a_file_without_rows_gives_none(tmp_path, kind):
    path = written(pa.table({"a": pa.array([], pa.int64())}), tmp_path, kind, 10)
    assert sum(batch.num_rows for batch in READERS[kind](path, ["a"], 300)) == 0


def test_row_groups_are_read_together_up_to_a_million_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(arrow_files, "READ_TOGETHER", 25)
    path = written(pa.table({"a": range(95)}), tmp_path, "parquet", 10)
    assert list(row_groups(pq.read_metadata(path))) == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]
    monkeypatch.setattr(arrow_files, "READ_TOGETHER", 5)
    assert list(row_groups(pq.read_metadata(path))) == [[at] for at in range(10)]


@pytest.mark.parametrize("kind", READERS)
def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(arrow_files, "READ_TOGETHER", 100_000)
    numbers = np.random.default_rng(0).random(2_000_000)
    path = written(pa.table({"a": numbers}), tmp_path, kind, 50_000)
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in READERS[kind](path, ["a"], 10_000)]
    assert max(held) < numbers.nbytes / 4
