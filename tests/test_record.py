"""The record: written, read back, computed again, and refused where it is damaged."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from evenhand import Result, audit_predictions
from evenhand.audit.record import SCHEMA_VERSION, Record, read_record, spelled
from evenhand.errors import RecordError

POLICY = [
    {"metric": "demographic_parity_difference", "attribute": "sex", "max": 0.1},
    {"metric": "equalized_odds_difference", "attribute": "sex x race", "max": 0.2},
    {"metric": "accuracy", "attribute": "race", "min": 0.5},
    {"metric": "selection_rate", "attribute": "sex", "group": "Female", "min": 0.01},
]


@pytest.fixture(scope="module")
def result(tested) -> Result:
    return audit_predictions(
        tested["income"],
        tested["decision"],
        sensitive_features=tested[["sex", "race"]],
        control_features=tested[["marital-status"]],
        y_score=tested["p"],
        sample_weight=tested["weight"],
        pos_label=">50K",
        policy=POLICY,
    )


@pytest.fixture
def file(result, tmp_path) -> Path:
    path = tmp_path / "record.json"
    result.to_json(path)
    return path


def test_a_record_comes_back_as_it_was(result, file):
    again = read_record(file)
    assert again.to_json() == result.record.to_json()
    assert repr(again) == repr(result.record)


def test_verdicts_are_computed_again_from_the_cube(result, file):
    again = Result.read(file)
    assert repr(again.gate(POLICY).record.verdicts) == repr(result.record.verdicts)
    assert {verdict.state for verdict in result.record.verdicts} >= {"fail", "pass"}


def test_tables_are_computed_again_from_the_record(result, file):
    again = Result.read(file)
    assert again.by_group.equals(result.by_group)
    assert again.disparities.equals(result.disparities)
    assert again.to_html() == result.to_html()


def test_a_whole_audit_comes_back(audited):
    record = read_record(audited / "record.json")
    assert record.to_json() == (audited / "record.json").read_text(encoding="utf-8")
    assert record.explanations
    assert record.mitigation
    assert record.datasheet
    again = Result.read(audited / "record.json").gate(audited / "policy.toml")
    assert repr(again.record.verdicts) == repr(record.verdicts)


def test_the_file_is_strict_json_without_absolute_paths(audited):
    text = (audited / "record.json").read_text(encoding="utf-8")
    json.loads(text, parse_constant=pytest.fail)
    assert str(audited) not in text
    assert str(Path.home()) + "/" not in text


def test_nan_and_infinities_survive(file, tmp_path):
    content = json.loads(file.read_text(encoding="utf-8"))
    content["groupings"][0]["disparities"][0] |= {"value": "NaN", "p_value": "Infinity"}
    path = tmp_path / "other.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    found = read_record(path).groupings[0].disparities[0]
    assert math.isnan(found.value)
    assert found.p_value == math.inf


def test_spelling_goes_all_the_way_down():
    assert spelled({"a": (float("nan"), {"b": [float("inf")]})}) == {"a": ["NaN", {"b": ["Infinity"]}]}


def refused(path) -> str:
    with pytest.raises(RecordError) as caught:
        read_record(path)
    return str(caught.value)


def test_a_record_that_is_not_there(tmp_path):
    assert "there is none" in refused(tmp_path / "none.json")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_record(file, share):
    text = file.read_bytes()
    file.write_bytes(text[: int(share * len(text))])
    assert "reading it failed" in refused(file)


def test_bytes_that_are_no_text(file):
    file.write_bytes(b"\xff\xfe" + file.read_bytes())
    assert "UTF-8 JSON" in refused(file)


@pytest.mark.parametrize("version", ["0", "2", 1, None])
def test_another_version(file, version):
    content = json.loads(file.read_text(encoding="utf-8")) | {"schema_version": version}
    file.write_text(json.dumps(content), encoding="utf-8")
    message = refused(file)
    assert f"schema version {SCHEMA_VERSION!r}, got {version!r}" in message
    assert "make the record again" in message


@pytest.mark.parametrize("text", ["[]", "3", '"record"', "{}"])
def test_json_that_is_no_record(file, text):
    file.write_text(text, encoding="utf-8")
    assert "no record of an audit" in refused(file)


def test_every_wrong_part_is_named(file):
    content = json.loads(file.read_text(encoding="utf-8"))
    content["seed"] = "x"
    content["overall"]["rows"] = None
    content["extra"] = 1
    file.write_text(json.dumps(content), encoding="utf-8")
    message = refused(file)
    assert all(part in message for part in ("seed", "overall.rows", "extra"))


@pytest.mark.parametrize(
    "change",
    [
        lambda cube: {},
        lambda cube: {**cube, "axes": []},
        lambda cube: {**cube, "codes": [[99 for _ in row] for row in cube["codes"]]},
        lambda cube: {**cube, "codes": [row[:-1] for row in cube["codes"]]},
        lambda cube: {
            **cube,
            "measures": {name: [-1 for _ in row] for name, row in cube["measures"].items()},
        },
    ],
    ids=["empty", "no axes", "codes outside", "a cell too few", "negative counts"],
)
def test_a_damaged_cube(file, change):
    content = json.loads(file.read_text(encoding="utf-8"))
    content["cube"] = change(content["cube"])
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RecordError):
        Result.read(file)


def test_a_record_is_frozen(result):
    with pytest.raises(ValueError, match="frozen"):
        result.record.seed = 3
    assert Record.model_config["extra"] == "forbid"


def test_a_record_of_an_earlier_shape_without_conditional_parts_is_read(file):
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["conditional"]
    file.write_text(json.dumps(content), encoding="utf-8")
    assert read_record(file).conditional == ()
