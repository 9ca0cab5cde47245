"""Bands of random regrouping against regroupings that are really made."""

import numpy as np
import pandas as pd
import pytest

from evenhand.audit.explain.exact import explain_gap_exact
from evenhand.audit.explain.gap import explain_gap, regrouping_bands
from evenhand.audit.explain.walks import ITSELF


def people(rows=300):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(rows, 3)), columns=list("abc"))
    return X, rng.random(rows) < 0.3


def interacting(rows):
    return rows["a"] * rows["b"] + rows["c"]


def test_the_band_of_a_linear_model_is_that_of_a_difference_of_means():
    X, group = people()
    slope = np.array([2.0, -1.0, 0.0])
    (band,) = regrouping_bands(
        lambda rows: rows.to_numpy() @ slope, X, output=ITSELF, gaps=[(group, ~group)], game="common"
    )
    rng = np.random.default_rng(1)
    dealt = [rng.permutation(group) for _ in range(800)]
    means = np.array([slope * (X[at].mean() - X[~at].mean()).to_numpy() for at in dealt])
    expected = np.quantile(np.abs(means), 0.9, axis=0)
    assert band[:2] == pytest.approx(expected[:2], rel=0.12)
    assert band[2] == 0


@pytest.mark.parametrize("game", ["direct", "common"])
def test_nine_in_ten_regroupings_lie_in_the_band(game):
    X, group = people(160)
    (band,) = regrouping_bands(interacting, X, output=ITSELF, gaps=[(group, ~group)], game=game)
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(40):
        dealt = rng.permutation(group)
        found = explain_gap(
            interacting,
            X,
            group_rows=dealt,
            reference_rows=~dealt,
            game=game,
            tolerance=0.01,
            max_calls=8_000,
        )
        inside.append(np.abs([bar.value for bar in found.bars]) <= band)
    assert 0.78 <= np.mean(inside) <= 0.97


def test_every_bar_of_both_engines_can_have_a_band():
    from sklearn.tree import DecisionTreeRegressor

    X, group = people(120)
    model = DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, interacting(X))
    exact = explain_gap_exact(model, X, group_rows=group, reference_rows=~group)
    (band,) = regrouping_bands(model.predict, X, output=ITSELF, gaps=[(group, ~group)], game="common")
    walked = explain_gap(
        model.predict, X, group_rows=group, reference_rows=~group, game="common", max_calls=20_000
    )
    assert [bar.band for bar in exact.banded(band).bars] == pytest.approx(
        [bar.band for bar in walked.bars], rel=0.25
    )
