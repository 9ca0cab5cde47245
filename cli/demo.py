"""``evenhand demo``: everything at once, on the embedded UCI Adult data."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from . import flags
from .terminal import out, progress


def demo(
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path(
        "evenhand-demo"
    ),
    seed: Annotated[int, typer.Option(help="Seed of every random draw.")] = 0,
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> None:
    """Audit the embedded UCI Adult data, as an example of everything."""
    from ..api import audit_file  # noqa: PLC0415 - the libraries load only now
    from ..demo import WRITTEN, make_demo  # noqa: PLC0415
    from .summary import summary  # noqa: PLC0415

    with progress(quiet=quiet) as report_progress:
        settings_file = make_demo(out_folder, seed=seed, progress=report_progress)
        result = audit_file(settings_file, progress=report_progress)
        files = result.write()
    if quiet:
        return
    out(summary(result.record), ready=True)
    written = [*files, *(out_folder / name for name in WRITTEN)]
    out("\n".join(["", "Written:", *(f"  {path}" for path in written)]))
    out(f"\nThe same again:  evenhand audit {shlex.quote(str(settings_file))}")
    out(
        f"As a release gate that command ends with exit code {result.exit_code}; the demo itself ends with 0."
    )
