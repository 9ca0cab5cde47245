"""scikit-learn's own checks, on every public estimator."""

from __future__ import annotations

import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from evenhand.mitigation import Reweighing, Unaware

# The checks know no sensitive attribute. Without one these estimators warn, on purpose, that they change
# nothing; the warning has its own tests. Every other warning stays an error.
pytestmark = pytest.mark.filterwarnings("ignore:neither sensitive:evenhand.errors.EvenhandWarning")

ESTIMATORS = [
    Reweighing(LogisticRegression()),
    Unaware(LogisticRegression()),
    Unaware(LinearRegression()),
    Reweighing(Unaware(LogisticRegression())),
    Unaware(make_pipeline(StandardScaler(), LogisticRegression())),
]


# The one kind of skip left is scikit-learn's own: without SCIPY_ARRAY_API set it tries no array-API inputs.


def expected_failures(estimator):
    """Only the last step of a pipeline takes weights, as in scikit-learn: its scaler counts rows once."""
    if isinstance(estimator.estimator, Pipeline):
        return {"check_sample_weight_equivalence_on_dense_data": "the pipeline's scaler takes no weights"}
    return {}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_estimator_keeps_sklearns_conventions(estimator, check):
    check(estimator)
