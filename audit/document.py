"""The facts of an audit's data for its datasheet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .dataset import Dataset
from .duck import connect
from .facts import dataset_facts, written_by
from .roles import Roles
from .settings import Settings


def datasheet_facts(dataset: Dataset, settings: Settings, roles: Roles) -> dict[str, Any]:
    """Count the facts that a datasheet shows, over the whole file (both splits where one file holds them)."""
    whole = replace(dataset, rows_where=None)
    file = settings.resolve("data") if dataset.sha256 is not None else None
    with connect() as connection:
        facts = dataset_facts(
            whole.relation(connection),
            target=roles.target,
            pos_label=roles.pos_label,
            sensitive=roles.sensitive,
            intersections=roles.intersections,
            bands=roles.bands,
            split=settings.split.column if settings.split else None,
            weight=roles.weight,
            id=roles.id,
            name=dataset.name,
            sha256=dataset.sha256,
            credit=settings.credit,
            size_bytes=None if file is None else file.stat().st_size,
            written_by=None if file is None else written_by(file),
            privacy_minimum=settings.privacy_minimum,
            min_group_size=settings.min_group_size,
        )
    return facts.to_dict()
