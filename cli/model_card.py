"""``evenhand model-card``: the model card of an audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import SettingsError
from . import flags
from .documents import parted, told
from .terminal import out


def model_card(
    record: Annotated[
        Path | None, typer.Argument(help="A record of an audit; a public one will do.", show_default=False)
    ] = None,
    init: flags.Init = None,
    answers: Annotated[Path | None, typer.Option(help="Answers to the questions (.toml).")] = None,
    out_folder: flags.ModelCardOutFolder = Path("report"),
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="html (default), md, hf; repeat or part by commas."),
    ] = None,
    language: flags.ModelCardLanguage = None,
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,  # noqa: ARG001 - the guard reads it
) -> int:
    """Write the model card of an audit."""
    from ..audit.forms import MODEL_CARD  # noqa: PLC0415
    from ..documents import write_model_card, write_questions  # noqa: PLC0415 - the libraries load only now

    if init is not None:
        kept = write_questions(init, form=MODEL_CARD)
        if not quiet:
            out(f"Written: {init}\nAnswers in it: {len(kept.given)}")
        if record is None:
            return 0
        answers = answers or init
    if record is None:
        message = "a record is needed; name it, as in: evenhand model-card report/record.json"
        raise SettingsError.of("no_record", "record", message)
    written = write_model_card(
        record, out_folder, answers=answers, formats=parted(formats) or ("html",), language=language
    )
    return told(written, quiet=quiet)
