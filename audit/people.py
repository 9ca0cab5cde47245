"""People who stand in several audited rows: intervals count people, not rows.

A cube has forgotten who is who, so the rows are read again. Every rate's effective sizes become those of
people (cluster-robust), which carries into comparisons, worst-of-several figures and verdicts; beside these
stand intervals from the cluster bootstrap, which makes no use of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..metrics.cluster_resampling import cluster_bootstrap
from ..metrics.clusters import ROBUST, ClusterCounts, cluster_counts, clustered_table, overall_effect
from ..metrics.cube import Cube
from ..metrics.disparity import Options
from ..metrics.groups import Column
from ..metrics.people import Repeats, repeats
from ..metrics.rates import Design, GroupTable, group_table
from ..metrics.worst_result import PAIRED
from .gate import OVERALL
from .model import Model
from .record import Note, Record
from .record_people import PeopleFacts, PeopleGrouping
from .roles import Roles
from .rows import Part, Table, columns_read, part_of

DRAWS = 500
"""Resamples of the people."""

RESAMPLED = ("demographic_parity_difference", "equalized_odds_difference")
"""The figures that are also resampled, with the rates they are made of."""


@dataclass(frozen=True)
class People:
    """What follows from people who repeat; nothing where nobody does.

    Parameters
    ----------
    facts : PeopleFacts or None
    designs : mapping of str to Design
        By grouping, in the order of the cube's groups.
    within : mapping of (str, str) to ClusterCounts
        By control column and grouping: the people of every group within every level.
    """

    facts: PeopleFacts | None = None
    designs: Mapping[str, Design] = field(default_factory=dict)
    within: Mapping[tuple[str, str], ClusterCounts] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader must know."""
        return () if self.facts is None else (Note(code="repeated_people", text=_words(self.facts)),)


def repeated_people(table: Table, roles: Roles, model: Model | None, cube: Cube, options: Options) -> People:
    """Look whether people repeat, and if so work out what their rows are worth.

    Reads the id column, and where people repeat all rows again.

    Parameters
    ----------
    table, roles, model
        As for `count_rows`.
    cube : Cube
        What was counted.
    options : Options
        Level of the intervals, minimum size of the groups in worst-of-several figures, seed.
    """
    if roles.id is None:
        return People()
    ids = table.frame((roles.id,))[roles.id]
    found = repeats(ids)
    if not found.any:
        return People()
    part = part_of(table.frame(columns_read(roles, model)), roles, model)
    everybody = {"all": Column("all", np.zeros(len(ids), dtype=np.uint8), ("all",))}
    columns = {
        OVERALL: everybody,
        **{
            " x ".join(attributes): {name: part.attributes[name] for name in attributes}
            for attributes in roles.groupings
        },
    }
    counted = {name: _counts(part, roles, some, ids.to_numpy()) for name, some in columns.items()}
    overall = counted.pop(OVERALL)
    designs = {OVERALL: _design(clustered_table(overall, level=options.level))}
    parts: list[tuple[str, ClusterCounts, list[int]]] = []
    for attributes in roles.groupings:
        name = " x ".join(attributes)
        # The cube may hold the levels in another order, as those of bands.
        order = [counted[name].table.groups.index(group) for group in group_table(cube, *attributes).groups]
        designs[name] = _design(clustered_table(counted[name], level=options.level)).only(order)
        parts.append((name, counted[name], order))
    within = {
        (control, " x ".join(attributes)): _counts(
            part,
            roles,
            {**{name: part.attributes[name] for name in attributes}, control: part.control[control]},
            ids.to_numpy(),
        )
        for control in roles.control
        for attributes in roles.groupings
    }
    return People(_facts(found, overall_effect(overall), parts, options), designs, within)


def designs_of(record: Record) -> dict[str, Design]:
    """Read the effective sizes of groups back from a record of people who repeat; none from another."""
    if record.people is None:
        return {}
    parts = {OVERALL: (record.overall,), **{part.name: part.groups for part in record.groupings}}
    return {
        name: Design(
            {
                rate: np.array([group.rates[rate].effective for group in groups])
                for rate in groups[0].rates
                if rate != "mean_score"
            },
            ROBUST,
        )
        for name, groups in parts.items()
        if groups
    }


def _counts(part: Part, roles: Roles, columns: Mapping[str, Column], ids: object) -> ClusterCounts:
    return cluster_counts(
        part.labels,
        part.decisions,
        sensitive_features=dict(columns),
        ids=ids,
        sample_weight=part.weight,
        weight_kind="frequency" if roles.weight_kind == "frequency" else "survey",
    )


def _design(table: GroupTable) -> Design:
    if table.design is None:
        raise TypeError("a table of clusters has a design")
    return table.design


def _facts(
    found: Repeats,
    effect: float,
    parts: Sequence[tuple[str, ClusterCounts, list[int]]],
    options: Options,
) -> PeopleFacts:
    few = [part for part in parts if len(part[2]) <= PAIRED]
    return PeopleFacts(
        people=found.people,
        rows=found.rows,
        most=found.most,
        unnamed=found.unnamed,
        effect=effect,
        draws=DRAWS,
        groupings=tuple(_resampled(*part, options) for part in few),
        left_out=tuple(part[0] for part in parts if part not in few),
    )


def _resampled(name: str, counts: ClusterCounts, order: list[int], options: Options) -> PeopleGrouping:
    wanted: Sequence[str] = RESAMPLED if counts.table.has_label else RESAMPLED[:1]
    boots = [
        cluster_bootstrap(
            counts,
            metric,
            draws=DRAWS,
            level=options.level,
            seed=options.seed,
            min_group_size=options.min_group_size,
        )
        for metric in wanted
    ]
    return PeopleGrouping(
        name=name,
        rates={
            rate: tuple(estimates[i] for i in order)
            for boot in boots
            for rate, estimates in boot.rates.items()
        },
        worst=tuple(boot.worst for boot in boots),
    )


def _words(facts: PeopleFacts) -> str:
    text = (
        f"The {facts.rows:,} rows are of {facts.people:,} people, up to {facts.most:,} rows a person."
        " The rows were read again: intervals and tests of rates, of their differences and ratios and of the"
        " widest gaps, also within the levels of a control column, and so the verdicts, count people and not"
        " rows. Mean scores, figures of scores, slices, explanations and mitigation take rows as independent."
    )
    if not np.isfinite(facts.effect):
        return f"{text} The overall selection rate does not vary, so that it has no design effect."
    return (
        f"{text} The variance of the overall selection rate is {facts.effect:.2f} times as large (design"
        f" effect) as if rows were independent, its interval {np.sqrt(facts.effect):.2f} times as wide."
    )
