"""A rate that rests on fewer people than the privacy minimum stands on no page, and the record keeps it."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand import audit_predictions
from evenhand.audit.masking import masked
from evenhand.cli.summary import summary
from evenhand.errors import Reason
from evenhand.reports.html import render_report
from evenhand.reports.view import build_page, charts_of
from evenhand.reports.view_parts import DotChart


@pytest.fixture(scope="module")
def record():
    """Group b has 40 rows and 3 people with a positive label, 2 of them selected."""
    y_true = np.r_[np.tile([1, 0], 100), np.ones(3), np.zeros(37)].astype(int)
    y_pred = np.r_[np.tile([1, 0, 0, 1], 50), [1, 1, 0], np.tile([0, 0, 1], 13)[:37]].astype(int)
    groups = np.r_[["a"] * 200, ["b"] * 40]
    return audit_predictions(y_true, y_pred, sensitive_features={"g": groups}).record


def rate(record, group, name):
    return next(g for g in record.groupings[0].groups if g.name == group).rates[name]


def test_the_rate_of_three_people_is_withheld_and_kept_in_the_record(record):
    assert rate(record, "b", "true_positive_rate").value == pytest.approx(2 / 3)
    assert rate(masked(record), "b", "true_positive_rate").reason is Reason.WITHHELD


def test_margins_of_enough_people_stay(record):
    hidden = masked(record)
    for group in "ab":
        for name in ("selection_rate", "base_rate"):
            assert rate(hidden, group, name) == rate(record, group, name)


def test_figures_that_would_tell_the_rate_are_withheld_too(record):
    # Of 40 rows 3 are positive and 15 selected: accuracy, precision or the other group would give it away.
    for group in "ab":
        for name in ("false_positive_rate", "positive_predictive_value", "accuracy"):
            assert rate(masked(record), group, name).reason is Reason.WITHHELD


def test_comparisons_made_of_it_go_too(record):
    found = [d for d in masked(record).groupings[0].disparities if d.metric == "true_positive_rate"]
    assert [d.reason for d in found] == [Reason.WITHHELD]


def test_the_picture_says_withheld_and_not_undefined(record):
    dots = [
        dot for chart in charts_of(build_page(record)) if isinstance(chart, DotChart) for dot in chart.dots
    ]
    texts = {dot.text for dot in dots if dot.label == "b" and dot.value is None}
    assert texts == {"withheld"}


def test_neither_the_page_nor_the_terminal_shows_it(record):
    assert "66.7%" not in render_report(record)
    text = summary(record)
    assert "66.7" not in text
    assert "withheld" in text
