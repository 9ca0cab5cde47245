"""``evenhand audit``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import Problem, SettingsError
from .terminal import err, out, progress

Many = list[str] | None


def audit(
    source: Annotated[
        Path,
        typer.Argument(
            help="A settings file (.toml), or the table: CSV, Parquet, Feather/Arrow, JSON lines."
        ),
    ],
    target: Annotated[str | None, typer.Option(help="Column of true labels.")] = None,
    pos_label: Annotated[str | None, typer.Option(help="The label that counts as positive.")] = None,
    sensitive: Annotated[
        Many, typer.Option(help="Column whose groups are compared; repeat for several.")
    ] = None,
    intersections: Annotated[
        Many, typer.Option(help="Columns to cross, as sex,race; repeat for several.")
    ] = None,
    bands: Annotated[
        Many, typer.Option(help="Edges that band a numeric column, as age=40,65; repeat for several.")
    ] = None,
    prediction: Annotated[str | None, typer.Option(help="Column of decisions.")] = None,
    score: Annotated[str | None, typer.Option(help="Column of scores.")] = None,
    score_kind: Annotated[
        str | None, typer.Option(help="probability (default) or real: scores of any range.")
    ] = None,
    score_bins: Annotated[
        int | None, typer.Option(help="Bins that probabilities are counted in (default 4096).")
    ] = None,
    score_distinct: Annotated[
        bool | None,
        typer.Option("--score-distinct/--no-score-distinct", help="Count each distinct score (default no)."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Scores at or above it are selected (default 0.5; 0 of real ones).")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Model file: skops, LightGBM (text), XGBoost (JSON, UBJ), CatBoost (cbm), torch.export"
            " (pt2); or a trusted joblib, pickle or TorchScript."
        ),
    ] = None,
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
    train: Annotated[str | None, typer.Option(help="Table to retrain on, for the mitigation.")] = None,
    weight: Annotated[str | None, typer.Option(help="Column of sample weights.")] = None,
    weight_kind: Annotated[str | None, typer.Option(help="survey (default) or frequency.")] = None,
    control: Annotated[
        Many, typer.Option(help="Column whose levels are compared only within; repeat for several.")
    ] = None,
    missing: Annotated[
        Many, typer.Option(help="Text that stands for a missing value, as '?'; repeat for several.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Text encoding of a CSV (default utf-8).")] = None,
    drop: Annotated[Many, typer.Option(help="Column to leave out; repeat for several.")] = None,
    policy: Annotated[str | None, typer.Option(help="Policy file (.toml) with the limits.")] = None,
    policy_fixed: Annotated[
        str | None, typer.Option(help="Day on which the policy was fixed, as 2026-01-15.")
    ] = None,
    labels_known: Annotated[
        str | None, typer.Option(help="everybody, or selected: outcomes known only of people once accepted.")
    ] = None,
    reference: Annotated[
        Many, typer.Option(help="largest, best, overall, rest, all_pairs, or sex=Male; repeat for several.")
    ] = None,
    min_group_size: Annotated[
        int | None, typer.Option(help="Smaller groups are shown but not judged (default 30).")
    ] = None,
    privacy_minimum: Annotated[
        int | None, typer.Option(help="Figures of smaller groups are withheld (default 10).")
    ] = None,
    level: Annotated[float | None, typer.Option(help="Coverage of the intervals (default 0.95).")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random draw (default 0).")] = None,
    explain: Annotated[
        bool | None, typer.Option("--explain/--no-explain", help="Explain the gaps (default yes).")
    ] = None,
    whole: Annotated[
        bool | None,
        typer.Option("--whole/--no-whole", help="Look at the model as a whole and at proxies (default yes)."),
    ] = None,
    global_columns: Annotated[
        Many, typer.Option(help="Column whose curves by group are drawn; repeat for several.")
    ] = None,
    explain_gaps: Annotated[
        Many, typer.Option(help="Metric whose gaps are explained, such as accuracy; repeat for several.")
    ] = None,
    explain_game: Annotated[
        str | None,
        typer.Option(help="Compare groups with each other (direct, default) or with all rows (common)."),
    ] = None,
    explain_against: Annotated[
        Many, typer.Option(help="Explain gaps to the reference (default) or to the rest; repeat for both.")
    ] = None,
    explain_groups: Annotated[
        str | None, typer.Option(help="Explain the furthest group (default), or all.")
    ] = None,
    explain_labels: Annotated[
        bool | None,
        typer.Option(
            "--explain-labels/--no-explain-labels", help="Check the labels by retraining (default no)."
        ),
    ] = None,
    neural: Annotated[
        bool | None, typer.Option("--neural/--no-neural", help="Look inside a neural network (default yes).")
    ] = None,
    mitigate: Annotated[
        bool | None, typer.Option("--mitigate/--no-mitigate", help="Retrain with less bias (default yes).")
    ] = None,
    methods: Annotated[
        Many, typer.Option(help="Method to retrain by, as unaware or reweighing; repeat for several.")
    ] = None,
    frontier: Annotated[
        Many,
        typer.Option(help="Method whose strengths are searched for a better trade-off; repeat for several."),
    ] = None,
    forbid_sensitive_at_decision: Annotated[
        bool | None,
        typer.Option(
            "--forbid-sensitive-at-decision",
            help="Leave out of that search what needs a sensitive column for decisions.",
        ),
    ] = None,
    proxies: Annotated[
        Many, typer.Option(help="Column that unaware training drops too; repeat for several.")
    ] = None,
    search: Annotated[
        Many, typer.Option(help="Column searched for the worst-treated slices; repeat for several.")
    ] = None,
    search_depth: Annotated[
        int | None, typer.Option(help="Most conditions of a slice, 1 to 4 (default 2).")
    ] = None,
    profiles: Annotated[
        Many,
        typer.Option(
            "--profile", "--profiles", help="Rule pack, such as nyc-ll144 (see evenhand profiles); repeat."
        ),
    ] = None,
    answers: Annotated[str | None, typer.Option(help="Answers to the datasheet's questions (.toml).")] = None,
    quasi_identifiers: Annotated[
        Many, typer.Option(help="Column that with others may tell who a row is about; repeat for several.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the report.")] = None,
    credit: Annotated[str | None, typer.Option(help="Credit line of the data.")] = None,
    person: Annotated[str | None, typer.Option("--id", help="Column that names people.")] = None,
    out_folder: Annotated[
        str | None, typer.Option("--out", help="Folder for the results (default report).")
    ] = None,
    formats: Annotated[
        Many,
        typer.Option(
            "--format",
            help="html, json, md, csv, parquet, junit, sarif, pdf; repeat (default html, json).",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more of what is done.")] = False,
) -> int:
    """Audit a table with a model, or with a column of decisions or scores."""
    flags = {
        "target": target, "pos_label": pos_label, "sensitive": sensitive, "prediction": prediction,
        "score": score, "score_kind": score_kind, "score_bins": score_bins,
        "score_distinct": score_distinct, "threshold": threshold, "model": model, "trusted": trusted,
        "train": train,
        "weight": weight, "weight_kind": weight_kind, "control": control, "missing": missing,
        "encoding": encoding, "drop": drop, "policy": policy,
        "policy_fixed": policy_fixed, "labels_known": labels_known, "min_group_size": min_group_size,
        "privacy_minimum": privacy_minimum, "level": level, "seed": seed, "explain": explain,
        "explain_gaps": explain_gaps, "explain_game": explain_game, "explain_against": explain_against,
        "explain_groups": explain_groups, "explain_labels": explain_labels,
        "frontier": {"methods": tuple(frontier)} if frontier else None,
        "forbid_sensitive_at_decision": forbid_sensitive_at_decision,
        "mitigate": mitigate, "methods": methods, "proxies": proxies, "search": search,
        "search_depth": search_depth, "answers": answers, "title": title, "credit": credit, "id": person,
        "out": out_folder, "format": formats, "intersections": intersections_of(intersections),
        "bands": bands_of(bands), "model_columns": model_columns, "model_classes": model_classes,
        "model_output": model_output, "neural": neural, "whole": whole, "global_columns": global_columns,
        "profiles": profiles, "quasi_identifiers": quasi_identifiers,
    }  # fmt: skip
    return run_audit(source, flags, reference, quiet=quiet, verbose=verbose)


def intersections_of(texts: Many) -> list[list[str]] | None:
    """Read the values of ``--intersections``."""
    return None if not texts else [[part.strip() for part in text.split(",")] for text in texts]


def bands_of(texts: Many) -> dict[str, list[float]] | None:
    """Read the values of ``--bands``.

    Raises
    ------
    SettingsError
        With every value that is not ``column=edge,edge``.
    """
    if not texts:
        return None
    bands, problems = {}, []
    for text in texts:
        column, _, edges = text.rpartition("=")
        try:
            bands[column] = [float(edge) for edge in edges.split(",")]
        except ValueError:
            column = ""
        if not column:
            problems.append(
                Problem("bands", "--bands", f"write column=edge,edge as in age=40,65, got {text!r}")
            )
    if problems:
        raise SettingsError(problems)
    return bands


def run_audit(source: Path, flags: dict[str, Any], reference: Many, *, quiet: bool, verbose: bool) -> int:
    """Run an audit from a source and flags, print its summary, write its files, return the exit code."""
    from ..api import audit_file, settings_from  # noqa: PLC0415 - the libraries load only now
    from ..audit.settings import parse_reference  # noqa: PLC0415
    from .summary import summary  # noqa: PLC0415

    given = {key: value for key, value in flags.items() if value not in (None, [])}
    if reference:
        given["reference"] = parse_reference(reference)
    settings = settings_from(source, given)
    with progress(quiet=quiet) as report_progress:
        result = audit_file(settings, progress=report_progress)
        files = result.write()
    if not quiet:
        out(summary(result.record), ready=True)
        out("\n".join(["", "Written:", *(f"  {path}" for path in files)]))
    if verbose:
        err(f"settings {settings.sha256}")
    return result.exit_code
