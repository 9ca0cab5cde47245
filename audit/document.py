"""The facts of an audit's data for its datasheet, or of a table that is documented without an audit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .answers import Answers
from .clock import now
from .column_checks import is_zero_one
from .dataset import Dataset
from .duck import connect
from .facts import dataset_facts, written_by
from .roles import Roles, crossings
from .scan import scan
from .settings import Settings
from .tables import open_tables

_NOT_NEEDED = ("model", "policy", "train", "answers")
"""Files that settings may name and a datasheet does without."""


@dataclass(frozen=True)
class Documented:
    """A table with its facts and what people answered about it.

    Parameters
    ----------
    title : str
    facts : dict
        What ``DatasetFacts.to_dict`` gives.
    answers : Answers
    credit : str or None
        The data's credit line.
    created : str
        When the facts were counted, ISO 8601.
    """

    title: str
    facts: dict[str, Any]
    answers: Answers
    credit: str | None
    created: str

    def named(self, answers: Answers | None, title: str | None) -> Documented:
        """Return it with what people answered, and under a title: the given one, else the answers' name."""
        given = answers or self.answers
        return replace(self, answers=given, title=title or given.about.name or self.title)


def datasheet_facts(
    dataset: Dataset, settings: Settings, roles: Roles, split: str | None = None
) -> dict[str, Any]:
    """Count the facts that a datasheet shows, over the whole file (both splits where one file holds them).

    ``split`` is the column that tells the splits apart, where the settings name none.
    """
    whole = replace(dataset, rows_where=None)
    file = settings.resolve("data") if dataset.sha256 is not None else None
    with connect(len(whole.columns)) as connection:
        facts = dataset_facts(
            whole.relation(connection),
            target=roles.target,
            pos_label=roles.pos_label,
            sensitive=roles.sensitive,
            intersections=roles.intersections,
            bands=roles.bands,
            split=settings.split.column if settings.split else split,
            weight=roles.weight,
            id=roles.id,
            quasi_identifiers=settings.quasi_identifiers or None,
            reference_shares=settings.reference_shares,
            name=dataset.name,
            sha256=dataset.sha256,
            credit=settings.credit,
            size_bytes=None if file is None else file.stat().st_size,
            written_by=None if file is None else written_by(file),
            privacy_minimum=settings.privacy_minimum,
            min_group_size=settings.min_group_size,
        )
    return facts.to_dict()


def document(settings: Settings, *, split: str | None = None) -> Documented:
    """Count the facts about the table that settings name; no role need be given.

    Parameters
    ----------
    settings : Settings
        Of an audit; what concerns a model is not looked at.
    split : str or None
        The column that tells splits apart, where the settings name none.

    Returns
    -------
    Documented

    Raises
    ------
    InputError
        The table cannot be read or has no rows, or a setting does not fit it; all problems at once.
    """
    alone = settings.model_copy(update=dict.fromkeys(_NOT_NEEDED))
    dataset = replace(open_tables(alone).test, rows_where=None)
    facts = datasheet_facts(dataset, settings, _roles(dataset, settings), split)
    return Documented(dataset.name, facts, Answers(), settings.credit, now())


def _roles(dataset: Dataset, settings: Settings) -> Roles:
    """Take the roles as the settings name them; the facts are strict about what does not fit."""
    return Roles(
        target=settings.target,
        pos_label=settings.pos_label if settings.pos_label is not None else _one(dataset, settings.target),
        sensitive=settings.sensitive,
        intersections=crossings(settings),
        weight=settings.weight,
        id=settings.id,
        bands=settings.bands,
    )


def _one(dataset: Dataset, target: str | None) -> int | None:
    """Give 1 as the positive label of a target of zeros and ones, as audits do."""
    if target is None or target not in dataset.columns:
        return None
    _, facts = scan(dataset, [target], [target])
    return 1 if is_zero_one(facts[target].values) and facts[target].distinct == 2 else None
