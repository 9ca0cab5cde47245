"""Ratios, predictive values and areas: the game of the metric against enumeration."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import precision_score, roc_auc_score

from evenhand.audit.explain.explained import TRUE_LABEL
from evenhand.audit.explain.group_metric import METRICS, area
from evenhand.audit.explain.metric_game import explain_metric
from evenhand.errors import InputError, Reason


def score(rows):
    return expit(rows["a"] * rows["b"] + 0.4 + rows["c"] + 0.5 * rows["a"])


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(160, 3)), columns=list("abc"))
    group = rng.random(160) < 0.45
    X.loc[group, "a"] += 0.7
    X["d"] = rng.normal(size=160)
    return X, group, (rng.random(160) < score(X)).to_numpy()


def explain(people, metric, **options):
    X, group, labels = people
    given = {"labels": labels, "threshold": 0.5, "group_rows": group, "reference_rows": ~group} | options
    return explain_metric(score, X, metric=metric, **given)


SCIKIT = {
    "demographic_parity_ratio": lambda y, s: (s >= 0.5).mean(),
    "positive_predictive_value": lambda y, s: precision_score(y, s >= 0.5),
    "roc_auc": roc_auc_score,
}


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_the_gap_is_scikit_learns_and_the_bars_sum_to_it(people, metric):
    X, group, labels = people
    found = explain(people, metric)
    s = score(X).to_numpy()
    one, two = (SCIKIT[metric](labels[at], s[at]) for at in (group, ~group))
    expected = one / two if metric == "demographic_parity_ratio" else one - two
    assert found.measured == pytest.approx(expected, abs=2e-3 if metric == "roc_auc" else 1e-12)
    assert found.residual == pytest.approx(0, abs=1e-9)
    assert found.bar("d").value == pytest.approx(0, abs=0.05)
    assert (found.bars[-1].player == TRUE_LABEL) == (metric == "positive_predictive_value")


def enumerated(people, metric):
    """The metric of all rows, each with every background row, for every coalition."""
    X, group, labels = people
    names = list("abc")
    everyone = np.arange(len(X))

    def worth(taken):
        sides = []
        for rows in (np.flatnonzero(group), np.flatnonzero(~group)):
            at, other = np.repeat(rows, len(X)), np.tile(everyone, len(rows))
            mixed = X.iloc[other].reset_index(drop=True)
            for name in taken:
                mixed[name] = X[name].to_numpy()[at]
            sides.append(SCIKIT[metric](labels[at], score(mixed).to_numpy()))
        return sides[0] / sides[1] if METRICS[metric].ratio else sides[0] - sides[1]

    value = {frozenset(s): worth(s) for k in range(4) for s in itertools.combinations(names, k)}
    return [
        sum(
            math.factorial(len(s)) * math.factorial(2 - len(s)) / 6 * (value[s | {name}] - value[s])
            for s in value
            if name not in s
        )
        for name in names
    ]


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_agrees_with_enumeration_within_its_error(people, metric):
    expected = enumerated(people, metric)
    runs = [explain(people, metric, seed=seed) for seed in range(8)]
    values = np.array([[run.bar(name).value for name in "abc"] for run in runs])
    told = np.sqrt(
        np.mean([[run.bar(name).monte_carlo_error ** 2 for name in "abc"] for run in runs], axis=0)
    )
    assert (np.abs(values.mean(axis=0) - expected) <= 4 * told / math.sqrt(8) + 0.004).all()
    seen = values.std(axis=0, ddof=1)
    assert (seen <= 1.8 * told).all()
    assert (told <= 4 * seen).all()


def test_the_sampling_error_is_the_spread_over_samples():
    rng = np.random.default_rng(8)
    runs = []
    for seed in range(30):
        X = pd.DataFrame(rng.normal(size=(200, 3)), columns=list("abc"))
        group = rng.random(200) < 0.45
        X.loc[group, "a"] += 0.7
        labels = (rng.random(200) < score(X)).to_numpy()
        runs.append(explain((X, group, labels), "positive_predictive_value", seed=seed, max_calls=4000))
    names = [*"abc", TRUE_LABEL]
    seen = np.std([[run.bar(name).value for name in names] for run in runs], axis=0, ddof=1)
    told = np.sqrt(
        np.mean(
            [
                [run.bar(n).sampling_error ** 2 + run.bar(n).monte_carlo_error ** 2 for n in names]
                for run in runs
            ],
            axis=0,
        )
    )
    assert told == pytest.approx(seen, rel=0.45)


def test_few_calls_walk_a_sample_and_say_so(people):
    found = explain(people, "roc_auc", max_calls=600)
    assert found.rows < found.rows_given == 160
    assert found.passes == 8


def test_a_metric_that_is_undefined_for_a_group_is_refused(people):
    _, group, _ = people
    assert explain(people, "roc_auc", labels=group) is Reason.GROUP_UNDEFINED
    assert explain(people, "positive_predictive_value", threshold=2.0) is Reason.GROUP_UNDEFINED


def test_unknown_metrics_are_refused(people):
    with pytest.raises(InputError, match="one of demographic_parity_ratio"):
        explain(people, "f1")


def test_the_same_seed_gives_the_same_bars(people):
    assert explain(people, "roc_auc", seed=4) == explain(people, "roc_auc", seed=4)


def test_area_counts_ties_half():
    assert float(area(np.array([[1.0, 1.0], [1.0, 1.0]]))) == 0.5
