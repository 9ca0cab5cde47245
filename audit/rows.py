"""Rows as the metrics see them: labels, decisions, scores, weights and groups, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import InputError, ModelError, Problem, did_you_mean
from ..metrics.cube import Cube
from ..metrics.groups import Column, encode
from ..metrics.results import Level
from ..metrics.tally import cube_of
from .bands import band_codes, band_levels
from .dataset import Dataset, to_pandas
from .labels import matches
from .model import Model
from .roles import Roles

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """A table of the audit: as a data set, and as the frame that the caller holds, where there is one.

    A model that was given as an object is asked with the caller's own frame, whose types it was fitted on.
    """

    dataset: Dataset
    original: pd.DataFrame | None = None

    def frames(self, columns: tuple[str, ...]) -> Iterator[pd.DataFrame]:
        """Give the rows piece by piece."""
        if self.original is not None:
            yield self.original[list(columns)]
            return
        for batch in self.dataset.batches(columns):
            if batch.num_rows:
                yield to_pandas(pa.Table.from_batches([batch]))

    def frame(self, columns: tuple[str, ...]) -> pd.DataFrame:
        """Give all rows at once."""
        return self.original[list(columns)] if self.original is not None else self.dataset.frame(columns)


def inputs_of(model: Model, roles: Roles) -> tuple[str, ...]:
    """Name the columns that the model is given."""
    return model.inputs or roles.features


def columns_read(roles: Roles, model: Model | None) -> tuple[str, ...]:
    """Name every column that an audit reads."""
    wanted = [*roles.sensitive, *roles.control, roles.target, roles.weight]
    wanted += [roles.prediction, roles.score] if model is None else inputs_of(model, roles)
    return tuple(dict.fromkeys(name for name in wanted if name is not None))


def check_inputs(model: Model | None, datasets: Sequence[Dataset]) -> None:
    """Tell which columns a model wants that the tables do not have.

    Raises
    ------
    ModelError
        With every such column of every table.
    """
    problems = [
        Problem("model_column", f"model ({dataset.name})", f"the model wants the column {name!r}; {hint}")
        for dataset in datasets
        for name in (() if model is None else model.inputs)
        if name not in dataset.columns
        for hint in [did_you_mean(name, dataset.columns)]
    ]
    if problems:
        raise ModelError(problems)


@dataclass(frozen=True)
class Part:
    """Some rows, ready to be counted; arrays of shape (rows,), None where the audit has no such thing."""

    attributes: dict[str, Column]
    control: dict[str, Column]
    labels: Flags | None
    decisions: Flags | None
    scores: Floats | None
    weight: Floats | None


def attribute(values: pd.Series[Any], name: str, edges: tuple[float, ...] | None, *, whole: bool) -> Column:
    """Turn a sensitive column into groups, banded where edges are given.

    Examples
    --------
    >>> attribute(pd.Series([39, 40, None]), "age", (40.0,), whole=True).levels
    ('under 40', '40 and over', None)
    """
    if edges is None:
        return encode(values, name)
    levels: tuple[Level, ...] = band_levels(edges, whole=whole)
    codes = band_codes(values, edges, name)
    if codes.size and codes.max() == len(levels):
        levels = (*levels, None)
    return Column(name, codes, levels, ordered=True)


def part_of(frame: pd.DataFrame, roles: Roles, model: Model | None) -> Part:
    """Read labels, decisions, scores, weights and groups out of some rows."""
    groups = {
        name: attribute(frame[name], name, roles.bands.get(name), whole=roles.whole.get(name, False))
        for name in dict.fromkeys((*roles.sensitive, *roles.control))
    }
    scores, decisions = _outcome(frame, roles, model)
    return Part(
        attributes={name: groups[name] for name in roles.sensitive},
        control={name: groups[name] for name in roles.control},
        labels=None if roles.target is None else matches(frame[roles.target], roles.pos_label),
        decisions=decisions,
        scores=scores,
        weight=None if roles.weight is None else frame[roles.weight].to_numpy(dtype=float),
    )


def _outcome(frame: pd.DataFrame, roles: Roles, model: Model | None) -> tuple[Floats | None, Flags | None]:
    if model is not None:
        rows = frame[list(inputs_of(model, roles))]
        scores = model.scores(rows, roles.pos_label)
        if scores is None:
            return None, model.decide(rows, roles.pos_label, roles.threshold)
        return scores, scores >= roles.threshold
    scores = None if roles.score is None else frame[roles.score].to_numpy(dtype=float)
    if roles.prediction is not None:
        return scores, matches(frame[roles.prediction], roles.pos_prediction)
    return scores, None if scores is None else scores >= roles.threshold


def count_rows(table: Table, roles: Roles, model: Model | None) -> Cube:
    """Read the table once, in batches, into one cube."""
    total: Cube | None = None
    for frame in table.frames(columns_read(roles, model)):
        cube = _cube(part_of(frame, roles, model), roles)
        total = cube if total is None else total + cube
    if total is None:
        raise InputError.of(
            "empty_table", table.dataset.name, "an audit needs rows, but the table has none; check it"
        )
    for name, edges in roles.bands.items():
        total = total.order_levels(name, band_levels(edges, whole=roles.whole[name]))
    return total


def _cube(part: Part, roles: Roles) -> Cube:
    return cube_of(
        part.labels,
        part.decisions,
        sensitive_features=part.attributes,
        control_features=part.control or None,
        y_score=part.scores,
        sample_weight=part.weight,
        weight_kind="frequency" if roles.weight_kind == "frequency" else "survey",
        grid=roles.grid,
    )
