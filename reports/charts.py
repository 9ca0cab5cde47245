"""The pictures: plain chart data in, Altair charts for notebooks or lean SVG for pages out.

The SVG carries classes beside its colours (``f-pass``, ``s-line``), so that the page's style decides them in
light, dark and print; the light colours stay as attributes for viewers without that style. Layout does not
depend on the fonts of the machine: room for labels is fixed, and labels are shortened by count of letters.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .charts_frontier import frontier_specification, frontier_words
from .charts_global import whole_specification
from .charts_neural import scatter_chart, scatter_svg
from .formats import Kind, axis_label, axis_numbers
from .lean import Words, lean
from .names import width
from .palette import COLOURS, FONT
from .view_parts import (
    BarChart,
    Chart,
    Dot,
    DotChart,
    FrontierChart,
    LineChart,
    MapChart,
    Pair,
    PairChart,
    ScatterChart,
)

if TYPE_CHECKING:
    from altair import LayerChart

ROW = 22
_NARROW, _WIDE, _NARROW_LETTERS = 134, 204, 18
_TOTAL, _FIGURES, _PAIR_FIGURES = 390, 58, 84
_TOP, _BOTTOM, _GAP = 6, 24, 8
_SHAPES = {"reference": "diamond", "fail": "cross", "inconclusive": "triangle-up", "small": "circle"}
_TONES = {"pass": "pass", "fail": "fail", "inconclusive": "inconclusive", "undefined": "undefined"}
_QUIET: dict[str, Any] = {"title": None, "domain": False, "ticks": False}


def specification(chart: Chart) -> dict[str, Any]:
    """Write the Vega-Lite specification of a picture, its data in it.

    Parameters
    ----------
    chart : Chart
        Of any kind.

    Returns
    -------
    dict
        Plain JSON; nothing in it refers to anything outside.
    """
    if isinstance(chart, LineChart | MapChart):
        return whole_specification(chart)
    if isinstance(chart, DotChart):
        return _dot_chart(chart)
    if isinstance(chart, BarChart):
        return _bar_chart(chart)
    if isinstance(chart, FrontierChart):
        return frontier_specification(chart)
    if isinstance(chart, ScatterChart):
        return scatter_chart(chart)
    return _pair_chart(chart)


def altair_chart(chart: Chart) -> LayerChart:
    """Build the Altair chart of a picture, for notebooks.

    Parameters
    ----------
    chart : Chart
        Of any kind.

    Returns
    -------
    altair.LayerChart
        Shown by notebooks as it is, and open to further changes; titled, on white.
    """
    import altair  # noqa: PLC0415 - a third of a second that pages do not need

    spec = specification(chart) | {
        "title": chart.title,
        "description": chart.description,
        "background": "white",
    }
    spec.pop("padding")
    spec["autosize"] = {"type": "pad"}
    return altair.LayerChart.from_dict(spec)


def svg(chart: Chart) -> str:
    """Draw a picture as SVG text for a page.

    Parameters
    ----------
    chart : Chart
        Of any kind.

    Returns
    -------
    str
        One ``<svg>`` element with a text alternative; the same chart gives the same text.
    """
    import vl_convert  # noqa: PLC0415 - loads a JavaScript engine

    if isinstance(chart, ScatterChart):
        return scatter_svg(chart)
    spec = specification(chart)
    if isinstance(chart, LineChart | MapChart):
        drawn: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
        return lean(drawn, f"{chart.title}. {chart.description}", ())
    drawn = vl_convert.vegalite_to_svg(_silent(spec), allowed_base_urls=[])
    words = frontier_words(chart) if isinstance(chart, FrontierChart) else _words(spec)
    return lean(drawn, f"{chart.title}. {chart.description}", words)


def _silent(spec: _Spec) -> _Spec:
    """Take out labels and figures: measuring each text costs Vega more than drawing all the rest."""
    layers = [layer for layer in spec["layer"] if layer["mark"].get("type") != "text"]
    return spec | {"layer": [_unlabelled(layer) for layer in layers]}


def _unlabelled(layer: _Spec) -> _Spec:
    encoding = layer["encoding"]
    if not encoding.get("y") or encoding["y"].get("type") == "quantitative":
        return layer
    y = encoding["y"] | {"axis": encoding["y"]["axis"] | {"labels": False}}
    return layer | {"encoding": encoding | {"y": y}}


def _words(spec: _Spec) -> list[Words]:
    """Place labels and figures where Vega would: their room is fixed, and rows are equally high."""
    left, top = spec["padding"]["left"], spec["padding"]["top"]
    placed = []
    for place, row in enumerate(spec["data"]["values"]):
        y = top + ROW * (place + 0.5) + 4
        # What has no figure says so in a word, which finds room where the dot would be.
        after = 0 if row["value"] is None else spec["width"]
        placed.append(Words(row["label"], left - _GAP, y, "end"))
        placed.append(Words(row["text"], left + after + _GAP, y, "start"))
    return placed


# --- specifications ------------------------------------------------------------------------------------

_Spec = dict[str, Any]


def _dot_chart(chart: DotChart) -> _Spec:
    layers = []
    if any(dot.chance is not None for dot in chart.dots):
        layers.append(_chance(chart.rule or 0.0))
    if chart.rule is not None:
        layers.append(_vertical(chart.rule))
    layers.append(_interval("low", "high", {"color": _own("colour")}))
    if any(dot.limit is not None for dot in chart.dots):
        layers.append(_limit())
    layers += [_points(), _figures()]
    rows = [_values(dot) for dot in chart.dots]
    return _framed(layers, rows, _axis(chart.kind, chart.domain))


def _bar_chart(chart: BarChart) -> _Spec:
    layers = [
        *([_band()] if any(dot.chance is not None for dot in chart.bars) else []),
        {
            "mark": {"type": "bar", "height": 11, "opacity": 0.7},
            "encoding": {"x": _x("value"), "x2": {"datum": 0}, "color": _own("colour")},
        },
        _vertical(0.0),
        _interval("low", "high", {"color": {"value": COLOURS["text"]}}),
        _figures(),
    ]
    axis = _axis(chart.kind, _domain(chart.bars, 0.0))
    return _framed(layers, [_values(dot) for dot in chart.bars], axis)


def _pair_chart(chart: PairChart) -> _Spec:
    before = {"yOffset": -4, "color": COLOURS["muted"]}
    after = {"yOffset": 4, "color": COLOURS["accent"]}
    layers = [
        *([] if chart.rule is None else [_vertical(chart.rule)]),
        {**_interval("low0", "high0"), "mark": {"type": "rule", **before, "strokeWidth": 1.5}},
        {
            "mark": {
                "type": "point",
                **before,
                "filled": False,
                "fill": COLOURS["paper"],
                "size": 36,
                "opacity": 1,
            },
            "encoding": {"x": _x("value0")},
        },
        {**_interval("low", "high"), "mark": {"type": "rule", **after, "strokeWidth": 2}},
        {
            "mark": {"type": "point", **after, "filled": True, "size": 44, "opacity": 1},
            "encoding": {"x": _x("value")},
        },
        _figures(),
    ]
    sides = [side for pair in chart.pairs for side in (pair.before, pair.after)]
    rows = [_pair_values(pair) for pair in chart.pairs]
    return _framed(layers, rows, _axis(chart.kind, _domain(sides, chart.rule)), _PAIR_FIGURES)


def _values(dot: Dot) -> _Spec:
    tone = _TONES.get(dot.tone, "muted" if dot.tone in ("small", "muted") else "accent")
    return {
        "label": dot.label,
        "value": dot.value,
        "low": dot.low,
        "high": dot.high,
        "text": dot.text,
        "colour": COLOURS[tone],
        "fill": COLOURS["paper" if dot.tone == "small" else tone],
        "shape": _SHAPES.get(dot.tone, "circle"),
        "limit": dot.limit,
        "chance": dot.chance,
        "unchance": None if dot.chance is None else -dot.chance,
    }


def _pair_values(pair: Pair) -> _Spec:
    before = {"value0": pair.before.value, "low0": pair.before.low, "high0": pair.before.high}
    text = f"{pair.before.text} → {pair.after.text}"
    return {**_values(pair.after), **before, "label": pair.label, "text": text}


def _x(name: str) -> _Spec:
    return {"field": name, "type": "quantitative"}


def _own(name: str) -> _Spec:
    """Take a channel's value from the data as it stands."""
    return {"field": name, "type": "nominal", "scale": None}


