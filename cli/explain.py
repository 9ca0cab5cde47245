"""``evenhand explain``: single decisions, from every side."""

from __future__ import annotations

from typing import Any

from ..errors import Problem, SettingsError
from . import flags
from .terminal import err, out, progress

Many = list[str] | None


def explain(
    source: flags.Source,
    row: flags.Row = None,
    person: flags.ExplainPerson = None,
    model: flags.ExplainModel = None,
    model_columns: flags.ModelColumns = None,
    model_classes: flags.ModelClasses = None,
    model_output: flags.ModelOutput = None,
    trusted: flags.Trusted = None,
    pos_label: flags.PosLabel = None,
    sensitive: flags.ExplainSensitive = None,
    threshold: flags.ExplainThreshold = None,
    method: flags.Method = None,
    background: flags.Background = 500,
    ways: flags.Ways = 3,
    against: flags.Against = "approved",
    changeable: flags.Changeable = None,
    immutable: flags.Immutable = None,
    ranges: flags.Ranges = None,
    monotone: flags.Monotone = None,
    proxies: flags.ExplainProxies = None,
    missing: flags.Missing = None,
    encoding: flags.Encoding = None,
    drop: flags.Drop = None,
    id_column: flags.Person = None,
    seed: flags.Seed = None,
    out_folder: flags.ExplainOutFolder = None,
    format_name: flags.FormatName = "text",
    language: flags.CompareLanguage = None,
    quiet: flags.Quiet = False,
    verbose: flags.Verbose = False,
) -> None:
    """Explain single decisions of a model."""
    from ..audit.decisions import Ask  # noqa: PLC0415
    from ..reading import settings_from  # noqa: PLC0415 - the libraries load only now
    from ..single import explain_file  # noqa: PLC0415
    from .explanation_text import explanation_text  # noqa: PLC0415

    if format_name not in {"text", "json"}:
        raise SettingsError.of("choice", "--format", f"one of text, json is needed, got {format_name!r}")
    flags = {
        "model": model, "trusted": trusted, "pos_label": pos_label, "sensitive": sensitive,
        "threshold": threshold, "proxies": proxies, "missing": missing, "encoding": encoding, "drop": drop,
        "id": id_column, "seed": seed, "model_columns": model_columns, "model_classes": model_classes,
        "model_output": model_output, "language": language,
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
        files = found.write(out_folder, settings.language) if out_folder is not None else []
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
