"""Every page in a browser: it fits a phone and a wide screen in every language; what matters comes first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evenhand import explain_row
from evenhand.audit.card import card_of
from evenhand.audit.compare import compare_records
from evenhand.audit.data import adult_path
from evenhand.audit.document import document
from evenhand.audit.settings import Settings
from evenhand.reports.datasheet import draw
from evenhand.reports.datasheet_files import Sheet
from evenhand.reports.decision import render_decisions
from evenhand.reports.html import render_comparison, render_report
from evenhand.reports.language import written_in
from evenhand.reports.model_card_files import card_page
from evenhand.tests.browsing import opened, tables_on_paper
from evenhand.tests.rich_audit import rich_record
from evenhand.tests.sample_record import SMALL, many_groups, sample_record

LANGUAGES = ("en", "de", "zh")
KINDS = ("report", "compare", "decision", "card", "datasheet")
PAGES = (
    "thousand",
    "rich-de",
    *(f"{kind}-{language}" for kind in KINDS for language in LANGUAGES),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pipeline: Any, tested: pd.DataFrame) -> Path:
    place = tmp_path_factory.mktemp("pages")
    small, rich = sample_record(SMALL), rich_record()
    facts = document(Settings(data=str(adult_path()), sensitive=("sex",)), split="split")
    rows = tested.drop(columns=["income", "p", "decision", "weight"])
    refused = explain_row(
        pipeline, rows, 3, pos_label=">50K", sensitive_features="sex", methods=["shap"], background=50
    ).record
    pages = {"thousand": render_report(many_groups(1000)), "rich-de": render_report(rich, "de")}
    for language in LANGUAGES:
        pages[f"report-{language}"] = render_report(small, language)
        pages[f"compare-{language}"] = render_comparison(compare_records([small, small]), language)
        pages[f"decision-{language}"] = render_decisions(refused, language)
        with written_in(language):
            pages[f"card-{language}"] = draw(card_page(card_of(small)))
            pages[f"datasheet-{language}"] = draw(Sheet(facts).page)
    for name, text in pages.items():
        (place / f"{name}.html").write_text(text, encoding="utf-8")
    return place


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_the_screen_and_is_quiet(browser: Any, folder: Path, name: str, width: int) -> None:
    path = folder / f"{name}.html"
    page, seen = opened(browser, path, viewport={"width": width, "height": 900})
    assert seen == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


@pytest.mark.parametrize("name", ["report-de", "report-zh", "rich-de", "thousand"])
def test_words_in_pictures_stay_on_the_screen(browser: Any, folder: Path, name: str) -> None:
    page, _ = opened(browser, folder / f"{name}.html", viewport={"width": 390, "height": 844})
    out = page.evaluate(
        "[...document.querySelectorAll('figure svg text')].filter(t => {"
        " const box = t.getBoundingClientRect();"
        " return box.left < 0 || box.right > innerWidth; }).map(t => t.textContent)"
    )
    assert out == []
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_screen_says_the_verdict_and_what_must_be_decided(
    browser: Any, folder: Path, language: str
) -> None:
    page, _ = opened(browser, folder / f"report-{language}.html", viewport={"width": 1280, "height": 900})
    ends = page.evaluate(
        "['.subject', '.verdict', '.limits li:nth-child(3)', '#decide + .notes'].map("
        "s => document.querySelector(s).getBoundingClientRect().bottom)"
    )
    assert max(ends) < 900
    page.close()


def test_heads_that_sort_are_printed_on_every_sheet(browser: Any, folder: Path) -> None:
    # A browser leaves a button out of a table's head where it repeats it on the next sheet.
    page, _ = opened(browser, folder / "report-en.html", viewport={"width": 680, "height": 900})
    shown = (
        "[...new Set([...document.querySelectorAll('button.sort')].map(b => getComputedStyle(b).display))]"
    )
    assert "contents" not in page.evaluate(shown)
    page.emulate_media(media="print")
    assert set(page.evaluate(shown)) <= {"contents", "none"}
    page.close()


def test_pictures_of_one_page_have_letters_of_one_size(browser: Any, folder: Path) -> None:
    page, _ = opened(browser, folder / "report-en.html", viewport={"width": 1280, "height": 900})
    sizes = page.evaluate(
        "[...document.querySelectorAll('[id^=by-] > .charts svg')].map(s =>"
        " Math.round(10 * s.getBoundingClientRect().width / s.viewBox.baseVal.width))"
    )
    assert len(sizes) > 6
    assert max(sizes) == min(sizes)
    page.close()


@pytest.mark.parametrize("name", ["rich-de", "compare-en", "decision-de", "thousand"])
def test_paper_cuts_no_table(browser: Any, folder: Path, name: str) -> None:
    page, _ = opened(browser, folder / f"{name}.html", viewport={"width": 688, "height": 1000})
    _, cut = tables_on_paper(page, 688)
    assert cut == []
    page.close()
