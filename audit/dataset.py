"""A data set: one table, its missing values marked, some of its rows perhaps, read as often as needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..errors import InputError, Problem, did_you_mean
from .cleaning import as_kind, clean, clean_sql, clean_type, equals_sql, holds
from .duck import DUCK_ERRORS, connect
from .files import file_sha256
from .sources import Source, open_file, open_frame
from .text_sources import damaged

BATCH = 131_072
"""Rows in a batch."""


@dataclass(frozen=True)
class Dataset:
    """A table that is read in batches and never changed.

    Make one with ``open_dataset``. A missing value is what the source says and what ``missing`` names.

    Parameters
    ----------
    source : Source
    missing : tuple of str
        Texts that stand for a missing value; compared exactly, blanks included. A number written so
        (``"-9"``) is a missing value in columns of numbers too.
    sha256 : str or None
        Of the file; None for a table in memory.
    rows_where : tuple or None
        Column and value: only rows that hold the value belong to the data set.
    """

    source: Source
    missing: tuple[str, ...] = ()
    sha256: str | None = None
    rows_where: tuple[str, Any] | None = field(default=None)

    @property
    def name(self) -> str:
        """What messages and records call the table: its file's name."""
        return self.source.name

    @property
    def schema(self) -> pa.Schema:
        """The columns with their Arrow types; an index that pandas stored is left out."""
        return pa.schema([pa.field(item.name, clean_type(item.type)) for item in self._stored])

    @property
    def _stored(self) -> list[pa.Field]:
        return [item for item in self.source.schema if not item.name.startswith("__index_level_")]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self.schema.names)

    @cached_property
    def rows(self) -> int:
        """The number of rows, counted once."""
        return int(self.query("SELECT count(*) FROM data")[0][0])

    def batches(self, columns: Sequence[str] | None = None, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """Read the table piece by piece, in order, at constant memory.

        Parameters
        ----------
        columns : sequence of str, optional
            In this order; all columns by default.
        size : int
            Most rows in a batch.

        Raises
        ------
        InputError
            A column is not there, or the file is damaged further on.
        """
        wanted = self._wanted(columns)
        extra = [self.rows_where[0]] if self.rows_where and self.rows_where[0] not in wanted else []
        schema = pa.schema([self.schema.field(name) for name in wanted])
        for batch in self.source.stream([*wanted, *extra], size):
            kept = batch if self.rows_where is None else batch.filter(holds(batch, *self.rows_where))
            cleaned = [clean(kept.column(name), self.missing) for name in wanted]
            yield pa.RecordBatch.from_arrays(cleaned, schema=schema)

    def frame(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the table as a pandas frame, as scikit-learn expects it.

        Numbers with missing values are float with nan; texts and categories hold nan; a categorical
        keeps its categories.
        """
        wanted = self._wanted(columns)
        batches = list(self.batches(wanted))
        schema = batches[0].schema if batches else pa.schema([self.schema.field(name) for name in wanted])
        return to_pandas(pa.Table.from_batches(batches, schema))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Answer an SQL question about the view ``data``: missing values are NULL.

        Examples
        --------
        >>> data = open_dataset(pd.DataFrame({"sex": ["F", "M", "?"]}), missing=["?"])
        >>> data.query("SELECT count(*), count(sex) FROM data")
        [(3, 2)]
        """
        with connect() as connection:
            try:
                connection.execute(f"CREATE TEMP VIEW data AS {self.select(connection)}")
                return list(connection.execute(sql).fetchall())
            except DUCK_ERRORS as error:
                raise damaged(self.name, error) from error

    def relation(self, connection: Any) -> Any:
        """Return the table as a relation of a DuckDB connection, cleaned and filtered as by ``batches``."""
        return connection.sql(self.select(connection))

    def select(self, connection: Any) -> str:
        """Return the SELECT that cleans and filters the table, after registering what it needs."""
        chosen = ", ".join(clean_sql(item, self.missing) for item in self._stored)
        where = f" WHERE {equals_sql(*self.rows_where)}" if self.rows_where else ""
        return f"SELECT {chosen} FROM {self.source.from_clause(connection)}{where}"  # noqa: S608 - names and values are quoted

    def subset(self, column: str, value: str | float) -> Dataset:
        """Return the rows that hold a value: the train or the test rows of a file that holds both.

        Raises
        ------
        InputError
            The column is not there, or cannot hold such a value.
        """
        self._wanted([column])
        kind = self.schema.field(column).type
        return replace(self, rows_where=(column, as_kind(value, kind, column)))

    def _wanted(self, columns: Sequence[str] | None) -> list[str]:
        wanted = list(self.columns if columns is None else columns)
        missing = unknown_columns(wanted, self.columns, self.name)
        if missing:
            raise InputError(missing)
        return wanted


def open_dataset(
    data: Any, *, name: str | None = None, missing: Sequence[str] = (), encoding: str = "utf-8"
) -> Dataset:
    """Open a table: a path, or a frame of pandas, polars or pyarrow.

    Parameters
    ----------
    data : str, Path or data frame
        Files: CSV (also gzip), Parquet, Feather/Arrow, JSON lines; told by their ending.
    name : str, optional
        What records call a table in memory.
    missing : sequence of str
        Texts that stand for a missing value, such as ``"?"``.
    encoding : str
        Of a CSV file.

    Raises
    ------
    InputError
        The file is missing, empty, damaged, in another encoding, or of an unknown kind.

    Examples
    --------
    >>> open_dataset(pd.DataFrame({"sex": ["F", "M"], "age": [30, 40]}), name="people").columns
    ('sex', 'age')
    """
    if isinstance(data, str | Path):
        path = Path(data)
        source = open_file(path, encoding=encoding, missing=missing)
        return Dataset(source, tuple(missing), file_sha256(path))
    return Dataset(open_frame(data, name or "table"), tuple(missing))


def unknown_columns(wanted: Sequence[str], known: Sequence[str], where: str) -> list[Problem]:
    """List the columns that are not there, each with the closest one that is.

    Examples
    --------
    >>> print(unknown_columns(["sexx"], ["sex", "age"], "loans.csv")[0])
    loans.csv: there is no column 'sexx'; did you mean 'sex'?
    """
    return [
        Problem("unknown_column", where, f"there is no column {name!r}; {did_you_mean(name, known)}")
        for name in wanted
        if name not in known
    ]


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Turn an Arrow table into the pandas frame that scikit-learn expects: a missing value is nan.

    Examples
    --------
    >>> to_pandas(pa.table({"smoker": [True, None]}))["smoker"].tolist()
    [True, nan]
    """
    frame: pd.DataFrame = table.unify_dictionaries().to_pandas(ignore_metadata=True, date_as_object=False)
    for column in [name for name, kind in frame.dtypes.items() if kind == np.dtype(object)]:
        frame[column] = frame[column].where(frame[column].notna(), np.nan)
    return frame
