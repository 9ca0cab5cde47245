"""Regression of the decision on group membership, sure or probable, against statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from evenhand.errors import InputError, Reason
from evenhand.metrics import approval_regression, regress_on_membership
from evenhand.metrics.rates import group_table
from evenhand.metrics.tally import cube_of


def drawn(rows=800, seed=0):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([2, 1, 1], rows)
    chosen = (rng.random(rows) < 0.6 - 0.3 * shares[:, 1]).astype(int)
    return dict(zip("WBA", shares.T, strict=True)), chosen


def test_probable_membership_is_statsmodels_logistic_regression():
    shares, chosen = drawn()
    design = sm.add_constant(np.column_stack([shares["B"], shares["A"]]))
    fit = sm.Logit(chosen, design).fit(disp=0)
    found = regress_on_membership(chosen, membership=shares, reference="W")
    assert [one.group for one in found] == [("B",), ("A",)]
    np.testing.assert_allclose([one.coefficient for one in found], fit.params[1:], rtol=1e-6)
    np.testing.assert_allclose([one.p_value for one in found], fit.pvalues[1:], rtol=1e-5)
    ends = [(one.interval.low, one.interval.high) for one in found]
    np.testing.assert_allclose(ends, fit.conf_int()[1:], rtol=1e-5)


def test_sure_membership_is_the_closed_form():
    chosen = [1] * 60 + [0] * 40 + [1] * 45 + [0] * 55
    names = np.repeat(["W", "B"], 100)
    [plain] = approval_regression(
        group_table(cube_of(None, chosen, sensitive_features={"g": names}), "g"), ("W",)
    )
    shares = {name: (names == name).astype(float) for name in "WB"}
    [found] = regress_on_membership(chosen, membership=shares, reference="W")
    for key in ("coefficient", "z", "p_value", "effect"):
        assert getattr(found, key) == pytest.approx(getattr(plain, key))


@pytest.mark.parametrize(
    ("chosen", "shares"),
    [
        ([1] * 50 + [0] * 50, {"W": [1.0] * 50 + [0.0] * 50, "B": [0.0] * 50 + [1.0] * 50}),
        ([1] * 100, {"W": [0.9, 0.3] * 50, "B": [0.1, 0.7] * 50}),
        ([0, 1] * 50, {"W": [0.5] * 100, "B": [0.5] * 100}),
    ],
)
def test_what_has_no_finite_coefficients_is_undefined(chosen, shares):
    [found] = regress_on_membership(chosen, membership=shares, reference="W")
    assert math.isnan(found.coefficient)
    assert found.reason is Reason.SEPARATED
    assert found.interval is None


def test_bad_membership_is_refused():
    with pytest.raises(InputError, match="add up to 1"):
        regress_on_membership([0, 1], membership={"W": [0.5, 0.5], "B": [0.1, 0.5]}, reference="W")
    with pytest.raises(InputError):
        regress_on_membership([0, 1], membership={"W": [0.5, 0.5], "B": [0.5, 0.5]}, reference="X")