def _interval(low: str, high: str, colour: _Spec | None = None) -> _Spec:
    encoding = {"x": _x(low), "x2": {"field": high}, **(colour or {})}
    return {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": encoding}


def _points() -> _Spec:
    return {
        "mark": {"type": "point", "size": 64, "strokeWidth": 2, "opacity": 1},
        "encoding": {
            "x": _x("value"),
            "shape": _own("shape"),
            "stroke": _own("colour"),
            "fill": _own("fill"),
        },
    }


def _figures() -> _Spec:
    mark = {"type": "text", "align": "left", "fontSize": 12, "color": COLOURS["text"]}
    return {
        "mark": mark,
        "encoding": {
            "x": {"value": {"expr": f"width + {_GAP}"}},
            "text": {"field": "text", "type": "nominal"},
        },
    }


def _limit() -> _Spec:
    mark = {"type": "tick", "thickness": 3, "size": 18, "color": COLOURS["text"], "opacity": 1}
    return {"mark": mark, "encoding": {"x": _x("limit")}}


def _chance(fair: float) -> _Spec:
    mark = {
        "type": "bar",
        "height": 14,
        "fill": COLOURS["band"],
        "stroke": COLOURS["muted"],
        "strokeWidth": 0.5,
    }
    return {"mark": mark, "encoding": {"x": _x("chance"), "x2": {"datum": fair}}}


def _band() -> _Spec:
    """Draw how far chance alone would take a bar, both ways."""
    encoding = {"x": _x("chance"), "x2": {"field": "unchance"}}
    return {"mark": {"type": "bar", "height": 18, "fill": COLOURS["band"]}, "encoding": encoding}


def _vertical(at: float) -> _Spec:
    """Draw one line across all rows; its data are its own."""
    mark = {"type": "rule", "strokeDash": [3, 3], "color": COLOURS["muted"]}
    return {"mark": mark, "encoding": {"x": {"datum": at, "type": "quantitative"}, "y": None}}


def _axis(kind: Kind, domain: tuple[float, float] | None) -> _Spec:
    scale: _Spec = {"domain": list(domain), "nice": False} if domain else {"zero": True}
    axis: _Spec = {
        "tickCount": 3,
        "labelFlush": False,
        "grid": True,
        "labelPadding": 6,
        "labelFontSize": 11,
        "labelColor": COLOURS["muted"],
    }
    if kind == "rate":
        axis["labelExpr"] = axis_label()
    return {"scale": scale, "axis": {**_QUIET, **axis}}


def _domain(dots: Iterable[Dot], fixed: float | None) -> tuple[float, float] | None:
    """Hold all that is drawn, with a little room; where the fixed value is an end, end exactly there."""
    ends = [end for dot in dots for end in _ends(dot) if end is not None]
    if not ends:
        return None
    held = [*ends, *([] if fixed is None else [fixed])]
    low, high = min(held), max(held)
    room = (high - low or 1.0) * 0.06
    return (
        round(low if low == fixed else low - room, 4),
        round(high if high == fixed else high + room, 4),
    )


def _ends(dot: Dot) -> tuple[float | None, ...]:
    """Name what a line reaches: its figure, its interval and, both ways, what chance would give."""
    return (dot.value, dot.low, dot.high, dot.chance, None if dot.chance is None else -dot.chance)


def _framed(layers: list[_Spec], rows: list[_Spec], axis: _Spec, figures: int = _FIGURES) -> _Spec:
    """Lay the layers over each other in a frame of fixed size, its lines in the order given."""
    labels = _WIDE if any(width(row["label"]) > _NARROW_LETTERS for row in rows) else _NARROW
    y_axis = {**_QUIET, "labelPadding": _GAP, "labelLimit": 0, "labelFontSize": 12, "grid": False}
    order = {"sort": [row["label"] for row in rows], "scale": {"paddingInner": 0.2, "paddingOuter": 0.1}}
    y = {"field": "label", "type": "nominal", "axis": y_axis, **order}
    for layer in layers:
        encoding = layer["encoding"]
        layer["encoding"] = {"y": y, **encoding} if "y" not in encoding else {"x": encoding["x"]}
        if "value" not in encoding["x"]:
            layer["encoding"]["x"] = {**encoding["x"], **axis}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": rows},
        "layer": layers,
        "width": _TOTAL - labels - figures,
        "height": ROW * max(len(rows), 1),
        "autosize": {"type": "none"},
        "padding": {"left": labels, "right": figures, "top": _TOP, "bottom": _BOTTOM},
        "background": "transparent",
        "config": {
            **axis_numbers(),
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"gridColor": COLOURS["line"], "labelColor": COLOURS["text"]},
        },
    }
