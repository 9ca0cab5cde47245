"""People who stand in several audited rows: a note that says how much that may matter."""

from __future__ import annotations

import numpy as np

from ..metrics.clusters import cluster_counts, overall_effect
from ..metrics.groups import Column
from ..metrics.people import repeats
from .model import Model
from .record import Note
from .roles import Roles
from .rows import Table, columns_read, part_of


def repeated_people(table: Table, roles: Roles, model: Model | None) -> tuple[Note, ...]:
    """Look whether people repeat, and if so by how much that widens the overall selection rate's variance.

    Reads the id column, and where people repeat the decisions again.
    """
    if roles.id is None:
        return ()
    ids = table.frame((roles.id,))[roles.id]
    found = repeats(ids)
    if not found.any:
        return ()
    part = part_of(table.frame(columns_read(roles, model)), roles, model)
    everybody = Column("all", np.zeros(len(ids), dtype=np.uint8), ("all",))
    effect = overall_effect(
        cluster_counts(
            None,
            part.decisions,
            sensitive_features={"all": everybody},
            ids=ids.to_numpy(),
            sample_weight=part.weight,
            weight_kind="frequency" if roles.weight_kind == "frequency" else "survey",
        )
    )
    return (Note(code="repeated_people", text=_words(found.people, found.rows, found.most, effect)),)


def _words(people: int, rows: int, most: int, effect: float) -> str:
    text = (
        f"The {rows:,} rows are of {people:,} people, up to {most:,} rows a person;"
        " all intervals and tests treat rows as independent."
    )
    if not np.isfinite(effect):
        return (
            f"{text} How much that matters for the overall selection rate cannot be told: it does not vary."
        )
    return (
        f"{text} Counted by people, the variance of the overall selection rate is {effect:.2f} times as large"
        f" (design effect), so that its interval would be {np.sqrt(effect):.2f} times as wide."
    )
