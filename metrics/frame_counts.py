"""The figures that counts give: one cube for all metrics that share labels and weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, Problem
from .bootstrap import replicate_blocks, weighted_replicates
from .frame_figures import Figure, Request, Source
from .frame_layout import Layout
from .frame_rows import row_array
from .groups import Column
from .labels import binary_codes, collect
from .rates import ROWS, SQUARE, WEIGHT, GroupTable, group_table
from .results import Level
from .tally import cube_of

Floats = NDArray[np.float64]
Key = tuple[Source, type, Level, int | None]
_BLOCK = 2_000_000
"""Cells of one block of weighted replicates; bounds the memory."""


@dataclass(frozen=True)
class Features:
    """The columns that make the groups."""

    control: tuple[Column, ...]
    sensitive: tuple[Column, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, control first."""
        return (*self.control, *self.sensitive)

    @property
    def control_names(self) -> tuple[str, ...]:
        """Names of the control columns."""
        return tuple(column.name for column in self.control)

    @property
    def sensitive_names(self) -> tuple[str, ...]:
        """Names of the sensitive columns."""
        return tuple(column.name for column in self.sensitive)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.sensitive[0].codes)


def settle(requests: Sequence[Request], y_true: Any, y_pred: Any) -> list[Request]:
    """Give another source to those metrics that take labels of any kind, where labels are of another kind.

    Accuracy asks only whether label and decision match; what else scikit-learn computes for many
    classes is left to the caller's own function.
    """
    asked = [r for r in requests if r.source == "cells" and r.figure is not None and r.figure.other_labels]
    if y_true is None or y_pred is None or not any(r.pos_label is None for r in asked):
        return list(requests)
    problems: list[Problem] = []
    for values, name in ((y_true, "y_true"), (y_pred, "y_pred")):
        collect(problems, partial(binary_codes, values, name))
    if not problems or any(problem.code != "labels_not_declared" for problem in problems):
        return list(requests)
    return [_other_source(r) if r in asked and r.pos_label is None else r for r in requests]


def _other_source(asked: Request) -> Request:
    if asked.figure is not None and asked.figure.other_labels == "match":
        return replace(asked, source="match")
    return replace(asked, source="rows") if asked.call is not None else asked


def key_of(asked: Request) -> Key:
    """Name the table that a metric is read from."""
    return (*asked.kind, None if asked.weight is None else id(asked.weight))


def count_tables(
    requests: Sequence[Request], y_true: Any, y_pred: Any, features: Features
) -> dict[Key, GroupTable]:
    """Count the rows of every group for all metrics that need counts.

    Returns
    -------
    dict
        A table for each kind of metric and each weight; unweighted metrics read the rows of a weighted
        cube where there is one.

    Raises
    ------
    InputError
        As `evenhand.metrics.tally.cube_of`.

    Examples
    --------
    >>> from evenhand.metrics.frame_figures import request
    >>> from evenhand.metrics.groups import encode
    >>> asked = [request("accuracy", "accuracy", {}), request("recall", "recall_score", {})]
    >>> features = Features((), (encode(["F", "M", "M"], "sex"),))
    >>> [table] = count_tables(asked, [1, 0, 1], [1, 1, 0], features).values()
    >>> table.groups, table.rows.tolist()
    ((('F',), ('M',)), [1.0, 2.0])
    """
    found: dict[Key, GroupTable] = {}
    for kind in dict.fromkeys(r.kind for r in requests if r.source in ("cells", "match")):
        asked = [r for r in requests if r.kind == kind]
        for weight in {id(r.weight): r.weight for r in asked if r.weight is not None}.values():
            found[*kind, id(weight)] = _table(asked, y_true, y_pred, features, weight)
        if any(r.weight is None for r in asked):
            weighted = next((table for key, table in found.items() if key[:3] == kind), None)
            found[*kind, None] = (
                _unweighted(weighted) if weighted else _table(asked, y_true, y_pred, features, None)
            )
    for size in (r for r in requests if r.source == "size"):
        other = next(iter(found.values()), None)
        found[key_of(size)] = _unweighted(other) if other else _table([size], y_true, y_pred, features, None)
    return found


