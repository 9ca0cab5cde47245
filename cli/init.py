"""``evenhand init``: a commented settings file with guessed roles."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from . import flags
from .terminal import out


def init(
    data: Annotated[Path, typer.Argument(help="The table: CSV, Parquet, Feather/Arrow, JSON lines.")],
    out_file: Annotated[Path, typer.Option("--out", help="The settings file to write.")] = Path(
        "evenhand.toml"
    ),
    encoding: Annotated[str, typer.Option(help="Text encoding of a CSV.")] = "utf-8",
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> None:
    """Write a commented settings file for a table, with guessed roles to correct."""
    from ..api import write_settings  # noqa: PLC0415 - the libraries load only now

    write_settings(data, out_file, encoding=encoding)
    if not quiet:
        out(
            f"Written: {out_file}\nThe roles in it are guesses: read and correct them, then run\n"
            f"  evenhand audit {shlex.quote(str(out_file))}"
        )
