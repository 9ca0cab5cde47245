"""From exceptions to messages and exit codes, for every verb alike."""

from __future__ import annotations

import functools
import logging
import traceback
from collections.abc import Callable
from typing import ParamSpec

import typer

from ..errors import EvenhandError
from .terminal import err, log_to_stderr

P = ParamSpec("P")

FAULT = 2
INTERRUPTED = 130


def guarded(verb: Callable[P, int | None]) -> Callable[P, None]:
    """Wrap a verb: what it returns is the exit code; what it raises is a message on stderr and code 2."""

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        verbose = bool(kwargs.get("verbose", False))
        log_to_stderr(logging.DEBUG if verbose else logging.WARNING, quiet=bool(kwargs.get("quiet", False)))
        raise typer.Exit(_code(verb, args, kwargs, verbose=verbose))

    return run


def _code(
    verb: Callable[..., int | None], args: tuple[object, ...], kwargs: dict[str, object], *, verbose: bool
) -> int:
    try:
        return verb(*args, **kwargs) or 0
    except EvenhandError as error:
        err(f"error: {error}")
    except KeyboardInterrupt:
        err("interrupted; nothing was left half-written")
        return INTERRUPTED
    except MemoryError:
        err("error: this machine has too little memory for that")
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if verbose:
            err(traceback.format_exc())
        err(f"error: Evenhand failed: {type(error).__name__}: {error}")
        if not verbose:
            err("This is a fault of the program; --verbose shows where.")
    return FAULT
