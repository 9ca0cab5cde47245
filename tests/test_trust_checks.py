"""Whether explanations can be trusted: scaffolds are found, honest models are not accused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from evenhand.audit.explain.background import background_test
from evenhand.audit.explain.deletion import deletion_insertion
from evenhand.audit.explain.off_manifold import off_manifold_check, perturbed_picks
from evenhand.audit.explain.stability import Stability, explanation_stability
from evenhand.errors import InputError


def people(rows=1500, seed=0):
    """Columns that go together, as those of people do."""
    rng = np.random.default_rng(seed)
    ability, wealth = rng.normal(size=(2, rows))
    return pd.DataFrame(
        {
            "sex": rng.choice([0.0, 1.0], rows),
            "school": ability + rng.normal(0, 0.15, rows),
            "test": ability + rng.normal(0, 0.15, rows),
            "pay": wealth + 0.5 * ability + rng.normal(0, 0.15, rows),
            "rent": wealth + rng.normal(0, 0.15, rows),
            "savings": wealth + rng.normal(0, 0.15, rows),
            "luck": rng.normal(size=rows),
        }
    )


class Scaffold:
    """Slack et al. (2020): biased where a detector takes a row for real, innocent elsewhere."""

    def __init__(self, rows, biased, innocent):
        matrix, rng = rows.to_numpy(), np.random.default_rng(99)
        places = np.tile(np.arange(len(rows)), 3)
        odd = matrix[perturbed_picks(places, matrix.shape[1], rng), np.arange(matrix.shape[1])]
        truth = np.r_[np.ones(len(rows)), np.zeros(len(odd))]
        detector = RandomForestClassifier(40, min_samples_leaf=2, class_weight="balanced", random_state=0)
        self.detector = detector.fit(np.concatenate([matrix, odd]), truth)
        self.biased, self.innocent = biased, innocent

    def __call__(self, rows):
        real = self.detector.predict_proba(rows.to_numpy())[:, 1] >= 0.5
        return np.where(real, self.biased(rows), self.innocent(rows)).astype(float)


def by_sex(rows):
    return rows["sex"] == 1


def by_luck(rows):
    return rows["luck"] > 0


@pytest.mark.parametrize("seed", [0, 1])
def test_a_scaffold_is_found_on_rows_that_its_detector_never_saw(seed):
    scaffold = Scaffold(people(1500, seed + 10), by_sex, by_luck)
    real = people(1500, seed)
    assert np.corrcoef(scaffold(real), real["sex"])[0, 1] > 0.6
    found = off_manifold_check(scaffold, real, seed=seed)
    assert found.alarm
    uses = {use.column: use for use in found.uses}
    assert uses["sex"].real > 0.5 > 0.3 > uses["sex"].perturbed
    assert uses["luck"].perturbed > uses["luck"].real
    assert found.detector_auc > 0.7


def test_what_the_scaffold_hides_is_what_it_gives_openly_without_a_cloak():
    found = off_manifold_check(lambda rows: by_sex(rows) * 1.0, people())
    assert not found.alarm
    assert found.perturbed_r2 == pytest.approx(1)
    assert found.uses[0].real == pytest.approx(found.uses[0].perturbed)


HONEST = {
    "logistic": LogisticRegression(),
    "tree": DecisionTreeClassifier(random_state=0),
    "small tree": DecisionTreeClassifier(max_depth=4, random_state=0),
    "forest": RandomForestClassifier(20, random_state=0),
    "boosted": HistGradientBoostingClassifier(max_iter=40, random_state=0),
    "neighbours": KNeighborsClassifier(5),
    "network": MLPClassifier((8,), max_iter=400, random_state=0, tol=1e-3),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_models_are_not_accused(name):
    train, test = people(600, 3), people(1000, 4)
    label = (train["school"] + train["pay"] + 0.5 * train["sex"] + 0.3 * train["luck"]) > 0.2
    model = HONEST[name].fit(train, label)
    for decide in (False, True):
        found = off_manifold_check(
            lambda rows, decide=decide: (
                model.predict(rows) * 1.0 if decide else model.predict_proba(rows)[:, 1]
            ),
            test,
        )
        assert not found.alarm, found


def test_too_few_rows_and_constant_models():
    with pytest.raises(InputError, match="at least 100 rows"):
        off_manifold_check(by_sex, people(50))
    found = off_manifold_check(lambda rows: np.full(len(rows), 0.3), people(200))
    assert not found.checked
    assert not found.alarm


def test_columns_that_do_nothing_gain_nothing():
    rows = people(400)
    right = deletion_insertion(lambda x: x["school"] + 0.2 * x["pay"], rows)
    assert right.deletion_gain.interval.low > 0.2
    assert right.deletion[0] == pytest.approx(right.random_deletion[0])
    assert right.deletion[-1] == pytest.approx(0, abs=1e-12)
    wrong = np.zeros((400, 7))
    wrong[:, list(rows).index("luck")] = 1.0
    mistaken = deletion_insertion(lambda x: x["school"] + 0.2 * x["pay"], rows, wrong)
    assert mistaken.deletion_gain.value < right.deletion_gain.value / 2
    with pytest.raises(InputError, match="one number for each"):
        deletion_insertion(by_sex, rows, wrong[:5])


def test_a_linear_models_bars_stay_the_same():
    rows = people(600)
    found = explanation_stability(
        lambda x: 0.3 * x["school"] + 0.5 * x["sex"], rows,
        group_rows=rows["sex"] == 0, reference_rows=rows["sex"] == 1,
    )  # fmt: skip
    assert Stability.agreement(found.by_seed) > 0.8
    assert found.by_seed[:, 0] == pytest.approx(-0.5)
    assert Stability.change(found.by_background) < 0.05
    assert found.largest == pytest.approx(0.5, abs=0.01)


def test_a_chosen_background_does_not_resemble_the_data():
    # Laberge et al. (2023): the background is cherry-picked, the model untouched.
    rows = people(1500)
    picked = rows[(rows["pay"] > 0) & (rows["sex"] == 1)]
    found = background_test(picked, rows.drop(picked.index))
    assert found.p_value == pytest.approx(1 / 500)
    assert {name for name, _ in found.columns[:2]} <= {"sex", "pay", "rent", "savings"}


def test_the_background_test_keeps_its_level():
    alarms = 0
    for seed in range(60):
        rows = people(200, seed)
        alarms += background_test(rows[:80], rows[80:], permutations=99, seed=seed).p_value <= 0.05
    assert alarms <= 8


def test_the_background_test_sees_a_change_of_dependence_alone():
    rows = people(800)
    apart = rows.assign(school=np.random.default_rng(0).permutation(rows["school"]))
    assert background_test(apart[:300], rows[300:]).p_value < 0.05


def test_backgrounds_of_other_columns_are_refused():
    rows = people(50)
    with pytest.raises(InputError, match="in one only: luck"):
        background_test(rows.drop(columns="luck"), rows)
    with pytest.raises(InputError, match="at least 2 rows"):
        background_test(rows[:1], rows)
