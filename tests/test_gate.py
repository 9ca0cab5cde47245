"""The one decision rule, held against counts that can be worked out by hand."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from evenhand.audit.gate import exit_code, judge, worst_state
from evenhand.audit.limit_figures import group_name
from evenhand.audit.policy import Limit
from evenhand.errors import InputError
from evenhand.metrics.intervals import miettinen_nurminen_difference
from evenhand.metrics.rates import group_table
from evenhand.metrics.tally import cube_of


def tables_of_counts(**groups: tuple[int, int]) -> dict:
    """Selected and all rows of each group; the labels are the decisions, so that accuracy is 1."""
    decisions = np.concatenate([np.repeat([1, 0], [k, n - k]) for k, n in groups.values()])
    sex = np.repeat(list(groups), [n for _, n in groups.values()])
    cube = cube_of(decisions, decisions, sensitive_features={"sex": sex})
    return {"overall": group_table(cube), "sex": group_table(cube, "sex")}


def judged(limits, tables, **options):
    made = [Limit(**{"attribute": "sex", **limit}) for limit in limits]
    return judge(made, tables, **options)


def one(limit, tables, **options):
    return judged([limit], tables, **options)[0]


GAP = {"metric": "demographic_parity_difference"}
RATIO = {"metric": "demographic_parity_ratio"}
WIDE = tables_of_counts(F=(300, 1000), M=(500, 1000))


def test_the_interval_inside_is_a_pass_outside_a_fail_astride_neither():
    assert one({**GAP, "max": 0.3}, WIDE).state == "pass"
    assert one({**GAP, "max": 0.1}, WIDE).state == "fail"
    assert one({**GAP, "max": 0.2}, WIDE).state == "inconclusive"


def test_the_ends_of_the_limit_are_inside():
    interval = one({**GAP, "max": 1}, WIDE).interval
    assert one({**GAP, "max": interval.high}, WIDE).state == "pass"
    assert one({**GAP, "max": math.nextafter(interval.high, 0)}, WIDE).state == "inconclusive"
    assert one({**GAP, "max": interval.low}, WIDE).state == "inconclusive"
    assert one({**GAP, "max": math.nextafter(interval.low, 0)}, WIDE).state == "fail"


def test_a_lower_limit_on_a_ratio():
    assert one({**RATIO, "min": 0.8}, WIDE).state == "fail"
    assert one({**RATIO, "min": 0.5}, WIDE).state == "pass"
    assert one({**RATIO, "min": 0.6}, WIDE).state == "inconclusive"


def test_the_interval_of_two_groups_is_miettinen_and_nurminens():
    low, high = miettinen_nurminen_difference(500, 1000, 300, 1000)
    found = one({**GAP, "max": 0.1}, WIDE).interval
    # Of the worst of several the upper end is the pair's own; the lower end leaves 0 by a permutation test.
    assert found.high == pytest.approx(high, abs=1e-9)
    assert found.low == pytest.approx(low, abs=0.01)


def test_the_point_decides_where_the_policy_says_so():
    assert one({**GAP, "max": 0.2, "decide_on": "point"}, WIDE).state == "pass"
    verdict = one({**GAP, "max": 0.19, "decide_on": "point"}, WIDE)
    assert verdict.state == "fail"
    assert "decided on the point" in verdict.words


def test_a_figure_that_is_undefined_is_no_pass():
    lonely = tables_of_counts(F=(300, 1000), M=(2, 4))
    verdict = one({**GAP, "max": 1}, lonely)
    assert verdict.state == "undefined"
    assert verdict.reason == "fewer than two groups reach the minimum size"


def test_a_small_group_holds_a_pass_back_until_it_is_waived():
    three = tables_of_counts(F=(300, 1000), M=(330, 1000), X=(3, 12))
    held = one({**GAP, "max": 0.2}, three)
    assert (held.state, "X, with fewer than 30" in held.reason) == ("inconclusive", True)
    assert one({**GAP, "max": 0.2, "waive": ("X",)}, three).state == "pass"
    assert one({**GAP, "max": 0.2, "min_group_size": 5}, three).state == "inconclusive"


def test_a_small_group_does_not_hold_a_failure_back():
    assert one({**GAP, "max": 0.1}, tables_of_counts(F=(300, 1000), M=(500, 1000), X=(3, 12))).state == "fail"


def test_the_minimum_size_of_the_audit_is_used_unless_the_limit_names_one():
    tables = tables_of_counts(F=(10, 20), M=(10, 20))
    assert one({**GAP, "max": 1}, tables).state == "undefined"
    assert one({**GAP, "max": 1}, tables, min_group_size=20).state == "pass"
    assert one({**GAP, "max": 1, "min_group_size": 20}, tables).limit.min_group_size == 20


def wilson(k, n, level):
    return proportion_confint(k, n, alpha=1 - level, method="wilson")


def test_a_limit_on_a_rate_looks_at_every_group_with_bonferronis_interval():
    tables = tables_of_counts(F=(300, 1000), M=(500, 1000))
    verdict = one({"metric": "selection_rate", "min": 0.2}, tables)
    assert verdict.state == "pass"
    assert verdict.value == 0.3
    low, high = wilson(300, 1000, 0.975)
    assert (verdict.interval.low, verdict.interval.high) == pytest.approx((low, high), abs=1e-9)


def test_a_limit_on_a_rate_of_all_rows_needs_no_correction():
    verdict = one({"metric": "selection_rate", "attribute": "overall", "min": 0.2}, WIDE)
    assert verdict.interval.low == pytest.approx(wilson(800, 2000, 0.95)[0], abs=1e-9)


def test_a_group_that_breaks_a_limit_is_not_hidden_by_a_noisier_one():
    # X's interval reaches further below 0.35 than F's, but only F's lies outside it as a whole.
    tables = tables_of_counts(F=(3000, 10_000), M=(5000, 10_000), X=(13, 40))
    verdict = one({"metric": "selection_rate", "min": 0.35}, tables)
    assert verdict.state == "fail"
    assert "(F)" in verdict.words


def test_on_the_point_the_group_whose_rate_is_furthest_out_decides():
    tables = tables_of_counts(F=(3000, 10_000), M=(5000, 10_000), X=(16, 40))
    verdict = one({"metric": "selection_rate", "min": 0.35, "decide_on": "point"}, tables)
    assert (verdict.state, verdict.value) == ("fail", 0.3)


def test_a_verdict_names_the_groups_whose_figure_it_is():
    tables = tables_of_counts(F=(500, 1000), M=(700, 1000), X=(600, 1000))
    rate = one({"metric": "selection_rate", "min": 0.4}, tables)
    gap = one({**GAP, "max": 0.1}, tables)
    assert (rate.group, rate.reference) == (("F",), None)
    assert {gap.group, gap.reference} == {("F",), ("M",)}


def test_a_limit_on_a_rate_of_one_group():
    limit = {"metric": "selection_rate", "group": "M", "max": 0.55}
    verdict = one(limit, WIDE)
    assert (verdict.state, verdict.value) == ("pass", 0.5)
    assert verdict.interval.high == pytest.approx(wilson(500, 1000, 0.95)[1], abs=1e-9)


def test_a_limit_on_one_pair_leaves_the_others_aside():
    tables = tables_of_counts(F=(300, 1000), M=(310, 1000), X=(900, 1000))
    assert one({**GAP, "max": 0.1}, tables).state == "fail"
    verdict = one({**GAP, "max": 0.1, "group": "F", "reference": "M"}, tables)
    assert verdict.state == "pass"
    assert verdict.value == pytest.approx(0.01)
    assert verdict.limit.group == ("F",)


def test_a_limit_against_one_reference_takes_the_worst_of_the_others():
    tables = tables_of_counts(F=(300, 1000), M=(400, 1000), X=(500, 1000))
    verdict = one({**GAP, "max": 0.25, "reference": "M"}, tables)
    assert verdict.value == pytest.approx(0.1)
    assert verdict.interval.level == pytest.approx(0.975)


def test_no_group_of_that_size_leaves_a_rate_undefined():
    verdict = one({"metric": "selection_rate", "min": 0.1}, tables_of_counts(F=(1, 2), M=(1, 3)))
    assert (verdict.state, verdict.reason) == ("undefined", "no group reaches the minimum size")


def test_unknown_names_are_told_all_at_once():
    limits = [
        {"metric": "demographic_parity_diference", "max": 0.1},
        {"metric": "accuracy", "attribute": "sexx", "min": 0.1},
        {**GAP, "max": 0.1, "waive": ("Y",), "group": "Z"},
        {"metric": "accuracy", "min": 0.1, "reference": "M"},
    ]
    with pytest.raises(InputError) as caught:
        judged(limits, WIDE)
    assert {problem.where: problem.code for problem in caught.value.problems} == {
        "limit[0].metric": "unknown_metric",
        "limit[1].attribute": "unknown_attribute",
        "limit[2].waive": "unknown_group",
        "limit[2].group": "unknown_group",
        "limit[3].reference": "needless_reference",
    }


def crossed():
    rng = np.random.default_rng(0)
    sex, race = rng.choice(["F", "M"], 4000), rng.choice(["A", "B"], 4000)
    y = rng.integers(0, 2, 4000)
    cube = cube_of(y, y, sensitive_features={"sex": sex, "race": race})
    return {"sex": group_table(cube, "sex"), "sex x race": group_table(cube, "sex", "race")}


def test_an_intersection_may_be_named_in_any_order():
    tables = crossed()
    same = [
        judge([Limit(metric="selection_rate", attribute=name, group=group, min=0.1)], tables)[0]
        for name, group in (("sex x race", ("F", "B")), ("race x sex", ("B", "F")))
    ]
    assert same[0] == same[1]


# ---- the family --------------------------------------------------------------------------------


def test_two_limits_share_the_error():
    # At 95 % alone each would hold; together the first look is at 97.5 %.
    verdicts = judged([{**GAP, "max": 1}, {**RATIO, "min": 0}], WIDE)
    assert [v.state for v in verdicts] == ["pass", "pass"]
    assert {v.interval.level for v in verdicts} == {0.975}


def test_what_is_decided_leaves_the_family():
    limits = [{**GAP, "max": 1}, {**GAP, "max": 0.2}, {**RATIO, "min": 0}]
    verdicts = judged(limits, WIDE)
    assert [v.state for v in verdicts] == ["pass", "inconclusive", "pass"]
    levels = [round(v.interval.level, 6) for v in verdicts]
    assert levels == [round(1 - 0.05 / 3, 6), 0.95, round(1 - 0.05 / 3, 6)]


def p_of_limit(k, n, bound):
    """Twice the one-sided p-value of "the rate is above": the score test, which Wilson's interval inverts."""
    return 2 * norm.sf((k / n - bound) / math.sqrt(bound * (1 - bound) / n))


