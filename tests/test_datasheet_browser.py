"""Datasheets and model cards in a real browser: inert, quiet, and no wider than the screen."""

from __future__ import annotations

import pyarrow as pa
import pytest

from evenhand.audit.about import About
from evenhand.audit.answers import Answer, Answers
from evenhand.audit.card import card_of
from evenhand.audit.dataset import open_dataset
from evenhand.audit.duck import connect
from evenhand.audit.facts import dataset_facts
from evenhand.reports.datasheet import draw, render_datasheet
from evenhand.reports.model_card_files import card_page
from evenhand.tests.browsing import opened, tables_on_paper
from evenhand.tests.sample_record import SMALL, sample_record

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a\u202eb", "{{ 7*7 }}", "</style>", "=1\n",
    "🙂", "x" * 10_000,
]  # fmt: skip
ANSWERS = Answers(
    {"M1": Answer(HOSTILE[0] * 20, HOSTILE[1]), "I1": Answer(HOSTILE[7])}, about=About(name=HOSTILE[0])
)


def sheet() -> str:
    table = pa.table({name: ["<b onclick=alert(1)>u</b>", "v" * 300] * 40 for name in HOSTILE})
    with connect() as connection:
        facts = dataset_facts(
            open_dataset(table).relation(connection),
            sensitive=HOSTILE[:3],
            target=HOSTILE[3],
            name=HOSTILE[1],
        ).to_dict()
    return render_datasheet(facts, ANSWERS, title=HOSTILE[0], created="2026-03-01")


def card() -> str:
    record = sample_record(SMALL).model_copy(update={"title": HOSTILE[1]})
    return draw(card_page(card_of(record, ANSWERS)))


@pytest.mark.parametrize("make", [sheet, card])
def test_no_table_is_cut_on_paper(browser, tmp_path, make):
    path = tmp_path / "page.html"
    path.write_text(make(), encoding="utf-8")
    page, _ = opened(browser, path, viewport={"width": 680, "height": 1000})
    _, cut = tables_on_paper(page, 680)
    assert cut == []
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("make", [sheet, card])
def test_a_hostile_page_is_inert_and_fits_the_screen(browser, tmp_path, make, width):
    path = tmp_path / "page.html"
    path.write_text(make(), encoding="utf-8")
    page, seen = opened(browser, path, viewport={"width": width, "height": 900})
    assert seen == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    links = page.evaluate("[...document.querySelectorAll('a')].map(a => !document.querySelector(a.hash))")
    assert links
    assert not any(links)
    page.close()
