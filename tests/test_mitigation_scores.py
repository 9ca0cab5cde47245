"""Methods that change scores: the reject option, calibration of groups, the barycentre."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression

from evenhand.errors import EvenhandWarning, InputError
from evenhand.metrics import demographic_parity_difference
from evenhand.mitigation import GroupCalibration, RejectOption, ScoreBarycentre


def table(rows=2000, seed=0):
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows)
    X = rng.normal(size=(rows, 2)) + (sex == "M")[:, None] * 0.6
    y = (X[:, 0] + rng.normal(size=rows) * np.where(sex == "F", 1.5, 0.5) > 0.6).astype(int)
    return X, y, sex


def fitted(model):
    X, y, sex = table()
    return model.fit(X, y, sensitive_features=sex), X, y, sex


def test_the_band_alone_changes_and_in_favour_of_the_disadvantaged():
    model, X, _, sex = fitted(RejectOption(LogisticRegression(), cv=None))
    before = model.estimator_.predict_proba(X)[:, 1]
    decided = model.predict(X, sensitive_features=sex)
    inside = np.abs(before - 0.5) <= model.half_width_
    assert (decided[~inside] == (before[~inside] >= 0.5)).all()
    assert (decided[inside & (sex == "F")] == 1).all()
    assert (decided[inside & (sex == "M")] == 0).all()
    gap = demographic_parity_difference(None, decided, sensitive_features=sex)
    assert gap == pytest.approx(model.gap_)
    assert model.met_
    assert gap <= 0.05 < model.unmitigated_gap_


def test_the_band_is_the_best_of_all_widths():
    model, X, y, sex = fitted(RejectOption(LogisticRegression(), cv=None, limit=0.1))
    before = model.estimator_.predict_proba(X)[:, 1]
    best = 0.0
    for width in np.unique(np.append(0, np.abs(before - 0.5))):
        inside = (np.abs(before - 0.5) <= width) & (width > 0)
        decided = np.where(inside, sex == "F", before >= 0.5)
        rates = [decided[sex == group].mean() for group in ("F", "M")]
        if abs(rates[0] - rates[1]) <= 0.1:
            best = max(best, (decided == y).mean())
    assert model.utility_ == pytest.approx(best)


def test_no_strength_is_no_band():
    model, X, _, sex = fitted(RejectOption(LogisticRegression(), strength=0.0))
    assert model.half_width_ == 0
    np.testing.assert_array_equal(model.predict(X, sensitive_features=sex), model.estimator_.predict(X))


def test_groups_in_a_band_that_cannot_be_met_are_said():
    model = RejectOption(LogisticRegression(), constraint="accuracy_difference", limit=0.0, cv=None)
    with pytest.warns(EvenhandWarning, match="the best that can be reached"):
        fitted(model)
    assert not model.met_


def test_platts_line_is_scikit_learns_within_each_group():
    X, y, sex = table()
    inner = FrozenEstimator(LogisticRegression().fit(X, y))
    model = GroupCalibration(inner).fit(X, y, sensitive_features=sex)
    for group in ("F", "M"):
        held = sex == group
        logit = LogisticRegressionOnLogit(inner, X[held], y[held])
        np.testing.assert_allclose(
            model.predict_proba(X[held], sensitive_features=sex[held])[:, 1], logit(X[held]), atol=2e-3
        )


class LogisticRegressionOnLogit:
    """Platt's scaling by scikit-learn: its sigmoid calibration of the frozen model's log odds."""

    def __init__(self, inner, X, y):
        self.model = CalibratedClassifierCV(inner, method="sigmoid", ensemble=False, cv=2).fit(X, y)

    def __call__(self, X):
        return self.model.predict_proba(X)[:, 1]


def test_isotonic_calibration_is_scikit_learns_within_each_group():
    X, y, sex = table()
    inner = FrozenEstimator(LogisticRegression().fit(X, y))
    model = GroupCalibration(inner, method="isotonic").fit(X, y, sensitive_features=sex)
    before = inner.predict_proba(X)[:, 1]
    for group in ("F", "M"):
        held = sex == group
        theirs = IsotonicRegression(out_of_bounds="clip").fit(before[held], y[held]).predict(before[held])
        ours = model.predict_proba(X[held], sensitive_features=sex[held])[:, 1]
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_brings_each_groups_scores_to_its_positives(method):
    model, X, y, sex = fitted(GroupCalibration(LogisticRegression(), method=method))
    before = model.estimator_.predict_proba(X)[:, 1]
    after = model.predict_proba(X, sensitive_features=sex)[:, 1]
    for group in ("F", "M"):
        held = sex == group
        assert abs(after[held].mean() - y[held].mean()) < 0.02
        assert ((after[held] - y[held]) ** 2).mean() < ((before[held] - y[held]) ** 2).mean() + 1e-4


def test_small_groups_and_groups_of_one_label_are_calibrated_together():
    X, y, sex = table()
    three = np.where(np.arange(len(sex)) < 50, "X", sex)
    y = np.where(three == "X", 0, y)
    with pytest.warns(EvenhandWarning, match="calibrated together with all rows: X"):
        model = GroupCalibration(LogisticRegression()).fit(X, y, sensitive_features=three)
    place = model.groups_.index(("X",))
    np.testing.assert_array_equal(model.outputs_[place], model.outputs_[-1])


def test_the_barycentre_makes_distributions_equal_and_keeps_order():
    model, X, _, sex = fitted(ScoreBarycentre(LogisticRegression(), cv=None))
    before = model.estimator_.predict_proba(X)[:, 1]
    after = model.predict_proba(X, sensitive_features=sex)[:, 1]
    women, men = sex == "F", sex == "M"
    assert stats.ks_2samp(after[women], after[men]).statistic < 0.01
    assert stats.ks_2samp(before[women], before[men]).statistic > 0.2
    for held in (women, men):
        assert (np.diff(after[held][np.argsort(before[held], kind="stable")]) >= -1e-12).all()


def test_the_barycentre_is_the_weighted_mean_of_quantiles():
    model, X, _, sex = fitted(ScoreBarycentre(LogisticRegression(), cv=None))
    before = model.estimator_.predict_proba(X)[:, 1]
    after = model.predict_proba(X, sensitive_features=sex)[:, 1]
    at = np.linspace(0.05, 0.95, 19)
    share = (sex == "F").mean()
    mixed = share * np.quantile(before[sex == "F"], at) + (1 - share) * np.quantile(before[sex == "M"], at)
    np.testing.assert_allclose(np.quantile(after[sex == "F"], at), mixed, atol=0.01)


def test_partial_repair_goes_a_part_of_the_way():
    scores = {}
    for strength in (0.0, 0.5, 1.0):
        model, X, _, sex = fitted(ScoreBarycentre(LogisticRegression(), cv=None, strength=strength))
        scores[strength] = model.predict_proba(X, sensitive_features=sex)[:, 1]
    np.testing.assert_allclose(scores[0.5], (scores[0.0] + scores[1.0]) / 2)
    np.testing.assert_allclose(scores[0.0], model.estimator_.predict_proba(X)[:, 1])


@pytest.mark.parametrize("method", [RejectOption, GroupCalibration, ScoreBarycentre])
def test_unseen_groups_and_missing_groups(method):
    model, X, _, sex = fitted(method(LogisticRegression()))
    new = np.where(np.arange(len(sex)) < 5, "X", sex)
    with pytest.raises(InputError, match="were not: X"):
        model.predict(X, sensitive_features=new)
    with pytest.raises(InputError, match="needs the group of each row"):
        model.predict_proba(X)
    pooled, X, _, _ = fitted(method(LogisticRegression(), unseen="pooled"))
    assert pooled.predict(X, sensitive_features=new).shape == sex.shape


@pytest.mark.parametrize("method", [RejectOption, GroupCalibration, ScoreBarycentre])
def test_regressors_and_strengths_out_of_range_are_refused(method):
    with pytest.raises(InputError, match="is a regressor"):
        fitted(method(LinearRegression()))
    with pytest.raises(InputError, match="between 0 and 1, got 7"):
        fitted(method(LogisticRegression(), strength=7))


def test_an_unknown_way_to_calibrate_is_refused():
    with pytest.raises(InputError, match="'isotonic', got 'beta'"):
        fitted(GroupCalibration(LogisticRegression(), method="beta"))
