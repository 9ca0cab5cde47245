"""What the faces of Evenhand read: settings, models and the frames that callers give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from .audit.dataset import open_dataset
from .audit.model import Model, load_model
from .audit.rows import Table
from .audit.settings import Settings, load_settings, merge
from .metrics.catalogue import CATALOGUE

T = TypeVar("T")
Progress = Callable[[str, int, int], None]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody of progress."""


def settings_from(source: str | Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Make settings of a settings file (``.toml``) or of a table, with overrides.

    Parameters
    ----------
    source : str or Path
        A settings file, or the table to audit.
    overrides : mapping, optional
        Settings by key; they win over the file.

    Raises
    ------
    SettingsError
        With every problem found.
    """
    given = dict(overrides or {})
    if Path(source).suffix == ".toml":
        return merge(load_settings(source, CATALOGUE), given)
    return merge(Settings(), {"data": str(source), **given})


def model_of(path: Path, settings: Settings) -> Model:
    """Load the model that settings describe."""
    return load_model(
        path,
        trusted=settings.trusted,
        columns=settings.model_columns,
        classes=settings.model_classes,
        output=settings.model_output,
    )


def read_named(settings: Settings, key: str, read: Callable[[Path], T]) -> T | None:
    """Read what a key of the settings names; None where it names none or nothing is there."""
    path = settings.resolve(key)
    # A file that is not there is told with the tables.
    return None if path is None or not path.is_file() else read(path)


def table_of_frame(frame: Any, name: str, settings: Settings) -> Table:
    """Take a frame of the caller's as a table; a pandas frame reaches the model as it is."""
    import pandas as pd  # noqa: PLC0415 - to tell a pandas frame, which the model is then asked with as it is

    dataset = open_dataset(frame, name=name, missing=settings.missing)
    keep = isinstance(frame, pd.DataFrame) and not settings.missing
    return Table(dataset, frame if keep else None)


def column_names(features: Any) -> tuple[Any, ...]:
    """List the columns named, whatever they are; the settings judge them."""
    listed = isinstance(features, Iterable) and not isinstance(features, str)
    return tuple(features) if listed else () if features is None else (features,)


def plain_label(value: Any) -> Any:
    """Turn a label of numpy's into one of Python's."""
    return value.item() if hasattr(value, "item") else value
