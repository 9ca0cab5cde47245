"""The report in a browser: it loads nothing, breaks nowhere, fits a phone and prints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from evenhand.reports.html import render_report
from evenhand.tests.browsing import opened, tables_on_paper
from evenhand.tests.sample_record import SMALL, many_groups, sample_record


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pages")
    records = {"adult": sample_record(), "small": sample_record(SMALL), "many": many_groups(200)}
    for name, record in records.items():
        (place / f"{name}.html").write_text(render_report(record), encoding="utf-8")
    return place


@pytest.mark.parametrize("name", ["adult", "small", "many"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_request_leaves_the_page_and_nothing_complains(
    browser: Any, folder: Path, name: str, scheme: str
) -> None:
    path = folder / f"{name}.html"
    page, seen = opened(browser, path, color_scheme=scheme)
    assert seen == [path.as_uri()]
    page.close()


@pytest.mark.parametrize("name", ["adult", "small", "many"])
@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_runs_over_the_edge(browser: Any, folder: Path, name: str, width: int) -> None:
    page, _ = opened(browser, folder / f"{name}.html", viewport={"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


def test_names_in_pictures_stay_inside_them(browser: Any, folder: Path) -> None:
    page, _ = opened(browser, folder / "adult.html", viewport={"width": 390, "height": 844})
    out = page.evaluate(
        "[...document.querySelectorAll('figure svg text')].filter(t => {"
        " const box = t.getBoundingClientRect();"
        " return box.left < 0 || box.right > innerWidth; }).map(t => t.textContent)"
    )
    assert out == []
    page.close()


def test_dark_pages_are_dark_and_pictures_follow(browser: Any, folder: Path) -> None:
    page, _ = opened(browser, folder / "adult.html", color_scheme="dark")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    letters = page.evaluate("getComputedStyle(document.querySelector('.f-text')).fill")
    assert [ground, letters] == ["rgb(15, 20, 25)", "rgb(230, 237, 243)"]
    page.close()


def test_the_page_is_whole_without_script(browser: Any, folder: Path) -> None:
    path = folder / "adult.html"
    on, _ = opened(browser, path)
    off, _ = opened(browser, path, java_script_enabled=False)
    assert on.inner_text("main") == off.inner_text("main")
    on.close()
    off.close()


@pytest.mark.parametrize(("width", "side_by_side"), [(390, 1), (1280, 2)])
def test_explanations_stand_side_by_side_where_there_is_room(
    browser: Any, folder: Path, width: int, side_by_side: int
) -> None:
    page, _ = opened(browser, folder / "adult.html", viewport={"width": width, "height": 844})
    columns = page.evaluate(
        "getComputedStyle(document.querySelector('.panels')).gridTemplateColumns.split(' ').length"
    )
    assert columns == side_by_side
    page.close()


def test_folds_are_printed_as_they_say(browser: Any, folder: Path) -> None:
    page, _ = opened(browser, folder / "adult.html", viewport={"width": 680, "height": 900})
    seen = "[...document.querySelectorAll('table')].filter(t => t.checkVisibility()).map(t => t.id)"
    on_screen = set(page.evaluate(seen))
    page.emulate_media(media="print")
    on_paper = set(page.evaluate(seen))
    assert on_screen < on_paper
    assert {"by-1-first", "by-1-reference-first", "like-1-levels"} <= on_paper - on_screen
    unprinted = {"explanation-1-table", "explanation-2-table", "mitigation-1-table", "mitigation-2-table"}
    assert not unprinted & on_paper
    page.close()


def test_wide_tables_can_be_reached_by_keyboard(browser: Any, folder: Path) -> None:
    page, _ = opened(browser, folder / "adult.html", viewport={"width": 390, "height": 844})
    stuck = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 &&"
        " getComputedStyle(e).overflowX === 'auto' && e.tabIndex < 0).length"
    )
    assert stuck == 0
    page.close()


def test_first_key_leads_past_the_contents(browser: Any, folder: Path) -> None:
    page, _ = opened(browser, folder / "adult.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.close()


def test_printing_makes_a4_pages_and_cuts_nothing(browser: Any, folder: Path) -> None:
    page, _ = opened(browser, folder / "many.html", viewport={"width": 680, "height": 900})
    pdf = page.pdf(prefer_css_page_size=True)
    assert re.search(rb"/MediaBox \[0 0 59\d(\.\d+)? 84\d(\.\d+)?\]", pdf)
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 10
    printed, cut = tables_on_paper(page, 680)
    assert len(printed) == page.evaluate("document.querySelectorAll('table').length")
    assert cut == []
    page.close()
