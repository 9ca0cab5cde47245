"""Printing: data on stdout, reasons on stderr, progress only where a person watches."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import TextIO

from ..errors import EvenhandWarning

Progress = Callable[[str, int, int], None]


def out(text: str) -> None:
    """Print to stdout."""
    _write(sys.stdout, text)


def err(text: str) -> None:
    """Print to stderr."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    try:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and (stream.encoding or "").lower() not in ("utf-8", "utf8"):
            reconfigure(encoding="utf-8", errors="replace")
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        # The reader has gone (`evenhand audit ... | head`): that is its right, and changes no verdict.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        err(f"{record.levelname.lower()}: {record.getMessage()}")


def log_to_stderr(level: int, *, quiet: bool) -> None:
    """Show the package's log and its warnings on stderr; with ``quiet`` only errors."""
    logger = logging.getLogger("evenhand")
    logger.handlers = [_Handler()]
    logger.setLevel(logging.ERROR if quiet else level)

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        if issubclass(category, EvenhandWarning) and not quiet:
            err(f"warning: {message}")
        else:
            logger.debug("%s: %s", category.__name__, message)

    warnings.showwarning = show


@contextlib.contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """Give a function ``(stage, done, total)`` that draws a bar on a terminal and nothing in a pipe."""
    if quiet or not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where a bar is drawn
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, object] = {}

        def update(stage: str, done: int, total: int) -> None:
            task = tasks.get(stage)
            if task is None:
                task = tasks[stage] = bars.add_task(stage, total=total)
            bars.update(task, completed=done, total=total)  # type: ignore[arg-type]

        yield update
