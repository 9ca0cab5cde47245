"""``evenhand explain``: single decisions, from every side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import Problem, SettingsError
from .terminal import err, out, progress

Many = list[str] | None


def explain(
    source: Annotated[
        Path,
        typer.Argument(
            help="A settings file (.toml), or the table: CSV, Parquet, Feather/Arrow, JSON lines."
        ),
    ],
    row: Annotated[
        list[int] | None, typer.Option(help="Row to explain, counted from 0; repeat for several.")
    ] = None,
    person: Annotated[
        Many, typer.Option(help="Person to explain, by the column of --id; repeat for several.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model file, as for audit.")] = None,
    model_columns: Annotated[
        Many, typer.Option(help="Column that the model takes, where it names none; repeat in its order.")
    ] = None,
    model_classes: Annotated[
        Many, typer.Option(help="Label, where the model says none; repeat in the order of its outputs.")
    ] = None,
    model_output: Annotated[
        str | None, typer.Option(help="What a network gives: probability or logit.")
    ] = None,
    trusted: Annotated[
        Many, typer.Option(help="SHA-256 of a model file that may run code; repeat for several.")
    ] = None,
    pos_label: Annotated[str | None, typer.Option(help="The label that counts as positive.")] = None,
    sensitive: Annotated[
        Many, typer.Option(help="Column that stays as it is, and is tried with other values; repeat.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Scores at or above it are selected (default 0.5).")
    ] = None,
    method: Annotated[
        Many,
        typer.Option(
            help="shap, lime, occlusion; for networks integrated_gradients, deeplift, saliency; repeat for"
            " several (default all that the model allows)."
        ),
    ] = None,
    background: Annotated[int, typer.Option(help="Rows that SHAP and occlusion compare with.")] = 500,
    ways: Annotated[int, typer.Option(help="Ways to another decision to look for; 0 for none.")] = 3,
    against: Annotated[
        str, typer.Option(help="Whom reasons compare a refusal with: approved, threshold, all.")
    ] = "approved",
    changeable: Annotated[
        Many, typer.Option(help="Column that may change, and no other may; repeat for several.")
    ] = None,
    immutable: Annotated[Many, typer.Option(help="Column that stays as it is; repeat for several.")] = None,
    ranges: Annotated[
        Many, typer.Option("--range", help="Lowest and highest new value, as hours=0,60; repeat.")
    ] = None,
    monotone: Annotated[Many, typer.Option(help="The only way a column moves, as age=up; repeat.")] = None,
    proxies: Annotated[Many, typer.Option(help="Proxy, which stays as it is too; repeat.")] = None,
    missing: Annotated[
        Many, typer.Option(help="Text that stands for a missing value, as '?'; repeat for several.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Text encoding of a CSV (default utf-8).")] = None,
    drop: Annotated[Many, typer.Option(help="Column to leave out; repeat for several.")] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="Column that names people.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random draw (default 0).")] = None,
    out_folder: Annotated[
        str | None, typer.Option("--out", help="Folder for explanation.html and explanation.json.")
    ] = None,
    format_name: Annotated[
        str, typer.Option("--format", help="What is printed: text, or json for programs.")
    ] = "text",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more of what is done.")] = False,
) -> None:
    """Explain single decisions of a model."""
    from ..api import explain_file, settings_from  # noqa: PLC0415 - the libraries load only now
    from ..audit.decisions import Ask  # noqa: PLC0415
    from .explanation_text import explanation_text  # noqa: PLC0415

    if format_name not in {"text", "json"}:
        raise SettingsError.of("choice", "--format", f"one of text, json is needed, got {format_name!r}")
    flags = {
        "model": model, "trusted": trusted, "pos_label": pos_label, "sensitive": sensitive,
        "threshold": threshold, "proxies": proxies, "missing": missing, "encoding": encoding, "drop": drop,
        "id": id_column, "seed": seed, "model_columns": model_columns, "model_classes": model_classes,
        "model_output": model_output,
    }  # fmt: skip
    settings = settings_from(source, _given(flags))
    changed = _recourse(changeable, immutable, ranges, monotone)
    if changed:
        kept = settings.recourse.model_dump()
        settings = settings_from(source, {**_given(flags), "recourse": kept | changed})
    ask = Ask(
        rows=tuple(row or ()),
        people=tuple(person or ()),
        methods=tuple(method) if method else None,
        background=background,
        ways=ways,
        against=against,
    )
    with progress(quiet=quiet) as report_progress:
        found = explain_file(settings, ask, progress=report_progress)
        files = found.write(out_folder) if out_folder is not None else []
    if not quiet:
        text = found.to_json().rstrip("\n") if format_name == "json" else explanation_text(found.record)
        out(text, ready=True)
        written = "\n".join(["", "Written:", *(f"  {path}" for path in files)])
        if files:
            (err if format_name == "json" else out)(written)
    if verbose:
        err(f"settings {settings.sha256}")


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in flags.items() if value not in (None, [])}


def _recourse(changeable: Many, immutable: Many, ranges: Many, monotone: Many) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if changeable:
        found["changeable"] = changeable
    if immutable:
        found["immutable"] = immutable
    problems: list[Problem] = []
    if ranges:
        found["ranges"] = dict(filter(None, (_range(text, problems) for text in ranges)))
    if monotone:
        found["monotone"] = dict(filter(None, (_way(text, problems) for text in monotone)))
    if problems:
        raise SettingsError(problems)
    return found


def _range(text: str, problems: list[Problem]) -> tuple[str, list[float]] | None:
    column, _, ends = text.rpartition("=")
    try:
        low, high = (float(end) for end in ends.split(","))
    except ValueError:
        column = ""
    if not column:
        problems.append(Problem("range", "--range", f"write column=low,high as in hours=0,60, got {text!r}"))
        return None
    return column, [low, high]


def _way(text: str, problems: list[Problem]) -> tuple[str, str] | None:
    column, _, way = text.rpartition("=")
    if not column or way not in {"up", "down"}:
        message = f"write column=up or column=down as in age=up, got {text!r}"
        problems.append(Problem("monotone", "--monotone", message))
        return None
    return column, way
