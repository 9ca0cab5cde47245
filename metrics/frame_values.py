"""The figures of a frame, point values and replicates, whether counts give them or rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Reason
from .frame_counts import Features, Key, compute, key_of, resample
from .frame_figures import Request
from .frame_layout import Layout
from .frame_rows import RowGroups, evaluate, groups_of_rows, row_array
from .rates import WEIGHT, GroupTable, count
from .results import Group

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RowValues:
    """The rows as arrays, for metrics that counts cannot give."""

    y_true: NDArray[Any]
    y_pred: NDArray[Any]
    params: Mapping[str, Mapping[str, NDArray[Any]]]
    by_group: RowGroups
    overall: RowGroups

    def values(self, asked: Request, groups: RowGroups, rows: NDArray[np.intp] | None = None) -> list[Any]:
        """Call a metric on the rows of each group; ``rows`` are those of a resample."""
        if asked.call is None:
            raise InputError.of("not_a_metric", asked.name, "a metric that reads rows is a callable")
        return evaluate(asked.call, groups, self.y_true, self.y_pred, self.params[asked.name], rows=rows)


def row_values(requests: Sequence[Request], y_true: Any, y_pred: Any, features: Features) -> RowValues | None:
    """Read the rows as arrays; None where no metric needs them."""
    asked = [r for r in requests if r.source == "rows"]
    if not asked:
        return None
    params = {
        r.name: {key: row_array(value, key, features.rows) for key, value in r.params.items()} for r in asked
    }
    groups = groups_of_rows(features.columns)
    return RowValues(
        row_array(y_true, "y_true", features.rows),
        row_array(y_pred, "y_pred", features.rows),
        params,
        groups,
        groups.coarser(len(features.control)),
    )


@dataclass(frozen=True, eq=False)
class Computed:
    """Everything that a frame was computed from.

    Parameters
    ----------
    requests : list of Request
    tables : mapping
        Counts of every group, by kind of metric and weight.
    rows : RowValues or None
    layout : Layout
    """

    requests: Sequence[Request]
    tables: Mapping[Key, GroupTable]
    rows: RowValues | None
    layout: Layout

    def values(self) -> dict[str, tuple[Any, Any]]:
        """Give each metric by group and overall: arrays, or lists of whatever a callable gives."""
        found: dict[str, tuple[Any, Any]] = {}
        for asked in self.requests:
            if asked.source == "rows" and self.rows is not None:
                rows = self.rows
                found[asked.name] = rows.values(asked, rows.by_group), rows.values(asked, rows.overall)
            else:
                counts = self.tables[key_of(asked)].measures[..., WEIGHT]
                found[asked.name] = compute(asked, counts, self.layout)
        return found

    def undefined(self) -> dict[tuple[str, Group], Reason]:
        """Give the reason of each figure that counts give and that is undefined."""
        found: dict[tuple[str, Group], Reason] = {}
        for asked in (r for r in self.requests if r.source != "rows" and r.figure is not None):
            table = self.tables[key_of(asked)]
            value, _ = compute(asked, table.measures[..., WEIGHT], self.layout)
            rate = asked.figure.rate if asked.figure else None
            counted = None if rate is None else count(table, rate)
            for i in np.flatnonzero(np.isnan(value)).tolist():
                reason = counted.reason(i) if counted is not None else None
                found[asked.name, table.groups[i]] = reason or Reason.ZERO_DENOMINATOR
        return found

    def replicates(self, draws: int, seed: int) -> dict[str, tuple[Floats, Floats]]:
        """Give bootstrap replicates of each metric by group (draws, P) and overall (draws, S).

        Raises
        ------
        InputError
            A metric gives what is not a number.
        """
        found = resample(self.requests, self.tables, self.layout, draws, seed)
        if self.rows is not None:
            found |= _row_replicates(self.requests, self.rows, draws, seed)
        return found


def _row_replicates(
    requests: Sequence[Request], rows: RowValues, draws: int, seed: int
) -> dict[str, tuple[Floats, Floats]]:
    asked = [r for r in requests if r.source == "rows"]
    drawn: dict[str, list[tuple[Any, Any]]] = {r.name: [] for r in asked}
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        at = rng.integers(0, len(rows.y_true), len(rows.y_true))
        groups, overall = rows.by_group.resampled(at), rows.overall.resampled(at)
        for r in asked:
            drawn[r.name].append((rows.values(r, groups, at), rows.values(r, overall, at)))
    found = {}
    for name, pairs in drawn.items():
        if not all(is_numeric(part) for pair in pairs for part in pair):
            raise InputError.of("not_scalar", name, "a bootstrap is of numbers, and this metric gives others")
        by_group, totals = zip(*pairs, strict=True)
        found[name] = np.array(by_group, dtype=float), np.array(totals, dtype=float)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number | np.bool_) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    )


def is_numeric(values: Any) -> bool:
    """Tell whether every value is a single number.

    Examples
    --------
    >>> is_numeric([1, 2.5]), is_numeric([[1, 2]])
    (True, False)
    """
    return isinstance(values, np.ndarray) or all(map(_is_number, values))


def all_whole(values: Sequence[Any]) -> bool:
    """Tell whether every value is a whole number by its type."""
    return all(isinstance(value, int | np.integer) and not isinstance(value, bool) for value in values)


def as_numbers(values: Any) -> Floats:
    """Read values as floats; what is not a number becomes ``nan``."""
    if isinstance(values, np.ndarray):
        return values
    return np.array([float(value) if _is_number(value) else np.nan for value in values])


def spread(values: Any, places: NDArray[np.intp], length: int, *, whole: bool) -> list[Any]:
    """Put values at their places in a longer list that is ``nan`` elsewhere.

    Examples
    --------
    >>> spread(np.array([3.0]), np.array([0]), 1, whole=True)
    [3]
    """
    if not is_numeric(values):
        spaced: list[Any] = [np.nan] * length
        for place, value in zip(places.tolist(), values, strict=True):
            spaced[place] = value
        return spaced
    full = np.full(length, np.nan)
    full[places] = as_numbers(values)
    listed: list[Any] = full.tolist()
    return [int(value) for value in listed] if whole and np.isfinite(full).all() else listed
