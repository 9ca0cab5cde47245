"""The pictures of a model as a whole: lines by group over a column's values, and a map of proxies.

As in :mod:`.charts`: Vega-Lite specifications with fixed room for texts, colours by meaning, and no group
told apart by colour alone.
"""

from __future__ import annotations

from typing import Any

from .formats import axis_label, axis_numbers
from .palette import COLOURS, FONT
from .view_parts import LineChart, MapChart, Place, Series

_Spec = dict[str, Any]
_WIDTH, _HEIGHT, _ROW = 190, 130, 24
_LEFT, _NAMES, _LEGEND, _TOP, _BOTTOM, _TITLED = 44, 134, 124, 8, 26, 40
_STEP = 18
_COLOURS = ("accent", "text", "muted", "inconclusive", "accent", "text", "muted")
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right")
_DASHES: tuple[list[int], ...] = ([1, 0], [5, 3], [2, 2], [7, 2, 2, 2], [1, 3], [9, 3], [3, 1])
MOST_SERIES = len(_SHAPES)
"""So many groups can be told apart in one picture."""
_LETTER = 6.2


def whole_specification(chart: LineChart | MapChart) -> _Spec:
    """Write the Vega-Lite specification of a picture, its data in it.

    Parameters
    ----------
    chart : LineChart or MapChart

    Returns
    -------
    dict
        Plain JSON; nothing in it refers to anything outside.
    """
    if isinstance(chart, MapChart):
        return _map(chart)
    return _rows(chart) if chart.ticks else _lines(chart)


def _lines(chart: LineChart) -> _Spec:
    x = {"field": "at", "type": "quantitative", "scale": {"zero": False, "nice": False}, "axis": _axis()}
    y = {"field": "value", "type": "quantitative", "axis": _axis(percent=chart.kind == "rate")}
    layers: list[_Spec] = []
    for place, series in enumerate(chart.series):
        colour = COLOURS[_COLOURS[place]]
        data = {"values": _values(series)}
        line = {"type": "line", "color": colour, "strokeWidth": 1.5, "strokeDash": _DASHES[place]}
        layers += [
            {"data": data, "mark": line, "encoding": {"x": x, "y": y}},
            {"data": data, "mark": _point(place), "encoding": {"x": x, "y": y}},
        ]
    layers += _legend(chart.series)
    return _framed(layers, _HEIGHT, _LEFT, _LEGEND, _BOTTOM)


def _rows(chart: LineChart) -> _Spec:
    """Draw one row for each category: points cannot be joined where there is no order."""
    axis = {**_axis(), "labelLimit": 0, "labelColor": COLOURS["text"], "labelPadding": 8, "grid": False}
    y: _Spec = {"field": "name", "type": "nominal", "sort": list(chart.ticks), "axis": axis}
    x = {"field": "value", "type": "quantitative", "axis": _axis(percent=chart.kind == "rate")}
    layers: list[_Spec] = []
    for place, series in enumerate(chart.series):
        values = [{**item, "name": chart.ticks[int(item["at"])]} for item in _values(series)]
        layers.append({"data": {"values": values}, "mark": _point(place), "encoding": {"x": x, "y": y}})
    layers += _legend(chart.series)
    return _framed(layers, _ROW * max(len(chart.ticks), 1), _NAMES, _LEGEND, _BOTTOM)


def _map(chart: MapChart) -> _Spec:
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": list(chart.domain), "nice": False},
        "axis": _axis(title=chart.x_title),
    }
    y = {"field": "y", "type": "quantitative", "axis": _axis(title=chart.y_title, percent=True)}
    values = [{"x": spot.x, "y": spot.y} for spot in chart.spots]
    top = max((spot.y for spot in chart.spots), default=1.0) * 1.05 or 1.0
    y["scale"] = {"domain": [0, top], "nice": False}
    mark = {"type": "point", "filled": True, "size": 44, "color": COLOURS["accent"], "opacity": 1}
    layers = [{"data": {"values": values}, "mark": mark, "encoding": {"x": x, "y": y}}]
    names = _names(chart, top)
    if names:
        layers.append(_text(names))
    return _framed(layers, _HEIGHT + 40, _LEFT + 16, _LEGEND, _TITLED)


def _names(chart: MapChart, top: float) -> list[_Spec]:
    """Place the names beside their points, each at least a line below the last."""
    low, high = chart.domain
    height = _HEIGHT + 40
    named = sorted((spot for spot in chart.spots if spot.label), key=lambda spot: (-spot.y, spot.label))
    found: list[_Spec] = []
    before = -13.0
    for spot in named:
        y = max(height * (1 - spot.y / top), before + 13)
        x = _WIDTH * (spot.x - low) / (high - low)
        found.append({"label": spot.label, "x": _beside(spot, x), "y": min(y, height - 4.0)})
        before = y
    return found


def _beside(spot: Place, x: float) -> float:
    room = _WIDTH + _LEGEND - len(spot.label) * _LETTER
    return round(min(x + 8, room), 1)


def _values(series: Series) -> list[_Spec]:
    return [{"at": point.at, "value": point.value} for point in series.points]


def _point(place: int) -> _Spec:
    return {
        "type": "point",
        "filled": True,
        "size": 36,
        "opacity": 1,
        "shape": _SHAPES[place],
        "color": COLOURS[_COLOURS[place]],
    }


def _legend(series: tuple[Series, ...]) -> list[_Spec]:
    """Name the groups beside the picture, each behind its mark."""
    names = [
        {"label": item.label, "x": _WIDTH + 22, "y": 8 + _STEP * place} for place, item in enumerate(series)
    ]
    marks = [
        {
            "data": {"values": [{"x": _WIDTH + 12, "y": 8 + _STEP * place}]},
            "mark": _point(place),
            "encoding": _fixed(),
        }
        for place in range(len(series))
    ]
    return [*marks, _text(names)] if names else []


def _fixed() -> _Spec:
    return {name: {"field": name, "type": "quantitative", "scale": None, "axis": None} for name in ("x", "y")}


def _text(names: list[_Spec]) -> _Spec:
    mark = {"type": "text", "align": "left", "baseline": "middle", "fontSize": 12, "color": COLOURS["text"]}
    return {
        "data": {"values": names},
        "mark": mark,
        "encoding": {**_fixed(), "text": {"field": "label", "type": "nominal"}},
    }


def _axis(*, title: str | None = None, percent: bool = False) -> _Spec:
    axis: _Spec = {
        "title": title,
        "domain": False,
        "ticks": False,
        "tickCount": 4,
        "labelFlush": False,
        "grid": True,
        "labelPadding": 6,
        "labelFontSize": 11,
        "labelColor": COLOURS["muted"],
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titleColor": COLOURS["muted"],
    }
    return axis | ({"labelExpr": axis_label()} if percent else {})


def _framed(layers: list[_Spec], height: int, left: int, right: int, bottom: int) -> _Spec:
    least = max(height, _STEP * 2)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": []},
        "layer": layers,
        "width": _WIDTH,
        "height": least,
        "resolve": {"scale": {"x": "shared", "y": "shared"}},
        "autosize": {"type": "none"},
        "padding": {"left": left, "right": right, "top": _TOP, "bottom": bottom},
        "background": "transparent",
        "config": {
            **axis_numbers(),
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"gridColor": COLOURS["line"], "labelColor": COLOURS["text"]},
        },
    }
