"""The frontier's rules: who dominates whom, what is chosen, what is levelling down."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.mitigation.frontier import Limit, Point, Shift, choose, dominators, levels_down, told_rates

POINTS = [
    Point("given", 0.85, 0.20),
    Point("cheap", 0.845, 0.09, 0.005),
    Point("worse", 0.84, 0.10, 0.01),
    Point("fair", 0.80, 0.01, 0.05),
]
shares = st.floats(0, 1, allow_nan=False)
clouds = st.lists(st.tuples(shares, shares), min_size=1, max_size=12).map(
    lambda pairs: [Point(str(i), score, gap) for i, (score, gap) in enumerate(pairs)]
)


def test_a_dominated_point_is_named_with_its_dominator():
    assert dominators(POINTS) == {"given": None, "cheap": None, "worse": "cheap", "fair": None}


def test_for_a_ratio_nearer_to_one_is_better():
    ratios = [Point("a", 0.8, 0.6), Point("b", 0.8, 0.9), Point("c", 0.8, 1.2)]
    assert dominators(ratios, fair=1.0) == {"a": "b", "b": None, "c": "b"}


@settings(deadline=None)
@given(clouds)
def test_no_dominator_is_dominated_and_each_is_at_least_as_good(points):
    found, by_name = dominators(points), {point.name: point for point in points}
    assert None in found.values()
    for name, over in found.items():
        if over is not None:
            assert found[over] is None
            assert by_name[over].score >= by_name[name].score
            assert by_name[over].gap <= by_name[name].gap


@settings(deadline=None)
@given(clouds, shares)
def test_the_choice_keeps_the_limit_where_any_does(points, most):
    choice = choose(points, Limit(high=most), tolerance=0.01)
    chosen = next(point for point in points if point.name == choice.name)
    inside = [point for point in points if point.gap <= most]
    assert (choice.rule == "best_within_limit") == bool(inside)
    assert chosen.score == max((p.score for p in inside), default=chosen.score)
    assert bool(inside) or chosen.gap == min(point.gap for point in points)


def test_without_a_limit_the_tolerance_decides():
    assert choose(POINTS, None, tolerance=0.005).name == "cheap"
    assert choose(POINTS, None, tolerance=0.0).name == "given"
    assert choose(POINTS, None, tolerance=1.0).name == "fair"


def test_a_limit_that_none_keeps_gives_the_nearest_and_says_so():
    choice = choose(POINTS, Limit(high=0.001), tolerance=0.01)
    assert (choice.name, choice.rule) == ("fair", "nearest_to_limit")
    assert choose([Point("a", 0.9, 0.5)], Limit(low=0.8), tolerance=0.0, fair=1.0).rule == "nearest_to_limit"


def test_points_without_figures_are_passed_over():
    broken = [Point("a", math.nan, 0.1), Point("b", 0.8, math.nan)]
    assert choose(broken, None, tolerance=0.1).name is None
    assert dominators(broken) == {}


@pytest.mark.parametrize(
    ("rate", "low", "high", "down"),
    [
        ("selection_rate", (-0.2, -0.1), (-0.01, 0.01), True),
        ("selection_rate", (-0.2, -0.1), (0.02, 0.05), False),
        ("selection_rate", (-0.01, 0.01), (-0.01, 0.01), False),
        ("accuracy", (-0.2, -0.1), (-0.1, -0.05), True),
    ],
)
def test_levelling_down(rate, low, high, down):
    shifts = [Shift(rate, 0.6, *low), Shift(rate, 0.3, *high)]
    assert levels_down(shifts) is down


def test_of_errors_the_better_off_group_is_the_one_with_few():
    shifts = [Shift("false_negative_rate", 0.1, 0.05, 0.1), Shift("false_negative_rate", 0.4, -0.01, 0.01)]
    assert levels_down(shifts)
    assert not levels_down(shifts[:1])


def test_equalized_odds_is_told_by_true_positives():
    assert told_rates(("true_positive_rate", "false_positive_rate")) == ("true_positive_rate",)
