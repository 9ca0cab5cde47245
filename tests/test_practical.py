"""Adverse impact as practice reads it: the rule's published examples, hand counts, and the four cells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.proportion import proportions_ztest

from evenhand.errors import InputError, Reason
from evenhand.metrics.grid import Grid
from evenhand.metrics.local_law import impact_ratios
from evenhand.metrics.practical import adverse_impact, smallest_flip
from evenhand.metrics.rates import group_table
from evenhand.metrics.score_gaps import standardised_mean_difference
from evenhand.metrics.scoring_rate import above_median, median_split, weighted_median
from evenhand.metrics.tally import cube_of


def decided(groups: dict[str, tuple[int, int]], **extra):
    """A cube of groups, each (selected, rows)."""
    people = [(g, d) for g, (x, n) in groups.items() for d in [1] * x + [0] * (n - x)]
    return cube_of(None, [d for _, d in people], sensitive_features={"g": [g for g, _ in people]}, **extra)


def impact(groups, reference="best", **options):
    return {
        one.group[0]: one for one in adverse_impact(group_table(decided(groups), "g"), reference, **options)
    }


def test_the_uniform_guidelines_example():
    # The questions and answers on the guidelines: of 80 white applicants 48 are hired, of 40 black ones 12.
    found = impact({"White": (48, 80), "Black": (12, 40)})["Black"]
    assert (found.rate, found.reference_rate, found.ratio.value) == pytest.approx((0.3, 0.6, 0.5))
    assert found.finding == "below_and_significant"
    assert found.shortfall == pytest.approx(12)


@pytest.mark.parametrize(
    ("groups", "finding"),
    [
        ({"a": (480, 800), "b": (120, 400)}, "below_and_significant"),
        ({"a": (6, 8), "b": (4, 8)}, "below_only"),
        ({"a": (900, 1000), "b": (800, 1000)}, "significant_only"),
        ({"a": (50, 100), "b": (48, 100)}, "neither"),
    ],
)
def test_size_and_significance_make_four_cells(groups, finding):
    assert impact(groups)["b"].finding == finding


def test_four_fifths_exactly_is_not_below():
    assert impact({"a": (5, 10), "b": (4, 10)})["b"].finding == "neither"
    assert impact({"a": (500, 1000), "b": (399, 1000)})["b"].finding.startswith("below")


def test_deviations_are_the_pooled_z():
    found = impact({"a": (480, 800), "b": (200, 400)})["b"]
    z, p = proportions_ztest([200, 480], [400, 800])
    assert (found.deviations, found.p_value) == pytest.approx((z, p))
    assert found.test.startswith("two-proportion")


def test_few_rows_take_the_exact_test():
    found = impact({"a": (8, 10), "b": (1, 6)})["b"]
    assert found.test == "Fisher's exact, mid-p"
    assert found.p_value == pytest.approx(0.0232, abs=5e-5)


def test_a_favoured_group_is_no_finding():
    found = impact({"a": (300, 1000), "b": (600, 1000)}, ("a",))["b"]
    assert found.ratio.value == pytest.approx(2)
    assert found.finding == "neither"
    assert found.shortfall == pytest.approx(-300)


@given(st.integers(0, 20), st.integers(1, 20), st.integers(0, 20), st.integers(1, 20))
def test_the_smallest_flip_is_found_by_trying_all(x, n, x_ref, n_ref):
    x, x_ref = min(x, n), min(x_ref, n_ref)

    def below(k: int) -> bool:
        return (x + k) * n_ref * 5 < 4 * (x_ref - k) * n

    steps = range(1, min(x_ref, n - x) + 1) if below(0) else range(-1, -min(x, n_ref - x_ref) - 1, -1)
    tried = next((abs(k) for k in steps if below(k) != below(0)), None)
    assert smallest_flip(x, n, x_ref, n_ref) == tried


def test_one_or_two_moves_make_a_flip_flop():
    found = impact({"a": (4, 10), "b": (3, 10)})["b"]
    assert (found.flip, found.flip_flop) == (1, True)
    assert not impact({"a": (60, 100), "b": (30, 100)})["b"].flip_flop


def test_survey_weights_have_no_flips_and_frequency_weights_do():
    columns = {"sensitive_features": {"g": ["a", "a", "b", "b"]}, "sample_weight": [4, 6, 3, 7]}
    survey = group_table(cube_of(None, [1, 0, 1, 0], **columns), "g")
    counted = group_table(cube_of(None, [1, 0, 1, 0], weight_kind="frequency", **columns), "g")
    assert adverse_impact(survey)[0].flip is None
    assert adverse_impact(counted)[0].flip == 1


def test_nobody_selected_is_undefined():
    found = impact({"a": (0, 10), "b": (0, 10)})["b"]
    assert math.isnan(found.ratio.value)
    assert found.reason is Reason.ZERO_REFERENCE
    assert found.finding is None
    assert found.flip is None


@pytest.mark.parametrize("options", [{"benchmark": 0.0}, {"benchmark": 80}, {"alpha": 1.0}])
def test_benchmarks_and_levels_out_of_range_are_refused(options):
    with pytest.raises(InputError):
        impact({"a": (4, 10), "b": (3, 10)}, **options)


def test_the_scoring_example_of_the_rule():
    men, women = 50, 34  # of 92 men 54.3 %, of 76 women 44.7 %
    found = impact_ratios(decided({"Male": (men, 92), "Female": (women, 76)}), "g")
    shown = {one.group[0]: (f"{one.rate:.1%}", f"{one.ratio:.2f}") for one in found.categories}
    assert shown == {"Male": ("54.3%", "1.00"), "Female": ("44.7%", "0.82")}


def test_the_race_example_of_the_rule():
    groups = {"A": (18, 28), "B": (15, 40), "C": (16, 32), "D": (5, 8), "E": (10, 24)}
    found = impact_ratios(decided(groups), "g")
    assert [f"{one.ratio:.2f}" for one in found.categories] == ["1.00", "0.58", "0.78", "0.97", "0.65"]
    # The rule prints 64.2 for 18 of 28 (cut off) and 41.7 for 10 of 24 (rounded).
    published = [64.2, 37.5, 50.0, 62.5, 41.7]
    assert [one.rate * 100 for one in found.categories] == pytest.approx(published, abs=0.1)


def test_the_selection_example_of_the_rule():
    found = impact_ratios(decided({"Male": (667, 1390), "Female": (555, 1181)}), "g")
    shown = {one.group[0]: (f"{one.rate:.0%}", f"{one.ratio:.3f}") for one in found.categories}
    assert shown == {"Male": ("48%", "1.000"), "Female": ("47%", "0.979")}
    assert found.highest == ("Male",)


def test_small_categories_may_be_excluded_and_stay_listed():
    cube = decided({"a": (40, 100), "b": (30, 100), "c": (3, 3)})
    kept, left = impact_ratios(cube, "g"), impact_ratios(cube, "g", exclude=[("c",)])
    assert [round(one.ratio, 2) for one in kept.categories] == [0.4, 0.3, 1.0]
    assert left.highest == ("a",)
    small = left.categories[2]
    assert (small.small, small.excluded, small.rows, small.rate) == (True, True, 3, 1.0)
    assert math.isnan(small.ratio)
    with pytest.raises(InputError, match="below the limit"):
        impact_ratios(cube, "g", exclude=[("a",), ("zz",)])


def test_unknown_people_are_counted_and_in_no_rate():
    cube = cube_of(
        None,
        [1, 0, 1, 1, 1],
        sensitive_features={"sex": ["F", "F", "M", None, "M"], "race": ["A", "B", None, "A", "B"]},
    )
    assert impact_ratios(cube, "sex").unknown == 1
    both = impact_ratios(cube, "sex", "race")
    assert both.unknown == 2
    assert [one.group for one in both.categories] == [("F", "A"), ("F", "B"), ("M", "B")]


def test_intervals_of_the_ratio_hold_it():
    found = impact_ratios(decided({"a": (40, 100), "b": (30, 100)}), "g")
    assert found.categories[0].interval is None
    assert found.categories[1].interval.holds(0.75)


def test_nobody_selected_has_no_impact_ratio():
    found = impact_ratios(decided({"a": (0, 10), "b": (0, 10)}), "g")
    assert {one.reason for one in found.categories} == {Reason.ZERO_REFERENCE}


def test_ratios_need_decisions_and_a_share():
    cube = cube_of(y_score=[0.1, 0.9], sensitive_features={"g": ["a", "b"]})
    with pytest.raises(InputError, match="median_split"):
        impact_ratios(cube, "g")
    with pytest.raises(InputError, match="a share in"):
        impact_ratios(decided({"a": (1, 2), "b": (1, 2)}), "g", min_share=2)


@given(st.lists(st.integers(0, 6), min_size=2, max_size=30))
def test_the_cube_and_the_rows_split_at_the_same_median(scores):
    groups = ["a", "b"] * len(scores)
    columns = {"sensitive_features": {"g": groups[: len(scores)]}}
    rows = cube_of(None, above_median(scores), **columns)
    cube = median_split(cube_of(y_score=scores, grid=Grid("distinct"), **columns))
    pairs = zip(impact_ratios(rows, "g").categories, impact_ratios(cube, "g").categories, strict=True)
    assert all((one.group, one.rows, one.rate) == (two.group, two.rows, two.rate) for one, two in pairs)


def test_ties_at_the_median_are_not_above_it():
    assert above_median([1, 1, 1, 1]).sum() == 0
    with pytest.raises(InputError, match="finite"):
        above_median([1.0, math.nan])


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 4)), min_size=1, max_size=20))
def test_a_weight_is_as_good_as_rows(pairs):
    values, weights = zip(*pairs, strict=True)
    assert weighted_median(values, weights) == np.median(np.repeat(values, weights))


def test_a_fixed_grid_has_no_exact_median():
    with pytest.raises(InputError, match="distinct"):
        median_split(cube_of(y_score=[0.1, 0.9], sensitive_features={"g": ["a", "b"]}))


def scored(a, b):
    return group_table(
        cube_of(y_score=[*a, *b], sensitive_features={"g": ["a"] * len(a) + ["b"] * len(b)}), "g"
    )


def test_the_standardised_difference_by_hand():
    rng = np.random.default_rng(2)
    a, b = rng.beta(2, 3, 300), rng.beta(3, 3, 200)
    [all_rows] = standardised_mean_difference(scored(a, b), ("a",))
    [within] = standardised_mean_difference(scored(a, b), ("a",), spread="within")
    pooled = math.sqrt((299 * a.var(ddof=1) + 199 * b.var(ddof=1)) / 498)
    assert all_rows.value == pytest.approx((b.mean() - a.mean()) / np.concatenate([a, b]).std(ddof=1))
    assert within.value == pytest.approx((b.mean() - a.mean()) / pooled)
    assert within.interval.low > 0


def test_the_interval_of_the_standardised_difference_covers():
    rng, hits = np.random.default_rng(4), 0
    for _ in range(200):
        a, b = norm.rvs(0.5, 0.1, 60, random_state=rng), norm.rvs(0.55, 0.1, 80, random_state=rng)
        [gap] = standardised_mean_difference(scored(a.clip(0, 1), b.clip(0, 1)), ("a",), spread="within")
        hits += gap.interval.holds(0.5)
    assert hits >= 0.92 * 200


def test_scores_that_do_not_vary_have_no_standardised_difference():
    [gap] = standardised_mean_difference(scored([0.5, 0.5], [0.5, 0.5]), ("a",))
    assert gap.reason is Reason.ZERO_DENOMINATOR
    assert math.isnan(gap.value)
    with pytest.raises(InputError, match="all, within"):
        standardised_mean_difference(scored([0.5], [0.4]), spread="half")
