"""The published schema of record files: kept up to date, and records hold to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import evenhand
from evenhand.audit.public import public_record
from evenhand.audit.record import record_schema
from evenhand.tests.sample_record import SMALL, sample_record

ROOT = Path(evenhand.__file__).parent


def test_the_published_schema_is_that_of_the_code():
    published = json.loads((ROOT / "docs" / "record.schema.json").read_text(encoding="utf-8"))
    assert published == record_schema(), "run: python docs/make_schema.py"


@pytest.mark.parametrize("record", [sample_record(), public_record(sample_record(SMALL))])
def test_records_hold_to_it_and_others_do_not(record):
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema, which is not installed")
    content = json.loads(record.to_json())
    jsonschema.validate(content, record_schema())
    for wrong in ({"seed": "one"}, {"unknown": 1}, {"groupings": [{"name": "x"}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content | wrong, record_schema())
