"""DuckDB, set up so that it never reaches out: no extension is fetched, and order is kept."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import duckdb

DUCK_ERRORS = (duckdb.Error,)

MEMORY, MEMORY_OF_COLUMN = 512, 8
"""Most MB that DuckDB holds: so many, or so many for each column where that is more."""

_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "true",
    "threads": "2",
}


def connect(columns: int = 0) -> Any:
    """Open a DuckDB in memory that downloads nothing.

    It holds 512 MB at most, or 8 MB for each of so many columns, whatever the number of rows.
    What does not fit into memory lies in the system's temporary folder until the connection closes, and
    never in the folder that the program was started in.

    Examples
    --------
    >>> with connect() as connection:
    ...     connection.execute("SELECT current_setting('autoinstall_known_extensions')").fetchone()
    (False,)
    """
    spilled = str(Path(tempfile.gettempdir()) / f"evenhand-{os.getpid()}")
    memory = f"{max(MEMORY, MEMORY_OF_COLUMN * columns)}MB"
    return duckdb.connect(":memory:", config={**_CONFIG, "temp_directory": spilled, "memory_limit": memory})


def quoted(name: str) -> str:
    """Quote a column's name for SQL.

    Examples
    --------
    >>> print(quoted('say "hi" there'))
    "say ""hi"" there"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | float) -> str:
    """Write a value as an SQL literal.

    Examples
    --------
    >>> literal("it's"), literal(0.5), literal(True)
    ("'it''s'", '0.5', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)
