"""What a cube that was read must keep: every rule of a counted cube, checked before one is made."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem, RecordError
from .cube import MEASURES, Axis, Cube, refuse_too_many
from .grid import Grid
from .results import Level

FORMAT = "evenhand-cube"
VERSION = 1
_ROLES = ("sensitive", "control", "label", "decision", "score")
_LARGEST = sys.float_info.max
_KINDS = (None, "frequency", "survey")

Content = Mapping[str, Any]
Floats = NDArray[np.float64]


def follows_grid(role: str, grid: Grid | None) -> bool:
    """Tell whether the levels of an axis are the bins of its fixed grid, and need not be written.

    Examples
    --------
    >>> follows_grid("score", Grid()), follows_grid("score", Grid("distinct")), follows_grid("label", Grid())
    (True, False, False)
    """
    return role == "score" and grid is not None and grid.kind != "distinct"


def damage(where: str, rule: str, got: object) -> Problem:
    """Note what breaks which rule, with the value shortened."""
    shown = repr(got)
    return Problem("damaged", where, f"{rule}, got {shown if len(shown) <= 80 else shown[:77] + '...'}")


def key_problems(content: Content, wanted: Sequence[str], where: str) -> list[Problem]:
    """Note the keys that are missing, and those that nobody knows."""
    missing = [key for key in wanted if key not in content]
    unknown = [key for key in content if key not in wanted]
    problems = [damage(where, f"the key {key!r} is needed", list(content)) for key in missing]
    return problems + [damage(where, f"known keys are {', '.join(wanted)}", key) for key in unknown]


def checked_cube(header: Content, codes: Sequence[Any], measures: Mapping[str, Any]) -> Cube:
    """Make a cube of parts that nobody vouches for.

    Parameters
    ----------
    header : mapping
        ``format``, ``version``, ``axes``, ``grid`` and ``weight_kind``.
    codes : sequence of list
        For each axis, the position of each cell on it.
    measures : mapping of str to list

    Raises
    ------
    RecordError
        With every breach found.
    """
    problems: list[Problem] = []
    if header["format"] != FORMAT or header["version"] != VERSION or isinstance(header["version"], bool):
        got = (header["format"], header["version"])
        problems.append(damage("version", f"this release reads {FORMAT!r} version {VERSION}", got))
        raise RecordError(problems)
    if header["weight_kind"] not in _KINDS:
        problems.append(
            damage("weight_kind", "frequency, survey or nothing is wanted", header["weight_kind"])
        )
    grid = _grid_in(header["grid"], problems)
    axes = _axes_in(header["axes"], grid, problems)
    if problems:
        raise RecordError(problems)
    numbers = _measures_in(measures, header["weight_kind"], problems)
    table = _codes_in(codes, axes, len(numbers), problems)
    if problems:
        raise RecordError(problems)
    return Cube(axes, table, numbers, grid, header["weight_kind"])


def _grid_in(content: Any, problems: list[Problem]) -> Grid | None:
    if content is None:
        return None
    if not isinstance(content, Mapping) or set(content) != {"kind", "bins", "thresholds"}:
        problems.append(damage("grid", "kind, bins and thresholds are wanted", content))
        return None
    thresholds = content["thresholds"]
    if not isinstance(thresholds, list) or not all(_is_finite(value) for value in thresholds):
        problems.append(damage("grid", "thresholds are a list of numbers", thresholds))
        return None
    try:
        return Grid(content["kind"], content["bins"], tuple(thresholds))
    except InputError as error:
        problems.extend(error.problems)
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    # The comparison, unlike float(), is at ease with a whole number of a thousand digits.
    return _is_number(value) and -_LARGEST <= value <= _LARGEST


def _axes_in(content: Any, grid: Grid | None, problems: list[Problem]) -> tuple[Axis, ...]:
    if not isinstance(content, list):
        problems.append(damage("axes", "a list is wanted", content))
        return ()
    axes = [axis for place, part in enumerate(content) if (axis := _axis_in(part, place, grid, problems))]
    names = [axis.name for axis in axes]
    if len(set(names)) < len(names):
        problems.append(damage("axes", "no two axes share a name", names))
    scored = sum(axis.role == "score" for axis in axes)
    if scored > 1 or bool(scored) != (grid is not None):
        problems.append(damage("axes", "a grid stands beside one score axis, and only there", names))
    return tuple(axes)


def _axis_in(content: Any, place: int, grid: Grid | None, problems: list[Problem]) -> Axis | None:
    where = f"axes[{place}]"
    if not isinstance(content, Mapping) or set(content) != {"name", "role", "levels"}:
        problems.append(damage(where, "name, role and levels are wanted", content))
        return None
    name, role = content["name"], content["role"]
    if not isinstance(name, str) or role not in _ROLES:
        problems.append(
            damage(where, f"a name, and one of the roles {', '.join(_ROLES)}, are wanted", (name, role))
        )
        return None
    if follows_grid(role, grid) and content["levels"] is None and grid is not None:
        return Axis(name, role, tuple(range(len(grid.edges))))
    levels = _levels_in(content["levels"], where, problems)
    if role == "score":
        return _score_axis(name, levels, where, problems)
    return None if levels is None else Axis(name, role, levels)


def _score_axis(
    name: str, levels: tuple[Level, ...] | None, where: str, problems: list[Problem]
) -> Axis | None:
    if levels is None or not all(_is_finite(level) for level in levels):
        problems.append(
            damage(where, "the levels of a score axis are numbers, or none for a fixed grid", levels)
        )
        return None
    return Axis(name, "score", tuple(float(level) for level in levels if level is not None))


def _levels_in(content: Any, where: str, problems: list[Problem]) -> tuple[Level, ...] | None:
    if not isinstance(content, list):
        problems.append(damage(where, "levels are a list", content))
        return None
    levels = [_level_in(value) for value in content]
    if any(level is _NO_LEVEL for level in levels):
        problems.append(damage(where, "a level is text, a number, true, false or null", content))
        return None
    keys = {(type(level), level) for level in levels}
    if len(keys) < len(levels) or None in levels[:-1]:
        problems.append(damage(where, "levels are distinct, a missing one the last", content))
        return None
    return tuple(levels)


_NO_LEVEL: Any = object()


def _level_in(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _NO_LEVEL
    if isinstance(value, Mapping) and list(value) == ["float"] and value["float"] in ("inf", "-inf"):
        return float(value["float"])
    return _NO_LEVEL


def _measures_in(content: Mapping[str, Any], kind: str | None, problems: list[Problem]) -> Floats:
    needed = MEASURES[: 1 if kind is None else 3]
    if not set(needed) <= set(content) <= {*needed, *MEASURES[3:]} or ("score" in content) != (
        "score_square" in content
    ):
        problems.append(
            damage("measures", f"{', '.join(needed)} and, with scores, their sums are wanted", list(content))
        )
        return np.zeros((0, len(MEASURES)))
    columns = {
        name: _column_in(values, f"measures.{name}", problems, whole=name == "rows")
        for name, values in content.items()
    }
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        problems.append(damage("measures", "all have one number for each cell", sorted(lengths)))
        return np.zeros((0, len(MEASURES)))
    zero = np.zeros(lengths.pop())
    rows = columns["rows"]
    table = np.stack(
        [columns.get(name, rows if name in MEASURES[:3] else zero) for name in MEASURES], axis=1
    ).astype(np.float64)
    if (table[:, [0, 1, 2, 4]] < 0).any():
        problems.append(
            damage("measures", "counts, weights and sums of squares are zero or more", "a negative one")
        )
    elif (table[:, 1] ** 2 > table[:, 0] * table[:, 2] * (1 + 1e-9)).any():
        problems.append(
            damage("measures", "weight^2 is at most rows x square (Cauchy)", "a cell that breaks it")
        )
    return table


def _column_in(content: Any, where: str, problems: list[Problem], *, whole: bool) -> NDArray[Any]:
    if not isinstance(content, list) or not all(_is_number(value) for value in content):
        problems.append(damage(where, "a list of numbers is wanted", content))
        return np.zeros(0)
    try:
        column = np.array(content, dtype=float)
    except OverflowError:
        column = np.array([math.inf])
    if not np.isfinite(column).all() or (whole and (column != np.floor(column)).any()):
        problems.append(damage(where, f"{'whole' if whole else 'finite'} numbers are wanted", content))
        return np.zeros(0)
    return column


def _codes_in(
    content: Sequence[Any], axes: tuple[Axis, ...], cells: int, problems: list[Problem]
) -> NDArray[np.int32]:
    nothing = np.zeros((cells, len(axes)), dtype=np.int32)
    if len(content) != len(axes):
        problems.append(damage("codes", f"one list for each of the {len(axes)} axes is wanted", len(content)))
        return nothing
    before = len(problems)
    columns = [_column_in(part, f"codes[{i}]", problems, whole=True) for i, part in enumerate(content)]
    for axis, column in zip(axes, columns, strict=True):
        if len(problems) == before and len(column) != cells:
            problems.append(
                damage("codes", f"each list has a code for each of the {cells:,} cells", len(column))
            )
        if column.size and (column.min() < 0 or column.max() >= len(axis.levels)):
            problems.append(
                damage("codes", f"codes of {axis.name!r} lie in 0 .. {len(axis.levels) - 1}", column.max())
            )
    if len(problems) > before:
        return nothing
    codes = np.stack(columns, axis=1).astype(np.int32) if columns else nothing
    _refuse_disorder(codes, axes, problems)
    return codes


def _refuse_disorder(codes: NDArray[np.int32], axes: tuple[Axis, ...], problems: list[Problem]) -> None:
    shape = tuple(len(axis.levels) for axis in axes)
    try:
        refuse_too_many(shape)
    except InputError as error:
        problems.extend(error.problems)
        return
    flat = (
        np.ravel_multi_index(tuple(codes.T.astype(np.int64)), shape)
        if axes and len(codes)
        else np.arange(min(len(codes), 1))
    )
    if len(flat) < len(codes) or (np.diff(flat) <= 0).any():
        problems.append(damage("codes", "cells stand in ascending order, none twice", "another order"))
