from __future__ import annotations

import numpy as np
import pytest

from evenhand.metrics.counting import CHUNK, DENSE_LIMIT, PAIR_CHUNK, count_cells


def plain(codes: list[np.ndarray], shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    return np.unique(np.ravel_multi_index(tuple(codes), shape), return_counts=True)


def drawn(shape: tuple[int, ...], rows: int) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, length, rows) for length in shape]


@pytest.mark.parametrize("rows", [PAIR_CHUNK - 1, PAIR_CHUNK, PAIR_CHUNK + 1, 2 * PAIR_CHUNK + 3])
@pytest.mark.parametrize("shape", [(2, 5, 6, 2, 2), (256,), (1, 2), (16, 16), (1,)])
def test_pairs_of_rows_are_counted_like_rows(shape: tuple[int, ...], rows: int) -> None:
    codes = drawn(shape, rows)
    cells, measures = count_cells(codes, shape)
    wanted, counts = plain(codes, shape)
    np.testing.assert_array_equal(cells, wanted)
    np.testing.assert_array_equal(measures[:, 0], counts)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.int32, np.uint32, np.int64])
def test_every_width_of_codes_counts_the_same(kind: type) -> None:
    shape = (2, 100)
    codes = drawn(shape, PAIR_CHUNK + 5)
    _, measures = count_cells([column.astype(kind) for column in codes], shape)
    np.testing.assert_array_equal(measures[:, 0], plain(codes, shape)[1])


def test_columns_that_lie_apart_in_memory_are_read_rightly() -> None:
    shape = (3, 4)
    table = np.stack(drawn(shape, PAIR_CHUNK + 1), axis=1).astype(np.int8)
    _, measures = count_cells(list(table.T), shape)
    np.testing.assert_array_equal(measures[:, 0], plain(list(table.T), shape)[1])


@pytest.mark.parametrize("shape", [(4,), (300, 2), (2, DENSE_LIMIT)])
def test_weights_and_scores_are_summed_in_every_chunk(shape: tuple[int, ...]) -> None:
    rows = 2 * CHUNK + 7
    codes = drawn(shape, rows)
    rng = np.random.default_rng(4)
    w, s = rng.integers(1, 9, rows) / 4, rng.integers(0, 9, rows) / 8
    _, measures = count_cells(codes, shape, weight=w, score=s)
    _, inverse = np.unique(np.ravel_multi_index(tuple(codes), shape), return_inverse=True)
    for column, value in enumerate([np.ones(rows), w, w * w, w * s, w * s * s]):
        np.testing.assert_array_equal(measures[:, column], np.bincount(inverse, weights=value))


def test_without_weights_a_row_weighs_one() -> None:
    _, measures = count_cells([np.array([0, 1, 1])], [2])
    assert measures.tolist() == [[1.0, 1.0, 1.0, 0.0, 0.0], [2.0, 2.0, 2.0, 0.0, 0.0]]
