"""Rows in both tables, counted by hand and by a join."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.errors import InputError
from evenhand.mitigation import overlapping_rows


def test_by_hand():
    train = pd.DataFrame({"age": [30, 40, 40, 50], "job": ["a", "b", "b", "c"]})
    test = pd.DataFrame({"job": ["b", "b", "a", "z"], "age": [40, 40, 31, 50]})
    found = overlapping_rows(train, test)
    assert (found.count, found.share, found.distinct) == (2, 0.5, 1)
    assert found.test_positions.tolist() == [0, 1]
    assert found.train_positions.tolist() == [1, 2]
    assert found.columns == ("age", "job")


def test_missing_equals_missing_and_types_do_not_matter():
    train = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [np.nan, 1.5, 2.0]})
    test = pd.DataFrame({"a": [1.0, 2.0], "b": pd.array(["x", None], dtype="string"), "c": [None, 1.5]})
    assert overlapping_rows(train, test).count == 2


def test_categories_equal_their_text():
    train = pd.DataFrame({"sex": pd.Categorical(["F", "M"], categories=["M", "F", "X"])})
    assert overlapping_rows(train, pd.DataFrame({"sex": ["F", "X"]})).test_positions.tolist() == [0]


def test_large_whole_numbers_are_not_rounded():
    train = pd.DataFrame({"id": [2**60, 2**60 + 1]})
    assert overlapping_rows(train, pd.DataFrame({"id": [2**60 + 2]})).count == 0
    assert overlapping_rows(train, pd.DataFrame({"id": [2**60 + 1]})).train_positions.tolist() == [1]


def test_polars_beside_pandas():
    polars = pytest.importorskip("polars")
    train = polars.DataFrame({"a": [1, None, 3], "b": ["x", "y", "z"]})
    test = pd.DataFrame({"a": [np.nan, 1.0], "b": ["y", "z"]})
    assert overlapping_rows(train, test).test_positions.tolist() == [0]


def test_adult_against_a_join(adult):
    train = adult[adult["split"] == "train"].drop(columns="split")
    test = adult[adult["split"] == "test"].drop(columns="split")
    found = overlapping_rows(train, test)
    joined = test.merge(train.drop_duplicates(), how="left", indicator=True)
    assert found.count == int((joined["_merge"] == "both").sum()) > 0
    np.testing.assert_array_equal(found.test_positions, np.flatnonzero(joined["_merge"] == "both"))


def test_no_rows_have_no_share():
    table = pd.DataFrame({"a": [1, 2]})
    assert np.isnan(overlapping_rows(table, table.iloc[:0]).share)
    assert overlapping_rows(table.iloc[:0], table).count == 0


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="at least one column in common"):
        overlapping_rows(pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}))
    with pytest.raises(InputError, match=r"2 problems(.|\n)*did you mean 'age'"):
        overlapping_rows(pd.DataFrame({"age": [1]}), pd.DataFrame({"age": [1]}), columns=["agee"])
