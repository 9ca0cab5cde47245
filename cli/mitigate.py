"""``evenhand mitigate``: what would narrow the gap, at what price, and the chosen model as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import Problem, SettingsError
from . import flags
from .terminal import out, progress

Many = list[str] | None


def mitigate(
    source: Annotated[Path, typer.Argument(help="A settings file (.toml) with a model and train rows.")],
    method: Annotated[Many, typer.Option(help="Method to search; repeat for several (default all).")] = None,
    metric: Annotated[
        str | None,
        typer.Option(help="The difference or ratio to narrow (default: the first limit that is broken)."),
    ] = None,
    attribute: Annotated[
        str | None, typer.Option(help="Sensitive column whose groups are compared, or several as sex x race.")
    ] = None,
    limit: Annotated[
        float | None, typer.Option(help="The most a difference, the least a ratio may be, 0 to 1.")
    ] = None,
    scoring: Annotated[
        str | None, typer.Option(help="Scorer of scikit-learn that is paid with (default accuracy).")
    ] = None,
    tolerance: Annotated[
        float | None, typer.Option(help="Acceptable loss of the score where no limit is set (default 0.01).")
    ] = None,
    cv: Annotated[
        int | None, typer.Option(help="Parts held back in turn; 0 holds one in three back once (default).")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="Seconds after which nothing new is tried (default: no end).")
    ] = None,
    forbid_sensitive_at_decision: Annotated[
        bool | None,
        typer.Option(
            "--forbid-sensitive-at-decision",
            help="Leave out models that need a sensitive column for decisions.",
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="File for the chosen model (.skops); its record stands beside it.")
    ] = None,
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for the results (default: mitigation, beside the settings)."),
    ] = None,
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> int:
    """Search what narrows the gap of a model, at what price, and judge the best of it."""
    from ..mitigated import mitigate_file  # noqa: PLC0415
    from ..reading import settings_from  # noqa: PLC0415
    from .frontier_summary import frontier_summary  # noqa: PLC0415

    _refuse_misplaced(source, save)
    wanted: dict[str, Any] = {
        "methods": method, "metric": metric, "attribute": attribute, "limit": limit, "scoring": scoring,
        "tolerance": tolerance, "cv": cv, "budget": budget,
    }  # fmt: skip
    given = {key: value for key, value in wanted.items() if value not in (None, [])}
    settings = settings_from(source, {"forbid_sensitive_at_decision": forbid_sensitive_at_decision})
    folder = source.parent / "mitigation" if out_folder is None else out_folder
    with progress(quiet=quiet) as report_progress:
        found = mitigate_file(settings, given, out=folder, progress=report_progress)
        saved = [] if save is None else [*found.save(save)]
        files = [*found.write(folder), *saved]
    if not quiet:
        out(frontier_summary(found.facts), ready=True)
        out("\n".join(["", "Written:", *(f"  {path}" for path in files)]))
    return found.exit_code


def _refuse_misplaced(source: Path, save: Path | None) -> None:
    problems = []
    if source.suffix != ".toml":
        message = f"a settings file (.toml) is needed, got {source.name!r}; evenhand init writes one"
        problems.append(Problem("no_settings", "source", message))
    if save is not None and save.suffix != ".skops":
        message = f"a model is saved in the skops format, got {save.name!r}; end the name with .skops"
        problems.append(Problem("not_skops", "--save", message))
    if save is not None and not save.parent.is_dir():
        message = f"the folder of the file must exist, got {str(save.parent)!r}; make it first"
        problems.append(Problem("no_folder", "--save", message))
    if problems:
        raise SettingsError(problems)
