"""``evenhand report``: the pages of a record again, without the data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import flags
from .terminal import out


def report(
    record: Annotated[Path, typer.Argument(help="A record.json that an audit wrote.")],
    out_folder: flags.ModelCardOutFolder = Path("report"),
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="html (default), json, md, csv, parquet, junit, sarif, pdf; repeat."),
    ] = None,
    language: flags.ModelCardLanguage = None,
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> int:
    """Render the pages of an audit record again."""
    from ..api import Result  # noqa: PLC0415 - the libraries load only now

    result = Result.read(record)
    files = result.write(out_folder, formats=formats or ("html",), language=language)
    if not quiet:
        out("\n".join(["Written:", *(f"  {path}" for path in files)]))
    return result.exit_code
