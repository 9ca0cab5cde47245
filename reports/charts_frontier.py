"""The picture of the frontier: a score against a disparity, both with intervals, the Pareto set as a line."""

from __future__ import annotations

from typing import Any

from .formats import Kind
from .lean import Words
from .palette import COLOURS, FONT
from .view_parts import FrontierChart, FrontierDot

_Spec = dict[str, Any]

_WIDTH, _HEIGHT = 430, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 24, 44
_SHAPES = {"chosen": "cross", "unmitigated": "diamond", "pareto": "circle", "dominated": "circle"}
_SIZES = {"chosen": 150, "unmitigated": 130, "pareto": 60, "dominated": 36}
_TONES = {"chosen": "pass", "unmitigated": "text", "pareto": "accent", "dominated": "muted"}


def frontier_specification(chart: FrontierChart) -> _Spec:
    """Write the Vega-Lite specification of the frontier, its data in it.

    Parameters
    ----------
    chart : FrontierChart

    Returns
    -------
    dict
        Plain JSON. Shapes tell the kinds of points apart as well as colours do: a diamond is the unmitigated
        model, a cross the chosen one, a filled circle is on the Pareto set and a hollow one is dominated.
    """
    layers = [_bars("x_low", "x_high", across=True), _bars("y_low", "y_high", across=False)]
    if chart.limit is not None:
        layers.insert(0, _limit_line(chart.limit))
    layers += [_line(), _points(), _labels()]
    for layer in layers:
        layer["encoding"] = _scaled(chart, layer["encoding"])
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [_values(dot) for dot in chart.dots]},
        "layer": layers,
        "width": _WIDTH,
        "height": _HEIGHT,
        "autosize": {"type": "none"},
        "padding": {"left": _LEFT, "right": _RIGHT, "top": _TOP, "bottom": _BOTTOM},
        "background": "transparent",
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"gridColor": COLOURS["line"], "labelColor": COLOURS["text"]},
        },
    }


def frontier_words(chart: FrontierChart) -> list[Words]:
    """Place the names of the axes and the numbers of the points; a number that would touch another moves.

    Parameters
    ----------
    chart : FrontierChart
    """
    middle = _LEFT + _WIDTH / 2
    words = [
        Words(chart.y_title, 4, 14, "start"),
        Words(chart.x_title, middle - 3.2 * len(chart.x_title), _TOP + _HEIGHT + 38, "start"),
    ]
    taken: list[tuple[float, float]] = []
    for dot in chart.dots:
        if not dot.label:
            continue
        x, y = _LEFT + _share(dot.x, chart.x_domain) * _WIDTH, _place(dot.y, chart.y_domain)
        spots = ((x + 8, y - 6), (x + 8, y + 15), (x - 18, y - 6), (x - 18, y + 15), (x + 8, y - 19))
        spot = next((item for item in spots if not _touches(item, taken)), spots[0])
        taken.append(spot)
        words.append(Words(dot.label, *spot, "start"))
    return words


def _share(value: float, domain: tuple[float, float]) -> float:
    return (value - domain[0]) / (domain[1] - domain[0])


def _place(value: float, domain: tuple[float, float]) -> float:
    return _TOP + (1 - _share(value, domain)) * _HEIGHT


def _touches(spot: tuple[float, float], taken: list[tuple[float, float]]) -> bool:
    return any(abs(spot[0] - x) < 16 and abs(spot[1] - y) < 12 for x, y in taken)


def _values(dot: FrontierDot) -> _Spec:
    tone = _TONES[dot.kind]
    return {
        "name": dot.name,
        "label": dot.label,
        "x": dot.x,
        "x_low": dot.x if dot.x_low is None else dot.x_low,
        "x_high": dot.x if dot.x_high is None else dot.x_high,
        "y": dot.y,
        "y_low": dot.y if dot.y_low is None else dot.y_low,
        "y_high": dot.y if dot.y_high is None else dot.y_high,
        "shape": _SHAPES[dot.kind],
        "size": _SIZES[dot.kind],
        "colour": COLOURS[tone],
        "fill": COLOURS["paper" if dot.kind == "dominated" else tone],
        "bar": COLOURS["line" if dot.kind == "dominated" else "muted"],
        "front": dot.front,
    }


def _own(name: str) -> _Spec:
    return {"field": name, "type": "nominal", "scale": None}


def _number(name: str) -> _Spec:
    return {"field": name, "type": "quantitative"}


def _bars(low: str, high: str, *, across: bool) -> _Spec:
    if across:
        encoding = {"x": _number(low), "x2": {"field": high}, "y": _number("y")}
    else:
        encoding = {"x": _number("x"), "y": _number(low), "y2": {"field": high}}
    return {"mark": {"type": "rule", "clip": True}, "encoding": {**encoding, "color": _own("bar")}}


def _line() -> _Spec:
    return {
        "transform": [{"filter": "datum.front"}],
        "mark": {"type": "line", "color": COLOURS["accent"], "strokeDash": [5, 3], "clip": True},
        "encoding": {"x": _number("x"), "y": _number("y"), "order": _number("x")},
    }


def _points() -> _Spec:
    return {
        "mark": {"type": "point", "strokeWidth": 1.5, "opacity": 1},
        "encoding": {
            "x": _number("x"),
            "y": _number("y"),
            "shape": _own("shape"),
            "size": {"field": "size", "type": "quantitative", "scale": None},
            "stroke": _own("colour"),
            "fill": _own("fill"),
        },
    }


def _labels() -> _Spec:
    mark = {"type": "text", "align": "left", "dx": 8, "dy": -8, "fontSize": 12, "color": COLOURS["text"]}
    return {
        "mark": mark,
        "encoding": {"x": _number("x"), "y": _number("y"), "text": {"field": "label", "type": "nominal"}},
    }


def _limit_line(at: float) -> _Spec:
    mark = {"type": "rule", "strokeDash": [3, 3], "color": COLOURS["fail"]}
    return {"mark": mark, "encoding": {"x": {"datum": at, "type": "quantitative"}}}


def _scaled(chart: FrontierChart, encoding: _Spec) -> _Spec:
    scales = {"x": _axis(chart.x_kind, chart.x_domain), "y": _axis(chart.y_kind, chart.y_domain)}
    return {name: {**item, **scales[name]} if name in scales else item for name, item in encoding.items()}


def _axis(kind: Kind, domain: tuple[float, float]) -> _Spec:
    axis: _Spec = {
        "title": None, "domain": False, "ticks": False, "tickCount": 5, "grid": True, "labelPadding": 6,
        "labelFontSize": 11, "labelColor": COLOURS["muted"],
    }  # fmt: skip
    if kind == "rate":
        axis["labelExpr"] = "datum.label + '%'"
    return {"scale": {"domain": list(domain), "nice": False, "zero": False}, "axis": axis}
