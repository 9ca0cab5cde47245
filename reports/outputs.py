"""What an audit may be written as: a table of formats, each a function from a record to files."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..audit.public import public_record
from ..audit.record import Record
from .datasheet import datasheet_of
from .flat_tables import csv_text, flat_tables, parquet_bytes
from .html import render_report
from .junit import render_junit
from .local_law_144 import FILE, render_local_law
from .markdown import render_summary
from .pdf import render_pdf
from .sarif import render_sarif

Files = dict[str, str | bytes]


def _html(record: Record) -> Files:
    pages: Files = {"report.html": render_report(record)}
    if record.datasheet is not None:
        pages["datasheet.html"] = datasheet_of(record)
    if any(item.local_law is not None for item in record.profiles):
        pages[FILE] = render_local_law(record)
    return pages


def _json(record: Record) -> Files:
    return {"record.json": record.to_json(), "record-public.json": public_record(record).to_json()}


def _csv(record: Record) -> Files:
    return {f"{name}.csv": csv_text(rows) for name, rows in flat_tables(record).items() if rows}


def _parquet(record: Record) -> Files:
    return {f"{name}.parquet": parquet_bytes(rows) for name, rows in flat_tables(record).items() if rows}


WRITERS: Mapping[str, Callable[[Record], Files]] = {
    "html": _html,
    "json": _json,
    "md": lambda record: {"summary.md": render_summary(record)},
    "csv": _csv,
    "parquet": _parquet,
    "junit": lambda record: {"junit.xml": render_junit(record)},
    "sarif": lambda record: {"results.sarif": render_sarif(record)},
    "pdf": lambda record: {"report.pdf": render_pdf(record)},
}
"""Every format, in the order of writing; the settings know the same names."""


def render_files(record: Record, formats: tuple[str, ...]) -> Files:
    """Render every file of the formats asked for, before any is written.

    Parameters
    ----------
    record : Record
    formats : tuple of str
        Names in ``WRITERS``.

    Returns
    -------
    dict of str to str or bytes
        Content by file name.
    """
    files: Files = {}
    for name, write in WRITERS.items():
        if name in formats:
            files |= write(record)
    return files
