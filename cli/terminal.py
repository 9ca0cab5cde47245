"""Printing: data on stdout, reasons on stderr, progress only where a person watches."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from typing import TextIO

from ..errors import EvenhandWarning, OutputError

Progress = Callable[[str, int, int], None]


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e")


def printable(text: str) -> str:
    r"""Replace what would give the terminal orders, or turn the order of letters, by a mark.

    Names of files, columns and groups come from outside; printed as they are, they could colour, hide or
    rewrite the lines around them.

    Examples
    --------
    >>> printable("a\x1b[8mb\u202ec\n")
    'a�[8mb�c\n'
    """
    return "".join("\ufffd" if _harmful(letter) else letter for letter in text)


def _harmful(letter: str) -> bool:
    return letter in _TURNING or (letter not in "\n\t" and unicodedata.category(letter) in {"Cc", "Cs"})


def out(text: str, *, ready: bool = False) -> None:
    """Print to stdout; what is ready (drawn on a sheet, or JSON for programs) is printed as it is."""
    _write(sys.stdout, text if ready else printable(text))


def err(text: str) -> None:
    """Print to stderr."""
    _write(sys.stderr, printable(text))


def watched(stream: TextIO | None) -> bool:
    """Tell whether a person watches a stream; one that was closed before the start is None."""
    return stream is not None and stream.isatty()


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return
    try:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and (stream.encoding or "").lower() not in ("utf-8", "utf8"):
            reconfigure(encoding="utf-8", errors="replace")
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        # The reader has gone (`evenhand audit ... | head`): that is its right, and changes no verdict.
        _discard(stream)
    except OSError as error:
        _discard(stream)
        reason = error.strerror or type(error).__name__
        message = f"what is printed must go somewhere, but the system says: {reason}"
        raise OutputError.of("output_refused", stream.name, message) from error


def _discard(stream: TextIO) -> None:
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
    if quiet or not watched(sys.stderr):
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
