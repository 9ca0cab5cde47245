"""Columns walked through in order: what DuckDB counts, in batches."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from evenhand.audit import facts_table
from evenhand.audit.facts_table import Walk, in_order, open_table, rank_of


def test_a_walk_in_order_is_what_duckdb_counts(monkeypatch):
    """Batches of two values, so that ranks, ends and the commonest lie across them."""
    monkeypatch.setattr(facts_table, "BATCH", 2)
    rows = np.random.default_rng(1).integers(0, 9, 200)
    table = open_table(duckdb.from_arrow(pa.table({"x": pa.array(rows, mask=rows == 8)})))
    held = np.sort(rows[rows < 8])
    tenths = [rank_of(k / 10, len(held)) for k in range(1, 10)]
    walk = in_order(table, table["x"], tenths, most=3)
    values, counts = np.unique(held, return_counts=True)
    common = sorted(zip(values.tolist(), counts.tolist(), strict=True), key=lambda one: (-one[1], one[0]))
    assert (walk.distinct, walk.top) == (len(values), tuple(common[:3]))
    assert walk.ends == ((0, counts[0]), (7, counts[-1]))
    assert [walk.at[rank] for rank in tenths] == held[tenths].tolist()
    shares = ", ".join(str(k / 10) for k in range(1, 10))
    assert list(table.row(f"SELECT quantile_disc(c0, [{shares}]) FROM t")[0]) == held[tenths].tolist()


def test_a_walk_without_values_sees_none():
    table = open_table(duckdb.sql("SELECT CAST(NULL AS INTEGER) AS x"))
    assert in_order(table, table["x"], [0], most=3) == Walk(0, {}, (), ())
