"""Explained decisions in the terminal: the sections of their page as text."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from ..audit.record_decision import DecisionRecord
from ..reports.view_decision import decision_page
from ..reports.view_parts import Section, Table
from .sheet import Sheet


def explanation_text(record: DecisionRecord, width: int | None = None) -> str:
    """Write explained decisions, coloured only on a terminal and only without ``NO_COLOR``.

    Parameters
    ----------
    record : DecisionRecord
    width : int, optional
        Columns; by default the terminal's, or 110 in a pipe.
    """
    console = Sheet(width)
    page = decision_page(record)
    console.print(Text(page.title, style="bold"))
    for section in (*page.sections, page.rest):
        _show(console, section, 0)
    console.print(Text(f"\n{page.footer}", style="dim"))
    return console.text()


def _show(console: Console, section: Section, depth: int) -> None:
    console.print()
    console.print(Text(section.heading, style="bold" if depth == 0 else "bold dim"))
    if section.intro:
        console.print(Text(section.intro, style="" if depth == 0 else "dim"))
    for table in section.tables:
        console.print(_table(table))
    for note in section.notes:
        grid = Grid.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=1)
        grid.add_column()
        grid.add_row(Text("-"), Text(note))
        console.print(grid)
    for part in section.sections:
        _show(console, part, depth + 1)


def _table(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    grid.add_column(Text(table.corner), overflow="fold")
    for column in table.columns:
        grid.add_column(Text(column.text), justify="right" if column.number else "left", overflow="fold")
    for row in (*table.rows, *table.more):
        grid.add_row(Text(row.head.text), *(Text(cell.text) for cell in row.cells))
    return grid
