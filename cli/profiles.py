"""``evenhand profiles``: the rule packs, their status and date."""

from __future__ import annotations

from typing import Annotated

import typer

from . import flags
from .terminal import out


def profiles(
    name: Annotated[
        str | None, typer.Argument(help="A rule pack to explain; without it all are listed.")
    ] = None,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> None:
    """List the rule packs, or explain one."""
    from ..reports.profile_pages import explanation, listing  # noqa: PLC0415 - the libraries load only now

    out(listing() if name is None else explanation(name))
