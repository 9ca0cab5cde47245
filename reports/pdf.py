"""The report as a PDF, by WeasyPrint."""

from __future__ import annotations

from typing import Any

from ..audit.record import Record
from ..errors import InputError
from .html import render_report


def render_pdf(record: Record) -> bytes:
    """Print the report.

    Parameters
    ----------
    record : Record

    Returns
    -------
    bytes
        A PDF with page numbers and bookmarks; nothing is fetched while it is made.

    Raises
    ------
    InputError
        WeasyPrint is not installed, or the system lacks a library that it needs.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 - an extra, and slow to load
    except (ImportError, OSError) as error:
        message = f'a PDF needs WeasyPrint: pip install "evenhand[pdf]" (loading it failed: {error})'
        raise InputError.of("no_weasyprint", "format", message) from error
    document = HTML(string=render_report(record), url_fetcher=_refuse)
    # The identifier would be random otherwise.
    printed: bytes = document.write_pdf(pdf_identifier=record.settings_sha256.encode())
    return printed


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a report loads nothing, and this was asked for: {url}")
