"""docs/where-we-differ.md row by row: what fairlearn answers to the same input, and what Evenhand does."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as skm

import evenhand.metrics as em
from evenhand.errors import InputError, Reason
from evenhand.metrics import cube_of, group_table, metric_named, worst_of

HERE = Path(__file__)
PAGE = HERE.parents[1] / "docs" / "where-we-differ.md"
SECTIONS = ("fairlearn", "aif360", "clarify", "statsmodels")

Y = np.array([1, 0, 1, 0, 1, 0, 1, 0])
P = np.array([1, 1, 1, 0, 0, 0, 1, 0])
G = np.array(list("FFFFMMMM"))
GAP = 0.5

# ---- the page --------------------------------------------------------------------------------------


def rows_of_the_page():
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [line for line in lines if "they answer" not in line]


def anchors():
    return [re.findall(r'^\| <a id="([a-z0-9-]+)"></a>', row) for row in rows_of_the_page()]


def names_of_row_tests():
    names = []
    for file in (HERE, HERE.with_name("test_where_we_differ_from_others.py")):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        names += [node.name.removeprefix("test_") for node in body if isinstance(node, ast.FunctionDef)]
    return [name for name in names if name.startswith(SECTIONS)]


def test_every_row_has_an_anchor_and_four_cells():
    assert all(len(found) == 1 for found in anchors())
    assert all(row.count(" | ") == 3 and row.endswith(" |") for row in rows_of_the_page())
    assert all(cell.strip() for row in rows_of_the_page() for cell in row.split("|")[1:-1])


def test_every_row_has_its_test_and_every_test_its_row():
    listed = [anchor.replace("-", "_") for (anchor,) in anchors()]
    assert len(set(listed)) == len(listed) > 40
    assert sorted(listed) == sorted(names_of_row_tests())


def test_every_section_names_the_version_that_was_read():
    headings = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(headings) == len(SECTIONS)
    assert all(re.search(r"\d+\.\d+", heading) for heading in headings)
    assert fm.__name__.split(".")[0] in headings[0]


# ---- fairlearn: undefined figures ------------------------------------------------------------------


def framed(metric, y, p, groups, name="metric"):
    options = {"y_true": y, "y_pred": p, "sensitive_features": groups}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn's, of figures that it sets to 0
        theirs = fm.MetricFrame(metrics={name: metric}, **options)
    return theirs, em.MetricFrame(metrics={name: metric}, **options)


def of_both(name, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = getattr(fm, name)(*args, **options)
    return theirs, getattr(em, name)(*args, **options)


def test_fairlearn_no_positives():
    theirs, ours = framed(fm.true_positive_rate, [1, 1, 0, 0], [1, 0, 0, 1], list("FFMM"))
    assert theirs.by_group["metric"].tolist() == [0.5, 0]
    assert ours.by_group["metric"].tolist() == pytest.approx([0.5, np.nan], nan_ok=True)
    assert ours.undefined() == {("metric", ("M",)): Reason.NO_POSITIVES}


def test_fairlearn_no_negatives():
    theirs, ours = framed(fm.false_positive_rate, [1, 1, 0, 1], [1, 0, 1, 0], list("FFMM"))
    assert theirs.by_group["metric"].tolist() == [0, 1]
    assert ours.by_group["metric"].tolist() == pytest.approx([np.nan, 1], nan_ok=True)


def test_fairlearn_odds_of_a_group_without_positives():
    y, p = [1, 1, 1, 0, 0] * 2 + [0] * 5, [1, 1, 0, 0, 0] * 2 + [0] * 5
    groups = np.repeat(list("abc"), 5)
    theirs, ours = of_both("equalized_odds_difference", y, p, sensitive_features=groups)
    assert theirs == pytest.approx(2 / 3)
    assert np.isnan(ours)
    assert of_both("equalized_odds_difference", y[:10], p[:10], sensitive_features=groups[:10]) == (0, 0)


def test_fairlearn_nobody_selected():
    theirs, ours = of_both("precision_score_group_min", [1, 0, 1], [1, 1, 0], sensitive_features=list("FFM"))
    assert theirs == 0
    assert np.isnan(ours)


def test_fairlearn_f1_of_true_negatives_only():
    theirs, ours = of_both("f1_score_group_min", [1, 0, 0], [1, 1, 0], sensitive_features=list("FFM"))
    assert theirs == 0
    assert np.isnan(ours)


@pytest.mark.parametrize(("metric", "answer"), [("balanced_accuracy_score", 0.5), ("matthews_corrcoef", 0.0)])
def test_fairlearn_composites_of_one_class(metric, answer):
    theirs, ours = framed(getattr(skm, metric), [1, 0, 1, 1], [1, 0, 1, 0], list("FFMM"))
    assert theirs.by_group["metric"]["M"] == answer
    assert np.isnan(ours.by_group["metric"]["M"])


def test_fairlearn_area_of_one_class():
    score, groups = [0.8, 0.2, 0.3, 0.4], list("FFMM")
    theirs, ours = of_both("roc_auc_score_group_min", [1, 0, 1, 1], score, sensitive_features=groups)
    assert theirs == 1  # the group that has none is passed over
    assert np.isnan(ours)


def test_fairlearn_log_loss_of_one_class():
    y, score, groups = [1, 0, 1, 1], [0.8, 0.2, 0.5, 0.5], list("FFMM")
    with pytest.raises(ValueError, match="only one label"):
        fm.log_loss_group_max(y, score, sensitive_features=groups)
    assert em.log_loss_group_max(y, score, sensitive_features=groups) == pytest.approx(np.log(2))


def test_fairlearn_r2_of_equal_labels():
    score, groups = [0.8, 0.2, 0.3, 0.4], list("FFMM")
    theirs, ours = of_both("r2_score_group_min", [1.0, 0, 1, 1], score, sensitive_features=groups)
    assert theirs == 0
    assert np.isnan(ours)


def test_fairlearn_group_of_weight_zero():
    weight = np.repeat([0.0, 1.0], 4)
    options = {"sensitive_features": G, "sample_weight": weight}
    theirs, ours = of_both("demographic_parity_difference", Y, P, **options)
    assert theirs == 0
    assert np.isnan(ours)


# ---- fairlearn: input ------------------------------------------------------------------------------


def parity(y, p, message, **options):
    options = {"sensitive_features": G, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = fm.demographic_parity_difference(y, p, **options)
    with pytest.raises(InputError, match=message):
        em.demographic_parity_difference(y, p, **options)
    return theirs


def test_fairlearn_labels_in_words():
    words = np.where(P == 1, "yes", "no")
    assert parity(words, words, "pos_label") == 0
    assert em.demographic_parity_difference(words, words, sensitive_features=G, pos_label="yes") == GAP


def test_fairlearn_labels_one_and_two():
    assert parity(Y + 1, P + 1, "got 1, 2") == GAP  # 1 is counted as selected: the gap of rejections
    assert fm.selection_rate(Y + 1, P + 1) == 1 - P.mean()
    assert em.selection_rate(Y + 1, P + 1, pos_label=2) == P.mean()


def test_fairlearn_three_classes():
    classes = np.array([0, 1, 2, 0, 2, 2, 1, 0])
    assert parity(classes, classes, "got 0, 1, 2") == 0
    options = {"sensitive_features": G, "pos_label": 2}
    assert em.demographic_parity_difference(classes, classes, **options) == 0.25


def test_fairlearn_probabilities():
    assert parity(Y, 0.1 + 0.8 * P, "scores go into y_score") == 0


def test_fairlearn_label_that_does_not_occur():
    words = np.where(P == 1, "yes", "no")
    assert fm.selection_rate(words, words, pos_label="Yes") == 0
    with pytest.raises(InputError, match="they are 'no', 'yes'"):
        em.selection_rate(words, words, pos_label="Yes")


def test_fairlearn_decisions_spelled_otherwise():
    y, p = np.where(Y == 1, ">50K", "<=50K"), np.where(P == 1, ">50K.", "<=50K.")
    assert fm.selection_rate(y, p, pos_label=">50K") == 0
    with pytest.raises(InputError, match="written as the labels are"):
        em.selection_rate(y, p, pos_label=">50K")


def test_fairlearn_missing_or_infinite_decisions():
    for broken, message in ((np.nan, "1 missing"), (np.inf, "infinite")):
        assert parity(Y, [broken, *P[1:].astype(float)], message) == 0.25  # counted as rejected


def test_fairlearn_missing_labels():
    assert parity([np.nan, *Y[1:].astype(float)], P, "1 missing") == GAP


def test_fairlearn_index_order():
    p, groups = pd.Series(P), pd.Series(G).sample(frac=1, random_state=0)
    assert parity(Y, p, r"\.loc\[", sensitive_features=groups) != GAP  # rows zipped by position
    assert em.demographic_parity_difference(Y, p, sensitive_features=groups.loc[p.index]) == GAP


def test_fairlearn_missing_weight():
    assert parity(Y, P, "missing or infinite", sample_weight=[np.nan] + [1] * 7) == 0


def test_fairlearn_negative_weight():
    assert parity(Y, P, "zero or more", sample_weight=[-1] + [1] * 7) == 0.25


def test_fairlearn_missing_group():
    y, p, groups = [*Y, 1], [*P, 1], [*G, None]
    with pytest.raises(ValueError, match=r"(?i)nan|missing"):
        fm.demographic_parity_difference(y, p, sensitive_features=groups)
    assert em.demographic_parity_difference(y, p, sensitive_features=groups) == GAP
    counted = em.MetricFrame(metrics="count", y_true=y, y_pred=p, sensitive_features=groups)
    assert counted.by_group.tolist() == [4, 4, 1]


def test_fairlearn_labels_that_nobody_reads():
    with pytest.raises(ValueError, match="same length"):
        fm.demographic_parity_difference(None, P, sensitive_features=G)
    assert em.demographic_parity_difference(None, P, sensitive_features=G) == GAP


def test_fairlearn_levels_of_mixed_types():
    mixed = pd.Series([True, 1, True, 1, "1", "1", 2.5, 2.5], dtype=object)
    theirs, ours = framed(fm.count, Y, P, mixed)
    assert theirs.by_group["metric"].tolist() == [4, 2, 2]  # True and 1 are one group
    assert ours.by_group["metric"].tolist() == [2, 2, 2, 2]


def test_fairlearn_whole_numbers_and_dates_as_levels():
    theirs, ours = framed(fm.count, Y, P, pd.Series([1.0, 2.0] * 4))
    assert [type(level) for level in theirs.by_group.index] == [float, float]
    assert [str(level) for level in ours.by_group.index] == ["1", "2"]
    theirs, ours = framed(fm.count, Y, P, pd.Series(pd.to_datetime(["2020-01-01", "2020-07-01"] * 4)))
    assert theirs.by_group.index[0] == pd.Timestamp("2020-01-01")
    assert ours.by_group.index[0] == "2020-01-01T00:00:00"


# ---- fairlearn: intervals --------------------------------------------------------------------------

BOOT = {"metrics": fm.selection_rate, "n_boot": 50, "ci_quantiles": [0.025, 0.975]}


def test_fairlearn_bootstrap_at_zero():
    y, groups, ends = np.zeros(200), np.repeat(list("FM"), 100), []
    for seed in range(5):
        p = (np.random.default_rng(seed).random(200) < 0.4).astype(int)
        data = {"y_true": y, "y_pred": p, "sensitive_features": groups}
        theirs = fm.MetricFrame(**BOOT, **data, random_state=seed).difference_ci()
        ours = em.MetricFrame(metrics="selection_rate", **data).difference_interval()
        ends.append((theirs[0], ours[0]))
    assert all(low > 0 for low, _ in ends)  # a true gap of zero is never inside
    assert [low for _, low in ends].count(0) >= 4


def test_fairlearn_group_of_one_row():
    groups, p = [*"a" * 500, *"b" * 500, "c"], np.append(np.tile([0, 1], 500), 0)
    theirs = fm.demographic_parity_difference(p, p, sensitive_features=groups)
    table = group_table(cube_of(None, p, sensitive_features={"g": groups}), "g")
    worst = worst_of(table, metric_named("demographic_parity_difference"))
    assert theirs == worst.value == 0.5
    assert worst.interval.low == 0  # one row shows nothing
    assert worst.null_median > 0.5  # so large a gap is what chance alone gives


def test_fairlearn_group_lost_in_a_replicate():
    data = {"y_true": [0, 1] * 41, "y_pred": [1, 1, 0] * 27 + [1], "sensitive_features": [*"a" * 80, *"bb"]}
    theirs = fm.MetricFrame(**BOOT, **data, random_state=0).difference_ci()
    ours = em.MetricFrame(**BOOT, **data, random_state=0)
    assert all(np.isfinite(theirs))
    assert np.isinf(ours.difference_ci()[1])
    assert 0 <= ours.difference_interval()[0] < ours.difference_interval()[1] <= 1


def test_fairlearn_seed():
    data = {"y_true": Y, "y_pred": P, "sensitive_features": ["F"] * 8}
    options = {**data, "metrics": fm.selection_rate, "n_boot": 5, "ci_quantiles": [0.31]}
    assert len({float(fm.MetricFrame(**options).overall_ci[0]) for _ in range(20)}) > 1
    assert len({float(em.MetricFrame(**options).overall_ci[0]) for _ in range(20)}) == 1
