"""People who repeat: counts, resamples and variances by person."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand import InputError, audit_file
from evenhand.errors import Reason
from evenhand.metrics.catalogue import metric_named
from evenhand.metrics.cluster_resampling import cluster_bootstrap
from evenhand.metrics.cluster_worst import worst_of_clustered
from evenhand.metrics.clusters import (
    cluster_counts,
    cluster_robust,
    clustered,
    contrast_variance,
    overall_effect,
)
from evenhand.metrics.disparity import Options, worst_of
from evenhand.metrics.intervals import wilson
from evenhand.metrics.people import person_codes, profiles, repeats
from evenhand.metrics.rates import RATES, count, estimates, group_table
from evenhand.metrics.tally import cube_of
from evenhand.reading import settings_from
from evenhand.reports.language import written_in
from evenhand.reports.phrases import reworded

RATE = "selection_rate"


def people(rng, count=60, most=6, groups="FM"):
    """Rows of people who have a level of their own, so that their rows are alike."""
    size = rng.integers(1, most + 1, count)
    ids = np.repeat(np.arange(count), size)
    level = np.repeat(rng.beta(0.6, 0.9, count), size)
    sex = np.repeat(rng.choice(list(groups), count), size)
    truth = (rng.random(len(ids)) < 0.5).astype(int)
    return truth, (rng.random(len(ids)) < level).astype(int), sex, ids


@pytest.fixture(scope="module")
def data():
    return people(np.random.default_rng(3))


@pytest.fixture(scope="module")
def counts(data):
    truth, chosen, sex, ids = data
    return cluster_counts(truth, chosen, sensitive_features={"sex": sex}, ids=ids)


def test_cells_add_up_to_the_table(data, counts):
    truth, chosen, sex, ids = data
    table = group_table(cube_of(truth, chosen, sensitive_features={"sex": sex}), "sex")
    assert counts.table.groups == table.groups
    assert np.array_equal(counts.cells.sum(axis=0).reshape(2, 2, 2), table.measures[..., 0])
    person = (ids == 7) & (sex == sex[ids == 7][0])
    assert counts.cells[[7]].sum() == person.sum()


def test_repeats_are_counted():
    found = cluster_counts(None, [1, 0, 1, 1], sensitive_features=["F", "M", "F", "F"], ids=[1, 1, 2, None])
    assert (found.repeats.people, found.repeats.rows, found.repeats.most) == (3, 4, 2)
    assert (found.repeats.shared, found.repeats.unnamed) == (1, 1)


@pytest.mark.parametrize(
    "ids",
    [
        ["a", "b", "a", None],
        np.array([1.0, 2.0, 1.0, np.nan]),
        pd.Series(["a", "b", "a", None]),
        pd.Series([1, 2, 1, pd.NA], dtype="Int64"),
        pd.Series(["a", "b", "a", None], dtype="category"),
        pl.Series(["a", "b", "a", None]),
        pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-01", None], utc=True)),
    ],
)
def test_ids_of_any_kind_name_the_same_people(ids):
    codes, unnamed = person_codes(ids)
    assert unnamed == 1
    assert codes[0] == codes[2]
    assert len(set(codes.tolist())) == 3


def test_large_ids_beside_a_gap_stay_apart():
    ids = pd.Series([2**60, 2**60 + 1, None], dtype="Int64")
    assert repeats(ids).people == 3


def test_bad_ids_say_all_that_is_wrong():
    with pytest.raises(InputError, match="got 1 ids for 2 rows"):
        cluster_counts(None, [1, 0], sensitive_features=["F", "M"], ids=[1])
    with pytest.raises(InputError, match="ids are texts or numbers"):
        repeats([[1], {}])
    with pytest.raises(InputError, match="at least one row"):
        repeats([])
    frame = pd.DataFrame({"p": [1, 0], "i": [1, 2]})
    for features, chosen in ((["F", "M"], frame["p"]), (frame[["p"]], [1, 0])):
        with pytest.raises(InputError, match="index differs"):
            cluster_counts(None, chosen, sensitive_features=features, ids=frame["i"].iloc[::-1])


def test_true_and_one_are_two_groups():
    values = np.array([True, 1, True, 1], dtype=object)
    counts = cluster_counts(None, [1, 0, 1, 0], sensitive_features=values, ids=[1, 1, 2, 2])
    assert len(counts.table.groups) == 2
    assert counts.cells.sum(axis=0).reshape(2, 2).tolist() == counts.table.measures[:, 0, :, 0].tolist()


def test_the_variance_is_statsmodels_cluster_robust_one(data, counts):
    truth, chosen, sex, ids = data
    found = cluster_robust(counts, RATE)
    fpr = cluster_robust(counts, "false_positive_rate")
    for i, (group,) in enumerate(counts.table.groups):
        for part, result in ((sex == group, found), ((sex == group) & (truth == 0), fpr)):
            fit = sm.OLS(chosen[part], np.ones(part.sum())).fit(
                cov_type="cluster", cov_kwds={"groups": ids[part]}
            )
            assert result.covariance[i, i] == pytest.approx(fit.cov_params()[0, 0])


def test_weighted_variance_and_covariance_of_shared_people_are_statsmodels(data):
    _, chosen, _, ids = data
    rng = np.random.default_rng(0)
    sex, weight = rng.choice(["F", "M"], len(ids)), rng.uniform(0.2, 3, len(ids))
    counts = cluster_counts(None, chosen, sensitive_features=sex, ids=ids, sample_weight=weight)
    found = cluster_robust(counts, RATE)
    assert counts.repeats.shared > 0
    exog = np.stack([sex == "F", sex == "M"], axis=1).astype(float)
    fit = sm.WLS(chosen, exog, weights=weight).fit(
        cov_type="cluster", cov_kwds={"groups": ids, "use_correction": False}
    )
    widen = np.sqrt(found.people / (found.people - 1))
    assert found.covariance == pytest.approx(fit.cov_params() * np.outer(widen, widen))


def test_the_variance_is_that_of_estimating_equations(data, counts):
    _, chosen, sex, ids = data
    part = sex == "F"
    fit = sm.GEE(chosen[part], np.ones(part.sum()), groups=ids[part]).fit(cov_type="robust")
    found = cluster_robust(counts, RATE)
    m = found.people[0]
    assert found.covariance[0, 0] * (m - 1) / m == pytest.approx(fit.cov_params()[0, 0])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from("FMN")), min_size=2, max_size=40))
def test_without_repeats_it_is_the_plain_count(rows):
    truth, chosen, sex = map(list, zip(*rows, strict=True))
    counts = cluster_counts(truth, chosen, sensitive_features=sex, ids=range(len(sex)))
    for name, rate in RATES.items():
        plain, found = count(counts.table, rate), clustered(counts, name)
        assert np.array_equal(found.effective, plain.effective)
        assert estimates(found) == pytest.approx(estimates(plain)) or str(estimates(found)) == str(
            estimates(plain)
        )
        effect = cluster_robust(counts, name).effect
        assert effect[~np.isnan(effect)] == pytest.approx(1.0)


def test_weights_without_repeats_keep_kishs_size(data):
    _, chosen, sex, ids = data
    weight = np.random.default_rng(1).uniform(0.2, 3, len(ids))
    counts = cluster_counts(None, chosen, sensitive_features=sex, ids=range(len(ids)), sample_weight=weight)
    assert clustered(counts, RATE).effective == pytest.approx(count(counts.table, RATES[RATE]).effective)


def test_rows_copied_for_everybody_are_worth_no_more_than_people():
    chosen, sex = [1, 0, 0, 1, 0, 0, 1, 0] * 20, ["F", "M"] * 80
    ids = list(range(160))
    counts = cluster_counts(None, chosen * 3, sensitive_features=sex * 3, ids=ids * 3)
    found = cluster_robust(counts, RATE)
    assert found.effect == pytest.approx(3.0, rel=0.02)
    assert found.counted.effective == pytest.approx(80, rel=0.03)
    assert overall_effect(counts) == pytest.approx(3.0, rel=0.02)


def test_a_rate_of_zero_is_as_sure_as_people_are_many():
    counts = cluster_counts(None, [0] * 40, sensitive_features=["F"] * 40, ids=[i // 4 for i in range(40)])
    found = cluster_robust(counts, RATE)
    assert found.counted.effective.tolist() == [10.0]
    assert np.isnan(found.effect[0])


def test_resamples_that_never_vary_claim_no_certainty():
    counts = cluster_counts(
        None, [0] * 40, sensitive_features=["F", "M"] * 20, ids=[i // 4 for i in range(40)]
    )
    found = cluster_bootstrap(counts, RATE, draws=50)
    assert [e.value for e in found.rates[RATE]] == [0.0, 0.0]
    assert [e.interval for e in found.rates[RATE]] == [None, None]
    assert (found.differences[0].interval, found.worst.interval) == (None, None)
    assert estimates(clustered(counts, RATE))[0].interval.high > 0.2


def test_undefined_rates_say_why():
    counts = cluster_counts([0, 0, 1], [1, 0, 1], sensitive_features=["F", "F", "M"], ids=[1, 1, 2])
    found = clustered(counts, "true_positive_rate")
    assert found.reason(0) is Reason.NO_POSITIVES
    assert np.isnan(cluster_robust(counts, "true_positive_rate").covariance[0, 0])
    bare = cluster_counts(None, [1, 0], sensitive_features=["F", "M"], ids=[1, 1])
    assert clustered(bare, "true_positive_rate").reason(0) is Reason.NO_LABELS
    assert worst_of_clustered(bare, "equalized_odds_difference").reason is Reason.NO_LABELS


def naive(chosen, sex, ids, draws, seed):
    rng, names = np.random.default_rng(seed), np.unique(ids)
    rows = {name: np.flatnonzero(ids == name) for name in names}
    values = []
    for _ in range(draws):
        at = np.concatenate([rows[name] for name in rng.choice(names, len(names))])
        values.append([chosen[at][sex[at] == group].mean() for group in "FM"])
    return np.array(values)


def test_resamples_are_those_of_a_loop_over_people(data, counts):
    _, chosen, sex, ids = data
    found = cluster_bootstrap(counts, RATE, draws=4000, method="percentile")
    loop = naive(chosen, sex, ids, 2000, 1)
    for i, estimate in enumerate(found.rates[RATE]):
        low, high = np.quantile(loop[:, i], [0.025, 0.975])
        assert estimate.interval.low == pytest.approx(low, abs=0.015)
        assert estimate.interval.high == pytest.approx(high, abs=0.015)
    low, high = np.quantile(loop[:, 0] - loop[:, 1], [0.025, 0.975])
    assert found.differences[0].interval.low == pytest.approx(low, abs=0.02)
    assert found.differences[0].interval.high == pytest.approx(high, abs=0.02)


def test_resamples_do_not_depend_on_the_order_of_rows(data):
    truth, chosen, sex, ids = data
    turn = np.random.default_rng(0).permutation(len(ids))
    one, two = (
        cluster_bootstrap(
            cluster_counts(truth[t], chosen[t], sensitive_features=sex[t], ids=ids[t]),
            "equalized_odds_difference",
            draws=200,
        )
        for t in (np.arange(len(ids)), turn)
    )
    assert one.rates == two.rates
    assert one.worst == two.worst


def test_bca_agrees_with_scipy(data):
    from scipy.stats import bootstrap

    _, chosen, _, ids = data
    counts = cluster_counts(None, chosen, sensitive_features=["all"] * len(ids), ids=ids)
    x, n = np.bincount(ids, weights=chosen), np.bincount(ids)
    other = bootstrap(
        (x, n), lambda a, b, axis=-1: a.sum(axis) / b.sum(axis), paired=True, vectorized=True,
        n_resamples=4000, rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    [found] = cluster_bootstrap(counts, RATE, draws=4000).rates[RATE]
    assert (found.interval.low, found.interval.high) == pytest.approx((other.low, other.high), abs=0.015)
    assert found.interval.method == "cluster bootstrap, BCa"


def test_many_profiles_are_left_out_in_groups():
    rng = np.random.default_rng(5)
    size = 2500
    counts = cluster_counts(
        None, rng.integers(0, 2, 2 * size), sensitive_features=["F"] * 2 * size,
        ids=list(range(size)) * 2, sample_weight=rng.uniform(0.5, 2, 2 * size),
    )  # fmt: skip
    found = cluster_bootstrap(counts, RATE, draws=200)
    assert found.profiles == size
    half = 1.96 * np.sqrt(cluster_robust(counts, RATE).covariance[0, 0])
    [estimate] = found.rates[RATE]
    assert estimate.interval.high - estimate.interval.low == pytest.approx(2 * half, rel=0.15)


@given(st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=30))
def test_profiles_are_the_distinct_people(rows):
    from scipy import sparse

    distinct, size = profiles(sparse.csr_array(np.array(rows, dtype=float)))
    expected, often = np.unique(np.array(rows, dtype=float), axis=0, return_counts=True)
    got = sorted(zip(distinct.toarray().tolist(), size.tolist(), strict=True))
    assert got == sorted(zip(expected.tolist(), often.tolist(), strict=True))


def test_row_wise_intervals_undercover_and_those_by_people_do_not():
    rng, rows, sizes, boots = np.random.default_rng(11), [], [], []
    for trial in range(400):
        _, chosen, _, ids = people(rng, count=60)
        counts = cluster_counts(None, chosen, sensitive_features=["all"] * len(ids), ids=ids)
        plain, found = count(counts.table, RATES[RATE]), clustered(counts, RATE)
        for kept, c in ((rows, plain), (sizes, found)):
            low, high = wilson(c.successes, c.effective)
            kept.append(low[0] <= 0.4 <= high[0])
        if trial < 150:
            [estimate] = cluster_bootstrap(counts, RATE, draws=300, seed=trial).rates[RATE]
            boots.append(estimate.interval.holds(0.4))
    assert np.mean(rows) < 0.85
    assert 0.925 <= np.mean(sizes) <= 0.98
    assert 0.89 <= np.mean(boots) <= 0.99


def test_the_worst_of_several_holds_zero_by_people_and_not_by_rows():
    rng, rows, sizes, boots = np.random.default_rng(12), [], [], []
    metric = metric_named("demographic_parity_difference")
    for trial in range(120):
        _, chosen, group, ids = people(rng, count=160, groups="ABCD")
        counts = cluster_counts(None, chosen, sensitive_features=group, ids=ids)
        options = Options(draws=199, seed=trial)
        rows.append(worst_of(counts.table, metric, options).interval.holds(0.0))
        sizes.append(worst_of_clustered(counts, metric, options).interval.holds(0.0))
        boots.append(cluster_bootstrap(counts, metric, draws=199, seed=trial).worst.interval.holds(0.0))
    assert np.mean(rows) < 0.85
    assert np.mean(sizes) >= 0.9
    assert np.mean(boots) >= 0.9


@pytest.mark.parametrize(
    "name",
    ["demographic_parity_difference", "demographic_parity_ratio", "equalized_odds_difference",
     "average_odds_difference"],
)  # fmt: skip
def test_the_worst_without_repeats_is_the_plain_one(data, name):
    truth, chosen, sex, ids = data
    metric = metric_named(name)
    counts = cluster_counts(truth, chosen, sensitive_features=sex, ids=range(len(ids)))
    plain, found = worst_of(counts.table, metric), worst_of_clustered(counts, metric)
    assert (found.value, found.p_value, found.group) == (plain.value, plain.p_value, plain.group)
    assert (found.interval.low, found.interval.high) == (plain.interval.low, plain.interval.high)
    resampled = cluster_bootstrap(counts, metric, draws=100).worst
    assert resampled.value == pytest.approx(plain.value)
    assert resampled.interval.holds(plain.value)


def test_the_bootstrap_says_what_it_cannot_do(counts):
    with pytest.raises(InputError, match="rate, or a difference or ratio"):
        cluster_bootstrap(counts, "mean_score")
    with pytest.raises(InputError, match="percentile, BCa"):
        cluster_bootstrap(counts, RATE, method="basic")
    with pytest.raises(InputError, match="at least one draw"):
        cluster_bootstrap(counts, RATE, draws=0)
    bare = cluster_counts(None, [1, 0], sensitive_features=["F", "M"], ids=[1, 1])
    with pytest.raises(InputError, match="no true labels"):
        cluster_bootstrap(bare, "true_positive_rate")
    with pytest.raises(InputError, match="difference or ratio is wanted"):
        worst_of_clustered(counts, RATE)
    alone = cluster_counts(None, [1, 0], sensitive_features=["F", "F"], ids=[1, 1])
    assert cluster_bootstrap(alone, RATE, draws=10).worst.reason is Reason.SINGLE_GROUP
    none = cluster_counts(None, [0, 0], sensitive_features=["F", "M"], ids=[1, 2])
    assert cluster_bootstrap(none, "demographic_parity_ratio", draws=10).worst.reason is Reason.ALL_ZERO


def audited(tmp_path, ids):
    rng = np.random.default_rng(2)
    chosen = np.repeat(rng.integers(0, 2, 60), 2)
    frame = pd.DataFrame({"p": chosen, "sex": np.repeat(rng.choice(["F", "M"], 60), 2), "person": ids})
    frame.to_parquet(tmp_path / "rows.parquet")
    settings = {"prediction": "p", "sensitive": ("sex",), "id": "person"}
    return audit_file(settings_from(tmp_path / "rows.parquet", settings))


def test_an_audit_notes_that_people_repeat(tmp_path):
    record = audited(tmp_path, np.repeat(np.arange(60), 2)).record
    [text] = [note.text for note in record.notes if note.code == "repeated_people"]
    assert text.startswith("The 120 rows are of 60 people, up to 2 rows a person.")
    assert "2.02 times as large (design effect)" in text
    with written_in("de"):
        assert reworded(text).startswith("Die 120 Zeilen stammen von 60 Personen")


def test_an_audit_counts_people_and_not_rows(tmp_path):
    """Each person stands in two equal rows, so that the figures are as sure as those of one row a person."""
    twice = audited(tmp_path, np.repeat(np.arange(60), 2)).record
    once = audited(tmp_path, np.arange(120)).record
    for double, plain in zip(twice.groupings[0].groups, once.groupings[0].groups, strict=True):
        mine, other = double.rates["selection_rate"], plain.rates["selection_rate"]
        assert mine.value == other.value
        assert mine.interval.method.endswith(", cluster-robust sizes")
        assert mine.effective == pytest.approx(other.effective / 2, rel=0.1)
    wide, narrow = (
        {d.metric: d for d in r.groupings[0].disparities}["selection_rate"] for r in (twice, once)
    )
    width = (wide.interval.high - wide.interval.low) / (narrow.interval.high - narrow.interval.low)
    assert width == pytest.approx(np.sqrt(2), rel=0.1)
    worst = {d.metric: d for d in twice.groupings[0].disparities}["demographic_parity_difference"]
    assert worst.interval.method.endswith("cluster-robust sizes")


def test_the_record_holds_resampled_people_too(tmp_path):
    people = audited(tmp_path, np.repeat(np.arange(60), 2)).record.people
    assert (people.people, people.rows, people.most) == (60, 120, 2)
    [part] = people.groupings
    assert [estimate.interval.method for estimate in part.rates["selection_rate"]] == [
        "cluster bootstrap, BCa"
    ] * 2
    assert part.worst[0].interval.method.startswith("cluster bootstrap")


def test_a_limit_is_judged_by_people_then_and_later(tmp_path):
    limit = {"metric": "demographic_parity_difference", "attribute": "sex", "max": 0.9}
    result = audited(tmp_path, np.repeat(np.arange(60), 2))
    [verdict] = result.gate([limit]).record.verdicts
    worst = {d.metric: d for d in result.record.groupings[0].disparities}[limit["metric"]]
    assert (verdict.interval.low, verdict.interval.high) == (worst.interval.low, worst.interval.high)


def controlled(tmp_path, ids):
    """Two rows a person, alike; people stand in either of two jobs, or (the last 40) in both."""
    rng = np.random.default_rng(3)
    people = pd.DataFrame({"p": rng.integers(0, 2, 200), "sex": rng.choice(["F", "M"], 200)})
    frame = people.loc[np.repeat(np.arange(200), 2)].assign(
        job=np.r_[np.repeat(rng.choice(["x", "y"], 160), 2), ["x", "y"] * 40], person=ids
    )
    frame.to_parquet(tmp_path / "rows.parquet")
    settings = {"prediction": "p", "sensitive": ("sex",), "control": ("job",), "id": "person"}
    [found] = audit_file(settings_from(tmp_path / "rows.parquet", settings)).record.conditional
    return found


def test_comparisons_within_levels_count_people_too(tmp_path):
    twice = controlled(tmp_path, np.repeat(np.arange(200), 2))
    once = controlled(tmp_path, np.arange(400))
    [mine], [other] = twice.pooled, once.pooled
    assert (mine.value, mine.crude, other.interval.method) == (
        other.value,
        other.crude,
        "Mantel-Haenszel, Sato",
    )
    assert mine.interval.method == "Mantel-Haenszel, Sato or over people"
    width = (mine.interval.high - mine.interval.low) / (other.interval.high - other.interval.low)
    assert width == pytest.approx(np.sqrt(2), rel=0.03)
    for level, alone in zip(twice.strata, once.strata, strict=True):
        assert level.figures[0].value == pytest.approx(alone.figures[0].value)
        assert level.figures[0].interval.method.endswith("cluster-robust sizes")


def test_the_variance_of_a_contrast_is_that_of_the_covariances(counts):
    groups = len(counts.table.groups)
    weights = np.linspace(-1, 1, groups)
    found = contrast_variance(counts, RATE, weights)
    assert found == pytest.approx(weights @ cluster_robust(counts, RATE).covariance @ weights, rel=0.05)


def test_an_audit_of_people_who_do_not_repeat_has_no_such_note(tmp_path):
    record = audited(tmp_path, np.arange(120)).record
    assert "repeated_people" not in [note.code for note in record.notes]
    assert record.people is None
