"""What a documented table may be written as: a table of formats, each a function to files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..audit.document import Documented
from .croissant import render_croissant
from .datasheet import draw
from .datasheet_markdown import render_markdown
from .datasheet_view import build_view, credited
from .huggingface import render_dataset_card
from .sheet import Page


@dataclass(frozen=True)
class Sheet:
    """A documented table and the view that every format draws."""

    source: Documented

    @cached_property
    def page(self) -> Page:
        """The datasheet's view."""
        source = self.source
        return build_view(
            source.facts, source.answers, title=source.title, credit=source.credit, created=source.created
        )

    def unanswered(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        """Name those of some prompts that have no answer, or one in part with the rest open.

        A prompt that does not apply, because the data are not about people, needs none.
        """
        states = {prompt.id: prompt.state for prompt in self.page.prompts}
        return tuple(name for name in ids if states[name] in {"open", "part"})


def _card(sheet: Sheet) -> str:
    source = sheet.source
    return render_dataset_card(sheet.page, credited(source.facts, source.credit), source.answers.about)


def _croissant(sheet: Sheet) -> str:
    source = sheet.source
    return render_croissant(sheet.page, credited(source.facts, source.credit), source.answers.about)


DATASHEET_WRITERS: Mapping[str, tuple[str, Callable[[Sheet], str]]] = {
    "html": ("datasheet.html", lambda sheet: draw(sheet.page)),
    "md": ("datasheet.md", lambda sheet: render_markdown(sheet.page)),
    "hf": ("dataset-card.md", _card),
    "croissant": ("croissant.json", _croissant),
}
"""Every format: the file, and what makes its content."""
