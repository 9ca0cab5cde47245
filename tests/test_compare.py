"""Audits side by side: changes against noise, and the page and the verb that show them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evenhand import audit_predictions, compare_audits
from evenhand.audit.compare import change_of, compare_records
from evenhand.errors import InputError
from evenhand.metrics.results import Estimate, Interval
from evenhand.reports.html import render_comparison
from evenhand.reports.view_compare import build_comparison
from evenhand.tests.browsing import opened


def record(gap: float, rows: int = 4_000, seed: int = 0, name: str = "g"):
    """People of which half are of group b, selected less often by the gap."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b"], rows)
    chosen = rng.random(rows) < 0.5 - gap * (group == "b")
    limit = [{"metric": "demographic_parity_difference", "attribute": name, "max": 0.1}]
    return audit_predictions(
        rng.integers(0, 2, rows), chosen.astype(int), sensitive_features={name: group}, policy=limit
    ).record


def direction(found, metric: str, grouping: str = "g") -> str:
    return next(c.direction for c in found.changes if (c.grouping, c.metric) == (grouping, metric))


def test_a_gap_that_closed_is_better_and_one_that_opened_worse():
    for gaps, expected in (((0.3, 0.0), "better"), ((0.0, 0.3), "worse"), ((0.1, 0.1), "noise")):
        found = compare_records([record(gap, seed=i) for i, gap in enumerate(gaps)])
        assert direction(found, "demographic_parity_difference") == expected
        assert direction(found, "demographic_parity_ratio") == expected


def test_limits_stand_with_the_verdict_of_every_audit():
    found = compare_records([record(0.3), record(0.0)])
    (limit,) = found.limits
    assert limit.states == ("fail", "pass")


def test_what_differs_is_said():
    assert compare_records([record(0.1), record(0.1)]).differs == ("data",)
    known = record(0.1)
    known = known.model_copy(update={"data": known.data.model_copy(update={"sha256": "0" * 64})})
    assert compare_records([known, known]).differs == ()
    other = known.model_copy(update={"policy_sha256": None})
    assert compare_records([known, other]).differs == ("policy",)


def test_a_ratio_changes_by_a_quotient():
    before = Estimate(0.5, Interval(0.4, 0.6, 0.95, ""))
    after = Estimate(0.8, Interval(0.7, 0.9, 0.95, ""))
    change = change_of(before, after, ratio=True)
    assert change.value == pytest.approx(1.6)
    low = math.log(1.6) - math.hypot(math.log(0.8 / 0.7), math.log(0.6 / 0.5))
    assert change.interval.low == pytest.approx(math.exp(low))


def test_mover_covers_the_change_of_independent_rates():
    from evenhand.metrics.intervals import wilson

    rng, held = np.random.default_rng(1), 0
    for x, y in zip(rng.binomial(200, 0.3, 2_000), rng.binomial(150, 0.2, 2_000), strict=True):
        (low, high), (low2, high2) = wilson(x, 200, 0.95), wilson(y, 150, 0.95)
        change = change_of(
            Estimate(x / 200, Interval(float(low), float(high), 0.95, "")),
            Estimate(y / 150, Interval(float(low2), float(high2), 0.95, "")),
        )
        held += change.interval.holds(-0.1)
    assert 0.935 < held / 2_000 < 0.965


@pytest.mark.parametrize("value", [math.nan, 0.0])
def test_what_has_no_figure_is_not_comparable(value: float):
    known = Estimate(0.5, Interval(0.4, 0.6, 0.95, ""))
    assert change_of(Estimate(value), known, ratio=True).interval is None


def test_audits_without_a_shared_attribute_are_refused():
    with pytest.raises(InputError, match="share an attribute"):
        compare_records([record(0.1), record(0.1, name="h")])


def test_unreadable_records_are_told_all_at_once(tmp_path):
    with pytest.raises(InputError) as told:
        compare_audits([tmp_path / "a.json", tmp_path / "b.json"])
    assert len(told.value.problems) == 2


@pytest.fixture
def two(tmp_path):
    paths = []
    for place, gap in enumerate((0.0, 0.25)):
        path = tmp_path / f"{place}.json"
        path.write_text(record(gap, seed=place).to_json(), encoding="utf-8")
        paths.append(path)
    return paths


def test_the_verb_says_what_got_worse_and_can_stop_a_release(cli, two, tmp_path):
    done = cli("compare", *two, "--out", tmp_path / "c.html")
    assert (done.code, done.err) == (0, "")
    assert "got worse by more than noise" in done.out
    assert "▲ worse" in done.out
    assert (tmp_path / "c.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert cli("compare", *two, "--no-worse", "--quiet").code == 1
    assert cli("compare", *reversed(two), "--no-worse", "--quiet").code == 0


def test_the_verb_refuses_one_record_and_missing_ones(cli, two, tmp_path):
    assert cli("compare", two[0]).code == 2
    done = cli("compare", two[0], tmp_path / "none.json")
    assert done.code == 2
    assert "none.json" in done.err


def test_the_page_names_every_direction_in_words():
    page = build_comparison(compare_records([record(0.3), record(0.0, seed=2)]))
    words = {
        m.word for s in page.sections for t in s.tables for r in t.rows for c in r.cells for m in c.marks
    }
    assert {"fail", "pass", "better"} <= words


def test_the_page_is_quiet_in_a_browser(browser, tmp_path):
    path = tmp_path / "compare.html"
    path.write_text(render_comparison(compare_records([record(0.3), record(0.0)])), encoding="utf-8")
    page, seen = opened(browser, path, viewport={"width": 390, "height": 800})
    assert seen == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()
