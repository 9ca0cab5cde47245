"""What stands beside a saved model: how it was made, of what, and how it was judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from .files import write_atomically
from .model import describe, save_model, wrap_model
from .record import Record, Software, SourceFacts, spelled
from .record_frontier import FrontierFacts
from .record_part import Part


class ModelRecord(Part):
    """The record of a model that a search chose.

    ``chosen`` is ``"refit"`` where the given model was kept.
    """

    schema_version: Literal["1"] = "1"
    created: str
    model_sha256: str
    description: str
    chosen: str | None
    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    threshold: float | None
    replaces: str | None
    """SHA-256 of the model that was searched from."""
    data: SourceFacts
    train: SourceFacts | None
    software: Software
    settings_sha256: str
    policy_name: str | None
    policy_sha256: str | None
    seed: int
    frontier: FrontierFacts


def record_path(path: str | Path) -> Path:
    """Name the record's file beside a model's.

    Examples
    --------
    >>> record_path("models/loans.skops").name
    'loans.record.json'
    """
    return Path(path).with_suffix(".record.json")


def save_with_record(model: Any, record: Record, path: str | Path) -> tuple[Path, Path]:
    """Save a model, and its record beside it.

    Parameters
    ----------
    model : estimator
    record : Record
        Of the audit that searched the frontier.
    path : str or Path
        For the model, in the skops format.

    Returns
    -------
    tuple of Path
        The model's file and the record's.

    Raises
    ------
    ModelError
        skops cannot write a part of the model; nothing is written.
    OutputError
        A file cannot be written.
    """
    if record.frontier is None:
        raise TypeError("a model is saved with the record of the search that chose it")
    sha256, wrapped = save_model(model, path), wrap_model(model)
    content = ModelRecord(
        created=record.created,
        model_sha256=sha256,
        description=describe(model),
        chosen=record.frontier.chosen,
        inputs=wrapped.inputs,
        classes=tuple(map(str, wrapped.classes)),
        threshold=record.task.threshold,
        replaces=None if record.model is None else record.model.sha256,
        data=record.data,
        train=record.train,
        software=record.software,
        settings_sha256=record.settings_sha256,
        policy_name=record.policy_name,
        policy_sha256=record.policy_sha256,
        seed=record.seed,
        frontier=record.frontier,
    )
    text = json.dumps(spelled(content.model_dump(mode="json")), ensure_ascii=False, allow_nan=False, indent=1)
    return Path(path), write_atomically(record_path(path), text + "\n")