def _table(asked: Sequence[Request], y_true: Any, y_pred: Any, features: Features, weight: Any) -> GroupTable:
    first = asked[0]
    needs = [r.figure for r in asked if r.figure is not None]
    if first.source == "match":
        y_true, y_pred, pos_label = None, _matches(y_true, y_pred, features.rows), None
    elif first.source == "size":
        y_true, y_pred, pos_label = None, np.zeros(features.rows, dtype=np.uint8), None
    else:
        y_true = y_true if any(figure.label for figure in needs) else None
        y_pred = y_pred if any(figure.decision for figure in needs) else None
        pos_label = first.pos_label
        _refuse_absent(needs, y_true, y_pred)
    cube = cube_of(
        y_true,
        y_pred,
        sensitive_features={column.name: column for column in features.sensitive},
        control_features={column.name: column for column in features.control} or None,
        sample_weight=weight,
        pos_label=pos_label,
    )
    table = group_table(cube, *(column.name for column in features.columns))
    return _as_accuracy(table) if first.source == "match" else table


def _refuse_absent(needs: Sequence[Figure], y_true: Any, y_pred: Any) -> None:
    problems = [
        Problem("absent", name, f"the metric {figure.name!r} needs it, got None; give one value a row")
        for figure in needs
        for name, needed, values in (("y_true", figure.label, y_true), ("y_pred", figure.decision, y_pred))
        if needed and values is None
    ]
    if problems:
        raise InputError(problems)


def _matches(y_true: Any, y_pred: Any, rows: int) -> NDArray[np.uint8]:
    same = row_array(y_true, "y_true", rows) == row_array(y_pred, "y_pred", rows)
    return np.asarray(same, dtype=np.uint8)


def _as_accuracy(table: GroupTable) -> GroupTable:
    # A match counts as a true positive and a miss as a false negative: accuracy is the share that matches.
    measures = np.concatenate([np.zeros_like(table.measures), table.measures], axis=1)
    return replace(table, measures=measures, has_label=True)


def _unweighted(table: GroupTable) -> GroupTable:
    measures = table.measures.copy()
    measures[..., WEIGHT] = measures[..., SQUARE] = measures[..., ROWS]
    return replace(table, measures=measures, weight_kind=None)


def compute(asked: Request, counts: Floats, layout: Layout) -> tuple[Floats, Floats]:
    """Give a metric of every group and of every stratum.

    Parameters
    ----------
    asked : Request
    counts : ndarray of float, shape (..., P, labels, decisions)
    layout : Layout

    Returns
    -------
    by_group, overall : ndarray of float, shapes (..., P) and (..., S)
    """
    return _filled(asked, counts), _filled(asked, layout.sums(counts, axis=-3))


def _filled(asked: Request, counts: Floats) -> Floats:
    if asked.figure is None:
        raise InputError.of("not_from_counts", asked.name, "this metric is computed from rows, not counts")
    value = asked.figure.compute(counts)
    if np.isnan(asked.fill):
        return value
    return np.where(np.isnan(value) & (counts.sum(axis=(-2, -1)) > 0), asked.fill, value)


def resampled_counts(
    table: GroupTable, draws: int, seed: int, *, stratified: bool = False
) -> Iterator[Floats]:
    """Resample rows with replacement, as counts of cells, in blocks.

    Parameters
    ----------
    table : GroupTable
    draws, seed : int
    stratified : bool
        True keeps each group's rows fixed; False resamples all rows together.

    Yields
    ------
    ndarray of float, shape (block, P, labels, decisions)
    """
    shape = table.measures.shape[:3]
    rows, weight, square = (table.measures[..., i].reshape(shape[0], -1) for i in (ROWS, WEIGHT, SQUARE))
    if table.weight_kind is None:
        for block in replicate_blocks(rows, draws, seed, stratified=stratified):
            yield block.reshape(-1, *shape)
        return
    step = max(1, _BLOCK // max(rows.size, 1))
    starts = range(0, draws, step)
    seeds = np.random.SeedSequence(seed).generate_state(len(starts))
    for start, own in zip(starts, seeds.tolist(), strict=True):
        size = min(step, draws - start)
        block = weighted_replicates(rows, weight, square, size, own, stratified=stratified)
        yield block.reshape(-1, *shape)


def resample(
    requests: Sequence[Request], tables: Mapping[Key, GroupTable], layout: Layout, draws: int, seed: int
) -> dict[str, tuple[Floats, Floats]]:
    """Give replicates of every metric that counts give: by group (draws, P) and overall (draws, S)."""
    found: dict[str, tuple[Floats, Floats]] = {}
    for key, table in tables.items():
        asked = [r for r in requests if r.source != "rows" and key_of(r) == key]
        parts = [[compute(r, block, layout) for r in asked] for block in resampled_counts(table, draws, seed)]
        for i, one in enumerate(asked):
            by_group, overall = zip(*(part[i] for part in parts), strict=True)
            found[one.name] = np.concatenate(by_group), np.concatenate(overall)
    return found
