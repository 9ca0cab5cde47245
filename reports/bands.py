"""Bands of numbers in the language in force: "under 40" is a name that an audit made, not one of the data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..audit.bands import band_levels
from ..audit.record import Record
from .formats import parted
from .language import ENGLISH, current, say

_CROSS = " x "
_EDGE = r"(-?[\d.e+-]+)"
_NAMES = {
    "under": re.compile(f"under {_EDGE}"),
    "over": re.compile(f"{_EDGE} and over"),
    "below": re.compile(f"{_EDGE} to under {_EDGE}"),
    "between": re.compile(f"{_EDGE} to {_EDGE}"),
}
_PLACES = {"under": ("high",), "over": ("low",), "below": ("low", "high"), "between": ("low", "high")}
"""How the audit names bands, in English."""
_PLAIN = ("settings", "datasheet", "answers", "cube", "software", "data", "train", "model", "task")
"""The parts of a record that name no group, or are not shown group by group."""


def with_bands(record: Record) -> Record:
    """Name the bands that the audit's settings cut numbers into in the language in force.

    Parameters
    ----------
    record : Record

    Returns
    -------
    Record
        The same, in English; else with every band's name said again wherever it stands.
    """
    bands = record.settings.get("bands") or {}
    if current() == ENGLISH or not bands:
        return record
    kept = record.model_dump()
    changed = {key: kept[key] if key in _PLAIN else banded(kept[key], bands) for key in kept}
    return Record.model_validate(changed)


def banded(value: Any, bands: Mapping[str, Sequence[float]]) -> Any:
    """Name bands in the language in force wherever they stand in plain data.

    Parameters
    ----------
    value : object
        Texts, lists and dicts, one within the other.
    bands : mapping of str to sequence of float
        Edges by column, as the settings have them.
    """
    if current() == ENGLISH or not bands:
        return value
    names = {
        level: said_band(level)
        for edges in bands.values()
        for whole in (True, False)
        for level in band_levels(edges, whole=whole)
    }
    return _renamed(value, names)


def said_band(level: str) -> str:
    """Name one band in the language in force; a name that is no band's stays as it is.

    Examples
    --------
    >>> said_band("28 to 36"), said_band("Sales")
    ('28 to 36', 'Sales')
    """
    for name, pattern in _NAMES.items():
        found = pattern.fullmatch(level)
        if found:
            ends = dict(zip(_PLACES[name], map(parted, found.groups()), strict=True))
            return say(f"band.{name}", **ends)
    return level


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        if value in names:
            return names[value]
        return _CROSS.join(names.get(part, part) for part in value.split(_CROSS))
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_renamed(item, names) for item in value)
    return value
