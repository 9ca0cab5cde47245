"""``evenhand datasheet``: a data set's datasheet, without an audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import SettingsError
from . import flags
from .audit import Many, bands_of, intersections_of
from .documents import parted, told
from .terminal import out


def datasheet(
    source: Annotated[
        Path | None,
        typer.Argument(
            help="The table: CSV, Parquet, Feather/Arrow, JSON lines; or a settings file (.toml).",
            show_default=False,
        ),
    ] = None,
    init: flags.Init = None,
    answers: Annotated[str | None, typer.Option(help="Answers to the questions (.toml).")] = None,
    target: Annotated[str | None, typer.Option(help="Column of labels.")] = None,
    pos_label: flags.PosLabel = None,
    sensitive: Annotated[Many, typer.Option(help="Column whose groups are counted; repeat.")] = None,
    intersections: Annotated[Many, typer.Option(help="Columns to cross, as sex,race; repeat.")] = None,
    bands: Annotated[Many, typer.Option(help="Edges that band a numeric column, as age=40,65.")] = None,
    split: Annotated[str | None, typer.Option(help="Column that tells splits apart.")] = None,
    weight: flags.Weight = None,
    person: flags.Person = None,
    quasi_identifiers: Annotated[
        Many, typer.Option(help="Column that with others may tell who a row is about; repeat.")
    ] = None,
    missing: Annotated[Many, typer.Option(help="Text that stands for a missing value, as '?'.")] = None,
    encoding: flags.Encoding = None,
    min_group_size: Annotated[
        int | None, typer.Option(help="Smaller groups are marked as small (default 30).")
    ] = None,
    privacy_minimum: flags.PrivacyMinimum = None,
    title: Annotated[str | None, typer.Option(help="Name of the data set.")] = None,
    credit: flags.Credit = None,
    require: Annotated[
        Many,
        typer.Option(help="Id of a prompt that must have a whole answer, as C3,C13; else exit code 1."),
    ] = None,
    out_folder: Annotated[str | None, typer.Option("--out", help="Folder for the pages.")] = None,
    formats: Annotated[
        Many, typer.Option("--format", help="html (default), md, hf, croissant; repeat or part by commas.")
    ] = None,
    language: flags.Language = None,
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> int:
    """Write the datasheet of a table."""
    from ..documents import write_datasheet, write_questions  # noqa: PLC0415 - loads only now
    from ..reading import settings_from  # noqa: PLC0415

    if init is not None:
        kept = write_questions(init)
        if not quiet:
            out(f"Written: {init}\nAnswers in it: {len(kept.given)}")
        if source is None:
            return 0
        answers = answers or str(init)
    if source is None:
        message = "a table or a settings file is needed; name it, as in: evenhand datasheet loans.csv"
        raise SettingsError.of("no_data", "source", message)
    flags = {
        "answers": answers, "target": target, "pos_label": pos_label, "sensitive": sensitive,
        "intersections": intersections_of(intersections), "bands": bands_of(bands), "weight": weight,
        "id": person, "quasi_identifiers": quasi_identifiers, "missing": missing, "encoding": encoding,
        "min_group_size": min_group_size, "privacy_minimum": privacy_minimum,
        "credit": credit, "language": language, "require_answers": parted(require), "out": out_folder,
    }  # fmt: skip
    given = {key: value for key, value in flags.items() if value not in (None, [])}
    written = write_datasheet(
        settings_from(source, given), formats=parted(formats) or ("html",), split=split, title=title
    )
    return told(written, quiet=quiet)
