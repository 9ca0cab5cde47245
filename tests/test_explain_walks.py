"""Walks, pairs and their errors against closed forms and brute force."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.audit.explain.pairing import Side, pair, sample, side_of, spread_over
from evenhand.audit.explain.spread import jackknife_variance
from evenhand.audit.explain.walks import Walker, numbers_of, random_ranks, table_of
from evenhand.errors import InputError, ModelError

weights = st.lists(st.floats(0.01, 5), min_size=1, max_size=12)


def side(values):
    return side_of(np.arange(len(values)), np.asarray(values, dtype=float))


@settings(max_examples=60, deadline=None)
@given(weights, weights, st.integers(0, 99))
def test_a_pass_uses_each_row_by_exactly_its_share(one, other, seed):
    group, reference = side(one), side(other)
    at_group, at_reference, share = pair(group, reference, np.random.default_rng(seed))
    assert np.allclose(np.bincount(at_group, share, len(one)), group.shares, atol=1e-11)
    assert np.allclose(np.bincount(at_reference, share, len(other)), reference.shares, atol=1e-11)
    assert len(share) <= len(one) + len(other) + 1


@pytest.mark.parametrize(("one", "other"), [([1, 1, 1], [1, 1]), ([1, 3], [2, 1, 4])])
def test_the_expected_share_of_a_pair_is_the_product(one, other):
    group, reference, rng = side(one), side(other), np.random.default_rng(1)
    mean = np.zeros((len(one), len(other)))
    for _ in range(4000):
        at_group, at_reference, share = pair(group, reference, rng)
        np.add.at(mean, (at_group, at_reference), share / 4000)
    assert np.allclose(mean, np.outer(group.shares, reference.shares), atol=0.01)


def test_equal_sizes_without_weights_pair_one_to_one():
    _, _, share = pair(side([1] * 50), side([1] * 50), np.random.default_rng(0))
    assert np.allclose(share, 1 / 50)
    assert len(share) == 50


def test_the_common_background_is_spread_evenly():
    share = np.full(100, 0.01)
    drawn = spread_over(side([1] * 50), share, np.random.default_rng(0))
    assert set(np.bincount(drawn)) <= {1, 2, 3}
    assert len(np.unique(drawn)) == 50


def test_rows_of_weight_zero_are_left_out():
    assert side_of(np.arange(3), np.array([1.0, 0.0, 1.0])).rows.tolist() == [0, 2]


def test_a_sample_keeps_the_mean_of_the_output():
    rng = np.random.default_rng(3)
    values, whole = (rng.random(1000) < 0.13).astype(float), side(rng.random(1000) + 0.5)
    drawn = sample(whole, 60, values[None], rng)
    assert len(drawn.rows) == 60
    assert drawn.population == 1000
    assert drawn.shares @ values[drawn.rows] == pytest.approx(whole.shares @ values, abs=1e-12)
    assert drawn.shares.sum() == pytest.approx(1)
    assert (drawn.shares > 0).all()


def test_a_sample_of_everything_is_everything():
    whole = side([1, 2, 3])
    assert sample(whole, 3, np.zeros((1, 3)), np.random.default_rng(0)) is whole


FRAME = pd.DataFrame(
    {
        "number": [1.0, 2.5, np.nan, 4.0],
        "whole": pd.array([1, None, 3, 4], dtype="Int64"),
        "kind": pd.Categorical(["a", "b", "a", None], categories=["a", "b", "unused"]),
        "text": pd.array(["x", "y", None, "x"], dtype="string"),
        "flag": [True, False, True, True],
        "when": pd.to_datetime(["2020-01-01", "2021-01-01", None, "2020-01-01"]),
    }
)


@pytest.mark.parametrize(
    "frame", [FRAME, FRAME.convert_dtypes(dtype_backend="pyarrow")], ids=["numpy", "pyarrow"]
)
def test_hybrids_keep_every_kind_of_column(frame):
    taken = np.random.default_rng(0).random((5, 6)) < 0.5
    rows, others = np.array([0, 1, 2, 3, 0]), np.array([3, 2, 1, 0, 2])
    found = table_of(frame).hybrids(rows, others, taken)
    assert found.dtypes.equals(frame.dtypes)
    for at, name in enumerate(frame):
        expected = frame[name].take(np.where(taken[:, at], rows, others)).reset_index(drop=True)
        pd.testing.assert_series_equal(found[name], expected)


def test_hybrids_as_a_matrix_are_the_same():
    frame = pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=list("abc"))
    taken = np.array([[True, False, True], [False, False, True]])
    one, other = (
        table_of(frame, as_array=flag).hybrids(np.array([0, 1]), np.array([2, 3]), taken) for flag in (0, 1)
    )
    assert (one.to_numpy() == other).all()


def test_a_walk_telescopes_and_skips_equal_values():
    frame = pd.DataFrame({"a": [0, 1, 1], "b": [0, 0, 1], "c": [5, 5, 5]})
    asked = []

    def product(rows):
        asked.append(len(rows))
        return (rows["a"] + 1) * (rows["b"] + 2)

    walker = Walker(table_of(frame), product, np.asarray((frame["a"] + 1) * (frame["b"] + 2), dtype=float))
    ranks = np.array([[0, 1, 2], [0, 1, 2], [1, 0, 2]])
    values, calls = walker.walk(np.array([1, 2, 2]), np.array([0, 0, 0]), ranks)
    assert values[0].tolist() == [[2, 0, 0], [2, 2, 0], [3, 1, 0]]
    assert calls == 2
    assert asked == [2]


def test_batches_and_threads_change_nothing():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(50, 5)), columns=list("abcde"))

    def f(rows):
        return (rows["a"] * rows["b"] > rows["c"]).astype(float)

    rows, others = rng.integers(50, size=(2, 300))
    ranks = random_ranks(300, 5, rng)
    known = f(frame).to_numpy()
    walkers = [Walker(table_of(frame), f, known, *more) for more in ((150_000, 1), (100, 1), (100, 2))]
    found = [walker.walk(rows, others, ranks)[0] for walker in walkers]
    assert (found[0] == found[1]).all()
    assert (found[0] == found[2]).all()


def test_columns_of_one_player_move_together():
    table = table_of(FRAME, {"both": ["number", "text"]})
    assert table.players == ("both", "whole", "kind", "flag", "when")
    assert table.owner.tolist() == [0, 1, 2, 0, 3, 4]


def test_players_are_checked_all_at_once():
    with pytest.raises(InputError) as caught:
        table_of(FRAME, {"one": ["number", "txt"], "two": ["number"], "kind": ["flag"]})
    assert {problem.code for problem in caught.value.problems} == {
        "unknown_column",
        "shared_column",
        "shared_name",
    }
    assert "did you mean 'text'?" in str(caught.value)


def test_no_columns_and_text_as_a_matrix_are_refused():
    with pytest.raises(InputError, match="at least one column"):
        table_of(pd.DataFrame(index=[0, 1]))
    with pytest.raises(InputError, match="columns of numbers"):
        table_of(pd.DataFrame({"a": ["x"]}), as_array=True)


@pytest.mark.parametrize(
    ("made", "code"), [(np.ones((3, 2)), "output_shape"), ([1, np.nan, 2], "output_not_finite")]
)
def test_outputs_must_be_one_finite_number_a_row(made, code):
    with pytest.raises(ModelError) as caught:
        numbers_of(lambda rows: made, FRAME, 3)
    assert caught.value.problems[0].code == code


def test_every_order_is_equally_likely():
    ranks = random_ranks(6000, 3, np.random.default_rng(0))
    _, counts = np.unique(ranks, axis=0, return_counts=True)
    assert len(counts) == 6
    assert (np.abs(counts - 1000) < 120).all()


def test_the_jackknife_is_the_variance_of_a_mean():
    x = np.random.default_rng(0).normal(size=400)
    variance, degrees = jackknife_variance(((x - x.mean()) / 400)[:, None], 400, np.random.default_rng(0))
    assert variance[0] == pytest.approx(x.var(ddof=1) / 400)
    assert degrees == 399


def test_a_single_row_says_nothing_of_other_rows():
    assert np.isnan(jackknife_variance(np.zeros((1, 2)), 50, np.random.default_rng(0))[0]).all()


def test_a_side_knows_whether_all_rows_count_alike():
    assert side([2, 2]).even
    assert not side([1, 2]).even
    assert Side(np.arange(2), np.full(2, 0.5), 8).unused == 0.75
