"""The pictures: lean, told in words, the same each time, and never by colour alone."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
import vl_convert

from evenhand.reports import charts
from evenhand.reports.lean import lean
from evenhand.reports.palette import COLOURS
from evenhand.reports.view import build_page, charts_of
from evenhand.reports.view_parts import BarChart, Chart, Dot, DotChart, Pair, PairChart
from evenhand.tests.sample_record import sample_record

SVG = "{http://www.w3.org/2000/svg}"


def dot(label: str = "Female", value: float | None = 20.0, **more: object) -> Dot:
    low, high = (None, None) if value is None else (value - 3, value + 3)
    return Dot(label, value, low, high, "undefined" if value is None else f"{value}%", **more)  # type: ignore[arg-type]


def dot_chart(*dots: Dot, **more: object) -> DotChart:
    return DotChart("c", "Selection rate", "Lowest Female.", "rate", dots, domain=(0, 40), **more)  # type: ignore[arg-type]


SIMPLE: dict[str, Callable[[], Chart]] = {
    "dots": lambda: dot_chart(dot(), dot("Male", 30.0, tone="reference"), rule=25.0),
    "bars": lambda: BarChart("b", "Where from", "Two.", "points", (dot("age", -4.0), dot("job", 2.0))),
    "pairs": lambda: PairChart(
        "p", "Before, after", "One.", "points", (Pair("sex: unaware", dot(value=12.0), dot(value=9.0)),), 0.0
    ),
}


def parsed(chart: Chart) -> ET.Element:
    return ET.fromstring(charts.svg(chart))


def texts(root: ET.Element) -> list[str]:
    return [item.text or "" for item in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", SIMPLE)
def test_same_picture_same_text(name: str) -> None:
    first = charts.svg(SIMPLE[name]())
    charts.svg(dot_chart(dot("between")))
    assert charts.svg(SIMPLE[name]()) == first


@pytest.mark.parametrize("name", SIMPLE)
def test_a_picture_is_told_in_words(name: str) -> None:
    chart = SIMPLE[name]()
    root = parsed(chart)
    assert root.get("role") == "img"
    assert root.get("aria-label") == f"{chart.title}. {chart.description}"


@pytest.mark.parametrize("name", SIMPLE)
def test_nothing_refers_to_anything_outside(name: str) -> None:
    text = charts.svg(SIMPLE[name]()).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|href|<script|<style|<image| id=", text)


@pytest.mark.parametrize("name", SIMPLE)
def test_every_colour_has_a_meaning_that_the_page_can_restyle(name: str) -> None:
    for item in parsed(SIMPLE[name]()).iter():
        for prefix, attribute in (("f", "fill"), ("s", "stroke")):
            colour = item.get(attribute)
            if colour not in (None, "none"):
                assert colour in COLOURS.values()
                assert f"{prefix}-" in item.get("class", "")


def test_labels_and_figures_are_text() -> None:
    found = texts(parsed(SIMPLE["dots"]()))
    assert {"Female", "Male", "20.0%", "30.0%"} <= set(found)


def places(root: ET.Element, at: tuple[float, float] = (0.0, 0.0)) -> dict[str, tuple[float, float]]:
    """Where each text stands, all shifts added up."""
    moved = [float(end) for end in re.findall(r"-?[\d.]+", root.get("transform", "")) or (0, 0)]
    here = (at[0] + moved[0], at[1] + moved[1])
    own = (here[0] + float(root.get("x", 0)), here[1] + float(root.get("y", 0)))
    found = {root.text: own} if root.tag == f"{SVG}text" and root.text else {}
    return found | {text: place for child in root for text, place in places(child, here).items()}


@pytest.mark.parametrize("name", SIMPLE)
def test_texts_stand_where_vega_would_put_them(name: str) -> None:
    chart = SIMPLE[name]()
    vegas = places(ET.fromstring(lean(vl_convert.vegalite_to_svg(charts.specification(chart)), "")))
    ours = places(parsed(chart))
    assert set(ours) == set(vegas)
    assert all(ours[text] == pytest.approx(vegas[text], abs=0.75) for text in vegas)


def test_labels_keep_the_order_given() -> None:
    found = texts(parsed(dot_chart(*(dot(name) for name in ("b", "c", "a")))))
    assert [name for name in found if name in "abc"] == ["b", "c", "a"]


def test_states_differ_in_shape_and_not_only_in_colour() -> None:
    tones = ("pass", "fail", "inconclusive", "reference")
    shapes = set()
    for tone in tones:
        root = parsed(dot_chart(dot(tone=tone)))
        shapes |= {item.get("d") for item in root.iter(f"{SVG}path")}
    assert len(shapes) == len(tones)


def test_small_groups_are_hollow() -> None:
    path = next(parsed(dot_chart(dot(tone="small"))).iter(f"{SVG}path"))
    assert path.get("fill") == COLOURS["paper"]


def test_an_undefined_figure_has_a_word_and_no_mark() -> None:
    root = parsed(dot_chart(dot(value=None), dot("Male", 30.0)))
    assert "undefined" in texts(root)
    assert len(list(root.iter(f"{SVG}path"))) == 1


def test_hostile_labels_stay_text() -> None:
    label = "</text><script>alert(1)</script>"
    text = charts.svg(dot_chart(dot(label)))
    assert "<script" not in text
    assert label in texts(ET.fromstring(text))


@pytest.mark.parametrize(
    "label", ["datum.value", "'] + alert(1) + ['", "{{ 7 * 7 }}", "", "名前", "שלום", "\\"]
)
def test_labels_are_never_read_as_expressions(label: str) -> None:
    assert label in texts(parsed(dot_chart(dot(label), dot("other")))) or not label


def test_limit_and_chance_are_drawn_where_they_are_known() -> None:
    plain = charts.svg(dot_chart(dot()))
    full = charts.svg(dot_chart(dot(limit=10.0, chance=2.0), rule=0.0))
    assert "f-band" in full
    assert "f-band" not in plain


def test_long_labels_get_room() -> None:
    charts_of_labels = (dot_chart(dot(label)) for label in ("Male", "Male x Asian-Pac-Islander"))
    narrow, wide = (charts.specification(chart) for chart in charts_of_labels)
    assert wide["padding"]["left"] - narrow["padding"]["left"] == 70
    # All pictures are equally wide, so that their letters are equally large.
    assert narrow["width"] - wide["width"] == 70


@pytest.mark.parametrize("name", SIMPLE)
def test_notebooks_get_valid_altair_charts(name: str) -> None:
    spec = charts.altair_chart(SIMPLE[name]()).to_dict()
    assert spec["title"] == SIMPLE[name]().title


def test_pictures_of_a_report_are_lean() -> None:
    drawn = [charts.svg(chart) for chart in charts_of(build_page(sample_record()))]
    assert len(drawn) > 20
    assert max(map(len, drawn)) < 12_000
