"""A datasheet or a model card as Markdown."""

from __future__ import annotations

from .datasheet_parts import Block, Cell, Para, Table
from .markdown import escaped
from .sheet import Page, PromptView
from .wording import say, say_many


def render_markdown(page: Page) -> str:
    """Write a datasheet or a model card as Markdown.

    Parameters
    ----------
    page : Page

    Returns
    -------
    str
        Every prompt with its state; what is unanswered says so, and is listed at the top. Text from data and
        people is escaped.
    """
    head = [
        f"# {escaped(say(f'{page.kind}.page_title', title=page.title))}",
        f"**{escaped(say('sheet.sentence', text=page.headline))}**",
        "\n".join(f"- {escaped(fact.name)}: {escaped(fact.value)}" for fact in page.facts),
    ]
    return "\n\n".join([*head, *unanswered(page), body(page, 2)]) + "\n"


def body(page: Page, depth: int) -> str:
    """Write the sections and the foot, with headings from a depth on."""
    lines: list[str] = []
    for section in page.sections:
        title = f"{section.title} ({say('sheet.answered', tally=section.tally)})"
        lines.append(f"{'#' * depth} {escaped(title)}")
        for prompt in section.prompts:
            lines += _prompt(prompt, depth + 1)
    return "\n\n".join([*lines, "---", *(f"<sub>{escaped(line)}</sub>" for line in page.footer)])


def unanswered(page: Page) -> list[str]:
    """Count and name the prompts without an answer."""
    ids = page.unanswered
    return [escaped(say_many("sheet.unanswered", len(ids), ids=", ".join(ids)))] if ids else []


def _prompt(prompt: PromptView, depth: int) -> list[str]:
    lines = [
        f"{'#' * depth} {prompt.id}. {escaped(prompt.question)}",
        f"*{escaped(prompt.status)}*",
        *(_block(block) for block in prompt.blocks),
        *(f"> {escaped(paragraph)}" for paragraph in prompt.paragraphs),
    ]
    if prompt.signed:
        lines.append(f"<sub>{escaped(prompt.signed)}</sub>")
    if prompt.remains:
        lines.append(f"*{escaped(say('sheet.remains', what=prompt.remains))}*")
    return [*lines, escaped(prompt.hint)] if prompt.hint else lines


def _block(block: Block) -> str:
    return escaped(block.text) if isinstance(block, Para) else _table(block)


def _table(table: Table) -> str:
    rule = "|" + "|".join("---:" if cell.number else "---" for cell in table.head) + "|"
    rows = [_row(row) for row in table.rows]
    return "\n".join([f"**{escaped(table.caption)}**", "", _row(table.head), rule, *rows])


def _row(cells: tuple[Cell, ...]) -> str:
    return "| " + " | ".join(escaped(cell.text) for cell in cells) + " |"
