"""The report says the same as when somebody last read it; see ``golden_text`` for how to accept a change."""

from __future__ import annotations

import pytest

from evenhand.tests.golden_text import FOLDER, RECORDS, golden


@pytest.mark.parametrize("name", RECORDS)
def test_the_page_says_what_it_said(name):
    written = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert golden(RECORDS[name]()).splitlines() == written.splitlines()
