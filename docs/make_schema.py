"""Write the JSON Schema of the audit record: ``python docs/make_schema.py``."""

from __future__ import annotations

import json
from pathlib import Path

from evenhand.audit.record import SCHEMA_VERSION, record_schema

TARGET = Path(__file__).with_name("record.schema.json")


def schema_text() -> str:
    """Give the schema as the file holds it."""
    return json.dumps(record_schema(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(schema_text(), encoding="utf-8")
    print(f"{TARGET.name}: schema version {SCHEMA_VERSION}")
