from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from evenhand.errors import InputError
from evenhand.metrics.grid import Grid
from evenhand.metrics.score_bins import auc_from_counts, score_counts
from evenhand.metrics.tally import cube_of


def drawn(rows: int = 4000) -> tuple[np.ndarray, np.ndarray, dict[str, list[str]]]:
    rng = np.random.default_rng(5)
    y = rng.integers(0, 2, rows)
    score = 1 / (1 + np.exp(-(rng.normal(size=rows) + y)))
    groups = {
        "sex": rng.choice(["F", "M"], rows).tolist(),
        "race": rng.choice(["A", "B", "C"], rows).tolist(),
    }
    return y, score, groups


def test_distinct_scores_give_scikit_learns_area_in_every_group() -> None:
    y, score, groups = drawn()
    cube = cube_of(y, y_score=score, sensitive_features=groups, grid=Grid("distinct"))
    counts = score_counts(cube, "sex", "race")
    area = auc_from_counts(counts.positives, counts.negatives)
    for i, (sex, race) in enumerate(counts.groups):
        rows = (np.array(groups["sex"]) == sex) & (np.array(groups["race"]) == race)
        assert area.value[i] == pytest.approx(roc_auc_score(y[rows], score[rows]), abs=1e-12)
    assert np.all(area.error == 0)


@pytest.mark.parametrize("bins", [2, 16, 4096])
def test_binned_area_lies_within_its_bound(bins: int) -> None:
    y, score, groups = drawn()
    counts = score_counts(cube_of(y, y_score=score, sensitive_features=groups, grid=Grid(bins=bins)))
    area = auc_from_counts(counts.positives, counts.negatives)
    assert counts.groups == ((),)
    assert abs(area.value[0] - roc_auc_score(y, score)) <= area.error[0] + 1e-12


def test_both_ends_of_the_bound_are_reached() -> None:
    area = auc_from_counts([2.0], [3.0])
    assert (float(area.value), float(area.error)) == (0.5, 0.5)


def test_group_without_one_label_has_no_area() -> None:
    area = auc_from_counts([[1, 1], [0, 0]], [[1, 0], [1, 1]])
    assert area.value[0] == 0.75
    assert np.isnan(area.value[1])
    assert np.isnan(area.error[1])


def test_weights_count_as_rows_do() -> None:
    y, score, _ = drawn(500)
    weight = np.random.default_rng(1).integers(1, 5, 500)
    plain = cube_of(y.repeat(weight), y_score=score.repeat(weight), sensitive_features=np.zeros(weight.sum()))
    heavy = cube_of(y, y_score=score, sensitive_features=np.zeros(500), sample_weight=weight)
    first, second = score_counts(plain), score_counts(heavy)
    np.testing.assert_array_equal(first.positives, second.positives)
    np.testing.assert_array_equal(first.negatives, second.negatives)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8))
def test_swapping_the_labels_mirrors_the_area(bins: list[tuple[int, int]]) -> None:
    high, low = np.array(bins).T
    one, other = auc_from_counts(high, low), auc_from_counts(low, high)
    np.testing.assert_allclose(one.value + other.value, 1.0 if np.any(high) and np.any(low) else np.nan)
    np.testing.assert_allclose(one.error, other.error)


def test_counts_of_different_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="one value a bin"):
        auc_from_counts([1, 2], [1, 2, 3])


def test_classes_are_refused() -> None:
    cube = cube_of([0, 1, 2], y_score=[0.1, 0.2, 0.3], sensitive_features=[0, 0, 1], task="multiclass")
    with pytest.raises(InputError, match="two labels are wanted"):
        score_counts(cube)
