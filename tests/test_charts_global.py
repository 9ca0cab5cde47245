"""Pictures of a model as a whole: told in words, the same each time, and never by colour alone."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from evenhand.reports import charts
from evenhand.reports.charts_global import MOST_SERIES
from evenhand.reports.palette import COLOURS
from evenhand.reports.view_parts import LineChart, MapChart, Mean, Place, Series

SVG = "{http://www.w3.org/2000/svg}"


def series(label="Female", shift=0.0):
    return Series(label, tuple(Mean(at, 10 * at + shift) for at in range(4)))


SIMPLE = {
    "lines": LineChart("l", "Age", "Rises.", "rate", (series(), series("Male", 5))),
    "rows": LineChart("r", "Job", "Rises.", "rate", (series(), series("Male", 5)), ("a", "b", "c", "d")),
    "map": MapChart(
        "m", "Map", "Two.", (Place("title", 90, 30), Place("", 55, 2)), "tells", "used", (50, 100)
    ),
    "empty": MapChart("e", "Map", "None.", (), "tells", "used", (50, 100)),
}


def texts(svg):
    return [item.text or "" for item in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", SIMPLE)
def test_a_picture_is_told_in_words_and_the_same_each_time(name):
    chart = SIMPLE[name]
    first = charts.svg(chart)
    assert ET.fromstring(first).get("aria-label") == f"{chart.title}. {chart.description}"
    charts.svg(SIMPLE["lines"])
    assert charts.svg(chart) == first


@pytest.mark.parametrize("name", SIMPLE)
def test_nothing_refers_outside_and_every_colour_can_be_restyled(name):
    text = charts.svg(SIMPLE[name])
    assert not re.search(
        r"https?:|url\(|href|<script|<style| id=", text.replace("http://www.w3.org/2000/svg", "")
    )
    for item in ET.fromstring(text).iter():
        for prefix, attribute in (("f", "fill"), ("s", "stroke")):
            colour = item.get(attribute)
            if colour not in (None, "none"):
                assert colour in COLOURS.values()
                assert f"{prefix}-" in item.get("class", "")


@pytest.mark.parametrize("name", SIMPLE)
def test_notebooks_get_valid_altair_charts(name):
    assert charts.altair_chart(SIMPLE[name]).to_dict()["title"] == SIMPLE[name].title


def test_groups_are_named_and_differ_in_shape():
    many = LineChart("l", "t", "d", "rate", tuple(series(f"group {at}", at) for at in range(MOST_SERIES)))
    text = charts.svg(many)
    assert {f"group {at}" for at in range(MOST_SERIES)} <= set(texts(text))
    marks = [
        item.get("d") for item in ET.fromstring(text).iter(f"{SVG}path") if item.get("fill", "none") != "none"
    ]
    assert len(set(marks)) == MOST_SERIES


@pytest.mark.parametrize(
    "label", ["datum.value", "'] + alert(1) + ['", "{{ 7 * 7 }}", "</text><script>", "名前"]
)
def test_labels_are_never_read_as_code(label):
    assert label in texts(
        charts.svg(LineChart("l", "t", "d", "rate", (series(label),), ("a", "b", "c", "d")))
    )
    assert label in texts(charts.svg(MapChart("m", "t", "d", (Place(label, 60, 10),), label, "y", (50, 100))))
    assert "<script" not in charts.svg(MapChart("m", "t", "d", (Place(label, 60, 10),), "x", "y", (50, 100)))


def test_names_on_the_map_do_not_cover_each_other():
    spots = tuple(Place(f"column {at}", 60, 10.0) for at in range(4))
    spec = charts.specification(MapChart("m", "t", "d", spots, "x", "y", (50, 100)))
    places = sorted(item["y"] for item in spec["layer"][1]["data"]["values"])
    assert np.diff(places).min() > 12.9
