"""Planted truth: what is known to carry a gap is found to carry it, and what cannot be told apart is said."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeRegressor

from evenhand.audit.explain.exact import explain_gap_exact
from evenhand.audit.explain.gap import explain_gap
from evenhand.audit.explain.label_check import ATTRIBUTE, check_labels
from evenhand.errors import InputError

ROWS = 4000


def people(seed=0, rows=ROWS):
    rng = np.random.default_rng(seed)
    woman = rng.integers(0, 2, rows).astype(bool)
    X = pd.DataFrame(
        {"skill": rng.normal(size=rows), "hours": rng.normal(size=rows), "shoe": rng.normal(size=rows)}
    )
    return rng, woman, X


def both_engines(X, y, predict_of, group, **options):
    model = DecisionTreeRegressor(max_depth=8, random_state=0).fit(X, y)
    exact = explain_gap_exact(model, X, group_rows=group, reference_rows=~group)
    walked = explain_gap(
        predict_of(model),
        X,
        group_rows=group,
        reference_rows=~group,
        game="common",
        tolerance=0.003,
        **options,
    )
    return exact, walked


def test_known_columns_carry_known_shares():
    _, woman, X = people()
    X.loc[woman, "skill"] -= 1.0
    X.loc[woman, "hours"] -= 0.5
    y = 0.6 * (X["skill"] > 0) + 0.2 * (X["hours"] > 0)
    for found in both_engines(X, y, lambda model: model.predict, woman):
        for name, size in (("skill", 0.6), ("hours", 0.2)):
            truth = size * ((X.loc[woman, name] > 0).mean() - (X.loc[~woman, name] > 0).mean())
            assert found.bar(name).value == pytest.approx(truth, abs=0.004)
            assert found.bar(name).interval.high < 0
        assert abs(found.bar("shoe").value) <= 0.004
        assert found.residual == pytest.approx(0, abs=1e-9)


def test_offsetting_columns_vanish_in_the_sum_and_show_in_the_bars():
    _, woman, X = people()
    X["skill"] += 1.0 * woman
    X["hours"] -= 1.0 * woman
    y = X["skill"] + X["hours"]
    slope = np.array([1.0, 1.0, 0.0])
    found = explain_gap(lambda rows: rows.to_numpy() @ slope, X, group_rows=woman, reference_rows=~woman)
    assert abs(found.measured) < 0.1
    assert found.gross == pytest.approx(2.0, abs=0.1)
    assert found.bar("skill").value == pytest.approx(1.0, abs=0.1)
    assert y.corr(X["shoe"]) == pytest.approx(0, abs=0.1)


def test_a_proxy_carries_the_gap_and_its_unused_twin_nothing():
    # The limit of interventional values: the twin tells the group as well as the proxy, but is not read.
    rng, woman, X = people()
    X["proxy"] = woman + rng.normal(scale=0.3, size=ROWS)
    X["twin"] = X["proxy"]
    y = 0.4 * (X["proxy"] < 0.5) + 0.2 * (X["skill"] > 0)
    for found in both_engines(X, y, lambda model: model.predict, woman):
        carried = found.bar("proxy").value + found.bar("twin").value
        assert carried == pytest.approx(found.measured, abs=0.01)
        assert min(abs(found.bar("proxy").value), abs(found.bar("twin").value)) < 1e-12


def labels(rng, merit):
    return (merit + rng.logistic(scale=0.5, size=len(merit)) > 0).to_numpy()


def check(rng, woman, X, y):
    half = rng.permutation(len(X)) < len(X) // 2
    return check_labels(
        X[half], y[half], woman[half].astype(int), X[~half], woman[~half].astype(int), group=1, reference=0
    )


def test_label_bias_moves_to_the_attribute():
    rng, woman, X = people(1)
    X["proxy"] = woman + rng.normal(scale=0.4, size=ROWS)
    found = check(rng, woman, X, labels(rng, 2 * X["skill"] - 2.5 * woman))
    assert found.without.bar("proxy").value < -1
    assert found.own < -1
    assert abs(found.added.bar("proxy").value) < abs(found.without.bar("proxy").value) / 2
    assert found.moved > 0.5


def test_feature_bias_stays_where_it_is():
    rng, woman, X = people(2)
    X["skill"] -= 1.0 * woman
    found = check(rng, woman, X, labels(rng, 2 * X["skill"]))
    assert found.without.bar("skill").value < -1
    assert found.added.bar("skill").value == pytest.approx(found.without.bar("skill").value, rel=0.15)
    assert abs(found.own) < 0.15 * abs(found.added.measured)


def test_words_and_missing_values_are_learnt_from_too():
    rng, woman, X = people(3, 600)
    X["town"] = np.where(rng.random(600) < 0.2, None, rng.choice(["u", "v"], 600))
    X["glad"] = rng.random(600) < 0.5
    found = check(rng, woman, X, labels(rng, X["skill"] + (X["town"] == "u")))
    assert {bar.player for bar in found.added.bars} == {*X.columns, ATTRIBUTE}
    assert found.added.residual == pytest.approx(0, abs=1e-8)


def test_labels_of_one_kind_teach_nothing():
    rng, woman, X = people(4, 100)
    with pytest.raises(InputError, match="labels of both kinds"):
        check(rng, woman, X, np.ones(100, dtype=bool))


def test_a_booster_of_a_decision_is_explained_by_walks_and_its_margin_by_counting():
    rng, woman, X = people(5, 1500)
    X.loc[woman, "skill"] -= 1.0
    model = HistGradientBoostingClassifier(max_iter=20).fit(X, labels(rng, X["skill"]))
    margin = explain_gap_exact(model, X, group_rows=woman, reference_rows=~woman)
    chosen = explain_gap(
        lambda rows: model.predict(rows).astype(float),
        X,
        group_rows=woman,
        reference_rows=~woman,
        tolerance=0.01,
    )
    assert margin.bar("skill").value / margin.measured == pytest.approx(1, abs=0.15)
    assert chosen.bar("skill").value / chosen.measured == pytest.approx(1, abs=0.15)
