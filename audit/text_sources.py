"""CSV and JSON lines, read by DuckDB with types that were settled by looking at every row."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import os
import re
import shutil
import tempfile
import weakref
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from ..errors import InputError
from .duck import DUCK_ERRORS, connect, literal, quoted

_DELIMITERS = ",;\t|"
_PIECE = 1 << 20
_LOOKED_AT = 20
TWICE = "each column needs a name of its own (capitals do not count), got twice"
"""How a message about a repeated name begins."""


@dataclass(frozen=True)
class TextSource:
    """A text file and the SQL that reads it."""

    sql: str
    schema: pa.Schema
    name: str
    keep: object = field(default=None, repr=False, compare=False)

    def from_clause(self, connection: Any) -> str:  # noqa: ARG002 - other sources register themselves
        """Return what stands after FROM."""
        return self.sql

    def stream(self, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
        """Read batches of at most ``size`` rows, in the file's order."""
        chosen = ", ".join(quoted(column) for column in columns)
        with connect() as connection:
            try:
                query = f"SELECT {chosen} FROM {self.sql}"  # noqa: S608 - names and values are quoted
                yield from connection.sql(query).to_arrow_reader(size)
            except DUCK_ERRORS as error:
                raise damaged(self.name, error) from error


class _Utf8Copy:
    """A copy of a file in UTF-8, removed when nothing uses it any more."""

    def __init__(self, path: Path, encoding: str) -> None:
        handle, name = tempfile.mkstemp(prefix="evenhand-", suffix=".csv")
        self.path = Path(name)
        self.remove = weakref.finalize(self, self.path.unlink, missing_ok=True)
        with (
            os.fdopen(handle, "w", encoding="utf-8", newline="") as target,
            open_text(path, encoding) as source,
        ):
            try:
                shutil.copyfileobj(source, target, _PIECE)
            except UnicodeError as error:
                raise wrong_encoding(path.name, encoding) from error


def open_csv(path: Path, encoding: str, missing: Sequence[str]) -> TextSource:
    """Settle the delimiter, the names and the types of a CSV file, reading every row once.

    A column is one of whole numbers, numbers, booleans (``true``/``false`` only) or text. Numbers with
    leading zeros or too many digits are identifiers, and stay text; so do dates.

    Raises
    ------
    InputError
        The file is empty, has no header, names a column twice, has rows of different lengths, or is in
        another encoding.
    """
    header, delimiter = _header(path, encoding)
    copy = None if _is_utf8(encoding) else _Utf8Copy(path, encoding)
    names = [name or f"Unnamed: {position}" for position, name in enumerate(header)]
    tokens = ["", *(token for token in missing if token)]
    reader = _Reader(str(copy.path if copy else path), delimiter, tokens)
    try:
        types = _settle(reader, names)
    except DUCK_ERRORS as error:
        raise damaged(path.name, error) from error
    _refuse_headless(header, types, path.name)
    sql = reader.sql(dict(zip(names, types, strict=True)))
    return TextSource(sql, _schema(sql), path.name, copy)


def open_json(path: Path) -> TextSource:
    """Settle the columns and types of a file of JSON objects, one a line; dates stay text.

    Raises
    ------
    InputError
        The file is damaged, or its lines are not flat objects.
    """
    layout = "newline_delimited" if path.suffixes[-1:] != [".json"] else "auto"
    reader = f"read_json({literal(str(path))}, format = '{layout}', records = 'true'"
    try:
        with connect() as connection:
            query = f"DESCRIBE SELECT * FROM {reader}, sample_size = -1)"  # noqa: S608 - names and values are quoted
            described = connection.execute(query).fetchall()
        types = {name: _json_type(path.name, name, kind) for name, kind, *_ in described}
        sql = f"{reader}, columns = {_struct(types)})"
        return TextSource(sql, _schema(sql), path.name)
    except DUCK_ERRORS as error:
        raise damaged(path.name, error) from error


def open_text(path: Path, encoding: str) -> IO[str]:
    """Open a text file, unpacked if it is gzip, in an encoding that must fit."""
    raw = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 - the caller closes it
    name = "utf-8-sig" if _is_utf8(encoding) else encoding
    return io.TextIOWrapper(raw, encoding=name, newline="")


def damaged(name: str, error: Exception) -> InputError:
    """Say what DuckDB found wrong with a file, in a few words and with the next step."""
    text = str(error)
    line = re.search(r"[Ll]ine:? (\d+)", text)
    place = f" in line {line[1]}" if line else ""
    if "unicode" in text.lower() or "utf-8" in text.lower():
        return wrong_encoding(name, "utf-8", place)
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if counts:
        message = (
            f"every row must have as many fields as the header: expected {counts[1]}, got {counts[2]}{place};"
            " mend that line (a text that holds the delimiter stands in double quotes)"
        )
        return InputError.of("ragged", name, message)
    parts = [part.strip() for part in text.splitlines() if part.strip()]
    telling = [part for part in parts if "CSV Error" not in part and "Original Line" not in part]
    first = next(iter(telling), type(error).__name__).rstrip(".")
    return InputError.of("damaged_file", name, f"the file cannot be read{place}: {first}; write it again")


