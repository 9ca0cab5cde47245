"""The functions give fairlearn's numbers under fairlearn's names."""

from __future__ import annotations

import inspect
import itertools

import fairlearn.metrics as fm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evenhand.metrics as em
from evenhand.errors import InputError

DISPARITIES = [
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equal_opportunity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
]
RATES = [
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
]
METHODS = ["between_groups", "to_overall"]


def variants():
    for name, method in itertools.product(DISPARITIES, METHODS):
        for agg in ("worst_case", "mean") if "odds" in name else (None,):
            yield name, {"method": method, **({"agg": agg} if agg else {})}


def agree(y, p, features, weight=None):
    for name, options in variants():
        ours = getattr(em, name)(y, p, sensitive_features=features, sample_weight=weight, **options)
        theirs = getattr(fm, name)(y, p, sensitive_features=features, sample_weight=weight, **options)
        assert ours == pytest.approx(theirs, abs=1e-12), (name, options)


@pytest.mark.parametrize("weighted", [False, True], ids=["rows", "weights"])
@pytest.mark.parametrize("attributes", [["sex"], ["sex", "race"]], ids="-".join)
def test_disparities_on_adult(adult, attributes, weighted):
    test = adult[adult["split"] == "test"]
    y = (test["income"] == ">50K").astype(int)
    p = ((test["education-num"] > 10) | (test["hours-per-week"] > 44)).astype(int)
    agree(y, p, test[attributes], test["fnlwgt"] if weighted else None)


populated = st.lists(st.lists(st.integers(1, 12), min_size=4, max_size=4), min_size=2, max_size=4)


@settings(max_examples=8, deadline=None)
@given(populated, st.booleans(), st.integers(0, 2**32))
def test_disparities_of_any_populated_table(groups, weighted, seed):
    cells = [(0, 0), (0, 1), (1, 0), (1, 1)]
    rows = [
        (g, *cell)
        for g, four in enumerate(groups)
        for cell, n in zip(cells, four, strict=True)
        for _ in range(n)
    ]
    g, y, p = (np.array(column) for column in zip(*rows, strict=True))
    agree(y, p, g, np.random.default_rng(seed).random(len(y)) + 0.1 if weighted else None)


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize("weighted", [False, True])
def test_rates_of_all_rows(name, weighted):
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, (2, 200))
    w = rng.random(200) if weighted else None
    assert getattr(em, name)(y, p, sample_weight=w) == pytest.approx(getattr(fm, name)(y, p, sample_weight=w))


@pytest.mark.parametrize("name", RATES)
def test_declared_labels_of_rates(name):
    y, p = np.array(["n", "y", "y", "n"]), np.array(["y", "y", "n", "n"])
    assert getattr(em, name)(y, p, pos_label="y") == getattr(fm, name)(y, p, pos_label="y")


@pytest.mark.parametrize("name", [*DISPARITIES, *RATES])
def test_keyword_names_are_fairlearns(name):
    ours, theirs = (inspect.signature(getattr(module, name)).parameters for module in (em, fm))
    assert set(theirs) <= set(ours)


@pytest.mark.parametrize("name", [*DISPARITIES[2:], "predictive_parity_ratio", "accuracy_difference"])
def test_labels_are_needed(name):
    with pytest.raises(InputError, match=r"y_true: the .* needs it, got None"):
        em.group_metric(name, None, [0, 1], sensitive_features=["a", "b"])


@pytest.mark.parametrize("name", RATES)
def test_decisions_are_needed(name):
    with pytest.raises(InputError, match=r"y_pred: the .* needs it, got None"):
        getattr(em, name)([0, 1], None)


def test_decisions_are_enough_for_demographic_parity():
    assert em.demographic_parity_difference(None, [1, 0], sensitive_features=["a", "b"]) == 1
    assert em.selection_rate(None, [1, 0]) == 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "equalised_odds_difference"}, "did you mean 'equalized_odds_difference'"),
        ({"name": "accuracy"}, "a difference or ratio is wanted"),
        ({"method": "between_group"}, "did you mean 'between_groups'"),
        ({"agg": "median"}, "one of worst_case, mean"),
    ],
)
def test_unknown_choices_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        em.group_metric(
            **{"name": "accuracy_ratio", **options},
            y_true=[0, 1],
            y_pred=[0, 1],
            sensitive_features=["a", "b"],
        )


def test_average_odds_is_the_mean_for_one_pair():
    # Gaps of a to b: TPR 0.5, FPR 0; of a to c: TPR 0, FPR 0.5. No pair is 0.5 apart on both.
    y, p, g = [1, 1, 0, 0] * 3, [1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0], list("aaaabbbbcccc")
    average = em.group_metric("average_odds_difference", y, p, sensitive_features=g)
    assert average == pytest.approx(0.5)  # b to c: (0.5 + 0.5) / 2
    two = slice(0, 8)
    assert em.group_metric("average_odds_difference", y[two], p[two], sensitive_features=g[two]) == 0.25
    overall = em.group_metric("average_odds_difference", y, p, sensitive_features=g, method="to_overall")
    assert overall == pytest.approx(max(1 / 6 + 1 / 6, 1 / 3 + 1 / 6, 1 / 6 + 1 / 3) / 2)


def test_a_missing_group_is_compared_only_if_asked():
    y, p, g = [1, 1, 1, 1], [1, 0, 1, 1], ["a", "a", None, None]
    assert em.group_metric("accuracy_difference", y, p, sensitive_features=g) == 0
    assert em.group_metric("accuracy_difference", y, p, sensitive_features=g, compare_missing=True) == 0.5
    assert em.group_metric("accuracy_difference", y, p, sensitive_features=g, method="to_overall") == 0.25
    assert np.isnan(em.group_metric("accuracy_difference", y, p, sensitive_features=[None] * 4))
