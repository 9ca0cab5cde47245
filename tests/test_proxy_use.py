"""Proxies that matter: a planted proxy comes first, its unused twin last, and dropping both is measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.explain.proxy_use import proxy_map
from evenhand.errors import InputError
from evenhand.mitigation.proxies import proxy_strength


def people(rows=3000, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    man = sex == "M"
    height = np.where(man, 179, 166) + rng.normal(0, 7, rows)
    return pd.DataFrame(
        {
            "sex": sex,
            "height": height,
            "twin": height + rng.normal(0, 0.01, rows),
            "pay": rng.normal(size=rows),
            "shoe": np.where(man, 43, 38) + rng.normal(0, 4, rows),
        }
    )


X = people()


def score(rows):
    return (rows["height"] - 150) / 60 + 0.1 * rows["pay"] + 0.001 * rows["shoe"]


def test_a_proxy_that_is_used_comes_first_and_its_unused_twin_last():
    found = proxy_map(score, X, X["sex"], own=["sex"])
    rows = {row.strength.column: row for row in found.rows}
    assert found.rows[0].strength.column == "height"
    assert rows["twin"].strength.auc == pytest.approx(rows["height"].strength.auc, abs=0.005)
    assert rows["twin"].use == 0
    assert rows["twin"].product == 0
    assert rows["pay"].use > 0.2
    assert rows["pay"].product < 0.02
    assert rows["height"].product == pytest.approx((2 * rows["height"].strength.auc - 1) * rows["height"].use)
    assert [item.column for item in found.own] == ["sex"]
    assert found.own[0].share == 0


def test_what_dropping_the_strong_ones_leaves_is_measured():
    found = proxy_map(score, X, X["sex"], own=["sex"])
    first, second = found.remaining
    assert (first.why, first.dropped) == ("own", ("sex",))
    assert (second.why, set(second.dropped)) == ("strong", {"sex", "height", "twin", "shoe"})
    assert first.found.together > 0.88
    assert second.found.together == pytest.approx(0.5, abs=0.03)
    named = proxy_map(score, X, X["sex"], own=["sex"], proxies=["height"])
    assert named.remaining[1].why == "named"
    assert named.remaining[1].found.together > 0.88
    assert not found.remaining[0].found.together_interval.holds(0.5)


def test_no_column_left():
    only = X[["sex", "height"]]
    found = proxy_map(lambda rows: rows["height"], only, X["sex"], own=["sex"], proxies=["height"])
    assert found.remaining[1].found is None
    with pytest.raises(InputError, match="at least one column must remain"):
        proxy_map(lambda rows: np.ones(len(rows)), X[["sex"]], X["sex"], own=["sex"])


def test_a_model_that_uses_nothing_has_no_products():
    found = proxy_map(lambda rows: np.ones(len(rows)), X, X["sex"], own=["sex"])
    assert all(row.product == 0 for row in found.rows)


def test_intervals_hold_the_auc_of_a_rule_learnt_from_so_many_rows():
    found = [
        proxy_strength(rows[["shoe"]], rows["sex"], seed=seed, together=False).rows[0]
        for seed in range(80)
        for rows in [people(800, seed)]
    ]
    middle = np.mean([row.auc for row in found])
    assert 71 <= sum(row.interval.holds(middle) for row in found) <= 80


def test_one_group_against_the_rest():
    rng = np.random.default_rng(0)
    race = rng.choice(["A", "B", "C"], 2000)
    rows = pd.DataFrame({"told": np.where(race == "A", 1.0, 0.0), "noise": rng.normal(size=2000)})
    found = proxy_strength(rows, race, together=False)
    by_group = dict(zip(found.groups, found.rows[0].by_group, strict=True))
    assert by_group["A",] == 1
    assert by_group["B",] == pytest.approx(0.75, abs=0.02)
    assert found.rows[0].auc == pytest.approx(np.mean(list(by_group.values())))
