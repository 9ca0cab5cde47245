"""Figures of two models on the same rows: before, after and the change, each with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..metrics.catalogue import CATALOGUE, Metric
from ..metrics.cube import WeightKind
from ..metrics.disparity import Options, entrants, worst_of
from ..metrics.groups import Column
from ..metrics.rates import RATES, GroupTable, count, estimates
from ..metrics.results import Estimate, Group
from ..mitigation.joint import PairedCounts, paired_counts
from ..mitigation.paired import rate_change, worst_gap_change
from .record import MitigationFigure

COMPARED = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "predictive_equality_difference",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "predictive_parity_difference",
    "accuracy_difference",
)


@dataclass(frozen=True)
class Paired:
    """Two models' decisions on the same rows, and what is known of the rows.

    Parameters
    ----------
    labels, before, after : ndarray of bool, shape (rows,)
    attributes : mapping of str to Column
    weight : ndarray of float, shape (rows,), or None
    weight_kind : {"frequency", "survey"}
    options : Options
    """

    labels: NDArray[np.bool_]
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]
    attributes: Mapping[str, Column]
    weight: NDArray[np.float64] | None
    weight_kind: Literal["frequency", "survey"]
    options: Options

    def joint(self, codes: NDArray[Any], size: int) -> PairedCounts:
        """Count the rows of each group, label, decision before and decision after."""
        return paired_counts(
            codes,
            self.labels,
            self.before,
            self.after,
            group_count=size,
            sample_weight=self.weight,
            weight_kind=self.weight_kind,
        )

    def table(
        self, attributes: tuple[str, ...], groups: tuple[Group, ...], joint: PairedCounts, *, after: bool
    ) -> GroupTable:
        """Give the confusion matrices of one of the two models."""
        axis = -2 if after else -1
        rows = joint.rows.sum(axis=axis).astype(float)
        weight = joint.counts.sum(axis=axis)
        square = weight if joint.squares is None else joint.squares.sum(axis=axis)
        measures = np.stack([rows, weight, square, np.zeros_like(rows), np.zeros_like(rows)], axis=-1)
        kind = None if self.weight is None else self.weight_kind
        return GroupTable(attributes, groups, measures, has_label=True, has_decision=True, weight_kind=kind)


@dataclass(frozen=True)
class Grouped:
    """The joint counts of one grouping, and the two models' confusion matrices."""

    name: str
    groups: tuple[Group, ...]
    joint: PairedCounts
    before: GroupTable
    after: GroupTable


def grouped(paired: Paired, attributes: tuple[str, ...]) -> Grouped:
    """Count two models' decisions by the groups of an attribute or an intersection."""
    codes, groups = crossed(paired.attributes, attributes)
    joint = paired.joint(codes, len(groups))
    tables = (paired.table(attributes, groups, joint, after=after) for after in (False, True))
    return Grouped(" x ".join(attributes), groups, joint, *tables)


def crossed(
    attributes: Mapping[str, Column], names: Sequence[str]
) -> tuple[NDArray[np.int64], tuple[Group, ...]]:
    """Give every row the number of its group in an intersection, in the order of the levels.

    Examples
    --------
    >>> sex = Column("sex", np.array([0, 1, 1]), ("F", "M"))
    >>> codes, groups = crossed({"sex": sex}, ["sex"])
    >>> codes.tolist(), groups
    ([0, 1, 1], (('F',), ('M',)))
    """
    columns = [attributes[name] for name in names]
    shape = [len(column.levels) for column in columns]
    flat = np.ravel_multi_index([np.asarray(column.codes, dtype=np.int64) for column in columns], shape)
    keys, codes = np.unique(flat, return_inverse=True)
    places = np.unravel_index(keys, shape)
    groups = tuple(
        tuple(column.levels[place[i]] for column, place in zip(columns, places, strict=True))
        for i in range(len(keys))
    )
    return codes.astype(np.int64), groups


def accuracy_figure(paired: Paired) -> MitigationFigure:
    """Give the accuracy over all rows, before and after."""
    joint = paired.joint(np.zeros(len(paired.before), dtype=np.int64), 1)
    level = paired.options.level
    before, after = (
        estimates(count(paired.table((), ((),), joint, after=side), RATES["accuracy"]), level)[0]
        for side in (False, True)
    )
    change = rate_change(joint, "accuracy", level=level, seed=paired.options.seed)
    return MitigationFigure(grouping="overall", metric="accuracy", before=before, after=after, change=change)


def gap_figure(paired: Paired, by: Grouped, name: str) -> MitigationFigure:
    """Give a difference or ratio of the catalogue between the groups, before and after.

    Compared are the groups that are large enough in both.
    """
    metric: Metric = CATALOGUE[name]
    options = paired.options
    sides = (by.before, by.after)
    compared = sorted(set.intersection(*(set(entrants(table, metric, options)[0]) for table in sides)))
    before, after = (_worst(_only(table, compared), metric, options) for table in sides)
    change = worst_gap_change(
        by.joint,
        metric.rates,
        groups=compared,
        comparison="ratio" if metric.kind == "ratio" else "difference",
        combine=metric.combine,
        level=options.level,
        seed=options.seed,
    )
    return MitigationFigure(grouping=by.name, metric=name, before=before, after=after, change=change)


def _only(table: GroupTable, places: list[int]) -> GroupTable:
    return GroupTable(
        table.attributes,
        tuple(table.groups[i] for i in places),
        table.measures[places],
        table.has_label,
        table.has_decision,
        table.weight_kind,
    )


def _worst(table: GroupTable, metric: Metric, options: Options) -> Estimate:
    return _worst_of(
        table.groups,
        table.measures.tobytes(),
        table.measures.shape,
        table.attributes,
        table.weight_kind,
        metric,
        options,
    )


@lru_cache(maxsize=512)
def _worst_of(  # noqa: PLR0917 - the parts of a table, each of which can be a key
    groups: tuple[Group, ...],
    measures: bytes,
    shape: tuple[int, ...],
    attributes: tuple[str, ...],
    weight_kind: WeightKind | None,
    metric: Metric,
    options: Options,
) -> Estimate:
    """Compute a worst gap once: the figure before is the same beside every rival."""
    counted = np.frombuffer(measures).reshape(shape)
    table = GroupTable(
        attributes, groups, counted, has_label=True, has_decision=True, weight_kind=weight_kind
    )
    figure = worst_of(table, metric, options)
    return Estimate(figure.value, figure.interval, reason=figure.reason)
