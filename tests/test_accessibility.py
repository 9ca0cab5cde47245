"""Pages are held to WCAG 2.2 AA by axe-core, in light and dark, on a phone and on a wide screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evenhand import audit_predictions, explain_row
from evenhand.audit.card import card_of
from evenhand.audit.compare import compare_records
from evenhand.audit.data import adult_path
from evenhand.audit.document import document
from evenhand.audit.profile_packs import packs
from evenhand.audit.settings import Settings
from evenhand.reports.datasheet import draw
from evenhand.reports.datasheet_files import Sheet
from evenhand.reports.decision import render_decisions
from evenhand.reports.html import render_comparison, render_report
from evenhand.reports.local_law_144 import render_local_law
from evenhand.reports.model_card_files import card_page
from evenhand.tests.browsing import opened
from evenhand.tests.rich_audit import rich_record
from evenhand.tests.sample_record import SMALL, many_groups, sample_record

axe = pytest.importorskip(
    "axe_playwright_python", reason="needs axe-playwright-python, which is not installed"
)
SCRIPT = Path(axe.__file__).with_name("axe.min.js")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""What alone can differ between light and dark."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pipeline: Any, tested: pd.DataFrame) -> Path:
    place = tmp_path_factory.mktemp("accessible")
    rows = tested.drop(columns=["income", "p", "decision", "weight"])
    refused = explain_row(
        pipeline, rows, 3, pos_label=">50K", sensitive_features="sex", methods=["shap"], background=50
    ).record
    small = sample_record(SMALL)
    pages = {
        "report": render_report(small.model_copy(update={"coarse": rich_record().coarse})),
        "whole": render_report(rich_record()),
        "compare": render_comparison(compare_records([small, small])),
        "datasheet": draw(
            Sheet(
                document(Settings(data=str(adult_path()), sensitive=("sex",), weight="fnlwgt"), split="split")
            ).page
        ),
        "card": draw(card_page(card_of(small))),
        "decision": render_decisions(refused),
        "german": render_report(small, "de"),
        "chinese": render_report(small, "zh"),
        "many": render_report(many_groups(200)),
    }
    law = {"exclude_small": True, "exclude_because": "too few"}
    held = audit_predictions(
        [i % 3 // 2 for i in range(800)],
        y_score=[i % 97 / 97 for i in range(800)],
        sensitive_features={"sex": ["f", "m"] * 400, "race": (["a", "b", "b"] * 267)[:795] + ["c"] * 5},
        profiles=tuple(packs()),
        local_law=law,
    ).record
    pages |= {"profiles": render_report(held), "law": render_local_law(held)}
    for name, text in pages.items():
        (place / f"{name}.html").write_text(text, encoding="utf-8")
    return place


RUNS: list[tuple[str, int, dict[str, Any]]] = [
    ("light", 390, {"runOnly": TAGS}),
    ("light", 1280, {"runOnly": TAGS}),
    ("dark", 1280, {"runOnly": {"type": "rule", "values": COLOURS}}),
]
COLOURLESS = {"runOnly": TAGS, "rules": {name: {"enabled": False} for name in COLOURS}}
"""Measuring the contrast of every text of a long page takes a minute; its colours are the short page's."""


@pytest.mark.parametrize(
    ("name", "scheme", "width", "run"),
    [
        *(
            (name, *one)
            for name in ("report", "compare", "decision", "datasheet", "card", "law")
            for one in RUNS
        ),
        *((name, "light", 390, COLOURLESS) for name in ("whole", "profiles", "german", "chinese", "many")),
    ],
)
def test_axe_finds_nothing(
    browser: Any, folder: Path, name: str, scheme: str, width: int, run: dict[str, Any]
) -> None:
    # The page's own policy lets no other script run, so that the checker comes in past it.
    page, _ = opened(
        browser,
        folder / f"{name}.html",
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,
    )
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found = page.evaluate(
        "run => axe.run({...run, resultTypes: ['violations']}).then(r => r.violations.map("
        "v => [v.id, v.nodes.map(n => n.html.slice(0, 200)), v.nodes[0].failureSummary]))",
        run,
    )
    assert found == []
    page.close()
