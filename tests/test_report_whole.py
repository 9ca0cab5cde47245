"""The report with every section, in a browser: hostile names are inert, links land, nothing is cut."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from evenhand.reports.html import render_report
from evenhand.tests.browsing import opened, tables_on_paper
from evenhand.tests.rich_audit import rich_record

SECTIONS = {
    "picture", "facts", "unknown", "matrix", "by-1", "by-2", "by-3", "scores", "like-with-like", "slices",
    "explanation", "trust", "proxies", "whole", "recourse", "what-if", "mitigation", "frontier",
    "methods", "glossary", "sign-off",
}  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("whole") / "report.html"
    place.write_text(render_report(rich_record()), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def seen(browser: Any, path: Path) -> Any:
    """The page at phone width in the dark, everything unfolded, and what it did."""
    page, noted = opened(browser, path, viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    yield page, noted
    page.close()


def test_every_section_is_there(path: Path) -> None:
    ids = set(re.findall(r'<section[^>]* id="([^"]+)"', path.read_text(encoding="utf-8")))
    assert ids >= SECTIONS


def test_hostile_names_do_nothing(seen: Any, path: Path) -> None:
    _, noted = seen
    assert noted == [path.as_uri()]


def test_hostile_names_make_no_element(seen: Any) -> None:
    page, _ = seen
    strays = "b, i, u, img, iframe, object, embed, svg svg, [onerror], [onload]"
    assert page.locator(strays).count() == 0
    assert page.evaluate("document.scripts.length") == 2
    assert "{{ 7 * 7 }}" in page.inner_text("#by-2")


def test_every_link_lands(seen: Any) -> None:
    page, _ = seen
    lost = page.evaluate(
        "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"
        ".filter(h => !h.startsWith('#') || !document.getElementById(h.slice(1)))"
    )
    assert lost == []


def test_no_two_parts_have_one_id(seen: Any) -> None:
    page, _ = seen
    twice = page.evaluate(
        "(() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
        " return ids.filter((id, at) => ids.indexOf(id) !== at); })()"
    )
    assert twice == []


def test_nothing_runs_over_the_edge(seen: Any) -> None:
    page, _ = seen
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    out = page.evaluate(
        "[...document.querySelectorAll('figure svg text')].filter(t => {"
        " const box = t.getBoundingClientRect();"
        " return box.left < 0 || box.right > innerWidth; }).map(t => t.textContent)"
    )
    assert out == []


def test_long_tables_sort(seen: Any) -> None:
    page, _ = seen
    button = page.locator("#matrix-table button.sort").nth(1)
    button.click()
    order = "document.querySelectorAll('#matrix-table th')[1].getAttribute('aria-sort')"
    assert page.evaluate(order) in ("ascending", "descending")


def test_the_page_is_whole_without_script(browser: Any, path: Path) -> None:
    on, _ = opened(browser, path)
    off, _ = opened(browser, path, java_script_enabled=False)
    for part in ("header", "#scores", "#mitigation", "#sign-off"):
        assert on.inner_text(part) == off.inner_text(part)
    on.close()
    off.close()


def test_printing_cuts_no_table(browser: Any, path: Path) -> None:
    page, _ = opened(browser, path, viewport={"width": 680, "height": 900})
    printed, cut = tables_on_paper(page, 680)
    assert len(printed) > 10
    assert cut == []
    page.close()
