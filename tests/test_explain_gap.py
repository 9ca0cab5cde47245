"""The Monte Carlo engine against enumeration of all column subsets, closed forms and planted truth."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from evenhand.audit.explain.blocks import column_blocks, quick_scorer
from evenhand.audit.explain.gap import explain_gap
from evenhand.audit.explain.kinds import gap_rows
from evenhand.audit.explain.recorded import Between, to_record
from evenhand.audit.record_explain import GapExplanation
from evenhand.errors import InputError, Reason


def people(rows=120, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(rows, 4)), columns=list("abcd"))
    group = rng.random(rows) < 0.35
    X.loc[group, "a"] += 0.7
    X["c"] = (X["c"] > 0) * 1.0
    return X, group


def decide(rows):
    return (rows["a"] * rows["b"] + rows["c"] + 0.5 * rows["a"] > 0.5).astype(float)


def enumerate_shapley(f, X, rows, row_weight, others, other_weight):
    """Average of f over rows with the columns of every subset taken from rows, the rest from others."""
    M, d = X.to_numpy(), X.shape[1]
    left, right = np.repeat(rows, len(others)), np.tile(others, len(rows))
    weight = np.outer(row_weight, other_weight).ravel()
    value = {}
    for size in range(d + 1):
        for subset in itertools.combinations(range(d), size):
            hybrid = M[right].copy()
            hybrid[:, list(subset)] = M[left][:, list(subset)]
            value[subset] = weight @ np.asarray(f(pd.DataFrame(hybrid, columns=X.columns))) / weight.sum()
    found = np.zeros(d)
    for k, subset in itertools.product(range(d), value):
        if k not in subset:
            share = math.factorial(len(subset)) * math.factorial(d - len(subset) - 1) / math.factorial(d)
            found[k] += share * (value[tuple(sorted((*subset, k)))] - value[subset])
    return found


def truth(f, X, group, game, weight=None):
    weight = np.ones(len(X)) if weight is None else weight
    one, other, every = np.flatnonzero(group), np.flatnonzero(~group), np.arange(len(X))
    if game == "direct":
        return enumerate_shapley(f, X, one, weight[one], other, weight[other])
    return enumerate_shapley(f, X, one, weight[one], every, weight) - enumerate_shapley(
        f, X, other, weight[other], every, weight
    )


def values(explained):
    return np.array([bar.value for bar in explained.bars])


def errors(explained):
    return np.array([bar.monte_carlo_error for bar in explained.bars])


@pytest.mark.parametrize("game", ["direct", "common"])
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_enumeration_and_sums_to_the_gap(game, weighted):
    X, group = people()
    weight = np.random.default_rng(5).random(len(X)) + 0.2 if weighted else None
    found = explain_gap(
        decide, X, group_rows=group, reference_rows=~group, game=game, sample_weight=weight, tolerance=0.004
    )
    expected = truth(decide, X, group, game, weight)
    assert found.reached
    assert (1.96 * errors(found) <= 0.004).all()
    assert (np.abs(values(found) - expected) <= 4 * errors(found)).all()
    assert found.residual == pytest.approx(0, abs=1e-12)
    assert found.total == pytest.approx(expected.sum(), abs=1e-12)
    assert found.bar("d").value == 0
    assert found.bar("d").monte_carlo_error == 0


def test_both_games_are_one_where_the_groups_are_all_rows():
    X, group = people()
    assert truth(decide, X, group, "direct") == pytest.approx(truth(decide, X, group, "common"), abs=1e-12)
    one, two = (
        explain_gap(decide, X, group_rows=group, reference_rows=~group, game=game, max_calls=3000)
        for game in ("direct", "common")
    )
    assert values(one).tolist() == values(two).tolist()
    assert (one.game, two.game) == ("direct", "common")


def test_the_common_background_counts_where_there_are_others():
    X, group = people()
    third = np.arange(len(X)) % 3 == 0
    one, two = np.flatnonzero(group & ~third), np.flatnonzero(~group & ~third)
    every, same = np.arange(len(X)), np.ones(len(X))
    expected = enumerate_shapley(decide, X, one, same[one], every, same) - enumerate_shapley(
        decide, X, two, same[two], every, same
    )
    found = explain_gap(decide, X, group_rows=one, reference_rows=two, game="common", tolerance=0.01)
    assert (np.abs(values(found) - expected) <= 4 * errors(found)).all()
    assert found.residual == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("game", "calls"), [("direct", 5000), ("common", 6000), ("direct", 500)])
def test_monte_carlo_intervals_hold_the_truth_as_often_as_they_say(game, calls):
    X, group = people()
    others = np.arange(len(X)) % 4 == 0 if game == "common" else np.zeros(len(X), dtype=bool)
    one, two = np.flatnonzero(group & ~others), np.flatnonzero(~group & ~others)
    every, same = np.arange(len(X)), np.ones(len(X))
    if game == "direct":
        expected = enumerate_shapley(decide, X, one, same[one], two, same[two])[:3]
    else:
        expected = (
            enumerate_shapley(decide, X, one, same[one], every, same)
            - enumerate_shapley(decide, X, two, same[two], every, same)
        )[:3]
    runs = [
        explain_gap(
            decide,
            X,
            group_rows=one,
            reference_rows=two,
            game=game,
            seed=s,
            max_calls=calls,
            tolerance=1e-9,
        )
        for s in range(60)
    ]
    missed = np.array([values(run)[:3] - expected for run in runs])
    stated = np.array([errors(run)[:3] for run in runs])
    covered = (np.abs(missed) <= 1.96 * stated).mean()
    assert 0.89 <= covered <= 1.0
    assert (np.abs(missed.mean(axis=0)) <= 4 * missed.std(axis=0) / math.sqrt(60)).all()
    if calls > 1000:
        # The stated error is also not larger than it need be.
        assert np.sqrt((stated**2).mean(axis=0)) == pytest.approx(missed.std(axis=0), rel=0.35)


def test_errors_are_as_stated_for_groups_of_equal_size():
    X, _ = people(120)
    group = np.arange(120) < 60
    expected = truth(decide, X, group, "direct")[:3]
    options = {"group_rows": group, "reference_rows": ~group, "max_calls": 1500, "tolerance": 1e-9}
    runs = [explain_gap(decide, X, seed=seed, **options) for seed in range(60)]
    assert all(run.passes >= 3 for run in runs)
    missed = np.array([values(run)[:3] - expected for run in runs])
    stated = np.sqrt(np.mean([errors(run)[:3] ** 2 for run in runs], axis=0))
    assert stated == pytest.approx(missed.std(axis=0), rel=0.35)


def test_rows_that_are_all_alike_need_no_draws():
    X = pd.DataFrame({"a": [1.0] * 8, "b": [2.0] * 8})
    found = explain_gap(lambda rows: rows["a"], X, group_rows=[0, 1, 2], reference_rows=[3, 4, 5, 6, 7])
    assert found.calls == 0
    assert values(found).tolist() == [0, 0]


def test_a_single_column_carries_the_whole_gap():
    X, _ = people(40)
    found = explain_gap(
        lambda rows: rows["a"] > 0, X[["a"]], group_rows=np.arange(20), reference_rows=np.arange(20, 40)
    )
    assert found.calls == 0
    assert found.bar("a").value == pytest.approx(found.measured)
    assert found.bar("a").interval is not None


def test_intervals_hold_the_population_value_as_often_as_they_say():
    runs = []
    for seed in range(120):
        X, group = people(300, seed=100 + seed)
        runs.append(
            explain_gap(decide, X, group_rows=group, reference_rows=~group, max_calls=9000, tolerance=1e-9)
        )
    centre = np.mean([values(run)[:3] for run in runs], axis=0)
    covered = np.mean(
        [[run.bar(k).interval.holds(c) for k, c in zip("abc", centre, strict=True)] for run in runs]
    )
    assert 0.90 <= covered <= 0.99
    spread = np.std([values(run)[:3] for run in runs], axis=0)
    stated = np.mean(
        [[bar.sampling_error**2 + bar.monte_carlo_error**2 for bar in run.bars[:3]] for run in runs], axis=0
    )
    assert np.sqrt(stated) == pytest.approx(spread, rel=0.25)


def test_a_linear_model_has_a_closed_form():
    X, group = people()
    slope = np.array([2.0, -1.0, 0.5, 0.0])
    found = explain_gap(lambda rows: rows.to_numpy() @ slope, X, group_rows=group, reference_rows=~group)
    assert values(found) == pytest.approx(slope * (X[group].mean() - X[~group].mean()).to_numpy(), abs=1e-9)
    assert found.passes == 2
    assert errors(found) == pytest.approx(0, abs=1e-9)


def test_a_pair_of_opposite_orders_is_exact_for_products_of_two_columns():
    X, group = people()

    def product(rows):
        return rows["a"] * rows["b"]

    def error(antithetic):
        found = explain_gap(
            product,
            X,
            group_rows=group,
            reference_rows=~group,
            antithetic=antithetic,
            max_calls=3000,
            tolerance=1e-9,
        )
        return found.bar("a").monte_carlo_error / math.sqrt(found.calls)

    assert error(True) < error(False)


def test_the_same_seed_gives_the_same_bars_and_another_seed_others():
    X, group = people()
    runs = [
        explain_gap(decide, X, group_rows=group, reference_rows=~group, seed=s, workers=w, max_calls=4000)
        for s, w in ((1, 1), (1, 2), (2, 1))
    ]
    assert runs[0] == runs[1]
    assert (values(runs[0]) != values(runs[2])).any()


def test_a_weight_of_two_is_a_row_twice():
    X, group = people(40)
    weight = np.where(np.arange(40) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(40), weight.astype(int))
    one = explain_gap(
        decide, X, group_rows=group, reference_rows=~group, sample_weight=weight, tolerance=0.003
    )
    two = explain_gap(
        decide,
        X.iloc[twice].reset_index(drop=True),
        group_rows=group[twice],
        reference_rows=~group[twice],
        tolerance=0.003,
    )
    assert one.measured == pytest.approx(two.measured)
    assert values(one) == pytest.approx(values(two), abs=0.009)


def test_groups_of_few_rows():
    X, _ = people(60)
    found = explain_gap(decide, X, group_rows=[0, 1, 2], reference_rows=np.arange(3, 60), tolerance=0.01)
    assert found.residual == pytest.approx(0, abs=1e-12)
    assert found.bars[0].sampling_error > 0
    alone = explain_gap(decide, X, group_rows=[0], reference_rows=np.arange(1, 60), tolerance=0.01)
    assert alone.bars[0].interval is None
    assert math.isnan(alone.bars[0].sampling_error)
    pair = explain_gap(decide, X, group_rows=[0], reference_rows=[1])
    assert pair.total == pytest.approx(pair.measured, abs=1e-12)


def test_few_calls_walk_a_sample_and_still_sum_to_the_gap_of_all_rows():
    X, group = people(3000)
    found = explain_gap(decide, X, group_rows=group, reference_rows=~group, max_calls=1500)
    full = explain_gap(decide, X, group_rows=group, reference_rows=~group, tolerance=0.002)
    assert found.rows < 1000 < found.rows_given == 3000
    assert not found.reached
    assert found.calls < 3000
    assert found.residual == pytest.approx(0, abs=1e-12)
    assert (np.abs(values(found) - values(full)) <= 4 * np.hypot(errors(found), errors(full))).all()


def test_mixed_columns_with_missing_values():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "pay": pd.array(np.where(rng.random(200) < 0.2, None, rng.integers(0, 9, 200)), dtype="Int64"),
            "town": pd.Categorical(rng.choice(["u", "v"], 200), categories=["u", "v", "w"]),
            "note": pd.array(rng.choice(["x", "y"], 200), dtype="string"),
        }
    )
    group = (X["town"] == "u").to_numpy()
    kinds = []

    def f(rows):
        kinds.append(rows.dtypes.equals(X.dtypes))
        return (rows["pay"].fillna(4) > 4) | (rows["town"] == "v")

    found = explain_gap(f, X, group_rows=group, reference_rows=~group, tolerance=0.01)
    assert all(kinds)
    assert len(kinds) > 1
    assert found.total == pytest.approx(found.measured, abs=1e-12)
    assert found.bar("note").value == 0
    assert found.bar("town").value < -0.4


def test_columns_grouped_as_one_player_contribute_their_joint_value():
    X, group = people()
    found = explain_gap(
        decide, X, group_rows=group, reference_rows=~group, players={"ab": ["a", "b"]}, tolerance=0.003
    )
    assert [bar.player for bar in found.bars] == ["ab", "c", "d"]
    assert found.total == pytest.approx(found.measured, abs=1e-12)


def test_progress_ends_with_the_calls_made():
    X, group = people()
    seen = []
    found = explain_gap(
        decide,
        X,
        group_rows=group,
        reference_rows=~group,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == sorted(seen, key=lambda item: item[0])
    assert seen[-1][0] == found.calls
    assert all(done <= total for done, total in seen)


def test_rates_are_averaged_over_their_own_rows():
    group, positive = np.array([1, 1, 0, 0, 0], bool), np.array([1, 0, 1, 1, 0], bool)
    tpr = gap_rows("true_positive_rate", group, ~group, positive)
    fpr = gap_rows("false_positive_rate", group, ~group, positive)
    assert (tpr.group.tolist(), tpr.reference.tolist()) == ([0], [2, 3])
    assert (fpr.group.tolist(), fpr.reference.tolist()) == ([1], [4])
    assert gap_rows("selection_rate", group, ~group).reference.tolist() == [2, 3, 4]


def test_the_equal_opportunity_gap_is_the_gap_explained():
    X, group = people(400)
    positive = (X["b"] + X["c"] > 0.3).to_numpy()
    rows = gap_rows("true_positive_rate", group, ~group, positive)
    found = explain_gap(decide, X, group_rows=rows.group, reference_rows=rows.reference, tolerance=0.01)
    chosen = decide(X).to_numpy()
    expected = chosen[group & positive].mean() - chosen[~group & positive].mean()
    assert found.measured == pytest.approx(expected)
    assert found.total == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "group", "positive", "reason"),
    [
        ("selection_rate", [False, False], None, Reason.EMPTY_GROUP),
        ("true_positive_rate", [True, False], None, Reason.NO_LABELS),
        ("true_positive_rate", [True, False], [False, True], Reason.NO_POSITIVES),
        ("false_positive_rate", [True, False], [False, True], Reason.NO_NEGATIVES),
    ],
)
def test_a_gap_without_rows_has_a_reason(metric, group, positive, reason):
    assert gap_rows(metric, np.array(group), ~np.array(group), positive).reason is reason


def test_bad_input_is_refused():
    X, group = people(20)
    with pytest.raises(InputError, match="got none among 0 rows"):
        explain_gap(decide, X, group_rows=[], reference_rows=~group)
    with pytest.raises(InputError, match="2 problems"):
        explain_gap(decide, X, group_rows=group, reference_rows=~group, tolerance=0, game="third")
    with pytest.raises(InputError, match="positions from 0 to 19"):
        explain_gap(decide, X, group_rows=[20], reference_rows=~group)
    with pytest.raises(InputError, match="not negative"):
        explain_gap(decide, X, group_rows=group, reference_rows=~group, sample_weight=-np.ones(20))
    with pytest.raises(InputError, match="one of selection_rate"):
        gap_rows("auc", group, ~group)


def pipeline(estimator, X, y):
    columns = make_column_transformer(
        (StandardScaler(), ["a", "b"]), (OneHotEncoder(sparse_output=False), ["town"]), remainder="drop"
    )
    return make_pipeline(columns, estimator).fit(X, y)


@pytest.fixture(scope="module")
def townsfolk():
    X, group = people(300)
    X["town"] = np.random.default_rng(2).choice(["u", "v", "w"], 300)
    return X, group, (decide(X) + (X["town"] == "u") > 0.5).astype(int)


@pytest.mark.parametrize("estimator", [LogisticRegression(), HistGradientBoostingClassifier(max_iter=20)])
def test_the_quick_way_gives_the_same_bars(townsfolk, estimator):
    X, group, y = townsfolk
    model = pipeline(estimator, X, y)
    quick = quick_scorer(model, X)
    options = {"group_rows": group, "reference_rows": ~group, "tolerance": 0.005}
    slow = explain_gap(lambda rows: model.predict_proba(rows)[:, 1] > 0.5, X, **options)
    fast = explain_gap(
        lambda rows: quick.score(rows) > 0.5, quick.frame, players=quick.players, as_array=True, **options
    )
    assert [bar.player for bar in fast.bars] == list(X)
    assert fast.measured == slow.measured
    assert values(fast) == pytest.approx(values(slow), abs=0.012)
    assert fast.bar("c").value == fast.bar("d").value == 0


def test_blocks_belong_to_their_source_columns(townsfolk):
    X, _, y = townsfolk
    assert column_blocks(pipeline(LogisticRegression(), X, y), X).owner.tolist() == [0, 1, 4, 4, 4]


def test_a_preprocessing_that_mixes_columns_has_no_blocks(townsfolk):
    X, _, y = townsfolk
    assert (
        column_blocks(make_pipeline(PCA(2), LogisticRegression()).fit(X[["a", "b"]], y), X[["a", "b"]])
        is None
    )


def test_a_generalised_linear_model_is_asked_itself(townsfolk):
    X, _, y = townsfolk
    model = PoissonRegressor().fit(X[["a", "b"]], y)
    quick = quick_scorer(model, X[["a", "b"]], method="predict")
    assert np.allclose(quick.score(quick.frame.to_numpy()), model.predict(X[["a", "b"]]))


@pytest.fixture(scope="module")
def explained():
    X, group = people(400)
    return explain_gap(decide, X, group_rows=group, reference_rows=~group, tolerance=0.005)


def test_the_record_carries_all_bars_largest_first(explained):
    record = to_record(explained, "selection_rate", Between("sex", ("F",), ("M",)))
    assert isinstance(record, GapExplanation)
    assert record.gap == "demographic parity"
    sizes = [abs(bar.value) for bar in record.bars]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 4
    assert all(bar.band is not None for bar in record.bars)
    assert GapExplanation.model_validate_json(record.model_dump_json()) == record
