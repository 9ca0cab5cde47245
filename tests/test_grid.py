"""Bins of scores: every score in the bin that holds it, every threshold exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.errors import InputError
from evenhand.metrics.grid import MAX_BINS, Grid, refuse_bad_scores

AWKWARD = (0.1, 0.3, 1 / 3, 0.5, 0.7, np.nextafter(0.5, 1), np.nextafter(1.0, 0), 5e-324)
probabilities = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 0.1 + 0.2, *AWKWARD])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(probabilities, min_size=1, max_size=30),
    st.sampled_from([2, 3, 7, 10, 100, 1000, 4096]),
    st.lists(probabilities, max_size=4),
)
def test_uniform_bins_hold_their_scores(scores, bins, thresholds):
    grid = Grid(bins=bins, thresholds=tuple(thresholds))
    expected = np.searchsorted(grid.edges, scores, side="right") - 1
    assert grid.index(scores).tolist() == expected.tolist()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=30), st.lists(st.floats(-1e12, 1e12), max_size=3)
)
def test_relative_bins_hold_their_scores(scores, thresholds):
    grid = Grid("relative", thresholds=tuple(thresholds))
    index = grid.index(scores)
    assert (grid.edges[index] <= scores).all()
    above = np.append(grid.edges, np.inf)[index + 1]
    assert (np.asarray(scores) < above).all()


def test_relative_bins_are_narrow():
    grid = Grid("relative")
    scores = np.random.default_rng(0).lognormal(size=1000)
    assert (scores / grid.edges[grid.index(scores)]).max() < 1.0021


def test_thresholds_are_edges():
    grid = Grid(thresholds=tuple(AWKWARD))
    assert all(grid.is_edge(at) for at in (*AWKWARD, 0.0, 1.0, -1.0, 1.5, np.inf))
    assert not grid.is_edge(0.123456789)
    assert not grid.is_edge(np.nan)


def test_a_relative_grid_has_no_edge_that_nobody_asked_for():
    assert not Grid("relative").is_edge(-0.123)
    assert Grid("relative", thresholds=(-0.123,)).is_edge(-0.123)
    assert Grid("relative").is_edge(0.0)
    assert Grid("relative").is_edge(-np.inf)


def test_thresholds_are_sorted_and_single():
    assert Grid(thresholds=(0.7, 0.2, 0.7)) == Grid(thresholds=(0.2, 0.7))


@pytest.mark.parametrize(
    "grid", [Grid(), Grid("relative", thresholds=(2.5,)), Grid("distinct"), Grid(bins=10)]
)
def test_a_grid_survives_its_dict(grid):
    assert Grid.from_dict(grid.to_dict()) == grid


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "log"},
        {"bins": 1},
        {"bins": MAX_BINS + 1},
        {"bins": 2.5},
        {"thresholds": (np.nan,)},
        {"thresholds": (np.inf,)},
    ],
    ids=str,
)
def test_wrong_grids_are_refused(wrong):
    with pytest.raises(InputError):
        Grid(**wrong)


@pytest.mark.parametrize(
    ("scores", "probabilities", "message"),
    [
        ([0.5, np.nan], True, "1 missing or infinite"),
        ([np.inf, -np.inf], False, "2 missing or infinite"),
        ([0.5, 1.2, -3.0], True, "2 outside, the first 1.2"),
    ],
)
def test_bad_scores_are_refused(scores, probabilities, message):
    with pytest.raises(InputError, match=message):
        refuse_bad_scores(np.array(scores), "y_score", probabilities=probabilities)


def test_scores_of_any_scale_are_fine_where_nobody_claims_probabilities():
    refuse_bad_scores(np.array([-3.0, 700.0]), "y_score", probabilities=False)
    refuse_bad_scores(np.array([]), "y_score", probabilities=True)
