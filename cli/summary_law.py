"""Local Law 144 in the terminal: a table an axis."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from ..audit.record_profiles import LawFacts
from ..reports.view_parts import Section
from ..reports.view_profile_law import law_notes, law_sections
from .sheet import Sheet


def law_summary(law: LawFacts) -> str:
    """Write every axis with its categories, and what is withheld."""
    console = Sheet()
    for section in law_sections(law, "law", publish=law.publish_all):
        console.print(Text(section.heading))
        console.print(_table(section))
        for note in section.notes:
            console.print(Text(note))
        console.print()
    for note in law_notes(law):
        console.print(Text(note))
    return console.text()


def _table(section: Section) -> Table:
    [shown] = section.tables
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(shown.corner, overflow="fold")
    for column in shown.columns:
        table.add_column(column.text, justify="right")
    for row in shown.rows:
        marks = "".join(f" ({mark.word})" for mark in row.head.marks)
        cells = [f"{cell.text} ({cell.sub})" if cell.sub else cell.text for cell in row.cells]
        table.add_row(Text(row.head.text + marks), *map(Text, cells))
    return table
