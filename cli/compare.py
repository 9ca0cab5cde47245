"""``evenhand compare``: audits side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import flags
from .terminal import out

BROKEN = 1


def compare(
    records: Annotated[
        list[Path], typer.Argument(help="Records of audits, the oldest first; public ones will do.")
    ],
    out_file: flags.OutFile = None,
    no_worse: Annotated[
        bool, typer.Option("--no-worse", help="End with exit code 1 if a figure got worse beyond noise.")
    ] = False,
    language: flags.CompareLanguage = None,
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> int:
    """Hold audits against the first: what got better, what got worse, what is within noise."""
    from ..documents import compare_audits  # noqa: PLC0415 - the libraries load only now
    from .summary_compare import summary  # noqa: PLC0415

    found = compare_audits(records, out_file, language)
    if not quiet:
        out(summary(found), ready=True)
        if out_file is not None:
            out(f"\nWritten:\n  {out_file}")
    return BROKEN if no_worse and found.count("worse") else 0
