"""Scatter charts: the hidden units of a network, and its layers in two dimensions.

As in ``charts``, layout does not depend on the fonts of the machine: the room for texts is fixed, and texts
are placed here and not by Vega.
"""

from __future__ import annotations

from typing import Any

from .formats import Kind
from .lean import Words, lean
from .palette import COLOURS
from .view_parts import ScatterChart, Spot

WIDE, HIGH = 300, 220
SERIES = ("accent", "second", "third", "fourth", "fifth", "muted")
"""Colours of the series, by the palette's names; a chart has as many at most."""
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
_LEFT, _RIGHT, _TOP, _BOTTOM, _LINE = 46, 16, 24, 46, 18
_PLAIN_LEFT, _PLAIN_TOP, _PLAIN_BOTTOM = 8, 6, 10
_QUIET = {"title": None, "domain": False, "ticks": False, "labels": False, "grid": False}

_Spec = dict[str, Any]


def scatter_chart(chart: ScatterChart) -> _Spec:
    """Write the Vega-Lite specification of a scatter chart, its data and its legend in it.

    Parameters
    ----------
    chart : ScatterChart

    Returns
    -------
    dict
        Plain JSON; nothing in it refers to anything outside.
    """
    domains = _domains(chart)
    room = _room(chart)
    drawn = _has_axes(chart)
    axes = [_axis(kind, domain, drawn=drawn) for kind, domain in zip(chart.kinds, domains, strict=True)]
    points = {
        "mark": {"type": "point", "filled": True, "opacity": 0.8, "size": 30},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", **axes[0]},
            "y": {"field": "y", "type": "quantitative", **axes[1]},
            **_looks("shape", "colour"),
        },
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [_values(spot) for spot in chart.spots]},
        "layer": [points, *_legend(chart)],
        "width": WIDE,
        "height": HIGH,
        "autosize": {"type": "none"},
        "padding": room,
        "background": "transparent",
        "config": {
            "font": 'system-ui, "Segoe UI", Roboto, sans-serif',
            "view": {"stroke": COLOURS["line"]},
            "axis": {"gridColor": COLOURS["line"], "labelColor": COLOURS["muted"]},
        },
    }


def scatter_svg(chart: ScatterChart) -> str:
    """Draw a scatter chart as SVG text for a page; the same chart gives the same text."""
    import vl_convert  # noqa: PLC0415 - loads a JavaScript engine

    drawn: str = vl_convert.vegalite_to_svg(scatter_chart(chart), allowed_base_urls=[])
    return lean(drawn, f"{chart.title}. {chart.description}", _words(chart))


def _has_axes(chart: ScatterChart) -> bool:
    return bool(chart.x_title or chart.y_title)


def _room(chart: ScatterChart) -> dict[str, int]:
    if _has_axes(chart):
        return {"left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM + _LINE * len(chart.series)}
    bottom = _PLAIN_BOTTOM + _LINE * len(chart.series)
    return {"left": _PLAIN_LEFT, "right": _PLAIN_LEFT, "top": _PLAIN_TOP, "bottom": bottom}


def _values(spot: Spot) -> _Spec:
    place = spot.series % len(SERIES)
    return {"x": spot.x, "y": spot.y, "shape": _SHAPES[place], "colour": COLOURS[SERIES[place]]}


def _looks(shape: str, colour: str) -> _Spec:
    fields = {"shape": shape, "stroke": colour, "fill": colour}
    return {channel: {"field": name, "type": "nominal", "scale": None} for channel, name in fields.items()}


def _legend(chart: ScatterChart) -> list[_Spec]:
    layers = []
    for place in range(len(chart.series)):
        colour = COLOURS[SERIES[place % len(SERIES)]]
        shape = _SHAPES[place % len(SERIES)]
        mark = {"type": "point", "filled": True, "size": 40, "shape": shape, "color": colour}
        at = {"x": {"value": 6}, "y": {"value": HIGH + _legend_at(chart, place)}}
        layers.append({"data": {"values": [{}]}, "mark": mark, "encoding": at})
    return layers


def _legend_at(chart: ScatterChart, place: int) -> float:
    start = _BOTTOM - 4 if _has_axes(chart) else _PLAIN_BOTTOM + 4
    return start + _LINE * place


def _axis(kind: Kind, domain: tuple[float, float], *, drawn: bool) -> _Spec:
    scale: _Spec = {"domain": list(domain), "nice": False, "zero": False}
    if not drawn:
        return {"scale": scale, "axis": _QUIET}
    axis: _Spec = {
        "title": None,
        "tickCount": 4,
        "domain": False,
        "ticks": False,
        "labelFontSize": 11,
        "labelFlush": False,
    }
    if kind == "rate":
        axis["labelExpr"] = "datum.label + '%'"
    return {"scale": scale, "axis": axis}


def _domains(chart: ScatterChart) -> list[tuple[float, float]]:
    return [_domain([spot.x for spot in chart.spots]), _domain([spot.y for spot in chart.spots])]


def _domain(values: list[float]) -> tuple[float, float]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = (high - low or 1.0) * 0.08
    return round(low - room, 4), round(high + room, 4)


def _words(chart: ScatterChart) -> list[Words]:
    room = _room(chart)
    left, top = room["left"], room["top"]
    words = [
        Words(name, left + 16, top + HIGH + _legend_at(chart, place) + 4, "start")
        for place, name in enumerate(chart.series)
    ]
    if _has_axes(chart):
        words.append(Words(chart.x_title, left + WIDE, top + HIGH + 30, "end"))
        words.append(Words(chart.y_title, 2, 14, "start"))
    (low, high), (bottom, roof) = _domains(chart)
    for spot in chart.spots:
        if spot.label:
            x = left + WIDE * (spot.x - low) / (high - low)
            y = top + HIGH * (roof - spot.y) / (roof - bottom)
            right = x > left + WIDE * 0.6
            words.append(Words(spot.label, x + (-8 if right else 8), y + 4, "end" if right else "start"))
    return words
