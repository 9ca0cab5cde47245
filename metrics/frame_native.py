"""Figures of groups as the caller's own kind of frame.

pandas callers, and those who give arrays and lists, get what fairlearn gives: levels as an index. polars
and pyarrow callers get frames with the levels as columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import narwhals as nw

from ..errors import InputError
from .results import Group, Level

Backend = Literal["pandas", "polars", "pyarrow"]
Cells = Mapping[str, Sequence[Any]]


def backend_of(inputs: Iterable[Any]) -> Backend:
    """Name the library whose frames the caller gets: that of the first input that has one.

    Examples
    --------
    >>> backend_of([[1, 0, 1]])
    'pandas'
    """
    for values in inputs:
        for part in values.values() if isinstance(values, dict) else (values,):
            wrapped = nw.from_native(part, allow_series=True, pass_through=True)
            if not isinstance(wrapped, nw.Series | nw.DataFrame | nw.LazyFrame):
                continue
            if wrapped.implementation.is_polars():
                return "polars"
            return "pyarrow" if wrapped.implementation.is_pyarrow() else "pandas"
    return "pandas"


def refuse_clash(backend: Backend, levels: Sequence[str], metrics: Sequence[str]) -> None:
    """Raise where a metric and a column of levels would share a name in one frame.

    Raises
    ------
    InputError
        Names them; pandas frames, whose levels are an index, have room for both.
    """
    both = sorted(set(levels) & set(metrics))
    if both and backend != "pandas":
        raise InputError.of(
            "duplicate_columns", both[0], "no two columns of a frame share a name; rename the metric"
        )


def level_frame(backend: Backend, names: Sequence[str], keys: Sequence[Group], cells: Cells) -> Any:
    """Make a frame with one row for each key, a column for each metric.

    Examples
    --------
    >>> frame = level_frame("pandas", ["sex"], [("F",), ("M",)], {"accuracy": [0.5, 0.75]})
    >>> frame["accuracy"]["M"].item()
    0.75
    """
    levels = list(zip(*keys, strict=True)) if keys else [()] * len(names)
    if backend != "pandas":
        columns = {name: _one_type(level) for name, level in zip(names, levels, strict=True)}
        return nw.from_dict({**columns, **cells}, backend=backend).to_native()
    # Under names of their own, since a metric may bear the name of a column of levels.
    held = [f"level {i}" for i in range(len(names))]
    shown = [f"metric {i}" for i in range(len(cells))]
    data = {
        **dict(zip(held, map(list, levels), strict=True)),
        **dict(zip(shown, cells.values(), strict=True)),
    }
    native = nw.from_dict(data, backend=backend).to_native().set_index(held if len(held) > 1 else held[0])
    native.index.names = list(names)
    native.columns = list(cells)
    return native


def metric_row(backend: Backend, cells: Mapping[str, Any]) -> Any:
    """Make what holds one value for each metric: a series indexed by metric, or a frame of one row.

    Examples
    --------
    >>> metric_row("pandas", {"accuracy": 0.5, "recall": 0.25})["recall"].item()
    0.25
    """
    if backend != "pandas":
        return nw.from_dict({name: [value] for name, value in cells.items()}, backend=backend).to_native()
    data = {"metric": list(cells), "value": list(cells.values())}
    native = nw.from_dict(data, backend=backend).to_native().set_index("metric")["value"].rename(None)
    native.index.name = None
    return native


def one_metric(backend: Backend, frame: Any, name: str) -> Any:
    """Give the frame of a single metric as fairlearn does: a series; elsewhere it stays a frame."""
    return frame[name] if backend == "pandas" else frame


def _one_type(level: Sequence[Level]) -> list[Any]:
    # Columns of polars and arrow hold one type each.
    kinds = {type(value) for value in level} - {type(None)}
    mixed = len(kinds) > 1 and not kinds <= {int, float}
    return [None if value is None else str(value) for value in level] if mixed else list(level)
