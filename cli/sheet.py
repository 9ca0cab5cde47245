"""The sheet that a verb draws on: as wide as the terminal, coloured only there, names from data harmless."""

from __future__ import annotations

import io
import shutil
import sys

from rich.console import Console, ConsoleRenderable, RenderHook
from rich.segment import Segment, Segments

from .terminal import printable, watched

PIPE_WIDTH, NARROWEST = 110, 60


class Sheet(Console):
    """A console that draws into a text, and takes no word of data as markup or as an order to the terminal.

    Parameters
    ----------
    width : int, optional
        Columns; by default the terminal's, or 110 in a pipe. Colours come only on a terminal and only without
        ``NO_COLOR``.
    """

    def __init__(self, width: int | None = None) -> None:
        terminal = watched(sys.stdout)
        columns = width or (shutil.get_terminal_size().columns if terminal else PIPE_WIDTH)
        self.drawn = io.StringIO()
        super().__init__(
            file=self.drawn,
            width=max(columns, NARROWEST),
            force_terminal=terminal,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self.push_render_hook(_Harmless(self))

    def text(self) -> str:
        """Return what was drawn, without spaces at the ends of lines and empty lines around it."""
        return "\n".join(line.rstrip() for line in self.drawn.getvalue().splitlines()).strip("\n")


class _Harmless(RenderHook):
    """Makes every piece of text printable before colours are added."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Render each, and clean what came out."""
        return [
            Segments(
                [
                    Segment(printable(piece.text), piece.style, piece.control)
                    for piece in self.console.render(one)
                ]
            )
            for one in renderables
        ]
