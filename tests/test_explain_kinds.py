"""Every gap that is an average, losses with the label held too, against definitions and enumeration."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, recall_score

from evenhand.audit.explain.explained import TRUE_LABEL
from evenhand.audit.explain.gap import explain_outputs
from evenhand.audit.explain.kinds import KINDS, gap_rows, output_of

ROWS = 60


def score(rows):
    return expit(rows["a"] * rows["b"] + rows["c"] + 0.5 * rows["a"])


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=list("abc"))
    group = rng.random(ROWS) < 0.4
    X.loc[group, "a"] += 0.7
    labels = rng.random(ROWS) < score(X)
    return X, group, labels.to_numpy()


AVERAGES = [metric for metric, kind in KINDS.items() if kind.output != "metric"]


def explain(people, metrics, game="direct", **options):
    X, group, labels = people
    rows = gap_rows(metrics[0], group, ~group, labels)
    return explain_outputs(
        score,
        X,
        outputs=[output_of(metric, 0.5, labels) for metric in metrics],
        group_rows=rows.group,
        reference_rows=rows.reference,
        game=game,
        tolerance=0.01,
        **options,
    )


SCIKIT = {
    "accuracy": lambda y, s: accuracy_score(y, s >= 0.5),
    "log_loss": log_loss,
    "brier_score": brier_score_loss,
    "true_positive_rate": lambda y, s: recall_score(y, s >= 0.5),
    "selection_rate": lambda y, s: (s >= 0.5).mean(),
    "balance_for_the_negative_class": lambda y, s: s[~y].mean(),
}


@pytest.mark.parametrize("game", ["direct", "common"])
@pytest.mark.parametrize("metric", sorted(SCIKIT))
def test_the_gap_is_scikit_learns_and_the_bars_sum_to_it(people, metric, game):
    X, group, labels = people
    (found,) = explain(people, [metric], game, max_calls=3000)
    s = score(X).to_numpy()
    expected = SCIKIT[metric](labels[group], s[group]) - SCIKIT[metric](labels[~group], s[~group])
    assert found.measured == pytest.approx(expected, abs=1e-12)
    assert found.residual == pytest.approx(0, abs=1e-12)
    assert (found.bars[-1].player == TRUE_LABEL) == (metric in ("accuracy", "log_loss", "brier_score"))


def enumerate_loss(people, output, game):
    """Group means of the loss with the label of the row walked to, by definition."""
    X, group, _ = people
    one, two = np.flatnonzero(group), np.flatnonzero(~group)
    behind = two if game == "direct" else np.arange(len(X))

    def worth(rows, taken):
        at, other = np.repeat(rows, len(behind)), np.tile(behind, len(rows))
        mixed = X.iloc[other].reset_index(drop=True)
        for name in taken:
            mixed[name] = X[name].to_numpy()[at]
        return output.of(score(mixed).to_numpy(), at).mean()

    names = list(X)
    sets = [s for k in range(4) for s in itertools.combinations(names, k)]
    value = {frozenset(s): worth(one, s) - (worth(two, s) if game == "common" else 0.0) for s in sets}
    found = []
    for name in names:
        others = [s for s in sets if name not in s]
        found.append(
            sum(
                math.factorial(len(s))
                * math.factorial(2 - len(s))
                / 6
                * (value[frozenset({*s, name})] - value[frozenset(s)])
                for s in others
            )
        )
    own = output.of(score(X).to_numpy()[two], two).mean()
    label = value[frozenset()] - (own if game == "direct" else 0.0)
    return np.array([*found, label])


@pytest.mark.parametrize("game", ["direct", "common"])
@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "brier_score"])
def test_losses_equal_enumeration_with_the_label_held(people, metric, game):
    output = output_of(metric, 0.5, people[2])
    expected = enumerate_loss(people, output, game)
    (found,) = explain(people, [metric], game, max_calls=60_000)
    errors = np.array([bar.monte_carlo_error for bar in found.bars])
    assert (np.abs([bar.value for bar in found.bars] - expected) <= 4 * errors + 1e-12).all()
    assert found.total == pytest.approx(expected.sum(), abs=1e-12)


def test_outputs_that_share_walks_are_each_their_own(people):
    names = ["selection_rate", "mean_score", "accuracy", "log_loss"]
    together = explain(people, names, antithetic=False, max_calls=4000)
    for name, found in zip(names, together, strict=True):
        (alone,) = explain(people, [name], antithetic=False, max_calls=4000)
        assert found.measured == pytest.approx(alone.measured, abs=1e-12)
        reach = 4 * np.hypot(*([bar.monte_carlo_error for bar in each.bars] for each in (found, alone)))
        apart = np.abs(np.subtract(*([bar.value for bar in each.bars] for each in (found, alone))))
        assert (apart <= reach + 1e-12).all()


def test_losses_stay_finite_at_certain_scores():
    labels = np.array([True, False])
    for metric in AVERAGES:
        assert np.isfinite(output_of(metric, 0.5, labels).of(np.array([0.0, 1.0]), np.array([0, 1]))).all()
