"""The cube is a monoid, and its operations agree with the same operations on rows."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.errors import InputError
from evenhand.metrics import counting
from evenhand.metrics.cube import Axis, Cube, compact, merge_levels
from evenhand.metrics.grid import Grid
from evenhand.metrics.rates import group_table
from evenhand.metrics.tally import cube_of

AWKWARD = (0.0, 0.1, 0.3, 1 / 3, 0.5, 0.7, 1.0)


def cells(cube: Cube) -> dict[tuple[object, ...], list[float]]:
    named = [
        tuple(repr(axis.levels[c]) for axis, c in zip(cube.axes, row, strict=True)) for row in cube.codes
    ]
    return dict(zip(named, cube.measures.tolist(), strict=True))


def assert_same(one: Cube, other: Cube) -> None:
    assert one.axes == other.axes
    assert [[type(level) for level in axis.levels] for axis in one.axes] == [
        [type(level) for level in axis.levels] for axis in other.axes
    ]
    assert one.codes.tolist() == other.codes.tolist()
    np.testing.assert_allclose(one.measures, other.measures, rtol=1e-9, atol=1e-12)
    assert (one.grid, one.weight_kind) == (other.grid, other.weight_kind)


def make(rows: int, seed: int = 0, *, weighted: bool = True, scored: bool = True) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    sex = pd.Series(rng.choice(["F", "M", None], rows, p=[0.5, 0.4, 0.1]))
    table = pd.DataFrame({"sex": sex, "site": rng.choice([3, 7, 20], rows)})
    score = rng.choice([*AWKWARD, *rng.random(5)], rows)
    return {
        "y_true": rng.integers(0, 2, rows),
        "y_pred": (score >= 0.5).astype(int),
        "sensitive_features": table,
        "control_features": pd.Series(rng.choice([True, False], rows), name="night"),
        **({"y_score": score, "grid": Grid(thresholds=AWKWARD)} if scored else {}),
        **({"sample_weight": rng.random(rows)} if weighted else {}),
    }


def part(data: dict[str, object], chosen: object) -> dict[str, object]:
    return {
        name: value.iloc[chosen]
        if hasattr(value, "iloc")
        else value[chosen]
        if isinstance(value, np.ndarray)
        else value
        for name, value in data.items()
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 60), st.data(), st.booleans(), st.booleans())
def test_adding_shards_is_counting_all_rows(seed, rows, data, weighted, scored):
    table = make(rows, seed, weighted=weighted, scored=scored)
    home = np.array(data.draw(st.lists(st.integers(0, 3), min_size=rows, max_size=rows)))
    shards = [cube_of(**part(table, np.flatnonzero(home == shard))) for shard in np.unique(home)]
    order = data.draw(st.permutations(shards))
    assert_same(reduce(add, order), cube_of(**table))


KINDS = {
    "strings": lambda v: pd.Series(v, dtype=object),
    "str": lambda v: pd.Series(v, dtype="str"),
    "category": lambda v: pd.Series(v, dtype="category"),
    "ordered": lambda v: pd.Series(v).astype(pd.CategoricalDtype(["low", "mid", "high"], ordered=True)),
    "enum": lambda v: pl.Series(v, dtype=pl.Enum(["low", "mid", "high"])),
    "polars": pl.Series,
    "list": list,
}


@pytest.mark.parametrize("kind", KINDS)
def test_shards_of_every_kind_of_column_add_up(kind):
    parts = [["low", "high"], ["mid", None], ["high", "high"]]
    cubes = [cube_of([0, 1], sensitive_features={"x": KINDS[kind](values)}) for values in parts]
    together = cube_of(
        [0, 1] * 3, sensitive_features={"x": KINDS[kind]([value for values in parts for value in values])}
    )
    assert_same(reduce(add, cubes), together)


@pytest.mark.parametrize(
    "parts",
    [
        [[1, 2], [1.0, None]],
        [np.array([1.0, np.nan]), np.array([2.0, 1.0])],
        [[True, False], [True, None]],
        [[2**60, 2**60 + 1], [3, 2**60]],
        [["1", 1], [True, 2.5]],
        [np.array(["F", "M"]), np.array(["F", "F"], dtype=object)],
    ],
    ids=["int and float", "floats", "bools", "large", "mixed", "numpy text"],
)
def test_shards_of_numbers_and_mixed_types_add_up(parts):
    cubes = [cube_of([0, 1], sensitive_features={"x": values}) for values in parts]
    together = cube_of([0, 1, 0, 1], sensitive_features={"x": [v for values in parts for v in list(values)]})
    assert_same(cubes[0] + cubes[1], together)
    assert_same(cubes[1] + cubes[0], together)


def test_multiclass_shards_add_up():
    a = cube_of([3, 9], [3, 3], sensitive_features=["F", "M"], task="multiclass")
    b = cube_of([5, 5], [9, 5], sensitive_features=["F", "M"], task="multiclass")
    together = cube_of([3, 9, 5, 5], [3, 3, 9, 5], sensitive_features=["F", "M", "F", "M"], task="multiclass")
    assert_same(a + b, together)
    assert (a + b).axis("y_true").levels == (3, 5, 9)


def test_addition_is_associative_and_commutative_and_has_a_neutral_element():
    a, b, c = (cube_of(**make(30, seed)) for seed in range(3))
    assert_same((a + b) + c, a + (b + c))
    assert_same(a + b, b + a)
    nothing = Cube(a.axes, a.codes[:0], a.measures[:0], a.grid, a.weight_kind)
    assert_same(a + nothing, a)
    assert_same(nothing + a, a)


@pytest.mark.parametrize("names", [("sex",), ("site", "sex"), ("y_score", "y_true"), ()], ids=str)
def test_marginalising_commutes_with_adding(names):
    a, b = cube_of(**make(40, 1)), cube_of(**make(40, 2))
    assert_same((a + b).keep(*names), a.keep(*names) + b.keep(*names))


def test_keeping_agrees_with_pandas():
    data = make(200)
    kept = cube_of(**data).keep("site", "sex")
    frame = data["sensitive_features"].fillna({"sex": "?"}).assign(w=data["sample_weight"])
    sums = frame.groupby(["site", "sex"])["w"].agg(["size", "sum"])
    for row, (n, w, *_rest) in zip(kept.codes, kept.measures.tolist(), strict=True):
        site, sex = kept.axes[0].levels[row[0]], kept.axes[1].levels[row[1]]
        expected = sums.loc[(site, "?" if sex is None else sex)]
        assert n == expected["size"]
        assert w == pytest.approx(expected["sum"])


def test_sums_of_scores_follow_the_rows():
    data = make(100)
    cube = cube_of(**data)
    w, s = data["sample_weight"], data["y_score"]
    np.testing.assert_allclose(
        cube.measures.sum(axis=0), [100, w.sum(), (w**2).sum(), (w * s).sum(), (w * s * s).sum()]
    )


def test_slicing_is_counting_some_rows():
    data = make(120)
    sites = data["sensitive_features"]["site"].to_numpy()
    some = cube_of(**part(data, np.flatnonzero(np.isin(sites, [3, 20]))))
    assert_same(cube_of(**data).slice("site", 3, 20).trim(), some.trim())


def test_slicing_tells_equal_levels_of_other_types_apart():
    cube = cube_of([0, 1, 1], sensitive_features={"x": [True, 1, "1"]})
    assert cube.slice("x", 1).rows == cube.slice("x", True).rows == cube.slice("x", "1").rows == 1
    assert cube.slice("x", 1, True).rows == 2
    assert cube_of([0, 1], sensitive_features={"x": [1, 2]}).slice("x", 1.0).rows == 1


def test_slicing_an_unknown_level_suggests_one():
    with pytest.raises(InputError, match="did you mean 'Male'"):
        cube_of([0, 1], sensitive_features=["Male", "Female"]).slice("sensitive_feature", "Mal")


def test_trimming_drops_empty_levels_only():
    cube = cube_of(**make(60)).slice("sex", "M")
    assert cube.axis("sex").levels == ("F", "M", None)
    assert cube.trim().axis("sex").levels == ("M",)
    assert cube.trim().rows == cube.rows


@pytest.mark.parametrize("at", [*AWKWARD, -1.0, 2.0, np.inf, 0.25, 123 / 4096])
def test_a_threshold_decides_exactly(at):
    data = make(300)
    decided = cube_of(**data).threshold(at)
    rows = {**data, "y_pred": (data["y_score"] >= at).astype(int)}
    del rows["y_score"], rows["grid"]
    one, other = decided.keep("sex", "y_true", "y_pred"), cube_of(**rows).keep("sex", "y_true", "y_pred")
    assert one.axes == other.axes
    np.testing.assert_allclose(one.measures[:, :3], other.measures[:, :3])


@pytest.mark.parametrize("kind", ["distinct", "relative"])
def test_a_threshold_of_other_grids_decides_exactly(kind):
    rng = np.random.default_rng(0)
    score = np.concatenate([rng.normal(size=200) * 10.0 ** rng.integers(-12, 12, 200), [-0.3, 0.3, 0.0]])
    places = (-2e10, -0.3, 0.0, 0.3, 5e9)
    grid = Grid(kind, thresholds=places)
    cube = cube_of(sensitive_features=np.zeros(len(score), int), y_score=score, grid=grid)
    for at in places:
        assert cube.threshold(at).slice("y_pred", 1).rows == (score >= at).sum()


@pytest.mark.parametrize(("kind", "at"), [("uniform", 0.123), ("relative", -0.123), ("uniform", np.nan)])
def test_a_threshold_inside_a_bin_is_refused(kind, at):
    cube = cube_of(sensitive_features=["a", "b"], y_score=[0.1, 0.9], grid=Grid(kind))
    with pytest.raises(InputError, match="lies inside a score bin"):
        cube.threshold(at)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(seed):
    data = make(50, seed)
    order = np.random.default_rng(seed).permutation(50)
    assert_same(cube_of(**data), cube_of(**part(data, order)))


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("scored", [True, False])
def test_the_sparse_path_counts_as_the_dense_one(monkeypatch, weighted, scored):
    data = make(500, weighted=weighted, scored=scored)
    dense = cube_of(**data)
    monkeypatch.setattr(counting, "DENSE_LIMIT", 1)
    assert_same(cube_of(**data), dense)


def test_chunks_count_as_one(monkeypatch):
    data = make(500)
    whole = cube_of(**data)
    monkeypatch.setattr(counting, "CHUNK", 7)
    assert_same(cube_of(**data), whole)


def test_sizes_at_the_ends_of_the_key_types():
    for shape in ([2, 16384], [16384, 2], [3, 10923], [2, 1 << 21]):
        codes = [np.array([0, n - 1, n - 1]) for n in shape]
        found, measures = counting.count_cells(codes, shape)
        assert found.tolist() == [0, int(np.prod(shape)) - 1]
        assert measures[:, 0].tolist() == [1, 2]


def test_too_many_cells_are_an_error_and_not_a_wrong_number():
    with pytest.raises(InputError, match="fewer than 2\\^63"):
        counting.count_cells([np.array([0])] * 4, [100_000] * 4)


def test_thousand_counties_take_what_they_hold():
    rng = np.random.default_rng(0)
    frame = {
        "county": rng.integers(0, 1000, 5000),
        "race": rng.integers(0, 5, 5000),
        "age": rng.integers(0, 6, 5000),
    }
    y = rng.integers(0, 2, 5000)
    cube = cube_of(y, sensitive_features=frame)
    expected = Counter(zip(*(column.tolist() for column in (*frame.values(), y)), strict=True))
    assert {tuple(map(int, key)): row[0] for key, row in cells(cube).items()} == expected


def test_levels_of_two_orders_are_united():
    assert merge_levels(("b", "a"), ("b", "c", "a")) == ("b", "c", "a")
    assert merge_levels(("young", "old"), ("young", "mid", "old")) == ("young", "mid", "old")
    assert merge_levels(("low", "high", None), ("mid", "high")) == ("mid", "low", "high", None)
    assert merge_levels((1, 5), (3,)) == (1, 3, 5)


def test_levels_are_put_in_the_order_asked_for():
    cube = cube_of([0, 1, 1, 0], sensitive_features={"x": ["a", "b", "c", None]})
    assert cube.order_levels("x", ["c", "zzz", "a"]).axis("x").levels == ("c", "a", "b", None)
    assert cube.order_levels("x", [None]).axis("x").levels == (None, "a", "b", "c")
    flags = cube_of([0, 1], sensitive_features={"x": [True, False]})
    assert flags.order_levels("x", [1]).axis("x").levels == (True, False)


def test_one_class_against_the_rest():
    y, p = ["a", "b", "c", "a"], ["a", "a", "c", "b"]
    cube = cube_of(y, p, sensitive_features=list("FFMM"), task="multiclass")
    binary = cube_of([v == "a" for v in y], [v == "a" for v in p], sensitive_features=list("FFMM"))
    np.testing.assert_array_equal(
        group_table(cube.against_rest("a"), "sensitive_feature").measures,
        group_table(binary, "sensitive_feature").measures,
    )
    with pytest.raises(InputError, match="no such class: 'd'"):
        cube.against_rest("d")


def test_unknown_axes_are_refused():
    cube = cube_of([0, 1], sensitive_features={"sex": ["F", "M"]})
    with pytest.raises(InputError, match="did you mean 'sex'"):
        cube.keep("sexx")
    with pytest.raises(InputError, match="no such axis"):
        cube.threshold(0.5)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"sensitive_features": {"race": ["A", "B"]}}, "axes_differ"),
        ({"sample_weight": [1, 2]}, "weights_differ"),
        ({"y_score": [0.1, 0.2]}, "axes_differ"),
    ],
)
def test_unlike_cubes_do_not_add(other, code):
    base = {"y_true": [0, 1], "sensitive_features": {"sex": ["F", "M"]}}
    with pytest.raises(InputError) as caught:
        cube_of(**base) + cube_of(**{**base, **other})
    assert caught.value.problems[0].code == code


def test_grids_must_agree():
    first, second = (
        cube_of(sensitive_features=["a", "b"], y_score=[0.1, 0.2], grid=grid)
        for grid in (Grid(), Grid(bins=8))
    )
    with pytest.raises(InputError, match="share a grid"):
        first + second


def test_a_cube_adds_to_nothing_else():
    with pytest.raises(TypeError):
        cube_of([0, 1], sensitive_features=["a", "b"]) + 1


def test_compact_adds_equal_cells_and_sorts():
    axes = (Axis("x", "sensitive", ("a", "b")),)
    cube = compact(axes, np.array([[1], [0], [1]]), np.arange(15.0).reshape(3, 5))
    assert cube.codes.tolist() == [[0], [1]]
    assert cube.measures[1].tolist() == [10, 12, 14, 16, 18]


def test_a_cube_sliced_to_nothing_has_no_groups():
    cube = cube_of([0, 1], sensitive_features={"x": ["a", "b"]}).slice("x")
    assert cube.rows == 0
    assert group_table(cube, "x").groups == ()
    assert cube.groups("x") == ()
