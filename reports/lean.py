"""From Vega's SVG to a lean one: no ids, classes for colours, numbers of one decimal, texts of our own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .palette import COLOURS

_SVG = "{http://www.w3.org/2000/svg}"
_DROPPED = (
    "pointer-events",
    "aria-hidden",
    "aria-roledescription",
    "aria-label",
    "role",
    "class",
    "font-family",
)
_DEFAULTS = {"opacity": "1", "stroke-width": "1", "transform": "translate(0,0)", "x2": "0", "y2": "0"}
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")


@dataclass(frozen=True)
class Words:
    """A text in a picture: where its baseline starts or ends."""

    text: str
    x: float
    y: float
    anchor: Literal["start", "end"]


def lean(drawn: str, description: str, words: Iterable[Words] = ()) -> str:
    """Strip what a page does not need, put classes for colours, and say in words what is seen.

    Parameters
    ----------
    drawn : str
        Vega's SVG.
    description : str
        The text alternative.
    words : iterable of Words
        Texts to add to the picture.

    Returns
    -------
    str
        One ``<svg>`` element.
    """
    root = ET.fromstring(_drawable(drawn))  # noqa: S314 - the SVG is our own renderer's
    for parent in list(root.iter()):
        for child in list(parent):
            if _is_empty(child):
                parent.remove(child)
    for item in root.iter():
        _strip(item)
        _classes(item)
    _flatten(root)
    root.extend(_text(item) for item in words)
    width, height = root.get("width", "0"), root.get("height", "0")
    root.attrib.clear()
    root.attrib.update(
        {
            "role": "img",
            "aria-label": description,
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
        }
    )
    # Other libraries give this namespace a prefix of their own, and the last one to do so wins.
    ET.register_namespace("", _SVG[1:-1])
    return ET.tostring(root, encoding="unicode")


def _text(item: Words) -> ET.Element:
    element = ET.Element(
        f"{_SVG}text",
        {
            "x": f"{item.x:g}",
            "y": f"{item.y:g}",
            "text-anchor": item.anchor,
            "font-size": "12px",
            "fill": COLOURS["text"],
            "class": "f-text",
        },
    )
    element.text = _drawable(item.text)
    return element


def _drawable(text: str) -> str:
    """Drop what XML does not allow, and soft hyphens, which pictures would draw."""
    return re.sub("[\xad\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)


def _is_empty(item: ET.Element) -> bool:
    if item.tag == f"{_SVG}path":
        return item.get("class") in ("background", "foreground")
    return item.tag == f"{_SVG}rect" and item.get("fill") in ("transparent", "none", "white")


def _strip(item: ET.Element) -> None:
    for name in ("transform", "d", "x2", "y2"):
        if name in item.attrib:
            item.set(name, _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}", item.attrib[name]))
    for name in _DROPPED:
        item.attrib.pop(name, None)
    for name, value in _DEFAULTS.items():
        if item.get(name) == value and not (name == "stroke-width" and item.get("stroke") is None):
            item.attrib.pop(name)


def _classes(item: ET.Element) -> None:
    names = {colour: name for name, colour in COLOURS.items()}
    found = [
        f"{prefix}-{names[item.get(attribute, '')]}"
        for prefix, attribute in (("f", "fill"), ("s", "stroke"))
        if item.get(attribute, "") in names
    ]
    if found:
        item.set("class", " ".join(found))


def _flatten(parent: ET.Element) -> None:
    """Take away groups that say nothing: without attributes, or without content."""
    for child in list(parent):
        _flatten(child)
    children: list[ET.Element] = []
    for child in parent:
        if child.tag == f"{_SVG}g" and not child.attrib:
            children.extend(child)
        elif child.tag != f"{_SVG}g" or len(child):
            children.append(child)
    parent[:] = children
