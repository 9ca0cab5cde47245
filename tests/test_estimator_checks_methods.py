"""scikit-learn's own checks on the methods before and after training, with and without groups."""

from __future__ import annotations

import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from evenhand.mitigation import (
    GroupCalibration,
    GroupThresholds,
    ImpactRepair,
    LabelBias,
    Massaged,
    RejectOption,
    Repaired,
    Resampled,
    Residualised,
    ScoreBarycentre,
    SharedThreshold,
)

# The checks know no groups: without them these estimators warn that nothing is held equal. Random data have
# groups too small to compare, and limits that only selecting all can keep. All of this has its own tests.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{words}:evenhand.errors.EvenhandWarning")
    for words in (
        "neither sensitive",
        "the choice selects",
        "label-bias reweighting did not",
        "the .* of these groups",
    )
]

TREE = DecisionTreeClassifier(max_depth=2, random_state=0)  # quick, and takes weights and sparse rows
ESTIMATORS = [
    GroupThresholds(TREE, cv=3),
    GroupThresholds(TREE, cv=None, randomised=True),
    SharedThreshold(TREE, cv=None),
    RejectOption(TREE, cv=None),
    GroupCalibration(TREE, cv=None),
    GroupCalibration(TREE, cv=None, method="isotonic"),
    ScoreBarycentre(TREE, cv=None),
    LabelBias(TREE, max_iter=2),
    Resampled(TREE),
    Massaged(TREE),
    Repaired(LogisticRegression()),
    Repaired(LinearRegression()),
    Residualised(TREE),
    ImpactRepair(),
]


@parametrize_with_checks(ESTIMATORS)
def test_estimator_keeps_sklearns_conventions(estimator, check):
    check(estimator)
