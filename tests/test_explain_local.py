"""One row explained: Shapley values, occlusion, LIME, and how far they agree."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from evenhand.audit.explain.counterfactual import find_counterfactuals
from evenhand.audit.explain.counterfactual_rules import Rules
from evenhand.audit.explain.local_agreement import agreements
from evenhand.audit.explain.local_lime import lime_row
from evenhand.audit.explain.local_methods import Attribution, occlude_row, shapley_row
from evenhand.audit.explain.local_pool import pool_of
from evenhand.audit.explain.shap_models import _shap
from evenhand.audit.model import wrap_model
from evenhand.errors import InputError, ModelError


class Rule:
    """A model with a known rule: the score is 0.1, plus 0.6 for pay of 3 or more, plus 0.2 in the north."""

    classes_ = np.array([0, 1])
    feature_names_in_ = np.array(["pay", "region", "shoe"], dtype=object)

    def predict_proba(self, X):
        score = 0.1 + 0.6 * (X["pay"] >= 3).to_numpy() + 0.2 * (X["region"] == "north").to_numpy()
        return np.column_stack([1 - score, score])


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "pay": rng.integers(1, 6, 400),
            "region": rng.choice(["north", "south", "west"], 400),
            "shoe": rng.integers(36, 46, 400),
        }
    )


@pytest.fixture(scope="module")
def pool(people):
    return pool_of(wrap_model(Rule()), people, [7], pos_label=1, seed=1)


def by_name(pool, attribution):
    return dict(zip(pool.columns, attribution.values.tolist(), strict=True))


def test_a_pool_holds_the_explained_rows_first_and_draws_the_others_the_same(people):
    model = wrap_model(Rule())
    one, two = (pool_of(model, people, rows, pos_label=1, draws=50, seed=3) for rows in ([7], [7, 9]))
    assert one.frame.iloc[0].equals(people.iloc[7])
    assert len(set(one.drawn) & set(two.drawn)) >= 49
    assert 7 not in one.drawn


def test_shapley_values_of_an_additive_rule_are_known(pool):
    background = pool.others[:200]
    found = by_name(pool, shapley_row(pool, 0, background))
    frame = pool.frame
    for column, effect in (("pay", 0.6), ("region", 0.2)):
        holds = frame[column] >= 3 if column == "pay" else frame[column] == "north"
        assert found[column] == pytest.approx(effect * (holds[0] - holds[background].mean()))
    assert found["shoe"] == pytest.approx(0, abs=1e-12)


def brute(pool, row, background):
    """Average over all orders and background rows, one column at a time."""
    width = len(pool.columns)
    total = np.zeros(width)
    orders = list(itertools.permutations(range(width)))
    for other in background:
        for order in orders:
            places = pool.places[other].copy()
            before = pool.known[other]
            for at in order:
                places[at] = pool.places[row, at]
                after = pool.values(places[None, :])[0]
                total[at] += after - before
                before = after
    return total / (len(orders) * len(background))


@pytest.fixture(scope="module")
def forest(people):
    words = ColumnTransformer([("w", OneHotEncoder(), ["region"])], remainder="passthrough")
    y = ((people["pay"] > 2) ^ (people["region"] == "west")).astype(int)
    model = make_pipeline(words, RandomForestClassifier(8, max_depth=4, random_state=0)).fit(people, y)
    return pool_of(wrap_model(model), people, [11], pos_label=1)


def test_enumeration_equals_all_orders(forest):
    background = forest.others[:12]
    found = shapley_row(forest, 0, background)
    assert np.abs(found.values - brute(forest, 0, background)).max() < 1e-12
    assert abs(found.residual) < 1e-12


def test_it_equals_the_explainer_of_shap(forest):
    background = forest.others[:20]
    # With so few columns SHAP's kernel explainer tries every subset, and is exact.
    theirs = _shap().KernelExplainer(
        lambda x: forest.values(x.astype(np.int64)), forest.places[background].astype(float)
    )
    found = theirs.shap_values(forest.places[0].astype(float), silent=True)
    assert np.abs(shapley_row(forest, 0, background).values - found).max() < 1e-9


def test_drawn_orders_agree_with_all_of_them_and_sum_to_the_score(people):
    model = wrap_model(LogisticRegression().fit(people[["pay", "shoe"]], people["pay"] % 3 > 1))
    pool = pool_of(model, people[["pay", "shoe"]], [3], pos_label=True)
    whole, drawn = (shapley_row(pool, 0, pool.others[:200], exact=size) for size in (10**6, 0))
    assert abs(drawn.residual) < 1e-12
    assert np.all(np.abs(whole.values - drawn.values) < 4 * drawn.errors + 1e-9)


def test_shap_trees_are_used_where_they_are_sound(people):
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.integers(0, 4, (200, 8)), columns=[f"x{i}" for i in range(8)])
    model = RandomForestClassifier(5, max_depth=3, random_state=0).fit(X, X["x0"] + X["x1"] > 3)
    pool = pool_of(wrap_model(model), X, [0], pos_label=True)
    background = pool.others[:43]
    trees = shapley_row(pool, 0, background, exact=100)
    assert trees.engine == "SHAP TreeExplainer"
    assert np.abs(trees.values - shapley_row(pool, 0, background).values).max() < 1e-7


def test_occlusion_of_the_rule_is_known(pool):
    found = by_name(pool, occlude_row(pool, 0, pool.others))
    north = (pool.frame["region"] == "north").to_numpy()
    assert found["region"] == pytest.approx(0.2 * (north[0] - north[pool.others].mean()))
    assert found["shoe"] == 0


def test_lime_finds_the_columns_of_the_rule_and_is_seeded(pool):
    one, two = lime_row(pool, 0, seed=5), lime_row(pool, 0, seed=5)
    assert np.array_equal(one.values, two.values)
    sizes = dict(zip(pool.columns, np.abs(one.values), strict=True))
    assert sizes["pay"] > sizes["region"] > 3 * sizes["shoe"]


def test_lime_that_is_not_installed_names_the_extra(pool, monkeypatch):
    monkeypatch.setattr("evenhand.audit.explain.local_lime.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"evenhand\[explain\]"):
        lime_row(pool, 0)


def test_methods_agree_on_the_rule(pool):
    background = pool.others[:100]
    item = agreements([shapley_row(pool, 0, background), occlude_row(pool, 0, background)])[0]
    assert (item.rank_correlation, item.shared_top, item.same_sign) == (pytest.approx(1), 1, 1)


def test_agreement_is_undefined_where_a_method_tells_nothing():
    none = Attribution("a", np.zeros(3), np.zeros(3), 0, 0, "")
    some = Attribution("b", np.array([1.0, 2, 3]), np.zeros(3), 0, 0, "")
    item = agreements([none, some])[0]
    assert math.isnan(item.rank_correlation)
    assert math.isnan(item.same_sign)


def test_missing_values_and_unseen_categories_are_values_like_others(people):
    gaps = people.assign(
        pay=people["pay"].where(people.index % 5 > 0), region=people["region"].astype(object)
    )
    gaps.loc[0, "region"] = "moon"
    gaps.loc[1, "region"] = None
    pool = pool_of(wrap_model(Rule()), gaps, [0, 1], pos_label=1)
    for place in (0, 1):
        for found in (shapley_row(pool, place, pool.others), occlude_row(pool, place, pool.others)):
            assert np.isfinite(found.values).all()
        assert np.isfinite(lime_row(pool, place, samples=300).values).all()


def test_a_constant_column_adds_nothing(people):
    pool = pool_of(wrap_model(Rule()), people.assign(shoe=40), [0], pos_label=1)
    for found in (shapley_row(pool, 0, pool.others), occlude_row(pool, 0, pool.others), lime_row(pool, 0)):
        assert found.values[2] == 0


def test_a_model_without_scores_is_explained_by_its_decision(people):
    class Decides:
        classes_ = np.array(["no", "yes"])

        def predict(self, X):
            return np.where(X["pay"] >= 3, "yes", "no")

    pool = pool_of(wrap_model(Decides()), people, [0], pos_label="yes")
    assert pool.output == "decision"
    assert shapley_row(pool, 0, pool.others).values[1:] == pytest.approx([0, 0], abs=1e-12)


def test_one_class_of_several_is_explained_against_the_others(people):
    y = np.where(people["pay"] > 3, "a", np.where(people["pay"] > 1, "b", "c"))
    model = LogisticRegression(max_iter=500).fit(people[["pay", "shoe"]], y)
    pool = pool_of(wrap_model(model), people[["pay", "shoe"]], [0], pos_label="b")
    assert pool.known[0] == pytest.approx(model.predict_proba(people[["pay", "shoe"]].iloc[[0]])[0, 1])


def test_a_model_that_fails_on_mixed_rows_is_told(people):
    class Picky(Rule):
        def predict_proba(self, X):
            if len(X) > 1 and ((X["region"] == "moon") & (X["pay"] != 1)).any():
                raise ValueError("no such region")
            return super().predict_proba(X)

    odd = people.copy()
    odd.loc[0, ["region", "pay"]] = ["moon", 1]
    pool = pool_of(wrap_model(Picky()), odd, [0], pos_label=1)
    with pytest.raises(ModelError, match="no such region"):
        shapley_row(pool, 0, pool.others)


@pytest.mark.parametrize("row", [-1, 400, 10**9])
def test_a_row_that_is_not_there_is_refused(people, row):
    with pytest.raises(InputError, match="from 0 to 399"):
        pool_of(wrap_model(Rule()), people, [row], pos_label=1)


def test_a_single_row_has_nothing_to_be_compared_with(people):
    with pytest.raises(InputError, match="none left"):
        pool_of(wrap_model(Rule()), people.head(1), [0], pos_label=1)


def test_infinite_numbers_are_values_like_others(people):
    odd = people.assign(pay=people["pay"].astype(float))
    odd.loc[[0, 5, 9], "pay"] = [np.inf, np.inf, -np.inf]
    pool = pool_of(wrap_model(Rule()), odd, [0, 9], pos_label=1)
    for place in (0, 1):
        assert np.isfinite(shapley_row(pool, place, pool.others).values).all()
        assert np.isfinite(lime_row(pool, place, samples=200).values).all()
    assert find_counterfactuals(pool, [1], Rules())[0][0].changes == 1
