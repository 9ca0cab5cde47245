"""Thresholds that move in the page: the script computes what Python computes from the same coarsened cube."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, precision_score, recall_score

from evenhand import audit_predictions
from evenhand.audit.coarse_figures import gaps_of, moved
from evenhand.reports.html import render_report
from evenhand.reports.view_what_if import what_if
from evenhand.tests.browsing import opened

NAMES = ["<b>F</b>", "M", 'x"]}</script><script>alert(1)</script>']


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    rng = np.random.default_rng(4)
    group = rng.choice(NAMES, 3_000, p=[0.45, 0.45, 0.1])
    score = np.clip(rng.beta(2, 2, 3_000) - 0.1 * (group == NAMES[0]), 0, 1)
    return {"group": group, "score": score, "y": (rng.random(3_000) < score).astype(int)}


@pytest.fixture(scope="module")
def record(rows: dict[str, Any]) -> Any:
    limit = {"metric": "demographic_parity_difference", "attribute": "g", "max": 0.12}
    return audit_predictions(
        rows["y"], y_score=rows["score"], sensitive_features={"g": rows["group"]}, policy=[limit]
    ).record


def test_figures_at_the_threshold_in_use_are_those_of_the_rows(record: Any, rows: dict[str, Any]) -> None:
    grouping = record.coarse.groupings[0]
    found = moved(record.coarse, grouping, [record.coarse.at] * len(grouping.groups))
    for i, group in enumerate(grouping.groups):
        here = rows["group"] == group.name
        y, chosen = rows["y"][here], rows["score"][here] >= 0.5
        assert found.rates["true_positive_rate"][i] == pytest.approx(recall_score(y, chosen))
        assert found.rates["positive_predictive_value"][i] == pytest.approx(precision_score(y, chosen))
        assert found.rates["accuracy"][i] == pytest.approx(accuracy_score(y, chosen))


def test_another_threshold_gives_the_figures_of_an_audit_with_it(record: Any, rows: dict[str, Any]) -> None:
    coarse = record.coarse
    place = next(e for e in coarse.groupings[0].groups[0].edges if e > coarse.at)
    found = moved(coarse, coarse.groupings[0], [place] * 3)
    here = rows["group"] == coarse.groupings[0].groups[0].name
    expected = (rows["score"][here] >= coarse.thresholds[place]).mean()
    assert found.rates["selection_rate"][0] == pytest.approx(expected)


def test_without_a_coarsened_cube_there_is_no_section(record: Any) -> None:
    assert what_if(record.model_copy(update={"coarse": None})) is None


def test_the_data_in_the_page_name_no_group(record: Any) -> None:
    part = what_if(record)
    assert part is not None
    assert "alert" not in part.data
    assert json.loads(part.data)["at"] == record.coarse.at


@pytest.fixture(scope="module")
def page_file(record: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("moved") / "report.html"
    path.write_text(render_report(record), encoding="utf-8")
    return path


MOVE = (
    "([inputs, places]) => { const s = document.getElementById('what-if-1');"
    " s.querySelectorAll(inputs).forEach((input, i) => {"
    "  input.value = places[i]; input.dispatchEvent(new Event('input', {bubbles: true})); });"
    " const of = (rows) => [...s.querySelectorAll(rows)].map(r =>"
    "  [...r.querySelectorAll('[data-value]')].map(c => Number(c.dataset.value)));"
    " return [of('table.rates tbody tr'), of('table.gaps tbody tr')]; }"
)


def test_the_sliders_give_pythons_figures_at_ten_thresholds(
    browser: Any, page_file: Path, record: Any
) -> None:
    page, seen = opened(browser, page_file)
    coarse, grouping = record.coarse, record.coarse.groupings[0]
    for place in np.linspace(0, len(coarse.thresholds) - 1, 10).astype(int).tolist():
        rates, gaps = page.evaluate(MOVE, ["input.all", [place]])
        expected = moved(coarse, grouping, [place] * len(grouping.groups))
        assert np.allclose(np.transpose(rates), list(expected.rates.values()), rtol=0, atol=1e-9)
        assert np.allclose(
            [gap[0] for gap in gaps], [expected.gaps[n] for n in gaps_of(coarse)], rtol=0, atol=1e-9
        )
    assert seen == [page_file.as_uri()]
    page.close()


def test_each_group_can_have_a_threshold_of_its_own(browser: Any, page_file: Path, record: Any) -> None:
    page, _ = opened(browser, page_file)
    coarse, grouping = record.coarse, record.coarse.groupings[0]
    places = [20, 60, 90][: len(grouping.groups)]
    rates, _ = page.evaluate(MOVE, ["input.one", places])
    expected = moved(coarse, grouping, places)
    assert np.allclose(np.transpose(rates), list(expected.rates.values()), rtol=0, atol=1e-9)
    page.close()


def test_a_limit_is_judged_on_the_moved_figure(browser: Any, page_file: Path, record: Any) -> None:
    page, _ = opened(browser, page_file)
    coarse, grouping = record.coarse, record.coarse.groupings[0]
    everywhere = range(len(coarse.thresholds))
    gaps = [moved(coarse, grouping, [p] * 3).gaps["demographic_parity_difference"] for p in everywhere]
    for place, words in ((gaps.index(min(gaps)), "✓ inside the limit"), (coarse.at, "✕ outside the limit")):
        page.evaluate(MOVE, ["input.all", [place]])
        assert page.inner_text("#what-if-1 table.gaps tbody tr:first-child .mark") == words
    page.close()


def test_tables_sort_by_their_figures_and_what_has_none_stands_last(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    read = (
        "() => [...document.querySelectorAll('#matrix-table tbody tr')]"
        ".map(r => parseFloat(r.cells[1].textContent))"
    )
    before = page.evaluate(read)
    for expected in (sorted(before), sorted(before, reverse=True)):
        page.click("#matrix-table thead th:nth-child(2) button.sort")
        assert page.evaluate(read) == expected
    page.close()


def test_a_name_of_ten_thousand_letters_is_shortened(rows: dict[str, Any]) -> None:
    group = np.where(rows["group"] == "M", "x" * 10_000, "short")
    record = audit_predictions(
        rows["y"], y_score=rows["score"], sensitive_features={"g": group}, explain=False
    ).record
    section = what_if(record)
    assert section is not None
    heads = [row.head.text for part in section.parts for row in part.rows]
    assert len(heads) == 2
    assert max(map(len, (*heads, *section.parts[0].sliders))) < 120
