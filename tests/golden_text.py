"""The report's plain parts as short text, to be read and compared; remade by ``python -m``.

``python -m evenhand.tests.golden_text`` writes the files in ``tests/golden`` again: look at what changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from evenhand.audit.record import Record
from evenhand.reports.view import build_page
from evenhand.reports.view_parts import Cell, Page, Section, Table
from evenhand.tests.sample_record import SMALL, many_groups, sample_record

FOLDER = Path(__file__).with_name("golden")
RECORDS = {
    "adult": sample_record,
    "small-groups": lambda: sample_record(SMALL),
    "many-groups": lambda: many_groups(40),
}
"""What is written down, each made when it is asked for."""
ROWS = 6
"""So many rows of a table stand in the text."""


def golden(record: Record) -> str:
    """Write a page's parts as text."""
    lines = [re.sub("[\u2066-\u2069]", "", line).rstrip() for line in _page(build_page(record))]
    return "\n".join(lines) + "\n"


def _page(page: Page) -> Iterator[str]:
    yield f"# {page.title}"
    yield page.subject
    yield f"{page.mark.symbol + ' ' + page.mark.word + ': ' if page.mark else ''}{page.headline}"
    for line in page.lines:
        yield f"- {line.mark.symbol} {line.claim} | {line.found} {line.words}"
    yield from (f"- decide: {line}" for line in page.decide)
    yield from (f"- {fact.label}: {fact.text}" for fact in page.facts)
    first = (page.picture, page.unknown, page.matrix, *page.groupings, *page.further)
    for section in (*first, page.explanations, *page.reasons, page.mitigation, page.methods):
        yield from _section(section, "##")
    yield "## glossary"
    yield ", ".join(term.name for term in page.glossary)


def _section(section: Section, level: str) -> Iterator[str]:
    yield f"{level} {section.heading} [{section.id}]"
    yield from (f"chart: {chart.title} [{chart.id}]" for chart in section.charts)
    for table in section.tables:
        yield from _table(table)
    yield from (f"- {note}" for note in section.notes)
    for part in section.sections:
        yield from _section(part, f"{level}#")
    for fold in section.folds:
        inside = [
            *(f"chart {chart.id}" for chart in fold.charts),
            *(f"table {one.id}" for one in fold.tables),
        ]
        yield f"fold: {fold.label} ({', '.join(inside)})"


def _table(table: Table) -> Iterator[str]:
    more = len(table.more) + max(0, len(table.rows) - ROWS)
    yield f"table: {table.caption} [{table.id}]{f', {more} more rows' if more else ''}"
    yield " | ".join([table.corner, *(column.text for column in table.columns)])
    for row in table.rows[:ROWS]:
        yield " | ".join(map(_cell, (row.head, *row.cells)))


def _cell(cell: Cell) -> str:
    marks = "".join(f" {mark.symbol}{mark.word}" for mark in cell.marks)
    return f"{cell.text}{f' ({cell.sub})' if cell.sub else ''}{marks}".strip()


if __name__ == "__main__":
    for name, make in RECORDS.items():
        (FOLDER / f"{name}.txt").write_text(golden(make()), encoding="utf-8")