def wrong_encoding(name: str, encoding: str, place: str = "") -> InputError:
    """Say that a file is in another encoding than was said."""
    message = (
        f"the text is not {encoding}{place}; save the file as UTF-8, or name its encoding,"
        ' for example: encoding = "latin-1" (also cp1252, utf-16, gb18030)'
    )
    return InputError.of("encoding", name, message)


@dataclass(frozen=True)
class _Reader:
    """How DuckDB is told to read one CSV file: nothing is left for it to guess."""

    path: str
    delimiter: str
    tokens: Sequence[str]

    def sql(self, types: Mapping[str, str]) -> str:
        nulls = ", ".join(literal(token) for token in self.tokens)
        return (
            f"read_csv({literal(self.path)}, delim = {literal(self.delimiter)}, quote = '\"', escape = '\"',"
            f" header = true, auto_detect = false, strict_mode = true, nullstr = [{nulls}],"
            f" columns = {_struct(types)})"
        )


def _header(path: Path, encoding: str) -> tuple[list[str], str]:
    """Read the names in the first line, and the delimiter that parts them."""
    try:
        with open_text(path, encoding) as file:
            lines = list(itertools.islice(iter(lambda: file.readline(_PIECE), ""), _LOOKED_AT))
    except UnicodeError as error:
        raise wrong_encoding(path.name, encoding) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged(path.name, error) from error
    if not lines or not lines[0].strip():
        message = (
            "the first line must hold the columns' names, but the file is empty or begins with a blank line"
        )
        raise InputError.of("empty_file", path.name, message)
    header, delimiter = _parted(lines)
    twice = [name for name, count in Counter(map(str.lower, filter(None, header))).items() if count > 1]
    if twice:
        message = f"{TWICE}: {', '.join(twice)}; rename"
        raise InputError.of("duplicate_column", path.name, message)
    return header, delimiter


def _parted(lines: Sequence[str]) -> tuple[list[str], str]:
    """Choose the delimiter that parts all lines alike, else the one that makes most of the first."""
    best: tuple[tuple[bool, int], list[str], str] | None = None
    for delimiter in _DELIMITERS:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        alike = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
        if best is None or (alike, len(rows[0])) > best[0]:
            best = (alike, len(rows[0])), rows[0], delimiter
    return ([], ",") if best is None else best[1:]


def _settle(reader: _Reader, names: Sequence[str]) -> list[str]:
    """Look at every value of every column, in one pass, and settle each column's type."""
    # The column is called c{i} here, whatever its name, so that a message never depends on it.
    sql = reader.sql({f"c{position}": "VARCHAR" for position in range(len(names))})
    facts = ", ".join(_type_facts(f"c{position}") for position in range(len(names)))
    with connect() as connection:
        row = connection.execute(f"SELECT {facts} FROM {sql}").fetchone()  # noqa: S608 - names and values are quoted
    return [_type_of(*row[start : start + 4]) for start in range(0, len(row), 4)]


def _type_facts(column: str) -> str:
    digits = f"NOT contains({column}, '.') AND NOT contains(lower({column}), 'e')"
    whole = f"{digits} AND TRY_CAST({column} AS BIGINT) IS NOT NULL"
    number = f"TRY_CAST({column} AS DOUBLE) IS NOT NULL AND NOT contains({column}, '_')"
    padded = f"({column} LIKE '0_%' AND {column} NOT LIKE '0.%' AND lower({column}) NOT LIKE '0e%')"
    long = f"(length({column}) > 15 AND {digits} AND TRY_CAST({column} AS BIGINT) IS NULL)"
    present = f"FILTER (WHERE {column} IS NOT NULL)"
    return (
        f"coalesce(bool_and(lower({column}) IN ('true', 'false')) {present}, false),"
        f" coalesce(bool_and({number}) {present}, false), coalesce(bool_and({whole}) {present}, false),"
        f" coalesce(bool_or({padded} OR {long}), false)"
    )


def _type_of(boolean: bool, number: bool, whole: bool, identifier: bool) -> str:  # noqa: FBT001 - a row of facts
    if boolean:
        return "BOOLEAN"
    if not number or identifier:
        return "VARCHAR"
    return "BIGINT" if whole else "DOUBLE"


def _refuse_headless(header: Sequence[str], types: Sequence[str], name: str) -> None:
    """Refuse a first line that looks like the rest: a number over a number, and no text over a number."""
    over = [
        _is_number(text) for text, kind in zip(header, types, strict=True) if kind in {"BIGINT", "DOUBLE"}
    ]
    numbers = [text for text in header if _is_number(text)]
    if numbers and all(over):
        shown = ", ".join(header[:6])
        message = f"the first line must hold the columns' names, got {shown}; put a line of names on top"
        raise InputError.of("no_header", name, message)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}


def _json_type(where: str, name: str, kind: str) -> str:
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
        message = (
            f"a column holds plain values, but {name} holds lists or objects; make them columns of their own"
        )
        raise InputError.of("nested", where, message)
    return kind if kind in {"BIGINT", "DOUBLE", "BOOLEAN"} else "VARCHAR"


def _struct(types: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items()) + "}"


def _schema(sql: str) -> pa.Schema:
    with connect() as connection:
        return connection.sql(f"SELECT * FROM {sql} LIMIT 0").to_arrow_reader(1).schema  # noqa: S608 - names and values are quoted
