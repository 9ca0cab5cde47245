"""A comparison of audits in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from ..audit.compare import Comparison
from ..reports.view_compare import build_comparison
from ..reports.view_parts import Cell, Table
from .sheet import Sheet
from .summary import plain_table

_STYLES = {"pass": "green", "fail": "red", "inconclusive": "yellow"}


def summary(found: Comparison, width: int | None = None) -> str:
    """Write a comparison as text, coloured only on a terminal and only without ``NO_COLOR``."""
    console = Sheet(width)
    page = build_comparison(found)
    console.print(Text(page.headline, style="bold"))
    console.print(Text(page.summary, style="dim"))
    for section in page.sections:
        for table in section.tables:
            console.print()
            console.print(Text(table.caption, style="bold"))
            _show(console, table)
    return console.text()


def _show(console: Console, table: Table) -> None:
    drawn = plain_table(table.corner, [column.text for column in table.columns])
    for row in table.rows:
        drawn.add_row(Text(row.head.text), *map(_cell, row.cells))
    console.print(drawn)


def _cell(cell: Cell) -> Text:
    text = Text(cell.text)
    for mark in cell.marks:
        text.append(f"{mark.symbol} {mark.word}", style=_STYLES.get(mark.tone, "dim"))
    return text
