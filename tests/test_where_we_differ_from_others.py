"""docs/where-we-differ.md row by row, for AIF360, SageMaker Clarify and statsmodels."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

import evenhand.metrics as em
from evenhand.errors import Reason
from evenhand.metrics import Options, against_each, cube_of, group_table, metric_named
from evenhand.metrics.benefits import decision_inequality
from evenhand.metrics.composite import composite_estimates
from evenhand.metrics.conditional import conditional_disparity
from evenhand.metrics.data_bias import label_bias
from evenhand.metrics.differential import differential_fairness
from evenhand.metrics.flips import counterfactual_flip_rate
from evenhand.metrics.individual import consistency
from evenhand.metrics.inequality import generalized_entropy
from evenhand.metrics.intervals import (
    miettinen_nurminen_difference,
    miettinen_nurminen_ratio,
    modified_wilson,
    wilson,
)
from evenhand.metrics.label_distances import kl_divergence
from evenhand.metrics.rates import RATES, count
from evenhand.tests import peer_formulas as peer

G = np.array(list("ddddaaaa"))
D = G == "d"
Y = np.array([1, 0, 1, 0, 1, 0, 1, 0])
P = np.array([0, 0, 1, 0, 1, 1, 1, 0])


def table_of(y, p, groups=G, **options):
    return group_table(cube_of(y, p, sensitive_features={"g": groups}, **options), "g")


def signed(rate, y, p, groups=G, comparison="difference", reference=("a",)):
    [gap] = against_each(table_of(y, p, groups), metric_named(rate), comparison, reference, Options())
    return gap


# ---- AIF360 ----------------------------------------------------------------------------------------


def test_aif360_sign_of_a_difference():
    assert peer.aif360_parity_difference(P, ~D) == -0.5
    assert em.demographic_parity_difference(Y, P, sensitive_features=G) == 0.5
    assert signed("selection_rate", Y, P).value == -0.5


def test_aif360_two_groups_only():
    p, groups = np.array([1, 1, 1, 0, 0, 0]), np.repeat(list("bac"), 2)
    assert peer.aif360_parity_difference(p, groups == "a") == 0  # b and c are one group
    assert em.demographic_parity_difference(None, p, sensitive_features=groups) == 1


def test_aif360_ratio_above_one():
    p = P[::-1]
    assert peer.aif360_disparate_impact(p, ~D) == 3
    assert em.demographic_parity_ratio(Y, p, sensitive_features=G) == pytest.approx(1 / 3)
    assert signed("selection_rate", Y, p, comparison="ratio").value == pytest.approx(3)


def test_aif360_ratio_to_a_rate_of_zero():
    p = np.where(D, 1 - Y, 0)
    assert peer.aif360_disparate_impact(p, ~D) == np.inf
    assert peer.aif360_disparate_impact_ratio(p, ~D) == 0
    gap = signed("selection_rate", Y, p, comparison="ratio")
    assert np.isnan(gap.value)
    assert gap.reason is Reason.ZERO_REFERENCE


def test_aif360_recall_without_positives():
    y = np.where(D, Y, 0)
    assert peer.aif360_recall_difference(y, P, ~D) == 0.5
    gap = signed("true_positive_rate", y, P)
    assert np.isnan(gap.value)
    assert gap.reason is Reason.NO_POSITIVES


def test_aif360_precision_of_nobody():
    assert peer.aif360_precision(Y[D], 0 * P[D]) == 0
    found = em.MetricFrame(metrics="precision_score", y_true=Y, y_pred=P * ~D, sensitive_features=G)
    assert np.isnan(found.by_group["d"])


def test_aif360_odds_that_cancel():
    y, p = np.array([1, 1, 0, 0] * 2), np.array([1, 0, 0, 0, 0, 0, 1, 0])
    assert peer.aif360_average_odds_difference(y, p, ~D) == 0
    assert em.group_metric("average_odds_difference", y, p, sensitive_features=G) == 0.5


def test_aif360_entropy_of_alpha_zero():
    b = np.array([1.0, 2.0, 1.0, 0.5])
    deviation = -np.mean(np.log(b / b.mean()))
    assert generalized_entropy(b, np.ones(4), 0) == pytest.approx(deviation)
    assert peer.aif360_entropy(b, 0) == pytest.approx(deviation / b.mean())


def test_aif360_between_two_of_three_groups():
    y, p = np.array([1, 0, 1, 0, 1, 0]), np.array([1, 0, 0, 0, 1, 1])
    groups = np.repeat(list("dac"), 2)
    assert peer.aif360_between_groups(p - y + 1.0, groups, "d", "a") == pytest.approx(1 / 3)
    assert decision_inequality(table_of(y, p, groups), draws=10).between.value == pytest.approx(1 / 12)


def test_aif360_entropy_of_weighted_rows():
    weight = np.array([1, 1, 1, 5, 1, 1, 1, 1])
    p = np.where(np.arange(8) == 2, 0, Y)
    one = decision_inequality(table_of(Y, p, sample_weight=weight), draws=10).total.value
    b = p - Y + 1.0
    assert one == pytest.approx(peer.aif360_entropy(np.repeat(b, weight), 2))
    assert one != pytest.approx(peer.aif360_entropy(b, 2))  # AIF360 does not look at the weights


def test_aif360_own_neighbour():
    x, y = np.arange(6.0)[:, None], np.array([1, 0, 1, 0, 1, 0])
    assert peer.aif360_consistency(x, y, 1) == 1  # everybody agrees with themselves
    assert consistency(x, y, n_neighbors=1).value == 0
    assert consistency(x, y, n_neighbors=1, include_self=True).value == 1


def test_aif360_groups_as_strata():
    p, groups = np.array([1, 0, 0, 0, 1, 1, 1, 0]), G
    assert peer.aif360_conditional_disparity(p, groups) == 0  # whatever two equal groups are given
    cube = cube_of(None, p, sensitive_features={"g": groups}, control_features={"job": list("stststst")})
    found = conditional_disparity(cube, ["g"], ("d",), draws=10)
    assert found.value == pytest.approx(2 / 3)
    assert found.crude == pytest.approx(0.5)


def test_aif360_sign_of_imbalance():
    groups = np.array(list("ddaaaaaa"))
    cube = cube_of(Y, None, sensitive_features={"g": groups})
    [ours] = label_bias(cube, "g", reference=("a",), measures=["class_imbalance"], draws=10)
    assert ours.value == 0.5
    assert peer.aif360_class_imbalance(groups == "a") == -0.5


def test_aif360_divergence_on_the_support_of_the_labels():
    p = np.array([0, 0, 1, 1, 0, 2, 2, 1])
    assert peer.aif360_kl(Y, p, ~D) < 0  # no divergence is below zero
    shares = [[np.mean(p[rows] == value) for value in (0, 1, 2)] for rows in (~D, D)]
    assert kl_divergence(*shares) == np.inf


def test_aif360_one_label_value_for_edf():
    y = np.array([0, 1, 2, 2, 0, 1, 1, 2])
    assert peer.aif360_edf(y, G, positive=0, concentration=0) == 0
    cube = cube_of(y, None, sensitive_features={"g": G}, task="multiclass")
    found = differential_fairness(cube, "g", outcome="y_true", concentration=0, draws=10)
    assert found.value == pytest.approx(math.log(2))


def test_aif360_smoothing_of_a_group_of_one_label():
    y = np.array([1, 0, 1, 0, 1, 1, 1, 1])
    assert peer.aif360_edf(y, G) == np.inf  # four of four stay certain
    found = differential_fairness(cube_of(None, y, sensitive_features={"g": G}), "g", draws=10)
    assert found.value == pytest.approx(math.log((2.5 / 5) / (0.5 / 5)))


def test_aif360_edf_of_what_never_happens():
    assert np.isnan(peer.aif360_edf(0 * Y, G, concentration=0))
    cube = cube_of(0 * Y, None, sensitive_features={"g": G})
    assert differential_fairness(cube, "g", outcome="y_true", concentration=0, draws=10).value == 0


def test_aif360_edf_of_one_group():
    with pytest.raises(ValueError, match=r"max\(\)"):
        peer.aif360_edf(Y, np.array(["d"] * 8))
    found = differential_fairness(cube_of(None, P, sensitive_features={"g": ["d"] * 8}), "g")
    assert np.isnan(found.value)
    assert found.reason is Reason.SINGLE_GROUP


def test_aif360_rows_with_something_missing():
    frame = pd.DataFrame({"g": [*G, None], "y": [*Y, 1], "age": [*range(8), 30]})
    frame.loc[0, "age"] = None
    assert len(peer.aif360_complete_rows(frame)) == 7
    table = table_of(frame["y"], None, frame["g"])
    assert dict(zip(table.groups, table.rows, strict=True)) == {("d",): 4, ("a",): 4, (None,): 1}


# ---- SageMaker Clarify -----------------------------------------------------------------------------


def test_clarify_recall_without_positives():
    y = np.where(D, 0, Y)
    assert peer.clarify_recall_difference(y, P, D) == 1
    gap = signed("true_positive_rate", y, P)
    assert np.isnan(gap.value)
    assert gap.reason is Reason.NO_POSITIVES


def test_clarify_precision_of_nobody():
    p = np.where(D, 0, P)
    assert peer.clarify_acceptance_difference(Y, p, D) == pytest.approx(2 / 3)
    gap = signed("positive_predictive_value", Y, p)
    assert np.isnan(gap.value)
    assert gap.reason is Reason.NO_SELECTED


def test_clarify_mixed_directions():
    y, p = np.array([1, 1, 0, 0] * 2), np.array([1, 0, 1, 0, 1, 1, 0, 0])
    assert peer.clarify_recall_difference(y, p, D) == 0.5  # a minus d: d is worse off
    assert peer.clarify_specificity_difference(y, p, D) == -0.5  # d minus a: d is worse off, too
    assert signed("true_positive_rate", y, p).value == signed("true_negative_rate", y, p).value == -0.5


def test_clarify_ratio_to_a_rate_of_zero():
    p = np.where(D, Y, 0)
    assert peer.clarify_disparate_impact(p, D) == np.inf
    gap = signed("selection_rate", Y, p, comparison="ratio")
    assert np.isnan(gap.value)
    assert gap.reason is Reason.ZERO_REFERENCE
    assert em.demographic_parity_ratio(Y, p, sensitive_features=G) == 0


def test_clarify_nobody_selected():
    assert peer.clarify_disparate_impact(0 * P, D) == 0  # as if d were shut out; the report raises instead
    assert np.isnan(em.demographic_parity_ratio(Y, 0 * P, sensitive_features=G))
    assert em.demographic_parity_difference(Y, 0 * P, sensitive_features=G) == 0


def test_clarify_infinite_error_balances():
    assert peer.clarify_treatment_equality(Y, 0 * P, D) == 0  # infinite in both groups, so called equal
    found = composite_estimates(table_of(Y, 0 * P), "false_negative_false_positive_ratio", draws=10)
    assert [(np.isnan(one.value), one.reason) for one in found] == [(True, Reason.ZERO_DENOMINATOR)] * 2


def test_clarify_label_that_one_group_lacks():
    labels = np.array(list("xxyzxxyy"))
    cube = cube_of(labels, None, sensitive_features={"g": G}, task="multiclass")
    ours = {gap.metric: gap.value for gap in label_bias(cube, "g", reference=("a",), draws=10)}
    kept = {
        "label_js_divergence": peer.clarify_js(labels, D),
        "label_lp_norm": peer.clarify_norm(labels, D, 2),
        "label_total_variation": peer.clarify_norm(labels, D, 1) / 2,
    }
    assert all(theirs < ours[name] for name, theirs in kept.items())
    assert ours["label_total_variation"] == 2 * kept["label_total_variation"] == 0.25


def test_clarify_divergence_below_zero():
    labels = np.array(list("xxyyxzzy"))
    assert peer.clarify_kl(labels, D) < 0
    cube = cube_of(labels, None, sensitive_features={"g": G}, task="multiclass")
    [gap] = label_bias(cube, "g", reference=("a",), measures=["label_kl_divergence"], draws=10)
    assert gap.value == np.inf


def test_clarify_stratum_of_one_outcome():
    strata, accepted = np.array(list("ssttsstt")), np.array([1, 1, 1, 0, 1, 1, 0, 0])
    assert peer.clarify_conditional_disparity(accepted == 1, D, strata) == pytest.approx((-1 / 2 - 2 / 3) / 2)
    options = {"sensitive_features": {"g": G}, "control_features": {"job": strata}}
    found = conditional_disparity(cube_of(None, accepted, **options), ["g"], ("d",), draws=10)
    assert found.value == pytest.approx(-2 / 3)
    assert [one.weight for one in found.strata] == [0, 1]  # nobody in s was rejected: left out, and listed


def test_clarify_conditional_disparity_without_rejections():
    everybody, strata = np.ones(8, dtype=int), np.array(list("stststst"))
    with pytest.raises(ValueError, match="no negative"):
        peer.clarify_conditional_disparity(everybody == 1, D, strata)
    options = {"sensitive_features": {"g": G}, "control_features": {"job": strata}, "pos_label": 1}
    cube = cube_of(None, everybody, **options)
    found = conditional_disparity(cube, ["g"], ("d",), draws=10)
    assert np.isnan(found.value)
    assert found.reason is Reason.ZERO_DENOMINATOR


def test_clarify_entropy_of_alpha_zero_and_one():
    b = P - Y + 1.0
    with pytest.raises(NotImplementedError):
        peer.clarify_entropy(Y, P, 1)
    near = peer.clarify_entropy(Y, P, 1 + 1e-6)
    assert generalized_entropy(b, np.ones(8), 1) == pytest.approx(near, abs=1e-5)


def test_clarify_entropy_of_false_negatives_only():
    with pytest.raises(ValueError, match="false negatives"):
        peer.clarify_entropy(Y * 0 + 1, P * 0, 2)
    options = {"sensitive_features": {"g": G}, "pos_label": 1}
    found = decision_inequality(group_table(cube_of(Y * 0 + 1, P * 0, **options), "g"), draws=10)
    assert np.isnan(found.total.value)
    assert found.total.reason is Reason.ALL_ZERO


def test_clarify_labels_of_few_rows():
    few, many = Y, np.tile(Y, 20)
    assert peer.clarify_positive(many, [1]).sum() == 80
    assert peer.clarify_positive(few, [1]).sum() == 0  # a threshold above which nothing lies: no gap at all
    assert (peer.clarify_positive(few, [0]) == (few == 1)).all()  # the other label
    cube = cube_of(few, None, sensitive_features={"g": G}, pos_label=0)
    assert count(group_table(cube, "g"), RATES["base_rate"]).value.tolist() == [0.5, 0.5]


def test_clarify_missing_group():
    groups = np.array([*"dddd", *"aa", None, None], dtype=object)
    d = peer.clarify_facet(groups, "d")
    assert (~d).sum() == 4  # those of whom nothing is known are counted as advantaged
    assert P[~d].mean() - P[d].mean() == 0.5
    assert signed("selection_rate", Y, P, groups).value == -0.75


def test_clarify_one_against_the_rest():
    p, groups = np.array([1, 1, 0, 1, 0, 0]), np.repeat(list("bdc"), 2)
    d = groups == "d"
    assert p[~d].mean() - p[d].mean() == 0
    assert em.demographic_parity_difference(None, p, sensitive_features=groups) == 1


def test_clarify_flip_test_by_neighbours():
    x, d = np.repeat([[9.0], [9.0], [0.0]], 4, axis=0), np.repeat([False, True, False], 4)
    p = np.repeat([1, 0, 0], 4)
    assert peer.clarify_flip_test(x, p, d) == -1  # like-looking people of the other group were selected
    table = pd.DataFrame({"x": x[:, 0], "late": p == 0, "group": np.where(d, "d", "a")})
    asked = counterfactual_flip_rate(lambda rows: (~rows["late"]).astype(int), table, "group")
    assert asked.value.value == 0  # the model itself is asked, and it does not read the group


# ---- statsmodels -----------------------------------------------------------------------------------


def theirs_difference(*counts):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the arc cosine and of divisions
        return confint_proportions_2indep(*counts, method="score", compare="diff", correction=True)


def test_statsmodels_score_interval_of_a_difference():
    published = (0.0528, 0.3382)  # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 5
    assert np.allclose(miettinen_nurminen_difference(56, 70, 48, 80), published, atol=6e-5)
    assert theirs_difference(56, 70, 48, 80)[1] == pytest.approx(0.3440, abs=1e-4)


@pytest.mark.parametrize("counts", [(0, 20, 10, 50), (20, 20, 50, 50), (3, 8, 30, 40)])
def test_statsmodels_small_or_extreme_counts(counts):
    with pytest.raises(ValueError, match="NaN"):
        theirs_difference(*counts)
    low, high = miettinen_nurminen_difference(*counts)
    assert -1 <= low < counts[0] / counts[1] - counts[2] / counts[3] < high <= 1


def test_statsmodels_wilson_of_rare_outcomes():
    theirs = proportion_confint(1, 20, method="wilson")
    assert wilson(1, 20) == pytest.approx(theirs)
    assert theirs == pytest.approx((0.0089, 0.2361), abs=5e-5)
    assert modified_wilson(1, 20) == pytest.approx((0.0026, 0.2361), abs=5e-5)


def test_statsmodels_ratio_where_all_succeed():
    low, _ = confint_proportions_2indep(20, 20, 50, 50, method="score", compare="ratio", correction=True)
    assert low == pytest.approx(1)  # the two rates are equal, and the interval has no lower half
    assert miettinen_nurminen_ratio(20, 20, 50, 50)[0] == pytest.approx(0.8369, abs=1e-4)
