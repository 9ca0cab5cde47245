"""What the audit says of every grouping, beside fairlearn's MetricFrame on Adult."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fl
from sklearn.metrics import accuracy_score, precision_score

from evenhand import InputError, Result, audit_predictions
from evenhand.audit.conditional import conditional_facts
from evenhand.audit.measure import Plan, check_reference, grouping_facts, tables_of
from evenhand.errors import Reason
from evenhand.metrics.disparity import Options
from evenhand.metrics.tally import cube_of

FEATURES = ["sex", "race"]


@pytest.fixture(scope="module")
def result(tested: pd.DataFrame) -> Result:
    return audit_predictions(
        tested["income"],
        tested["decision"],
        sensitive_features=tested[FEATURES],
        control_features=tested[["marital-status"]],
        y_score=tested["p"],
        pos_label=">50K",
        min_group_size=1,
    )


def positive_precision(y_true, y_pred):
    return precision_score(y_true, y_pred, zero_division=np.nan)


RATES = {
    "selection_rate": fl.selection_rate,
    "true_positive_rate": fl.true_positive_rate,
    "false_positive_rate": fl.false_positive_rate,
    "true_negative_rate": fl.true_negative_rate,
    "false_negative_rate": fl.false_negative_rate,
    "accuracy": accuracy_score,
    "positive_predictive_value": positive_precision,
}


@pytest.mark.parametrize("attributes", [["sex"], ["race"], ["sex", "race"]])
def test_every_rate_of_every_group_is_fairlearns(result, tested, attributes):
    y, p = tested["income"] == ">50K", tested["decision"] == ">50K"
    frame = fl.MetricFrame(
        metrics=RATES, y_true=y, y_pred=p, sensitive_features=tested[attributes]
    ).by_group.dropna(how="all")
    name = " x ".join(attributes)
    [grouping] = [item for item in result.record.groupings if item.name == name]
    assert len(grouping.groups) == len(frame)
    for group in grouping.groups:
        theirs = frame.loc[group.group if len(attributes) > 1 else group.group[0]]
        for rate in RATES:
            if not math.isnan(group.rates[rate].value):  # fairlearn says 0 where a denominator is 0
                assert group.rates[rate].value == pytest.approx(theirs[rate], abs=1e-12)


DISPARITIES = [
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equalized_odds_difference",
    "equalized_odds_ratio",
]


@pytest.mark.parametrize("metric", DISPARITIES)
@pytest.mark.parametrize("attribute", FEATURES)
def test_every_worst_gap_is_fairlearns(result, tested, metric, attribute):
    y, p = tested["income"] == ">50K", tested["decision"] == ">50K"
    theirs = getattr(fl, metric)(y, p, sensitive_features=tested[attribute])
    assert result.disparity(metric, attribute).value == pytest.approx(theirs, abs=1e-12)


def test_mean_scores_and_shares(result, tested):
    by = tested.groupby("sex")["p"].mean()
    frame = result.by_group.query("grouping == 'sex'").set_index("group")
    assert frame["mean_score"].to_dict() == pytest.approx(by.to_dict())
    assert frame["share"].to_dict() == pytest.approx(tested["sex"].value_counts(normalize=True).to_dict())


def test_the_size_of_a_group_marks_it():
    sex = ["F"] * 40 + ["M"] * 20 + ["X"] * 5 + [None] * 35
    y = [0, 1] * 50
    result = audit_predictions(y, y, sensitive_features={"sex": sex})
    marks = {g.name: (g.below_minimum, g.withheld, g.missing) for g in result.record.groupings[0].groups}
    assert marks == {
        "F": (False, False, False),
        "M": (True, False, False),
        "X": (True, True, False),
        "(missing)": (False, False, True),
    }


# ---- the reference -------------------------------------------------------------------------------

RACES = {"sex": ["F", "M", "M", "F"] * 50, "race": ["A", "A", "B", "A"] * 50}
LABELS = [0, 1, 1, 0, 1, 0, 0, 1] * 25


def facts(reference):
    cube = cube_of(LABELS, LABELS[::-1], sensitive_features=RACES)
    plan = Plan((("sex",), ("race",), ("sex", "race")), reference, Options(), 10)
    return {item.name: item for item in grouping_facts(cube, plan)}


def test_the_reference_is_the_largest_group_unless_named():
    found = facts({"race": "B"})
    assert found["sex"].reference in {("F",), ("M",)}
    assert found["race"].reference == ("B",)
    assert found["sex x race"].reference == ("F", "A")


def test_the_reference_of_an_intersection_is_made_of_its_attributes():
    assert facts({"sex": "M", "race": "B"})["sex x race"].reference == ("M", "B")


def test_references_that_never_occur_together_leave_the_largest():
    assert facts({"sex": "F", "race": "B"})["sex x race"].reference == ("F", "A")


def test_the_reference_of_an_intersection_may_be_named():
    assert facts({"sex x race": ("M", "A")})["sex x race"].reference == ("M", "A")


@pytest.mark.parametrize("choice", ["overall", "rest", "all_pairs"])
def test_without_a_reference_group_comparisons_are_of_that_kind(choice):
    found = facts(choice)["sex"]
    pairs = [d for d in found.disparities if d.metric == "accuracy"]
    assert found.reference is None
    assert {d.against for d in pairs} == {choice}


def test_references_that_are_not_there_are_told_all_at_once():
    cube = cube_of(LABELS, LABELS, sensitive_features=RACES)
    plan = Plan((("sex",),), {"sexx": "M", "sex": "Mal"}, Options(), 10)
    with pytest.raises(InputError) as caught:
        check_reference(plan, tables_of(cube, plan.groupings))
    assert [problem.where for problem in caught.value.problems] == ["reference.sexx", "reference.sex"]


# ---- control columns -----------------------------------------------------------------------------


def test_the_pooled_gap_is_statsmodels_weighting(result, tested):
    part = next(item for item in result.record.conditional if item.grouping == "sex")
    found = next(item for item in part.pooled if item.metric == "selection_rate")
    p = tested["decision"] == ">50K"
    counts = [
        [[(p & (s == who)).sum(), (~p & (s == who)).sum()] for who in (*found.group, *found.reference)]
        for s in (
            tested["sex"].where(tested["marital-status"] == level)
            for level in tested["marital-status"].unique()
        )
    ]
    tables = [np.array(table) for table in counts if np.array(table).sum(axis=1).all()]
    weights = [t.sum(axis=1).prod() / t.sum() for t in tables]
    gaps = [t[0, 0] / t[0].sum() - t[1, 0] / t[1].sum() for t in tables]
    assert found.value == pytest.approx(np.average(gaps, weights=weights))
    rate = tested.assign(p=p).groupby("sex")["p"].mean()
    assert found.crude == pytest.approx(rate[found.group[0]] - rate[found.reference[0]])
    assert found.interval.holds(found.value)
    assert found.strata == len(tables)


def test_gaps_within_a_level_are_those_of_its_rows_alone(result, tested):
    part = next(item for item in result.record.conditional if item.grouping == "sex")
    rows = tested[tested["marital-status"] == "Never-married"]
    alone = audit_predictions(
        rows["income"], rows["decision"], sensitive_features=rows[["sex"]], pos_label=">50K", min_group_size=1
    )
    level = next(item for item in part.strata if item.level == "Never-married")
    mine = next(item for item in level.figures if item.metric == "demographic_parity_difference")
    assert level.rows == len(rows)
    assert mine == alone.disparity("demographic_parity_difference", "sex")


def simpson():
    """Within each department both sexes are admitted alike; women apply where few are admitted."""
    dept = ["hard"] * 500 + ["easy"] * 500
    sex = (["F"] * 400 + ["M"] * 100) + (["F"] * 100 + ["M"] * 400)
    chosen = ([1] * 80 + [0] * 320 + [1] * 20 + [0] * 80) + ([1] * 70 + [0] * 30 + [1] * 280 + [0] * 120)
    return cube_of(None, chosen, sensitive_features={"sex": sex}, control_features={"dept": dept})


def test_a_gap_that_the_control_column_explains_vanishes():
    plan = Plan((("sex",),), {"sex": "M"}, Options(min_group_size=30), 10)
    [part] = conditional_facts(simpson(), ["dept"], plan)
    [found] = part.pooled
    assert found.crude == pytest.approx(0.3 - 0.6)
    assert found.value == pytest.approx(0)
    assert found.interval.low < 0 < found.interval.high


def test_groups_that_never_meet_have_no_pooled_gap():
    cube = cube_of(
        None,
        [0, 1] * 50,
        sensitive_features={"sex": ["F", "M"] * 50},
        control_features={"c": ["a", "b"] * 50},
    )
    [part] = conditional_facts(cube, ["c"], Plan((("sex",),), "largest", Options(), 10))
    assert part.pooled[0].reason == Reason.NO_STRATUM
    assert math.isnan(part.pooled[0].value)
    assert part.pooled[0].interval is None


def test_a_pooled_gap_of_none_selected_claims_no_certainty():
    cube = cube_of(
        None,
        [0] * 100,
        sensitive_features={"sex": ["F", "M"] * 50},
        control_features={"c": ["a"] * 50 + ["b"] * 50},
    )
    [part] = conditional_facts(cube, ["c"], Plan((("sex",),), "largest", Options(), 10))
    assert (part.pooled[0].value, part.pooled[0].interval) == (0.0, None)


def test_small_groups_are_marked_in_pooled_gaps():
    sex = ["F"] * 50 + ["M"] * 50 + ["X"] * 5
    cube = cube_of(
        None, [0, 1, 1] * 35, sensitive_features={"sex": sex}, control_features={"c": ["a", "b", "a"] * 35}
    )
    plan = Plan((("sex",),), {"sex": "M"}, Options(min_group_size=30), 10)
    [part] = conditional_facts(cube, ["c"], plan)
    assert {item.group[0]: (item.below_minimum, item.withheld) for item in part.pooled} == {
        "F": (False, False),
        "X": (True, True),
    }


# ---- weights -------------------------------------------------------------------------------------


def figures(result):
    frame = result.by_group.drop(columns=["rows", "share", "effective"])
    return frame.set_index(["grouping", "group"])


def test_frequency_weights_are_repeated_rows(tested):
    again = tested.loc[tested.index.repeat(tested["weight"])].reset_index(drop=True)
    common = {"pos_label": ">50K", "min_group_size": 1}
    weighted, repeated = (
        audit_predictions(
            rows["income"],
            rows["decision"],
            sensitive_features=rows[FEATURES],
            control_features=rows[["marital-status"]],
            sample_weight=weight,
            weight_kind="frequency",
            **common,
        )
        for rows, weight in ((tested, tested["weight"]), (again, None))
    )
    pd.testing.assert_frame_equal(figures(weighted), figures(repeated))
    keep = ["metric", "comparison", "value", "low", "high"]
    pd.testing.assert_frame_equal(weighted.disparities[keep], repeated.disparities[keep])
    for mine, theirs in zip(weighted.record.conditional, repeated.record.conditional, strict=True):
        values = [[(i.value, i.crude, i.strata) for i in part.pooled] for part in (mine, theirs)]
        np.testing.assert_allclose(*values)


def test_survey_weights_widen_intervals_and_weigh_rates(tested):
    uneven = np.where(np.arange(len(tested)) % 5 == 0, 10.0, 1.0)
    args = (tested["income"], tested["decision"])
    plain, weighted = (
        audit_predictions(*args, sensitive_features=tested["sex"], sample_weight=weight, pos_label=">50K")
        for weight in (None, uneven)
    )
    mine = weighted.by_group.set_index("group")
    theirs = fl.MetricFrame(
        metrics=fl.selection_rate,
        y_true=tested["income"] == ">50K",
        y_pred=tested["decision"] == ">50K",
        sensitive_features=tested["sex"],
        sample_params={"sample_weight": uneven},
    ).by_group
    assert mine["selection_rate"].to_dict() == pytest.approx(theirs.to_dict())
    width = mine["accuracy_high"] - mine["accuracy_low"]
    before = plain.by_group.set_index("group")
    assert (width > 1.2 * (before["accuracy_high"] - before["accuracy_low"])).all()


def test_scaling_survey_weights_changes_nothing(tested):
    args = (tested["income"], tested["decision"])
    one, two = (
        audit_predictions(
            *args, sensitive_features=tested["sex"], sample_weight=tested["weight"] * k, pos_label=">50K"
        )
        for k in (1.0, 7.5)
    )
    pd.testing.assert_frame_equal(figures(one), figures(two))
