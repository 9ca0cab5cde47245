"""``summary.md``: the verdict and the widest gaps, for a pull request or a job summary."""

from __future__ import annotations

import re

from ..audit.record import Record
from .language import language_of, written_in
from .view import build_page
from .view_parts import Cell, Mark, Page, Table
from .wording import passage, say

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&$-])")


def render_summary(record: Record, language: str | None = None) -> str:
    """Write the summary of an audit as Markdown.

    Parameters
    ----------
    record : Record
    language : {"en", "de", "zh"}, optional
        By default the language that the audit's settings name.

    Returns
    -------
    str
        Headline, limits, the widest gaps and what is not known. Text from data is escaped.
    """
    with written_in(language_of(record.settings, language)):
        return _summary(build_page(record))


def _summary(page: Page) -> str:
    blocks = [
        f"# {escaped(page.title)}",
        _headline(page),
        *_limits(page),
        *(block for table in page.matrix.tables for block in _table(table)),
        f"## {escaped(page.unknown.heading)}",
        "\n".join(f"- {escaped(note)}" for note in page.unknown.notes),
        "\n".join(f"<sub>{escaped(line)}</sub><br>" for line in page.footer),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def escaped(text: str) -> str:
    r"""Escape a text so that Markdown shows it as it is, and mentions nobody.

    Examples
    --------
    >>> escaped("<b>a|b</b> @team\n# x")
    '\\<b\\>a\\|b\\</b\\> \\@team \\# x'
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _headline(page: Page) -> str:
    marked = f"{_mark(page.mark)} " if page.mark else ""
    return f"**{marked}{escaped(page.headline)}** {escaped(passage(filter(None, (page.summary, page.rule))))}"


def _limits(page: Page) -> list[str]:
    if not page.lines:
        return []
    rows = [
        f"| {_mark(line.mark)} | {escaped(line.claim)} | {escaped(passage((line.found, line.words)))} |"
        for line in page.lines
    ]
    head = f"| {say('column.verdict')} | {say('column.limit')} | {say('column.found')} |"
    return [f"## {escaped(say('verdict.heading'))}", "\n".join([head, "|---|---|---|", *rows])]


def _table(table: Table) -> list[str]:
    heads = [table.corner, *(column.text for column in table.columns)]
    lines = [
        "| " + " | ".join(map(escaped, heads)) + " |",
        "|---|" + "---:|" * len(table.columns),
        *("| " + " | ".join([escaped(row.head.text), *map(_cell, row.cells)]) + " |" for row in table.rows),
    ]
    return [f"## {escaped(table.caption)}", "\n".join(lines)]


def _cell(cell: Cell) -> str:
    parts = [escaped(cell.text)]
    if cell.sub:
        parts.append(f"<sub>{escaped(cell.sub)}</sub>")
    return "<br>".join([" ".join(parts).strip(), *map(_mark, cell.marks)]).removeprefix("<br>")


def _mark(mark: Mark) -> str:
    return f"{mark.symbol} {escaped(mark.word)}"
