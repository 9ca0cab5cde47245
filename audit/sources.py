"""Where tables come from: a file of a known kind, or a frame in memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from ..errors import InputError, Problem
from .arrow_files import ipc_batches, parquet_batches
from .duck import literal
from .text_sources import TWICE, open_csv, open_json

KINDS = {
    "csv": (".csv", ".tsv", ".txt"),
    "json": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet", ".pq"),
    "arrow": (".feather", ".arrow", ".arrows", ".ipc"),
}
"""The kinds of file, and the endings that tell them; text files may end in ``.gz`` besides."""

_PACKED = ".gz"

_ARROW_FILE = b"ARROW1"


class Source(Protocol):
    """A table that can be streamed, and that DuckDB can read."""

    @property
    def name(self) -> str:
        """What messages and records call it."""

    @property
    def schema(self) -> pa.Schema:
        """Its columns as they are stored."""

    def from_clause(self, connection: Any) -> str:
        """Return what stands after FROM, after registering what it needs."""

    def stream(self, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
        """Read batches of at most ``size`` rows, in order."""


@dataclass(frozen=True)
class ArrowSource:
    """A file that Arrow reads by itself, or a table in memory."""

    data: ds.Dataset
    name: str
    kind: Literal["memory", "parquet", "arrow"] = "memory"
    path: str = ""

    @property
    def schema(self) -> pa.Schema:
        """Its columns as they are stored."""
        return self.data.schema

    def from_clause(self, connection: Any) -> str:
        """Return what stands after FROM; DuckDB reads Parquet itself, which is quicker."""
        if self.kind == "parquet":
            return f"read_parquet({literal(self.path)})"
        connection.register("evenhand_source", self.data)
        return "evenhand_source"

    def stream(self, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
        """Read batches of at most ``size`` rows, in order."""
        try:
            if self.kind == "parquet":
                yield from parquet_batches(self.path, columns, size)
            elif self.kind == "arrow":
                yield from ipc_batches(self.path, columns, size)
            else:
                yield from self.data.scanner(columns=list(columns), batch_size=size).to_batches()
        except (pa.ArrowException, OSError) as error:
            raise _damaged(self.name, error) from error


def open_file(path: Path, *, encoding: str = "utf-8", missing: Sequence[str] = ()) -> Source:
    """Open a file for reading; its ending tells its kind.

    Raises
    ------
    InputError
        The file is missing, of an unknown kind, empty or damaged.
    """
    kind = _kind(path)
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        code = "missing_file" if isinstance(error, FileNotFoundError) else "unreadable_file"
        raise InputError.of(
            code, str(path), f"a file that can be read is needed: {reason}; correct the path"
        ) from error
    if empty:
        raise InputError.of(
            "empty_file", str(path), "a table is needed, but the file is empty; write it again"
        )
    if kind == "csv":
        return open_csv(path, encoding, missing)
    if kind == "json":
        return open_json(path)
    return _open_arrow(path, kind)


def open_frame(frame: Any, name: str) -> Source:
    """Take a frame in memory: pandas, polars, pyarrow, or any that narwhals knows.

    Raises
    ------
    InputError
        It is no frame, names a column twice, or a column mixes types.
    """
    table = _from_pandas(frame, name) if isinstance(frame, pd.DataFrame) else _from_other(frame, name)
    return _flat(ArrowSource(ds.dataset(table), name))


def _kind(path: Path) -> str:
    endings = [ending.lower() for ending in path.suffixes]
    packed = endings[-1:] == [_PACKED]
    ending = next(iter(endings[-2:-1] if packed else endings[-1:]), "")
    for kind, known in KINDS.items():
        if ending in known and not (packed and kind in {"parquet", "arrow"}):
            return kind
    listed = ", ".join(ending for known in KINDS.values() for ending in known)
    message = (
        f"a table's kind is told by its ending, one of {listed}, got {path.name!r}; rename or convert it"
    )
    raise InputError.of("unknown_kind", str(path), message)


def _open_arrow(path: Path, kind: str) -> Source:
    try:
        if kind == "parquet":
            # The footer is read first, so that a truncated file is named as such.
            pq.read_metadata(path)
        if kind == "arrow" and _is_stream(path):
            # Streams have no footer to find batches by, so the whole table is read at once.
            with pa.memory_map(str(path)) as mapped:
                return _flat(ArrowSource(ds.dataset(pa.ipc.open_stream(mapped).read_all()), path.name))
        data = ds.dataset(path, format="parquet" if kind == "parquet" else "ipc")
    except (pa.ArrowException, OSError) as error:
        raise _damaged(str(path), error) from error
    return _flat(ArrowSource(data, path.name, "parquet" if kind == "parquet" else "arrow", str(path)))


def _is_stream(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(6) != _ARROW_FILE


def _damaged(where: str, error: Exception) -> InputError:
    first = (str(error).splitlines() or [type(error).__name__])[0]
    message = f"the file is truncated or damaged: {first[:200]}; copy or write it again"
    return InputError.of("damaged_file", where, message)


def _flat(source: ArrowSource) -> ArrowSource:
    """Refuse columns that repeat a name, or hold lists or objects."""
    counts = Counter(name.lower() for name in source.schema.names)
    twice = [name for name, count in counts.items() if count > 1]
    problems = [
        Problem(
            "nested",
            source.name,
            f"a column holds plain values, but {field.name} holds {field.type}; flatten it",
        )
        for field in source.schema
        if pa.types.is_nested(field.type)
    ]
    if twice:
        message = f"{TWICE}: {', '.join(twice)}; rename"
        problems.append(Problem("duplicate_column", source.name, message))
    if problems:
        raise InputError(problems)
    return source


def _from_pandas(frame: pd.DataFrame, name: str) -> pa.Table:
    arrays, problems = [], []
    for position, column in enumerate(frame.columns):
        try:
            arrays.append(pa.array(frame.iloc[:, position], from_pandas=True))
        except (pa.ArrowException, OverflowError, UnicodeError) as error:
            problems.append(Problem("mixed_types", name, _unknown(str(column), error)))
    if problems:
        raise InputError(problems)
    chunked = [array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]) for array in arrays]
    return pa.table(chunked, names=[str(column) for column in frame.columns])


def _unknown(column: str, error: Exception) -> str:
    """Say of a column what Arrow makes nothing of; where an object lies in memory is left out."""
    first = re.sub(r" at 0x[0-9a-f]+", "", str(error).splitlines()[0])
    rule = "a column holds numbers, texts, truth values or dates, of one type"
    return f"{rule}, but {column} does not ({first}); convert it"


def _from_other(frame: Any, name: str) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    wrapped = nw.from_native(frame, pass_through=True)
    if isinstance(wrapped, nw.LazyFrame):
        wrapped = wrapped.collect(backend="pyarrow")
    if not isinstance(wrapped, nw.DataFrame):
        message = (
            f"a table is a path or a data frame (pandas, polars, pyarrow), got {type(frame).__name__};"
            " make a frame of it, as pandas.DataFrame(...) does"
        )
        raise InputError.of("not_a_table", name, message)
    return wrapped.to_arrow()
