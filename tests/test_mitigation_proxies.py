"""How well columns tell an attribute, against scikit-learn and against what is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mutual_info_score, roc_auc_score

from evenhand.errors import InputError
from evenhand.mitigation import proxy_strength
from evenhand.mitigation.proxy_figures import _auc, information_of


def table(rows=3000, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    X = pd.DataFrame(
        {
            "title": np.where(sex == "F", "Ms", "Mr"),
            "height": np.where(sex == "F", 166, 179) + rng.normal(0, 7, rows),
            "noise": rng.normal(size=rows),
            "half": np.where(rng.random(rows) < 0.5, sex, "?"),
            "constant": 1,
            "id": [f"p{i}" for i in range(rows)],
        }
    )
    return X, pd.Series(sex, name="sex")


def test_the_ranking_is_what_was_built_in():
    X, sex = table()
    found = proxy_strength(X, sex)
    by_name = {row.column: row for row in found.rows}
    assert [row.column for row in found.rows][:2] == ["title", "height"]
    assert by_name["title"].information == pytest.approx(1, abs=0.01)
    assert by_name["title"].auc == 1.0
    # A quarter of the pairs are two rows that tell nothing, worth 1/2 each; all others are ranked right.
    assert by_name["half"].auc == pytest.approx(0.75 + 0.25 / 2, abs=0.02)
    assert by_name["half"].information == pytest.approx(0.5, abs=0.03)
    for name in ("noise", "constant", "id"):
        assert by_name[name].auc == pytest.approx(0.5, abs=0.03)
        assert by_name[name].information < 0.01
    assert by_name["constant"].auc == 0.5
    assert found.together == pytest.approx(1, abs=0.001)
    assert found.strong() == ("title", "height", "half")


def test_height_reaches_its_theoretical_auc():
    X, sex = table(20_000)
    height = next(row for row in proxy_strength(X[["height"]], sex).rows)
    assert height.auc == pytest.approx(roc_auc_score(sex == "M", X["height"]), abs=0.005)


def test_counting_gives_scikit_learns_auc():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, 200)
    group = (rng.random(200) < scores / 6).astype(int)
    counts = np.zeros((6, 2))
    np.add.at(counts, (scores, group), 1)
    value, influence = _auc(counts, np.arange(6.0), 1)
    assert value == pytest.approx(roc_auc_score(group, scores))
    assert (counts * influence).sum() == pytest.approx(0)


def test_information_is_scikit_learns_less_chance():
    rng = np.random.default_rng(0)
    codes, target = rng.integers(0, 5, 5000), rng.integers(0, 3, 5000)
    codes = np.where(rng.random(5000) < 0.3, target, codes)
    share = np.bincount(target) / 5000
    entropy = -(share * np.log(share)).sum()
    expected = (mutual_info_score(codes, target) - 4 * 2 / 10_000) / entropy
    assert information_of(codes, target) == pytest.approx(expected)


def test_adult_relationship_stands_for_sex(adult):
    test = adult[adult["split"] == "test"]
    found = proxy_strength(test.drop(columns=["income", "split"]), test["sex"], exclude=["sex"])
    assert found.rows[0].column == "relationship"
    assert set(found.strong()) == {"relationship", "marital-status", "occupation"}
    assert found.together > found.rows[0].auc
    assert (found.sampled, found.available) == (16_281, 16_281)


def test_several_groups_and_small_ones():
    X, _ = table(400)
    race = pd.Series(["A"] * 200 + ["B"] * 150 + ["C"] * 41 + ["D"] * 8 + [None], name="race")
    found = proxy_strength(X, race)
    assert found.groups == (("A",), ("B",), ("C",))
    assert set(found.left_out) == {("D",), (None,)}
    assert found.sampled == 391


def test_a_sample_is_drawn_and_repeats():
    X, sex = table()
    first = proxy_strength(X, sex, max_rows=500, seed=3)
    assert (first.sampled, first.available, first.seed) == (500, 3000, 3)
    assert proxy_strength(X, sex, max_rows=500, seed=3) == first
    assert proxy_strength(X, sex, max_rows=500, seed=4) != first


def test_missing_values_are_a_bin_of_their_own():
    X, sex = table(1000)
    told = X[["height"]].assign(
        height=np.where(sex == "F", np.nan, 1.0), word=np.where(sex == "F", None, "x")
    )
    found = proxy_strength(told, sex)
    assert [row.auc for row in found.rows] == [1.0, 1.0]


def test_intersections():
    X, sex = table()
    both = pd.DataFrame({"sex": sex, "tall": X["height"] > 172})
    found = proxy_strength(X[["title", "noise"]], both)
    assert found.attributes == ("sex", "tall")
    assert len(found.groups) == 4


def test_polars():
    polars = pytest.importorskip("polars")
    X, sex = table(500)
    theirs = proxy_strength(polars.from_pandas(X), polars.Series("sex", sex.to_list()))
    ours = proxy_strength(X, sex)
    assert [row.column for row in theirs.rows] == [row.column for row in ours.rows]
    assert [row.auc for row in theirs.rows] == pytest.approx([row.auc for row in ours.rows])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exclude": ["titel"]}, "did you mean 'title'"),
        ({"exclude": list(table(5)[0].columns)}, "at least one column must remain"),
        ({"folds": 1}, "at least 2"),
        ({"sensitive_features": ["F"]}, "each row needs a group"),
        ({"sensitive_features": ["F"] * 100}, "at least two groups"),
    ],
)
def test_bad_input_is_refused(change, words):
    X, sex = table(100)
    given = {"X": X, "sensitive_features": sex, **change}
    with pytest.raises(InputError, match=words):
        proxy_strength(given.pop("X"), given.pop("sensitive_features"), **given)
