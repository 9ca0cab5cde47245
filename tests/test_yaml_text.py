"""YAML of the cards' headers: every text is quoted, on one line, and read back as it was."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.reports.licences import licence_id, licence_page
from evenhand.reports.yaml_text import yaml_text

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_a_text_stays_on_its_line_and_is_read_back(text):
    written = yaml_text({"k": text})
    assert written.splitlines() == [written.rstrip("\n")]
    assert json.loads(written.removeprefix('"k": ')) == text
    assert all(
        letter == "\n" or letter.isprintable() or letter.isspace() or ord(letter) > 0x9F for letter in written
    )


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_has_a_point_and_is_read_back(value):
    written = yaml_text({"k": value}).removeprefix('"k": ').strip()
    assert "." in written
    assert float(written) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (None, "null"),
        (3, "3"),
        ({}, "{}"),
        ([], "[]"),
        (math.nan, ".nan"),
        (-math.inf, "-.inf"),
    ],
)
def test_other_values(value, written):
    assert yaml_text({"k": value}) == f'"k": {written}\n'


def test_lists_of_mappings_and_mappings_of_lists():
    content = {"a": [{"b": 1, "c": [{"d": "x", "e": [1, 2]}]}], "f": {"g": {"h": []}}}
    lines = ['"a":', '- "b": 1', '  "c":', '  - "d": "x"', '    "e":', "    - 1", "    - 2"]
    assert yaml_text(content) == "\n".join([*lines, '"f":', '  "g":', '    "h": []', ""])


def test_a_broken_surrogate_is_replaced():
    assert yaml_text({"k": "a\ud800"}) == '"k": "a\ufffd"\n'


@pytest.mark.parametrize("name", ["CC-BY-4.0", "cc by-nc-sa 3.0", "CC0-1.0", "Apache-2.0", "MIT", "ODbL-1.0"])
def test_a_known_licence_has_a_page_that_leads_back_to_it(name):
    assert licence_page(name).startswith("https://")
    assert licence_id(licence_page(name)) == licence_id(name)
    assert licence_id(name)
