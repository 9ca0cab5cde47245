"""Counterfactuals: the smallest changes under the rules, against brute force; and for any model."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.explain.counterfactual import find_counterfactuals
from evenhand.audit.explain.counterfactual_rules import Rules, check_rules, scales_of, tied_columns
from evenhand.audit.explain.counterfactual_search import Limits
from evenhand.audit.explain.local_pool import pool_of
from evenhand.audit.model import wrap_model
from evenhand.errors import InputError


class Weighted:
    """A score that is a threshold of a weighted sum with interactions, over columns x0, x1, ..."""

    classes_ = np.array([0, 1])

    def __init__(self, seed: int, width: int) -> None:
        rng = np.random.default_rng(seed)
        self.weights = rng.normal(size=width)
        self.pairs = rng.normal(size=(width, width)) * 0.3
        self.feature_names_in_ = np.array([f"x{at}" for at in range(width)], dtype=object)

    def predict_proba(self, X):
        x = X.to_numpy(dtype=float)
        margin = x @ self.weights + np.einsum("ij,jk,ik->i", x, self.pairs, x) - 2
        score = 1 / (1 + np.exp(-margin))
        return np.column_stack([1 - score, score])


def table(seed: int, width: int, rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.integers(0, 4, (rows, width)), columns=[f"x{at}" for at in range(width)])


def fewest(pool, row, goal):
    """The fewest columns whose change turns the decision, by trying everything."""
    values = [np.unique(pool.places[pool.others, at]) for at in range(len(pool.columns))]
    every = np.array(list(itertools.product(*values)))
    turned = every[(pool.values(every) >= pool.threshold) == goal]
    return (turned != pool.places[row]).sum(axis=1).min() if len(turned) else None


@pytest.mark.parametrize("seed", range(6))
def test_no_way_changes_fewer_columns(seed):
    rows = table(seed, 5)
    pool = pool_of(wrap_model(Weighted(seed, 5)), rows, list(range(8)), pos_label=1)
    found = find_counterfactuals(pool, range(8), Rules(), Limits(wanted=3, most_changes=5))
    for row, ways in enumerate(found):
        best = fewest(pool, row, not pool.selected[row])
        assert (min((way.changes for way in ways), default=None)) == best
        for way in ways:
            assert (way.output >= 0.5) != pool.selected[row]
            assert way.output == pytest.approx(pool.values(way.places[None, :])[0])


def test_a_beam_that_cannot_try_everything_still_finds_valid_ways():
    rows = table(1, 8, 500)
    pool = pool_of(wrap_model(Weighted(4, 8)), rows, list(range(20)), pos_label=1)
    whole = find_counterfactuals(pool, range(20), Rules(), Limits(wanted=1))
    small = find_counterfactuals(pool, range(20), Rules(), Limits(wanted=1, budget=60, beam=3))
    for one, two in zip(whole, small, strict=True):
        assert bool(one) <= bool(two)
        assert not one or two[0].changes <= one[0].changes + 1


def test_wide_tables_are_searched_within_the_budget():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.integers(0, 3, (300, 60)), columns=[f"x{at}" for at in range(60)])
    asked = []

    class Counted(Weighted):
        def predict_proba(self, X):
            asked.append(len(X))
            x = X.to_numpy(dtype=float)[:, -3:].sum(axis=1)
            return np.column_stack([1 - x / 6, x / 6])

    rows.loc[0, ["x57", "x58", "x59"]] = 0
    pool = pool_of(wrap_model(Counted(0, 60)), rows, [0], pos_label=1)
    pool.selected  # noqa: B018 - the rows are scored once, before the search is counted
    asked.clear()
    ways = find_counterfactuals(pool, [0], Rules(), Limits(wanted=1, budget=500, beam=5))[0]
    assert ways[0].changes == 2
    assert max(asked) <= 600


def test_each_way_changes_another_set_of_columns_and_none_holds_another():
    pool = pool_of(wrap_model(Weighted(2, 5)), table(2, 5), [0], pos_label=1)
    sets = [set(way.columns) for way in find_counterfactuals(pool, [0], Rules(), Limits(wanted=4))[0]]
    assert len(sets) > 1
    assert not any(one < two for one in sets for two in sets)


class Pay:
    """Accepts from a pay of 50 on, and refuses the old; a city decides nothing."""

    classes_ = np.array([0, 1])
    feature_names_in_ = np.array(["pay", "age", "city"], dtype=object)

    def predict_proba(self, X):
        score = np.clip((X["pay"] - 0.5 * np.maximum(X["age"] - 60, 0)).to_numpy() / 100, 0, 1)
        return np.column_stack([1 - score, score])


@pytest.fixture
def payroll():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "pay": rng.integers(0, 101, 600),
            "age": rng.integers(18, 90, 600),
            "city": rng.choice(list("abc"), 600),
        }
    )
    rows.loc[0] = [38, 30, "a"]
    rows.loc[1] = [60, 85, "a"]
    return rows


def ways_of(payroll, row, rules, **limits):
    pool = pool_of(wrap_model(Pay()), payroll, [row], pos_label=1)
    return pool, find_counterfactuals(pool, [0], rules, Limits(**limits))[0]


def changed(pool, way):
    return {pool.columns[at]: pool.value_at(int(way.places[at]), at) for at in way.columns}


def test_the_change_is_the_smallest_that_is_enough(payroll):
    pool, ways = ways_of(payroll, 0, Rules())
    assert changed(pool, ways[0]) == {"pay": 50}
    assert ways[0].cost == pytest.approx(12 / scales_of(pool)[0])


def test_what_is_immutable_stays(payroll):
    pool, ways = ways_of(payroll, 0, Rules(immutable=frozenset({"pay"})))
    assert ways == []
    pool, ways = ways_of(payroll, 1, Rules(immutable=frozenset({"pay"})))
    assert set(changed(pool, ways[0])) == {"age"}


def test_age_only_grows_and_ranges_hold(payroll):
    pool, ways = ways_of(payroll, 1, Rules(monotone={"age": "up"}))
    assert all(set(changed(pool, way)) == {"pay"} for way in ways)
    _, ways = ways_of(payroll, 1, Rules(monotone={"age": "up"}, ranges={"pay": (0, 61)}))
    assert ways == []
    pool, ways = ways_of(payroll, 1, Rules(ranges={"age": (18, 82), "pay": (0, 61)}))
    assert all(value <= 82 for way in ways for name, value in changed(pool, way).items() if name == "age")


def test_an_accepted_row_is_turned_into_a_refusal(payroll):
    accepted = int(payroll.index[payroll["pay"] > 70][0])
    pool, ways = ways_of(payroll, accepted, Rules(immutable=frozenset({"age"})))
    assert changed(pool, ways[0]) == {"pay": 49}


def test_a_model_without_scores_is_searched_too(payroll):
    class Decides(Pay):
        predict_proba = property()

        def predict(self, X):
            return ((X["pay"] >= 50) & (X["age"] < 70) & (X["city"] == "b")).astype(int).to_numpy()

    rows = payroll.copy()
    rows.loc[0] = [38, 80, "a"]
    pool = pool_of(wrap_model(Decides()), rows, [0], pos_label=1)
    ways = find_counterfactuals(pool, [0], Rules(), Limits(budget=50, beam=2))[0]
    assert changed(pool, ways[0]) == {"pay": 50, "age": 69, "city": "b"}


def test_two_names_of_one_thing_change_together():
    rng = np.random.default_rng(0)
    level = rng.integers(1, 6, 300)
    rows = pd.DataFrame(
        {"degree": np.array(list("zabcde"))[level], "years": level, "age": rng.integers(18, 80, 300)}
    )

    class Years:
        classes_ = np.array([0, 1])
        feature_names_in_ = np.array(list(rows), dtype=object)

        def predict_proba(self, X):
            score = X["years"].to_numpy() / 6
            return np.column_stack([1 - score, score])

    row = int(np.flatnonzero(level == 1)[0])
    pool = pool_of(wrap_model(Years()), rows, [row], pos_label=1)
    assert tied_columns(pool) == ((0, 1), (2,))
    way = find_counterfactuals(pool, [0], Rules())[0][0]
    assert (changed(pool, way), way.changes) == ({"degree": "c", "years": 3}, 1)
    assert find_counterfactuals(pool, [0], Rules(immutable=frozenset({"degree"})))[0] == []


def test_columns_of_distinct_numbers_are_not_taken_for_each_other():
    rows = pd.DataFrame({"a": np.arange(100), "b": np.arange(100) * 2.0})
    model = wrap_model(Weighted(0, 2), columns=["a", "b"])
    assert tied_columns(pool_of(model, rows, [0], pos_label=1)) == ((0,), (1,))


def test_a_result_far_from_the_data_is_said_to_be_unusual():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    rows = pd.DataFrame({"a": x, "b": x + rng.normal(size=500) * 0.05})

    class Apart:
        classes_ = np.array([0, 1])
        feature_names_in_ = np.array(["a", "b"], dtype=object)

        def predict_proba(self, X):
            score = np.clip((X["a"] - X["b"]).to_numpy() / 4, 0, 1)
            return np.column_stack([1 - score, score])

    pool = pool_of(wrap_model(Apart()), rows, [0], pos_label=1)
    ways = find_counterfactuals(pool, [0], Rules())[0]
    assert ways
    assert not any(way.plausible for way in ways)


def test_missing_values_are_no_goal_and_no_obstacle(payroll):
    gaps = payroll.assign(city=payroll["city"].where(payroll.index % 3 > 0), age=payroll["age"].astype(float))
    gaps.loc[0, "age"] = np.nan

    class Sturdy(Pay):
        def predict_proba(self, X):
            return super().predict_proba(X.fillna({"age": 30}))

    pool = pool_of(wrap_model(Sturdy()), gaps, [0], pos_label=1)
    ways = find_counterfactuals(pool, [0], Rules(monotone={"age": "up"}))[0]
    assert changed(pool, ways[0]) == {"pay": 50}
    assert all(value is not None for way in ways for value in changed(pool, way).values())


def test_the_search_is_deterministic(payroll):
    one, two = (ways_of(payroll, 1, Rules())[1] for _ in range(2))
    assert [way.places.tolist() for way in one] == [way.places.tolist() for way in two]


def test_rules_that_do_not_fit_are_told_at_once(payroll):
    pool = pool_of(wrap_model(Pay()), payroll, [0], pos_label=1)
    rules = Rules(ranges={"city": (0, 1), "pay": (9, 1)}, monotone={"agee": "up"})
    with pytest.raises(InputError) as caught:
        check_rules(rules, pool)
    assert {problem.code for problem in caught.value.problems} == {
        "no_order",
        "empty_range",
        "unknown_column",
    }
