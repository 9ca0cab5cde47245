"""A network on Adult, looked into by all methods, and the pictures of the page."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import evenhand
from evenhand.audit.privacy import hidden_groups
from evenhand.audit.record import read_record
from evenhand.reports.charts import altair_chart, specification, svg
from evenhand.reports.view import build_page, charts_of
from evenhand.reports.view_neural import neural_sections
from evenhand.reports.view_parts import ScatterChart, Section

pytest.importorskip("torch")
EXAMPLE = Path(evenhand.__file__).parent / "examples" / "torch_adult.py"


@pytest.fixture(scope="module")
def record():
    spec = importlib.util.spec_from_file_location("torch_adult", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    return example.audit(train_rows=2000, test_rows=900, epochs=2, explain=False).record


def test_every_method_says_something_of_the_network(record):
    facts = record.neural
    assert [layer.width for layer in facts.layers] == [24, 12]
    assert {item.attribute for item in facts.probes} == {"sex", "race"}
    assert {item.method for item in facts.gaps} == {"integrated_gradients", "deeplift", "deep_shap"}
    assert {item.method for item in facts.clouds} == {"pca", "tsne"}
    assert {item.name for item in facts.exciting} >= {"Female", "Male"}
    assert all(item.after > item.before for item in facts.exciting)
    assert facts.tested == 36 * len({(item.attribute, item.group) for item in facts.units})


def test_a_network_without_sex_reads_it_all_the_same(record):
    read = {(item.layer, item.attribute): item.area for item in record.neural.probes}
    assert read["", "sex"].interval.low > 0.8
    assert read["2. ReLU", "sex"].interval.low > 0.5


def test_contributions_stand_by_source_column(record):
    for item in record.neural.gaps:
        assert [share.column for share in item.shares][:3] == ["age", "education-num", "capital-gain"]
        assert len(item.shares) == 9
        assert item.residual == pytest.approx(0, abs=2e-3)


def test_the_words_of_inputs_are_named(record):
    moved = {move.input for item in record.neural.exciting for move in item.moves}
    assert "marital-status = Married-civ-spouse" in moved


def test_withheld_groups_are_not_spoken_of(record):
    hidden = dict(hidden_groups(record)) | {"sex": frozenset({("Female",)})}
    (section,) = neural_sections(record, hidden)
    texts = list(words(section))
    assert not [text for text in texts if "Female" in text]
    assert any("withheld" in text for text in texts)


def words(section: Section):
    yield from (section.heading, section.intro, *section.notes)
    for chart in section.charts:
        yield from (chart.title, chart.description, *(getattr(chart, "series", ())))
    for table in section.tables:
        yield from (table.caption, *(row.head.text for row in (*table.rows, *table.more)))
    for fold in section.folds:
        for chart in fold.charts:
            yield from (chart.title, chart.description, *(getattr(chart, "series", ())))
        for table in fold.tables:
            yield from (table.caption, *(row.head.text for row in (*table.rows, *table.more)))
    for part in section.sections:
        yield from words(part)


def test_scatter_charts_are_the_same_twice_described_and_open_to_notebooks(record):
    charts = [chart for chart in charts_of(build_page(record)) if isinstance(chart, ScatterChart)]
    assert len(charts) >= 8
    assert len({chart.id for chart in charts}) == len(charts)
    for chart in charts[:2]:
        drawn = svg(chart)
        assert drawn == svg(chart)
        assert f"{chart.title}. " in drawn
        assert all(name in drawn for name in chart.series)
        assert specification(chart)["data"]["values"]
        assert altair_chart(chart).to_dict()["title"] == chart.title


def test_the_record_survives_the_file(record, tmp_path):
    (tmp_path / "record.json").write_text(record.to_json(), encoding="utf-8")
    assert read_record(tmp_path / "record.json").to_json() == record.to_json()
