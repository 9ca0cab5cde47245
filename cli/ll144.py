"""``evenhand ll144``: the summary of Local Law 144 from published counts alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import flags
from .terminal import out


def ll144(
    counts: Annotated[
        Path,
        typer.Argument(help="CSV: sex and race (or one, or category), n, and selected or above_median."),
    ],
    out_file: flags.OutFile = None,
    sex: Annotated[str | None, typer.Option(help="Column of the sex (else sex or gender).")] = None,
    race: Annotated[
        str | None, typer.Option(help="Column of race/ethnicity (else race or ethnicity).")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Category below 2% to leave out of the ratios; repeat for several."),
    ] = None,
    exclude_small: Annotated[
        bool | None, typer.Option("--exclude-small", help="Leave out every category below 2%.")
    ] = None,
    exclude_because: Annotated[str | None, typer.Option(help="Why they are left out.")] = None,
    unknown: Annotated[
        str | None, typer.Option(help="per_axis (default) or joint: where unknown people are left out.")
    ] = None,
    publish_all: Annotated[
        bool | None, typer.Option("--publish-all", help="Show the smallest categories too, as the rules ask.")
    ] = None,
    whole_percent: Annotated[
        bool | None, typer.Option("--whole-percent", help="Show rates without decimals.")
    ] = None,
    privacy_minimum: Annotated[
        int | None, typer.Option(help="Figures of smaller categories are withheld (default 10).")
    ] = None,
    tool: Annotated[str | None, typer.Option(help="Name of the tool.")] = None,
    auditor: Annotated[str | None, typer.Option(help="Name of the auditor.")] = None,
    audit_date: Annotated[str | None, typer.Option(help="Day of the audit (default today).")] = None,
    distribution_date: Annotated[str | None, typer.Option(help="Day of the tool's distribution.")] = None,
    data_source: Annotated[str | None, typer.Option(help="Where the data come from.")] = None,
    data_explanation: Annotated[str | None, typer.Option(help="What the data are.")] = None,
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> None:
    """Make the summary of Local Law 144 from counts."""
    from ..documents import local_law_144  # noqa: PLC0415 - the libraries load only now
    from .summary_law import law_summary  # noqa: PLC0415

    given = {
        "sex": sex, "race": race, "exclude": exclude or None, "exclude_small": exclude_small,
        "exclude_because": exclude_because, "unknown": unknown, "publish_all": publish_all,
        "whole_percent": whole_percent, "tool": tool, "auditor": auditor, "audit_date": audit_date,
        "distribution_date": distribution_date, "data_source": data_source,
        "data_explanation": data_explanation,
    }  # fmt: skip
    texts: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    found = local_law_144(counts, out_file, privacy_minimum=privacy_minimum, **texts)
    if not quiet:
        out(law_summary(found), ready=True)
        if out_file is not None:
            out(f"\nWritten:\n  {out_file}")
