"""Croissant: accepted by mlcroissant's validator, held to more by our own check, nothing withheld in it."""

from __future__ import annotations

import json

import duckdb
import pyarrow as pa
import pytest

from evenhand.audit.about import About
from evenhand.audit.answers import Answer, Answers
from evenhand.audit.facts import dataset_facts
from evenhand.errors import InputError
from evenhand.reports.croissant import render_croissant
from evenhand.reports.croissant_check import MISSPELT, RAI_KEYS, check_croissant
from evenhand.reports.datasheet_view import build_view

ABOUT = About(
    license="CC-BY-4.0",
    url="https://example.org/data",
    creator="Ada; organisation: The Office",
    date_published="2026-03-01",
    version="1.0.0",
)
HOSTILE = ["<script>alert(1)</script>", "a\u202eb", "x" * 300, "{{ 7*7 }}", '"', "=1+1\n", "🙂", "a/b", "é"]


def columns(few=3):
    groups = ["a"] * 60 + ["b"] * 40 + ["c"] * few
    return {
        "g": groups,
        "part": ["train", "test"] * (len(groups) // 2) + ["train"] * (len(groups) % 2),
        "y": [at // 2 % 2 for at in range(len(groups))],
        "when": ["2020-01-01"] * len(groups),
    }


def written(table=None, answers=None, about=ABOUT, **roles):
    roles = roles or {"sensitive": ["g"], "target": "y", "pos_label": 1, "split": "part"}
    facts = dataset_facts(
        duckdb.connect().from_arrow(pa.table(table or columns())), name="rows.csv", sha256="ab" * 32, **roles
    ).to_dict()
    page = build_view(facts, answers, title="Rows", credit=None, created="2026-03-01")
    return json.loads(render_croissant(page, facts, about))


@pytest.fixture
def validated(tmp_path):
    """Hold a file to mlcroissant's validator."""
    mlcroissant = pytest.importorskip("mlcroissant", reason="needs mlcroissant, which is not installed")

    def validate(content):
        path = tmp_path / "croissant.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return mlcroissant.Dataset(str(path)).metadata

    return validate


@pytest.mark.filterwarnings("default")
def test_the_validator_accepts_it_and_reads_the_properties(validated):
    answers = Answers({"L11": Answer("None was made."), "L5": Answer("2020/2022")})
    metadata = validated(written(answers=answers))
    assert metadata.name == "Rows"
    assert metadata.data_social_impact == "None was made."
    assert [field.name for field in metadata.record_sets[-1].fields] == ["g", "part", "y", "when"]


@pytest.mark.filterwarnings("default")
def test_hostile_names_are_accepted(validated):
    table = {name: ["u", "v"] * 30 for name in HOSTILE}
    content = written(table, sensitive=HOSTILE[:2], target=HOSTILE[2], pos_label="u")
    assert check_croissant(content) == []
    validated(content)
    assert [field["source"]["extract"]["column"] for field in content["recordSet"][0]["field"]] == HOSTILE


def test_the_file_says_what_the_specification_requires():
    content = written()
    assert check_croissant(content) == []
    assert content["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert content["creator"] == [
        {"@type": "sc:Person", "name": "Ada"},
        {"@type": "sc:Organization", "name": "The Office"},
    ]
    assert {item["@id"] for item in content["recordSet"]} == {"splits", "records"}


def test_what_only_a_person_can_say_is_asked_for_at_once():
    with pytest.raises(InputError) as caught:
        written(about=About())
    assert [item.where for item in caught.value.problems] == [
        "about.license",
        "about.url",
        "about.creator",
        "about.date_published",
    ]


def test_groups_have_their_counts_and_withheld_ones_none():
    found = {item["name"]: item["value"] for item in written()["recordSet"][-1]["cr:annotation"]}
    assert found["rows"] == 103
    assert found["rows | g = a"] == 60
    assert found["label rate | g = a"] == 0.5
    assert not [name for name in found if name.endswith(("= b", "= c"))]


def test_without_roles_there_are_rows_and_columns_only():
    content = written(quasi_identifiers=None)
    assert [item["name"] for item in content["recordSet"][0]["cr:annotation"]] == ["rows"]


@pytest.mark.parametrize("key", ["name", "description", "license", "url", "creator", "datePublished"])
def test_the_check_misses_nothing_that_the_validator_lets_pass(key):
    content = written()
    del content[key]
    assert [item.code for item in check_croissant(content)] == ["croissant_missing"]


def test_the_check_finds_misspelt_and_invented_keys():
    content = {**written(), **dict.fromkeys((f"rai:{key}" for key in MISSPELT), "x"), "rai:dataBias": "x"}
    assert [item.where.split(":")[1] for item in check_croissant(content)] == [*MISSPELT, "dataBias"]
    assert set(MISSPELT.values()) <= set(RAI_KEYS)
    assert len(RAI_KEYS) == 20


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"@context": "x"}, "croissant_context"),
        ({"@type": "Thing"}, "croissant_type"),
        ({"conformsTo": "http://mlcommons.org/croissant/1.0"}, "croissant_version"),
        ({"datePublished": "soon"}, "croissant_date"),
        ({"url": "rows.csv"}, "croissant_url"),
        ({"distribution": [{"@id": "f", "contentUrl": "f", "encodingFormat": "text/csv"}]}, "croissant_file"),
        ({"recordSet": [{"@id": "r", "field": [{"@id": "r"}]}]}, "croissant_id"),
        ({"recordSet": [{"@id": "r", "field": [{"@id": "r/a", "source": {}}]}]}, "croissant_field"),
    ],
)
def test_the_check_names_each_breach(change, code):
    assert code in {item.code for item in check_croissant({**written(), **change})}
