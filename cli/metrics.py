"""``evenhand metrics``: what each metric is, in plain words."""

from __future__ import annotations

from typing import Annotated

import typer

from . import flags
from .terminal import out


def metrics(
    name: Annotated[
        str | None, typer.Argument(help="A metric to explain; without it all are listed.")
    ] = None,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> None:
    """List the metrics, or explain one."""
    from ..metrics.catalogue_page import explanation, listing  # noqa: PLC0415 - numpy loads only now

    out(listing() if name is None else explanation(name))