def test_a_limit_that_alone_would_pass_is_decided_as_holm_decides():
    tables = tables_of_counts(F=(300, 1000), M=(300, 1000))
    bounds = (0.255, 0.265, 0.27, 0.28)
    for first, second, third in product(bounds, repeat=3):
        limits = [
            {"metric": "selection_rate", "attribute": "overall", "min": bound}
            for bound in (first, second, third)
        ]
        p = [p_of_limit(600, 2000, bound) for bound in (first, second, third)]
        alive, passed = sorted(range(3), key=lambda i: p[i]), set()
        for step, i in enumerate(alive):
            if p[i] > 0.05 / (3 - step):
                break
            passed.add(i)
        states = [v.state for v in judged(limits, tables)]
        assert [state == "pass" for state in states] == [i in passed for i in range(3)]


def test_limits_on_the_point_are_no_part_of_the_family():
    verdicts = judged([{**GAP, "max": 1, "decide_on": "point"}, {**GAP, "max": 1}], WIDE)
    assert [v.interval.level for v in verdicts] == [0.95, 0.95]


def test_a_pass_that_is_held_back_leaves_the_family_too():
    three = tables_of_counts(F=(300, 1000), M=(330, 1000), X=(3, 12))
    verdicts = judged([{**GAP, "max": 0.2}, {**GAP, "max": 0.073, "waive": ("X",)}], three)
    assert [v.state for v in verdicts] == ["inconclusive", "pass"]
    assert verdicts[1].interval.level == pytest.approx(0.95)


# ---- sums --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "worst", "code"),
    [
        ([], None, 0),
        (["pass", "pass"], "pass", 0),
        (["pass", "inconclusive"], "inconclusive", 3),
        (["inconclusive", "undefined"], "undefined", 3),
        (["undefined", "fail", "pass"], "fail", 1),
    ],
)
def test_the_sum_of_verdicts(states, worst, code):
    template = one({**GAP, "max": 1}, WIDE)
    verdicts = [template.model_copy(update={"state": state}) for state in states]
    assert worst_state(verdicts) == worst
    assert exit_code(worst) == code


def test_groups_are_named_for_people():
    assert group_name(("F", None)) == "F x (missing)"
    assert group_name(()) == "all rows"
