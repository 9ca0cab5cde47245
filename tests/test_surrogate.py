"""A small tree in place of a model: its rules are the model's where it is one; for whom it is faithful."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.explain.surrogate import surrogate_tree
from evenhand.errors import InputError, Reason


def people(rows=1200, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sex": rng.choice(["F", "M"], rows),
            "age": rng.integers(20, 60, rows).astype(float),
            "job": rng.choice(["clerk", "cook", "judge", "poet"], rows),
            "noise": rng.normal(size=rows),
        }
    )


X = people()


def rule(rows):
    """A tree of two questions."""
    return np.where(rows["job"].isin(["judge", "poet"]), 0.9, np.where(rows["age"] > 40, 0.6, 0.1))


def test_a_tree_is_found_again_in_its_own_words():
    found = surrogate_tree(rule, X, sensitive_features=X["sex"])
    texts = sorted((item.text, round(item.value, 3), item.selected) for item in found.rules)
    assert texts == [
        ("age <= 40.5 and job in {clerk, cook}", 0.1, False),
        ("age > 40.5 and job in {clerk, cook}", 0.6, True),
        ("job in {judge, poet}", 0.9, True),
    ]
    assert found.verdict == "faithful"
    assert [item.r2.value for item in found.fidelity] == pytest.approx([1, 1, 1])
    assert sum(item.share for item in found.rules) == pytest.approx(1)


def test_a_surrogate_faithful_to_men_only_is_said_to_be_so():
    def two_faced(rows):
        tangled = (np.sin(9 * rows["noise"]) > 0) ^ (rows["age"] % 2 == 0)
        return np.where(rows["sex"] == "M", rule(rows), 0.3 * tangled)

    found = surrogate_tree(two_faced, X, sensitive_features=X["sex"])
    by_group = {item.group: item.r2 for item in found.fidelity}
    assert by_group["M",].interval.low > 0.9
    assert by_group["F",].interval.high < 0.5
    assert found.verdict == "uneven"
    assert found.unfaithful() == (("F",),)


def test_fidelity_is_measured_on_rows_that_the_tree_was_not_grown_on():
    noise = np.random.default_rng(0).normal(size=len(X))
    lookup = pd.Series(noise, index=X["noise"])
    found = surrogate_tree(lambda rows: lookup.loc[rows["noise"]].to_numpy(), X)
    assert found.fidelity[0].r2.value < 0.05
    assert found.verdict == "poor"


def test_missing_values_have_a_side():
    gaps = X.assign(age=X["age"].where(X.index % 3 > 0), job=X["job"].where(X.index % 5 > 0, None))
    found = surrogate_tree(
        lambda rows: rows["age"].fillna(0).gt(40).to_numpy() * 0.5 + 0.4 * rows["job"].isna().to_numpy(), gaps
    )
    texts = " ".join(item.text for item in found.rules)
    assert "or missing" in texts
    assert "None" in texts
    assert found.fidelity[0].r2.value == pytest.approx(1)


def test_a_constant_model_and_small_groups():
    few = X["sex"].where(X.index > 10, "X")
    found = surrogate_tree(lambda rows: np.full(len(rows), 0.5), X, sensitive_features=few)
    assert found.verdict == "unknown"
    assert [item.text for item in found.rules] == [""]
    reasons = {item.group: item.r2.reason for item in found.fidelity}
    assert reasons["X",] is Reason.BELOW_MINIMUM
    assert reasons[()] is Reason.CONSTANT_SCORES


def test_r2_intervals_hold():
    def model(rows):
        return rule(rows) + 0.15 * rows["noise"]

    truth = surrogate_tree(model, people(30_000, 5), max_depth=2, seed=1).fidelity[0].r2.value
    held = 0
    for seed in range(60):
        found = surrogate_tree(model, people(1000, seed + 10), max_depth=2, seed=seed).fidelity[0]
        held += found.r2.interval.holds(truth)
    assert held >= 50


@pytest.mark.parametrize(
    ("change", "words"), [({"max_depth": 9}, "from 1 to 8"), ({"X": X[:3]}, "at least 4")]
)
def test_bad_input_is_refused(change, words):
    with pytest.raises(InputError, match=words):
        surrogate_tree(rule, change.pop("X", X), **change)


def test_many_categories_and_infinite_numbers_do_no_harm():
    odd = X.assign(id=[f"p{at}" for at in X.index], pay=np.where(X.index % 2, np.inf, -np.inf))
    found = surrogate_tree(lambda rows: (rows["pay"] > 0) * 1.0, odd)
    assert found.fidelity[0].r2.value == pytest.approx(1)
