"""From settings to the tables that an audit reads: the rows to judge, and those to train on."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError, Problem
from .dataset import Dataset, open_dataset, unknown_columns
from .settings import Settings


@dataclass(frozen=True)
class Tables:
    """The tables of an audit.

    Parameters
    ----------
    test : Dataset
        The rows that are judged.
    train : Dataset or None
        The rows that models are trained on.
    """

    test: Dataset
    train: Dataset | None = None


def open_tables(settings: Settings) -> Tables:
    """Open what the settings name; every file that is missing or damaged is told at once.

    Raises
    ------
    InputError
        With every problem of the files and of the split.

    Examples
    --------
    >>> open_tables(Settings())
    Traceback (most recent call last):
    evenhand.errors.InputError: data: a table is needed; name a file, for example: data = "loans.csv"
    """
    problems = _absent_files(settings)
    if settings.data is None:
        message = 'a table is needed; name a file, for example: data = "loans.csv"'
        problems.append(Problem("no_data", "data", message))
    opened: dict[str, Dataset] = {}
    for key in ("data", "train"):
        path = settings.resolve(key)
        if path is None:
            continue
        try:
            opened[key] = open_dataset(path, missing=settings.missing, encoding=settings.encoding)
        except InputError as error:
            problems += [Problem(item.code, f"{key}: {item.where}", item.message) for item in error.problems]
    if problems:
        raise InputError(problems)
    return split_tables(opened["data"], settings, opened.get("train"))


def split_tables(data: Dataset, settings: Settings, train: Dataset | None = None) -> Tables:
    """Take the test and the train rows out of one table, if the settings say how.

    Raises
    ------
    InputError
        The column is not there, or a value does not occur in it.
    """
    split = settings.split
    if split is None:
        return Tables(data, train)
    problems = unknown_columns([split.column], data.columns, f"split.column ({data.name})")
    if problems:
        raise InputError(problems)
    tables = Tables(data.subset(split.column, split.test), data.subset(split.column, split.train))
    parts = (("split.test", split.test, tables.test), ("split.train", split.train, tables.train))
    for key, value, table in parts:
        if table is not None and table.rows == 0:
            message = f"the value must occur in {split.column!r}, but no row holds {value!r}; correct it"
            problems.append(Problem("empty_split", key, message))
    if problems:
        raise InputError(problems)
    return tables


def _absent_files(settings: Settings) -> list[Problem]:
    paths = [(key, settings.resolve(key)) for key in ("model", "policy", "answers")]
    return [
        Problem("missing_file", key, f"the file must exist, but there is none at {path}; correct the path")
        for key, path in paths
        if path is not None and not path.is_file()
    ]
