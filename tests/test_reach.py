"""Rates drawn together and the power of groups: in the record, and on the page without withheld groups."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.api import audit_predictions
from evenhand.metrics.pooling import partial_pooling
from evenhand.metrics.power import smallest_detectable_gap
from evenhand.reports.html import render_report


@pytest.fixture(scope="module")
def record():
    rng = np.random.default_rng(5)
    sex = np.repeat(["F", "M"], [500, 700])
    race = rng.choice(["A", "B", "C"], 1200, p=[0.6, 0.395, 0.005])
    y, p = rng.integers(0, 2, 1200), rng.integers(0, 2, 1200)
    return audit_predictions(y, p, sensitive_features={"sex": sex, "race": race}).record


def test_intersections_are_drawn_together_and_attributes_are_not(record):
    assert {part.grouping for part in record.reach.pooling} == {"sex x race"}
    [selected] = [part for part in record.reach.pooling if part.metric == "selection_rate"]
    groups = record.groupings[2].groups
    x = [group.rates["selection_rate"].numerator for group in groups]
    n = [group.rates["selection_rate"].denominator for group in groups]
    assert [one.pooled for one in selected.groups] == pytest.approx(partial_pooling(x, n).rate.tolist())
    assert [one.raw for one in selected.groups] == pytest.approx([a / b for a, b in zip(x, n, strict=True)])


def test_power_is_that_of_the_sizes(record):
    [found] = [p for p in record.reach.power if (p.grouping, p.metric) == ("sex", "selection_rate")]
    assert found.reference == ("M",)
    rate = record.groupings[0].groups[1].rates["selection_rate"].value
    assert found.groups[0].lower == pytest.approx(float(smallest_detectable_gap(500, 700, rate)))


def test_the_page_shows_both_beside_the_counted_rates(record):
    page = render_report(record)
    assert "drawn together by empirical Bayes" in page
    assert "the smallest gap that could have shown" in page


def test_withheld_groups_stay_withheld(record):
    page = render_report(record)
    [selected] = [part for part in record.reach.pooling if part.metric == "selection_rate"]
    hidden = [g.group for g in record.groupings[2].groups if g.withheld]
    assert hidden
    start = page.index('id="by-3-pooled"')
    table = page[start : page.index("</table>", start)]
    for one in selected.groups:
        if one.group in hidden:
            assert f">{100 * one.pooled:.1f}%" not in table or one.pooled == pytest.approx(selected.mean)
